"""Normalisation: batch norm by the batch's statistics or by given ones, and layer norm.

Mean and variance are functions of x too, so the gradient flows through them. With x̂ = (x − μ)/√(σ² + ε)
and g = γ·dy the three paths add up to dx = (g − mean(g) − x̂ · mean(g·x̂)) / √(σ² + ε), the means taken over
the very entries that μ and σ² were taken over.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.ops._door import (
    Array,
    ArrayLike,
    Pullback,
    differentiable,
    expect_shape,
    floats,
    number,
    same_dtype,
    upstream,
)


def _channels(op: str, x: ArrayLike, **vectors: ArrayLike) -> tuple[Array, list[Array], tuple[int, ...]]:
    """x as (N, D) or (N, C, H·W); one number per channel for each vector; the shape they broadcast in."""
    x = floats(op, "x", x)
    if x.ndim not in (2, 4):
        raise ValueError(f"{op}: x must have shape (N, D) or (N, C, H, W), got {x.shape}.")
    if not x.size:
        raise ValueError(f"{op}: x of shape {x.shape} is empty.")
    out = []
    for name, v in vectors.items():
        v = floats(op, name, v)
        expect_shape(op, name, v, (x.shape[1],), f"one number for each channel of x {x.shape}")
        out.append(v)
    same_dtype(op, x=x, **dict(zip(vectors, out, strict=True)))
    if x.ndim == 2:
        return x, out, (-1,)
    return x.reshape(*x.shape[:2], -1), out, (-1, 1)


def _eps(op: str, eps: float) -> float:
    return number(op, "eps", eps, lambda v: v >= 0, "not be negative")


def _row_dots(a: Array, b: Array) -> Array:
    """Σ a·b over the last axis: one BLAS dot product a row, 1.1-1.5 × einsum, 3.5 × (a * b).sum(-1)."""
    return (a[..., None, :] @ b[..., None])[..., 0, 0]


def _sums(x: Array) -> Array:
    """Σ over everything but the channels, x: (N, C) or (N, C, P). A matrix-vector product is 3 × x.sum((0, 2))."""
    return x.sum(axis=0) if x.ndim == 2 else (x @ np.ones(x.shape[2], x.dtype)).sum(axis=0)


def _dots(a: Array, b: Array) -> Array:
    """Σ a·b over everything but the channels."""
    return np.einsum("nd,nd->d", a, b) if a.ndim == 2 else _row_dots(a, b).sum(axis=0)


def _statistics(x: Array, column: tuple[int, ...]) -> tuple[Array, Array, Array]:
    count = x.size // x.shape[1]
    mean = _sums(x) / count
    centred = x - mean.reshape(column)  # E[x²] − E[x]² would cancel where the mean is large
    return mean, _dots(centred, centred) / count, centred


@differentiable("x", "gamma", "beta")
def batch_norm(
    x: ArrayLike,
    gamma: ArrayLike,
    beta: ArrayLike,
    eps: float = 1e-5,
    *,
    with_statistics: bool = False,
) -> tuple[Any, Pullback]:
    """γ · x̂ + β with x̂ = (x − mean) / √(var + eps), by the mean and biased variance of the batch itself.

    x: (N, D) or (N, C, H, W); gamma, beta: (D,) or (C,). The gradient flows through the statistics as well.
    A channel with a single entry (N = 1, no image) has variance 0: its x̂ and its dx are 0 and its value is
    beta; PyTorch refuses that case.

    ``with_statistics=True`` gives three outputs, (y, mean, var), each differentiable: a layer keeps its running
    averages from them without a second pass over the batch.
    """
    op = "batch_norm"
    shape = floats(op, "x", x).shape
    x, (gamma, beta), column = _channels(op, x, gamma=gamma, beta=beta)
    mean, var, centred = _statistics(x, column)
    inv = 1 / np.sqrt(var + _eps(op, eps))
    scale = gamma * inv  # x̂ itself is never stored: one pass over the batch less, in each direction
    y = centred * scale.reshape(column)
    y += beta.reshape(column)
    dtype = y.dtype

    def pullback(
        dy: ArrayLike | None, dmean: ArrayLike | None = None, dvar: ArrayLike | None = None
    ) -> tuple[Array, Array, Array]:
        dy = np.zeros(shape, dtype) if dy is None else upstream(op, dy, shape, dtype)
        dy = dy.reshape(centred.shape)
        count = dy.size // inv.size
        dbeta = _sums(dy)
        dgamma = _dots(dy, centred) * inv
        dx = centred * (dgamma * inv / -count).reshape(column)  # through the variance
        dx += dy  # through x̂ directly
        dx -= (dbeta / count).reshape(column)  # through the mean
        dx *= scale.reshape(column)
        if dmean is not None:
            dx += (upstream(op, dmean, inv.shape, dtype) / count).reshape(column)
        if dvar is not None:
            dx += centred * (upstream(op, dvar, inv.shape, dtype) * 2 / count).reshape(column)
        return dx.reshape(shape), dgamma, dbeta

    y = y.reshape(shape)
    return ((y, mean, var) if with_statistics else y), pullback


@differentiable("x", "gamma", "beta")
def batch_norm_inference(
    x: ArrayLike, gamma: ArrayLike, beta: ArrayLike, mean: ArrayLike, var: ArrayLike, eps: float = 1e-5
) -> tuple[Array, Pullback]:
    """γ · (x − mean) / √(var + eps) + β, by statistics that are given: running averages, constants here.

    x: (N, D) or (N, C, H, W); gamma, beta, mean, var: (D,) or (C,). The pullback returns dx, dgamma, dbeta.
    """
    op = "batch_norm_inference"
    shape = floats(op, "x", x).shape
    x, (gamma, beta, mean, var), column = _channels(op, x, gamma=gamma, beta=beta, mean=mean, var=var)
    if (var.real < 0).any():
        at = int(np.argmax(var.real < 0))
        raise ValueError(f"{op}: var[{at}] is {var[at]}; a variance is not negative.")
    inv = 1 / np.sqrt(var + _eps(op, eps))
    scale = gamma * inv
    centred = x - mean.reshape(column)
    y = centred * scale.reshape(column)
    y += beta.reshape(column)
    dtype = y.dtype

    def pullback(dy: ArrayLike) -> tuple[Array, Array, Array]:
        dy = upstream(op, dy, shape, dtype).reshape(centred.shape)
        dx = dy * scale.reshape(column)
        return dx.reshape(shape), _dots(dy, centred) * inv, _sums(dy)

    return y.reshape(shape), pullback


CACHED = 512 << 10  # bytes of a block of rows


@differentiable("x", "gamma", "beta")
def layer_norm(x: ArrayLike, gamma: ArrayLike, beta: ArrayLike, eps: float = 1e-5) -> tuple[Array, Pullback]:
    """γ · x̂ + β, each row of the last axis normalised by its own mean and biased variance.

    x: (..., D); gamma, beta: (D,).
    """
    op = "layer_norm"
    x = floats(op, "x", x)
    if x.ndim < 1 or not x.shape[-1]:
        raise ValueError(f"{op}: x must have shape (..., D) with D at least 1, got {x.shape}.")
    gamma, beta = floats(op, "gamma", gamma), floats(op, "beta", beta)
    D, shape = x.shape[-1], x.shape
    expect_shape(op, "gamma", gamma, (D,), f"the last axis of x {shape}")
    expect_shape(op, "beta", beta, (D,), f"the last axis of x {shape}")
    same_dtype(op, x=x, gamma=gamma, beta=beta)
    x = x.reshape(-1, D)
    xhat, y, inv = np.empty_like(x), np.empty_like(x), np.empty((len(x), 1), x.dtype)
    # Blocks of rows that stay in the cache through all passes: 1.1 to 1.4 × faster at (4096, 256). Row sums as
    # matrix-vector products: 4 × faster than x.mean(axis=1) there.
    step = max(1, CACHED // (D * x.itemsize))
    blocks = [slice(k, k + step) for k in range(0, len(x), step)]
    average, dtype = np.full(D, 1 / D, x.dtype), x.dtype
    eps = _eps(op, eps)
    for rows in blocks:
        h = np.subtract(x[rows], (x[rows] @ average)[:, None], out=xhat[rows])
        inv[rows] = 1 / np.sqrt(_row_dots(h, h) / D + eps)[:, None]
        h *= inv[rows]
        np.multiply(h, gamma, out=y[rows])
        y[rows] += beta

    def pullback(dy: ArrayLike) -> tuple[Array, Array, Array]:
        dy = upstream(op, dy, shape, dtype).reshape(xhat.shape)
        dx, dgamma, dbeta = np.empty_like(xhat), np.zeros(D, dtype), np.zeros(D, dtype)
        ones, g = np.ones(min(step, len(dy)), dtype), gamma / D
        for rows in blocks:
            d, h, out = dy[rows], xhat[rows], dx[rows]
            t = d * h
            dbeta += ones[: len(d)] @ d
            dgamma += ones[: len(d)] @ t
            mean_g, mean_gx = (d @ g)[:, None], (t @ g)[:, None]
            np.multiply(d, gamma, out=out)
            out -= np.multiply(h, mean_gx, out=t)  # through the variance
            out -= mean_g  # through the mean
            out *= inv[rows]
        return dx.reshape(shape), dgamma, dbeta

    return y.reshape(shape), pullback
