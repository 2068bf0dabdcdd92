"""Slips on the way back through an LSTM's step."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a11.lstm_step import task


@task.wrong(
    "the tanh's slope put on the cell's own gradient too",
    hint="Only what comes by way of the state passes the tanh around the cell. What the next step sends to the "
    "cell arrives at the cell itself.",
    section="sec-11-highway",
)
def slope_on_both(x: Any, h: Any, c: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    z = x @ Wx + h @ Wh + b
    H = h.shape[1]
    i = 1 / (1 + np.exp(-z[:, :H]))
    f = 1 / (1 + np.exp(-z[:, H : 2 * H]))
    g = np.tanh(z[:, 2 * H : 3 * H])
    o = 1 / (1 + np.exp(-z[:, 3 * H :]))
    c_next = f * c + i * g
    t = np.tanh(c_next)

    def pullback(dh: Any, dc: Any) -> Any:
        dc = (dc + dh * o) * (1 - t * t)
        dzi = dc * g * i * (1 - i)
        dzf = dc * c * f * (1 - f)
        dzg = dc * i * (1 - g * g)
        dzo = dh * t * o * (1 - o)
        dz = np.concatenate([dzi, dzf, dzg, dzo], axis=1)
        return dz @ Wx.T, dz @ Wh.T, dc * f, x.T @ dz, h.T @ dz, dz.sum(axis=0)

    return (o * t, c_next), pullback


@task.wrong(
    "the gates' slopes taken as those of a tanh",
    hint="The gates are sigmoids, and the slope of a sigmoid is its value times one minus its value. One minus "
    "the square belongs to tanh.",
)
def gates_as_tanh(x: Any, h: Any, c: Any, Wx: Any, Wh: Any, b: Any) -> Any:
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
        dzi = dc * g * (1 - i * i)
        dzf = dc * c * (1 - f * f)
        dzg = dc * i * (1 - g * g)
        dzo = dh * t * (1 - o * o)
        dz = np.concatenate([dzi, dzf, dzg, dzo], axis=1)
        return dz @ Wx.T, dz @ Wh.T, dc * f, x.T @ dz, h.T @ dz, dz.sum(axis=0)

    return (o * t, c_next), pullback


@task.wrong(
    "no slope at all between the gates and their sums",
    hint="You have the gradients of the three gates and of the candidate. Each of them was made from a sum by "
    "a bend, and the weights stand behind that bend.",
)
def all_slopes_missing(x: Any, h: Any, c: Any, Wx: Any, Wh: Any, b: Any) -> Any:
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
        dzg = dc * i
        dzo = dh * t
        dz = np.concatenate([dzi, dzf, dzg, dzo], axis=1)
        return dz @ Wx.T, dz @ Wh.T, dc * f, x.T @ dz, h.T @ dz, dz.sum(axis=0)

    return (o * t, c_next), pullback


@task.wrong(
    "the old cell given only what arrived at the new cell",
    hint="The new cell also made the state, and what arrives there comes back to the cell first. The sum of "
    "both passes the forget gate.",
    section="sec-11-highway",
)
def only_highway(x: Any, h: Any, c: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    z = x @ Wx + h @ Wh + b
    H = h.shape[1]
    i = 1 / (1 + np.exp(-z[:, :H]))
    f = 1 / (1 + np.exp(-z[:, H : 2 * H]))
    g = np.tanh(z[:, 2 * H : 3 * H])
    o = 1 / (1 + np.exp(-z[:, 3 * H :]))
    c_next = f * c + i * g
    t = np.tanh(c_next)

    def pullback(dh: Any, dc: Any) -> Any:
        arrived = dc
        dc = dc + dh * o * (1 - t * t)
        dzi = dc * g * i * (1 - i)
        dzf = dc * c * f * (1 - f)
        dzg = dc * i * (1 - g * g)
        dzo = dh * t * o * (1 - o)
        dz = np.concatenate([dzi, dzf, dzg, dzo], axis=1)
        return dz @ Wx.T, dz @ Wh.T, arrived * f, x.T @ dz, h.T @ dz, dz.sum(axis=0)

    return (o * t, c_next), pullback


@task.wrong(
    "what arrives at the new state added to the old state's gradient",
    hint="The new state is made afresh from the gates and the cell. The old one has no road to it but by way "
    "of the four sums.",
)
def state_shortcut(x: Any, h: Any, c: Any, Wx: Any, Wh: Any, b: Any) -> Any:
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
        return dz @ Wx.T, dh + dz @ Wh.T, dc * f, x.T @ dz, h.T @ dz, dz.sum(axis=0)

    return (o * t, c_next), pullback


@task.wrong(
    "the four blocks put together in another order on the way back",
    hint="On the way forward the candidate stands in the third block and the output gate in the fourth. On the "
    "way back you have exchanged them.",
)
def back_in_ifog(x: Any, h: Any, c: Any, Wx: Any, Wh: Any, b: Any) -> Any:
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
        dz = np.concatenate([dzi, dzf, dzo, dzg], axis=1)
        return dz @ Wx.T, dz @ Wh.T, dc * f, x.T @ dz, h.T @ dz, dz.sum(axis=0)

    return (o * t, c_next), pullback
