"""Wrong gradients of arithmetic."""

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
