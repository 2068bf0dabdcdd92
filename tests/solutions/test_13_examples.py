"""The numbers that assignment 13 works out on paper, and those of its model answer, computed again."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np

from bplib.check.task import find

SOURCE = (
    Path(__file__).resolve().parents[2]
    / "solutions"
    / "13_attention_backprop"
    / "13_attention_backprop.ipynb"
)
TEXT = "\n".join("".join(c["source"]) for c in json.loads(SOURCE.read_text(encoding="utf-8"))["cells"])
LOG3 = math.log(3)


def says(sentence: str) -> None:
    assert sentence in TEXT, sentence


def close(got: object, said: object) -> None:
    np.testing.assert_allclose(np.asarray(got, float), np.asarray(said, float), rtol=0, atol=0.500001e-4)


def test_masked_softmax() -> None:
    s, mask = np.array([[0, LOG3, 5]]), np.array([[True, True, False]])
    p, pullback = find("13.masked_softmax").answer(s, mask)
    close(p, [[0.25, 0.75, 0]])
    d = np.array([[1.0, 0.0, 2.0]])
    close((p * d).sum(), 0.25)
    close(pullback(d), [[0.1875, -0.1875, 0]])
    says("the weights are [[0.25, 0.75, 0]]. For `d` = [[1, 0, 2]]")
    says("`ds` = [[0.1875, −0.1875, 0]]")


def test_attention() -> None:
    q, k = np.array([[2.0, 0, 0, 0]]), np.array([[0, 1.0, 0, 0], [LOG3, 0, 0, 0]])
    close(q @ k.T / 2, [[0, LOG3]])
    value, pullback = find("13.attention").answer(q, k, np.array([[4.0], [0.0]]), np.full((1, 2), True))
    close(value, [[1]])
    dq, dk, dv = pullback(np.array([[2.0]]))
    close(dv, [[0.5], [1.5]])
    close(dk, [[1.5, 0, 0, 0], [-1.5, 0, 0, 0]])
    close(dq, [[-0.8240, 0.75, 0, 0]])
    _, back = find("13.masked_softmax").answer(np.array([[0, LOG3]]), np.full((1, 2), True))
    close(back(np.array([[8.0, 0.0]])), [[1.5, -1.5]])
    says("`dk` = [[1.5, 0, 0, 0], [−1.5, 0, 0, 0]] and `dq` = [[−0.8240, 0.75, 0, 0]]")


def test_split_heads() -> None:
    value, pullback = find("13.split_heads").answer(np.arange(1.0, 9).reshape(1, 2, 4), 2)
    close(value, [[[[1, 2], [5, 6]], [[3, 4], [7, 8]]]])
    d = np.array([[[[10.0, 20], [30, 40]], [[50, 60], [70, 80]]]])
    close(pullback(d), [[[10, 20, 50, 60], [30, 40, 70, 80]]])
    says("[[[10, 20, 50, 60], [30, 40, 70, 80]]]")


def test_multi_head() -> None:
    x, every = np.eye(2)[None], np.full((2, 2), True)
    Wq, Wk = np.array([[0, LOG3], [0, 0]]), np.array([[1.0, 1], [2, 0]])
    Wv, Wo = np.array([[4.0, 4], [0, 8]]), np.array([[1.0, 0], [0, 0.5]])
    value, _ = find("13.multi_head").answer(x, Wq, Wk, Wv, Wo, 2, every)
    close(value, [[[2, 2.5], [2, 3]]])
    close((x @ Wq)[0, :, 1], [LOG3, 0])
    close((x @ Wk)[0, :, 1], [1, 0])
    p, _ = find("13.masked_softmax").answer(np.outer([LOG3, 0], [1, 0]), every)
    close(p, [[0.75, 0.25], [0.5, 0.5]])
    close(p @ (x @ Wv)[0, :, 1], [5, 6])
    says("0.75 · 4 + 0.25 · 8 = 5 there, 6 at the second. The result is [[[2, 2.5], [2, 3]]]")


def test_embedding() -> None:
    value, pullback = find("13.embedding").answer(np.array([[2, 0, 2]]), np.arange(1.0, 7).reshape(3, 2))
    close(value, [[[5, 6], [1, 2], [5, 6]]])
    close(pullback(np.array([[[1.0, 0], [10, 20], [4, -3]]])), [[10, 20], [0, 0], [5, -3]])
    says("`dE` = [[10, 20], [0, 0], [5, −3]]")


def test_positions() -> None:
    close(find("13.positions").answer(2, 4), [[0, 1, 0, 1], [0.8415, 0.5403, 0.0100, 1.0000]])
    says("[sin 1, cos 1, sin 0.01, cos 0.01] = [0.8415, 0.5403, 0.0100, 1.0000]")


def test_feed_forward() -> None:
    x, gamma, beta = np.array([[[1.0, 3.0]]]), np.array([1.0, 2.0]), np.array([1.0, 0.0])
    W1, W2 = np.array([[2.0], [3.0]]), np.array([[0.5, -1.0]])
    close((x - 2) / np.sqrt(1 + 3), [[[-0.5, 0.5]]])
    close((gamma * np.array([-0.5, 0.5]) + beta) @ W1, [4])
    answer = find("13.feed_forward").answer
    value, pullback = answer(x, gamma, beta, W1, np.zeros(1), W2, np.array([0.0, 1.0]), 3.0)
    close(value, [[[3, 0]]])
    dx, dgamma, dbeta, dW1, _, dW2, _ = pullback(np.array([[[2.0, 0.0]]]))
    close(dx, [[[2 - 0.75, 0.75]]])
    close(dgamma, [-1, 1.5])
    close(dbeta, [2, 3])
    close(dW1, [[0.5], [1]])
    close(dW2, [[8, 0]])
    says("`dgamma` = [−1, 1.5], `dbeta` = [2, 3] and `dx` = [2, 0] + [−0.75, 0.75]")


def test_train() -> None:
    rng = np.random.default_rng(0)
    start = [*(rng.standard_normal(s) for s in ((3, 2), *[(2, 2)] * 5)), np.zeros((2, 3)), np.zeros(3)]
    params, losses = find("13.train").answer(start, [(np.array([[2, 0]]), np.array([[0, 2]]))], 1, 0.6)
    close(losses, [1.0986])
    close((start[7] - params[7]) / 0.6, [-1 / 6, 1 / 3, -1 / 6])
    close(params[7], [0.1, -0.2, 0.1])
    for before, after in zip(start[:6], params[:6], strict=True):
        np.testing.assert_array_equal(before, after)
    says("log 3 = 1.0986")
    says("db = [−1/6, 1/3, −1/6]; with the rate 0.6, `b` becomes [0.1, −0.2, 0.1]")


def test_the_model_answer_on_the_scale() -> None:
    """256 wide and not divided: spread 16, a factor of nine million, and most queries hear next to nothing."""
    rng = np.random.default_rng(1)
    q, k = rng.standard_normal((2, 300, 64, 256))
    s = q @ k.swapaxes(-1, -2)
    assert f"{s.std():.0f}" == "16" and 8.5e6 < math.exp(16) < 9.5e6
    length = {}
    for scale in (1.0, 1 / 16):
        p, back = find("13.masked_softmax").answer(scale * s, np.full((64, 64), True))
        length[scale] = np.linalg.norm(back(rng.standard_normal(s.shape)), axis=-1)
        if scale == 1:
            assert np.mean(p.max(axis=-1) > 0.9) > 0.5, "most rows have one weight near 1"
    assert np.median(length[1.0]) < 0.1 * np.median(length[1 / 16]), "most queries hear next to nothing"
    assert np.quantile(length[1.0], 0.95) > np.quantile(length[1 / 16], 0.95), "the few that tie hear a lot"
    says("standard deviation 16")
    says("a factor of nine million")


def test_the_model_answer_on_the_mask() -> None:
    """A d at one position only: dx behind it is 0 with the mask before the softmax, and is not with it after."""
    rng = np.random.default_rng(2)
    x, W = rng.standard_normal((1, 5, 4)), rng.standard_normal((4, 4, 4))
    d = np.zeros((1, 5, 4))
    d[0, 2] = rng.standard_normal(4)
    causal = np.tri(5, dtype=bool)
    dx, *_ = find("13.multi_head").answer(x, *W, 2, causal)[1](d)
    assert not dx[0, 3:].any() and dx[0, :3].all()
    after = next(m for m in find("13.attention").misconceptions if m.name == "mask_after")
    q, k, v = (x[0] @ w for w in W[:3])
    dq, dk, dv = after.code(q, k, v, causal)[1](d[0])
    assert not dq[3:].any() and not dv[3:].any() and dk[3:].all()
