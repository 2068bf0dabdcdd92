"""Still more wrong answers to 13.feed_forward."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a13.feed_forward import task


@task.wrong(
    "the first layer's gradient taken behind the bend",
    hint="Your dW1 and db1 use what comes back before it has passed the ReLU.",
    section="sec-13-block",
)
def first_with_dh(x: Any, gamma: Any, beta: Any, W1: Any, b1: Any, W2: Any, b2: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    xhat = (x - x.mean(axis=-1, keepdims=True)) / s
    n = gamma * xhat + beta
    h = np.maximum(n @ W1 + b1, 0)

    def pullback(d: Any) -> Any:
        da = (d @ W2.T) * (h > 0)
        dn = da @ W1.T
        dW1, dW2 = np.einsum("ntd,nth->dh", n, d @ W2.T), np.einsum("nth,ntd->hd", h, d)
        db1, db2 = (d @ W2.T).sum(axis=(0, 1)), d.sum(axis=(0, 1))
        dgamma, dbeta = (dn * xhat).sum(axis=(0, 1)), dn.sum(axis=(0, 1))
        g = gamma * dn
        dx = d + (g - g.mean(axis=-1, keepdims=True) - xhat * (g * xhat).mean(axis=-1, keepdims=True)) / s
        return dx, dgamma, dbeta, dW1, db1, dW2, db2

    return x + h @ W2 + b2, pullback


@task.wrong(
    "the second layer's gradient made before the bend",
    hint="W2 has seen what the ReLU let through. Your gradient is made with the sums that went into it.",
    section="sec-13-block",
)
def second_before_bend(x: Any, gamma: Any, beta: Any, W1: Any, b1: Any, W2: Any, b2: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    xhat = (x - x.mean(axis=-1, keepdims=True)) / s
    n = gamma * xhat + beta
    h = np.maximum(n @ W1 + b1, 0)

    def pullback(d: Any) -> Any:
        da = (d @ W2.T) * (h > 0)
        dn = da @ W1.T
        dW1, dW2 = np.einsum("ntd,nth->dh", n, da), np.einsum("nth,ntd->hd", n @ W1 + b1, d)
        db1, db2 = da.sum(axis=(0, 1)), d.sum(axis=(0, 1))
        dgamma, dbeta = (dn * xhat).sum(axis=(0, 1)), dn.sum(axis=(0, 1))
        g = gamma * dn
        dx = d + (g - g.mean(axis=-1, keepdims=True) - xhat * (g * xhat).mean(axis=-1, keepdims=True)) / s
        return dx, dgamma, dbeta, dW1, db1, dW2, db2

    return x + h @ W2 + b2, pullback


@task.wrong(
    "the biases' gradients averaged",
    hint="You take means over the rows. A bias is used in every row, and what comes back from each use"
    " adds up.",
    section="sec-05-nk",
)
def biases_averaged(x: Any, gamma: Any, beta: Any, W1: Any, b1: Any, W2: Any, b2: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    xhat = (x - x.mean(axis=-1, keepdims=True)) / s
    n = gamma * xhat + beta
    h = np.maximum(n @ W1 + b1, 0)

    def pullback(d: Any) -> Any:
        da = (d @ W2.T) * (h > 0)
        dn = da @ W1.T
        dW1, dW2 = np.einsum("ntd,nth->dh", n, da), np.einsum("nth,ntd->hd", h, d)
        db1, db2 = da.mean(axis=(0, 1)), d.mean(axis=(0, 1))
        dgamma, dbeta = (dn * xhat).sum(axis=(0, 1)), dn.sum(axis=(0, 1))
        g = gamma * dn
        dx = d + (g - g.mean(axis=-1, keepdims=True) - xhat * (g * xhat).mean(axis=-1, keepdims=True)) / s
        return dx, dgamma, dbeta, dW1, db1, dW2, db2

    return x + h @ W2 + b2, pullback


@task.wrong(
    "sums over the sequences only",
    hint="Your biases get a gradient for each position. They are the same at all positions, and so the"
    " positions are summed as well.",
    section="sec-13-block",
)
def summed_over_batch_only(
    x: Any, gamma: Any, beta: Any, W1: Any, b1: Any, W2: Any, b2: Any, eps: Any
) -> Any:
    s = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    xhat = (x - x.mean(axis=-1, keepdims=True)) / s
    n = gamma * xhat + beta
    h = np.maximum(n @ W1 + b1, 0)

    def pullback(d: Any) -> Any:
        da = (d @ W2.T) * (h > 0)
        dn = da @ W1.T
        dW1, dW2 = np.einsum("ntd,nth->dh", n, da), np.einsum("nth,ntd->hd", h, d)
        db1, db2 = da.sum(axis=0), d.sum(axis=0)
        dgamma, dbeta = (dn * xhat).sum(axis=0), dn.sum(axis=0)
        g = gamma * dn
        dx = d + (g - g.mean(axis=-1, keepdims=True) - xhat * (g * xhat).mean(axis=-1, keepdims=True)) / s
        return dx, dgamma, dbeta, dW1, db1, dW2, db2

    return x + h @ W2 + b2, pullback


@task.wrong(
    "the upstream gradient ignored",
    hint="Your gradients are those of the plain sum of all outputs. What comes from above, d, weighs them.",
    section="sec-02-upstream",
)
def upstream_ignored(x: Any, gamma: Any, beta: Any, W1: Any, b1: Any, W2: Any, b2: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    xhat = (x - x.mean(axis=-1, keepdims=True)) / s
    n = gamma * xhat + beta
    h = np.maximum(n @ W1 + b1, 0)

    def pullback(d: Any) -> Any:
        d = np.ones_like(d)
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
    "the way back through untransposed matrices",
    hint="You multiply by the matrices as they are. On the way back each is passed from its other "
    "side; with square ones nothing complains.",
    section="sec-06-transpose",
)
def long_way_untransposed(x: Any, gamma: Any, beta: Any, W1: Any, b1: Any, W2: Any, b2: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    xhat = (x - x.mean(axis=-1, keepdims=True)) / s
    n = gamma * xhat + beta
    h = np.maximum(n @ W1 + b1, 0)

    def pullback(d: Any) -> Any:
        da = (d @ W2) * (h > 0)
        dn = da @ W1
        dW1, dW2 = np.einsum("ntd,nth->dh", n, da), np.einsum("nth,ntd->hd", h, d)
        db1, db2 = da.sum(axis=(0, 1)), d.sum(axis=(0, 1))
        dgamma, dbeta = (dn * xhat).sum(axis=(0, 1)), dn.sum(axis=(0, 1))
        g = gamma * dn
        dx = d + (g - g.mean(axis=-1, keepdims=True) - xhat * (g * xhat).mean(axis=-1, keepdims=True)) / s
        return dx, dgamma, dbeta, dW1, db1, dW2, db2

    return x + h @ W2 + b2, pullback
