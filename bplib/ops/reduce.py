"""Reductions: many numbers become one, along some axes or all of them.

The value has the shape of x without the reduced axes, or with size 1 there if ``keepdims``.
"""

from __future__ import annotations

import numpy as np

from bplib.ops._door import (
    Array,
    ArrayLike,
    Pullback,
    differentiable,
    floats,
    normal_axis,
    upstream,
)

Axis = int | tuple[int, ...] | None


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
