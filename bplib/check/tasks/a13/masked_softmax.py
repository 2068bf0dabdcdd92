"""Softmax over the keys that a query may see, with its way back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.task import Case, Task
from bplib.check.tasks.a13._tries import op_as_a_whole

task = Task(
    "13.masked_softmax",
    "Softmax with a mask",
    asks_for="masked_softmax",
    section="sec-13-mask",
    parts={"value": 1, "gradient": 2},
)


@task.reference
def masked_softmax(s: Any, mask: Any) -> Any:
    z = np.where(mask, s, -np.inf)
    top = z.max(axis=-1, keepdims=True)
    e = np.exp(z - np.where(top == -np.inf, 0.0, top))
    total = e.sum(axis=-1, keepdims=True)
    p = e / np.where(total == 0, 1.0, total)

    def pullback(d: Any) -> Any:
        return p * (d - (p * d).sum(axis=-1, keepdims=True))

    return p, pullback


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(131)
    yield {
        "s": np.array([[0.0, np.log(3.0), 5.0]]),
        "mask": np.array([[True, True, False]]),
        "d": np.array([[1.0, 0.0, 2.0]]),
    }
    yield {
        "s": rng.standard_normal((3, 3)),
        "mask": np.tri(3, dtype=bool),
        "d": rng.standard_normal((3, 3)),
    }
    yield {
        "s": np.array([[800.0, -800.0, 790.0, 799.0], [-900.0, -905.0, 1000.0, -901.0]]),
        "mask": np.array([[True, True, False, True], [True, True, False, True]]),
        "d": rng.standard_normal((2, 4)),
    }
    mask = np.array([[True, False, True, True], [False] * 4, [False, True, True, False]])
    yield {"s": 2 * rng.standard_normal((2, 3, 4)), "mask": mask, "d": rng.standard_normal((2, 3, 4))}


task.probe(op_as_a_whole("s", what="p"))


@task.wrong(
    "the mask applied after the softmax",
    hint="Your weights of what a query may not see are 0, but these keys have taken part in the sum. "
    "The rest no longer adds up to 1, and still depends on the hidden scores.",
    section="sec-13-mask-after",
)
def mask_after(s: Any, mask: Any) -> Any:
    z = s
    top = z.max(axis=-1, keepdims=True)
    e = np.exp(z - np.where(top == -np.inf, 0.0, top))
    total = e.sum(axis=-1, keepdims=True)
    p = e / np.where(total == 0, 1.0, total)

    def pullback(d: Any) -> Any:
        d = d * mask
        return p * (d - (p * d).sum(axis=-1, keepdims=True))

    return p * mask, pullback


@task.wrong(
    "the hidden scores set to zero",
    hint="You multiply the scores by the mask. A score of 0 is a score like any other, and the "
    "exponential makes a weight of it.",
    section="sec-13-mask",
)
def hidden_scores_zero(s: Any, mask: Any) -> Any:
    z = s * mask
    top = z.max(axis=-1, keepdims=True)
    e = np.exp(z - np.where(top == -np.inf, 0.0, top))
    total = e.sum(axis=-1, keepdims=True)
    p = e / np.where(total == 0, 1.0, total)

    def pullback(d: Any) -> Any:
        return mask * p * (d - (p * d).sum(axis=-1, keepdims=True))

    return p, pullback


@task.wrong(
    "the scores multiplied by minus infinity",
    hint="Infinity times a negative score is plus infinity, and infinity times 0 is not a number. A "
    "mask replaces a score; it does not scale it.",
    section="sec-13-mask",
)
def hidden_multiplied(s: Any, mask: Any) -> Any:
    z = s * np.where(mask, 1.0, -np.inf)
    top = z.max(axis=-1, keepdims=True)
    e = np.exp(z - np.where(top == -np.inf, 0.0, top))
    total = e.sum(axis=-1, keepdims=True)
    p = e / np.where(total == 0, 1.0, total)

    def pullback(d: Any) -> Any:
        return p * (d - (p * d).sum(axis=-1, keepdims=True))

    return p, pullback


@task.wrong(
    "the mask read the other way round",
    hint="In your answer True means hidden. In this course, as the task says, True means: this query "
    "may see this key.",
    section="sec-13-mask",
)
def mask_inverted(s: Any, mask: Any) -> Any:
    z = np.where(mask, -np.inf, s)
    top = z.max(axis=-1, keepdims=True)
    e = np.exp(z - np.where(top == -np.inf, 0.0, top))
    total = e.sum(axis=-1, keepdims=True)
    p = e / np.where(total == 0, 1.0, total)

    def pullback(d: Any) -> Any:
        return p * (d - (p * d).sum(axis=-1, keepdims=True))

    return p, pullback


@task.wrong(
    "the mask ignored",
    hint="Your weights are those of a softmax over all keys, whatever the mask says about them.",
    section="sec-13-mask",
)
def mask_ignored(s: Any, mask: Any) -> Any:
    z = s
    top = z.max(axis=-1, keepdims=True)
    e = np.exp(z - np.where(top == -np.inf, 0.0, top))
    total = e.sum(axis=-1, keepdims=True)
    p = e / np.where(total == 0, 1.0, total)

    def pullback(d: Any) -> Any:
        return p * (d - (p * d).sum(axis=-1, keepdims=True))

    return p, pullback


@task.wrong(
    "softmax over the queries",
    hint="Your columns add up to 1, and your rows do not. Each query shares out one unit of attention "
    "among the keys, and the keys are the last axis.",
    section="sec-13-wrong-axis",
)
def over_queries(s: Any, mask: Any) -> Any:
    z = np.where(mask, s, -np.inf)
    top = z.max(axis=-2, keepdims=True)
    e = np.exp(z - np.where(top == -np.inf, 0.0, top))
    total = e.sum(axis=-2, keepdims=True)
    p = e / np.where(total == 0, 1.0, total)

    def pullback(d: Any) -> Any:
        return p * (d - (p * d).sum(axis=-2, keepdims=True))

    return p, pullback


@task.wrong(
    "one softmax over all the scores",
    hint="All your weights together add up to 1. Each query has a unit of attention of its own: every "
    "row adds up to 1.",
    section="sec-13-wrong-axis",
)
def over_everything(s: Any, mask: Any) -> Any:
    z = np.where(mask, s, -np.inf)
    top = z.max()
    e = np.exp(z - np.where(top == -np.inf, 0.0, top))
    total = e.sum()
    p = e / np.where(total == 0, 1.0, total)

    def pullback(d: Any) -> Any:
        return p * (d - (p * d).sum())

    return p, pullback


@task.wrong(
    "an overflow at large scores",
    hint="The exponential of 800 does not fit into the number type, and infinity divided by infinity "
    "is not a number. The weights themselves are harmless numbers between 0 and 1.",
    section="sec-04-stable",
)
def never_shifted(s: Any, mask: Any) -> Any:
    z = np.where(mask, s, -np.inf)
    e = np.exp(z)
    total = e.sum(axis=-1, keepdims=True)
    p = e / np.where(total == 0, 1.0, total)

    def pullback(d: Any) -> Any:
        return p * (d - (p * d).sum(axis=-1, keepdims=True))

    return p, pullback


@task.wrong(
    "exponentials and a division, whatever comes",
    hint="Two things go wrong here. The exponential of 800 does not fit into the number type, and that"
    " of -900 is 0, as is the sum of a row in which all is hidden: you divide infinity by "
    "infinity, or 0 by 0.",
    section="sec-04-stable",
)
def never_shifted_nor_guarded(s: Any, mask: Any) -> Any:
    z = np.where(mask, s, -np.inf)
    e = np.exp(z)
    total = e.sum(axis=-1, keepdims=True)
    p = e / total

    def pullback(d: Any) -> Any:
        return p * (d - (p * d).sum(axis=-1, keepdims=True))

    return p, pullback


@task.wrong(
    "exponentials of hidden scores, multiplied by zero",
    hint="The exponential of a large hidden score is infinite, and infinity times 0 is not a number. A"
    " row in which all is hidden has the sum 0, and you divide by it.",
    section="sec-04-stable",
)
def hidden_exponentials(s: Any, mask: Any) -> Any:
    e = np.exp(s) * mask
    total = e.sum(axis=-1, keepdims=True)
    p = e / total

    def pullback(d: Any) -> Any:
        return p * (d - (p * d).sum(axis=-1, keepdims=True))

    return p, pullback


from bplib.check.tasks.a13 import (  # noqa: E402  # they enter more wrong answers
    _masked_softmax_more,  # noqa: F401
    _masked_softmax_more2,  # noqa: F401
)
