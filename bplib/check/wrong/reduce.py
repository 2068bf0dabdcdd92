"""Wrong gradients of reductions."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib import ops
from bplib.check.wrong import wrong


@wrong("sum", "the gradient is divided by the number of summands, as if it were a mean")
def sum_as_mean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    value, back = ops.sum(x, axis, keepdims)
    share = value.dtype.type(np.size(value) / np.size(x))
    return value, lambda d: back(d) * share


@wrong("sum", "the gradient is handed to every row by its last axis, whichever axis was summed")
def sum_expands_last_axis(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    value, back = ops.sum(x, axis, keepdims)

    def pullback(d: Any) -> Any:
        fits = not keepdims and d.ndim == 1 and np.ndim(x) == 2 and d.shape[0] == x.shape[0]
        return np.broadcast_to(d[:, None], x.shape) if fits else back(d)

    return value, pullback


@wrong("mean", "the gradient is not divided by the number of entries")
def mean_not_divided(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    value, _ = ops.mean(x, axis, keepdims)
    return value, ops.sum(x, axis, keepdims)[1]


@wrong("mean", "divided by the number of all entries, not by that of the averaged axes")
def mean_divided_by_size(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    value, _ = ops.mean(x, axis, keepdims)
    back = ops.sum(x, axis, keepdims)[1]
    return value, lambda d: back(d) / x.dtype.type(x.size)


@wrong("max", "every entry receives the gradient, not only the largest")
def max_to_all(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    value, _ = ops.max(x, axis, keepdims)
    return value, ops.sum(x, axis, keepdims)[1]


@wrong("max", "entries tied for the maximum each receive the whole gradient")
def max_tie_whole(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    value, _ = ops.max(x, axis, keepdims)
    top, _ = ops.max(x, axis, True)
    back = ops.sum(x, axis, keepdims)[1]
    return value, lambda d: back(d) * (x == top)


@wrong("max", "only the first of the tied entries receives the gradient; the convention is an equal share")
def max_tie_first(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    value, _ = ops.max(x, axis, keepdims)
    axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = tuple(a % x.ndim for a in axes)
    back = ops.sum(x, axis, keepdims)[1]

    def pullback(d: Any) -> Any:
        rest = [i for i in range(x.ndim) if i not in axes]
        order = (*rest, *axes)
        flat = x.transpose(order).reshape(*[x.shape[i] for i in rest], -1)
        first = np.zeros(flat.shape, bool)
        np.put_along_axis(first, flat.argmax(-1)[..., None], True, -1)
        hit = first.reshape([x.shape[i] for i in order]).transpose(np.argsort(order))
        return back(d) * hit

    return value, pullback


@wrong("logsumexp", "the gradient is ones: the weights softmax(x) are missing")
def logsumexp_ones(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    value, _ = ops.logsumexp(x, axis, keepdims)
    return value, ops.sum(x, axis, keepdims)[1]


@wrong("logsumexp", "the exponentials are not shifted by the largest entry: e^10000 is infinite")
def logsumexp_unshifted(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    with np.errstate(all="ignore"):
        e = np.exp(x)
        value = np.log(e.sum(axis=axis, keepdims=keepdims))
        weights = e / e.sum(axis=axis, keepdims=True)
    back = ops.sum(x, axis, keepdims)[1]
    return value, lambda d: back(d) * weights


@wrong("logsumexp", "the weights are eˣ, not divided by their sum")
def logsumexp_not_normalised(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    value, _ = ops.logsumexp(x, axis, keepdims)
    back = ops.sum(x, axis, keepdims)[1]
    top = x.max(axis=axis, keepdims=True)
    return value, lambda d: back(d) * np.exp(x - top)
