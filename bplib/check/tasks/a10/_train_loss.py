"""Losses that do not survive large scores: the logarithm taken of a finished probability."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a10.conv2d import conv2d
from bplib.check.tasks.a10.max_pool import max_pool
from bplib.check.tasks.a10.train import task


@task.wrong(
    "infinity divided by infinity",
    hint="The exponential of a score of a thousand is infinite, and so is the sum that you divide it by. A "
    "softmax does not change if the same number is taken off all scores of an example.",
    section="sec-04-stable",
)
def infinite_softmax(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
    losses, rows = [], np.arange(len(y))
    for _ in range(steps):
        w, b, V, c = params
        z, back_z = conv2d(x, w, b)
        h, back_h = max_pool(np.maximum(z, 0), z.shape[2], 1)
        scores = h[:, :, 0, 0] @ V + c
        e = np.exp(scores)
        ds = e / e.sum(axis=1, keepdims=True)
        losses.append(-np.mean(np.log(ds[rows, y])))
        ds[rows, y] -= 1
        ds = ds / len(y)
        dh = (ds @ V.T)[:, :, None, None]
        _, dw, db = back_z(back_h(dh) * (z > 0))
        grads = [dw, db, h[:, :, 0, 0].T @ ds, ds.sum(axis=0)]
        params = [p - lr * g for p, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "the logarithm of a probability that has become 0",
    hint="Your softmax survives large scores, but it rounds a small probability to 0, and its logarithm is "
    "infinite. Can you have the logarithm without making the probability first?",
    section="sec-05-softmax",
)
def log_of_zero(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
    losses, rows = [], np.arange(len(y))
    for _ in range(steps):
        w, b, V, c = params
        z, back_z = conv2d(x, w, b)
        h, back_h = max_pool(np.maximum(z, 0), z.shape[2], 1)
        scores = h[:, :, 0, 0] @ V + c
        scores = scores - scores.max(axis=1, keepdims=True)
        e = np.exp(scores)
        ds = e / e.sum(axis=1, keepdims=True)
        losses.append(-np.mean(np.log(ds[rows, y])))
        ds[rows, y] -= 1
        ds = ds / len(y)
        dh = (ds @ V.T)[:, :, None, None]
        _, dw, db = back_z(back_h(dh) * (z > 0))
        grads = [dw, db, h[:, :, 0, 0].T @ ds, ds.sum(axis=0)]
        params = [p - lr * g for p, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "a small number inside the logarithm",
    hint="The small number keeps the logarithm finite and makes the loss wrong: no example can cost more than "
    "about 28 then, and here one costs hundreds. Can you have the logarithm without making the probability "
    "first?",
    section="sec-05-softmax",
)
def small_number_added(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
    losses, rows = [], np.arange(len(y))
    for _ in range(steps):
        w, b, V, c = params
        z, back_z = conv2d(x, w, b)
        h, back_h = max_pool(np.maximum(z, 0), z.shape[2], 1)
        scores = h[:, :, 0, 0] @ V + c
        scores = scores - scores.max(axis=1, keepdims=True)
        e = np.exp(scores)
        ds = e / e.sum(axis=1, keepdims=True)
        losses.append(-np.mean(np.log(ds[rows, y] + 1e-12)))
        ds[rows, y] -= 1
        ds = ds / len(y)
        dh = (ds @ V.T)[:, :, None, None]
        _, dw, db = back_z(back_h(dh) * (z > 0))
        grads = [dw, db, h[:, :, 0, 0].T @ ds, ds.sum(axis=0)]
        params = [p - lr * g for p, g in zip(params, grads, strict=True)]
    return params, losses
