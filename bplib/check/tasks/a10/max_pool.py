"""The largest of each patch, and who gets its gradient."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check import probes
from bplib.check.task import Case, Task

task = Task(
    "10.max_pool",
    "Who won",
    asks_for="max_pool",
    section="sec-10-ties",
    parts={"value": 1, "gradient": 3},
)
task.probe(probes.op("x"))


@task.reference
def max_pool(x: Any, K: Any, stride: Any) -> Any:
    N, C, H, W = x.shape
    P, Q = (H - K) // stride + 1, (W - K) // stride + 1
    windows = np.lib.stride_tricks.sliding_window_view(x, (K, K), axis=(2, 3))
    flat = windows[:, :, ::stride, ::stride].reshape(N, C, P, Q, K * K)
    winner = flat.argmax(axis=-1)

    def pullback(d: Any) -> Any:
        dx = np.zeros_like(x)
        n, c, i, j = np.indices(winner.shape)
        np.add.at(dx, (n, c, i * stride + winner // K, j * stride + winner % K), d)
        return dx

    return flat.max(axis=-1), pullback


def patches(
    seed: int,
    N: int,
    C: int,
    image: tuple[int, int],
    K: int,
    stride: int,
    shades: int = 0,
    dtype: Any = float,
) -> Case:
    """Random pictures, with ``shades`` in so many whole numbers below 0 and above, so that there are ties."""
    rng = np.random.default_rng(seed)
    H, W = image
    x = rng.standard_normal((N, C, H, W))
    if shades:
        x = rng.integers(-shades, shades, (N, C, H, W)).astype(float)
    d = rng.standard_normal((N, C, (H - K) // stride + 1, (W - K) // stride + 1))
    return {"x": x.astype(dtype), "K": K, "stride": stride, "d": d.astype(dtype)}


@task.cases
def cases() -> Iterator[Case]:
    yield {
        "x": np.array([[[[1.0, 3.0, 3.0], [0.0, 2.0, 3.0]]]]),
        "K": 2,
        "stride": 1,
        "d": np.array([[[[2.0, -1.0]]]]),
    }
    yield patches(1, 2, 3, (4, 6), 2, 2)
    yield patches(2, 3, 2, (7, 5), 3, 2, shades=2)
    yield patches(3, 1, 2, (5, 6), 2, 3)
    yield {"x": -np.ones((1, 1, 4, 2)), "K": 2, "stride": 2, "d": np.array([[[[3.0], [0.5]]]])}


from bplib.check.tasks.a10 import _max_pool_more, _max_pool_slips  # noqa: E402, F401  # they enter the wrong answers
