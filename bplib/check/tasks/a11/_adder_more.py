"""More wrong answers to the last task: what clipping is not."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a11.adder import task
from bplib.check.tasks.a11.lstm import lstm


@task.wrong(
    "gradients handed on at whatever length",
    hint="All five gradients together are to be no longer than the limit. Yours are never shortened.",
    section="sec-07-clipping",
)
def no_clip(x: Any, y: Any, params: Any, limit: Any) -> Any:
    Wx, Wh, b, V, a = params
    hs, pullback = lstm(x, Wx, Wh, b)
    p = hs[-1] @ V + a
    loss = np.mean((p - y) ** 2)
    dp = 2 * (p - y) / y.size
    dhs = np.zeros_like(hs)
    dhs[-1] = dp @ V.T
    _, dWx, dWh, db = pullback(dhs)
    grads = [dWx, dWh, db, hs[-1].T @ dp, dp.sum(axis=0)]
    return loss, grads


@task.wrong(
    "gradients lengthened to the limit as well",
    hint="Clipping shortens what is too long and leaves the rest alone. You bring every gradient to the length of "
    "the limit, also one that is short because the network is nearly right.",
    section="sec-07-clipping",
)
def always_scaled(x: Any, y: Any, params: Any, limit: Any) -> Any:
    Wx, Wh, b, V, a = params
    hs, pullback = lstm(x, Wx, Wh, b)
    p = hs[-1] @ V + a
    loss = np.mean((p - y) ** 2)
    dp = 2 * (p - y) / y.size
    dhs = np.zeros_like(hs)
    dhs[-1] = dp @ V.T
    _, dWx, dWh, db = pullback(dhs)
    grads = [dWx, dWh, db, hs[-1].T @ dp, dp.sum(axis=0)]
    norm = np.sqrt(sum(np.sum(g * g) for g in grads))
    grads = [g * (limit / norm) for g in grads]
    return loss, grads


@task.wrong(
    "each gradient shortened on its own",
    hint="The five arrays are one vector, and one factor keeps its direction. With a factor for each array the "
    "step points elsewhere.",
    section="sec-07-clipping",
)
def each_alone(x: Any, y: Any, params: Any, limit: Any) -> Any:
    Wx, Wh, b, V, a = params
    hs, pullback = lstm(x, Wx, Wh, b)
    p = hs[-1] @ V + a
    loss = np.mean((p - y) ** 2)
    dp = 2 * (p - y) / y.size
    dhs = np.zeros_like(hs)
    dhs[-1] = dp @ V.T
    _, dWx, dWh, db = pullback(dhs)
    grads = [dWx, dWh, db, hs[-1].T @ dp, dp.sum(axis=0)]
    grads = [g * min(1, limit / np.sqrt(np.sum(g * g))) for g in grads]
    return loss, grads


@task.wrong(
    "every entry cut off at the limit",
    hint="The limit is on the length of all gradients together. Cutting entry by entry turns the direction, and "
    "the length may still be larger.",
    section="sec-07-clipping",
)
def entries_cut(x: Any, y: Any, params: Any, limit: Any) -> Any:
    Wx, Wh, b, V, a = params
    hs, pullback = lstm(x, Wx, Wh, b)
    p = hs[-1] @ V + a
    loss = np.mean((p - y) ** 2)
    dp = 2 * (p - y) / y.size
    dhs = np.zeros_like(hs)
    dhs[-1] = dp @ V.T
    _, dWx, dWh, db = pullback(dhs)
    grads = [dWx, dWh, db, hs[-1].T @ dp, dp.sum(axis=0)]
    grads = [np.clip(g, -limit, limit) for g in grads]
    return loss, grads


@task.wrong(
    "the square of the length compared with the limit",
    hint="The length is the root of the sum of squares. Without the root a long gradient is shortened far too "
    "much.",
    section="sec-07-clipping",
)
def norm_not_rooted(x: Any, y: Any, params: Any, limit: Any) -> Any:
    Wx, Wh, b, V, a = params
    hs, pullback = lstm(x, Wx, Wh, b)
    p = hs[-1] @ V + a
    loss = np.mean((p - y) ** 2)
    dp = 2 * (p - y) / y.size
    dhs = np.zeros_like(hs)
    dhs[-1] = dp @ V.T
    _, dWx, dWh, db = pullback(dhs)
    grads = [dWx, dWh, db, hs[-1].T @ dp, dp.sum(axis=0)]
    norm = sum(np.sum(g * g) for g in grads)
    if norm > limit:
        grads = [g * (limit / norm) for g in grads]
    return loss, grads


@task.wrong(
    "the lengths of the five gradients added up",
    hint="Lengths at right angles do not add. All entries of all arrays are one vector, whose squares add.",
    section="sec-07-clipping",
)
def lengths_added(x: Any, y: Any, params: Any, limit: Any) -> Any:
    Wx, Wh, b, V, a = params
    hs, pullback = lstm(x, Wx, Wh, b)
    p = hs[-1] @ V + a
    loss = np.mean((p - y) ** 2)
    dp = 2 * (p - y) / y.size
    dhs = np.zeros_like(hs)
    dhs[-1] = dp @ V.T
    _, dWx, dWh, db = pullback(dhs)
    grads = [dWx, dWh, db, hs[-1].T @ dp, dp.sum(axis=0)]
    norm = sum(np.sqrt(np.sum(g * g)) for g in grads)
    if norm > limit:
        grads = [g * (limit / norm) for g in grads]
    return loss, grads
