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


@task.wrong(
    "a negative index that counts from the other end",
    hint="Left of the row your index is negative, and NumPy counts it from the other end: the window reads "
    "the last pixels where there should be zeros.",
    section="sec-10-derivation",
)
def wrapped_around(x: Any, w: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    N, H = x.shape
    P = (H + 2 * padding - dilation * (len(w) - 1) - 1) // stride + 1
    triples = [(i, k, i * stride + k * dilation - padding) for i in range(P) for k in range(len(w))]
    triples = [(i, k, h) for i, k, h in triples if h < H]
    z = np.zeros((N, P), x.dtype)
    for i, k, h in triples:
        z[:, i] += w[k] * x[:, h]

    def pullback(d: Any) -> Any:
        dx, dw = np.zeros_like(x), np.zeros_like(w)
        for i, k, h in triples:
            dx[:, h] += w[k] * d[:, i]
            dw[k] += np.sum(d[:, i] * x[:, h])
        return dx, dw

    return z, pullback


@task.wrong(
    "gathered as if the stride were 1",
    hint="You gather with the kernel turned, which is right. But with a stride, what came back stands that "
    "far apart on the row, and the windows between were never there.",
    section="sec-10-as-convolutions",
)
def gathered_without_gaps(x: Any, w: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    N, H = x.shape
    K = len(w)
    P = (H + 2 * padding - dilation * (K - 1) - 1) // stride + 1
    wide = np.pad(x, ((0, 0), (padding, padding)))
    met = [slice(k * dilation, k * dilation + stride * (P - 1) + 1, stride) for k in range(K)]
    z = np.zeros((N, P), x.dtype)
    for k in range(K):
        z += w[k] * wide[:, met[k]]

    def pullback(d: Any) -> Any:
        far, dw = np.pad(d, ((0, 0), (dilation * (K - 1), wide.shape[1]))), np.zeros_like(w)
        dwide = np.zeros_like(wide)
        for k in range(K):
            dwide += w[K - 1 - k] * far[:, k * dilation : k * dilation + wide.shape[1]]
            dw[k] = np.sum(d * wide[:, met[k]])
        return dwide[:, padding : padding + H], dw

    return z, pullback


@task.wrong(
    "rows of zeros among the examples",
    hint="np.pad with one number pads every axis, the batch's too. Your first examples are rows of zeros.",
    section="sec-10-derivation",
)
def batch_padded(x: Any, w: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    N, H = x.shape
    K = len(w)
    P = (H + 2 * padding - dilation * (K - 1) - 1) // stride + 1
    wide = np.pad(x, padding)[:N]
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
