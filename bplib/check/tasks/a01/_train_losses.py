"""Runs that end too soon, and lists of losses with a number too many or in the wrong place."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a01._train import task


@task.wrong(
    "a return inside the loop",
    hint="A return ends the function wherever it stands, and yours stands where the first turn of the loop "
    "meets it: one step is taken, and no more. With no step to take there is no return at all.",
)
def return_in_loop(x: Any, y: Any, w: Any, b: Any, lr: Any, steps: Any) -> Any:
    losses = []
    for _ in range(steps):
        losses.append(float(np.mean((w * x + b - y) ** 2)))
        dz = 2 * (w * x + b - y) / len(x)
        w, b = w - lr * np.sum(dz * x), b - lr * np.sum(dz)
        return w, b, losses
    return None


@task.wrong(
    "the first loss twice, and the last one missing",
    hint="The loss at the start was put down before the loop, and the first turn of the loop puts it down again. "
    "The number of losses is right, and each but the first is one step late.",
)
def first_twice(x: Any, y: Any, w: Any, b: Any, lr: Any, steps: Any) -> Any:
    losses = [float(np.mean((w * x + b - y) ** 2))]
    for _ in range(steps):
        losses.append(float(np.mean((w * x + b - y) ** 2)))
        dz = 2 * (w * x + b - y) / len(x)
        w, b = w - lr * np.sum(dz * x), b - lr * np.sum(dz)
    return w, b, losses


@task.wrong(
    "the last loss twice, and the first one missing",
    hint="The loop puts down the loss after each step, and the last one again when it is over. What is missing is "
    "the loss at the start, before any step.",
)
def last_twice(x: Any, y: Any, w: Any, b: Any, lr: Any, steps: Any) -> Any:
    losses = []
    for _ in range(steps):
        dz = 2 * (w * x + b - y) / len(x)
        w, b = w - lr * np.sum(dz * x), b - lr * np.sum(dz)
        losses.append(float(np.mean((w * x + b - y) ** 2)))
    losses.append(float(np.mean((w * x + b - y) ** 2)))
    return w, b, losses


@task.wrong(
    "a run that stops when the loss is small",
    hint="How many steps to take is the caller's choice. A loss that looks small to you may be large in the unit "
    "of other targets.",
)
def stops_when_small(x: Any, y: Any, w: Any, b: Any, lr: Any, steps: Any) -> Any:
    losses = [float(np.mean((w * x + b - y) ** 2))]
    for _ in range(steps):
        if losses[-1] < 1e-3:
            break
        dz = 2 * (w * x + b - y) / len(x)
        w, b = w - lr * np.sum(dz * x), b - lr * np.sum(dz)
        losses.append(float(np.mean((w * x + b - y) ** 2)))
    return w, b, losses


@task.wrong(
    "a run that stops when the loss rises",
    hint="With too large a rate the losses rise, and the caller wants to see it. How many steps to take is the "
    "caller's choice.",
)
def stops_when_rising(x: Any, y: Any, w: Any, b: Any, lr: Any, steps: Any) -> Any:
    losses = [float(np.mean((w * x + b - y) ** 2))]
    for _ in range(steps):
        dz = 2 * (w * x + b - y) / len(x)
        w, b = w - lr * np.sum(dz * x), b - lr * np.sum(dz)
        losses.append(float(np.mean((w * x + b - y) ** 2)))
        if losses[-1] > losses[-2]:
            break
    return w, b, losses


@task.wrong(
    "the losses returned first",
    hint="The caller takes what comes first for w. The order in which things are returned is part of what a "
    "function promises.",
)
def losses_first(x: Any, y: Any, w: Any, b: Any, lr: Any, steps: Any) -> Any:
    losses = [float(np.mean((w * x + b - y) ** 2))]
    for _ in range(steps):
        dz = 2 * (w * x + b - y) / len(x)
        w, b = w - lr * np.sum(dz * x), b - lr * np.sum(dz)
        losses.append(float(np.mean((w * x + b - y) ** 2)))
    return losses, w, b
