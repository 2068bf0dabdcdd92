"""Standard normal draws made into first weights: Xavier's, He's, orthogonal ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import call
from bplib.check.task import Case, Seen, Task

task = Task(
    "07.first_weights",
    "Three starts",
    asks_for="first_weights",
    section="sec-07-variance",
    parts={"xavier": 1, "he": 1, "orthogonal": 1},
)


@task.reference
def first_weights(draws: Any, kind: Any) -> Any:
    D, M = draws.shape
    if kind == "xavier":
        return draws * np.sqrt(2 / (D + M))
    if kind == "he":
        return draws * np.sqrt(2 / D)
    Q, R = np.linalg.qr(draws)
    return Q * np.sign(np.diag(R))


def drawn(seed: int, D: int, M: int, kind: str) -> Case:
    """Standard normal draws (D, M); orthogonal weights need D >= M."""
    return {"draws": np.random.default_rng(seed).standard_normal((D, M)), "kind": kind}


@task.cases
def cases() -> Iterator[Case]:
    yield {"draws": np.array([[1.0, -0.5], [0.0, 2.0], [3.0, 1.0]]), "kind": "xavier"}
    yield {"draws": np.array([[1.0, -0.5], [0.0, 2.0], [3.0, 1.0]]), "kind": "he"}
    yield {"draws": np.array([[-3.0, 1.0], [4.0, 2.0]]), "kind": "orthogonal"}
    for kind in ("xavier", "he"):
        yield drawn(1, 3, 5, kind)
        yield drawn(2, 4, 1, kind)
    yield drawn(3, 4, 4, "orthogonal")
    yield drawn(4, 5, 3, "orthogonal")


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    yield case["kind"], f"the weights, {case['kind']}", call(answer, *case.values())


@task.wrong(
    "fan-out in the place of fan-in, in He's start",
    hint="A unit sums one product for each of its inputs, so the size of its sum grows with their number. You "
    "divide by the number of outputs.",
)
def he_fan_out(draws: Any, kind: Any) -> Any:
    D, M = draws.shape
    if kind == "he":
        return draws * np.sqrt(2 / M)
    if kind == "xavier":
        return draws * np.sqrt(2 / (D + M))
    Q, R = np.linalg.qr(draws)
    return Q * np.sign(np.diag(R))


@task.wrong(
    "He's start with 1 / fan-in",
    hint="Behind a ReLU half of what comes is cut off, and nothing makes up for it here. Thirty such layers leave "
    "2 to the power of minus 15.",
    section="sec-07-glorot",
)
def he_without_two(draws: Any, kind: Any) -> Any:
    D, M = draws.shape
    if kind == "he":
        return draws * np.sqrt(1 / D)
    if kind == "xavier":
        return draws * np.sqrt(2 / (D + M))
    Q, R = np.linalg.qr(draws)
    return Q * np.sign(np.diag(R))


@task.wrong(
    "the variance used where the standard deviation belongs",
    hint="The chapter's formula is one for the variance. To multiply draws by a number multiplies their variance "
    "by its square.",
)
def variance_for_deviation(draws: Any, kind: Any) -> Any:
    D, M = draws.shape
    if kind == "he":
        return draws * (2 / D)
    if kind == "xavier":
        return draws * (2 / (D + M))
    Q, R = np.linalg.qr(draws)
    return Q * np.sign(np.diag(R))


@task.wrong(
    "Xavier's start with 1 / (fan-in + fan-out)",
    hint="The middle between two wishes is taken over two numbers. With equal widths n the variance must be 1/n; "
    "yours is half of that.",
)
def xavier_without_two(draws: Any, kind: Any) -> Any:
    D, M = draws.shape
    if kind == "he":
        return draws * np.sqrt(2 / D)
    if kind == "xavier":
        return draws * np.sqrt(1 / (D + M))
    Q, R = np.linalg.qr(draws)
    return Q * np.sign(np.diag(R))


@task.wrong(
    "Xavier's start with fan-in alone",
    hint="That keeps the values and leaves the gradients to themselves. Xavier's start is the one that looks at "
    "both ways.",
)
def xavier_fan_in(draws: Any, kind: Any) -> Any:
    D = draws.shape[0]
    if kind == "he":
        return draws * np.sqrt(2 / D)
    if kind == "xavier":
        return draws * np.sqrt(1 / D)
    Q, R = np.linalg.qr(draws)
    return Q * np.sign(np.diag(R))


@task.wrong(
    "the bound of the uniform start",
    hint="The root of 6 over the two fans is the bound of a uniform distribution, whose variance is a third of "
    "the bound's square. These draws are normal ones.",
)
def uniform_bound(draws: Any, kind: Any) -> Any:
    D, M = draws.shape
    if kind == "he":
        return draws * np.sqrt(6 / D)
    if kind == "xavier":
        return draws * np.sqrt(6 / (D + M))
    Q, R = np.linalg.qr(draws)
    return Q * np.sign(np.diag(R))


@task.wrong(
    "the signs of R left open",
    hint="QR does not say which sign each column has, and the routine picks one by how it computes. The task asks "
    "for the one where the diagonal of R is positive.",
    section="sec-07-orthogonal",
)
def signs_left(draws: Any, kind: Any) -> Any:
    D, M = draws.shape
    if kind == "he":
        return draws * np.sqrt(2 / D)
    return draws * np.sqrt(2 / (D + M)) if kind == "xavier" else np.linalg.qr(draws)[0]


@task.wrong(
    "the signs turned row by row",
    hint="Each number on R's diagonal belongs to one column of Q. You turn the rows.",
    section="sec-07-orthogonal",
)
def signs_on_rows(draws: Any, kind: Any) -> Any:
    D, M = draws.shape
    if kind == "he":
        return draws * np.sqrt(2 / D)
    if kind == "xavier":
        return draws * np.sqrt(2 / (D + M))
    Q, R = np.linalg.qr(draws)
    return Q * np.sign(np.diag(R))[:, None]


@task.wrong(
    "columns of length 1, not at right angles",
    hint="Each of your columns has length 1. They must be at right angles to each other as well, or lengths of "
    "mixtures change.",
    section="sec-07-orthogonal",
)
def only_normalised(draws: Any, kind: Any) -> Any:
    D, M = draws.shape
    if kind == "he":
        return draws * np.sqrt(2 / D)
    return draws * np.sqrt(2 / (D + M)) if kind == "xavier" else draws / np.linalg.norm(draws, axis=0)


@task.wrong(
    "R returned in the place of Q",
    hint="QR gives two factors. The first has columns at right angles; the second holds their mixture, and you "
    "return that.",
    section="sec-07-orthogonal",
)
def the_other_factor(draws: Any, kind: Any) -> Any:
    D, M = draws.shape
    if kind == "he":
        return draws * np.sqrt(2 / D)
    return draws * np.sqrt(2 / (D + M)) if kind == "xavier" else np.linalg.qr(draws)[1]


from bplib.check.tasks.a07 import _first_weights_slips  # noqa: E402, F401  # it enters more wrong answers
