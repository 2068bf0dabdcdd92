"""The product of many numbers and all its slopes, for three products a number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import call, unpack
from bplib.check.task import Case, Seen, Task

task = Task(
    "03.speelpenning",
    "Twenty slopes for the price of three runs",
    asks_for="speelpenning",
    section="sec-03-cost",
    parts={"value": 1, "gradient": 2, "cost": 1},
)
CLOCK = 97  # hours of a clock that has a prime number of them


@task.reference
def speelpenning(xs: Any, mul: Any) -> Any:
    before = [xs[0]]
    for x in xs[1:]:
        before.append(mul(before[-1], x))
    grads, d = [0.0] * len(xs), 1.0
    for k in range(len(xs) - 1, 0, -1):
        grads[k] = mul(d, before[k - 1])
        d = mul(d, xs[k])
    grads[0] = d
    return before[-1], grads


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(38)
    yield {"xs": [2.0, 3.0, 5.0], "mul": "plain"}
    yield {"xs": [4.0, 0.0, -1.0, 3.0], "mul": "plain"}
    yield {"xs": [7.0, -2.0], "mul": "plain"}
    yield {"xs": [4.0], "mul": "plain"}
    yield {"xs": rng.uniform(0.5, 1.5, 20).tolist(), "mul": "plain"}
    yield {"xs": rng.integers(1, CLOCK, 12).astype(float).tolist(), "mul": "clock"}


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    xs, calls = case["xs"], [0]

    def mul(a: float, b: float) -> float:
        calls[0] += 1
        return float(a) * float(b) % CLOCK if case["mul"] == "clock" else float(a) * float(b)

    value, grads = unpack(call(answer, xs, mul), "value", "grads", of="speelpenning")
    yield "value", "the value", value
    yield "gradient", "the gradient", grads
    allowed = 3 * len(xs)
    told = f"at most {allowed}" if calls[0] <= allowed else str(calls[0])
    yield "cost", "calls of mul", told


@task.wrong(
    "the value divided by each number in turn",
    hint="That works as long as no number is zero: 0/0 is no slope, though the slope there is a fine number. And a "
    "pullback uses what the forward pass has computed; it does not undo it.",
)
def divided(xs: Any, mul: Any) -> Any:
    value = xs[0]
    for x in xs[1:]:
        value = mul(value, x)
    return value, [float(np.float64(value) / x) for x in xs]


@task.wrong(
    "each slope computed by itself",
    hint="Your slopes are right, and each of them costs a whole run. Neighbouring slopes share nearly all their "
    "factors; what they share could be computed once.",
    section="sec-03-bug-paths",
)
def one_by_one(xs: Any, mul: Any) -> Any:
    value = xs[0]
    for x in xs[1:]:
        value = mul(value, x)
    grads = []
    for k in range(len(xs)):
        first, *others = [*xs[:k], *xs[k + 1 :]] or [1.0]
        for x in others:
            first = mul(first, x)
        grads.append(first)
    return value, grads


@task.wrong(
    "the factors behind a number left out",
    hint="Each slope of yours knows the numbers that stand before it. A change of one number is "
    "multiplied by those that come after it too; they are on its way to the end.",
)
def factors_before_only(xs: Any, mul: Any) -> Any:
    before = [xs[0]]
    for x in xs[1:]:
        before.append(mul(before[-1], x))
    return before[-1], [1.0, *before[:-1]]


@task.wrong(
    "the factors in front of a number left out",
    hint="Each slope of yours is what comes back from the end. That arrives at the product, not at the number: at a "
    "product, each factor is told the value of the other one as well.",
    section="sec-03-op",
)
def factors_behind_only(xs: Any, mul: Any) -> Any:
    value, d, grads = xs[0], 1.0, [0.0] * len(xs)
    for x in xs[1:]:
        value = mul(value, x)
    for k in range(len(xs) - 1, -1, -1):
        grads[k] = d
        d = mul(d, xs[k])
    return value, grads


@task.wrong(
    "a number's own value among the factors of its slope",
    hint="A product is a straight line in each of its numbers, so a number's own value cannot show in its slope. In "
    "yours it does.",
    section="sec-03-op",
)
def own_factor(xs: Any, mul: Any) -> Any:
    before = [xs[0]]
    for x in xs[1:]:
        before.append(mul(before[-1], x))
    grads, d = [0.0] * len(xs), 1.0
    for k in range(len(xs) - 1, -1, -1):
        grads[k] = mul(d, before[k])
        d = mul(d, xs[k])
    return before[-1], grads


@task.wrong(
    "the factors of a step mixed up on the way back",
    hint="Each step has two factors, the product so far and the new number, and tells each the other one. You sent "
    "the wrong one down the chain.",
    section="sec-03-op",
)
def factors_mixed_up(xs: Any, mul: Any) -> Any:
    before = [xs[0]]
    for x in xs[1:]:
        before.append(mul(before[-1], x))
    grads, d = [0.0] * len(xs), 1.0
    for k in range(len(xs) - 1, 0, -1):
        grads[k] = mul(d, xs[k])
        d = mul(d, before[k - 1])
    grads[0] = d
    return before[-1], grads


@task.wrong(
    "the slopes in the order in which the sweep finds them",
    hint="The sweep meets the last number first. The list should be in the order of the numbers, the first number's "
    "slope at its head.",
)
def last_first(xs: Any, mul: Any) -> Any:
    before = [xs[0]]
    for x in xs[1:]:
        before.append(mul(before[-1], x))
    grads, d = [], 1.0
    for k in range(len(xs) - 1, 0, -1):
        grads.append(mul(d, before[k - 1]))
        d = mul(d, xs[k])
    return before[-1], [*grads, d]


@task.wrong(
    "products made past mul",
    hint="Your products do not go through mul, so they are not counted. On a clock of 97 hours they are not "
    "even right: there, only mul knows how to multiply.",
)
def past_mul(xs: Any, mul: Any) -> Any:
    value, d, grads = xs[0], 1.0, [0.0] * len(xs)
    before = [xs[0]]
    for x in xs[1:]:
        before.append(before[-1] * x)
    value = before[-1]
    for k in range(len(xs) - 1, 0, -1):
        grads[k] = d * before[k - 1]
        d = d * xs[k]
    grads[0] = d
    return value, grads


@task.wrong(
    "each slope measured by nudging",
    hint="You run the product again for every number. That costs as many runs as there are numbers, and one more; and "
    "on a clock, where there is no small step, it measures nothing.",
    section="sec-03-question",
)
def nudged(xs: Any, mul: Any) -> Any:
    def product(numbers: Any) -> Any:
        value = numbers[0]
        for x in numbers[1:]:
            value = mul(value, x)
        return value

    value, h = product(xs), 1e-4
    grads = []
    for k in range(len(xs)):
        moved = list(xs)
        moved[k] += h
        grads.append((product(moved) - value) / h)
    return value, grads


from bplib.check.tasks.a03 import _speelpenning_more  # noqa: E402, F401  # it enters more wrong answers
