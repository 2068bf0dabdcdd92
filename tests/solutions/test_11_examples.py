"""The numbers that assignment 11 works out on paper, and those of its model answer, computed again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from bplib.check.task import find

SOURCE = (
    Path(__file__).resolve().parents[2] / "solutions" / "11_rnn_lstm_backprop" / "11_rnn_lstm_backprop.ipynb"
)
TEXT = "\n".join("".join(c["source"]) for c in json.loads(SOURCE.read_text(encoding="utf-8"))["cells"])


def close(got: Any, said: Any, digits: int = 4) -> None:
    assert np.allclose(got, said, rtol=0, atol=0.5001 * 10**-digits), (got, said)


def said(*numbers: float) -> None:
    """Each of these, to four digits, stands in the text of the assignment."""
    for n in numbers:
        assert f"{n:.4f}" in TEXT, n


def one(*rows: float) -> Any:
    return np.array([rows])


def test_rnn_step() -> None:
    Wx, Wh = np.array([[0.5, -0.25], [1.0, 0.5]]), np.array([[0.0, 1.0], [2.0, 0.0]])
    after, pullback = find("11.rnn_step").answer(one(1.0, 0), one(0.25, -0.5), Wx, Wh, np.array([0.5, 0.0]))
    close(after, [[0, 0]])
    dx, dh, _, dWh, db = pullback(one(1.0, -2))
    close(dx, [[1, 0]])
    close(dh, [[-2, 2]])
    close(dWh, [[0.25, -0.5], [-0.5, 1]])
    close(db, [1, -2])


X = np.array([1.0, 0.0, 0.0])[:, None, None]
ARRIVES = np.array([0.0, -0.4824, -0.6081])[:, None, None]
WEIGHTS = np.array([[0.9]]), np.array([[0.8]]), np.array([0.0])


def test_rnn() -> None:
    hs, pullback = find("11.rnn").answer(X, np.zeros((1, 1)), *WEIGHTS)
    close(hs.ravel(), [0.7163, 0.5176, 0.3919])
    _, dh0, dWx, dWh, _ = pullback(ARRIVES)
    close([dWx.item(), dWh.item(), dh0.item()], [-0.2550, -0.7353, -0.2040])
    said(-0.2550, -0.7353, -0.2040)


def test_truncated() -> None:
    _, dWh, _ = find("11.truncated").answer(X, np.zeros((1, 1)), *WEIGHTS, ARRIVES, 2)
    close(dWh.item(), -0.5194)
    close(-0.4824 * (1 - 0.5176**2), -0.3532)
    said(-0.5194, -0.3532)


def test_lstm_step() -> None:
    logit = [np.log(p / (1 - p)) for p in (0.5, 0.9, 0.6)]
    bias = np.array([logit[0], logit[1], np.arctanh(0.8), logit[2]])
    zero = np.zeros((1, 4))
    (h, c), pullback = find("11.lstm_step").answer(one(0.0), one(0.0), one(1.0), zero, zero, bias)
    close([c.item(), h.item()], [1.3, 0.5170])
    _, _, dc, _, _, db = pullback(one(1.0), one(0.2))
    close(dc.item(), 0.3190)
    close(db, [0.0709, 0.0319, 0.0638, 0.2068])


def test_lstm() -> None:
    zeros = np.zeros((1, 4))
    hs, _ = find("11.lstm").answer(np.zeros((3, 1, 1)), zeros, zeros, np.array([0.0, 0, 10, 0]))
    close(hs.ravel(), [0.2311, 0.3176, 0.3520])
    close(0.5 * np.tanh([0.5, 0.75, 0.875]), hs.ravel())
    said(0.2311, 0.3176, 0.3520)


def test_gru_step() -> None:
    zeros = np.zeros((1, 3))
    bx = np.array([0.0, np.log(3), 0.1])
    h, pullback = find("11.gru_step").answer(one(0.0), one(0.4), zeros, zeros, bx, np.array([0.0, 0.0, 0.8]))
    close(h.item(), 0.4155)
    dbx, dbh = pullback(one(1.0))[4:]
    close(dbx, [0.0393, -0.0116, 0.1966])
    close(dbh, [0.0393, -0.0116, 0.0983])
    said(0.4621, 0.4155, 0.1966, 0.0983, 0.0393, -0.0116)


def test_adder() -> None:
    p, y = np.array([1.2, 0.7]), np.ones(2)
    close(np.mean((p - y) ** 2), 0.065)
    close(2 * (p - y) / 2, [0.2, -0.3])
    close(np.array([3.0, 4.0]) / np.hypot(3, 4), [0.6, 0.8])


def test_the_model_answer_on_gates() -> None:
    assert abs(0.5**50 / 1e-15 - 1) < 0.2
    f = 1 / (1 + np.exp(-3.0))
    close([f, f**50], [0.95, 0.09], 2)


def test_the_model_answer_on_the_window() -> None:
    """Through the last 10 of 50 steps, the inputs of the steps before do not enter dWx: they may be anything."""
    rng = np.random.default_rng(0)
    weights = 0.3 * rng.standard_normal((2, 4)), 0.3 * rng.standard_normal((4, 4)), np.zeros(4)
    x, state = rng.standard_normal((50, 3, 2)), np.zeros((3, 4))
    rnn = find("11.rnn").answer
    _, pullback = rnn(x[40:], rnn(x[:40], state, *weights)[0][-1], *weights)
    only_last = np.zeros((10, 3, 4))
    only_last[-1] = rng.standard_normal((3, 4))
    dx, _, dWx, _, _ = pullback(only_last)
    dz = dx @ np.linalg.pinv(weights[0].T)
    assert dx.shape[0] == 10 and dWx.shape == (2, 4) and dz.shape == (10, 3, 4)
    full = rnn(x, state, *weights)[1](np.concatenate([np.zeros((40, 3, 4)), only_last]))
    assert np.allclose(full[0][40:], dx)
    assert not np.allclose(full[2], dWx, rtol=1e-9, atol=0)


def test_the_third_colleagues_gradient_fails_the_check() -> None:
    """Without dc between the steps the last step is right, and the one before it is not."""
    (slip,) = [m for m in find("11.lstm").misconceptions if m.name == "cell_not_carried"]
    rng = np.random.default_rng(1)
    weights = rng.standard_normal((2, 8)), rng.standard_normal((2, 8)), rng.standard_normal(8)
    d = np.zeros((2, 3, 2))
    d[-1] = rng.standard_normal((3, 2))
    x = rng.standard_normal((2, 3, 2))
    right, wrong = (f(x, *weights)[1](d)[0] for f in (find("11.lstm").answer, slip.code))
    assert np.allclose(right[1], wrong[1])
    assert not np.allclose(right[0], wrong[0])
