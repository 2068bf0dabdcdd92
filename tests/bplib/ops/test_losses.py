"""Losses: any shape, far-out logits, kinks, and what they refuse."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from torch.nn import functional as F

from bplib import ops
from bplib.tape import Tensor, apply
from tests.bplib.cases.losses import hinge, kl, nll
from tests.bplib.prove import Case, prove

some = settings(max_examples=15, deadline=None)
shapes = hnp.array_shapes(min_dims=0, max_dims=3, max_side=4)
reductions = st.sampled_from(["mean", "sum", "none"])
seeds = st.integers(0, 2**32 - 1)

ELEMENTWISE = {
    "mse_loss": F.mse_loss,
    "mae_loss": F.l1_loss,
    "huber_loss": F.huber_loss,
    "bce_with_logits": F.binary_cross_entropy_with_logits,
}
BY_CLASS = {"softmax_cross_entropy": F.cross_entropy, "hinge_loss": hinge}
ALL = [*ELEMENTWISE, *BY_CLASS, "kl_divergence", "gaussian_nll"]


def refuses(error: type[Exception], text: str) -> Any:
    return pytest.raises(error, match=f"^{re.escape(text)}$")


def call(name: str, **kwargs: Any) -> Any:
    """The loss on three examples of two classes, whatever its arguments."""
    a, b = np.array([[0.1, -0.2], [0.3, 0.9], [1.0, 2.0]]), np.array([[0.0, 1.0], [0.5, 0.5], [1.0, 0.0]])
    if name in BY_CLASS:
        return getattr(ops, name)(a, np.array([0, 1, 1]), **kwargs)
    return getattr(ops, name)(a, b, *([a] if name == "gaussian_nll" else []), **kwargs)


@pytest.mark.parametrize("name", ELEMENTWISE)
@some
@given(shape=shapes, how=reductions, seed=seeds)
def test_elementwise_losses_of_any_shape(name: str, shape: tuple[int, ...], how: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    pred = np.asarray(0.3 + rng.uniform(0, 0.6, shape))  # |pred − target| in 0.1 … 0.9: away from every kink
    target = np.asarray(rng.uniform(0, 0.2, shape))
    fn = ELEMENTWISE[name]
    prove(
        getattr(ops, name),
        Case("any", (pred, target), lambda p, t: fn(p, t, reduction=how), {"reduction": how}, (1,)),
    )


@pytest.mark.parametrize("name", BY_CLASS)
@some
@given(n=st.integers(1, 5), k=st.integers(2, 5), how=reductions, seed=seeds)
def test_losses_by_class_of_any_size(name: str, n: int, k: int, how: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    # Scores are whole numbers apart, up to 0.2: hinge's margin of 1.5 is never met exactly.
    scores = rng.integers(-3, 4, (n, k)) + rng.uniform(0, 0.2, (n, k))
    fn, extra = BY_CLASS[name], (1.5,) if name == "hinge_loss" else ()
    prove(
        getattr(ops, name),
        Case(
            "any",
            (scores, rng.integers(0, k, n), *extra),
            lambda s, y, *e: fn(s, y, *e, reduction=how),
            {"reduction": how},
        ),
    )


@some
@given(n=st.integers(1, 5), k=st.integers(2, 5), epsilon=st.floats(0, 1), seed=seeds)
def test_any_label_smoothing(n: int, k: int, epsilon: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    args = (rng.standard_normal((n, k)), rng.integers(0, k, n), epsilon)
    prove(
        ops.softmax_cross_entropy,
        Case("any", args, lambda z, y, e: F.cross_entropy(z, y, label_smoothing=e)),
    )


@some
@given(n=st.integers(1, 5), k=st.integers(1, 5), seed=seeds)
def test_divergence_of_any_size(n: int, k: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    q = rng.dirichlet(np.ones(k), n) * rng.integers(0, 2, (n, k))
    prove(ops.kl_divergence, Case("any", (rng.standard_normal((n, k)), q), kl, targets=(1,)))


@some
@given(shape=shapes, how=reductions, seed=seeds)
def test_gaussian_of_any_shape(shape: tuple[int, ...], how: str, seed: int) -> None:
    r = np.random.default_rng(seed).standard_normal
    args = (np.asarray(r(shape)), np.asarray(0.5 * r(shape)), np.asarray(r(shape)))
    prove(ops.gaussian_nll, Case("any", args, lambda m, s, x: nll(m, s, x, how), {"reduction": how}, (2,)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
class TestFarOut:
    """Warnings are errors: nothing overflows, and the limits are known."""

    def test_cross_entropy(self, dtype: Any) -> None:
        z = np.array([[1e4, -1e4, 0.0], [1e4, -1e4, 0.0], [-1e4, -1e4, -1e4]], dtype)
        value, back = ops.softmax_cross_entropy(z, [0, 1, 2], reduction="none")
        np.testing.assert_allclose(value, [0.0, 2e4, math.log(3)], rtol=1e-6)
        dz = back(np.ones(3, dtype))
        np.testing.assert_allclose(dz, [[0, 0, 0], [1, -1, 0], [1 / 3, 1 / 3, -2 / 3]], rtol=1e-6)
        assert value.dtype == dz.dtype == dtype
        smoothed, _ = ops.softmax_cross_entropy(z[:1], [0], label_smoothing=0.3)
        np.testing.assert_allclose(smoothed, 0.1 * (2e4 + 1e4), rtol=1e-6)

    def test_bce(self, dtype: Any) -> None:
        z = np.array([1e4, -1e4, 1e4, -1e4], dtype)
        value, back = ops.bce_with_logits(z, [1, 0, 0, 1], reduction="none")
        np.testing.assert_array_equal(value, np.array([0, 0, 1e4, 1e4], dtype))
        np.testing.assert_array_equal(back(np.ones(4, dtype)), [0, 0, 1, -1])

    def test_huber_and_hinge(self, dtype: Any) -> None:
        value, back = ops.huber_loss(np.array([1e30, -1e30], dtype), np.zeros(2, dtype), reduction="none")
        np.testing.assert_allclose(value, np.array([1e30, 1e30], dtype), rtol=1e-6)
        np.testing.assert_array_equal(back(np.ones(2, dtype)), [1, -1])
        value, back = ops.hinge_loss(np.array([[1e4, -1e4]], dtype), [1])
        assert value == np.array(2e4 + 1, dtype)
        np.testing.assert_array_equal(back(1.0), [[1, -1]])

    def test_divergence_from_an_impossible_class(self, dtype: Any) -> None:
        log_p = np.array([[0.0, -np.inf], [-1e4, 0.0]], dtype)
        value, back = ops.kl_divergence(log_p, np.array([[1.0, 0.0], [1.0, 0.0]], dtype), reduction="none")
        np.testing.assert_allclose(value, [0.0, 1e4])
        np.testing.assert_array_equal(back(np.ones(2, dtype)), [[-1, 0], [-1, 0]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_numpy_numbers_as_options_do_not_change_the_dtype(dtype: Any) -> None:
    z, half = np.array([[1.0, 2.0]], dtype), np.float64(0.5)
    for value, back in (
        ops.huber_loss(z, z + 2, half),
        ops.hinge_loss(z, [0], half),
        ops.softmax_cross_entropy(z, [0], half),
    ):
        assert value.dtype == back(1.0).dtype == dtype


class TestKinks:
    def test_mae_at_the_target(self) -> None:
        np.testing.assert_array_equal(
            ops.mae_loss(np.array([2.0, 3.0]), np.array([2.0, 2.0]))[1](1.0), [0, 0.5]
        )

    def test_huber_is_continuous_where_the_branches_meet(self) -> None:
        near = np.array([0.5 - 1e-9, 0.5, 0.5 + 1e-9])
        value, back = ops.huber_loss(near, np.zeros(3), 0.5, reduction="none")
        np.testing.assert_allclose(value, 0.125, atol=1e-9)
        np.testing.assert_allclose(back(np.ones(3)), 0.5, atol=1e-9)

    def test_hinge_on_the_margin(self) -> None:
        value, back = ops.hinge_loss(np.array([[2.0, 1.0, 1.5]]), [0])
        assert value == 0.5
        np.testing.assert_array_equal(back(1.0), [[-1, 0, 1]])


def test_mean_is_over_the_batch_where_an_example_has_one_loss() -> None:
    z, y = np.array([[0.5, 1.0, -1.0], [2.0, 0.0, 1.0]]), np.array([2, 0])
    for op, target in ((ops.softmax_cross_entropy, y), (ops.hinge_loss, y), (ops.kl_divergence, np.exp(z))):
        each = op(z, target, reduction="none")[0]
        assert each.shape == (2,)
        assert op(z, target)[0] == pytest.approx(each.mean(), rel=1e-15)
        assert op(z, target, reduction="sum")[0] == pytest.approx(each.sum(), rel=1e-15)


def test_rows_of_the_cross_entropy_gradient_sum_to_zero() -> None:
    rng = np.random.default_rng(0)
    dz = ops.softmax_cross_entropy(rng.standard_normal((6, 5)), rng.integers(0, 5, 6), 0.2)[1](1.0)
    np.testing.assert_allclose(dz.sum(axis=1), 0, atol=1e-16)


def test_float32_loses_nothing_over_many_examples() -> None:
    rng = np.random.default_rng(0)
    z, y = rng.standard_normal((20_000, 10)), rng.integers(0, 10, 20_000)
    (value, back), (value32, back32) = (ops.softmax_cross_entropy(a, y) for a in (z, z.astype(np.float32)))
    assert value32 == pytest.approx(value, rel=1e-6)
    np.testing.assert_allclose(back32(1.0), back(1.0), atol=1e-11)


def test_lists_and_whole_numbers_are_targets_in_the_dtype_of_the_prediction() -> None:
    pred = np.array([0.5, 2.0], np.float32)
    for target in ([1, 2], [1.0, 2.0], np.array([1, 2]), np.array([True, False])):
        value, back = ops.mse_loss(pred, target)
        assert value.dtype == back(1.0).dtype == np.float32
    assert ops.mse_loss(pred, [1, 2])[0] == 0.125


def test_on_the_tape_targets_get_no_gradient() -> None:
    pred, target = Tensor(np.array([1.0, 2.0])), Tensor(np.array([0.0, 0.0]))
    apply(ops.mse_loss, pred, target, reduction="sum").backward()
    np.testing.assert_array_equal(pred.grad, [2.0, 4.0])
    assert target.grad is None


class TestRefuses:
    @pytest.mark.parametrize("name", ELEMENTWISE)
    def test_silent_broadcasting(self, name: str) -> None:
        target = "y" if name == "bce_with_logits" else "target"
        pred = "z" if name == "bce_with_logits" else "pred"
        with refuses(
            ValueError,
            f"{name}: {target} must have the shape of {pred}, (3, 1), got (3,). Broadcasting would hide the "
            "mistake: (N,) against (N, 1) gives an (N, N) matrix. Reshape one of the two.",
        ):
            getattr(ops, name)(np.ones((3, 1)), np.ones(3))

    def test_broadcasting_of_the_other_losses(self) -> None:
        with pytest.raises(
            ValueError, match=r"^kl_divergence: q must have the shape of log_p, \(2, 3\), got \(3,\)"
        ):
            ops.kl_divergence(np.zeros((2, 3)), np.ones(3))
        with pytest.raises(
            ValueError, match=r"^gaussian_nll: log_sigma must have the shape of mu, \(3,\), got \(1,\)"
        ):
            ops.gaussian_nll(np.zeros(3), np.zeros(1), np.zeros(3))
        with pytest.raises(
            ValueError, match=r"^gaussian_nll: x must have the shape of mu, \(3,\), got \(3, 1\)"
        ):
            ops.gaussian_nll(np.zeros(3), np.zeros(3), np.zeros((3, 1)))

    @pytest.mark.parametrize("name", ALL)
    def test_unknown_reduction(self, name: str) -> None:
        with refuses(ValueError, f'{name}: reduction must be "mean", "sum" or "none", got \'average\'.'):
            call(name, reduction="average")

    @pytest.mark.parametrize("name", ALL)
    def test_upstream_of_another_shape(self, name: str) -> None:
        value, back = call(name)
        assert value.shape == ()
        with refuses(
            ValueError,
            f"{name}: the upstream gradient must have the shape of the op's value, (), got (3, 2).",
        ):
            back(np.ones((3, 2)))

    def test_two_dtypes(self) -> None:
        with refuses(
            TypeError,
            "mse_loss: target is float64 but pred is float32; use one dtype for both, "
            "for example target.astype(pred.dtype).",
        ):
            ops.mse_loss(np.ones(2, np.float32), np.ones(2))

    def test_predictions_that_are_whole_numbers(self) -> None:
        with refuses(
            TypeError,
            "mse_loss: pred must hold floating-point numbers, got dtype int64. "
            "Convert it first: pred.astype(np.float64).",
        ):
            ops.mse_loss(np.array([1, 2]), np.array([1, 2]))

    def test_a_target_that_is_no_number(self) -> None:
        with refuses(TypeError, "mse_loss: target must hold real numbers, got dtype <U3."):
            ops.mse_loss(np.ones(2), ["one", "two"])

    def test_an_empty_batch(self) -> None:
        with refuses(ValueError, "mse_loss: there is nothing to average in a batch of shape (0, 3)."):
            ops.mse_loss(np.ones((0, 3)), np.ones((0, 3)))
        with refuses(
            ValueError, "softmax_cross_entropy: there is nothing to average in a batch of shape (0,)."
        ):
            ops.softmax_cross_entropy(np.ones((0, 3)), np.ones(0, int))
        assert ops.mse_loss(np.ones((0, 3)), np.ones((0, 3)), reduction="sum")[0] == 0

    @pytest.mark.parametrize("name", BY_CLASS)
    def test_labels(self, name: str) -> None:
        op, z = getattr(ops, name), np.zeros((3, 4))
        scores = "z" if name == "softmax_cross_entropy" else "scores"
        with refuses(ValueError, f"{name}: labels[1] is 4, outside 0..3 (classes: {scores} has 4 columns)."):
            op(z, np.array([0, 4, 7]))
        with refuses(ValueError, f"{name}: labels[2] is -1, outside 0..3 (classes: {scores} has 4 columns)."):
            op(z, np.array([0, 1, -1]))
        with refuses(
            ValueError,
            f"{name}: labels must have shape (3,) (one class number for each row of {scores} (3, 4), "
            "not one-hot rows), got (3, 4).",
        ):
            op(z, np.zeros((3, 4), int))
        with refuses(
            TypeError,
            f"{name}: labels must hold integers (classes: {scores} has 4 columns), got dtype float64.",
        ):
            op(z, np.zeros(3))
        with refuses(ValueError, f"{name}: {scores} must have 2 axes (N, K), got shape (3,)."):
            op(np.zeros(3), np.zeros(3, int))
        with refuses(ValueError, f"{name}: {scores} of shape (3, 0) has no classes."):
            op(np.zeros((3, 0)), np.zeros(3, int))

    @pytest.mark.parametrize("bad", [1.5, -0.1, np.nan])
    def test_bce_targets_that_are_no_probabilities(self, bad: float) -> None:
        with refuses(
            ValueError,
            f"bce_with_logits: y[1, 0] is {bad}, outside [0, 1]: y holds probabilities or the classes 0 and 1.",
        ):
            ops.bce_with_logits(np.zeros((2, 1)), np.array([[1.0], [bad]]))

    def test_divergence_from_logarithms(self) -> None:
        with refuses(ValueError, "kl_divergence: q[0, 1] is -0.5; q holds probabilities, not logarithms."):
            ops.kl_divergence(np.zeros((1, 2)), np.array([[1.0, -0.5]]))

    def test_options_out_of_range(self) -> None:
        z = np.zeros((1, 2))
        with refuses(ValueError, "huber_loss: delta must be positive, got 0."):
            ops.huber_loss(z, z, 0)
        with refuses(ValueError, "hinge_loss: margin must be positive, got -1.0."):
            ops.hinge_loss(z, [0], -1.0)
        with refuses(ValueError, "softmax_cross_entropy: label_smoothing must lie in [0, 1], got 1.5."):
            ops.softmax_cross_entropy(z, [0], 1.5)


def test_torch_agrees_on_what_a_mean_is() -> None:
    """The convention itself: over all elements for elementwise losses, "batchmean" for the divergence."""
    pred, target = np.arange(6.0).reshape(2, 3), np.ones((2, 3))
    assert ops.mse_loss(pred, target)[0] == F.mse_loss(torch.tensor(pred), torch.tensor(target)).item()
    assert ops.mse_loss(pred, target)[0] == ((pred - target) ** 2).sum() / 6
