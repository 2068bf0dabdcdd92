"""Every op of ``bplib.ops`` as a function of tensors: ``functional.tanh(t)`` is ``apply(ops.tanh, t)``."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from bplib import ops
from bplib.tape import apply


def lift(op: Callable[..., Any]) -> Callable[..., Any]:
    """A function of tensors from any function that returns its value and its pullback."""

    @functools.wraps(op)
    def on_tensors(*args: Any, **kwargs: Any) -> Any:
        return apply(op, *args, **kwargs)

    return on_tensors


globals().update({name: lift(getattr(ops, name)) for name in ops.__all__})

__all__ = ["lift", *ops.__all__]


def __getattr__(name: str) -> Callable[..., Any]:
    raise AttributeError(f"bplib.functional has no op {name!r}; it has: {', '.join(sorted(ops.__all__))}.")
