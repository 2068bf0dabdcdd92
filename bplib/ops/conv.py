"""Convolution and transposed convolution. Each one's forward pass is the other's pullback."""

from __future__ import annotations

from bplib.ops._columns import correlate, image_gradient, kernel_gradient
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
    whole,
)
from bplib.ops._window import Size, Window, out_size


def _door(
    op: str, x: ArrayLike, w: ArrayLike, b: ArrayLike | None, groups: int, transposed: bool
) -> tuple[Array, Array, Array | None]:
    """What the two ops check alike. C counts the channels of x, F those of the result."""
    first, second = ("C", "F") if transposed else ("F", "C")
    x = floats(op, "x", x, 4, "(N, C, H, W)")
    w = floats(op, "w", w, 4, f"({first}, {second}/groups, K, L)")
    whole(op, "groups", groups, 1)
    if min(w.shape) < 1:
        raise ValueError(f"{op}: w must not be empty, got shape {w.shape}.")
    C = x.shape[1]
    F = w.shape[1] * groups if transposed else w.shape[0]
    for name, count in (("x", C), ("w", w.shape[0])):
        if count % groups:
            raise ValueError(
                f"{op}: groups must divide the channels, got groups {groups} and {count} channels ({name})."
            )
    if transposed and w.shape[0] != C:
        raise ValueError(
            f"{op}: w must be (C, F/groups, K, L) with the C = {C} channels of x, got shape {w.shape}."
        )
    if not transposed and w.shape[1] * groups != C:
        raise ValueError(
            f"{op}: w must be (F, C/groups, K, L) with C/groups = {C // groups} (x has {C} channels, "
            f"groups {groups}), got shape {w.shape}."
        )
    if b is not None:
        b = floats(op, "b", b)
        expect_shape(op, "b", b, (F,), "one bias for each output channel")
    same_dtype(op, x=x, w=w, b=b)
    return x, w, b


def _by_group(x: Array, groups: int) -> Array:
    """(N, C, H, W) as (N, G, C/G, H, W), a view."""
    N, C, H, W = x.shape
    return x.reshape(N, groups, C // groups, H, W)


@differentiable("x", "w", "b")
def conv2d(
    x: ArrayLike,
    w: ArrayLike,
    b: ArrayLike | None = None,
    stride: Pair = 1,
    padding: Pair = 0,
    dilation: Pair = 1,
    groups: int = 1,
    *,
    need_dx: bool = True,
) -> tuple[Array, Pullback]:
    """Slide F kernels over each image; stride s, padding p, dilation d:

        z[n, f, i, j] = b[f] + Σ w[f, c, k, l] · x[n, c, i·s + k·d − p, j·s + l·d − p]

    x: (N, C, H, W), w: (F, C/groups, K, L), b: (F,) or None; z: (N, F, P, Q) with
    P = ⌊(H + 2p − d·(K − 1) − 1) / s⌋ + 1, and Q likewise. Outside the image x counts as 0. With groups, the
    F/groups kernels of a group see the C/groups channels of that group only.

    The pullback returns dx, dw, db. With ``need_dx=False`` (the first layer) dx is None, which saves a third
    of the products. It keeps x and not the unrolled columns, which are up to K·L times as large; to unroll
    once more takes 4 % of the time (64×32×32×32→32, 3×3).
    """
    x, w, b = _door("conv2d", x, w, b, groups, transposed=False)
    steps = (pair("conv2d", "stride", stride, 1), pair("conv2d", "padding", padding, 0))
    spread = pair("conv2d", "dilation", dilation, 1)
    image, kernel = (x.shape[2], x.shape[3]), (w.shape[2], w.shape[3])
    out = out_size("conv2d", image, kernel, *steps, spread)
    window = Window(image, out, kernel, *steps, spread)
    x_g, w_g = _by_group(x, groups), w.reshape(groups, -1, *w.shape[1:])
    bias = b is not None
    z = correlate(x_g, w_g, window, b.reshape(groups, -1, 1) if b is not None else None)
    shape, dtype = (len(x), len(w), *out), x.dtype

    def pullback(dz: Array) -> tuple[Array | None, ...]:
        dz = upstream("conv2d", dz, shape, dtype)
        dz_g = _by_group(dz, groups)
        dx = image_gradient(dz_g, w_g, window).reshape(x.shape) if need_dx else None
        dw = kernel_gradient(x_g, dz_g, window).reshape(w.shape)
        return (dx, dw, dz.sum(axis=(0, 2, 3))) if bias else (dx, dw)

    return z.reshape(shape), pullback


@differentiable("x", "w", "b")
def conv_transpose2d(
    x: ArrayLike,
    w: ArrayLike,
    b: ArrayLike | None = None,
    stride: Pair = 1,
    padding: Pair = 0,
    output_padding: Pair = 0,
    dilation: Pair = 1,
    groups: int = 1,
    *,
    need_dx: bool = True,
) -> tuple[Array, Pullback]:
    """The transpose of conv2d: each pixel of x puts down a kernel scaled by it; stride s, padding p, dilation d:

        z[n, f, i·s + k·d − p, j·s + l·d − p] += w[c, f, k, l] · x[n, c, i, j]

    x: (N, C, H, W), w: (C, F/groups, K, L), b: (F,) or None; z: (N, F, P, Q) with
    P = (H − 1)·s − 2p + d·(K − 1) + 1 + output_padding, and Q likewise. A strided conv2d maps several sizes
    to H; ``output_padding`` says which of them to return to, and is smaller than stride or dilation.

    What gave dx from dz in conv2d gives z from x here, with the same w, and the other way round. The pullback
    returns dx, dw, db; with ``need_dx=False`` dx is None.
    """
    op = "conv_transpose2d"
    x, w, b = _door(op, x, w, b, groups, transposed=True)
    step, pad = pair(op, "stride", stride, 1), pair(op, "padding", padding, 0)
    extra, spread = pair(op, "output_padding", output_padding, 0), pair(op, "dilation", dilation, 1)
    if extra[0] >= max(step[0], spread[0]) or extra[1] >= max(step[1], spread[1]):
        raise ValueError(
            f"{op}: output_padding must be smaller than stride {step} or dilation {spread}, got {extra}."
        )
    seen, kernel = (x.shape[2], x.shape[3]), (w.shape[2], w.shape[3])
    out = _transposed_size(op, seen, kernel, step, pad, extra, spread)
    window = Window(out, seen, kernel, step, pad, spread)
    x_g, w_g = _by_group(x, groups), w.reshape(groups, -1, *w.shape[1:])
    shape, dtype, bias = (len(x), w.shape[1] * groups, *out), x.dtype, b is not None
    z = image_gradient(x_g, w_g, window).reshape(shape)
    if b is not None:
        z += b[:, None, None]

    def pullback(dz: Array) -> tuple[Array | None, ...]:
        dz = upstream(op, dz, shape, dtype)
        dz_g = _by_group(dz, groups)
        dx = correlate(dz_g, w_g, window).reshape(x.shape) if need_dx else None
        dw = kernel_gradient(dz_g, x_g, window).reshape(w.shape)
        return (dx, dw, dz.sum(axis=(0, 2, 3))) if bias else (dx, dw)

    return z, pullback


def _transposed_size(
    op: str, seen: Size, kernel: Size, stride: Size, padding: Size, extra: Size, dilation: Size
) -> Size:
    P, Q = (
        (seen[i] - 1) * stride[i] - 2 * padding[i] + dilation[i] * (kernel[i] - 1) + extra[i] + 1
        for i in (0, 1)
    )
    if min(P, Q, *seen) < 1:
        raise ValueError(
            f"{op}: the output would be empty ({P} × {Q}): the image {seen} with kernel {kernel}, "
            f"stride {stride} and padding {padding}."
        )
    return P, Q
