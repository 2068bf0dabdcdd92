"""Convolution and its transpose, from three products: forward, gradient of the kernel, gradient of the image."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bplib.ops._door import (
    Array,
    ArrayLike,
    Pair,
    Pullback,
    differentiable,
    expect_shape,
    floats,
    pair,
    same_dtype,
    upstream,
)
from bplib.ops._window import Size, Window, meet, out_size

_CHUNK_BYTES = 1 << 20


class _Columns:
    def __init__(self, window: Window, n_images: int, groups: int, channels: int, dtype) -> None:
        (K, L), (P, Q) = window.kernel, window.out
        self.window = window
        self.by_rows = window.stride[0] == 1 and K > 1 and channels * L >= 24
        self.n_blocks = K if self.by_rows else 1
        rows = P + window.dilation[0] * (K - 1) if self.by_rows else P
        shape = (groups, channels, L, rows, Q) if self.by_rows else (groups, channels, K, L, P, Q)
        each = int(np.prod(shape)) * dtype.itemsize
        self.chunk = max(1, min(n_images, _CHUNK_BYTES // max(1, each)))
        self.buffer = np.zeros((self.chunk, *shape), dtype)

    def split(self, w: Array) -> list[Array]:
        G, F = w.shape[:2]
        if not self.by_rows:
            return [w.reshape(G, F, -1)]
        return [np.ascontiguousarray(w[:, :, :, k]).reshape(G, F, -1) for k in range(self.window.kernel[0])]

    def join(self, dws: list[Array], shape) -> Array:
        if not self.by_rows:
            return dws[0].reshape(shape)
        G, F, C, K, L = shape
        return np.stack([d.reshape(G, F, C, L) for d in dws], axis=3)

    def blocks(self, x: Array) -> list[Array]:
        """x: (n, G, C, H, W)"""
        win = self.window
        buffer = self.buffer[: len(x)]
        n, G = x.shape[:2]
        P, Q = win.out
        if not self.by_rows:
            for k, l, to, at in win.taps():
                buffer[:, :, :, k, l, to[0], to[1]] = x[..., at[0], at[1]]
            return [buffer.reshape(n, G, -1, P * Q)]
        out_rows, in_rows = meet(win.image[0], buffer.shape[-2], 1, -win.padding[0])
        for l in range(win.kernel[1]):
            out_columns, in_columns = win.meet(1, l)
            buffer[:, :, :, l, out_rows, out_columns] = x[..., in_rows, in_columns]
        flat = buffer.reshape(n, G, -1, buffer.shape[-2] * Q)
        step = win.dilation[0] * Q
        return [flat[..., k * step : k * step + P * Q] for k in range(win.kernel[0])]


def _correlate(x: Array, w: Array, window: Window, b: Array | None = None) -> Array:
    """x (N, G, C, H, W), w (G, F, C, K, L) -> z (N, G, F, P, Q)"""
    N, G, C = x.shape[:3]
    F, (P, Q) = w.shape[1], window.out
    columns = _Columns(window, N, G, C, x.dtype)
    kernels = columns.split(w)
    z = np.empty((N, G, F, P * Q), x.dtype)
    part = np.empty((columns.chunk, G, F, P * Q), x.dtype)
    for i in range(0, N, columns.chunk):
        here = z[i : i + columns.chunk]
        for k, (kernel, block) in enumerate(zip(kernels, columns.blocks(x[i : i + columns.chunk]))):
            if k == 0:
                np.matmul(kernel, block, out=here)
            else:
                here += np.matmul(kernel, block, out=part[: len(here)])
        if b is not None:
            here += b.reshape(G, F, 1)
    return z.reshape(N, G, F, P, Q)


def _kernel_gradient(x: Array, dz: Array, window: Window) -> Array:
    N, G, C = x.shape[:3]
    F = dz.shape[2]
    columns = _Columns(window, N, G, C, x.dtype)
    dz = dz.reshape(N, G, F, -1)
    dw = [0 for _ in range(columns.n_blocks)]
    for i in range(0, N, columns.chunk):
        d = dz[i : i + columns.chunk]
        for k, block in enumerate(columns.blocks(x[i : i + columns.chunk])):
            dw[k] = dw[k] + np.matmul(block, d.swapaxes(-1, -2)).sum(axis=0)
    return columns.join([d.swapaxes(-1,-2) for d in dw], (G, F, C, *window.kernel))


def _scatter(dz: Array, w: Array, window: Window) -> Array:
    N, (G, F, C, K, L) = len(dz), w.shape
    P, Q = window.out
    dx = np.zeros((N, G, C, *window.image), dz.dtype)
    chunk = max(1, min(N, _CHUNK_BYTES // (G * C * K * L * P * Q * dz.itemsize)))
    wt = np.ascontiguousarray(w.reshape(G, F, -1).swapaxes(1, 2))
    dz = dz.reshape(N, G, F, P * Q)
    for i in range(0, N, chunk):
        dcols = np.matmul(wt, dz[i : i + chunk]).reshape(-1, G, C, K, L, P, Q)
        here = dx[i : i + chunk]
        for k, l, to, at in window.taps():
            here[..., at[0], at[1]] += dcols[:, :, :, k, l, to[0], to[1]]
    return dx


def _image_gradient(dz: Array, w: Array, window: Window, scatter=None) -> Array:
    if scatter if scatter is not None else (window.stride != (1, 1)):
        return _scatter(dz, w, window)
    reach = [d * (k - 1) - p for d, k, p in zip(window.dilation, window.kernel, window.padding)]
    back = Window(window.out, window.image, window.kernel, (1, 1), tuple(reach), window.dilation)
    return _correlate(dz, w[..., ::-1, ::-1].swapaxes(1, 2), back)
