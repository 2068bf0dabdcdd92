"""The task of binary cross-entropy from logits, and most wrong answers to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check import probes
from bplib.check.task import Case, Seen, Task

task = Task(
    "05.bce",
    "Yes or no, from a logit",
    asks_for="bce",
    section="sec-05-binary",
    parts={"value": 1, "gradient": 2, "large": 1},
)

_op = probes.op("z")
_large = probes.op("z", value="large", gradient="large")


@task.probe
def look(answer: Any, case: Case) -> Iterator[Seen]:
    large = np.abs(case["z"]).max() > 30
    yield from (_large if large else _op)(answer, case)


@task.reference
def bce(z: Any, y: Any) -> Any:
    small = np.exp(-np.abs(z))
    a = np.where(z >= 0, 1, small) / (1 + small)
    value = np.mean(np.maximum(z, 0) - z * y + np.log1p(small))
    return value, lambda d: d * (a - y) / z.size


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(54)
    normal = rng.standard_normal
    yield {"z": np.array([[0.0, np.log(3)]]), "y": np.array([[1.0, 0.0]]), "d": 4.0}
    yield {"z": 2 * normal((4, 3)), "y": rng.integers(0, 2, (4, 3)).astype(float), "d": -1.3}
    yield {"z": normal(5), "y": np.array([0.0, 0.25, 0.5, 0.9, 1.0]), "d": 0.7}
    yield {
        "z": np.array([[800.0, -800.0], [800.0, -40.0]]),
        "y": np.array([[0.0, 0.0], [1.0, 1.0]]),
        "d": 2.0,
    }


@task.wrong(
    "the formula as written, with the probability rounded to 0 or 1",
    hint="At a logit of 37 the sigmoid rounds to exactly 1, and then the logarithm of what is left over is "
    "−∞. The loss itself is about 37, an ordinary number.",
)
def as_written(z: Any, y: Any) -> Any:
    a = 1 / (1 + np.exp(-z))
    return -np.mean(y * np.log(a) + (1 - y) * np.log(1 - a)), lambda d: d * (a - y) / z.size


@task.wrong(
    "a tiny number added inside the logarithm, or the probability clipped by it",
    hint="It keeps the logarithm from −∞, and makes a ceiling of it: a logit of 800 costs no more than one "
    "of 28. Once the sigmoid has rounded, nothing brings the difference back.",
)
def tiny_added(z: Any, y: Any) -> Any:
    a = 1 / (1 + np.exp(-z))
    value = -np.mean(y * np.log(a + 1e-12) + (1 - y) * np.log(1 - a + 1e-12))
    return value, lambda d: d * (a - y) / z.size


@task.wrong(
    "a small number added inside the logarithm, or the probability clipped by it",
    hint="It keeps the logarithm from −∞, and makes a ceiling of it: a logit of 800 costs no more than one "
    "of 18. Once the sigmoid has rounded, nothing brings the difference back.",
)
def small_added(z: Any, y: Any) -> Any:
    a = 1 / (1 + np.exp(-z))
    value = -np.mean(y * np.log(a + 1e-8) + (1 - y) * np.log(1 - a + 1e-8))
    return value, lambda d: d * (a - y) / z.size


@task.wrong(
    "a minute number added inside the logarithm",
    hint="It keeps the logarithm from −∞, and makes a ceiling of it: a logit of 800 costs no more than one "
    "of 35. Once the sigmoid has rounded, nothing brings the difference back.",
)
def minute_added(z: Any, y: Any) -> Any:
    a = 1 / (1 + np.exp(-z))
    value = -np.mean(y * np.log(a + 1e-15) + (1 - y) * np.log(1 - a + 1e-15))
    return value, lambda d: d * (a - y) / z.size


@task.wrong(
    "a form that is safe for positive logits only",
    hint="For a large negative logit your exponent is large and positive, and the exponential overflows. The"
    " two signs need two forms, or one form in which no exponent is ever positive.",
)
def safe_on_one_side(z: Any, y: Any) -> Any:
    a = 1 / (1 + np.exp(-z))
    return np.mean((1 - y) * z + np.log1p(np.exp(-z))), lambda d: d * (a - y) / z.size


@task.wrong(
    "the sigmoid's slope multiplied in once more",
    hint="On the way from the probability back to the logit this factor cancels against the slope of the "
    "logarithm. With it back in, a neuron that is sure and wrong hardly moves.",
    section="sec-05-stands-still",
)
def slope_again(z: Any, y: Any) -> Any:
    small = np.exp(-np.abs(z))
    a = np.where(z >= 0, 1, small) / (1 + small)
    value = np.mean(np.maximum(z, 0) - z * y + np.log1p(small))
    return value, lambda d: d * (a - y) * a * (1 - a) / z.size


@task.wrong(
    "the gradient with respect to the probability",
    hint="You say how the loss changes with the probability. The question is about the logit: one link of "
    "the chain, the sigmoid, is missing.",
    section="sec-05-stands-still",
)
def of_the_probability(z: Any, y: Any) -> Any:
    small = np.exp(-np.abs(z))
    a = np.where(z >= 0, 1, small) / (1 + small)
    value = np.mean(np.maximum(z, 0) - z * y + np.log1p(small))
    return value, lambda d: d * (a - y) / (a * (1 - a)) / z.size


@task.wrong(
    "the sign turned: target minus output",
    hint="With target 1 the loss falls as the logit rises, so its slope must be negative there. Descent with"
    " your gradient makes every answer worse.",
)
def sign_turned(z: Any, y: Any) -> Any:
    small = np.exp(-np.abs(z))
    a = np.where(z >= 0, 1, small) / (1 + small)
    value = np.mean(np.maximum(z, 0) - z * y + np.log1p(small))
    return value, lambda d: d * (y - a) / z.size


@task.wrong(
    "logit minus target",
    hint="The pattern is output minus target, and the output of this model is a probability. You have taken "
    "the logit, which can be any number.",
)
def sigmoid_left_out(z: Any, y: Any) -> Any:
    value = np.mean(np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z))))
    return value, lambda d: d * (z - y) / z.size


@task.wrong(
    "the gradient of the sum",
    hint="The value is to be a mean. A mean divides each element by how many there are, and so its slope is "
    "divided, too.",
    section="sec-05-sum",
)
def not_divided(z: Any, y: Any) -> Any:
    small = np.exp(-np.abs(z))
    a = np.where(z >= 0, 1, small) / (1 + small)
    value = np.mean(np.maximum(z, 0) - z * y + np.log1p(small))
    return value, lambda d: d * (a - y)


@task.wrong(
    "divided by the number of rows only",
    hint="This loss is a mean over all numbers, rows and columns, and you divide its slope by the rows "
    "alone. Value and gradient belong to different losses.",
    section="sec-05-nk",
)
def divided_by_rows(z: Any, y: Any) -> Any:
    small = np.exp(-np.abs(z))
    a = np.where(z >= 0, 1, small) / (1 + small)
    value = np.mean(np.maximum(z, 0) - z * y + np.log1p(small))
    return value, lambda d: d * (a - y) / len(z)


@task.wrong(
    "the loss of the 1s only",
    hint="Where the target is 0 your loss is 0, whatever the network says. It will learn to answer 1 to "
    "everything.",
)
def ones_only(z: Any, y: Any) -> Any:
    small = np.exp(-np.abs(z))
    a = np.where(z >= 0, 1, small) / (1 + small)
    value = np.mean(y * (np.maximum(-z, 0) + np.log1p(small)))
    return value, lambda d: d * y * (a - 1) / z.size


@task.wrong(
    "the upstream gradient ignored",
    hint="You return the slope of this loss alone. What comes from above, d, must still be in it.",
    section="sec-02-upstream",
)
def upstream_ignored(z: Any, y: Any) -> Any:
    small = np.exp(-np.abs(z))
    a = np.where(z >= 0, 1, small) / (1 + small)
    value = np.mean(np.maximum(z, 0) - z * y + np.log1p(small))
    return value, lambda d: (a - y) / z.size


@task.wrong(
    "output minus target, and nothing else",
    hint="This is the slope of one element by itself. Each element is one of many in a mean, and the mean "
    "may be one part of something larger, of which d tells.",
    section="sec-05-sum",
)
def bare(z: Any, y: Any) -> Any:
    small = np.exp(-np.abs(z))
    a = np.where(z >= 0, 1, small) / (1 + small)
    value = np.mean(np.maximum(z, 0) - z * y + np.log1p(small))
    return value, lambda d: a - y
