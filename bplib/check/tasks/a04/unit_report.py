"""Counting what does not listen: dead units, and how often a unit sits in a flat part."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check import probes
from bplib.check.task import Case, Seen, Task

task = Task(
    "04.unit_report",
    "Counting the dead and the flat",
    asks_for="unit_report",
    section="sec-04-dead",
    parts={"dead": 1, "share": 2},
)


@task.probe
def look(answer: Any, case: Case) -> Iterator[Seen]:
    dead, share = probes.unpack(probes.call(answer, *case.values()), "dead", "share", of="unit_report")
    yield "share", "share", share
    if isinstance(dead, np.ndarray) and dead.dtype.kind in "iu":
        raise probes.StudentError(
            "form",
            f"dead should hold True and False; it holds whole numbers ({dead.dtype}). As an index, an array of 0 "
            "and 1 picks the first two units again and again, and not the dead ones.",
        )
    yield "dead", "dead", dead


@task.reference
def unit_report(slope: Any, z: Any, flat: float) -> Any:
    size = np.abs(slope(z))
    return np.all(size == 0, axis=0), np.mean(size < flat, axis=0)


def relu_slope(z: Any) -> Any:
    return (z > 0).astype(float)


def leaky_slope(z: Any) -> Any:
    return np.where(z > 0, 1.0, 0.125)


def sigmoid_slope(z: Any) -> Any:
    s = 1 / (1 + np.exp(-z))
    return s * (1 - s)


def silu_slope(z: Any) -> Any:
    s = 1 / (1 + np.exp(-z))
    return s * (1 + z * (1 - s))


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(47)
    yield {"slope": relu_slope, "z": np.array([[1.0, -1.0, -2.0], [-3.0, -2.0, 4.0]]), "flat": 0.1}
    yield {
        "slope": sigmoid_slope,
        "z": np.array([[5.0, 0.0, 30.0], [-5.0, 4.0, -30.0], [6.0, 1.0, 25.0], [4.5, -1.0, 40.0]]),
        "flat": 0.025,
    }
    yield {"slope": leaky_slope, "z": np.array([[-1.0, 2.0], [-2.0, -0.5], [-4.0, -3.0]]), "flat": 0.125}
    yield {"slope": np.sign, "z": np.array([[1.0, 2.0, 0.0, -1.0], [-1.0, 3.0, 0.0, 0.0]]), "flat": 0.5}
    yield {"slope": silu_slope, "z": rng.normal(-1, 2, (6, 4)), "flat": 0.08}
    yield {"slope": relu_slope, "z": rng.normal(-1, 1, (3, 7)), "flat": 0.5}


@task.wrong(
    "a unit called dead because of one example",
    hint="Every ReLU is silent on some examples; that is its work. Dead is a unit that is silent on all of them, so "
    "that nothing can ever reach its weights.",
)
def any_for_all(slope: Any, z: Any, flat: float) -> Any:
    size = np.abs(slope(z))
    return np.any(size == 0, axis=0), np.mean(size < flat, axis=0)


@task.wrong(
    "examples counted in place of units",
    hint="You went along the units of one example. Rows are examples and columns are units: a question about a unit "
    "goes down its column, and the answer has one entry per unit.",
)
def along_the_units(slope: Any, z: Any, flat: float) -> Any:
    size = np.abs(slope(z))
    return np.all(size == 0, axis=1), np.mean(size < flat, axis=1)


@task.wrong(
    "dead by the sign of z",
    hint="A negative z silences a ReLU. A leaky ReLU still has a slope there, and a sigmoid too. What counts is the "
    "slope, since it is all that a gradient meets.",
    section="sec-04-grave",
)
def dead_by_sign(slope: Any, z: Any, flat: float) -> Any:
    return np.all(z <= 0, axis=0), np.mean(np.abs(slope(z)) < flat, axis=0)


@task.wrong(
    "a unit that is flat on every example called dead",
    hint="Nearly flat and exactly flat are two things. A saturated sigmoid learns slowly; a dead unit learns "
    "nothing at all, for good.",
    section="sec-04-saturation",
)
def flat_is_dead(slope: Any, z: Any, flat: float) -> Any:
    share = np.mean(np.abs(slope(z)) < flat, axis=0)
    return share == 1, share


@task.wrong(
    "a unit called dead because its slopes cancel",
    hint="You added up the slopes of all examples and looked whether nothing was left. Slopes can be negative: +1 "
    "for one example and −1 for another leave 0, and the unit listens to both.",
    section="sec-04-family",
)
def slopes_cancel(slope: Any, z: Any, flat: float) -> Any:
    s = slope(z)
    return s.sum(axis=0) == 0, np.mean(np.abs(s) < flat, axis=0)


@task.wrong(
    "the slope of the average example",
    hint="You averaged z over the batch before asking for the slope. The average of −5 and 5 is 0, in the steepest "
    "part, where not one of the two examples is.",
    section="sec-04-saturation",
)
def average_example(slope: Any, z: Any, flat: float) -> Any:
    size = np.abs(slope(z.mean(axis=0)))
    return size == 0, (size < flat).astype(float)


@task.wrong(
    "a steep negative slope counted as flat",
    hint="A slope of −1 is as steep as one of +1: the gradient passes at full length, with its sign turned. Flat "
    "means near 0, from either side.",
    section="sec-04-family",
)
def negative_is_flat(slope: Any, z: Any, flat: float) -> Any:
    s = slope(z)
    return np.all(s == 0, axis=0), np.mean(s < flat, axis=0)


@task.wrong(
    "a count where a share was asked for",
    hint="You return how many examples are flat. A share does not depend on how large the batch happens to be; it "
    "lies between 0 and 1.",
    section="sec-04-saturation",
)
def count_for_share(slope: Any, z: Any, flat: float) -> Any:
    size = np.abs(slope(z))
    return np.all(size == 0, axis=0), np.sum(size < flat, axis=0).astype(float)


@task.wrong(
    "divided by the number of units",
    hint="You divided by the width of the layer. The share of a unit is taken over its examples, so it is their "
    "number that belongs below.",
    section="sec-04-saturation",
)
def divided_by_units(slope: Any, z: Any, flat: float) -> Any:
    size = np.abs(slope(z))
    return np.all(size == 0, axis=0), np.sum(size < flat, axis=0) / z.shape[1]


@task.wrong(
    "one share for the whole layer",
    hint="You averaged over units as well. Half of a layer flat always and a whole layer flat half of the time give "
    "the same number, and are two different illnesses.",
    section="sec-04-saturation",
)
def one_share(slope: Any, z: Any, flat: float) -> Any:
    size = np.abs(slope(z))
    return np.all(size == 0, axis=0), np.mean(size < flat)


@task.wrong(
    "the share that is not flat",
    hint="Your number counts the examples at which the unit listens. The one that was asked for is the rest.",
    section="sec-04-saturation",
)
def share_of_the_steep(slope: Any, z: Any, flat: float) -> Any:
    size = np.abs(slope(z))
    return np.all(size == 0, axis=0), np.mean(size >= flat, axis=0)


@task.wrong(
    "dead by the largest slope, where slopes can be negative",
    hint="You asked whether the largest slope is 0. A unit whose slope is −1 for one example and 0 for the others "
    "has 0 as its largest, and it listens.",
    section="sec-04-family",
)
def largest_is_zero(slope: Any, z: Any, flat: float) -> Any:
    s = slope(z)
    return s.max(axis=0) == 0, np.mean(np.abs(s) < flat, axis=0)


@task.wrong(
    "a slope near 0 called exactly 0",
    hint="A sigmoid's slope at z = 30 is about 1e−13: tiny, and not 0. With patience that unit can come back, a dead "
    "one cannot. The task draws the line at exactly 0.",
    section="sec-04-exact-zero",
)
def nearly_zero(slope: Any, z: Any, flat: float) -> Any:
    size = np.abs(slope(z))
    return np.all(np.isclose(size, 0), axis=0), np.mean(size < flat, axis=0)


@task.wrong(
    "a slope that is just as large as `flat` counted as flat",
    hint="The task counts slopes below the number `flat`. A slope that is equal to it is not below.",
    section="sec-04-saturation",
)
def equal_counted(slope: Any, z: Any, flat: float) -> Any:
    size = np.abs(slope(z))
    return np.all(size == 0, axis=0), np.mean(size <= flat, axis=0)


@task.wrong(
    "one answer for the whole layer, where each unit has its own",
    hint="You asked whether all slopes of the layer are 0. A single unit that listens hides all the dead ones "
    "beside it.",
)
def one_dead(slope: Any, z: Any, flat: float) -> Any:
    size = np.abs(slope(z))
    return np.all(size == 0), np.mean(size < flat, axis=0)


@task.wrong(
    "a percentage where a share was asked for",
    hint="A share lies between 0 and 1. You return a hundred times that.",
    section="sec-04-saturation",
)
def percentage(slope: Any, z: Any, flat: float) -> Any:
    size = np.abs(slope(z))
    return np.all(size == 0, axis=0), 100 * np.mean(size < flat, axis=0)


@task.wrong(
    "the mean size of a unit's slope, where a share was asked for",
    hint="You averaged the slopes themselves. The question is for how many examples the slope is below `flat`: a "
    "steep example more does not make up for two that are flat.",
    section="sec-04-saturation",
)
def mean_slope(slope: Any, z: Any, flat: float) -> Any:
    size = np.abs(slope(z))
    return np.all(size == 0, axis=0), np.mean(size, axis=0)
