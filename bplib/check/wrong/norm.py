"""Wrong gradients of batch norm and layer norm: mostly a path through the statistics that was forgotten."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib import ops
from bplib.check.wrong import wrong

Axes = tuple[int, ...]


def _batch(x: Any) -> Axes:
    return (0,) if x.ndim == 2 else (0, 2, 3)


def _parts(x: Any, gamma: Any, axes: Axes, eps: float) -> tuple[Any, Any, Any]:
    """x̂, 1/√(σ² + ε), and γ in the shape in which it meets x."""
    inv = 1 / np.sqrt(x.var(axis=axes, keepdims=True) + eps)
    xhat = (x - x.mean(axis=axes, keepdims=True)) * inv
    return xhat, inv, gamma.reshape(1, -1, 1, 1) if x.ndim == 4 and axes[0] == 0 else gamma


def _with_dx(op: Any, args: Any, kwargs: Any, dx: Any) -> Any:
    """The right op, with dx(dy, right dx) in the place of its dx."""
    value, back = op(*args, **kwargs)

    def pullback(dy: Any, *more: Any) -> Any:
        right, dgamma, dbeta = back(dy, *more)
        dy = np.zeros_like(right) if dy is None else dy
        return dx(dy, right), dgamma, dbeta

    return value, pullback


def _mean(a: Any, axes: Axes) -> Any:
    return a.mean(axis=axes, keepdims=True)


@wrong("batch_norm", "mean and variance are treated as constants: dx = γ·dy/σ")
def batch_statistics_constant(x: Any, gamma: Any, beta: Any, eps: float = 1e-5, **kwargs: Any) -> Any:
    _, inv, g = _parts(x, gamma, _batch(x), eps)
    return _with_dx(ops.batch_norm, (x, gamma, beta, eps), kwargs, lambda dy, _: dy * g * inv)


@wrong("batch_norm", "the path through the mean is lost")
def batch_mean_path_lost(x: Any, gamma: Any, beta: Any, eps: float = 1e-5, **kwargs: Any) -> Any:
    _, inv, g = _parts(x, gamma, _batch(x), eps)
    axes = _batch(x)
    return _with_dx(
        ops.batch_norm, (x, gamma, beta, eps), kwargs, lambda dy, right: right + inv * _mean(dy * g, axes)
    )


@wrong("batch_norm", "the path through the variance is lost")
def batch_variance_path_lost(x: Any, gamma: Any, beta: Any, eps: float = 1e-5, **kwargs: Any) -> Any:
    axes = _batch(x)
    xhat, inv, g = _parts(x, gamma, axes, eps)
    return _with_dx(
        ops.batch_norm,
        (x, gamma, beta, eps),
        kwargs,
        lambda dy, right: right + inv * xhat * _mean(dy * g * xhat, axes),
    )


@wrong("batch_norm", "γ is left out of dx; nothing shows while γ is still 1")
def batch_gamma_lost(x: Any, gamma: Any, beta: Any, eps: float = 1e-5, **kwargs: Any) -> Any:
    _, _, g = _parts(x, gamma, _batch(x), eps)
    return _with_dx(ops.batch_norm, (x, gamma, beta, eps), kwargs, lambda _, right: right / g)


@wrong("batch_norm", "dx is 0: normalised values are taken not to depend on x")
def batch_dx_zero(x: Any, gamma: Any, beta: Any, eps: float = 1e-5, **kwargs: Any) -> Any:
    return _with_dx(ops.batch_norm, (x, gamma, beta, eps), kwargs, lambda _, right: np.zeros_like(right))


@wrong("batch_norm", "sums where the two correction terms of dx need means")
def batch_sum_for_mean(x: Any, gamma: Any, beta: Any, eps: float = 1e-5, **kwargs: Any) -> Any:
    axes = _batch(x)
    xhat, inv, g = _parts(x, gamma, axes, eps)

    def dx(dy: Any, _: Any) -> Any:
        d = dy * g
        return inv * (d - d.sum(axis=axes, keepdims=True) - xhat * (d * xhat).sum(axis=axes, keepdims=True))

    return _with_dx(ops.batch_norm, (x, gamma, beta, eps), kwargs, dx)


@wrong("batch_norm", "the variance is divided by n − 1, the estimate of the running average, not by n")
def batch_unbiased_variance(x: Any, gamma: Any, beta: Any, eps: float = 1e-5, **kwargs: Any) -> Any:
    n = x.size // x.shape[1]
    shrink = np.sqrt(1 - 1 / n) if n > 1 else 1.0
    return ops.batch_norm(x, (gamma * shrink).astype(x.dtype), beta, eps, **kwargs)


@wrong("batch_norm", "ε is added to the standard deviation, outside the root")
def batch_eps_outside_root(x: Any, gamma: Any, beta: Any, eps: float = 1e-5, **kwargs: Any) -> Any:
    std = np.sqrt(x.var(axis=_batch(x)))
    other = (np.sqrt(std**2 + eps) / (std + eps)).astype(x.dtype)
    return ops.batch_norm(x, gamma * other, beta, eps, **kwargs)


@wrong("batch_norm", "dgamma is Σ dy·x with the raw x, not with x̂")
def batch_dgamma_of_raw_x(x: Any, gamma: Any, beta: Any, eps: float = 1e-5, **kwargs: Any) -> Any:
    value, back = ops.batch_norm(x, gamma, beta, eps, **kwargs)

    def pullback(dy: Any, *more: Any) -> Any:
        dx, _, dbeta = back(dy, *more)
        return dx, (np.zeros_like(x) if dy is None else dy * x).sum(axis=_batch(x)), dbeta

    return value, pullback


@wrong("batch_norm", "dgamma and dbeta are averaged although the upstream gradient already carries the 1/N")
def batch_parameters_averaged(x: Any, gamma: Any, beta: Any, eps: float = 1e-5, **kwargs: Any) -> Any:
    value, back = ops.batch_norm(x, gamma, beta, eps, **kwargs)
    n = x.size // x.shape[1]

    def pullback(dy: Any, *more: Any) -> Any:
        dx, dgamma, dbeta = back(dy, *more)
        return dx, dgamma / n, dbeta / n

    return value, pullback


@wrong("batch_norm", "in images only the batch axis is averaged over, each pixel by itself")
def batch_pixels_apart(x: Any, gamma: Any, beta: Any, eps: float = 1e-5, **kwargs: Any) -> Any:
    if x.ndim == 2 or kwargs:
        return ops.batch_norm(x, gamma, beta, eps, **kwargs)
    N, C, H, W = x.shape
    each = H * W
    value, back = ops.batch_norm(x.reshape(N, -1), gamma.repeat(each), beta.repeat(each), eps)

    def pullback(dy: Any) -> Any:
        dx, dgamma, dbeta = back(dy.reshape(N, -1))
        return dx.reshape(x.shape), dgamma.reshape(C, -1).sum(1), dbeta.reshape(C, -1).sum(1)

    return value.reshape(x.shape), pullback


@wrong("batch_norm_inference", "the batch's own statistics are used in evaluation")
def inference_by_batch(x: Any, gamma: Any, beta: Any, mean: Any, var: Any, eps: float = 1e-5) -> Any:
    return ops.batch_norm(x, gamma, beta, eps)


@wrong("batch_norm_inference", "the running statistics are differentiated as if they came from this batch")
def inference_statistics_differentiated(
    x: Any, gamma: Any, beta: Any, mean: Any, var: Any, eps: float = 1e-5
) -> Any:
    value, _ = ops.batch_norm_inference(x, gamma, beta, mean, var, eps)
    return value, ops.batch_norm(x, gamma, beta, eps)[1]


@wrong("batch_norm_inference", "γ is left out of dx")
def inference_gamma_lost(x: Any, gamma: Any, beta: Any, mean: Any, var: Any, eps: float = 1e-5) -> Any:
    value, back = ops.batch_norm_inference(x, gamma, beta, mean, var, eps)
    _, _, g = _parts(x, gamma, _batch(x), 1.0)

    def pullback(dy: Any) -> Any:
        dx, dgamma, dbeta = back(dy)
        return dx / g, dgamma, dbeta

    return value, pullback


@wrong("batch_norm_inference", "x is divided by the variance, the root is missing")
def inference_root_missing(x: Any, gamma: Any, beta: Any, mean: Any, var: Any, eps: float = 1e-5) -> Any:
    return ops.batch_norm_inference(x, gamma, beta, mean, var * var, eps)


@wrong("layer_norm", "each row's statistics are treated as constants")
def layer_statistics_constant(x: Any, gamma: Any, beta: Any, eps: float = 1e-5) -> Any:
    _, inv, _ = _parts(x, gamma, (-1,), eps)
    return _with_dx(ops.layer_norm, (x, gamma, beta, eps), {}, lambda dy, _: dy * gamma * inv)


@wrong("layer_norm", "the path through the mean is lost")
def layer_mean_path_lost(x: Any, gamma: Any, beta: Any, eps: float = 1e-5) -> Any:
    _, inv, _ = _parts(x, gamma, (-1,), eps)
    return _with_dx(
        ops.layer_norm, (x, gamma, beta, eps), {}, lambda dy, right: right + inv * _mean(dy * gamma, (-1,))
    )


@wrong("layer_norm", "the path through the variance is lost")
def layer_variance_path_lost(x: Any, gamma: Any, beta: Any, eps: float = 1e-5) -> Any:
    xhat, inv, _ = _parts(x, gamma, (-1,), eps)
    return _with_dx(
        ops.layer_norm,
        (x, gamma, beta, eps),
        {},
        lambda dy, right: right + inv * xhat * _mean(dy * gamma * xhat, (-1,)),
    )


@wrong("layer_norm", "γ is taken out of the means, as in batch norm: here it differs within a row")
def layer_gamma_pulled_out(x: Any, gamma: Any, beta: Any, eps: float = 1e-5) -> Any:
    xhat, inv, _ = _parts(x, gamma, (-1,), eps)

    def dx(dy: Any, _: Any) -> Any:
        return gamma * inv * (dy - _mean(dy, (-1,)) - xhat * _mean(dy * xhat, (-1,)))

    return _with_dx(ops.layer_norm, (x, gamma, beta, eps), {}, dx)


@wrong("layer_norm", "γ is lost from dx")
def layer_gamma_lost(x: Any, gamma: Any, beta: Any, eps: float = 1e-5) -> Any:
    _, back = ops.layer_norm(x, np.ones_like(gamma), beta, eps)
    return _with_dx(ops.layer_norm, (x, gamma, beta, eps), {}, lambda dy, _: back(dy)[0])


@wrong("layer_norm", "dx is 0: normalised values are taken not to depend on x")
def layer_dx_zero(x: Any, gamma: Any, beta: Any, eps: float = 1e-5) -> Any:
    return _with_dx(ops.layer_norm, (x, gamma, beta, eps), {}, lambda _, right: np.zeros_like(right))


@wrong("layer_norm", "sums where the two correction terms of dx need means")
def layer_sum_for_mean(x: Any, gamma: Any, beta: Any, eps: float = 1e-5) -> Any:
    xhat, inv, _ = _parts(x, gamma, (-1,), eps)

    def dx(dy: Any, _: Any) -> Any:
        d = dy * gamma
        return inv * (d - d.sum(-1, keepdims=True) - xhat * (d * xhat).sum(-1, keepdims=True))

    return _with_dx(ops.layer_norm, (x, gamma, beta, eps), {}, dx)


@wrong("layer_norm", "normalised over the batch, as batch norm does, not over each row")
def layer_over_the_batch(x: Any, gamma: Any, beta: Any, eps: float = 1e-5) -> Any:
    flat = x.reshape(-1, x.shape[-1])
    value, back = ops.batch_norm(flat, gamma, beta, eps)

    def pullback(dy: Any) -> Any:
        dx, dgamma, dbeta = back(dy.reshape(flat.shape))
        return dx.reshape(x.shape), dgamma, dbeta

    return value.reshape(x.shape), pullback
