"""More wrong LSTMs over a sequence: an order, a name and a mean."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a11.lstm import task
from bplib.check.tasks.a11.lstm_step import lstm_step


@task.wrong(
    "the steps' gradients of the data in the order of the way back",
    hint="Your list begins with the last step, which is where the way back begins. The first row belongs to the "
    "first step.",
    section="sec-11-bptt",
)
def dx_backwards(x: Any, Wx: Any, Wh: Any, b: Any) -> Any:
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
        return dx[::-1], dWx, dWh, db

    return np.array(hs), pullback


@task.wrong(
    "every step going back through the last step's pullback",
    hint="The name holds the pullback of the last round of your loop when the way back begins. Each step has to "
    "keep its own.",
    section="sec-11-lstm-whole",
)
def late_binding(x: Any, Wx: Any, Wh: Any, b: Any) -> Any:
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
            dx[t], dh, dc, one, two, three = backs[-1](dhs[t] + dh, dc)
            dWx, dWh, db = dWx + one, dWh + two, db + three
        return dx, dWx, dWh, db

    return np.array(hs), pullback


@task.wrong(
    "the parameters' gradients averaged over the steps",
    hint="Every step uses the same weights, and what they all send adds up. Any mean belongs to the loss, which is "
    "not here.",
    section="sec-11-bptt",
)
def mean_over_time(x: Any, Wx: Any, Wh: Any, b: Any) -> Any:
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
        return dx, dWx / len(x), dWh / len(x), db / len(x)

    return np.array(hs), pullback
