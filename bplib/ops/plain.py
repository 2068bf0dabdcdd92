"""Ops as one would first write them: loops and no tricks. For reading, and for checking the fast ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.ops._door import Array, Pair, Pullback, differentiable, pair


@differentiable("x", "w", "b")
def conv2d_loops(
    x: Array,
    w: Array,
    b: Array | None = None,
    stride: Pair = 1,
    padding: Pair = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> tuple[Array, Pullback]:
    """conv2d, one output pixel after another; arguments and results as in ``ops.conv2d``, checked there only.

    At output pixel (i, j) the kernels meet one patch of the padded image, and the convolution is a ``linear``
    of that patch. So is its pullback: dz at that pixel goes to the kernels in proportion to the patch, and
    to the patch in proportion to the kernels. A pixel of x lies in several patches: their gradients add up.
    """
    sh, sw = pair("conv2d_loops", "stride", stride, 1)
    ph, pw = pair("conv2d_loops", "padding", padding, 0)
    eh, ew = pair("conv2d_loops", "dilation", dilation, 1)
    (N, C, H, W), (F, _, K, L) = x.shape, w.shape
    P, Q = (H + 2 * ph - eh * (K - 1) - 1) // sh + 1, (W + 2 * pw - ew * (L - 1) - 1) // sw + 1
    xp = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    z = np.zeros((N, F, P, Q), x.dtype)

    def patches() -> Iterator[tuple[slice, tuple[Any, ...], tuple[Any, ...]]]:
        """Every output pixel and group: its place in z, its kernels, and the place of its patch in xp."""
        for g in range(groups):
            kernels = slice(g * F // groups, (g + 1) * F // groups)
            channels = slice(g * C // groups, (g + 1) * C // groups)
            for i in range(P):
                rows = slice(i * sh, i * sh + eh * (K - 1) + 1, eh)
                for j in range(Q):
                    columns = slice(j * sw, j * sw + ew * (L - 1) + 1, ew)
                    yield kernels, (slice(None), kernels, i, j), (slice(None), channels, rows, columns)

    for kernels, pixel, patch in patches():
        z[pixel] = np.einsum("nckl,fckl->nf", xp[patch], w[kernels])
    if b is not None:
        z += b[:, None, None]

    def pullback(dz: Array) -> tuple[Array, ...]:
        dxp, dw = np.zeros_like(xp), np.zeros_like(w)
        for kernels, pixel, patch in patches():
            dw[kernels] += np.einsum("nf,nckl->fckl", dz[pixel], xp[patch])
            dxp[patch] += np.einsum("nf,fckl->nckl", dz[pixel], w[kernels])
        dx = dxp[:, :, ph : ph + H, pw : pw + W]
        return (dx, dw) if b is None else (dx, dw, dz.sum(axis=(0, 2, 3)))

    return z, pullback
