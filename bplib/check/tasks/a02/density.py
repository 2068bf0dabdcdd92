"""The Gaussian density as an op of datum and width: the chapter's second line, mended, with a second gradient."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check import probes
from bplib.check.task import Case, Seen, Task

task = Task(
    "02.density",
    "A hill and its two slopes",
    asks_for="density",
    section="sec-02-gaussian",
    parts={"value": 1, "gradient": 1},
)


@task.reference
def density(x: Any, mu: Any, sigma: Any) -> Any:
    u = (x - mu) / sigma
    p = np.exp(-0.5 * u * u) / (sigma * np.sqrt(2 * np.pi))
    return p, lambda d: (-d * p * u / sigma, d * p * (u * u - 1) / sigma)


def hill(seed: int, shape: tuple[int, ...], mu: float, width: float) -> Case:
    """Data x around mu, widths sigma around this one, and an upstream gradient d, all of this shape."""
    rng = np.random.default_rng(seed)
    sigma = width * rng.uniform(0.5, 2, size=shape)
    return {
        "x": mu + sigma * rng.normal(size=shape),
        "mu": mu,
        "sigma": sigma,
        "d": rng.normal(size=shape),
    }


@task.cases
def cases() -> Iterator[Case]:
    yield {
        "x": np.array([1.0, 3.0]),
        "mu": 1.0,
        "sigma": np.array([2.0, 2.0]),
        "d": np.array([0.5, -2.0]),
    }
    yield hill(1, (4, 3), -0.5, 0.3)
    yield hill(2, (5,), 2.0, 1.0)
    yield {
        "x": np.array([60.0, -0.2]),
        "mu": 0.0,
        "sigma": np.array([1.5, 0.8]),
        "d": np.array([2.0, 0.7]),
    }


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    for part, what, value in probes.op("x", "sigma")(answer, case):
        yield part, what, value
        if part == "value":  # p is a factor of both slopes: whoever has it wrong should read that first
            yield "gradient", what, value


@task.wrong(
    "the slopes of the logarithm of the density",
    hint="Your slopes do not die out far away from the hill, where the density is flat. They belong to log p; "
    "the slopes of p itself have the density as a factor.",
    section="sec-02-bug-gaussian",
)
def slope_of_log(x: Any, mu: Any, sigma: Any) -> Any:
    u = (x - mu) / sigma
    p = np.exp(-0.5 * u * u) / (sigma * np.sqrt(2 * np.pi))
    return p, lambda d: (-d * u / sigma, d * (u * u - 1) / sigma)


@task.wrong(
    "the slope with respect to x with its sign turned",
    hint="To the right of the top the hill goes down. What you return is the slope with respect to the mean: "
    "moving the hill to the right is moving the datum to the left.",
    section="sec-02-question",
)
def sign_turned(x: Any, mu: Any, sigma: Any) -> Any:
    u = (x - mu) / sigma
    p = np.exp(-0.5 * u * u) / (sigma * np.sqrt(2 * np.pi))
    return p, lambda d: (d * p * u / sigma, d * p * (u * u - 1) / sigma)


@task.wrong(
    "the inner slope lost on the way back to x",
    hint="You differentiated by u, the distance in units of σ, and stopped there. A wider hill is less steep: one "
    "more factor stands between u and x.",
)
def inner_slope_lost(x: Any, mu: Any, sigma: Any) -> Any:
    u = (x - mu) / sigma
    p = np.exp(-0.5 * u * u) / (sigma * np.sqrt(2 * np.pi))
    return p, lambda d: (-d * p * u, d * p * (u * u - 1) / sigma)


@task.wrong(
    "the upstream gradient ignored",
    hint="What you return are the slopes of the density. The pullback is asked for the slopes of the loss: what "
    "comes from above, d, has to be in them.",
    section="sec-02-vjp",
)
def upstream_ignored(x: Any, mu: Any, sigma: Any) -> Any:
    u = (x - mu) / sigma
    p = np.exp(-0.5 * u * u) / (sigma * np.sqrt(2 * np.pi))
    return p, lambda d: (-p * u / sigma, p * (u * u - 1) / sigma)


@task.wrong(
    "a density that is not divided by σ",
    hint="All that a datum can be must add up to 1. A wide hill has to be low and a narrow one high; yours has the "
    "same height for every width.",
)
def width_not_in_height(x: Any, mu: Any, sigma: Any) -> Any:
    u = (x - mu) / sigma
    p = np.exp(-0.5 * u * u) / np.sqrt(2 * np.pi)
    return p, lambda d: (-d * p * u / sigma, d * p * u * u / sigma)


@task.wrong(
    "no factor in front",
    hint="Your hill has the height 1. A density has the area 1 below it, and the factor in front sees to that.",
)
def not_normalised(x: Any, mu: Any, sigma: Any) -> Any:
    u = (x - mu) / sigma
    p = np.exp(-0.5 * u * u)
    return p, lambda d: (-d * p * u / sigma, d * p * u * u / sigma)


@task.wrong(
    "the root missing in front",
    hint="You divide by σ times 2π. The area below such a hill is not 1; in front stands the root of 2π.",
)
def root_missing(x: Any, mu: Any, sigma: Any) -> Any:
    u = (x - mu) / sigma
    p = np.exp(-0.5 * u * u) / (sigma * 2 * np.pi)
    return p, lambda d: (-d * p * u / sigma, d * p * (u * u - 1) / sigma)


@task.wrong(
    "sigma taken for the variance",
    hint="You use sigma where the formula has σ². The argument is the width, in the unit of x; the variance is "
    "its square, in the unit of x².",
)
def sigma_as_variance(x: Any, mu: Any, sigma: Any) -> Any:
    u = (x - mu) / sigma
    p = np.exp(-0.5 * (x - mu) ** 2 / sigma) / np.sqrt(2 * np.pi * sigma)
    return p, lambda d: (-d * p * (x - mu) / sigma, 0.5 * d * p * (u * u - 1 / sigma))


@task.wrong(
    "the half in the exponent lost",
    hint="Without the half the hill is narrower than σ says, by a factor of √2, and the factor in front no longer "
    "fits it.",
)
def half_lost(x: Any, mu: Any, sigma: Any) -> Any:
    u = (x - mu) / sigma
    p = np.exp(-u * u) / (sigma * np.sqrt(2 * np.pi))
    return p, lambda d: (-2 * d * p * u / sigma, d * p * (2 * u * u - 1) / sigma)


@task.wrong(
    "the logarithm returned",
    hint="You return log p. Its slope is simpler and losses are made of it, and this task is about the density "
    "itself: the next but one is about its logarithm.",
    section="sec-02-bug-gaussian",
)
def logarithm(x: Any, mu: Any, sigma: Any) -> Any:
    u = (x - mu) / sigma
    p = -0.5 * u * u - np.log(sigma * np.sqrt(2 * np.pi))
    return p, lambda d: (-d * u / sigma, d * (u * u - 1) / sigma)


from bplib.check.tasks.a02 import _density_more  # noqa: E402, F401  # it enters more wrong answers
