"""Slips with N − 1 and with eps."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a07.running import task


@task.wrong(
    "the factor N / (N − 1) put on the old running variance too",
    hint="The factor turns the batch's variance into an unbiased one. What is remembered has had its own "
    "already, and grows with every step.",
)
def old_corrected_too(
    x: Any, gamma: Any, beta: Any, mean: Any, var: Any, training: Any, momentum: Any, eps: Any
) -> Any:
    n, mu, v = len(x), x.mean(axis=0), x.var(axis=0)
    m, s2 = (mu, v) if training else (mean, var)
    y = gamma * (x - m) / np.sqrt(s2 + eps) + beta
    if training:
        mean, var = (1 - momentum) * mean + momentum * mu, ((1 - momentum) * var + momentum * v) * n / (n - 1)
    return y, mean, var


@task.wrong(
    "eps left out",
    hint="eps stands under the root in both modes. Without it a unit that gives the same for every example is "
    "divided by zero.",
)
def eps_forgotten(
    x: Any, gamma: Any, beta: Any, mean: Any, var: Any, training: Any, momentum: Any, eps: Any
) -> Any:
    n, mu, v = len(x), x.mean(axis=0), x.var(axis=0)
    m, s2 = (mu, v) if training else (mean, var)
    y = gamma * (x - m) / np.sqrt(s2) + beta
    if training:
        mean, var = (1 - momentum) * mean + momentum * mu, (1 - momentum) * var + momentum * v * n / (n - 1)
    return y, mean, var


@task.wrong(
    "normalised by the statistics after the update",
    hint="You mix the batch into the running statistics first, and normalise by the mixture. In training it is "
    "the batch's own that count.",
    section="sec-07-batchnorm",
)
def updated_too_soon(
    x: Any, gamma: Any, beta: Any, mean: Any, var: Any, training: Any, momentum: Any, eps: Any
) -> Any:
    n, mu, v = len(x), x.mean(axis=0), x.var(axis=0)
    if training:
        mean, var = (1 - momentum) * mean + momentum * mu, (1 - momentum) * var + momentum * v * n / (n - 1)
    return gamma * (x - mean) / np.sqrt(var + eps) + beta, mean, var
