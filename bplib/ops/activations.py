"""Activations: one non-linearity a function, each stable for any finite input.

All work element by element on an array of any shape, except softmax and log_softmax, which normalise
along one axis. The convention at a kink is written in each docstring.
"""

from __future__ import annotations

import math

import numpy as np

from bplib.ops._door import Array, ArrayLike, Pullback, differentiable, floats, normal_axis, number, upstream
from bplib.ops._normal import normal_cdf


def _sigmoid(z: Array) -> Array:
    # For z ≪ 0 exp(−z) overflows to infinity, and 1 / (1 + ∞) is 0: the right
    # value, so there is nothing to warn of.
    if np.iscomplexobj(z):  # in a complex step ∞ would meet 0
        z = np.maximum(z.real, -700) + 1j * z.imag
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-z))


@differentiable("z")
def sigmoid(z: ArrayLike) -> tuple[Array, Pullback]:
    """σ(z) = 1 / (1 + e⁻ᶻ). The derivative s (1 − s) needs only the value."""
    s = _sigmoid(floats("sigmoid", "z", z))

    def pullback(ds: Array) -> Array:
        return upstream("sigmoid", ds, s.shape, s.dtype) * (s * (1 - s))

    return s, pullback


@differentiable("z")
def tanh(z: ArrayLike) -> tuple[Array, Pullback]:
    """Hyperbolic tangent. The derivative 1 − a² needs only the value."""
    a = np.tanh(floats("tanh", "z", z))

    def pullback(da: Array) -> Array:
        return upstream("tanh", da, a.shape, a.dtype) * (1 - a * a)

    return a, pullback


@differentiable("z")
def relu(z: ArrayLike) -> tuple[Array, Pullback]:
    """max(z, 0). At z = 0 the derivative is taken to be 0."""
    z = floats("relu", "z", z)
    a = np.maximum(z, 0)
    on, dtype = a > 0, a.dtype  # the pullback keeps one byte an element

    def pullback(da: Array) -> Array:
        return upstream("relu", da, on.shape, dtype) * on

    return a, pullback


@differentiable("z")
def leaky_relu(z: ArrayLike, alpha: float = 0.01) -> tuple[Array, Pullback]:
    """z where z > 0, alpha·z elsewhere. At z = 0 the derivative is alpha."""
    z = floats("leaky_relu", "z", z)
    alpha = number("leaky_relu", "alpha", alpha)
    slope = np.where(z > 0, 1, alpha).astype(z.dtype)

    def pullback(da: Array) -> Array:
        return upstream("leaky_relu", da, slope.shape, slope.dtype) * slope

    return z * slope, pullback


@differentiable("z")
def elu(z: ArrayLike, alpha: float = 1.0) -> tuple[Array, Pullback]:
    """z where z > 0, alpha·(eᶻ − 1) elsewhere. Slope at 0: alpha."""
    z = floats("elu", "z", z)
    positive = z > 0
    alpha = number("elu", "alpha", alpha)
    # Never the exponential of a large z: where z > 0 it is e⁰.
    low = alpha * np.expm1(np.where(positive, 0, z))

    def pullback(da: Array) -> Array:
        da = upstream("elu", da, low.shape, low.dtype)
        return da * np.where(positive, 1, low + alpha)

    return np.where(positive, z, low), pullback


@differentiable("z")
def softplus(z: ArrayLike) -> tuple[Array, Pullback]:
    """log(1 + eᶻ), a smooth ReLU, whose derivative is σ(z).

    Computed as max(z, 0) + log(1 + e^−|z|), which cannot overflow.
    """
    z = floats("softplus", "z", z)
    size = np.where(z.real > 0, z, -z)
    value = np.where(z.real > 0, z, 0) + np.log1p(np.exp(-size))

    def pullback(da: Array) -> Array:
        return upstream("softplus", da, z.shape, z.dtype) * _sigmoid(z)

    return value, pullback


@differentiable("z")
def gelu(z: ArrayLike, approximate: str = "none") -> tuple[Array, Pullback]:
    """z · Φ(z), with Φ the normal distribution function (Hendrycks and Gimpel 2016).

    ``approximate="tanh"`` replaces Φ by (1 + tanh(√(2/π) (z + 0.044715 z³))) / 2.
    """
    z = floats("gelu", "z", z)
    if not isinstance(approximate, str) or approximate not in ("none", "tanh"):
        raise ValueError(f'gelu: approximate must be "none" or "tanh", got {approximate!r}.')
    exact = approximate == "none"
    root = math.sqrt(2 / math.pi)
    # Beyond these bounds Φ is 0 or 1 to the last digit; without them z² and z³ would overflow.
    near = np.clip(z, -40, 40) if exact else np.clip(z, -21, 21)
    # (1 + tanh u) / 2 is σ(2u), which keeps its digits where tanh u is near −1.
    phi = normal_cdf(near) if exact else _sigmoid(2 * root * (near + 0.044715 * near * near * near))

    def pullback(da: Array) -> Array:
        if exact:
            slope = np.exp(-0.5 * near * near) * (0.5 * root)  # the normal density
        else:
            slope = 2 * phi * (1 - phi) * root * (1 + 3 * 0.044715 * near * near)
        return upstream("gelu", da, z.shape, z.dtype) * (phi + z * slope)

    return z * phi, pullback


@differentiable("z")
def silu(z: ArrayLike) -> tuple[Array, Pullback]:
    """z · σ(z), also called swish."""
    z = floats("silu", "z", z)
    s = _sigmoid(z)

    def pullback(da: Array) -> Array:
        da = upstream("silu", da, s.shape, s.dtype)
        return da * (s * (1 + z * (1 - s)))

    return z * s, pullback


def _top(op: str, z: Array, axis: int) -> Array:
    """The largest entry along the axis, which is kept."""
    if z.shape[axis] == 0:
        raise ValueError(f"{op}: z of shape {z.shape} has no entries along axis {axis}.")
    return z.real.max(axis=axis, keepdims=True)


@differentiable("z")
def softmax(z: ArrayLike, axis: int = -1) -> tuple[Array, Pullback]:
    """eᶻ / Σ eᶻ along an axis, shifted by the largest entry against overflow.

    The Jacobian is diag(p) − p pᵀ: every output looks at every input, so the
    pullback subtracts the p-weighted mean of dp before it scales by p.
    """
    z = floats("softmax", "z", z)
    axis = normal_axis("softmax", axis, z.ndim)
    p = np.exp(z - _top("softmax", z, axis))
    p /= p.sum(axis=axis, keepdims=True)

    def pullback(dp: Array) -> Array:
        dp = upstream("softmax", dp, p.shape, p.dtype)
        return p * (dp - (p * dp).sum(axis=axis, keepdims=True))

    return p, pullback


@differentiable("z")
def log_softmax(z: ArrayLike, axis: int = -1) -> tuple[Array, Pullback]:
    """z − log Σ eᶻ along an axis. The pullback gives dz = d − softmax(z) · Σ d."""
    z = floats("log_softmax", "z", z)
    axis = normal_axis("log_softmax", axis, z.ndim)
    shifted = z - _top("log_softmax", z, axis)
    value = shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))

    def pullback(d: Array) -> Array:
        d = upstream("log_softmax", d, value.shape, value.dtype)
        return d - np.exp(value) * d.sum(axis=axis, keepdims=True)

    return value, pullback
