"""A tanh made to measure: A tanh(S z), with both factors in the slope."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check import probes
from bplib.check.task import Case, Task

task = Task(
    "04.scaled_tanh",
    "A tanh made to measure",
    asks_for="scaled_tanh",
    section="sec-04-three",
    parts={"value": 1, "gradient": 2},
)
task.probe(probes.op("z"))


@task.reference
def scaled_tanh(z: Any, A: float, S: float) -> Any:
    t = np.tanh(S * z)
    return A * t, lambda d: d * A * S * (1 - t * t)


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(43)
    third = np.log(3.0)
    yield {"z": np.array([0.0, third, -third]), "A": 4.0, "S": 0.5, "d": np.array([3.0, -4.0, 8.0])}
    yield {"z": np.array([-1000.0, 0.0, 1000.0]), "A": 2.0, "S": 3.0, "d": np.array([1.0, -2.0, 3.0])}
    yield {"z": rng.normal(size=(4, 3)), "A": 1.7159, "S": 2 / 3, "d": rng.normal(size=(4, 3))}
    yield {"z": rng.normal(size=(2, 1, 5)), "A": 0.3, "S": 1.5, "d": rng.normal(size=(2, 1, 5))}
    small = rng.normal(size=(2, 2, 4)).astype(np.float32)
    yield {"z": small[0], "A": 1.5, "S": 0.5, "d": small[1]}


@task.wrong(
    "the inner factor S missing in the slope",
    hint="A step in z becomes a step S times as long before tanh sees it. That is a link of the chain like any "
    "other, and its rate belongs in the product.",
)
def inner_lost(z: Any, A: float, S: float) -> Any:
    t = np.tanh(S * z)
    return A * t, lambda d: d * A * (1 - t * t)


@task.wrong(
    "the outer factor A missing in the slope",
    hint="The curve is stretched to the height A, and a curve that is A times as high is A times as steep.",
)
def outer_lost(z: Any, A: float, S: float) -> Any:
    t = np.tanh(S * z)
    return A * t, lambda d: d * S * (1 - t * t)


@task.wrong(
    "the slope of the plain tanh at S z, with neither of the two factors",
    hint="Your slope is that of tanh at the right place. But a curve that was squeezed along one axis and stretched "
    "along the other has another steepness: both factors act on it.",
)
def both_lost(z: Any, A: float, S: float) -> Any:
    t = np.tanh(S * z)
    return A * t, lambda d: d * (1 - t * t)


@task.wrong(
    "the value with its height A, put into the formula for the plain tanh",
    hint="The formula for the slope holds for the value of tanh itself, which lies between −1 and 1. Your value "
    "goes up to A, and with A above 1 the slope even becomes negative.",
)
def scaled_value_squared(z: Any, A: float, S: float) -> Any:
    a = A * np.tanh(S * z)
    return a, lambda d: d * A * S * (1 - a * a)


@task.wrong(
    "the formula for the value, fed with z",
    hint="One minus a square: but the square of what? The formula is written in the value of tanh, and you gave it "
    "the pre-activation. At z = 3 it says −8, and a tanh never falls.",
    section="sec-04-bug-slope",
)
def formula_fed_with_z(z: Any, A: float, S: float) -> Any:
    return A * np.tanh(S * z), lambda d: d * A * S * (1 - z * z)


@task.wrong(
    "the slope taken at z, and not at S z",
    hint="Your slope has both factors, and it is read off at the wrong place: what went through the tanh was S "
    "times z.",
    section="sec-04-bug-slope",
)
def slope_at_z(z: Any, A: float, S: float) -> Any:
    return A * np.tanh(S * z), lambda d: d * A * S * (1 - np.tanh(z) ** 2)


@task.wrong(
    "the value not squared in the slope",
    hint="One minus the value gives a slope of 2 far to the left, where the curve is flat. Both ends are alike, so "
    "the sign of the value cannot matter.",
)
def not_squared(z: Any, A: float, S: float) -> Any:
    t = np.tanh(S * z)
    return A * t, lambda d: d * A * S * (1 - t)


@task.wrong(
    "tanh built from exponentials, which become infinity over infinity",
    hint="On paper the quotient is tanh. In the machine e to the power of 1000 is infinity, and infinity divided by "
    "infinity is not a number. NumPy has a tanh that knows about this.",
    section="sec-04-stable",
)
def by_exponentials(z: Any, A: float, S: float) -> Any:
    up, down = np.exp(S * z), np.exp(-S * z)
    t = (up - down) / (up + down)
    return A * t, lambda d: d * A * S * (1 - t * t)


@task.wrong(
    "the upstream gradient ignored",
    hint="What you return is the slope of the curve. The pullback is asked for the slope of the loss, so what comes "
    "from above, d, must be a factor in it.",
    section="sec-04-rule",
)
def upstream_ignored(z: Any, A: float, S: float) -> Any:
    t = np.tanh(S * z)
    return A * t, lambda d: A * S * (1 - t * t)


@task.wrong(
    "A and S in each other's place",
    hint="A is the height and stands in front of the tanh; S stands inside, with z. In yours the curve is as high as "
    "S says and as narrow as A says.",
    section="sec-04-lecun",
)
def exchanged(z: Any, A: float, S: float) -> Any:
    t = np.tanh(A * z)
    return S * t, lambda d: d * A * S * (1 - t * t)


@task.wrong(
    "LeCun's two numbers, whatever A and S are",
    hint="1.7159 and ⅔ are one choice of height and width. The task asks for the curve with any two numbers, and they "
    "come in as arguments.",
    section="sec-04-lecun",
)
def constants_kept(z: Any, A: float, S: float) -> Any:
    t = np.tanh(2 / 3 * z)
    return 1.7159 * t, lambda d: d * 1.7159 * 2 / 3 * (1 - t * t)


@task.wrong(
    "the slope divided by S",
    hint="A curve that is squeezed along its axis gets steeper, and one that is drawn out gets flatter. With yours it "
    "would be the other way round.",
    section="sec-03-chain",
)
def divided_by_s(z: Any, A: float, S: float) -> Any:
    t = np.tanh(S * z)
    return A * t, lambda d: d * A / S * (1 - t * t)


@task.wrong(
    "the factor A taken twice in the slope",
    hint="The height is one link of the chain, and is passed once. A curve that is twice as high is twice as steep, "
    "and yours would be four times as steep.",
    section="sec-03-chain",
)
def outer_twice(z: Any, A: float, S: float) -> Any:
    t = np.tanh(S * z)
    return A * t, lambda d: d * A * A * S * (1 - t * t)
