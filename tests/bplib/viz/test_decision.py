"""Decision regions: what the classifier says, where the points are, which of them are wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bplib.tape import Tensor
from bplib.viz import decision_regions

X = np.array([[-1.0, 0.0], [1.0, 0.0], [2.0, 1.0], [-0.5, 1.0]])
Y = np.array([0, 1, 1, 1])  # the last lies on the wrong side


def side(points: np.ndarray) -> np.ndarray:
    return (points[:, 0] > 0).astype(int)


def test_regions_points_and_mistakes() -> None:
    drawn = decision_regions(side, X, Y, class_names=["left", "right"], resolution=64)
    region = np.asarray(drawn.ax.collections[0].get_array()).reshape(64, 64)
    x = np.linspace(*drawn.ax.get_xlim(), 64)
    np.testing.assert_array_equal(region, np.tile(x > 0, (64, 1)))
    left, right, wrong = drawn.ax.lines
    np.testing.assert_array_equal(left.get_xydata(), X[Y == 0])
    np.testing.assert_array_equal(right.get_xydata(), X[Y == 1])
    assert left.get_marker() != right.get_marker()
    assert left.get_color() != right.get_color()
    np.testing.assert_array_equal(wrong.get_xydata(), X[3:])
    assert wrong.get_markerfacecolor() == "none"
    assert [t.get_text() for t in drawn.ax.get_legend().get_texts()] == ["left", "right", "wrong (1)"]
    assert drawn.alt.startswith(
        "Decision regions of a classifier with 2 classes, and 4 points: 3 of 4 lie in their own region."
    )
    assert "left: 36%, right: 64%" in drawn.alt


def scores(points: np.ndarray) -> np.ndarray:
    return np.column_stack([-points[:, 0], points[:, 0]])


@pytest.mark.parametrize(
    ("predict", "threshold"),
    [
        (scores, None),
        (lambda p: Tensor(scores(p)), None),
        (lambda p: p[:, 0], 0.0),
        (lambda p: 1 / (1 + np.exp(-p[:, :1])), 0.5),
        (lambda p: p[:, 0] > 0, None),
    ],
    ids=["scores", "tensor", "logit", "probability", "boolean"],
)
def test_what_a_classifier_may_return(predict: Any, threshold: float | None) -> None:
    want = decision_regions(side, X, Y, resolution=20).alt
    assert decision_regions(predict, X, Y, threshold=threshold, resolution=20).alt == want


def test_three_classes_and_names_by_default() -> None:
    drawn = decision_regions(lambda p: np.digitize(p[:, 0], [0, 1.5]), X, [0, 1, 2, 0], resolution=20)
    assert [t.get_text() for t in drawn.ax.get_legend().get_texts()] == ["class 0", "class 1", "class 2"]
    assert len({line.get_marker() for line in drawn.ax.lines}) == 3


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: decision_regions(side, X[:, :1], Y), ValueError, r"X must have shape \(N, 2\), got \(4, 1\)"),
        (lambda: decision_regions(side, X, Y[:2]), ValueError, r"y must have shape \(4,\), got \(2,\)"),
        (lambda: decision_regions(side, X, Y * 1.0), TypeError, "y must hold whole class numbers"),
        (lambda: decision_regions(side, X * np.nan, Y), ValueError, r"X\[0, 0\] is nan"),
        (lambda: decision_regions(lambda p: p[:, 0], X, Y), ValueError, "say above which threshold="),
        (lambda: decision_regions(lambda p: p[:3], X, Y), ValueError, r"predict\(points\) must have shape"),
        (lambda: decision_regions(lambda p: p * np.nan, X, Y), ValueError, r"predict\(points\)\[0, 0\] is nan"),
        (lambda: decision_regions(lambda p: side(p) + 10, X, Y), ValueError, "12 classes; at most 10"),
        (lambda: decision_regions(side, X, Y, class_names=["a"]), ValueError, "must hold 2 names, got 1"),
    ],
)  # fmt: skip
def test_errors(call: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=f"decision_regions: .*{text}"):
        call()
