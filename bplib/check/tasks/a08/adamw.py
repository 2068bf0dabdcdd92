"""AdamW: weight decay that stays outside the gradient."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import call, unpack
from bplib.check.task import Case, Seen, Task

task = Task(
    "08.adamw",
    "Decay is not a penalty",
    asks_for="adamw",
    section="sec-08-adamw",
    parts={"averages": 1, "step": 2},
)


@task.reference
def adamw(w: Any, g: Any, m: Any, v: Any, t: Any, lr: Any, decay: Any) -> Any:
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g * g
    step = lr * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return (1 - lr * decay) * w - step, m, v


def weights(seed: int, shape: tuple[int, ...], t: int, lr: float, decay: float, size: float = 1.0) -> Case:
    """Weights of this shape, a gradient of this size, and the averages that step t begins with."""
    rng = np.random.default_rng(seed)
    w, g = rng.standard_normal((2, *shape))
    g = size * g
    return {
        "w": 3 * w,
        "g": g,
        "m": (1 - 0.9 ** (t - 1)) * g * rng.uniform(0.2, 0.9, shape),
        "v": (1 - 0.999 ** (t - 1)) * g * g * rng.uniform(0.5, 2, shape),
        "t": t,
        "lr": lr,
        "decay": decay,
    }


@task.cases
def cases() -> Iterator[Case]:
    yield {
        "w": np.array([2.0, -1.0]),
        "g": np.array([0.5, 0.0]),
        "m": np.zeros(2),
        "v": np.zeros(2),
        "t": 1,
        "lr": 0.1,
        "decay": 0.5,
    }
    yield weights(1, (2, 3), 5, 0.05, 0.2)
    yield weights(2, (3,), 40, 0.01, 0.0)
    yield weights(3, (4, 1), 3, 0.2, 2.0, 1e-7)


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    w, m, v = unpack(call(answer, *case.values()), "w", "m", "v", of="adamw")
    yield "averages", "the new m", m
    yield "averages", "the new v", v
    yield "step", "the new w", w


@task.wrong(
    "an L2 penalty inside the gradient",
    hint="The pull towards 0 goes through both averages and is divided by the root. For a weight with no "
    "other gradient the strength of your decay cancels altogether.",
)
def penalty(w: Any, g: Any, m: Any, v: Any, t: Any, lr: Any, decay: Any) -> Any:
    g = g + decay * w
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g * g
    step = lr * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return w - step, m, v


@task.wrong(
    "the decay inside the average of gradients",
    hint="The pull towards 0 is averaged with the gradients, and then divided by their size: strong where "
    "gradients are small, weak where they are large.",
)
def penalty_in_m_only(w: Any, g: Any, m: Any, v: Any, t: Any, lr: Any, decay: Any) -> Any:
    m = 0.9 * m + 0.1 * (g + decay * w)
    v = 0.999 * v + 0.001 * g * g
    step = lr * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return w - step, m, v


@task.wrong(
    "the decay divided by the root",
    hint="Your averages are right, but the pull is put on top of the corrected m, and shares its "
    "denominator. Decay means the same factor for every weight.",
)
def decay_divided(w: Any, g: Any, m: Any, v: Any, t: Any, lr: Any, decay: Any) -> Any:
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g * g
    size = np.sqrt(v / (1 - 0.999**t)) + 1e-8
    return w - lr * (m / (1 - 0.9**t) + decay * w) / size, m, v


@task.wrong(
    "decay that the rate has no part in",
    hint="The weights shrink by the whole of the decay in each step, whatever the rate. A schedule that "
    "slows training down would leave this pull as strong as ever.",
)
def without_lr(w: Any, g: Any, m: Any, v: Any, t: Any, lr: Any, decay: Any) -> Any:
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g * g
    step = lr * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return (1 - decay) * w - step, m, v


@task.wrong(
    "decay after the step",
    hint="You shrink a weight that has already moved, and with it the step that was just made.",
)
def after_the_step(w: Any, g: Any, m: Any, v: Any, t: Any, lr: Any, decay: Any) -> Any:
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g * g
    step = lr * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return (1 - lr * decay) * (w - step), m, v


@task.wrong(
    "weights that grow",
    hint="The sign of the decay is turned: weights are pushed away from 0.",
    section="sec-01-sign",
)
def grows(w: Any, g: Any, m: Any, v: Any, t: Any, lr: Any, decay: Any) -> Any:
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g * g
    step = lr * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return (1 + lr * decay) * w - step, m, v


@task.wrong(
    "no decay at all",
    hint="Your step is Adam's, and the decay is not used.",
)
def no_decay(w: Any, g: Any, m: Any, v: Any, t: Any, lr: Any, decay: Any) -> Any:
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g * g
    step = lr * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return w - step, m, v


@task.wrong(
    "the same amount off every weight",
    hint="You take a fixed amount off each weight, large or small. That is the pull of an absolute value; "
    "decay takes a share.",
    section="sec-02-map",
)
def by_sign(w: Any, g: Any, m: Any, v: Any, t: Any, lr: Any, decay: Any) -> Any:
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g * g
    step = lr * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return w - lr * decay * np.sign(w) - step, m, v


@task.wrong(
    "a decay by the square of the weight",
    hint="λw²/2 is the penalty; what pulls is its slope. The square also loses the sign: negative weights "
    "are pushed away from 0.",
    section="sec-02-map",
)
def squared(w: Any, g: Any, m: Any, v: Any, t: Any, lr: Any, decay: Any) -> Any:
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g * g
    step = lr * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return w - lr * decay * w * w - step, m, v


@task.wrong(
    "half of the decay",
    hint="The ½ belongs to the penalty, and is gone from its slope, where the 2 of the square has met it.",
    section="sec-02-map",
)
def half(w: Any, g: Any, m: Any, v: Any, t: Any, lr: Any, decay: Any) -> Any:
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g * g
    step = lr * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return (1 - lr * decay / 2) * w - step, m, v


@task.wrong(
    "no bias correction",
    hint="The averages start at 0 and are too small at first; t is there to put them right.",
    section="sec-08-bias",
)
def no_hats(w: Any, g: Any, m: Any, v: Any, t: Any, lr: Any, decay: Any) -> Any:
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g * g
    return (1 - lr * decay) * w - lr * m / (np.sqrt(v) + 1e-8), m, v


@task.wrong(
    "corrected for one step more than there were",
    hint="t is the number of this step, counted from 1. You correct as if one more had been made.",
    section="sec-08-bias",
)
def one_too_late(w: Any, g: Any, m: Any, v: Any, t: Any, lr: Any, decay: Any) -> Any:
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g * g
    step = lr * (m / (1 - 0.9 ** (t + 1))) / (np.sqrt(v / (1 - 0.999 ** (t + 1))) + 1e-8)
    return (1 - lr * decay) * w - step, m, v


@task.wrong(
    "the averages decayed as well",
    hint="Decay is for the weights. Your averages shrink with them, and forget faster than their betas say.",
)
def decayed_averages(w: Any, g: Any, m: Any, v: Any, t: Any, lr: Any, decay: Any) -> Any:
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g * g
    step = lr * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    keep = 1 - lr * decay
    return keep * w - step, keep * m, keep * v


@task.wrong(
    "the corrected averages returned",
    hint="What you carry to the next step are the corrected averages. They would be corrected again there.",
    section="sec-08-bias",
)
def corrected_returned(w: Any, g: Any, m: Any, v: Any, t: Any, lr: Any, decay: Any) -> Any:
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g * g
    step = lr * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return (1 - lr * decay) * w - step, m / (1 - 0.9**t), v / (1 - 0.999**t)


@task.wrong(
    "the whole decay at once",
    hint="You shrink the weight as if all t steps were still to be made. One step takes one share.",
)
def power(w: Any, g: Any, m: Any, v: Any, t: Any, lr: Any, decay: Any) -> Any:
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g * g
    step = lr * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return (1 - lr * decay) ** t * w - step, m, v


@task.wrong(
    "ε left out",
    hint="A weight whose gradient has always been 0 is divided by zero, and becomes nan.",
    section="sec-08-bug-root",
)
def no_eps(w: Any, g: Any, m: Any, v: Any, t: Any, lr: Any, decay: Any) -> Any:
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g * g
    step = lr * (m / (1 - 0.9**t)) / np.sqrt(v / (1 - 0.999**t))
    return (1 - lr * decay) * w - step, m, v


@task.wrong(
    "ε under the root",
    hint="Inside the root ε counts as its own root, ten thousand times as much. Weights with small gradients "
    "hardly move.",
    section="sec-08-bug-eps",
)
def eps_inside(w: Any, g: Any, m: Any, v: Any, t: Any, lr: Any, decay: Any) -> Any:
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g * g
    step = lr * (m / (1 - 0.9**t)) / np.sqrt(v / (1 - 0.999**t) + 1e-8)
    return (1 - lr * decay) * w - step, m, v


from bplib.check.tasks.a08 import _adamw_more  # noqa: E402, F401  # it enters more wrong answers
