"""Adam with its corrections, its root or its ε in the wrong place."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a08.adam import task


@task.wrong(
    "no bias correction",
    hint="The averages start at 0 and are too small at first, m and the root of v not by the same "
    "factor. Your first steps have another length than the rate says.",
    section="sec-08-bias",
)
def no_hats(params: Any, grads: Any, state: Any, lr: Any, b1: Any, b2: Any, eps: Any) -> Any:
    t = state["t"] + 1
    m = [b1 * a + (1 - b1) * g for a, g in zip(state["m"], grads, strict=True)]
    v = [b2 * a + (1 - b2) * g * g for a, g in zip(state["v"], grads, strict=True)]
    new = [p - lr * a / (np.sqrt(b) + eps) for p, a, b in zip(params, m, v, strict=True)]
    return new, {"t": t, "m": m, "v": v}


@task.wrong(
    "the corrections multiplied",
    hint="A young average is too small. Your corrections are numbers below 1, and you multiply by them, "
    "which makes it smaller still.",
    section="sec-08-bias",
)
def hats_multiplied(params: Any, grads: Any, state: Any, lr: Any, b1: Any, b2: Any, eps: Any) -> Any:
    t = state["t"] + 1
    m = [b1 * a + (1 - b1) * g for a, g in zip(state["m"], grads, strict=True)]
    v = [b2 * a + (1 - b2) * g * g for a, g in zip(state["v"], grads, strict=True)]
    new = [
        p - lr * (a * (1 - b1**t)) / (np.sqrt(b * (1 - b2**t)) + eps)
        for p, a, b in zip(params, m, v, strict=True)
    ]
    return new, {"t": t, "m": m, "v": v}


@task.wrong(
    "only m corrected",
    hint="The average of gradients is put right, that of squares is not. With b2 near 1 the latter is by far "
    "the more wrong of the two, and the first steps are many times too long.",
    section="sec-08-bias",
)
def only_m(params: Any, grads: Any, state: Any, lr: Any, b1: Any, b2: Any, eps: Any) -> Any:
    t = state["t"] + 1
    m = [b1 * a + (1 - b1) * g for a, g in zip(state["m"], grads, strict=True)]
    v = [b2 * a + (1 - b2) * g * g for a, g in zip(state["v"], grads, strict=True)]
    new = [p - lr * (a / (1 - b1**t)) / (np.sqrt(b) + eps) for p, a, b in zip(params, m, v, strict=True)]
    return new, {"t": t, "m": m, "v": v}


@task.wrong(
    "only v corrected",
    hint="The average of squares is put right, that of gradients is not: the first steps are too short by "
    "the weight that m has not gathered yet.",
    section="sec-08-bias",
)
def only_v(params: Any, grads: Any, state: Any, lr: Any, b1: Any, b2: Any, eps: Any) -> Any:
    t = state["t"] + 1
    m = [b1 * a + (1 - b1) * g for a, g in zip(state["m"], grads, strict=True)]
    v = [b2 * a + (1 - b2) * g * g for a, g in zip(state["v"], grads, strict=True)]
    new = [p - lr * a / (np.sqrt(b / (1 - b2**t)) + eps) for p, a, b in zip(params, m, v, strict=True)]
    return new, {"t": t, "m": m, "v": v}


@task.wrong(
    "the count from before this step",
    hint="You correct with the number of steps that were made before. At the very first that is 0, nothing "
    "has been gathered yet by that count, and you divide by zero.",
    section="sec-08-bias",
)
def old_count(params: Any, grads: Any, state: Any, lr: Any, b1: Any, b2: Any, eps: Any) -> Any:
    t = state["t"]
    m = [b1 * a + (1 - b1) * g for a, g in zip(state["m"], grads, strict=True)]
    v = [b2 * a + (1 - b2) * g * g for a, g in zip(state["v"], grads, strict=True)]
    new = [
        p - lr * (a / (1 - b1**t)) / (np.sqrt(b / (1 - b2**t)) + eps)
        for p, a, b in zip(params, m, v, strict=True)
    ]
    return new, {"t": t + 1, "m": m, "v": v}


@task.wrong(
    "the count of steps stands still",
    hint="Your state comes back with the count that it came with. Every step is then corrected as if it were "
    "the first.",
    section="sec-08-bug-count",
)
def count_stands_still(params: Any, grads: Any, state: Any, lr: Any, b1: Any, b2: Any, eps: Any) -> Any:
    t = state["t"] + 1
    m = [b1 * a + (1 - b1) * g for a, g in zip(state["m"], grads, strict=True)]
    v = [b2 * a + (1 - b2) * g * g for a, g in zip(state["v"], grads, strict=True)]
    new = [
        p - lr * (a / (1 - b1**t)) / (np.sqrt(b / (1 - b2**t)) + eps)
        for p, a, b in zip(params, m, v, strict=True)
    ]
    return new, {"t": state["t"], "m": m, "v": v}


@task.wrong(
    "the count advanced for each parameter",
    hint="One step is one step, however many parameters there are. Yours counts on from one parameter to the "
    "next, so that the second is corrected as if it were later.",
    section="sec-08-bug-count",
)
def clock_per_parameter(params: Any, grads: Any, state: Any, lr: Any, b1: Any, b2: Any, eps: Any) -> Any:
    t, new, m, v = state["t"], [], [], []
    for p, g, a, b in zip(params, grads, state["m"], state["v"], strict=True):
        t = t + 1
        m.append(b1 * a + (1 - b1) * g)
        v.append(b2 * b + (1 - b2) * g * g)
        new.append(p - lr * (m[-1] / (1 - b1**t)) / (np.sqrt(v[-1] / (1 - b2**t)) + eps))
    return new, {"t": t, "m": m, "v": v}


@task.wrong(
    "no square root",
    hint="You divide by the square of the gradient's size. The units do not cancel: small gradients make "
    "huge steps, and large ones almost none.",
    section="sec-08-bug-root",
)
def no_root(params: Any, grads: Any, state: Any, lr: Any, b1: Any, b2: Any, eps: Any) -> Any:
    t = state["t"] + 1
    m = [b1 * a + (1 - b1) * g for a, g in zip(state["m"], grads, strict=True)]
    v = [b2 * a + (1 - b2) * g * g for a, g in zip(state["v"], grads, strict=True)]
    new = [p - lr * (a / (1 - b1**t)) / (b / (1 - b2**t) + eps) for p, a, b in zip(params, m, v, strict=True)]
    return new, {"t": t, "m": m, "v": v}


@task.wrong(
    "ε under the root",
    hint="Inside the root ε counts as its own root, which for small numbers is much larger.",
    section="sec-08-bug-eps",
)
def eps_inside(params: Any, grads: Any, state: Any, lr: Any, b1: Any, b2: Any, eps: Any) -> Any:
    t = state["t"] + 1
    m = [b1 * a + (1 - b1) * g for a, g in zip(state["m"], grads, strict=True)]
    v = [b2 * a + (1 - b2) * g * g for a, g in zip(state["v"], grads, strict=True)]
    new = [
        p - lr * (a / (1 - b1**t)) / np.sqrt(b / (1 - b2**t) + eps)
        for p, a, b in zip(params, m, v, strict=True)
    ]
    return new, {"t": t, "m": m, "v": v}


@task.wrong(
    "ε left out",
    hint="A parameter without a gradient would be divided by zero, and every other step comes out a little "
    "too long.",
    section="sec-08-bug-root",
)
def no_eps(params: Any, grads: Any, state: Any, lr: Any, b1: Any, b2: Any, eps: Any) -> Any:
    t = state["t"] + 1
    m = [b1 * a + (1 - b1) * g for a, g in zip(state["m"], grads, strict=True)]
    v = [b2 * a + (1 - b2) * g * g for a, g in zip(state["v"], grads, strict=True)]
    new = [
        p - lr * (a / (1 - b1**t)) / np.sqrt(b / (1 - b2**t)) for p, a, b in zip(params, m, v, strict=True)
    ]
    return new, {"t": t, "m": m, "v": v}


@task.wrong(
    "ε added before the correction",
    hint="Your ε joins the average while that is still too small, and is enlarged together with it. At the "
    "first step it counts many times.",
    section="sec-08-bias",
)
def eps_before_correction(params: Any, grads: Any, state: Any, lr: Any, b1: Any, b2: Any, eps: Any) -> Any:
    t = state["t"] + 1
    m = [b1 * a + (1 - b1) * g for a, g in zip(state["m"], grads, strict=True)]
    v = [b2 * a + (1 - b2) * g * g for a, g in zip(state["v"], grads, strict=True)]
    new = [
        p - lr * (a / (1 - b1**t)) / ((np.sqrt(b) + eps) / np.sqrt(1 - b2**t))
        for p, a, b in zip(params, m, v, strict=True)
    ]
    return new, {"t": t, "m": m, "v": v}


@task.wrong(
    "v's correction left outside the root",
    hint="v is corrected and then its root is taken; you take the root first and divide it by the whole "
    "correction. Near the beginning that shrinks the step many times over.",
    section="sec-08-bias",
)
def correction_outside_root(params: Any, grads: Any, state: Any, lr: Any, b1: Any, b2: Any, eps: Any) -> Any:
    t = state["t"] + 1
    m = [b1 * a + (1 - b1) * g for a, g in zip(state["m"], grads, strict=True)]
    v = [b2 * a + (1 - b2) * g * g for a, g in zip(state["v"], grads, strict=True)]
    new = [
        p - lr * (a / (1 - b1**t)) / (np.sqrt(b) / (1 - b2**t) + eps)
        for p, a, b in zip(params, m, v, strict=True)
    ]
    return new, {"t": t, "m": m, "v": v}


@task.wrong(
    "the power of what is left",
    hint="You raise 1 − β to the power of t. What is missing from a young average is the weight that still "
    "lies on its start, and that is a power of β itself.",
    section="sec-08-bias",
)
def power_of_the_rest(params: Any, grads: Any, state: Any, lr: Any, b1: Any, b2: Any, eps: Any) -> Any:
    t = state["t"] + 1
    m = [b1 * a + (1 - b1) * g for a, g in zip(state["m"], grads, strict=True)]
    v = [b2 * a + (1 - b2) * g * g for a, g in zip(state["v"], grads, strict=True)]
    new = [
        p - lr * (a / (1 - b1) ** t) / (np.sqrt(b / (1 - b2) ** t) + eps)
        for p, a, b in zip(params, m, v, strict=True)
    ]
    return new, {"t": t, "m": m, "v": v}


@task.wrong(
    "β times t in place of β to the power t",
    hint="In the first step the two are the same, and so that part holds. Later your correction turns "
    "negative, and the root of a negative number is nan.",
    section="sec-08-bias",
)
def beta_times_t(params: Any, grads: Any, state: Any, lr: Any, b1: Any, b2: Any, eps: Any) -> Any:
    t = state["t"] + 1
    m = [b1 * a + (1 - b1) * g for a, g in zip(state["m"], grads, strict=True)]
    v = [b2 * a + (1 - b2) * g * g for a, g in zip(state["v"], grads, strict=True)]
    new = [
        p - lr * (a / (1 - b1 * t)) / (np.sqrt(b / (1 - b2 * t)) + eps)
        for p, a, b in zip(params, m, v, strict=True)
    ]
    return new, {"t": t, "m": m, "v": v}


@task.wrong(
    "ε added to the step",
    hint="A pair of brackets is missing: your ε is added after the division, so that it moves every "
    "parameter by the same amount.",
)
def eps_outside(params: Any, grads: Any, state: Any, lr: Any, b1: Any, b2: Any, eps: Any) -> Any:
    t = state["t"] + 1
    m = [b1 * a + (1 - b1) * g for a, g in zip(state["m"], grads, strict=True)]
    v = [b2 * a + (1 - b2) * g * g for a, g in zip(state["v"], grads, strict=True)]
    new = [
        p - lr * (a / (1 - b1**t)) / np.sqrt(b / (1 - b2**t)) + eps
        for p, a, b in zip(params, m, v, strict=True)
    ]
    return new, {"t": t, "m": m, "v": v}
