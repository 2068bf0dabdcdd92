"""Slips in the convolution of one row: sizes, borders, and what is kept between calls."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a10.conv1d import task


@task.wrong(
    "the gradient of the kernel taken from the first row of the batch",
    hint="Every row of the batch used the kernel. Yours hears of one row only.",
    section="sec-10-question",
)
def dw_of_the_first_row(x: Any, w: Any, stride: Any, padding: Any, dilation: Any) -> Any:
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
            dw[k] = np.sum(d[0] * wide[0, met[k]])
        return dwide[:, padding : padding + H], dw

    return z, pullback


@task.wrong(
    "the padding on the left only",
    hint="The zeros stand on both sides. You put all of them before the first pixel, so that the last windows "
    "run off the row too early.",
    section="sec-10-derivation",
)
def padded_left(x: Any, w: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    N, H = x.shape
    K = len(w)
    P = (H + padding - dilation * (K - 1) - 1) // stride + 1
    wide = np.pad(x, ((0, 0), (padding, 0)))
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


@task.wrong(
    "the border repeated instead of zeros",
    hint="Outside the picture x counts as 0. You have continued it by its last pixel.",
    section="sec-10-derivation",
)
def edge_repeated(x: Any, w: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    N, H = x.shape
    K = len(w)
    P = (H + 2 * padding - dilation * (K - 1) - 1) // stride + 1
    wide = np.pad(x, ((0, 0), (padding, padding)), mode="edge")
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


@task.wrong(
    "stride and dilation exchanged",
    hint="The stride is how far the window moves from output to output, the dilation how far its weights lie "
    "apart. You use each for the other.",
    section="sec-10-derivation",
)
def exchanged(x: Any, w: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    N, H = x.shape
    K = len(w)
    P = (H + 2 * padding - stride * (K - 1) - 1) // dilation + 1
    wide = np.pad(x, ((0, 0), (padding, padding)))
    met = [slice(k * stride, k * stride + dilation * (P - 1) + 1, dilation) for k in range(K)]
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
    "the padding ignored",
    hint="There is no zero at your borders, so that windows hanging over the edge are missing.",
    section="sec-10-derivation",
)
def no_padding(x: Any, w: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    N, H = x.shape
    K = len(w)
    P = (H - dilation * (K - 1) - 1) // stride + 1
    wide = x.copy()
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
    "one place too few",
    hint="You count the moves of the window and not the places: before its first move it has stood somewhere "
    "already.",
    section="sec-10-derivation",
)
def one_place_missing(x: Any, w: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    N, H = x.shape
    K = len(w)
    P = (H + 2 * padding - dilation * (K - 1) - 1) // stride
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


@task.wrong(
    "one array for all calls of the pullback",
    hint="The arrays that gather the gradients are made before the pullback is called. A second call adds to "
    "what the first one left.",
    section="sec-06-late",
)
def never_cleared(x: Any, w: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    N, H = x.shape
    K = len(w)
    P = (H + 2 * padding - dilation * (K - 1) - 1) // stride + 1
    wide = np.pad(x, ((0, 0), (padding, padding)))
    met = [slice(k * dilation, k * dilation + stride * (P - 1) + 1, stride) for k in range(K)]
    z = np.zeros((N, P), x.dtype)
    for k in range(K):
        z += w[k] * wide[:, met[k]]
    dwide, dw = np.zeros_like(wide), np.zeros_like(w)

    def pullback(d: Any) -> Any:
        for k in range(K):
            dwide[:, met[k]] += w[k] * d
            dw[k] += np.sum(d * wide[:, met[k]])
        return dwide[:, padding : padding + H], dw

    return z, pullback


@task.wrong(
    "everything in float64",
    hint="Your result is float64 where the rows were float32: np.zeros makes float64 unless it is told "
    "otherwise.",
    section="sec-10-im2col",
)
def doubled_precision(x: Any, w: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    N, H = x.shape
    K = len(w)
    P = (H + 2 * padding - dilation * (K - 1) - 1) // stride + 1
    wide = np.pad(x, ((0, 0), (padding, padding)))
    met = [slice(k * dilation, k * dilation + stride * (P - 1) + 1, stride) for k in range(K)]
    z = np.zeros((N, P))
    for k in range(K):
        z += w[k] * wide[:, met[k]]

    def pullback(d: Any) -> Any:
        dwide, dw = np.zeros_like(wide), np.zeros_like(w)
        for k in range(K):
            dwide[:, met[k]] += w[k] * d
            dw[k] = np.sum(d * wide[:, met[k]])
        return dwide[:, padding : padding + H], dw

    return z, pullback
