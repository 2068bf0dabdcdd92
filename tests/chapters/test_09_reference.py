"""Chapter 09: the numbers that it quotes, computed again by systems that share no code with ours."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import binom
from sklearn.datasets import load_digits
from sklearn.linear_model import Lasso, LinearRegression, Ridge

from tests.chapters.outputs import ROOT, Chapter, numbers

CHAPTER = Chapter("09_generalisation")
literal, printed = CHAPTER.literal, CHAPTER.lines


def optimizers() -> dict[str, Callable[[list[torch.Tensor]], torch.optim.Optimizer]]:
    options: dict[str, Any] = {"lr": 0.1, "weight_decay": 0.5}
    return {
        "SGD, momentum 0.9": lambda w: torch.optim.SGD(w, momentum=0.9, **options),
        "Adam": lambda w: torch.optim.Adam(w, **options),
        "AdamW": lambda w: torch.optim.AdamW(w, **options),
    }


@pytest.mark.parametrize("name", sorted(optimizers()))
def test_the_quoted_steps_are_pytorchs(name: str) -> None:
    X = torch.tensor([[1.0, 2.0], [3.0, -1.0], [0.5, 1.5]], dtype=torch.float64)
    y = torch.tensor([1.0, 2.0, -1.0], dtype=torch.float64)
    w = torch.tensor([1.0, -2.0], dtype=torch.float64, requires_grad=True)
    optimizer = optimizers()[name]([w])
    for _ in range(3):
        optimizer.zero_grad()
        ((X @ w - y) ** 2).mean().backward()
        optimizer.step()
    np.testing.assert_allclose(literal("pytorch")[name], w.detach().numpy(), rtol=0, atol=1e-12)
    assert CHAPTER.pytorch_versions() == {torch.__version__.split("+")[0]}


def test_a_parameter_costs_what_the_table_says() -> None:
    """The bias is that of scikit-learn's own least squares on the noiseless sine."""
    at = np.linspace(-1, 1, 20)
    for degree in (0, 1, 3, 5, 9, 15):
        row = next(r for r in (numbers(p) for p in printed()) if len(r) == 6 and r[0] == degree)
        _, seen, new, gap, price, bias = row
        powers = np.stack([at**k for k in range(1, degree + 1)], axis=1) if degree else np.zeros((20, 1))
        fit = LinearRegression().fit(powers, np.sin(np.pi * at)).predict(powers)
        truth = np.mean((fit - np.sin(np.pi * at)) ** 2)
        assert bias == pytest.approx(truth, abs=6e-4)
        assert price == pytest.approx(2 * 0.09 * (degree + 1) / 20, abs=6e-4)
        assert gap == pytest.approx(price, abs=0.0056)  # "to within 0.005", each printed to three decimals
        assert new == pytest.approx(truth + 0.09 + price / 2, abs=0.01)
        assert seen == pytest.approx(truth + 0.09 - price / 2, abs=0.01)


def test_the_best_of_400_guessers_scores_what_probability_says() -> None:
    """The median of the maximum of 400 draws from Binomial(100, 1/2), and the 98 % about it."""
    best = numbers(CHAPTER.line("best of 400"))[-1]
    low, high = (binom.ppf(q ** (1 / 400), 100, 0.5) for q in (0.01, 0.99))
    assert low <= best <= high
    assert numbers(CHAPTER.line("the same model on 10,000"))[-1] == 50


def test_soft_thresholding_agrees_with_scikit_learns_lasso() -> None:
    names = CHAPTER.run({"np": np}, "secret = np.zeros(40)")
    lasso = Lasso(alpha=names["lam"], fit_intercept=False, tol=1e-12, max_iter=100_000)
    lasso.fit(names["M"], names["measured"])
    np.testing.assert_allclose(names["soft"], lasso.coef_, atol=1e-6)
    assert np.count_nonzero(lasso.coef_) == 4
    assert numbers(CHAPTER.line("soft thresholding  "))[:2] == [36, 4]
    ridge = Ridge(alpha=30 * names["lam"], fit_intercept=False).fit(names["M"], names["measured"])
    np.testing.assert_allclose(names["ridge"], ridge.coef_, atol=1e-6)
    assert numbers(CHAPTER.line("L2    "))[1:3] == [0, np.sum(np.abs(ridge.coef_) > 0.1)]


def test_shrinking_and_stopping_are_as_derived() -> None:
    """The penalty against scikit-learn's ridge; stopping against gradient descent by PyTorch."""
    at = np.linspace(-1, 1, 20)
    A = np.stack([at**k for k in range(1, 8)], axis=1)
    y = np.random.default_rng(0).standard_normal(20)
    s, Q = np.linalg.eigh(A.T @ A / 20)
    hat = Q.T @ np.linalg.lstsq(A, y, rcond=None)[0]
    ridge = Ridge(alpha=20 * 0.01, fit_intercept=False).fit(A, y)
    np.testing.assert_allclose(Q @ (s / (s + 0.01) * hat), ridge.coef_, atol=1e-8)
    w = torch.zeros(7, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.5)
    for _ in range(200):
        optimizer.zero_grad()
        (((torch.tensor(A) @ w - torch.tensor(y)) ** 2).mean() / 2).backward()
        optimizer.step()
    np.testing.assert_allclose(Q @ ((1 - (1 - 0.5 * s) ** 200) * hat), w.detach().numpy(), atol=1e-8)
    assert "the penalty does what is claimed: True" in printed()
    assert CHAPTER.line("so does stopping").endswith("True")


def test_the_mean_over_masks_is_the_formula() -> None:
    mean, formula, without = numbers(CHAPTER.line("mean over masks"))
    assert mean == pytest.approx(formula, rel=0.02)
    assert formula > 1.2 * without


def test_the_rescue_is_as_the_prose_says() -> None:
    def row(name: str, which: int = 0) -> list[float]:
        return numbers(printed(name)[which].removeprefix(name))

    plain = row("none   ")
    assert plain[0] == 1.0
    assert plain[1] < 0.8
    for name in ("L2, λ = 0.01", "dropout, p = 0.5", "shifts by a pixel", "shifts and dropout"):
        on_list, new, *each = row(name)[-5:]
        assert on_list < 0.85
        assert new >= 0.89
        assert new == pytest.approx(np.mean(each), abs=0.011)
    best, runner_up = row("shifts and dropout"), row("L2, λ = 0.01")[-5:]
    assert best[1] - runner_up[1] < max(best[2:]) - min(best[2:])  # "by less than the lists differ"
    assert row("stopped early")[0] >= 0.89
    assert row("smoothing, ε = 0.3")[1] < 0.85
    true_labels = row("none   ", 1)[1], row("shifts and dropout", 1)[1]
    assert true_labels[0] >= 0.93
    assert true_labels[1] - true_labels[0] == pytest.approx(0.03, abs=0.011)
    assert "0.21 after 80 epochs" in (ROOT / "book/_fragments/09_errata.md").read_text(encoding="utf-8")
    assert numbers(CHAPTER.line("trained to the end"))[-1] == pytest.approx(0.21)
    assert numbers(CHAPTER.line("stopped after three"))[-1] < 0


def test_random_keys_are_learned_by_heart() -> None:
    assert numbers(CHAPTER.line("random keys"))[0] == 100


def test_the_loss_of_the_unscaled_net_is_half_as_large_again() -> None:
    (*_, wrong, before), (*_, right, after) = (numbers(line) for line in printed("loss on new digits"))
    assert 1.3 < wrong / right < 1.8
    assert before == pytest.approx(after, abs=0.011)


def test_the_validation_set_chooses_the_strength_that_the_experiment_uses() -> None:
    rows = [numbers(line) for line in printed("validation digits read rightly")]
    assert [lam for lam, _ in rows] == [0.001, 0.003, 0.01, 0.03]
    assert max(rows, key=lambda r: r[1])[0] == 0.01


def test_error_and_length_fall_together_beyond_as_many_features_as_digits() -> None:
    """The peak and the fall again with scikit-learn's minimum-norm least squares on other draws."""
    rows = {int(P): (error, length) for P, error, length in map(numbers, printed("of new digits misread"))}
    beyond = [rows[P] for P in (200, 300, 600, 2000)]
    assert all(a[0] > b[0] and a[1] > b[1] for a, b in itertools.pairwise(beyond))
    assert rows[100][1] < rows[300][1]  # short to the left of the border
    assert rows[2000][0] < rows[100][0]
    digits = load_digits()
    x, y = digits.data / 16, digits.target
    errors, lengths = [], []
    for P in (100, 200, 2000):
        rng = np.random.default_rng(P + 1)
        phi = np.cos(x @ (0.35 * rng.standard_normal((64, P))) + rng.uniform(0, 2 * np.pi, P)) * np.sqrt(
            2 / P
        )
        fit = LinearRegression(fit_intercept=False).fit(phi[:200], np.eye(10)[y[:200]] - 0.1)
        errors.append(np.mean(fit.predict(phi[200:]).argmax(axis=1) != y[200:]))
        lengths.append(np.linalg.norm(fit.coef_))
    assert errors[1] > 0.5 > errors[0] > errors[2]
    assert lengths[1] > 5 * max(lengths[0], lengths[2])
