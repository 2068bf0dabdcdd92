"""An LSTM over a whole sequence: two gradients walk back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.task import Case, Seen, Task
from bplib.check.tasks.a11._tries import step
from bplib.check.tasks.a11.lstm_step import lstm_step

task = Task(
    "11.lstm",
    "An LSTM over a whole sequence",
    asks_for="lstm",
    section="sec-11-lstm-whole",
    parts={"value": 1, "gradient": 3},
    needs=("11.lstm_step",),
)


@task.reference
def lstm(x: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    h = c = np.zeros((x.shape[1], len(Wh)), x.dtype)
    hs, backs = [], []
    for x_t in x:
        (h, c), back = lstm_step(x_t, h, c, Wx, Wh, b)
        hs.append(h)
        backs.append(back)

    def pullback(dhs: Any) -> Any:
        dx, dWx, dWh, db = np.zeros_like(x), 0 * Wx, 0 * Wh, 0 * b
        dh = dc = np.zeros_like(hs[0])
        for t in reversed(range(len(x))):
            dx[t], dh, dc, one, two, three = backs[t](dhs[t] + dh, dc)
            dWx, dWh, db = dWx + one, dWh + two, db + three
        return dx, dWx, dWh, db

    return np.array(hs), pullback


def sequence(seed: int, T: int, N: int, D: int, H: int) -> Case:
    """A random sequence: x (T, N, D), weights with four blocks, dhs (T, N, H), which arrives at the states."""
    rng = np.random.default_rng(seed)
    shapes = {"x": (T, N, D), "Wx": (D, 4 * H), "Wh": (H, 4 * H), "b": (4 * H,), "dhs": (T, N, H)}
    return {name: 0.8 * rng.standard_normal(shape) for name, shape in shapes.items()}


@task.cases
def cases() -> Iterator[Case]:
    yield {
        "x": np.array([[[1.0]], [[-0.5]], [[0.0]]]),
        "Wx": np.array([[1.0, 0.5, 1.0, -0.5]]),
        "Wh": np.array([[-1.0, 0.5, 0.5, 1.0]]),
        "b": np.array([0.0, 1.0, 0.0, 0.25]),
        "dhs": np.array([[[0.0]], [[-0.5]], [[1.0]]]),
    }
    yield sequence(1, 4, 3, 2, 3)
    yield sequence(2, 5, 2, 3, 2)


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    yield from step(answer, case, ("x", "Wx", "Wh", "b"), ("dhs",))


@task.wrong(
    "the cell's gradient not handed on from step to step",
    hint="Every step is told that nothing came to its cell from later. What is left is the road by way of the "
    "state, and the one that the LSTM was built for is closed.",
    section="sec-11-bug-cell",
)
def cell_not_carried(x: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    h = c = np.zeros((x.shape[1], len(Wh)), x.dtype)
    hs, backs = [], []
    for x_t in x:
        (h, c), back = lstm_step(x_t, h, c, Wx, Wh, b)
        hs.append(h)
        backs.append(back)

    def pullback(dhs: Any) -> Any:
        dx, dWx, dWh, db = np.zeros_like(x), 0 * Wx, 0 * Wh, 0 * b
        dh = dc = np.zeros_like(hs[0])
        for t in reversed(range(len(x))):
            dx[t], dh, dc, one, two, three = backs[t](dhs[t] + dh, 0 * dc)
            dWx, dWh, db = dWx + one, dWh + two, db + three
        return dx, dWx, dWh, db

    return np.array(hs), pullback


@task.wrong(
    "the state's gradient not handed on from step to step",
    hint="Two gradients walk back, one for the cell and one for the state. Yours hands on the cell's alone, and "
    "what a later step says about the state is lost.",
    section="sec-11-bug-carry",
)
def state_not_carried(x: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    h = c = np.zeros((x.shape[1], len(Wh)), x.dtype)
    hs, backs = [], []
    for x_t in x:
        (h, c), back = lstm_step(x_t, h, c, Wx, Wh, b)
        hs.append(h)
        backs.append(back)

    def pullback(dhs: Any) -> Any:
        dx, dWx, dWh, db = np.zeros_like(x), 0 * Wx, 0 * Wh, 0 * b
        dc = np.zeros_like(hs[0])
        for t in reversed(range(len(x))):
            dx[t], _, dc, one, two, three = backs[t](dhs[t], dc)
            dWx, dWh, db = dWx + one, dWh + two, db + three
        return dx, dWx, dWh, db

    return np.array(hs), pullback


@task.wrong(
    "only the last step's upstream gradient looked at",
    hint="Every state is an output, and a loss may look at each of them. You start from what arrives at the last "
    "one, and never ask what arrives at the others.",
    section="sec-11-worked",
)
def last_loss_only(x: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    h = c = np.zeros((x.shape[1], len(Wh)), x.dtype)
    hs, backs = [], []
    for x_t in x:
        (h, c), back = lstm_step(x_t, h, c, Wx, Wh, b)
        hs.append(h)
        backs.append(back)

    def pullback(dhs: Any) -> Any:
        dx, dWx, dWh, db = np.zeros_like(x), 0 * Wx, 0 * Wh, 0 * b
        dh, dc = dhs[-1], np.zeros_like(hs[0])
        for t in reversed(range(len(x))):
            dx[t], dh, dc, one, two, three = backs[t](dh, dc)
            dWx, dWh, db = dWx + one, dWh + two, db + three
        return dx, dWx, dWh, db

    return np.array(hs), pullback


@task.wrong(
    "the weights' gradients overwritten at every step",
    hint="The same weights work at every step, so every step has something to tell them, and it adds up. After "
    "your loop only the first step's share is left.",
    section="sec-11-worked",
)
def weights_overwritten(x: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    h = c = np.zeros((x.shape[1], len(Wh)), x.dtype)
    hs, backs = [], []
    for x_t in x:
        (h, c), back = lstm_step(x_t, h, c, Wx, Wh, b)
        hs.append(h)
        backs.append(back)

    def pullback(dhs: Any) -> Any:
        dx, dWx, dWh, db = np.zeros_like(x), 0 * Wx, 0 * Wh, 0 * b
        dh = dc = np.zeros_like(hs[0])
        for t in reversed(range(len(x))):
            dx[t], dh, dc, one, two, three = backs[t](dhs[t] + dh, dc)
            dWx, dWh, db = one, two, three
        return dx, dWx, dWh, db

    return np.array(hs), pullback


@task.wrong(
    "the gradients of state and cell in each other's place",
    hint="The step's pullback takes what arrives at the state first, and what arrives at the cell second. You hand "
    "them on the other way round.",
    section="sec-11-lstm-back",
)
def roads_exchanged(x: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    h = c = np.zeros((x.shape[1], len(Wh)), x.dtype)
    hs, backs = [], []
    for x_t in x:
        (h, c), back = lstm_step(x_t, h, c, Wx, Wh, b)
        hs.append(h)
        backs.append(back)

    def pullback(dhs: Any) -> Any:
        dx, dWx, dWh, db = np.zeros_like(x), 0 * Wx, 0 * Wh, 0 * b
        dh = dc = np.zeros_like(hs[0])
        for t in reversed(range(len(x))):
            dx[t], dc, dh, one, two, three = backs[t](dhs[t] + dh, dc)
            dWx, dWh, db = dWx + one, dWh + two, db + three
        return dx, dWx, dWh, db

    return np.array(hs), pullback


@task.wrong(
    "what arrives at the states sent to the cells",
    hint="The loss looks at the states. You add its gradient to the cell's, which is told of it only by way of the "
    "state.",
    section="sec-11-lstm-back",
)
def upstream_to_cell(x: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    h = c = np.zeros((x.shape[1], len(Wh)), x.dtype)
    hs, backs = [], []
    for x_t in x:
        (h, c), back = lstm_step(x_t, h, c, Wx, Wh, b)
        hs.append(h)
        backs.append(back)

    def pullback(dhs: Any) -> Any:
        dx, dWx, dWh, db = np.zeros_like(x), 0 * Wx, 0 * Wh, 0 * b
        dh = dc = np.zeros_like(hs[0])
        for t in reversed(range(len(x))):
            dx[t], dh, dc, one, two, three = backs[t](dh, dhs[t] + dc)
            dWx, dWh, db = dWx + one, dWh + two, db + three
        return dx, dWx, dWh, db

    return np.array(hs), pullback


@task.wrong(
    "a fresh cell at every step",
    hint="The state goes on, and the cell begins at zero each time. A cell that is not kept is no memory.",
    section="sec-11-lstm",
)
def cell_fresh(x: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    h = c = np.zeros((x.shape[1], len(Wh)), x.dtype)
    hs, backs = [], []
    for x_t in x:
        (h, c), back = lstm_step(x_t, h, 0 * c, Wx, Wh, b)
        hs.append(h)
        backs.append(back)

    def pullback(dhs: Any) -> Any:
        dx, dWx, dWh, db = np.zeros_like(x), 0 * Wx, 0 * Wh, 0 * b
        dh = dc = np.zeros_like(hs[0])
        for t in reversed(range(len(x))):
            dx[t], dh, dc, one, two, three = backs[t](dhs[t] + dh, dc)
            dWx, dWh, db = dWx + one, dWh + two, db + three
        return dx, dWx, dWh, db

    return np.array(hs), pullback


@task.wrong(
    "a fresh state at every step",
    hint="The cell goes on, and the state begins at zero each time. The gates of a step would then not know what "
    "the step before has shown.",
    section="sec-11-lstm",
)
def state_fresh(x: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    h = c = np.zeros((x.shape[1], len(Wh)), x.dtype)
    hs, backs = [], []
    for x_t in x:
        (h, c), back = lstm_step(x_t, 0 * h, c, Wx, Wh, b)
        hs.append(h)
        backs.append(back)

    def pullback(dhs: Any) -> Any:
        dx, dWx, dWh, db = np.zeros_like(x), 0 * Wx, 0 * Wh, 0 * b
        dh = dc = np.zeros_like(hs[0])
        for t in reversed(range(len(x))):
            dx[t], dh, dc, one, two, three = backs[t](dhs[t] + dh, dc)
            dWx, dWh, db = dWx + one, dWh + two, db + three
        return dx, dWx, dWh, db

    return np.array(hs), pullback


@task.wrong(
    "the cells returned in place of the states",
    hint="The value has the state after each step. The cell stays inside: what the rest of a network sees is what "
    "the output gate lets through.",
    section="sec-11-lstm",
)
def cells_returned(x: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    h = c = np.zeros((x.shape[1], len(Wh)), x.dtype)
    hs, backs = [], []
    for x_t in x:
        (h, c), back = lstm_step(x_t, h, c, Wx, Wh, b)
        hs.append(c)
        backs.append(back)

    def pullback(dhs: Any) -> Any:
        dx, dWx, dWh, db = np.zeros_like(x), 0 * Wx, 0 * Wh, 0 * b
        dh = dc = np.zeros_like(hs[0])
        for t in reversed(range(len(x))):
            dx[t], dh, dc, one, two, three = backs[t](dhs[t] + dh, dc)
            dWx, dWh, db = dWx + one, dWh + two, db + three
        return dx, dWx, dWh, db

    return np.array(hs), pullback


from bplib.check.tasks.a11 import _lstm_more, _lstm_slips  # noqa: E402, F401  # it enters more wrong answers
