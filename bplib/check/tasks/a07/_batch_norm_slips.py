"""Slips in the path through the variance."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a07.batch_norm import task


@task.wrong(
    "the root between the variance and the spread left out of the way back",
    hint="What you divide by is the root of the variance, and the root has a slope. Yours sends to the "
    "variance what arrives at the spread.",
)
def root_not_passed(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=0) + eps)
    xhat = (x - x.mean(axis=0)) / s

    def pullback(dy: Any) -> Any:
        g = gamma * dy
        dx = (g - g.mean(axis=0) - 2 * s * xhat * (g * xhat).mean(axis=0)) / s
        return dx, (dy * xhat).sum(axis=0), dy.sum(axis=0)

    return gamma * xhat + beta, pullback


@task.wrong(
    "the path through the variance without its division by N",
    hint="The variance is a mean of squares, so each example has one N-th of it. In your path through the "
    "variance every example counts as a whole.",
)
def variance_not_averaged(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=0) + eps)
    xhat = (x - x.mean(axis=0)) / s

    def pullback(dy: Any) -> Any:
        g = gamma * dy
        dx = (g - g.mean(axis=0) - xhat * (g * xhat).sum(axis=0)) / s
        return dx, (dy * xhat).sum(axis=0), dy.sum(axis=0)

    return gamma * xhat + beta, pullback


@task.wrong(
    "the path through the variance taken for each example alone",
    hint="One variance serves the whole column, so what all examples send to it is summed before it goes back. "
    "You let each example hear only its own part.",
)
def variance_not_summed(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=0) + eps)
    xhat = (x - x.mean(axis=0)) / s

    def pullback(dy: Any) -> Any:
        g = gamma * dy
        own = g - xhat * g * xhat / len(g)
        dx = (own - own.mean(axis=0)) / s
        return dx, (dy * xhat).sum(axis=0), dy.sum(axis=0)

    return gamma * xhat + beta, pullback


@task.wrong(
    "dx divided by the variance",
    hint="On the way back you divide by the same number as on the way forward, and that is the spread. The "
    "variance is its square.",
)
def back_by_variance(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=0) + eps)
    xhat = (x - x.mean(axis=0)) / s

    def pullback(dy: Any) -> Any:
        g = gamma * dy
        dx = (g - g.mean(axis=0) - xhat * (g * xhat).mean(axis=0)) / s**2
        return dx, (dy * xhat).sum(axis=0), dy.sum(axis=0)

    return gamma * xhat + beta, pullback
