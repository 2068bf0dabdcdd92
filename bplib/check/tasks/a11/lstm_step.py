"""One step of an LSTM, and its way back, gate by gate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.task import Case, Seen, Task
from bplib.check.tasks.a11._tries import step

task = Task(
    "11.lstm_step",
    "One step of an LSTM",
    asks_for="lstm_step",
    section="sec-11-lstm-back",
    parts={"value": 1, "gradient": 4},
    tolerance=1e-5,  # of float32
)


@task.reference
def lstm_step(x: Any, h: Any, c: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    z = x @ Wx + h @ Wh + b
    H = h.shape[1]
    i = 1 / (1 + np.exp(-z[:, :H]))
    f = 1 / (1 + np.exp(-z[:, H : 2 * H]))
    g = np.tanh(z[:, 2 * H : 3 * H])
    o = 1 / (1 + np.exp(-z[:, 3 * H :]))
    c_next = f * c + i * g
    t = np.tanh(c_next)

    def pullback(dh: Any, dc: Any) -> Any:
        dc = dc + dh * o * (1 - t * t)
        dzi = dc * g * i * (1 - i)
        dzf = dc * c * f * (1 - f)
        dzg = dc * i * (1 - g * g)
        dzo = dh * t * o * (1 - o)
        dz = np.concatenate([dzi, dzf, dzg, dzo], axis=1)
        return dz @ Wx.T, dz @ Wh.T, dc * f, x.T @ dz, h.T @ dz, dz.sum(axis=0)

    return (o * t, c_next), pullback


def one(seed: int, N: int, D: int, H: int, dtype: Any = np.float64) -> Case:
    """A random step: x (N, D), h and c (N, H), weights with four blocks, dh and dc (N, H), which arrive."""
    rng = np.random.default_rng(seed)
    states = dict.fromkeys(("h", "c", "dh_next", "dc_next"), (N, H))
    shapes = {
        "x": (N, D),
        "h": (N, H),
        "c": (N, H),
        "Wx": (D, 4 * H),
        "Wh": (H, 4 * H),
        "b": (4 * H,),
        **states,
    }
    case = {name: 0.8 * rng.standard_normal(shape) for name, shape in shapes.items()}
    return {name: a.astype(dtype) for name, a in case.items()}


@task.cases
def cases() -> Iterator[Case]:
    yield {
        "x": np.array([[1.0]]),
        "h": np.array([[0.5]]),
        "c": np.array([[1.0]]),
        "Wx": np.array([[1.0, 0.5, 0.25, -0.5]]),
        "Wh": np.array([[-1.0, 0.5, 0.5, 1.0]]),
        "b": np.array([0.0, 1.0, 0.5, 0.25]),
        "dh_next": np.array([[1.0]]),
        "dc_next": np.array([[0.25]]),
    }
    yield one(1, 3, 2, 3)
    yield one(2, 4, 3, 2)
    yield one(3, 2, 4, 3, np.float32)


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    yield from step(
        answer, case, ("x", "h", "c", "Wx", "Wh", "b"), ("dh_next", "dc_next"), ("h_next", "c_next")
    )


@task.wrong(
    "what comes to the cell from the next step ignored",
    hint="The cell is used twice: by the state that you return, and by the next step. What the next step sends "
    "back to it arrives as dc_next, and yours never uses it.",
    section="sec-11-bug-cell",
)
def cell_not_carried(x: Any, h: Any, c: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    z = x @ Wx + h @ Wh + b
    H = h.shape[1]
    i = 1 / (1 + np.exp(-z[:, :H]))
    f = 1 / (1 + np.exp(-z[:, H : 2 * H]))
    g = np.tanh(z[:, 2 * H : 3 * H])
    o = 1 / (1 + np.exp(-z[:, 3 * H :]))
    c_next = f * c + i * g
    t = np.tanh(c_next)

    def pullback(dh: Any, dc: Any) -> Any:
        dc = dh * o * (1 - t * t)
        dzi = dc * g * i * (1 - i)
        dzf = dc * c * f * (1 - f)
        dzg = dc * i * (1 - g * g)
        dzo = dh * t * o * (1 - o)
        dz = np.concatenate([dzi, dzf, dzg, dzo], axis=1)
        return dz @ Wx.T, dz @ Wh.T, dc * f, x.T @ dz, h.T @ dz, dz.sum(axis=0)

    return (o * t, c_next), pullback


@task.wrong(
    "what comes to the cell by way of the state left out",
    hint="The new state is made of the cell, so what arrives at the state goes on to the cell as well. You hand on "
    "only what the next step's cell sends.",
)
def h_road_lost(x: Any, h: Any, c: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    z = x @ Wx + h @ Wh + b
    H = h.shape[1]
    i = 1 / (1 + np.exp(-z[:, :H]))
    f = 1 / (1 + np.exp(-z[:, H : 2 * H]))
    g = np.tanh(z[:, 2 * H : 3 * H])
    o = 1 / (1 + np.exp(-z[:, 3 * H :]))
    c_next = f * c + i * g
    t = np.tanh(c_next)

    def pullback(dh: Any, dc: Any) -> Any:
        dzi = dc * g * i * (1 - i)
        dzf = dc * c * f * (1 - f)
        dzg = dc * i * (1 - g * g)
        dzo = dh * t * o * (1 - o)
        dz = np.concatenate([dzi, dzf, dzg, dzo], axis=1)
        return dz @ Wx.T, dz @ Wh.T, dc * f, x.T @ dz, h.T @ dz, dz.sum(axis=0)

    return (o * t, c_next), pullback


@task.wrong(
    "the output gate left out between the state and the cell",
    hint="The state shows the cell only as far as the output gate is open. On the way back the same gate stands "
    "there; with a closed gate nothing may pass.",
)
def output_gate_missing(x: Any, h: Any, c: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    z = x @ Wx + h @ Wh + b
    H = h.shape[1]
    i = 1 / (1 + np.exp(-z[:, :H]))
    f = 1 / (1 + np.exp(-z[:, H : 2 * H]))
    g = np.tanh(z[:, 2 * H : 3 * H])
    o = 1 / (1 + np.exp(-z[:, 3 * H :]))
    c_next = f * c + i * g
    t = np.tanh(c_next)

    def pullback(dh: Any, dc: Any) -> Any:
        dc = dc + dh * (1 - t * t)
        dzi = dc * g * i * (1 - i)
        dzf = dc * c * f * (1 - f)
        dzg = dc * i * (1 - g * g)
        dzo = dh * t * o * (1 - o)
        dz = np.concatenate([dzi, dzf, dzg, dzo], axis=1)
        return dz @ Wx.T, dz @ Wh.T, dc * f, x.T @ dz, h.T @ dz, dz.sum(axis=0)

    return (o * t, c_next), pullback


@task.wrong(
    "the slope of the tanh around the cell left out",
    hint="Between the cell and the state stands a tanh. A cell of 3 is far out on it, and what comes back there "
    "must shrink.",
)
def tanh_slope_missing(x: Any, h: Any, c: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    z = x @ Wx + h @ Wh + b
    H = h.shape[1]
    i = 1 / (1 + np.exp(-z[:, :H]))
    f = 1 / (1 + np.exp(-z[:, H : 2 * H]))
    g = np.tanh(z[:, 2 * H : 3 * H])
    o = 1 / (1 + np.exp(-z[:, 3 * H :]))
    c_next = f * c + i * g
    t = np.tanh(c_next)

    def pullback(dh: Any, dc: Any) -> Any:
        dc = dc + dh * o
        dzi = dc * g * i * (1 - i)
        dzf = dc * c * f * (1 - f)
        dzg = dc * i * (1 - g * g)
        dzo = dh * t * o * (1 - o)
        dz = np.concatenate([dzi, dzf, dzg, dzo], axis=1)
        return dz @ Wx.T, dz @ Wh.T, dc * f, x.T @ dz, h.T @ dz, dz.sum(axis=0)

    return (o * t, c_next), pullback


@task.wrong(
    "one minus the square of the cell for the slope of its tanh",
    hint="Written with its output, the slope of tanh is one minus a square. You put the cell itself in, which is "
    "the input; cells can be larger than 1.",
    section="sec-04-bug-slope",
)
def slope_at_cell(x: Any, h: Any, c: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    z = x @ Wx + h @ Wh + b
    H = h.shape[1]
    i = 1 / (1 + np.exp(-z[:, :H]))
    f = 1 / (1 + np.exp(-z[:, H : 2 * H]))
    g = np.tanh(z[:, 2 * H : 3 * H])
    o = 1 / (1 + np.exp(-z[:, 3 * H :]))
    c_next = f * c + i * g
    t = np.tanh(c_next)

    def pullback(dh: Any, dc: Any) -> Any:
        dc = dc + dh * o * (1 - c_next * c_next)
        dzi = dc * g * i * (1 - i)
        dzf = dc * c * f * (1 - f)
        dzg = dc * i * (1 - g * g)
        dzo = dh * t * o * (1 - o)
        dz = np.concatenate([dzi, dzf, dzg, dzo], axis=1)
        return dz @ Wx.T, dz @ Wh.T, dc * f, x.T @ dz, h.T @ dz, dz.sum(axis=0)

    return (o * t, c_next), pullback


@task.wrong(
    "the gradient of the old cell without the forget gate",
    hint="Of the old cell only a share stays, the one that the forget gate lets through. Its gradient is that "
    "share of what arrived.",
    section="sec-11-highway",
)
def forget_gate_missing(x: Any, h: Any, c: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    z = x @ Wx + h @ Wh + b
    H = h.shape[1]
    i = 1 / (1 + np.exp(-z[:, :H]))
    f = 1 / (1 + np.exp(-z[:, H : 2 * H]))
    g = np.tanh(z[:, 2 * H : 3 * H])
    o = 1 / (1 + np.exp(-z[:, 3 * H :]))
    c_next = f * c + i * g
    t = np.tanh(c_next)

    def pullback(dh: Any, dc: Any) -> Any:
        dc = dc + dh * o * (1 - t * t)
        dzi = dc * g * i * (1 - i)
        dzf = dc * c * f * (1 - f)
        dzg = dc * i * (1 - g * g)
        dzo = dh * t * o * (1 - o)
        dz = np.concatenate([dzi, dzf, dzg, dzo], axis=1)
        return dz @ Wx.T, dz @ Wh.T, dc, x.T @ dz, h.T @ dz, dz.sum(axis=0)

    return (o * t, c_next), pullback


@task.wrong(
    "input gate and candidate in each other's place",
    hint="The two are multiplied, so each receives what arrived times the other. Yours receives it times itself.",
)
def roles_swapped(x: Any, h: Any, c: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    z = x @ Wx + h @ Wh + b
    H = h.shape[1]
    i = 1 / (1 + np.exp(-z[:, :H]))
    f = 1 / (1 + np.exp(-z[:, H : 2 * H]))
    g = np.tanh(z[:, 2 * H : 3 * H])
    o = 1 / (1 + np.exp(-z[:, 3 * H :]))
    c_next = f * c + i * g
    t = np.tanh(c_next)

    def pullback(dh: Any, dc: Any) -> Any:
        dc = dc + dh * o * (1 - t * t)
        dzi = dc * i * i * (1 - i)
        dzf = dc * c * f * (1 - f)
        dzg = dc * g * (1 - g * g)
        dzo = dh * t * o * (1 - o)
        dz = np.concatenate([dzi, dzf, dzg, dzo], axis=1)
        return dz @ Wx.T, dz @ Wh.T, dc * f, x.T @ dz, h.T @ dz, dz.sum(axis=0)

    return (o * t, c_next), pullback


from bplib.check.tasks.a11 import _lstm_step_more, _lstm_step_slips  # noqa: E402, F401  # it enters more wrong answers
