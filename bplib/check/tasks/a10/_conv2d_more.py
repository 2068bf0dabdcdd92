"""Wrong convolutions: shares overwritten, kernels turned, axes exchanged."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a10.conv2d import task


@task.wrong(
    "where windows overlap, the last share kept",
    hint="A pixel under several windows receives something from each of them. You write one share over the "
    "other.",
    section="sec-10-overwrite",
)
def overwritten(x: Any, w: Any, b: Any) -> Any:
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
            dx[met] = np.einsum("nfij,fc->ncij", d, w[:, :, k, l])
            dw[:, :, k, l] = np.einsum("nfij,ncij->fc", d, x[met])
        return dx, dw, d.sum(axis=(0, 2, 3))

    return z, pullback


@task.wrong(
    "the kernel turned in the wrong form",
    hint="Two forms are right: to hand out along the kernel as it lay, or to gather with the kernel turned. "
    "You have mixed them: your dx is the one with the turn where there is none, or without where there is"
    " one.",
    section="sec-10-flip",
)
def kernel_turned(x: Any, w: Any, b: Any) -> Any:
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
            dx[met] += np.einsum("nfij,fc->ncij", d, w[:, :, K - 1 - k, L - 1 - l])
            dw[:, :, k, l] = np.einsum("nfij,ncij->fc", d, x[met])
        return dx, dw, d.sum(axis=(0, 2, 3))

    return z, pullback


@task.wrong(
    "the forward pass with the kernel turned",
    hint="This is what signal processing calls a convolution: the kernel runs backwards. Here the first weight"
    " lies on the first pixel of the window.",
    section="sec-10-derivation",
)
def true_convolution(x: Any, w: Any, b: Any) -> Any:
    F, _, K, L = w.shape
    N, _, H, W = x.shape
    P, Q = H - K + 1, W - L + 1
    z = np.zeros((N, F, P, Q), x.dtype) + b[:, None, None]
    for k, l in np.ndindex(K, L):
        z += np.einsum("ncij,fc->nfij", x[:, :, k : k + P, l : l + Q], w[:, :, K - 1 - k, L - 1 - l])

    def pullback(d: Any) -> Any:
        dx, dw = np.zeros_like(x), np.zeros_like(w)
        for k, l in np.ndindex(K, L):
            met = np.s_[:, :, k : k + P, l : l + Q]
            dx[met] += np.einsum("nfij,fc->ncij", d, w[:, :, K - 1 - k, L - 1 - l])
            dw[:, :, K - 1 - k, L - 1 - l] = np.einsum("nfij,ncij->fc", d, x[met])
        return dx, dw, d.sum(axis=(0, 2, 3))

    return z, pullback


@task.wrong(
    "the gradient of the kernels turned by 180°",
    hint="The gradient of the first weight stands last in your dw. Each weight gets what the pixels under it "
    "bring.",
    section="sec-10-as-convolutions",
)
def dw_turned(x: Any, w: Any, b: Any) -> Any:
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
            dw[:, :, K - 1 - k, L - 1 - l] = np.einsum("nfij,ncij->fc", d, x[met])
        return dx, dw, d.sum(axis=(0, 2, 3))

    return z, pullback


@task.wrong(
    "the gradient of the last example only",
    hint="Every example writes its dw over that of the one before. All of them used the kernels, so their "
    "shares add.",
    section="sec-10-overwrite",
)
def dw_of_the_last_example(x: Any, w: Any, b: Any) -> Any:
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
            dw[:, :, k, l] = np.einsum("fij,cij->fc", d[-1], x[met][-1])
        return dx, dw, d.sum(axis=(0, 2, 3))

    return z, pullback


@task.wrong(
    "the gradient of the kernels averaged over the batch",
    hint="All examples use the same kernels, and what they send back adds up. If a mean is wanted, the loss "
    "takes it, and then it is in d already.",
    section="sec-10-bias",
)
def dw_averaged(x: Any, w: Any, b: Any) -> Any:
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
            dw[:, :, k, l] = np.einsum("nfij,ncij->fc", d, x[met]) / N
        return dx, dw, d.sum(axis=(0, 2, 3))

    return z, pullback


@task.wrong(
    "the gradient of the kernels averaged over the places",
    hint="A weight that is used at many places receives the sum over the places. Yours is the mean.",
    section="sec-10-bias",
)
def dw_averaged_over_places(x: Any, w: Any, b: Any) -> Any:
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
            dw[:, :, k, l] = np.einsum("nfij,ncij->fc", d, x[met]) / (P * Q)
        return dx, dw, d.sum(axis=(0, 2, 3))

    return z, pullback


@task.wrong(
    "one map only on the way back",
    hint="A pixel feeds every map, and every map sends something back to it. You carry back what the first map"
    " sends.",
    section="sec-03-fanout",
)
def dx_of_the_first_map(x: Any, w: Any, b: Any) -> Any:
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
            dx[met] += np.einsum("nij,c->ncij", d[:, 0], w[0, :, k, l])
            dw[:, :, k, l] = np.einsum("nfij,ncij->fc", d, x[met])
        return dx, dw, d.sum(axis=(0, 2, 3))

    return z, pullback


@task.wrong(
    "examples and maps reshaped into each other",
    hint="With one product for the whole batch, the result has the maps first and the examples second. You "
    "change its shape where its axes would have to change places.",
    section="sec-10-im2col",
)
def batch_reshaped(x: Any, w: Any, b: Any) -> Any:
    F, C, K, L = w.shape
    N, _, H, W = x.shape
    P, Q = H - K + 1, W - L + 1
    taps = [np.s_[:, :, k : k + P, l : l + Q] for k, l in np.ndindex(K, L)]
    columns = np.stack([x[tap].swapaxes(0, 1) for tap in taps], axis=1).reshape(C * K * L, -1)
    flat = w.reshape(F, -1)
    z = (flat @ columns).reshape(N, F, P, Q) + b[:, None, None]

    def pullback(d: Any) -> Any:
        dflat, dx = d.reshape(F, -1), np.zeros_like(x)
        parts = (flat.T @ dflat).reshape(C, K * L, N, P, Q)
        for t, tap in enumerate(taps):
            dx[tap] += parts[:, t].swapaxes(0, 1)
        return dx, (dflat @ columns.T).reshape(w.shape), d.sum(axis=(0, 2, 3))

    return z, pullback
