"""The complex step through a whole call: what meets one complex array is made complex too.

A complex step moves one argument by ih and reads the derivative off the imaginary part of the value. Ops
write their results into arrays of their arguments' dtype; were only one argument complex, an array of the
others' dtype would drop the imaginary part, and the derivative with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def _members(arg: Any) -> Sequence[Any]:
    return arg if isinstance(arg, list | tuple) else (arg,)


def _complex(a: Any) -> Any:
    return a.astype(np.complex128) if isinstance(a, np.ndarray) and a.dtype.kind == "f" else a


def lifted(args: Sequence[Any]) -> list[Any]:
    """The arguments of a call; if one array among them is complex, all float arrays as complex ones."""
    if not any(isinstance(a, np.ndarray) and a.dtype.kind == "c" for arg in args for a in _members(arg)):
        return list(args)
    return [
        type(arg)(map(_complex, arg)) if type(arg) is list or type(arg) is tuple else _complex(arg)
        for arg in args
    ]
