"""The convolution of a batch with a bank of kernels, without loops over places."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check import probes
from bplib.check.task import Case, Task

task = Task(
    "10.conv2d",
    "The convolution",
    asks_for="conv2d",
    section="sec-10-channels",
    parts={"value": 2, "gradient": 4},
    tolerance=1e-5,  # of float32
)
task.probe(probes.op("x", "w", "b", what="z"))


@task.reference
def conv2d(x: Any, w: Any, b: Any) -> Any:
    F, _, K, L = w.shape
    N, _, H, W = x.shape
    P, Q = H - K + 1, W - L + 1
    z = np.zeros((N, F, P, Q), x.dtype) + b[:, None, None]
    for k, l in np.ndindex(K, L):
        z += np.einsum("ncij,fc->nfij", x[:, :, k : k + P, l : l + Q], w[:, :, k, l])

    def pullback(d: Any) -> Any:
        dx, dw = np.zeros_like(x), np.zeros_like(w)
        for k, l in np.ndindex(K, L):
            met = np.s_[:, :, k : k + P, l : l + Q]
            dx[met] += np.einsum("nfij,fc->ncij", d, w[:, :, k, l])
            dw[:, :, k, l] = np.einsum("nfij,ncij->fc", d, x[met])
        return dx, dw, d.sum(axis=(0, 2, 3))

    return z, pullback


def images(
    seed: int,
    N: int,
    C: int,
    F: int,
    image: tuple[int, int],
    kernel: tuple[int, int],
    dtype: Any = np.float64,
) -> Case:
    """N random pictures of C channels, F kernels, and what comes back."""
    rng = np.random.default_rng(seed)
    (H, W), (K, L) = image, kernel
    shapes = {"x": (N, C, H, W), "w": (F, C, K, L), "b": (F,), "d": (N, F, H - K + 1, W - L + 1)}
    return {k: rng.standard_normal(s).astype(dtype) for k, s in shapes.items()}


@task.cases
def cases() -> Iterator[Case]:
    yield {
        "x": np.array([[[[1.0, 2.0, 0.0], [0.0, 1.0, 3.0]]]]),
        "w": np.array([[[[1.0, -1.0], [2.0, 0.0]]]]),
        "b": np.array([0.5]),
        "d": np.array([[[[2.0, -1.0]]]]),
    }
    yield {
        "x": np.array([[[[1.0, 2.0, 3.0]]], [[[0.0, 1.0, -1.0]]]]),
        "w": np.array([[[[2.0, -1.0]]]]),
        "b": np.array([1.0]),
        "d": np.array([[[[1.0, 2.0]]], [[[-1.0, 3.0]]]]),
    }
    yield images(1, 3, 2, 4, (5, 6), (2, 3))
    yield images(2, 2, 3, 3, (4, 4), (3, 3))
    yield images(3, 4, 1, 2, (5, 4), (1, 2), np.float32)


from bplib.check.tasks.a10 import _conv2d_more, _conv2d_slips  # noqa: E402, F401  # they enter the wrong answers
