"""Norms: γ ≠ 1, β ≠ 0, means far from 0, batches that equal no width, images that are not square."""

from __future__ import annotations

import numpy as np
from torch import Tensor
from torch.nn import functional as F

from tests.bplib.prove import Case

rng = np.random.default_rng(41)
r = rng.standard_normal


def arrays(*shape: int, features: int) -> tuple[np.ndarray, ...]:
    return 1.5 * r(shape) + 0.7, 1 + 0.5 * r(features), r(features)


def running(features: int) -> tuple[np.ndarray, np.ndarray]:
    return r(features), rng.uniform(0.5, 2.0, features)


def bn(x: Tensor, gamma: Tensor, beta: Tensor, eps: float = 1e-5) -> Tensor:
    return F.batch_norm(x, None, None, gamma, beta, training=True, eps=eps)


def bn_with_statistics(x: Tensor, gamma: Tensor, beta: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    axes = [i for i in range(x.ndim) if i != 1]
    return bn(x, gamma, beta), x.mean(axes), x.var(axes, unbiased=False)


def bn_inference(
    x: Tensor, gamma: Tensor, beta: Tensor, mean: Tensor, var: Tensor, eps: float = 1e-5
) -> Tensor:
    return F.batch_norm(x, mean, var, gamma, beta, training=False, eps=eps)


def ln(x: Tensor, gamma: Tensor, beta: Tensor, eps: float = 1e-5) -> Tensor:
    return F.layer_norm(x, (x.shape[-1],), gamma, beta, eps)


def bn_alone(x: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
    """PyTorch refuses one value a channel; the formula does not."""
    centred = x - x.mean(0)
    return gamma * centred / (centred.square().mean(0) + 1e-5).sqrt() + beta


with_statistics = {"with_statistics": True}
transposed = r((2, 5, 4, 3)).transpose(0, 3, 1, 2)

CASES = {
    "batch_norm": [
        Case("rows", arrays(5, 3, features=3), bn),
        Case("images", arrays(3, 2, 4, 5, features=2), bn),
        Case("square", arrays(4, 4, features=4), bn),
        Case("one image", arrays(1, 3, 2, 2, features=3), bn),
        Case("eps", (*arrays(5, 3, features=3), 0.3), bn),
        Case("strided", (transposed, 1 + r(3), r(3)), bn),
        Case("one row", arrays(1, 3, features=3), bn_alone),
        Case("statistics of rows", arrays(5, 3, features=3), bn_with_statistics, with_statistics),
        Case("statistics of images", arrays(3, 2, 2, 3, features=2), bn_with_statistics, with_statistics),
    ],
    "batch_norm_inference": [
        Case("rows", (*arrays(5, 3, features=3), *running(3)), bn_inference, targets=(3, 4)),
        Case("images", (*arrays(3, 2, 4, 5, features=2), *running(2)), bn_inference, targets=(3, 4)),
        Case("one row", (*arrays(1, 3, features=3), *running(3)), bn_inference, targets=(3, 4)),
        Case("eps", (*arrays(4, 4, features=4), *running(4), 0.3), bn_inference, targets=(3, 4)),
    ],
    "layer_norm": [
        Case("rows", arrays(5, 3, features=3), ln),
        Case("square", arrays(4, 4, features=4), ln),
        Case("sequence", arrays(2, 3, 4, features=4), ln),
        Case("one vector", arrays(6, features=6), ln),
        Case("eps", (*arrays(5, 3, features=3), 0.3), ln),
        Case("strided", (r((4, 3, 2)).T, 1 + r(4), r(4)), ln),
    ],
}
