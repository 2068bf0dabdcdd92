"""The recurrent layers once more, step by step out of smaller ops: slower, and each line is a line of the derivation.

Not exported: chapters show these, and tests hold the fast ones in ``recurrent.py`` against them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bplib.ops._door import Array, Pullback
from bplib.ops.activations import sigmoid, tanh
from bplib.ops.linear import linear

Step = Callable[..., tuple[Array, ...]]


def rnn_step(x: Array, h: Array, Wx: Array, Wh: Array, b: Array) -> tuple[Array, Step]:
    """One step of an RNN. x: (N, D), h: (N, H); value: the next h. The pullback gives dx, dh, dWx, dWh, db."""
    zx, back_zx = linear(x, Wx, b)
    zh, back_zh = linear(h, Wh)
    h_next, back_tanh = tanh(zx + zh)

    def pullback(dh_next: Array) -> tuple[Array, ...]:
        dz = back_tanh(dh_next)
        dx, dWx, db = back_zx(dz)
        dh, dWh = back_zh(dz)
        return dx, dh, dWx, dWh, db

    return h_next, pullback


def rnn_plain(x: Array, h0: Array, Wx: Array, Wh: Array, b: Array) -> tuple[Array, Pullback]:
    """What ``rnn`` computes: x (T, N, D), h0 (N, H), value (T, N, H)."""
    h, hs, backs = h0, [], []
    for x_t in x:
        h, back = rnn_step(x_t, h, Wx, Wh, b)
        hs.append(h)
        backs.append(back)

    def pullback(dhs: Array) -> tuple[Array, ...]:
        dx, dWx, dWh, db = (np.zeros_like(a) for a in (x, Wx, Wh, b))
        dh = np.zeros_like(h0)
        for t in reversed(range(len(x))):
            dx[t], dh, dWx_t, dWh_t, db_t = backs[t](
                dh + dhs[t]
            )  # from later steps, and from this one's output
            dWx += dWx_t
            dWh += dWh_t
            db += db_t
        return dx, dh, dWx, dWh, db

    return np.stack(hs), pullback


def lstm_step(
    x: Array, h: Array, c: Array, Wx: Array, Wh: Array, b: Array
) -> tuple[tuple[Array, Array], Step]:
    """One step of an LSTM. x: (N, D), h and c: (N, H); value: the next (h, c).

    The pullback takes the gradients of both and gives dx, dh, dc, dWx, dWh, db.
    """
    zx, back_zx = linear(x, Wx, b)
    zh, back_zh = linear(h, Wh)
    z = np.split(zx + zh, 4, axis=1)
    i, back_i = sigmoid(z[0])
    f, back_f = sigmoid(z[1])
    g, back_g = tanh(z[2])
    o, back_o = sigmoid(z[3])
    c_next = f * c + i * g
    tanh_c, back_tanh_c = tanh(c_next)
    h_next = o * tanh_c

    def pullback(dh_next: Array, dc_next: Array) -> tuple[Array, ...]:
        dc_next = dc_next + back_tanh_c(dh_next * o)  # the cell is used twice: by h, and by the next step
        blocks = back_i(dc_next * g), back_f(dc_next * c), back_g(dc_next * i), back_o(dh_next * tanh_c)
        dz = np.concatenate(blocks, axis=1)
        dx, dWx, db = back_zx(dz)
        dh, dWh = back_zh(dz)
        return dx, dh, dc_next * f, dWx, dWh, db

    return (h_next, c_next), pullback


def lstm_plain(
    x: Array, h0: Array, c0: Array, Wx: Array, Wh: Array, b: Array
) -> tuple[tuple[Array, Array], Pullback]:
    """What ``lstm`` computes: x (T, N, D), h0 and c0 (N, H), value (hidden states (T, N, H), last cell (N, H))."""
    h, c, hs, backs = h0, c0, [], []
    for x_t in x:
        (h, c), back = lstm_step(x_t, h, c, Wx, Wh, b)
        hs.append(h)
        backs.append(back)

    def pullback(dhs: Array | None, dc_last: Array | None) -> tuple[Array, ...]:
        dx, dWx, dWh, db = (np.zeros_like(a) for a in (x, Wx, Wh, b))
        dh, dc = np.zeros_like(h0), np.zeros_like(c0) if dc_last is None else dc_last
        for t in reversed(range(len(x))):
            dh = dh if dhs is None else dh + dhs[t]
            dx[t], dh, dc, dWx_t, dWh_t, db_t = backs[t](dh, dc)
            dWx += dWx_t
            dWh += dWh_t
            db += db_t
        return dx, dh, dc, dWx, dWh, db

    return (np.stack(hs), c), pullback
