"""Batch norm as an op: the value, and all three gradients in one pass."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import StudentError, call, unpack
from bplib.check.task import Case, Seen, Task

task = Task(
    "07.batch_norm",
    "Batch norm, there and back",
    asks_for="batch_norm",
    section="sec-07-bn-backward",
    parts={"value": 1, "parameters": 1, "dx": 3},
)


@task.reference
def batch_norm(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=0) + eps)
    xhat = (x - x.mean(axis=0)) / s

    def pullback(dy: Any) -> Any:
        g = gamma * dy
        dx = (g - g.mean(axis=0) - xhat * (g * xhat).mean(axis=0)) / s
        return dx, (dy * xhat).sum(axis=0), dy.sum(axis=0)

    return gamma * xhat + beta, pullback


def batch(seed: int, N: int, D: int, eps: float = 1e-5, scale: float = 1.0) -> Case:
    """A batch with a scale, a shift, and what comes back for it; a spread for which eps counts."""
    rng = np.random.default_rng(seed)
    x = scale * rng.standard_normal((N, D)) + rng.standard_normal(D)
    gamma, beta = rng.uniform(0.5, 2.0, D) * rng.choice([-1, 1], D), rng.standard_normal(D)
    return {"x": x, "gamma": gamma, "beta": beta, "eps": eps, "d": rng.standard_normal((N, D))}


@task.cases
def cases() -> Iterator[Case]:
    yield {
        "x": np.array([[1.0], [1.0], [3.0], [3.0]]),
        "gamma": np.array([2.0]),
        "beta": np.array([5.0]),
        "eps": 0.0,
        "d": np.array([[1.0], [0.0], [0.0], [2.0]]),
    }
    yield batch(1, 5, 3, eps=0.1)
    yield batch(2, 4, 4, eps=0.01, scale=0.1)


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    x, gamma, beta, eps, d = case.values()
    result = call(answer, x, gamma, beta, eps)
    out, pullback = unpack(result, "y", "pullback", of=answer.__name__)
    if callable(out) and not callable(pullback):
        raise StudentError("form", f"{answer.__name__} returns its pullback first. The value comes first.")
    yield "value", "y", out
    for again, dy in (("", d), (", when called again", -2 * d)):
        dx, dgamma, dbeta = unpack(
            call(pullback, dy, name="pullback"), "dx", "dgamma", "dbeta", of="pullback"
        )
        yield "parameters", f"dgamma{again}", dgamma
        yield "parameters", f"dbeta{again}", dbeta
        yield "dx", f"dx{again}", dx


@task.wrong(
    "the mean and the spread taken as constants",
    hint="Mean and spread are made of x, so moving one example moves them, and with them every other output. You "
    "let the gradient flow straight through and leave out both of these paths.",
    section="sec-07-bug-constant",
)
def statistics_constant(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=0) + eps)
    xhat = (x - x.mean(axis=0)) / s

    def pullback(dy: Any) -> Any:
        g = gamma * dy
        dx = g / s
        return dx, (dy * xhat).sum(axis=0), dy.sum(axis=0)

    return gamma * xhat + beta, pullback


@task.wrong(
    "the path through the mean lost",
    hint="Every example is shifted by the mean, and every example is part of the mean. What the shift of all the "
    "others sends back is missing.",
)
def mean_path_lost(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=0) + eps)
    xhat = (x - x.mean(axis=0)) / s

    def pullback(dy: Any) -> Any:
        g = gamma * dy
        dx = (g - xhat * (g * xhat).mean(axis=0)) / s
        return dx, (dy * xhat).sum(axis=0), dy.sum(axis=0)

    return gamma * xhat + beta, pullback


@task.wrong(
    "the path through the variance lost",
    hint="Raising an example that lies far out raises the spread, by which all examples are divided. What that "
    "sends back is missing.",
)
def variance_path_lost(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=0) + eps)
    xhat = (x - x.mean(axis=0)) / s

    def pullback(dy: Any) -> Any:
        g = gamma * dy
        dx = (g - g.mean(axis=0)) / s
        return dx, (dy * xhat).sum(axis=0), dy.sum(axis=0)

    return gamma * xhat + beta, pullback


@task.wrong(
    "the scale left out of dx",
    hint="Between y and the normalised x stands a multiplication by gamma. The gradient has to pass it.",
)
def gamma_lost(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=0) + eps)
    xhat = (x - x.mean(axis=0)) / s

    def pullback(dy: Any) -> Any:
        g = dy
        dx = (g - g.mean(axis=0) - xhat * (g * xhat).mean(axis=0)) / s
        return dx, (dy * xhat).sum(axis=0), dy.sum(axis=0)

    return gamma * xhat + beta, pullback


@task.wrong(
    "sums where dx has means",
    hint="The mean and the variance each hand an example one N-th of what they receive. You hand every example "
    "all of it.",
)
def sums_for_means(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=0) + eps)
    xhat = (x - x.mean(axis=0)) / s

    def pullback(dy: Any) -> Any:
        g = gamma * dy
        dx = (g - g.sum(axis=0) - xhat * (g * xhat).sum(axis=0)) / s
        return dx, (dy * xhat).sum(axis=0), dy.sum(axis=0)

    return gamma * xhat + beta, pullback


@task.wrong(
    "the division by the spread left out of dx",
    hint="On the way forward the centred x is divided by its spread, and so is the gradient on the way back.",
)
def not_divided(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=0) + eps)
    xhat = (x - x.mean(axis=0)) / s

    def pullback(dy: Any) -> Any:
        g = gamma * dy
        dx = g - g.mean(axis=0) - xhat * (g * xhat).mean(axis=0)
        return dx, (dy * xhat).sum(axis=0), dy.sum(axis=0)

    return gamma * xhat + beta, pullback


@task.wrong(
    "divided by the variance, the root forgotten",
    hint="x is divided by its standard deviation, so that its spread becomes 1. Dividing by the variance makes a "
    "wide column too narrow.",
    section="sec-07-batchnorm",
)
def divided_by_variance(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = x.var(axis=0) + eps
    xhat = (x - x.mean(axis=0)) / s

    def pullback(dy: Any) -> Any:
        g = gamma * dy
        dx = (g - g.mean(axis=0) - xhat * (g * xhat).mean(axis=0)) / s
        return dx, (dy * xhat).sum(axis=0), dy.sum(axis=0)

    return gamma * xhat + beta, pullback


@task.wrong(
    "dx taken to be zero",
    hint="The normalised values are always of mean 0 and spread 1, but each single one still depends on x. Only "
    "shifting and stretching the whole column changes nothing.",
)
def zero_dx(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=0) + eps)
    xhat = (x - x.mean(axis=0)) / s

    def pullback(dy: Any) -> Any:
        return np.zeros_like(x), (dy * xhat).sum(axis=0), dy.sum(axis=0)

    return gamma * xhat + beta, pullback


@task.wrong(
    "the centred x where the normalised one belongs",
    hint="In the third term you multiply by x less its mean. The formula has that divided by the spread, in both "
    "places.",
)
def centred_for_xhat(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=0) + eps)
    xhat = (x - x.mean(axis=0)) / s

    def pullback(dy: Any) -> Any:
        g = gamma * dy
        dx = (g - g.mean(axis=0) - (x - x.mean(axis=0)) * (g * (x - x.mean(axis=0))).mean(axis=0)) / s
        return dx, (dy * xhat).sum(axis=0), dy.sum(axis=0)

    return gamma * xhat + beta, pullback


from bplib.check.tasks.a07 import _batch_norm_more, _batch_norm_slips  # noqa: E402, F401  # it enters more wrong answers
