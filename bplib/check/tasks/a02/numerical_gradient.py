"""The gradient of a number, measured entry by entry with central differences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check import probes
from bplib.check.task import Case, Task
from bplib.check.tasks.a02._functions import cube, hand, mixed

task = Task(
    "02.numerical_gradient",
    "A gradient by measurement",
    asks_for="numerical_gradient",
    section="sec-02-finite-differences",
    parts={"gradient": 2},
)
task.probe(probes.value("gradient", "the gradient"))


@task.reference
def numerical_gradient(f: Any, x: Any, h: Any) -> Any:
    x = np.array(x, dtype=np.float64)
    dx = np.zeros(x.shape)
    for at in np.ndindex(x.shape):
        here = x[at]
        x[at] = here + h
        above = f(x)
        x[at] = here - h
        below = f(x)
        x[at] = here
        dx[at] = (above - below) / (2 * h)
    return dx


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(21)
    yield {"f": cube, "x": np.array(2.0), "h": 0.1}
    yield {"f": hand, "x": np.array([1.0, 2.0]), "h": 0.1}
    yield {"f": mixed, "x": np.array([2, -1, 1]), "h": 0.5}
    yield {"f": mixed, "x": rng.normal(size=(2, 3)), "h": 0.1}
    yield {"f": mixed, "x": rng.normal(size=(2, 1, 2)), "h": 1e-3}


@task.wrong(
    "a forward difference",
    hint="You step to one side only. Then the term with the second derivative stays in the result and the error "
    "shrinks like h; with a step to both sides that term cancels, and the error shrinks like h².",
)
def forward(f: Any, x: Any, h: Any) -> Any:
    x = np.array(x, dtype=np.float64)
    dx = np.zeros(x.shape)
    for at in np.ndindex(x.shape):
        moved = x.copy()
        moved[at] += h
        dx[at] = (f(moved) - f(x)) / h
    return dx


@task.wrong(
    "a backward difference",
    hint="You compare the point with a step to its left only. Like a forward difference this leaves an error of "
    "the order of h; only the two steps together cancel it.",
)
def backward(f: Any, x: Any, h: Any) -> Any:
    x = np.array(x, dtype=np.float64)
    dx = np.zeros(x.shape)
    for at in np.ndindex(x.shape):
        moved = x.copy()
        moved[at] -= h
        dx[at] = (f(x) - f(moved)) / h
    return dx


@task.wrong(
    "the difference divided by h",
    hint="Your two points lie one step to the left and one step to the right. Measure how far they are apart.",
)
def divided_by_h(f: Any, x: Any, h: Any) -> Any:
    x = np.array(x, dtype=np.float64)
    dx = np.zeros(x.shape)
    for at in np.ndindex(x.shape):
        above, below = x.copy(), x.copy()
        above[at] += h
        below[at] -= h
        dx[at] = (f(above) - f(below)) / h
    return dx


@task.wrong(
    "divided by 2 and multiplied by h",
    hint="Python works from left to right: what stands behind the division is divided by only as far as the next "
    "sign. Your slope shrinks with the step, where it should stay as it is.",
)
def precedence(f: Any, x: Any, h: Any) -> Any:
    x = np.array(x, dtype=np.float64)
    dx = np.zeros(x.shape)
    for at in np.ndindex(x.shape):
        above, below = x.copy(), x.copy()
        above[at] += h
        below[at] -= h
        dx[at] = (f(above) - f(below)) / 2 * h
    return dx


@task.wrong(
    "points half a step away",
    hint="You evaluate f half a step to each side. That is a central difference, but one with the step h/2: "
    "whoever asks for h and gets another step cannot find the best one.",
)
def half_step(f: Any, x: Any, h: Any) -> Any:
    x = np.array(x, dtype=np.float64)
    dx = np.zeros(x.shape)
    for at in np.ndindex(x.shape):
        above, below = x.copy(), x.copy()
        above[at] += h / 2
        below[at] -= h / 2
        dx[at] = (f(above) - f(below)) / h
    return dx


@task.wrong(
    "a step of your own, whatever h is",
    hint="Your result does not depend on h. The one who calls chooses the step, and at the end of this assignment "
    "you will be the one who varies it.",
)
def own_step(f: Any, x: Any, h: Any) -> Any:
    x = np.array(x, dtype=np.float64)
    h = 1e-5
    dx = np.zeros(x.shape)
    for at in np.ndindex(x.shape):
        above, below = x.copy(), x.copy()
        above[at] += h
        below[at] -= h
        dx[at] = (f(above) - f(below)) / (2 * h)
    return dx


@task.wrong(
    "all entries moved at once",
    hint="You nudge every entry of x together. The value then moves by the sum of all slopes, and the same number "
    "lands everywhere. A partial derivative moves one entry and holds the others still.",
    section="sec-02-gradient",
)
def all_at_once(f: Any, x: Any, h: Any) -> Any:
    x = np.array(x, dtype=np.float64)
    return np.full(x.shape, (f(x + h) - f(x - h)) / (2 * h))


@task.wrong(
    "one slope, for all entries moved at once",
    hint="You nudge every entry of x together and get one number, the sum of all slopes. There is a slope for each "
    "entry, measured while the others are held still.",
    section="sec-02-gradient",
)
def one_slope(f: Any, x: Any, h: Any) -> Any:
    return (f(x + h) - f(x - h)) / (2 * h)


@task.wrong(
    "an entry that is not put back",
    hint="After measuring one entry you leave it where the last step put it. All later entries are then measured "
    "at another point than x.",
    section="sec-02-gradient",
)
def not_restored(f: Any, x: Any, h: Any) -> Any:
    x = np.array(x, dtype=np.float64)
    dx = np.zeros(x.shape)
    for at in np.ndindex(x.shape):
        x[at] += h
        above = f(x)
        x[at] -= 2 * h
        dx[at] = (above - f(x)) / (2 * h)
    return dx


@task.wrong(
    "a step that is lost in an array of integers",
    hint="An array of integers cuts off what stands behind the point, without a word: where x holds integers, "
    "your nudged entry is an integer again. Steps need an array that can hold fractions.",
)
def integer_copy(f: Any, x: Any, h: Any) -> Any:
    dx = np.zeros(x.shape)
    for at in np.ndindex(x.shape):
        above, below = x.copy(), x.copy()
        above[at] = x[at] + h
        below[at] = x[at] - h
        dx[at] = (f(above) - f(below)) / (2 * h)
    return dx


@task.wrong(
    "a gradient stored in an array of integers",
    hint="You made the place for the result in the likeness of x. Where x holds integers, it can hold only "
    "integers, and a slope is rarely one.",
)
def integer_result(f: Any, x: Any, h: Any) -> Any:
    dx = np.zeros_like(x)
    for at in np.ndindex(x.shape):
        above, below = x.astype(float), x.astype(float)
        above[at] += h
        below[at] -= h
        dx[at] = (f(above) - f(below)) / (2 * h)
    return dx


@task.wrong(
    "the steps taken in the caller's own array",
    hint="You write the nudged value into x itself. Whoever called still uses x, and finds it moved: steps back "
    "and forth do not add up to exactly zero in floating point.",
)
def in_place(f: Any, x: Any, h: Any) -> Any:
    dx = np.zeros(x.shape)
    for at in np.ndindex(x.shape):
        x[at] += h
        above = f(x)
        x[at] -= 2 * h
        dx[at] = (above - f(x)) / (2 * h)
    return dx


@task.wrong(
    "the gradient as one long row",
    hint="Your numbers are right, and they have lost their places. The gradient of a number with respect to an "
    "array has the shape of the array.",
    section="sec-02-gradient",
)
def flat(f: Any, x: Any, h: Any) -> Any:
    x = np.array(x, dtype=np.float64)
    dx = []
    for at in np.ndindex(x.shape):
        above, below = x.copy(), x.copy()
        above[at] += h
        below[at] -= h
        dx.append((f(above) - f(below)) / (2 * h))
    return np.array(dx)


@task.wrong(
    "the gradient with its sign turned",
    hint="You take the value on the right away from the value on the left. Uphill becomes downhill, and training "
    "with such a gradient would climb.",
    section="sec-02-derivative",
)
def sign_turned(f: Any, x: Any, h: Any) -> Any:
    x = np.array(x, dtype=np.float64)
    dx = np.zeros(x.shape)
    for at in np.ndindex(x.shape):
        above, below = x.copy(), x.copy()
        above[at] += h
        below[at] -= h
        dx[at] = (f(below) - f(above)) / (2 * h)
    return dx


from bplib.check.tasks.a02 import _numerical_gradient_more  # noqa: E402, F401  # it enters more wrong answers
