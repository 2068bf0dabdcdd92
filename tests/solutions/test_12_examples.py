"""The numbers that assignment 12 works out on paper, and those of its model answer, computed again."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np

from bplib.check.task import find

SOURCE = Path(__file__).resolve().parents[2] / "solutions" / "12_gan_backprop" / "12_gan_backprop.ipynb"
TEXT = "\n".join("".join(c["source"]) for c in json.loads(SOURCE.read_text(encoding="utf-8"))["cells"])
D = [np.array([[1.0], [-0.5]]), np.array([0.0]), np.array([[2.0]]), np.array([0.5])]


def says(sentence: str) -> None:
    assert sentence in TEXT, sentence


def close(got: object, said: object) -> None:
    np.testing.assert_allclose(np.asarray(got, float), np.asarray(said, float), rtol=0, atol=0.500001e-4)


def test_best_detective() -> None:
    verdict, paid = find("12.best_detective").answer(np.array([0.3, 0.2]), np.array([0.1, 0.2]), 2.0)
    close(verdict, [0.75, 0.5])
    assert f"{paid:.3f}" == "1.004"
    close([-0.3 * math.log(0.75), -0.1 * math.log(0.25), -0.4 * math.log(0.5)], [0.0863, 0.1386, 0.2773])
    says("2 · (0.0863 + 0.1386 + 0.2773) = 1.004")


def test_detective_loss() -> None:
    value, pullback = find("12.detective_loss").answer(np.array([[0.0], [2.0]]), np.array([[-1.0]]))
    close(value, 0.7233)
    real, fake = pullback(1.0)
    close(real, [[-0.25], [-0.0596]])
    close(fake, [[0.2689]])
    says("= 0.7233. For `d` = 1, `ds_real` = [[−0.25], [−0.0596]] and `ds_fake` = [[0.2689]]")


def test_forger_loss() -> None:
    s = np.array([[0.0], [-2.0]])
    said = {
        "minimax": (-0.41, [[-0.25], [-0.0596]]),
        "non-saturating": (1.41, [[-0.25], [-0.4404]]),
        "wasserstein": (1.0, [[-0.5], [-0.5]]),
    }
    for kind, (value, slopes) in said.items():
        got, pullback = find("12.forger_loss").answer(s, kind)
        close(got, value)
        close(pullback(1.0), slopes)
    says("½(−0.6931 − 0.1269) = −0.4100, ½(0.6931 + 2.1269) = 1.4100 and 1")
    says("[[−0.25], [−0.0596]], [[−0.25], [−0.4404]] and [[−0.5], [−0.5]]")


def test_play() -> None:
    together = find("12.play").answer(1.0, 0.0, 0.5, 2, False)
    turns = find("12.play").answer(1.0, 0.0, 0.5, 2, True)
    np.testing.assert_array_equal(together, [[1, 0], [1, 0.5], [0.75, 1]])
    np.testing.assert_array_equal(turns, [[1, 0], [1, 0.5], [0.75, 0.875]])
    says("(1, 0), (1, 0.5), (0.75, 1). In turns it is (1, 0), (1, 0.5), (0.75, 0.875)")


def test_detective_step() -> None:
    grads = find("12.detective_step").answer(np.array([[1.0, 0.0]]), np.array([[0.0, 2.0]]), D)
    close(grads[2], [[-0.2903]])
    close(grads[3], [0.1476])
    close(math.tanh(1), 0.7616)
    close([2 * math.tanh(1) + 0.5, 0.5 - 2 * math.tanh(1)], [2.0232, -1.0232])
    says("dt = 0.1476, and du = −0.1168 · 0.7616 + 0.2644 · (−0.7616) = −0.2903")


def test_forger_step() -> None:
    G = [np.array([[0.5]]), np.array([0.0]), np.array([[1.0, -1.0]]), np.array([0.0, 1.0])]
    dx, _ = find("12.forger_step").answer(np.array([[1.0]]), G, D)
    close(dx, [[-0.5644, 0.2822]])
    g = math.tanh(0.5)
    h = math.tanh(g - 0.5 * (1 - g))
    close([g, 1 - g, h, 2 * h + 0.5], [0.4621, 0.5379, 0.1908, 0.8816])
    says("`dx` = [[−0.5644, 0.2822]]")


def test_count_modes() -> None:
    x = np.array([[0.0, 0.1], [0.0, -0.2], [3.0, 0.0], [9.0, 9.0]])
    centres = np.array([[0.0, 0.0], [3.0, 0.5], [-3.0, 0.0]])
    assert find("12.count_modes").answer(x, centres, 0.5, 0.5) == (1, 0.75)
    says("The answer is 1 cluster and 0.75")


def test_the_model_answer() -> None:
    assert f"{math.log(4):.3f}, {math.log(2):.3f}, {math.log(1 / 100):.1f}" == "1.386, 0.693, -4.6"
    says("log(1/100) = −4.6")
