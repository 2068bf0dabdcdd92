"""How ops are called in this thread: whether the tape records, and whether a complex step is under way."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class _Mode(threading.local):
    off = False  # remember nothing
    lift = False  # make complex what meets a complex array: see _complex_step


mode = _Mode()


@contextmanager
def switched(**to: bool) -> Iterator[None]:
    """Inside, the mode has these values; afterwards the old ones again, even after an error."""
    before = {name: getattr(mode, name) for name in to}
    vars(mode).update(to)
    try:
        yield
    finally:
        vars(mode).update(before)


@contextmanager
def no_grad() -> Iterator[None]:
    """Inside, ops compute values and remember nothing."""
    with switched(off=True):
        yield
