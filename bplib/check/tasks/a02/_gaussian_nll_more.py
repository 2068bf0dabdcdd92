"""More wrong ways of being surprised."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a02.gaussian_nll import task


@task.wrong(
    "the values of all data added up",
    hint="You return one number for all data. This op gives one value for each datum; whether they are summed "
    "or averaged afterwards is for the caller to decide.",
)
def summed(mu: Any, log_sigma: Any, x: Any) -> Any:
    sigma = np.exp(log_sigma)
    u = (x - mu) / sigma
    return (0.5 * np.log(2 * np.pi) + log_sigma + 0.5 * u * u).sum(), lambda d: (
        -d * u / sigma,
        d * (1 - u * u),
    )


@task.wrong(
    "the width's own term without the upstream gradient",
    hint="Both terms of this slope are slopes of the value, and each is worth to the loss what d says. You "
    "multiplied only one of them.",
    section="sec-02-vjp",
)
def width_term_without_d(mu: Any, log_sigma: Any, x: Any) -> Any:
    sigma = np.exp(log_sigma)
    u = (x - mu) / sigma
    return 0.5 * np.log(2 * np.pi) + log_sigma + 0.5 * u * u, lambda d: (-d * u / sigma, 1 - d * u * u)


@task.wrong(
    "a half left in the slope of the square",
    hint="The slope of a square brings a 2, and the value has a half in front: the two cancel. Your slope with "
    "respect to the width has kept the half.",
)
def half_kept(mu: Any, log_sigma: Any, x: Any) -> Any:
    sigma = np.exp(log_sigma)
    u = (x - mu) / sigma
    return 0.5 * np.log(2 * np.pi) + log_sigma + 0.5 * u * u, lambda d: (
        -d * u / sigma,
        d * (1 - 0.5 * u * u),
    )


@task.wrong(
    "the square's term left out of the width's gradient",
    hint="A wider hill makes a far datum less surprising, and that is the term which is missing. Yours only "
    "ever asks for less width.",
)
def square_term_lost(mu: Any, log_sigma: Any, x: Any) -> Any:
    sigma = np.exp(log_sigma)
    u = (x - mu) / sigma
    return 0.5 * np.log(2 * np.pi) + log_sigma + 0.5 * u * u, lambda d: (-d * u / sigma, d * np.ones_like(u))


@task.wrong(
    "one width too many in the slope of the mean",
    hint="You divide by the width twice, and one of them has been divided by already, in u.",
)
def width_squared(mu: Any, log_sigma: Any, x: Any) -> Any:
    sigma = np.exp(log_sigma)
    u = (x - mu) / sigma
    return 0.5 * np.log(2 * np.pi) + log_sigma + 0.5 * u * u, lambda d: (-d * u / sigma**2, d * (1 - u * u))


@task.wrong(
    "the gradient of the width with its sign turned",
    hint="At the mean a narrower hill is higher, so less width lowers the value; far away more width does. "
    "Yours says the opposite.",
)
def width_sign(mu: Any, log_sigma: Any, x: Any) -> Any:
    sigma = np.exp(log_sigma)
    u = (x - mu) / sigma
    return 0.5 * np.log(2 * np.pi) + log_sigma + 0.5 * u * u, lambda d: (-d * u / sigma, d * (u * u - 1))
