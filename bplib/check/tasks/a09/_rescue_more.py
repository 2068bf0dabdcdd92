"""More wrong answers to 09.rescue: what is measured, on what, and divided by what."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a09.rescue import task


@task.wrong(
    "the gradient summed over the list",
    hint="Your step grows with the number of examples. The loss is a mean over rows, and so its gradient is "
    "one.",
    section="sec-05-sum",
)
def summed_gradient(X: Any, Y: Any, X_val: Any, Y_val: Any, lam: Any, rate: Any, steps: Any) -> Any:
    W = np.zeros((X.shape[1], Y.shape[1]))
    best = W
    on_list: list = []
    held: list = []
    for _ in range(steps):
        off = X @ W - Y
        val = 0.5 * np.sum((X_val @ W - Y_val) ** 2) / len(X_val)
        if not held or val < min(held):
            best = W
        on_list.append(0.5 * np.sum(off**2) / len(X))
        held.append(val)
        W = W - rate * (X.T @ off + lam * W)
    return best, on_list, held


@task.wrong(
    "the validation loss divided by the length of the list",
    hint="Your validation loss is a sum over the validation set, divided by the number of training examples. "
    "Each mean has its own number.",
)
def wrong_count(X: Any, Y: Any, X_val: Any, Y_val: Any, lam: Any, rate: Any, steps: Any) -> Any:
    W = np.zeros((X.shape[1], Y.shape[1]))
    best = W
    on_list: list = []
    held: list = []
    for _ in range(steps):
        off = X @ W - Y
        val = 0.5 * np.sum((X_val @ W - Y_val) ** 2) / len(X)
        if not held or val < min(held):
            best = W
        on_list.append(0.5 * np.sum(off**2) / len(X))
        held.append(val)
        W = W - rate * (X.T @ off / len(X) + lam * W)
    return best, on_list, held


@task.wrong(
    "losses measured after the step",
    hint="Your lists begin after the first step. The task asks for the losses of the weights that each step "
    "starts from; the first are those of W = 0.",
)
def after_the_step(X: Any, Y: Any, X_val: Any, Y_val: Any, lam: Any, rate: Any, steps: Any) -> Any:
    W = np.zeros((X.shape[1], Y.shape[1]))
    best = W
    on_list: list = []
    held: list = []
    for _ in range(steps):
        W = W - rate * (X.T @ (X @ W - Y) / len(X) + lam * W)
        val = 0.5 * np.sum((X_val @ W - Y_val) ** 2) / len(X_val)
        if not held or val < min(held):
            best = W
        on_list.append(0.5 * np.sum((X @ W - Y) ** 2) / len(X))
        held.append(val)
    return best, on_list, held


@task.wrong(
    "trained on the validation set as well",
    hint="Your gradient has the validation set in it. Then its loss says nothing about new data, and it can "
    "choose nothing.",
    section="sec-09-three-sets",
)
def trained_on_both(X: Any, Y: Any, X_val: Any, Y_val: Any, lam: Any, rate: Any, steps: Any) -> Any:
    W = np.zeros((X.shape[1], Y.shape[1]))
    XX, YY = np.concatenate([X, X_val]), np.concatenate([Y, Y_val])
    best = W
    on_list: list = []
    held: list = []
    for _ in range(steps):
        val = 0.5 * np.sum((X_val @ W - Y_val) ** 2) / len(X_val)
        if not held or val < min(held):
            best = W
        on_list.append(0.5 * np.sum((X @ W - Y) ** 2) / len(X))
        held.append(val)
        W = W - rate * (XX.T @ (XX @ W - YY) / len(XX) + lam * W)
    return best, on_list, held


@task.wrong(
    "averaged over the columns as well",
    hint="You divide by all the numbers in the table. Here each row is one example and its loss is the sum "
    "over its columns; the mean is over rows only.",
    section="sec-05-nk",
)
def over_columns(X: Any, Y: Any, X_val: Any, Y_val: Any, lam: Any, rate: Any, steps: Any) -> Any:
    W = np.zeros((X.shape[1], Y.shape[1]))
    best = W
    on_list: list = []
    held: list = []
    for _ in range(steps):
        off = X @ W - Y
        val = 0.5 * np.mean((X_val @ W - Y_val) ** 2)
        if not held or val < min(held):
            best = W
        on_list.append(0.5 * np.mean(off**2))
        held.append(val)
        W = W - rate * (X.T @ off / off.size + lam * W)
    return best, on_list, held


@task.wrong(
    "the losses averaged over the columns",
    hint="Your steps are right. Your losses are a mean over all entries: the squares of one row are to be "
    "added up, and only the rows averaged.",
)
def losses_over_columns(X: Any, Y: Any, X_val: Any, Y_val: Any, lam: Any, rate: Any, steps: Any) -> Any:
    W = np.zeros((X.shape[1], Y.shape[1]))
    best = W
    on_list: list = []
    held: list = []
    for _ in range(steps):
        off = X @ W - Y
        val = 0.5 * np.mean((X_val @ W - Y_val) ** 2)
        if not held or val < min(held):
            best = W
        on_list.append(0.5 * np.mean(off**2))
        held.append(val)
        W = W - rate * (X.T @ off / len(X) + lam * W)
    return best, on_list, held


@task.wrong(
    "twice the gradient of the loss",
    hint="Your gradient of L has a 2 that the half in front of the square takes away. The penalty's is right.",
)
def twice_the_gradient(X: Any, Y: Any, X_val: Any, Y_val: Any, lam: Any, rate: Any, steps: Any) -> Any:
    W = np.zeros((X.shape[1], Y.shape[1]))
    best = W
    on_list: list = []
    held: list = []
    for _ in range(steps):
        off = X @ W - Y
        val = 0.5 * np.sum((X_val @ W - Y_val) ** 2) / len(X_val)
        if not held or val < min(held):
            best = W
        on_list.append(0.5 * np.sum(off**2) / len(X))
        held.append(val)
        W = W - rate * (2 * X.T @ off / len(X) + lam * W)
    return best, on_list, held


@task.wrong(
    "half the pull of the penalty",
    hint="Your steps pull with λW/2. The half belongs to the penalty's value, and the slope of a square "
    "takes it away.",
    section="sec-09-l2",
)
def half_the_pull(X: Any, Y: Any, X_val: Any, Y_val: Any, lam: Any, rate: Any, steps: Any) -> Any:
    W = np.zeros((X.shape[1], Y.shape[1]))
    best = W
    on_list: list = []
    held: list = []
    for _ in range(steps):
        off = X @ W - Y
        val = 0.5 * np.sum((X_val @ W - Y_val) ** 2) / len(X_val)
        if not held or val < min(held):
            best = W
        on_list.append(0.5 * np.sum(off**2) / len(X))
        held.append(val)
        W = W - rate * (X.T @ off / len(X) + 0.5 * lam * W)
    return best, on_list, held


@task.wrong(
    "the two lists exchanged",
    hint="Your lists are in the wrong order: the losses on the list first, then those on the validation set.",
)
def lists_exchanged(X: Any, Y: Any, X_val: Any, Y_val: Any, lam: Any, rate: Any, steps: Any) -> Any:
    W = np.zeros((X.shape[1], Y.shape[1]))
    best = W
    on_list: list = []
    held: list = []
    for _ in range(steps):
        off = X @ W - Y
        val = 0.5 * np.sum((X_val @ W - Y_val) ** 2) / len(X_val)
        if not held or val < min(held):
            best = W
        on_list.append(0.5 * np.sum(off**2) / len(X))
        held.append(val)
        W = W - rate * (X.T @ off / len(X) + lam * W)
    return best, held, on_list
