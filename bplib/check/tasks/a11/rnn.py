"""Backpropagation through time: a whole sequence, and its way back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.task import Case, Seen, Task
from bplib.check.tasks.a11._tries import step

task = Task(
    "11.rnn",
    "Backpropagation through time",
    asks_for="rnn",
    section="sec-11-bptt",
    parts={"value": 1, "gradient": 4},
)


@task.reference
def rnn(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    h = [h0]
    for x_t in x:
        h.append(np.tanh(x_t @ Wx + h[-1] @ Wh + b))

    def pullback(dhs: Any) -> Any:
        dx, dWx, dWh, db = np.zeros_like(x), 0 * Wx, 0 * Wh, 0 * b
        dh = np.zeros_like(h0)
        for t in reversed(range(len(x))):
            dz = (dh + dhs[t]) * (1 - h[t + 1] ** 2)
            dx[t] = dz @ Wx.T
            dWx, dWh, db = dWx + x[t].T @ dz, dWh + h[t].T @ dz, db + dz.sum(axis=0)
            dh = dz @ Wh.T
        return dx, dh, dWx, dWh, db

    return np.array(h[1:]), pullback


def sequence(seed: int, T: int, N: int, D: int, H: int) -> Case:
    """A random sequence: x (T, N, D), h0 (N, H), weights, and dhs (T, N, H), which arrives at the states."""
    rng = np.random.default_rng(seed)
    shapes = {"x": (T, N, D), "h0": (N, H), "Wx": (D, H), "Wh": (H, H), "b": (H,), "dhs": (T, N, H)}
    return {name: 0.7 * rng.standard_normal(shape) for name, shape in shapes.items()}


@task.cases
def cases() -> Iterator[Case]:
    yield {
        "x": np.array([[[1.0]], [[0.0]], [[0.0]]]),
        "h0": np.array([[0.5]]),
        "Wx": np.array([[0.9]]),
        "Wh": np.array([[0.8]]),
        "b": np.array([0.1]),
        "dhs": np.array([[[0.0]], [[-0.5]], [[1.0]]]),
    }
    yield sequence(1, 4, 3, 2, 3)
    yield sequence(2, 5, 2, 3, 4)


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    yield from step(answer, case, ("x", "h0", "Wx", "Wh", "b"), ("dhs",))


@task.wrong(
    "the gradient of the state not handed on from step to step",
    hint="Each step looks at its own upstream gradient only. What later steps say about a state is lost, so no "
    "step learns what it did for a later one.",
    section="sec-11-bug-carry",
)
def not_carried(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    h = [h0]
    for x_t in x:
        h.append(np.tanh(x_t @ Wx + h[-1] @ Wh + b))

    def pullback(dhs: Any) -> Any:
        dx, dWx, dWh, db = np.zeros_like(x), 0 * Wx, 0 * Wh, 0 * b
        for t in reversed(range(len(x))):
            dz = dhs[t] * (1 - h[t + 1] ** 2)
            dx[t] = dz @ Wx.T
            dWx, dWh, db = dWx + x[t].T @ dz, dWh + h[t].T @ dz, db + dz.sum(axis=0)
        return dx, dz @ Wh.T, dWx, dWh, db

    return np.array(h[1:]), pullback


@task.wrong(
    "only the last step's upstream gradient looked at",
    hint="Every state is an output, and a loss may look at each of them. You start from what arrives at the last "
    "one, and never ask what arrives at the others.",
    section="sec-11-worked",
)
def last_loss_only(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    h = [h0]
    for x_t in x:
        h.append(np.tanh(x_t @ Wx + h[-1] @ Wh + b))

    def pullback(dhs: Any) -> Any:
        dx, dWx, dWh, db = np.zeros_like(x), 0 * Wx, 0 * Wh, 0 * b
        dh = dhs[-1]
        for t in reversed(range(len(x))):
            dz = dh * (1 - h[t + 1] ** 2)
            dx[t] = dz @ Wx.T
            dWx, dWh, db = dWx + x[t].T @ dz, dWh + h[t].T @ dz, db + dz.sum(axis=0)
            dh = dz @ Wh.T
        return dx, dh, dWx, dWh, db

    return np.array(h[1:]), pullback


@task.wrong(
    "the weights' gradients overwritten at every step",
    hint="The same weights work at every step, so every step has something to tell them, and it adds up. After "
    "your loop only the first step's share is left.",
    section="sec-11-worked",
)
def weights_overwritten(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    h = [h0]
    for x_t in x:
        h.append(np.tanh(x_t @ Wx + h[-1] @ Wh + b))

    def pullback(dhs: Any) -> Any:
        dx = np.zeros_like(x)
        dh = np.zeros_like(h0)
        for t in reversed(range(len(x))):
            dz = (dh + dhs[t]) * (1 - h[t + 1] ** 2)
            dx[t] = dz @ Wx.T
            dWx, dWh, db = x[t].T @ dz, h[t].T @ dz, dz.sum(axis=0)
            dh = dz @ Wh.T
        return dx, dh, dWx, dWh, db

    return np.array(h[1:]), pullback


@task.wrong(
    "dWh made with the state that leaves a step, not with the one that entered it",
    hint="What went into the product with Wh is the state of the step before. You paired what came back with the "
    "state that came out.",
    section="sec-11-bug-present",
)
def present_state(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    h = [h0]
    for x_t in x:
        h.append(np.tanh(x_t @ Wx + h[-1] @ Wh + b))

    def pullback(dhs: Any) -> Any:
        dx, dWx, dWh, db = np.zeros_like(x), 0 * Wx, 0 * Wh, 0 * b
        dh = np.zeros_like(h0)
        for t in reversed(range(len(x))):
            dz = (dh + dhs[t]) * (1 - h[t + 1] ** 2)
            dx[t] = dz @ Wx.T
            dWx, dWh, db = dWx + x[t].T @ dz, dWh + h[t + 1].T @ dz, db + dz.sum(axis=0)
            dh = dz @ Wh.T
        return dx, dh, dWx, dWh, db

    return np.array(h[1:]), pullback


@task.wrong(
    "the slopes of tanh left out",
    hint="Every step passes through a bend on its way forward, and yours passes through none on its way back. Over "
    "many steps this makes gradients far too large.",
    section="sec-11-vanish",
)
def slopes_left_out(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    h = [h0]
    for x_t in x:
        h.append(np.tanh(x_t @ Wx + h[-1] @ Wh + b))

    def pullback(dhs: Any) -> Any:
        dx, dWx, dWh, db = np.zeros_like(x), 0 * Wx, 0 * Wh, 0 * b
        dh = np.zeros_like(h0)
        for t in reversed(range(len(x))):
            dz = dh + dhs[t]
            dx[t] = dz @ Wx.T
            dWx, dWh, db = dWx + x[t].T @ dz, dWh + h[t].T @ dz, db + dz.sum(axis=0)
            dh = dz @ Wh.T
        return dx, dh, dWx, dWh, db

    return np.array(h[1:]), pullback


@task.wrong(
    "each step's slope taken from the state that enters it",
    hint="Your states are one place off: the list begins with the start, so the bend of a step made the state one "
    "place further on.",
)
def slope_one_off(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    h = [h0]
    for x_t in x:
        h.append(np.tanh(x_t @ Wx + h[-1] @ Wh + b))

    def pullback(dhs: Any) -> Any:
        dx, dWx, dWh, db = np.zeros_like(x), 0 * Wx, 0 * Wh, 0 * b
        dh = np.zeros_like(h0)
        for t in reversed(range(len(x))):
            dz = (dh + dhs[t]) * (1 - h[t] ** 2)
            dx[t] = dz @ Wx.T
            dWx, dWh, db = dWx + x[t].T @ dz, dWh + h[t].T @ dz, db + dz.sum(axis=0)
            dh = dz @ Wh.T
        return dx, dh, dWx, dWh, db

    return np.array(h[1:]), pullback


@task.wrong(
    "Wh not transposed between the steps",
    hint="On the way back a unit collects from all units that listened to it. You let the gradient run through Wh "
    "in the same direction as the state. Wh is square, so no shape complains.",
    section="sec-06-transpose",
)
def untransposed(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    h = [h0]
    for x_t in x:
        h.append(np.tanh(x_t @ Wx + h[-1] @ Wh + b))

    def pullback(dhs: Any) -> Any:
        dx, dWx, dWh, db = np.zeros_like(x), 0 * Wx, 0 * Wh, 0 * b
        dh = np.zeros_like(h0)
        for t in reversed(range(len(x))):
            dz = (dh + dhs[t]) * (1 - h[t + 1] ** 2)
            dx[t] = dz @ Wx.T
            dWx, dWh, db = dWx + x[t].T @ dz, dWh + h[t].T @ dz, db + dz.sum(axis=0)
            dh = dz @ Wh
        return dx, dh, dWx, dWh, db

    return np.array(h[1:]), pullback


from bplib.check.tasks.a11 import _rnn_more, _rnn_slips  # noqa: E402, F401  # it enters more wrong answers
