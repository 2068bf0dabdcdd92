"""More wrong layer norms: other statistics, and gradients of the parameters."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a07.layer_norm import task


@task.wrong(
    "normalised over the batch",
    hint="You take the mean and the variance of each unit over the batch, one per column: that is batch norm. "
    "Layer norm looks at one example at a time.",
    section="sec-07-batchnorm",
)
def over_the_batch(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=0) + eps)
    xhat = (x - x.mean(axis=0)) / s

    def pullback(dy: Any) -> Any:
        g = gamma * dy
        dx = (g - g.mean(axis=0) - xhat * (g * xhat).mean(axis=0)) / s
        return dx, (dy * xhat).sum(axis=0), dy.sum(axis=0)

    return gamma * xhat + beta, pullback


@task.wrong(
    "one mean and one variance for the whole batch",
    hint="Mean and variance belong to one example, so there are as many as rows. You have one of each for "
    "everything.",
)
def whole_array(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = np.sqrt(x.var() + eps)
    xhat = (x - x.mean()) / s

    def pullback(dy: Any) -> Any:
        g = gamma * dy
        dx = (g - g.mean() - xhat * (g * xhat).mean()) / s
        return dx, (dy * xhat).sum(axis=0), dy.sum(axis=0)

    return gamma * xhat + beta, pullback


@task.wrong(
    "dgamma and dbeta summed over the units",
    hint="gamma and beta have one number for each unit and are used by every example, so what comes back is added "
    "over the examples. You add over the units.",
)
def parameters_over_units(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    xhat = (x - x.mean(axis=-1, keepdims=True)) / s

    def pullback(dy: Any) -> Any:
        g = gamma * dy
        dx = (g - g.mean(axis=-1, keepdims=True) - xhat * (g * xhat).mean(axis=-1, keepdims=True)) / s
        return dx, (dy * xhat).sum(axis=-1), dy.sum(axis=-1)

    return gamma * xhat + beta, pullback


@task.wrong(
    "dgamma and dbeta averaged over the batch",
    hint="Every example uses gamma and beta, and what the uses send back adds up. The 1/N of a mean loss is "
    "already in what arrives.",
)
def parameters_averaged(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    xhat = (x - x.mean(axis=-1, keepdims=True)) / s

    def pullback(dy: Any) -> Any:
        g = gamma * dy
        dx = (g - g.mean(axis=-1, keepdims=True) - xhat * (g * xhat).mean(axis=-1, keepdims=True)) / s
        return dx, (dy * xhat).mean(axis=0), dy.mean(axis=0)

    return gamma * xhat + beta, pullback


@task.wrong(
    "a row of dgamma and dbeta for each example",
    hint="gamma has one number for each unit, and every example uses it. What comes back must be added over the "
    "batch.",
)
def parameters_not_summed(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    xhat = (x - x.mean(axis=-1, keepdims=True)) / s

    def pullback(dy: Any) -> Any:
        g = gamma * dy
        dx = (g - g.mean(axis=-1, keepdims=True) - xhat * (g * xhat).mean(axis=-1, keepdims=True)) / s
        return dx, dy * xhat, dy + 0

    return gamma * xhat + beta, pullback


@task.wrong(
    "the variance divided by D − 1",
    hint="Layer norm divides by the number of units. The other estimate is for a spread that one guesses from a "
    "sample.",
)
def unbiased(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=-1, ddof=1, keepdims=True) + eps)
    xhat = (x - x.mean(axis=-1, keepdims=True)) / s

    def pullback(dy: Any) -> Any:
        g = gamma * dy
        dx = (g - g.mean(axis=-1, keepdims=True) - xhat * (g * xhat).mean(axis=-1, keepdims=True)) / s
        return dx, (dy * xhat).sum(axis=0), dy.sum(axis=0)

    return gamma * xhat + beta, pullback


@task.wrong(
    "the mean left in",
    hint="You divide by the root of the mean square and subtract no mean: that is RMS norm, of one of the "
    "chapter's questions.",
    section="sec-07-questions",
)
def mean_kept(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = np.sqrt((x * x).mean(axis=-1, keepdims=True) + eps)
    xhat = x / s

    def pullback(dy: Any) -> Any:
        g = gamma * dy
        dx = (g - xhat * (g * xhat).mean(axis=-1, keepdims=True)) / s
        return dx, (dy * xhat).sum(axis=0), dy.sum(axis=0)

    return gamma * xhat + beta, pullback


@task.wrong(
    "eps added outside the root",
    hint="You add eps to the standard deviation. It belongs to the variance, under the root.",
)
def eps_outside(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=-1, keepdims=True)) + eps
    xhat = (x - x.mean(axis=-1, keepdims=True)) / s

    def pullback(dy: Any) -> Any:
        g = gamma * dy
        dx = (g - g.mean(axis=-1, keepdims=True) - xhat * (g * xhat).mean(axis=-1, keepdims=True)) / s
        return dx, (dy * xhat).sum(axis=0), dy.sum(axis=0)

    return gamma * xhat + beta, pullback
