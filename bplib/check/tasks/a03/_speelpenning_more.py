"""More wrong ways to the slopes of a product."""

from __future__ import annotations

from typing import Any

from bplib.check.tasks.a03.speelpenning import task


@task.wrong(
    "a division by a number that may be zero",
    hint="Dividing takes a factor out again, as long as it is not zero. The slope by a number that is zero "
    "exists all the same. And a pullback uses what the forward pass has computed; it does not undo it.",
)
def divided_plainly(xs: Any, mul: Any) -> Any:
    value = xs[0]
    for x in xs[1:]:
        value = mul(value, x)
    return value, [value / x for x in xs]


@task.wrong(
    "a slope of 0 put where a division would fail",
    hint="Where one number is zero, the product of the others need not be. That number is the one that matters "
    "most: its slope is the only one that is not 0.",
)
def zero_for_zero(xs: Any, mul: Any) -> Any:
    value = xs[0]
    for x in xs[1:]:
        value = mul(value, x)
    return value, [value / x if x else 0.0 for x in xs]


@task.wrong(
    "each slope computed by itself, and each from 1 onwards",
    hint="Your slopes are right, and each of them costs a whole run. Neighbouring slopes share nearly all "
    "their factors; what they share could be computed once.",
    section="sec-03-bug-paths",
)
def one_by_one_from_one(xs: Any, mul: Any) -> Any:
    def product(numbers: Any) -> Any:
        value = 1.0
        for x in numbers:
            value = mul(value, x)
        return value

    return product(xs), [product([*xs[:k], *xs[k + 1 :]]) for k in range(len(xs))]


@task.wrong(
    "products made past mul on the way back",
    hint="Forward you use mul, on the way back you do not. Those products are not counted, and on a clock of "
    "97 hours they are not even right: there, only mul knows how to multiply.",
)
def past_mul_backward(xs: Any, mul: Any) -> Any:
    before = [xs[0]]
    for x in xs[1:]:
        before.append(mul(before[-1], x))
    grads, d = [0.0] * len(xs), 1.0
    for k in range(len(xs) - 1, 0, -1):
        grads[k] = d * before[k - 1]
        d = d * xs[k]
    grads[0] = d
    return before[-1], grads


@task.wrong(
    "a number's own value among the factors of its slope, except for the first",
    hint="A product is a straight line in each of its numbers, so a number's own value cannot show in its "
    "slope. In yours it does: what you take from the way forward holds that number already.",
    section="sec-03-op",
)
def own_factor_but_first(xs: Any, mul: Any) -> Any:
    before = [xs[0]]
    for x in xs[1:]:
        before.append(mul(before[-1], x))
    grads, d = [0.0] * len(xs), 1.0
    for k in range(len(xs) - 1, 0, -1):
        grads[k] = mul(d, before[k])
        d = mul(d, xs[k])
    grads[0] = d
    return before[-1], grads


@task.wrong(
    "nothing sent to the first number",
    hint="Each step back serves the number that joined there. The first number joined at no step, and what is "
    "left when the walk ends is for it.",
)
def first_forgotten(xs: Any, mul: Any) -> Any:
    before = [xs[0]]
    for x in xs[1:]:
        before.append(mul(before[-1], x))
    grads, d = [0.0] * len(xs), 1.0
    for k in range(len(xs) - 1, 0, -1):
        grads[k] = mul(d, before[k - 1])
        d = mul(d, xs[k])
    return before[-1], grads


@task.wrong(
    "a second number expected",
    hint="A list of one number is a product too. Its slope is 1, as for any straight line through the origin "
    "that rises one for one.",
)
def two_at_least(xs: Any, mul: Any) -> Any:
    before = [xs[0], mul(xs[0], xs[1])]
    for x in xs[2:]:
        before.append(mul(before[-1], x))
    grads, d = [0.0] * len(xs), 1.0
    for k in range(len(xs) - 1, 0, -1):
        grads[k] = mul(d, before[k - 1])
        d = mul(d, xs[k])
    grads[0] = d
    return before[-1], grads
