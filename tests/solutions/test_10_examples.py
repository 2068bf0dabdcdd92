"""The numbers that assignment 10 works out on paper, and what its pictures are said to show, computed again."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np

from bplib.check.judge import judge
from bplib.check.task import all_tasks, find
from bplib.check.tasks.a10 import ORDER

SOURCE = Path(__file__).resolve().parents[2] / "solutions" / "10_cnn_backprop" / "10_cnn_backprop.ipynb"
CELLS = {
    c["metadata"]["nbgrader"]["grade_id"]: "".join(c["source"])
    for c in json.loads(SOURCE.read_text(encoding="utf-8"))["cells"]
}


def close(got: Any, said: Any, digits: int = 12) -> None:
    assert np.shape(got) == np.shape(said)
    assert np.allclose(got, said, rtol=0, atol=0.5001 * 10**-digits), (got, said)


def said(task: str, *texts: str) -> None:
    for text in texts:
        assert text in CELLS[f"task-{task}"], text


def test_the_points_add_up() -> None:
    points = sum(t.points() for t in all_tasks("10"))
    assert points == 28
    assert "32 points; 28 of them" in CELLS["head"]
    assert {f"10.{name}" for name in ORDER} == {t.id for t in all_tasks("10")}
    for number, task in enumerate((find(f"10.{name}") for name in ORDER), start=1):
        assert re.search(rf"^## {number}\. .*\({task.points()} points\)", CELLS[f"task-{task.id[3:]}"])


def test_sizes() -> None:
    assert find("10.sizes").answer(6, [(3, 2, 0, 1), (2, 1, 1, 2)]) == ([2, 2], [3, 7])
    said("sizes", "layers `[(3, 2, 0, 1), (2, 1, 1, 2)]`", "`([2, 2], [3, 7])`")


def test_im2col() -> None:
    columns, back = find("10.im2col").answer(np.array([[[1.0, 2, 0], [4, 3, 5]]]), 2, 2, 1)
    close(columns.T, [[1, 2, 4, 3], [2, 0, 3, 5]])
    close(back(np.array([[1.0, 2, 0, 1], [0, 1, 1, 3]]).T), [[[1, 2, 1], [0, 2, 3]]])


def test_conv1d() -> None:
    z, back = find("10.conv1d").answer(np.array([[1.0, 2, 0, 4]]), np.array([1.0, -1, 2]), 2, 1, 1)
    close(z, [[3, 10]])
    dx, dw = back(np.array([[1.0, -2]]))
    close(dw, [-4, 1, -6])
    close(dx, [[-1, 0, 2, -4]])


def test_conv2d() -> None:
    x, w = np.array([[[[1.0, 2, 0], [0, 1, 3]]]]), np.array([[[[1.0, -1], [2, 0]]]])
    z, back = find("10.conv2d").answer(x, w, np.array([0.5]))
    close(z, [[[[-0.5, 4.5]]]])
    dx, dw, db = back(np.array([[[[2.0, -1]]]]))
    close(db, [1])
    close(dw[0, 0], [[0, 4], [-1, -1]])
    close(dx[0, 0], [[2, -3, 1], [4, -2, 0]])


def test_max_pool() -> None:
    value, back = find("10.max_pool").answer(np.array([[[[1.0, 3, 3], [0, 2, 3]]]]), 2, 1)
    close(value, [[[[3, 3]]]])
    close(back(np.array([[[[2.0, -1]]]]))[0, 0], [[0, 1, 0], [0, 0, 0]])


def test_conv_transpose() -> None:
    x, w = np.array([[[[1.0, 2]]]]), np.array([[[[3.0, -1, 2]]]])
    z, back = find("10.conv_transpose").answer(x, w, 2)
    close(z[0, 0], [[3, -1, 8, -2, 4]])
    dx, dw = back(np.array([[[[1.0, 0, -1, 2, 0.5]]]]))
    close(dx[0, 0], [[1, -4]])
    close(dw[0, 0], [[-1, 4, 0]])


def test_train() -> None:
    standing, lying = np.zeros((2, 3, 3))
    standing[:, 1] = lying[1] = 1
    params = [np.array([[[[1.0, 0], [1, 0]]]]), np.zeros(1), np.array([[1.0, -1]]), np.array([0, 0.5])]
    _, losses = find("10.train").answer(
        np.stack([standing, lying])[:, None], np.array([0, 1]), params, 0.1, 1
    )
    each = [np.log1p(np.exp(-3.5)), np.log1p(np.exp(1.5))]
    close(each, [0.0298, 1.7014], 4)
    close(losses, [0.8656], 4)
    close(losses, [np.mean(each)])
    said("train", "0.0298", "1.7014", "0.8656", "(2, -1.5)", "(1, -0.5)")


def test_the_timed_loop_is_the_convolution() -> None:
    names: dict[str, Any] = {"np": np}
    exec(CELLS["look-conv2d"].split("rng = ")[0], names)
    rng = np.random.default_rng(0)
    x, w, b = (rng.standard_normal(s) for s in ((2, 3, 5, 4), (2, 3, 2, 3), (2,)))
    z, _ = find("10.conv2d").answer(x, w, b)
    np.testing.assert_allclose(names["by_loops"](x, w, b), z, rtol=0, atol=1e-12)


def test_it_learns_strokes_in_all_four_directions() -> None:
    names: dict[str, Any] = {"np": np, "train": find("10.train").answer, "conv2d": find("10.conv2d").answer}
    names["print"] = lambda *a: None
    exec(CELLS["look-train"].split("fig, panels")[0], names)
    assert names["right"] > 0.98
    assert names["losses"][-1] < 0.1
    w = names["learned"][0][:, 0] - names["learned"][0][:, 0].mean(axis=(1, 2), keepdims=True)
    t = np.arange(3)
    for at in ((1, t), (t, 1), (t, t), (2 - t, t)):  # lying, standing, falling, rising, through the middle
        stroke = np.zeros((3, 3))
        stroke[at] = 1
        likeness = max(
            np.corrcoef(k.ravel(), np.roll(stroke, shift, axis=(0, 1)).ravel())[0, 1]
            for k in w
            for shift in ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))
        )
        assert likeness > 0.6


def test_the_model_answer_on_the_two_kernels() -> None:
    text = CELLS["explain-turn"]
    shows, hides = np.array([[1.0, 2], [3, 4]]), np.array([[1.0, 2], [2, 1]])
    assert "1 & 2 \\\\ 3 & 4" in text
    assert "1 & 2 \\\\ 2 & 1" in text
    assert (shows != shows[::-1, ::-1]).any()
    assert (hides == hides[::-1, ::-1]).all() and np.ptp(hides) > 0
    (turned,) = [m for m in find("10.conv2d").misconceptions if m.name == "kernel_turned"]
    rng = np.random.default_rng(0)
    x, d = rng.standard_normal((2, 1, 1, 4, 5)), rng.standard_normal((1, 1, 3, 4))
    for kernel, seen in ((shows, True), (hides, False), (np.ones((2, 2)), False)):
        right, wrong = (
            f(x[0], kernel[None, None], np.zeros(1))[1](d) for f in (find("10.conv2d").answer, turned.code)
        )
        assert bool(np.abs(right[0] - wrong[0]).max() > 1e-9) == seen
        np.testing.assert_allclose(right[1], wrong[1])
        np.testing.assert_allclose(right[2], wrong[2])


def test_two_mistakes_in_training_the_one_that_is_shown_is_named_first() -> None:
    """A naive logarithm fails on large scores only; the example that is shown comes from the missing 1/N."""
    source = dedent(inspect.getsource(named("10.train", "log_of_zero")))
    source = source[source.index("def ") :].replace("ds = ds / len(y)", "pass")
    scope = {"np": np, "Any": Any, "conv2d": find("10.conv2d").answer, "max_pool": find("10.max_pool").answer}
    exec(source, scope)
    finding = judge(find("10.train"), "loop", scope["log_of_zero"])
    assert finding is not None
    assert [m.name for m in finding.misconceptions] == ["summed"]


def named(task: str, name: str) -> Any:
    (found,) = [m.code for m in find(task).misconceptions if m.name == name]
    return found
