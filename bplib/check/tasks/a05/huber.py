"""Huber's loss: a square near the target, a straight line far from it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check import probes
from bplib.check.task import Case, Task

task = Task(
    "05.huber",
    "Huber's loss: no point pulls harder than δ",
    asks_for="huber",
    section="sec-05-wild",
    parts={"value": 1, "gradient": 2},
)
task.probe(probes.op("pred"))


@task.reference
def huber(pred: Any, target: Any, delta: Any) -> Any:
    r = pred - target
    s = np.clip(r, -delta, delta)
    return np.mean(s * (r - 0.5 * s)), lambda d: d * s / r.size


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(52)
    normal = rng.standard_normal
    yield {
        "pred": np.array([2.0, 3.0, -3.0, 1.0]),
        "target": np.array([1.0, 0.0, 1.0, 1.0]),
        "delta": 2.0,
        "d": 0.5,
    }
    yield {"pred": 2 * normal((4, 3)), "target": normal((4, 3)), "delta": 0.7, "d": -1.3}
    yield {"pred": 2 * normal((2, 5)), "target": normal((2, 5)), "delta": 1.6, "d": 0.9}


@task.wrong(
    "the two branches swapped",
    hint="Near the target you use the straight line, and far from it the square. So the far points, which "
    "this loss is there to restrain, pull hardest.",
)
def branches_swapped(pred: Any, target: Any, delta: Any) -> Any:
    r = pred - target
    far = np.abs(r) > delta
    value = np.where(far, 0.5 * r**2, delta * (np.abs(r) - 0.5 * delta))
    return np.mean(value), lambda d: d * np.where(far, r, delta * np.sign(r)) / r.size


@task.wrong(
    "a slope of ±1 beyond δ",
    hint="The line continues the square without a corner, so it goes on with the slope that the square had "
    "reached at the distance δ. That is 1 only if δ is.",
)
def slope_one(pred: Any, target: Any, delta: Any) -> Any:
    r = pred - target
    near = np.abs(r) <= delta
    value = np.where(near, 0.5 * r**2, delta * (np.abs(r) - 0.5 * delta))
    return np.mean(value), lambda d: d * np.where(near, r, np.sign(r)) / r.size


@task.wrong(
    "beyond δ, the sign of the residual lost",
    hint="A prediction that is far too low and one that is far too high get the same slope from you. The one"
    " must be raised and the other lowered.",
)
def sign_lost(pred: Any, target: Any, delta: Any) -> Any:
    r = pred - target
    near = np.abs(r) <= delta
    value = np.where(near, 0.5 * r**2, delta * (np.abs(r) - 0.5 * delta))
    return np.mean(value), lambda d: d * np.where(near, r, delta) / r.size


@task.wrong(
    "two branches that do not meet",
    hint="Put the residual exactly at δ into both of your branches. They give different values, so the loss "
    "jumps there. The straight line has to start at the height where the square ends.",
)
def branches_apart(pred: Any, target: Any, delta: Any) -> Any:
    r = pred - target
    near = np.abs(r) <= delta
    value = np.where(near, 0.5 * r**2, delta * np.abs(r))
    return np.mean(value), lambda d: d * np.clip(r, -delta, delta) / r.size


@task.wrong(
    "the whole square near the target, and not half of it",
    hint="A whole square has the slope 2δ where the branches meet, and the line has δ: the loss gets a "
    "corner, and its two branches different heights.",
)
def half_lost(pred: Any, target: Any, delta: Any) -> Any:
    r = pred - target
    near = np.abs(r) <= delta
    value = np.where(near, r**2, delta * (np.abs(r) - 0.5 * delta))
    return np.mean(value), lambda d: d * np.where(near, 2 * r, delta * np.sign(r)) / r.size


@task.wrong(
    "δ taken as 1, whatever it is",
    hint="Where the square ends is the caller's choice, and depends on the unit of the targets. Your code "
    "bends at 1 always.",
)
def delta_ignored(pred: Any, target: Any, delta: Any) -> Any:
    r = pred - target
    s = np.clip(r, -1, 1)
    return np.mean(s * (r - 0.5 * s)), lambda d: d * s / r.size


@task.wrong(
    "the residual compared with δ, sign and all",
    hint="A residual of −1000 is smaller than δ, and still far from the target. The branch is chosen by the "
    "distance, which has no sign.",
)
def signed_comparison(pred: Any, target: Any, delta: Any) -> Any:
    r = pred - target
    near = r <= delta
    value = np.where(near, 0.5 * r**2, delta * (r - 0.5 * delta))
    return np.mean(value), lambda d: d * np.where(near, r, delta) / r.size


@task.wrong(
    "beyond δ, flat",
    hint="Your loss stops growing at the distance δ, so far points do not pull at all. Huber's loss goes on "
    "growing there, as a straight line: a far point pulls, with bounded strength.",
)
def flat_beyond(pred: Any, target: Any, delta: Any) -> Any:
    r = pred - target
    value = np.minimum(0.5 * r**2, 0.5 * delta**2)
    return np.mean(value), lambda d: d * np.where(np.abs(r) <= delta, r, 0) / r.size


@task.wrong(
    "the gradient of the sum",
    hint="The value is to be a mean. A mean divides each element by how many there are, and so its slope is "
    "divided, too.",
    section="sec-05-sum",
)
def not_divided(pred: Any, target: Any, delta: Any) -> Any:
    r = pred - target
    s = np.clip(r, -delta, delta)
    return np.mean(s * (r - 0.5 * s)), lambda d: d * s


@task.wrong(
    "the upstream gradient ignored",
    hint="You return the slope of this loss alone. What comes from above, d, must still be in it.",
    section="sec-02-upstream",
)
def upstream_ignored(pred: Any, target: Any, delta: Any) -> Any:
    r = pred - target
    s = np.clip(r, -delta, delta)
    return np.mean(s * (r - 0.5 * s)), lambda d: s / r.size


@task.wrong(
    "the costs added up, and not averaged",
    hint="The value grows with the number of elements. The task asks for the mean over all of them, so "
    "that a loss means the same for any size of batch.",
    section="sec-05-sum",
)
def value_summed(pred: Any, target: Any, delta: Any) -> Any:
    r = pred - target
    s = np.clip(r, -delta, delta)
    return np.sum(s * (r - 0.5 * s)), lambda d: d * s / r.size


@task.wrong(
    "divided by the number of rows only",
    hint="This loss is a mean over all numbers, rows and columns, and you divide by the rows alone. With "
    "one column the two are the same.",
    section="sec-05-nk",
)
def divided_by_rows(pred: Any, target: Any, delta: Any) -> Any:
    r = pred - target
    s = np.clip(r, -delta, delta)
    return np.sum(s * (r - 0.5 * s)) / len(r), lambda d: d * s / len(r)


@task.wrong(
    "half of δ taken off, where half of its square is due",
    hint="Put the residual exactly at δ into both of your branches. They agree only if δ is 1: in the "
    "line, δ multiplies the half as well.",
)
def half_delta(pred: Any, target: Any, delta: Any) -> Any:
    r = pred - target
    near = np.abs(r) <= delta
    value = np.where(near, 0.5 * r**2, delta * np.abs(r) - 0.5 * delta)
    return np.mean(value), lambda d: d * np.where(near, r, delta * np.sign(r)) / r.size


@task.wrong(
    "one question put to a whole array",
    hint="A comparison of an array gives an answer for each element, some true and some false, and `if` "
    "can follow only one of them. Each element chooses its branch for itself.",
    section="sec-04-zero",
)
def if_on_array(pred: Any, target: Any, delta: Any) -> Any:
    r = pred - target
    if np.abs(r) <= delta:
        return np.mean(0.5 * r**2), lambda d: d * r / r.size
    return np.mean(delta * (np.abs(r) - 0.5 * delta)), lambda d: d * delta * np.sign(r) / r.size
