"""What drawing functions check before they draw: numbers, finite, of the shape that is wanted."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def finite(where: str, name: str, x: Any, *shapes: str) -> Array:
    """``x`` (array, list, tape tensor) as an array of finite numbers; ``shapes`` such as "(N, 2)" are
    allowed.

    A letter stands for any size, a number for itself.
    """
    x = np.asarray(getattr(x, "value", x))
    if x.dtype.kind not in "fiub":
        raise TypeError(f"{where}: {name} must hold numbers, got dtype {x.dtype}.")
    if shapes and not any(_fits(x.shape, s) for s in shapes):
        raise ValueError(f"{where}: {name} must have shape {' or '.join(shapes)}, got {x.shape}.")
    if x.size == 0:
        raise ValueError(f"{where}: {name} is empty (shape {x.shape}).")
    if not np.all(np.isfinite(x)):
        at = tuple(int(i) for i in np.argwhere(~np.isfinite(x))[0])
        spot = f"[{', '.join(map(str, at))}]" if at else ""
        raise ValueError(f"{where}: {name}{spot} is {x[at]}; only finite numbers can be drawn.")
    return x.astype(np.float64) if x.dtype == np.float16 else x


def _fits(shape: tuple[int, ...], wanted: str) -> bool:
    parts = [p.strip() for p in wanted.strip("()").split(",") if p.strip()]
    if len(parts) != len(shape):
        return False
    return all(not p.isdigit() or int(p) == n for p, n in zip(parts, shape, strict=True))


def labels(where: str, name: str, x: Any, count: int) -> Array:
    """``x`` as ``count`` whole class numbers, 0 or more."""
    x = np.asarray(x)
    if x.shape != (count,):
        raise ValueError(f"{where}: {name} must have shape ({count},), got {x.shape}.")
    if x.dtype.kind not in "iub":
        raise TypeError(f"{where}: {name} must hold whole class numbers, got dtype {x.dtype}.")
    if x.size and x.min() < 0:
        raise ValueError(f"{where}: {name} holds {x.min()}; classes are numbered from 0.")
    return x.astype(np.int64)


def names(where: str, name: str, given: Any, count: int) -> list[str]:
    """One name for each of ``count`` things: those given, or their numbers."""
    if given is None:
        return [str(i) for i in range(count)]
    given = [str(g) for g in given]
    if len(given) != count:
        raise ValueError(f"{where}: {name} must hold {count} names, got {len(given)}.")
    return given
