"""More wrong hills and slopes."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a02.density import task


@task.wrong(
    "the height forgotten in the slope with respect to σ",
    hint="σ stands in two places, in the exponent and in front. You differentiated the exponent; a hill that "
    "gets wider also gets lower.",
    section="sec-02-gaussian",
)
def height_kept(x: Any, mu: Any, sigma: Any) -> Any:
    u = (x - mu) / sigma
    p = np.exp(-0.5 * u * u) / (sigma * np.sqrt(2 * np.pi))
    return p, lambda d: (-d * p * u / sigma, d * p * u * u / sigma)


@task.wrong(
    "the exponent forgotten in the slope with respect to σ",
    hint="σ stands in two places, in front and in the exponent. You differentiated the factor in front; far "
    "from the mean, a wider hill makes a datum more likely.",
    section="sec-02-gaussian",
)
def exponent_kept(x: Any, mu: Any, sigma: Any) -> Any:
    u = (x - mu) / sigma
    p = np.exp(-0.5 * u * u) / (sigma * np.sqrt(2 * np.pi))
    return p, lambda d: (-d * p * u / sigma, -d * p / sigma)


@task.wrong(
    "the slope with respect to σ with its sign turned",
    hint="At the top a wider hill is a lower one, so the slope is negative there; far outside it is positive. "
    "Yours is the other way round.",
    section="sec-02-gaussian",
)
def width_sign(x: Any, mu: Any, sigma: Any) -> Any:
    u = (x - mu) / sigma
    p = np.exp(-0.5 * u * u) / (sigma * np.sqrt(2 * np.pi))
    return p, lambda d: (-d * p * u / sigma, d * p * (1 - u * u) / sigma)


@task.wrong(
    "the slope with respect to log σ",
    hint="Your slope says what happens when σ grows by a part of itself. The argument is σ, and one more "
    "factor stands between the two.",
    section="sec-02-gaussian",
)
def by_log_width(x: Any, mu: Any, sigma: Any) -> Any:
    u = (x - mu) / sigma
    p = np.exp(-0.5 * u * u) / (sigma * np.sqrt(2 * np.pi))
    return p, lambda d: (-d * p * u / sigma, d * p * (u * u - 1))


@task.wrong(
    "the two gradients in the wrong order",
    hint="The gradients come back in the order of the arguments, x first. Whoever unpacks yours moves the data "
    "by the gradient of the width.",
    section="sec-02-vjp",
)
def gradients_swapped(x: Any, mu: Any, sigma: Any) -> Any:
    u = (x - mu) / sigma
    p = np.exp(-0.5 * u * u) / (sigma * np.sqrt(2 * np.pi))
    return p, lambda d: (d * p * (u * u - 1) / sigma, -d * p * u / sigma)


@task.wrong(
    "the exponent divided by 2 and multiplied by σ²",
    hint="Python works from left to right: what stands behind the division is divided by only as far as the "
    "next sign. Your hill gets narrower where σ gets larger.",
)
def width_multiplied(x: Any, mu: Any, sigma: Any) -> Any:
    u = (x - mu) / sigma
    p = np.exp(-((x - mu) ** 2) / 2 * sigma**2) / (sigma * np.sqrt(2 * np.pi))
    return p, lambda d: (-d * p * (x - mu) * sigma**2, d * p * (u * u - 1) / sigma)


@task.wrong(
    "a σ in the exponent that is not squared",
    hint="The distance is squared and the width is not. What stands in the exponent then has a unit, and the "
    "hill is as wide as the root of σ.",
)
def width_unsquared(x: Any, mu: Any, sigma: Any) -> Any:
    u = (x - mu) / sigma
    p = np.exp(-((x - mu) ** 2) / (2 * sigma)) / (sigma * np.sqrt(2 * np.pi))
    return p, lambda d: (-d * p * (x - mu) / sigma, d * p * (u * u - 1) / sigma)


@task.wrong(
    "an exponent without its minus",
    hint="Your hill is a valley: the further away from the mean, the larger the value. No such thing has the "
    "area 1.",
)
def valley(x: Any, mu: Any, sigma: Any) -> Any:
    u = (x - mu) / sigma
    p = np.exp(0.5 * u * u) / (sigma * np.sqrt(2 * np.pi))
    return p, lambda d: (d * p * u / sigma, d * p * (u * u - 1) / sigma)


@task.wrong(
    "the root of 2, and not of 2π, in front",
    hint="Your root ends after the 2, and π stands outside it. The area below such a hill is not 1.",
)
def root_of_two(x: Any, mu: Any, sigma: Any) -> Any:
    u = (x - mu) / sigma
    p = np.exp(-0.5 * u * u) / (sigma * np.sqrt(2) * np.pi)
    return p, lambda d: (-d * p * u / sigma, d * p * (u * u - 1) / sigma)
