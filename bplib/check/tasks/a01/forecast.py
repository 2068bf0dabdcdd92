"""Says before a run how narrow the valley is, where a rate is too large, and how many steps a rate needs."""

from __future__ import annotations

import math
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
    parts={"kappa": 1, "limit": 1, "steps": 1},
)


@task.probe
def look(answer: Any, case: Case) -> Iterator[Seen]:
    kappa, limit, steps = unpack(call(answer, *case.values()), "kappa", "limit", "steps", of="forecast")
    yield "kappa", "kappa", kappa
    yield "limit", "the limit", limit
    yield "steps", "the number of steps", steps


@task.reference
def forecast(x: Any, lr: Any, shrink: Any) -> Any:
    A = np.stack([x, np.ones_like(x)], axis=1)
    low, high = np.linalg.eigvalsh(2 / len(x) * A.T @ A)
    left = max(abs(1 - lr * low), abs(1 - lr * high))
    return high / low, 2 / high, int(np.ceil(np.log(shrink) / -np.log(left)))


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(17)
    yield {"x": np.array([-3.0, -1.0, 1.0, 3.0]), "lr": 0.05, "shrink": 10.0}
    yield {"x": np.array([-3.0, -1.0, 1.0, 3.0]), "lr": 0.18, "shrink": 10.0}
    yield {"x": np.array([1.0, 2.0, 3.0, 4.0]), "lr": 0.1, "shrink": 1000.0}
    yield {"x": np.array([-0.5, 0.5, 0.25, -0.1]), "lr": 0.4, "shrink": 30.0}
    yield {"x": np.array([-1.5, -0.5, 0.5, 1.5]), "lr": 0.4, "shrink": 1000.0}
    yield {"x": 2 + rng.normal(size=7), "lr": 0.12, "shrink": 50.0}


@task.wrong(
    "how much longer than wide the valley is, not squared",
    hint="Your number is the ratio of the two axes of the ellipse. The condition number compares the "
    "curvatures, and those go with the square: what is twice as long is curved a quarter as much.",
)
def kappa_rooted(x: Any, lr: Any, shrink: Any) -> Any:
    A = np.stack([x, np.ones_like(x)], axis=1)
    low, high = np.linalg.eigvalsh(2 / len(x) * A.T @ A)
    left = max(abs(1 - lr * low), abs(1 - lr * high))
    return np.sqrt(high / low), 2 / high, int(np.ceil(np.log(shrink) / -np.log(left)))


@task.wrong(
    "the smaller curvature divided by the larger",
    hint="The condition number says how many times as steep the steepest direction is as the flattest: it is "
    "never below 1.",
)
def kappa_upside_down(x: Any, lr: Any, shrink: Any) -> Any:
    A = np.stack([x, np.ones_like(x)], axis=1)
    low, high = np.linalg.eigvalsh(2 / len(x) * A.T @ A)
    left = max(abs(1 - lr * low), abs(1 - lr * high))
    return low / high, 2 / high, int(np.ceil(np.log(shrink) / -np.log(left)))


@task.wrong(
    "the eigenvalues taken in the order in which they came",
    hint="Not every routine sorts the eigenvalues. On some inputs the larger one comes first and on others the "
    "smaller one, so the first of them is not always the largest.",
)
def unordered(x: Any, lr: Any, shrink: Any) -> Any:
    A = np.stack([x, np.ones_like(x)], axis=1)
    first, second = np.linalg.eigvals(2 / len(x) * A.T @ A)
    left = max(abs(1 - lr * first), abs(1 - lr * second))
    return first / second, 2 / first, int(np.ceil(np.log(shrink) / -np.log(left)))


@task.wrong(
    "the corners of H left out",
    hint="You have taken the curvature along the w axis and the one along the b axis. As soon as the x do not "
    "add up to 0, the valley lies askew. Then its steepest direction is neither of the two axes, and nor is "
    "its flattest.",
)
def diagonal_only(x: Any, lr: Any, shrink: Any) -> Any:
    low, high = sorted([2 * np.mean(x * x), 2.0])
    left = max(abs(1 - lr * low), abs(1 - lr * high))
    steps = int(np.ceil(np.log(shrink) / -np.log(left))) if left < 1 else np.inf
    return high / low, 2 / high, steps


@task.wrong(
    "the square of the sum, where H has the sum of the squares",
    hint="Square each input first, and add then. The other way round, inputs on both sides of 0 cancel, and "
    "a valley that is curved looks flat.",
)
def square_of_sum(x: Any, lr: Any, shrink: Any) -> Any:
    N = len(x)
    low, high = np.linalg.eigvalsh(2 / N * np.array([[np.sum(x) ** 2, np.sum(x)], [np.sum(x), N]]))
    left = max(abs(1 - lr * low), abs(1 - lr * high))
    return high / low, 2 / high, np.ceil(np.log(shrink) / -np.log(left))


@task.wrong(
    "the square of the sum, where H has the sum of the squares",
    hint="The inputs of the example add up to 0, so their sum squared is 0, and with it a curvature: no number of "
    "steps is enough then, and infinity has no whole number. Square each input first, and add then.",
)
def square_of_sum_stops(x: Any, lr: Any, shrink: Any) -> Any:
    N = len(x)
    low, high = np.linalg.eigvalsh(2 / N * np.array([[np.sum(x) ** 2, np.sum(x)], [np.sum(x), N]]))
    left = max(abs(1 - lr * low), abs(1 - lr * high))
    return high / low, 2 / high, int(np.ceil(np.log(shrink) / -np.log(left)))


@task.wrong(
    "the square of the sum, where H has the sum of the squares",
    hint="The inputs of the example add up to 0, so their sum squared is 0, and with it a curvature: a step takes "
    "nothing off the error along the floor, and no number of steps is enough. Square each input first, and add "
    "then.",
)
def square_of_sum_divides(x: Any, lr: Any, shrink: Any) -> Any:
    N = len(x)
    low, high = np.linalg.eigvalsh(2 / N * np.array([[np.sum(x) ** 2, np.sum(x)], [np.sum(x), N]]))
    left = max(abs(1 - lr * low), abs(1 - lr * high))
    return high / low, 2 / high, math.ceil(math.log(shrink) / -math.log(left))


@task.wrong(
    "the best rate, where the limit was asked for",
    hint="Your rate makes the steepest and the flattest direction equally slow. The limit is larger: there the "
    "steepest direction jumps from one wall to the other and gets no nearer.",
)
def best_for_limit(x: Any, lr: Any, shrink: Any) -> Any:
    A = np.stack([x, np.ones_like(x)], axis=1)
    low, high = np.linalg.eigvalsh(2 / len(x) * A.T @ A)
    left = max(abs(1 - lr * low), abs(1 - lr * high))
    return high / low, 2 / (low + high), int(np.ceil(np.log(shrink) / -np.log(left)))


@task.wrong(
    "the rate that finishes the steepest direction in one step",
    hint="At this rate the steepest direction lands on the bottom. A longer step lands on the other wall, and "
    "still nearer than it began; the limit is where it lands as high as it began.",
)
def half_the_limit(x: Any, lr: Any, shrink: Any) -> Any:
    A = np.stack([x, np.ones_like(x)], axis=1)
    low, high = np.linalg.eigvalsh(2 / len(x) * A.T @ A)
    left = max(abs(1 - lr * low), abs(1 - lr * high))
    return high / low, 1 / high, int(np.ceil(np.log(shrink) / -np.log(left)))


@task.wrong(
    "the limit of the flattest direction",
    hint="The flattest direction would bear a far larger step. One rate serves both, and it is the steepest "
    "direction that gives way first.",
)
def limit_of_flattest(x: Any, lr: Any, shrink: Any) -> Any:
    A = np.stack([x, np.ones_like(x)], axis=1)
    low, high = np.linalg.eigvalsh(2 / len(x) * A.T @ A)
    left = max(abs(1 - lr * low), abs(1 - lr * high))
    return high / low, 2 / low, int(np.ceil(np.log(shrink) / -np.log(left)))


@task.wrong(
    "the factor 2 lost from the curvatures",
    hint="The loss has squares in it, so each curvature carries a 2. It cancels in the condition number, and "
    "it does not cancel in the limit, nor in what a step leaves of the error.",
    section="sec-01-factor",
)
def two_lost(x: Any, lr: Any, shrink: Any) -> Any:
    A = np.stack([x, np.ones_like(x)], axis=1)
    low, high = np.linalg.eigvalsh(A.T @ A / len(x))
    left = max(abs(1 - lr * low), abs(1 - lr * high))
    return high / low, 2 / high, int(np.ceil(np.log(shrink) / -np.log(left)))


@task.wrong(
    "the curvatures of the sum of squares",
    hint="The loss is a mean over the examples, and so are its curvatures. Those of the sum grow with the number of "
    "examples, and the limit they give is too small by that number.",
    section="sec-01-batch-mean",
)
def of_the_sum(x: Any, lr: Any, shrink: Any) -> Any:
    A = np.stack([x, np.ones_like(x)], axis=1)
    low, high = np.linalg.eigvalsh(2 * A.T @ A)
    left = max(abs(1 - lr * low), abs(1 - lr * high))
    return high / low, 2 / high, np.ceil(np.log(shrink) / -np.log(left))


@task.wrong(
    "the flattest direction alone",
    hint="At a small rate the flattest direction is the slow one. Near the limit it is the steepest, which "
    "jumps from wall to wall and loses little at each jump. The slower of the two decides.",
)
def flattest_only(x: Any, lr: Any, shrink: Any) -> Any:
    A = np.stack([x, np.ones_like(x)], axis=1)
    low, high = np.linalg.eigvalsh(2 / len(x) * A.T @ A)
    return high / low, 2 / high, int(np.ceil(np.log(shrink) / -np.log(abs(1 - lr * low))))


@task.wrong(
    "the steepest direction alone",
    hint="At a small rate the steepest direction is done first, and the flattest still has most of its error. "
    "The slower of the two decides.",
)
def steepest_only(x: Any, lr: Any, shrink: Any) -> Any:
    A = np.stack([x, np.ones_like(x)], axis=1)
    low, high = np.linalg.eigvalsh(2 / len(x) * A.T @ A)
    return high / low, 2 / high, int(np.ceil(np.log(shrink) / -np.log(abs(1 - lr * high))))


@task.wrong(
    "the steps at the best rate, whatever the rate",
    hint="The condition number alone says how a run at the best rate goes. This run has a rate of its own.",
)
def at_best_rate(x: Any, lr: Any, shrink: Any) -> Any:
    A = np.stack([x, np.ones_like(x)], axis=1)
    low, high = np.linalg.eigvalsh(2 / len(x) * A.T @ A)
    factor = (high - low) / (high + low)
    return high / low, 2 / high, int(np.ceil(np.log(shrink) / -np.log(factor)))


@task.wrong(
    "a step that loses an exponential's share of the error",
    hint="Your count holds for steps so small that their number does not matter. A step of this size leaves "
    "what the rate times the curvature leaves of 1, and that is less than the exponential has left.",
)
def exponential(x: Any, lr: Any, shrink: Any) -> Any:
    A = np.stack([x, np.ones_like(x)], axis=1)
    low, high = np.linalg.eigvalsh(2 / len(x) * A.T @ A)
    return high / low, 2 / high, int(np.ceil(np.log(shrink) / (lr * low)))


@task.wrong(
    "one step too few",
    hint="A part of a step cannot be taken. After the number that you return the error is still a little larger "
    "than it may be.",
)
def steps_rounded_down(x: Any, lr: Any, shrink: Any) -> Any:
    A = np.stack([x, np.ones_like(x)], axis=1)
    low, high = np.linalg.eigvalsh(2 / len(x) * A.T @ A)
    left = max(abs(1 - lr * low), abs(1 - lr * high))
    return high / low, 2 / high, int(np.log(shrink) / -np.log(left))


@task.wrong(
    "one step too many",
    hint="After one step less the error is small enough already. Count the steps of the example on your "
    "fingers: nothing has shrunk before the first.",
)
def one_too_many(x: Any, lr: Any, shrink: Any) -> Any:
    A = np.stack([x, np.ones_like(x)], axis=1)
    low, high = np.linalg.eigvalsh(2 / len(x) * A.T @ A)
    left = max(abs(1 - lr * low), abs(1 - lr * high))
    return high / low, 2 / high, int(np.ceil(np.log(shrink) / -np.log(left))) + 1


@task.wrong(
    "the steps that shrink the loss, not the error",
    hint="The loss goes with the square of the distance, so it falls to a tenth in half as many steps. Asked for is "
    "the distance to the best knobs.",
)
def steps_of_loss(x: Any, lr: Any, shrink: Any) -> Any:
    A = np.stack([x, np.ones_like(x)], axis=1)
    low, high = np.linalg.eigvalsh(2 / len(x) * A.T @ A)
    left = max(abs(1 - lr * low), abs(1 - lr * high)) ** 2
    return high / low, 2 / high, int(np.ceil(np.log(shrink) / -np.log(left)))


@task.wrong(
    "a number of steps with a fraction",
    hint="A part of a step cannot be taken. Asked for is the first whole number after which the error is small "
    "enough.",
)
def steps_not_whole(x: Any, lr: Any, shrink: Any) -> Any:
    A = np.stack([x, np.ones_like(x)], axis=1)
    low, high = np.linalg.eigvalsh(2 / len(x) * A.T @ A)
    left = max(abs(1 - lr * low), abs(1 - lr * high))
    return high / low, 2 / high, np.log(shrink) / -np.log(left)
