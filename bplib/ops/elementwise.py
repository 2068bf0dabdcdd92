"""Arithmetic element by element, reductions, and ops that only move numbers about.

Arguments are arrays of any shape, single numbers included. Binary ops broadcast as NumPy does, and their
pullbacks sum the gradient back to each argument's own shape. A reduction's value has the shape of its argument
without the reduced axes, or with size 1 there if ``keepdims``.
"""

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

Axis = int | tuple[int, ...] | None


def _two(op: str, a: ArrayLike, b: ArrayLike) -> tuple[Array, Array]:
    """Both arguments as arrays of one dtype; a Python number takes the dtype of the array beside it."""
    if type(a) is np.float64 and type(b) is np.float64:  # two single numbers: nothing can be wrong
        return a, b  # type: ignore[return-value]
    number_a, number_b = type(a) in (int, float), type(b) in (int, float)
    a = floats(op, "a", a)
    b = floats(op, "b", b)
    if a.dtype != b.dtype:
        if number_a:
            a = a.astype(b.dtype)
        elif number_b:
            b = b.astype(a.dtype)
        elif "c" not in (a.dtype.kind, b.dtype.kind):
            raise TypeError(
                f"{op}: b is {b.dtype} but a is {a.dtype}; use one dtype for both, "
                "for example b.astype(a.dtype)."
            )
    if a.shape != b.shape:
        try:
            np.broadcast_shapes(a.shape, b.shape)
        except ValueError:
            raise ValueError(f"{op}: shapes {a.shape} (a) and {b.shape} (b) do not broadcast.") from None
    return a, b


@differentiable("a", "b")
def add(a: ArrayLike, b: ArrayLike) -> tuple[Array, Pullback]:
    """a + b. Each argument receives the whole upstream gradient; neither a nor b is kept."""
    a, b = _two("add", a, b)
    value = a + b
    shape, dtype, shape_a, shape_b = value.shape, value.dtype, a.shape, b.shape

    def pullback(d: Array) -> tuple[Array, Array]:
        d = upstream("add", d, shape, dtype)
        return unbroadcast(d, shape_a), unbroadcast(d, shape_b)

    return value, pullback


@differentiable("a", "b")
def sub(a: ArrayLike, b: ArrayLike) -> tuple[Array, Pullback]:
    """a − b."""
    a, b = _two("sub", a, b)
    value = a - b
    shape, dtype, shape_a, shape_b = value.shape, value.dtype, a.shape, b.shape

    def pullback(d: Array) -> tuple[Array, Array]:
        d = upstream("sub", d, shape, dtype)
        return unbroadcast(d, shape_a), unbroadcast(-d, shape_b)

    return value, pullback


@differentiable("a", "b")
def mul(a: ArrayLike, b: ArrayLike) -> tuple[Array, Pullback]:
    """a · b. Each argument's gradient is scaled by the other argument."""
    a, b = _two("mul", a, b)
    value = a * b
    shape, dtype = value.shape, value.dtype

    def pullback(d: Array) -> tuple[Array, Array]:
        d = upstream("mul", d, shape, dtype)
        return unbroadcast(d * b, a.shape), unbroadcast(d * a, b.shape)

    return value, pullback


@differentiable("a", "b")
def div(a: ArrayLike, b: ArrayLike) -> tuple[Array, Pullback]:
    """a / b."""
    a, b = _two("div", a, b)
    value = a / b
    shape, dtype, shape_a = value.shape, value.dtype, a.shape

    def pullback(d: Array) -> tuple[Array, Array]:
        da = upstream("div", d, shape, dtype) / b
        return unbroadcast(da, shape_a), unbroadcast(-da * value, b.shape)

    return value, pullback


@differentiable("a", "b")
def power(a: ArrayLike, b: ArrayLike) -> tuple[Array, Pullback]:
    """a ** b. The gradient with respect to the exponent needs log a; where a ≤ 0 it is 0 by convention."""
    a, b = _two("power", a, b)
    value = a**b
    shape, dtype = value.shape, value.dtype

    def pullback(d: Array) -> tuple[Array, Array]:
        d = upstream("power", d, shape, dtype)
        # b·a^(b−1) is 0 where b is 0, even at a = 0, where a^(b−1) alone is infinite.
        slope = np.where(b == 0, 0, b * a ** np.where(b == 0, 1, b - 1))
        log_a = np.log(np.where(a.real > 0, a, 1))
        return unbroadcast(d * slope, a.shape), unbroadcast(d * value * log_a, b.shape)

    return value, pullback


@differentiable("a", "b")
def maximum(a: ArrayLike, b: ArrayLike) -> tuple[Array, Pullback]:
    """The larger of a and b, element by element. At a tie each gets half of the gradient."""
    a, b = _two("maximum", a, b)
    value = np.maximum(a, b)
    shape, dtype = value.shape, value.dtype

    def pullback(d: Array) -> tuple[Array, Array]:
        d = upstream("maximum", d, shape, dtype)
        share = np.where(a > b, 1.0, np.where(a == b, 0.5, 0.0)).astype(dtype)
        return unbroadcast(d * share, a.shape), unbroadcast(d * (1 - share), b.shape)

    return value, pullback


@differentiable("a", "b")
def where(condition: ArrayLike, a: ArrayLike, b: ArrayLike) -> tuple[Array, Pullback]:
    """a where the condition holds, b elsewhere. Only the chosen argument receives the gradient."""
    a, b = _two("where", a, b)
    condition = np.asarray(condition)
    if condition.dtype != np.bool_:
        raise TypeError(f"where: condition must hold booleans, got dtype {condition.dtype}.")
    try:
        np.broadcast_shapes(condition.shape, a.shape, b.shape)
    except ValueError:
        raise ValueError(
            f"where: shapes {condition.shape} (condition), {a.shape} (a) and {b.shape} (b) do not broadcast."
        ) from None
    value = np.asarray(np.where(condition, a, b))
    shape, dtype, shape_a, shape_b = value.shape, value.dtype, a.shape, b.shape

    def pullback(d: Array) -> tuple[Array, Array]:
        d = upstream("where", d, shape, dtype)
        return (
            unbroadcast(np.where(condition, d, 0).astype(dtype, copy=False), shape_a),
            unbroadcast(np.where(condition, 0, d).astype(dtype, copy=False), shape_b),
        )

    return value, pullback


@differentiable("x")
def exp(x: ArrayLike) -> tuple[Array, Pullback]:
    """eˣ. The derivative is the value itself, so only the value is kept."""
    value = np.exp(floats("exp", "x", x))

    def pullback(d: Array) -> Array:
        return upstream("exp", d, value.shape, value.dtype) * value

    return value, pullback


@differentiable("x")
def log(x: ArrayLike) -> tuple[Array, Pullback]:
    """Natural logarithm."""
    x = floats("log", "x", x)

    def pullback(d: Array) -> Array:
        return upstream("log", d, x.shape, x.dtype) / x

    return np.log(x), pullback


@differentiable("x")
def sqrt(x: ArrayLike) -> tuple[Array, Pullback]:
    """Square root. The derivative 1 / (2√x) is infinite at 0, and is given as such."""
    value = np.sqrt(floats("sqrt", "x", x))

    def pullback(d: Array) -> Array:
        return upstream("sqrt", d, value.shape, value.dtype) / (2 * value)

    return value, pullback


def _axes(op: str, axis: Axis, ndim: int) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(ndim))
    axes = tuple(normal_axis(op, a, ndim) for a in (axis if isinstance(axis, tuple) else (axis,)))
    if len(set(axes)) < len(axes):
        raise ValueError(f"{op}: axis {axis} names an axis twice.")
    return axes


def _kept(shape: tuple[int, ...], axes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape with its reduced axes kept at size 1."""
    return tuple(1 if i in axes else n for i, n in enumerate(shape))


def _dropped(x: Array, axes: tuple[int, ...]) -> Array:
    """x, of size 1 along these axes, without them."""
    return x.reshape([n for i, n in enumerate(x.shape) if i not in axes])


# The reductions shadow built-in names on purpose: `ops.sum` reads as what it is.
@differentiable("x")
def sum(x: ArrayLike, axis: Axis = None, keepdims: bool = False) -> tuple[Array, Pullback]:
    """Sum over the given axes (all by default). Every summand receives the whole upstream gradient."""
    x = floats("sum", "x", x)
    axes = _axes("sum", axis, x.ndim)
    value = x.sum(axis=axes, keepdims=keepdims)
    shape, shape_x, dtype = value.shape, x.shape, x.dtype

    def pullback(d: Array) -> Array:
        d = upstream("sum", d, shape, dtype)
        return np.broadcast_to(d.reshape(_kept(shape_x, axes)), shape_x)

    return value, pullback


@differentiable("x")
def mean(x: ArrayLike, axis: Axis = None, keepdims: bool = False) -> tuple[Array, Pullback]:
    """Mean over the given axes (all by default)."""
    x = floats("mean", "x", x)
    axes = _axes("mean", axis, x.ndim)
    count = int(np.prod([x.shape[i] for i in axes]))
    if count == 0:
        raise ValueError(f"mean: there is nothing to average in shape {x.shape} over axes {axes}.")
    value = x.mean(axis=axes, keepdims=keepdims)
    shape, shape_x, dtype = value.shape, x.shape, x.dtype

    def pullback(d: Array) -> Array:
        d = upstream("mean", d, shape, dtype)
        return np.broadcast_to(d.reshape(_kept(shape_x, axes)) / count, shape_x)

    return value, pullback


@differentiable("x")
def max(x: ArrayLike, axis: Axis = None, keepdims: bool = False) -> tuple[Array, Pullback]:
    """Maximum over the given axes (all by default). Entries tied for it share the gradient equally."""
    x = floats("max", "x", x)
    axes = _axes("max", axis, x.ndim)
    if x.size == 0:
        raise ValueError(f"max: x of shape {x.shape} is empty.")
    value = x.max(axis=axes, keepdims=True)
    out = value if keepdims else _dropped(value, axes)
    shape = out.shape

    def pullback(d: Array) -> Array:
        d = upstream("max", d, shape, x.dtype).reshape(value.shape)
        hit = x == value
        return hit * (d / hit.sum(axis=axes, keepdims=True).astype(x.dtype))

    return out, pullback


@differentiable("x")
def logsumexp(x: ArrayLike, axis: Axis = None, keepdims: bool = False) -> tuple[Array, Pullback]:
    """log Σ eˣ, shifted by the largest entry so that no exponential overflows. Its gradient is softmax(x)."""
    x = floats("logsumexp", "x", x)
    axes = _axes("logsumexp", axis, x.ndim)
    if x.size == 0:
        raise ValueError(f"logsumexp: x of shape {x.shape} is empty.")
    top = x.real.max(axis=axes, keepdims=True)
    e = np.exp(x - top)
    total = e.sum(axis=axes, keepdims=True)
    value = np.log(total) + top
    out = value if keepdims else _dropped(value, axes)
    shape = out.shape

    def pullback(d: Array) -> Array:
        d = upstream("logsumexp", d, shape, e.dtype).reshape(total.shape)
        return d * (e / total)

    return out, pullback


@differentiable("x")
def reshape(x: ArrayLike, shape: int | tuple[int, ...]) -> tuple[Array, Pullback]:
    """The same numbers in another shape; the gradient is put back into the old one."""
    x = floats("reshape", "x", x)
    try:
        value = x.reshape(shape)
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

    def pullback(d: Array) -> tuple[Array, ...]:
        return tuple(np.split(upstream("concatenate", d, shape, dtype), cuts, axis=axis))

    return value, pullback


@differentiable("x")
def getitem(x: ArrayLike, index: Any) -> tuple[Array, Pullback]:
    """x[index] for any NumPy index. An entry that is picked twice receives both gradients."""
    x = floats("getitem", "x", x)
    try:
        value = x[index]
    except IndexError as error:
        raise IndexError(f"getitem: {error} (x has shape {x.shape}).") from None
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
    shape = (int(shape),) if isinstance(shape, int | np.integer) else tuple(shape)
    try:
        value = np.broadcast_to(x, shape)
    except ValueError:
        raise ValueError(f"broadcast_to: x of shape {x.shape} cannot be broadcast to {shape}.") from None

    shape_x, dtype = x.shape, x.dtype

    def pullback(d: Array) -> Array:
        return unbroadcast(upstream("broadcast_to", d, shape, dtype), shape_x)

    return value, pullback
