"""More wrong steps of an LSTM: other bends, other blocks, another order."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a11.lstm_step import task


@task.wrong(
    "the forget gate's gradient made with the new cell",
    hint="What the forget gate multiplies is the cell that entered the step. The new cell came out of it.",
)
def new_cell_at_gate(x: Any, h: Any, c: Any, Wx: Any, Wh: Any, b: Any) -> Any:
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
        dzf = dc * c_next * f * (1 - f)
        dzg = dc * i * (1 - g * g)
        dzo = dh * t * o * (1 - o)
        dz = np.concatenate([dzi, dzf, dzg, dzo], axis=1)
        return dz @ Wx.T, dz @ Wh.T, dc * f, x.T @ dz, h.T @ dz, dz.sum(axis=0)

    return (o * t, c_next), pullback


@task.wrong(
    "the output gate's gradient made with the cell, without its tanh",
    hint="What the output gate multiplies is the tanh of the cell. A large cell would pull at the gate without "
    "bound.",
)
def bare_cell_at_output(x: Any, h: Any, c: Any, Wx: Any, Wh: Any, b: Any) -> Any:
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
        dzo = dh * c_next * o * (1 - o)
        dz = np.concatenate([dzi, dzf, dzg, dzo], axis=1)
        return dz @ Wx.T, dz @ Wh.T, dc * f, x.T @ dz, h.T @ dz, dz.sum(axis=0)

    return (o * t, c_next), pullback


@task.wrong(
    "the slopes of the three gates left out",
    hint="Each gate is a sigmoid of its sum. A gate that is quite open or quite shut stands on the flat, and next "
    "to nothing may reach its sum.",
)
def gate_slopes_missing(x: Any, h: Any, c: Any, Wx: Any, Wh: Any, b: Any) -> Any:
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
        dzi = dc * g
        dzf = dc * c
        dzg = dc * i * (1 - g * g)
        dzo = dh * t
        dz = np.concatenate([dzi, dzf, dzg, dzo], axis=1)
        return dz @ Wx.T, dz @ Wh.T, dc * f, x.T @ dz, h.T @ dz, dz.sum(axis=0)

    return (o * t, c_next), pullback


@task.wrong(
    "the slope of the candidate's tanh left out",
    hint="The candidate has a bend of its own, as the gates have theirs. You take the gradient behind the bend for "
    "the one in front of it.",
)
def candidate_slope_missing(x: Any, h: Any, c: Any, Wx: Any, Wh: Any, b: Any) -> Any:
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
        dzg = dc * i
        dzo = dh * t * o * (1 - o)
        dz = np.concatenate([dzi, dzf, dzg, dzo], axis=1)
        return dz @ Wx.T, dz @ Wh.T, dc * f, x.T @ dz, h.T @ dz, dz.sum(axis=0)

    return (o * t, c_next), pullback


@task.wrong(
    "the candidate's slope taken as that of a sigmoid",
    hint="The candidate is the one block with a tanh. For negative candidates your slope would even be negative.",
    section="sec-04-three",
)
def candidate_as_gate(x: Any, h: Any, c: Any, Wx: Any, Wh: Any, b: Any) -> Any:
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
        dzg = dc * i * g * (1 - g)
        dzo = dh * t * o * (1 - o)
        dz = np.concatenate([dzi, dzf, dzg, dzo], axis=1)
        return dz @ Wx.T, dz @ Wh.T, dc * f, x.T @ dz, h.T @ dz, dz.sum(axis=0)

    return (o * t, c_next), pullback


@task.wrong(
    "output gate and candidate in exchanged blocks",
    hint="The task names the order of the four blocks: input gate, forget gate, candidate, output gate. You read "
    "the third and the fourth the other way round.",
    section="sec-11-lstm",
)
def order_ifog(x: Any, h: Any, c: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    z = x @ Wx + h @ Wh + b
    H = h.shape[1]
    i = 1 / (1 + np.exp(-z[:, :H]))
    f = 1 / (1 + np.exp(-z[:, H : 2 * H]))
    g = np.tanh(z[:, 3 * H :])
    o = 1 / (1 + np.exp(-z[:, 2 * H : 3 * H]))
    c_next = f * c + i * g
    t = np.tanh(c_next)

    def pullback(dh: Any, dc: Any) -> Any:
        dc = dc + dh * o * (1 - t * t)
        dzi = dc * g * i * (1 - i)
        dzf = dc * c * f * (1 - f)
        dzg = dc * i * (1 - g * g)
        dzo = dh * t * o * (1 - o)
        dz = np.concatenate([dzi, dzf, dzo, dzg], axis=1)
        return dz @ Wx.T, dz @ Wh.T, dc * f, x.T @ dz, h.T @ dz, dz.sum(axis=0)

    return (o * t, c_next), pullback


@task.wrong(
    "forget gate and input gate in exchanged blocks",
    hint="The task names the order of the four blocks: input gate, forget gate, candidate, output gate. You read "
    "the first and the second the other way round.",
    section="sec-11-lstm",
)
def order_fi(x: Any, h: Any, c: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    z = x @ Wx + h @ Wh + b
    H = h.shape[1]
    f = 1 / (1 + np.exp(-z[:, :H]))
    i = 1 / (1 + np.exp(-z[:, H : 2 * H]))
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
        dz = np.concatenate([dzf, dzi, dzg, dzo], axis=1)
        return dz @ Wx.T, dz @ Wh.T, dc * f, x.T @ dz, h.T @ dz, dz.sum(axis=0)

    return (o * t, c_next), pullback


@task.wrong(
    "the cell shown without its tanh",
    hint="The state is a share of the tanh of the cell, and so lies between −1 and 1. Yours grows with the cell.",
    section="sec-11-lstm",
)
def cell_not_bent(x: Any, h: Any, c: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    z = x @ Wx + h @ Wh + b
    H = h.shape[1]
    i = 1 / (1 + np.exp(-z[:, :H]))
    f = 1 / (1 + np.exp(-z[:, H : 2 * H]))
    g = np.tanh(z[:, 2 * H : 3 * H])
    o = 1 / (1 + np.exp(-z[:, 3 * H :]))
    c_next = f * c + i * g
    t = c_next

    def pullback(dh: Any, dc: Any) -> Any:
        dc = dc + dh * o * 1
        dzi = dc * g * i * (1 - i)
        dzf = dc * c * f * (1 - f)
        dzg = dc * i * (1 - g * g)
        dzo = dh * t * o * (1 - o)
        dz = np.concatenate([dzi, dzf, dzg, dzo], axis=1)
        return dz @ Wx.T, dz @ Wh.T, dc * f, x.T @ dz, h.T @ dz, dz.sum(axis=0)

    return (o * t, c_next), pullback


from bplib.check.tasks.a11 import _lstm_step_orders  # noqa: E402, F401  # it enters more wrong answers
