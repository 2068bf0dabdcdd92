"""Wrong gradients of losses."""

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


@wrong("bce_with_logits", "(σ − y) is multiplied by σ(1 − σ) once more: that slope has already cancelled")
def bce_sigmoid_slope_again(z: Any, y: Any, *, reduction: str = "mean") -> Any:
    value, back = ops.bce_with_logits(z, y, reduction=reduction)
    s, _ = ops.sigmoid(z)
    return value, lambda d: back(d) * s * (1 - s)


@wrong("bce_with_logits", "the gradient with respect to the probability is given for that of the logit")
def bce_with_respect_to_probability(z: Any, y: Any, *, reduction: str = "mean") -> Any:
    value, back = ops.bce_with_logits(z, y, reduction=reduction)
    s, _ = ops.sigmoid(z)
    return value, lambda d: back(d) / (s * (1 - s))


@wrong("bce_with_logits", "the sign is reversed: y − σ(z)")
def bce_sign_reversed(z: Any, y: Any, *, reduction: str = "mean") -> Any:
    value, back = ops.bce_with_logits(z, y, reduction=reduction)
    return value, lambda d: -back(d)


@wrong("bce_with_logits", "the gradient is z − y: the sigmoid is left out")
def bce_sigmoid_left_out(z: Any, y: Any, *, reduction: str = "mean") -> Any:
    value, _ = ops.bce_with_logits(z, y, reduction=reduction)
    off = z - y.astype(z.dtype)
    return value, lambda d: _each(d, z.size, reduction) * off


@wrong("softmax_cross_entropy", "p − t is not divided by N, although the loss is a mean")
def cross_entropy_not_divided(
    z: Any, labels: Any, label_smoothing: float = 0.0, *, reduction: str = "mean"
) -> Any:
    value, back = ops.softmax_cross_entropy(z, labels, label_smoothing, reduction=reduction)
    return value, lambda d: back(d) * (len(z) if reduction == "mean" else 1)


@wrong("softmax_cross_entropy", "divided by N·K, the number of logits, not by N, the number of examples")
def cross_entropy_divided_by_classes(
    z: Any, labels: Any, label_smoothing: float = 0.0, *, reduction: str = "mean"
) -> Any:
    value, back = ops.softmax_cross_entropy(z, labels, label_smoothing, reduction=reduction)
    return value, lambda d: back(d) / (z.shape[1] if reduction == "mean" else 1)


@wrong("softmax_cross_entropy", "the sign is reversed: t − p")
def cross_entropy_sign_reversed(
    z: Any, labels: Any, label_smoothing: float = 0.0, *, reduction: str = "mean"
) -> Any:
    value, back = ops.softmax_cross_entropy(z, labels, label_smoothing, reduction=reduction)
    return value, lambda d: -back(d)


@wrong("softmax_cross_entropy", "the 1 is subtracted at the arg-max of each row, not at its label")
def cross_entropy_at_arg_max(
    z: Any, labels: Any, label_smoothing: float = 0.0, *, reduction: str = "mean"
) -> Any:
    value, _ = ops.softmax_cross_entropy(z, labels, label_smoothing, reduction=reduction)
    _, back = ops.softmax_cross_entropy(z, z.argmax(axis=1), label_smoothing, reduction=reduction)
    return value, back


@wrong("softmax_cross_entropy", "the upstream gradient is ignored")
def cross_entropy_upstream_ignored(
    z: Any, labels: Any, label_smoothing: float = 0.0, *, reduction: str = "mean"
) -> Any:
    value, back = ops.softmax_cross_entropy(z, labels, label_smoothing, reduction=reduction)
    return value, lambda d: back(np.ones_like(value))


@wrong(
    "softmax_cross_entropy",
    "only the label's column gets a gradient: the logarithm's denominator is forgotten",
)
def cross_entropy_label_only(
    z: Any, labels: Any, label_smoothing: float = 0.0, *, reduction: str = "mean"
) -> Any:
    value, back = ops.softmax_cross_entropy(z, labels, label_smoothing, reduction=reduction)
    at_label = np.arange(z.shape[1]) == labels[:, None]
    return value, lambda d: back(d) * at_label


@wrong("softmax_cross_entropy", "label smoothing is in the loss but not in its gradient")
def cross_entropy_unsmoothed_gradient(
    z: Any, labels: Any, label_smoothing: float = 0.0, *, reduction: str = "mean"
) -> Any:
    value, _ = ops.softmax_cross_entropy(z, labels, label_smoothing, reduction=reduction)
    return value, ops.softmax_cross_entropy(z, labels, reduction=reduction)[1]


@wrong("softmax_cross_entropy", "the smoothing ε is spread over the K − 1 other classes, not over all K")
def cross_entropy_smoothed_over_others(
    z: Any, labels: Any, label_smoothing: float = 0.0, *, reduction: str = "mean"
) -> Any:
    K = z.shape[1]
    return ops.softmax_cross_entropy(z, labels, label_smoothing * K / (K - 1), reduction=reduction)


@wrong("hinge_loss", "the true class counts as its own competitor: the loss is too large by the margin")
def hinge_counts_true_class(scores: Any, labels: Any, margin: float = 1.0, *, reduction: str = "mean") -> Any:
    value, back = ops.hinge_loss(scores, labels, margin, reduction=reduction)
    extra = np.asarray(margin * (len(scores) if reduction == "sum" else 1), scores.dtype)
    return value + extra, back


@wrong("hinge_loss", "the subgradient counts the true class among the violations")
def hinge_subgradient_at_true_class(
    scores: Any, labels: Any, margin: float = 1.0, *, reduction: str = "mean"
) -> Any:
    value, back = ops.hinge_loss(scores, labels, margin, reduction=reduction)
    at_label = np.arange(scores.shape[1]) == labels[:, None]

    def pullback(d: Any) -> Any:
        return back(d) - _each(d, len(scores), reduction)[..., None] * at_label

    return value, pullback


@wrong("hinge_loss", "the true class gets −1, whatever the number of classes that violate the margin")
def hinge_true_class_minus_one(
    scores: Any, labels: Any, margin: float = 1.0, *, reduction: str = "mean"
) -> Any:
    value, back = ops.hinge_loss(scores, labels, margin, reduction=reduction)
    at_label = np.arange(scores.shape[1]) == labels[:, None]

    def pullback(d: Any) -> Any:
        return np.where(at_label, -_each(d, len(scores), reduction)[..., None], back(d)).astype(scores.dtype)

    return value, pullback


@wrong("hinge_loss", "the true class gets no gradient at all")
def hinge_true_class_left_out(
    scores: Any, labels: Any, margin: float = 1.0, *, reduction: str = "mean"
) -> Any:
    value, back = ops.hinge_loss(scores, labels, margin, reduction=reduction)
    others = np.arange(scores.shape[1]) != labels[:, None]
    return value, lambda d: back(d) * others


@wrong("hinge_loss", "a class that sits exactly on the margin counts as a violation (≥ for >)")
def hinge_kink_counted(scores: Any, labels: Any, margin: float = 1.0, *, reduction: str = "mean") -> Any:
    value, _ = ops.hinge_loss(scores, labels, margin, reduction=reduction)
    _, back = ops.hinge_loss(scores, labels, np.nextafter(margin, 2 * margin), reduction=reduction)
    return value, back


@wrong("kl_divergence", "the gradient is that of the other argument: log q − log p + 1, with respect to q")
def kl_with_respect_to_q(log_p: Any, q: Any, *, reduction: str = "mean") -> Any:
    value, _ = ops.kl_divergence(log_p, q, reduction=reduction)
    slope = np.log(np.where(q > 0, q, 1)) - log_p + 1
    return value, lambda d: _each(d, len(log_p), reduction)[..., None] * slope


@wrong("kl_divergence", "the divergence is taken the other way round: KL(p ‖ q) for KL(q ‖ p)")
def kl_other_way_round(log_p: Any, q: Any, *, reduction: str = "mean") -> Any:
    p = np.exp(log_p)
    log_q = np.log(np.where(q > 0, q, 1))
    value, back = ops.kl_divergence(log_q, p, reduction=reduction)
    return value, back


@wrong("kl_divergence", "the gradient is p − q, as if log p still had to go through the softmax")
def kl_softmax_folded_in(log_p: Any, q: Any, *, reduction: str = "mean") -> Any:
    value, _ = ops.kl_divergence(log_p, q, reduction=reduction)
    slope = np.exp(log_p) - q
    return value, lambda d: _each(d, len(log_p), reduction)[..., None] * slope


@wrong("kl_divergence", "the mean is over all N·K elements, not over the N examples")
def kl_mean_of_elements(log_p: Any, q: Any, *, reduction: str = "mean") -> Any:
    value, back = ops.kl_divergence(log_p, q, reduction=reduction)
    share = q.shape[1] if reduction == "mean" else 1
    return value / share, lambda d: back(d) / share


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
