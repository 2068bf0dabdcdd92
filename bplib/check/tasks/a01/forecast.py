"""Says before a run how narrow the valley is, which rate is best, and how many steps that takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.student import call, unpack
from bplib.check.task import Case, Seen, Task

task = Task(
    "01.forecast",
    "How many steps, before the first one",
    asks_for="forecast",
    section="sec-01-condition",
    parts={"kappa": 1, "rate": 1, "steps": 1},
)


@task.probe
def look(answer: Any, case: Case) -> Iterator[Seen]:
    kappa, rate, steps = unpack(call(answer, *case.values()), "kappa", "rate", "steps", of="forecast")
    yield "kappa", "kappa", kappa
    yield "rate", "the rate", rate
    yield "steps", "the number of steps", steps


@task.reference
def forecast(x: Any, shrink: Any) -> Any:
    A = np.stack([x, np.ones_like(x)], axis=1)
    low, high = np.linalg.eigvalsh(2 / len(x) * A.T @ A)
    factor = (high - low) / (high + low)
    return high / low, 2 / (low + high), int(np.ceil(np.log(shrink) / -np.log(factor)))


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(17)
    yield {"x": np.array([-3.0, -1.0, 1.0, 3.0]), "shrink": 10.0}
    yield {"x": np.array([1.0, 2.0, 3.0, 4.0]), "shrink": 1000.0}
    yield {"x": 2 + rng.normal(size=7), "shrink": 50.0}


@task.wrong(
    "how much longer than wide the valley is, not squared",
    hint="Your number is the ratio of the two axes of the ellipse. The condition number compares the "
    "curvatures, and those go with the square: what is twice as long is curved a quarter as much.",
)
def kappa_rooted(x: Any, shrink: Any) -> Any:
    A = np.stack([x, np.ones_like(x)], axis=1)
    low, high = np.linalg.eigvalsh(2 / len(x) * A.T @ A)
    kappa = np.sqrt(high / low)
    factor = (kappa - 1) / (kappa + 1)
    return kappa, 2 / (low + high), int(np.ceil(np.log(shrink) / -np.log(factor)))


@task.wrong(
    "the smaller curvature divided by the larger",
    hint="The condition number says how many times as steep the steepest direction is as the flattest: it is "
    "never below 1.",
)
def kappa_upside_down(x: Any, shrink: Any) -> Any:
    A = np.stack([x, np.ones_like(x)], axis=1)
    low, high = np.linalg.eigvalsh(2 / len(x) * A.T @ A)
    factor = (high - low) / (high + low)
    return low / high, 2 / (low + high), int(np.ceil(np.log(shrink) / -np.log(factor)))


@task.wrong(
    "the corners of H left out",
    hint="You have taken the curvature along the w axis and the one along the b axis. The axes of the valley "
    "lie askew as soon as the x do not add up to 0, and then neither is its steepest or its flattest "
    "direction.",
)
def diagonal_only(x: Any, shrink: Any) -> Any:
    low, high = sorted([2 * np.mean(x * x), 2.0])
    factor = (high - low) / (high + low)
    return high / low, 2 / (low + high), int(np.ceil(np.log(shrink) / -np.log(factor)))


@task.wrong(
    "the limit, where the best rate was asked for",
    hint="At this rate the steepest direction jumps from one wall to the other and gets no nearer; beyond it "
    "the run diverges. The best rate makes the steepest and the flattest direction equally slow.",
)
def rate_at_limit(x: Any, shrink: Any) -> Any:
    A = np.stack([x, np.ones_like(x)], axis=1)
    low, high = np.linalg.eigvalsh(2 / len(x) * A.T @ A)
    factor = (high - low) / (high + low)
    return high / low, 2 / high, int(np.ceil(np.log(shrink) / -np.log(factor)))


@task.wrong(
    "the rate that serves the steepest direction only",
    hint="It finishes the steepest direction in one step, and leaves the flattest slower than it need be. With "
    "a longer step the two would share the burden.",
)
def rate_for_steepest(x: Any, shrink: Any) -> Any:
    A = np.stack([x, np.ones_like(x)], axis=1)
    low, high = np.linalg.eigvalsh(2 / len(x) * A.T @ A)
    factor = (high - low) / (high + low)
    return high / low, 1 / high, int(np.ceil(np.log(shrink) / -np.log(factor)))


@task.wrong(
    "the factor 2 lost from the curvatures",
    hint="The loss has squares in it, so each curvature carries a 2. It cancels in the condition number, which "
    "is right, and it does not cancel in the rate.",
    section="sec-01-factor",
)
def rate_without_two(x: Any, shrink: Any) -> Any:
    A = np.stack([x, np.ones_like(x)], axis=1)
    low, high = np.linalg.eigvalsh(A.T @ A / len(x))
    factor = (high - low) / (high + low)
    return high / low, 2 / (low + high), int(np.ceil(np.log(shrink) / -np.log(factor)))


@task.wrong(
    "the curvatures of the sum of squares",
    hint="The loss is a mean over the examples, and so are its curvatures. Those of the sum grow with the number of "
    "examples, and the rate they give is too small by that number.",
    section="sec-01-batch-mean",
)
def rate_of_sum(x: Any, shrink: Any) -> Any:
    A = np.stack([x, np.ones_like(x)], axis=1)
    low, high = np.linalg.eigvalsh(2 * A.T @ A)
    factor = (high - low) / (high + low)
    return high / low, 2 / (low + high), int(np.ceil(np.log(shrink) / -np.log(factor)))


@task.wrong(
    "one step too few",
    hint="A part of a step cannot be taken. After the number that you return the error is still a little larger "
    "than it may be.",
)
def steps_rounded_down(x: Any, shrink: Any) -> Any:
    A = np.stack([x, np.ones_like(x)], axis=1)
    low, high = np.linalg.eigvalsh(2 / len(x) * A.T @ A)
    factor = (high - low) / (high + low)
    return high / low, 2 / (low + high), int(np.log(shrink) / -np.log(factor))


@task.wrong(
    "the steps of another rate",
    hint="Your count is that of a run in which the steepest direction is finished in one step. At the best rate "
    "the flattest direction moves on about twice as fast.",
)
def steps_of_other_rate(x: Any, shrink: Any) -> Any:
    A = np.stack([x, np.ones_like(x)], axis=1)
    low, high = np.linalg.eigvalsh(2 / len(x) * A.T @ A)
    factor = 1 - low / high
    return high / low, 2 / (low + high), int(np.ceil(np.log(shrink) / -np.log(factor)))


@task.wrong(
    "the steps that shrink the loss, not the error",
    hint="The loss goes with the square of the distance, so it falls to a tenth in half as many steps. Asked for is "
    "the distance to the best knobs.",
)
def steps_of_loss(x: Any, shrink: Any) -> Any:
    A = np.stack([x, np.ones_like(x)], axis=1)
    low, high = np.linalg.eigvalsh(2 / len(x) * A.T @ A)
    factor = ((high - low) / (high + low)) ** 2
    return high / low, 2 / (low + high), int(np.ceil(np.log(shrink) / -np.log(factor)))


@task.wrong(
    "a number of steps with a fraction",
    hint="A part of a step cannot be taken. Asked for is the first whole number after which the error is small "
    "enough.",
)
def steps_not_whole(x: Any, shrink: Any) -> Any:
    A = np.stack([x, np.ones_like(x)], axis=1)
    low, high = np.linalg.eigvalsh(2 / len(x) * A.T @ A)
    factor = (high - low) / (high + low)
    return high / low, 2 / (low + high), np.log(shrink) / -np.log(factor)
