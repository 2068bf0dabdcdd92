"""Cross-entropies with a slip: one link too few, one shift for all, a 1 that is not divided."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a05._cross_entropy import task


@task.wrong(
    "the gradient with respect to the probabilities",
    hint="You say how the loss changes with the probability of the label. The question is about the "
    "logits: one link of the chain, the softmax, is missing.",
    section="sec-05-softmax",
)
def of_the_probabilities(z: Any, labels: Any) -> Any:
    rows = np.arange(len(z))
    shifted = z - z.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    p = np.exp(log_p)
    t = np.eye(z.shape[1])[labels]
    return -np.mean(log_p[rows, labels]), lambda d: -d * t / p / len(z)


@task.wrong(
    "the target taken off after the division, undivided",
    hint="Output minus target is what is divided by N and weighed by d, as a whole. You have divided the "
    "output, and taken a whole 1 off it.",
    section="sec-05-softmax",
)
def one_undivided(z: Any, labels: Any) -> Any:
    rows = np.arange(len(z))
    shifted = z - z.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    p = np.exp(log_p)
    t = np.eye(z.shape[1])[labels]
    return -np.mean(log_p[rows, labels]), lambda d: d * p / len(z) - t


@task.wrong(
    "one shift for all rows",
    hint="The largest logit of the whole array keeps every exponential from overflowing. But a row that "
    "lies far below it becomes nothing but zeros, and the logarithm of zero is −∞.",
)
def one_shift(z: Any, labels: Any) -> Any:
    rows = np.arange(len(z))
    e = np.exp(z - z.max())
    p = e / e.sum(axis=1, keepdims=True)
    t = np.eye(z.shape[1])[labels]
    return -np.mean(np.log(p[rows, labels])), lambda d: d * (p - t) / len(z)


@task.wrong(
    "one shift for all rows",
    hint="The largest logit of the whole array keeps every exponential from overflowing. But a row that "
    "lies far below it becomes nothing but zeros, and the logarithm of zero is −∞.",
)
def one_shift_in_log(z: Any, labels: Any) -> Any:
    rows = np.arange(len(z))
    shifted = z - z.max()
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    t = np.eye(z.shape[1])[labels]
    return -np.mean(log_p[rows, labels]), lambda d: d * (np.exp(log_p) - t) / len(z)


@task.wrong(
    "the minus left out",
    hint="Logarithms of probabilities are negative, and a cost is not. Without the minus, descent makes "
    "the labels less likely.",
    section="sec-05-likelihood",
)
def minus_left_out(z: Any, labels: Any) -> Any:
    rows = np.arange(len(z))
    shifted = z - z.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    p = np.exp(log_p)
    t = np.eye(z.shape[1])[labels]
    return np.mean(log_p[rows, labels]), lambda d: d * (p - t) / len(z)


@task.wrong(
    "the rows added up, and not averaged",
    hint="The value grows with the number of rows. The task asks for their mean, so that a loss means the "
    "same for any size of batch.",
    section="sec-05-sum",
)
def value_summed(z: Any, labels: Any) -> Any:
    rows = np.arange(len(z))
    shifted = z - z.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    p = np.exp(log_p)
    t = np.eye(z.shape[1])[labels]
    return -np.sum(log_p[rows, labels]), lambda d: d * (p - t) / len(z)
