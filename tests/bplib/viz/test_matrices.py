"""Confusion matrix and attention map: numbers, colours, tokens, and text that can be read on its cell."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_hex

from bplib.metrics import confusion_matrix as count
from bplib.tape import Tensor
from bplib.viz import attention_map, confusion_matrix
from bplib.viz.style import contrast
from tests.bplib.viz.gallery import ATTENTION, TOKENS

COUNTS = np.array([[50, 0, 0], [0, 47, 3], [0, 12, 38]])
FLOWERS = ["setosa", "versicolor", "virginica"]


def test_counts_are_written_and_rows_are_coloured() -> None:
    drawn = confusion_matrix(COUNTS, FLOWERS)
    image = drawn.ax.images[0]
    np.testing.assert_allclose(image.get_array(), COUNTS / 50)
    assert image.get_clim() == (0, 1)
    cells = {tuple(map(int, t.get_position())): t.get_text() for t in drawn.ax.texts}
    assert cells == {(0, 0): "50", (1, 1): "47", (2, 1): "3", (1, 2): "12", (2, 2): "38"}, (
        "x is the predicted class"
    )
    assert (drawn.ax.get_xlabel(), drawn.ax.get_ylabel()) == ("predicted", "true")
    assert [t.get_text() for t in drawn.ax.get_xticklabels()] == FLOWERS
    assert drawn.alt == (
        "Confusion matrix of 3 classes: 135 of 150 examples are right (90.0%); "
        "the most frequent mistake takes virginica for versicolor, 12 times."
    )


def test_text_is_readable_on_every_shade() -> None:
    n = 20
    counts = np.array([[k, n - k] for k in range(n)] + [[1, 1]] * 0)
    square = np.zeros((n, n), int)
    square[:, :2] = counts
    drawn = confusion_matrix(square)
    image = drawn.ax.images[0]
    for text in drawn.ax.texts:
        x, y = map(int, text.get_position())
        ground = to_hex(image.cmap(image.norm(image.get_array()[y, x])))
        assert contrast(to_hex(text.get_color()), ground) >= 4.0, (text.get_text(), ground)


def test_with_counts_from_the_library() -> None:
    counts = count(np.array([0, 2, 2, 1]), np.array([0, 1, 2, 1]))
    drawn = confusion_matrix(counts)
    assert "3 of 4 examples are right (75.0%); the most frequent mistake takes 1 for 2, once." in drawn.alt


def test_empty_classes() -> None:
    assert (
        confusion_matrix([[0, 0], [0, 3]]).alt
        == "Confusion matrix of 2 classes: 3 of 3 examples are right (100.0%)."
    )
    assert confusion_matrix([[0]]).alt == "Confusion matrix of 1 class without any examples."


def test_large_counts_fit_their_cells() -> None:
    drawn = confusion_matrix(np.full((10, 10), 123456))
    drawn.fig.canvas.draw()
    cell = drawn.ax.get_window_extent().width / 10
    assert all(t.get_window_extent().width <= cell for t in drawn.ax.texts)


def test_attention() -> None:
    drawn = attention_map(ATTENTION, TOKENS)
    np.testing.assert_array_equal(drawn.ax.images[0].get_array(), ATTENTION)
    assert [t.get_text() for t in drawn.ax.get_xticklabels()] == TOKENS
    assert [t.get_text() for t in drawn.ax.get_yticklabels()] == TOKENS
    assert drawn.alt == (
        "Attention map, 3 queries by 3 keys. Each looks most at: the → the (1); cat → cat (0.8); sat → cat (0.6)."
    )
    cross = attention_map(Tensor(ATTENTION[:2]), ["le", "chat"], TOKENS)
    assert [t.get_text() for t in cross.ax.get_yticklabels()] == ["le", "chat"]
    long = attention_map(np.eye(15), [f"t{i}" for i in range(15)])
    assert long.alt.endswith("t11 → t11 (1); and 3 more.")


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: confusion_matrix([[1, 2]]), r"counts must be square \(K, K\), got \(1, 2\)"),
        (lambda: confusion_matrix([[0.5]]), "counts must hold whole numbers"),
        (lambda: confusion_matrix([[-1]]), "counts must hold whole numbers"),
        (lambda: confusion_matrix([[np.nan]]), r"counts\[0, 0\] is nan"),
        (lambda: confusion_matrix(COUNTS, ["a"]), "class_names must hold 3 names, got 1"),
        (lambda: attention_map(np.zeros((2, 3, 3)), TOKENS), r"weights has shape \(2, 3, 3\); choose one example"),
        (lambda: attention_map(ATTENTION, ["a"]), "queries must hold 3 names, got 1"),
        (lambda: attention_map(ATTENTION, TOKENS, ["a"]), "keys must hold 3 names, got 1"),
        (lambda: attention_map(3 * ATTENTION, TOKENS), "between 0 and 1, got 0 … 3; .*after the softmax"),
        (lambda: attention_map(np.full((3, 3), np.nan), TOKENS), r"weights\[0, 0\] is nan"),
    ],
)  # fmt: skip
def test_errors(call: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        call()
