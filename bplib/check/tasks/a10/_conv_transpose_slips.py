"""More wrong transposed convolutions: gradients that are lost, sums that are means, what is kept."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a10.conv_transpose import task


@task.wrong(
    "dx taken under one corner of the kernel",
    hint="Each pixel of the input has put down a whole kernel, and everything under it sends something back. "
    "You read a single place.",
    section="sec-10-worked",
)
def dx_under_the_corner(x: Any, w: Any, stride: Any) -> Any:
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
            dx = np.einsum("nfhw,cf->nchw", d[at], w[:, :, k, l])
            dw[:, :, k, l] = np.einsum("nchw,nfhw->cf", x, d[at])
        return dx, dw

    return z, pullback


@task.wrong(
    "the gradient of the last example only",
    hint="Every example used the kernels. Your dw hears of the last one.",
    section="sec-10-overwrite",
)
def dw_of_the_last_example(x: Any, w: Any, stride: Any) -> Any:
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
            dw[:, :, k, l] = np.einsum("chw,fhw->cf", x[-1], d[at][-1])
        return dx, dw

    return z, pullback


@task.wrong(
    "the gradient of the kernels averaged over the batch",
    hint="All examples use the same kernels, and what they send back adds up. If a mean is wanted, it is in d "
    "already.",
    section="sec-10-bias",
)
def dw_averaged(x: Any, w: Any, stride: Any) -> Any:
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
            dw[:, :, k, l] = np.einsum("nchw,nfhw->cf", x, d[at]) / N
        return dx, dw

    return z, pullback


@task.wrong(
    "one channel only",
    hint="Every channel of x puts its kernels down. Yours is the first one alone.",
    section="sec-10-channels",
)
def first_channel_only(x: Any, w: Any, stride: Any) -> Any:
    N, _, H, W = x.shape
    _, F, K, L = w.shape
    P, Q = (H - 1) * stride + K, (W - 1) * stride + L
    z = np.zeros((N, F, P, Q), x.dtype)
    for k, l in np.ndindex(K, L):
        at = np.s_[:, :, k : k + stride * (H - 1) + 1 : stride, l : l + stride * (W - 1) + 1 : stride]
        z[at] += np.einsum("nhw,f->nfhw", x[:, 0], w[0, :, k, l])

    def pullback(d: Any) -> Any:
        dx, dw = np.zeros_like(x), np.zeros_like(w)
        for k, l in np.ndindex(K, L):
            at = np.s_[:, :, k : k + stride * (H - 1) + 1 : stride, l : l + stride * (W - 1) + 1 : stride]
            dx[:, 0] += np.einsum("nfhw,f->nhw", d[at], w[0, :, k, l])
            dw[0, :, k, l] = np.einsum("nhw,nfhw->f", x[:, 0], d[at])
        return dx, dw

    return z, pullback


@task.wrong(
    "one array for all calls of the pullback",
    hint="The arrays that gather the gradients are made before the pullback is called. A second call adds to "
    "what the first one left.",
    section="sec-06-late",
)
def never_cleared(x: Any, w: Any, stride: Any) -> Any:
    N, _, H, W = x.shape
    _, F, K, L = w.shape
    P, Q = (H - 1) * stride + K, (W - 1) * stride + L
    z = np.zeros((N, F, P, Q), x.dtype)
    for k, l in np.ndindex(K, L):
        at = np.s_[:, :, k : k + stride * (H - 1) + 1 : stride, l : l + stride * (W - 1) + 1 : stride]
        z[at] += np.einsum("nchw,cf->nfhw", x, w[:, :, k, l])
    dx, dw = np.zeros_like(x), np.zeros_like(w)

    def pullback(d: Any) -> Any:
        for k, l in np.ndindex(K, L):
            at = np.s_[:, :, k : k + stride * (H - 1) + 1 : stride, l : l + stride * (W - 1) + 1 : stride]
            dx[:] += np.einsum("nfhw,cf->nchw", d[at], w[:, :, k, l])
            dw[:, :, k, l] += np.einsum("nchw,nfhw->cf", x, d[at])
        return dx, dw

    return z, pullback


@task.wrong(
    "everything in float64",
    hint="Your maps are float64 where the input was float32: np.zeros makes float64 unless it is told "
    "otherwise.",
    section="sec-10-im2col",
)
def doubled_precision(x: Any, w: Any, stride: Any) -> Any:
    N, _, H, W = x.shape
    _, F, K, L = w.shape
    P, Q = (H - 1) * stride + K, (W - 1) * stride + L
    z = np.zeros((N, F, P, Q))
    for k, l in np.ndindex(K, L):
        at = np.s_[:, :, k : k + stride * (H - 1) + 1 : stride, l : l + stride * (W - 1) + 1 : stride]
        z[at] += np.einsum("nchw,cf->nfhw", x, w[:, :, k, l])

    def pullback(d: Any) -> Any:
        dx, dw = np.zeros_like(x), np.zeros_like(w)
        for k, l in np.ndindex(K, L):
            at = np.s_[:, :, k : k + stride * (H - 1) + 1 : stride, l : l + stride * (W - 1) + 1 : stride]
            dx += np.einsum("nfhw,cf->nchw", d[at], w[:, :, k, l])
            dw[:, :, k, l] = np.einsum("nchw,nfhw->cf", x, d[at])
        return dx, dw

    return z, pullback


@task.wrong(
    "pixel by pixel, the last kernel kept",
    hint="Each kernel that you put down wipes out what earlier pixels have left in the same place. What "
    "overlaps adds.",
    section="sec-10-overwrite",
)
def laid_over(x: Any, w: Any, stride: Any) -> Any:
    N, _, H, W = x.shape
    _, F, K, L = w.shape
    z = np.zeros((N, F, (H - 1) * stride + K, (W - 1) * stride + L), x.dtype)
    under = {
        (i, j): np.s_[:, :, i * stride : i * stride + K, j * stride : j * stride + L]
        for i, j in np.ndindex(H, W)
    }
    for (i, j), at in under.items():
        z[at] = np.einsum("nc,cfkl->nfkl", x[:, :, i, j], w)

    def pullback(d: Any) -> Any:
        dx, dw = np.zeros_like(x), np.zeros_like(w)
        for (i, j), at in under.items():
            dx[:, :, i, j] = np.einsum("nfkl,cfkl->nc", d[at], w)
            dw += np.einsum("nc,nfkl->cfkl", x[:, :, i, j], d[at])
        return dx, dw

    return z, pullback


@task.wrong(
    "the gradient of the kernels from the last pixel",
    hint="Every pixel has used the kernels. Your dw keeps what the last one sends and forgets the others.",
    section="sec-10-question",
)
def dw_of_the_last_pixel(x: Any, w: Any, stride: Any) -> Any:
    N, _, H, W = x.shape
    _, F, K, L = w.shape
    z = np.zeros((N, F, (H - 1) * stride + K, (W - 1) * stride + L), x.dtype)
    under = {
        (i, j): np.s_[:, :, i * stride : i * stride + K, j * stride : j * stride + L]
        for i, j in np.ndindex(H, W)
    }
    for (i, j), at in under.items():
        z[at] += np.einsum("nc,cfkl->nfkl", x[:, :, i, j], w)

    def pullback(d: Any) -> Any:
        dx, dw = np.zeros_like(x), np.zeros_like(w)
        for (i, j), at in under.items():
            dx[:, :, i, j] = np.einsum("nfkl,cfkl->nc", d[at], w)
            dw = np.einsum("nc,nfkl->cfkl", x[:, :, i, j], d[at])
        return dx, dw

    return z, pullback
