"""One step of L1 that stops at zero."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import call
from bplib.check.task import Case, Seen, Task

task = Task(
    "09.soft_threshold",
    "L1: towards zero, and not past it",
    asks_for="soft_threshold",
    section="sec-09-l1",
    parts={"value": 2},
)


@task.reference
def soft_threshold(v: Any, amount: Any) -> Any:
    return np.sign(v) * np.maximum(0.0, np.abs(v) - amount)


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(92)
    yield {"v": np.array([3.0, -3.0, 0.5, -0.5, 0.0, 1.0]), "amount": 1.0}
    yield {"v": rng.standard_normal((3, 4)), "amount": 0.6}
    yield {"v": 5 * rng.standard_normal((2, 2, 3)), "amount": 2.5}


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    before = case["v"].copy()
    yield "value", "the result", call(answer, *case.values())
    yield "value", "whether v was changed", not np.array_equal(before, case["v"])


@task.wrong(
    "past zero, and out on the other side",
    hint="A weight that is smaller than the amount jumps over zero in your code. In the next step it jumps "
    "back, and so on for ever: it never arrives.",
)
def past_zero(v: Any, amount: Any) -> Any:
    return v - amount * np.sign(v)


@task.wrong(
    "small ones cut, large ones left as they are",
    hint="You set what is small to zero and leave the rest alone, so that there is a jump at the threshold. "
    "Here the large ones pay as well, each the same amount.",
)
def hard(v: Any, amount: Any) -> Any:
    return np.where(np.abs(v) > amount, v, 0.0)


@task.wrong(
    "negative ones set to zero",
    hint="You treat a large negative weight as if it were small. It is far from zero, on the other side.",
)
def one_sided(v: Any, amount: Any) -> Any:
    return np.maximum(0.0, v - amount)


@task.wrong(
    "the sign lost",
    hint="Your results are all at least zero. A negative weight moves towards zero and stays negative.",
)
def sign_lost(v: Any, amount: Any) -> Any:
    return np.maximum(0.0, np.abs(v) - amount)


@task.wrong(
    "cut off at the amount",
    hint="You limit the weights to the range between −amount and amount. What was asked for is what such a "
    "cut would take away.",
)
def clipped(v: Any, amount: Any) -> Any:
    return np.clip(v, -amount, amount)


@task.wrong(
    "shrunk by a factor",
    hint="You multiply, so that large weights pay much and small ones little, and none becomes zero. That is "
    "weight decay, the step of the other penalty.",
    section="sec-09-l2",
)
def decayed(v: Any, amount: Any) -> Any:
    return v * (1 - amount)


@task.wrong(
    "away from zero",
    hint="Your weights grow. The penalty is paid for being away from zero, and the step moves towards it.",
)
def outwards(v: Any, amount: Any) -> Any:
    return np.sign(v) * (np.abs(v) + amount)


@task.wrong(
    "the negative ones moved the wrong way",
    hint="You subtract the amount from every weight that survives. For a negative one that means further "
    "away from zero.",
)
def always_subtracted(v: Any, amount: Any) -> Any:
    return np.where(np.abs(v) > amount, v - amount, 0.0)


@task.wrong(
    "twice the amount",
    hint="Your weights move by twice what was asked. The penalty is the absolute value, and its slope is 1, "
    "not 2.",
)
def doubled(v: Any, amount: Any) -> Any:
    return np.sign(v) * np.maximum(0.0, np.abs(v) - 2 * amount)


@task.wrong(
    "half the amount",
    hint="Your weights move by half of what was asked.",
)
def halved(v: Any, amount: Any) -> Any:
    return np.sign(v) * np.maximum(0.0, np.abs(v) - amount / 2)


@task.wrong(
    "small weights kept, large ones moved",
    hint="You move only what is larger than the amount and leave the small weights where they are. They are "
    "the ones that should arrive at zero.",
)
def small_kept(v: Any, amount: Any) -> Any:
    return np.where(np.abs(v) > amount, v - amount * np.sign(v), v)


@task.wrong(
    "a share of the amount, by the size of the weight",
    hint="You subtract the amount times the weight's size. Every weight pays the same here, however large it "
    "is.",
)
def by_size(v: Any, amount: Any) -> Any:
    return np.sign(v) * np.maximum(0.0, np.abs(v) - amount * np.abs(v))


@task.wrong(
    "the array that came in changed in place",
    hint="The result is right, and the array that you were given is overwritten with it. Nobody else's "
    "numbers may change because your function was called.",
)
def in_place(v: Any, amount: Any) -> Any:
    v[...] = np.sign(v) * np.maximum(0.0, np.abs(v) - amount)
    return v


@task.wrong(
    "the sign as v divided by its size",
    hint="Where v is 0 you divide 0 by 0. A weight that has arrived at zero should stay there.",
)
def sign_by_division(v: Any, amount: Any) -> Any:
    with np.errstate(invalid="ignore"):
        return v / np.abs(v) * np.maximum(0.0, np.abs(v) - amount)


@task.wrong(
    "multiplied by v, where only its sign is due",
    hint="What is left of the size is multiplied by the whole of v. The size is in it already: only the sign "
    "is to be put back.",
)
def multiplied_by_v(v: Any, amount: Any) -> Any:
    return v * np.maximum(0.0, np.abs(v) - amount)
