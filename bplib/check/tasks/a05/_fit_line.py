"""The task of a line fitted by any loss, and most wrong answers to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check import probes
from bplib.check.task import Case, Seen, Task

task = Task(
    "05.fit_line",
    "A line, and a loss of your choice",
    asks_for="fit_line",
    section="sec-01-hundred",
    parts={"path": 3, "losses": 1},
)


def square(pred: Any, target: Any) -> Any:
    """The mean squared error of the tests, and its gradient at pred."""
    off = pred - target
    return float(np.mean(off**2)), 2 * off / off.size


def huber_at_1(pred: Any, target: Any) -> Any:
    """Huber's loss with δ = 1, and its gradient at pred."""
    off = pred - target
    slope = np.clip(off, -1, 1)
    return float(np.mean(slope * (off - 0.5 * slope))), slope / off.size


def quantile_80(pred: Any, target: Any) -> Any:
    """The loss of the 80 % quantile, which pulls up four times as hard as down, and its gradient at pred."""
    off = pred - target
    slope = np.where(off > 0, 0.2, -0.8)
    return float(np.mean(slope * off)), slope / off.size


@task.probe
def look(answer: Any, case: Case) -> Iterator[Seen]:
    result = probes.call(answer, *case.values())
    path, losses = probes.unpack(result, "path", "losses", of=answer.__name__)
    yield "path", "path", path
    yield "losses", "losses", losses


@task.reference
def fit_line(x: Any, y: Any, loss: Any, rate: Any, steps: Any) -> Any:
    w, b = 0.0, 0.0
    path, losses = [(w, b)], []
    for _ in range(steps):
        value, dpred = loss(w * x + b, y)
        losses.append(value)
        w, b = w - rate * np.sum(dpred * x), b - rate * np.sum(dpred)
        path.append((w, b))
    return np.array(path), np.array(losses)


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(58)
    x = rng.uniform(-1, 2, 7)
    wild = 1.5 * x - 0.5 + 0.1 * rng.standard_normal(7)
    wild[2] += 9
    yield {"x": np.array([0.0, 2.0]), "y": np.array([1.0, 4.0]), "loss": square, "rate": 0.1, "steps": 2}
    yield {"x": np.array([0.0, 2.0]), "y": np.array([1.0, 4.0]), "loss": huber_at_1, "rate": 0.1, "steps": 2}
    yield {"x": x, "y": wild, "loss": quantile_80, "rate": 0.3, "steps": 5}
    yield {"x": x, "y": wild, "loss": huber_at_1, "rate": 0.3, "steps": 6}
    yield {"x": x, "y": wild, "loss": square, "rate": 0.2, "steps": 4}


@task.wrong(
    "the update added",
    hint="The gradient points where the loss grows. Your line climbs.",
    section="sec-01-sign",
)
def update_added(x: Any, y: Any, loss: Any, rate: Any, steps: Any) -> Any:
    w, b = 0.0, 0.0
    path, losses = [(w, b)], []
    for _ in range(steps):
        value, dpred = loss(w * x + b, y)
        losses.append(value)
        w, b = w + rate * np.sum(dpred * x), b + rate * np.sum(dpred)
        path.append((w, b))
    return np.array(path), np.array(losses)


@task.wrong(
    "the square, whatever the loss",
    hint="Output minus target is the first line of the way back for one loss, and you use it for all. Whichever "
    "loss the caller hands in, your line follows the square.",
    section="sec-05-a-minus-y",
)
def always_the_square(x: Any, y: Any, loss: Any, rate: Any, steps: Any) -> Any:
    w, b = 0.0, 0.0
    path, losses = [(w, b)], []
    for _ in range(steps):
        off = w * x + b - y
        losses.append(np.mean(off**2))
        w, b = w - rate * np.mean(2 * off * x), b - rate * np.mean(2 * off)
        path.append((w, b))
    return np.array(path), np.array(losses)


@task.wrong(
    "prediction and target swapped",
    hint="The square does not mind, except for the sign of its slope; a loss that pulls up harder than down "
    "gives another value, too. The loss takes the prediction first.",
)
def arguments_swapped(x: Any, y: Any, loss: Any, rate: Any, steps: Any) -> Any:
    w, b = 0.0, 0.0
    path, losses = [(w, b)], []
    for _ in range(steps):
        value, dpred = loss(y, w * x + b)
        losses.append(value)
        w, b = w - rate * np.sum(dpred * x), b - rate * np.sum(dpred)
        path.append((w, b))
    return np.array(path), np.array(losses)


@task.wrong(
    "averaged once more",
    hint="The loss is a mean, so its gradient has been divided by N already. w and b stand in every "
    "prediction, and what arrives from all of them adds up.",
    section="sec-01-batch-mean",
)
def averaged_twice(x: Any, y: Any, loss: Any, rate: Any, steps: Any) -> Any:
    w, b = 0.0, 0.0
    path, losses = [(w, b)], []
    for _ in range(steps):
        value, dpred = loss(w * x + b, y)
        losses.append(value)
        w, b = w - rate * np.mean(dpred * x), b - rate * np.mean(dpred)
        path.append((w, b))
    return np.array(path), np.array(losses)


@task.wrong(
    "db averaged, and dw summed",
    hint="Both parameters stand in all N predictions, so both gradients are sums over them. Your b moves N "
    "times too slowly.",
    section="sec-01-batch-mean",
)
def db_averaged(x: Any, y: Any, loss: Any, rate: Any, steps: Any) -> Any:
    w, b = 0.0, 0.0
    path, losses = [(w, b)], []
    for _ in range(steps):
        value, dpred = loss(w * x + b, y)
        losses.append(value)
        w, b = w - rate * np.sum(dpred * x), b - rate * np.mean(dpred)
        path.append((w, b))
    return np.array(path), np.array(losses)


@task.wrong(
    "x left out of dw",
    hint="How much a prediction moves with w depends on its x: at x = 0 not at all. You treat w like b.",
    section="sec-01-four-steps",
)
def x_left_out(x: Any, y: Any, loss: Any, rate: Any, steps: Any) -> Any:
    w, b = 0.0, 0.0
    path, losses = [(w, b)], []
    for _ in range(steps):
        value, dpred = loss(w * x + b, y)
        losses.append(value)
        w, b = w - rate * np.sum(dpred), b - rate * np.sum(dpred)
        path.append((w, b))
    return np.array(path), np.array(losses)


@task.wrong(
    "b updated with the new w",
    hint="You move w, predict again, and only then find b's gradient. One step uses the slopes of one place:"
    " both gradients belong to the line before the step.",
    section="sec-01-questions",
)
def one_after_the_other(x: Any, y: Any, loss: Any, rate: Any, steps: Any) -> Any:
    w, b = 0.0, 0.0
    path, losses = [(w, b)], []
    for _ in range(steps):
        value, dpred = loss(w * x + b, y)
        losses.append(value)
        w = w - rate * np.sum(dpred * x)
        b = b - rate * np.sum(loss(w * x + b, y)[1])
        path.append((w, b))
    return np.array(path), np.array(losses)


@task.wrong(
    "one gradient for all steps",
    hint="The line moves, and its gradient with it. You have asked the loss once, before the first step, and"
    " go on in that direction for ever.",
)
def asked_once(x: Any, y: Any, loss: Any, rate: Any, steps: Any) -> Any:
    w, b = 0.0, 0.0
    path, losses = [(w, b)], []
    _, dpred = loss(w * x + b, y)
    for _ in range(steps):
        losses.append(loss(w * x + b, y)[0])
        w, b = w - rate * np.sum(dpred * x), b - rate * np.sum(dpred)
        path.append((w, b))
    return np.array(path), np.array(losses)


@task.wrong(
    "the gradient multiplied by the loss",
    hint="The gradient is the slope of the loss already. Times its value, the steps are long where the loss "
    "is large and die out near the bottom.",
    section="sec-02-gradient-not-product",
)
def times_the_loss(x: Any, y: Any, loss: Any, rate: Any, steps: Any) -> Any:
    w, b = 0.0, 0.0
    path, losses = [(w, b)], []
    for _ in range(steps):
        value, dpred = loss(w * x + b, y)
        losses.append(value)
        w, b = w - rate * value * np.sum(dpred * x), b - rate * value * np.sum(dpred)
        path.append((w, b))
    return np.array(path), np.array(losses)


@task.wrong(
    "the start missing from the path",
    hint="The path begins at (0, 0), before any step. With k steps it has k + 1 places, and yours begins at "
    "the second.",
)
def start_missing(x: Any, y: Any, loss: Any, rate: Any, steps: Any) -> Any:
    w, b = 0.0, 0.0
    path, losses = [], []
    for _ in range(steps):
        value, dpred = loss(w * x + b, y)
        losses.append(value)
        w, b = w - rate * np.sum(dpred * x), b - rate * np.sum(dpred)
        path.append((w, b))
    return np.array(path), np.array(losses)


@task.wrong(
    "the losses after the steps, and not before them",
    hint="The first number should be the loss of the line at (0, 0), the place where the first gradient was "
    "taken. Yours belongs to the line after the first step.",
)
def losses_late(x: Any, y: Any, loss: Any, rate: Any, steps: Any) -> Any:
    w, b = 0.0, 0.0
    path, losses = [(w, b)], []
    for _ in range(steps):
        _, dpred = loss(w * x + b, y)
        w, b = w - rate * np.sum(dpred * x), b - rate * np.sum(dpred)
        losses.append(loss(w * x + b, y)[0])
        path.append((w, b))
    return np.array(path), np.array(losses)


@task.wrong(
    "the gradient called, as if it were a pullback",
    hint="In this task the loss gives its gradient at once, as an array. There is nothing to call.",
)
def gradient_called(x: Any, y: Any, loss: Any, rate: Any, steps: Any) -> Any:
    w, b = 0.0, 0.0
    path, losses = [(w, b)], []
    for _ in range(steps):
        value, back = loss(w * x + b, y)
        dpred = back(1.0)
        losses.append(value)
        w, b = w - rate * np.sum(dpred * x), b - rate * np.sum(dpred)
        path.append((w, b))
    return np.array(path), np.array(losses)
