"""Windows as columns, and the way back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check import probes
from bplib.check.task import Case, Task

task = Task(
    "10.im2col",
    "Windows as columns",
    asks_for="im2col",
    section="sec-10-im2col",
    parts={"value": 1, "gradient": 2},
    tolerance=1e-5,  # of float32
)
task.probe(probes.op("x", what="the columns"))


@task.reference
def im2col(x: Any, K: Any, L: Any, stride: Any) -> Any:
    C, H, W = x.shape
    P, Q = (H - K) // stride + 1, (W - L) // stride + 1
    down, along = stride * (P - 1) + 1, stride * (Q - 1) + 1
    taps = [
        (slice(None), slice(k, k + down, stride), slice(l, l + along, stride))
        for k in range(K)
        for l in range(L)
    ]
    columns = np.stack([x[tap] for tap in taps], axis=1)

    def pullback(d: Any) -> Any:
        dx = np.zeros_like(x)
        parts = d.reshape(C, K * L, P, Q)
        for t, tap in enumerate(taps):
            dx[tap] += parts[:, t]
        return dx

    return columns.reshape(C * K * L, P * Q), pullback


def picture(seed: int, C: int, H: int, W: int, K: int, L: int, stride: int, dtype: Any = np.float64) -> Case:
    """A random picture, and what comes back to its columns."""
    rng = np.random.default_rng(seed)
    P, Q = (H - K) // stride + 1, (W - L) // stride + 1
    x, d = rng.standard_normal((C, H, W)), rng.standard_normal((C * K * L, P * Q))
    return {"x": x.astype(dtype), "K": K, "L": L, "stride": stride, "d": d.astype(dtype)}


@task.cases
def cases() -> Iterator[Case]:
    yield {
        "x": np.array([[[1.0, 2.0, 0.0], [4.0, 3.0, 5.0]]]),
        "K": 2,
        "L": 2,
        "stride": 1,
        "d": np.array([[1.0, 2.0], [-1.0, 3.0], [0.5, 1.0], [4.0, -2.0]]),
    }
    yield picture(1, 2, 4, 5, 2, 3, 1)
    yield picture(2, 3, 6, 8, 3, 2, 2)
    yield picture(3, 1, 5, 5, 2, 2, 3, np.float32)


@task.wrong(
    "where windows overlap, the last one kept",
    hint="A pixel was copied into several columns, and all of them send something back. You write the last "
    "share over the others. An indexed += does so too where a pixel is named twice.",
    section="sec-10-overwrite",
)
def overwritten(x: Any, K: Any, L: Any, stride: Any) -> Any:
    C, H, W = x.shape
    P, Q = (H - K) // stride + 1, (W - L) // stride + 1
    seen = [
        np.s_[:, k : k + stride * (P - 1) + 1 : stride, l : l + stride * (Q - 1) + 1 : stride]
        for k in range(K)
        for l in range(L)
    ]
    columns = np.stack([x[s] for s in seen], axis=1)

    def pullback(d: Any) -> Any:
        dx = np.zeros_like(x)
        for t, s in enumerate(seen):
            dx[s] = d.reshape(C, K * L, P, Q)[:, t]
        return dx

    return columns.reshape(C * K * L, P * Q), pullback


@task.wrong(
    "the place written over, window by window",
    hint="Each window lays its column down on the pixels as if no other window had been there. Shares of "
    "overlapping windows add.",
    section="sec-10-overwrite",
)
def overwritten_by_windows(x: Any, K: Any, L: Any, stride: Any) -> Any:
    C, H, W = x.shape
    P, Q = (H - K) // stride + 1, (W - L) // stride + 1
    places = [(i * stride, j * stride) for i in range(P) for j in range(Q)]
    columns = np.stack([x[:, i : i + K, j : j + L].ravel() for i, j in places], axis=1)

    def pullback(d: Any) -> Any:
        dx = np.zeros_like(x)
        for m, (i, j) in enumerate(places):
            dx[:, i : i + K, j : j + L] = d[:, m].reshape(C, K, L)
        return dx

    return columns, pullback


@task.wrong(
    "the mean of the shares",
    hint="You divide each pixel's sum by the number of windows that saw it. That would undo the copying; the "
    "way back does not undo, it adds what the copies send.",
)
def averaged(x: Any, K: Any, L: Any, stride: Any) -> Any:
    C, H, W = x.shape
    P, Q = (H - K) // stride + 1, (W - L) // stride + 1
    places = [(i * stride, j * stride) for i in range(P) for j in range(Q)]
    columns = np.stack([x[:, i : i + K, j : j + L].ravel() for i, j in places], axis=1)

    def pullback(d: Any) -> Any:
        dx, count = np.zeros_like(x), np.zeros_like(x)
        for m, (i, j) in enumerate(places):
            dx[:, i : i + K, j : j + L] += d[:, m].reshape(C, K, L)
            count[:, i : i + K, j : j + L] += 1
        return dx / np.maximum(count, 1)

    return columns, pullback


@task.wrong(
    "the stride forgotten on the way back",
    hint="Forward your window moves by the stride, and on the way back by one pixel. The shares land beside "
    "the pixels that they belong to.",
)
def stride_forgotten_back(x: Any, K: Any, L: Any, stride: Any) -> Any:
    C, H, W = x.shape
    P, Q = (H - K) // stride + 1, (W - L) // stride + 1
    places = [(i, j) for i in range(P) for j in range(Q)]
    columns = np.stack(
        [x[:, i * stride : i * stride + K, j * stride : j * stride + L].ravel() for i, j in places], axis=1
    )

    def pullback(d: Any) -> Any:
        dx = np.zeros_like(x)
        for m, (i, j) in enumerate(places):
            dx[:, i : i + K, j : j + L] += d[:, m].reshape(C, K, L)
        return dx

    return columns, pullback


from bplib.check.tasks.a10 import _im2col_more  # noqa: E402, F401  # it enters more wrong answers
