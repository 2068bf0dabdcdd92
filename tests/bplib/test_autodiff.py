"""Derivatives as functions of functions, against closed forms and PyTorch's own transforms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from bplib import functional as F
from bplib.autodiff import grad, jacobian, jvp, value_and_grad, vjp
from bplib.tape import Tensor

rng = np.random.default_rng(5)


def test_grad_of_a_quadratic() -> None:
    A = rng.normal(size=(4, 4))
    x = rng.normal(size=4)

    def f(x: Tensor) -> Tensor:
        return (x.reshape(1, 4) @ A @ x.reshape(4, 1)).sum()

    np.testing.assert_allclose(grad(f)(x), (A + A.T) @ x, rtol=1e-12)


def test_argnums_and_structures() -> None:
    parameters = {"layers": [{"W": rng.normal(size=(3, 2)), "b": np.zeros(2)}], "scale": 2.0}
    x = rng.normal(size=(5, 3))

    def f(p: Any, x: Any) -> Tensor:
        return (F.linear(x, p["layers"][0]["W"], p["layers"][0]["b"]) * p["scale"]).sum()

    value, (dp, dx) = value_and_grad(f, argnums=(0, 1))(parameters, x)
    assert value == pytest.approx(2 * (x @ parameters["layers"][0]["W"]).sum())
    np.testing.assert_allclose(dp["layers"][0]["b"], [10.0, 10.0])
    np.testing.assert_allclose(dp["scale"], value / 2)
    np.testing.assert_allclose(dx, np.tile(2 * parameters["layers"][0]["W"].sum(1), (5, 1)))


def test_an_argument_that_is_not_used_has_gradient_zero() -> None:
    np.testing.assert_array_equal(grad(lambda x, y: x.sum(), 1)(np.ones(2), np.ones(3)), np.zeros(3))


def test_vjp_is_an_op_and_may_be_called_again() -> None:
    x = rng.normal(size=3)
    (a, b), pullback = vjp(lambda x: (F.tanh(x), x * x), x)
    np.testing.assert_array_equal(a, np.tanh(x))
    np.testing.assert_array_equal(b, x * x)
    for _ in range(2):
        np.testing.assert_allclose(pullback(np.ones(3), np.ones(3)), 1 - np.tanh(x) ** 2 + 2 * x)
    np.testing.assert_allclose(pullback(None, np.ones(3)), 2 * x)
    np.testing.assert_array_equal(pullback(None, None), np.zeros(3))


@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_jacobian_equals_pytorch(mode: str) -> None:
    W = rng.normal(size=(4, 3))
    x = rng.normal(size=(2, 4))
    ours = jacobian(lambda x: F.softmax(F.tanh(x @ W)), mode)(x)
    theirs = torch.autograd.functional.jacobian(
        lambda t: torch.softmax(torch.tanh(t @ torch.tensor(W)), -1), torch.tensor(x)
    )
    assert ours.shape == (2, 3, 2, 4)
    np.testing.assert_allclose(ours, theirs, atol=1e-12)


def test_jvp_and_vjp_are_transposes_of_each_other() -> None:
    x, v, d = rng.normal(size=5), rng.normal(size=5), rng.normal(size=5)

    def f(x: Tensor) -> Tensor:
        return F.log_softmax(x * F.sigmoid(x))

    _, tangent = jvp(f, x, v)
    _, pullback = vjp(f, x)
    assert d @ tangent == pytest.approx(pullback(d) @ v, rel=1e-12)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: grad(lambda x: x * 2.0)(np.ones(3)), r"must return one number, it returned shape \(3,\)"),
        (
            lambda: grad(lambda x: x, argnums=2)(1.0),
            "argnums is 2, but the function was called with 1 arguments",
        ),
        (lambda: jacobian(lambda x: x, mode="sideways"), 'must be "reverse" or "forward"'),
        (lambda: jvp(lambda x: x, np.ones(3), np.ones(2)), r"shape of x, \(3,\), got \(2,\)"),
    ],
)
def test_messages(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
