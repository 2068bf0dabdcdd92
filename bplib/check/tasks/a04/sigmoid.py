"""Sigmoid, its slope from its own value, and an input of ±1000."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check import probes
from bplib.check.task import Case, Task

task = Task(
    "04.sigmoid",
    "Sigmoid that survives an input of 1000",
    asks_for="sigmoid",
    section="sec-04-three",
    parts={"value": 1, "gradient": 2},
)
task.probe(probes.op("z"))


@task.reference
def sigmoid(z: Any) -> Any:
    s = 1 / (1 + np.exp(-z))
    return s, lambda d: d * s * (1 - s)


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(42)
    third = np.log(3.0)
    yield {"z": np.array([0.0, third, -third]), "d": np.array([4.0, -16.0, 8.0])}
    yield {"z": np.array([-1000.0, 0.0, 1000.0]), "d": np.array([1.0, -2.0, 3.0])}
    yield {"z": rng.normal(0, 2, (4, 3)), "d": rng.normal(size=(4, 3))}
    yield {"z": rng.normal(0, 2, (2, 1, 5)), "d": rng.normal(size=(2, 1, 5))}
    small = rng.normal(size=(2, 2, 4)).astype(np.float32)
    yield {"z": small[0], "d": small[1]}


@task.wrong(
    "e to the power of z in the numerator, which becomes infinity over infinity",
    hint="On paper your form is the same function. In the machine e to the power of 1000 is infinity, and infinity "
    "divided by infinity is not a number. An infinity alone in the denominator does no harm.",
    section="sec-04-stable",
)
def infinity_over_infinity(z: Any) -> Any:
    s = np.exp(z) / (1 + np.exp(z))
    return s, lambda d: d * s * (1 - s)


@task.wrong(
    "the slope as a quotient of exponentials, which becomes infinity over infinity",
    hint="Your value survives and your slope does not: far to the left the numerator overflows, and so does the "
    "square below it. The chapter writes the slope in terms of a number that is already there and cannot overflow.",
    section="sec-04-three",
)
def slope_by_exponentials(z: Any) -> Any:
    return 1 / (1 + np.exp(-z)), lambda d: d * np.exp(-z) / (1 + np.exp(-z)) ** 2


@task.wrong(
    "the inputs clipped to a short interval",
    hint="Clipping at 10 keeps the exponential small. But it also replaces every larger z by another number: the "
    "value stops short of 1, and a unit that is certain is told that it is not.",
    section="sec-04-stable",
)
def clipped(z: Any) -> Any:
    s = 1 / (1 + np.exp(-np.clip(z, -10, 10)))
    return s, lambda d: d * s * (1 - s)


@task.wrong(
    "the sign in the exponent lost",
    hint="Your curve falls from 1 to 0: it is the sigmoid of −z. A large z should give a value near 1.",
)
def falling(z: Any) -> Any:
    s = 1 / (1 + np.exp(z))
    return s, lambda d: d * s * (1 - s)


@task.wrong(
    "the slope left out",
    hint="What arrives at the pullback is the gradient with respect to the value. You hand it on as if it were the "
    "one with respect to z. That mistake trains well, and the gradient is wrong all the same.",
    section="sec-04-bug-slope",
)
def slope_left_out(z: Any) -> Any:
    return 1 / (1 + np.exp(-z)), lambda d: d


@task.wrong(
    "the slope, taken at the value and not at z",
    hint="Sigmoid was applied a second time, to its own value, before the slope was formed. The slope is wanted at "
    "the place where the number came through, and that place is z.",
    section="sec-04-bug-slope",
)
def slope_at_the_value(z: Any) -> Any:
    s = 1 / (1 + np.exp(-z))
    twice = 1 / (1 + np.exp(-s))
    return s, lambda d: d * twice * (1 - twice)


@task.wrong(
    "the formula for the value, fed with z",
    hint="The short formula for the slope is written in the value of the sigmoid. You gave it the pre-activation z: "
    "wherever z is outside 0 to 1 even the sign comes out wrong.",
    section="sec-04-bug-slope",
)
def formula_fed_with_z(z: Any) -> Any:
    return 1 / (1 + np.exp(-z)), lambda d: d * z * (1 - z)


@task.wrong(
    "the slope of tanh",
    hint="One minus the square of the value is how tanh gets its slope. For sigmoid, which moves between 0 and 1 "
    "and not between −1 and 1, it gives three quarters in the middle, where the true slope is a quarter.",
)
def slope_of_tanh(z: Any) -> Any:
    s = 1 / (1 + np.exp(-z))
    return s, lambda d: d * (1 - s**2)


@task.wrong(
    "the upstream gradient ignored",
    hint="What you return is the slope of the curve. The pullback is asked for the slope of the loss, so what comes "
    "from above, d, must be a factor in it.",
    section="sec-04-rule",
)
def upstream_ignored(z: Any) -> Any:
    s = 1 / (1 + np.exp(-z))
    return s, lambda d: s * (1 - s)


@task.wrong(
    "a function for one number, given a whole array",
    hint="The exponential of the module math takes one number. z is an array, and NumPy has an exponential that "
    "works on each of its entries.",
    section="sec-04-rule",
)
def one_number_only(z: Any) -> Any:
    import math

    s = 1 / (1 + math.exp(-z))
    return s, lambda d: d * s * (1 - s)


@task.wrong(
    "1 divided by 1, and the exponential added afterwards",
    hint="Python divides before it adds. Yours is one plus an exponential, and grows without bound to the left; a "
    "sigmoid stays between 0 and 1.",
    section="sec-04-three",
)
def parentheses_forgotten(z: Any) -> Any:
    s = 1 / 1 + np.exp(-z)
    return s, lambda d: d * s * (1 - s)


@task.wrong(
    "tanh of z, where the sigmoid has half of z",
    hint="A sigmoid can be made of a tanh, moved up and halved in height. But it is also half as quick: yours reaches "
    "0.88 at z = 1, where the sigmoid is at 0.73.",
    section="sec-04-three",
)
def twice_as_quick(z: Any) -> Any:
    s = 0.5 * (1 + np.tanh(z))
    return s, lambda d: d * s * (1 - s)


@task.wrong(
    "the slope taken at d, and not at z",
    hint="You put the gradient that arrives into the curve. The slope belongs to the place where the value came "
    "through on the way forward, and that is z; d is only a factor.",
    section="sec-04-rule",
)
def slope_at_d(z: Any) -> Any:
    def pullback(d: Any) -> Any:
        s = 1 / (1 + np.exp(-d))
        return s * (1 - s)

    return 1 / (1 + np.exp(-z)), pullback


@task.wrong(
    "an array of slopes where a function should stand",
    hint="On the way forward it is not yet known what will come from above. So the second thing is a function: it "
    "waits until the upstream gradient is there, and is called with it.",
    section="sec-01-pullback",
)
def slopes_at_once(z: Any) -> Any:
    s = 1 / (1 + np.exp(-z))
    return s, s * (1 - s)
