"""Still more wrong answers to 13.feed_forward."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a13.feed_forward import task


@task.wrong(
    "the route through the mean lost",
    hint="Your way back through the norm knows the variance, and not that the mean moves with each "
    "entry too.",
    section="sec-07-layernorm",
)
def mean_route_lost(x: Any, gamma: Any, beta: Any, W1: Any, b1: Any, W2: Any, b2: Any, eps: Any) -> Any:
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
        dx = d + (g - xhat * (g * xhat).mean(axis=-1, keepdims=True)) / s
        return dx, dgamma, dbeta, dW1, db1, dW2, db2

    return x + h @ W2 + b2, pullback


@task.wrong(
    "the route through the variance lost",
    hint="Your way back through the norm knows the mean, and not that the spread changes with each "
    "entry too.",
    section="sec-07-layernorm",
)
def variance_route_lost(x: Any, gamma: Any, beta: Any, W1: Any, b1: Any, W2: Any, b2: Any, eps: Any) -> Any:
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
        dx = d + (g - g.mean(axis=-1, keepdims=True)) / s
        return dx, dgamma, dbeta, dW1, db1, dW2, db2

    return x + h @ W2 + b2, pullback


@task.wrong(
    "gamma missing on the way back",
    hint="On the way forward every feature was multiplied by its gamma. On the way back to x that "
    "factor is missing.",
    section="sec-07-bug-gamma",
)
def gamma_not_back(x: Any, gamma: Any, beta: Any, W1: Any, b1: Any, W2: Any, b2: Any, eps: Any) -> Any:
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
        g = dn
        dx = d + (g - g.mean(axis=-1, keepdims=True) - xhat * (g * xhat).mean(axis=-1, keepdims=True)) / s
        return dx, dgamma, dbeta, dW1, db1, dW2, db2

    return x + h @ W2 + b2, pullback


@task.wrong(
    "the spread missing on the way back",
    hint="Your gradient is not divided by the spread of the row, as the row was.",
    section="sec-07-layernorm",
)
def spread_not_back(x: Any, gamma: Any, beta: Any, W1: Any, b1: Any, W2: Any, b2: Any, eps: Any) -> Any:
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
        dx = d + (g - g.mean(axis=-1, keepdims=True) - xhat * (g * xhat).mean(axis=-1, keepdims=True))
        return dx, dgamma, dbeta, dW1, db1, dW2, db2

    return x + h @ W2 + b2, pullback


@task.wrong(
    "the norm skipped on the way back",
    hint="What comes out of the first layer you hand to x directly. Between the two stands the norm.",
    section="sec-07-layernorm",
)
def norm_skipped_back(x: Any, gamma: Any, beta: Any, W1: Any, b1: Any, W2: Any, b2: Any, eps: Any) -> Any:
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
        dx = d + dn
        return dx, dgamma, dbeta, dW1, db1, dW2, db2

    return x + h @ W2 + b2, pullback


@task.wrong(
    "the means of the way back down the batch",
    hint="Your value is normalised along the features, and the means of your gradient run down the batch.",
    section="sec-07-layernorm",
)
def means_over_batch(x: Any, gamma: Any, beta: Any, W1: Any, b1: Any, W2: Any, b2: Any, eps: Any) -> Any:
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
        dx = d + (g - g.mean(axis=(0, 1)) - xhat * (g * xhat).mean(axis=(0, 1))) / s
        return dx, dgamma, dbeta, dW1, db1, dW2, db2

    return x + h @ W2 + b2, pullback


@task.wrong(
    "gamma's gradient without what it scales",
    hint="Your dgamma is the plain sum of what comes back, the same as dbeta. A factor's gradient has "
    "the other factor in it.",
    section="sec-07-layernorm",
)
def gamma_without_xhat(x: Any, gamma: Any, beta: Any, W1: Any, b1: Any, W2: Any, b2: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    xhat = (x - x.mean(axis=-1, keepdims=True)) / s
    n = gamma * xhat + beta
    h = np.maximum(n @ W1 + b1, 0)

    def pullback(d: Any) -> Any:
        da = (d @ W2.T) * (h > 0)
        dn = da @ W1.T
        dW1, dW2 = np.einsum("ntd,nth->dh", n, da), np.einsum("nth,ntd->hd", h, d)
        db1, db2 = da.sum(axis=(0, 1)), d.sum(axis=(0, 1))
        dgamma, dbeta = dn.sum(axis=(0, 1)), dn.sum(axis=(0, 1))
        g = gamma * dn
        dx = d + (g - g.mean(axis=-1, keepdims=True) - xhat * (g * xhat).mean(axis=-1, keepdims=True)) / s
        return dx, dgamma, dbeta, dW1, db1, dW2, db2

    return x + h @ W2 + b2, pullback


@task.wrong(
    "gamma's gradient made with x",
    hint="What gamma multiplies is the normalised row, not the row as it came.",
    section="sec-07-layernorm",
)
def gamma_with_x(x: Any, gamma: Any, beta: Any, W1: Any, b1: Any, W2: Any, b2: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    xhat = (x - x.mean(axis=-1, keepdims=True)) / s
    n = gamma * xhat + beta
    h = np.maximum(n @ W1 + b1, 0)

    def pullback(d: Any) -> Any:
        da = (d @ W2.T) * (h > 0)
        dn = da @ W1.T
        dW1, dW2 = np.einsum("ntd,nth->dh", n, da), np.einsum("nth,ntd->hd", h, d)
        db1, db2 = da.sum(axis=(0, 1)), d.sum(axis=(0, 1))
        dgamma, dbeta = (dn * x).sum(axis=(0, 1)), dn.sum(axis=(0, 1))
        g = gamma * dn
        dx = d + (g - g.mean(axis=-1, keepdims=True) - xhat * (g * xhat).mean(axis=-1, keepdims=True)) / s
        return dx, dgamma, dbeta, dW1, db1, dW2, db2

    return x + h @ W2 + b2, pullback


@task.wrong(
    "the first layer's gradient made with x",
    hint="The first layer has seen the normalised rows. Your dW1 is made with x as it came.",
    section="sec-13-block",
)
def first_from_x(x: Any, gamma: Any, beta: Any, W1: Any, b1: Any, W2: Any, b2: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    xhat = (x - x.mean(axis=-1, keepdims=True)) / s
    n = gamma * xhat + beta
    h = np.maximum(n @ W1 + b1, 0)

    def pullback(d: Any) -> Any:
        da = (d @ W2.T) * (h > 0)
        dn = da @ W1.T
        dW1, dW2 = np.einsum("ntd,nth->dh", x, da), np.einsum("nth,ntd->hd", h, d)
        db1, db2 = da.sum(axis=(0, 1)), d.sum(axis=(0, 1))
        dgamma, dbeta = (dn * xhat).sum(axis=(0, 1)), dn.sum(axis=(0, 1))
        g = gamma * dn
        dx = d + (g - g.mean(axis=-1, keepdims=True) - xhat * (g * xhat).mean(axis=-1, keepdims=True)) / s
        return dx, dgamma, dbeta, dW1, db1, dW2, db2

    return x + h @ W2 + b2, pullback


@task.wrong(
    "the first layer's gradient made before gamma and beta",
    hint="Between the normalised row and the first layer stand gamma and beta. Your dW1 is made with "
    "what was there before them.",
    section="sec-13-block",
)
def first_from_xhat(x: Any, gamma: Any, beta: Any, W1: Any, b1: Any, W2: Any, b2: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    xhat = (x - x.mean(axis=-1, keepdims=True)) / s
    n = gamma * xhat + beta
    h = np.maximum(n @ W1 + b1, 0)

    def pullback(d: Any) -> Any:
        da = (d @ W2.T) * (h > 0)
        dn = da @ W1.T
        dW1, dW2 = np.einsum("ntd,nth->dh", xhat, da), np.einsum("nth,ntd->hd", h, d)
        db1, db2 = da.sum(axis=(0, 1)), d.sum(axis=(0, 1))
        dgamma, dbeta = (dn * xhat).sum(axis=(0, 1)), dn.sum(axis=(0, 1))
        g = gamma * dn
        dx = d + (g - g.mean(axis=-1, keepdims=True) - xhat * (g * xhat).mean(axis=-1, keepdims=True)) / s
        return dx, dgamma, dbeta, dW1, db1, dW2, db2

    return x + h @ W2 + b2, pullback
