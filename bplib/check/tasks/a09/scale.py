"""Features brought to mean 0 and width 1, by numbers that only the training set may give."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import call, unpack
from bplib.check.task import Case, Seen, Task

task = Task(
    "09.scale",
    "Scale without looking ahead",
    asks_for="scale",
    section="sec-09-three-sets",
    parts={"training": 1, "validation": 1},
)


@task.reference
def scale(train: Any, val: Any) -> Any:
    mean, width = train.mean(axis=0), train.std(axis=0)
    width = np.where(width == 0, 1.0, width)
    return (train - mean) / width, (val - mean) / width


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(90)
    yield {
        "train": np.array([[1.0, 10.0], [3.0, 10.0]]),
        "val": np.array([[5.0, 12.0], [2.0, 9.0], [0.0, 10.0]]),
    }
    yield {
        "train": rng.standard_normal((5, 3)) * [1, 4, 0.2] + [7, -1, 3],
        "val": rng.standard_normal((4, 3)),
    }
    yield {"train": 2 + rng.standard_normal((3, 4)), "val": 5 * rng.standard_normal((1, 4))}


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    before = case["train"].copy(), case["val"].copy()
    train, val = unpack(call(answer, *case.values()), "train", "val", of="scale")
    yield "training", "the training set, scaled", train
    yield "validation", "the validation set, scaled", val
    changed = any(not np.array_equal(a, b) for a, b in zip(before, case.values(), strict=True))
    yield "training", "whether the arrays that came in were changed", changed


@task.wrong(
    "each set scaled by its own mean and width",
    hint="You scale the validation set by its own statistics. Then the same pixel value means one thing to "
    "the network in training and another in validation, and a set with one row becomes all zeros.",
)
def each_by_its_own(train: Any, val: Any) -> Any:
    def one(x: Any) -> Any:
        width = x.std(axis=0)
        return (x - x.mean(axis=0)) / np.where(width == 0, 1.0, width)

    return one(train), one(val)


@task.wrong(
    "mean and width of both sets together",
    hint="Your mean and your width have seen the validation set. It has taken part in training, and what you "
    "measure on it afterwards is no longer about new data.",
)
def both_together(train: Any, val: Any) -> Any:
    both = np.concatenate([train, val])
    mean, width = both.mean(axis=0), both.std(axis=0)
    width = np.where(width == 0, 1.0, width)
    return (train - mean) / width, (val - mean) / width


@task.wrong(
    "one mean and one width for all features",
    hint="You take the mean over rows and columns alike, so that a feature in metres and one in grams get "
    "the same mean. Each column has its own.",
)
def one_for_all(train: Any, val: Any) -> Any:
    mean, width = train.mean(), train.std()
    return (train - mean) / width, (val - mean) / width


@task.wrong(
    "divided by a width of 0",
    hint="A feature that never changes in the training set has width 0, and you divide by it. The task says "
    "what happens to such a column.",
)
def constant_column(train: Any, val: Any) -> Any:
    mean, width = train.mean(axis=0), train.std(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return (train - mean) / width, (val - mean) / width


@task.wrong(
    "a constant column set to 0 in validation as well",
    hint="A feature that was constant in training may not be constant afterwards. You erase it from the "
    "validation set; the task asks to subtract the mean and leave the rest.",
)
def constant_erased(train: Any, val: Any) -> Any:
    mean, width = train.mean(axis=0), train.std(axis=0)
    inverse = np.where(width == 0, 0.0, 1 / np.where(width == 0, 1.0, width))
    return (train - mean) * inverse, (val - mean) * inverse


@task.wrong(
    "divided by the variance",
    hint="You divide by the mean square distance. It has the square of the feature's unit, so that a column "
    "measured in centimetres still differs from the same column in metres.",
)
def by_variance(train: Any, val: Any) -> Any:
    mean, width = train.mean(axis=0), train.var(axis=0)
    width = np.where(width == 0, 1.0, width)
    return (train - mean) / width, (val - mean) / width


@task.wrong(
    "the width with N − 1",
    hint="Your width divides by N − 1, which estimates the width of the population. The task asks for the "
    "root of the mean square, so that the scaled training set has exactly width 1.",
)
def unbiased(train: Any, val: Any) -> Any:
    mean, width = train.mean(axis=0), train.std(axis=0, ddof=1)
    width = np.where(width == 0, 1.0, width)
    return (train - mean) / width, (val - mean) / width


@task.wrong(
    "the mean not subtracted",
    hint="Your columns have width 1 and are where they were. They should also be about 0, or every gradient "
    "of the first layer gets the sign of what comes from above.",
)
def not_centred(train: Any, val: Any) -> Any:
    width = train.std(axis=0)
    width = np.where(width == 0, 1.0, width)
    return train / width, val / width


@task.wrong(
    "the mean of each row",
    hint="You average across the features of one example. A statistic of a feature runs over the examples.",
)
def by_rows(train: Any, val: Any) -> Any:
    def one(x: Any) -> Any:
        width = x.std(axis=1, keepdims=True)
        return (x - x.mean(axis=1, keepdims=True)) / np.where(width == 0, 1.0, width)

    return one(train), one(val)


@task.wrong(
    "brought to the range from 0 to 1",
    hint="You subtract the smallest value and divide by the range. That is another scaling, and one wild "
    "value decides it alone. The task asks for the mean and the width.",
)
def by_range(train: Any, val: Any) -> Any:
    low, span = train.min(axis=0), np.ptp(train, axis=0)
    span = np.where(span == 0, 1.0, span)
    return (train - low) / span, (val - low) / span


@task.wrong(
    "the arrays that came in changed in place",
    hint="You write into the arrays that you were given. Whoever still needs the raw numbers finds them "
    "gone, and a second call scales them twice.",
)
def in_place(train: Any, val: Any) -> Any:
    mean, width = train.mean(axis=0), train.std(axis=0)
    width = np.where(width == 0, 1.0, width)
    train -= mean
    train /= width
    val -= mean
    val /= width
    return train, val


@task.wrong(
    "only the training set scaled",
    hint="The validation set comes back as it was. A network that has learned from scaled numbers is asked "
    "about raw ones.",
)
def val_left(train: Any, val: Any) -> Any:
    mean, width = train.mean(axis=0), train.std(axis=0)
    width = np.where(width == 0, 1.0, width)
    return (train - mean) / width, val


@task.wrong(
    "a small number added to every width",
    hint="Your small number keeps the division finite and makes a column that is constant in the training "
    "table huge in the other one. There, do not divide at all.",
)
def small_number_added(train: Any, val: Any) -> Any:
    mean, width = train.mean(axis=0), train.std(axis=0) + 1e-8
    return (train - mean) / width, (val - mean) / width
