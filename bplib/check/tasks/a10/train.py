"""Kernels that learn: a convolution, ReLU, the largest answer anywhere, and a linear layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import call, unpack
from bplib.check.task import Case, Seen, Task
from bplib.check.tasks.a10.conv2d import conv2d
from bplib.check.tasks.a10.max_pool import max_pool

task = Task(
    "10.train",
    "Kernels that learn",
    asks_for="train",
    section="sec-10-lenet",
    parts={"step": 2, "loop": 2},
    needs=("10.conv2d", "10.max_pool"),
)


@task.reference
def train(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
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


def start(
    seed: int,
    N: int,
    F: int,
    M: int,
    size: int,
    K: int,
    lr: float,
    steps: int,
    scale: float = 1.0,
    bias: float = 0.0,
) -> Case:
    """N random pictures of size × size pixels with M classes, and the first parameters for F kernels.

    With a negative ``bias`` there are maps in which no answer is positive.
    """
    rng = np.random.default_rng(seed)
    x, y = scale * rng.standard_normal((N, 1, size, size)), rng.integers(0, M, N)
    shapes = ((F, 1, K, K), (F,), (F, M), (M,))
    w, b, V, c = (rng.standard_normal(s) for s in shapes)
    return {"x": x, "y": y, "params": [w, b + bias, V, c], "lr": lr, "steps": steps}


def two_pictures(lr: float, steps: int) -> Case:
    """Two pictures of 3×3 pixels, a bar that stands and one that lies, and one kernel of 2×2."""
    params = [[[[[1.0, 0.0], [1.0, 0.0]]]], [0.0], [[1.0, -1.0]], [0.0, 0.5]]
    return {
        "x": np.array([[[[0.0, 1, 0], [0, 1, 0], [0, 1, 0]]], [[[0.0, 0, 0], [1, 1, 1], [0, 0, 0]]]]),
        "y": np.array([0, 1]),
        "params": [np.array(p) for p in params],
        "lr": lr,
        "steps": steps,
    }


@task.cases
def cases() -> Iterator[Case]:
    yield two_pictures(0.5, 1)
    yield two_pictures(0.5, 3)
    yield start(1, 5, 3, 4, 4, 2, 0.5, 3, bias=-2.0)
    yield start(2, 6, 2, 3, 5, 3, 0.25, 1, bias=-4.0)
    yield start(3, 4, 2, 3, 3, 2, 0.1, 2, scale=400.0)
    yield {**two_pictures(0.5, 1), "x": np.zeros((2, 1, 3, 3))}  # every answer is exactly 0


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    params, losses = unpack(call(answer, *case.values()), "params", "losses", of="train")
    part = "step" if case["steps"] == 1 else "loop"
    yield part, "losses", losses
    for name, p in zip(
        ("w", "b", "V", "c"), unpack(params, "w", "b", "V", "c", of="the list params"), strict=True
    ):
        yield part, f"{name} after the last step", p


from bplib.check.tasks.a10 import _train_loss, _train_more, _train_slips  # noqa: E402, F401  # they enter the wrong answers
