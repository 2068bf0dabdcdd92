"""Dropout: one generator afresh for each call, training and evaluation."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from tests.bplib.prove import Case, Seed

r = np.random.default_rng(44).standard_normal


def dropout(x: Tensor, p: float, seed: Seed, training: bool = True) -> Tensor:
    if not training:
        return 1.0 * x
    u = np.random.default_rng(seed.seed).random(tuple(x.shape), dtype=np.float32)
    return torch.where(torch.tensor(u) < p, 0.0, x / (1 - p))


CASES = {
    "dropout": [
        Case("a third", (r((5, 4)), 0.3, Seed(3)), dropout),
        Case("most", (r((3, 2, 4)), 0.8, Seed(4)), dropout),
        Case("none", (r(6), 0.0, Seed(5)), dropout),
        Case("evaluation", (r((5, 4)), 0.5, Seed(6), False), dropout),
    ]
}
