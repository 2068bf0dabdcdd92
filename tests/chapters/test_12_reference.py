"""Chapter 12: the numbers that it quotes, computed again by systems that share no code with ours."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as T
from scipy.integrate import quad
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression

from tests.chapters.outputs import Chapter, numbers

CHAPTER = Chapter("12_gan_backprop")
literal, printed = CHAPTER.literal, CHAPTER.lines


def test_the_forgers_loss_and_gradient_are_pytorchs() -> None:
    names = CHAPTER.run({"np": np, "gradcheck": lambda *a: None, "non_saturating": None}, "noise_3 = ")
    z, V, u = (torch.tensor(names[k]) for k in ("noise_3", "D_V", "D_u"))
    W = torch.tensor(names["G_W"], requires_grad=True)
    loss = T.binary_cross_entropy_with_logits(
        torch.tanh(z @ W @ V) @ u, torch.ones(3, 1, dtype=torch.float64)
    )
    loss.backward()
    quoted = literal("pytorch")
    assert quoted["loss"] == pytest.approx(loss.item(), abs=1e-12)
    np.testing.assert_allclose(quoted["dW"], W.grad.numpy(), rtol=0, atol=1e-12)
    assert CHAPTER.pytorch_versions() == {torch.__version__.split("+")[0]}


def test_the_learned_line_is_that_of_logistic_regression() -> None:
    rng = np.random.default_rng(12)
    x = np.concatenate([rng.standard_normal((20_000, 1)), 1.5 + rng.standard_normal((20_000, 1))])
    fit = LogisticRegression(C=1e9, tol=1e-10).fit(x, np.repeat([1, 0], 20_000))
    a, b, *true = numbers(CHAPTER.line("learned s(x)"))
    assert a == pytest.approx(fit.coef_.item(), abs=0.011)
    assert b == pytest.approx(fit.intercept_.item(), abs=0.011)
    assert true == [-1.5, 1.12]


@pytest.mark.parametrize("shift", [0.0, 0.5, 1.5, 5.0])
def test_what_the_best_detective_pays(shift: float) -> None:
    def pays(x: float) -> float:
        p, q = norm.pdf(x), norm.pdf(x, shift)
        return -p * math.log(p / (p + q)) - q * math.log(q / (p + q))

    expected, _ = quad(pays, -12, 14, epsabs=1e-10, limit=200)
    assert numbers(CHAPTER.line(f"shifted by {shift}"))[-1] == pytest.approx(expected, abs=6e-4)
    if shift == 0:
        assert expected == pytest.approx(math.log(4))


def test_the_paths_of_xy_are_powers_of_their_matrices() -> None:
    eta = 0.1
    matrices = {
        "at the same time": [[1, -eta], [eta, 1]],
        "in turns": [[1, -eta], [eta, 1 - eta**2]],
        "y held": [[1, -eta], [eta, 1 - eta]],
    }
    for name, matrix in matrices.items():
        end = np.linalg.matrix_power(np.array(matrix), 500) @ [1.0, 0.0]
        said = numbers(CHAPTER.line(name))[-1]
        assert said == pytest.approx(np.hypot(*end), rel=0.05)
    assert np.linalg.det(matrices["in turns"]) == pytest.approx(1)
    assert all(abs(w) < 1 for w in np.linalg.eigvals(matrices["y held"]))


def test_the_numbers_of_the_prose() -> None:
    assert round(2 * math.log(2) / math.log(1 + 0.1**2)) == 139
    assert round(2 * math.log(2) / math.log(1 + 0.01**2)) == 13_864
    assert (round(2 * math.pi / 0.1), round(2 * math.pi / 0.01)) == (63, 628)
    ratio = torch.sigmoid(torch.tensor(10.0, dtype=torch.float64)) / torch.sigmoid(
        torch.tensor(-10.0, dtype=torch.float64)
    )
    assert round(ratio.item(), -3) == 22_000
    on_one_cluster = math.log(9) / 8 + math.log(9 / 8)  # the real ones there pay log 9, the fakes log 9/8
    assert round(on_one_cluster, 3) == 0.392
    assert round(1 - math.exp(-4.5), 2) == 0.99  # a normal in the plane, within three widths
    for said in ("139 steps, and 13,864", "63 and 628", "22,000 times", "= 0.392", "= 1.386", "99 %"):
        assert said in CHAPTER.prose


def test_the_share_of_real_ones_at_one_place() -> None:
    p, q = norm.pdf(0), norm.pdf(0, 1.5)
    said = numbers(CHAPTER.line("at x = 0"))[-3:]
    assert said == pytest.approx([p, q, p / (p + q)], abs=6e-4)


def test_the_smallest_gan_is_xy_at_half_the_rate() -> None:
    """Real data at 0, fakes at theta, s = psi x: both players' slopes, by PyTorch, near (0, 0)."""
    theta = torch.tensor(1e-3, dtype=torch.float64, requires_grad=True)
    psi = torch.tensor(-2e-3, dtype=torch.float64, requires_grad=True)
    detective = T.softplus(-psi * 0) + T.softplus(psi * theta)
    (d_psi,) = torch.autograd.grad(detective, psi)
    (d_theta,) = torch.autograd.grad(T.softplus(-psi * theta), theta)
    x, y = theta.item(), -psi.item()
    assert -d_theta.item() == pytest.approx(-y / 2, rel=1e-5)  # x goes down the slope of xy / 2
    assert d_psi.item() == pytest.approx(x / 2, rel=1e-5)  # y = -psi goes up it


def test_the_verdict_has_a_valley_between_the_fakes_and_the_hill() -> None:
    s = {tuple(numbers(line)[:2]): numbers(line)[-1] for line in printed("s at (")}
    assert max(s, key=lambda k: s[k]) == (2.0, 0.0)
    assert min(s, key=lambda k: s[k]) == (-0.5, 0.0)


def test_the_census_is_as_the_prose_says() -> None:
    def found(name: str) -> list[float]:
        return numbers(CHAPTER.line(name).removeprefix(name))[:3]

    assert found("D faster ") == [8, 8, 5]
    assert found("equal, β₁ = 0.5") == [8, 8, 8]
    assert found("D slower ") == [0, 0, 0]
    assert found("equal  ") == [2, 8, 0]
    assert numbers(CHAPTER.line("D slower "))[-1] == pytest.approx(4, abs=0.5)  # the ring's radius is 2


def test_the_bugs_do_what_the_prose_says() -> None:
    right, wrong = (numbers(line) for line in printed("its error: right in"))
    assert right[0] > 70
    assert wrong[0] <= 50
    assert printed("its error: right in")[1].endswith("below 0")
    (weights, spread), (grown, dot) = (numbers(line) for line in printed("length of its weights"))
    assert grown > 5 * weights
    assert dot < 0.02 < 1 < spread
    before, after = numbers(CHAPTER.line("samples near a cluster:"))
    assert before > after
    assert CHAPTER.line("gradients in G") == "gradients in G: [None, None] …"
    loss, share = numbers(CHAPTER.line("generator's loss "))
    assert loss < 0.01
    assert share == 100
    assert numbers(CHAPTER.line("length of the leaked"))[0] > 1
