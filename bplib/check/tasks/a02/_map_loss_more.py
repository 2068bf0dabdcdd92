"""More wrong losses with a prior."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a02.map_loss import task


@task.wrong(
    "observed minus expected, for the weights",
    hint="Your error is turned round in dw, and not in db. The data then push the weights away from "
    "themselves, while the prior pulls the right way.",
    section="sec-02-expected-minus-observed",
)
def sign_turned_for_weights(w: Any, b: Any, x: Any, y: Any, lam: Any) -> Any:
    z = x @ w + b
    r = np.exp(-np.logaddexp(0, -z)) - y
    loss = (np.logaddexp(0, z) - y * z).sum() + lam / 2 * (w * w).sum()
    return loss, lam * w - x.T @ r, r.sum()


@task.wrong(
    "the half of the penalty kept in its gradient",
    hint="The slope of a square brings a 2, which cancels the half in front. Yours still has the half, and "
    "pulls half as hard as λ says.",
)
def half_in_gradient(w: Any, b: Any, x: Any, y: Any, lam: Any) -> Any:
    z = x @ w + b
    r = np.exp(-np.logaddexp(0, -z)) - y
    loss = (np.logaddexp(0, z) - y * z).sum() + lam / 2 * (w * w).sum()
    return loss, x.T @ r + lam / 2 * w, r.sum()


@task.wrong(
    "yes and no exchanged",
    hint="Your loss is small where the answer is wrong. For an answer of 1 it is the probability of a 1 that "
    "counts.",
    section="sec-02-bernoulli",
)
def answers_exchanged(w: Any, b: Any, x: Any, y: Any, lam: Any) -> Any:
    z = x @ w + b
    r = np.exp(-np.logaddexp(0, -z)) - y
    loss = (np.logaddexp(0, z) - (1 - y) * z).sum() + lam / 2 * (w * w).sum()
    return loss, x.T @ r + lam * w, r.sum()


@task.wrong(
    "the sum of the weights squared, and not their squares summed",
    hint="In your penalty a positive and a negative weight cancel. Each weight is charged for by itself.",
)
def sum_squared(w: Any, b: Any, x: Any, y: Any, lam: Any) -> Any:
    z = x @ w + b
    r = np.exp(-np.logaddexp(0, -z)) - y
    loss = (np.logaddexp(0, z) - y * z).sum() + lam / 2 * w.sum() ** 2
    return loss, x.T @ r + lam * w, r.sum()


@task.wrong(
    "the length of w in the penalty, not its square",
    hint="You took a root. The logarithm of a Gaussian holds the square itself, and the pull grows with the "
    "weight.",
)
def length_not_squared(w: Any, b: Any, x: Any, y: Any, lam: Any) -> Any:
    z = x @ w + b
    r = np.exp(-np.logaddexp(0, -z)) - y
    loss = (np.logaddexp(0, z) - y * z).sum() + lam / 2 * np.sqrt((w * w).sum())
    return loss, x.T @ r + lam * w, r.sum()


@task.wrong(
    "scores cut off",
    hint="No exponential overflows, and a mistake at a score of −2000 costs as much as one at −30. The loss "
    "goes flat where it should go on rising.",
    section="sec-04-stable",
)
def scores_cut_off(w: Any, b: Any, x: Any, y: Any, lam: Any) -> Any:
    z = x @ w + b
    s = np.clip(z, -30, 30)
    r = np.exp(-np.logaddexp(0, -z)) - y
    loss = (np.logaddexp(0, s) - y * s).sum() + lam / 2 * (w * w).sum()
    return loss, x.T @ r + lam * w, r.sum()


@task.wrong(
    "no slope for the bias",
    hint="The bias has no prior, and it has data: it moves the score of every example.",
)
def bias_left_alone(w: Any, b: Any, x: Any, y: Any, lam: Any) -> Any:
    z = x @ w + b
    r = np.exp(-np.logaddexp(0, -z)) - y
    loss = (np.logaddexp(0, z) - y * z).sum() + lam / 2 * (w * w).sum()
    return loss, x.T @ r + lam * w, 0.0


@task.wrong(
    "a score without its bias",
    hint="Your scores do not depend on b. A loss that b cannot move teaches b nothing.",
)
def bias_forgotten(w: Any, b: Any, x: Any, y: Any, lam: Any) -> Any:
    z = x @ w + b
    z = x @ w
    r = np.exp(-np.logaddexp(0, -z)) - y
    loss = (np.logaddexp(0, z) - y * z).sum() + lam / 2 * (w * w).sum()
    return loss, x.T @ r + lam * w, r.sum()
