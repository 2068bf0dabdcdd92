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


@task.wrong(
    "the slope at zero taken as 1",
    hint="At zero ReLU has a corner and no slope; any number from 0 to 1 could stand there. The course, like most "
    "libraries, takes 0: a unit that puts nothing out gets nothing back.",
)
def one_at_zero(z: Any) -> Any:
    return np.maximum(z, 0), lambda d: d * (z >= 0)


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
