"""Adam with slips in its averages and its state."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a08.adam import task


@task.wrong(
    "the two betas the wrong way round",
    hint="Your gradients are averaged over the long time and their squares over the short one. The direction "
    "is then a thousand steps old, and the size of a moment.",
)
def betas_swapped(params: Any, grads: Any, state: Any, lr: Any, b1: Any, b2: Any, eps: Any) -> Any:
    b1, b2 = b2, b1
    t = state["t"] + 1
    m = [b1 * a + (1 - b1) * g for a, g in zip(state["m"], grads, strict=True)]
    v = [b2 * a + (1 - b2) * g * g for a, g in zip(state["v"], grads, strict=True)]
    new = [
        p - lr * (a / (1 - b1**t)) / (np.sqrt(b / (1 - b2**t)) + eps)
        for p, a, b in zip(params, m, v, strict=True)
    ]
    return new, {"t": t, "m": m, "v": v}


@task.wrong(
    "the square of the average",
    hint="v is to average the squares of the gradients. You square an average: where gradients change sign "
    "it is near 0, and the step explodes just where it should be careful.",
)
def square_of_average(params: Any, grads: Any, state: Any, lr: Any, b1: Any, b2: Any, eps: Any) -> Any:
    t = state["t"] + 1
    m = [b1 * a + (1 - b1) * g for a, g in zip(state["m"], grads, strict=True)]
    v = [b2 * a + (1 - b2) * c * c for a, c in zip(state["v"], m, strict=True)]
    new = [
        p - lr * (a / (1 - b1**t)) / (np.sqrt(b / (1 - b2**t)) + eps)
        for p, a, b in zip(params, m, v, strict=True)
    ]
    return new, {"t": t, "m": m, "v": v}


@task.wrong(
    "v averages the gradients, not their squares",
    hint="Without the square v can be negative, and its root is then nan.",
)
def no_square(params: Any, grads: Any, state: Any, lr: Any, b1: Any, b2: Any, eps: Any) -> Any:
    t = state["t"] + 1
    m = [b1 * a + (1 - b1) * g for a, g in zip(state["m"], grads, strict=True)]
    v = [b2 * a + (1 - b2) * g for a, g in zip(state["v"], grads, strict=True)]
    new = [
        p - lr * (a / (1 - b1**t)) / (np.sqrt(b / (1 - b2**t)) + eps)
        for p, a, b in zip(params, m, v, strict=True)
    ]
    return new, {"t": t, "m": m, "v": v}


@task.wrong(
    "the gradient itself in the step",
    hint="You keep m and do not use it: the step takes the fresh gradient. That is RMSprop with a "
    "correction.",
)
def gradient_in_the_step(params: Any, grads: Any, state: Any, lr: Any, b1: Any, b2: Any, eps: Any) -> Any:
    t = state["t"] + 1
    m = [b1 * a + (1 - b1) * g for a, g in zip(state["m"], grads, strict=True)]
    v = [b2 * a + (1 - b2) * g * g for a, g in zip(state["v"], grads, strict=True)]
    new = [p - lr * g / (np.sqrt(b / (1 - b2**t)) + eps) for p, g, b in zip(params, grads, v, strict=True)]
    return new, {"t": t, "m": m, "v": v}


@task.wrong(
    "the corrected averages kept",
    hint="What you carry to the next step are the corrected averages. They are corrected anew there, and "
    "again at the next.",
    section="sec-08-bias",
)
def corrected_kept(params: Any, grads: Any, state: Any, lr: Any, b1: Any, b2: Any, eps: Any) -> Any:
    t = state["t"] + 1
    m = [b1 * a + (1 - b1) * g for a, g in zip(state["m"], grads, strict=True)]
    v = [b2 * a + (1 - b2) * g * g for a, g in zip(state["v"], grads, strict=True)]
    m = [a / (1 - b1**t) for a in m]
    v = [b / (1 - b2**t) for b in v]
    new = [p - lr * a / (np.sqrt(b) + eps) for p, a, b in zip(params, m, v, strict=True)]
    return new, {"t": t, "m": m, "v": v}


@task.wrong(
    "new values counted in full",
    hint="The gradient and its square enter with weight 1, so that your averages are sums, "
    "many times as large as they should be. The corrections are made for averages.",
)
def sums_not_averages(params: Any, grads: Any, state: Any, lr: Any, b1: Any, b2: Any, eps: Any) -> Any:
    t = state["t"] + 1
    m = [b1 * a + g for a, g in zip(state["m"], grads, strict=True)]
    v = [b2 * a + g * g for a, g in zip(state["v"], grads, strict=True)]
    new = [
        p - lr * (a / (1 - b1**t)) / (np.sqrt(b / (1 - b2**t)) + eps)
        for p, a, b in zip(params, m, v, strict=True)
    ]
    return new, {"t": t, "m": m, "v": v}


@task.wrong(
    "the step added",
    hint="m is an average of gradients, and points uphill with them.",
    section="sec-01-sign",
)
def uphill(params: Any, grads: Any, state: Any, lr: Any, b1: Any, b2: Any, eps: Any) -> Any:
    t = state["t"] + 1
    m = [b1 * a + (1 - b1) * g for a, g in zip(state["m"], grads, strict=True)]
    v = [b2 * a + (1 - b2) * g * g for a, g in zip(state["v"], grads, strict=True)]
    new = [
        p + lr * (a / (1 - b1**t)) / (np.sqrt(b / (1 - b2**t)) + eps)
        for p, a, b in zip(params, m, v, strict=True)
    ]
    return new, {"t": t, "m": m, "v": v}


@task.wrong(
    "the caller's state written into",
    hint="You renew the averages in the caller's own arrays, or in the caller's own dict. Whoever kept that "
    "state to go on from there finds another one.",
)
def state_in_place(params: Any, grads: Any, state: Any, lr: Any, b1: Any, b2: Any, eps: Any) -> Any:
    state["t"] += 1
    t, m, v = state["t"], state["m"], state["v"]
    for k, g in enumerate(grads):
        m[k] = b1 * m[k] + (1 - b1) * g
        v[k] = b2 * v[k] + (1 - b2) * g * g
    new = [
        p - lr * (a / (1 - b1**t)) / (np.sqrt(b / (1 - b2**t)) + eps)
        for p, a, b in zip(params, m, v, strict=True)
    ]
    return new, {"t": t, "m": m, "v": v}


@task.wrong(
    "the step made with the averages from before",
    hint="The averages are renewed, and the step does not see it. At the first step it has nothing to go by.",
)
def step_with_old_averages(params: Any, grads: Any, state: Any, lr: Any, b1: Any, b2: Any, eps: Any) -> Any:
    t = state["t"] + 1
    m = [b1 * a + (1 - b1) * g for a, g in zip(state["m"], grads, strict=True)]
    v = [b2 * a + (1 - b2) * g * g for a, g in zip(state["v"], grads, strict=True)]
    old = zip(params, state["m"], state["v"], strict=True)
    new = [p - lr * (a / (1 - b1**t)) / (np.sqrt(b / (1 - b2**t)) + eps) for p, a, b in old]
    return new, {"t": t, "m": m, "v": v}


@task.wrong(
    "β and 1 − β the wrong way round",
    hint="Your averages keep the small share of what they were, and the newest gradient gets the large one: "
    "almost nothing is remembered.",
)
def shares_swapped(params: Any, grads: Any, state: Any, lr: Any, b1: Any, b2: Any, eps: Any) -> Any:
    t = state["t"] + 1
    m = [(1 - b1) * a + b1 * g for a, g in zip(state["m"], grads, strict=True)]
    v = [(1 - b2) * a + b2 * g * g for a, g in zip(state["v"], grads, strict=True)]
    new = [
        p - lr * (a / (1 - b1**t)) / (np.sqrt(b / (1 - b2**t)) + eps)
        for p, a, b in zip(params, m, v, strict=True)
    ]
    return new, {"t": t, "m": m, "v": v}


@task.wrong(
    "one beta for both averages",
    hint="Your average of squares forgets as fast as that of the gradients. It has a beta of its own.",
)
def one_beta(params: Any, grads: Any, state: Any, lr: Any, b1: Any, b2: Any, eps: Any) -> Any:
    b2 = b1
    t = state["t"] + 1
    m = [b1 * a + (1 - b1) * g for a, g in zip(state["m"], grads, strict=True)]
    v = [b2 * a + (1 - b2) * g * g for a, g in zip(state["v"], grads, strict=True)]
    new = [
        p - lr * (a / (1 - b1**t)) / (np.sqrt(b / (1 - b2**t)) + eps)
        for p, a, b in zip(params, m, v, strict=True)
    ]
    return new, {"t": t, "m": m, "v": v}
