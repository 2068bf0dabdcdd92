"""Matrix products."""

from __future__ import annotations

import numpy as np

from bplib.ops._door import (
    Array,
    ArrayLike,
    Pullback,
    differentiable,
    expect_shape,
    floats,
    same_dtype,
    unbroadcast,
    upstream,
)


@differentiable("x", "W", "b")
def linear(
    x: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, *, need_dx: bool = True
) -> tuple[Array, Pullback]:
    """z = x W + b for a batch of rows.

    x: (N, D), W: (D, M), b: (M,) or None; z: (N, M).
    The pullback returns dx (N, D), dW (D, M), db (M,). With ``need_dx=False``
    (the first layer: nobody asks for the gradient of the data) dx is None;
    that saves a third of the layer's matrix products.
    """
    x = floats("linear", "x", x, 2, "(N, D)")
    W = floats("linear", "W", W, 2, "(D, M)")
    if x.shape[1] != W.shape[0]:
        raise ValueError(
            f"linear: x {x.shape} and W {W.shape} do not fit: "
            f"x has {x.shape[1]} columns, W has {W.shape[0]} rows."
        )
    if b is not None:
        b = floats("linear", "b", b)
        why = "one bias for each column of W"
        expect_shape("linear", "b", b, (W.shape[1],), why)
    same_dtype("linear", x=x, W=W, b=b)
    z = x @ W
    if b is not None:
        z = np.add(z, b, out=z if z.dtype == b.dtype else None)
    shape, dtype, bias = z.shape, z.dtype, b is not None

    def pullback(dz: Array) -> tuple[Array | None, ...]:
        dz = upstream("linear", dz, shape, dtype)
        dx = dz @ W.T if need_dx else None
        dW = x.T @ dz
        return (dx, dW, dz.sum(axis=0)) if bias else (dx, dW)

    return z, pullback


@differentiable("a", "b")
def matmul(a: ArrayLike, b: ArrayLike) -> tuple[Array, Pullback]:
    """The matrix product of the last two axes; axes before them are a batch and broadcast.

    a: (..., N, K), b: (..., K, M); value: (..., N, M).
    """
    a = floats("matmul", "a", a)
    b = floats("matmul", "b", b)
    same_dtype("matmul", a=a, b=b)
    if a.ndim < 2 or b.ndim < 2 or a.shape[-1] != b.shape[-2]:
        raise ValueError(
            f"matmul: a {a.shape} and b {b.shape} do not fit: expected (..., N, K) and (..., K, M)."
        )
    if a.shape[:-2] != b.shape[:-2]:
        try:
            np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        except ValueError:
            raise ValueError(
                f"matmul: the batch axes of a {a.shape} and b {b.shape} do not broadcast: "
                f"{a.shape[:-2]} and {b.shape[:-2]}."
            ) from None
    value = a @ b
    shape, dtype = value.shape, value.dtype

    def pullback(d: Array) -> tuple[Array, Array]:
        d = upstream("matmul", d, shape, dtype)
        da = d @ b.swapaxes(-1, -2)
        db = a.swapaxes(-1, -2) @ d
        return unbroadcast(da, a.shape), unbroadcast(db, b.shape)

    return value, pullback
