"""The logarithm of a sigmoid, in one piece: the number that a loss will want."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check import probes
from bplib.check.task import Case, Seen, Task

task = Task(
    "04.log_sigmoid",
    "The logarithm of a sigmoid, in one piece",
    asks_for="log_sigmoid",
    section="sec-04-stable",
    parts={"value": 2, "gradient": 2},
)
as_op = probes.op("z")


@task.probe
def look(answer: Any, case: Case) -> Iterator[Seen]:
    if "d" in case:
        yield from as_op(answer, case)
    else:  # a case about the digits of the value alone
        value, _ = probes.unpack(probes.call(answer, case["z"]), "value", "pullback", of="log_sigmoid")
        yield "value", "the value", value


@task.reference
def log_sigmoid(z: Any) -> Any:
    value = np.minimum(z, 0) - np.log1p(np.exp(-np.abs(z)))
    return value, lambda d: d / (1 + np.exp(z))


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(45)
    third = np.log(3.0)
    yield {"z": np.array([0.0, third, -third]), "d": np.array([4.0, -8.0, 4.0])}
    yield {"z": np.array([-1000.0, 0.0, 1000.0]), "d": np.array([1.0, -2.0, 3.0])}
    yield {"z": np.arange(40.0, 47.0)}
    yield {"z": rng.normal(0, 2, (4, 3)), "d": rng.normal(size=(4, 3))}
    yield {"z": rng.normal(0, 2, (2, 1, 5)), "d": rng.normal(size=(2, 1, 5))}
    small = rng.normal(size=(2, 2, 4)).astype(np.float32)
    yield {"z": small[0], "d": small[1]}


@task.wrong(
    "the logarithm of a sigmoid that has already become 0",
    hint="At z = −1000 the sigmoid is smaller than any number the machine has, and becomes 0. The result should be "
    "−1000, a harmless number, but the logarithm of 0 is minus infinity. The two steps have to be one formula.",
    section="sec-04-stable",
)
def log_of_zero(z: Any) -> Any:
    return np.log(1 / (1 + np.exp(-z))), lambda d: d / (1 + np.exp(z))


@task.wrong(
    "the exponential of a large positive number",
    hint="At z = −1000 your exponent is +1000, the exponential is infinity, and so is its logarithm. Only "
    "exponentials of negative numbers are safe.",
)
def exponent_grows(z: Any) -> Any:
    return -np.log1p(np.exp(-z)), lambda d: d / (1 + np.exp(z))


@task.wrong(
    "the digits lost where something tiny is added to 1",
    hint="At z = 40 the exponential is about 4e−18, and 1 plus that is 1 in the machine. Its logarithm is 0, with no "
    "warning, and every digit of the result is gone.",
)
def digits_lost(z: Any) -> Any:
    return np.minimum(z, 0) - np.log(1 + np.exp(-np.abs(z))), lambda d: d / (1 + np.exp(z))


@task.wrong(
    "the logarithm of σ(−z)",
    hint="Your value falls as z grows. A larger z makes the sigmoid larger, and its logarithm too.",
)
def turned_round(z: Any) -> Any:
    return -np.maximum(z, 0) - np.log1p(np.exp(-np.abs(z))), lambda d: -d / (1 + np.exp(-z))


@task.wrong(
    "softplus, without the minus sign",
    hint="A sigmoid is below 1, so its logarithm is negative. Yours is positive: one over a number has minus its "
    "logarithm.",
)
def sign_lost(z: Any) -> Any:
    return np.maximum(-z, 0) + np.log1p(np.exp(-np.abs(z))), lambda d: d / (1 + np.exp(z))


@task.wrong(
    "the slope with its sign turned",
    hint="A larger z makes the probability larger, and its logarithm too: the curve rises everywhere. Your slope says "
    "that it falls.",
)
def slope_turned(z: Any) -> Any:
    value = np.minimum(z, 0) - np.log1p(np.exp(-np.abs(z)))
    return value, lambda d: -d / (1 + np.exp(z))


@task.wrong(
    "the slope of softplus at z",
    hint="The slope you give grows towards 1 as z grows. But the curve flattens there: a probability that is nearly "
    "1 has nearly nothing to gain. It is steep where z is far to the left.",
)
def slope_at_plus_z(z: Any) -> Any:
    value = np.minimum(z, 0) - np.log1p(np.exp(-np.abs(z)))
    return value, lambda d: d / (1 + np.exp(-z))


@task.wrong(
    "the slope of the sigmoid, without that of the logarithm",
    hint="There are two links, the sigmoid and the logarithm after it. You multiplied by the slope of the first "
    "only.",
    section="sec-03-chain",
)
def sigmoid_slope_only(z: Any) -> Any:
    value = np.minimum(z, 0) - np.log1p(np.exp(-np.abs(z)))
    s = 1 / (1 + np.exp(-z))
    return value, lambda d: d * s * (1 - s)


@task.wrong(
    "the slope of the logarithm, without that of the sigmoid",
    hint="There are two links, the sigmoid and the logarithm after it. You have the gradient with respect to the "
    "sigmoid's value; it still has to go through the sigmoid.",
    section="sec-03-chain",
)
def log_slope_only(z: Any) -> Any:
    value = np.minimum(z, 0) - np.log1p(np.exp(-np.abs(z)))
    return value, lambda d: d * (1 + np.exp(-z))


@task.wrong(
    "the two slopes multiplied in the machine, where they become 0 over 0",
    hint="On paper the sigmoid cancels. In the machine it is 0 at z = −1000, and 0 divided by 0 is not a number. "
    "Cancel it on paper first.",
)
def not_cancelled(z: Any) -> Any:
    value = np.minimum(z, 0) - np.log1p(np.exp(-np.abs(z)))
    s = 1 / (1 + np.exp(-z))
    return value, lambda d: d * (s * (1 - s)) / s


@task.wrong(
    "the upstream gradient ignored",
    hint="What you return is the slope of the curve. The pullback is asked for the slope of the loss, so what comes "
    "from above, d, must be a factor in it.",
    section="sec-04-rule",
)
def upstream_ignored(z: Any) -> Any:
    value = np.minimum(z, 0) - np.log1p(np.exp(-np.abs(z)))
    return value, lambda d: 1 / (1 + np.exp(z))


@task.wrong(
    "a small number added inside the logarithm",
    hint="It keeps the logarithm from infinity, and replaces the true result by another: at z = −1000 you get the "
    "logarithm of your small number, about −28, and far to the right a value above 0.",
)
def small_number_added(z: Any) -> Any:
    return np.log(1 / (1 + np.exp(-z)) + 1e-12).astype(z.dtype), lambda d: d / (1 + np.exp(z))


@task.wrong(
    "the sigmoid clipped before its logarithm",
    hint="Clipping keeps the logarithm from infinity, and stops it short of the true result: from about −28 on your "
    "value no longer falls, and far to the right it is 0.",
)
def sigmoid_clipped(z: Any) -> Any:
    s = np.clip(1 / (1 + np.exp(-z)), 1e-12, 1)
    return np.log(s), lambda d: d / (1 + np.exp(z))


@task.wrong(
    "the larger of z and 0, where the smaller one belongs",
    hint="Your value grows with z on the right, where the logarithm of a probability can only come near 0. The part "
    "that is as large as z itself belongs to the left.",
)
def larger_of_both(z: Any) -> Any:
    return np.maximum(z, 0) - np.log1p(np.exp(-np.abs(z))), lambda d: d / (1 + np.exp(z))


@task.wrong(
    "the logarithm to the base 10",
    hint="The exponential is one to the base e, and only the natural logarithm undoes it.",
)
def base_ten(z: Any) -> Any:
    value = np.minimum(z, 0) - np.log1p(np.exp(-np.abs(z)))
    return (value / np.log(10.0)).astype(z.dtype), lambda d: d / (1 + np.exp(z))
