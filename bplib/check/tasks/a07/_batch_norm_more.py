"""More wrong batch norms: other statistics, and gradients of the parameters."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a07.batch_norm import task


@task.wrong(
    "the path through the variance with its sign turned",
    hint="A larger spread makes all normalised values smaller. Your term says that it makes them larger.",
)
def variance_sign(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=0) + eps)
    xhat = (x - x.mean(axis=0)) / s

    def pullback(dy: Any) -> Any:
        g = gamma * dy
        dx = (g - g.mean(axis=0) + xhat * (g * xhat).mean(axis=0)) / s
        return dx, (dy * xhat).sum(axis=0), dy.sum(axis=0)

    return gamma * xhat + beta, pullback


@task.wrong(
    "dgamma taken with the raw x",
    hint="What gamma multiplies on the way forward is the normalised x. You multiply what comes back with x as it "
    "came.",
)
def raw_x_for_gamma(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=0) + eps)
    xhat = (x - x.mean(axis=0)) / s

    def pullback(dy: Any) -> Any:
        g = gamma * dy
        dx = (g - g.mean(axis=0) - xhat * (g * xhat).mean(axis=0)) / s
        return dx, (dy * x).sum(axis=0), dy.sum(axis=0)

    return gamma * xhat + beta, pullback


@task.wrong(
    "dgamma and dbeta averaged over the batch",
    hint="gamma and beta are used by every example, and what the uses send back adds up. The 1/N of a mean loss "
    "is already in what arrives.",
)
def parameters_averaged(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=0) + eps)
    xhat = (x - x.mean(axis=0)) / s

    def pullback(dy: Any) -> Any:
        g = gamma * dy
        dx = (g - g.mean(axis=0) - xhat * (g * xhat).mean(axis=0)) / s
        return dx, (dy * xhat).mean(axis=0), dy.mean(axis=0)

    return gamma * xhat + beta, pullback


@task.wrong(
    "a row of dgamma and dbeta for each example",
    hint="gamma has one number for each unit, and every example uses it. What comes back must be added over the "
    "batch.",
)
def parameters_not_summed(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=0) + eps)
    xhat = (x - x.mean(axis=0)) / s

    def pullback(dy: Any) -> Any:
        g = gamma * dy
        dx = (g - g.mean(axis=0) - xhat * (g * xhat).mean(axis=0)) / s
        return dx, dy * xhat, dy + 0

    return gamma * xhat + beta, pullback


@task.wrong(
    "the variance divided by N − 1",
    hint="The batch is normalised by its own variance, divided by N. The other estimate belongs to the running "
    "average.",
    section="sec-07-running",
)
def unbiased(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=0, ddof=1) + eps)
    xhat = (x - x.mean(axis=0)) / s

    def pullback(dy: Any) -> Any:
        g = gamma * dy
        dx = (g - g.mean(axis=0) - xhat * (g * xhat).mean(axis=0)) / s
        return dx, (dy * xhat).sum(axis=0), dy.sum(axis=0)

    return gamma * xhat + beta, pullback


@task.wrong(
    "eps added outside the root",
    hint="You add eps to the standard deviation. It belongs to the variance, under the root.",
)
def eps_outside(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=0)) + eps
    xhat = (x - x.mean(axis=0)) / s

    def pullback(dy: Any) -> Any:
        g = gamma * dy
        dx = (g - g.mean(axis=0) - xhat * (g * xhat).mean(axis=0)) / s
        return dx, (dy * xhat).sum(axis=0), dy.sum(axis=0)

    return gamma * xhat + beta, pullback


@task.wrong(
    "eps left out",
    hint="A column that hardly varies is divided by almost nothing. eps under the root keeps that within bounds.",
)
def eps_forgotten(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=0))
    xhat = (x - x.mean(axis=0)) / s

    def pullback(dy: Any) -> Any:
        g = gamma * dy
        dx = (g - g.mean(axis=0) - xhat * (g * xhat).mean(axis=0)) / s
        return dx, (dy * xhat).sum(axis=0), dy.sum(axis=0)

    return gamma * xhat + beta, pullback


@task.wrong(
    "each example normalised over its units",
    hint="Batch norm takes mean and variance of a unit over the batch, one per column. You take one per row: that "
    "is layer norm.",
    section="sec-07-layernorm",
)
def over_units(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=1, keepdims=True) + eps)
    xhat = (x - x.mean(axis=1, keepdims=True)) / s

    def pullback(dy: Any) -> Any:
        g = gamma * dy
        dx = (g - g.mean(axis=1, keepdims=True) - xhat * (g * xhat).mean(axis=1, keepdims=True)) / s
        return dx, (dy * xhat).sum(axis=0), dy.sum(axis=0)

    return gamma * xhat + beta, pullback


@task.wrong(
    "dbeta summed from dx",
    hint="beta is added at the very end, so it receives what arrives, before anything is normalised. The columns "
    "of dx always add up to 0.",
)
def dbeta_of_dx(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=0) + eps)
    xhat = (x - x.mean(axis=0)) / s

    def pullback(dy: Any) -> Any:
        g = gamma * dy
        dx = (g - g.mean(axis=0) - xhat * (g * xhat).mean(axis=0)) / s
        return dx, (dy * xhat).sum(axis=0), dx.sum(axis=0)

    return gamma * xhat + beta, pullback
