"""The task of many steps along a straight line, and most wrong answers to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.student import call, unpack
from bplib.check.task import Case, Seen, Task

task = Task(
    "01.train",
    "Many steps",
    asks_for="train",
    section="sec-01-hundred",
    parts={"end": 1, "losses": 2},
)


@task.probe
def look(answer: Any, case: Case) -> Iterator[Seen]:
    w, b, losses = unpack(call(answer, *case.values()), "w", "b", "losses", of="train")
    yield "end", "the last w", w
    yield "end", "the last b", b
    yield "losses", "losses", losses


@task.reference
def train(x: Any, y: Any, w: Any, b: Any, lr: Any, steps: Any) -> Any:
    losses = [float(np.mean((w * x + b - y) ** 2))]
    for _ in range(steps):
        dz = 2 * (w * x + b - y) / len(x)
        w, b = w - lr * np.sum(dz * x), b - lr * np.sum(dz)
        losses.append(float(np.mean((w * x + b - y) ** 2)))
    return w, b, losses


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(16)
    x = np.array([0.0, 1.0, 2.0, 3.0])
    yield {"x": x, "y": 2 * x + 1, "w": 1.0, "b": 1.0, "lr": 0.1, "steps": 2}
    x, y = rng.normal(size=7), rng.normal(size=7)
    yield {"x": x, "y": y, "w": 0.7, "b": -0.4, "lr": 0.05, "steps": 5}
    yield {"x": x, "y": y, "w": -1.0, "b": 2.0, "lr": 0.2, "steps": 30}
    yield {"x": x, "y": y, "w": 0.5, "b": -0.5, "lr": 0.1, "steps": 0}
    yield {"x": x, "y": y, "w": 1.0, "b": 1.0, "lr": 1.2, "steps": 4}
    x = np.array([-1.0, 1.0, -1.0, 1.0, 0.5, -0.5, 0.0])
    yield {"x": x, "y": 0.5 * x, "w": 1.0, "b": 0.25, "lr": 0.4, "steps": 12}


@task.wrong(
    "the first loss missing",
    hint="The losses are those after each step only. Where the run began cannot be seen from them: with two "
    "steps there are three losses to know.",
)
def first_loss_missing(x: Any, y: Any, w: Any, b: Any, lr: Any, steps: Any) -> Any:
    losses = []
    for _ in range(steps):
        dz = 2 * (w * x + b - y) / len(x)
        w, b = w - lr * np.sum(dz * x), b - lr * np.sum(dz)
        losses.append(float(np.mean((w * x + b - y) ** 2)))
    return w, b, losses


@task.wrong(
    "the last loss missing",
    hint="The losses are those before each step only. What the last step has brought is not among them: with "
    "two steps there are three losses to know.",
)
def last_loss_missing(x: Any, y: Any, w: Any, b: Any, lr: Any, steps: Any) -> Any:
    losses = []
    for _ in range(steps):
        losses.append(float(np.mean((w * x + b - y) ** 2)))
        dz = 2 * (w * x + b - y) / len(x)
        w, b = w - lr * np.sum(dz * x), b - lr * np.sum(dz)
    return w, b, losses


@task.wrong(
    "squares added up, and not divided by their number",
    hint="The loss of this course is a mean: with a sum, more data would mean a larger loss, however good the "
    "line is.",
    section="sec-01-batch-mean",
)
def losses_summed(x: Any, y: Any, w: Any, b: Any, lr: Any, steps: Any) -> Any:
    losses = [float(np.sum((w * x + b - y) ** 2))]
    for _ in range(steps):
        dz = 2 * (w * x + b - y) / len(x)
        w, b = w - lr * np.sum(dz * x), b - lr * np.sum(dz)
        losses.append(float(np.sum((w * x + b - y) ** 2)))
    return w, b, losses


@task.wrong(
    "the last loss only",
    hint="A single number says where the run has ended. How it got there, fast, slowly or in jumps, is in the "
    "losses on the way.",
)
def last_loss_only(x: Any, y: Any, w: Any, b: Any, lr: Any, steps: Any) -> Any:
    for _ in range(steps):
        dz = 2 * (w * x + b - y) / len(x)
        w, b = w - lr * np.sum(dz * x), b - lr * np.sum(dz)
    return w, b, float(np.mean((w * x + b - y) ** 2))


@task.wrong(
    "steps uphill",
    hint="The slope says in which direction the loss grows, and your loop goes there: the losses rise. Either the "
    "step is added, or prediction and target have changed places: their square does not notice, its slope does.",
    section="sec-01-sign",
)
def uphill(x: Any, y: Any, w: Any, b: Any, lr: Any, steps: Any) -> Any:
    losses = [float(np.mean((w * x + b - y) ** 2))]
    for _ in range(steps):
        dz = 2 * (w * x + b - y) / len(x)
        w, b = w + lr * np.sum(dz * x), b + lr * np.sum(dz)
        losses.append(float(np.mean((w * x + b - y) ** 2)))
    return w, b, losses


@task.wrong(
    "the same slopes used for every step",
    hint="The slopes were measured once, at the start. After a step you stand elsewhere, and there the valley has "
    "another slope: it has to be measured again.",
    section="sec-01-downhill",
)
def slopes_once(x: Any, y: Any, w: Any, b: Any, lr: Any, steps: Any) -> Any:
    losses = [float(np.mean((w * x + b - y) ** 2))]
    dz = 2 * (w * x + b - y) / len(x)
    for _ in range(steps):
        w, b = w - lr * np.sum(dz * x), b - lr * np.sum(dz)
        losses.append(float(np.mean((w * x + b - y) ** 2)))
    return w, b, losses


@task.wrong(
    "every step taken from the start",
    hint="Each turn of the loop steps away from the first w and b again, so the second step ends where the first "
    "one did. A step begins where the last one ended.",
)
def from_the_start(x: Any, y: Any, w: Any, b: Any, lr: Any, steps: Any) -> Any:
    losses = [float(np.mean((w * x + b - y) ** 2))]
    w_new, b_new = w, b
    for _ in range(steps):
        dz = 2 * (w * x + b - y) / len(x)
        w_new, b_new = w - lr * np.sum(dz * x), b - lr * np.sum(dz)
        losses.append(float(np.mean((w_new * x + b_new - y) ** 2)))
    return w_new, b_new, losses


@task.wrong(
    "w updated before db was computed",
    hint="In every step dw was measured at the old w and db at the new one. All gradients first, then all "
    "updates.",
    section="sec-01-questions",
)
def w_first(x: Any, y: Any, w: Any, b: Any, lr: Any, steps: Any) -> Any:
    losses = [float(np.mean((w * x + b - y) ** 2))]
    for _ in range(steps):
        w = w - lr * np.sum(2 * (w * x + b - y) / len(x) * x)
        b = b - lr * np.sum(2 * (w * x + b - y) / len(x))
        losses.append(float(np.mean((w * x + b - y) ** 2)))
    return w, b, losses


@task.wrong(
    "the factor 2 lost",
    hint="It trains, at half the rate that was asked for. The derivative of a square has a 2 in front.",
    section="sec-01-factor",
)
def two_lost(x: Any, y: Any, w: Any, b: Any, lr: Any, steps: Any) -> Any:
    losses = [float(np.mean((w * x + b - y) ** 2))]
    for _ in range(steps):
        dz = (w * x + b - y) / len(x)
        w, b = w - lr * np.sum(dz * x), b - lr * np.sum(dz)
        losses.append(float(np.mean((w * x + b - y) ** 2)))
    return w, b, losses


@task.wrong(
    "steps along the gradient of the sum of squares",
    hint="The loss is a mean, so its slope has the 1/N, too. Without it the step grows with the number of "
    "examples.",
    section="sec-01-batch-mean",
)
def n_lost(x: Any, y: Any, w: Any, b: Any, lr: Any, steps: Any) -> Any:
    losses = [float(np.mean((w * x + b - y) ** 2))]
    for _ in range(steps):
        dz = 2 * (w * x + b - y)
        w, b = w - lr * np.sum(dz * x), b - lr * np.sum(dz)
        losses.append(float(np.mean((w * x + b - y) ** 2)))
    return w, b, losses


@task.wrong(
    "the given start not used",
    hint="Your run begins at w = 0 and b = 0, wherever the caller wanted it to begin. The start is an argument, so "
    "that two runs can be compared.",
)
def start_ignored(x: Any, y: Any, w: Any, b: Any, lr: Any, steps: Any) -> Any:
    w, b = 0.0, 0.0
    losses = [float(np.mean((w * x + b - y) ** 2))]
    for _ in range(steps):
        dz = 2 * (w * x + b - y) / len(x)
        w, b = w - lr * np.sum(dz * x), b - lr * np.sum(dz)
        losses.append(float(np.mean((w * x + b - y) ** 2)))
    return w, b, losses


@task.wrong(
    "one step too many",
    hint="The loop walks on once after the last loss that was asked for. Count the steps of the smallest "
    "example on your fingers.",
)
def one_too_many(x: Any, y: Any, w: Any, b: Any, lr: Any, steps: Any) -> Any:
    losses = []
    for _ in range(steps + 1):
        losses.append(float(np.mean((w * x + b - y) ** 2)))
        dz = 2 * (w * x + b - y) / len(x)
        w, b = w - lr * np.sum(dz * x), b - lr * np.sum(dz)
    return w, b, losses


@task.wrong(
    "a step after every example",
    hint="The knobs moved while the examples were still being counted, so each example saw other knobs. Here one step "
    "is decided by all of them together.",
    section="sec-01-four-steps",
)
def example_by_example(x: Any, y: Any, w: Any, b: Any, lr: Any, steps: Any) -> Any:
    losses = [float(np.mean((w * x + b - y) ** 2))]
    for _ in range(steps):
        for xn, yn in zip(x, y, strict=True):
            dz = 2 * (w * xn + b - yn) / len(x)
            w, b = w - lr * dz * xn, b - lr * dz
        losses.append(float(np.mean((w * x + b - y) ** 2)))
    return w, b, losses
