"""Dropout, with the random numbers given, so that everybody draws the same mask."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import call, unpack
from bplib.check.task import Case, Seen, Task

task = Task(
    "09.dropout",
    "Dropout",
    asks_for="dropout",
    section="sec-09-dropout",
    parts={"value": 2, "gradient": 2},
)


@task.reference
def dropout(x: Any, p: Any, u: Any, training: Any) -> Any:
    mask = (u >= p) / (1 - p) if training else np.ones_like(x)
    return x * mask, lambda d: d * mask


def case(seed: int, shape: tuple[int, ...], p: float, training: bool) -> Case:
    """Random inputs, random numbers for the mask, and a gradient that arrives."""
    rng = np.random.default_rng(seed)
    return {
        "x": rng.standard_normal(shape),
        "p": p,
        "u": rng.random(shape),
        "training": training,
        "d": rng.standard_normal(shape),
    }


@task.cases
def cases() -> Iterator[Case]:
    small = {
        "x": np.array([[1.0, 2.0, 3.0], [4.0, -5.0, 6.0]]),
        "p": 0.75,
        "u": np.array([[0.9, 0.1, 0.8], [0.2, 0.76, 0.3]]),
    }
    d = np.array([[1.0, 2.0, -3.0], [0.5, 0.25, 1.0]])
    yield {**small, "training": True, "d": d}
    yield {**small, "training": False, "d": d}
    yield case(93, (4, 3), 0.3, True)
    zero = {"x": np.array([0.0, 5.0, 0.0]), "p": 0.5, "u": np.array([0.7, 0.9, 0.2]), "training": True}
    yield {**zero, "d": np.array([1.0, -3.0, 2.0])}  # a kept unit that happens to say 0 still gets blame
    yield case(94, (2, 5), 0.5, False)


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    x, p, u, training = (case[k] for k in ("x", "p", "u", "training"))
    before = x.copy()
    mode = "in training" if training else "in evaluation"
    value, pullback = unpack(call(answer, x, p, u, training), "value", "pullback", of="dropout")
    yield "value", f"the value {mode}", value
    yield "gradient", f"the value {mode}", value  # a gradient belongs to its value
    for again, d in (("", case["d"]), (", when called again", -2 * case["d"])):
        yield "gradient", f"dx {mode}{again}", call(pullback, d, name="pullback")
    yield "value", "whether x was changed", not np.array_equal(before, x)


@task.wrong(
    "not divided by 1 − p",
    hint="In training the next layer hears less than the unit says, on average by the factor 1 − p. In "
    "evaluation it hears everything, and has never learned for that.",
    section="sec-09-scaling",
)
def not_divided(x: Any, p: Any, u: Any, training: Any) -> Any:
    mask = (u >= p) * 1.0 if training else np.ones_like(x)
    return x * mask, lambda d: d * mask


@task.wrong(
    "divided by p",
    hint="You divide by the share that was dropped. What must be made up for is the share that is left.",
    section="sec-09-scaling",
)
def divided_by_p(x: Any, p: Any, u: Any, training: Any) -> Any:
    mask = (u >= p) / p if training else np.ones_like(x)
    return x * mask, lambda d: d * mask


@task.wrong(
    "the dropped ones kept",
    hint="You keep an entry where u is below p, and drop it elsewhere. Then p is the probability of staying. "
    "In this task it is the probability of being dropped.",
)
def reversed_mask(x: Any, p: Any, u: Any, training: Any) -> Any:
    mask = (u < p) / (1 - p) if training else np.ones_like(x)
    return x * mask, lambda d: d * mask


@task.wrong(
    "p taken as the share that stays",
    hint="You keep entries with probability p and divide by p: a dropout of its own, for someone who counts "
    "what stays. Here p counts what goes.",
)
def p_stays(x: Any, p: Any, u: Any, training: Any) -> Any:
    mask = (u < p) / p if training else np.ones_like(x)
    return x * mask, lambda d: d * mask


@task.wrong(
    "dropped in evaluation as well",
    hint="You draw a mask whether the network is training or not. In evaluation the answer would depend on "
    "chance, and be another one each time you ask.",
)
def always_dropped(x: Any, p: Any, u: Any, training: Any) -> Any:
    mask = (u >= p) / (1 - p)
    return x * mask, lambda d: d * mask


@task.wrong(
    "multiplied by 1 − p in evaluation, though training has divided",
    hint="There are two ways to make the mean agree: divide while training, or multiply afterwards. You do "
    "both, so that evaluation is too quiet by the factor 1 − p.",
    section="sec-09-scaling",
)
def both_ways(x: Any, p: Any, u: Any, training: Any) -> Any:
    mask = (u >= p) / (1 - p) if training else (1 - p) * np.ones_like(x)
    return x * mask, lambda d: d * mask


@task.wrong(
    "multiplied by 1 − p in evaluation",
    hint="That is how the first papers did it: silent in training, quieter in evaluation. Here evaluation is "
    "to leave x as it is, and training makes up for what it drops.",
    section="sec-09-scaling",
)
def the_old_way(x: Any, p: Any, u: Any, training: Any) -> Any:
    mask = (u >= p) * 1.0 if training else (1 - p) * np.ones_like(x)
    return x * mask, lambda d: d * mask


@task.wrong(
    "no mask on the way back",
    hint="Units that said nothing get a gradient from you. Nothing that was multiplied by zero can change "
    "the loss.",
    section="sec-09-fresh-mask",
)
def no_mask_back(x: Any, p: Any, u: Any, training: Any) -> Any:
    mask = (u >= p) / (1 - p) if training else np.ones_like(x)
    return x * mask, lambda d: d * (1 / (1 - p) if training else 1.0)


@task.wrong(
    "the mask on the way back, and not the factor",
    hint="The value was divided by 1 − p where it was kept, and so its slope there is 1 / (1 − p) and not 1.",
    section="sec-09-fresh-mask",
)
def no_factor_back(x: Any, p: Any, u: Any, training: Any) -> Any:
    mask = (u >= p) / (1 - p) if training else np.ones_like(x)
    return x * mask, lambda d: d * ((u >= p) if training else 1.0)


@task.wrong(
    "the upstream gradient ignored",
    hint="You return the mask itself. The pullback is asked for the slope of the loss: what arrives, d, must "
    "be in it.",
    section="sec-02-upstream",
)
def upstream_ignored(x: Any, p: Any, u: Any, training: Any) -> Any:
    mask = (u >= p) / (1 - p) if training else np.ones_like(x)
    return x * mask, lambda d: mask


@task.wrong(
    "d passed on untouched",
    hint="Your pullback returns what arrives. That is right for evaluation, where nothing happens, and wrong "
    "for training.",
    section="sec-09-fresh-mask",
)
def untouched(x: Any, p: Any, u: Any, training: Any) -> Any:
    mask = (u >= p) / (1 - p) if training else np.ones_like(x)
    return x * mask, lambda d: d


@task.wrong(
    "multiplied by x on the way back",
    hint="The value is x times the mask. Its derivative with respect to x is the mask; you have x in it once "
    "more.",
)
def times_value(x: Any, p: Any, u: Any, training: Any) -> Any:
    mask = (u >= p) / (1 - p) if training else np.ones_like(x)
    return x * mask, lambda d: d * mask * x


@task.wrong(
    "the gradient masked in evaluation",
    hint="In evaluation you leave the value alone and still drop parts of the gradient. The way back belongs "
    "to the way forward: nothing was dropped.",
)
def masked_back_always(x: Any, p: Any, u: Any, training: Any) -> Any:
    mask = (u >= p) / (1 - p)
    return (x * mask if training else x), lambda d: d * mask


@task.wrong(
    "whole rows dropped",
    hint="You decide once for a row, by its first random number, and then drop the whole example. Each entry "
    "has a random number of its own.",
)
def whole_rows(x: Any, p: Any, u: Any, training: Any) -> Any:
    mask = (u[:, :1] >= p) / (1 - p) * np.ones_like(x) if training else np.ones_like(x)
    return x * mask, lambda d: d * mask


@task.wrong(
    "the mask read off from the value",
    hint="You take every 0 in the value for a dropped entry. An entry may be kept and happen to be 0: it gets "
    "its gradient. Keep the mask itself.",
    section="sec-09-fresh-mask",
)
def mask_from_the_value(x: Any, p: Any, u: Any, training: Any) -> Any:
    value = x * ((u >= p) / (1 - p) if training else np.ones_like(x))
    return value, lambda d: d * (value != 0) / (1 - p) if training else d
