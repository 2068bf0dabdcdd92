"""Modules: parameters by attribute, state, modes, the summary."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bplib import functional as F
from bplib import nn
from bplib.tape import Tensor


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


class Two(nn.Module):
    """Nested, with a list of modules, a shared parameter and a plain array that is none."""

    def __init__(self) -> None:
        self.scale = nn.Parameter(2.0)
        self.blocks = [nn.Linear(3, 4, rng()), nn.BatchNorm(4)]
        self.head = nn.Sequential(nn.ReLU(), nn.Linear(4, 2, rng()))
        self.same = self.blocks[0]
        self.constant = np.ones(3)

    def forward(self, x: Any) -> Any:
        for block in self.blocks:
            x = block(x)
        return self.head(x) * self.scale


def test_parameters_are_found_once_in_order_of_assignment() -> None:
    names = [name for name, _ in Two().named_parameters()]
    assert names == [
        "scale",
        "blocks.0.W",
        "blocks.0.b",
        "blocks.1.gamma",
        "blocks.1.beta",
        "head.layers.1.W",
        "head.layers.1.b",
    ]


def test_state_goes_round_and_is_a_copy() -> None:
    a, b = Two(), Two()
    x = np.random.default_rng(1).normal(size=(5, 3))
    a(x)
    a.scale.value = np.float64(7.0)
    state = a.state_dict()
    assert {"blocks.1.running_mean", "blocks.1.running_var"} <= state.keys()
    b.load_state_dict(state)
    np.testing.assert_array_equal(a.eval()(x).value, b.eval()(x).value)
    state["blocks.0.W"] += 1
    np.testing.assert_array_equal(a.blocks[0].W.value, b.blocks[0].W.value)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda s: s.pop("scale"), KeyError, r"missing \['scale'\], unexpected nothing"),
        (lambda s: s.update(extra=np.ones(1)), KeyError, r"missing nothing, unexpected \['extra'\]"),
        (
            lambda s: s.update({"head.layers.1.b": np.ones(3)}),
            ValueError,
            r"head.layers.1.b has shape \(2,\) here and \(3,\)",
        ),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(change: Any, error: Any, message: str) -> None:
    model = Two()
    before = model.state_dict()
    state = {k: v + 1 for k, v in before.items()}
    change(state)
    with pytest.raises(error, match=message):
        model.load_state_dict(state)
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, before[name])


def test_modes_reach_every_module() -> None:
    model = Two()
    assert model.eval() is model
    assert not any(m.training for _, m in model.modules())
    assert all(m.training for _, m in model.train().modules())


def test_zero_grad() -> None:
    model = Two()
    model(np.ones((3, 3))).sum().backward()
    assert all(p.grad is not None for p in model.parameters())
    model.zero_grad()
    assert all(p.grad is None for p in model.parameters())


def test_astype_converts_everything_and_a_float32_model_stays_float32() -> None:
    model = Two().astype(np.float32)
    out = model(np.ones((3, 3), np.float32))
    out.sum().backward()
    assert out.dtype == np.float32
    assert {v.dtype for v in model.state_dict().values()} == {np.dtype(np.float32)}
    assert {p.grad.dtype for p in model.parameters()} == {np.dtype(np.float32)}


def test_parameters_replaced_puts_them_back_even_after_an_error() -> None:
    model = nn.Linear(2, 1, rng())
    kept = model.W
    with (
        pytest.raises(ZeroDivisionError),
        model.parameters_replaced([Tensor(np.ones((2, 1))), Tensor(np.zeros(1))]),
    ):
        assert model(np.ones((1, 2))).item() == 2.0
        raise ZeroDivisionError
    assert model.W is kept


def test_summary() -> None:
    model = nn.Sequential(
        nn.Linear(64, 32, rng()), nn.ReLU(), nn.Dropout(0.5, rng()), nn.Linear(32, 10, rng())
    )
    text = model.summary(np.zeros((16, 64)))
    assert text.splitlines()[1].split() == ["layers.0", "Linear", "(16,", "32)", "2,080", "4.0", "KiB"]
    assert text.splitlines()[-1].split() == ["total", "2,410", "13.2", "KiB"]
    assert model.training
    assert all(m.observer is None for _, m in model.modules())


def test_printing_shows_the_tree() -> None:
    model = nn.Sequential(nn.Linear(2, 3, rng()), nn.Dropout(0.1, rng()))
    assert repr(model) == "Sequential(\n  layers.0: Linear(W (2, 3), b (3,))\n  layers.1: Dropout(p=0.1)\n)"


def test_sequential_takes_plain_functions_and_refuses_the_rest() -> None:
    model = nn.Sequential(nn.Linear(2, 2, rng()), F.tanh)
    assert len(model) == 2
    assert np.abs(model(np.ones((1, 2))).value).max() < 1
    with pytest.raises(TypeError, match="layer 1 is 3, which cannot be called"):
        nn.Sequential(F.tanh, 3)


def test_a_module_without_forward_says_so() -> None:
    with pytest.raises(TypeError, match="Module has no forward method"):
        nn.Module()(1)
