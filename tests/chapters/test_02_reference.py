"""Chapter 02: the numbers that it quotes, computed again by systems that share no code with ours."""

from __future__ import annotations

import ast
import json
import math
from typing import Any

import numpy as np
import pytest
import torch
from scipy.optimize import brentq
from scipy.special import expit
from torch.distributions import Normal

from bplib import ops
from bplib.gradcheck import gradcheck
from tests.chapters.outputs import Chapter, numbers

CHAPTER = Chapter("02_math_background")
literal, printed = CHAPTER.literal, CHAPTER.line
EPS = float(np.finfo(np.float64).eps)


def scope(*needles: str) -> dict[str, Any]:
    """What the notebook's cells that contain the needles define, executed without their printing."""
    return CHAPTER.run({"np": np, "ops": ops}, *needles)


def leaf(x: Any) -> torch.Tensor:
    return torch.tensor(x, dtype=torch.float64, requires_grad=True)


def test_the_quoted_losses_and_gradients_are_pytorchs() -> None:
    inputs, quoted = scope("z1, y1 ="), literal("pytorch")
    z, mu, log_sigma, zK = (leaf(inputs[name]) for name in ("z1", "mu", "log_sigma", "zK"))
    losses = {
        "bernoulli": (torch.nn.functional.binary_cross_entropy_with_logits(z, torch.tensor(inputs["y1"])), z),
        "gaussian, μ": (-Normal(mu, log_sigma.exp()).log_prob(torch.tensor(inputs["x1"])).mean(), mu),
        "gaussian, log σ": (
            -Normal(mu, log_sigma.exp()).log_prob(torch.tensor(inputs["x1"])).mean(),
            log_sigma,
        ),
        "categorical": (torch.nn.functional.cross_entropy(zK, torch.tensor(inputs["labels"])), zK),
    }
    assert quoted.keys() == losses.keys()
    for name, (loss, parameter) in losses.items():
        (gradient,) = torch.autograd.grad(loss, parameter)
        np.testing.assert_allclose(quoted[name][0], loss.item(), rtol=1e-14)
        np.testing.assert_allclose(quoted[name][1], gradient.numpy(), rtol=1e-13)


def test_the_version_that_is_quoted_is_the_one_that_is_installed() -> None:
    assert CHAPTER.pytorch_versions() == {torch.__version__.split("+")[0]}


def test_the_neurons_gradient_is_pytorchs() -> None:
    w = leaf([1.5, 1.0])
    ((w @ torch.tensor([1.0, 2.0], dtype=torch.float64) - 1.0) ** 2).backward()
    assert w.grad.tolist() == [5.0, 10.0] == numbers(printed("by formula"))[:2]
    assert numbers(printed("gradient × loss")) == [31.25, 62.5, 5, 56.25, 112.5]  # times 6.25, and 11.25


def test_the_printed_jacobian_of_softmax_is_pytorchs() -> None:
    z = torch.tensor([2.0, 1.0, 0.0], dtype=torch.float64)
    J = torch.autograd.functional.jacobian(lambda z: torch.softmax(z, 0), z).numpy()
    shown = numbers(CHAPTER.output_of("J[:, d] ="))
    np.testing.assert_allclose(np.reshape(shown, (3, 3)), J, rtol=0, atol=5.1e-5)
    p = torch.softmax(z, 0).numpy()
    np.testing.assert_allclose(J, np.diag(p) - np.outer(p, p), rtol=0, atol=1e-15)
    dp = np.array([0.3, -1.0, 2.0])
    assert numbers(printed("with the pullback")) == np.round(dp @ J, 6).tolist()


def test_the_size_of_a_linear_layers_jacobian() -> None:
    layer = torch.nn.Linear(784, 512)
    entries = math.prod(layer(torch.zeros(64, 784)).shape) * 64 * 784
    assert printed("Jacobian: ").startswith(f"Jacobian: {entries:,} entries, {entries * 4 / 1e9:.1f} GB")


@pytest.mark.parametrize("name", ["gaussian_of_the_list", "gaussian_mended", "log_gaussian"])
def test_the_density_and_its_logarithm(name: str) -> None:
    cell = "def sigmoid_of_the_list" if "list" in name else "def gaussian_mended"
    made = scope("def density")
    source = next(s for s in CHAPTER.code if cell in s)
    kept = [n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef)]
    exec("\n".join(ast.unparse(n) for n in kept), made)
    z = leaf([-1.0, 0.3, 2.0])
    value = Normal(*torch.tensor([0.2, 1.3], dtype=torch.float64)).log_prob(z)
    value = value if name == "log_gaussian" else value.exp()
    (slope,) = torch.autograd.grad(value.sum(), z)
    ours, pullback = made[name](z.detach().numpy(), 0.2, 1.3)
    np.testing.assert_allclose(ours, value.detach().numpy(), rtol=1e-14)
    assert np.allclose(pullback(np.ones(3)), slope.numpy(), rtol=1e-12) is (name != "gaussian_of_the_list")


def test_measured_over_claimed_is_the_density() -> None:
    rows = CHAPTER.output_of("measured / claimed").splitlines()[-3:]
    for row, z in zip(rows, (-1.0, 0.3, 2.0), strict=True):
        density = round(math.exp(Normal(0.0, 1.0).log_prob(torch.tensor(z, dtype=torch.float64)).item()), 4)
        assert numbers(row) == [z, density, density]


def test_what_the_check_measures_at_the_kink_of_relu() -> None:
    (entry,) = gradcheck(ops.relu, np.array([0.0])).entries
    upstream = np.random.default_rng(0).standard_normal()
    np.testing.assert_allclose(entry.measured, upstream / 2, rtol=1e-6)
    assert (round(upstream, 4), round(entry.measured, 4), entry.claimed) == (0.1257, 0.0629, 0)
    assert "0.1257: the report prints 0.0629" in CHAPTER.prose


def test_maximum_likelihood_is_what_the_measurements_say() -> None:
    assert numbers(printed("found: mean")) == [np.mean([2, 3, 5, 4, 6]), np.var([2, 3, 5, 4, 6])] == [4, 2]


def test_map_is_the_root_that_scipy_finds() -> None:
    z = brentq(lambda z: 3 * (1 - expit(z)) - z, 0, 5)
    assert numbers(printed("MAP, λ = 1"))[-3:] == [round(z, 3)] * 3
    assert numbers(printed("probability of heads, MAP")) == [round(float(expit(z)), 3)]
    assert f"at $z = {z:.2f}$, a probability of heads of {expit(z):.2f}" in json.dumps(
        [cell["metadata"] for cell in CHAPTER.cells]
    )
    walking = numbers(printed("maximum likelihood  "))[-3:]
    assert walking[0] < walking[1] < walking[2]


def martins(x: torch.Tensor) -> torch.Tensor:
    return torch.exp(x) / torch.sqrt(torch.sin(x) ** 3 + torch.cos(x) ** 3)


def derivatives(f: Any, x: float, count: int) -> list[float]:
    """f and its first derivatives at x, by PyTorch."""
    at = leaf(x)
    values = [f(at)]
    for _ in range(count):
        values.append(torch.autograd.grad(values[-1], at, create_graph=True)[0])
    return [v.item() for v in values]


def test_the_published_derivatives() -> None:
    slope = derivatives(martins, 1.5, 1)[1]
    assert numbers(printed("f'(1.5) = "))[-1] == round(slope, 10) == 4.0534278939
    np.testing.assert_allclose(literal("squire_trapp"), derivatives(lambda x: x**4.5, 1.5, 1)[1], rtol=4e-16)


def test_the_slope_worked_out_by_hand_is_pytorchs() -> None:
    made, x = scope("def f_slope"), np.linspace(0.1, 1.6, 20)
    theirs = [derivatives(martins, float(at), 1)[1] for at in x]
    np.testing.assert_allclose(made["f_slope"](x), theirs, rtol=1e-12)


def test_the_constants_of_question_five() -> None:
    f, _, _, third = derivatives(martins, 1.5, 3)
    assert (round(f, 1), round(third)) == (4.5, 32)
    assert numbers(printed("third derivative at 1.5"))[-1] == round(third, 2)
    best = (1.5 * EPS * f / third) ** (1 / 3)
    assert 3.55e-6 < best < 3.65e-6
    assert 6.5e-6 < (1.5 * EPS) ** (1 / 3) < 7.5e-6


def test_the_v_has_its_bottom_where_the_table_says() -> None:
    """On the notebook's points and on others, with the slope from PyTorch."""
    f, h = scope("def f_slope")["f"], 10.0 ** -np.arange(0.5, 12.1, 0.5)
    for low, high, points in ((1.4, 1.6, 401), (1.2, 1.55, 350)):
        x0 = np.linspace(low, high, points)[:, None]
        x = leaf(x0)
        slope = torch.autograd.grad(martins(x).sum(), x)[0].numpy()
        forward = np.median(abs((f(x0 + h) - f(x0)) / h / slope - 1), axis=0)
        central = np.median(abs((f(x0 + h) - f(x0 - h)) / (2 * h) / slope - 1), axis=0)
        for name, error, best, digits in (
            ("forward  ", forward, 1e-8, -8),
            ("central  ", central, 10**-5.5, -11),
        ):
            assert h[error.argmin()] == best
            assert round(np.log10(error.min())) == digits
            shown = numbers(printed(name + f" {best:.0e}"))
            assert shown[0] == float(f"{best:.0e}")
            if points == 401:
                assert shown[3] == float(f"{error.min():.0e}")


@pytest.mark.parametrize(("dtype", "name"), [(torch.float32, "float32"), (torch.float64, "float64")])
def test_what_a_central_difference_can_do_in_each_precision(dtype: torch.dtype, name: str) -> None:
    """Computed in PyTorch's arithmetic, on other points."""
    x = torch.linspace(1.2, 1.55, 350, dtype=torch.float64, requires_grad=True)
    slope = torch.autograd.grad(martins(x).sum(), x)[0]
    at = x.detach().to(dtype)
    best = 1.0
    for h in (10.0 ** -np.arange(0.5, 12.1, 0.5)).tolist():
        measured = (martins(at + h) - martins(at - h)) / (2 * h)
        best = min(best, float(((measured.double() / slope) - 1).abs().median()))
    assert printed(f"best central difference in {name}").endswith(
        f"about {10.0 ** round(math.log10(best)):.0e}"
    )


def test_the_training_that_the_diagonal_spoils() -> None:
    """The same classifier, trained by PyTorch: autograd's softmax, and one whose backward is the diagonal."""
    from bplib import data

    digits = data.digits(flat=True, dtype=np.float64)
    x, y = torch.tensor(digits.x_train), torch.tensor(digits.y_train)

    class Diagonal(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, z: torch.Tensor) -> torch.Tensor:
            p = torch.softmax(z, 1)
            ctx.save_for_backward(p)
            return p

        @staticmethod
        def backward(ctx: Any, dp: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
            (p,) = ctx.saved_tensors
            return dp * p * (1 - p)

    for softmax, name in (
        (lambda z: torch.softmax(z, 1), "softmax  "),
        (Diagonal.apply, "softmax_of_the_list"),
    ):
        W, b = leaf(np.zeros((64, 10))), leaf(np.zeros(10))
        optimizer = torch.optim.SGD([W, b], lr=1.0)
        for _ in range(200):
            optimizer.zero_grad()
            (-torch.log(softmax(x @ W + b)[torch.arange(len(x)), y])).mean().backward()
            optimizer.step()
        with torch.no_grad():
            hit = (torch.tensor(digits.x_test) @ W + b).argmax(1) == torch.tensor(digits.y_test)
        assert numbers(printed(name))[-1] == round(100 * hit.double().mean().item())


def test_the_figures_say_what_they_show() -> None:
    figures = [cell["metadata"]["mystnb"] for cell in CHAPTER.cells if "mystnb" in cell["metadata"]]
    assert len(figures) == 5
    assert all(f["image"]["alt"] and f["figure"]["caption"] for f in figures)
    assert len({f["figure"]["name"] for f in figures}) == 5
