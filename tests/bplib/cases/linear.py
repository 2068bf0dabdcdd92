"""linear, matmul: square and not, batches that equal no width, broadcast batches."""

from __future__ import annotations

import numpy as np
import torch

from tests.bplib.prove import Case

rng = np.random.default_rng(10)
r = rng.standard_normal

CASES = {
    "linear": [
        Case("awkward", (r((5, 3)), r((3, 4)), r(4)), lambda x, W, b: x @ W + b),
        Case("square", (r((4, 4)), r((4, 4)), r(4)), lambda x, W, b: x @ W + b),
        Case("one row", (r((1, 3)), r((3, 2)), r(2)), lambda x, W, b: x @ W + b),
        Case("no bias", (r((5, 3)), r((3, 4))), lambda x, W: x @ W),
        Case("strided", (r((3, 5)).T, r((6, 4))[::2], r(8)[::2]), lambda x, W, b: x @ W + b),
    ],
    "matmul": [
        Case("plain", (r((3, 4)), r((4, 2))), torch.matmul),
        Case("batched", (r((2, 3, 4)), r((2, 4, 5))), torch.matmul),
        Case("broadcast", (r((2, 1, 3, 4)), r((3, 4, 2))), torch.matmul),
    ],
}
