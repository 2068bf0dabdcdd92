"""What every op checks at its door, and the few helpers that all ops share.

A wrong argument is reported where it enters, with the name of the op, the name of the argument, what it
got and what it expects. Nothing is broadcast silently. What is converted is this, and no more: Python numbers
and lists become float64 arrays, or take the dtype of the array beside them where the op says so; upstream
gradients take the dtype of the value. The dtype of an array that is given never changes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
ArrayLike = Any  # an array, a nested list of numbers, or a number
Pullback = Callable[..., Any]
Pair = int | tuple[int, int]

F = TypeVar("F", bound=Callable[..., Any])

_ndarray = np.ndarray
# A single number travels as this scalar: NumPy computes with it 3 times as fast as with a 0-d array.
_number = np.float64
_number_dtype = np.dtype(np.float64)


def differentiable(*names: str) -> Callable[[F], F]:
    """Say which arguments of an op its pullback returns gradients for, and in which order.

    The decorator adds the attribute ``differentiable`` and leaves the function itself untouched, so that a
    call costs nothing more. The tape and the gradient checker read it. An argument that is ``None`` in a
    call (an optional bias) has no gradient in that call's result.
    """

    def mark(op: F) -> F:
        op.differentiable = names  # type: ignore[attr-defined]  # functions do take attributes
        return op

    return mark


def floats(op: str, name: str, x: ArrayLike, ndim: int | None = None, shape: str = "") -> Array:
    """``x`` as a floating array: arrays pass through, Python numbers and lists become float64.

    Complex arrays pass too: a complex-step check runs the op's own forward code on them.
    """
    if type(x) is not _ndarray and type(x) is not _number:
        x = _as_array(op, name, x)
    if x.dtype.kind not in "fc":
        raise TypeError(
            f"{op}: {name} must hold floating-point numbers, got dtype {x.dtype}. "
            f"Convert it first: {name}.astype(np.float64)."
        )
    if ndim is not None and x.ndim != ndim:
        want = f" {shape}" if shape else ""
        raise ValueError(f"{op}: {name} must have {ndim} axes{want}, got shape {x.shape}.")
    return x


def _as_array(op: str, name: str, x: ArrayLike) -> Array:
    if type(x) is float or type(x) is int:
        try:
            return _number(x)  # type: ignore[return-value]  # a NumPy scalar stands for a 0-d array: see _number
        except OverflowError:
            raise ValueError(f"{op}: {name} is an integer too large for a float64.") from None
    if isinstance(x, bool | int | float | complex | list | tuple | np.generic | np.ndarray):
        out = plain(op, name, x)
        return out.astype(np.float64) if out.dtype.kind in "iub" and not hasattr(x, "dtype") else out
    raise TypeError(f"{op}: {name} must be an array or a number, got {type(x).__name__}.")


def plain(op: str, name: str, x: ArrayLike) -> Array:
    """``x`` as an array of whatever dtype NumPy gives it, or an error if it is a ragged list."""
    try:
        return np.asarray(x)
    except ValueError:
        raise ValueError(f"{op}: {name} is a nested list whose rows have different lengths.") from None


def number(
    op: str, name: str, v: Any, fits: Callable[[float], bool] = lambda v: True, must: str = ""
) -> float:
    """A setting (eps, alpha, a margin): one finite real number for which ``fits`` holds, as a Python float.

    As a NumPy float64 it would turn the float32 arrays that it is combined with into float64.
    """
    if isinstance(v, bool | np.bool_) or not isinstance(v, int | float | np.integer | np.floating):
        raise TypeError(f"{op}: {name} must be one number, got {v!r}.")
    try:
        out = float(v)
    except OverflowError:
        out = math.inf
    if not fits(out):
        raise ValueError(f"{op}: {name} must {must}, got {v!r}.")
    if not math.isfinite(out):
        raise ValueError(f"{op}: {name} must be finite, got {v!r}.")
    return out


def positive(op: str, name: str, v: Any) -> float:
    """A setting that must be larger than 0."""
    return number(op, name, v, lambda v: v > 0, "be positive")


def whole(op: str, name: str, v: Any, low: int) -> int:
    """A count (heads, groups): an int of at least ``low``. True and False are not counts."""
    if isinstance(v, bool) or not isinstance(v, int | np.integer) or v < low:
        raise ValueError(f"{op}: {name} must be an int of at least {low}, got {v!r}.")
    return int(v)


def same_dtype(op: str, **arrays: Array | None) -> None:
    """All the arrays of one call share one dtype; mixing float32 and float64 is a mistake, not a choice.

    A complex array may meet real ones: a complex-step check moves one argument only.
    """
    first: tuple[str, Array] | None = None
    for name, x in arrays.items():
        if x is None:
            continue
        if first is None:
            first = (name, x)
        elif x.dtype != first[1].dtype and "c" not in (x.dtype.kind, first[1].dtype.kind):
            raise TypeError(
                f"{op}: {name} is {x.dtype} but {first[0]} is {first[1].dtype}; use one dtype for both, "
                f"for example {name}.astype({first[0]}.dtype)."
            )


def expect_shape(op: str, name: str, x: Array, shape: tuple[int, ...], why: str) -> None:
    """``x`` has exactly this shape, or a ValueError says which one it has and ``why`` the other is needed."""
    if x.shape != shape:
        raise ValueError(f"{op}: {name} must have shape {shape} ({why}), got {x.shape}.")


def integers(op: str, name: str, ids: ArrayLike, low: int, high: int, what: str) -> NDArray[np.intp]:
    """A copy of ``ids`` as integers in [low, high), or an error that names the first one outside, and where.

    A copy, since pullbacks keep it: changing the labels of a batch in place must not change its gradient.
    """
    out = plain(op, name, ids)
    if not out.size and isinstance(ids, list | tuple):  # NumPy calls an empty list float64
        return np.zeros(out.shape, np.intp)
    if out.dtype.kind not in "iu":
        raise TypeError(f"{op}: {name} must hold integers ({what}), got dtype {out.dtype}.")
    if out.size and (out.min() < low or out.max() >= high):
        where = np.argwhere((out < low) | (out >= high))[0]
        at = tuple(int(i) for i in where)
        raise ValueError(
            f"{op}: {name}[{', '.join(map(str, at))}] is {int(out[at])}, outside {low}..{high - 1} ({what})."
        )
    return out.astype(np.intp)


def upstream(op: str, d: ArrayLike, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """The gradient that arrives at a pullback: an array of exactly the shape and dtype of the op's value.

    Without this check a gradient of the wrong shape would broadcast, and the result would look plausible.
    """
    if type(d) is _number and not shape and dtype is _number_dtype:
        return d  # type: ignore[return-value]  # a NumPy scalar stands for a 0-d array: see _number
    if type(d) is not _ndarray or d.dtype != dtype or d.shape != shape:
        return as_gradient(op, d, shape, dtype)
    return d


def as_gradient(
    op: str, d: ArrayLike, shape: tuple[int, ...], dtype: np.dtype[Any], sender: str = ""
) -> Array:
    """``d`` converted to this dtype, or an error if it is not an array of numbers of exactly this shape.

    ``sender`` is who gave a gradient of the wrong kind, if it came out of a pullback and not from the caller.
    """
    what = f"the gradient that {sender} returned" if sender else "the upstream gradient"
    if d is None:  # NumPy would make a NaN of it
        raise TypeError(f"{op}: {what} is None; pass an array of shape {shape}.")
    if hasattr(d, "requires_grad"):
        raise TypeError(f"{op}: {what} is a tensor; gradients are plain arrays: pass its .value.")
    try:
        out = np.asarray(d)
    except ValueError:
        raise ValueError(f"{op}: {what} is a nested list whose rows have different lengths.") from None
    if out.dtype.kind not in "fciub":
        raise TypeError(f"{op}: {what} must hold numbers, got {type(d).__name__} of dtype {out.dtype}.")
    if out.dtype.kind == "c" and dtype.kind != "c":
        raise TypeError(f"{op}: {what} is complex, but the value is {dtype}; send its real part.")
    if out.shape != shape:
        wanted = "the argument" if sender else "the op's value"
        raise ValueError(f"{op}: {what} must have the shape of {wanted}, {shape}, got {out.shape}.")
    return out.astype(dtype, copy=False)


def pair(op: str, name: str, v: Pair, low: int) -> tuple[int, int]:
    """An int or a pair of ints, as a pair, each at least ``low``."""
    two = (v, v) if isinstance(v, int | np.integer) else v
    if not (
        isinstance(two, Sequence)
        and len(two) == 2
        and all(isinstance(k, int | np.integer) and not isinstance(k, bool) for k in two)
    ):
        raise TypeError(f"{op}: {name} must be an int or a pair of ints, got {v!r}.")
    if min(two) < low:
        raise ValueError(f"{op}: {name} must be at least {low}, got {v!r}.")
    return int(two[0]), int(two[1])


def normal_axis(op: str, axis: int, ndim: int) -> int:
    """``axis`` counted from the front, or an error that says how many axes there are."""
    if isinstance(axis, bool) or not isinstance(axis, int | np.integer) or not -ndim <= axis < ndim:
        raise ValueError(f"{op}: axis {axis!r} does not exist in an array with {ndim} axes.")
    return int(axis) % ndim


def unbroadcast(d: Array, shape: tuple[int, ...]) -> Array:
    """Undo broadcasting: sum ``d`` over the axes along which an array of this shape was repeated.

    Both kinds count: axes that broadcasting put in front, and axes of size 1 that it stretched.
    """
    if d.shape == shape:
        return d
    new = d.ndim - len(shape)
    axes = tuple(range(new)) + tuple(new + i for i, n in enumerate(shape) if n == 1 and d.shape[new + i] != 1)
    return d.sum(axis=axes, keepdims=True).reshape(shape)
