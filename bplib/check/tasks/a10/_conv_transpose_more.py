"""Wrong transposed convolutions: overlaps, strides, turned kernels, axes exchanged."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a10.conv_transpose import task


@task.wrong(
    "where kernels overlap, the last one kept",
    hint="A pixel of the output is covered by several kernels, and their shares add. You write one over the "
    "other.",
    section="sec-10-overwrite",
)
def overwritten(x: Any, w: Any, stride: Any) -> Any:
    N, _, H, W = x.shape
    _, F, K, L = w.shape
    P, Q = (H - 1) * stride + K, (W - 1) * stride + L
    z = np.zeros((N, F, P, Q), x.dtype)
    for k, l in np.ndindex(K, L):
        at = np.s_[:, :, k : k + stride * (H - 1) + 1 : stride, l : l + stride * (W - 1) + 1 : stride]
        z[at] = np.einsum("nchw,cf->nfhw", x, w[:, :, k, l])

    def pullback(d: Any) -> Any:
        dx, dw = np.zeros_like(x), np.zeros_like(w)
        for k, l in np.ndindex(K, L):
            at = np.s_[:, :, k : k + stride * (H - 1) + 1 : stride, l : l + stride * (W - 1) + 1 : stride]
            dx += np.einsum("nfhw,cf->nchw", d[at], w[:, :, k, l])
            dw[:, :, k, l] = np.einsum("nchw,nfhw->cf", x, d[at])
        return dx, dw

    return z, pullback


@task.wrong(
    "the kernel put down turned",
    hint="Each pixel puts the kernel down as it is. You have turned it around.",
    section="sec-10-flip",
)
def turned(x: Any, w: Any, stride: Any) -> Any:
    N, _, H, W = x.shape
    _, F, K, L = w.shape
    P, Q = (H - 1) * stride + K, (W - 1) * stride + L
    z = np.zeros((N, F, P, Q), x.dtype)
    for k, l in np.ndindex(K, L):
        at = np.s_[:, :, k : k + stride * (H - 1) + 1 : stride, l : l + stride * (W - 1) + 1 : stride]
        z[at] += np.einsum("nchw,cf->nfhw", x, w[:, :, K - 1 - k, L - 1 - l])

    def pullback(d: Any) -> Any:
        dx, dw = np.zeros_like(x), np.zeros_like(w)
        for k, l in np.ndindex(K, L):
            at = np.s_[:, :, k : k + stride * (H - 1) + 1 : stride, l : l + stride * (W - 1) + 1 : stride]
            dx += np.einsum("nfhw,cf->nchw", d[at], w[:, :, K - 1 - k, L - 1 - l])
            dw[:, :, K - 1 - k, L - 1 - l] = np.einsum("nchw,nfhw->cf", x, d[at])
        return dx, dw

    return z, pullback


@task.wrong(
    "forward right, dx with the kernel turned",
    hint="The way back is the convolution of chapter 10, with the kernel as it lay on the way forward.",
    section="sec-10-transposed",
)
def dx_turned(x: Any, w: Any, stride: Any) -> Any:
    N, _, H, W = x.shape
    _, F, K, L = w.shape
    P, Q = (H - 1) * stride + K, (W - 1) * stride + L
    z = np.zeros((N, F, P, Q), x.dtype)
    for k, l in np.ndindex(K, L):
        at = np.s_[:, :, k : k + stride * (H - 1) + 1 : stride, l : l + stride * (W - 1) + 1 : stride]
        z[at] += np.einsum("nchw,cf->nfhw", x, w[:, :, k, l])

    def pullback(d: Any) -> Any:
        dx, dw = np.zeros_like(x), np.zeros_like(w)
        for k, l in np.ndindex(K, L):
            at = np.s_[:, :, k : k + stride * (H - 1) + 1 : stride, l : l + stride * (W - 1) + 1 : stride]
            dx += np.einsum("nfhw,cf->nchw", d[at], w[:, :, K - 1 - k, L - 1 - l])
            dw[:, :, k, l] = np.einsum("nchw,nfhw->cf", x, d[at])
        return dx, dw

    return z, pullback


@task.wrong(
    "the gradient of the kernels turned",
    hint="The gradient of the first weight stands last in your dw.",
    section="sec-10-as-convolutions",
)
def dw_turned(x: Any, w: Any, stride: Any) -> Any:
    N, _, H, W = x.shape
    _, F, K, L = w.shape
    P, Q = (H - 1) * stride + K, (W - 1) * stride + L
    z = np.zeros((N, F, P, Q), x.dtype)
    for k, l in np.ndindex(K, L):
        at = np.s_[:, :, k : k + stride * (H - 1) + 1 : stride, l : l + stride * (W - 1) + 1 : stride]
        z[at] += np.einsum("nchw,cf->nfhw", x, w[:, :, k, l])

    def pullback(d: Any) -> Any:
        dx, dw = np.zeros_like(x), np.zeros_like(w)
        for k, l in np.ndindex(K, L):
            at = np.s_[:, :, k : k + stride * (H - 1) + 1 : stride, l : l + stride * (W - 1) + 1 : stride]
            dx += np.einsum("nfhw,cf->nchw", d[at], w[:, :, k, l])
            dw[:, :, K - 1 - k, L - 1 - l] = np.einsum("nchw,nfhw->cf", x, d[at])
        return dx, dw

    return z, pullback


@task.wrong(
    "overlaps averaged",
    hint="You divide each pixel by the number of kernels that cover it. Where they overlap, the shares add, "
    "even though that makes a pattern.",
    section="sec-10-transposed",
)
def averaged(x: Any, w: Any, stride: Any) -> Any:
    N, _, H, W = x.shape
    _, F, K, L = w.shape
    P, Q = (H - 1) * stride + K, (W - 1) * stride + L
    z = np.zeros((N, F, P, Q), x.dtype)
    for k, l in np.ndindex(K, L):
        at = np.s_[:, :, k : k + stride * (H - 1) + 1 : stride, l : l + stride * (W - 1) + 1 : stride]
        z[at] += np.einsum("nchw,cf->nfhw", x, w[:, :, k, l])
    cover = np.zeros((P, Q))
    for k, l in np.ndindex(K, L):
        cover[k : k + stride * (H - 1) + 1 : stride, l : l + stride * (W - 1) + 1 : stride] += 1
    z = (z / np.maximum(cover, 1)).astype(x.dtype)

    def pullback(d: Any) -> Any:
        dx, dw = np.zeros_like(x), np.zeros_like(w)
        d = (d / np.maximum(cover, 1)).astype(d.dtype)
        for k, l in np.ndindex(K, L):
            at = np.s_[:, :, k : k + stride * (H - 1) + 1 : stride, l : l + stride * (W - 1) + 1 : stride]
            dx += np.einsum("nfhw,cf->nchw", d[at], w[:, :, k, l])
            dw[:, :, k, l] = np.einsum("nchw,nfhw->cf", x, d[at])
        return dx, dw

    return z, pullback


@task.wrong(
    "the stride left out",
    hint="Your kernels are put down one pixel apart, whatever the stride.",
    section="sec-10-transposed",
)
def stride_ignored(x: Any, w: Any, stride: Any) -> Any:
    N, _, H, W = x.shape
    _, F, K, L = w.shape
    P, Q = H - 1 + K, W - 1 + L
    z = np.zeros((N, F, P, Q), x.dtype)
    for k, l in np.ndindex(K, L):
        at = np.s_[:, :, k : k + 1 * (H - 1) + 1 : 1, l : l + 1 * (W - 1) + 1 : 1]
        z[at] += np.einsum("nchw,cf->nfhw", x, w[:, :, k, l])

    def pullback(d: Any) -> Any:
        dx, dw = np.zeros_like(x), np.zeros_like(w)
        for k, l in np.ndindex(K, L):
            at = np.s_[:, :, k : k + 1 * (H - 1) + 1 : 1, l : l + 1 * (W - 1) + 1 : 1]
            dx += np.einsum("nfhw,cf->nchw", d[at], w[:, :, k, l])
            dw[:, :, k, l] = np.einsum("nchw,nfhw->cf", x, d[at])
        return dx, dw

    return z, pullback


@task.wrong(
    "the picture made exactly stride times as large",
    hint="The last kernel reaches beyond, by as much as it is longer than the stride, and you cut that off or "
    "leave a gap.",
    section="sec-10-transposed",
)
def cut_to_a_multiple(x: Any, w: Any, stride: Any) -> Any:
    N, _, H, W = x.shape
    _, F, K, L = w.shape
    P, Q = (H - 1) * stride + K, (W - 1) * stride + L
    z = np.zeros((N, F, P, Q), x.dtype)
    for k, l in np.ndindex(K, L):
        at = np.s_[:, :, k : k + stride * (H - 1) + 1 : stride, l : l + stride * (W - 1) + 1 : stride]
        z[at] += np.einsum("nchw,cf->nfhw", x, w[:, :, k, l])
    room = np.zeros((N, F, max(P, H * stride), max(Q, W * stride)), x.dtype)
    room[:, :, :P, :Q] = z
    z = room[:, :, : H * stride, : W * stride]

    def pullback(d: Any) -> Any:
        dx, dw = np.zeros_like(x), np.zeros_like(w)
        room = np.zeros((N, F, max(P, d.shape[2]), max(Q, d.shape[3])), x.dtype)
        room[:, :, : d.shape[2], : d.shape[3]] = d
        d = room
        for k, l in np.ndindex(K, L):
            at = np.s_[:, :, k : k + stride * (H - 1) + 1 : stride, l : l + stride * (W - 1) + 1 : stride]
            dx += np.einsum("nfhw,cf->nchw", d[at], w[:, :, k, l])
            dw[:, :, k, l] = np.einsum("nchw,nfhw->cf", x, d[at])
        return dx, dw

    return z, pullback
