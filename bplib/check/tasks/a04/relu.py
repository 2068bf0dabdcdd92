"""ReLU and its pullback, with the slope at zero that the course has agreed on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check import probes
from bplib.check.task import Case, Task

task = Task(
    "04.relu",
    "ReLU, and its slope at the corner",
    asks_for="relu",
    section="sec-04-zero",
    parts={"value": 1, "gradient": 2},
)
task.probe(probes.op("z"))


@task.reference
def relu(z: Any) -> Any:
    mask = z > 0
    return np.where(mask, z, 0.0).astype(z.dtype), lambda d: d * mask


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(41)
    yield {"z": np.array([-2.0, 0.0, 3.0]), "d": np.array([0.5, 0.25, -1.0])}
    yield {"z": rng.normal(size=(4, 3)), "d": rng.normal(size=(4, 3))}
    yield {"z": rng.normal(size=(2, 1, 5)), "d": rng.normal(size=(2, 1, 5))}
    yield {
        "z": np.array([[1.5, -0.5, 0.0, 2.0]], dtype=np.float32),
        "d": np.array([[1.0, 2.0, -3.0, 0.5]], dtype=np.float32),
    }


@task.wrong(
    "the slope at zero taken as 1",
    hint="At zero ReLU has a corner and no slope; any number from 0 to 1 could stand there. The course, like most "
    "libraries, takes 0: a unit that puts nothing out gets nothing back.",
)
def one_at_zero(z: Any) -> Any:
    return np.maximum(z, 0), lambda d: d * (z >= 0)


@task.wrong(
    "the slope at zero taken as one half",
    hint="One half is the mean of the two sides, and what a central difference measures across the corner. It is a "
    "subgradient like any other, and not the one that this course has agreed on.",
)
def half_at_zero(z: Any) -> Any:
    return np.maximum(z, 0), lambda d: (d * np.heaviside(z, 0.5)).astype(z.dtype)


@task.wrong(
    "the upstream gradient ignored",
    hint="What you return is the slope of ReLU itself. The pullback is asked for the slope of the loss: "
    "what comes from above, d, must still be in it.",
    section="sec-04-rule",
)
def upstream_ignored(z: Any) -> Any:
    return np.maximum(z, 0), lambda d: (z > 0).astype(z.dtype)


@task.wrong(
    "the slope left out",
    hint="You hand on what came from above as it is. That is the pullback of a unit that does nothing; "
    "where z was negative, ReLU was flat, and no change of z can change the loss there.",
    section="sec-04-rule",
)
def slope_left_out(z: Any) -> Any:
    return np.maximum(z, 0), lambda d: d


@task.wrong(
    "the gradient cut where it is negative, and not where z was",
    hint="Which entries pass is decided by z, on the way forward. The sign of d says only in which direction the "
    "loss would like the output to move.",
    section="sec-04-rule",
)
def gate_on_d(z: Any) -> Any:
    return np.maximum(z, 0), lambda d: np.maximum(d, 0)


@task.wrong(
    "the gradient multiplied by the value of ReLU, and not by its slope",
    hint="Where z is 3 the value is 3 and the slope is 1: a small change of z comes out as large as it went in. "
    "The way back meets the slope only.",
    section="sec-04-three",
)
def value_for_slope(z: Any) -> Any:
    a = np.maximum(z, 0)
    return a, lambda d: d * a


@task.wrong(
    "a slope of 0.01 left on the negative side",
    hint="That is leaky ReLU, one of the repairs. ReLU itself is flat for every negative z, and its gradient there "
    "is exactly zero.",
    section="sec-04-family",
)
def leaky(z: Any) -> Any:
    slope = np.where(z > 0, 1, 0.01).astype(z.dtype)
    return z * slope, lambda d: d * slope


@task.wrong(
    "an `if` about a whole array",
    hint="z holds many numbers, and each has its own answer to the question whether it is positive. An `if` can "
    "take one branch only, so Python refuses to choose.",
    section="sec-04-rule",
)
def if_on_array(z: Any) -> Any:
    if z > 0:
        return z, lambda d: d
    return 0.0 * z, lambda d: 0.0 * d


@task.wrong(
    "a mask of numbers of another type in a product with float32",
    hint="Your zeros and ones are not float32 (float64, or whole numbers), and one such array makes every product "
    "float64. What comes out should have the type of what came in, or a network pays twice the memory from the "
    "first layer on.",
    section="sec-04-three",
)
def mask_of_doubles(z: Any) -> Any:
    mask = (z > 0).astype(float)
    return z * mask, lambda d: d * mask


@task.wrong(
    "an array of slopes where a function should stand",
    hint="While ReLU runs on the way forward, it is not yet known what will come from above. So the second thing is a "
    "function: it waits until the upstream gradient is there, and is called with it.",
    section="sec-01-pullback",
)
def slopes_at_once(z: Any) -> Any:
    return np.maximum(z, 0), (z > 0).astype(z.dtype)


@task.wrong(
    "the sign of z taken for the slope",
    hint="The sign is −1 where z is negative, so that your gradient comes back turned round there. ReLU does not fall "
    "on the left; it is flat, and lets nothing through.",
    section="sec-04-three",
)
def sign_for_slope(z: Any) -> Any:
    return np.maximum(z, 0), lambda d: d * np.sign(z)


@task.wrong(
    "the gradient added up to one number",
    hint="Each entry of z has an output of its own, and wants to know what came back to that one. You added up over "
    "all entries, and a sum is for a number that all of them share.",
    section="sec-04-rule",
)
def summed(z: Any) -> Any:
    return np.maximum(z, 0), lambda d: np.sum(d * (z > 0))
