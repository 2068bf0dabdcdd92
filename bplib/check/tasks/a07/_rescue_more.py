"""More wrong loops: the loss, what is moved, and when."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a07.blocks import blocks
from bplib.check.tasks.a07.clip import clip
from bplib.check.tasks.a07.rescue import task


@task.wrong(
    "the factor of the half left out on the way back",
    hint="The loss is half a mean of squares, and its slope has no 2 in front. Yours does.",
)
def twice_the_error(
    x: Any, y: Any, params: Any, keep: Any, scale: Any, lr: Any, limit: Any, steps: Any
) -> Any:
    losses = []
    for _ in range(steps):
        W_in, *inner, W_out = params
        h, pullback = blocks(x @ W_in, inner, keep, scale)
        error = h @ W_out - y
        losses.append(0.5 * float(np.sum(error**2)) / len(x))
        dz = 2 * error / len(x)
        dh, grads = pullback(dz @ W_out.T)
        grads = [x.T @ dh, *grads, h.T @ dz]
        grads, _ = clip(grads, limit)
        params = [w - lr * g for w, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "the loss averaged over all outputs as well",
    hint="The loss adds up the squares of an example's outputs, and takes the mean over the examples. You divide "
    "by the number of outputs too.",
)
def loss_of_all_entries(
    x: Any, y: Any, params: Any, keep: Any, scale: Any, lr: Any, limit: Any, steps: Any
) -> Any:
    losses = []
    for _ in range(steps):
        W_in, *inner, W_out = params
        h, pullback = blocks(x @ W_in, inner, keep, scale)
        error = h @ W_out - y
        losses.append(0.5 * float(np.mean(error**2)))
        dz = error / error.size
        dh, grads = pullback(dz @ W_out.T)
        grads = [x.T @ dh, *grads, h.T @ dz]
        grads, _ = clip(grads, limit)
        params = [w - lr * g for w, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "the loss measured after the update",
    hint="Your list begins with the loss after the first step. The task asks for the loss that each step starts "
    "from.",
)
def loss_after(x: Any, y: Any, params: Any, keep: Any, scale: Any, lr: Any, limit: Any, steps: Any) -> Any:
    losses = []
    for _ in range(steps):
        W_in, *inner, W_out = params
        h, pullback = blocks(x @ W_in, inner, keep, scale)
        error = h @ W_out - y
        dz = error / len(x)
        dh, grads = pullback(dz @ W_out.T)
        grads = [x.T @ dh, *grads, h.T @ dz]
        grads, _ = clip(grads, limit)
        params = [w - lr * g for w, g in zip(params, grads, strict=True)]
        W_in, *inner, W_out = params
        error = blocks(x @ W_in, inner, keep, scale)[0] @ W_out - y
        losses.append(0.5 * float(np.sum(error**2)) / len(x))
    return params, losses


@task.wrong(
    "only the blocks trained",
    hint="The layer that leads into the blocks and the one that leads out of them have weights too. Yours stay "
    "where they were.",
)
def only_blocks(x: Any, y: Any, params: Any, keep: Any, scale: Any, lr: Any, limit: Any, steps: Any) -> Any:
    losses = []
    for _ in range(steps):
        W_in, *inner, W_out = params
        h, pullback = blocks(x @ W_in, inner, keep, scale)
        error = h @ W_out - y
        losses.append(0.5 * float(np.sum(error**2)) / len(x))
        dz = error / len(x)
        dh, grads = pullback(dz @ W_out.T)
        grads = [x.T @ dh, *grads, h.T @ dz]
        grads, _ = clip(grads, limit)
        params = [W_in, *[w - lr * g for w, g in zip(inner, grads[1:-1], strict=True)], W_out]
    return params, losses


@task.wrong(
    "the blocks not trained",
    hint="The layers at the two ends learn and the blocks between them stay where they were.",
)
def only_ends(x: Any, y: Any, params: Any, keep: Any, scale: Any, lr: Any, limit: Any, steps: Any) -> Any:
    losses = []
    for _ in range(steps):
        W_in, *inner, W_out = params
        h, pullback = blocks(x @ W_in, inner, keep, scale)
        error = h @ W_out - y
        losses.append(0.5 * float(np.sum(error**2)) / len(x))
        dz = error / len(x)
        dh, grads = pullback(dz @ W_out.T)
        grads = [x.T @ dh, *grads, h.T @ dz]
        grads, _ = clip(grads, limit)
        params = [W_in - lr * grads[0], *inner, W_out - lr * grads[-1]]
    return params, losses


@task.wrong(
    "W_out moved before the gradient has gone back through it",
    hint="The gradient of the blocks travels through weights that did not make the prediction. All gradients come "
    "first, then all updates.",
    section="sec-06-late",
)
def late_w_out(x: Any, y: Any, params: Any, keep: Any, scale: Any, lr: Any, limit: Any, steps: Any) -> Any:
    losses = []
    for _ in range(steps):
        W_in, *inner, W_out = params
        h, pullback = blocks(x @ W_in, inner, keep, scale)
        error = h @ W_out - y
        losses.append(0.5 * float(np.sum(error**2)) / len(x))
        dz = error / len(x)
        dh, grads = pullback(dz @ (W_out - lr * h.T @ dz).T)
        grads = [x.T @ dh, *grads, h.T @ dz]
        grads, _ = clip(grads, limit)
        params = [w - lr * g for w, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "every step taken from the first parameters",
    hint="Each round begins where training began. A step starts where the last one ended.",
)
def first_start_again(
    x: Any, y: Any, params: Any, keep: Any, scale: Any, lr: Any, limit: Any, steps: Any
) -> Any:
    losses = []
    now = params
    for _ in range(steps):
        W_in, *inner, W_out = params
        h, pullback = blocks(x @ W_in, inner, keep, scale)
        error = h @ W_out - y
        losses.append(0.5 * float(np.sum(error**2)) / len(x))
        dz = error / len(x)
        dh, grads = pullback(dz @ W_out.T)
        grads = [x.T @ dh, *grads, h.T @ dz]
        grads, _ = clip(grads, limit)
        now = [w - lr * g for w, g in zip(params, grads, strict=True)]
    return now, losses


@task.wrong(
    "one step too many",
    hint="Your list of losses is longer than the number of steps, and the parameters have moved once more than "
    "asked.",
)
def one_too_many(x: Any, y: Any, params: Any, keep: Any, scale: Any, lr: Any, limit: Any, steps: Any) -> Any:
    losses = []
    for _ in range(steps + 1):
        W_in, *inner, W_out = params
        h, pullback = blocks(x @ W_in, inner, keep, scale)
        error = h @ W_out - y
        losses.append(0.5 * float(np.sum(error**2)) / len(x))
        dz = error / len(x)
        dh, grads = pullback(dz @ W_out.T)
        grads = [x.T @ dh, *grads, h.T @ dz]
        grads, _ = clip(grads, limit)
        params = [w - lr * g for w, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "the first parameters overwritten",
    hint="You write into the arrays that you were given. Whoever wants to train again from the same start finds "
    "that it is gone.",
    section="sec-06-late",
)
def in_place(x: Any, y: Any, params: Any, keep: Any, scale: Any, lr: Any, limit: Any, steps: Any) -> Any:
    losses = []
    for _ in range(steps):
        W_in, *inner, W_out = params
        h, pullback = blocks(x @ W_in, inner, keep, scale)
        error = h @ W_out - y
        losses.append(0.5 * float(np.sum(error**2)) / len(x))
        dz = error / len(x)
        dh, grads = pullback(dz @ W_out.T)
        grads = [x.T @ dh, *grads, h.T @ dz]
        grads, _ = clip(grads, limit)
        for w, g in zip(params, grads, strict=True):
            w -= lr * g
    return params, losses


@task.wrong(
    "the return inside the loop",
    hint="A return ends the function at once. Yours stands inside the loop, so that only one step is ever taken.",
)
def returned_early(
    x: Any, y: Any, params: Any, keep: Any, scale: Any, lr: Any, limit: Any, steps: Any
) -> Any:
    losses = []
    for _ in range(steps):
        W_in, *inner, W_out = params
        h, pullback = blocks(x @ W_in, inner, keep, scale)
        error = h @ W_out - y
        losses.append(0.5 * float(np.sum(error**2)) / len(x))
        dz = error / len(x)
        dh, grads = pullback(dz @ W_out.T)
        grads = [x.T @ dh, *grads, h.T @ dz]
        grads, _ = clip(grads, limit)
        params = [w - lr * g for w, g in zip(params, grads, strict=True)]
        return params, losses
    return params, losses


@task.wrong(
    "the shortcuts and the scale not passed on",
    hint="You train the plain network: the factors for the shortcut and for the correction never reach the "
    "blocks.",
    section="sec-07-residual",
)
def plain_network(x: Any, y: Any, params: Any, keep: Any, scale: Any, lr: Any, limit: Any, steps: Any) -> Any:
    losses = []
    for _ in range(steps):
        W_in, *inner, W_out = params
        h, pullback = blocks(x @ W_in, inner, 0.0, 1.0)
        error = h @ W_out - y
        losses.append(0.5 * float(np.sum(error**2)) / len(x))
        dz = error / len(x)
        dh, grads = pullback(dz @ W_out.T)
        grads = [x.T @ dh, *grads, h.T @ dz]
        grads, _ = clip(grads, limit)
        params = [w - lr * g for w, g in zip(params, grads, strict=True)]
    return params, losses
