"""Binary cross-entropies with another value: of a sum, without the minus, with a probability cut off."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a05._bce import task


@task.wrong(
    "the probability kept away from 0 and 1",
    hint="It keeps the logarithm from −∞, and makes a ceiling of it: a logit of 800 costs no more than one "
    "of 35. Once the sigmoid has rounded, nothing brings the difference back.",
)
def clipped_15(z: Any, y: Any) -> Any:
    a = 1 / (1 + np.exp(-z))
    kept = np.clip(a, 1e-15, 1 - 1e-15)
    value = -np.mean(y * np.log(kept) + (1 - y) * np.log(1 - kept))
    return value, lambda d: d * (a - y) / z.size


@task.wrong(
    "the probability kept away from 0 and 1",
    hint="It keeps the logarithm from −∞, and makes a ceiling of it: a logit of 800 costs no more than one "
    "of 16. Once the sigmoid has rounded, nothing brings the difference back.",
)
def clipped_7(z: Any, y: Any) -> Any:
    a = 1 / (1 + np.exp(-z))
    kept = np.clip(a, 1e-7, 1 - 1e-7)
    value = -np.mean(y * np.log(kept) + (1 - y) * np.log(1 - kept))
    return value, lambda d: d * (a - y) / z.size


@task.wrong(
    "the probability kept away from 0 and 1",
    hint="It keeps the logarithm from −∞, and makes a ceiling of it: a logit of 800 costs no more than one "
    "of 23. Once the sigmoid has rounded, nothing brings the difference back.",
)
def clipped_10(z: Any, y: Any) -> Any:
    a = 1 / (1 + np.exp(-z))
    kept = np.clip(a, 1e-10, 1 - 1e-10)
    value = -np.mean(y * np.log(kept) + (1 - y) * np.log(1 - kept))
    return value, lambda d: d * (a - y) / z.size


@task.wrong(
    "the logit taken for the probability",
    hint="The logarithm wants a probability, between 0 and 1. z is a logit, any real number, and has to go "
    "through the sigmoid before it is one.",
)
def z_as_probability(z: Any, y: Any) -> Any:
    value = -np.mean(y * np.log(z) + (1 - y) * np.log(1 - z))
    return value, lambda d: d * (z - y) / (z * (1 - z)) / z.size


@task.wrong(
    "the minus left out",
    hint="Logarithms of probabilities are negative, and a cost is not. Without the minus, descent makes "
    "the right answers less likely.",
    section="sec-05-likelihood",
)
def minus_left_out(z: Any, y: Any) -> Any:
    small = np.exp(-np.abs(z))
    a = np.where(z >= 0, 1, small) / (1 + small)
    value = -np.mean(np.maximum(z, 0) - z * y + np.log1p(small))
    return value, lambda d: d * (a - y) / z.size


@task.wrong(
    "the two targets in each other’s places",
    hint="Where the target is 1 you charge for the probability of a 1, so that a confident right answer is "
    "the dearest.",
)
def targets_swapped(z: Any, y: Any) -> Any:
    small = np.exp(-np.abs(z))
    a = np.where(z >= 0, 1, small) / (1 + small)
    value = np.mean(np.maximum(z, 0) - z * (1 - y) + np.log1p(small))
    return value, lambda d: d * (a - (1 - y)) / z.size


@task.wrong(
    "the costs added up, and not averaged",
    hint="The value grows with the number of elements. The task asks for the mean over all of them, so "
    "that a loss means the same for any size of batch.",
    section="sec-05-sum",
)
def value_summed(z: Any, y: Any) -> Any:
    small = np.exp(-np.abs(z))
    a = np.where(z >= 0, 1, small) / (1 + small)
    value = np.sum(np.maximum(z, 0) - z * y + np.log1p(small))
    return value, lambda d: d * (a - y) / z.size
