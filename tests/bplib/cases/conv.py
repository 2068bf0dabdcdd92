"""Convolutions: batches that equal no width, non-square images and kernels, stride ≠ kernel, padding, groups."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from torch.nn import functional as F

from tests.bplib.prove import Case

rng = np.random.default_rng(60)
r = rng.standard_normal


def conv(name: str, x: tuple[int, ...], w: tuple[int, ...], bias: bool = True, **kwargs: Any) -> Case:
    args = (r(x), r(w), r(w[0]))[: 3 if bias else 2]
    return Case(name, args, partial(F.conv2d, **kwargs), kwargs)


def transposed(name: str, x: tuple[int, ...], w: tuple[int, ...], bias: bool = True, **kwargs: Any) -> Case:
    args = (r(x), r(w), r(w[1] * kwargs.get("groups", 1)))[: 3 if bias else 2]
    return Case(name, args, partial(F.conv_transpose2d, **kwargs), kwargs)


CASES = {
    "conv2d": [
        conv("awkward", (3, 2, 5, 6), (4, 2, 3, 2), stride=(2, 1), padding=(1, 0)),
        conv("square", (2, 3, 4, 4), (3, 3, 3, 3), padding=1),
        conv("valid", (3, 2, 5, 4), (4, 2, 2, 3)),
        conv("dilated", (3, 2, 7, 6), (4, 2, 2, 3), stride=(1, 2), padding=(1, 2), dilation=(3, 2)),
        conv("rows left over", (2, 1, 6, 8), (2, 1, 2, 1), stride=(3, 4)),
        conv("padding wider than the kernel", (2, 2, 3, 4), (2, 2, 2, 1), padding=(3, 2)),
        conv("groups", (3, 4, 4, 5), (6, 2, 2, 3), stride=(1, 2), padding=1, groups=2),
        conv("one channel a group", (2, 3, 5, 4), (3, 1, 3, 2), padding=(1, 0), groups=3),
        conv("1 × 1, no bias", (3, 4, 2, 5), (2, 4, 1, 1), bias=False),
        conv("many kernels", (2, 1, 4, 5), (6, 1, 3, 2), padding=1),
        # From 8 channels on, a kernel 3 wide is unrolled row by row (bplib/ops/_columns.py).
        conv("by rows", (2, 8, 4, 3), (3, 8, 3, 3), padding=(2, 1)),
        conv(
            "by rows, dilated",
            (3, 16, 5, 4),
            (4, 8, 2, 3),
            stride=(1, 2),
            padding=(1, 2),
            dilation=2,
            groups=2,
        ),
        Case("strided memory", (r((4, 5, 2, 3)).T, r((2, 4, 2, 2))[:, ::2], r(4)[::2]), F.conv2d),
    ],
    "conv_transpose2d": [
        transposed("awkward", (3, 4, 2, 3), (4, 2, 3, 2), stride=(2, 1), padding=(1, 0)),
        transposed("square", (2, 3, 4, 4), (3, 3, 3, 3), padding=1),
        transposed("gaps", (3, 2, 3, 2), (2, 3, 2, 1), stride=3),
        transposed(
            "output padding", (2, 2, 3, 4), (2, 3, 3, 2), stride=(3, 2), padding=1, output_padding=(2, 1)
        ),
        transposed("output padding, stride 1", (2, 2, 3, 4), (2, 3, 2, 3), output_padding=1, dilation=2),
        transposed("dilated", (2, 2, 3, 4), (2, 3, 2, 3), stride=(1, 2), padding=(2, 1), dilation=(3, 2)),
        transposed("groups", (3, 4, 3, 2), (4, 3, 2, 3), stride=2, padding=(0, 1), groups=2),
        transposed("by rows, no bias", (2, 3, 4, 3), (3, 8, 3, 3), bias=False, padding=1),
    ],
}
