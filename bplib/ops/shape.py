"""Ops that only move numbers about: the gradient is moved back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bplib.ops._door import (
    Array,
    ArrayLike,
    Pullback,
    differentiable,
    floats,
    normal_axis,
    unbroadcast,
    upstream,
)


@differentiable("x")
def reshape(x: ArrayLike, shape: int | tuple[int, ...]) -> tuple[Array, Pullback]:
    """The same numbers in another shape; the gradient is put back into the old one."""
    x = floats("reshape", "x", x)
    if not isinstance(shape, int | np.integer | list | tuple) or isinstance(shape, bool):
        raise TypeError(f"reshape: shape must be an int or a tuple of ints, got {shape!r}.")
    try:
        value = x.reshape(shape)
    except TypeError:
        raise TypeError(f"reshape: shape must be an int or a tuple of ints, got {shape!r}.") from None
    except ValueError:
        raise ValueError(f"reshape: x of shape {x.shape} ({x.size} numbers) does not fit {shape}.") from None

    old, new, dtype = x.shape, value.shape, x.dtype

    def pullback(d: Array) -> Array:
        return upstream("reshape", d, new, dtype).reshape(old)

    return value, pullback


@differentiable("x")
def transpose(x: ArrayLike, axes: tuple[int, ...] | None = None) -> tuple[Array, Pullback]:
    """Permute the axes (reverse them by default); the gradient takes the inverse permutation."""
    x = floats("transpose", "x", x)
    if axes is not None and not isinstance(axes, list | tuple):
        raise TypeError(f"transpose: axes must be a tuple of ints or None, got {axes!r}.")
    order = (
        tuple(range(x.ndim))[::-1]
        if axes is None
        else tuple(normal_axis("transpose", a, x.ndim) for a in axes)
    )
    if sorted(order) != list(range(x.ndim)):
        raise ValueError(f"transpose: axes {axes} is not a permutation of the {x.ndim} axes of x.")
    back = tuple(int(i) for i in np.argsort(order))
    value = x.transpose(order)
    shape, dtype = value.shape, value.dtype

    def pullback(d: Array) -> Array:
        return upstream("transpose", d, shape, dtype).transpose(back)

    return value, pullback


@differentiable("arrays")
def concatenate(arrays: Sequence[ArrayLike], axis: int = 0) -> tuple[Array, Pullback]:
    """Join arrays along an axis; the gradient is cut at the same places, one piece per array."""
    if not isinstance(arrays, list | tuple):
        raise TypeError(
            f"concatenate: arrays must be a list or tuple of arrays, got {type(arrays).__name__}."
        )
    if not arrays:
        raise ValueError("concatenate: arrays is empty.")
    parts = [floats("concatenate", f"arrays[{i}]", a) for i, a in enumerate(arrays)]
    axis = normal_axis("concatenate", axis, parts[0].ndim)
    for i, part in enumerate(parts):
        if part.dtype != parts[0].dtype:
            raise TypeError(f"concatenate: arrays[{i}] is {part.dtype} but arrays[0] is {parts[0].dtype}.")
        first, this = list(parts[0].shape), list(part.shape)
        if len(first) == len(this):
            first[axis] = this[axis]
        if first != this:
            raise ValueError(
                f"concatenate: arrays[{i}] has shape {part.shape}, arrays[0] has {parts[0].shape}; "
                f"they may differ along axis {axis} only."
            )
    cuts = np.cumsum([p.shape[axis] for p in parts])[:-1]
    value = np.concatenate(parts, axis=axis)
    shape, dtype = value.shape, value.dtype

    def pullback(d: Array) -> Array | tuple[Array, ...]:
        pieces = np.split(upstream("concatenate", d, shape, dtype), cuts, axis=axis)
        return tuple(pieces) if len(pieces) > 1 else pieces[0]

    return value, pullback


def _kept(pick: Any) -> Any:
    return pick.copy() if isinstance(pick, np.ndarray | list) else pick


@differentiable("x")
def getitem(x: ArrayLike, index: Any) -> tuple[Array, Pullback]:
    """x[index] for any NumPy index. An entry that is picked twice receives both gradients."""
    x = floats("getitem", "x", x)
    # A copy: the pullback keeps the index, and must not follow when a caller changes it.
    index = tuple(map(_kept, index)) if isinstance(index, tuple) else _kept(index)
    try:
        value = x[index]
    except IndexError as error:
        raise IndexError(f"getitem: {error} (x has shape {x.shape}).") from None
    except (TypeError, ValueError):
        raise TypeError(f"getitem: the index must be what NumPy takes for one, got {index!r}.") from None
    picks = index if isinstance(index, tuple) else (index,)
    basic = all(p is None or p is Ellipsis or isinstance(p, int | np.integer | slice) for p in picks)
    shape, shape_x, dtype = value.shape, x.shape, x.dtype

    def pullback(d: Array) -> Array:
        d = upstream("getitem", d, shape, dtype)
        dx = np.zeros(shape_x, dtype)
        if basic:  # slices cannot pick an entry twice; plain assignment is several times faster than add.at
            dx[index] = d
        else:
            np.add.at(dx, index, d)
        return dx

    return value, pullback


@differentiable("x")
def broadcast_to(x: ArrayLike, shape: int | tuple[int, ...]) -> tuple[Array, Pullback]:
    """Repeat x to a larger shape; the gradients of all the copies add up."""
    x = floats("broadcast_to", "x", x)
    if not isinstance(shape, int | np.integer | list | tuple) or isinstance(shape, bool):
        raise TypeError(f"broadcast_to: shape must be an int or a tuple of ints, got {shape!r}.")
    shape = (int(shape),) if isinstance(shape, int | np.integer) else tuple(shape)
    try:
        value = np.broadcast_to(x, shape)
    except TypeError:
        raise TypeError(f"broadcast_to: shape must be an int or a tuple of ints, got {shape!r}.") from None
    except ValueError:
        raise ValueError(f"broadcast_to: x of shape {x.shape} cannot be broadcast to {shape}.") from None

    shape_x, dtype = x.shape, x.dtype

    def pullback(d: Array) -> Array:
        return unbroadcast(upstream("broadcast_to", d, shape, dtype), shape_x)

    return value, pullback
