"""The hinge for K classes: a margin of 1 over every rival, and exactly nothing once it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check import probes
from bplib.check.task import Case, Task

task = Task(
    "05.hinge",
    "A margin over every rival",
    asks_for="hinge",
    section="sec-05-hinge",
    parts={"value": 1, "gradient": 2},
)
task.probe(probes.op("s"))


@task.reference
def hinge(s: Any, labels: Any) -> Any:
    rows = np.arange(len(s))
    gap = s - s[rows, labels][:, None] + 1
    gap[rows, labels] = 0
    inside = gap > 0
    slope = inside.astype(s.dtype)
    slope[rows, labels] = -inside.sum(axis=1)
    return np.sum(gap * inside) / len(s), lambda d: d * slope / len(s)


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(56)
    normal = rng.standard_normal
    small = np.array([[2.0, 1.5, 0.0], [0.0, 1.0, 3.0]])
    yield {"s": small, "labels": np.array([0, 1]), "d": 4.0}
    yield {"s": normal((5, 4)), "labels": np.array([2, 0, 3, 3, 1]), "d": -1.3}
    yield {"s": 2 * normal((3, 3)), "labels": np.array([1, 1, 2]), "d": 0.7}
    yield {"s": normal((3, 2)), "labels": np.array([1, 0, 1]), "d": 0.6}


@task.wrong(
    "the true class counted among its own rivals",
    hint="Against itself the true class always has a gap of 0, so it misses the margin by 1 in every row. "
    "The sum runs over the other classes only.",
)
def own_rival(s: Any, labels: Any) -> Any:
    rows = np.arange(len(s))
    gap = s - s[rows, labels][:, None] + 1
    inside = gap > 0
    inside[rows, labels] = False
    slope = inside.astype(s.dtype)
    slope[rows, labels] = -inside.sum(axis=1)
    return np.sum(np.maximum(gap, 0)) / len(s), lambda d: d * slope / len(s)


@task.wrong(
    "in the gradient, the true class counted among its own rivals",
    hint="The true class is pushed up once for each rival inside the margin. You push once more than that: "
    "its entry is too low by one push in every row, even where all is well.",
)
def own_rival_in_gradient(s: Any, labels: Any) -> Any:
    rows = np.arange(len(s))
    gap = s - s[rows, labels][:, None] + 1
    gap[rows, labels] = 0
    inside = gap > 0
    slope = inside.astype(s.dtype)
    slope[rows, labels] = -inside.sum(axis=1) - 1
    return np.sum(gap * inside) / len(s), lambda d: d * slope / len(s)


@task.wrong(
    "the true class pushed once, however many rivals are inside the margin",
    hint="Its score stands in every term of the sum. Each rival inside the margin contributes a push of its "
    "own; the entries of a row add up to zero.",
)
def pushed_once(s: Any, labels: Any) -> Any:
    rows = np.arange(len(s))
    gap = s - s[rows, labels][:, None] + 1
    gap[rows, labels] = 0
    inside = gap > 0
    slope = inside.astype(s.dtype)
    slope[rows, labels] = -1.0 * inside.any(axis=1)
    return np.sum(gap * inside) / len(s), lambda d: d * slope / len(s)


@task.wrong(
    "no push for the true class",
    hint="You push the rivals down and leave the true class where it is. Its score is in every term as well,"
    " with a minus: raising it makes them all smaller.",
)
def true_class_left_out(s: Any, labels: Any) -> Any:
    rows = np.arange(len(s))
    gap = s - s[rows, labels][:, None] + 1
    gap[rows, labels] = 0
    inside = gap > 0
    return np.sum(gap * inside) / len(s), lambda d: d * inside / len(s)


@task.wrong(
    "no margin",
    hint="A row is content with you as soon as the true class is ahead by a hair. The hinge asks for a lead "
    "of 1, and goes on pushing until it is there.",
)
def no_margin(s: Any, labels: Any) -> Any:
    rows = np.arange(len(s))
    gap = s - s[rows, labels][:, None]
    inside = gap > 0
    slope = inside.astype(s.dtype)
    slope[rows, labels] = -inside.sum(axis=1)
    return np.sum(gap * inside) / len(s), lambda d: d * slope / len(s)


@task.wrong(
    "a push at the corner",
    hint="A rival that trails by exactly 1 sits on the corner, where the slope is a matter of agreement. The"
    " task says 0 there: the margin is kept, and nothing is to be done.",
    section="sec-04-zero",
)
def push_at_corner(s: Any, labels: Any) -> Any:
    rows = np.arange(len(s))
    gap = s - s[rows, labels][:, None] + 1
    gap[rows, labels] = 0
    slope = (gap >= 0).astype(s.dtype)
    slope[rows, labels] = 0
    slope[rows, labels] = -slope.sum(axis=1)
    return np.sum(np.maximum(gap, 0)) / len(s), lambda d: d * slope / len(s)


@task.wrong(
    "the worst rival only",
    hint="This is a hinge too, but another one: it looks at the rival that comes closest. The task's adds up"
    " over all rivals that are inside the margin.",
)
def worst_only(s: Any, labels: Any) -> Any:
    rows = np.arange(len(s))
    gap = s - s[rows, labels][:, None] + 1
    gap[rows, labels] = 0
    worst = gap.argmax(axis=1)
    hit = 1.0 * (gap.max(axis=1) > 0)
    slope = np.zeros_like(s)
    slope[rows, worst] += hit
    slope[rows, labels] -= hit
    return np.mean(gap.max(axis=1)), lambda d: d * slope / len(s)


@task.wrong(
    "pushed by the amount, and not by 1",
    hint="Each term grows in proportion to the gap, so its slope is the same wherever the rival is inside. A"
    " push that grows with the gap belongs to the square of the hinge.",
)
def pushed_by_amount(s: Any, labels: Any) -> Any:
    rows = np.arange(len(s))
    gap = s - s[rows, labels][:, None] + 1
    gap[rows, labels] = 0
    amount = np.maximum(gap, 0)
    slope = amount.copy()
    slope[rows, labels] = -amount.sum(axis=1)
    return np.sum(amount) / len(s), lambda d: d * slope / len(s)


@task.wrong(
    "averaged over the classes as well",
    hint="Each row is one loss, the sum over its rivals, and the mean is over the rows. You divide by the "
    "number of classes on top.",
    section="sec-05-nk",
)
def averaged_over_classes(s: Any, labels: Any) -> Any:
    rows = np.arange(len(s))
    gap = s - s[rows, labels][:, None] + 1
    gap[rows, labels] = 0
    inside = gap > 0
    slope = inside.astype(s.dtype)
    slope[rows, labels] = -inside.sum(axis=1)
    return np.mean(gap * inside), lambda d: d * slope / s.size


@task.wrong(
    "the gradient not divided by N",
    hint="The loss is a mean over rows, and so its slope is divided by their number.",
    section="sec-05-sum",
)
def not_divided(s: Any, labels: Any) -> Any:
    rows = np.arange(len(s))
    gap = s - s[rows, labels][:, None] + 1
    gap[rows, labels] = 0
    inside = gap > 0
    slope = inside.astype(s.dtype)
    slope[rows, labels] = -inside.sum(axis=1)
    return np.sum(gap * inside) / len(s), lambda d: d * slope


@task.wrong(
    "the upstream gradient ignored",
    hint="You return the slope of this loss alone. What comes from above, d, must still be in it.",
    section="sec-02-upstream",
)
def upstream_ignored(s: Any, labels: Any) -> Any:
    rows = np.arange(len(s))
    gap = s - s[rows, labels][:, None] + 1
    gap[rows, labels] = 0
    inside = gap > 0
    slope = inside.astype(s.dtype)
    slope[rows, labels] = -inside.sum(axis=1)
    return np.sum(gap * inside) / len(s), lambda d: slope / len(s)


@task.wrong(
    "a push for the true class in every row",
    hint="A row whose true class leads every rival by 1 costs nothing, so nothing in it is to move. And "
    "where several rivals are inside the margin, each adds a push of its own.",
)
def always_pushed(s: Any, labels: Any) -> Any:
    rows = np.arange(len(s))
    gap = s - s[rows, labels][:, None] + 1
    gap[rows, labels] = 0
    inside = gap > 0
    slope = inside.astype(s.dtype)
    slope[rows, labels] = -1
    return np.sum(gap * inside) / len(s), lambda d: d * slope / len(s)


@task.wrong(
    "a count put into an array of true and false",
    hint="Your slope still holds only true and false, and a count that is written into it becomes true, "
    "without a word: the true class is pushed down with its rivals. It has to be an array of numbers "
    "first.",
)
def bool_slope(s: Any, labels: Any) -> Any:
    rows = np.arange(len(s))
    gap = s - s[rows, labels][:, None] + 1
    gap[rows, labels] = 0
    inside = gap > 0
    slope = inside.copy()
    slope[rows, labels] = -inside.sum(axis=1)
    return np.sum(gap * inside) / len(s), lambda d: d * slope / len(s)


@task.wrong(
    "the margin turned",
    hint="You let a rival be ahead by as much as 1 before it costs anything. The true class is to lead by 1.",
)
def margin_turned(s: Any, labels: Any) -> Any:
    rows = np.arange(len(s))
    gap = s - s[rows, labels][:, None] - 1
    gap[rows, labels] = 0
    inside = gap > 0
    slope = inside.astype(s.dtype)
    slope[rows, labels] = -inside.sum(axis=1)
    return np.sum(gap * inside) / len(s), lambda d: d * slope / len(s)


@task.wrong(
    "every label’s column taken from every row",
    hint="Your index takes, from each row, the scores of all labels. It should take one score from each "
    "row, that of its own label; for that, rows and labels have to be counted together.",
    section="sec-05-softmax",
)
def all_columns(s: Any, labels: Any) -> Any:
    rows = np.arange(len(s))
    gap = np.maximum(s - s[:, labels] + 1, 0)
    gap[rows, labels] = 0
    inside = gap > 0
    slope = inside.astype(s.dtype)
    slope[rows, labels] = -inside.sum(axis=1)
    return np.sum(gap) / len(s), lambda d: d * slope / len(s)


@task.wrong(
    "the rows added up, and not averaged",
    hint="The value grows with the number of rows. The task asks for their mean, so that a loss means the "
    "same for any size of batch.",
    section="sec-05-sum",
)
def value_summed(s: Any, labels: Any) -> Any:
    rows = np.arange(len(s))
    gap = s - s[rows, labels][:, None] + 1
    gap[rows, labels] = 0
    inside = gap > 0
    slope = inside.astype(s.dtype)
    slope[rows, labels] = -inside.sum(axis=1)
    return np.sum(gap * inside), lambda d: d * slope / len(s)
