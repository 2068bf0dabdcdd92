"""Wrong gradients of arithmetic, reductions and shape ops."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib import ops
from bplib.check.wrong import wrong


def _drop_new_axes(d: Any, shape: tuple[int, ...]) -> Any:
    """Half of unbroadcast: axes of size 1 that were stretched stay stretched."""
    return d.sum(axis=tuple(range(d.ndim - len(shape)))) if d.ndim > len(shape) else d


@wrong("add", "new axes are summed away, stretched axes of size 1 are forgotten")
def add_forgets_stretched_axes(a: Any, b: Any) -> Any:
    value, _ = ops.add(a, b)
    return value, lambda d: (_drop_new_axes(d, np.shape(a)), _drop_new_axes(d, np.shape(b)))


@wrong("add", "the gradient of an argument that was repeated is averaged over its copies, not summed")
def add_averages_copies(a: Any, b: Any) -> Any:
    value, back = ops.add(a, b)

    def pullback(d: Any) -> Any:
        da, db = back(d)
        return da * (np.size(a) / d.size), db * (np.size(b) / d.size)

    return value, pullback


@wrong("sub", "b receives the gradient of a + b: the minus is lost")
def sub_sign_lost(a: Any, b: Any) -> Any:
    value, back = ops.sub(a, b)

    def pullback(d: Any) -> Any:
        da, db = back(d)
        return da, -db

    return value, pullback


@wrong("mul", "new axes are summed away, stretched axes of size 1 are forgotten")
def mul_forgets_stretched_axes(a: Any, b: Any) -> Any:
    value, _ = ops.mul(a, b)
    return value, lambda d: (_drop_new_axes(d * b, np.shape(a)), _drop_new_axes(d * a, np.shape(b)))


@wrong("mul", "each argument is scaled by itself, not by the other one")
def mul_by_itself(a: Any, b: Any) -> Any:
    value, _ = ops.mul(a, b)
    ones = np.ones_like
    return value, lambda d: (
        ops.mul(ones(a), b)[1](d * a)[0],
        ops.mul(a, ones(b))[1](d * b)[1],
    )


@wrong("div", "the denominator's gradient has the wrong sign: a/b falls when b grows")
def div_denominator_sign(a: Any, b: Any) -> Any:
    value, back = ops.div(a, b)

    def pullback(d: Any) -> Any:
        da, db = back(d)
        return da, -db

    return value, pullback


@wrong("div", "the denominator's gradient is −a/b; the derivative of 1/b is −1/b²")
def div_denominator_not_squared(a: Any, b: Any) -> Any:
    value, back = ops.div(a, b)

    def pullback(d: Any) -> Any:
        return back(d)[0], back(d * b)[1]

    return value, pullback


@wrong("power", "n·aⁿ for n·aⁿ⁻¹: the exponent was not lowered")
def power_exponent_not_lowered(a: Any, b: Any) -> Any:
    value, back = ops.power(a, b)

    def pullback(d: Any) -> Any:
        return back(d * a)[0], back(d)[1]

    return value, pullback


@wrong("power", "the exponent's gradient is aᵇ without log a: the rule for eᵇ was used for every base")
def power_without_log(a: Any, b: Any) -> Any:
    value, back = ops.power(a, b)
    return value, lambda d: (back(d)[0], ops.add(a, b)[1](d * value)[1])


@wrong("maximum", "at a tie both arguments receive the whole gradient, so the total is counted twice")
def maximum_tie_twice(a: Any, b: Any) -> Any:
    value, _ = ops.maximum(a, b)
    split = ops.add(a, b)[1]
    return value, lambda d: (split(d * (a >= b))[0], split(d * (b >= a))[1])


@wrong("maximum", "at a tie the first argument takes all; the convention here is half for each")
def maximum_tie_to_first(a: Any, b: Any) -> Any:
    value, _ = ops.maximum(a, b)
    split = ops.add(a, b)[1]
    return value, lambda d: (split(d * (a >= b))[0], split(d * (b > a))[1])


@wrong("where", "both arguments receive the gradient everywhere: the mask is missing on the way back")
def where_without_mask(condition: Any, a: Any, b: Any) -> Any:
    value, _ = ops.where(condition, a, b)
    split = ops.add(np.broadcast_to(a, value.shape), b)[1]

    def pullback(d: Any) -> Any:
        return ops.broadcast_to(a, value.shape)[1](split(d)[0]), ops.broadcast_to(b, value.shape)[1](d)

    return value, pullback


@wrong("exp", "the pullback multiplies by x, not by the saved value eˣ")
def exp_by_x(x: Any) -> Any:
    value, _ = ops.exp(x)
    return value, lambda d: d * x


@wrong("exp", "the power rule was applied: x·eˣ⁻¹")
def exp_power_rule(x: Any) -> Any:
    value, _ = ops.exp(x)
    return value, lambda d: d * x * value / x.dtype.type(np.e)


@wrong("log", "the pullback multiplies by x where it should divide")
def log_times_x(x: Any) -> Any:
    value, _ = ops.log(x)
    return value, lambda d: d * x


@wrong("log", "the pullback divides by the saved value log x, not by x")
def log_by_value(x: Any) -> Any:
    value, _ = ops.log(x)
    return value, lambda d: d / value


@wrong("log", "the upstream gradient is ignored")
def log_ignores_upstream(x: Any) -> Any:
    value, _ = ops.log(x)
    return value, lambda d: 1 / x


@wrong("sqrt", "1/√x for 1/(2√x)")
def sqrt_without_half(x: Any) -> Any:
    value, back = ops.sqrt(x)
    return value, lambda d: 2 * back(d)


@wrong("sqrt", "the pullback divides by 2x, not by twice the root")
def sqrt_by_x(x: Any) -> Any:
    value, _ = ops.sqrt(x)
    return value, lambda d: d / (2 * x)


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


@wrong("reshape", "on the way back the numbers are read in column order")
def reshape_back_in_column_order(x: Any, shape: Any) -> Any:
    value, _ = ops.reshape(x, shape)
    return value, lambda d: d.reshape(x.shape, order="F")


@wrong("transpose", "the gradient takes the forward permutation, not its inverse; equal for two axes")
def transpose_forward_again(x: Any, axes: Any = None) -> Any:
    value, _ = ops.transpose(x, axes)
    return value, lambda d: d.transpose(axes)


@wrong("transpose", "the gradient is reshaped to the old shape, which moves its numbers to other places")
def transpose_back_by_reshape(x: Any, axes: Any = None) -> Any:
    value, _ = ops.transpose(x, axes)
    return value, lambda d: d.reshape(x.shape)


@wrong("concatenate", "the pieces of the gradient are handed out in reversed order")
def concatenate_reversed(arrays: Any, axis: int = 0) -> Any:
    value, back = ops.concatenate(arrays, axis)
    return value, lambda d: back(d)[::-1]


@wrong("concatenate", "the gradient is cut into equal pieces although the arrays differ in size")
def concatenate_equal_pieces(arrays: Any, axis: int = 0) -> Any:
    value, _ = ops.concatenate(arrays, axis)
    return value, lambda d: tuple(np.array_split(d, len(arrays), axis=axis))


@wrong("getitem", "gradients are assigned: of an entry that was picked twice only the last pick counts")
def getitem_assigned(x: Any, index: Any) -> Any:
    value, _ = ops.getitem(x, index)

    def pullback(d: Any) -> Any:
        dx = np.zeros_like(x)
        dx[index] = d
        return dx

    return value, pullback


@wrong("getitem", "dx[index] += d looks like accumulation, but NumPy adds to a repeated index once")
def getitem_buffered_add(x: Any, index: Any) -> Any:
    value, _ = ops.getitem(x, index)

    def pullback(d: Any) -> Any:
        dx = np.zeros_like(x)
        dx[index] += d
        return dx

    return value, pullback


@wrong("broadcast_to", "the gradient of the first copy is returned; those of the others are lost")
def broadcast_to_first_copy(x: Any, shape: Any) -> Any:
    value, _ = ops.broadcast_to(x, shape)

    def pullback(d: Any) -> Any:
        d = d[(0,) * (d.ndim - np.ndim(x))]
        return d[tuple(slice(0, n) for n in np.shape(x))]

    return value, pullback
