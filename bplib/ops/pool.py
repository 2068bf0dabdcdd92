"""Pooling: each window of an image becomes one number, channel by channel."""

from __future__ import annotations

import numpy as np

from bplib.ops._door import Array, ArrayLike, Pair, Pullback, differentiable, floats, pair, upstream
from bplib.ops._window import Window, out_size

_CHUNK_BYTES = 1 << 20  # planes are pooled a few at a time, so that they stay in cache between the taps


def _windows(op: str, x: Array, kernel: Pair, stride: Pair | None, padding: Pair) -> Window:
    size = pair(op, "kernel", kernel, 1)
    step = size if stride is None else pair(op, "stride", stride, 1)
    pad = pair(op, "padding", padding, 0)
    if 2 * pad[0] > size[0] or 2 * pad[1] > size[1]:
        raise ValueError(
            f"{op}: padding must be at most half of the kernel {size}, got {pad}: "
            "a window could lie outside the image altogether."
        )
    image = (x.shape[2], x.shape[3])
    return Window(image, out_size(op, image, size, step, pad, (1, 1)), size, step, pad)


def _chunks(planes: Array) -> list[slice]:
    n = max(1, _CHUNK_BYTES // max(1, planes[:1].nbytes))
    return [slice(i, i + n) for i in range(0, len(planes), n)]


@differentiable("x")
def max_pool2d(
    x: ArrayLike, kernel: Pair, stride: Pair | None = None, padding: Pair = 0
) -> tuple[Array, Pullback]:
    """The largest entry of each window. ``stride`` is ``kernel`` unless given; padding counts as −∞.

    x: (N, C, H, W); value: (N, C, P, Q) with P = ⌊(H + 2·padding − K) / stride⌋ + 1, and Q likewise.

    The gradient goes to the entry that won, and to it alone; if several are equal, to the first of them in
    row order within the window, as in PyTorch. An entry that wins in several windows receives all their
    gradients. The pullback keeps which tap won, one byte an output, and not x.
    """
    x = floats("max_pool2d", "x", x, 4, "(N, C, H, W)")
    window = _windows("max_pool2d", x, kernel, stride, padding)
    shape, dtype, shape_x = (*x.shape[:2], *window.out), x.dtype, x.shape
    K, L = window.kernel
    planes = x.reshape(x.shape[0] * x.shape[1], *window.image)
    value = np.full((len(planes), *window.out), -np.inf, dtype)
    # Until an entry is larger than −∞, the winner is the first one that lies on the image.
    first = [np.maximum(window.padding[a] - window.stride[a] * np.arange(window.out[a]), 0) for a in (0, 1)]
    start = first[0][:, None] * L + first[1]
    winner = np.empty(value.shape, np.min_scalar_type(K * L - 1))
    winner[:] = start
    for some in _chunks(planes):
        for k, l, (out_i, out_j), (in_i, in_j) in window.taps():
            entry = planes[some, in_i, in_j]
            best = value[some, out_i, out_j]
            tap = winner[some, out_i, out_j]
            # The same as tap[entry > best] = k·L + l, in plain arithmetic: 4 times as fast.
            tap += (entry > best) * (winner.dtype.type(k * L + l) - tap)
            np.maximum(entry, best, out=best)

    def pullback(d: Array) -> Array:
        d = upstream("max_pool2d", d, shape, dtype).reshape(value_shape)
        H, W = shape_x[2:]
        dx = np.zeros((len(d), H * W), dtype)
        # Where tap (k, l) of window (i, j) lies in its plane: a number for the window, and one for the tap.
        i, j = (np.arange(window.out[a]) * window.stride[a] - window.padding[a] for a in (0, 1))
        corner = (i * W)[:, None] + j
        step = (np.arange(K)[:, None] * W + np.arange(L)).ravel()
        for some in _chunks(dx):
            here = dx[some]
            at = step[winner[some]]
            at += corner
            at += (np.arange(len(here)) * (H * W))[:, None, None]
            np.add.at(here.reshape(-1), at.ravel(), d[some].ravel())
        return dx.reshape(shape_x)

    value_shape = value.shape
    return value.reshape(shape), pullback


@differentiable("x")
def avg_pool2d(
    x: ArrayLike, kernel: Pair, stride: Pair | None = None, padding: Pair = 0
) -> tuple[Array, Pullback]:
    """The mean of each window. ``stride`` is ``kernel`` unless given.

    x: (N, C, H, W); value: (N, C, P, Q), sizes as in max_pool2d. Padding counts as zeros, and in the divisor:
    every window is divided by K·L (as PyTorch does by default, count_include_pad=True). In dx the shares of
    overlapping windows add up.
    """
    x = floats("avg_pool2d", "x", x, 4, "(N, C, H, W)")
    window = _windows("avg_pool2d", x, kernel, stride, padding)
    shape, dtype, shape_x = (*x.shape[:2], *window.out), x.dtype, x.shape
    area = window.kernel[0] * window.kernel[1]
    planes = x.reshape(x.shape[0] * x.shape[1], *window.image)
    # First the sums down the columns of each window, then the sum of those: K + L taps, not K·L, and half of
    # them along contiguous lines. 1.8 times as fast for 2 × 2, 1.5 times for 3 × 3 with stride 2.
    rows = [window.meet(0, k) for k in range(window.kernel[0])]
    columns = [window.meet(1, l) for l in range(window.kernel[1])]
    value = np.zeros((len(planes), *window.out), dtype)
    for some in _chunks(planes):
        x_some = planes[some]
        lines = np.zeros((len(x_some), window.out[0], window.image[1]), dtype)
        for out_i, in_i in rows:
            lines[:, out_i] += x_some[:, in_i]
        for out_j, in_j in columns:
            value[some, :, out_j] += lines[:, :, in_j]
        value[some] /= area

    def pullback(d: Array) -> Array:
        d = upstream("avg_pool2d", d, shape, dtype).reshape(value_shape)
        dx = np.zeros((len(d), *window.image), dtype)
        for some in _chunks(dx):
            share, dx_some = d[some] / area, dx[some]
            dlines = np.zeros((len(share), window.out[0], window.image[1]), dtype)
            for out_j, in_j in columns:
                dlines[:, :, in_j] += share[:, :, out_j]
            for out_i, in_i in rows:
                dx_some[:, in_i] += dlines[:, out_i]
        return dx.reshape(shape_x)

    value_shape = value.shape
    return value.reshape(shape), pullback


@differentiable("x")
def global_avg_pool2d(x: ArrayLike) -> tuple[Array, Pullback]:
    """The mean of each channel over its whole image: x (N, C, H, W) → value (N, C)."""
    x = floats("global_avg_pool2d", "x", x, 4, "(N, C, H, W)")
    N, C, H, W = shape_x = x.shape
    if H * W == 0:
        raise ValueError(f"global_avg_pool2d: x must have at least one pixel, got shape {shape_x}.")
    value = x.mean(axis=(2, 3))
    dtype = value.dtype

    def pullback(d: Array) -> Array:
        d = upstream("global_avg_pool2d", d, (N, C), dtype)
        return np.broadcast_to((d / (H * W))[:, :, None, None], shape_x)

    return value, pullback
