"""What the best discriminator says, and what it pays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import call, unpack
from bplib.check.task import Case, Seen, Task

task = Task(
    "12.best_detective",
    "The best detective",
    asks_for="best_detective",
    section="sec-12-detective",
    parts={"verdict": 1, "paid": 2},
)


@task.reference
def best_detective(p: Any, q: Any, dx: Any) -> Any:
    D = p / (p + q)
    a, b = p > 0, q > 0
    on_real = -np.sum(p[a] * np.log(D[a]))
    on_fake = -np.sum(q[b] * np.log(1 - D[b]))
    return D, (on_real + on_fake) * dx


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(120)
    yield {"p": np.array([0.3, 0.2]), "q": np.array([0.1, 0.2]), "dx": 2.0}
    yield {"p": rng.random(5), "q": rng.random(5), "dx": 0.3}
    yield {"p": np.array([0.5, 0.0, 0.4]), "q": np.array([0.0, 0.7, 0.2]), "dx": 0.5}


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    D, paid = unpack(call(answer, *case.values()), "D", "paid", of="best_detective")
    yield "verdict", "the verdict D", D
    yield "paid", "what it pays", paid


@task.wrong(
    "the probability of a fake",
    hint="You return the share of the fakes. D is the probability that a sample is real.",
)
def probability_fake(p: Any, q: Any, dx: Any) -> Any:
    D = q / (p + q)
    with np.errstate(divide="ignore", invalid="ignore"):
        on_real = np.where(p > 0, -p * np.log(1 - D), 0.0)
        on_fake = np.where(q > 0, -q * np.log(D), 0.0)
    return D, np.sum(on_real + on_fake) * dx


@task.wrong(
    "the ratio of the densities",
    hint="You return p over q. That is the odds, from 0 to infinity; a probability is a share of the whole.",
)
def ratio_densities(p: Any, q: Any, dx: Any) -> Any:
    with np.errstate(divide="ignore", invalid="ignore"):
        D, share = p / q, p / (p + q)
        on_real = np.where(p > 0, -p * np.log(share), 0.0)
        on_fake = np.where(q > 0, -q * np.log(1 - share), 0.0)
    return D, np.sum(on_real + on_fake) * dx


@task.wrong(
    "0 · log 0 taken for what NumPy says",
    hint="Where one of the densities is 0 your sum becomes nan: a sample that never comes costs nothing, and "
    "NumPy multiplies 0 by infinity.",
)
def w_0_log_0_taken_what(p: Any, q: Any, dx: Any) -> Any:
    D = p / (p + q)
    with np.errstate(divide="ignore", invalid="ignore"):
        return D, np.sum(-p * np.log(D) - q * np.log(1 - D)) * dx


@task.wrong(
    "a small number added inside the logarithms",
    hint="The number you add keeps the logarithm finite and changes the result a little everywhere. Where a "
    "density is 0, its term is 0, exactly.",
)
def small_number_added_inside_logarithms(p: Any, q: Any, dx: Any) -> Any:
    D = p / (p + q)
    return D, np.sum(-p * np.log(D + 1e-3) - q * np.log(1 - D + 1e-3)) * dx


@task.wrong(
    "the width of the cells forgotten",
    hint="Your sum does not know how wide a cell is. An integral is a sum of heights times widths; with "
    "twice as many points yours would double.",
)
def width_cells_forgotten(p: Any, q: Any, dx: Any) -> Any:
    D = p / (p + q)
    with np.errstate(divide="ignore", invalid="ignore"):
        on_real = np.where(p > 0, -p * np.log(D), 0.0)
        on_fake = np.where(q > 0, -q * np.log(1 - D), 0.0)
    return D, np.sum(on_real + on_fake)


@task.wrong(
    "the sign lost",
    hint="Your detective is paid for its mistakes: the logarithm of a probability is negative, and a loss is "
    "minus that.",
)
def sign_lost(p: Any, q: Any, dx: Any) -> Any:
    D = p / (p + q)
    with np.errstate(divide="ignore", invalid="ignore"):
        on_real = np.where(p > 0, p * np.log(D), 0.0)
        on_fake = np.where(q > 0, q * np.log(1 - D), 0.0)
    return D, np.sum(on_real + on_fake) * dx


@task.wrong(
    "only the real ones counted",
    hint="You leave out what the detective pays for the fakes. It has two kinds of mistakes to make.",
)
def only_real_ones_counted(p: Any, q: Any, dx: Any) -> Any:
    D = p / (p + q)
    with np.errstate(divide="ignore", invalid="ignore"):
        on_real = np.where(p > 0, -p * np.log(D), 0.0)
    return D, np.sum(on_real) * dx


@task.wrong(
    "not weighted by the densities",
    hint="You add up the losses of all points alike. A point where few samples fall costs little; each loss "
    "is weighted by how often it comes.",
)
def weighted_densities(p: Any, q: Any, dx: Any) -> Any:
    D = p / (p + q)
    with np.errstate(divide="ignore", invalid="ignore"):
        on_real = np.where(p > 0, -np.log(D), 0.0)
        on_fake = np.where(q > 0, -np.log(1 - D), 0.0)
    return D, np.sum(on_real + on_fake) * dx


@task.wrong(
    "logarithms to the base 2",
    hint="Your loss is in bits. Cross-entropy in this course is measured with the natural logarithm.",
)
def logarithms_base_2(p: Any, q: Any, dx: Any) -> Any:
    D = p / (p + q)
    with np.errstate(divide="ignore", invalid="ignore"):
        on_real = np.where(p > 0, -p * np.log2(D), 0.0)
        on_fake = np.where(q > 0, -q * np.log2(1 - D), 0.0)
    return D, np.sum(on_real + on_fake) * dx


@task.wrong(
    "half of what it pays",
    hint="You average the two kinds of samples. The detective's loss in this chapter is their sum.",
)
def half_what_pays(p: Any, q: Any, dx: Any) -> Any:
    D = p / (p + q)
    with np.errstate(divide="ignore", invalid="ignore"):
        on_real = np.where(p > 0, -p * np.log(D), 0.0)
        on_fake = np.where(q > 0, -q * np.log(1 - D), 0.0)
    return D, np.sum(on_real + on_fake) * dx / 2


@task.wrong(
    "a hard verdict",
    hint="You say 1 where the real ones are denser and 0 elsewhere. The best answer is a probability; a hard "
    "one pays an infinite price wherever it is wrong.",
)
def hard_verdict(p: Any, q: Any, dx: Any) -> Any:
    D, soft = (p > q) * 1.0, p / (p + q)
    with np.errstate(divide="ignore", invalid="ignore"):
        on_real = np.where(p > 0, -p * np.log(soft), 0.0)
        on_fake = np.where(q > 0, -q * np.log(1 - soft), 0.0)
    return D, np.sum(on_real + on_fake) * dx


@task.wrong(
    "the mean over the points, where a sum is due",
    hint="You average over the points. The sum of heights times widths is an integral; with a mean, the same "
    "stretch cut into twice as many cells would cost half.",
)
def mean_over_points(p: Any, q: Any, dx: Any) -> Any:
    D = p / (p + q)
    with np.errstate(divide="ignore", invalid="ignore"):
        on_real = np.where(p > 0, -p * np.log(D), 0.0)
        on_fake = np.where(q > 0, -q * np.log(1 - D), 0.0)
    return D, np.mean(on_real + on_fake) * dx
