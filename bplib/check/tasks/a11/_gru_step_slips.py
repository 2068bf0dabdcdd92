"""Slips on the way back through a GRU's step: sums mixed up, and roads with the wrong factor."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a11.gru_step import task


@task.wrong(
    "the gradients at u given to a as well",
    hint="The candidate's two sums do not get the same: the reset gate stands in front of one of them only. "
    "You use one gradient for both.",
)
def sums_not_kept_apart(x: Any, h: Any, Wx: Any, Wh: Any, bx: Any, bh: Any) -> Any:
    a, u = x @ Wx + bx, h @ Wh + bh
    H = h.shape[1]
    r = 1 / (1 + np.exp(-(a[:, :H] + u[:, :H])))
    z = 1 / (1 + np.exp(-(a[:, H : 2 * H] + u[:, H : 2 * H])))
    n = np.tanh(a[:, 2 * H :] + r * u[:, 2 * H :])

    def pullback(d: Any) -> Any:
        dan = d * (1 - z) * (1 - n * n)
        dar = dan * u[:, 2 * H :] * r * (1 - r)
        daz = d * (h - n) * z * (1 - z)
        da = np.concatenate([dar, daz, dan * r], axis=1)
        du = np.concatenate([dar, daz, dan * r], axis=1)
        dh = d * z + du @ Wh.T
        return da @ Wx.T, dh, x.T @ da, h.T @ du, da.sum(axis=0), du.sum(axis=0)

    return (1 - z) * n + z * h, pullback


@task.wrong(
    "the old state's gradient taken from the sums of the input",
    hint="The old state entered by way of u. In the candidate's block its gradient has the reset gate in it, "
    "and that of a has not.",
)
def through_the_inputs_sums(x: Any, h: Any, Wx: Any, Wh: Any, bx: Any, bh: Any) -> Any:
    a, u = x @ Wx + bx, h @ Wh + bh
    H = h.shape[1]
    r = 1 / (1 + np.exp(-(a[:, :H] + u[:, :H])))
    z = 1 / (1 + np.exp(-(a[:, H : 2 * H] + u[:, H : 2 * H])))
    n = np.tanh(a[:, 2 * H :] + r * u[:, 2 * H :])

    def pullback(d: Any) -> Any:
        dan = d * (1 - z) * (1 - n * n)
        dar = dan * u[:, 2 * H :] * r * (1 - r)
        daz = d * (h - n) * z * (1 - z)
        da = np.concatenate([dar, daz, dan], axis=1)
        du = np.concatenate([dar, daz, dan * r], axis=1)
        dh = d * z + da @ Wh.T
        return da @ Wx.T, dh, x.T @ da, h.T @ du, da.sum(axis=0), du.sum(axis=0)

    return (1 - z) * n + z * h, pullback


@task.wrong(
    "the direct road to the old state without the update gate",
    hint="The new state takes the old one times the update gate, and what comes back on this road has the same "
    "factor.",
)
def direct_unweighted(x: Any, h: Any, Wx: Any, Wh: Any, bx: Any, bh: Any) -> Any:
    a, u = x @ Wx + bx, h @ Wh + bh
    H = h.shape[1]
    r = 1 / (1 + np.exp(-(a[:, :H] + u[:, :H])))
    z = 1 / (1 + np.exp(-(a[:, H : 2 * H] + u[:, H : 2 * H])))
    n = np.tanh(a[:, 2 * H :] + r * u[:, 2 * H :])

    def pullback(d: Any) -> Any:
        dan = d * (1 - z) * (1 - n * n)
        dar = dan * u[:, 2 * H :] * r * (1 - r)
        daz = d * (h - n) * z * (1 - z)
        da = np.concatenate([dar, daz, dan], axis=1)
        du = np.concatenate([dar, daz, dan * r], axis=1)
        dh = d + du @ Wh.T
        return da @ Wx.T, dh, x.T @ da, h.T @ du, da.sum(axis=0), du.sum(axis=0)

    return (1 - z) * n + z * h, pullback


@task.wrong(
    "the reset gate's gradient made with the old state",
    hint="What the reset gate multiplies is the product of the old state with Wh, and its bias. You take the "
    "old state itself.",
)
def state_for_product(x: Any, h: Any, Wx: Any, Wh: Any, bx: Any, bh: Any) -> Any:
    a, u = x @ Wx + bx, h @ Wh + bh
    H = h.shape[1]
    r = 1 / (1 + np.exp(-(a[:, :H] + u[:, :H])))
    z = 1 / (1 + np.exp(-(a[:, H : 2 * H] + u[:, H : 2 * H])))
    n = np.tanh(a[:, 2 * H :] + r * u[:, 2 * H :])

    def pullback(d: Any) -> Any:
        dan = d * (1 - z) * (1 - n * n)
        dar = dan * h * r * (1 - r)
        daz = d * (h - n) * z * (1 - z)
        da = np.concatenate([dar, daz, dan], axis=1)
        du = np.concatenate([dar, daz, dan * r], axis=1)
        dh = d * z + du @ Wh.T
        return da @ Wx.T, dh, x.T @ da, h.T @ du, da.sum(axis=0), du.sum(axis=0)

    return (1 - z) * n + z * h, pullback


@task.wrong(
    "the slope of the update gate left out",
    hint="The update gate is a sigmoid of its sum. What arrives at the gate has to pass that bend before it "
    "reaches the weights.",
)
def update_slope(x: Any, h: Any, Wx: Any, Wh: Any, bx: Any, bh: Any) -> Any:
    a, u = x @ Wx + bx, h @ Wh + bh
    H = h.shape[1]
    r = 1 / (1 + np.exp(-(a[:, :H] + u[:, :H])))
    z = 1 / (1 + np.exp(-(a[:, H : 2 * H] + u[:, H : 2 * H])))
    n = np.tanh(a[:, 2 * H :] + r * u[:, 2 * H :])

    def pullback(d: Any) -> Any:
        dan = d * (1 - z) * (1 - n * n)
        dar = dan * u[:, 2 * H :] * r * (1 - r)
        daz = d * (h - n)
        da = np.concatenate([dar, daz, dan], axis=1)
        du = np.concatenate([dar, daz, dan * r], axis=1)
        dh = d * z + du @ Wh.T
        return da @ Wx.T, dh, x.T @ da, h.T @ du, da.sum(axis=0), du.sum(axis=0)

    return (1 - z) * n + z * h, pullback


@task.wrong(
    "the update gate's gradient without the old state",
    hint="The update gate stands twice in the new state: with the candidate and with the old state. You count "
    "the first place only.",
)
def update_without_old(x: Any, h: Any, Wx: Any, Wh: Any, bx: Any, bh: Any) -> Any:
    a, u = x @ Wx + bx, h @ Wh + bh
    H = h.shape[1]
    r = 1 / (1 + np.exp(-(a[:, :H] + u[:, :H])))
    z = 1 / (1 + np.exp(-(a[:, H : 2 * H] + u[:, H : 2 * H])))
    n = np.tanh(a[:, 2 * H :] + r * u[:, 2 * H :])

    def pullback(d: Any) -> Any:
        dan = d * (1 - z) * (1 - n * n)
        dar = dan * u[:, 2 * H :] * r * (1 - r)
        daz = -d * n * z * (1 - z)
        da = np.concatenate([dar, daz, dan], axis=1)
        du = np.concatenate([dar, daz, dan * r], axis=1)
        dh = d * z + du @ Wh.T
        return da @ Wx.T, dh, x.T @ da, h.T @ du, da.sum(axis=0), du.sum(axis=0)

    return (1 - z) * n + z * h, pullback
