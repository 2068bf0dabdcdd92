"""The mean of squared misses, its gradient, and a guard against the silent broadcast."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.student import StudentError, call, unpack
from bplib.check.task import Case, Seen, Task

task = Task(
    "01.mse",
    "The mean of squares, and its gradient",
    asks_for="mse",
    section="sec-01-four-steps",
    parts={"value": 1, "gradient": 2, "shapes": 1},
)


@task.probe
def look(answer: Any, case: Case) -> Iterator[Seen]:
    z, y = case["z"], case["y"]
    if z.shape == y.shape:
        loss, dz = unpack(call(answer, z, y), "loss", "dz", of="mse")
        yield "value", "the loss", loss
        yield "gradient", "dz", dz
        return
    try:
        result = call(answer, z, y)
    except StudentError as error:
        if error.kind != "raised":
            raise
        outcome = error.what.split(":")[0]
    else:
        outcome = (
            "no error, and a loss" if isinstance(result, tuple) and result[0] is not None else "no error"
        )
    yield "shapes", f"mse of z with shape {z.shape} and y with shape {y.shape}", outcome


@task.reference
def mse(z: Any, y: Any) -> Any:
    if z.shape != y.shape:
        raise ValueError(f"z has the shape {z.shape}, y has {y.shape}")
    off = z - y
    return np.mean(off**2), 2 * off / len(z)


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(12)
    yield {"z": np.array([1.0, 2.0, 4.0, 5.0]), "y": np.array([3.0, 2.0, 1.0, 4.0])}
    yield {"z": rng.normal(size=7), "y": rng.normal(size=7)}
    yield {"z": np.array([[1.0], [2.0], [4.0], [5.0]]), "y": np.array([3.0, 2.0, 1.0, 4.0])}
    yield {"z": rng.normal(size=1), "y": rng.normal(size=9)}
    yield {"z": rng.normal(size=(7, 1)), "y": rng.normal(size=7)}


@task.wrong(
    "squares added up, and not divided by their number",
    hint="The loss of this course is a mean. A sum grows with the number of examples: twice the same data "
    "would be twice the loss.",
    section="sec-01-batch-mean",
)
def loss_summed(z: Any, y: Any) -> Any:
    if z.shape != y.shape:
        raise ValueError
    off = z - y
    return np.sum(off**2), 2 * off / len(z)


@task.wrong(
    "half the mean of squares",
    hint="Some books put a ½ in front, to make the 2 of the derivative cancel. That is a convention, and no "
    "mistake; the loss of this course is without it.",
    section="sec-01-factor",
)
def loss_halved(z: Any, y: Any) -> Any:
    if z.shape != y.shape:
        raise ValueError
    off = z - y
    return np.mean(off**2) / 2, 2 * off / len(z)


@task.wrong(
    "the root of the mean of squares",
    hint="The root brings the loss back to the units of y, which is good for reporting. It is another loss, "
    "with another gradient.",
)
def loss_root(z: Any, y: Any) -> Any:
    if z.shape != y.shape:
        raise ValueError
    off = z - y
    return np.sqrt(np.mean(off**2)), 2 * off / len(z)


@task.wrong(
    "the mean of the misses, squared afterwards",
    hint="The misses are averaged first, so one that is too high makes up for one that is too low. A rule that "
    "is far off everywhere could have a loss of 0. The square comes before the mean.",
)
def loss_square_of_mean(z: Any, y: Any) -> Any:
    if z.shape != y.shape:
        raise ValueError
    off = z - y
    return np.mean(off) ** 2, 2 * off / len(z)


@task.wrong(
    "every prediction compared with every target",
    hint="A column minus a flat array is a square of numbers: NumPy stretches both. The loss of such a "
    "square is smallest for a flat line, whatever x is.",
    section="sec-01-broadcast",
)
def broadcast(z: Any, y: Any) -> Any:
    if z.shape != y.shape:
        raise ValueError
    off = z.reshape(-1, 1) - y
    return np.mean(off**2), 2 * off / len(z)


@task.wrong(
    "the factor 2 lost",
    hint="The derivative of u² is 2u, and your gradient has u. It is half as long as the loss says, and "
    "training would still work, half as fast: only a comparison of numbers finds it.",
    section="sec-01-factor",
)
def two_lost(z: Any, y: Any) -> Any:
    if z.shape != y.shape:
        raise ValueError
    off = z - y
    return np.mean(off**2), off / len(z)


@task.wrong(
    "the gradient of the sum of squares",
    hint="The loss is a mean, so each example has only its share in it: the 1/N of the loss is in its "
    "gradient, too.",
    section="sec-01-batch-mean",
)
def n_lost(z: Any, y: Any) -> Any:
    if z.shape != y.shape:
        raise ValueError
    off = z - y
    return np.mean(off**2), 2 * off


@task.wrong(
    "the gradient with its sign turned",
    hint="Where the prediction is too high, raising it makes the loss larger, so dz must be positive there. "
    "Inside the square it does not matter which is subtracted from which; outside it does.",
)
def sign_turned(z: Any, y: Any) -> Any:
    if z.shape != y.shape:
        raise ValueError
    off = z - y
    return np.mean(off**2), -2 * off / len(z)


@task.wrong(
    "one number for the gradient",
    hint="Each prediction has a slope of its own: dz has the shape of z. Averaging them is too early; what "
    "belongs to which example is still needed.",
)
def one_number(z: Any, y: Any) -> Any:
    if z.shape != y.shape:
        raise ValueError
    off = z - y
    return np.mean(off**2), np.mean(2 * off)


@task.wrong(
    "the gradient multiplied by the loss",
    hint="A gradient is the slope of the loss, and the loss itself is no factor in it. What you have is the "
    "slope of half the loss squared.",
    section="sec-02-gradient-not-product",
)
def times_loss(z: Any, y: Any) -> Any:
    if z.shape != y.shape:
        raise ValueError
    off = z - y
    return np.mean(off**2), np.mean(off**2) * 2 * off / len(z)


@task.wrong(
    "no guard at the door",
    hint="NumPy stretches arrays of unequal shapes until they fit, and your loss is then the mean over "
    "comparisons that mean nothing. It is a number, it falls in training, and it is wrong.",
    section="sec-01-broadcast",
)
def no_guard(z: Any, y: Any) -> Any:
    off = z - y
    return np.mean(off**2), 2 * off / len(z)


@task.wrong(
    "a guard that counts the rows only",
    hint="A column of N rows and a flat array of N numbers are equally long, and have different shapes. That is "
    "the very pair which the guard is for.",
    section="sec-01-broadcast",
)
def length_only(z: Any, y: Any) -> Any:
    if len(z) != len(y):
        raise ValueError
    off = z - y
    return np.mean(off**2), 2 * off / len(z)


@task.wrong(
    "an assertion for a guard",
    hint="An assert states what you take to be true of your own code, and Python can be started so that it skips "
    "them all. What a caller has handed over wrongly is answered with the error that the task names.",
    section="sec-01-broadcast",
)
def asserted(z: Any, y: Any) -> Any:
    assert z.shape == y.shape
    off = z - y
    return np.mean(off**2), 2 * off / len(z)


@task.wrong(
    "unequal shapes answered without an error",
    hint="The caller asked for a loss and a gradient, and goes on with whatever comes back. Only an error stops "
    "the program where the mistake is; anything else stops it later, elsewhere, or not at all.",
    section="sec-01-broadcast",
)
def no_error(z: Any, y: Any) -> Any:
    if z.shape != y.shape:
        return None
    off = z - y
    return np.mean(off**2), 2 * off / len(z)


@task.wrong(
    "the 4 of the example in the place of N",
    hint="The example on paper has four predictions, and you divide by four however many there are.",
    section="sec-01-batch-mean",
)
def four_for_n(z: Any, y: Any) -> Any:
    if z.shape != y.shape:
        raise ValueError
    off = z - y
    return np.sum(off**2) / 4, 2 * off / 4


@task.wrong(
    "the size of the misses, where their squares were asked for",
    hint="The mean of the sizes is a loss, too, and another one: under it a miss of 4 counts four times as much as "
    "one of 1, and under the square sixteen times.",
)
def absolute(z: Any, y: Any) -> Any:
    if z.shape != y.shape:
        raise ValueError
    off = z - y
    return np.mean(np.abs(off)), np.sign(off) / len(z)


@task.wrong(
    "the squares left as they are, one for each example",
    hint="The loss is one number, so that two settings of the knobs can be compared. You return a number for each "
    "example.",
)
def not_averaged(z: Any, y: Any) -> Any:
    if z.shape != y.shape:
        raise ValueError
    off = z - y
    return off**2 / len(z), 2 * off / len(z)


@task.wrong(
    "the gradient returned first",
    hint="The caller takes what comes first for the loss. The order in which things are returned is part of what a "
    "function promises.",
)
def gradient_first(z: Any, y: Any) -> Any:
    if z.shape != y.shape:
        raise ValueError
    off = z - y
    return 2 * off / len(z), np.mean(off**2)
