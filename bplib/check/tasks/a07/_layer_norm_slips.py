"""Slips in the means of layer norm's way back, and in their shape."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a07.layer_norm import task


@task.wrong(
    "the sums of dx divided by the number of examples",
    hint="The mean of an example is one over its D units, and so are both means of dx. You divide by N, as in "
    "batch norm.",
)
def divided_by_examples(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    xhat = (x - x.mean(axis=-1, keepdims=True)) / s

    def pullback(dy: Any) -> Any:
        g = gamma * dy
        dx = (
            g
            - g.sum(axis=-1, keepdims=True) / len(x)
            - xhat * (g * xhat).sum(axis=-1, keepdims=True) / len(x)
        ) / s
        return dx, (dy * xhat).sum(axis=0), dy.sum(axis=0)

    return gamma * xhat + beta, pullback


@task.wrong(
    "the axis of the mean dropped",
    hint="A mean over the units leaves (N,), which NumPy lines up with the last axis, the D units. Keep the "
    "axis, so that it is (N, 1) and every row gets its own.",
)
def axis_dropped(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=-1) + eps)
    xhat = (x - x.mean(axis=-1)) / s

    def pullback(dy: Any) -> Any:
        g = gamma * dy
        dx = (g - g.mean(axis=-1) - xhat * (g * xhat).mean(axis=-1)) / s
        return dx, (dy * xhat).sum(axis=0), dy.sum(axis=0)

    return gamma * xhat + beta, pullback


@task.wrong(
    "eps left out",
    hint="eps stands under the root, in both directions. Without it an example whose units are all the same is "
    "divided by zero.",
)
def eps_forgotten(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=-1, keepdims=True))
    xhat = (x - x.mean(axis=-1, keepdims=True)) / s

    def pullback(dy: Any) -> Any:
        g = gamma * dy
        dx = (g - g.mean(axis=-1, keepdims=True) - xhat * (g * xhat).mean(axis=-1, keepdims=True)) / s
        return dx, (dy * xhat).sum(axis=0), dy.sum(axis=0)

    return gamma * xhat + beta, pullback
