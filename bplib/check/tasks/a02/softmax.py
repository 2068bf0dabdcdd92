"""Softmax with its vector-Jacobian product, and without its Jacobian."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check import probes
from bplib.check.task import Case, Seen, Task

task = Task(
    "02.softmax",
    "A vector times a Jacobian that is never built",
    asks_for="softmax",
    section="sec-02-vjp",
    parts={"value": 1, "gradient": 2, "large": 1},
    tolerance=1e-5,  # one case is float32
)


@task.reference
def softmax(z: Any) -> Any:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return p, lambda d: p * (d - (p * d).sum(axis=1, keepdims=True))


def scores(seed: int, N: int, K: int, dtype: Any = np.float64) -> Case:
    """Scores z and an upstream gradient d, both (N, K)."""
    rng = np.random.default_rng(seed)
    return {"z": 2 * rng.normal(size=(N, K)).astype(dtype), "d": rng.normal(size=(N, K)).astype(dtype)}


@task.cases
def cases() -> Iterator[Case]:
    yield {"z": np.log(np.array([[1.0, 2.0, 1.0]])), "d": np.array([[4.0, 0.0, 0.0]])}
    yield scores(1, 4, 3)
    yield scores(2, 3, 3)
    yield scores(3, 5, 2, np.float32)
    yield {
        "z": np.array([[1000.0, 1001.0, 999.0], [-1000.0, -1002.0, -1000.5], [-1000.0, 999.0, 1000.0]]),
        "d": np.array([[0.3, -1.0, 2.0], [-0.7, 0.4, 1.5], [2.0, -0.5, 0.25]]),
    }


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    large = np.abs(case["z"]).max() > 100  # a part of its own, so that it hides no other mistake
    for part, what, value in probes.op("z")(answer, case):
        yield "large" if large else part, what, value


@task.wrong(
    "exponentials that overflow",
    hint="For scores near 1000 the exponentials are infinite, and a quotient of two infinities is no number. "
    "Adding the same number to all scores of a row changes no probability: there is a safe one to add.",
    section="sec-04-stable",
)
def unshifted(z: Any) -> Any:
    e = np.exp(z)
    p = e / e.sum(axis=1, keepdims=True)
    return p, lambda d: p * (d - (p * d).sum(axis=1, keepdims=True))


@task.wrong(
    "one shift for all rows",
    hint="You take away the largest score of the whole batch. In a row far below it every exponential is rounded "
    "to zero, and zero divided by zero is no number.",
    section="sec-04-stable",
)
def one_shift(z: Any) -> Any:
    e = np.exp(z - z.max())
    p = e / e.sum(axis=1, keepdims=True)
    return p, lambda d: p * (d - (p * d).sum(axis=1, keepdims=True))


@task.wrong(
    "probabilities over the examples",
    hint="Your columns add up to 1. Each row is an example, and its classes compete with each other; the examples "
    "of a batch do not.",
    section="sec-02-categorical",
)
def over_examples(z: Any) -> Any:
    e = np.exp(z - z.max(axis=0, keepdims=True))
    p = e / e.sum(axis=0, keepdims=True)
    return p, lambda d: p * (d - (p * d).sum(axis=0, keepdims=True))


@task.wrong(
    "one sum for the whole batch",
    hint="All your probabilities together add up to 1. Each row is an example of its own, and has to add up to 1.",
    section="sec-02-categorical",
)
def whole_batch(z: Any) -> Any:
    e = np.exp(z - z.max())
    p = e / e.sum()
    return p, lambda d: p * (d - (p * d).sum())


@task.wrong(
    "the diagonal of the Jacobian and nothing else",
    hint="You let each score move only its own probability. It moves the others as well, because they share one "
    "sum: what one class gains, the others lose.",
    section="sec-02-bug-softmax",
)
def diagonal(z: Any) -> Any:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return p, lambda d: d * p * (1 - p)


@task.wrong(
    "the diagonal of the Jacobian, and the upstream gradient ignored",
    hint="You return the slope of each probability by its own score. The pullback is asked for the slope of the "
    "loss: d has to be in it, and the paths through the other probabilities too.",
    section="sec-02-bug-softmax",
)
def diagonal_alone(z: Any) -> Any:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return p, lambda d: p * (1 - p)


@task.wrong(
    "the upstream gradient summed without its weights",
    hint="You take away the plain sum of d. In the product with the Jacobian each entry of d comes with the "
    "probability that it belongs to.",
)
def plain_sum(z: Any) -> Any:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return p, lambda d: p * (d - d.sum(axis=1, keepdims=True))


@task.wrong(
    "the mean of the upstream gradient taken away",
    hint="You weigh all entries of d alike. In the product with the Jacobian each entry of d comes with the "
    "probability that it belongs to, and these weights already add up to 1.",
)
def plain_mean(z: Any) -> Any:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return p, lambda d: p * (d - d.mean(axis=1, keepdims=True))


@task.wrong(
    "the pullback of the logarithm of softmax",
    hint="This is how a gradient goes back through log p. Your value is p, so each path has a factor more: the "
    "slope of p is p times the slope of its logarithm.",
    section="sec-02-jacobian",
)
def of_log_softmax(z: Any) -> Any:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return p, lambda d: d - p * d.sum(axis=1, keepdims=True)


@task.wrong(
    "the factor in front of the bracket lost",
    hint="Your bracket is right. A class that has hardly any probability has little to give or take; yours moves "
    "as much as the others.",
)
def factor_lost(z: Any) -> Any:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return p, lambda d: d - (p * d).sum(axis=1, keepdims=True)


@task.wrong(
    "the sums of the rows laid across the columns",
    hint="There is one sum for each row, and yours have lost the axis along which they should be spread. NumPy "
    "then pairs the sum of row 0 with column 0; unless the batch is square, it refuses.",
)
def axis_lost(z: Any) -> Any:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return p, lambda d: p * (d - (p * d).sum(axis=1))


@task.wrong(
    "one sum for the whole batch on the way back",
    hint="Your sum runs over all rows. An example's probabilities do not depend on another example's scores, so "
    "no gradient may pass between rows.",
)
def rows_mixed_backward(z: Any) -> Any:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return p, lambda d: p * (d - (p * d).sum())


from bplib.check.tasks.a02 import _softmax_more  # noqa: E402, F401  # it enters more wrong answers
