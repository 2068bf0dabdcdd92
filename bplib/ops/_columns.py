"""The three products behind convolution, and the layouts that make them fast.

    forward            z[f, i, j] = Σ w[f, c, k, l] · x[c, i·s + k, j·s + l]       ``correlate``
    kernel's gradient  dw[f, c, k, l] = Σ dz[f, i, j] · x[c, i·s + k, j·s + l]     ``kernel_gradient``
    image's gradient   dx[c, i·s + k, j·s + l] += w[f, c, k, l] · dz[f, i, j]      ``image_gradient``

Images are (N, G, C, H, W) and kernels (G, F, C, K, L) here, with G groups, C and F channels *per group*.

An example, with N = G = C = F = 1: a 3×3 image, a 2×2 kernel, so 2×2 outputs. Unrolled whole, each output is a
column and each tap (k, l) of the kernel a row, and z is the row of the four kernel entries times this matrix:

    image      output →  0,0  0,1  1,0  1,1
    1 2 3      tap 0,0    1    2    4    5
    4 5 6          0,1    2    3    5    6
    7 8 9          1,0    4    5    7    8
                   1,1    5    6    8    9

Its last two rows are the first two of a longer matrix, two columns on (one line of outputs, Q = 2):

    tap column 0          1 2 4 5 7 8        kernel row 0 takes columns 0 to 3,
    tap column 1          2 3 5 6 8 9        kernel row 1 takes columns 2 to 5.

So ``_Columns`` copies half as much, and z is the sum of two products, one for each row of the kernel. For the
kernel's gradient the same matrices are multiplied by dz; for the image's, see ``image_gradient``.

Factors below: 64×32×32×32→32, kernel 3×3, float32, one thread, OpenBLAS with AVX2 and with AVX-512. Together they
make 1.25 and 1.55 over im2col whole and its scatter. Of the time that is left, four fifths are matrix products.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.ops._door import Array
from bplib.ops._window import Window, meet

# A few images at a time: their columns are in cache when the product reads them. 1.4 and 1.55 times as fast as
# all at once, and the buffer stays small.
_CHUNK_BYTES = 1 << 20
_THIN = 24  # fewer columns of the kernel (C·L) than this make products too thin to pay


class _Columns:
    """What the window sees at each place where it stops, one place a column (im2col), a few images at a time.

    Unrolled whole, an image becomes one matrix (C·K·L, P·Q), and the convolution one product. If the vertical
    stride is 1, the K rows of the kernel see the same lines, only shifted. Then it is enough to unroll the
    columns of the kernel: in the matrix (C·L, lines·Q), kernel row k finds its own matrix as the slice that
    begins k·dilation lines further on. That is K products to add up but K times less to copy: 1.15 and 1.4
    times as fast. With few channels the products get too thin: 3→32 channels would be 0.8 and 1.0 times as fast.
    """

    def __init__(self, window: Window, x: Array) -> None:
        N, G, C = x.shape[:3]
        (K, L), (P, Q) = window.kernel, window.out
        self.window, self.x = window, x
        self.by_rows = window.stride[0] == 1 and K > 1 and C * L >= _THIN
        lines = P + window.dilation[0] * (K - 1)
        shape = (G, C, L, lines, Q) if self.by_rows else (G, C, K, L, P, Q)
        self.chunk = _chunk(N, shape, x.dtype)
        self.buffer = np.zeros((self.chunk, *shape), x.dtype)  # what is never written is the padding

    def __iter__(self) -> Iterator[tuple[slice, list[Array]]]:
        """Which images, and their matrices: one (n, G, C·K·L, P·Q), or K of (n, G, C·L, P·Q)."""
        for i in range(0, len(self.x), self.chunk):
            some = slice(i, i + self.chunk)
            x = self.x[some]
            buffer = self.buffer[: len(x)]
            yield some, self._rows(x, buffer) if self.by_rows else self._whole(x, buffer)

    def _whole(self, x: Array, buffer: Array) -> list[Array]:
        for k, l, (out_i, out_j), (in_i, in_j) in self.window.taps():
            buffer[:, :, :, k, l, out_i, out_j] = x[..., in_i, in_j]
        P, Q = self.window.out
        n, G, C, K, L = buffer.shape[:5]
        return [buffer.reshape(n, G, C * K * L, P * Q)]

    def _rows(self, x: Array, buffer: Array) -> list[Array]:
        window, (P, Q), lines = self.window, self.window.out, buffer.shape[-2]
        out_i, in_i = meet(window.image[0], lines, 1, -window.padding[0])
        for l in range(window.kernel[1]):
            out_j, in_j = window.meet(1, l)
            buffer[:, :, :, l, out_i, out_j] = x[..., in_i, in_j]
        n, G, C, L = buffer.shape[:4]
        flat = buffer.reshape(n, G, C * L, lines * Q)
        starts = [k * window.dilation[0] * Q for k in range(window.kernel[0])]
        return [flat[..., start : start + P * Q] for start in starts]

    def kernels(self, w: Array) -> Array:
        """The kernel (G, F, C, K, L) as the left factor of each matrix: (1 or K, G, F, C·K·L or C·L)."""
        G, F, _, K, _ = w.shape
        if self.by_rows:
            return np.ascontiguousarray(w.transpose(3, 0, 1, 2, 4).reshape(K, G, F, -1))
        return np.ascontiguousarray(w.reshape(1, G, F, -1))

    def kernel_of(self, products: Array, shape: tuple[int, ...]) -> Array:
        """The way back from ``kernels``, from products that are transposed (…, C·L, F)."""
        G, F, C, K, L = shape
        if self.by_rows:
            return np.ascontiguousarray(products.reshape(K, G, C, L, F).transpose(1, 4, 2, 0, 3))
        return np.ascontiguousarray(products[0].swapaxes(1, 2)).reshape(shape)


def _chunk(N: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
    """How many images to take at a time when each needs a buffer of this shape."""
    each = int(np.prod(shape)) * dtype.itemsize
    return max(1, min(N, _CHUNK_BYTES // max(1, each)))


def correlate(x: Array, w: Array, window: Window, b: Array | None = None) -> Array:
    """x (N, G, C, H, W), w (G, F, C, K, L), b (G, F, 1) → z (N, G, F, P, Q)."""
    columns = _Columns(window, x)
    kernels = columns.kernels(w)
    N, (G, F), (P, Q) = len(x), w.shape[:2], window.out
    z = np.empty((N, G, F, P * Q), x.dtype)
    part = np.empty((columns.chunk, G, F, P * Q), x.dtype)
    for some, matrices in columns:
        here = z[some]
        np.matmul(kernels[0], matrices[0], out=here)
        for kernel, matrix in zip(kernels[1:], matrices[1:], strict=True):
            here += np.matmul(kernel, matrix, out=part[: len(here)])
        if b is not None:
            here += b
    return z.reshape(N, G, F, P, Q)


def kernel_gradient(x: Array, dz: Array, window: Window) -> Array:
    """x (N, G, C, H, W), dz (N, G, F, P, Q) → dw (G, F, C, K, L)."""
    columns = _Columns(window, x)
    G, C, F = x.shape[1], x.shape[2], dz.shape[2]
    (K, L), (P, Q) = window.kernel, window.out
    dz = np.ascontiguousarray(dz).reshape(len(x), G, F, P * Q)  # NumPy hands only regular strides to BLAS
    rows = K if columns.by_rows else 1
    total = np.zeros((rows, G, C * K * L // rows, F), x.dtype)
    for some, matrices in columns:
        # columns · dzᵀ, not dz · columnsᵀ: the longer side first is 1.05 and 1.5 times as fast.
        dz_t = dz[some].swapaxes(-1, -2)
        for row, matrix in enumerate(matrices):
            total[row] += (matrix @ dz_t).sum(axis=0)
    return columns.kernel_of(total, (G, F, C, K, L))


def image_gradient(dz: Array, w: Array, window: Window) -> Array:
    """dz (N, G, F, P, Q), w (G, F, C, K, L) → dx (N, G, C, H, W).

    With stride 1 this is a convolution too: every input was seen by the taps in reverse order, so it is dz,
    padded by what the window overhangs, under the kernel turned by 180°. That gathers where ``_scatter``
    adds up: 1.5 and 2 times as fast, unless F is many times C (3→32 channels: 0.4 and 0.75 times).
    """
    F, C = w.shape[1:3]
    if window.stride != (1, 1) or F > 4 * C:
        return _scatter(dz, w, window)
    overhang = [
        d * (k - 1) - p for d, k, p in zip(window.dilation, window.kernel, window.padding, strict=True)
    ]
    back = window._replace(image=window.out, out=window.image, padding=(overhang[0], overhang[1]))
    return correlate(dz, w[..., ::-1, ::-1].swapaxes(1, 2), back)


def _scatter(dz: Array, w: Array, window: Window) -> Array:
    """``image_gradient`` for any stride: the gradient of every column, added back to where it was seen."""
    N, (G, F, C, K, L), (P, Q) = len(dz), w.shape, window.out
    w_t = np.ascontiguousarray(w.reshape(G, F, C * K * L).swapaxes(1, 2))
    dz = np.ascontiguousarray(dz).reshape(N, G, F, P * Q)
    dx = np.zeros((N, G, C, *window.image), dz.dtype)
    chunk = _chunk(N, (G, C, K, L, P, Q), dz.dtype)
    for i in range(0, N, chunk):
        here = dx[i : i + chunk]
        dcolumns = (w_t @ dz[i : i + chunk]).reshape(len(here), G, C, K, L, P, Q)
        for k, l, (out_i, out_j), (in_i, in_j) in window.taps():
            here[..., in_i, in_j] += dcolumns[:, :, :, k, l, out_i, out_j]  # windows overlap: +=, never =
    return dx
