"""The numbers that assignment 07 works out on paper, and those of its model answer, computed again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from bplib import data
from bplib.check.task import find

SOURCE = (
    Path(__file__).resolve().parents[2]
    / "solutions"
    / "07_vanishing_exploding"
    / "07_vanishing_exploding.ipynb"
)
TEXT = "\n".join("".join(c["source"]) for c in json.loads(SOURCE.read_text(encoding="utf-8"))["cells"])
FOUR = np.array([[1.0], [1.0], [3.0], [3.0]])


def answer(task: str) -> Any:
    return find(f"07.{task}").answer


def close(got: Any, said: Any, digits: int = 4) -> None:
    assert np.allclose(got, said, rtol=0, atol=0.5001 * 10**-digits), (got, said)


def test_first_weights() -> None:
    draws = np.full((3, 2), 2.0)
    close(answer("first_weights")(draws, "xavier"), 1.2649)
    close(answer("first_weights")(draws, "he"), 1.6330)
    Q = answer("first_weights")(np.array([[-3.0, 1.0], [4.0, 2.0]]), "orthogonal")
    close(Q, [[-0.6, 0.8], [0.8, 0.6]])
    assert np.array([1.0, 2.0]) @ [-0.6, 0.8] == 1
    close(np.linalg.norm(np.array([1.0, 2.0]) - [-0.6, 0.8]), 2)


def test_forecast() -> None:
    relu, slope = (lambda z: np.maximum(z, 0)), (lambda z: (z > 0) * 1.0)
    values, gradients = answer("forecast")(relu, slope, np.array([-1.0, 1.0]), 1.0, 2)
    close(values, [1, 0.7071, 0.5])
    close(gradients, [0.5, 0.7071, 1])


def test_clip() -> None:
    clipped, norm = answer("clip")([np.array([3.0, 0.0]), np.array([4.0])], 1.0)
    assert norm == 5
    close(clipped[0], [0.6, 0])
    close(clipped[1], [0.8])
    same, norm = answer("clip")([np.array([0.3, 0.0]), np.array([0.4])], 1.0)
    close(norm, 0.5)
    close(same[0], [0.3, 0])


def test_batch_norm() -> None:
    y, pullback = answer("batch_norm")(FOUR, np.array([2.0]), np.array([5.0]), 0.0)
    close(y.ravel(), [3, 3, 7, 7])
    dx, dgamma, dbeta = pullback(np.array([[1.0], [0.0], [0.0], [2.0]]))
    close([dgamma.item(), dbeta.item()], [1, 3])
    close(dx.ravel(), [1, -1, -2, 2])
    close([dx.sum(), (dx * [[-1], [-1], [1], [1]]).sum()], 0)


def test_running() -> None:
    start = FOUR, np.array([2.0]), np.array([5.0]), np.array([0.0]), np.array([4.0])
    y, mean, var = answer("running")(*start, True, 0.1, 0.0)
    close(y.ravel(), [3, 3, 7, 7])
    close([mean.item(), var.item()], [0.2, 3.7333])
    y, mean, var = answer("running")(*start, False, 0.1, 0.0)
    close(y.ravel(), [6, 6, 8, 8])
    close([mean.item(), var.item()], [0, 4])


def test_layer_norm() -> None:
    gamma, beta = np.array([2.0, 1.0, 1.0, 3.0]), np.array([5.0, 0.0, 0.0, 0.0])
    y, pullback = answer("layer_norm")(FOUR.T, gamma, beta, 0.0)
    close(y, [[3, -1, 1, 3]])
    dx, dgamma, dbeta = pullback(np.array([[1.0, 0.0, 0.0, 2.0]]))
    close(dx, [[1, -1, -3, 3]])
    close(dgamma, [-1, 0, 0, 2])
    close(dbeta, [1, 0, 0, 2])


def test_blocks() -> None:
    W = np.array([[2.0, 1.0], [-1.0, 3.0]])
    h, pullback = answer("blocks")(np.array([[1.0, -2.0]]), [W], 1.0, 0.5)
    close(h, [[2, -1.5]])
    dx, (dW,) = pullback(np.array([[1.0, 4.0]]))
    close(dx, [[4, 4]])
    close(dW, [[0.5, 2], [0, 0]])
    close(np.array([1.0, 4.0]) @ W.T, [6, 11])


def test_rescue() -> None:
    x, y = np.array([[1.0], [2.0], [-1.0]]), np.array([[1.0], [0.0], [1.0]])
    params = [np.array([[v]]) for v in (1.0, 2.0, 0.5)]
    h, _ = answer("blocks")(x * 1.0, [params[1]], 1.0, 0.5)
    close(h.ravel(), [2, 4, -1])
    close((0.5 * h - y).ravel(), [0, 2, -1.5])
    after, losses = answer("rescue")(x, y, params, 1.0, 0.5, 0.1, 100.0, 1)
    close(losses, [1.0417])
    close([p.item() for p in after], [0.8417, 1.9667, 0.1833])
    gradients = [(p - a).item() / 0.1 for p, a in zip(params, after, strict=True)]
    close(gradients, [1.5833, 0.3333, 3.1667])
    close(np.linalg.norm(gradients), 3.5561)


def start(kind: str, depth: int = 30, n: int = 40) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    shapes = [(64, n)] + depth * [(n, n)] + [(n, 10)]
    return [answer("first_weights")(rng.standard_normal(s), kind) for s in shapes]


def digits() -> tuple[Any, Any]:
    d = data.digits(flat=True, dtype=np.float64)
    x = (d.x_train - d.x_train.mean(axis=0)) / d.x_train.std()
    return x[:600], np.eye(10)[d.y_train[:600]]


def test_the_plain_network_stands_still_and_shortcuts_learn() -> None:
    x, y = digits()
    constant = 0.5 * np.mean(np.sum((y - y.mean(axis=0)) ** 2, axis=1))
    assert abs(constant - 0.45) < 0.005
    assert "the loss of a network that answers the same to every picture" in TEXT
    _, plain = answer("rescue")(x, y, start("xavier"), 0.0, 1.0, 0.1, 1.0, 40)
    _, saved = answer("rescue")(x, y, start("xavier"), 1.0, 30**-0.5, 0.1, 1.0, 40)
    assert plain[-1] > 0.49
    assert saved[-1] < 0.4


def test_the_model_answers_numbers() -> None:
    """Thirty sigmoid layers: what is lost, and what He's root of 2 changes."""
    sigmoid = lambda z: 1 / (1 + np.exp(-z))
    slope = lambda z: sigmoid(z) * (1 - sigmoid(z))
    u = np.linspace(-6, 6, 2001)
    u = np.repeat(u, np.round(1000 * np.exp(-(u**2) / 2)).astype(int))
    for gain, most in ((1.0, 0.25), (np.sqrt(2), 0.25 * np.sqrt(2))):
        _, gradients = answer("forecast")(sigmoid, slope, u, gain, 30)
        assert gradients[0] < most**30
    assert round(0.25 * np.sqrt(2), 2) == 0.35
    _, gradients = answer("forecast")(sigmoid, slope, u, 1.0, 30)
    assert -20 < np.log10(gradients[0]) < -18
