"""More wrong steps of an RNN: another layer computed, and results in another order."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a11.rnn_step import task


@task.wrong(
    "two bends, one for the input and one for the state",
    hint="Input and state are added first, and pass one bend together. With a tanh for each the new state can "
    "leave the range from −1 to 1.",
)
def two_bends(x: Any, h: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    one, two = np.tanh(x @ Wx + b), np.tanh(h @ Wh)

    def pullback(d: Any) -> Any:
        dx, dh = d * (1 - one**2), d * (1 - two**2)
        return dx @ Wx.T, dh @ Wh.T, x.T @ dx, h.T @ dh, dx.sum(axis=0)

    return one + two, pullback


@task.wrong(
    "the bias added behind the bend",
    hint="The bias belongs to the sums, in front of the tanh. Added behind it, it shifts the state and bends "
    "nothing.",
)
def bias_outside(x: Any, h: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    after = np.tanh(x @ Wx + h @ Wh)

    def pullback(d: Any) -> Any:
        dz = d * (1 - after * after)
        return dz @ Wx.T, dz @ Wh.T, x.T @ dz, h.T @ dz, d.sum(axis=0)

    return after + b, pullback


@task.wrong(
    "no bias in the sums",
    hint="The step has three parts that are added, and one of them is missing: your state does not change when the "
    "bias does.",
)
def no_bias(x: Any, h: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    after = np.tanh(x @ Wx + h @ Wh)

    def pullback(d: Any) -> Any:
        dz = d * (1 - after * after)
        return dz @ Wx.T, dz @ Wh.T, x.T @ dz, h.T @ dz, dz.sum(axis=0)

    return after, pullback


@task.wrong(
    "a sigmoid where the step has a tanh",
    hint="All your states are positive. The state of this layer lies between −1 and 1, and can be 0 where nothing "
    "comes in.",
    section="sec-04-three",
)
def sigmoid_for_tanh(x: Any, h: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    after = 1 / (1 + np.exp(-(x @ Wx + h @ Wh + b)))

    def pullback(d: Any) -> Any:
        dz = d * after * (1 - after)
        return dz @ Wx.T, dz @ Wh.T, x.T @ dz, h.T @ dz, dz.sum(axis=0)

    return after, pullback


@task.wrong(
    "Wh transposed on the way forward",
    hint="Rows are sequences, and they stand on the left of the weights: column j of Wh belongs to unit j. You "
    "used its rows. Wh is square, so no shape will warn you.",
)
def wh_transposed_forward(x: Any, h: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    after = np.tanh(x @ Wx + h @ Wh.T + b)

    def pullback(d: Any) -> Any:
        dz = d * (1 - after * after)
        return dz @ Wx.T, dz @ Wh, x.T @ dz, dz.T @ h, dz.sum(axis=0)

    return after, pullback


@task.wrong(
    "dh returned before dx",
    hint="The gradients come back in the order of the arguments, and the input is the first of them.",
)
def dh_first(x: Any, h: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    after = np.tanh(x @ Wx + h @ Wh + b)

    def pullback(d: Any) -> Any:
        dz = d * (1 - after * after)
        return dz @ Wh.T, dz @ Wx.T, x.T @ dz, h.T @ dz, dz.sum(axis=0)

    return after, pullback
