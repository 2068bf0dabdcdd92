"""The second half of a block: layer norm, two layers, and the shortcut round them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import call, unpack
from bplib.check.task import Case, Seen, Task

task = Task(
    "13.feed_forward",
    "The other half of a block",
    asks_for="feed_forward",
    section="sec-13-block",
    parts={"value": 1, "parameters": 2, "dx": 2},
)
GRADIENTS = ("dx", "dgamma", "dbeta", "dW1", "db1", "dW2", "db2")


@task.reference
def feed_forward(x: Any, gamma: Any, beta: Any, W1: Any, b1: Any, W2: Any, b2: Any, eps: Any) -> Any:
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

    return x + h @ W2 + b2, pullback


def half(seed: int, N: int, T: int, D: int, H: int, eps: float) -> Case:
    """Rows with a spread for which eps counts, and with a mean; gamma far from 1, beta far from 0."""
    rng = np.random.default_rng(seed)
    return {
        "x": rng.standard_normal((N, T, D)) + rng.standard_normal((N, T, 1)),
        "gamma": rng.uniform(0.5, 2.0, D) * rng.choice([-1, 1], D),
        "beta": rng.standard_normal(D),
        "W1": rng.standard_normal((D, H)),
        "b1": rng.standard_normal(H),
        "W2": rng.standard_normal((H, D)),
        "b2": rng.standard_normal(D),
        "eps": eps,
        "d": rng.standard_normal((N, T, D)),
    }


@task.cases
def cases() -> Iterator[Case]:
    yield {
        "x": np.array([[[1.0, 3.0]]]),
        "gamma": np.array([1.0, 2.0]),
        "beta": np.array([1.0, 0.0]),
        "W1": np.array([[2.0], [3.0]]),
        "b1": np.array([0.0]),
        "W2": np.array([[0.5, -1.0]]),
        "b2": np.array([0.0, 1.0]),
        "eps": 3.0,
        "d": np.array([[[2.0, 0.0]]]),
    }
    yield half(137, 3, 4, 3, 3, 0.1)
    yield half(138, 2, 3, 4, 5, 0.01)


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    inputs = [value for name, value in case.items() if name != "d"]
    value, pullback = unpack(call(answer, *inputs), "value", "pullback", of="feed_forward")
    for part in task.parts:
        yield part, "the result", value  # a gradient belongs to its value
    for again, d in (("", case["d"]), (", when called again", -2 * case["d"])):
        grads = unpack(call(pullback, d, name="pullback"), *GRADIENTS, of="pullback")
        for name, g in zip(GRADIENTS, grads, strict=True):
            yield "dx" if name == "dx" else "parameters", f"{name}{again}", g


@task.wrong(
    "no shortcut",
    hint="Your result is what the two layers make, and x itself is gone. In a block they add something to x.",
    section="sec-07-residual",
)
def no_shortcut(x: Any, gamma: Any, beta: Any, W1: Any, b1: Any, W2: Any, b2: Any, eps: Any) -> Any:
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
        dx = (g - g.mean(axis=-1, keepdims=True) - xhat * (g * xhat).mean(axis=-1, keepdims=True)) / s
        return dx, dgamma, dbeta, dW1, db1, dW2, db2

    return h @ W2 + b2, pullback


@task.wrong(
    "the shortcut missing on the way back",
    hint="On the way forward x is added to the result, and on the way back you take only the long way "
    "round. The short way hands d on unchanged.",
    section="sec-07-residual",
)
def shortcut_not_back(x: Any, gamma: Any, beta: Any, W1: Any, b1: Any, W2: Any, b2: Any, eps: Any) -> Any:
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
        dx = (g - g.mean(axis=-1, keepdims=True) - xhat * (g * xhat).mean(axis=-1, keepdims=True)) / s
        return dx, dgamma, dbeta, dW1, db1, dW2, db2

    return x + h @ W2 + b2, pullback


@task.wrong(
    "the shortcut round the layers only",
    hint="You add the normalised rows. The shortcut goes round the norm as well: x itself is added.",
    section="sec-13-block",
)
def shortcut_after_norm(x: Any, gamma: Any, beta: Any, W1: Any, b1: Any, W2: Any, b2: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    xhat = (x - x.mean(axis=-1, keepdims=True)) / s
    n = gamma * xhat + beta
    h = np.maximum(n @ W1 + b1, 0)

    def pullback(d: Any) -> Any:
        da = (d @ W2.T) * (h > 0)
        dn = da @ W1.T + d
        dW1, dW2 = np.einsum("ntd,nth->dh", n, da), np.einsum("nth,ntd->hd", h, d)
        db1, db2 = da.sum(axis=(0, 1)), d.sum(axis=(0, 1))
        dgamma, dbeta = (dn * xhat).sum(axis=(0, 1)), dn.sum(axis=(0, 1))
        g = gamma * dn
        dx = (g - g.mean(axis=-1, keepdims=True) - xhat * (g * xhat).mean(axis=-1, keepdims=True)) / s
        return dx, dgamma, dbeta, dW1, db1, dW2, db2

    return n + h @ W2 + b2, pullback


@task.wrong(
    "the norm left out",
    hint="Your first layer sees x as it is. The task normalises each row before it.",
    section="sec-13-block",
)
def norm_left_out(x: Any, gamma: Any, beta: Any, W1: Any, b1: Any, W2: Any, b2: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    xhat = (x - x.mean(axis=-1, keepdims=True)) / s
    n = x
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
    "the norm without its scale and shift",
    hint="Your rows are normalised, and gamma and beta are not used.",
    section="sec-07-layernorm",
)
def norm_without_parameters(
    x: Any, gamma: Any, beta: Any, W1: Any, b1: Any, W2: Any, b2: Any, eps: Any
) -> Any:
    s = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    xhat = (x - x.mean(axis=-1, keepdims=True)) / s
    n = xhat
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
    "the statistics of each feature",
    hint="You take mean and variance down the batch, as batch norm does. Layer norm takes them along "
    "the features: each row by itself.",
    section="sec-07-layernorm",
)
def statistics_of_the_batch(
    x: Any, gamma: Any, beta: Any, W1: Any, b1: Any, W2: Any, b2: Any, eps: Any
) -> Any:
    s = np.sqrt(x.var(axis=(0, 1)) + eps)
    xhat = (x - x.mean(axis=(0, 1))) / s
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
    "the statistics of all numbers together",
    hint="You take one mean and one variance of everything. Each row, of each position of each "
    "sequence, has its own.",
    section="sec-07-layernorm",
)
def statistics_of_all(x: Any, gamma: Any, beta: Any, W1: Any, b1: Any, W2: Any, b2: Any, eps: Any) -> Any:
    s = np.sqrt(x.var() + eps)
    xhat = (x - x.mean()) / s
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


from bplib.check.tasks.a13 import (  # noqa: E402  # they enter more wrong answers
    _feed_forward_more,  # noqa: F401
    _feed_forward_more2,  # noqa: F401
    _feed_forward_more3,  # noqa: F401
)
