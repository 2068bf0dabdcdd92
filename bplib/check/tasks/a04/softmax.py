"""Softmax along an axis: the one bend that mixes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check import probes
from bplib.check.task import Case, Task

task = Task(
    "04.softmax",
    "Softmax, the bend that mixes",
    asks_for="softmax",
    section="sec-04-softmax",
    parts={"value": 2, "gradient": 3},
)
task.probe(probes.op("z"))


@task.reference
def softmax(z: Any, axis: int) -> Any:
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    p = e / e.sum(axis=axis, keepdims=True)
    return p, lambda d: p * (d - (p * d).sum(axis=axis, keepdims=True))


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(46)
    yield {"z": np.log(np.array([[1.0, 2.0, 5.0]])), "axis": 1, "d": np.array([[8.0, 0.0, 8.0]])}
    yield {
        "z": np.array([[1000.0, 1001.0, 998.0], [0.0, 1.0, -2.0]]),
        "axis": 1,
        "d": np.array([[1.0, -2.0, 3.0], [0.5, 1.0, -1.0]]),
    }
    yield {"z": rng.normal(size=(4, 3)), "axis": -1, "d": rng.normal(size=(4, 3))}
    yield {"z": rng.normal(size=(3, 3)), "axis": 0, "d": rng.normal(size=(3, 3))}
    yield {"z": rng.normal(size=(2, 3, 2)), "axis": 1, "d": rng.normal(size=(2, 3, 2))}
    yield {"z": rng.normal(size=(3, 1)), "axis": 1, "d": rng.normal(size=(3, 1))}
    small = rng.normal(size=(2, 2, 4)).astype(np.float32)
    yield {"z": small[0], "axis": 1, "d": small[1]}


@task.wrong(
    "the exponentials of the scores as they stand",
    hint="A score of 1000 overflows, and infinity divided by infinity is not a number. One constant may be taken "
    "off all scores that share a sum without changing a single probability.",
)
def not_shifted(z: Any, axis: int) -> Any:
    e = np.exp(z)
    p = e / e.sum(axis=axis, keepdims=True)
    return p, lambda d: p * (d - (p * d).sum(axis=axis, keepdims=True))


@task.wrong(
    "one shift for the whole array",
    hint="You took the largest score of all rows off each. A row that lies a thousand below it has only exponentials "
    "that become 0, and 0 divided by 0 is not a number. Every row needs its own largest.",
)
def one_shift_for_all(z: Any, axis: int) -> Any:
    e = np.exp(z - z.max())
    p = e / e.sum(axis=axis, keepdims=True)
    return p, lambda d: p * (d - (p * d).sum(axis=axis, keepdims=True))


@task.wrong(
    "the probabilities of the whole array made to sum to 1",
    hint="The sum below the fraction runs over everything. Each example makes a choice of its own: along the axis "
    "the probabilities sum to 1, and so do those of the example next to it.",
)
def whole_array(z: Any, axis: int) -> Any:
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    p = e / e.sum()
    return p, lambda d: p * (d - (p * d).sum())


@task.wrong(
    "the last axis, whatever axis was asked for",
    hint="Your answer is right for axes at the end and ignores the argument axis otherwise. In chapter 13 the axis "
    "will not always be the last.",
)
def always_last(z: Any, axis: int) -> Any:
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    p = e / e.sum(axis=-1, keepdims=True)
    return p, lambda d: p * (d - (p * d).sum(axis=-1, keepdims=True))


@task.wrong(
    "the first axis, so that examples compete with each other",
    hint="You normalise down the columns: the scores of different examples share one sum. The axis that was asked "
    "for is the one along which the choices stand.",
)
def always_first(z: Any, axis: int) -> Any:
    e = np.exp(z - z.max(axis=0, keepdims=True))
    p = e / e.sum(axis=0, keepdims=True)
    return p, lambda d: p * (d - (p * d).sum(axis=0, keepdims=True))


@task.wrong(
    "the diagonal of the Jacobian only",
    hint="You treated softmax as if each output looked at its own score. Raise one score and the others' "
    "probabilities fall, because they share a sum; those routes back are missing.",
    section="sec-04-bug-diagonal",
)
def diagonal(z: Any, axis: int) -> Any:
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    p = e / e.sum(axis=axis, keepdims=True)
    return p, lambda d: d * p * (1 - p)


@task.wrong(
    "the plain mean of d in place of its mean under p",
    hint="You compare each entry of d with the plain average of its row. The average that counts is the one in which "
    "a likely class weighs more: probabilities are the weights.",
)
def plain_mean(z: Any, axis: int) -> Any:
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    p = e / e.sum(axis=axis, keepdims=True)
    return p, lambda d: p * (d - d.mean(axis=axis, keepdims=True))


@task.wrong(
    "the sum of d where its mean under p belongs",
    hint="You take off the sum of the row of d, unweighted. The probabilities belong inside the sum: it is an inner "
    "product of p and d.",
)
def plain_sum(z: Any, axis: int) -> Any:
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    p = e / e.sum(axis=axis, keepdims=True)
    return p, lambda d: p * (d - d.sum(axis=axis, keepdims=True))


@task.wrong(
    "the last multiplication by p left out",
    hint="You compare each entry with the row's average and stop there. A class with probability near 0 can hardly "
    "be moved by its score, so its gradient must be small however good it would be.",
)
def p_left_out(z: Any, axis: int) -> Any:
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    p = e / e.sum(axis=axis, keepdims=True)
    return p, lambda d: d - (p * d).sum(axis=axis, keepdims=True)


@task.wrong(
    "plus for minus between the two parts of the Jacobian",
    hint="Raising one score takes probability away from the others, so the routes between different classes carry a "
    "minus sign. In yours they have a plus, and the entries of a row no longer sum to 0.",
)
def plus_for_minus(z: Any, axis: int) -> Any:
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    p = e / e.sum(axis=axis, keepdims=True)
    return p, lambda d: p * (d + (p * d).sum(axis=axis, keepdims=True))


@task.wrong(
    "one inner product for all examples together",
    hint="The inner product of p and d belongs to one example. You summed it over all of them, so an example's "
    "gradient depends on its neighbours, which its probabilities never did.",
)
def one_product_for_all(z: Any, axis: int) -> Any:
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    p = e / e.sum(axis=axis, keepdims=True)
    return p, lambda d: p * (d - (p * d).sum())


@task.wrong(
    "a sum that has lost its axis",
    hint="A sum along an axis makes that axis disappear. What is left no longer lines up with z: it fails, or on a "
    "square array it divides every row by the sum of another one.",
    section="sec-01-broadcast",
)
def axis_lost(z: Any, axis: int) -> Any:
    e = np.exp(z - z.max(axis=axis))
    p = e / e.sum(axis=axis)
    return p, lambda d: p * (d - (p * d).sum(axis=axis))


@task.wrong(
    "no axis at all, in the largest, in the sum and on the way back",
    hint="You never use the argument axis: all entries share one sum. Each example makes a choice of its own, and its "
    "probabilities sum to 1 without the others.",
)
def axis_ignored(z: Any, axis: int) -> Any:
    e = np.exp(z - z.max())
    p = e / e.sum()
    return p, lambda d: p * (d - (p * d).sum())


@task.wrong(
    "axis 1, whatever axis was asked for",
    hint="The number 1 stands where the argument axis belongs. For matrices with examples in rows that is the right "
    "axis; softmax is also wanted along others.",
)
def always_one(z: Any, axis: int) -> Any:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return p, lambda d: p * (d - (p * d).sum(axis=1, keepdims=True))


@task.wrong(
    "an inner product on the way back that has lost its axis",
    hint="Your probabilities are right. A sum along an axis makes that axis disappear, and what is left of yours in "
    "the pullback no longer lines up with d.",
    section="sec-01-broadcast",
)
def lost_on_the_way_back(z: Any, axis: int) -> Any:
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    p = e / e.sum(axis=axis, keepdims=True)
    return p, lambda d: p * (d - (p * d).sum(axis=axis))


@task.wrong(
    "largest scores that have lost their axis",
    hint="Taking the largest along an axis makes that axis disappear. What is left no longer lines up with z when it "
    "is subtracted.",
    section="sec-01-broadcast",
)
def lost_in_the_largest(z: Any, axis: int) -> Any:
    e = np.exp(z - z.max(axis=axis))
    p = e / e.sum(axis=axis, keepdims=True)
    return p, lambda d: p * (d - (p * d).sum(axis=axis, keepdims=True))


@task.wrong(
    "the product of p and d, with nothing taken off",
    hint="You treated each output as if its own score alone moved it, and the sum below the fraction stood still. "
    "Raise one score and the others' probabilities fall; that part is missing.",
    section="sec-04-bug-diagonal",
)
def product_only(z: Any, axis: int) -> Any:
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    p = e / e.sum(axis=axis, keepdims=True)
    return p, lambda d: p * d


@task.wrong(
    "the inner product taken off after the multiplication by p",
    hint="Each of your rows gets the same number subtracted everywhere. What is taken off an entry must carry its "
    "probability as well, or the row does not sum to 0.",
)
def subtracted_late(z: Any, axis: int) -> Any:
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    p = e / e.sum(axis=axis, keepdims=True)
    return p, lambda d: p * d - (p * d).sum(axis=axis, keepdims=True)


@task.wrong(
    "the mean of the products of p and d, where their sum belongs",
    hint="The probabilities are already weights that sum to 1, so the sum of the products is the average of d. You "
    "divided it by the number of classes once more.",
)
def mean_of_products(z: Any, axis: int) -> Any:
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    p = e / e.sum(axis=axis, keepdims=True)
    return p, lambda d: p * (d - (p * d).mean(axis=axis, keepdims=True))
