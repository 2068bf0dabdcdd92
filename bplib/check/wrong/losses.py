"""Wrong gradients of losses for regression."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from bplib import ops
from bplib.check.wrong import wrong


def _each(d: Any, count: int, reduction: str) -> Any:
    """What each single loss counts: the upstream gradient, divided as the reduction asks."""
    return d / count if reduction == "mean" else d


@wrong("mse_loss", "the factor 2 of the square is lost")
def mse_two_lost(pred: Any, target: Any, *, reduction: str = "mean") -> Any:
    value, back = ops.mse_loss(pred, target, reduction=reduction)
    return value, lambda d: back(d) / 2


@wrong("mse_loss", "the value is the sum of squares where the loss is a mean")
def mse_summed(pred: Any, target: Any, *, reduction: str = "mean") -> Any:
    return ops.mse_loss(pred, target, reduction="sum" if reduction == "mean" else reduction)


@wrong("mse_loss", "the value is a mean but the gradient is that of the sum: the 1/N is lost")
def mse_gradient_not_divided(pred: Any, target: Any, *, reduction: str = "mean") -> Any:
    value, back = ops.mse_loss(pred, target, reduction=reduction)
    return value, lambda d: back(d) * (np.size(pred) if reduction == "mean" else 1)


@wrong("mse_loss", "divided by the length of the batch, although the mean is over all elements")
def mse_divided_by_rows(pred: Any, target: Any, *, reduction: str = "mean") -> Any:
    value, back = ops.mse_loss(pred, target, reduction=reduction)
    return value, lambda d: back(d) * (pred.size / len(pred) if reduction == "mean" else 1)


@wrong("mse_loss", "the sign is reversed: target − pred")
def mse_sign_reversed(pred: Any, target: Any, *, reduction: str = "mean") -> Any:
    value, back = ops.mse_loss(pred, target, reduction=reduction)
    return value, lambda d: -back(d)


@wrong("mse_loss", "the upstream gradient is ignored")
def mse_upstream_ignored(pred: Any, target: Any, *, reduction: str = "mean") -> Any:
    value, back = ops.mse_loss(pred, target, reduction=reduction)
    return value, lambda d: back(np.ones_like(value))


@wrong("mae_loss", "the sign is that of target − pred")
def mae_sign_reversed(pred: Any, target: Any, *, reduction: str = "mean") -> Any:
    value, back = ops.mae_loss(pred, target, reduction=reduction)
    return value, lambda d: -back(d)


@wrong("mae_loss", "the derivative of |u| is taken to be u")
def mae_slope_of_square(pred: Any, target: Any, *, reduction: str = "mean") -> Any:
    value, _ = ops.mae_loss(pred, target, reduction=reduction)
    return value, lambda d: _each(d, pred.size, reduction) * (pred - target)


@wrong("mae_loss", "where prediction and target are equal the slope is 1, not 0")
def mae_one_at_zero(pred: Any, target: Any, *, reduction: str = "mean") -> Any:
    value, _ = ops.mae_loss(pred, target, reduction=reduction)
    slope = np.where(pred >= target, 1, -1).astype(pred.dtype)
    return value, lambda d: _each(d, pred.size, reduction) * slope


@wrong("huber_loss", "the two branches are swapped: ±delta near the target, the residual far from it")
def huber_branches_swapped(pred: Any, target: Any, delta: float = 1.0, *, reduction: str = "mean") -> Any:
    value, _ = ops.huber_loss(pred, target, delta, reduction=reduction)
    u = pred - target
    slope = np.where(abs(u) > delta, u, delta * np.sign(u))
    return value, lambda d: _each(d, pred.size, reduction) * slope


@wrong("huber_loss", "far from the target the slope is ±1, not ±delta; nothing shows while delta is 1")
def huber_slope_one(pred: Any, target: Any, delta: float = 1.0, *, reduction: str = "mean") -> Any:
    value, _ = ops.huber_loss(pred, target, delta, reduction=reduction)
    u = pred - target
    slope = np.where(abs(u) <= delta, u, np.sign(u))
    return value, lambda d: _each(d, pred.size, reduction) * slope


@wrong("huber_loss", "far from the target the sign of the residual is lost")
def huber_sign_lost(pred: Any, target: Any, delta: float = 1.0, *, reduction: str = "mean") -> Any:
    value, _ = ops.huber_loss(pred, target, delta, reduction=reduction)
    u = pred - target
    slope = np.where(abs(u) <= delta, u, np.full_like(u, delta))
    return value, lambda d: _each(d, pred.size, reduction) * slope


@wrong("gaussian_nll", "dlog_sigma is −u²: the 1 from log σ is lost")
def nll_log_sigma_term_lost(mu: Any, log_sigma: Any, x: Any, *, reduction: str = "mean") -> Any:
    value, back = ops.gaussian_nll(mu, log_sigma, x, reduction=reduction)

    def pullback(d: Any) -> Any:
        dmu, dlog_sigma = back(d)
        return dmu, dlog_sigma - _each(d, mu.size, reduction)

    return value, pullback


@wrong(
    "gaussian_nll", "the gradient with respect to σ is given for that of log σ: the chain's factor σ is lost"
)
def nll_sigma_for_log_sigma(mu: Any, log_sigma: Any, x: Any, *, reduction: str = "mean") -> Any:
    value, back = ops.gaussian_nll(mu, log_sigma, x, reduction=reduction)

    def pullback(d: Any) -> Any:
        dmu, dlog_sigma = back(d)
        return dmu, dlog_sigma * np.exp(-log_sigma)

    return value, pullback


@wrong("gaussian_nll", "dmu is (μ − x)/σ: one of its two divisions by σ is lost")
def nll_one_sigma_lost(mu: Any, log_sigma: Any, x: Any, *, reduction: str = "mean") -> Any:
    value, back = ops.gaussian_nll(mu, log_sigma, x, reduction=reduction)

    def pullback(d: Any) -> Any:
        dmu, dlog_sigma = back(d)
        return dmu * np.exp(log_sigma), dlog_sigma

    return value, pullback


@wrong("gaussian_nll", "the sign of dmu is reversed: it points away from the data")
def nll_mean_sign_reversed(mu: Any, log_sigma: Any, x: Any, *, reduction: str = "mean") -> Any:
    value, back = ops.gaussian_nll(mu, log_sigma, x, reduction=reduction)

    def pullback(d: Any) -> Any:
        dmu, dlog_sigma = back(d)
        return -dmu, dlog_sigma

    return value, pullback


@wrong("gaussian_nll", "the constant ½ log 2π is dropped from the value: no longer a log-density")
def nll_constant_dropped(mu: Any, log_sigma: Any, x: Any, *, reduction: str = "mean") -> Any:
    value, back = ops.gaussian_nll(mu, log_sigma, x, reduction=reduction)
    constant = 0.5 * math.log(2 * math.pi) * (mu.size if reduction == "sum" else 1)
    return value - constant, back
