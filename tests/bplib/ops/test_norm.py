"""Norms of any shape, what normalised means, large means in float32, a single entry, and what they refuse."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bplib import ops
from bplib.tape import Tensor, apply
from tests.bplib.cases.norm import bn, bn_inference, bn_with_statistics, ln
from tests.bplib.prove import Case, prove

some = settings(max_examples=15, deadline=None)
seeds = st.integers(0, 2**32 - 1)


def refuses(error: type[Exception], text: str) -> Any:
    return pytest.raises(error, match=f"^{re.escape(text)}$")


def spread(rng: np.random.Generator, shape: tuple[int, ...], axes: tuple[int, ...]) -> np.ndarray:
    """Random numbers whose variance over the axes is never tiny: there differences say little."""
    taken = [a % len(shape) for a in axes]
    sizes = [n if i in taken else 1 for i, n in enumerate(shape)]
    return 0.3 * rng.standard_normal(shape) + np.linspace(-2, 2, math.prod(sizes)).reshape(sizes)


@some
@given(
    n=st.integers(2, 5),
    d=st.integers(1, 4),
    image=st.none() | st.tuples(*[st.integers(1, 3)] * 2),
    seed=seeds,
)
def test_batch_norm_of_any_shape(n: int, d: int, image: tuple[int, int] | None, seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape, axes = ((n, d), (0,)) if image is None else ((n, d, *image), (0, 2, 3))
    args = (spread(rng, shape, axes), rng.standard_normal(d), rng.standard_normal(d))
    prove(ops.batch_norm, Case("any", args, bn))
    prove(ops.batch_norm, Case("any", args, bn_with_statistics, {"with_statistics": True}))
    given_ones = (rng.standard_normal(d), rng.uniform(0.1, 3, d))
    prove(ops.batch_norm_inference, Case("any", (*args, *given_ones), bn_inference, targets=(3, 4)))


@some
@given(lead=hnp.array_shapes(min_dims=0, max_dims=3, max_side=3), d=st.integers(2, 5), seed=seeds)
def test_layer_norm_of_any_shape(lead: tuple[int, ...], d: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = spread(rng, (*lead, d), (-1,))
    prove(ops.layer_norm, Case("any", (x, rng.standard_normal(d), rng.standard_normal(d)), ln))


class TestMeaning:
    r = staticmethod(np.random.default_rng(0).standard_normal)

    def test_batch_norm_gives_mean_beta_and_deviation_gamma(self) -> None:
        gamma, beta = np.array([2.0, 0.5]), np.array([3.0, -1.0])
        y, _ = ops.batch_norm(5 + 3 * self.r((8, 2, 4, 4)), gamma, beta, eps=0.0)
        np.testing.assert_allclose(y.mean((0, 2, 3)), beta, rtol=1e-12)
        np.testing.assert_allclose(y.std((0, 2, 3)), gamma, rtol=1e-12)

    def test_layer_norm_gives_each_row_mean_0_and_deviation_1(self) -> None:
        y, _ = ops.layer_norm(5 + 3 * self.r((2, 3, 16)), np.ones(16), np.zeros(16), eps=0.0)
        np.testing.assert_allclose(y.mean(-1), 0, atol=1e-14)
        np.testing.assert_allclose(y.std(-1), 1, rtol=1e-12)

    def test_dx_of_batch_norm_is_orthogonal_to_ones_and_to_x(self) -> None:
        """Neither a shift of a channel nor (but for ε) its scale changes the value."""
        x = self.r((6, 3, 2, 2))
        dx, _, _ = ops.batch_norm(x, 1 + self.r(3), self.r(3), eps=0.0)[1](self.r(x.shape))
        np.testing.assert_allclose(dx.sum((0, 2, 3)), 0, atol=1e-13)
        np.testing.assert_allclose((dx * x).sum((0, 2, 3)), 0, atol=1e-13)

    def test_inference_by_the_batchs_own_statistics_is_training(self) -> None:
        x, gamma, beta = self.r((4, 3, 2, 2)), self.r(3), self.r(3)
        y, mean, var = ops.batch_norm(x, gamma, beta, with_statistics=True)[0]
        np.testing.assert_allclose(ops.batch_norm_inference(x, gamma, beta, mean, var)[0], y, rtol=1e-12)
        np.testing.assert_allclose(mean, x.mean((0, 2, 3)), rtol=1e-12)
        np.testing.assert_allclose(var, x.var((0, 2, 3)), rtol=1e-12)

    def test_statistics_on_the_tape(self) -> None:
        x = Tensor(self.r((5, 2)))
        y, mean, var = apply(ops.batch_norm, x, np.ones(2), np.zeros(2), with_statistics=True)
        y.sum().backward(retain_graph=True)
        np.testing.assert_allclose(x.grad, 0, atol=1e-14)
        x.grad = None
        (mean * 5.0).sum().backward(retain_graph=True)
        np.testing.assert_allclose(x.grad, 1)
        assert var.shape == (2,)


@pytest.mark.parametrize("offset", [0.0, 1e3])
def test_float32_with_a_mean_far_from_zero(offset: float) -> None:
    """E[x²] − E[x]² would lose every digit of the variance at a mean of 1000."""
    rng = np.random.default_rng(0)
    x = (offset + rng.standard_normal((32, 4, 8, 8))).astype(np.float32)
    gamma, beta, dy = np.ones(4), np.zeros(4), rng.standard_normal(x.shape)
    for op, width in ((ops.batch_norm, 4), (ops.layer_norm, 8)):
        gamma, beta = np.ones(width), np.zeros(width)
        y, back = op(x.astype(np.float64), gamma, beta)
        y32, back32 = op(x, gamma.astype(np.float32), beta.astype(np.float32))
        np.testing.assert_allclose(y32, y, atol=2e-4 if offset else 2e-6)
        for got, want in zip(back32(dy.astype(np.float32)), back(dy), strict=True):
            np.testing.assert_allclose(got, want, atol=(2e-4 if offset else 2e-6) * max(1, abs(want).max()))


def test_one_entry_a_channel_has_no_variance() -> None:
    beta = np.array([1.0, -2.0])
    y, back = ops.batch_norm(np.array([[3.0, 4.0]]), np.array([5.0, 6.0]), beta)
    np.testing.assert_array_equal(y, [beta])
    dx, dgamma, dbeta = back(np.array([[7.0, 8.0]]))
    np.testing.assert_array_equal(dx, [[0, 0]])
    np.testing.assert_array_equal(dgamma, [0, 0])
    np.testing.assert_array_equal(dbeta, [7, 8])


def test_a_constant_channel_stays_finite() -> None:
    y, back = ops.batch_norm(np.full((4, 2), 3.0), np.ones(2), np.zeros(2))
    np.testing.assert_array_equal(y, 0)
    assert all(np.isfinite(g).all() for g in back(np.ones((4, 2))))


@pytest.mark.parametrize("name", ["batch_norm", "layer_norm"])
def test_eps_as_a_numpy_number_does_not_change_the_dtype(name: str) -> None:
    ones = np.ones(2, np.float32)
    y, back = getattr(ops, name)(np.eye(2, dtype=np.float32), ones, ones, np.float64(1e-3))
    assert y.dtype == np.float32
    assert all(g.dtype == np.float32 for g in back(y))


class TestRefuses:
    x, v, w = np.ones((5, 3)), np.ones(3), np.ones(4)

    def test_shapes_of_batch_norm(self) -> None:
        with refuses(ValueError, "batch_norm: x must have shape (N, D) or (N, C, H, W), got (5, 3, 2)."):
            ops.batch_norm(np.ones((5, 3, 2)), self.v, self.v)
        with refuses(
            ValueError,
            "batch_norm: gamma must have shape (3,) (one number for each channel of x (5, 3)), got (4,).",
        ):
            ops.batch_norm(self.x, self.w, self.v)
        with refuses(
            ValueError,
            "batch_norm: beta must have shape (3,) (one number for each channel of x (2, 3, 4, 4)), got (3, 1, 1).",
        ):
            ops.batch_norm(np.ones((2, 3, 4, 4)), self.v, np.ones((3, 1, 1)))
        with refuses(ValueError, "batch_norm: x of shape (0, 3) is empty."):
            ops.batch_norm(np.ones((0, 3)), self.v, self.v)
        with refuses(ValueError, "batch_norm: x must have shape (N, D) or (N, C, H, W), got (3,)."):
            ops.batch_norm(self.v, self.v, self.v)

    def test_statistics_that_do_not_fit(self) -> None:
        with refuses(
            ValueError,
            "batch_norm_inference: var must have shape (3,) (one number for each channel of x (5, 3)), got (4,).",
        ):
            ops.batch_norm_inference(self.x, self.v, self.v, self.v, self.w)
        with refuses(ValueError, "batch_norm_inference: var[1] is -0.5; a variance is not negative."):
            ops.batch_norm_inference(self.x, self.v, self.v, self.v, np.array([1.0, -0.5, 1.0]))

    def test_shapes_of_layer_norm(self) -> None:
        with refuses(
            ValueError, "layer_norm: gamma must have shape (3,) (the last axis of x (5, 3)), got (4,)."
        ):
            ops.layer_norm(self.x, self.w, self.v)
        with refuses(
            ValueError, "layer_norm: beta must have shape (3,) (the last axis of x (5, 3)), got (5, 3)."
        ):
            ops.layer_norm(self.x, self.v, self.x)
        with refuses(ValueError, "layer_norm: x must have shape (..., D) with D at least 1, got ()."):
            ops.layer_norm(1.0, self.v, self.v)

    @pytest.mark.parametrize("name", ["batch_norm", "layer_norm"])
    def test_two_dtypes_and_a_wrong_upstream(self, name: str) -> None:
        op = getattr(ops, name)
        with refuses(
            TypeError,
            f"{name}: gamma is float32 but x is float64; use one dtype for both, for example gamma.astype(x.dtype).",
        ):
            op(self.x, self.v.astype(np.float32), self.v)
        with refuses(
            ValueError,
            f"{name}: the upstream gradient must have the shape of the op's value, (5, 3), got (3,).",
        ):
            op(self.x, self.v, self.v)[1](self.v)
