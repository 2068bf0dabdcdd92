"""Pooling: windows that overlap, windows with gaps between them, padding, and ties for the maximum."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from tests.bplib.prove import Case

rng = np.random.default_rng(70)
r = rng.standard_normal


def distinct(*shape: int) -> np.ndarray:
    """Numbers of both signs no two of which are near each other: no step of a difference makes a new maximum."""
    n = int(np.prod(shape))
    return (rng.permutation(n) - 0.6 * n).reshape(shape) * 0.05


def pooled(f: Any, name: str, x: np.ndarray, kernel: Any, *rest: Any, **more: Any) -> Case:
    return Case(name, (x, kernel, *rest), lambda t, *_: f(t, kernel, *rest), **more)


largest = partial(pooled, F.max_pool2d, complex_step=False)
average = partial(pooled, F.avg_pool2d)

CASES = {
    "max_pool2d": [
        largest("2 × 2", distinct(3, 2, 4, 6), 2),
        largest("overlapping", distinct(3, 2, 5, 7), 3, 2, 1),
        largest("uneven", distinct(2, 3, 6, 5), (3, 2), (1, 3), (1, 0)),
        largest("gaps", distinct(2, 2, 7, 8), 2, (3, 4)),
        largest("all negative, padded", -1 - abs(distinct(2, 2, 3, 4)), (2, 3), 1, 1),
        largest("ties", rng.integers(0, 2, (3, 2, 5, 6)).astype(float), 3, (2, 1), 1, smooth=False),
        largest("ties for 0", np.maximum(distinct(2, 2, 4, 4), 0), 2, smooth=False),
        largest("strided memory", distinct(5, 4, 2, 3).T, 2, 1),
    ],
    "avg_pool2d": [
        average("2 × 2", r((3, 2, 4, 6)), 2),
        average("overlapping", r((3, 2, 5, 7)), 3, 2, 1),
        average("uneven", r((2, 3, 6, 5)), (3, 2), (1, 3), (1, 0)),
        average("gaps", r((2, 2, 7, 8)), 2, (3, 4)),
        average("strided memory", r((5, 4, 2, 3)).T, 2, 1),
    ],
    "global_avg_pool2d": [
        Case("uneven", (r((3, 2, 4, 5)),), lambda x: torch.mean(x, dim=(2, 3))),
        Case("one pixel", (r((2, 3, 1, 1)),), lambda x: torch.mean(x, dim=(2, 3))),
        Case("strided memory", (r((5, 4, 2, 3)).T,), lambda x: torch.mean(x, dim=(2, 3))),
    ],
}
