"""Log-sum-exp of each row, at any size of the logits, with its pullback."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check import probes
from bplib.check.task import Case, Seen, Task

task = Task(
    "05.log_sum_exp",
    "The soft maximum, at any size",
    asks_for="log_sum_exp",
    section="sec-05-softmax",
    parts={"value": 1, "gradient": 2, "large": 1},
)

_op = probes.op("z")
_large = probes.op("z", value="large", gradient="large")


@task.probe
def look(answer: Any, case: Case) -> Iterator[Seen]:
    large = np.abs(case["z"]).max() > 50
    yield from (_large if large else _op)(answer, case)


@task.reference
def log_sum_exp(z: Any) -> Any:
    top = z.max(axis=1, keepdims=True)
    e = np.exp(z - top)
    total = e.sum(axis=1, keepdims=True)
    return (np.log(total) + top)[:, 0], lambda d: d[:, None] * e / total


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(53)
    normal = rng.standard_normal
    yield {"z": np.array([[0.0, np.log(3)], [1.0, 1.0]]), "d": np.array([2.0, -1.0])}
    yield {"z": normal((4, 3)), "d": normal(4)}
    yield {"z": normal((3, 1)), "d": normal(3)}
    yield {"z": normal((1, 5)), "d": normal(1)}
    yield {"z": np.array([[800.0, 799.0], [-800.0, -801.0]]), "d": np.array([1.5, -0.5])}
    yield {"z": np.array([[100, 99, 0], [0, -1, 1]], np.float32), "d": np.array([1.5, -0.5], np.float32)}


@task.wrong(
    "the exponentials taken as they stand",
    hint="The exponential of 800 is too large for a float64, that of 100 for a float32, and that of −800 "
    "rounds to 0. The result itself is an ordinary number of about the size of the largest logit.",
)
def not_shifted(z: Any) -> Any:
    e = np.exp(z)
    total = e.sum(axis=1, keepdims=True)
    return np.log(total)[:, 0], lambda d: d[:, None] * e / total


@task.wrong(
    "a shift that is not taken back",
    hint="Subtracting a number from every logit of a row lowers the result by that number. The slope does "
    "not notice; the value does.",
)
def shift_not_undone(z: Any) -> Any:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    total = e.sum(axis=1, keepdims=True)
    return np.log(total)[:, 0], lambda d: d[:, None] * e / total


@task.wrong(
    "one shift for all rows",
    hint="The largest number of the whole array keeps every exponential from overflowing. But a row that "
    "lies far below it becomes nothing but zeros, and the logarithm of zero is −∞.",
)
def shifted_by_one_number(z: Any) -> Any:
    top = z.max()
    e = np.exp(z - top)
    total = e.sum(axis=1, keepdims=True)
    return (np.log(total) + top)[:, 0], lambda d: d[:, None] * e / total


@task.wrong(
    "logits cut off at a bound",
    hint="Beyond the bound all logits look alike to your function, so that 800 and 799 count as equals. "
    "Nothing crashes, and the result is wrong by hundreds.",
)
def logits_cut(z: Any) -> Any:
    e = np.exp(np.clip(z, -50, 50))
    total = e.sum(axis=1, keepdims=True)
    return np.log(total)[:, 0], lambda d: d[:, None] * e / total


@task.wrong(
    "summed down the columns",
    hint="A row is one example and its logits compete with each other. You let examples compete: there is "
    "one result per column, where there should be one per row.",
)
def down_the_columns(z: Any) -> Any:
    top = z.max(axis=0)
    e = np.exp(z - top)
    total = e.sum(axis=0)
    return np.log(total) + top, lambda d: d * e / total


@task.wrong(
    "what arrives for row n spread over column n",
    hint="d has one number per row, (N,). NumPy lines up the last axes, so that your product pairs these "
    "numbers with the classes. It runs where N = K, and is wrong there.",
    section="sec-01-broadcast",
)
def d_along_the_row(z: Any) -> Any:
    top = z.max(axis=1, keepdims=True)
    e = np.exp(z - top)
    total = e.sum(axis=1, keepdims=True)
    return (np.log(total) + top)[:, 0], lambda d: d * e / total


@task.wrong(
    "the gradient of the hard maximum",
    hint="You send everything to the largest logit. The soft maximum listens to the others too: raise any "
    "logit, and the sum of exponentials rises.",
)
def hard_maximum(z: Any) -> Any:
    top = z.max(axis=1, keepdims=True)
    e = np.exp(z - top)
    value = (np.log(e.sum(axis=1, keepdims=True)) + top)[:, 0]
    return value, lambda d: d[:, None] * (z == top)


@task.wrong(
    "the slope of the softmax",
    hint="This is one derivative too many. The softmax is already the slope of this function; you have gone "
    "on to the slope of the softmax.",
)
def slope_of_softmax(z: Any) -> Any:
    top = z.max(axis=1, keepdims=True)
    e = np.exp(z - top)
    total = e.sum(axis=1, keepdims=True)
    p = e / total
    return (np.log(total) + top)[:, 0], lambda d: d[:, None] * p * (1 - p)


@task.wrong(
    "the slope of the logarithm alone",
    hint="You went back through the logarithm and stopped. Between the sum and z there is still the "
    "exponential, with a slope of its own.",
    section="sec-03-chain",
)
def exponential_forgotten(z: Any) -> Any:
    top = z.max(axis=1, keepdims=True)
    total = np.exp(z - top).sum(axis=1, keepdims=True)
    return (np.log(total) + top)[:, 0], lambda d: d[:, None] / total * np.ones_like(z)


@task.wrong(
    "the upstream gradient ignored",
    hint="You return the slope of each row's own result. What comes from above, one number of d per row, "
    "must still be in it.",
    section="sec-02-upstream",
)
def upstream_ignored(z: Any) -> Any:
    top = z.max(axis=1, keepdims=True)
    e = np.exp(z - top)
    total = e.sum(axis=1, keepdims=True)
    return (np.log(total) + top)[:, 0], lambda d: e / total


@task.wrong(
    "a column, where one flat number per row was asked for",
    hint="The numbers are right, the shape is not: the value has the shape (N,), as d has. A column that "
    "meets a flat array makes a table of them, without a word.",
    section="sec-01-broadcast",
)
def value_column(z: Any) -> Any:
    top = z.max(axis=1, keepdims=True)
    e = np.exp(z - top)
    total = e.sum(axis=1, keepdims=True)
    return np.log(total) + top, lambda d: d[:, None] * e / total


@task.wrong(
    "the largest logit itself",
    hint="That is the hard maximum: only one logit of a row is in it. The soft maximum lies a little "
    "above, because every other logit adds something to the sum.",
)
def hard_value(z: Any) -> Any:
    top = z.max(axis=1, keepdims=True)
    e = np.exp(z - top)
    total = e.sum(axis=1, keepdims=True)
    return top[:, 0], lambda d: d[:, None] * e / total


@task.wrong(
    "one sum for the whole array",
    hint="Each row is one example, with a result of its own. You have thrown all rows into one sum.",
)
def summed_over_all(z: Any) -> Any:
    top = z.max()
    e = np.exp(z - top)
    return np.log(e.sum()) + top, lambda d: d * e / e.sum()


@task.wrong(
    "the slope of the logarithm alone, and of sums that overflow",
    hint="You went back through the logarithm and stopped. Between the sum and z there is still the "
    "exponential, with a slope of its own. For large logits the sum itself is out of range.",
    section="sec-03-chain",
)
def stopped_at_sum(z: Any) -> Any:
    total = np.exp(z).sum(axis=1, keepdims=True)
    return np.log(total)[:, 0], lambda d: d[:, None] / total * np.ones_like(z)


@task.wrong(
    "the slope of the exponential alone",
    hint="Between the exponential and the result stands the logarithm, and its slope is one over the sum. "
    "Without it a row whose logits are all raised would pull harder and harder.",
    section="sec-03-chain",
)
def logarithm_forgotten(z: Any) -> Any:
    e = np.exp(z)
    return np.log(e.sum(axis=1)), lambda d: d[:, None] * e


@task.wrong(
    "a safe value, and a slope that overflows",
    hint="The value is shifted and the slope is not: on the way back the exponential of 800 is taken as it "
    "stands.",
)
def slope_not_shifted(z: Any) -> Any:
    top = z.max(axis=1, keepdims=True)
    e = np.exp(z - top)
    total = e.sum(axis=1, keepdims=True)
    value = (np.log(total) + top)[:, 0]
    return value, lambda d: d[:, None] * np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


@task.wrong(
    "logits cut off where the exponential would overflow",
    hint="Beyond the bound all logits look alike to your function, so that 800 and 799 count as equals. "
    "Nothing crashes in float64, and the result is wrong.",
)
def logits_cut_far(z: Any) -> Any:
    e = np.exp(np.clip(z, -700, 700))
    total = e.sum(axis=1, keepdims=True)
    return np.log(total)[:, 0], lambda d: d[:, None] * e / total
