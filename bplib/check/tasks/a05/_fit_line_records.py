"""Fits that go the right way and keep a wrong record of it, or give it back in another form."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a05._fit_line import task


@task.wrong(
    "one array, put into the path again and again",
    hint="Your path holds the same array steps + 1 times, and each step writes into it, so that all rows "
    "show the end. Every row needs an array of its own.",
    section="sec-01-hundred",
)
def same_array(x: Any, y: Any, loss: Any, rate: Any, steps: Any) -> Any:
    knobs = np.zeros(2)
    path, losses = [knobs], []
    for _ in range(steps):
        value, dpred = loss(knobs[0] * x + knobs[1], y)
        losses.append(value)
        knobs -= rate * np.array([np.sum(dpred * x), np.sum(dpred)])
        path.append(knobs)
    return np.array(path), np.array(losses)


@task.wrong(
    "a loss for the last line, too",
    hint="The path has steps + 1 places, and the losses are one fewer: each belongs to the place from "
    "which a step was taken.",
)
def one_loss_more(x: Any, y: Any, loss: Any, rate: Any, steps: Any) -> Any:
    w, b = 0.0, 0.0
    path, losses = [(w, b)], []
    for _ in range(steps):
        value, dpred = loss(w * x + b, y)
        losses.append(value)
        w, b = w - rate * np.sum(dpred * x), b - rate * np.sum(dpred)
        path.append((w, b))
    losses.append(loss(w * x + b, y)[0])
    return np.array(path), np.array(losses)


@task.wrong(
    "b in the first column, and w in the second",
    hint="The pairs are (w, b). A reader of your path would take the height of the line for its slope.",
)
def columns_swapped(x: Any, y: Any, loss: Any, rate: Any, steps: Any) -> Any:
    w, b = 0.0, 0.0
    path, losses = [(b, w)], []
    for _ in range(steps):
        value, dpred = loss(w * x + b, y)
        losses.append(value)
        w, b = w - rate * np.sum(dpred * x), b - rate * np.sum(dpred)
        path.append((b, w))
    return np.array(path), np.array(losses)


@task.wrong(
    "a path with a row for w and a row for b",
    hint="Each row of the path is a place, a pair (w, b). Yours has all w in one row and all b in the "
    "other: it lies on its side.",
)
def on_its_side(x: Any, y: Any, loss: Any, rate: Any, steps: Any) -> Any:
    w, b = 0.0, 0.0
    path, losses = [(w, b)], []
    for _ in range(steps):
        value, dpred = loss(w * x + b, y)
        losses.append(value)
        w, b = w - rate * np.sum(dpred * x), b - rate * np.sum(dpred)
        path.append((w, b))
    return np.array(path).T, np.array(losses)


@task.wrong(
    "a return inside the loop",
    hint="A return ends the function wherever it stands. Yours stands where the first turn of the loop "
    "meets it, so that one step is taken and no more.",
    section="sec-01-hundred",
)
def return_in_loop(x: Any, y: Any, loss: Any, rate: Any, steps: Any) -> Any:
    w, b = 0.0, 0.0
    path, losses = [(w, b)], []
    for _ in range(steps):
        value, dpred = loss(w * x + b, y)
        losses.append(value)
        w, b = w - rate * np.sum(dpred * x), b - rate * np.sum(dpred)
        path.append((w, b))
        return np.array(path), np.array(losses)
    return None
