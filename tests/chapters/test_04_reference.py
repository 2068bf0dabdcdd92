"""Chapter 04: the numbers that it quotes, computed again by systems that share no code with ours."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch.nn import functional as T

from tests.chapters.outputs import Chapter, numbers

CHAPTER = Chapter("04_activations")
literal, printed = CHAPTER.literal, CHAPTER.line
Curve = Callable[[torch.Tensor], torch.Tensor]
CURVES: dict[str, Curve] = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": T.relu,
    "leaky_relu": T.leaky_relu,
    "elu": T.elu,
    "softplus": T.softplus,
    "gelu": T.gelu,
    "gelu tanh": lambda z: T.gelu(z, approximate="tanh"),
    "silu": T.silu,
    "softmax": lambda z: T.softmax(z, dim=-1),
}
AT_ZERO: dict[str, Curve] = {
    "relu": T.relu,
    "leaky_relu, α = 0.01": T.leaky_relu,
    "elu, α = 1": T.elu,
    "maximum(z, 0)": lambda z: torch.maximum(z, torch.zeros_like(z)),
}


def slopes(f: Curve, z: torch.Tensor) -> torch.Tensor:
    z = z.clone().requires_grad_()
    f(z).sum().backward()
    assert z.grad is not None
    return z.grad


def test_every_quoted_gradient_is_pytorchs() -> None:
    quoted = literal("pytorch")
    assert quoted.keys() == CURVES.keys()
    for name, expected in quoted.items():
        z = torch.tensor([-2.0, -0.5, 0.5, 3.0], dtype=torch.float64, requires_grad=True)
        CURVES[name](z).backward(torch.tensor([1.0, -2.0, 0.5, 3.0], dtype=torch.float64))
        assert z.grad is not None
        np.testing.assert_allclose(z.grad.numpy(), expected, rtol=0, atol=1e-8, err_msg=name)


def test_the_conventions_at_zero_are_pytorchs() -> None:
    quoted = literal("pytorch_at_zero")
    found = {n: slopes(f, torch.zeros(1, dtype=torch.float64)).item() for n, f in AT_ZERO.items()}
    assert quoted == pytest.approx(found, abs=1e-15)


def test_the_inputs_of_the_quoted_gradients() -> None:
    source = CHAPTER.cell_with("z_ref = ")
    assert "z_ref = np.array([-2.0, -0.5, 0.5, 3.0])" in source
    assert "da_ref = np.array([1.0, -2.0, 0.5, 3.0])" in source


@pytest.mark.parametrize(
    ("row", "curve"),
    [("sigmoid  ", torch.sigmoid), ("tanh  ", torch.tanh), ("ReLU  ", T.relu), ("GELU  ", T.gelu)]
    + [("SiLU  ", T.silu), ("ELU  ", T.elu), ("softplus  ", T.softplus), ("SELU  ", T.selu)],
)
def test_the_table_of_links(row: str, curve: Curve) -> None:
    """Largest slope, mean of φ′² and mean output, by Monte Carlo where the page uses a grid."""
    line = next(
        text
        for cell in CHAPTER.cells
        for output in cell.get("outputs", [])
        if "of φ′²" in "".join(output.get("text", ""))
        for text in "".join(output["text"]).splitlines()
        if text.startswith(row)
    )
    found = numbers(line)
    z = torch.randn(4_000_000, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    slope = slopes(curve, z)
    assert found[0] == pytest.approx(
        slopes(curve, torch.linspace(-20, 20, 400_001, dtype=torch.float64)).max().item(), abs=1e-3
    )
    assert found[-2] == pytest.approx((slope**2).mean().item(), abs=3e-3)
    assert found[-1] == pytest.approx(curve(z).mean().item(), abs=3e-3)


def test_selus_constants_from_their_closed_form() -> None:
    """Klambauer et al. 2017, equation 14, with the error function of the standard library."""
    e = math.e
    erfc1, erfc2 = math.erfc(1 / math.sqrt(2)), math.erfc(math.sqrt(2))
    alpha = -math.sqrt(2 / math.pi) / (erfc1 * math.sqrt(e) - 1)
    below = alpha**2 * (e**2 * erfc2 - 2 * math.sqrt(e) * erfc1 + 1) / 2  # E[elu²; z < 0]
    ours = numbers(printed("ours        α"))
    assert ours == pytest.approx([alpha, 1 / math.sqrt(0.5 + below)], abs=5e-5)
    assert numbers(printed("published   α")) == ours


def test_gelus_constant_is_the_best_one() -> None:
    """No neighbour of 0.044715 has a smaller worst error, measured against math.erf."""
    z = np.linspace(0, 6, 20_001)
    exact = np.array([0.5 * (1 + math.erf(v / math.sqrt(2))) for v in z])

    def worst(c: float) -> float:
        return float(np.abs(exact - (1 + np.tanh(math.sqrt(2 / math.pi) * (z + c * z**3))) / 2).max())

    line = numbers(printed("published 0.044715"))
    assert line[:2] == [0.044715, 0.044715]
    assert line[2] == pytest.approx(worst(0.044715), abs=1e-6)
    assert worst(0.044715) < min(worst(0.044705), worst(0.044725))


def test_lecuns_tanh() -> None:
    z = torch.linspace(0, 3, 300_001, dtype=torch.float64)
    a = torch.tanh(2 * z / 3)
    second = (a * (1 - a * a)).abs()
    assert numbers(printed("second derivative largest"))[-1] == pytest.approx(
        z[second.argmax()].item(), abs=1e-3
    )
    draws = torch.randn(4_000_000, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    assert numbers(printed("variance out"))[-1] == pytest.approx(
        (1.7159 * torch.tanh(2 * draws / 3)).var().item(), abs=2e-3
    )
    assert math.sqrt(3) * math.tanh(math.atanh(1 / math.sqrt(3))) == pytest.approx(1)


def test_the_probability_of_a_dead_input() -> None:
    """Question 4: ten layers of width 2, and of width 8."""
    rng = torch.Generator().manual_seed(0)
    for width, expected in ((2, 0.94), (8, 0.04)):
        h = torch.ones(20_000, 1, width, dtype=torch.float64)
        for _ in range(10):
            h = T.relu(h @ torch.randn(20_000, width, width, dtype=torch.float64, generator=rng))
        assert (h.sum(dim=(1, 2)) == 0).double().mean().item() == pytest.approx(expected, abs=0.01)
        assert 1 - (1 - 2.0**-width) ** 10 == pytest.approx(expected, abs=0.005)


def test_question_eight() -> None:
    """A settled chain of sigmoids passes z·σ(−z) a link, at most 0.279, and SiLU's minimum is its negative."""
    z = torch.linspace(-10, 10, 200_001, dtype=torch.float64)
    assert 0.278 < (z * torch.sigmoid(-z)).max().item() < 0.279
    assert T.silu(z).min().item() == pytest.approx(-(z * torch.sigmoid(-z)).max().item())


def test_where_gelu_and_silu_turn() -> None:
    """Question 2: the slope is negative left of −0.75 (GELU) and −1.28 (SiLU), and 0 there."""
    z = torch.linspace(-6, 0, 600_001, dtype=torch.float64)
    for curve, place in ((T.gelu, -0.75), (T.silu, -1.28)):
        turn = z[curve(z).argmin()].item()
        assert turn == pytest.approx(place, abs=0.005)
        assert (slopes(curve, z)[z < turn - 0.001] < 0).all()


def test_the_version_that_is_quoted_is_the_one_that_is_installed() -> None:
    assert CHAPTER.pytorch_versions() == {torch.__version__.split("+")[0]}


def test_the_odd_numbers_of_the_tanh() -> None:
    S = math.atanh(1 / math.sqrt(3))
    assert numbers(printed("exact:   S")) == [round(S, 4), round(math.sqrt(3), 4)]
    assert numbers(printed("rounded: S")) == [0.6667, round(1 / math.tanh(2 / 3), 4)]
    assert 1 / math.tanh(2 / 3) == pytest.approx(1.7159, abs=5e-5)


def test_the_share_outside_a_tenth_of_the_best_slope() -> None:
    """|z| > 3.64 where σ′ < 1/40; of a normal with deviation 10, 72 % lies there."""
    c = math.log((1 + math.sqrt(0.9)) / (1 - math.sqrt(0.9)))
    assert c == pytest.approx(3.637, abs=5e-4)
    assert "72%" in printed("standard normal       1")
    assert math.erfc(c / 10 / math.sqrt(2)) == pytest.approx(0.72, abs=0.005)


def test_forty_layers_of_selu_lengthen_a_gradient_fourfold() -> None:
    z = torch.randn(4_000_000, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    passed = (slopes(T.selu, z) ** 2).mean().item()
    assert numbers(printed("gradient after 40 layers"))[-1] == pytest.approx(passed**20, rel=0.03)


def test_where_the_exponential_ends() -> None:
    for name, dtype in (("float64", torch.float64), ("float32", torch.float32), ("float16", torch.float16)):
        end = math.log(torch.finfo(dtype).max)
        assert numbers(printed(f"{name}: up to z"))[-1] == round(end, 1)
