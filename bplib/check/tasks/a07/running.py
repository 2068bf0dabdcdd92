"""One step of a batch norm layer: which statistics it uses, and which it remembers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import call, unpack
from bplib.check.task import Case, Seen, Task

task = Task(
    "07.running",
    "With a batch, and without one",
    asks_for="batch_norm_step",
    section="sec-07-running",
    parts={"training": 2, "evaluation": 1},
)


@task.reference
def batch_norm_step(
    x: Any, gamma: Any, beta: Any, mean: Any, var: Any, training: Any, momentum: Any, eps: Any
) -> Any:
    n, mu, v = len(x), x.mean(axis=0), x.var(axis=0)
    m, s2 = (mu, v) if training else (mean, var)
    y = gamma * (x - m) / np.sqrt(s2 + eps) + beta
    if training:
        mean, var = (1 - momentum) * mean + momentum * mu, (1 - momentum) * var + momentum * v * n / (n - 1)
    return y, mean, var


def moment(seed: int, N: int, D: int, training: bool, momentum: float = 0.1, eps: float = 1e-5) -> Case:
    """A batch, the parameters, and what the layer remembers."""
    rng = np.random.default_rng(seed)
    x = 2 * rng.standard_normal((N, D)) + 1
    gamma, beta, mean = rng.standard_normal((3, D))
    var = rng.uniform(0.5, 2.0, D)
    return {"x": x, "gamma": gamma, "beta": beta, "mean": mean, "var": var} | {
        "training": training,
        "momentum": momentum,
        "eps": eps,
    }


@task.cases
def cases() -> Iterator[Case]:
    for training in (True, False):
        yield {
            "x": np.array([[1.0], [1.0], [3.0], [3.0]]),
            "gamma": np.array([2.0]),
            "beta": np.array([5.0]),
            "mean": np.array([0.0]),
            "var": np.array([4.0]),
            "training": training,
            "momentum": 0.1,
            "eps": 0.0,
        }
    yield moment(1, 5, 3, True, 0.25, 0.1)
    yield moment(2, 5, 3, False, 0.25, 0.1)
    yield moment(3, 1, 2, False)


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    part = "training" if case["training"] else "evaluation"
    y, mean, var = unpack(call(answer, *case.values()), "y", "mean", "var", of=answer.__name__)
    yield part, f"y, in {part}", y
    yield part, f"the running mean after it, in {part}", mean
    yield part, f"the running variance after it, in {part}", var


@task.wrong(
    "the batch's statistics used in evaluation",
    hint="In evaluation the answer for one example must not depend on which others come with it, and a single one "
    "has no spread at all. What was remembered is there for this.",
    section="sec-07-bug-company",
)
def batch_in_evaluation(
    x: Any, gamma: Any, beta: Any, mean: Any, var: Any, training: Any, momentum: Any, eps: Any
) -> Any:
    n, mu, v = len(x), x.mean(axis=0), x.var(axis=0)
    m, s2 = mu, v
    y = gamma * (x - m) / np.sqrt(s2 + eps) + beta
    if training:
        mean, var = (1 - momentum) * mean + momentum * mu, (1 - momentum) * var + momentum * v * n / (n - 1)
    return y, mean, var


@task.wrong(
    "the remembered statistics used in training",
    hint="In training the batch is normalised by its own mean and variance, and the gradient flows through them. "
    "What is remembered is for later.",
    section="sec-07-batchnorm",
)
def running_in_training(
    x: Any, gamma: Any, beta: Any, mean: Any, var: Any, training: Any, momentum: Any, eps: Any
) -> Any:
    n, mu, v = len(x), x.mean(axis=0), x.var(axis=0)
    m, s2 = mean, var
    y = gamma * (x - m) / np.sqrt(s2 + eps) + beta
    if training:
        mean, var = (1 - momentum) * mean + momentum * mu, (1 - momentum) * var + momentum * v * n / (n - 1)
    return y, mean, var


@task.wrong(
    "the weights of the running average swapped",
    hint="momentum is the weight of the new batch here. Yours forgets nearly all that it knew with every batch.",
)
def weights_swapped(
    x: Any, gamma: Any, beta: Any, mean: Any, var: Any, training: Any, momentum: Any, eps: Any
) -> Any:
    n, mu, v = len(x), x.mean(axis=0), x.var(axis=0)
    m, s2 = (mu, v) if training else (mean, var)
    y = gamma * (x - m) / np.sqrt(s2 + eps) + beta
    if training:
        mean, var = momentum * mean + (1 - momentum) * mu, momentum * var + (1 - momentum) * v * n / (n - 1)
    return y, mean, var


@task.wrong(
    "the batch's own variance remembered",
    hint="A batch's variance about its own mean is a little too small as a guess for all data. The running "
    "average takes the unbiased estimate.",
)
def biased_remembered(
    x: Any, gamma: Any, beta: Any, mean: Any, var: Any, training: Any, momentum: Any, eps: Any
) -> Any:
    mu, v = x.mean(axis=0), x.var(axis=0)
    m, s2 = (mu, v) if training else (mean, var)
    y = gamma * (x - m) / np.sqrt(s2 + eps) + beta
    if training:
        mean, var = (1 - momentum) * mean + momentum * mu, (1 - momentum) * var + momentum * v
    return y, mean, var


@task.wrong(
    "the batch normalised by the unbiased estimate",
    hint="Each batch is normalised by its own variance, divided by N; divided by N - 1 is what is remembered.",
)
def unbiased_used(
    x: Any, gamma: Any, beta: Any, mean: Any, var: Any, training: Any, momentum: Any, eps: Any
) -> Any:
    if not training:
        return gamma * (x - mean) / np.sqrt(var + eps) + beta, mean, var
    mu, v = x.mean(axis=0), x.var(axis=0, ddof=1)
    m, s2 = (mu, v) if training else (mean, var)
    y = gamma * (x - m) / np.sqrt(s2 + eps) + beta
    if training:
        mean, var = (1 - momentum) * mean + momentum * mu, (1 - momentum) * var + momentum * v
    return y, mean, var


@task.wrong(
    "the running statistics updated in evaluation",
    hint="Whoever only asks the network must not change it. Your layer learns from test data.",
    section="sec-07-bug-company",
)
def remembers_in_evaluation(
    x: Any, gamma: Any, beta: Any, mean: Any, var: Any, training: Any, momentum: Any, eps: Any
) -> Any:
    n, mu, v = len(x), x.mean(axis=0), x.var(axis=0)
    m, s2 = (mu, v) if training else (mean, var)
    y = gamma * (x - m) / np.sqrt(s2 + eps) + beta
    mean, var = (1 - momentum) * mean + momentum * mu, (1 - momentum) * var + momentum * v * n / max(n - 1, 1)
    return y, mean, var


@task.wrong(
    "nothing remembered",
    hint="The running statistics come back as they went in, so that evaluation will use whatever they began with.",
)
def never_remembers(
    x: Any, gamma: Any, beta: Any, mean: Any, var: Any, training: Any, momentum: Any, eps: Any
) -> Any:
    mu, v = x.mean(axis=0), x.var(axis=0)
    m, s2 = (mu, v) if training else (mean, var)
    y = gamma * (x - m) / np.sqrt(s2 + eps) + beta
    if training:
        mean, var = mean, var
    return y, mean, var


@task.wrong(
    "the running statistics replaced by the batch's",
    hint="A running average keeps most of what it knew. Yours remembers the last batch only.",
)
def replaced(
    x: Any, gamma: Any, beta: Any, mean: Any, var: Any, training: Any, momentum: Any, eps: Any
) -> Any:
    n, mu, v = len(x), x.mean(axis=0), x.var(axis=0)
    m, s2 = (mu, v) if training else (mean, var)
    y = gamma * (x - m) / np.sqrt(s2 + eps) + beta
    if training:
        mean, var = mu, v * n / (n - 1)
    return y, mean, var


@task.wrong(
    "the new batch added, and nothing forgotten",
    hint="You add a share of the batch's statistics to what was there, without taking the same share away. The "
    "sum grows with every batch.",
)
def added_up(
    x: Any, gamma: Any, beta: Any, mean: Any, var: Any, training: Any, momentum: Any, eps: Any
) -> Any:
    n, mu, v = len(x), x.mean(axis=0), x.var(axis=0)
    m, s2 = (mu, v) if training else (mean, var)
    y = gamma * (x - m) / np.sqrt(s2 + eps) + beta
    if training:
        mean, var = mean + momentum * mu, var + momentum * v * n / (n - 1)
    return y, mean, var


@task.wrong(
    "divided by the variance, the root forgotten",
    hint="x is divided by a standard deviation. A variance is its square.",
    section="sec-07-batchnorm",
)
def no_root(
    x: Any, gamma: Any, beta: Any, mean: Any, var: Any, training: Any, momentum: Any, eps: Any
) -> Any:
    n, mu, v = len(x), x.mean(axis=0), x.var(axis=0)
    m, s2 = (mu, v) if training else (mean, var)
    y = gamma * (x - m) / (s2 + eps) + beta
    if training:
        mean, var = (1 - momentum) * mean + momentum * mu, (1 - momentum) * var + momentum * v * n / (n - 1)
    return y, mean, var


@task.wrong(
    "eps added to what is remembered",
    hint="eps belongs to the division, to keep it from zero. In the running variance it would be counted a second "
    "time in evaluation.",
)
def eps_remembered(
    x: Any, gamma: Any, beta: Any, mean: Any, var: Any, training: Any, momentum: Any, eps: Any
) -> Any:
    n, mu, v = len(x), x.mean(axis=0), x.var(axis=0)
    m, s2 = (mu, v) if training else (mean, var)
    y = gamma * (x - m) / np.sqrt(s2 + eps) + beta
    if training:
        mean, var = (
            (1 - momentum) * mean + momentum * mu,
            (1 - momentum) * var + momentum * (v + eps) * n / (n - 1),
        )
    return y, mean, var


@task.wrong(
    "gamma and beta left out in evaluation",
    hint="The scale and the shift were learned together with everything else. The network needs them in both "
    "modes.",
)
def scale_lost_in_evaluation(
    x: Any, gamma: Any, beta: Any, mean: Any, var: Any, training: Any, momentum: Any, eps: Any
) -> Any:
    n, mu, v = len(x), x.mean(axis=0), x.var(axis=0)
    m, s2 = (mu, v) if training else (mean, var)
    y = gamma * (x - m) / np.sqrt(s2 + eps) + beta
    if not training:
        y = (x - mean) / np.sqrt(var + eps)
    if training:
        mean, var = (1 - momentum) * mean + momentum * mu, (1 - momentum) * var + momentum * v * n / (n - 1)
    return y, mean, var


@task.wrong(
    "the remembered statistics changed where they stand",
    hint="You write into the arrays that came in. The task asks for new ones.",
)
def in_place(
    x: Any, gamma: Any, beta: Any, mean: Any, var: Any, training: Any, momentum: Any, eps: Any
) -> Any:
    n, mu, v = len(x), x.mean(axis=0), x.var(axis=0)
    m, s2 = (mu, v) if training else (mean, var)
    y = gamma * (x - m) / np.sqrt(s2 + eps) + beta
    if training:
        mean += momentum * (mu - mean)
        var += momentum * (v * n / (n - 1) - var)
    return y, mean, var


from bplib.check.tasks.a07 import _running_slips  # noqa: E402, F401  # it enters more wrong answers
