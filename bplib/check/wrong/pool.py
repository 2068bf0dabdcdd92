"""Wrong gradients of pooling."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib import ops
from bplib.check.wrong import wrong


def _two(v: Any) -> Any:
    return (v, v) if isinstance(v, int) else v


def _padded(x: Any, padding: Any, fill: float) -> Any:
    ph, pw = _two(padding)
    return np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), constant_values=fill)


def _cut(dxp: Any, x: Any, padding: Any) -> Any:
    ph, pw = _two(padding)
    return dxp[:, :, ph : ph + x.shape[2], pw : pw + x.shape[3]]


def _windows(value: Any, kernel: Any, stride: Any) -> Iterator[tuple[Any, Any]]:
    """Each output pixel, as an index that keeps its axes, and the window of the padded image behind it."""
    (K, L), (sh, sw) = _two(kernel), _two(kernel if stride is None else stride)
    for i in range(value.shape[2]):
        for j in range(value.shape[3]):
            here = (slice(None), slice(None), slice(i, i + 1), slice(j, j + 1))
            yield here, (slice(None), slice(None), slice(i * sh, i * sh + K), slice(j * sw, j * sw + L))


@wrong("max_pool2d", "an entry that wins in two windows receives the gradient of the last one only: = for +=")
def max_overlap_overwritten(x: Any, kernel: Any, stride: Any = None, padding: Any = 0) -> Any:
    value, _ = ops.max_pool2d(x, kernel, stride, padding)

    def pullback(d: Any) -> Any:
        xp = _padded(x, padding, -np.inf)
        dxp = np.zeros_like(xp)
        for here, window in _windows(value, kernel, stride):
            dxp[window] = np.where(xp[window] == value[here], d[here], dxp[window])
        return _cut(dxp, x, padding)

    return value, pullback


@wrong("max_pool2d", "the gradient is spread evenly over the window, as an average would do")
def max_spread_evenly(x: Any, kernel: Any, stride: Any = None, padding: Any = 0) -> Any:
    value, _ = ops.max_pool2d(x, kernel, stride, padding)
    _, back = ops.avg_pool2d(x, kernel, stride, padding)
    return value, back


@wrong("max_pool2d", "every entry that ties for the maximum receives the whole gradient: it is counted twice")
def max_ties_all_get_it(x: Any, kernel: Any, stride: Any = None, padding: Any = 0) -> Any:
    value, _ = ops.max_pool2d(x, kernel, stride, padding)

    def pullback(d: Any) -> Any:
        xp = _padded(x, padding, -np.inf)
        dxp = np.zeros_like(xp)
        for here, window in _windows(value, kernel, stride):
            dxp[window] += (xp[window] == value[here]) * d[here]
        return _cut(dxp, x, padding)

    return value, pullback


@wrong("max_pool2d", "of equal entries the last one receives the gradient; the convention is the first")
def max_last_of_ties(x: Any, kernel: Any, stride: Any = None, padding: Any = 0) -> Any:
    value, _ = ops.max_pool2d(x, kernel, stride, padding)

    def pullback(d: Any) -> Any:
        xp = _padded(x, padding, -np.inf)
        dxp = np.zeros_like(xp)
        K, L = _two(kernel)
        for here, window in _windows(value, kernel, stride):
            last = K * L - 1 - (xp[window] == value[here]).reshape(*x.shape[:2], -1)[..., ::-1].argmax(-1)
            won = np.arange(K * L) == last[..., None]
            dxp[window] += won.reshape(*x.shape[:2], K, L) * d[here]
        return _cut(dxp, x, padding)

    return value, pullback


@wrong("max_pool2d", "padding counts as 0 and wins where a window is negative; it must count as −∞")
def max_padded_with_zeros(x: Any, kernel: Any, stride: Any = None, padding: Any = 0) -> Any:
    xp = _padded(x, padding, 0.0)
    value, back = ops.max_pool2d(xp, kernel, stride)
    return value, lambda d: _cut(back(d), x, padding)


@wrong("max_pool2d", "the windows are placed by the kernel's size on the way back, not by the stride")
def max_stride_ignored(x: Any, kernel: Any, stride: Any = None, padding: Any = 0) -> Any:
    value, _ = ops.max_pool2d(x, kernel, stride, padding)

    def pullback(d: Any) -> Any:
        xp = _padded(x, padding, -np.inf)
        dxp = np.zeros_like(xp)
        for here, window in _windows(value, kernel, kernel):
            dxp[window] += (xp[window] == value[here]) * d[here]
        return _cut(dxp, x, padding)

    return value, pullback


@wrong("avg_pool2d", "the gradient is not divided by the size of the window")
def avg_not_divided(x: Any, kernel: Any, stride: Any = None, padding: Any = 0) -> Any:
    value, back = ops.avg_pool2d(x, kernel, stride, padding)
    K, L = _two(kernel)
    return value, lambda d: back(d * (K * L))


@wrong("avg_pool2d", "an entry of several windows receives the share of the last one only: = for +=")
def avg_overlap_overwritten(x: Any, kernel: Any, stride: Any = None, padding: Any = 0) -> Any:
    value, _ = ops.avg_pool2d(x, kernel, stride, padding)

    def pullback(d: Any) -> Any:
        dxp = np.zeros_like(_padded(x, padding, 0.0))
        K, L = _two(kernel)
        for here, window in _windows(value, kernel, stride):
            dxp[window] = d[here] / (K * L)
        return _cut(dxp, x, padding)

    return value, pullback


@wrong("avg_pool2d", "a window at the border is divided by its entries inside the image only")
def avg_divides_by_what_is_inside(x: Any, kernel: Any, stride: Any = None, padding: Any = 0) -> Any:
    value, back = ops.avg_pool2d(x, kernel, stride, padding)
    share, _ = ops.avg_pool2d(np.ones_like(x), kernel, stride, padding)
    return value / share, lambda d: back(d / share)


@wrong(
    "avg_pool2d",
    "the gradient is divided by the area of the stride, which is the window's only without overlap",
)
def avg_divided_by_stride(x: Any, kernel: Any, stride: Any = None, padding: Any = 0) -> Any:
    value, back = ops.avg_pool2d(x, kernel, stride, padding)
    (K, L), (sh, sw) = _two(kernel), _two(kernel if stride is None else stride)
    return value, lambda d: back(d * (K * L) / (sh * sw))


@wrong("global_avg_pool2d", "the gradient is copied to every pixel, not divided among them")
def global_not_divided(x: Any) -> Any:
    value, back = ops.global_avg_pool2d(x)
    return value, lambda d: back(d * (x.shape[2] * x.shape[3]))


@wrong("global_avg_pool2d", "the gradient is divided by the channels too")
def global_divided_by_channels(x: Any) -> Any:
    value, back = ops.global_avg_pool2d(x)
    return value, lambda d: back(d / x.shape[1])


@wrong("global_avg_pool2d", "the whole gradient goes to the largest pixel, as in global max pooling")
def global_to_the_largest(x: Any) -> Any:
    value, _ = ops.global_avg_pool2d(x)

    def pullback(d: Any) -> Any:
        _, back = ops.max_pool2d(x, (x.shape[2], x.shape[3]))
        return back(d[:, :, None, None])

    return value, pullback
