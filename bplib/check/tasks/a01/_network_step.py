"""The task of one training step through two layers with tanh between them, and most wrong answers to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.student import call, unpack
from bplib.check.task import Case, Seen, Task
from bplib.check.tasks.a01.layer import layer

task = Task(
    "01.network_step",
    "Two layers and a bend",
    asks_for="network_step",
    section="sec-01-network",
    parts={"loss": 1, "step": 3},
    needs=("01.layer",),
)


@task.probe
def look(answer: Any, case: Case) -> Iterator[Seen]:
    result = call(answer, *case.values())
    loss, *new = unpack(result, "loss", "W1", "b1", "W2", "b2", of="network_step")
    yield "loss", "the loss", loss
    for name, value in zip(("W2", "b2", "W1", "b1"), new[2:] + new[:2], strict=True):
        yield "step", f"the new {name}", value


@task.reference
def network_step(x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any, lr: Any) -> Any:
    z1, back1 = layer(x, W1, b1)
    h = np.tanh(z1)
    z2, back2 = layer(h, W2, b2)
    dh, dW2, db2 = back2(2 * (z2 - y) / y.size)
    _, dW1, db1 = back1(dh * (1 - h * h))
    loss = np.mean((z2 - y) ** 2)
    return loss, W1 - lr * dW1, b1 - lr * db1, W2 - lr * dW2, b2 - lr * db2


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(18)
    yield {
        "x": np.array([[1.0]]),
        "y": np.array([[3.0]]),
        "W1": np.array([[0.5]]),
        "b1": np.array([-0.5]),
        "W2": np.array([[2.0]]),
        "b2": np.array([1.0]),
        "lr": 0.1,
    }
    for n, inputs, hidden, outputs in (5, 1, 3, 1), (4, 2, 3, 3):
        yield {
            "x": rng.normal(size=(n, inputs)),
            "y": rng.normal(size=(n, outputs)),
            "W1": rng.normal(size=(inputs, hidden)),
            "b1": rng.normal(size=hidden),
            "W2": rng.normal(size=(hidden, outputs)),
            "b2": rng.normal(size=outputs),
            "lr": 0.3,
        }


@task.wrong(
    "the loss after the step",
    hint="Asked for is the loss of the weights that came in, the one whose slopes decided the step. Yours belongs "
    "to the new weights, and costs a second walk forward.",
    section="sec-01-four-steps",
)
def loss_after(x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any, lr: Any) -> Any:
    h = np.tanh(x @ W1 + b1)
    dz2 = 2 * (h @ W2 + b2 - y) / y.size
    dz1 = dz2 @ W2.T * (1 - h * h)
    W2, b2 = W2 - lr * h.T @ dz2, b2 - lr * dz2.sum(axis=0)
    W1, b1 = W1 - lr * x.T @ dz1, b1 - lr * dz1.sum(axis=0)
    return np.mean((np.tanh(x @ W1 + b1) @ W2 + b2 - y) ** 2), W1, b1, W2, b2


@task.wrong(
    "tanh at the output, too",
    hint="A last layer that ends in tanh can say nothing beyond −1 and 1. The targets here are any numbers, so "
    "the output is left unbent.",
)
def tanh_at_output(x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any, lr: Any) -> Any:
    h = np.tanh(x @ W1 + b1)
    z = np.tanh(h @ W2 + b2)
    dz2 = 2 * (z - y) / y.size * (1 - z * z)
    dz1 = dz2 @ W2.T * (1 - h * h)
    W2, b2 = W2 - lr * h.T @ dz2, b2 - lr * dz2.sum(axis=0)
    return np.mean((z - y) ** 2), W1 - lr * x.T @ dz1, b1 - lr * dz1.sum(axis=0), W2, b2


@task.wrong(
    "no bend between the layers",
    hint="Two layers with nothing between them fold into one, and however many neurons are in the middle, the "
    "network draws a straight line.",
)
def no_activation(x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any, lr: Any) -> Any:
    h = x @ W1 + b1
    z = h @ W2 + b2
    dz2 = 2 * (z - y) / y.size
    dz1 = dz2 @ W2.T
    W2, b2 = W2 - lr * h.T @ dz2, b2 - lr * dz2.sum(axis=0)
    return np.mean((z - y) ** 2), W1 - lr * x.T @ dz1, b1 - lr * dz1.sum(axis=0), W2, b2


@task.wrong(
    "the slope of tanh left out",
    hint="What comes back to h is not yet what comes back to z1: between them stands the bend, and it passes on "
    "only as much as it is steep. Where tanh is flat, nothing that z1 does can be felt.",
)
def slope_left_out(x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any, lr: Any) -> Any:
    h = np.tanh(x @ W1 + b1)
    z = h @ W2 + b2
    dz2 = 2 * (z - y) / y.size
    dz1 = dz2 @ W2.T
    W2, b2 = W2 - lr * h.T @ dz2, b2 - lr * dz2.sum(axis=0)
    return np.mean((z - y) ** 2), W1 - lr * x.T @ dz1, b1 - lr * dz1.sum(axis=0), W2, b2


@task.wrong(
    "the slope of tanh computed from what went into it",
    hint="The square in this slope is that of the value of tanh. You have squared the number before the bend, "
    "and for numbers beyond 1 such a slope is negative; tanh never falls.",
    section="sec-04-bug-slope",
)
def slope_at_z(x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any, lr: Any) -> Any:
    z1 = x @ W1 + b1
    h = np.tanh(z1)
    z = h @ W2 + b2
    dz2 = 2 * (z - y) / y.size
    dz1 = dz2 @ W2.T * (1 - z1 * z1)
    W2, b2 = W2 - lr * h.T @ dz2, b2 - lr * dz2.sum(axis=0)
    return np.mean((z - y) ** 2), W1 - lr * x.T @ dz1, b1 - lr * dz1.sum(axis=0), W2, b2


@task.wrong(
    "the second layer updated before the first has its gradient",
    hint="The gradient went back through weights that were not there on the way forward. In this pass the loss was "
    "computed with the old ones. All gradients first, then all updates.",
    section="sec-01-questions",
)
def second_layer_first(x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any, lr: Any) -> Any:
    h = np.tanh(x @ W1 + b1)
    z = h @ W2 + b2
    dz2 = 2 * (z - y) / y.size
    W2, b2 = W2 - lr * h.T @ dz2, b2 - lr * dz2.sum(axis=0)
    dz1 = dz2 @ W2.T * (1 - h * h)
    return np.mean((z - y) ** 2), W1 - lr * x.T @ dz1, b1 - lr * dz1.sum(axis=0), W2, b2


@task.wrong(
    "the first layer left as it was",
    hint="Only the last layer learns here. The neurons in the middle keep the weights they were born with, which "
    "is where things stood before 1986.",
)
def first_layer_frozen(x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any, lr: Any) -> Any:
    h = np.tanh(x @ W1 + b1)
    z = h @ W2 + b2
    dz2 = 2 * (z - y) / y.size
    return np.mean((z - y) ** 2), W1, b1, W2 - lr * h.T @ dz2, b2 - lr * dz2.sum(axis=0)


@task.wrong(
    "b1 moved by what comes back to h",
    hint="b1 stands before the bend, with W1. What comes back to it has passed the slope of tanh, and yours "
    "has not.",
)
def b1_from_dh(x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any, lr: Any) -> Any:
    h = np.tanh(x @ W1 + b1)
    z = h @ W2 + b2
    dz2 = 2 * (z - y) / y.size
    dh = dz2 @ W2.T
    dz1 = dh * (1 - h * h)
    W2, b2 = W2 - lr * h.T @ dz2, b2 - lr * dz2.sum(axis=0)
    return np.mean((z - y) ** 2), W1 - lr * x.T @ dz1, b1 - lr * dh.sum(axis=0), W2, b2


@task.wrong(
    "a step uphill",
    hint="The slopes say in which direction the loss grows, and all four arrays have gone there. Either the step "
    "is added, or prediction and target have changed places: their square does not notice, its slope does.",
    section="sec-01-sign",
)
def uphill(x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any, lr: Any) -> Any:
    h = np.tanh(x @ W1 + b1)
    z = h @ W2 + b2
    dz2 = 2 * (z - y) / y.size
    dz1 = dz2 @ W2.T * (1 - h * h)
    W2, b2 = W2 + lr * h.T @ dz2, b2 + lr * dz2.sum(axis=0)
    return np.mean((z - y) ** 2), W1 + lr * x.T @ dz1, b1 + lr * dz1.sum(axis=0), W2, b2


@task.wrong(
    "the gradient divided by the number of rows only",
    hint="The loss is the mean over all entries of z2: over the examples and over the outputs. With one output "
    "that makes no difference; with three, your step is three times too long.",
    section="sec-01-summary",
)
def divided_by_rows(x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any, lr: Any) -> Any:
    h = np.tanh(x @ W1 + b1)
    z = h @ W2 + b2
    dz2 = 2 * (z - y) / len(y)
    dz1 = dz2 @ W2.T * (1 - h * h)
    W2, b2 = W2 - lr * h.T @ dz2, b2 - lr * dz2.sum(axis=0)
    return np.mean((z - y) ** 2), W1 - lr * x.T @ dz1, b1 - lr * dz1.sum(axis=0), W2, b2


@task.wrong(
    "the gradient of the sum of squares",
    hint="The loss is a mean, so its slope has one over the number of entries in it. Without that the step grows "
    "with the number of examples.",
    section="sec-01-batch-mean",
)
def not_divided(x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any, lr: Any) -> Any:
    h = np.tanh(x @ W1 + b1)
    z = h @ W2 + b2
    dz2 = 2 * (z - y)
    dz1 = dz2 @ W2.T * (1 - h * h)
    W2, b2 = W2 - lr * h.T @ dz2, b2 - lr * dz2.sum(axis=0)
    return np.mean((z - y) ** 2), W1 - lr * x.T @ dz1, b1 - lr * dz1.sum(axis=0), W2, b2


@task.wrong(
    "the caller's arrays changed in place",
    hint="An operator that ends in = writes into the array that came in. The caller may still need the old weights, "
    "to compare two runs or to go back a step.",
    section="sec-01-four-steps",
)
def in_place(x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any, lr: Any) -> Any:
    h = np.tanh(x @ W1 + b1)
    z = h @ W2 + b2
    dz2 = 2 * (z - y) / y.size
    dz1 = dz2 @ W2.T * (1 - h * h)
    W1 -= lr * x.T @ dz1
    b1 -= lr * dz1.sum(axis=0)
    W2 -= lr * h.T @ dz2
    b2 -= lr * dz2.sum(axis=0)
    return np.mean((z - y) ** 2), W1, b1, W2, b2
