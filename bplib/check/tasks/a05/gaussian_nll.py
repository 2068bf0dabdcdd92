"""The Gaussian negative log-likelihood, with a width that is learned."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check import probes
from bplib.check.task import Case, Task

task = Task(
    "05.gaussian_nll",
    "A prediction, and how sure it is",
    asks_for="gaussian_nll",
    section="sec-05-width",
    parts={"value": 1, "gradient": 3},
)
task.probe(probes.op("mu", "log_sigma"))


@task.reference
def gaussian_nll(mu: Any, log_sigma: Any, y: Any) -> Any:
    sigma = np.exp(log_sigma)
    u = (y - mu) / sigma
    value = np.mean(log_sigma + 0.5 * u**2) + 0.5 * np.log(2 * np.pi)
    return value, lambda d: (-d * u / sigma / u.size, d * (1 - u**2) / u.size)


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(57)
    normal = rng.standard_normal
    yield {
        "mu": np.array([1.0, 0.0]),
        "log_sigma": np.array([0.0, np.log(2)]),
        "y": np.array([3.0, 1.0]),
        "d": 4.0,
    }
    yield {"mu": normal((4, 3)), "log_sigma": 0.5 * normal((4, 3)), "y": normal((4, 3)), "d": -1.3}
    yield {"mu": normal((2, 1)), "log_sigma": 0.5 * normal((2, 1)), "y": normal((2, 1)), "d": 0.7}


@task.wrong(
    "the term log σ left out",
    hint="Without it a wide σ costs nothing. A network that may choose its own width will call everything "
    "noise, and stop learning.",
)
def log_sigma_left_out(mu: Any, log_sigma: Any, y: Any) -> Any:
    sigma = np.exp(log_sigma)
    u = (y - mu) / sigma
    value = np.mean(0.5 * u**2) + 0.5 * np.log(2 * np.pi)
    return value, lambda d: (-d * u / sigma / u.size, -d * u**2 / u.size)


@task.wrong(
    "the constant ½ log 2π dropped",
    hint="The constant has no slope, so training does not notice. But the value is then no longer the "
    "logarithm of a density, and cannot be compared with other people's.",
    section="sec-05-likelihood",
)
def constant_dropped(mu: Any, log_sigma: Any, y: Any) -> Any:
    sigma = np.exp(log_sigma)
    u = (y - mu) / sigma
    return np.mean(log_sigma + 0.5 * u**2), lambda d: (-d * u / sigma / u.size, d * (1 - u**2) / u.size)


@task.wrong(
    "log σ taken for σ itself",
    hint="The second argument is the logarithm of the width, so that any real number is allowed, negative "
    "ones too. You use it as the width.",
)
def sigma_for_log(mu: Any, log_sigma: Any, y: Any) -> Any:
    u = (y - mu) / log_sigma
    value = np.mean(np.log(log_sigma) + 0.5 * u**2) + 0.5 * np.log(2 * np.pi)
    return value, lambda d: (-d * u / log_sigma / u.size, d * (1 - u**2) / log_sigma / u.size)


@task.wrong(
    "log σ taken for the logarithm of the variance",
    hint="Your e^ℓ stands where σ² belongs, so that every width is the root of what it should be. Many "
    "libraries do use the variance; this task uses the width.",
)
def variance_for_width(mu: Any, log_sigma: Any, y: Any) -> Any:
    variance = np.exp(log_sigma)
    off = y - mu
    value = np.mean(0.5 * log_sigma + 0.5 * off**2 / variance) + 0.5 * np.log(2 * np.pi)
    return value, lambda d: (-d * off / variance / off.size, d * 0.5 * (1 - off**2 / variance) / off.size)


@task.wrong(
    "the whole square, and not half of it",
    hint="The exponent of the Gaussian density is minus *half* of u². With the whole square the widths that "
    "are learned come out too large by the factor √2.",
    section="sec-05-likelihood",
)
def half_lost(mu: Any, log_sigma: Any, y: Any) -> Any:
    sigma = np.exp(log_sigma)
    u = (y - mu) / sigma
    value = np.mean(log_sigma + u**2) + 0.5 * np.log(2 * np.pi)
    return value, lambda d: (-d * 2 * u / sigma / u.size, d * (1 - 2 * u**2) / u.size)


@task.wrong(
    "dmu divided by σ once, and not twice",
    hint="The square contains σ twice: once in each u. Your points that are declared noisy pull too hard, "
    "and the sure ones too softly.",
)
def one_sigma_lost(mu: Any, log_sigma: Any, y: Any) -> Any:
    sigma = np.exp(log_sigma)
    u = (y - mu) / sigma
    value = np.mean(log_sigma + 0.5 * u**2) + 0.5 * np.log(2 * np.pi)
    return value, lambda d: (-d * u / u.size, d * (1 - u**2) / u.size)


@task.wrong(
    "the sign of dmu turned",
    hint="Where the target lies above µ, raising µ makes the loss smaller, so the slope must be negative "
    "there. Yours leads away from the data.",
    section="sec-02-gaussian",
)
def mean_sign_turned(mu: Any, log_sigma: Any, y: Any) -> Any:
    sigma = np.exp(log_sigma)
    u = (y - mu) / sigma
    value = np.mean(log_sigma + 0.5 * u**2) + 0.5 * np.log(2 * np.pi)
    return value, lambda d: (d * u / sigma / u.size, d * (1 - u**2) / u.size)


@task.wrong(
    "the gradient with respect to σ, and not to log σ",
    hint="You say how the loss changes with the width. Asked is the change with its logarithm, and between "
    "the two lies an exponential, a link of the chain.",
    section="sec-02-gaussian",
)
def of_sigma(mu: Any, log_sigma: Any, y: Any) -> Any:
    sigma = np.exp(log_sigma)
    u = (y - mu) / sigma
    value = np.mean(log_sigma + 0.5 * u**2) + 0.5 * np.log(2 * np.pi)
    return value, lambda d: (-d * u / sigma / u.size, d * (1 - u**2) / sigma / u.size)


@task.wrong(
    "the sign of dlog_sigma turned",
    hint="A target that is many widths off should make the width grow. Yours shrinks there, and grows where "
    "the prediction is already good.",
)
def width_sign_turned(mu: Any, log_sigma: Any, y: Any) -> Any:
    sigma = np.exp(log_sigma)
    u = (y - mu) / sigma
    value = np.mean(log_sigma + 0.5 * u**2) + 0.5 * np.log(2 * np.pi)
    return value, lambda d: (-d * u / sigma / u.size, d * (u**2 - 1) / u.size)


@task.wrong(
    "the two gradients in the wrong order",
    hint="A pullback gives its gradients in the order of the arguments. Both have the same shape, so nothing"
    " crashes: the mean would be trained with the width's gradient.",
    section="sec-03-op",
)
def order_swapped(mu: Any, log_sigma: Any, y: Any) -> Any:
    sigma = np.exp(log_sigma)
    u = (y - mu) / sigma
    value = np.mean(log_sigma + 0.5 * u**2) + 0.5 * np.log(2 * np.pi)
    return value, lambda d: (d * (1 - u**2) / u.size, -d * u / sigma / u.size)


@task.wrong(
    "gradients of the sum",
    hint="The value is to be a mean. A mean divides each element by how many there are, and so both slopes are "
    "divided, too.",
    section="sec-05-sum",
)
def not_divided(mu: Any, log_sigma: Any, y: Any) -> Any:
    sigma = np.exp(log_sigma)
    u = (y - mu) / sigma
    value = np.mean(log_sigma + 0.5 * u**2) + 0.5 * np.log(2 * np.pi)
    return value, lambda d: (-d * u / sigma, d * (1 - u**2))


@task.wrong(
    "the upstream gradient ignored",
    hint="You return the slopes of this loss alone. What comes from above, d, must still be in both.",
    section="sec-02-upstream",
)
def upstream_ignored(mu: Any, log_sigma: Any, y: Any) -> Any:
    sigma = np.exp(log_sigma)
    u = (y - mu) / sigma
    value = np.mean(log_sigma + 0.5 * u**2) + 0.5 * np.log(2 * np.pi)
    return value, lambda d: (-u / sigma / u.size, (1 - u**2) / u.size)


@task.wrong(
    "σ inside u forgotten",
    hint="Your width feels only the term log σ, and would shrink for ever. It is in u as well: a wider σ "
    "makes every miss count for less.",
)
def sigma_in_u_forgotten(mu: Any, log_sigma: Any, y: Any) -> Any:
    sigma = np.exp(log_sigma)
    u = (y - mu) / sigma
    value = np.mean(log_sigma + 0.5 * u**2) + 0.5 * np.log(2 * np.pi)
    return value, lambda d: (-d * u / sigma / u.size, d * np.ones_like(u) / u.size)


@task.wrong(
    "a plus between the two terms of dlog_sigma",
    hint="A wider σ costs more by its logarithm and less by its square: the two pull against each other. "
    "With a plus the width can only shrink.",
)
def plus_for_minus(mu: Any, log_sigma: Any, y: Any) -> Any:
    sigma = np.exp(log_sigma)
    u = (y - mu) / sigma
    value = np.mean(log_sigma + 0.5 * u**2) + 0.5 * np.log(2 * np.pi)
    return value, lambda d: (-d * u / sigma / u.size, d * (1 + u**2) / u.size)


@task.wrong(
    "the constant not halved",
    hint="The density divides by the root of 2π, and the logarithm makes a half of the root. Yours is the "
    "whole logarithm.",
    section="sec-05-likelihood",
)
def constant_not_halved(mu: Any, log_sigma: Any, y: Any) -> Any:
    sigma = np.exp(log_sigma)
    u = (y - mu) / sigma
    value = np.mean(log_sigma + 0.5 * u**2) + np.log(2 * np.pi)
    return value, lambda d: (-d * u / sigma / u.size, d * (1 - u**2) / u.size)


@task.wrong(
    "divided by the number of rows only",
    hint="This loss is a mean over all numbers, rows and columns, and you divide by the rows alone. With "
    "one column the two are the same.",
    section="sec-05-nk",
)
def divided_by_rows(mu: Any, log_sigma: Any, y: Any) -> Any:
    sigma = np.exp(log_sigma)
    u = (y - mu) / sigma
    value = np.sum(log_sigma + 0.5 * u**2 + 0.5 * np.log(2 * np.pi)) / len(u)
    return value, lambda d: (-d * u / sigma / len(u), d * (1 - u**2) / len(u))


@task.wrong(
    "the costs added up, and not averaged",
    hint="The value grows with the number of elements. The task asks for the mean over all of them, so "
    "that a loss means the same for any size of batch.",
    section="sec-05-sum",
)
def value_summed(mu: Any, log_sigma: Any, y: Any) -> Any:
    sigma = np.exp(log_sigma)
    u = (y - mu) / sigma
    value = np.sum(log_sigma + 0.5 * u**2 + 0.5 * np.log(2 * np.pi))
    return value, lambda d: (-d * u / sigma / u.size, d * (1 - u**2) / u.size)
