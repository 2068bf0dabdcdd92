"""Slips in a step of two layers: a factor, a loss of another kind, a link of the chain."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a01._network_step import task


@task.wrong(
    "the factor 2 lost",
    hint="The derivative of a square has a 2 in front. Without it all four arrays go the right way, half as far "
    "as the learning rate says.",
    section="sec-01-factor",
)
def two_lost(x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any, lr: Any) -> Any:
    h = np.tanh(x @ W1 + b1)
    z = h @ W2 + b2
    dz2 = (z - y) / y.size
    dz1 = dz2 @ W2.T * (1 - h * h)
    W2, b2 = W2 - lr * h.T @ dz2, b2 - lr * dz2.sum(axis=0)
    return np.mean((z - y) ** 2), W1 - lr * x.T @ dz1, b1 - lr * dz1.sum(axis=0), W2, b2


@task.wrong(
    "tanh taken twice in its own slope",
    hint="h has been through tanh already, and the slope wants the value of tanh. You have bent it a second "
    "time before you squared it.",
    section="sec-04-bug-slope",
)
def tanh_twice(x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any, lr: Any) -> Any:
    h = np.tanh(x @ W1 + b1)
    z = h @ W2 + b2
    dz2 = 2 * (z - y) / y.size
    dz1 = dz2 @ W2.T * (1 - np.tanh(h) ** 2)
    W2, b2 = W2 - lr * h.T @ dz2, b2 - lr * dz2.sum(axis=0)
    return np.mean((z - y) ** 2), W1 - lr * x.T @ dz1, b1 - lr * dz1.sum(axis=0), W2, b2


@task.wrong(
    "what comes back to h left out",
    hint="You hand the first layer the slope of tanh alone. How the loss reacts to h comes from the second "
    "layer, and without it the first one does not know where to go.",
    section="sec-01-pullback",
)
def dh_left_out(x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any, lr: Any) -> Any:
    h = np.tanh(x @ W1 + b1)
    z = h @ W2 + b2
    dz2 = 2 * (z - y) / y.size
    dz1 = 1 - h * h
    W2, b2 = W2 - lr * h.T @ dz2, b2 - lr * dz2.sum(axis=0)
    return np.mean((z - y) ** 2), W1 - lr * x.T @ dz1, b1 - lr * dz1.sum(axis=0), W2, b2


@task.wrong(
    "a loss divided by the number of rows only",
    hint="The loss is the mean over all entries of z2: over the examples and over the outputs. With one output "
    "that makes no difference; with three, your loss is three times too large.",
    section="sec-01-summary",
)
def loss_by_rows(x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any, lr: Any) -> Any:
    h = np.tanh(x @ W1 + b1)
    z = h @ W2 + b2
    dz2 = 2 * (z - y) / y.size
    dz1 = dz2 @ W2.T * (1 - h * h)
    W2, b2 = W2 - lr * h.T @ dz2, b2 - lr * dz2.sum(axis=0)
    loss = np.sum((z - y) ** 2) / len(y)
    return loss, W1 - lr * x.T @ dz1, b1 - lr * dz1.sum(axis=0), W2, b2


@task.wrong(
    "squares added up, and not divided by their number",
    hint="The loss of this course is a mean: with a sum, more data would mean a larger loss, however good the "
    "network is.",
    section="sec-01-batch-mean",
)
def loss_summed(x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any, lr: Any) -> Any:
    h = np.tanh(x @ W1 + b1)
    z = h @ W2 + b2
    dz2 = 2 * (z - y) / y.size
    dz1 = dz2 @ W2.T * (1 - h * h)
    W2, b2 = W2 - lr * h.T @ dz2, b2 - lr * dz2.sum(axis=0)
    return np.sum((z - y) ** 2), W1 - lr * x.T @ dz1, b1 - lr * dz1.sum(axis=0), W2, b2


@task.wrong(
    "the loss returned last",
    hint="The caller takes what comes first for the loss. The order in which things are returned is part of what "
    "a function promises.",
)
def loss_last(x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any, lr: Any) -> Any:
    h = np.tanh(x @ W1 + b1)
    z = h @ W2 + b2
    dz2 = 2 * (z - y) / y.size
    dz1 = dz2 @ W2.T * (1 - h * h)
    W2, b2 = W2 - lr * h.T @ dz2, b2 - lr * dz2.sum(axis=0)
    return W1 - lr * x.T @ dz1, b1 - lr * dz1.sum(axis=0), W2, b2, np.mean((z - y) ** 2)
