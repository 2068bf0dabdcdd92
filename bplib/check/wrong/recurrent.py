"""Wrong gradients of recurrent layers.

Each layer is written once, right, as a loop over steps with a place for every mistake; a wrong version names
the one that it makes. Without a mistake the three are right: tests/bplib/ops/test_recurrent.py says so.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib import ops
from bplib.check.wrong import wrong
from bplib.ops.activations import _sigmoid


def _seen(dhs: Any, mistake: str) -> Any:
    """The upstream gradient of the hidden states, as someone sees it who looks at the last step only."""
    last = np.arange(len(dhs))[:, None, None] == len(dhs) - 1
    return dhs * last if mistake == "last loss" else dhs


def _sums(x: Any, before: Any, after: Any, da: Any, du: Any, mistake: str) -> tuple[Any, Any]:
    """dWx and dWh, summed over steps. before and after: h at the start and the end of each step."""
    dWx = np.einsum("tnd,tnh->dh", x, da)
    if mistake == "last dWh":
        return dWx, before[-1].T @ du[-1]
    return dWx, np.einsum("tnk,tnh->kh", after if mistake == "present h" else before, du)


def _cut(t: int, T: int, mistake: str) -> bool:
    """Does the gradient stop before it gets to step t − 1?"""
    return mistake == "not carried" or (mistake == "truncated" and t == T - 3)


def _rnn(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any, mistake: str = "") -> Any:
    h, zs = [h0], []
    for x_t in x:
        zs.append(x_t @ Wx + h[-1] @ Wh + b)
        h.append(np.tanh(zs[-1]))

    def pullback(dhs: Any) -> Any:
        seen, dz, dh = _seen(dhs, mistake), np.zeros_like(dhs), np.zeros_like(h0)
        for t in reversed(range(len(x))):
            dh = dh + seen[t]
            slope = 1 - (zs[t] if mistake == "slope at z" else h[t + 1]) ** 2
            dz[t] = dh if mistake == "no slope" else dh * slope
            dh = dz[t] @ (Wh if mistake == "untransposed" else Wh.T)
            if _cut(t, len(x), mistake):
                dh = np.zeros_like(h0)
        dWx, dWh = _sums(x, np.array(h[:-1]), np.array(h[1:]), dz, dz, mistake)
        return dz @ Wx.T, dh, dWx, dWh, dz.sum(axis=(0, 1))

    return np.array(h[1:]), pullback


def _lstm(x: Any, h0: Any, c0: Any, Wx: Any, Wh: Any, b: Any, mistake: str = "") -> Any:
    h, c, gates = [h0], [c0], []
    for x_t in x:
        i, f, g, o = np.split(x_t @ Wx + h[-1] @ Wh + b, 4, axis=1)
        i, f, g, o = _sigmoid(i), _sigmoid(f), np.tanh(g), _sigmoid(o)
        gates.append((i, f, g, o))
        c.append(f * c[-1] + i * g)
        h.append(o * np.tanh(c[-1]))

    def pullback(dhs: Any, dc_last: Any) -> Any:
        T, dh, dc = len(x), np.zeros_like(h0), np.zeros_like(c0)
        seen = np.zeros_like(h[1:]) if dhs is None else _seen(dhs, mistake)
        if dc_last is not None and mistake != "no dc_last":
            dc = dc_last
        dz = np.zeros((*seen.shape[:2], Wx.shape[1]), x.dtype)
        for t in reversed(range(T)):
            i, f, g, o = gates[t]
            tanh_c = np.tanh(c[t + 1])
            dh = dh + seen[t]
            out = 1 if mistake == "no output gate" else o
            dc = dc + dh * out * (1 if mistake == "no tanh(c) slope" else 1 - tanh_c**2)
            di, dg = (dc * i, dc * g) if mistake == "swapped" else (dc * g, dc * i)
            df = dc * c[t + 1 if mistake == "present c" else t]
            slope_g = 1 if mistake == "no slope" else 1 - g**2
            dz[t] = np.concatenate(
                [di * i * (1 - i), df * f * (1 - f), dg * slope_g, dh * tanh_c * o * (1 - o)], axis=1
            )
            dh = dz[t] @ Wh.T
            dc = np.zeros_like(c0) if mistake == "cell not carried" else dc * (1 if mistake == "no f" else f)
            if _cut(t, T, mistake):
                dh = np.zeros_like(h0)
                dc = np.zeros_like(c0) if mistake == "truncated" else dc
        dWx, dWh = _sums(x, np.array(h[:-1]), np.array(h[1:]), dz, dz, mistake)
        return dz @ Wx.T, dh, dc, dWx, dWh, dz.sum(axis=(0, 1))

    return (np.array(h[1:]), c[-1]), pullback


def _gru(x: Any, h0: Any, Wx: Any, Wh: Any, bx: Any, bh: Any, mistake: str = "") -> Any:
    h, gates = [h0], []
    for x_t in x:
        a, u = np.split(x_t @ Wx + bx, 3, axis=1), np.split(h[-1] @ Wh + bh, 3, axis=1)
        r, z = _sigmoid(a[0] + u[0]), _sigmoid(a[1] + u[1])
        n = np.tanh(a[2] + r * u[2])
        gates.append((r, z, n, u[2]))
        h.append((1 - z) * n + z * h[-1])

    def pullback(dhs: Any) -> Any:
        seen, dh = _seen(dhs, mistake), np.zeros_like(h0)
        da = np.zeros((*dhs.shape[:2], Wx.shape[1]), x.dtype)
        du = np.zeros_like(da)
        for t in reversed(range(len(x))):
            r, z, n, u_n = gates[t]
            dh = dh + seen[t]
            dn = dh * (z if mistake == "update swapped" else 1 - z)
            dn = dn if mistake == "no slope" else dn * (1 - n**2)
            dr = dn * (1 if mistake == "no u" else u_n) * r * (1 - r)
            dz = dh * (h[t] - n) * z * (1 - z)
            da[t] = np.concatenate([dr, dz, dn], axis=1)
            du[t] = np.concatenate([dr, dz, dn if mistake == "no reset" else dn * r], axis=1)
            dh = du[t] @ Wh.T + (0 if mistake == "no direct path" else dh * z)
            if _cut(t, len(x), mistake):
                dh = np.zeros_like(h0)
        dWx, dWh = _sums(x, np.array(h[:-1]), np.array(h[1:]), da, du, mistake)
        dbx, dbh = da.sum(axis=(0, 1)), du.sum(axis=(0, 1))
        return da @ Wx.T, dh, dWx, dWh, dbx, dbx.copy() if mistake == "bh as bx" else dbh

    return np.array(h[1:]), pullback


@wrong("rnn", "the gradient of the hidden state is not carried from one step to the step before")
def rnn_hidden_not_carried(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    return _rnn(x, h0, Wx, Wh, b, "not carried")


@wrong("rnn", "dWh multiplies dz of a step with the hidden state after it, not with the one that entered it")
def rnn_present_hidden(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    return _rnn(x, h0, Wx, Wh, b, "present h")


@wrong("rnn", "dWh is that of the last step only; the weights are used at every step, so steps add up")
def rnn_dWh_of_last_step(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    return _rnn(x, h0, Wx, Wh, b, "last dWh")


@wrong("rnn", "the derivative of tanh is left out")
def rnn_tanh_derivative_missing(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    return _rnn(x, h0, Wx, Wh, b, "no slope")


@wrong("rnn", "the derivative of tanh is taken as 1 − z² of the pre-activation, for 1 − h²")
def rnn_slope_of_pre_activation(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    return _rnn(x, h0, Wx, Wh, b, "slope at z")


@wrong("rnn", "the gradient silently stops three steps before the end")
def rnn_truncated(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    return _rnn(x, h0, Wx, Wh, b, "truncated")


@wrong("rnn", "only the last step's upstream gradient is looked at, though every hidden state is an output")
def rnn_loss_at_last_step_only(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    return _rnn(x, h0, Wx, Wh, b, "last loss")


@wrong(
    "rnn", "the gradient goes back through Wh where it needs Wh transposed; Wh is square, so nothing crashes"
)
def rnn_Wh_untransposed(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    return _rnn(x, h0, Wx, Wh, b, "untransposed")


@wrong("lstm", "the gradient of the hidden state is not carried from one step to the step before")
def lstm_hidden_not_carried(x: Any, h0: Any, c0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    return _lstm(x, h0, c0, Wx, Wh, b, "not carried")


@wrong("lstm", "dWh multiplies dz of a step with the hidden state after it, not with the one that entered it")
def lstm_present_hidden(x: Any, h0: Any, c0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    return _lstm(x, h0, c0, Wx, Wh, b, "present h")


@wrong("lstm", "dWh is that of the last step only; the weights are used at every step, so steps add up")
def lstm_dWh_of_last_step(x: Any, h0: Any, c0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    return _lstm(x, h0, c0, Wx, Wh, b, "last dWh")


@wrong("lstm", "the derivative of the candidate's tanh is left out")
def lstm_tanh_derivative_missing(x: Any, h0: Any, c0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    return _lstm(x, h0, c0, Wx, Wh, b, "no slope")


@wrong("lstm", "the gradient silently stops three steps before the end")
def lstm_truncated(x: Any, h0: Any, c0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    return _lstm(x, h0, c0, Wx, Wh, b, "truncated")


@wrong("lstm", "the gradient of the cell is dropped between steps: the path that the LSTM was built for")
def lstm_cell_not_carried(x: Any, h0: Any, c0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    return _lstm(x, h0, c0, Wx, Wh, b, "cell not carried")


@wrong("lstm", "the gradient of the cell is carried whole, without the forget gate")
def lstm_forget_gate_missing(x: Any, h0: Any, c0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    return _lstm(x, h0, c0, Wx, Wh, b, "no f")


@wrong("lstm", "the derivative of tanh(c) is left out on the way from h to c")
def lstm_tanh_of_cell_derivative_missing(x: Any, h0: Any, c0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    return _lstm(x, h0, c0, Wx, Wh, b, "no tanh(c) slope")


@wrong("lstm", "the output gate is left out on the way from h to c")
def lstm_output_gate_missing(x: Any, h0: Any, c0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    return _lstm(x, h0, c0, Wx, Wh, b, "no output gate")


@wrong("lstm", "input gate and candidate change roles: each is given its own value for the other's")
def lstm_input_and_candidate_swapped(x: Any, h0: Any, c0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    return _lstm(x, h0, c0, Wx, Wh, b, "swapped")


@wrong("lstm", "the forget gate's gradient takes the new cell, not the one that was forgotten from")
def lstm_present_cell(x: Any, h0: Any, c0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    return _lstm(x, h0, c0, Wx, Wh, b, "present c")


@wrong("lstm", "only the last step's upstream gradient is looked at, though every hidden state is an output")
def lstm_loss_at_last_step_only(x: Any, h0: Any, c0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    return _lstm(x, h0, c0, Wx, Wh, b, "last loss")


@wrong("lstm", "the upstream gradient of the last cell is ignored")
def lstm_last_cell_ignored(x: Any, h0: Any, c0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    return _lstm(x, h0, c0, Wx, Wh, b, "no dc_last")


@wrong("gru", "the gradient of the hidden state is not carried from one step to the step before")
def gru_hidden_not_carried(x: Any, h0: Any, Wx: Any, Wh: Any, bx: Any, bh: Any) -> Any:
    return _gru(x, h0, Wx, Wh, bx, bh, "not carried")


@wrong("gru", "dWh multiplies du of a step with the hidden state after it, not with the one that entered it")
def gru_present_hidden(x: Any, h0: Any, Wx: Any, Wh: Any, bx: Any, bh: Any) -> Any:
    return _gru(x, h0, Wx, Wh, bx, bh, "present h")


@wrong("gru", "dWh is that of the last step only; the weights are used at every step, so steps add up")
def gru_dWh_of_last_step(x: Any, h0: Any, Wx: Any, Wh: Any, bx: Any, bh: Any) -> Any:
    return _gru(x, h0, Wx, Wh, bx, bh, "last dWh")


@wrong("gru", "the derivative of the candidate's tanh is left out")
def gru_tanh_derivative_missing(x: Any, h0: Any, Wx: Any, Wh: Any, bx: Any, bh: Any) -> Any:
    return _gru(x, h0, Wx, Wh, bx, bh, "no slope")


@wrong("gru", "the gradient silently stops three steps before the end")
def gru_truncated(x: Any, h0: Any, Wx: Any, Wh: Any, bx: Any, bh: Any) -> Any:
    return _gru(x, h0, Wx, Wh, bx, bh, "truncated")


@wrong("gru", "only the last step's upstream gradient is looked at, though every hidden state is an output")
def gru_loss_at_last_step_only(x: Any, h0: Any, Wx: Any, Wh: Any, bx: Any, bh: Any) -> Any:
    return _gru(x, h0, Wx, Wh, bx, bh, "last loss")


@wrong("gru", "the reset gate is not applied to the gradient of the recurrent product, nor to that of bh")
def gru_reset_gate_missing(x: Any, h0: Any, Wx: Any, Wh: Any, bx: Any, bh: Any) -> Any:
    return _gru(x, h0, Wx, Wh, bx, bh, "no reset")


@wrong("gru", "dbh is taken to be dbx; for the candidate they differ by the reset gate")
def gru_bh_gradient_is_that_of_bx(x: Any, h0: Any, Wx: Any, Wh: Any, bx: Any, bh: Any) -> Any:
    return _gru(x, h0, Wx, Wh, bx, bh, "bh as bx")


@wrong("gru", "the direct path from h to the next h, through the update gate, gets no gradient")
def gru_direct_path_lost(x: Any, h0: Any, Wx: Any, Wh: Any, bx: Any, bh: Any) -> Any:
    return _gru(x, h0, Wx, Wh, bx, bh, "no direct path")


@wrong("gru", "z and 1 − z change places on the way to the candidate")
def gru_update_gate_swapped(x: Any, h0: Any, Wx: Any, Wh: Any, bx: Any, bh: Any) -> Any:
    return _gru(x, h0, Wx, Wh, bx, bh, "update swapped")


@wrong("gru", "the gradient of the reset gate leaves out the recurrent product that it multiplies")
def gru_recurrent_product_missing(x: Any, h0: Any, Wx: Any, Wh: Any, bx: Any, bh: Any) -> Any:
    return _gru(x, h0, Wx, Wh, bx, bh, "no u")


@wrong("gru", "Wh is applied before the reset gate: n = tanh(x Wx + (r h) Wh), a different layer")
def gru_reset_before_product(x: Any, h0: Any, Wx: Any, Wh: Any, bx: Any, bh: Any) -> Any:
    H, h, hs = len(Wh), h0, []
    for x_t in x:
        a, u = x_t @ Wx + bx, h @ Wh + bh
        r, z = np.split(_sigmoid(a[:, : 2 * H] + u[:, : 2 * H]), 2, axis=1)
        n = np.tanh(a[:, 2 * H :] + (r * h) @ Wh[:, 2 * H :] + bh[2 * H :])
        h = (1 - z) * n + z * h
        hs.append(h)
    return np.array(hs), ops.gru(x, h0, Wx, Wh, bx, bh)[1]
