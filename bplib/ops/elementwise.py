"""Arithmetic element by element.

Arguments are arrays of any shape, single numbers included. Binary ops broadcast as NumPy does, and their
pullbacks sum the gradient back to each argument's own shape.
"""

from __future__ import annotations

import numpy as np

from bplib.ops._door import (
    Array,
    ArrayLike,
    Pullback,
    differentiable,
    floats,
    plain,
    unbroadcast,
    upstream,
)


def _two(op: str, a: ArrayLike, b: ArrayLike) -> tuple[Array, Array]:
    """Both arguments as arrays of one dtype; a Python number takes the dtype of the array beside it."""
    if type(a) is np.float64 and type(b) is np.float64:  # two single numbers: nothing can be wrong
        return a, b  # type: ignore[return-value]  # a NumPy scalar stands for a 0-d array
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
    """a + b. Each argument receives the whole gradient; neither is kept."""
    a, b = _two("add", a, b)
    value = a + b
    shape, dtype = value.shape, value.dtype
    shape_a, shape_b = a.shape, b.shape

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
        # Not value · log a: where a is 0 and b negative, the value is infinite, and ∞ · 0 is not 0.
        slope_b = np.where(a.real > 0, value, 0) * log_a
        return unbroadcast(d * slope, a.shape), unbroadcast(d * slope_b, b.shape)

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
    condition = plain("where", "condition", condition)
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
