"""Loss surfaces: the function is evaluated where it says, and each path is where its steps were."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from bplib.tape import Tensor
from bplib.viz import loss_surface
from bplib.viz.style import SERIES, contrast
from bplib.viz.surface import _LAND, evaluate

PATHS = {"SGD": [[2.0, 1.0], [1.0, 0.5]], "Adam": [[2.0, 1.0], [1.5, 0.9], [0.0, 0.0]]}


def bowl(a: Any, b: Any) -> Any:
    return a**2 + 3 * b**2


def grid() -> Any:
    return np.meshgrid(np.linspace(-1, 2, 5), np.linspace(0, 1, 4))


def test_a_function_of_arrays_is_called_once() -> None:
    calls = []

    def f(a: Any, b: Any) -> Any:
        calls.append(np.shape(a))
        return bowl(a, b)

    A, B = grid()
    np.testing.assert_array_equal(evaluate(f, A, B), bowl(A, B))
    assert calls == [(4, 5), ()]  # once for all, and once to make sure


@pytest.mark.parametrize(
    "f",
    [
        lambda a, b: math.sin(a) + b,  # cannot take arrays
        lambda a, b: float(np.mean((np.array([1.0, 2.0]) * a + b) ** 2)),
        lambda a, b: a * b if np.ndim(a) == 0 else a + b,  # takes them, and gives something else
        lambda a, b: np.sum(a * b),  # gives one number for all
        lambda a, b: Tensor(float(a)) * float(b),
    ],
    ids=["math", "mean", "different", "sum", "tensor"],
)
def test_a_function_of_numbers_is_called_one_by_one(f: Any) -> None:
    A, B = grid()
    Z = evaluate(f, A, B)
    for i, j in np.ndindex(A.shape):
        one = f(float(A[i, j]), float(B[i, j]))
        assert Z[i, j] == pytest.approx(float(getattr(one, "value", one)))


def test_paths_differ_in_three_ways() -> None:
    drawn = loss_surface(bowl, PATHS, names=("w₁", "w₂"))
    named = [line for line in drawn.ax.lines if not line.get_label().startswith("_")]
    for line, (name, path) in zip(named, PATHS.items(), strict=True):
        assert line.get_label() == name
        np.testing.assert_array_equal(line.get_xydata(), path)
    one, two = named
    assert one.get_color() != two.get_color()
    assert one.get_linestyle() != two.get_linestyle()
    assert one.get_marker() != two.get_marker()
    assert (drawn.ax.get_xlabel(), drawn.ax.get_ylabel()) == ("w₁", "w₂")
    low, high = drawn.ax.get_xlim()
    assert low < 0 < 2 < high
    assert drawn.alt.startswith("Contours of the loss over w₁ and w₂; in the picture it is lowest, ")
    assert "SGD: 1 step from w₁ = 2, w₂ = 1 (loss 7) to w₁ = 1, w₂ = 0.5 (loss 1.75)." in drawn.alt
    assert "Adam: 2 steps from w₁ = 2, w₂ = 1 (loss 7) to w₁ = 0, w₂ = 0 (loss 0)." in drawn.alt


def test_the_land_stays_pale() -> None:
    darkest = "#" + "".join(f"{round(255 * c):02x}" for c in _LAND(1.0)[:3])
    for colour in SERIES:
        assert contrast(colour, darkest) > 2.2, (colour, to_rgb(darkest))  # and each path has a white rim


def test_contours_lie_where_the_function_says() -> None:
    drawn = loss_surface(bowl, a=(-1, 1), b=(-1, 1), resolution=41)
    contours = next(c for c in drawn.ax.collections if not c.filled)
    for level, path in zip(contours.levels, contours.get_paths(), strict=True):
        for x, y in path.vertices:
            assert bowl(x, y) == pytest.approx(level, abs=0.01)
    assert (
        drawn.alt == "Contours of the loss over a and b; in the picture it is lowest, 0, near a = 0, b = 0."
    )


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: loss_surface(bowl, {"SGD": [[0.0, np.nan]]}), r"path 'SGD'\[0, 1\] is nan"),
        (lambda: loss_surface(bowl, {"SGD": [[0.0, 1, 2]]}), r"path 'SGD' must have shape \(steps, 2\), got \(1, 3\)"),
        (lambda: loss_surface(bowl), r"give the range a=\(low, high\)"),
        (lambda: loss_surface(bowl, a=(1, 0), b=(0, 1)), r"a must be \(low, high\) with low < high, got \(1, 0\)"),
        (lambda: loss_surface(lambda a, b: a * 0 + np.inf, a=(0, 1), b=(0, 1)), r"f\(0, 0\) is inf"),
        (lambda: loss_surface(lambda a, b: 0 * a + 2, a=(0, 1), b=(0, 1)), "f is 2 everywhere"),
        (lambda: loss_surface(lambda a, b: [a, b], a=(0, 1), b=(0, 1)), r"must be one number, got shape \(2,\)"),
    ],
)  # fmt: skip
def test_errors(call: Any, text: str) -> None:
    with pytest.raises(ValueError, match=f"loss_surface: .*{text}"):
        call()
