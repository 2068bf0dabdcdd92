"""More wrong answers to 13.feed_forward."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a13.feed_forward import task


@task.wrong(
    "the variance with D − 1",
    hint="You divide the squares by D − 1. The norm takes the plain mean of the squares.",
    section="sec-07-layernorm",
)
def variance_n_minus_one(x: Any, gamma: Any, beta: Any, W1: Any, b1: Any, W2: Any, b2: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=-1, keepdims=True, ddof=1) + eps)
    xhat = (x - x.mean(axis=-1, keepdims=True)) / s
    n = gamma * xhat + beta
    h = np.maximum(n @ W1 + b1, 0)

    def pullback(d: Any) -> Any:
        da = (d @ W2.T) * (h > 0)
        dn = da @ W1.T
        dW1, dW2 = np.einsum("ntd,nth->dh", n, da), np.einsum("nth,ntd->hd", h, d)
        db1, db2 = da.sum(axis=(0, 1)), d.sum(axis=(0, 1))
        dgamma, dbeta = (dn * xhat).sum(axis=(0, 1)), dn.sum(axis=(0, 1))
        g = gamma * dn
        dx = d + (g - g.mean(axis=-1, keepdims=True) - xhat * (g * xhat).mean(axis=-1, keepdims=True)) / s
        return dx, dgamma, dbeta, dW1, db1, dW2, db2

    return x + h @ W2 + b2, pullback


@task.wrong(
    "eps left out",
    hint="Without eps a row of equal numbers is divided by zero.",
    section="sec-07-layernorm",
)
def eps_forgotten(x: Any, gamma: Any, beta: Any, W1: Any, b1: Any, W2: Any, b2: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=-1, keepdims=True))
    xhat = (x - x.mean(axis=-1, keepdims=True)) / s
    n = gamma * xhat + beta
    h = np.maximum(n @ W1 + b1, 0)

    def pullback(d: Any) -> Any:
        da = (d @ W2.T) * (h > 0)
        dn = da @ W1.T
        dW1, dW2 = np.einsum("ntd,nth->dh", n, da), np.einsum("nth,ntd->hd", h, d)
        db1, db2 = da.sum(axis=(0, 1)), d.sum(axis=(0, 1))
        dgamma, dbeta = (dn * xhat).sum(axis=(0, 1)), dn.sum(axis=(0, 1))
        g = gamma * dn
        dx = d + (g - g.mean(axis=-1, keepdims=True) - xhat * (g * xhat).mean(axis=-1, keepdims=True)) / s
        return dx, dgamma, dbeta, dW1, db1, dW2, db2

    return x + h @ W2 + b2, pullback


@task.wrong(
    "eps outside the root",
    hint="You add eps to the spread. It belongs to the variance, under the root.",
    section="sec-07-layernorm",
)
def eps_outside(x: Any, gamma: Any, beta: Any, W1: Any, b1: Any, W2: Any, b2: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=-1, keepdims=True)) + eps
    xhat = (x - x.mean(axis=-1, keepdims=True)) / s
    n = gamma * xhat + beta
    h = np.maximum(n @ W1 + b1, 0)

    def pullback(d: Any) -> Any:
        da = (d @ W2.T) * (h > 0)
        dn = da @ W1.T
        dW1, dW2 = np.einsum("ntd,nth->dh", n, da), np.einsum("nth,ntd->hd", h, d)
        db1, db2 = da.sum(axis=(0, 1)), d.sum(axis=(0, 1))
        dgamma, dbeta = (dn * xhat).sum(axis=(0, 1)), dn.sum(axis=(0, 1))
        g = gamma * dn
        dx = d + (g - g.mean(axis=-1, keepdims=True) - xhat * (g * xhat).mean(axis=-1, keepdims=True)) / s
        return dx, dgamma, dbeta, dW1, db1, dW2, db2

    return x + h @ W2 + b2, pullback


@task.wrong(
    "divided by the variance",
    hint="You divide by the variance, not by its root.",
    section="sec-07-layernorm",
)
def variance_for_spread(x: Any, gamma: Any, beta: Any, W1: Any, b1: Any, W2: Any, b2: Any, eps: Any) -> Any:
    s = x.var(axis=-1, keepdims=True) + eps
    xhat = (x - x.mean(axis=-1, keepdims=True)) / s
    n = gamma * xhat + beta
    h = np.maximum(n @ W1 + b1, 0)

    def pullback(d: Any) -> Any:
        da = (d @ W2.T) * (h > 0)
        dn = da @ W1.T
        dW1, dW2 = np.einsum("ntd,nth->dh", n, da), np.einsum("nth,ntd->hd", h, d)
        db1, db2 = da.sum(axis=(0, 1)), d.sum(axis=(0, 1))
        dgamma, dbeta = (dn * xhat).sum(axis=(0, 1)), dn.sum(axis=(0, 1))
        g = gamma * dn
        dx = d + (g - g.mean(axis=-1, keepdims=True) - xhat * (g * xhat).mean(axis=-1, keepdims=True)) / s
        return dx, dgamma, dbeta, dW1, db1, dW2, db2

    return x + h @ W2 + b2, pullback


@task.wrong(
    "two layers without a bend",
    hint="Between your two layers nothing bends. Two matrices in a row are one matrix.",
    section="sec-06-fold",
)
def linear_layers(x: Any, gamma: Any, beta: Any, W1: Any, b1: Any, W2: Any, b2: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    xhat = (x - x.mean(axis=-1, keepdims=True)) / s
    n = gamma * xhat + beta
    h = n @ W1 + b1

    def pullback(d: Any) -> Any:
        da = d @ W2.T
        dn = da @ W1.T
        dW1, dW2 = np.einsum("ntd,nth->dh", n, da), np.einsum("nth,ntd->hd", h, d)
        db1, db2 = da.sum(axis=(0, 1)), d.sum(axis=(0, 1))
        dgamma, dbeta = (dn * xhat).sum(axis=(0, 1)), dn.sum(axis=(0, 1))
        g = gamma * dn
        dx = d + (g - g.mean(axis=-1, keepdims=True) - xhat * (g * xhat).mean(axis=-1, keepdims=True)) / s
        return dx, dgamma, dbeta, dW1, db1, dW2, db2

    return x + h @ W2 + b2, pullback


@task.wrong(
    "the slope of ReLU left out",
    hint="Units that were off get a gradient from you. Where ReLU gave 0, nothing may come back.",
    section="sec-13-block",
)
def bend_not_back(x: Any, gamma: Any, beta: Any, W1: Any, b1: Any, W2: Any, b2: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    xhat = (x - x.mean(axis=-1, keepdims=True)) / s
    n = gamma * xhat + beta
    h = np.maximum(n @ W1 + b1, 0)

    def pullback(d: Any) -> Any:
        da = d @ W2.T
        dn = da @ W1.T
        dW1, dW2 = np.einsum("ntd,nth->dh", n, da), np.einsum("nth,ntd->hd", h, d)
        db1, db2 = da.sum(axis=(0, 1)), d.sum(axis=(0, 1))
        dgamma, dbeta = (dn * xhat).sum(axis=(0, 1)), dn.sum(axis=(0, 1))
        g = gamma * dn
        dx = d + (g - g.mean(axis=-1, keepdims=True) - xhat * (g * xhat).mean(axis=-1, keepdims=True)) / s
        return dx, dgamma, dbeta, dW1, db1, dW2, db2

    return x + h @ W2 + b2, pullback


@task.wrong(
    "the slope of ReLU taken from the gradient",
    hint="You stop what is negative on the way back. What counts is whether the unit was on, on the "
    "way forward.",
    section="sec-13-block",
)
def bend_by_upstream(x: Any, gamma: Any, beta: Any, W1: Any, b1: Any, W2: Any, b2: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    xhat = (x - x.mean(axis=-1, keepdims=True)) / s
    n = gamma * xhat + beta
    h = np.maximum(n @ W1 + b1, 0)

    def pullback(d: Any) -> Any:
        da = np.maximum(d @ W2.T, 0)
        dn = da @ W1.T
        dW1, dW2 = np.einsum("ntd,nth->dh", n, da), np.einsum("nth,ntd->hd", h, d)
        db1, db2 = da.sum(axis=(0, 1)), d.sum(axis=(0, 1))
        dgamma, dbeta = (dn * xhat).sum(axis=(0, 1)), dn.sum(axis=(0, 1))
        g = gamma * dn
        dx = d + (g - g.mean(axis=-1, keepdims=True) - xhat * (g * xhat).mean(axis=-1, keepdims=True)) / s
        return dx, dgamma, dbeta, dW1, db1, dW2, db2

    return x + h @ W2 + b2, pullback


@task.wrong(
    "the first bias not used",
    hint="Your first layer has no bias. b1 came in and was left out.",
    section="sec-13-block",
)
def first_bias_lost(x: Any, gamma: Any, beta: Any, W1: Any, b1: Any, W2: Any, b2: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    xhat = (x - x.mean(axis=-1, keepdims=True)) / s
    n = gamma * xhat + beta
    h = np.maximum(n @ W1, 0)

    def pullback(d: Any) -> Any:
        da = (d @ W2.T) * (h > 0)
        dn = da @ W1.T
        dW1, dW2 = np.einsum("ntd,nth->dh", n, da), np.einsum("nth,ntd->hd", h, d)
        db1, db2 = da.sum(axis=(0, 1)), d.sum(axis=(0, 1))
        dgamma, dbeta = (dn * xhat).sum(axis=(0, 1)), dn.sum(axis=(0, 1))
        g = gamma * dn
        dx = d + (g - g.mean(axis=-1, keepdims=True) - xhat * (g * xhat).mean(axis=-1, keepdims=True)) / s
        return dx, dgamma, dbeta, dW1, db1, dW2, db2

    return x + h @ W2 + b2, pullback


@task.wrong(
    "the second bias not used",
    hint="Your second layer has no bias. b2 came in and was left out.",
    section="sec-13-block",
)
def second_bias_lost(x: Any, gamma: Any, beta: Any, W1: Any, b1: Any, W2: Any, b2: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    xhat = (x - x.mean(axis=-1, keepdims=True)) / s
    n = gamma * xhat + beta
    h = np.maximum(n @ W1 + b1, 0)

    def pullback(d: Any) -> Any:
        da = (d @ W2.T) * (h > 0)
        dn = da @ W1.T
        dW1, dW2 = np.einsum("ntd,nth->dh", n, da), np.einsum("nth,ntd->hd", h, d)
        db1, db2 = da.sum(axis=(0, 1)), d.sum(axis=(0, 1))
        dgamma, dbeta = (dn * xhat).sum(axis=(0, 1)), dn.sum(axis=(0, 1))
        g = gamma * dn
        dx = d + (g - g.mean(axis=-1, keepdims=True) - xhat * (g * xhat).mean(axis=-1, keepdims=True)) / s
        return dx, dgamma, dbeta, dW1, db1, dW2, db2

    return x + h @ W2, pullback


@task.wrong(
    "the statistics taken as constants",
    hint="You divide by the spread as if it were a fixed number. Mean and variance are made of the "
    "same row, and move with each of its entries.",
    section="sec-07-bug-constant",
)
def statistics_constant(x: Any, gamma: Any, beta: Any, W1: Any, b1: Any, W2: Any, b2: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    xhat = (x - x.mean(axis=-1, keepdims=True)) / s
    n = gamma * xhat + beta
    h = np.maximum(n @ W1 + b1, 0)

    def pullback(d: Any) -> Any:
        da = (d @ W2.T) * (h > 0)
        dn = da @ W1.T
        dW1, dW2 = np.einsum("ntd,nth->dh", n, da), np.einsum("nth,ntd->hd", h, d)
        db1, db2 = da.sum(axis=(0, 1)), d.sum(axis=(0, 1))
        dgamma, dbeta = (dn * xhat).sum(axis=(0, 1)), dn.sum(axis=(0, 1))
        g = gamma * dn
        dx = d + g / s
        return dx, dgamma, dbeta, dW1, db1, dW2, db2

    return x + h @ W2 + b2, pullback
