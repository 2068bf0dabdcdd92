"""Activations along any axis, far out, at their kinks and deep in their tails; what they refuse."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bplib import ops
from bplib.ops._normal import normal_cdf
from tests.bplib.prove import Case, prove

some = settings(max_examples=25, deadline=None)
ELEMENTWISE = ["sigmoid", "tanh", "relu", "leaky_relu", "elu", "softplus", "gelu", "silu"]


def refuses(error: type[Exception], text: str) -> Any:
    return pytest.raises(error, match=f"^{re.escape(text)}$")


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@some
@given(data=st.data())
def test_softmax_over_any_axis(name: str, data: st.DataObject) -> None:
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=3, max_side=4))
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    spread = data.draw(st.sampled_from([0.0, 1.0, 30.0]))
    z = spread * np.random.default_rng(data.draw(st.integers(0, 2**32 - 1))).standard_normal(shape)
    prove(getattr(ops, name), Case("any", (z, axis), getattr(torch, name)))


@some
@given(shape=hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4), seed=st.integers(0, 2**32 - 1))
def test_softmax_sums_to_one_and_its_gradient_to_zero(shape: tuple[int, ...], seed: int) -> None:
    shape = (*shape, 3)
    r = np.random.default_rng(seed).standard_normal
    p, pullback = ops.softmax(5 * r(shape))
    np.testing.assert_allclose(p.sum(-1), 1.0, rtol=1e-14)
    np.testing.assert_allclose(pullback(r(shape)).sum(-1), 0.0, atol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", [*ELEMENTWISE, "gelu tanh"])
def test_far_out_there_is_neither_overflow_nor_nan(name: str, dtype: Any) -> None:
    """Warnings are errors here; the limits are known: 0 or −α to the left, z or 1 to the right."""
    z = np.array([-1e30, -1e4, -800.0, 800.0, 1e4, 1e30], dtype)
    kwargs = {"approximate": "tanh"} if name == "gelu tanh" else {}
    a, pullback = getattr(ops, name.split()[0])(z, **kwargs)
    da = pullback(np.ones_like(z))
    left = {"tanh": -1.0, "elu": -1.0, "leaky_relu": 0.01 * z[:3]}.get(name, 0.0)
    right = 1.0 if name in ("sigmoid", "tanh") else z[3:]
    np.testing.assert_allclose(a[:3], left, rtol=1e-6, atol=1e-250)
    np.testing.assert_allclose(a[3:], right, rtol=1e-6)
    np.testing.assert_allclose(da[:3], 0.01 if name == "leaky_relu" else 0.0, rtol=1e-6, atol=1e-250)
    np.testing.assert_allclose(da[3:], 0.0 if name in ("sigmoid", "tanh") else 1.0)
    assert a.dtype == da.dtype == dtype


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1e4, 1e30])
def test_softmax_far_out(size: float, dtype: Any) -> None:
    z = np.array([[size, size, -size], [-size, -size, -size], [0.0, -size, -size]], dtype)
    p, back = ops.softmax(z)
    np.testing.assert_allclose(p, [[0.5, 0.5, 0.0], [1 / 3] * 3, [1.0, 0.0, 0.0]], rtol=1e-6)
    d = np.tile(np.array([1.0, 2.0, 3.0], dtype), (3, 1))
    np.testing.assert_allclose(back(d), [[-0.25, 0.25, 0], [-1 / 3, 0, 1 / 3], [0, 0, 0]], atol=1e-6)
    log_p, back_log = ops.log_softmax(z)
    np.testing.assert_allclose(log_p[0, :2], -math.log(2), rtol=1e-6)
    np.testing.assert_allclose(log_p[2], [0.0, -size, -size], rtol=1e-6)
    np.testing.assert_allclose(back_log(d)[0], [-2.0, -1.0, 3.0], atol=1e-6)


def test_softmax_with_entries_switched_off() -> None:
    p, pullback = ops.softmax(np.array([0.0, -np.inf, 0.0]))
    np.testing.assert_array_equal(p, [0.5, 0.0, 0.5])
    np.testing.assert_array_equal(pullback(np.array([1.0, 5.0, 3.0])), [-0.5, 0.0, 0.5])
    log_p, pullback = ops.log_softmax(np.array([0.0, -np.inf]))
    np.testing.assert_array_equal(log_p, [0.0, -np.inf])
    np.testing.assert_array_equal(pullback(np.array([1.0, 0.0])), [0.0, 0.0])


class TestKinks:
    """No difference quotient can tell what a slope at a kink should be; the convention is tested by value."""

    @pytest.mark.parametrize("zero", [0.0, -0.0])
    def test_slopes_at_zero(self, zero: float) -> None:
        z, one = np.array([zero]), np.ones(1)
        assert ops.relu(z)[1](one) == 0.0
        assert ops.leaky_relu(z)[1](one) == 0.01
        assert ops.leaky_relu(z, 0.3)[1](one) == 0.3
        assert ops.elu(z)[1](one) == 1.0
        assert ops.elu(z, 0.6)[1](one) == 0.6

    def test_slopes_next_to_zero(self) -> None:
        z, one = np.array([-1e-300, 1e-300]), np.ones(2)
        np.testing.assert_array_equal(ops.relu(z)[1](one), [0.0, 1.0])
        np.testing.assert_array_equal(ops.leaky_relu(z, 0.3)[1](one), [0.3, 1.0])

    def test_values_at_zero(self) -> None:
        for name, value in {"sigmoid": 0.5, "softplus": math.log(2)}.items():
            assert getattr(ops, name)(0.0)[0] == pytest.approx(value, rel=1e-15)
        for name in ("tanh", "relu", "leaky_relu", "elu", "gelu", "silu"):
            assert getattr(ops, name)(0.0)[0] == 0.0


class TestTails:
    """Small values have as many digits as large ones: relative error, entry by entry."""

    def test_normal_cdf_against_erfc(self) -> None:
        z = np.concatenate([np.linspace(-37, 9, 4001), [-1e-300, 0.0, 1e-300, 40.0]])
        want = np.array([0.5 * math.erfc(-v / math.sqrt(2)) for v in z])
        np.testing.assert_allclose(normal_cdf(z), want, rtol=1e-13, atol=0)

    def test_normal_cdf_at_the_ends(self) -> None:
        np.testing.assert_array_equal(normal_cdf(np.array([-40.0, 40.0])), [0.0, 1.0])
        assert normal_cdf(np.float32([1.0])).dtype == np.float32

    z = np.linspace(-30.0, -5.0, 101)

    @pytest.mark.parametrize(
        ("name", "value", "slope"),
        [
            (
                "sigmoid",
                lambda z: math.exp(z) / (1 + math.exp(z)),
                lambda z: math.exp(z) / (1 + math.exp(z)) ** 2,
            ),
            ("softplus", lambda z: math.log1p(math.exp(z)), lambda z: math.exp(z) / (1 + math.exp(z))),
            (
                "silu",
                lambda z: z * math.exp(z) / (1 + math.exp(z)),
                lambda z: math.exp(z) / (1 + math.exp(z)) * (1 + z / (1 + math.exp(z))),
            ),
            (
                "gelu",
                lambda z: z * 0.5 * math.erfc(-z / math.sqrt(2)),
                lambda z: (
                    0.5 * math.erfc(-z / math.sqrt(2)) + z * math.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
                ),
            ),
        ],
    )
    def test_left_tail(
        self, name: str, value: Callable[[float], float], slope: Callable[[float], float]
    ) -> None:
        a, pullback = getattr(ops, name)(self.z)
        np.testing.assert_allclose(a, [value(v) for v in self.z], rtol=2e-13, atol=0)
        np.testing.assert_allclose(pullback(np.ones_like(a)), [slope(v) for v in self.z], rtol=2e-13, atol=0)

    def test_the_tanh_form_of_gelu_keeps_its_sign_and_digits(self) -> None:
        z = np.array([-7.0, -6.0, -5.0])
        u = math.sqrt(2 / math.pi) * (z + 0.044715 * z**3)
        want = z * np.exp(2 * u) / (1 + np.exp(2 * u))
        np.testing.assert_allclose(ops.gelu(z, "tanh")[0], want, rtol=1e-12, atol=0)


@pytest.mark.parametrize("alpha", [np.float64(0.3), 1, 0.3])
@pytest.mark.parametrize("name", ["elu", "leaky_relu"])
def test_alpha_does_not_change_the_dtype(name: str, alpha: Any) -> None:
    a, pullback = getattr(ops, name)(np.array([-1.0, 1.0], np.float32), alpha)
    assert a.dtype == pullback(a).dtype == np.float32


def test_refuses() -> None:
    z = np.ones((2, 3))
    for name in [*ELEMENTWISE, "softmax", "log_softmax"]:
        op = getattr(ops, name)
        with refuses(
            TypeError,
            f"{name}: z must hold floating-point numbers, got dtype int64. "
            "Convert it first: z.astype(np.float64).",
        ):
            op(np.arange(3))
        with refuses(
            ValueError,
            f"{name}: the upstream gradient must have the shape of the op's value, (2, 3), got (3,).",
        ):
            op(z)[1](np.ones(3))
    with refuses(ValueError, 'gelu: approximate must be "none" or "tanh", got \'erf\'.'):
        ops.gelu(z, "erf")
    for name in ("softmax", "log_softmax"):
        op = getattr(ops, name)
        with refuses(ValueError, f"{name}: axis 2 does not exist in an array with 2 axes."):
            op(z, 2)
        with refuses(ValueError, f"{name}: axis -1 does not exist in an array with 0 axes."):
            op(1.0)
        with refuses(ValueError, f"{name}: z of shape (2, 0) has no entries along axis 1."):
            op(np.ones((2, 0)))
