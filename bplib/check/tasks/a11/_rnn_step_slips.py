"""Slips in the step of an RNN: a square, a road and an order."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a11.rnn_step import task


@task.wrong(
    "one minus the new state for the slope, without the square",
    hint="The slope of tanh is one minus its square. Yours is above 1 where the state is negative, and no "
    "slope of tanh is.",
    section="sec-11-bptt",
)
def slope_without_square(x: Any, h: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    after = np.tanh(x @ Wx + h @ Wh + b)

    def pullback(d: Any) -> Any:
        dz = d * (1 - after)
        return dz @ Wx.T, dz @ Wh.T, x.T @ dz, h.T @ dz, dz.sum(axis=0)

    return after, pullback


@task.wrong(
    "the old state's gradient taken in front of the bend",
    hint="The old state entered the same sum as the input, inside of the tanh. What comes back to it has to "
    "pass the bend as well.",
    section="sec-11-bptt",
)
def dh_past_bend(x: Any, h: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    after = np.tanh(x @ Wx + h @ Wh + b)

    def pullback(d: Any) -> Any:
        dz = d * (1 - after * after)
        return dz @ Wx.T, d @ Wh.T, x.T @ dz, h.T @ dz, dz.sum(axis=0)

    return after, pullback


@task.wrong(
    "dWx returned in front of dh",
    hint="The pullback returns the gradients in the order of the arguments: both inputs first, then what is "
    "learned.",
    section="sec-11-bptt",
)
def weights_between(x: Any, h: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    after = np.tanh(x @ Wx + h @ Wh + b)

    def pullback(d: Any) -> Any:
        dz = d * (1 - after * after)
        return dz @ Wx.T, x.T @ dz, dz @ Wh.T, h.T @ dz, dz.sum(axis=0)

    return after, pullback
