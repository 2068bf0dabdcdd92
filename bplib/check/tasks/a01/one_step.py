"""The four steps on a straight line, and what the slopes promised beside what the step has brought."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.student import call, unpack
from bplib.check.task import Case, Seen, Task
from bplib.check.tasks.a01.mse import mse
from bplib.check.tasks.a01.predict import predict
from bplib.check.tasks.a01.slopes import slopes

task = Task(
    "01.one_step",
    "One step downhill, promised and delivered",
    asks_for="one_step",
    section="sec-01-downhill",
    parts={"step": 2, "falls": 1},
    needs=("01.predict", "01.mse", "01.slopes"),
)


@task.probe
def look(answer: Any, case: Case) -> Iterator[Seen]:
    result = call(answer, *case.values())
    w, b, promised, delivered = unpack(result, "w", "b", "promised", "delivered", of="one_step")
    yield "step", "the new w", w
    yield "step", "the new b", b
    yield "falls", "the fall promised", promised
    yield "falls", "the fall delivered", delivered


@task.reference
def one_step(x: Any, y: Any, w: Any, b: Any, lr: Any) -> Any:
    before, dz = mse(predict(x, w, b), y)
    dw, db = slopes(x, dz)
    w, b = w - lr * dw, b - lr * db
    after, _ = mse(predict(x, w, b), y)
    return w, b, lr * (dw**2 + db**2), before - after


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(14)
    x = np.array([0.0, 1.0, 2.0, 3.0])
    yield {"x": x, "y": 2 * x + 1, "w": 1.0, "b": 1.0, "lr": 0.1}
    yield {"x": rng.normal(size=7), "y": rng.normal(size=7), "w": 0.7, "b": -0.4, "lr": 0.03}
    yield {"x": rng.normal(size=5), "y": rng.normal(size=5), "w": -2.0, "b": 0.3, "lr": 1.5}


@task.wrong(
    "a step uphill",
    hint="The slope says in which direction the loss grows, and your knobs have gone there. Either the step is "
    "added, or prediction and target have changed places on the way to the loss: their square does not "
    "notice, their slope turns its sign.",
    section="sec-01-sign",
)
def uphill(x: Any, y: Any, w: Any, b: Any, lr: Any) -> Any:
    before, dz = mse(predict(x, w, b), y)
    dw, db = slopes(x, dz)
    w, b = w + lr * dw, b + lr * db
    after, _ = mse(predict(x, w, b), y)
    return w, b, lr * (dw**2 + db**2), before - after


@task.wrong(
    "w updated before db was computed",
    hint="Your dw was measured at the old w and your db at the new one, so the pair is the slope at neither "
    "point. All gradients first, then all updates.",
    section="sec-01-questions",
)
def w_first(x: Any, y: Any, w: Any, b: Any, lr: Any) -> Any:
    before, dz = mse(predict(x, w, b), y)
    dw, _ = slopes(x, dz)
    w = w - lr * dw
    _, db = slopes(x, mse(predict(x, w, b), y)[1])
    b = b - lr * db
    after, _ = mse(predict(x, w, b), y)
    return w, b, lr * (dw**2 + db**2), before - after


@task.wrong(
    "the learning rate left out of the step",
    hint="The slope says which way, and how steeply; it does not say how far. A whole slope at once shoots "
    "across the valley.",
)
def no_rate(x: Any, y: Any, w: Any, b: Any, lr: Any) -> Any:
    before, dz = mse(predict(x, w, b), y)
    dw, db = slopes(x, dz)
    w, b = w - dw, b - db
    after, _ = mse(predict(x, w, b), y)
    return w, b, dw**2 + db**2, before - after


@task.wrong(
    "the example's rate of 0.1, whatever rate is asked for",
    hint="The example on paper comes out right, and with another rate the step is as long as before. How far to "
    "go is the caller's choice.",
)
def rate_of_example(x: Any, y: Any, w: Any, b: Any, lr: Any) -> Any:
    before, dz = mse(predict(x, w, b), y)
    dw, db = slopes(x, dz)
    w, b = w - 0.1 * dw, b - 0.1 * db
    after, _ = mse(predict(x, w, b), y)
    return w, b, 0.1 * (dw**2 + db**2), before - after


@task.wrong(
    "the factor 2 lost",
    hint="The derivative of a square has a 2 in front. Without it the step goes the right way, half as far as "
    "the learning rate says.",
    section="sec-01-factor",
)
def two_lost(x: Any, y: Any, w: Any, b: Any, lr: Any) -> Any:
    before, dz = mse(predict(x, w, b), y)
    dw, db = slopes(x, dz / 2)
    w, b = w - lr * dw, b - lr * db
    after, _ = mse(predict(x, w, b), y)
    return w, b, lr * (dw**2 + db**2), before - after


@task.wrong(
    "a step along the gradient of the sum of squares",
    hint="The loss is a mean, so its slope has the 1/N, too. Without it the step grows with the number of "
    "examples, and a rate that works for four of them is too large for forty.",
    section="sec-01-batch-mean",
)
def n_lost(x: Any, y: Any, w: Any, b: Any, lr: Any) -> Any:
    before, dz = mse(predict(x, w, b), y)
    dw, db = slopes(x, dz * len(x))
    w, b = w - lr * dw, b - lr * db
    after, _ = mse(predict(x, w, b), y)
    return w, b, lr * (dw**2 + db**2), before - after


@task.wrong(
    "the slopes divided by N once more",
    hint="The mean was taken in the loss, and its 1/N is inside dz. The knobs add up what comes back from every "
    "example.",
    section="sec-01-batch-mean",
)
def n_twice(x: Any, y: Any, w: Any, b: Any, lr: Any) -> Any:
    before, dz = mse(predict(x, w, b), y)
    dw, db = slopes(x, dz / len(x))
    w, b = w - lr * dw, b - lr * db
    after, _ = mse(predict(x, w, b), y)
    return w, b, lr * (dw**2 + db**2), before - after


@task.wrong(
    "the change of the knobs, where their new values were asked for",
    hint="What you return is how far each knob turns. The caller wants to know where it stands afterwards.",
    section="sec-01-four-steps",
)
def change_only(x: Any, y: Any, w: Any, b: Any, lr: Any) -> Any:
    before, dz = mse(predict(x, w, b), y)
    dw, db = slopes(x, dz)
    after, _ = mse(predict(x, w - lr * dw, b - lr * db), y)
    return -lr * dw, -lr * db, lr * (dw**2 + db**2), before - after


@task.wrong(
    "the loss returned first",
    hint="The caller takes what comes first for the new w. The order in which things are returned is part of "
    "what a function promises.",
)
def losses_first(x: Any, y: Any, w: Any, b: Any, lr: Any) -> Any:
    before, dz = mse(predict(x, w, b), y)
    dw, db = slopes(x, dz)
    w, b = w - lr * dw, b - lr * db
    after, _ = mse(predict(x, w, b), y)
    return lr * (dw**2 + db**2), before - after, w, b


@task.wrong(
    "x left out of the slope of w",
    hint="Both knobs were turned by the same amount. A prediction reacts to b at the rate 1, and to w at the "
    "rate of its x.",
    section="sec-01-four-steps",
)
def x_forgotten(x: Any, y: Any, w: Any, b: Any, lr: Any) -> Any:
    before, dz = mse(predict(x, w, b), y)
    _, db = slopes(x, dz)
    w, b = w - lr * db, b - lr * db
    after, _ = mse(predict(x, w, b), y)
    return w, b, lr * (db**2 + db**2), before - after


@task.wrong(
    "the bias left where it stood",
    hint="Both knobs have a slope, and both are turned in the same step. With b fixed, the line can only swing "
    "about one point.",
    section="sec-01-four-steps",
)
def bias_not_moved(x: Any, y: Any, w: Any, b: Any, lr: Any) -> Any:
    before, dz = mse(predict(x, w, b), y)
    dw, _ = slopes(x, dz)
    w = w - lr * dw
    after, _ = mse(predict(x, w, b), y)
    return w, b, lr * dw**2, before - after


@task.wrong(
    "a step after every example",
    hint="The knobs moved while the examples were still being counted, so each example saw other knobs. Here one step "
    "is decided by all of them together, at the knobs that came in.",
    section="sec-01-four-steps",
)
def example_by_example(x: Any, y: Any, w: Any, b: Any, lr: Any) -> Any:
    before, dz = mse(predict(x, w, b), y)
    dw, db = slopes(x, dz)
    for xn, yn in zip(x, y, strict=True):
        dzn = 2 * (w * xn + b - yn) / len(x)
        w, b = w - lr * dzn * xn, b - lr * dzn
    after, _ = mse(predict(x, w, b), y)
    return w, b, lr * (dw**2 + db**2), before - after


@task.wrong(
    "the fall with its sign turned",
    hint="You return how much the loss has grown. A step that does its work makes the loss smaller, and its fall "
    "is then a positive number.",
)
def growth(x: Any, y: Any, w: Any, b: Any, lr: Any) -> Any:
    before, dz = mse(predict(x, w, b), y)
    dw, db = slopes(x, dz)
    w, b = w - lr * dw, b - lr * db
    after, _ = mse(predict(x, w, b), y)
    return w, b, -lr * (dw**2 + db**2), after - before


@task.wrong(
    "the promise without the learning rate",
    hint="The square of the gradient's length says how fast the loss falls for each unit of rate. The rate says "
    "how far the step goes.",
)
def promise_without_rate(x: Any, y: Any, w: Any, b: Any, lr: Any) -> Any:
    before, dz = mse(predict(x, w, b), y)
    dw, db = slopes(x, dz)
    w, b = w - lr * dw, b - lr * db
    after, _ = mse(predict(x, w, b), y)
    return w, b, dw**2 + db**2, before - after


@task.wrong(
    "the length of the gradient, not squared",
    hint="The gradient is in the promise twice: once as the slope, and once more as the length of the step, which "
    "goes with the gradient.",
)
def promise_rooted(x: Any, y: Any, w: Any, b: Any, lr: Any) -> Any:
    before, dz = mse(predict(x, w, b), y)
    dw, db = slopes(x, dz)
    w, b = w - lr * dw, b - lr * db
    after, _ = mse(predict(x, w, b), y)
    return w, b, lr * np.sqrt(dw**2 + db**2), before - after


@task.wrong(
    "a loss, where the fall of the loss was asked for",
    hint="What you return last is one of the two losses. How much the step has brought is the difference between "
    "the loss before it and the loss after it.",
)
def loss_after(x: Any, y: Any, w: Any, b: Any, lr: Any) -> Any:
    _, dz = mse(predict(x, w, b), y)
    dw, db = slopes(x, dz)
    w, b = w - lr * dw, b - lr * db
    after, _ = mse(predict(x, w, b), y)
    return w, b, lr * (dw**2 + db**2), after


@task.wrong(
    "a loss, where the fall of the loss was asked for",
    hint="What you return last is the loss before the step. How much the step has brought is the difference "
    "between this loss and the one after it.",
)
def loss_before(x: Any, y: Any, w: Any, b: Any, lr: Any) -> Any:
    before, dz = mse(predict(x, w, b), y)
    dw, db = slopes(x, dz)
    return w - lr * dw, b - lr * db, lr * (dw**2 + db**2), before
