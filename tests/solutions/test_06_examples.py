"""The numbers that assignment 06 works out on paper, and those of its model answer, computed again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bplib import data
from bplib.check.task import find

SOURCE = Path(__file__).resolve().parents[2] / "solutions" / "06_mlp_backprop" / "06_mlp_backprop.ipynb"
TEXT = "\n".join("".join(c["source"]) for c in json.loads(SOURCE.read_text(encoding="utf-8"))["cells"])


def close(got: Any, said: Any, digits: int = 4) -> None:
    assert np.allclose(got, said, rtol=0, atol=0.5001 * 10**-digits), (got, said)


def xor() -> tuple[Any, Any]:
    x, labels = data.xor()
    return x, labels[:, None].astype(float)


def train(hidden: int, params: list[Any], steps: int) -> tuple[list[Any], list[float]]:
    after, losses = find("06.train").answer(*xor(), params, 1.0, steps)
    assert after[0].shape == (2, hidden)
    return after, losses


def test_forward() -> None:
    W1, b1 = np.array([[0.5, -0.3], [0.1, 0.4]]), np.array([0.1, -0.2])
    W2, b2 = np.array([[0.6], [-0.5]]), np.array([-0.1])
    h, p = find("06.forward").answer(np.array([[0.0, -1.0]]), W1, b1, W2, b2)
    close(h, [[0, -0.5370]])
    close((h @ W2).item(), 0.2685)
    close((h @ W2 + b2).item(), 0.1685)
    close(p, [[0.5420]])


def test_output_error() -> None:
    loss, dz2 = find("06.output_error").answer(np.array([[0.8, 0.4]]), np.array([[1.0, 0.0]]))
    close([-np.log(0.8), -np.log(0.6), loss], [0.2231, 0.5108, 0.3670])
    close(dz2, [[-0.1, 0.2]])


def test_backward() -> None:
    dW1, db1, dW2, db2 = find("06.backward").answer(
        np.array([[0.4, 0.0]]),
        np.array([[1.0, 2.0]]),
        np.array([[0.5, -0.5]]),
        np.array([[2.0, 1.0], [-1.0, 3.0]]),
    )
    close(db1, [0.6, -0.3])
    close(dW1, [[0.6, -0.3], [1.2, -0.6]])
    assert dW2.shape == (2, 2) and db2.shape == (2,)


def test_update() -> None:
    W, b = find("06.update").answer(
        [np.array([[1.0], [-2.0]]), np.array([0.5])], [np.array([[0.4], [-1.0]]), np.array([2.0])], 0.1
    )
    close(W, [[0.96], [-1.9]])
    close(b, [0.3])


def test_cost() -> None:
    assert find("06.cost").answer([3, 4, 2], 5) == (100, 140, 35)


def test_mlp() -> None:
    params = [np.array([[1.0]]), np.array([0.5]), np.array([[2.0]]), np.array([-1.0])]
    z, pullback = find("06.mlp").answer(np.zeros((1, 1)), params)
    dx, (dW1, db1, dW2, db2) = pullback(np.ones((1, 1)))
    close([z.item(), dx.item(), dW1.item(), db1.item()], [-0.0758, 1.5729, 0, 1.5729])
    close([dW2.item(), db2.item()], [0.4621, 1])


def test_layer() -> None:
    layer = find("06.layer").answer(np.array([[1.0, 2.0], [0.0, -1.0]]), np.array([0.5, 0.0]))
    close(layer.forward(np.array([[1.0, 3.0]])), [[1.5, -1]])
    close(layer.backward(np.array([[1.0, -1.0]])), [[-1, 1]])
    close(layer.dW, [[1, -1], [3, -3]])
    close(layer.db, [1, -1])
    layer.zero_grad()
    layer.forward(np.array([[2.0, -1.0]]))
    layer.backward(np.array([[0.5, 2.0]]))
    close(layer.dW, [[1, 4], [-0.5, -2]])
    close(layer.db, [0.5, 2])


def test_the_model_answer_on_zeros() -> None:
    start = [np.zeros((2, 3)), np.zeros(3), np.zeros((3, 1)), np.zeros(1)]
    after, losses = train(3, start, 5)
    assert all(np.all(p == 0) for p in after)
    close(losses, np.log(2), 12)


@pytest.mark.parametrize("seed", range(8))
def test_the_model_answer_on_w2_at_zero(seed: int) -> None:
    W1 = np.random.default_rng(seed).standard_normal((2, 3))
    start = [W1, np.zeros(3), np.zeros((3, 1)), np.zeros(1)]
    once, _ = train(3, start, 1)
    twice, _ = train(3, start, 2)
    assert np.array_equal(once[0], W1) and np.all(once[1] == 0) and np.all(once[2] != 0)
    assert np.abs(once[3]).max() < 1e-15, "b2 stands still in the first step"
    assert np.all(twice[0] != W1)
    _, losses = train(3, start, 2000)
    assert abs(losses[-1] - 0.0013) < 1e-4
    assert "about 0.0013" in TEXT


def test_the_model_answer_on_equal_weights() -> None:
    start = [np.full((2, 3), 0.5), np.zeros(3), np.full((3, 1), 0.5), np.zeros(1)]
    after, losses = train(3, start, 2000)
    close(losses[-1], 0.479, 3)
    for p, units in zip(after[:3], (1, 0, 0), strict=True):
        assert np.ptp(p, axis=units).max() < 1e-9, "the hidden units are still twins"
    single = [np.random.default_rng(3).standard_normal(s) for s in ((2, 1), (1,), (1, 1), (1,))]
    single[1], single[3] = np.zeros(1), np.zeros(1)
    close(train(1, single, 1000)[1][-1], 0.479, 3)
    assert "0.479" in TEXT
