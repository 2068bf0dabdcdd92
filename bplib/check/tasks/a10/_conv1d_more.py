"""More wrong convolutions of one row: gradients that are lost, doubled or turned."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a10.conv1d import task


@task.wrong(
    "where windows overlap, the last share kept",
    hint="A pixel under several windows receives something from each. You write one share over the other.",
    section="sec-10-overwrite",
)
def overwritten(x: Any, w: Any, stride: Any, padding: Any, dilation: Any) -> Any:
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
            dwide[:, met[k]] = w[k] * d
            dw[k] = np.sum(d * wide[:, met[k]])
        return dwide[:, padding : padding + H], dw

    return z, pullback


@task.wrong(
    "the kernel turned in the form that hands out",
    hint="Each window hands out along the kernel as it lay on the way forward. You have turned it around, and "
    "turning belongs to the form that asks every window that saw a pixel.",
    section="sec-10-flip",
)
def kernel_turned(x: Any, w: Any, stride: Any, padding: Any, dilation: Any) -> Any:
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
            dwide[:, met[k]] += w[K - 1 - k] * d
            dw[k] = np.sum(d * wide[:, met[k]])
        return dwide[:, padding : padding + H], dw

    return z, pullback


@task.wrong(
    "the forward pass with the kernel turned",
    hint="This is what signal processing calls a convolution: the kernel runs backwards. Here the first weight"
    " lies on the first pixel of the window.",
    section="sec-10-derivation",
)
def true_convolution(x: Any, w: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    N, H = x.shape
    K = len(w)
    P = (H + 2 * padding - dilation * (K - 1) - 1) // stride + 1
    wide = np.pad(x, ((0, 0), (padding, padding)))
    met = [slice(k * dilation, k * dilation + stride * (P - 1) + 1, stride) for k in range(K)]
    z = np.zeros((N, P), x.dtype)
    for k in range(K):
        z += w[K - 1 - k] * wide[:, met[k]]

    def pullback(d: Any) -> Any:
        dwide, dw = np.zeros_like(wide), np.zeros_like(w)
        for k in range(K):
            dwide[:, met[k]] += w[K - 1 - k] * d
            dw[K - 1 - k] = np.sum(d * wide[:, met[k]])
        return dwide[:, padding : padding + H], dw

    return z, pullback


@task.wrong(
    "the gradient of the kernel turned around",
    hint="The gradient of the first weight stands last in your dw. Each weight gets what the pixels under it "
    "bring.",
    section="sec-10-as-convolutions",
)
def dw_turned(x: Any, w: Any, stride: Any, padding: Any, dilation: Any) -> Any:
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
            dw[K - 1 - k] = np.sum(d * wide[:, met[k]])
        return dwide[:, padding : padding + H], dw

    return z, pullback


@task.wrong(
    "the gradient of the kernel averaged over the rows",
    hint="All rows use the same kernel, and what they send back to it adds up. If a mean is wanted, the loss "
    "takes it, and then it is in d already.",
    section="sec-10-bias",
)
def dw_averaged(x: Any, w: Any, stride: Any, padding: Any, dilation: Any) -> Any:
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
            dw[k] = np.sum(d * wide[:, met[k]]) / N
        return dwide[:, padding : padding + H], dw

    return z, pullback


@task.wrong(
    "the gradient of the kernel averaged over the places",
    hint="A weight that is used at many places receives the sum over the places. Yours is the mean.",
    section="sec-10-bias",
)
def dw_averaged_over_places(x: Any, w: Any, stride: Any, padding: Any, dilation: Any) -> Any:
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
            dw[k] = np.sum(d * wide[:, met[k]]) / P
        return dwide[:, padding : padding + H], dw

    return z, pullback
