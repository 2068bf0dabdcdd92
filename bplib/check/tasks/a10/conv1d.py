"""Stride, padding and dilation, in one row of pixels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check import probes
from bplib.check.task import Case, Task

task = Task(
    "10.conv1d",
    "Stride, padding, dilation",
    asks_for="conv1d",
    section="sec-10-derivation",
    parts={"value": 2, "gradient": 3},
    tolerance=1e-5,  # of float32
)
task.probe(probes.op("x", "w", what="z"))


@task.reference
def conv1d(x: Any, w: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    N, H = x.shape
    K = len(w)
    P = (H + 2 * padding - dilation * (K - 1) - 1) // stride + 1
    wide = np.pad(x, ((0, 0), (padding, padding)))
    met = [slice(k * dilation, k * dilation + stride * (P - 1) + 1, stride) for k in range(K)]
    z = np.zeros((N, P), x.dtype)
    for k in range(K):
        z += w[k] * wide[:, met[k]]

    def pullback(d: Any) -> Any:
        dwide, dw = np.zeros_like(wide), np.zeros_like(w)
        for k in range(K):
            dwide[:, met[k]] += w[k] * d
            dw[k] = np.sum(d * wide[:, met[k]])
        return dwide[:, padding : padding + H], dw

    return z, pullback


def row(seed: int, N: int, H: int, K: int, s: int, p: int, d: int, dtype: Any = np.float64) -> Case:
    """N random rows of H pixels under a kernel of K weights, and what comes back."""
    rng = np.random.default_rng(seed)
    P = (H + 2 * p - d * (K - 1) - 1) // s + 1
    x, w, dz = (rng.standard_normal(shape).astype(dtype) for shape in ((N, H), (K,), (N, P)))
    return {"x": x, "w": w, "stride": s, "padding": p, "dilation": d, "d": dz}


@task.cases
def cases() -> Iterator[Case]:
    yield {
        "x": np.array([[1.0, 2.0, 0.0, 4.0]]),
        "w": np.array([1.0, -1.0, 2.0]),
        "stride": 1,
        "padding": 0,
        "dilation": 1,
        "d": np.array([[1.0, -2.0]]),
    }
    yield row(1, 3, 7, 3, 2, 0, 1)
    yield row(2, 2, 6, 2, 1, 2, 1)
    yield row(3, 4, 9, 3, 1, 1, 2)
    yield row(4, 3, 12, 3, 3, 2, 2, np.float32)


@task.wrong(
    "the stride forgotten on the way back",
    hint="Forward the outputs look at pixels that are a stride apart; your way back puts the shares side by "
    "side.",
)
def stride_forgotten_back(x: Any, w: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    N, H = x.shape
    K = len(w)
    P = (H + 2 * padding - dilation * (K - 1) - 1) // stride + 1
    wide = np.pad(x, ((0, 0), (padding, padding)))
    z = np.zeros((N, P), x.dtype)
    for k in range(K):
        z += w[k] * wide[:, k * dilation : k * dilation + stride * (P - 1) + 1 : stride]

    def pullback(d: Any) -> Any:
        dwide, dw = np.zeros_like(wide), np.zeros_like(w)
        for k in range(K):
            met = slice(k * dilation, k * dilation + P)
            dwide[:, met] += w[k] * d
            dw[k] = np.sum(d * wide[:, met])
        return dwide[:, padding : padding + H], dw

    return z, pullback


@task.wrong(
    "the dilation forgotten on the way back",
    hint="Forward the weights lie apart; on the way back you take them for neighbours.",
)
def dilation_forgotten_back(x: Any, w: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    N, H = x.shape
    K = len(w)
    P = (H + 2 * padding - dilation * (K - 1) - 1) // stride + 1
    wide = np.pad(x, ((0, 0), (padding, padding)))
    z = np.zeros((N, P), x.dtype)
    for k in range(K):
        z += w[k] * wide[:, k * dilation : k * dilation + stride * (P - 1) + 1 : stride]

    def pullback(d: Any) -> Any:
        dwide, dw = np.zeros_like(wide), np.zeros_like(w)
        for k in range(K):
            met = slice(k, k + stride * (P - 1) + 1, stride)
            dwide[:, met] += w[k] * d
            dw[k] = np.sum(d * wide[:, met])
        return dwide[:, padding : padding + H], dw

    return z, pullback


@task.wrong(
    "the dilation ignored",
    hint="Your kernel has no holes: its weights lie on neighbouring pixels whatever the dilation says.",
)
def dilation_ignored(x: Any, w: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    N, H = x.shape
    K = len(w)
    P = (H + 2 * padding - K) // stride + 1
    wide = np.pad(x, ((0, 0), (padding, padding)))
    met = [slice(k, k + stride * (P - 1) + 1, stride) for k in range(K)]
    z = np.zeros((N, P), x.dtype)
    for k in range(K):
        z += w[k] * wide[:, met[k]]

    def pullback(d: Any) -> Any:
        dwide, dw = np.zeros_like(wide), np.zeros_like(w)
        for k in range(K):
            dwide[:, met[k]] += w[k] * d
            dw[k] = np.sum(d * wide[:, met[k]])
        return dwide[:, padding : padding + H], dw

    return z, pullback


@task.wrong(
    "the padding left on the gradient",
    hint="Your dx is that of the padded row. The zeros at the border are not the caller's; what flows to them "
    "ends there.",
)
def padding_left_on(x: Any, w: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    N, H = x.shape
    K = len(w)
    P = (H + 2 * padding - dilation * (K - 1) - 1) // stride + 1
    wide = np.pad(x, ((0, 0), (padding, padding)))
    met = [slice(k * dilation, k * dilation + stride * (P - 1) + 1, stride) for k in range(K)]
    z = np.zeros((N, P), x.dtype)
    for k in range(K):
        z += w[k] * wide[:, met[k]]

    def pullback(d: Any) -> Any:
        dwide, dw = np.zeros_like(wide), np.zeros_like(w)
        for k in range(K):
            dwide[:, met[k]] += w[k] * d
            dw[k] = np.sum(d * wide[:, met[k]])
        return dwide, dw

    return z, pullback


@task.wrong(
    "the padding cut off at one end only",
    hint="Your dx has the right length and begins too early: its first entries belong to the padding on the "
    "left.",
)
def cut_at_the_end(x: Any, w: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    N, H = x.shape
    K = len(w)
    P = (H + 2 * padding - dilation * (K - 1) - 1) // stride + 1
    wide = np.pad(x, ((0, 0), (padding, padding)))
    met = [slice(k * dilation, k * dilation + stride * (P - 1) + 1, stride) for k in range(K)]
    z = np.zeros((N, P), x.dtype)
    for k in range(K):
        z += w[k] * wide[:, met[k]]

    def pullback(d: Any) -> Any:
        dwide, dw = np.zeros_like(wide), np.zeros_like(w)
        for k in range(K):
            dwide[:, met[k]] += w[k] * d
            dw[k] = np.sum(d * wide[:, met[k]])
        return dwide[:, :H], dw

    return z, pullback


@task.wrong(
    "the padding cut off by a negative index, which fails where there is none",
    hint="With a padding of 0 your dx is empty: the index −0 is 0, so the slice ends where it begins.",
)
def cut_by_minus_zero(x: Any, w: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    N, H = x.shape
    K = len(w)
    P = (H + 2 * padding - dilation * (K - 1) - 1) // stride + 1
    wide = np.pad(x, ((0, 0), (padding, padding)))
    met = [slice(k * dilation, k * dilation + stride * (P - 1) + 1, stride) for k in range(K)]
    z = np.zeros((N, P), x.dtype)
    for k in range(K):
        z += w[k] * wide[:, met[k]]

    def pullback(d: Any) -> Any:
        dwide, dw = np.zeros_like(wide), np.zeros_like(w)
        for k in range(K):
            dwide[:, met[k]] += w[k] * d
            dw[k] = np.sum(d * wide[:, met[k]])
        return dwide[:, padding:-padding], dw

    return z, pullback


from bplib.check.tasks.a10 import _conv1d_more, _conv1d_slips  # noqa: E402, F401  # they enter more wrong answers
