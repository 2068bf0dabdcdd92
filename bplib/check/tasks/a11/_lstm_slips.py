"""Slips where an LSTM's way back begins, and where two gradients meet."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a11.lstm import task
from bplib.check.tasks.a11.lstm_step import lstm_step


@task.wrong(
    "the cell's way back begun with the last upstream gradient",
    hint="At the last step nothing comes from later, neither to the state nor to the cell. What the loss sends "
    "to the last state reaches its cell by way of the step's pullback.",
    section="sec-11-lstm-whole",
)
def cell_begins_with_loss(x: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    h = c = np.zeros((x.shape[1], len(Wh)), x.dtype)
    hs, backs = [], []
    for x_t in x:
        (h, c), back = lstm_step(x_t, h, c, Wx, Wh, b)
        hs.append(h)
        backs.append(back)

    def pullback(dhs: Any) -> Any:
        dx, dWx, dWh, db = np.zeros_like(x), 0 * Wx, 0 * Wh, 0 * b
        dh, dc = np.zeros_like(hs[0]), dhs[-1]
        for t in reversed(range(len(x))):
            dx[t], dh, dc, one, two, three = backs[t](dhs[t] + dh, dc)
            dWx, dWh, db = dWx + one, dWh + two, db + three
        return dx, dWx, dWh, db

    return np.array(hs), pullback


@task.wrong(
    "the last upstream gradient counted twice",
    hint="At the last step nothing comes from later. You begin with what the loss sends to the last state, and "
    "add it once more in the loop.",
    section="sec-11-lstm-whole",
)
def last_twice(x: Any, Wx: Any, Wh: Any, b: Any) -> Any:
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
            dx[t], dh, dc, one, two, three = backs[t](dhs[t] + dh, dc)
            dWx, dWh, db = dWx + one, dWh + two, db + three
        return dx, dWx, dWh, db

    return np.array(hs), pullback


@task.wrong(
    "what arrives at the states sent to the cells as well",
    hint="The loss looks at the states, and at no cell. The pullback of a step finds the road from the state "
    "to its cell by itself.",
    section="sec-11-lstm-whole",
)
def upstream_to_both(x: Any, Wx: Any, Wh: Any, b: Any) -> Any:
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
            dx[t], dh, dc, one, two, three = backs[t](dhs[t] + dh, dhs[t] + dc)
            dWx, dWh, db = dWx + one, dWh + two, db + three
        return dx, dWx, dWh, db

    return np.array(hs), pullback


@task.wrong(
    "the cell's gradient added to the one before",
    hint="What a step returns for its old cell already holds all that came from later. You add to it what that "
    "step was given.",
    section="sec-11-highway",
)
def cell_piles_up(x: Any, Wx: Any, Wh: Any, b: Any) -> Any:
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
            dx[t], dh, old, one, two, three = backs[t](dhs[t] + dh, dc)
            dc = dc + old
            dWx, dWh, db = dWx + one, dWh + two, db + three
        return dx, dWx, dWh, db

    return np.array(hs), pullback
