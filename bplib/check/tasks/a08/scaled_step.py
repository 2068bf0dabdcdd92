"""AdaGrad and RMSprop: a rate for each parameter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import call, unpack
from bplib.check.task import Case, Seen, Task

task = Task(
    "08.scaled_step",
    "A rate for each parameter",
    asks_for="scaled_step",
    section="sec-08-scale",
    parts={"memory": 1, "step": 2},
)


@task.reference
def scaled_step(w: Any, g: Any, s: Any, lr: Any, eps: Any, alpha: Any) -> Any:
    s = s + g * g if alpha is None else alpha * s + (1 - alpha) * g * g
    return w - lr * g / (np.sqrt(s) + eps), s


def walked(
    seed: int, shape: tuple[int, ...], lr: float, eps: float, alpha: float | None, dtype: Any = np.float64
) -> Case:
    """A parameter of this shape with gradients of very different sizes, and what was remembered of them."""
    rng = np.random.default_rng(seed)
    w, g = rng.standard_normal((2, *shape))
    g = g * 10.0 ** rng.integers(-2, 3, shape)
    s = rng.uniform(0.5, 2, shape) * g * g
    return {
        "w": w.astype(dtype),
        "g": g.astype(dtype),
        "s": s.astype(dtype),
        "lr": lr,
        "eps": eps,
        "alpha": alpha,
    }


@task.cases
def cases() -> Iterator[Case]:
    small = {"w": np.array([1.0, 1.0]), "g": np.array([3.0, -0.5]), "s": np.array([16.0, 0.0])}
    yield {**small, "lr": 0.1, "eps": 0.5, "alpha": None}
    yield {**small, "lr": 0.1, "eps": 0.5, "alpha": 0.75}
    three = {"w": np.array([1.0, 2.0, 3.0]), "g": np.array([0.0, 2.0, -1.0]), "s": np.zeros(3)}
    yield {**three, "lr": 0.5, "eps": 1e-8, "alpha": 0.9}
    yield walked(1, (2, 3), 0.1, 1e-2, None)
    yield walked(2, (3, 2), 0.2, 1e-2, 0.0)
    yield walked(3, (4,), 0.25, 0.125, 0.5, np.float32)


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    w, s = unpack(call(answer, *case.values()), "w", "s", of="scaled_step")
    yield "memory", "the new memory s", s
    yield "step", "the new w", w


@task.wrong(
    "the sum and the average changed places",
    hint="Without alpha you average, and with it you add up. AdaGrad never forgets a gradient; RMSprop is "
    "there to forget.",
)
def changed_places(w: Any, g: Any, s: Any, lr: Any, eps: Any, alpha: Any) -> Any:
    s = 0.9 * s + 0.1 * g * g if alpha is None else s + g * g
    return w - lr * g / (np.sqrt(s) + eps), s


@task.wrong(
    "always the sum",
    hint="You add up the squares in either case. With alpha given, old gradients are to be forgotten, or the "
    "steps can only shrink.",
)
def always_sum(w: Any, g: Any, s: Any, lr: Any, eps: Any, alpha: Any) -> Any:
    s = s + g * g
    return w - lr * g / (np.sqrt(s) + eps), s


@task.wrong(
    "alpha and 1 − alpha changed places",
    hint="Your average keeps the small share of what it was. Alpha, usually near 1, says how much of the "
    "memory stays.",
)
def shares_swapped(w: Any, g: Any, s: Any, lr: Any, eps: Any, alpha: Any) -> Any:
    s = s + g * g if alpha is None else (1 - alpha) * s + alpha * g * g
    return w - lr * g / (np.sqrt(s) + eps), s


@task.wrong(
    "the new square counted in full",
    hint="Your shares add up to more than 1, so that it is no average: under a constant gradient it grows to "
    "many times its square.",
)
def decaying_sum(w: Any, g: Any, s: Any, lr: Any, eps: Any, alpha: Any) -> Any:
    s = s + g * g if alpha is None else alpha * s + g * g
    return w - lr * g / (np.sqrt(s) + eps), s


@task.wrong(
    "no square root",
    hint="You divide by the square of the gradient's size. Then the units do not cancel: a gradient ten "
    "times as large makes a step a tenth as long.",
    section="sec-08-bug-root",
)
def no_root(w: Any, g: Any, s: Any, lr: Any, eps: Any, alpha: Any) -> Any:
    s = s + g * g if alpha is None else alpha * s + (1 - alpha) * g * g
    return w - lr * g / (s + eps), s


@task.wrong(
    "ε under the root",
    hint="Inside the root ε counts as its own root, which for small numbers is much larger. It belongs to "
    "the finished size.",
    section="sec-08-bug-eps",
)
def eps_inside(w: Any, g: Any, s: Any, lr: Any, eps: Any, alpha: Any) -> Any:
    s = s + g * g if alpha is None else alpha * s + (1 - alpha) * g * g
    return w - lr * g / np.sqrt(s + eps), s


@task.wrong(
    "ε left out",
    hint="A parameter that has never had a gradient is divided by zero here, and becomes nan.",
    section="sec-08-bug-root",
)
def no_eps(w: Any, g: Any, s: Any, lr: Any, eps: Any, alpha: Any) -> Any:
    s = s + g * g if alpha is None else alpha * s + (1 - alpha) * g * g
    return w - lr * g / np.sqrt(s), s


@task.wrong(
    "the step divided by the old memory",
    hint="The gradient is divided by the size of those before it. At the first step that is zero, and a "
    "sudden large gradient is not held back.",
)
def old_size(w: Any, g: Any, s: Any, lr: Any, eps: Any, alpha: Any) -> Any:
    new = s + g * g if alpha is None else alpha * s + (1 - alpha) * g * g
    return w - lr * g / (np.sqrt(s) + eps), new


@task.wrong(
    "sizes in place of squares",
    hint="You remember how large the gradients were, and then take the root of that. Remember their squares, "
    "and the root brings the size back.",
)
def absolute(w: Any, g: Any, s: Any, lr: Any, eps: Any, alpha: Any) -> Any:
    s = s + abs(g) if alpha is None else alpha * s + (1 - alpha) * abs(g)
    return w - lr * g / (np.sqrt(s) + eps), s


@task.wrong(
    "one size for all parameters",
    hint="You add up the squares over all entries. Then everything is divided by one number, and the point "
    "was a rate for each parameter.",
)
def one_for_all(w: Any, g: Any, s: Any, lr: Any, eps: Any, alpha: Any) -> Any:
    q = (g * g).sum()
    s = s + q if alpha is None else alpha * s + (1 - alpha) * q
    return w - lr * g / (np.sqrt(s) + eps), s


@task.wrong(
    "multiplied by the size",
    hint="Parameters with large gradients take even larger steps here. The size of the gradients is what a "
    "step is to be freed from.",
)
def multiplied(w: Any, g: Any, s: Any, lr: Any, eps: Any, alpha: Any) -> Any:
    s = s + g * g if alpha is None else alpha * s + (1 - alpha) * g * g
    return w - lr * g * (np.sqrt(s) + eps), s


@task.wrong(
    "the step added",
    hint="The gradient points uphill, divided or not.",
    section="sec-01-sign",
)
def uphill(w: Any, g: Any, s: Any, lr: Any, eps: Any, alpha: Any) -> Any:
    s = s + g * g if alpha is None else alpha * s + (1 - alpha) * g * g
    return w + lr * g / (np.sqrt(s) + eps), s


@task.wrong(
    "an alpha of 0 taken for none",
    hint="In Python 0 counts as false, so that your question whether there is an alpha gets a no. An average "
    "with alpha 0 remembers the last square and nothing else.",
)
def zero_is_none(w: Any, g: Any, s: Any, lr: Any, eps: Any, alpha: Any) -> Any:
    s = alpha * s + (1 - alpha) * g * g if alpha else s + g * g
    return w - lr * g / (np.sqrt(s) + eps), s


@task.wrong(
    "the memory comes back as it went in",
    hint="The step is right, but what you return as memory does not know this gradient. Every step will be "
    "divided as if it were the first.",
    section="sec-08-bug-memory",
)
def not_carried(w: Any, g: Any, s: Any, lr: Any, eps: Any, alpha: Any) -> Any:
    new = s + g * g if alpha is None else alpha * s + (1 - alpha) * g * g
    return w - lr * g / (np.sqrt(new) + eps), s


@task.wrong(
    "the step ends with its direction lost",
    hint="You divide the size of the gradient, without its sign, so that every parameter moves down. Which "
    "way it should go, the sign says.",
)
def sign_lost(w: Any, g: Any, s: Any, lr: Any, eps: Any, alpha: Any) -> Any:
    s = s + g * g if alpha is None else alpha * s + (1 - alpha) * g * g
    return w - lr * abs(g) / (np.sqrt(s) + eps), s


@task.wrong(
    "ε added to the step",
    hint="A pair of brackets is missing: your ε is added after the division, so that it moves every "
    "parameter by the same amount and protects none of them from a size of 0.",
)
def eps_outside(w: Any, g: Any, s: Any, lr: Any, eps: Any, alpha: Any) -> Any:
    s = s + g * g if alpha is None else alpha * s + (1 - alpha) * g * g
    return w - lr * g / np.sqrt(s) + eps, s


@task.wrong(
    "a bracket that closes too late",
    hint="In your average the square is multiplied by alpha and then taken from 1. The share of the new "
    "square is what is left of 1 after alpha; the square is no part of that difference.",
)
def late_bracket(w: Any, g: Any, s: Any, lr: Any, eps: Any, alpha: Any) -> Any:
    s = s + g * g if alpha is None else alpha * s + (1 - alpha * g * g)
    return w - lr * g / (np.sqrt(s) + eps), s
