"""Layer norm as an op: each example by its own mean and variance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import StudentError, call, unpack
from bplib.check.task import Case, Seen, Task

task = Task(
    "07.layer_norm",
    "Layer norm, there and back",
    asks_for="layer_norm",
    section="sec-07-layernorm",
    parts={"value": 1, "parameters": 1, "dx": 2},
)


@task.reference
def layer_norm(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    xhat = (x - x.mean(axis=-1, keepdims=True)) / s

    def pullback(dy: Any) -> Any:
        g = gamma * dy
        dx = (g - g.mean(axis=-1, keepdims=True) - xhat * (g * xhat).mean(axis=-1, keepdims=True)) / s
        return dx, (dy * xhat).sum(axis=0), dy.sum(axis=0)

    return gamma * xhat + beta, pullback


def batch(seed: int, N: int, D: int, eps: float = 1e-5, scale: float = 1.0) -> Case:
    """A batch with a scale, a shift, and what comes back for it; a spread for which eps counts."""
    rng = np.random.default_rng(seed)
    x = scale * rng.standard_normal((N, D)) + rng.standard_normal((N, 1))
    gamma, beta = rng.uniform(0.5, 2.0, D) * rng.choice([-1, 1], D), rng.standard_normal(D)
    return {"x": x, "gamma": gamma, "beta": beta, "eps": eps, "d": rng.standard_normal((N, D))}


@task.cases
def cases() -> Iterator[Case]:
    yield {
        "x": np.array([[1.0, 1.0, 3.0, 3.0]]),
        "gamma": np.array([2.0, 1.0, 1.0, 3.0]),
        "beta": np.array([5.0, 0.0, 0.0, 0.0]),
        "eps": 0.0,
        "d": np.array([[1.0, 0.0, 0.0, 2.0]]),
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
    "gamma taken out of the means",
    hint="Within a row every entry has its own gamma, and yours comes in only when the means are already taken. "
    "In batch norm that makes no difference; here it does.",
    section="sec-07-bug-gamma",
)
def gamma_pulled_out(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    xhat = (x - x.mean(axis=-1, keepdims=True)) / s

    def pullback(dy: Any) -> Any:
        g = dy
        dx = gamma * (g - g.mean(axis=-1, keepdims=True) - xhat * (g * xhat).mean(axis=-1, keepdims=True)) / s
        return dx, (dy * xhat).sum(axis=0), dy.sum(axis=0)

    return gamma * xhat + beta, pullback


@task.wrong(
    "the mean and the spread taken as constants",
    hint="Mean and spread are made of the example's own units, and the gradient flows through them as well. Two "
    "of the three paths are missing.",
    section="sec-07-bug-constant",
)
def statistics_constant(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    xhat = (x - x.mean(axis=-1, keepdims=True)) / s

    def pullback(dy: Any) -> Any:
        g = gamma * dy
        dx = g / s
        return dx, (dy * xhat).sum(axis=0), dy.sum(axis=0)

    return gamma * xhat + beta, pullback


@task.wrong(
    "the path through the mean lost",
    hint="Every unit of an example is shifted by its mean. What that sends back to the units is missing.",
)
def mean_path_lost(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    xhat = (x - x.mean(axis=-1, keepdims=True)) / s

    def pullback(dy: Any) -> Any:
        g = gamma * dy
        dx = (g - xhat * (g * xhat).mean(axis=-1, keepdims=True)) / s
        return dx, (dy * xhat).sum(axis=0), dy.sum(axis=0)

    return gamma * xhat + beta, pullback


@task.wrong(
    "the path through the variance lost",
    hint="Every unit of an example is divided by its spread, and the spread is made of all units. What that sends "
    "back to them is missing.",
)
def variance_path_lost(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    xhat = (x - x.mean(axis=-1, keepdims=True)) / s

    def pullback(dy: Any) -> Any:
        g = gamma * dy
        dx = (g - g.mean(axis=-1, keepdims=True)) / s
        return dx, (dy * xhat).sum(axis=0), dy.sum(axis=0)

    return gamma * xhat + beta, pullback


@task.wrong(
    "the scale left out of dx",
    hint="Between y and the normalised x stands a multiplication by gamma. The gradient has to pass it.",
)
def gamma_lost(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    xhat = (x - x.mean(axis=-1, keepdims=True)) / s

    def pullback(dy: Any) -> Any:
        g = dy
        dx = (g - g.mean(axis=-1, keepdims=True) - xhat * (g * xhat).mean(axis=-1, keepdims=True)) / s
        return dx, (dy * xhat).sum(axis=0), dy.sum(axis=0)

    return gamma * xhat + beta, pullback


@task.wrong(
    "sums where dx has means",
    hint="The mean and the variance each hand a unit one D-th of what they receive. You hand every unit all of "
    "it.",
)
def sums_for_means(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    xhat = (x - x.mean(axis=-1, keepdims=True)) / s

    def pullback(dy: Any) -> Any:
        g = gamma * dy
        dx = (g - g.sum(axis=-1, keepdims=True) - xhat * (g * xhat).sum(axis=-1, keepdims=True)) / s
        return dx, (dy * xhat).sum(axis=0), dy.sum(axis=0)

    return gamma * xhat + beta, pullback


@task.wrong(
    "the division by the spread left out of dx",
    hint="On the way forward the centred x is divided by its spread, and so is the gradient on the way back.",
)
def not_divided(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    xhat = (x - x.mean(axis=-1, keepdims=True)) / s

    def pullback(dy: Any) -> Any:
        g = gamma * dy
        dx = g - g.mean(axis=-1, keepdims=True) - xhat * (g * xhat).mean(axis=-1, keepdims=True)
        return dx, (dy * xhat).sum(axis=0), dy.sum(axis=0)

    return gamma * xhat + beta, pullback


@task.wrong(
    "the means of dx taken over the batch",
    hint="The statistics are one example's, so what flows back through them stays in that example. You mix the "
    "examples, as batch norm must.",
)
def means_over_batch(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    s = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    xhat = (x - x.mean(axis=-1, keepdims=True)) / s

    def pullback(dy: Any) -> Any:
        g = gamma * dy
        dx = (g - g.mean(axis=0) - xhat * (g * xhat).mean(axis=0)) / s
        return dx, (dy * xhat).sum(axis=0), dy.sum(axis=0)

    return gamma * xhat + beta, pullback


from bplib.check.tasks.a07 import _layer_norm_more, _layer_norm_slips  # noqa: E402, F401  # it enters more wrong answers
