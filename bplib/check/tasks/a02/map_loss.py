"""Likelihood and prior: the loss of a yes-or-no regression with a Gaussian belief about its weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import call, unpack
from bplib.check.task import Case, Seen, Task

task = Task(
    "02.map_loss",
    "When the data are too few",
    asks_for="map_loss",
    section="sec-02-map",
    parts={"loss": 1, "gradient": 2, "large": 1},
)


@task.reference
def map_loss(w: Any, b: Any, x: Any, y: Any, lam: Any) -> Any:
    z = x @ w + b
    r = np.exp(-np.logaddexp(0, -z)) - y
    loss = (np.logaddexp(0, z) - y * z).sum() + lam / 2 * (w * w).sum()
    return loss, x.T @ r + lam * w, r.sum()


def answers(seed: int, N: int, D: int, lam: float, scale: float = 1.0) -> Case:
    """Weights w (D,), a bias, data x (N, D) of this spread, answers y (N,) of 0 and 1."""
    rng = np.random.default_rng(seed)
    return {
        "w": rng.normal(size=D),
        "b": float(rng.normal()),
        "x": scale * rng.normal(size=(N, D)),
        "y": rng.integers(0, 2, size=N).astype(float),
        "lam": lam,
    }


@task.cases
def cases() -> Iterator[Case]:
    yield {
        "w": np.array([1.0, -2.0]),
        "b": 1.0,
        "x": np.array([[1.0, 1.0], [3.0, 2.0]]),
        "y": np.array([1.0, 1.0]),
        "lam": 0.1,
    }
    yield answers(1, 6, 3, 0.7)
    yield answers(2, 3, 3, 2.5)
    yield {
        "w": np.array([4.0]),
        "b": 0.0,
        "x": np.array([[200.0], [-500.0], [-300.0]]),
        "y": np.array([1.0, 1.0, 0.0]),
        "lam": 0.5,
    }


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    loss, dw, db = unpack(call(answer, *case.values()), "loss", "dw", "db", of="map_loss")
    large = np.abs(case["x"]).max() > 100  # a part of its own, so that it hides no other mistake
    yield "large" if large else "loss", "the loss", loss
    yield "large" if large else "gradient", "dw", dw
    yield "large" if large else "gradient", "db", db


@task.wrong(
    "the penalty's gradient taken as λ",
    hint="You add the same number to every entry of dw, whatever the weight is: all weights are pushed down, the "
    "negative ones away from zero. The prior is a spring, which pulls the harder the further a weight has strayed.",
)
def lam_for_lam_w(w: Any, b: Any, x: Any, y: Any, lam: Any) -> Any:
    z = x @ w + b
    r = np.exp(-np.logaddexp(0, -z)) - y
    loss = (np.logaddexp(0, z) - y * z).sum() + lam / 2 * (w * w).sum()
    return loss, x.T @ r + lam, r.sum()


@task.wrong(
    "the bias penalised too",
    hint="Your prior also believes that the bias is near zero. For a weight that means no dependence until the "
    "data show one; for the bias it would mean that yes and no are equally frequent, which the data should tell.",
    section="sec-02-questions",
)
def bias_penalised(w: Any, b: Any, x: Any, y: Any, lam: Any) -> Any:
    z = x @ w + b
    r = np.exp(-np.logaddexp(0, -z)) - y
    loss = (np.logaddexp(0, z) - y * z).sum() + lam / 2 * ((w * w).sum() + b * b)
    return loss, x.T @ r + lam * w, r.sum() + lam * b


@task.wrong(
    "the half of the penalty lost",
    hint="The logarithm of a Gaussian has a half in front of the square. Without it the prior in your loss is twice "
    "as strong as λ says.",
)
def half_lost(w: Any, b: Any, x: Any, y: Any, lam: Any) -> Any:
    z = x @ w + b
    r = np.exp(-np.logaddexp(0, -z)) - y
    loss = (np.logaddexp(0, z) - y * z).sum() + lam * (w * w).sum()
    return loss, x.T @ r + lam * w, r.sum()


@task.wrong(
    "a 2 in the penalty's gradient",
    hint="The slope of a square brings a 2, and the penalty has a half in front: the two cancel. Your gradient has "
    "kept the 2, and pulls twice as hard as λ says.",
)
def two_in_gradient(w: Any, b: Any, x: Any, y: Any, lam: Any) -> Any:
    z = x @ w + b
    r = np.exp(-np.logaddexp(0, -z)) - y
    loss = (np.logaddexp(0, z) - y * z).sum() + lam / 2 * (w * w).sum()
    return loss, x.T @ r + 2 * lam * w, r.sum()


@task.wrong(
    "the data averaged, where they are summed",
    hint="You average over the examples. The prior then weighs as much against a thousand data as against one; in "
    "Bayes' rule every datum brings its own factor, and more data outvote the belief.",
)
def data_averaged(w: Any, b: Any, x: Any, y: Any, lam: Any) -> Any:
    z = x @ w + b
    r = (np.exp(-np.logaddexp(0, -z)) - y) / len(y)
    loss = (np.logaddexp(0, z) - y * z).mean() + lam / 2 * (w * w).sum()
    return loss, x.T @ r + lam * w, r.sum()


@task.wrong(
    "the prior counted once for each example",
    hint="Your penalty stands inside the sum over the data. The belief was there before the first datum, and it "
    "enters once.",
)
def prior_per_example(w: Any, b: Any, x: Any, y: Any, lam: Any) -> Any:
    z = x @ w + b
    r = np.exp(-np.logaddexp(0, -z)) - y
    loss = (np.logaddexp(0, z) - y * z + lam / 2 * (w * w).sum()).sum()
    return loss, x.T @ r + len(y) * lam * w, r.sum()


@task.wrong(
    "the slope of the sigmoid taken in once more",
    hint="p − y already is the slope with respect to the score z: the sigmoid's own slope has cancelled. With yours, "
    "confident mistakes are hardly corrected.",
    section="sec-02-bernoulli",
)
def slope_twice(w: Any, b: Any, x: Any, y: Any, lam: Any) -> Any:
    z = x @ w + b
    p = np.exp(-np.logaddexp(0, -z))
    r = (p - y) * p * (1 - p)
    loss = (np.logaddexp(0, z) - y * z).sum() + lam / 2 * (w * w).sum()
    return loss, x.T @ r + lam * w, r.sum()


@task.wrong(
    "observed minus expected",
    hint="Your error is turned round. The data then push the weights away from themselves, while the prior pulls "
    "the right way.",
    section="sec-02-expected-minus-observed",
)
def sign_turned(w: Any, b: Any, x: Any, y: Any, lam: Any) -> Any:
    z = x @ w + b
    r = y - np.exp(-np.logaddexp(0, -z))
    loss = (np.logaddexp(0, z) - y * z).sum() + lam / 2 * (w * w).sum()
    return loss, x.T @ r + lam * w, r.sum()


@task.wrong(
    "a loss without its prior",
    hint="λ does not appear in your loss. That is maximum likelihood, for which three heads of three throws have the "
    "probability 1.",
)
def no_prior_in_loss(w: Any, b: Any, x: Any, y: Any, lam: Any) -> Any:
    z = x @ w + b
    r = np.exp(-np.logaddexp(0, -z)) - y
    return (np.logaddexp(0, z) - y * z).sum(), x.T @ r + lam * w, r.sum()


@task.wrong(
    "no prior in the gradient",
    hint="λ does not appear in your dw. Training follows the gradient alone: whatever belief stands in the loss would "
    "be printed and never used.",
)
def prior_not_in_gradient(w: Any, b: Any, x: Any, y: Any, lam: Any) -> Any:
    z = x @ w + b
    r = np.exp(-np.logaddexp(0, -z)) - y
    return (np.logaddexp(0, z) - y * z).sum() + lam / 2 * (w * w).sum(), x.T @ r, r.sum()


@task.wrong(
    "the prior with its sign turned",
    hint="The log-prior is negative, and the loss is a negative logarithm. Yours rewards large weights instead of "
    "charging for them.",
)
def prior_negative(w: Any, b: Any, x: Any, y: Any, lam: Any) -> Any:
    z = x @ w + b
    r = np.exp(-np.logaddexp(0, -z)) - y
    loss = (np.logaddexp(0, z) - y * z).sum() - lam / 2 * (w * w).sum()
    return loss, x.T @ r - lam * w, r.sum()


@task.wrong(
    "absolute values in the penalty",
    hint="You charge for the size of a weight, and not for its square. That is another belief, with a sharp peak at "
    "zero, and its pull does not grow with the weight.",
)
def absolute_values(w: Any, b: Any, x: Any, y: Any, lam: Any) -> Any:
    z = x @ w + b
    r = np.exp(-np.logaddexp(0, -z)) - y
    loss = (np.logaddexp(0, z) - y * z).sum() + lam * np.abs(w).sum()
    return loss, x.T @ r + lam * np.sign(w), r.sum()


@task.wrong(
    "the logarithm of a probability that is rounded to 0 or 1",
    hint="For a large score the probability is stored as exactly 1, and the logarithm of what is left is infinite. "
    "The loss can be computed from the score without going through p.",
    section="sec-04-stable",
)
def through_p(w: Any, b: Any, x: Any, y: Any, lam: Any) -> Any:
    z = x @ w + b
    p = 1 / (1 + np.exp(-z))
    loss = -(y * np.log(p) + (1 - y) * np.log(1 - p)).sum() + lam / 2 * (w * w).sum()
    return loss, x.T @ (p - y) + lam * w, (p - y).sum()


@task.wrong(
    "a little number added inside the logarithm",
    hint="Your number keeps the logarithm finite, and false: no mistake can cost more than the logarithm of that "
    "number, however far the score is off. The loss goes flat where the gradient says it is steep.",
    section="sec-04-stable",
)
def little_number(w: Any, b: Any, x: Any, y: Any, lam: Any) -> Any:
    z = x @ w + b
    p = 1 / (1 + np.exp(-z))
    loss = -(y * np.log(p + 1e-12) + (1 - y) * np.log(1 - p + 1e-12)).sum() + lam / 2 * (w * w).sum()
    return loss, x.T @ (p - y) + lam * w, (p - y).sum()


@task.wrong(
    "db averaged over the examples",
    hint="The bias moves the score of every example, and each of them answers. The loss adds the examples up, so "
    "db has to do the same.",
)
def bias_averaged(w: Any, b: Any, x: Any, y: Any, lam: Any) -> Any:
    z = x @ w + b
    r = np.exp(-np.logaddexp(0, -z)) - y
    loss = (np.logaddexp(0, z) - y * z).sum() + lam / 2 * (w * w).sum()
    return loss, x.T @ r + lam * w, r.mean()


from bplib.check.tasks.a02 import _map_loss_more  # noqa: E402, F401  # it enters more wrong answers
