"""The numbers that assignment 09 works out on paper, and those of its model answer, computed again."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from bplib.check.task import find

SOURCE = Path(__file__).resolve().parents[2] / "solutions" / "09_generalisation" / "09_generalisation.ipynb"
TEXT = "\n".join("".join(c["source"]) for c in json.loads(SOURCE.read_text(encoding="utf-8"))["cells"])


def says(sentence: str) -> None:
    assert sentence in TEXT, sentence


def test_scale() -> None:
    train, val = find("09.scale").answer(np.array([[1.0, 10.0], [3.0, 10.0]]), np.array([[5.0, 12.0]]))
    np.testing.assert_array_equal(train, [[-1, 0], [1, 0]])
    np.testing.assert_array_equal(val, [[3, 2]])
    says("It becomes [[−1, 0], [1, 0]], and the row [5, 12] of `val` becomes [3, 2]")


def test_bias_variance() -> None:
    fits, truth = np.array([[1.0, 2.0], [3.0, 6.0]]), np.array([1.0, 5.0])
    assert find("09.bias_variance").answer(fits, truth) == (1.0, 2.5)
    says("the squared bias is (1 + 1)/2 = 1")
    says("(1 + 1 + 4 + 4)/4 = 2.5")


def test_l2_penalty() -> None:
    params = {"W": np.array([[1.0, -2.0]]), "b": np.array([3.0, 3.0])}
    value, pullback = find("09.l2_penalty").answer(params, 0.2)
    assert value == 0.5
    grads = pullback(1.0)
    np.testing.assert_array_equal(grads["W"], [[0.2, -0.4]])
    np.testing.assert_array_equal(grads["b"], [0, 0])
    says("the value is 0.1 · (1 + 4) = 0.5. For `d` = 1, `W` gets [[0.2, −0.4]] and `b` gets [0, 0]")


def test_soft_threshold() -> None:
    got = find("09.soft_threshold").answer(np.array([3, -3, 0.5, -0.5, 0, 1]), 1.0)
    np.testing.assert_array_equal(got, [2, -2, 0, 0, 0, 0])
    says("[3, −3, 0.5, −0.5, 0, 1] becomes [2, −2, 0, 0, 0, 0]")


def test_dropout() -> None:
    x, u = np.array([1.0, 2.0, 3.0]), np.array([0.9, 0.1, 0.8])
    value, pullback = find("09.dropout").answer(x, 0.75, u, True)
    np.testing.assert_array_equal(value, [4, 0, 12])
    np.testing.assert_array_equal(pullback(np.array([1.0, 2.0, -3.0])), [4, 0, -12])
    says("[4, 0, 12]. If [1, 2, −3] arrives, `dx` = [4, 0, −12]")


def test_shifted() -> None:
    image = np.array([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]])
    answer = find("09.shifted").answer
    np.testing.assert_array_equal(answer(image, np.array([[1, 0]])), [[[0, 0, 0], [1, 2, 3]]])
    np.testing.assert_array_equal(answer(image, np.array([[0, -1]])), [[[2, 3, 0], [5, 6, 0]]])
    says("moved by (1, 0) is [[0, 0, 0], [1, 2, 3]], and moved by (0, −1) it is [[2, 3, 0], [5, 6, 0]]")


def test_early_stopping() -> None:
    assert find("09.early_stopping").answer([5, 4, 4.5, 4, 1, 6], 2) == (1, 3)
    says("the answer is (1, 3)")


def test_rescue() -> None:
    X, Y = np.array([[1.0], [2.0]]), np.array([[2.0], [1.0]])
    rescue = find("09.rescue").answer
    kept, on_list, held = rescue(X, Y, np.array([[2.0]]), np.array([[1.0]]), 0.5, 0.4, 3)
    np.testing.assert_allclose(on_list[:2], [1.25, 0.45])
    np.testing.assert_allclose(held[:2], [0.5, 0.18])
    assert 0.5 * (2 * 0.64 - 1) ** 2 < 0.18  # so the weights after two steps are the best of the three
    np.testing.assert_allclose(kept, [[0.64]])
    says("the gradient with the penalty is 0 + 0.5 · 0.8 = 0.4, so that W becomes 0.64")
