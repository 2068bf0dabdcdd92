"""Assignment 01: every number that its text states, computed again."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from bplib.check.notebook import run_cell
from bplib.check.task import find

PATH = Path(__file__).resolve().parents[2] / "solutions" / "01_first_network" / "01_first_network.ipynb"
CELLS = {c["id"]: "".join(c["source"]) for c in json.loads(PATH.read_text(encoding="utf-8"))["cells"]}


def minus(text: str) -> str:
    return text.replace("-", "−")


def ratios(numbers: list[float]) -> list[float]:
    return [b / a for a, b in pairwise(numbers)]


def test_the_run_that_diverges_is_as_its_table_says() -> None:
    x = np.arange(1.0, 6.0)
    y, w, b = 2 * x + 3, np.float64(0), np.float64(0)
    losses, slopes = [], []
    for step in range(5):
        off = w * x + b - y
        dw, db = 2 * np.mean(off * x), 2 * np.mean(off)
        losses.append(float(np.mean(off**2)))
        slopes.append(float(dw))
        row = minus(f"| {step} | {w:.3f} | {b:.3f} | {losses[-1]:.2f} | {dw:.2f} | {db:.2f} |")
        assert row in CELLS["task-explain-diverges"], row
        w, b = w - 0.1 * dw, b - 0.1 * db
    answer = CELLS["explain-diverges"]
    first, *others = ratios(slopes)
    assert f"= {first:.3f}$, then by {minus(', '.join(f'{r:.3f}' for r in others))}" in answer
    assert f"multiplied by {', '.join(f'{r:.3f}' for r in ratios(losses))}." in answer
    assert f"the root of 1.865 is {np.sqrt(1.865):.3f}" in answer


def test_the_curvatures_of_the_model_answer() -> None:
    x = np.arange(1.0, 6.0)
    hessian = lambda v: 2 / 5 * np.array([[v @ v, v.sum()], [v.sum(), 5]])
    top = np.linalg.eigvalsh(hessian(x))[-1]
    answer = CELLS["explain-diverges"]
    assert f"\\approx {top:.1f}$" in answer and top == pytest.approx((1 + 1.37) / 0.1, rel=2e-3)
    assert f"about {2 / 23.7:.3f}" in answer
    assert 1 - 0.08 * top == pytest.approx(-0.9, abs=0.01)
    assert np.linalg.eigvalsh(hessian(x - x.mean()))[-1] == pytest.approx(4)


def look(task: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What the picture cell of a task prints, with the right answer in place."""
    import matplotlib.pyplot as plt

    from bplib import viz

    scope = {"np": np, "plt": plt, "viz": viz, task: find(f"01.{task}").answer}
    run_cell(CELLS[f"look-{task}"], scope, f"look {task}")
    plt.close("all")
    return capsys.readouterr().out


def test_what_the_pictures_show_is_what_the_text_says(capsys: pytest.CaptureFixture[str]) -> None:
    said, text = look("train", capsys), CELLS["see-train"]
    assert "loss 31.79" in said and "31.8 down to 0.37" in text
    assert "w = 1.93" in said and "loss 0.37" in said and "from a slope of 1.93" in text
    assert "w = 1.64" in said and "loss 0.13" in said and "one of 1.64, and the loss ends at 0.13" in text
    said, text = look("forecast", capsys), CELLS["see-forecast"]
    for steps, words in ("4", "4 steps"), ("2045", "2,045"), ("28882", "28,882"):
        assert f"{steps} steps" in said and words in text
    assert round(28882 / 2045) == 14 and "fourteen times" in text
    said = look("network_step", capsys)
    assert float(said.split()[-4]) < 0.01 < 1 < float(said.split()[1])


def test_the_best_line_of_the_picture() -> None:
    scope: dict[str, np.ndarray] = {"np": np}  # type: ignore[dict-item]  # a module among the arrays
    run_cell("\n".join(CELLS["look-train"].splitlines()[:2]), scope, "the data")
    assert round(float(np.polyfit(scope["hours"], scope["marks"], 1)[0]), 2) == 1.53
    assert "a slope of 1.53" in CELLS["see-train"]


@pytest.mark.parametrize(
    ("task", "stated"),
    [
        ("predict", "z = (2, 5, 11)"),
        ("mse", "(-1, 0, 1.5, 0.5)"),
        ("slopes", "dw = 8"),
        ("one_step", "w = 1 + 0.7 = 1.7"),
        ("train", "3.5, 0.135, 0.0441"),
        ("forecast", "`steps` is 22"),
        ("network_step", "W_1 = 1.3"),
    ],
)
def test_an_example_on_paper_is_the_first_case_of_its_check(task: str, stated: str) -> None:
    """The example that the text works out is the one that a message shows."""
    found = find(f"01.{task}")
    out = found.answer(*found.visible_cases()[0].values())
    right = {
        "predict": lambda: np.array_equal(out, [2, 5, 11]),
        "mse": lambda: out[0] == 3.5 and np.array_equal(out[1], [-1, 0, 1.5, 0.5]),
        "slopes": lambda: out == (8, 1.5),
        "one_step": lambda: np.allclose(out, (1.7, 1.3, 5.8, 3.365)),
        "train": lambda: np.allclose(out[:2], (1.82, 1.33)) and np.allclose(out[2], [3.5, 0.135, 0.0441]),
        "forecast": lambda: np.allclose(out, (5, 0.2, 22)),
        "network_step": lambda: np.allclose([a.item() for a in out[1:]], [1.3, 0.3, 2, 1.4]) and out[0] == 4,
    }
    assert right[task]()
    assert stated in CELLS[f"task-{task}"]


def test_the_other_numbers_on_paper() -> None:
    text = CELLS["task-forecast"]
    assert round(0.9**21, 3) == 0.109 and "21 steps leave 0.109" in text
    assert round(0.9**22, 3) == 0.098 and "22 leave 0.098" in text
    found = find("01.forecast")
    case = found.visible_cases()[1]
    assert case["lr"] == 0.18 and found.answer(*case.values())[2] == 11
    assert "$\\rho = 0.8$, and `steps` is 11" in text
    text = CELLS["task-one_step"]
    assert "0.1 \\cdot (49 + 9) = 5.8" in text and "3.5 - 0.135 = 3.365" in text


def test_the_layer_on_paper() -> None:
    found = find("01.layer")
    case = found.visible_cases()[0]
    z, pullback = found.answer(case["x"], case["W"], case["b"])
    dx, dW, db = pullback(case["d"])
    assert np.array_equal(z, [[4.5], [5.5], [1.5]]) and np.array_equal(dx, [[2, 1], [-2, -1], [4, 2]])
    assert np.array_equal(dW, [[-2], [5]]) and np.array_equal(db, [2])
    assert (
        "the column 4.5, 5.5, 1.5" in CELLS["task-layer"] and "$(-2, -1)$ and $(4, 2)$" in CELLS["task-layer"]
    )
