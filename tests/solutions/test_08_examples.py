"""The numbers that assignment 08 works out on paper, and those of its model answer, computed again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from bplib.check.task import find
from bplib.check.tasks.a08 import _functions as functions

SOURCE = Path(__file__).resolve().parents[2] / "solutions" / "08_optimizers" / "08_optimizers.ipynb"
TEXT = "\n".join("".join(c["source"]) for c in json.loads(SOURCE.read_text(encoding="utf-8"))["cells"])


def close(got: Any, said: Any, digits: int = 4) -> None:
    assert np.allclose(got, said, rtol=0, atol=0.5001 * 10**-digits), (got, said)


def answer(task: str, *arguments: Any) -> Any:
    return find(f"08.{task}").answer(*arguments)


def test_momentum() -> None:
    w, u = answer("momentum", np.array([1.0, -2.0]), np.array([0.5, 1.0]), np.array([2.0, -1.0]), 0.1, 0.9)
    close(u, [2.3, 0.1], 12)
    close(w, [0.77, -2.01], 12)


def test_nesterov() -> None:
    w, v = answer("nesterov", functions.bowl, np.array([1.0, 1.0]), np.array([0.5, -0.5]), 0.1, 0.8)
    close(functions.bowl(np.array([1.4, 0.6])), [1.4, 6], 12)
    close(v, [0.26, -1], 12)
    close(w, [1.26, 0], 12)


def test_scaled_step() -> None:
    at = (np.array([1.0, 1.0]), np.array([3.0, -0.5]), np.array([16.0, 0.0]), 0.1, 0.5)
    w, s = answer("scaled_step", *at, None)
    close(s, [25, 0.25], 12)
    close(w, [0.9455, 1.05])
    w, s = answer("scaled_step", *at, 0.75)
    close(s, [14.25, 0.0625], 12)
    close(w, [0.9298, 1.0667])


def test_adam() -> None:
    first = {"t": 0, "m": [np.zeros(2)], "v": [np.zeros(2)]}
    at = ([np.array([1.0, 1.0])], [np.array([4.0, -0.5])], first, 0.1, 0.9, 0.99)
    (w,), state = answer("adam", *at, 0.5)
    close(state["m"][0], [0.4, -0.05], 12)
    close(state["v"][0], [0.16, 0.0025], 12)
    close(w, [0.9111, 1.05])
    (w,), _ = answer("adam", *at, 1e-8)
    close(np.abs(w - 1), 0.1, 7)


def test_adamw() -> None:
    zero = np.zeros(2)
    w, _, _ = answer("adamw", np.array([2.0, -1.0]), np.array([0.5, 0.0]), zero, zero, 1, 0.1, 0.5)
    close(w, [1.8, -0.95], 6)


def test_schedule() -> None:
    rates = [answer("schedule", t, 0.8, 4, 12) for t in (0, 1, 2, 3, 4, 8, 12, 13)]
    close(rates, [0.2, 0.4, 0.6, 0.8, 0.8, 0.4, 0, 0], 12)


def test_slowest() -> None:
    close(answer("slowest", np.array([2.0]), 0.5, 0.25), 0.5, 12)
    close(np.sort(np.roots([1, -1.15, 0.25])), [0.2911, 0.8589])
    close(answer("slowest", np.array([1.0]), 0.1, 0.25), 0.8589)
    close(answer("slowest", np.array([2.0]), 0.1, 0.25), 0.6851)
    close(answer("slowest", np.array([1.0, 2.0]), 0.1, 0.25), 0.8589)


def test_race() -> None:
    best, losses = answer("race", functions.square, np.array([2.0]), functions.descent, [0.25, 0.1, 0.75], 1)
    assert best == 0.25
    close(losses, [1, 2.56, 1], 12)


def moves(gradients: list[float], beta2: float, cycles: int = 400) -> float:
    """How far Adam with β₁ = 0 goes in a cycle of gradients, in units of its rate."""
    w, state = [np.zeros(1)], {"t": 0, "m": [np.zeros(1)], "v": [np.zeros(1)]}
    for _ in range(cycles):
        before = w[0]
        for g in gradients:
            w, state = answer("adam", w, [np.array([g])], state, 1.0, 0.0, beta2, 1e-8)
    return (w[0] - before).item()


def test_the_model_answer_on_units() -> None:
    ends = []
    for scale in (1.0, 1000.0):
        w, state = [np.array([1.0])], {"t": 0, "m": [np.zeros(1)], "v": [np.zeros(1)]}
        for _ in range(50):
            w, state = answer("adam", w, [scale * w[0]], state, 0.01, 0.9, 0.999, 1e-8)
        ends.append(w[0].item())
    close(ends[0], ends[1], 6)


def test_the_model_answer_on_a_short_memory() -> None:
    cycle = [10.0, -1.0, -1.0, -1.0, -1.0]
    assert sum(cycle) == 6
    assert 1.5 < moves(cycle, 0.1) < 2.5, "up: about three steps against one"
    assert moves(cycle, 0.999) < -1, "down"


def test_the_model_answer_on_a_weight_of_no_use() -> None:
    ends = []
    for lam in (0.01, 1.0):
        w, state = [np.array([1.0])], {"t": 0, "m": [np.zeros(1)], "v": [np.zeros(1)]}
        for _ in range(100):
            w, state = answer("adam", w, [lam * w[0]], state, 0.001, 0.9, 0.999, 1e-8)
        ends.append(w[0].item())
    close(ends[0], ends[1], 5)


def test_the_texts_say_these_numbers() -> None:
    for said in ("(0.77, -2.01)", "(0.26, -1)", "(0.9455, 1.05)", "(0.9298, 1.0667)", "(0.9111, 1.05)"):
        assert said in TEXT
    for said in ("(1.8, -0.95)", "0.2, 0.4, 0.6, 0.8", "0.8589", "losses 1, 2.56 and 1", "$10 - 4 = 6$"):
        assert said in TEXT
