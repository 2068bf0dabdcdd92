"""Losses: batches that equal no width, every reduction, targets of other dtypes, kinks, far-out logits."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from tests.bplib.prove import Case

rng = np.random.default_rng(40)
r = rng.standard_normal


def uniform(*shape: int) -> np.ndarray:
    return rng.uniform(0.05, 0.95, shape)


def distributions(n: int, k: int) -> np.ndarray:
    q = rng.uniform(0.1, 1.0, (n, k))
    return q / q.sum(axis=1, keepdims=True)


def hinge(scores: Tensor, labels: Tensor, margin: float = 1.0, reduction: str = "mean") -> Tensor:
    rows = []
    for s, y in zip(scores, labels.tolist(), strict=True):
        others = torch.cat([s[:y], s[y + 1 :]])
        rows.append(torch.relu(others - s[y] + margin).sum())
    losses = torch.stack(rows)
    return {"mean": losses.mean, "sum": losses.sum, "none": losses.clone}[reduction]()


def nll(mu: Tensor, log_sigma: Tensor, x: Tensor, reduction: str = "mean") -> Tensor:
    losses = -torch.distributions.Normal(mu, log_sigma.exp()).log_prob(x)
    return {"mean": losses.mean, "sum": losses.sum, "none": losses.clone}[reduction]()


def kl(log_p: Tensor, q: Tensor) -> Tensor:
    return F.kl_div(log_p, q, reduction="batchmean")


# Residuals well on both sides of Huber's delta = 1 and of 0.3, none at a kink.
pred = r((5, 3))
target = pred - np.array(
    [0.2, -0.15, 1.7, -2.4, 0.7, -0.6, 0.05, 3.1, -0.9, 0.4, -1.3, 0.8, -0.1, 2.2, -0.45]
).reshape(5, 3)
labels = np.array([3, 0, 1, 3, 2])
# Far from every margin: differences of scores are multiples of 0.4, margins 1.0 and 0.5 are not.
scores = 0.4 * rng.permuted(np.tile(np.arange(-2.0, 2.0), (5, 1)), axis=1)
log_p = np.log(distributions(5, 4))
some_zero = distributions(5, 4)
some_zero[[0, 2], [1, 3]] = 0.0

CASES = {
    "mse_loss": [
        Case("matrix", (r((5, 3)), r((5, 3))), F.mse_loss, targets=(1,)),
        Case("vector", (r(4), r(4)), F.mse_loss, targets=(1,)),
        Case(
            "whole numbers", (r((5, 1)), np.arange(5).reshape(5, 1)), lambda p, t: F.mse_loss(p, t.double())
        ),
        *(
            Case(
                how,
                (r((3, 2)), r((3, 2))),
                lambda p, t, how=how: F.mse_loss(p, t, reduction=how),
                {"reduction": how},
                (1,),
            )
            for how in ("sum", "none")
        ),
    ],
    "mae_loss": [
        Case("matrix", (pred, target), F.l1_loss, targets=(1,)),
        Case(
            "none",
            (pred, target),
            lambda p, t: F.l1_loss(p, t, reduction="none"),
            {"reduction": "none"},
            (1,),
        ),
        Case(
            "sum", (pred, target), lambda p, t: F.l1_loss(p, t, reduction="sum"), {"reduction": "sum"}, (1,)
        ),
        Case(
            "hits",
            (np.array([1.0, 2.0, 3.0]), np.array([1.0, 5.0, 3.0])),
            F.l1_loss,
            targets=(1,),
            smooth=False,
        ),
    ],
    "huber_loss": [
        Case("delta 1", (pred, target), F.huber_loss, targets=(1,)),
        Case("delta 0.3", (pred, target, 0.3), lambda p, t, d: F.huber_loss(p, t, delta=d), targets=(1,)),
        Case("wide", (pred, target, 2.0), lambda p, t, d: F.huber_loss(p, t, delta=d), targets=(1,)),
        Case(
            "none",
            (pred, target),
            lambda p, t: F.huber_loss(p, t, reduction="none"),
            {"reduction": "none"},
            (1,),
        ),
        Case(
            "sum",
            (pred, target),
            lambda p, t: F.huber_loss(p, t, reduction="sum"),
            {"reduction": "sum"},
            (1,),
        ),
        # The slope is continuous at ±delta, so only the second derivative jumps here.
        Case("at delta", (np.array([1.0, -1.0, 0.0, 0.5]), np.zeros(4)), F.huber_loss, targets=(1,)),
    ],
    "bce_with_logits": [
        Case(
            "soft targets", (2 * r((5, 3)), uniform(5, 3)), F.binary_cross_entropy_with_logits, targets=(1,)
        ),
        Case(
            "classes",
            (r(6), np.array([0, 1, 1, 0, 1, 0])),
            lambda z, y: F.binary_cross_entropy_with_logits(z, y.double()),
        ),
        Case(
            "far out",
            (np.array([30.0, -30.0, 0.0, 30.0]), np.array([1.0, 1.0, 0.5, 0.0])),
            F.binary_cross_entropy_with_logits,
            targets=(1,),
        ),
        *(
            Case(
                how,
                (r((4, 1)), uniform(4, 1)),
                lambda z, y, how=how: F.binary_cross_entropy_with_logits(z, y, reduction=how),
                {"reduction": how},
                (1,),
            )
            for how in ("sum", "none")
        ),
    ],
    "softmax_cross_entropy": [
        Case("awkward", (2 * r((5, 4)), labels), F.cross_entropy),
        Case("square", (r((3, 3)), np.array([2, 2, 0])), F.cross_entropy),
        Case("many classes", (r((3, 40)), np.array([39, 0, 17])), F.cross_entropy),
        Case("smoothed", (r((5, 4)), labels, 0.1), lambda z, y, e: F.cross_entropy(z, y, label_smoothing=e)),
        Case(
            "smoothed, none",
            (r((5, 4)), labels, 0.3),
            lambda z, y, e: F.cross_entropy(z, y, label_smoothing=e, reduction="none"),
            {"reduction": "none"},
        ),
        *(
            Case(
                how,
                (r((5, 4)), labels),
                lambda z, y, how=how: F.cross_entropy(z, y, reduction=how),
                {"reduction": how},
            )
            for how in ("sum", "none")
        ),
        Case("strided", (r((4, 10)).T[::2], labels), F.cross_entropy),
    ],
    "hinge_loss": [
        Case("awkward", (scores, labels), hinge),
        Case("margin 0.5", (scores, labels, 0.5), hinge),
        *(
            Case(how, (scores, labels), lambda s, y, how=how: hinge(s, y, reduction=how), {"reduction": how})
            for how in ("sum", "none")
        ),
        # Every other class sits exactly on the margin: subgradient 0, which is also torch.relu's choice.
        Case(
            "at the margin",
            (np.array([[1.0, 0.0, 0.0], [0.0, 2.0, 1.0]]), np.array([0, 1])),
            hinge,
            smooth=False,
        ),
    ],
    "kl_divergence": [
        Case("awkward", (log_p, distributions(5, 4)), kl, targets=(1,)),
        Case("zeros in q", (log_p, some_zero), kl, targets=(1,)),
        Case("not normalised", (r((3, 2)), uniform(3, 2)), kl, targets=(1,)),
        Case(
            "sum",
            (log_p, some_zero),
            lambda p, q: F.kl_div(p, q, reduction="sum"),
            {"reduction": "sum"},
            (1,),
        ),
        Case(
            "none",
            (log_p, some_zero),
            lambda p, q: F.kl_div(p, q, reduction="none").sum(1),
            {"reduction": "none"},
            (1,),
        ),
    ],
    "gaussian_nll": [
        Case("matrix", (r((5, 3)), 0.5 * r((5, 3)), r((5, 3))), nll, targets=(2,)),
        Case("vector", (r(4), 0.5 * r(4), r(4)), nll, targets=(2,)),
        Case("whole numbers", (r(3), r(3), np.arange(3)), lambda m, s, x: nll(m, s, x.double())),
        *(
            Case(
                how,
                (r((3, 2)), 0.5 * r((3, 2)), r((3, 2))),
                lambda m, s, x, how=how: nll(m, s, x, how),
                {"reduction": how},
                (2,),
            )
            for how in ("sum", "none")
        ),
    ],
}
