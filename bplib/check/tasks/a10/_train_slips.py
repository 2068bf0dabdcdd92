"""Slips in the training loop: what is updated when, and what is returned."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a10.conv2d import conv2d
from bplib.check.tasks.a10.max_pool import max_pool
from bplib.check.tasks.a10.train import task


@task.wrong(
    "the linear layer moved before the gradient has gone back through it",
    hint="Your gradient travels through weights that have been updated already and did not make the "
    "prediction. All gradients come first, then all updates.",
    section="sec-06-late",
)
def upper_layer_first(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
    losses, rows = [], np.arange(len(y))
    for _ in range(steps):
        w, b, V, c = params
        z, back_z = conv2d(x, w, b)
        h, back_h = max_pool(np.maximum(z, 0), z.shape[2], 1)
        scores = h[:, :, 0, 0] @ V + c
        scores = scores - scores.max(axis=1, keepdims=True)
        log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        losses.append(-np.mean(log_p[rows, y]))
        ds = np.exp(log_p)
        ds[rows, y] -= 1
        ds = ds / len(y)
        dV, dc = h[:, :, 0, 0].T @ ds, ds.sum(axis=0)
        V = V - lr * dV
        dh = (ds @ V.T)[:, :, None, None]
        _, dw, db = back_z(back_h(dh) * (z > 0))
        grads = [dw, db, dV, dc]
        params = [p - lr * g for p, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "the first parameters overwritten",
    hint="You write the new numbers into the arrays that you were given. Whoever wants to train again from the"
    " same start finds it gone.",
    section="sec-06-late",
)
def start_overwritten(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
    losses, rows = [], np.arange(len(y))
    for _ in range(steps):
        w, b, V, c = params
        z, back_z = conv2d(x, w, b)
        h, back_h = max_pool(np.maximum(z, 0), z.shape[2], 1)
        scores = h[:, :, 0, 0] @ V + c
        scores = scores - scores.max(axis=1, keepdims=True)
        log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        losses.append(-np.mean(log_p[rows, y]))
        ds = np.exp(log_p)
        ds[rows, y] -= 1
        ds = ds / len(y)
        dh = (ds @ V.T)[:, :, None, None]
        _, dw, db = back_z(back_h(dh) * (z > 0))
        grads = [dw, db, h[:, :, 0, 0].T @ ds, ds.sum(axis=0)]
        for p, g in zip(params, grads, strict=True):
            p -= lr * g
    return params, losses


@task.wrong(
    "every step taken from the first parameters",
    hint="Each round begins where training began. A step starts where the last one ended.",
    section="sec-06-complete",
)
def never_carried(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
    losses, rows = [], np.arange(len(y))
    for _ in range(steps):
        w, b, V, c = params
        z, back_z = conv2d(x, w, b)
        h, back_h = max_pool(np.maximum(z, 0), z.shape[2], 1)
        scores = h[:, :, 0, 0] @ V + c
        scores = scores - scores.max(axis=1, keepdims=True)
        log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        losses.append(-np.mean(log_p[rows, y]))
        ds = np.exp(log_p)
        ds[rows, y] -= 1
        ds = ds / len(y)
        dh = (ds @ V.T)[:, :, None, None]
        _, dw, db = back_z(back_h(dh) * (z > 0))
        grads = [dw, db, h[:, :, 0, 0].T @ ds, ds.sum(axis=0)]
        new = [p - lr * g for p, g in zip(params, grads, strict=True)]
    return new, losses


@task.wrong(
    "the parameters returned as they came in",
    hint="What you return are the parameters that training began with.",
    section="sec-06-late",
)
def old_returned(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
    losses, rows = [], np.arange(len(y))
    now = params
    for _ in range(steps):
        w, b, V, c = now
        z, back_z = conv2d(x, w, b)
        h, back_h = max_pool(np.maximum(z, 0), z.shape[2], 1)
        scores = h[:, :, 0, 0] @ V + c
        scores = scores - scores.max(axis=1, keepdims=True)
        log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        losses.append(-np.mean(log_p[rows, y]))
        ds = np.exp(log_p)
        ds[rows, y] -= 1
        ds = ds / len(y)
        dh = (ds @ V.T)[:, :, None, None]
        _, dw, db = back_z(back_h(dh) * (z > 0))
        grads = [dw, db, h[:, :, 0, 0].T @ ds, ds.sum(axis=0)]
        now = [p - lr * g for p, g in zip(now, grads, strict=True)]
    return params, losses


@task.wrong(
    "one step too many",
    hint="Your list of losses is longer than the number of steps, and the parameters have moved once more than"
    " asked.",
    section="sec-06-complete",
)
def one_too_many(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
    losses, rows = [], np.arange(len(y))
    for _ in range(steps + 1):
        w, b, V, c = params
        z, back_z = conv2d(x, w, b)
        h, back_h = max_pool(np.maximum(z, 0), z.shape[2], 1)
        scores = h[:, :, 0, 0] @ V + c
        scores = scores - scores.max(axis=1, keepdims=True)
        log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        losses.append(-np.mean(log_p[rows, y]))
        ds = np.exp(log_p)
        ds[rows, y] -= 1
        ds = ds / len(y)
        dh = (ds @ V.T)[:, :, None, None]
        _, dw, db = back_z(back_h(dh) * (z > 0))
        grads = [dw, db, h[:, :, 0, 0].T @ ds, ds.sum(axis=0)]
        params = [p - lr * g for p, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "the return inside the loop",
    hint="A return ends the function at once. Yours stands inside the loop, so that only one step is ever "
    "taken.",
    section="sec-06-complete",
)
def returned_early(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
    losses, rows = [], np.arange(len(y))
    for _ in range(steps):
        w, b, V, c = params
        z, back_z = conv2d(x, w, b)
        h, back_h = max_pool(np.maximum(z, 0), z.shape[2], 1)
        scores = h[:, :, 0, 0] @ V + c
        scores = scores - scores.max(axis=1, keepdims=True)
        log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        losses.append(-np.mean(log_p[rows, y]))
        ds = np.exp(log_p)
        ds[rows, y] -= 1
        ds = ds / len(y)
        dh = (ds @ V.T)[:, :, None, None]
        _, dw, db = back_z(back_h(dh) * (z > 0))
        grads = [dw, db, h[:, :, 0, 0].T @ ds, ds.sum(axis=0)]
        params = [p - lr * g for p, g in zip(params, grads, strict=True)]
        return params, losses
    return params, losses


@task.wrong(
    "the losses added up over the examples",
    hint="Your loss is the sum over the examples. Asked for is the mean.",
    section="sec-05-sum",
)
def loss_summed(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
    losses, rows = [], np.arange(len(y))
    for _ in range(steps):
        w, b, V, c = params
        z, back_z = conv2d(x, w, b)
        h, back_h = max_pool(np.maximum(z, 0), z.shape[2], 1)
        scores = h[:, :, 0, 0] @ V + c
        scores = scores - scores.max(axis=1, keepdims=True)
        log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        losses.append(-np.sum(log_p[rows, y]))
        ds = np.exp(log_p)
        ds[rows, y] -= 1
        ds = ds / len(y)
        dh = (ds @ V.T)[:, :, None, None]
        _, dw, db = back_z(back_h(dh) * (z > 0))
        grads = [dw, db, h[:, :, 0, 0].T @ ds, ds.sum(axis=0)]
        params = [p - lr * g for p, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "only the last loss returned",
    hint="You return a single number. Asked for is the list of the losses, one for each step, each before the "
    "step.",
    section="sec-06-complete",
)
def last_loss_only(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
    losses, rows = [], np.arange(len(y))
    for _ in range(steps):
        w, b, V, c = params
        z, back_z = conv2d(x, w, b)
        h, back_h = max_pool(np.maximum(z, 0), z.shape[2], 1)
        scores = h[:, :, 0, 0] @ V + c
        scores = scores - scores.max(axis=1, keepdims=True)
        log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        losses.append(-np.mean(log_p[rows, y]))
        ds = np.exp(log_p)
        ds[rows, y] -= 1
        ds = ds / len(y)
        dh = (ds @ V.T)[:, :, None, None]
        _, dw, db = back_z(back_h(dh) * (z > 0))
        grads = [dw, db, h[:, :, 0, 0].T @ ds, ds.sum(axis=0)]
        params = [p - lr * g for p, g in zip(params, grads, strict=True)]
    return params, losses[-1]
