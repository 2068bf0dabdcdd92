"""Slips at the two ends of a sequence."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a11.rnn import task


@task.wrong(
    "dh0 without the last product with Wh",
    hint="What you return as dh0 has arrived at the first step's sums. The start entered them by way of Wh, "
    "and its gradient leaves by the same way.",
    section="sec-11-bptt",
)
def dh0_in_sums(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
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
        return dx, dz, dWx, dWh, db

    return np.array(h[1:]), pullback


@task.wrong(
    "the start taken as a constant",
    hint="The start is an argument like the others, and a small change of it changes every state. What is left "
    "when the way back has passed the first step is its gradient.",
    section="sec-11-bptt",
)
def dh0_zero(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
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
        return dx, 0 * h0, dWx, dWh, db

    return np.array(h[1:]), pullback


@task.wrong(
    "the first state's upstream gradient added to dh0 as well",
    hint="The first state's own loss is counted when the way back comes to that state. No loss looks at the "
    "start itself.",
    section="sec-11-bptt",
)
def dh0_twice(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
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
        return dx, dh + dhs[0], dWx, dWh, db

    return np.array(h[1:]), pullback


@task.wrong(
    "the last upstream gradient counted twice",
    hint="At the last step nothing comes from later. You begin with what the loss sends to the last state, and "
    "add it once more in the loop.",
    section="sec-11-bptt",
)
def last_twice(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    h = [h0]
    for x_t in x:
        h.append(np.tanh(x_t @ Wx + h[-1] @ Wh + b))

    def pullback(dhs: Any) -> Any:
        dx, dWx, dWh, db = np.zeros_like(x), 0 * Wx, 0 * Wh, 0 * b
        dh = dhs[-1]
        for t in reversed(range(len(x))):
            dz = (dh + dhs[t]) * (1 - h[t + 1] ** 2)
            dx[t] = dz @ Wx.T
            dWx, dWh, db = dWx + x[t].T @ dz, dWh + h[t].T @ dz, db + dz.sum(axis=0)
            dh = dz @ Wh.T
        return dx, dh, dWx, dWh, db

    return np.array(h[1:]), pullback


@task.wrong(
    "the first step left out of dWh",
    hint="The start is a state as well: the first step multiplies it with Wh, and adds its share to dWh.",
    section="sec-11-bug-present",
)
def start_left_out(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    h = [h0]
    for x_t in x:
        h.append(np.tanh(x_t @ Wx + h[-1] @ Wh + b))

    def pullback(dhs: Any) -> Any:
        dx, dWx, dWh, db = np.zeros_like(x), 0 * Wx, 0 * Wh, 0 * b
        dh = np.zeros_like(h0)
        for t in reversed(range(len(x))):
            dz = (dh + dhs[t]) * (1 - h[t + 1] ** 2)
            dx[t] = dz @ Wx.T
            dWx, dWh, db = dWx + x[t].T @ dz, dWh + (t > 0) * h[t].T @ dz, db + dz.sum(axis=0)
            dh = dz @ Wh.T
        return dx, dh, dWx, dWh, db

    return np.array(h[1:]), pullback


@task.wrong(
    "the states that enter the steps returned",
    hint="Your list begins with the start, and the last state is missing. One state is asked for after each "
    "step.",
    section="sec-11-bptt",
)
def entering_states(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
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

    return np.array(h[:-1]), pullback


@task.wrong(
    "the last state alone returned",
    hint="A loss may look at every state, so all of them are asked for, one for each step.",
    section="sec-11-bptt",
)
def last_state_alone(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
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

    return h[-1], pullback
