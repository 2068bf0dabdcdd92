"""Three losses of the generator, by their slopes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import call, unpack
from bplib.check.task import Case, Seen, Task

task = Task(
    "12.forger_loss",
    "Three losses for the forger",
    asks_for="forger_loss",
    section="sec-12-slopes",
    parts={"value": 1, "gradient": 2},
)


@task.reference
def forger_loss(s: Any, kind: Any) -> Any:
    sigma = 0.5 * (1 + np.tanh(s / 2))
    if kind == "minimax":
        value, slope = -np.mean(np.logaddexp(0, s)), -sigma
    elif kind == "non-saturating":
        value, slope = np.mean(np.logaddexp(0, -s)), sigma - 1
    else:
        value, slope = -np.mean(s), -np.ones_like(s)
    return value, lambda d: d * slope / len(s)


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(122)
    for kind in ("minimax", "non-saturating", "wasserstein"):
        yield {"s": np.array([[0.0], [-2.0]]), "kind": kind, "d": 1.0}
        yield {"s": 2 * rng.standard_normal((3, 1)), "kind": kind, "d": -0.6}
        yield {"s": np.array([[-800.0], [800.0], [1.0]]), "kind": kind, "d": 2.0}


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    value, pullback = unpack(call(answer, case["s"], case["kind"]), "value", "pullback", of="forger_loss")
    name = case["kind"]
    yield "value", f"the {name} loss", value
    yield "gradient", f"the {name} loss", value  # a gradient belongs to its value
    for again, d in (("", case["d"]), (", when called again", -2 * case["d"])):
        yield "gradient", f"ds of the {name} loss{again}", call(pullback, d, name="pullback")


@task.wrong(
    "the minimax loss with the other sign",
    hint="Your minimax forger wants the detective to be right. It descends on log(1 − D), which falls when D "
    "rises.",
)
def minimax_loss_other_sign(s: Any, kind: Any) -> Any:
    sigma = 0.5 * (1 + np.tanh(s / 2))
    if kind == "minimax":
        value, slope = np.mean(np.logaddexp(0, s)), sigma
    elif kind == "non-saturating":
        value, slope = np.mean(np.logaddexp(0, -s)), sigma - 1
    else:
        value, slope = -np.mean(s), -np.ones_like(s)
    return value, lambda d: d * slope / len(s)


@task.wrong(
    "minimax and non-saturating swapped",
    hint="The loss that you call minimax is the one that does not saturate, and the other way round.",
)
def minimax_non_saturating_swapped(s: Any, kind: Any) -> Any:
    sigma = 0.5 * (1 + np.tanh(s / 2))
    if kind == "minimax":
        value, slope = np.mean(np.logaddexp(0, -s)), sigma - 1
    elif kind == "non-saturating":
        value, slope = -np.mean(np.logaddexp(0, s)), -sigma
    else:
        value, slope = -np.mean(s), -np.ones_like(s)
    return value, lambda d: d * slope / len(s)


@task.wrong(
    "the non-saturating loss with the label “fake”",
    hint="The forger's samples get the label of the real ones in this loss. With the other label the forger "
    "learns to be caught.",
)
def non_saturating_loss_label_fake(s: Any, kind: Any) -> Any:
    sigma = 0.5 * (1 + np.tanh(s / 2))
    if kind == "minimax":
        value, slope = -np.mean(np.logaddexp(0, s)), -sigma
    elif kind == "non-saturating":
        value, slope = np.mean(np.logaddexp(0, s)), sigma
    else:
        value, slope = -np.mean(s), -np.ones_like(s)
    return value, lambda d: d * slope / len(s)


@task.wrong(
    "Wasserstein's forger going down",
    hint="Your forger lowers the critic's verdict. A high verdict is what it wants, so its loss is minus the "
    "verdict.",
)
def wasserstein_s_forger_going_down(s: Any, kind: Any) -> Any:
    sigma = 0.5 * (1 + np.tanh(s / 2))
    if kind == "minimax":
        value, slope = -np.mean(np.logaddexp(0, s)), -sigma
    elif kind == "non-saturating":
        value, slope = np.mean(np.logaddexp(0, -s)), sigma - 1
    else:
        value, slope = np.mean(s), np.ones_like(s)
    return value, lambda d: d * slope / len(s)


@task.wrong(
    "a sigmoid in the critic",
    hint="You put a sigmoid around the verdict. Wasserstein's critic says any number, and the slope at its "
    "output never fades.",
)
def sigmoid_critic(s: Any, kind: Any) -> Any:
    sigma = 0.5 * (1 + np.tanh(s / 2))
    if kind == "minimax":
        value, slope = -np.mean(np.logaddexp(0, s)), -sigma
    elif kind == "non-saturating":
        value, slope = np.mean(np.logaddexp(0, -s)), sigma - 1
    else:
        value, slope = -np.mean(sigma), -sigma * (1 - sigma)
    return value, lambda d: d * slope / len(s)


@task.wrong(
    "the slope of the minimax loss as that of log D",
    hint="The slope of log(1 − σ) is not σ − 1. One fades on fakes that were caught, the other on fakes that "
    "went through.",
)
def slope_minimax_loss_log_d(s: Any, kind: Any) -> Any:
    sigma = 0.5 * (1 + np.tanh(s / 2))
    if kind == "minimax":
        value, slope = -np.mean(np.logaddexp(0, s)), sigma - 1
    elif kind == "non-saturating":
        value, slope = np.mean(np.logaddexp(0, -s)), sigma - 1
    else:
        value, slope = -np.mean(s), -np.ones_like(s)
    return value, lambda d: d * slope / len(s)


@task.wrong(
    "the slope of the non-saturating loss as that of log(1 − D)",
    hint="Your value does not saturate, and your slope does: on fakes that were caught it is almost 0.",
)
def slope_non_saturating_loss_log(s: Any, kind: Any) -> Any:
    sigma = 0.5 * (1 + np.tanh(s / 2))
    if kind == "minimax":
        value, slope = -np.mean(np.logaddexp(0, s)), -sigma
    elif kind == "non-saturating":
        value, slope = np.mean(np.logaddexp(0, -s)), -sigma
    else:
        value, slope = -np.mean(s), -np.ones_like(s)
    return value, lambda d: d * slope / len(s)


@task.wrong(
    "the gradient not divided by the number of samples",
    hint="Your value is a mean, and your gradient that of a sum.",
    section="sec-05-sum",
)
def gradient_divided_number_samples(s: Any, kind: Any) -> Any:
    sigma = 0.5 * (1 + np.tanh(s / 2))
    if kind == "minimax":
        value, slope = -np.mean(np.logaddexp(0, s)), -sigma
    elif kind == "non-saturating":
        value, slope = np.mean(np.logaddexp(0, -s)), sigma - 1
    else:
        value, slope = -np.mean(s), -np.ones_like(s)
    return value, lambda d: d * slope


@task.wrong(
    "the upstream gradient ignored",
    hint="What arrives at the loss, d, is not in your gradient.",
    section="sec-02-upstream",
)
def upstream_gradient_ignored(s: Any, kind: Any) -> Any:
    sigma = 0.5 * (1 + np.tanh(s / 2))
    if kind == "minimax":
        value, slope = -np.mean(np.logaddexp(0, s)), -sigma
    elif kind == "non-saturating":
        value, slope = np.mean(np.logaddexp(0, -s)), sigma - 1
    else:
        value, slope = -np.mean(s), -np.ones_like(s)
    return value, lambda d: slope / len(s)


@task.wrong(
    "sums over the samples",
    hint="Your losses grow with the number of samples. Each is a mean.",
    section="sec-05-sum",
)
def sums_over_samples(s: Any, kind: Any) -> Any:
    sigma = 0.5 * (1 + np.tanh(s / 2))
    if kind == "minimax":
        value, slope = -np.sum(np.logaddexp(0, s)), -sigma
    elif kind == "non-saturating":
        value, slope = np.sum(np.logaddexp(0, -s)), sigma - 1
    else:
        value, slope = -np.sum(s), -np.ones_like(s)
    return value, lambda d: d * slope


@task.wrong(
    "an overflow at large logits",
    hint="At a logit of 800 or −800 your logarithm gets a 0, or your exponential does not fit. The loss "
    "there is 800 in size, and a gradient exists.",
    section="sec-05-binary",
)
def overflow_at_large_logits(s: Any, kind: Any) -> Any:
    with np.errstate(all="ignore"):
        sigma = 1 / (1 + np.exp(-s))
        if kind == "minimax":
            value, slope = np.mean(np.log(1 - sigma)), -sigma
        elif kind == "non-saturating":
            value, slope = -np.mean(np.log(sigma)), sigma - 1
        else:
            value, slope = -np.mean(s), -np.ones_like(s)
    return value, lambda d: d * slope / len(s)


@task.wrong(
    "all gradients turned round",
    hint="Your gradients point the way the forger wants to go. A gradient points where the loss grows; the "
    "descent turns it round afterwards.",
)
def all_gradients_turned_round(s: Any, kind: Any) -> Any:
    sigma = 0.5 * (1 + np.tanh(s / 2))
    if kind == "minimax":
        value, slope = -np.mean(np.logaddexp(0, s)), -sigma
    elif kind == "non-saturating":
        value, slope = np.mean(np.logaddexp(0, -s)), sigma - 1
    else:
        value, slope = -np.mean(s), -np.ones_like(s)
    return value, lambda d: -d * slope / len(s)


@task.wrong(
    "a single number for the slopes of Wasserstein's loss",
    hint="The slope of −s is the same for every fake, but there is one for each: ds has the shape of s.",
)
def one_slope_for_all(s: Any, kind: Any) -> Any:
    sigma = np.exp(-np.logaddexp(0, -s))
    if kind == "minimax":
        return -np.mean(np.logaddexp(0, s)), lambda d: -d * sigma / len(s)
    if kind == "non-saturating":
        return np.mean(np.logaddexp(0, -s)), lambda d: d * (sigma - 1) / len(s)
    return -np.mean(s), lambda d: -d / len(s)
