"""The Jacobian of a function of several numbers, measured column by column."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check import probes
from bplib.check.task import Case, Task
from bplib.check.tasks.a02._functions import three_of_two, waves

task = Task(
    "02.jacobian",
    "Many in, many out",
    asks_for="jacobian",
    section="sec-02-jacobian",
    parts={"jacobian": 2},
)
task.probe(probes.value("jacobian", "J"))


@task.reference
def jacobian(f: Any, x: Any, h: Any) -> Any:
    columns = []
    for d in range(len(x)):
        step = np.zeros(len(x))
        step[d] = h
        columns.append((f(x + step) - f(x - step)) / (2 * h))
    return np.stack(columns, axis=1)


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(22)
    yield {"f": three_of_two, "x": np.array([2.0, 1.0]), "h": 0.1}
    yield {"f": waves(3, 3, 1), "x": rng.normal(size=3), "h": 0.01}
    yield {"f": waves(2, 4, 2), "x": rng.normal(size=4), "h": 0.01}
    yield {"f": waves(1, 3, 3), "x": rng.normal(size=3), "h": 0.01}


@task.wrong(
    "the transpose of the Jacobian",
    hint="Your rows belong to inputs. In this course row m belongs to output m and column d to input d; the other "
    "way round, a vector multiplied from the left would meet the wrong side.",
)
def transposed(f: Any, x: Any, h: Any) -> Any:
    return np.stack([(f(x + h * e) - f(x - h * e)) / (2 * h) for e in np.eye(len(x))])


@task.wrong(
    "forward differences",
    hint="You step to one side only. The error then shrinks like h, and not like h²: the term with the second "
    "derivative is still in your numbers.",
    section="sec-02-finite-differences",
)
def forward(f: Any, x: Any, h: Any) -> Any:
    return np.stack([(f(x + h * e) - f(x)) / h for e in np.eye(len(x))], axis=1)


@task.wrong(
    "the differences divided by h",
    hint="The two points at which you call f are twice as far apart as the number by which you divide.",
    section="sec-02-finite-differences",
)
def divided_by_h(f: Any, x: Any, h: Any) -> Any:
    return np.stack([(f(x + h * e) - f(x - h * e)) / h for e in np.eye(len(x))], axis=1)


@task.wrong(
    "divided by 2 and multiplied by h",
    hint="Python works from left to right: what stands behind the division is divided by only as far as the next "
    "sign. Your slopes shrink with the step, where they should stay as they are.",
    section="sec-02-finite-differences",
)
def precedence(f: Any, x: Any, h: Any) -> Any:
    return np.stack([(f(x + h * e) - f(x - h * e)) / 2 * h for e in np.eye(len(x))], axis=1)


@task.wrong(
    "two names for one array",
    hint="A second name for x is not a second array. The step back starts where the step forward ended, so that "
    "your two points are x and one step beside it.",
)
def two_names(f: Any, x: Any, h: Any) -> Any:
    columns = []
    for d in range(len(x)):
        right = x
        right[d] += h
        above = f(right)
        left = x
        left[d] -= h
        columns.append((above - f(left)) / (2 * h))
    return np.stack(columns, axis=1)


@task.wrong(
    "the Jacobian with its sign turned",
    hint="You take what lies above away from what lies below: every output seems to fall where it rises.",
    section="sec-02-derivative",
)
def sign_turned(f: Any, x: Any, h: Any) -> Any:
    return np.stack([(f(x - h * e) - f(x + h * e)) / (2 * h) for e in np.eye(len(x))], axis=1)


@task.wrong(
    "the slopes of the sum of the outputs",
    hint="You add up the outputs before you measure. One slope for each input is left, and which output moved "
    "can no longer be told.",
)
def outputs_summed(f: Any, x: Any, h: Any) -> Any:
    return np.array([(f(x + h * e) - f(x - h * e)).sum() / (2 * h) for e in np.eye(len(x))])


@task.wrong(
    "all inputs moved at once",
    hint="Every column of yours is the same: it is what the outputs do when all inputs are nudged together. "
    "Column d should show what input d does alone.",
)
def all_at_once(f: Any, x: Any, h: Any) -> Any:
    column = (f(x + h) - f(x - h)) / (2 * h)
    return np.stack([column] * len(x), axis=1)


@task.wrong(
    "only the diagonal",
    hint="You keep for each input the one output with its number. An input moves all outputs; the entries off the "
    "diagonal are slopes as well.",
    section="sec-02-bug-softmax",
)
def diagonal_only(f: Any, x: Any, h: Any) -> Any:
    J = np.zeros((len(f(x)), len(x)))
    for d in range(min(J.shape)):
        step = np.zeros(len(x))
        step[d] = h
        J[d, d] = (f(x + step)[d] - f(x - step)[d]) / (2 * h)
    return J


@task.wrong(
    "as many rows as inputs",
    hint="You made a square place for the result. How many rows there are is decided by the outputs, and f need "
    "not return as many numbers as it takes.",
)
def square_place(f: Any, x: Any, h: Any) -> Any:
    J = np.zeros((len(x), len(x)))
    for d, e in enumerate(np.eye(len(x))):
        J[:, d] = (f(x + h * e) - f(x - h * e)) / (2 * h)
    return J


@task.wrong(
    "an input that is not put back",
    hint="Each input stays where its last step left it while the next ones are measured. All columns should "
    "belong to the same point x.",
)
def not_restored(f: Any, x: Any, h: Any) -> Any:
    x = x.copy()
    columns = []
    for d in range(len(x)):
        x[d] += h
        above = f(x)
        x[d] -= 2 * h
        columns.append((above - f(x)) / (2 * h))
    return np.stack(columns, axis=1)


from bplib.check.tasks.a02 import _jacobian_more  # noqa: E402, F401  # it enters more wrong answers
