"""More wrong convolutions: the bias, the channels, and what is kept between calls."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a10.conv2d import task


@task.wrong(
    "the bias's gradient summed over the batch only",
    hint="Your db has a number for every pixel of the map. All places of a map use the same bias.",
    section="sec-10-bias",
)
def db_has_places(x: Any, w: Any, b: Any) -> Any:
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
        return dx, dw, d.sum(axis=0)

    return z, pullback


@task.wrong(
    "the bias's gradient averaged over the places",
    hint="All places of a map use the same bias, and a parameter that is used often receives the sum. Yours is"
    " the mean over the places.",
    section="sec-10-bias",
)
def db_averaged(x: Any, w: Any, b: Any) -> Any:
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
        return dx, dw, d.sum(axis=0).mean(axis=(1, 2))

    return z, pullback


@task.wrong(
    "the bias's gradient summed over the places of the first example",
    hint="The other examples of the batch used the bias as well.",
    section="sec-10-bias",
)
def db_of_the_first_example(x: Any, w: Any, b: Any) -> Any:
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
        return dx, dw, d[0].sum(axis=(1, 2))

    return z, pullback


@task.wrong(
    "the bias left out",
    hint="Your maps lack the number that each kernel adds at every place.",
    section="sec-10-channels",
)
def no_bias(x: Any, w: Any, b: Any) -> Any:
    F, _, K, L = w.shape
    N, _, H, W = x.shape
    P, Q = H - K + 1, W - L + 1
    z = np.zeros((N, F, P, Q), x.dtype)
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


@task.wrong(
    "the bias added at every tap",
    hint="Your bias comes in as often as the kernel has entries. It is added once, to the finished sum.",
    section="sec-10-channels",
)
def bias_at_every_tap(x: Any, w: Any, b: Any) -> Any:
    F, _, K, L = w.shape
    N, _, H, W = x.shape
    P, Q = H - K + 1, W - L + 1
    z = np.zeros((N, F, P, Q), x.dtype)
    for k, l in np.ndindex(K, L):
        z += np.einsum("ncij,fc->nfij", x[:, :, k : k + P, l : l + Q], w[:, :, k, l]) + b[:, None, None]

    def pullback(d: Any) -> Any:
        dx, dw = np.zeros_like(x), np.zeros_like(w)
        for k, l in np.ndindex(K, L):
            met = np.s_[:, :, k : k + P, l : l + Q]
            dx[met] += np.einsum("nfij,fc->ncij", d, w[:, :, k, l])
            dw[:, :, k, l] = np.einsum("nfij,ncij->fc", d, x[met])
        return dx, dw, d.sum(axis=(0, 2, 3))

    return z, pullback


@task.wrong(
    "the first channel only",
    hint="A kernel looks at all channels of the picture and sums over them. Yours looks at the first one.",
    section="sec-10-channels",
)
def first_channel_only(x: Any, w: Any, b: Any) -> Any:
    F, _, K, L = w.shape
    N, _, H, W = x.shape
    P, Q = H - K + 1, W - L + 1
    z = np.zeros((N, F, P, Q), x.dtype) + b[:, None, None]
    for k, l in np.ndindex(K, L):
        z += np.einsum("nij,f->nfij", x[:, 0, k : k + P, l : l + Q], w[:, 0, k, l])

    def pullback(d: Any) -> Any:
        dx, dw = np.zeros_like(x), np.zeros_like(w)
        for k, l in np.ndindex(K, L):
            dx[:, 0, k : k + P, l : l + Q] += np.einsum("nfij,f->nij", d, w[:, 0, k, l])
            dw[:, 0, k, l] = np.einsum("nfij,nij->f", d, x[:, 0, k : k + P, l : l + Q])
        return dx, dw, d.sum(axis=(0, 2, 3))

    return z, pullback


@task.wrong(
    "the mean over the channels",
    hint="A kernel sums over the channels. You have divided the sum by their number.",
    section="sec-10-channels",
)
def channels_averaged(x: Any, w: Any, b: Any) -> Any:
    F, _, K, L = w.shape
    N, _, H, W = x.shape
    P, Q = H - K + 1, W - L + 1
    z = np.zeros((N, F, P, Q), x.dtype) + b[:, None, None]
    for k, l in np.ndindex(K, L):
        z += np.einsum("ncij,fc->nfij", x[:, :, k : k + P, l : l + Q], w[:, :, k, l]) / x.shape[1]

    def pullback(d: Any) -> Any:
        dx, dw = np.zeros_like(x), np.zeros_like(w)
        for k, l in np.ndindex(K, L):
            met = np.s_[:, :, k : k + P, l : l + Q]
            dx[met] += np.einsum("nfij,fc->ncij", d, w[:, :, k, l]) / x.shape[1]
            dw[:, :, k, l] = np.einsum("nfij,ncij->fc", d, x[met]) / x.shape[1]
        return dx, dw, d.sum(axis=(0, 2, 3))

    return z, pullback


@task.wrong(
    "one array for all calls of the pullback",
    hint="The arrays that gather the gradients are made before the pullback is called. A second call adds to "
    "what the first one left.",
    section="sec-06-late",
)
def never_cleared(x: Any, w: Any, b: Any) -> Any:
    F, _, K, L = w.shape
    N, _, H, W = x.shape
    P, Q = H - K + 1, W - L + 1
    z = np.zeros((N, F, P, Q), x.dtype) + b[:, None, None]
    for k, l in np.ndindex(K, L):
        z += np.einsum("ncij,fc->nfij", x[:, :, k : k + P, l : l + Q], w[:, :, k, l])
    dx, dw = np.zeros_like(x), np.zeros_like(w)

    def pullback(d: Any) -> Any:
        for k, l in np.ndindex(K, L):
            met = np.s_[:, :, k : k + P, l : l + Q]
            dx[met] += np.einsum("nfij,fc->ncij", d, w[:, :, k, l])
            dw[:, :, k, l] += np.einsum("nfij,ncij->fc", d, x[met])
        return dx, dw, d.sum(axis=(0, 2, 3))

    return z, pullback


@task.wrong(
    "what came back left out of the gradient",
    hint="Your gradients do not ask what came back: every output counts as if 1 had arrived at it.",
    section="sec-02-upstream",
)
def upstream_ignored(x: Any, w: Any, b: Any) -> Any:
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
            dx[met] += np.einsum("nfij,fc->ncij", np.ones_like(d), w[:, :, k, l])
            dw[:, :, k, l] = np.einsum("nfij,ncij->fc", np.ones_like(d), x[met])
        return dx, dw, np.ones_like(d).sum(axis=(0, 2, 3))

    return z, pullback


@task.wrong(
    "everything in float64",
    hint="Your maps are float64 where the pictures were float32: np.zeros makes float64 unless it is told "
    "otherwise.",
    section="sec-10-im2col",
)
def doubled_precision(x: Any, w: Any, b: Any) -> Any:
    F, _, K, L = w.shape
    N, _, H, W = x.shape
    P, Q = H - K + 1, W - L + 1
    z = np.zeros((N, F, P, Q)) + b[:, None, None]
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
