"""One step of a plain recurrent network, and its way back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.task import Case, Seen, Task
from bplib.check.tasks.a11._tries import step

task = Task(
    "11.rnn_step",
    "One step of an RNN",
    asks_for="rnn_step",
    section="sec-11-bptt",
    parts={"value": 1, "gradient": 2},
    tolerance=1e-5,  # of float32
)


@task.reference
def rnn_step(x: Any, h: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    after = np.tanh(x @ Wx + h @ Wh + b)

    def pullback(d: Any) -> Any:
        dz = d * (1 - after * after)
        return dz @ Wx.T, dz @ Wh.T, x.T @ dz, h.T @ dz, dz.sum(axis=0)

    return after, pullback


def one(seed: int, N: int, D: int, H: int, dtype: Any = np.float64) -> Case:
    """A random step: x (N, D), h (N, H), weights, and d (N, H), which arrives at the new state."""
    rng = np.random.default_rng(seed)
    shapes = {"x": (N, D), "h": (N, H), "Wx": (D, H), "Wh": (H, H), "b": (H,), "d": (N, H)}
    case = {name: 0.7 * rng.standard_normal(shape) for name, shape in shapes.items()}
    return {name: a.astype(dtype) for name, a in case.items()}


@task.cases
def cases() -> Iterator[Case]:
    yield {
        "x": np.array([[1.0, 0.0]]),
        "h": np.array([[0.5, -0.5]]),
        "Wx": np.array([[0.5, -0.25], [1.0, 0.5]]),
        "Wh": np.array([[0.0, 1.0], [2.0, 0.0]]),
        "b": np.array([0.5, 0.0]),
        "d": np.array([[1.0, -2.0]]),
    }
    yield one(1, 3, 3, 3)
    yield one(2, 4, 2, 3)
    yield one(3, 2, 4, 3, np.float32)


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    yield from step(answer, case, ("x", "h", "Wx", "Wh", "b"), ("d",))


@task.wrong(
    "the slope of tanh left out on the way back",
    hint="What arrives at the new state is handed on to the sums as it is. Between the two stands a bend, which is "
    "flat where a state is near −1 or 1.",
    section="sec-11-worked",
)
def slope_left_out(x: Any, h: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    after = np.tanh(x @ Wx + h @ Wh + b)

    def pullback(d: Any) -> Any:
        return d @ Wx.T, d @ Wh.T, x.T @ d, h.T @ d, d.sum(axis=0)

    return after, pullback


@task.wrong(
    "the slope of tanh taken from the old state",
    hint="The state that entered the step did not come out of this bend. The slope belongs to what the bend has "
    "made, the state that leaves.",
    section="sec-11-bptt",
)
def slope_of_old_state(x: Any, h: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    after = np.tanh(x @ Wx + h @ Wh + b)

    def pullback(d: Any) -> Any:
        dz = d * (1 - h * h)
        return dz @ Wx.T, dz @ Wh.T, x.T @ dz, h.T @ dz, dz.sum(axis=0)

    return after, pullback


@task.wrong(
    "one minus the square of the sums, where the formula wants what tanh made of them",
    hint="Written with its output, the slope of tanh is one minus a square. You put its input in; where the sum is "
    "larger than 1 your slope is negative.",
    section="sec-04-bug-slope",
)
def slope_of_sums(x: Any, h: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    z = x @ Wx + h @ Wh + b

    def pullback(d: Any) -> Any:
        dz = d * (1 - z * z)
        return dz @ Wx.T, dz @ Wh.T, x.T @ dz, h.T @ dz, dz.sum(axis=0)

    return np.tanh(z), pullback


@task.wrong(
    "tanh applied to the new state once more, before its slope is taken",
    hint="The new state is already a tanh. You treat it as though it stood in front of the bend, and take the "
    "slope at another place.",
    section="sec-04-bug-slope",
)
def slope_at_state(x: Any, h: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    after = np.tanh(x @ Wx + h @ Wh + b)

    def pullback(d: Any) -> Any:
        dz = d * (1 - np.tanh(after) ** 2)
        return dz @ Wx.T, dz @ Wh.T, x.T @ dz, h.T @ dz, dz.sum(axis=0)

    return after, pullback


@task.wrong(
    "Wh not transposed on the way back",
    hint="Forward, column j of Wh feeds unit j. Backward, a unit collects from all units that listened to it. Wh "
    "is always square, so no shape will warn you.",
    section="sec-06-transpose",
)
def wh_untransposed(x: Any, h: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    after = np.tanh(x @ Wx + h @ Wh + b)

    def pullback(d: Any) -> Any:
        dz = d * (1 - after * after)
        return dz @ Wx.T, dz @ Wh, x.T @ dz, h.T @ dz, dz.sum(axis=0)

    return after, pullback


@task.wrong(
    "dWh made with the state that leaves the step",
    hint="A weight's gradient is what went into the layer, times what came back. The new state came out of it.",
    section="sec-11-bug-present",
)
def dwh_of_new_state(x: Any, h: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    after = np.tanh(x @ Wx + h @ Wh + b)

    def pullback(d: Any) -> Any:
        dz = d * (1 - after * after)
        return dz @ Wx.T, dz @ Wh.T, x.T @ dz, after.T @ dz, dz.sum(axis=0)

    return after, pullback


@task.wrong(
    "the weights' gradients turned on their side",
    hint="A gradient has the shape of what it is the gradient of. Yours has a row for each unit; the weights have "
    "a row for each number that goes in. Where both are as many, no shape will warn you.",
    section="sec-01-layer",
)
def dw_transposed(x: Any, h: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    after = np.tanh(x @ Wx + h @ Wh + b)

    def pullback(d: Any) -> Any:
        dz = d * (1 - after * after)
        return dz @ Wx.T, dz @ Wh.T, dz.T @ x, dz.T @ h, dz.sum(axis=0)

    return after, pullback


@task.wrong(
    "the bias's gradient averaged over the sequences",
    hint="All sequences of the batch use the same bias, so it receives what all of them send: a sum. Any mean "
    "belongs to the loss, which is not here.",
    section="sec-01-layer",
)
def db_averaged(x: Any, h: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    after = np.tanh(x @ Wx + h @ Wh + b)

    def pullback(d: Any) -> Any:
        dz = d * (1 - after * after)
        return dz @ Wx.T, dz @ Wh.T, x.T @ dz, h.T @ dz, dz.mean(axis=0)

    return after, pullback


@task.wrong(
    "the bias's gradient not summed over the sequences",
    hint="The bias has one entry for each unit, and is shared by all sequences of the batch. Yours still has a row "
    "for each of them.",
    section="sec-01-layer",
)
def db_not_summed(x: Any, h: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    after = np.tanh(x @ Wx + h @ Wh + b)

    def pullback(d: Any) -> Any:
        dz = d * (1 - after * after)
        return dz @ Wx.T, dz @ Wh.T, x.T @ dz, h.T @ dz, dz

    return after, pullback


@task.wrong(
    "the bias's gradient taken from what arrives, in front of no bend",
    hint="The bias is added inside the tanh, together with the two products. What reaches it has come back through "
    "the bend; what arrives at the state has not yet.",
    section="sec-06-bias",
)
def db_from_dh(x: Any, h: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    after = np.tanh(x @ Wx + h @ Wh + b)

    def pullback(d: Any) -> Any:
        dz = d * (1 - after * after)
        return dz @ Wx.T, dz @ Wh.T, x.T @ dz, h.T @ dz, d.sum(axis=0)

    return after, pullback


from bplib.check.tasks.a11 import _rnn_step_more, _rnn_step_slips  # noqa: E402, F401  # it enters more wrong answers
