"""More wrong sequences: states and gradients in the wrong place or order, and sums that are no sums."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a11.rnn import task


@task.wrong(
    "the steps' gradients of the data in the order of the way back",
    hint="Your list begins with the last step, which is where the way back begins. The first row belongs to the "
    "first step.",
)
def dx_backwards(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    h = [h0]
    for x_t in x:
        h.append(np.tanh(x_t @ Wx + h[-1] @ Wh + b))

    def pullback(dhs: Any) -> Any:
        dx, dWx, dWh, db = [], 0 * Wx, 0 * Wh, 0 * b
        dh = np.zeros_like(h0)
        for t in reversed(range(len(x))):
            dz = (dh + dhs[t]) * (1 - h[t + 1] ** 2)
            dx.append(dz @ Wx.T)
            dWx, dWh, db = dWx + x[t].T @ dz, dWh + h[t].T @ dz, db + dz.sum(axis=0)
            dh = dz @ Wh.T
        return np.array(dx), dh, dWx, dWh, db

    return np.array(h[1:]), pullback


@task.wrong(
    "the way back begun at the first step",
    hint="Your loop runs through the steps in the order of time. What a later step says about a state is not known "
    "yet when you come to that state.",
    section="sec-11-bptt",
)
def forward_order(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    h = [h0]
    for x_t in x:
        h.append(np.tanh(x_t @ Wx + h[-1] @ Wh + b))

    def pullback(dhs: Any) -> Any:
        dx, dWx, dWh, db = np.zeros_like(x), 0 * Wx, 0 * Wh, 0 * b
        dh = np.zeros_like(h0)
        for t in range(len(x)):
            dz = (dh + dhs[t]) * (1 - h[t + 1] ** 2)
            dx[t] = dz @ Wx.T
            dWx, dWh, db = dWx + x[t].T @ dz, dWh + h[t].T @ dz, db + dz.sum(axis=0)
            dh = dz @ Wh.T
        return dx, dh, dWx, dWh, db

    return np.array(h[1:]), pullback


@task.wrong(
    "dh0 one step short",
    hint="What you return as dh0 is what came back to the first state after the start. One more step, through its "
    "bend and through Wh, and you are there.",
)
def dh0_short(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    h = [h0]
    for x_t in x:
        h.append(np.tanh(x_t @ Wx + h[-1] @ Wh + b))

    def pullback(dhs: Any) -> Any:
        dx, dWx, dWh, db = np.zeros_like(x), 0 * Wx, 0 * Wh, 0 * b
        later = np.zeros_like(h0)
        for t in reversed(range(len(x))):
            dh = later + dhs[t]
            dz = dh * (1 - h[t + 1] ** 2)
            dx[t] = dz @ Wx.T
            dWx, dWh, db = dWx + x[t].T @ dz, dWh + h[t].T @ dz, db + dz.sum(axis=0)
            later = dz @ Wh.T
        return dx, dh, dWx, dWh, db

    return np.array(h[1:]), pullback


@task.wrong(
    "the parameters' gradients averaged over the steps",
    hint="Every step uses the same weights, and what they all send adds up. Dividing by the number of steps would "
    "be right for a loss that is a mean over time, and then that loss does it.",
    section="sec-11-bptt",
)
def mean_over_time(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
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
        return dx, dh, dWx / len(x), dWh / len(x), db / len(x)

    return np.array(h[1:]), pullback


@task.wrong(
    "a start of zeros, whatever h0 is",
    hint="The sequence begins from the state that it is given, and that state is an argument with a gradient of "
    "its own. Yours forgets it.",
)
def zero_start(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    h = [0 * h0]
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


@task.wrong(
    "the start among the states that are returned",
    hint="The value has one state for each step, the one after it. You return the start in front of them, and have "
    "one too many.",
)
def start_included(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
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

    return np.array(h), pullback


@task.wrong(
    "what is handed on taken in front of the bend",
    hint="Between two states stand a bend and Wh, in this order on the way back. You let the gradient through Wh "
    "before it has passed the bend of its own step.",
    section="sec-11-bptt",
)
def carried_past_bend(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    h = [h0]
    for x_t in x:
        h.append(np.tanh(x_t @ Wx + h[-1] @ Wh + b))

    def pullback(dhs: Any) -> Any:
        dx, dWx, dWh, db = np.zeros_like(x), 0 * Wx, 0 * Wh, 0 * b
        dh = np.zeros_like(h0)
        for t in reversed(range(len(x))):
            dh = dh + dhs[t]
            dz = dh * (1 - h[t + 1] ** 2)
            dx[t] = dz @ Wx.T
            dWx, dWh, db = dWx + x[t].T @ dz, dWh + h[t].T @ dz, db + dz.sum(axis=0)
            dh = dh @ Wh.T
        return dx, dh, dWx, dWh, db

    return np.array(h[1:]), pullback


@task.wrong(
    "totals that go on growing from call to call",
    hint="Your sums are made once, outside of the pullback, and every call adds to them. A second call is to "
    "answer as though there had been no first one.",
)
def totals_kept(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    h = [h0]
    for x_t in x:
        h.append(np.tanh(x_t @ Wx + h[-1] @ Wh + b))
    dWx, dWh, db = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)

    def pullback(dhs: Any) -> Any:
        nonlocal dWx, dWh, db
        dx, dh = np.zeros_like(x), np.zeros_like(h0)
        for t in reversed(range(len(x))):
            dz = (dh + dhs[t]) * (1 - h[t + 1] ** 2)
            dx[t] = dz @ Wx.T
            dWx, dWh, db = dWx + x[t].T @ dz, dWh + h[t].T @ dz, db + dz.sum(axis=0)
            dh = dz @ Wh.T
        return dx, dh, dWx, dWh, db

    return np.array(h[1:]), pullback
