"""More wrong steps of a GRU: what the reset gate does on the way back, slopes, and orders."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a11.gru_step import task


@task.wrong(
    "the reset gate left out on the way back to the state's sums",
    hint="The candidate hears the old state's sums through the reset gate. With the gate shut nothing may come "
    "back through it, neither to Wh nor to the second bias.",
)
def no_reset_back(x: Any, h: Any, Wx: Any, Wh: Any, bx: Any, bh: Any) -> Any:
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
        du = np.concatenate([dar, daz, dan], axis=1)
        dh = d * z + du @ Wh.T
        return da @ Wx.T, dh, x.T @ da, h.T @ du, da.sum(axis=0), du.sum(axis=0)

    return (1 - z) * n + z * h, pullback


@task.wrong(
    "the reset gate's gradient without what the gate multiplies",
    hint="The gate is multiplied with the old state's sums, so it receives what arrived times these. Yours "
    "receives what arrived.",
)
def sums_missing(x: Any, h: Any, Wx: Any, Wh: Any, bx: Any, bh: Any) -> Any:
    a, u = x @ Wx + bx, h @ Wh + bh
    H = h.shape[1]
    r = 1 / (1 + np.exp(-(a[:, :H] + u[:, :H])))
    z = 1 / (1 + np.exp(-(a[:, H : 2 * H] + u[:, H : 2 * H])))
    n = np.tanh(a[:, 2 * H :] + r * u[:, 2 * H :])

    def pullback(d: Any) -> Any:
        dan = d * (1 - z) * (1 - n * n)
        dar = dan * r * (1 - r)
        daz = d * (h - n) * z * (1 - z)
        da = np.concatenate([dar, daz, dan], axis=1)
        du = np.concatenate([dar, daz, dan * r], axis=1)
        dh = d * z + du @ Wh.T
        return da @ Wx.T, dh, x.T @ da, h.T @ du, da.sum(axis=0), du.sum(axis=0)

    return (1 - z) * n + z * h, pullback


@task.wrong(
    "the slope of the candidate's tanh left out",
    hint="The candidate has a bend, and both of the terms inside of it are behind that bend on the way back.",
)
def candidate_slope(x: Any, h: Any, Wx: Any, Wh: Any, bx: Any, bh: Any) -> Any:
    a, u = x @ Wx + bx, h @ Wh + bh
    H = h.shape[1]
    r = 1 / (1 + np.exp(-(a[:, :H] + u[:, :H])))
    z = 1 / (1 + np.exp(-(a[:, H : 2 * H] + u[:, H : 2 * H])))
    n = np.tanh(a[:, 2 * H :] + r * u[:, 2 * H :])

    def pullback(d: Any) -> Any:
        dan = d * (1 - z)
        dar = dan * u[:, 2 * H :] * r * (1 - r)
        daz = d * (h - n) * z * (1 - z)
        da = np.concatenate([dar, daz, dan], axis=1)
        du = np.concatenate([dar, daz, dan * r], axis=1)
        dh = d * z + du @ Wh.T
        return da @ Wx.T, dh, x.T @ da, h.T @ du, da.sum(axis=0), du.sum(axis=0)

    return (1 - z) * n + z * h, pullback


@task.wrong(
    "the second bias given the gradient of the first",
    hint="For two of the three blocks the two biases get the same. In the candidate's block the second one stands "
    "inside the product with the reset gate, and the first does not.",
)
def one_bias(x: Any, h: Any, Wx: Any, Wh: Any, bx: Any, bh: Any) -> Any:
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
        dh = d * z + du @ Wh.T
        return da @ Wx.T, dh, x.T @ da, h.T @ du, da.sum(axis=0), da.sum(axis=0)

    return (1 - z) * n + z * h, pullback


@task.wrong(
    "the slopes of the gates left out",
    hint="Both gates are sigmoids of their sums. Where a gate is quite open or quite shut, it stands on the flat, "
    "and next to nothing may reach its sum.",
)
def gate_slopes(x: Any, h: Any, Wx: Any, Wh: Any, bx: Any, bh: Any) -> Any:
    a, u = x @ Wx + bx, h @ Wh + bh
    H = h.shape[1]
    r = 1 / (1 + np.exp(-(a[:, :H] + u[:, :H])))
    z = 1 / (1 + np.exp(-(a[:, H : 2 * H] + u[:, H : 2 * H])))
    n = np.tanh(a[:, 2 * H :] + r * u[:, 2 * H :])

    def pullback(d: Any) -> Any:
        dan = d * (1 - z) * (1 - n * n)
        dar = dan * u[:, 2 * H :]
        daz = d * (h - n)
        da = np.concatenate([dar, daz, dan], axis=1)
        du = np.concatenate([dar, daz, dan * r], axis=1)
        dh = d * z + du @ Wh.T
        return da @ Wx.T, dh, x.T @ da, h.T @ du, da.sum(axis=0), du.sum(axis=0)

    return (1 - z) * n + z * h, pullback


@task.wrong(
    "the blocks of the two gates exchanged",
    hint="The task names the order of the blocks: reset gate, update gate, candidate. You read the first two the "
    "other way round.",
)
def order_zr(x: Any, h: Any, Wx: Any, Wh: Any, bx: Any, bh: Any) -> Any:
    a, u = x @ Wx + bx, h @ Wh + bh
    H = h.shape[1]
    z = 1 / (1 + np.exp(-(a[:, :H] + u[:, :H])))
    r = 1 / (1 + np.exp(-(a[:, H : 2 * H] + u[:, H : 2 * H])))
    n = np.tanh(a[:, 2 * H :] + r * u[:, 2 * H :])

    def pullback(d: Any) -> Any:
        dan = d * (1 - z) * (1 - n * n)
        dar = dan * u[:, 2 * H :] * r * (1 - r)
        daz = d * (h - n) * z * (1 - z)
        da = np.concatenate([daz, dar, dan], axis=1)
        du = np.concatenate([daz, dar, dan * r], axis=1)
        dh = d * z + du @ Wh.T
        return da @ Wx.T, dh, x.T @ da, h.T @ du, da.sum(axis=0), du.sum(axis=0)

    return (1 - z) * n + z * h, pullback


@task.wrong(
    "dWh made with the state that leaves the step",
    hint="A weight's gradient is what went in, times what came back. The state that entered the step went into the "
    "product with Wh.",
    section="sec-11-bug-present",
)
def dwh_of_new_state(x: Any, h: Any, Wx: Any, Wh: Any, bx: Any, bh: Any) -> Any:
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
        dh = d * z + du @ Wh.T
        return da @ Wx.T, dh, x.T @ da, ((1 - z) * n + z * h).T @ du, da.sum(axis=0), du.sum(axis=0)

    return (1 - z) * n + z * h, pullback
