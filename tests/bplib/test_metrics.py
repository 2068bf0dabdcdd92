"""Metrics against scikit-learn's, and by hand on small tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from bplib import metrics


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 6), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_equal_to_scikit_learn(k: int, n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    p, y = rng.integers(0, k, n), rng.integers(0, k, n)
    labels = list(range(k))
    np.testing.assert_array_equal(
        metrics.confusion_matrix(p, y, k), reference.confusion_matrix(y, p, labels=labels)
    )
    assert metrics.accuracy(p, y) == pytest.approx(reference.accuracy_score(y, p))
    options: Any = {"labels": labels, "average": None, "zero_division": 0}
    np.testing.assert_allclose(metrics.precision(p, y, k), reference.precision_score(y, p, **options))
    np.testing.assert_allclose(metrics.recall(p, y, k), reference.recall_score(y, p, **options))


def test_scores_and_classes_give_the_same() -> None:
    scores = np.array([[0.1, 2.0, 0.0], [3.0, 0.0, 0.0]])
    assert metrics.accuracy(scores, [1, 1]) == metrics.accuracy([1, 0], [1, 1]) == 0.5
    np.testing.assert_array_equal(metrics.confusion_matrix(scores, [1, 1]), [[0, 0, 0], [1, 1, 0], [0, 0, 0]])


def test_r_squared() -> None:
    y = np.array([1.0, 2.0, 4.0])
    assert metrics.r_squared(y, y) == 1.0
    assert metrics.r_squared(np.full(3, y.mean()), y) == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: metrics.accuracy([1, 2], [1]), r"predictions \(2,\) and labels \(1,\) do not fit"),
        (lambda: metrics.accuracy([], []), "there are no examples"),
        (lambda: metrics.confusion_matrix([0, 3], [0, 1], 3), r"a class lies outside 0..2"),
        (lambda: metrics.r_squared(np.ones(3), np.ones((3, 1))), r"must have equal shapes"),
        (
            lambda: metrics.accuracy(np.ones((3, 1)), [0, 1, 1]),
            r"predictions \(3, 1\) have one score .*class 0 .*\[:, 0\] > 0",
        ),
        (
            lambda: metrics.accuracy([[0.1, 0.2], [0.3, np.nan]], [0, 1]),
            r"predictions\[1, 1\] is nan, one of 1",
        ),
        (
            lambda: metrics.accuracy(np.ones((2, 2, 2)), [0, 1]),
            r"predictions \(2, 2, 2\) and labels \(2,\) do not fit",
        ),
        (
            lambda: metrics.confusion_matrix([0], [0], 2.5),
            "classes must be an int of at least 1, or None, got 2.5",
        ),
        (
            lambda: metrics.confusion_matrix([0], [0], 0),
            "classes must be an int of at least 1, or None, got 0",
        ),
        (lambda: metrics.r_squared(np.ones(3), np.ones(3)), "the targets are all equal"),
        (lambda: metrics.r_squared(np.ones(0), np.ones(0)), "needs at least two targets"),
    ],
)
def test_messages(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("predictions", "labels", "message"),
    [
        ([0.9, 0.2], [1, 0], r"predictions \(2,\) must be classes.*float64.*predictions > threshold"),
        ([1, 0], [1.0, np.nan], r"labels \(2,\) must be classes.*labels.astype\(int\)"),
        (np.eye(2), [1.0, 0.0], r"labels \(2,\) must be classes"),
        (["a", "b"], [0, 1], r"predictions \(2,\) must be classes.*dtype <U1"),
    ],
)
def test_numbers_that_are_no_classes_are_refused(predictions: Any, labels: Any, message: str) -> None:
    for metric in (metrics.accuracy, metrics.precision, metrics.recall, metrics.confusion_matrix):
        with pytest.raises(TypeError, match=message):
            metric(predictions, labels)


def test_booleans_are_classes() -> None:
    scores = np.array([-1.0, 2.0, 3.0])
    assert metrics.accuracy(scores > 0, np.array([False, True, False])) == pytest.approx(2 / 3)


def test_a_score_may_be_infinite() -> None:
    assert metrics.accuracy(np.array([[0.0, -np.inf], [np.inf, 0.0]]), [0, 0]) == 1.0
