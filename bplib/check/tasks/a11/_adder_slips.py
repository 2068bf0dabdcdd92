"""Slips in the last task's loss and in its clipping."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a11.adder import task
from bplib.check.tasks.a11.lstm import lstm


@task.wrong(
    "the squares divided by the number of sequences alone",
    hint="The loss is the mean over all entries. With two numbers to answer there are twice as many entries as "
    "sequences.",
    section="sec-01-batch-mean",
)
def mean_of_sequences(x: Any, y: Any, params: Any, limit: Any) -> Any:
    Wx, Wh, b, V, a = params
    hs, pullback = lstm(x, Wx, Wh, b)
    p = hs[-1] @ V + a
    loss = np.sum((p - y) ** 2) / len(y)
    dp = 2 * (p - y) / y.size
    dhs = np.zeros_like(hs)
    dhs[-1] = dp @ V.T
    _, dWx, dWh, db = pullback(dhs)
    grads = [dWx, dWh, db, hs[-1].T @ dp, dp.sum(axis=0)]
    norm = np.sqrt(sum(np.sum(g * g) for g in grads))
    if norm > limit:
        grads = [g * (limit / norm) for g in grads]
    return loss, grads


@task.wrong(
    "the gradient divided by the number of sequences alone",
    hint="Your loss is a mean over all entries, and its gradient one over the sequences. With two numbers to "
    "answer the two are not the same.",
    section="sec-01-batch-mean",
)
def entries_miscounted(x: Any, y: Any, params: Any, limit: Any) -> Any:
    Wx, Wh, b, V, a = params
    hs, pullback = lstm(x, Wx, Wh, b)
    p = hs[-1] @ V + a
    loss = np.mean((p - y) ** 2)
    dp = 2 * (p - y) / len(y)
    dhs = np.zeros_like(hs)
    dhs[-1] = dp @ V.T
    _, dWx, dWh, db = pullback(dhs)
    grads = [dWx, dWh, db, hs[-1].T @ dp, dp.sum(axis=0)]
    norm = np.sqrt(sum(np.sum(g * g) for g in grads))
    if norm > limit:
        grads = [g * (limit / norm) for g in grads]
    return loss, grads


@task.wrong(
    "the last layer's gradients left out of the clipping",
    hint="The length is one of all five arrays. You measure and shorten the LSTM's three, and leave V and a as "
    "they are.",
    section="sec-07-clipping",
)
def layer_not_clipped(x: Any, y: Any, params: Any, limit: Any) -> Any:
    Wx, Wh, b, V, a = params
    hs, pullback = lstm(x, Wx, Wh, b)
    p = hs[-1] @ V + a
    loss = np.mean((p - y) ** 2)
    dp = 2 * (p - y) / y.size
    dhs = np.zeros_like(hs)
    dhs[-1] = dp @ V.T
    _, dWx, dWh, db = pullback(dhs)
    grads = [dWx, dWh, db, hs[-1].T @ dp, dp.sum(axis=0)]
    norm = np.sqrt(sum(np.sum(g * g) for g in grads[:3]))
    if norm > limit:
        grads = [g * (limit / norm) for g in grads[:3]] + grads[3:]
    return loss, grads


@task.wrong(
    "the gradients divided by their length, and not brought to the limit",
    hint="Divided by its length a vector has length 1. What is wanted is the length of the limit.",
    section="sec-07-clipping",
)
def to_length_one(x: Any, y: Any, params: Any, limit: Any) -> Any:
    Wx, Wh, b, V, a = params
    hs, pullback = lstm(x, Wx, Wh, b)
    p = hs[-1] @ V + a
    loss = np.mean((p - y) ** 2)
    dp = 2 * (p - y) / y.size
    dhs = np.zeros_like(hs)
    dhs[-1] = dp @ V.T
    _, dWx, dWh, db = pullback(dhs)
    grads = [dWx, dWh, db, hs[-1].T @ dp, dp.sum(axis=0)]
    norm = np.sqrt(sum(np.sum(g * g) for g in grads))
    if norm > limit:
        grads = [g * (1 / norm) for g in grads]
    return loss, grads


@task.wrong(
    "the answer's bias given the mean over the sequences",
    hint="The mean is in the loss already. The bias serves every sequence, and what they all send to it adds "
    "up.",
    section="sec-01-batch-mean",
)
def da_averaged(x: Any, y: Any, params: Any, limit: Any) -> Any:
    Wx, Wh, b, V, a = params
    hs, pullback = lstm(x, Wx, Wh, b)
    p = hs[-1] @ V + a
    loss = np.mean((p - y) ** 2)
    dp = 2 * (p - y) / y.size
    dhs = np.zeros_like(hs)
    dhs[-1] = dp @ V.T
    _, dWx, dWh, db = pullback(dhs)
    grads = [dWx, dWh, db, hs[-1].T @ dp, dp.mean(axis=0)]
    norm = np.sqrt(sum(np.sum(g * g) for g in grads))
    if norm > limit:
        grads = [g * (limit / norm) for g in grads]
    return loss, grads


@task.wrong(
    "the last layer's gradients in front of the LSTM's",
    hint="The way back meets the last layer first. The list is to stand in the order of `params`, with the "
    "LSTM's three in front.",
)
def last_layer_first(x: Any, y: Any, params: Any, limit: Any) -> Any:
    Wx, Wh, b, V, a = params
    hs, pullback = lstm(x, Wx, Wh, b)
    p = hs[-1] @ V + a
    loss = np.mean((p - y) ** 2)
    dp = 2 * (p - y) / y.size
    dhs = np.zeros_like(hs)
    dhs[-1] = dp @ V.T
    _, dWx, dWh, db = pullback(dhs)
    grads = [hs[-1].T @ dp, dp.sum(axis=0), dWx, dWh, db]
    norm = np.sqrt(sum(np.sum(g * g) for g in grads))
    if norm > limit:
        grads = [g * (limit / norm) for g in grads]
    return loss, grads
