"""Wrong steps of an LSTM: other layers, and results in another order."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a11.lstm_step import task


@task.wrong(
    "a sigmoid for the candidate",
    hint="All gates are sigmoids, and the candidate is not a gate: it says what is to be added, and may be "
    "negative. Yours can only add.",
    section="sec-11-lstm",
)
def candidate_sigmoid(x: Any, h: Any, c: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    z = x @ Wx + h @ Wh + b
    H = h.shape[1]
    i = 1 / (1 + np.exp(-z[:, :H]))
    f = 1 / (1 + np.exp(-z[:, H : 2 * H]))
    g = 1 / (1 + np.exp(-z[:, 2 * H : 3 * H]))
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
    "one minus the forget gate for the input gate",
    hint="In yours, what enters is what was forgotten. That is the GRU's idea; in the LSTM the two gates have "
    "weights of their own.",
    section="sec-11-gru",
)
def gates_tied(x: Any, h: Any, c: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    z = x @ Wx + h @ Wh + b
    H = h.shape[1]
    i = 1 / (1 + np.exp(-z[:, :H]))
    f = 1 / (1 + np.exp(-z[:, H : 2 * H]))
    g = np.tanh(z[:, 2 * H : 3 * H])
    o = 1 / (1 + np.exp(-z[:, 3 * H :]))
    c_next = f * c + (1 - f) * g
    t = np.tanh(c_next)

    def pullback(dh: Any, dc: Any) -> Any:
        dc = dc + dh * o * (1 - t * t)
        dzi = 0 * i
        dzf = dc * (c - g) * f * (1 - f)
        dzg = dc * (1 - f) * (1 - g * g)
        dzo = dh * t * o * (1 - o)
        dz = np.concatenate([dzi, dzf, dzg, dzo], axis=1)
        return dz @ Wx.T, dz @ Wh.T, dc * f, x.T @ dz, h.T @ dz, dz.sum(axis=0)

    return (o * t, c_next), pullback


@task.wrong(
    "the cell returned in front of the state",
    hint="The value is the pair of the new state and the new cell, in this order.",
)
def cell_first(x: Any, h: Any, c: Any, Wx: Any, Wh: Any, b: Any) -> Any:
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

    return (c_next, o * t), pullback


@task.wrong(
    "dWh made with the state that leaves the step",
    hint="A weight's gradient is what went in, times what came back. The state that entered the step went into the "
    "product with Wh.",
    section="sec-11-bug-present",
)
def dwh_of_new_state(x: Any, h: Any, c: Any, Wx: Any, Wh: Any, b: Any) -> Any:
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
        return dz @ Wx.T, dz @ Wh.T, dc * f, x.T @ dz, (o * t).T @ dz, dz.sum(axis=0)

    return (o * t, c_next), pullback


@task.wrong(
    "the cell's gradient returned in front of the state's",
    hint="The gradients come back in the order of the arguments: input, state, cell, and then the parameters.",
)
def dc_before_dh(x: Any, h: Any, c: Any, Wx: Any, Wh: Any, b: Any) -> Any:
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
        return dz @ Wx.T, dc * f, dz @ Wh.T, x.T @ dz, h.T @ dz, dz.sum(axis=0)

    return (o * t, c_next), pullback


@task.wrong(
    "the bias's gradient averaged over the sequences",
    hint="All sequences of the batch use the same bias, so it receives the sum of what they send. Any mean belongs "
    "to the loss, which is not here.",
    section="sec-01-layer",
)
def db_averaged(x: Any, h: Any, c: Any, Wx: Any, Wh: Any, b: Any) -> Any:
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
        return dz @ Wx.T, dz @ Wh.T, dc * f, x.T @ dz, h.T @ dz, dz.mean(axis=0)

    return (o * t, c_next), pullback
