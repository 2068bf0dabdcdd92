"""The mean squared error: a mean over everything, and a refusal where the shapes differ."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check import probes
from bplib.check.task import Case, Seen, Task

task = Task(
    "05.mse",
    "The mean squared error, which refuses to guess",
    asks_for="mse",
    section="sec-05-likelihood",
    parts={"value": 1, "gradient": 2, "shapes": 1},
)

_op = probes.op("pred")


@task.probe
def look(answer: Any, case: Case) -> Iterator[Seen]:
    if "d" in case:
        yield from _op(answer, case)
        return
    try:
        result = probes.call(answer, case["pred"], case["target"])
    except probes.StudentError as error:
        if error.kind != "raised":
            raise
        kind, _, text = error.what.partition(":")
        named = _names(text, case["pred"].shape) and _names(text, case["target"].shape)
        outcome = f"a {kind} that {'names' if named else 'does not name'} both shapes"
    else:
        loss, _ = probes.unpack(result, "value", "pullback", of=answer.__name__)
        numbers = isinstance(loss, int | float | np.number | np.ndarray) and np.size(loss) == 1
        outcome = f"no error, and a loss of {float(np.sum(loss)):.4g}" if numbers else "no error"
    yield "shapes", f"shapes {case['pred'].shape} and {case['target'].shape}", outcome


def _names(text: str, shape: tuple[int, ...]) -> bool:
    """Whether a sentence has these numbers in it, one after the other, however they are set apart."""
    return re.search(r"(?<!\d)" + r"\D{1,4}".join(map(str, shape)) + r"(?!\d)", text) is not None


@task.reference
def mse(pred: Any, target: Any) -> Any:
    if pred.shape != target.shape:
        raise ValueError(f"mse: pred is {pred.shape}, target is {target.shape}; make them the same shape")
    off = pred - target
    return np.mean(off**2), lambda d: d * 2 * off / off.size


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(51)
    normal = rng.standard_normal
    yield {
        "pred": np.array([[3.0, 1.0], [0.0, 2.0]]),
        "target": np.array([[1.0, 1.0], [2.0, 1.0]]),
        "d": 0.5,
    }
    yield {"pred": normal((4, 3)), "target": normal((4, 3)), "d": -1.3}
    yield {"pred": normal(5), "target": normal(5), "d": 0.7}
    yield {"pred": np.array([1.0, 2.0, 4.0]), "target": np.array([[1.0], [2.0], [4.0]])}
    yield {"pred": normal((2, 3)), "target": normal(3)}
    yield {"pred": normal((3, 1)), "target": normal((1, 3))}


@task.wrong(
    "the factor 2 of the square is lost",
    hint="The slope of a square is twice what was squared. Your gradient belongs to half of this loss.",
    section="sec-01-factor",
)
def two_lost(pred: Any, target: Any) -> Any:
    if pred.shape != target.shape:
        raise ValueError(f"pred has the shape {pred.shape}, target has {target.shape}")
    off = pred - target
    return np.mean(off**2), lambda d: d * off / off.size


@task.wrong(
    "the squares added up, and not averaged",
    hint="The value grows with the number of predictions. The task asks for the mean over all of them, so "
    "that a loss means the same for any size of batch.",
    section="sec-05-sum",
)
def value_summed(pred: Any, target: Any) -> Any:
    if pred.shape != target.shape:
        raise ValueError(f"pred has the shape {pred.shape}, target has {target.shape}")
    off = pred - target
    return np.sum(off**2), lambda d: d * 2 * off / off.size


@task.wrong(
    "the gradient of the sum of squares",
    hint="The value is to be a mean. A mean divides each square by how many there are, and so its slope is "
    "divided, too. As it is, the batch size has slipped into the learning rate.",
    section="sec-05-sum",
)
def gradient_not_divided(pred: Any, target: Any) -> Any:
    if pred.shape != target.shape:
        raise ValueError(f"pred has the shape {pred.shape}, target has {target.shape}")
    off = pred - target
    return np.mean(off**2), lambda d: d * 2 * off


@task.wrong(
    "divided by the number of rows only",
    hint="With several outputs in a row, this adds up over a row and averages over rows. The task asks for "
    "the mean over all numbers, rows and columns.",
    section="sec-05-nk",
)
def divided_by_rows(pred: Any, target: Any) -> Any:
    if pred.shape != target.shape:
        raise ValueError(f"pred has the shape {pred.shape}, target has {target.shape}")
    off = pred - target
    return np.sum(off**2) / len(off), lambda d: d * 2 * off / len(off)


@task.wrong(
    "the sign turned: target minus prediction",
    hint="Where the prediction is too high, raising it makes the loss larger, so its slope must be positive "
    "there. Descent with your gradient walks away from the target.",
    section="sec-01-sign",
)
def sign_turned(pred: Any, target: Any) -> Any:
    if pred.shape != target.shape:
        raise ValueError(f"pred has the shape {pred.shape}, target has {target.shape}")
    off = target - pred
    return np.mean(off**2), lambda d: d * 2 * off / off.size


@task.wrong(
    "the upstream gradient ignored",
    hint="You return the slope of this loss alone. If the loss is multiplied by 10 further up, or is one of "
    "two that are added, that arrives as d, and it must still be in the answer.",
    section="sec-02-upstream",
)
def upstream_ignored(pred: Any, target: Any) -> Any:
    if pred.shape != target.shape:
        raise ValueError(f"pred has the shape {pred.shape}, target has {target.shape}")
    off = pred - target
    return np.mean(off**2), lambda d: 2 * off / off.size


@task.wrong(
    "the root of the mean",
    hint="The root has the unit of the targets, which is good for a report. But it is another function, with"
    " another slope than the one you return.",
)
def root_taken(pred: Any, target: Any) -> Any:
    if pred.shape != target.shape:
        raise ValueError(f"pred has the shape {pred.shape}, target has {target.shape}")
    off = pred - target
    return np.sqrt(np.mean(off**2)), lambda d: d * 2 * off / off.size


@task.wrong(
    "shapes that differ are stretched to fit",
    hint="NumPy stretches a row against a column to a whole table: every prediction is compared with every "
    "target. Nothing crashes, and the number that comes out is not this loss.",
    section="sec-05-shapes",
)
def broadcast(pred: Any, target: Any) -> Any:
    off = pred - target
    return np.mean(off**2), lambda d: d * 2 * off / off.size


@task.wrong(
    "shapes that differ are flattened",
    hint="The counts agree, so this gives a number. Whether the entries that meet belong together, you "
    "cannot know: a (2, 3) against a (3, 2) would pass as well. The caller has to say what is meant.",
    section="sec-05-shapes",
)
def flattened(pred: Any, target: Any) -> Any:
    off = pred.ravel() - target.ravel()
    return np.mean(off**2), lambda d: (d * 2 * off / off.size).reshape(pred.shape)


@task.wrong(
    "only the numbers of rows compared",
    hint="Three predictions in a row and three targets in a column both have length 3, and still make a "
    "table of nine differences. The whole shapes have to agree.",
    section="sec-01-broadcast",
)
def lengths_compared(pred: Any, target: Any) -> Any:
    if len(pred) != len(target):
        raise ValueError(f"pred has the shape {pred.shape}, target has {target.shape}")
    off = pred - target
    return np.mean(off**2), lambda d: d * 2 * off / off.size


@task.wrong(
    "an assertion where a ValueError is asked for",
    hint="An assertion says that you, the author, were sure; Python drops it when it is told to optimise. "
    "Here the caller has made a mistake, and the task names the error that says so.",
    section="sec-05-shapes",
)
def asserted(pred: Any, target: Any) -> Any:
    assert pred.shape == target.shape, "pred and target differ in shape"
    off = pred - target
    return np.mean(off**2), lambda d: d * 2 * off / off.size


@task.wrong(
    "neither the upstream gradient nor the mean's division",
    hint="This is the slope of one square by itself. Each square is one of many in a mean, and the mean may "
    "be one part of something larger, of which d tells.",
    section="sec-01-batch-mean",
)
def bare(pred: Any, target: Any) -> Any:
    if pred.shape != target.shape:
        raise ValueError(f"pred has the shape {pred.shape}, target has {target.shape}")
    off = pred - target
    return np.mean(off**2), lambda d: 2 * off


@task.wrong(
    "only the numbers of axes compared",
    hint="A column and a row have two axes each, and still make a table of all differences. The whole "
    "shapes have to agree.",
    section="sec-05-shapes",
)
def axes_compared(pred: Any, target: Any) -> Any:
    if pred.ndim != target.ndim:
        raise ValueError(f"pred has the shape {pred.shape}, target has {target.shape}")
    off = pred - target
    return np.mean(off**2), lambda d: d * 2 * off / off.size


@task.wrong(
    "an error that keeps the shapes to itself",
    hint="The error is the right one. Whoever reads it late at night wants to know what came in: the task "
    "asks for both shapes in its text.",
    section="sec-05-shapes",
)
def shapes_unsaid(pred: Any, target: Any) -> Any:
    if pred.shape != target.shape:
        raise ValueError("pred and target differ in shape")
    off = pred - target
    return np.mean(off**2), lambda d: d * 2 * off / off.size
