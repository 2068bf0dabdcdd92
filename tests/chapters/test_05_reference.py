"""Chapter 05: the numbers that it quotes, computed again by systems that share no code with ours."""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as T
from sklearn.linear_model import HuberRegressor, LinearRegression

ROOT = Path(__file__).resolve().parents[2]
CELLS = json.loads((ROOT / "chapters" / "05_losses.ipynb").read_text(encoding="utf-8"))["cells"]
SOURCES = ["".join(cell["source"]) for cell in CELLS if cell["cell_type"] == "code"]


def literal(name: str) -> Any:
    """The literal, or the literal inside np.array(…), that the notebook assigns to ``name``, alone or in a tuple."""
    for source in SOURCES:
        if not re.search(rf"\b{name}\b.* = ", source):
            continue
        for node in ast.parse(source).body:
            if not isinstance(node, ast.Assign):
                continue
            target, value = node.targets[0], node.value
            if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                pairs = list(zip(target.elts, value.elts, strict=True))
            else:
                pairs = [(target, value)]
            for left, right in pairs:
                if isinstance(right, ast.Call) and ast.unparse(right.func) == "np.array":
                    right = right.args[0]
                if ast.unparse(left) == name and isinstance(right, (ast.List, ast.Dict)):
                    return ast.literal_eval(right)
    raise AssertionError(f"the notebook assigns no literal to {name}")


def printed(needle: str) -> list[str]:
    """The printed lines that contain ``needle``."""
    lines = [
        line
        for cell in CELLS
        for output in cell.get("outputs", [])
        for line in "".join(output.get("text", "")).splitlines()
        if needle in line
    ]
    assert lines, f"no cell prints {needle!r}"
    return lines


def numbers(line: str) -> list[float]:
    return [float(n) for n in re.findall(r"-?\d+\.?\d*", line)]


def tensor(values: Any) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def pytorch_losses() -> dict[str, tuple[str, Callable[[torch.Tensor], torch.Tensor]]]:
    """Each loss as the argument that it is differentiated by, and PyTorch's function of it."""
    target, labels = tensor(literal("target")), torch.tensor(literal("answers"))
    width, yes, soft = (tensor(literal(name)) for name in ("log_sigma", "yes", "soft"))
    return {
        "mse_loss": ("pred", lambda a: T.mse_loss(a, target)),
        "mae_loss": ("pred", lambda a: T.l1_loss(a, target)),
        "huber_loss": ("pred", lambda a: T.huber_loss(a, target, delta=1.0)),
        "gaussian_nll": ("pred", lambda a: T.gaussian_nll_loss(a, target, torch.exp(2 * width), full=True)),
        "bce_with_logits": ("pred", lambda a: T.binary_cross_entropy_with_logits(a, yes)),
        "softmax_cross_entropy": ("logits", lambda a: T.cross_entropy(a, labels)),
        "label_smoothing": ("logits", lambda a: T.cross_entropy(a, labels, label_smoothing=0.1)),
        "kl_divergence": ("logits", lambda a: T.kl_div(a.log_softmax(1), soft, reduction="batchmean")),
        "hinge_loss": ("logits", lambda a: 3 * T.multi_margin_loss(a, labels)),
    }


def test_every_quoted_loss_is_there() -> None:
    assert set(literal("pytorch")) == set(pytorch_losses())


@pytest.mark.parametrize("name", sorted(pytorch_losses()))
def test_the_quoted_losses_and_gradients_are_pytorchs(name: str) -> None:
    argument, loss = pytorch_losses()[name]
    at = tensor(literal(argument)).requires_grad_()
    value = loss(at)
    value.backward()
    quoted, gradient = literal("pytorch")[name]
    np.testing.assert_allclose(quoted, value.item(), rtol=0, atol=1e-10)
    np.testing.assert_allclose(gradient, at.grad.numpy().ravel(), rtol=0, atol=1e-10)


def test_the_version_that_is_quoted_is_the_one_that_is_installed() -> None:
    text = "\n".join("".join(cell["source"]) for cell in CELLS)
    assert set(re.findall(r"PyTorch (\d+\.\d+\.\d+)", text)) == {torch.__version__.split("+")[0]}


def neuron(w: float, b: float, quadratic: bool) -> tuple[float, float]:
    """First and last output of Nielsen's neuron after 300 epochs of PyTorch's SGD."""
    theta = tensor([w, b]).requires_grad_()
    optimizer = torch.optim.SGD([theta], lr=0.15)
    first = torch.sigmoid(theta.sum()).item()
    for _ in range(300):
        optimizer.zero_grad()
        a = torch.sigmoid(theta.sum())
        (0.5 * a**2 if quadratic else -torch.log(1 - a)).backward()
        optimizer.step()
    return first, torch.sigmoid(theta.sum()).item()


@pytest.mark.parametrize(("w", "b", "published"), [(0.6, 0.9, (0.82, 0.09)), (2.0, 2.0, (0.98, 0.20))])
def test_nielsens_neuron_is_pytorchs(w: float, b: float, published: tuple[float, float]) -> None:
    start, end = neuron(w, b, quadratic=True)
    _, entropy = neuron(w, b, quadratic=False)
    assert (round(start, 2), round(end, 2)) == published
    (line,) = (line for line in printed(f"{w} ") if numbers(line)[:2] == [w, b])
    np.testing.assert_allclose(
        numbers(line)[2:], [start, published[0], end, published[1], entropy], rtol=0, atol=6e-5
    )


def test_the_plateau_is_exponential_in_the_logit() -> None:
    """From the differential equation dz/ds = −2η a²(1−a), integrated: no step is simulated."""
    rows = [numbers(line) for line in printed(" ") if re.match(r" +(4|6|8|10) +\d+ +\d+ +\d+ +\d+$", line)]
    assert [row[0] for row in rows] == [4, 6, 8, 10]
    for z0, square, _, entropy, _ in rows:
        z = np.linspace(0, z0, 200_001)
        a = 1 / (1 + np.exp(-z))
        assert square == pytest.approx(np.trapezoid(1 / (a * a * (1 - a)), z) / 0.3, rel=0.02)
        assert entropy == pytest.approx(np.trapezoid(1 / a, z) / 0.3, abs=1.5)


def phones() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    return np.arange(50.0, 74.0)[:, None], np.array(literal("calls"))


def test_the_line_of_the_square_is_scikit_learns() -> None:
    year, calls = phones()
    line = LinearRegression().fit(year, calls)
    ours = numbers(printed("square     5.041")[0])
    np.testing.assert_allclose(ours[:2], [line.coef_[0], line.intercept_], rtol=0, atol=6e-3)
    np.testing.assert_allclose(ours[:2], ours[2:], rtol=0, atol=1e-9)  # the published one, to its last digit


def test_hubers_line_is_where_the_clipped_residuals_balance() -> None:
    """The published line nearly, ours to three decimals: Σ clip(u) = 0 and Σ clip(u) x = 0, solved by IRLS."""
    year, calls = phones()
    A = np.hstack([year, np.ones((24, 1))])
    weight = np.ones(24)
    for _ in range(500):
        root = np.sqrt(weight)
        line, *_ = np.linalg.lstsq(A * root[:, None], calls * root, rcond=None)
        weight = np.minimum(1, 1.345 * 9.03 / np.abs(calls - A @ line))
    slope, intercept, *published = numbers(printed("Huber      2.0")[0])
    np.testing.assert_allclose([slope, intercept], line, rtol=0, atol=6e-3)
    np.testing.assert_allclose([slope, intercept], published, rtol=1e-3)


def test_the_absolute_error_has_a_flat_floor_of_slopes() -> None:
    """A best line passes through two of the points, so all pairs are all candidates."""
    year, calls = phones()
    x = year.ravel()
    errors = []
    for i, j in combinations(range(24), 2):
        slope = (calls[j] - calls[i]) / (x[j] - x[i])
        errors.append((np.abs(slope * (x - x[i]) + calls[i] - calls).mean(), slope))
    best = min(errors)[0]
    slopes = [slope for error, slope in errors if error < best + 1e-9]
    lines = printed("mean absolute error")
    assert all(numbers(line)[-1] == pytest.approx(best, abs=6e-4) for line in lines)
    assert (round(min(slopes), 1), round(max(slopes), 1)) == (1.2, 1.6)


def test_huber_regression_of_scikit_learn_agrees_that_the_slope_is_far_below_five() -> None:
    """Scikit-learn estimates the width together with the line, so it is another line; the lesson is the same."""
    year, calls = phones()
    robust = HuberRegressor(epsilon=1.345, alpha=0.0, max_iter=1000).fit(year - 61.5, calls)
    assert 1.0 < robust.coef_[0] < 3.0


def test_the_gap_under_label_smoothing_is_pytorchs() -> None:
    z = torch.zeros((1, 10), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([z], lr=1.0)
    for _ in range(1000):
        optimizer.zero_grad()
        loss = T.cross_entropy(z, torch.tensor([3]), label_smoothing=0.1)
        loss.backward()
        optimizer.step()
    gap = (z[0, 3] - z[0, 0]).item()
    assert gap == pytest.approx(math.log(91), abs=1e-6)
    row = numbers(printed("ε = 0.1 ")[0])
    np.testing.assert_allclose(row[1:], [gap, gap, gap, loss.item()], rtol=0, atol=6e-3)


def test_kl_has_a_direction_in_pytorch_too() -> None:
    a, b = tensor([[0.5, 0.5, 0.0]]), tensor([[0.8, 0.1, 0.1]])
    there = T.kl_div(b.log(), a, reduction="batchmean").item()
    back = T.kl_div(a.log(), b, reduction="batchmean").item()
    assert numbers(printed("KL(a ‖ b)")[0]) == [pytest.approx(there, abs=6e-4)]
    assert math.isinf(back)
    assert printed("KL(b ‖ a)")[0].endswith("inf")


def test_the_naive_losses_fail_where_the_chapter_says() -> None:
    with np.errstate(over="ignore"):
        assert np.isinf(np.exp(np.float32(89)))
        assert np.isfinite(np.exp(np.float32(88)))
    assert torch.sigmoid(tensor(37.0)).item() == 1.0
    assert torch.sigmoid(tensor(36.0)).item() < 1.0
    assert T.binary_cross_entropy_with_logits(tensor(37.0), tensor(0.0)).item() == 37.0
