"""The loop that trains a deep stack of blocks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import call, unpack
from bplib.check.task import Case, Seen, Task
from bplib.check.tasks.a07.blocks import blocks
from bplib.check.tasks.a07.clip import clip

task = Task(
    "07.rescue",
    "Thirty layers rescued",
    asks_for="train",
    section="sec-07-rescue",
    parts={"step": 2, "loop": 2},
    needs=("07.clip", "07.blocks"),
)


@task.reference
def train(x: Any, y: Any, params: Any, keep: Any, scale: Any, lr: Any, limit: Any, steps: Any) -> Any:
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


def start(
    seed: int, sizes: tuple[int, int, int, int], depth: int, limit: float, steps: int, lr: float = 0.1
) -> Case:
    """Random data (N, D), targets (N, M), and a stack of n units; sizes = (N, D, n, M)."""
    rng = np.random.default_rng(seed)
    N, D, n, M = sizes
    shapes = [(D, n), *[(n, n)] * depth, (n, M)]
    params = [rng.standard_normal(s) / np.sqrt(s[0]) for s in shapes]
    x, y = rng.standard_normal((N, D)), rng.standard_normal((N, M))
    return {"x": x, "y": y, "params": params} | {
        "keep": 1.0,
        "scale": 0.5,
        "lr": lr,
        "limit": limit,
        "steps": steps,
    }


@task.cases
def cases() -> Iterator[Case]:
    small = {
        "x": np.array([[1.0], [2.0], [-1.0]]),
        "y": np.array([[1.0], [0.0], [1.0]]),
        "params": [np.array([[1.0]]), np.array([[2.0]]), np.array([[0.5]])],
    }
    rest = {"keep": 1.0, "scale": 0.5, "lr": 0.1}
    yield small | rest | {"limit": 100.0, "steps": 1}
    yield small | rest | {"limit": 0.1, "steps": 1}
    yield start(1, (5, 3, 4, 2), 3, 0.05, 3)
    yield start(2, (4, 2, 3, 1), 2, 100.0, 2, lr=0.05)


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    params, losses = unpack(call(answer, *case.values()), "params", "losses", of=answer.__name__)
    part = "step" if case["steps"] == 1 else "loop"
    yield part, "losses", losses
    names = [f"params[{k}]" for k in range(len(case["params"]))]
    for name, p in zip(names, unpack(params, *names, of="the list params"), strict=True):
        yield part, f"{name} after the last step", p


@task.wrong(
    "the gradients not clipped",
    hint="The steps are as long as the gradients say, however long that is. A limit was given.",
    section="sec-07-clipping",
)
def not_clipped(x: Any, y: Any, params: Any, keep: Any, scale: Any, lr: Any, limit: Any, steps: Any) -> Any:
    losses = []
    for _ in range(steps):
        W_in, *inner, W_out = params
        h, pullback = blocks(x @ W_in, inner, keep, scale)
        error = h @ W_out - y
        losses.append(0.5 * float(np.sum(error**2)) / len(x))
        dz = error / len(x)
        dh, grads = pullback(dz @ W_out.T)
        grads = [x.T @ dh, *grads, h.T @ dz]
        params = [w - lr * g for w, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "the step clipped in the place of the gradient",
    hint="You multiply by the learning rate first and then bound the length. The limit is one for the gradient.",
    section="sec-07-clipping",
)
def step_clipped(x: Any, y: Any, params: Any, keep: Any, scale: Any, lr: Any, limit: Any, steps: Any) -> Any:
    losses = []
    for _ in range(steps):
        W_in, *inner, W_out = params
        h, pullback = blocks(x @ W_in, inner, keep, scale)
        error = h @ W_out - y
        losses.append(0.5 * float(np.sum(error**2)) / len(x))
        dz = error / len(x)
        dh, grads = pullback(dz @ W_out.T)
        grads = [x.T @ dh, *grads, h.T @ dz]
        grads, _ = clip([lr * g for g in grads], limit)
        params = [w - g for w, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "each parameter's gradient clipped on its own",
    hint="You give every layer a limit of its own, so that their gradients lose their proportions. The limit is "
    "for all together.",
    section="sec-07-clipping",
)
def each_clipped(x: Any, y: Any, params: Any, keep: Any, scale: Any, lr: Any, limit: Any, steps: Any) -> Any:
    losses = []
    for _ in range(steps):
        W_in, *inner, W_out = params
        h, pullback = blocks(x @ W_in, inner, keep, scale)
        error = h @ W_out - y
        losses.append(0.5 * float(np.sum(error**2)) / len(x))
        dz = error / len(x)
        dh, grads = pullback(dz @ W_out.T)
        grads = [x.T @ dh, *grads, h.T @ dz]
        grads = [clip([g], limit)[0][0] for g in grads]
        params = [w - lr * g for w, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "the first and the last weights not clipped",
    hint="You clip the gradients of the blocks and leave the two layers around them out. The limit is for all "
    "together.",
    section="sec-07-clipping",
)
def inner_clipped(x: Any, y: Any, params: Any, keep: Any, scale: Any, lr: Any, limit: Any, steps: Any) -> Any:
    losses = []
    for _ in range(steps):
        W_in, *inner, W_out = params
        h, pullback = blocks(x @ W_in, inner, keep, scale)
        error = h @ W_out - y
        losses.append(0.5 * float(np.sum(error**2)) / len(x))
        dz = error / len(x)
        dh, grads = pullback(dz @ W_out.T)
        grads, _ = clip(grads, limit)
        grads = [x.T @ dh, *grads, h.T @ dz]
        params = [w - lr * g for w, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "the loss clipped",
    hint="The loss is a number to look at; no gradient changes if you bound it. What makes a step too long is the "
    "gradient.",
    section="sec-07-clipping",
)
def loss_clipped(x: Any, y: Any, params: Any, keep: Any, scale: Any, lr: Any, limit: Any, steps: Any) -> Any:
    losses = []
    for _ in range(steps):
        W_in, *inner, W_out = params
        h, pullback = blocks(x @ W_in, inner, keep, scale)
        error = h @ W_out - y
        losses.append(min(limit, 0.5 * float(np.sum(error**2)) / len(x)))
        dz = error / len(x)
        dh, grads = pullback(dz @ W_out.T)
        grads = [x.T @ dh, *grads, h.T @ dz]
        params = [w - lr * g for w, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "the step added",
    hint="A gradient points to where the loss grows. You follow it.",
    section="sec-01-sign",
)
def uphill(x: Any, y: Any, params: Any, keep: Any, scale: Any, lr: Any, limit: Any, steps: Any) -> Any:
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
        params = [w + lr * g for w, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "the way back started with the sum's gradient",
    hint="The loss is a mean over the examples, so each example's error counts one N-th. Yours counts in full.",
    section="sec-06-sum",
)
def not_averaged(x: Any, y: Any, params: Any, keep: Any, scale: Any, lr: Any, limit: Any, steps: Any) -> Any:
    losses = []
    for _ in range(steps):
        W_in, *inner, W_out = params
        h, pullback = blocks(x @ W_in, inner, keep, scale)
        error = h @ W_out - y
        losses.append(0.5 * float(np.sum(error**2)) / len(x))
        dz = error
        dh, grads = pullback(dz @ W_out.T)
        grads = [x.T @ dh, *grads, h.T @ dz]
        grads, _ = clip(grads, limit)
        params = [w - lr * g for w, g in zip(params, grads, strict=True)]
    return params, losses


from bplib.check.tasks.a07 import _rescue_more  # noqa: E402, F401  # it enters more wrong answers
