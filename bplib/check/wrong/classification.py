"""Wrong gradients of losses for classification and for distributions over classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib import ops
from bplib.check.wrong import wrong
from bplib.check.wrong.losses import _each


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
