"""The checker on functions of tensors and on modules."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bplib import functional as F
from bplib import nn, ops
from bplib.gradcheck import gradcheck
from bplib.tape import Tensor, apply

rng = np.random.default_rng(51)
r = rng.standard_normal


def tripled_at_1(x: Any) -> Any:
    """x² with a wrong gradient at its second entry."""

    def pullback(d: Any) -> Any:
        dx = 2 * d * x
        dx[1] *= 3
        return dx

    return x * x, pullback


class TestTapeFunctions:
    @pytest.mark.parametrize("method", ["central", "complex"])
    def test_operators_and_functions(self, method: str) -> None:
        def f(x: Any, W: Any) -> Any:
            return (F.tanh(x @ W) * 2.0 - 1.0).sum(axis=0)

        assert gradcheck(f, r((4, 3)), r((3, 2)), method=method)
        assert gradcheck(F.softmax, r((2, 3)), method=method)
        assert gradcheck(F.concatenate, [r((2, 3)), r((1, 3))], method=method)

    def test_methods_that_only_tensors_have(self) -> None:
        def f(x: Any) -> Any:
            y = x * x
            return y + y.detach() * 0.0

        assert gradcheck(f, r(3))

    def test_several_outputs(self) -> None:
        assert gradcheck(lambda x: (F.exp(x), (x * x).sum()), r(3))

    def test_a_wrong_op_on_the_tape_is_found(self) -> None:
        report = gradcheck(lambda x, y: apply(tripled_at_1, x) * y, r(3), r(3))
        assert [(e.argument, e.index) for e in report.entries if e.error > 1e-6] == [("x", (1,))]

    def test_an_argument_without_influence_has_gradient_zero(self) -> None:
        report = gradcheck(lambda x, y: x * x, r(3), r(2))
        assert report
        assert {e.argument for e in report.entries} == {"x", "y"}

    def test_a_detached_path_is_a_wrong_gradient(self) -> None:
        assert not gradcheck(lambda x: x * x.detach(), r(3))

    def test_tensors_as_arguments_count_unless_they_are_constants(self) -> None:
        x, c = Tensor(r(3)), Tensor(r(3), requires_grad=False)
        report = gradcheck(lambda x, c: x * x * c, x, c)
        assert report
        assert {e.argument for e in report.entries} == {"x"}
        assert x.grad is None

    def test_integers_are_handed_through(self) -> None:
        report = gradcheck(lambda x, ids: x[ids] * x[ids], r((4, 2)), np.array([1, 1, 3]))
        assert report
        assert len(report.entries) == 8


class Affine(nn.Module):
    """A layer whose gradient is wrong on demand."""

    def __init__(self, wrong: float = 1.0) -> None:
        self.W = nn.Parameter(r((3, 4)))
        self.b = nn.Parameter(r(4))
        self.wrong = wrong

    def forward(self, x: Any) -> Any:
        y = apply(ops.linear, x, self.W, self.b)
        return y * self.wrong + y.detach() * (1 - self.wrong)


class Remembering(nn.Module):
    """A layer with a running average, which moves with every forward pass."""

    buffers = ("average",)

    def __init__(self) -> None:
        self.W = nn.Parameter(r(3))
        self.average = np.zeros(3)

    def forward(self, x: Any) -> Any:
        if self.training:
            self.average = 0.9 * self.average + 0.1 * getattr(x, "value", x).mean(axis=0)
        return x * self.W


class Noisy(nn.Module):
    """A layer that adds noise in training."""

    def forward(self, x: Any) -> Any:
        return x * x + rng.standard_normal(x.shape) if self.training else x * x


class TestModules:
    @pytest.mark.parametrize("method", ["central", "complex"])
    def test_parameters_and_inputs(self, method: str) -> None:
        model = nn.Sequential(nn.Linear(3, 5, rng), nn.Tanh(), nn.Linear(5, 2, rng))
        report = gradcheck(model, r((4, 3)), method=method)
        assert report, report
        names = [name for name, _ in model.named_parameters()]
        assert {e.argument for e in report.entries} == {*names, "input 0"}
        assert len(report.entries) == 15 + 5 + 10 + 2 + 12

    def test_a_wrong_layer_is_found(self) -> None:
        assert gradcheck(Affine(), r((2, 3)))
        report = gradcheck(nn.Sequential(Affine(0.5), nn.Tanh()), r((2, 3)))
        assert {e.argument for e in report.entries if e.error > 1e-6} == {
            "layers.0.W",
            "layers.0.b",
            "input 0",
        }

    @pytest.mark.parametrize("training", [True, False])
    @pytest.mark.parametrize("method", ["central", "complex"])
    def test_the_module_is_left_as_it_was(self, method: str, training: bool) -> None:
        model = Remembering().train(training)
        model.W.grad = np.ones(3)
        value = model.W.value
        before = model.state_dict()
        assert gradcheck(model, r((5, 3)), method=method)
        after = model.state_dict()
        for name, array in before.items():
            assert after[name].dtype == np.float64
            np.testing.assert_array_equal(after[name], array)
        assert model.W.value is value
        np.testing.assert_array_equal(model.W.grad, np.ones(3))

    def test_a_float32_module_is_refused(self) -> None:
        with pytest.raises(TypeError, match=r"^gradcheck: W is float32; a check needs float64\.$"):
            gradcheck(nn.Linear(3, 2, rng, dtype=np.float32), r((4, 3)))

    def test_randomness_in_training_mode_is_refused(self) -> None:
        model = Noisy()
        with pytest.raises(ValueError, match="evaluation mode"):
            gradcheck(model, r((4, 3)))
        assert gradcheck(model.eval(), r((4, 3)))
