"""Wrong gradients of convolutions."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib import ops
from bplib.check.wrong import wrong


def _two(v: Any) -> Any:
    return (v, v) if isinstance(v, int) else v


def _scatter(
    x: Any, w: Any, dz: Any, stride: Any, padding: Any, dilation: Any, groups: int, overwrite: bool = False
) -> Any:
    """dx and dw tap by tap: each tap of the kernel meets a strided slice of the padded image."""
    (sh, sw), (ph, pw), (eh, ew) = _two(stride), _two(padding), _two(dilation)
    (P, Q), (K, L), (H, W) = dz.shape[2:], w.shape[2:], x.shape[2:]
    xp = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    F, C = len(w) // groups, w.shape[1]
    for g in range(groups):
        f, c = slice(g * F, (g + 1) * F), slice(g * C, (g + 1) * C)
        for k in range(K):
            for l in range(L):
                rows = slice(k * eh, k * eh + (P - 1) * sh + 1, sh)
                columns = slice(l * ew, l * ew + (Q - 1) * sw + 1, sw)
                seen = (slice(None), c, rows, columns)
                dw[f, :, k, l] = np.einsum("nfij,ncij->fc", dz[:, f], xp[seen])
                part = np.einsum("nfij,fc->ncij", dz[:, f], w[f, :, k, l])
                dxp[seen] = part if overwrite else dxp[seen] + part
    return dxp[:, :, ph : ph + H, pw : pw + W], dw


def _and_bias(dx_dw: Any, b: Any, db: Any) -> Any:
    return tuple(dx_dw) if b is None else (*dx_dw, db)


@wrong("conv2d", "a pixel of x that several windows see receives the gradient of the last one only: = for +=")
def overlap_overwritten(
    x: Any, w: Any, b: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    z, back = ops.conv2d(x, w, b, stride, padding, dilation, groups)

    def pullback(dz: Any) -> Any:
        dx, _ = _scatter(x, w, dz, stride, padding, dilation, groups, overwrite=True)
        return dx, *back(dz)[1:]

    return z, pullback


@wrong("conv2d", "the pullback moves the window by 1 whatever the stride is")
def stride_ignored(
    x: Any, w: Any, b: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    z, _ = ops.conv2d(x, w, b, stride, padding, dilation, groups)
    return z, lambda dz: _and_bias(
        _scatter(x, w, dz, 1, padding, dilation, groups), b, dz.sum(axis=(0, 2, 3))
    )


@wrong("conv2d", "the pullback takes the taps of the kernel next to each other whatever the dilation is")
def dilation_ignored(
    x: Any, w: Any, b: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    z, _ = ops.conv2d(x, w, b, stride, padding, dilation, groups)
    return z, lambda dz: _and_bias(_scatter(x, w, dz, stride, padding, 1, groups), b, dz.sum(axis=(0, 2, 3)))


@wrong("conv2d", "dx scatters the kernel turned by 180°; turning belongs to the form that gathers from dz")
def kernel_flipped(
    x: Any, w: Any, b: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    z, back = ops.conv2d(x, w, b, stride, padding, dilation, groups)

    def pullback(dz: Any) -> Any:
        dx, _ = _scatter(x, w[..., ::-1, ::-1], dz, stride, padding, dilation, groups)
        return dx, *back(dz)[1:]

    return z, pullback


@wrong("conv2d", "dw is turned by 180°, as if the forward pass were a true convolution")
def dw_flipped(
    x: Any, w: Any, b: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    z, back = ops.conv2d(x, w, b, stride, padding, dilation, groups)

    def pullback(dz: Any) -> Any:
        dx, dw, *db = back(dz)
        return dx, dw[..., ::-1, ::-1], *db

    return z, pullback


@wrong("conv2d", "the padding is cut off at the wrong place: dx keeps the upper left of the padded gradient")
def padding_kept(
    x: Any, w: Any, b: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    z, back = ops.conv2d(x, w, b, stride, padding, dilation, groups)

    def pullback(dz: Any) -> Any:
        ph, pw = _two(padding)
        xp = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
        dxp, _ = _scatter(xp, w, dz, stride, 0, dilation, groups)
        return dxp[:, :, : x.shape[2], : x.shape[3]], *back(dz)[1:]

    return z, pullback


@wrong(
    "conv2d", "db is summed over the batch only, at one pixel: every pixel of the output has used the bias"
)
def bias_at_one_pixel(
    x: Any, w: Any, b: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    z, back = ops.conv2d(x, w, b, stride, padding, dilation, groups)
    return z, lambda dz: _and_bias(back(dz)[:2], b, dz.sum(axis=0)[:, 0, 0])


@wrong("conv2d", "db is averaged over the pixels, where it is a sum")
def bias_averaged(
    x: Any, w: Any, b: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    z, back = ops.conv2d(x, w, b, stride, padding, dilation, groups)
    return z, lambda dz: _and_bias(back(dz)[:2], b, dz.mean(axis=(2, 3)).sum(axis=0))


@wrong("conv2d", "dx of a group is computed with the kernels of its neighbour")
def groups_mixed(
    x: Any, w: Any, b: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    z, back = ops.conv2d(x, w, b, stride, padding, dilation, groups)

    def pullback(dz: Any) -> Any:
        neighbours = np.roll(w, len(w) // groups, axis=0)
        return _scatter(x, neighbours, dz, stride, padding, dilation, groups)[0], *back(dz)[1:]

    return z, pullback


@wrong(
    "conv_transpose2d", "zeros are put between the pixels and convolved, but the kernel is not turned by 180°"
)
def kernel_not_flipped(
    x: Any,
    w: Any,
    b: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    turned = w[..., ::-1, ::-1]
    z, back = ops.conv_transpose2d(x, turned, b, stride, padding, output_padding, dilation, groups)

    def pullback(dz: Any) -> Any:
        dx, dw, *db = back(dz)
        return dx, dw[..., ::-1, ::-1], *db

    return z, pullback


@wrong(
    "conv_transpose2d", "dx looks at dz with stride 1: it gathers from where nothing of that pixel was put"
)
def stride_ignored_in_dx(
    x: Any,
    w: Any,
    b: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    z, back = ops.conv_transpose2d(x, w, b, stride, padding, output_padding, dilation, groups)

    def pullback(dz: Any) -> Any:
        dx = ops.conv2d(dz, w, None, 1, padding, dilation, groups)[0]
        return dx[:, :, : x.shape[2], : x.shape[3]], *back(dz)[1:]

    return z, pullback


@wrong(
    "conv_transpose2d",
    "dx comes from the transposed convolution once more: turned where dz is to be gathered",
)
def dx_flipped(
    x: Any,
    w: Any,
    b: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    z, back = ops.conv_transpose2d(x, w, b, stride, padding, output_padding, dilation, groups)

    def pullback(dz: Any) -> Any:
        dx, _ = ops.conv2d(dz, w[..., ::-1, ::-1], None, stride, padding, dilation, groups)
        return dx[:, :, : x.shape[2], : x.shape[3]], *back(dz)[1:]

    return z, pullback


@wrong("conv_transpose2d", "db is summed over the batch only, at one pixel")
def bias_at_one_pixel_too(
    x: Any,
    w: Any,
    b: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    z, back = ops.conv_transpose2d(x, w, b, stride, padding, output_padding, dilation, groups)
    return z, lambda dz: _and_bias(back(dz)[:2], b, dz.sum(axis=0)[:, 0, 0])
