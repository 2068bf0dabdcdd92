"""What a model gets wrong on average, and how much its answer depends on the list it was given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import call, unpack
from bplib.check.task import Case, Seen, Task

task = Task(
    "09.bias_variance",
    "Bias and variance, measured",
    asks_for="bias_variance",
    section="sec-09-price",
    parts={"bias": 1, "variance": 1},
)


@task.reference
def bias_variance(fits: Any, truth: Any) -> Any:
    mean = fits.mean(axis=0)
    return np.mean((mean - truth) ** 2), np.mean((fits - mean) ** 2)


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(91)
    yield {"fits": np.array([[1.0, 2.0], [3.0, 6.0]]), "truth": np.array([1.0, 5.0])}
    yield {"fits": rng.standard_normal((5, 3)) + 1, "truth": rng.standard_normal(3)}
    yield {"fits": rng.standard_normal((4, 4)) * 2, "truth": rng.standard_normal(4)}


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    bias, variance = unpack(call(answer, *case.values()), "bias", "variance", of="bias_variance")
    yield "bias", "the squared bias", bias
    yield "variance", "the variance", variance


@task.wrong(
    "the whole error given as the bias",
    hint="You square the distance of each single fit to the truth, and average. That is bias and variance "
    "together. The bias belongs to the mean of the fits: average first.",
)
def whole_error(fits: Any, truth: Any) -> Any:
    return np.mean((fits - truth) ** 2), np.mean((fits - fits.mean(axis=0)) ** 2)


@task.wrong(
    "distances averaged over the points before they are squared",
    hint="A fit that is too high on the left and too low on the right has a bias at both ends, and in your "
    "mean they cancel. Each point keeps its own, squared, until the end.",
)
def points_cancel(fits: Any, truth: Any) -> Any:
    mean = fits.mean(axis=0)
    return np.mean(mean - truth) ** 2, np.mean((fits - mean) ** 2)


@task.wrong(
    "the bias not squared",
    hint="Your bias is a distance, and the variance beside it a square. They add up to the error only if "
    "both are squares.",
)
def not_squared(fits: Any, truth: Any) -> Any:
    mean = fits.mean(axis=0)
    return np.mean(np.abs(mean - truth)), np.mean((fits - mean) ** 2)


@task.wrong(
    "the mean over the points, where the mean over the lists is due",
    hint="The rows are the lists, the columns the points. You average along a row, so that your mean is that "
    "of one curve, where the mean curve of all lists was asked for.",
)
def wrong_axis(fits: Any, truth: Any) -> Any:
    mean = fits.mean(axis=1, keepdims=True)
    return np.mean((mean - truth) ** 2), np.mean((fits - mean) ** 2)


@task.wrong(
    "the variance of all numbers together",
    hint="Your variance also counts how much the curve changes from point to point, which any good curve "
    "does. It should measure how far the lists disagree at one point.",
)
def all_numbers(fits: Any, truth: Any) -> Any:
    return np.mean((fits.mean(axis=0) - truth) ** 2), np.var(fits)


@task.wrong(
    "the variance about the truth",
    hint="You measure how far the fits are from the truth. The variance does not know the truth: it is the "
    "distance of the fits from their own mean.",
)
def about_the_truth(fits: Any, truth: Any) -> Any:
    return np.mean((fits.mean(axis=0) - truth) ** 2), np.mean((fits - truth) ** 2)


@task.wrong(
    "divided by one list less",
    hint="You divide by the number of lists minus one. Then bias and variance do not add up to the error of "
    "the fits that you were given; the task asks for the plain mean.",
)
def one_list_less(fits: Any, truth: Any) -> Any:
    return np.mean((fits.mean(axis=0) - truth) ** 2), np.mean(np.var(fits, axis=0, ddof=1))


@task.wrong(
    "the two given in the other order",
    hint="What you return first is the variance. The task asks for the squared bias first.",
)
def other_order(fits: Any, truth: Any) -> Any:
    mean = fits.mean(axis=0)
    return np.mean((fits - mean) ** 2), np.mean((mean - truth) ** 2)


@task.wrong(
    "sums over the points",
    hint="You add up over the points. The more points you look at, the larger both numbers get, though the "
    "model has not changed. The task asks for means.",
)
def summed(fits: Any, truth: Any) -> Any:
    mean = fits.mean(axis=0)
    return np.sum((mean - truth) ** 2), np.sum(np.mean((fits - mean) ** 2, axis=0))


@task.wrong(
    "the standard deviation",
    hint="You return a root, a distance. Only its square adds up with the squared bias to an error.",
)
def a_root(fits: Any, truth: Any) -> Any:
    mean = fits.mean(axis=0)
    return np.mean((mean - truth) ** 2), np.mean(fits.std(axis=0))


@task.wrong(
    "one number for each point",
    hint="You return arrays, one number for each point. The task asks for the mean over the points, one "
    "number each.",
)
def by_point(fits: Any, truth: Any) -> Any:
    mean = fits.mean(axis=0)
    return (mean - truth) ** 2, np.mean((fits - mean) ** 2, axis=0)
