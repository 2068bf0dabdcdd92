"""Wrong training: links of the way back that are lost or wrong."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a10.conv2d import conv2d
from bplib.check.tasks.a10.max_pool import max_pool
from bplib.check.tasks.a10.train import task


@task.wrong(
    "the slope of the ReLU left out",
    hint="Where z was negative, ReLU put out 0 and nothing flows back. Your gradient passes all the same.",
    section="sec-04-rule",
)
def relu_slope_lost(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
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
        _, dw, db = back_z(back_h(dh))
        grads = [dw, db, h[:, :, 0, 0].T @ ds, ds.sum(axis=0)]
        params = [p - lr * g for p, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "no ReLU on the way forward",
    hint="Your kernels' answers go into the maximum as they are. Negative ones should count as 0.",
    section="sec-10-lenet",
)
def no_relu(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
    losses, rows = [], np.arange(len(y))
    for _ in range(steps):
        w, b, V, c = params
        z, back_z = conv2d(x, w, b)
        h, back_h = max_pool(z, z.shape[2], 1)
        scores = h[:, :, 0, 0] @ V + c
        scores = scores - scores.max(axis=1, keepdims=True)
        log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        losses.append(-np.mean(log_p[rows, y]))
        ds = np.exp(log_p)
        ds[rows, y] -= 1
        ds = ds / len(y)
        dh = (ds @ V.T)[:, :, None, None]
        _, dw, db = back_z(back_h(dh))
        grads = [dw, db, h[:, :, 0, 0].T @ ds, ds.sum(axis=0)]
        params = [p - lr * g for p, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "the gradient of the maximum spread over the map",
    hint="You give each place of the map an equal part. The maximum was made at one place.",
    section="sec-10-ties",
)
def spread_over_the_map(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
    losses, rows = [], np.arange(len(y))
    for _ in range(steps):
        w, b, V, c = params
        z, back_z = conv2d(x, w, b)
        h, _ = max_pool(np.maximum(z, 0), z.shape[2], 1)
        scores = h[:, :, 0, 0] @ V + c
        scores = scores - scores.max(axis=1, keepdims=True)
        log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        losses.append(-np.mean(log_p[rows, y]))
        ds = np.exp(log_p)
        ds[rows, y] -= 1
        ds = ds / len(y)
        dh = (ds @ V.T)[:, :, None, None]
        _, dw, db = back_z(np.broadcast_to(dh / z[0, 0].size, z.shape) * (z > 0))
        grads = [dw, db, h[:, :, 0, 0].T @ ds, ds.sum(axis=0)]
        params = [p - lr * g for p, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "the mean of the map instead of its maximum",
    hint="Your network averages each map. Asked for is the largest answer anywhere.",
    section="sec-10-pool",
)
def mean_of_the_map(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
    losses, rows = [], np.arange(len(y))
    for _ in range(steps):
        w, b, V, c = params
        z, back_z = conv2d(x, w, b)
        h = np.maximum(z, 0).mean(axis=(2, 3), keepdims=True)
        scores = h[:, :, 0, 0] @ V + c
        scores = scores - scores.max(axis=1, keepdims=True)
        log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        losses.append(-np.mean(log_p[rows, y]))
        ds = np.exp(log_p)
        ds[rows, y] -= 1
        ds = ds / len(y)
        dh = (ds @ V.T)[:, :, None, None]
        _, dw, db = back_z(np.broadcast_to(dh / z[0, 0].size, z.shape) * (z > 0))
        grads = [dw, db, h[:, :, 0, 0].T @ ds, ds.sum(axis=0)]
        params = [p - lr * g for p, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "the gradient not divided by the number of examples",
    hint="Your loss is a mean and your gradient a sum, so each step is too long, by the number of examples.",
    section="sec-01-batch-mean",
)
def summed(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
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
        dh = (ds @ V.T)[:, :, None, None]
        _, dw, db = back_z(back_h(dh) * (z > 0))
        grads = [dw, db, h[:, :, 0, 0].T @ ds, ds.sum(axis=0)]
        params = [p - lr * g for p, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "the target not taken off",
    hint="At the scores, the gradient is the probability less the target. You send the probabilities back "
    "alone, which lowers every score.",
    section="sec-05-softmax",
)
def no_target(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
    losses, rows = [], np.arange(len(y))
    for _ in range(steps):
        w, b, V, c = params
        z, back_z = conv2d(x, w, b)
        h, back_h = max_pool(np.maximum(z, 0), z.shape[2], 1)
        scores = h[:, :, 0, 0] @ V + c
        scores = scores - scores.max(axis=1, keepdims=True)
        log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        losses.append(-np.mean(log_p[rows, y]))
        ds = np.exp(log_p) / len(y)
        dh = (ds @ V.T)[:, :, None, None]
        _, dw, db = back_z(back_h(dh) * (z > 0))
        grads = [dw, db, h[:, :, 0, 0].T @ ds, ds.sum(axis=0)]
        params = [p - lr * g for p, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "the sign of the error turned",
    hint="Your steps go uphill: the error stands with the target first.",
    section="sec-01-sign",
)
def uphill(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
    losses, rows = [], np.arange(len(y))
    for _ in range(steps):
        w, b, V, c = params
        z, back_z = conv2d(x, w, b)
        h, back_h = max_pool(np.maximum(z, 0), z.shape[2], 1)
        scores = h[:, :, 0, 0] @ V + c
        scores = scores - scores.max(axis=1, keepdims=True)
        log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        losses.append(-np.mean(log_p[rows, y]))
        ds = -np.exp(log_p)
        ds[rows, y] += 1
        ds = ds / len(y)
        dh = (ds @ V.T)[:, :, None, None]
        _, dw, db = back_z(back_h(dh) * (z > 0))
        grads = [dw, db, h[:, :, 0, 0].T @ ds, ds.sum(axis=0)]
        params = [p - lr * g for p, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "scores that overflow",
    hint="The exponential of a large score is infinite, and what follows is not a number. Your softmax does "
    "not take the largest score off first.",
    section="sec-04-stable",
)
def overflows(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
    losses, rows = [], np.arange(len(y))
    for _ in range(steps):
        w, b, V, c = params
        z, back_z = conv2d(x, w, b)
        h, back_h = max_pool(np.maximum(z, 0), z.shape[2], 1)
        scores = h[:, :, 0, 0] @ V + c
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
    "the kernels frozen",
    hint="Only the linear layer learns. Your kernels stay as they were drawn.",
    section="sec-10-lenet",
)
def kernels_frozen(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
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
        grads = [0 * dw, db, h[:, :, 0, 0].T @ ds, ds.sum(axis=0)]
        params = [p - lr * g for p, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "the kernels' biases frozen",
    hint="Your b stays at its first value. It has a gradient like all the others.",
    section="sec-10-bias",
)
def bias_frozen(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
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
        grads = [dw, 0 * db, h[:, :, 0, 0].T @ ds, ds.sum(axis=0)]
        params = [p - lr * g for p, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "the slope of the ReLU at 0 taken as 1",
    hint="Where a kernel answers exactly 0, your gradient passes through the ReLU. The course, like most libraries, "
    "lets nothing pass at the corner.",
    section="sec-04-zero",
)
def slope_one_at_zero(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
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
        _, dw, db = back_z(back_h(dh) * (z >= 0))
        grads = [dw, db, h[:, :, 0, 0].T @ ds, ds.sum(axis=0)]
        params = [p - lr * g for p, g in zip(params, grads, strict=True)]
    return params, losses
