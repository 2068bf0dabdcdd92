"""A convolution's pullback, used as a layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check import probes
from bplib.check.task import Case, Task

task = Task(
    "10.conv_transpose",
    "The way back as a way forward",
    asks_for="conv_transpose",
    section="sec-10-transposed",
    parts={"value": 2, "gradient": 2},
    tolerance=1e-5,  # of float32
)
task.probe(probes.op("x", "w", what="z"))


@task.reference
def conv_transpose(x: Any, w: Any, stride: Any) -> Any:
    N, _, H, W = x.shape
    _, F, K, L = w.shape
    z = np.zeros((N, F, (H - 1) * stride + K, (W - 1) * stride + L), x.dtype)
    down, along = stride * (H - 1) + 1, stride * (W - 1) + 1
    covers = {(k, l): np.s_[:, :, k : k + down : stride, l : l + along : stride] for k, l in np.ndindex(K, L)}
    for (k, l), at in covers.items():
        z[at] += np.einsum("nchw,cf->nfhw", x, w[:, :, k, l])

    def pullback(d: Any) -> Any:
        dx, dw = np.zeros_like(x), np.zeros_like(w)
        for (k, l), at in covers.items():
            dx += np.einsum("nfhw,cf->nchw", d[at], w[:, :, k, l])
            dw[:, :, k, l] = np.einsum("nchw,nfhw->cf", x, d[at])
        return dx, dw

    return z, pullback


def maps(
    seed: int,
    N: int,
    C: int,
    F: int,
    image: tuple[int, int],
    kernel: tuple[int, int],
    s: int,
    dtype: Any = float,
) -> Case:
    """N random maps of C channels, kernels for F new ones, and what comes back."""
    rng = np.random.default_rng(seed)
    (H, W), (K, L) = image, kernel
    shapes = {"x": (N, C, H, W), "w": (C, F, K, L)}
    case: Case = {k: rng.standard_normal(shape).astype(dtype) for k, shape in shapes.items()}
    d = rng.standard_normal((N, F, (H - 1) * s + K, (W - 1) * s + L)).astype(dtype)
    return {**case, "stride": s, "d": d}


@task.cases
def cases() -> Iterator[Case]:
    yield {
        "x": np.array([[[[1.0, 2.0]]]]),
        "w": np.array([[[[3.0, -1.0, 2.0]]]]),
        "stride": 2,
        "d": np.array([[[[1.0, 0.0, -1.0, 2.0, 0.5]]]]),
    }
    yield {
        "x": np.array([[[[1.0, -1.0]]], [[[2.0, 3.0]]]]),
        "w": np.array([[[[3.0, -1.0, 2.0]]]]),
        "stride": 1,
        "d": np.array([[[[1.0, 0.0, -1.0, 2.0]]], [[[0.5, 1.0, 2.0, 0.0]]]]),
    }
    yield maps(1, 2, 3, 2, (3, 4), (2, 3), 1)
    yield maps(2, 3, 2, 2, (2, 3), (3, 3), 2)
    yield maps(3, 2, 1, 3, (2, 2), (2, 1), 3, np.float32)


from bplib.check.tasks.a10 import (  # noqa: E402, F401  # they enter the wrong answers
    _conv_transpose_more,
    _conv_transpose_slips,
)
