"""Chapter 05: the numbers that it quotes, computed again by systems that share no code with ours."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as T
from scipy.optimize import linprog
from scipy.stats import laplace, norm
from sklearn.linear_model import HuberRegressor, LinearRegression
from sklearn.metrics import r2_score

from bplib import metrics
from tests.chapters.outputs import Chapter, numbers

CHAPTER = Chapter("05_losses")
literal, printed = CHAPTER.literal, CHAPTER.lines


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
    assert CHAPTER.pytorch_versions() == {torch.__version__.split("+")[0]}


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


def test_the_published_huber_line_is_the_published_algorithms() -> None:
    """The width estimated in each round from the median residual, stopped at a relative change of 1e-4."""
    year, calls = phones()
    A = np.hstack([year, np.ones((24, 1))])
    off = calls - A @ np.linalg.lstsq(A, calls, rcond=None)[0]
    change = np.inf
    while change > 1e-4:
        width = np.median(np.abs(off)) / 0.6745
        root = np.sqrt(np.minimum(1, 1.345 * width / np.abs(off)))
        line = np.linalg.lstsq(A * root[:, None], calls * root, rcond=None)[0]
        change = np.linalg.norm(calls - A @ line - off) / np.linalg.norm(off)
        off = calls - A @ line
    assert round(width, 2) == 9.03
    assert [round(line[0], 3), round(line[1], 2)] == numbers(printed("Huber      2.0")[0])[2:]


def test_hubers_factor_keeps_95_percent_of_the_precision() -> None:
    k = 1.345
    curvature = 2 * norm.cdf(k) - 1
    variance = 2 * k * k * norm.sf(k) + curvature - 2 * k * norm.pdf(k)
    assert curvature**2 / variance == pytest.approx(0.95, abs=1e-3)


def test_the_absolute_error_has_a_flat_floor_of_slopes() -> None:
    """A linear program: the least error first, then the smallest and the largest slope that reach it."""
    year, calls = phones()
    eye, ones = np.eye(24), np.ones((24, 1))
    fit = {
        "A_eq": np.hstack([year, ones, eye, -eye]),
        "b_eq": calls,
        "bounds": [(None, None)] * 2 + [(0, None)] * 48,
    }
    total = np.concatenate([[0, 0], np.ones(48)])
    least = linprog(total, **fit).fun
    slopes = [
        sign * linprog(sign * np.eye(50)[0], A_ub=[total], b_ub=[least + 1e-9], **fit).fun for sign in (1, -1)
    ]
    lines = printed("mean absolute error")
    assert len(lines) == 2
    assert all(numbers(line)[-1] == pytest.approx(least / 24, abs=6e-4) for line in lines)
    assert numbers(printed("pairs, slopes")[0])[1:] == [round(slope, 1) for slope in slopes]
    assert "slopes from about 1.2 to 1.6" in CHAPTER.prose


@pytest.mark.parametrize(("name", "first"), [("eighteen good", 64), ("sixteen clean", 63)])
def test_the_slope_of_the_good_years_is_scikit_learns(name: str, first: int) -> None:
    year, calls = phones()
    good = (year.ravel() < first) | (year.ravel() > (69 if first == 64 else 70))
    line = LinearRegression().fit(year[good], calls[good])
    assert good.sum() == {"eighteen good": 18, "sixteen clean": 16}[name]
    assert numbers(printed(name)[0]) == [round(line.coef_[0], 1)]


def test_the_tails_are_those_of_the_distributions() -> None:
    said = numbers(printed("Gaussian 2e-23")[0])
    assert said == [float(f"{2 * norm.sf(10):.0e}"), float(f"{2 * laplace.sf(10):.0e}")]


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
        assert np.isinf(np.exp(710.0))
        assert np.isfinite(np.exp(709.0))
    assert [numbers(line)[0] for line in printed(" inf ") if "float" in line] == [89, 710]
    assert torch.sigmoid(tensor(37.0)).item() == 1.0
    assert torch.sigmoid(tensor(36.0)).item() < 1.0
    assert T.binary_cross_entropy_with_logits(tensor(37.0), tensor(0.0)).item() == 37.0


def test_the_plateau_lasts_as_long_as_the_figures_text_says() -> None:
    theta, epoch = tensor([2.0, 2.0]).requires_grad_(), 0
    optimizer = torch.optim.SGD([theta], lr=0.15)
    while (a := torch.sigmoid(theta.sum())) > 0.9:
        optimizer.zero_grad()
        (0.5 * a**2).backward()
        optimizer.step()
        epoch += 1
    assert round(epoch, -1) == 170
    assert "for about 170 epochs" in json.dumps([c["metadata"] for c in CHAPTER.cells], ensure_ascii=False)


def test_the_numbers_of_the_prose() -> None:
    def square(z: float) -> float:
        """The gradient of (σ(z) − 0)²/2 by the logit."""
        at = tensor(z).requires_grad_()
        (0.5 * torch.sigmoid(at) ** 2).backward()
        return at.grad.item()

    assert round(torch.sigmoid(tensor(10.0)).item() / square(10.0), -3) == 22_000
    assert 2 * 0.15 * 22_000 * square(0.0) > 800
    assert 1 / (2 * square(4.0)) * torch.sigmoid(tensor(4.0)).item() == pytest.approx(28, abs=0.5)
    assert f"{torch.distributions.Categorical(tensor([0.6, 0.4])).entropy().item():.3f}" == "0.673"
    assert f"{-math.log(1e-9):.1f}" == "20.7"
    for said in ("22,000 times", "more than 800", "28 times", "= 0.673", "= 20.7"):
        assert said in CHAPTER.prose


def test_r_squared_is_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    t, p = rng.standard_normal((50, 1)), rng.standard_normal((50, 1))
    assert metrics.r_squared(p, t) == pytest.approx(r2_score(t, p))
