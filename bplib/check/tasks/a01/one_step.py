"""The four steps on a straight line: forward, loss, backward, update."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.student import call, unpack
from bplib.check.task import Case, Seen, Task

task = Task(
    "01.one_step",
    "One step downhill",
    asks_for="one_step",
    section="sec-01-four-steps",
    parts={"loss": 1, "step": 2},
)


@task.probe
def look(answer: Any, case: Case) -> Iterator[Seen]:
    w, b, loss = unpack(call(answer, *case.values()), "w", "b", "loss", of="one_step")
    yield "loss", "the loss", loss
    yield "step", "the new w", w
    yield "step", "the new b", b


@task.reference
def one_step(w: Any, b: Any, x: Any, y: Any, lr: Any) -> Any:
    off = w * x + b - y
    dz = 2 * off / len(x)
    return w - lr * np.sum(dz * x), b - lr * np.sum(dz), np.mean(off**2)


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(14)
    x = np.array([0.0, 1.0, 2.0, 3.0])
    yield {"w": 1.0, "b": 1.0, "x": x, "y": 2 * x + 1, "lr": 0.1}
    yield {"w": 0.7, "b": -0.4, "x": rng.normal(size=7), "y": rng.normal(size=7), "lr": 0.03}
    yield {"w": -2.0, "b": 0.3, "x": rng.normal(size=5), "y": rng.normal(size=5), "lr": 1.5}


@task.wrong(
    "the loss after the step",
    hint="Asked for is the loss at the knobs that came in, the one whose slopes decided the step. Yours belongs "
    "to the new knobs, and costs a second walk forward.",
)
def loss_after(w: Any, b: Any, x: Any, y: Any, lr: Any) -> Any:
    dz = 2 * (w * x + b - y) / len(x)
    w, b = w - lr * np.sum(dz * x), b - lr * np.sum(dz)
    return w, b, np.mean((w * x + b - y) ** 2)


@task.wrong(
    "squares added up, and not divided by their number",
    hint="The loss of this course is a mean: with a sum, more data would mean a larger loss, however good the "
    "line is.",
    section="sec-01-batch-mean",
)
def loss_summed(w: Any, b: Any, x: Any, y: Any, lr: Any) -> Any:
    off = w * x + b - y
    dz = 2 * off / len(x)
    return w - lr * np.sum(dz * x), b - lr * np.sum(dz), np.sum(off**2)


@task.wrong(
    "the step added",
    hint="The slope says in which direction the loss grows. You have gone there: with every step the loss "
    "would rise.",
    section="sec-01-sign",
)
def uphill(w: Any, b: Any, x: Any, y: Any, lr: Any) -> Any:
    off = w * x + b - y
    dz = 2 * off / len(x)
    return w + lr * np.sum(dz * x), b + lr * np.sum(dz), np.mean(off**2)


@task.wrong(
    "w updated before db was computed",
    hint="Your dw was measured at the old w and your db at the new one, so the pair is the slope at neither "
    "point. All gradients first, then all updates.",
    section="sec-01-questions",
)
def w_first(w: Any, b: Any, x: Any, y: Any, lr: Any) -> Any:
    off = w * x + b - y
    loss = np.mean(off**2)
    w = w - lr * np.sum(2 * off / len(x) * x)
    off = w * x + b - y
    b = b - lr * np.sum(2 * off / len(x))
    return w, b, loss


@task.wrong(
    "the learning rate left out",
    hint="The slope says which way, and how steeply; it does not say how far. A whole slope at once shoots "
    "across the valley.",
    section="sec-01-downhill",
)
def no_rate(w: Any, b: Any, x: Any, y: Any, lr: Any) -> Any:
    off = w * x + b - y
    dz = 2 * off / len(x)
    return w - np.sum(dz * x), b - np.sum(dz), np.mean(off**2)


@task.wrong(
    "the factor 2 lost",
    hint="The derivative of a square has a 2 in front. Without it the step goes the right way, half as far as "
    "the learning rate says.",
    section="sec-01-factor",
)
def two_lost(w: Any, b: Any, x: Any, y: Any, lr: Any) -> Any:
    off = w * x + b - y
    dz = off / len(x)
    return w - lr * np.sum(dz * x), b - lr * np.sum(dz), np.mean(off**2)


@task.wrong(
    "a step along the gradient of the sum of squares",
    hint="The loss is a mean, so its slope has the 1/N, too. Without it the step grows with the number of "
    "examples, and a rate that works for four of them is too large for forty.",
    section="sec-01-batch-mean",
)
def n_lost(w: Any, b: Any, x: Any, y: Any, lr: Any) -> Any:
    off = w * x + b - y
    dz = 2 * off
    return w - lr * np.sum(dz * x), b - lr * np.sum(dz), np.mean(off**2)


@task.wrong(
    "the change of the knobs, where their new values were asked for",
    hint="What you return is how far each knob turns. The caller wants to know where it stands afterwards.",
)
def change_only(w: Any, b: Any, x: Any, y: Any, lr: Any) -> Any:
    off = w * x + b - y
    dz = 2 * off / len(x)
    return -lr * np.sum(dz * x), -lr * np.sum(dz), np.mean(off**2)


@task.wrong(
    "x left out of the slope of w",
    hint="Both knobs were turned by the same amount. A prediction reacts to b at the rate 1, and to w at the "
    "rate of its x.",
)
def x_forgotten(w: Any, b: Any, x: Any, y: Any, lr: Any) -> Any:
    off = w * x + b - y
    dz = 2 * off / len(x)
    return w - lr * np.sum(dz), b - lr * np.sum(dz), np.mean(off**2)


@task.wrong(
    "the bias left where it stood",
    hint="Both knobs have a slope, and both are turned in the same step. With b fixed, the line can only swing "
    "about one point.",
)
def bias_not_moved(w: Any, b: Any, x: Any, y: Any, lr: Any) -> Any:
    off = w * x + b - y
    dz = 2 * off / len(x)
    return w - lr * np.sum(dz * x), b, np.mean(off**2)


@task.wrong(
    "a step after every example",
    hint="The knobs moved while the examples were still being counted, so each example saw other knobs. Here one step "
    "is decided by all of them together, at the knobs that came in.",
)
def example_by_example(w: Any, b: Any, x: Any, y: Any, lr: Any) -> Any:
    loss = np.mean((w * x + b - y) ** 2)
    for xn, yn in zip(x, y, strict=True):
        dz = 2 * (w * xn + b - yn) / len(x)
        w, b = w - lr * dz * xn, b - lr * dz
    return w, b, loss
