"""The negative logarithm of the Gaussian likelihood, with its pullback to the mean and to the width."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check import probes
from bplib.check.task import Case, Task

task = Task(
    "02.gaussian_nll",
    "How surprising is a measurement?",
    asks_for="gaussian_nll",
    section="sec-02-gaussian",
    parts={"value": 1, "gradient": 2},
)
task.probe(probes.op("mu", "log_sigma"))


@task.reference
def gaussian_nll(mu: Any, log_sigma: Any, x: Any) -> Any:
    sigma = np.exp(log_sigma)
    u = (x - mu) / sigma
    return 0.5 * np.log(2 * np.pi) + log_sigma + 0.5 * u * u, lambda d: (-d * u / sigma, d * (1 - u * u))


def measurements(seed: int, *shape: int) -> Case:
    """Means, logarithms of widths, data and an upstream gradient d, all of this shape."""
    rng = np.random.default_rng(seed)
    names = ("mu", "log_sigma", "x", "d")
    return {name: rng.normal(size=shape) for name in names}


@task.cases
def cases() -> Iterator[Case]:
    yield {
        "mu": np.array([1.0, 0.0]),
        "log_sigma": np.array([0.0, np.log(2.0)]),
        "x": np.array([3.0, 1.0]),
        "d": np.array([0.5, 2.0]),
    }
    yield measurements(1, 4, 3)
    yield measurements(2, 3, 1)


@task.wrong(
    "the constant left out",
    hint="Your gradients are right, for a constant has no slope. The value is the logarithm of a density whose "
    "area is 1, and the number that makes it so has been dropped.",
)
def constant_lost(mu: Any, log_sigma: Any, x: Any) -> Any:
    sigma = np.exp(log_sigma)
    u = (x - mu) / sigma
    return log_sigma + 0.5 * u * u, lambda d: (-d * u / sigma, d * (1 - u * u))


@task.wrong(
    "no price for a wide hill",
    hint="With your value the best width is infinite: every datum then lies close. The term that is missing makes "
    "a wide hill low.",
)
def width_for_free(mu: Any, log_sigma: Any, x: Any) -> Any:
    sigma = np.exp(log_sigma)
    u = (x - mu) / sigma
    return 0.5 * np.log(2 * np.pi) + 0.5 * u * u, lambda d: (-d * u / sigma, d * (1 - u * u))


@task.wrong(
    "the gradient with respect to σ",
    hint="You differentiated by the width. The argument is its logarithm, and between the two lies one more link: "
    "the slope of σ with respect to log σ.",
)
def by_sigma(mu: Any, log_sigma: Any, x: Any) -> Any:
    sigma = np.exp(log_sigma)
    u = (x - mu) / sigma
    return 0.5 * np.log(2 * np.pi) + log_sigma + 0.5 * u * u, lambda d: (
        -d * u / sigma,
        d * (1 - u * u) / sigma,
    )


@task.wrong(
    "log_sigma taken for the logarithm of the variance",
    hint="You took log σ² for what is log σ. The two differ by a factor of 2, in the value and in both gradients.",
)
def log_variance(mu: Any, log_sigma: Any, x: Any) -> Any:
    v = np.exp(log_sigma)
    r = x - mu
    return 0.5 * (np.log(2 * np.pi) + log_sigma + r * r / v), lambda d: (
        -d * r / v,
        0.5 * d * (1 - r * r / v),
    )


@task.wrong(
    "log_sigma taken for σ",
    hint="You divide by the argument as it comes. It is the logarithm of the width, may well be negative or zero, "
    "and has to be turned into a width first.",
)
def not_exponentiated(mu: Any, log_sigma: Any, x: Any) -> Any:
    sigma = log_sigma
    u = (x - mu) / sigma
    return 0.5 * np.log(2 * np.pi) + np.log(sigma) + 0.5 * u * u, lambda d: (
        -d * u / sigma,
        d * (1 - u * u) / sigma,
    )


@task.wrong(
    "the half of the square lost",
    hint="Your squared distance counts twice. The half that is missing cancels the 2 of the square's slope, and "
    "without it both gradients are off.",
)
def half_lost(mu: Any, log_sigma: Any, x: Any) -> Any:
    sigma = np.exp(log_sigma)
    u = (x - mu) / sigma
    return 0.5 * np.log(2 * np.pi) + log_sigma + u * u, lambda d: (-2 * d * u / sigma, d * (1 - 2 * u * u))


@task.wrong(
    "the gradient of the mean with its sign turned",
    hint="The further the mean lies below the datum, the more surprising the datum: raising the mean lowers the "
    "value. Observed minus expected is the direction in which to go, and the gradient points the other way.",
    section="sec-02-expected-minus-observed",
)
def mean_sign(mu: Any, log_sigma: Any, x: Any) -> Any:
    sigma = np.exp(log_sigma)
    u = (x - mu) / sigma
    return 0.5 * np.log(2 * np.pi) + log_sigma + 0.5 * u * u, lambda d: (d * u / sigma, d * (1 - u * u))


@task.wrong(
    "the inner slope of the mean lost",
    hint="You differentiated by u and stopped there. How far u moves when the mean moves depends on the width: one "
    "more factor is missing.",
)
def mean_inner_slope(mu: Any, log_sigma: Any, x: Any) -> Any:
    sigma = np.exp(log_sigma)
    u = (x - mu) / sigma
    return 0.5 * np.log(2 * np.pi) + log_sigma + 0.5 * u * u, lambda d: (-d * u, d * (1 - u * u))


@task.wrong(
    "the log-likelihood, which learning raises",
    hint="What you return has the sign of the log-likelihood. A loss goes down when learning goes well, so it is the "
    "negative one, and its gradients are those of the negative one.",
    section="sec-02-distributions",
)
def log_likelihood(mu: Any, log_sigma: Any, x: Any) -> Any:
    sigma = np.exp(log_sigma)
    u = (x - mu) / sigma
    return -0.5 * np.log(2 * np.pi) - log_sigma - 0.5 * u * u, lambda d: (d * u / sigma, d * (u * u - 1))


@task.wrong(
    "the upstream gradient ignored",
    hint="You return the slopes of the value. The pullback is asked for the slopes of the loss, and d says how the "
    "loss depends on each value.",
    section="sec-02-vjp",
)
def upstream_ignored(mu: Any, log_sigma: Any, x: Any) -> Any:
    sigma = np.exp(log_sigma)
    u = (x - mu) / sigma
    return 0.5 * np.log(2 * np.pi) + log_sigma + 0.5 * u * u, lambda d: (-u / sigma, 1 - u * u)


@task.wrong(
    "the two gradients in the wrong order",
    hint="The gradients come back in the order of the arguments, the mean first. Whoever unpacks yours moves the "
    "mean by the gradient of the width.",
)
def swapped(mu: Any, log_sigma: Any, x: Any) -> Any:
    sigma = np.exp(log_sigma)
    u = (x - mu) / sigma
    return 0.5 * np.log(2 * np.pi) + log_sigma + 0.5 * u * u, lambda d: (d * (1 - u * u), -d * u / sigma)


@task.wrong(
    "the width's own term left out of its gradient",
    hint="A wide hill is low, and the value says so with a term of its own. Its slope is missing from your gradient, "
    "which only ever asks for more width.",
)
def width_term_lost_backward(mu: Any, log_sigma: Any, x: Any) -> Any:
    sigma = np.exp(log_sigma)
    u = (x - mu) / sigma
    return 0.5 * np.log(2 * np.pi) + log_sigma + 0.5 * u * u, lambda d: (-d * u / sigma, -d * u * u)


@task.wrong(
    "one number for all data",
    hint="You average over the data. This op gives one value for each datum, in the shape of x; whether they are "
    "summed or averaged afterwards is for the caller to decide.",
)
def averaged(mu: Any, log_sigma: Any, x: Any) -> Any:
    sigma = np.exp(log_sigma)
    u = (x - mu) / sigma
    return (0.5 * np.log(2 * np.pi) + log_sigma + 0.5 * u * u).mean(), lambda d: (
        -d * u / sigma / x.size,
        d * (1 - u * u) / x.size,
    )


from bplib.check.tasks.a02 import _gaussian_nll_more  # noqa: E402, F401  # it enters more wrong answers
