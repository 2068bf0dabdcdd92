"""Clipping beside PyTorch's, at the ends of the range of numbers, and what it must not touch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from bplib import optim
from tests.bplib.prove_rules import held, prove_clip


def test_clip_by_norm_is_pytorchs() -> None:
    prove_clip(optim.clip_grad_norm)


def test_clip_by_value_is_pytorchs_and_returns_the_largest_entry() -> None:
    rng = np.random.default_rng(1)
    grads = [rng.standard_normal((3, 4)), None, 5 * rng.standard_normal(4), np.asarray(-2.0)]
    kept = [None if g is None else g.copy() for g in grads]
    params = held(grads)
    theirs = [torch.nn.Parameter(torch.zeros(p.shape, dtype=torch.float64)) for p in params]
    for q, g in zip(theirs, grads, strict=True):
        q.grad = None if g is None else torch.tensor(g)
    largest = max(np.abs(g).max() for g in grads if g is not None)
    assert optim.clip_grad_value(params, 0.7) == largest
    torch.nn.utils.clip_grad_value_(theirs, 0.7)
    for p, q, g, k in zip(params, theirs, grads, kept, strict=True):
        if g is None:
            assert p.grad is None
        else:
            np.testing.assert_array_equal(p.grad, q.grad.numpy())
            np.testing.assert_array_equal(g, k)


@pytest.mark.parametrize("clip", [optim.clip_grad_norm, optim.clip_grad_value])
def test_short_gradients_are_left_alone(clip) -> None:
    g = np.array([0.3, -0.4])
    (p,) = params = held([g])
    assert clip(params, 0.6) == pytest.approx(0.5 if clip is optim.clip_grad_norm else 0.4)
    assert p.grad is g


@pytest.mark.parametrize("clip", [optim.clip_grad_norm, optim.clip_grad_value])
def test_nothing_to_clip_has_length_zero(clip) -> None:
    assert clip(held([np.zeros((2, 3)), None, np.zeros((0, 4))]), 1.0) == 0.0
    assert clip(held([None]), 1.0) == 0.0
    assert clip([], 1.0) == 0.0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("exponent", [-1, 1])
def test_norms_beyond_the_square_root_of_the_range(dtype, exponent: int) -> None:
    """An exploding gradient is what clipping is for: its squares may overflow, its norm does not."""
    big = dtype(10.0) ** (exponent * (30 if dtype is np.float32 else 200))
    params = held([np.array([3, 0], dtype) * big, np.array([4], dtype) * big])
    norm = optim.clip_grad_norm(params, 1.0)
    assert norm == pytest.approx(5 * float(big), rel=1e-5)
    assert params[0].grad.dtype == dtype
    if exponent == 1:
        np.testing.assert_allclose(params[0].grad, [0.6, 0.0], rtol=1e-5)
        np.testing.assert_allclose(params[1].grad, [0.8], rtol=1e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_stays(dtype) -> None:
    for clip in (optim.clip_grad_norm, optim.clip_grad_value):
        params = held([np.full(3, 7, dtype), np.asarray(9, dtype)])
        clip(params, np.float64(1.0))
        for p in params:
            assert isinstance(p.grad, np.ndarray)
            assert p.grad.dtype == dtype


def test_infinite_bound_only_measures() -> None:
    g = np.array([3.0, 4.0])
    (p,) = params = held([g])
    assert optim.clip_grad_norm(params, np.inf) == 5.0
    assert p.grad is g


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_gradient_that_is_not_finite_has_no_norm_to_clip(bad: float) -> None:
    g = np.array([[1.0, 2.0], [3.0, bad]])
    params = held([np.ones(2), g])
    with pytest.raises(
        FloatingPointError, match=r"clip_grad_norm: the gradient of params\[1\] .* first at \[1, 1\]"
    ):
        optim.clip_grad_norm(params, 1.0)
    assert params[0].grad.tolist() == [1.0, 1.0]


def test_by_value_infinity_is_clipped_and_nan_refused() -> None:
    params = held([np.array([1.0, -np.inf])])
    assert optim.clip_grad_value(params, 2.0) == np.inf
    assert params[0].grad.tolist() == [1.0, -2.0]
    with pytest.raises(FloatingPointError, match=r"clip_grad_value: .* first at \[0\]: nan"):
        optim.clip_grad_value(held([np.array([np.nan])]), 2.0)


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan])
def test_bad_bounds_are_named(bad: float) -> None:
    with pytest.raises(ValueError, match="clip_grad_norm: max_norm must be greater than 0, got"):
        optim.clip_grad_norm([], bad)
    with pytest.raises(ValueError, match="clip_grad_value: limit must be greater than 0, got"):
        optim.clip_grad_value([], bad)


def test_a_shared_parameter_counts_once_or_not_at_all() -> None:
    (p,) = held([np.ones(2)])
    with pytest.raises(ValueError, match="are the same parameter"):
        optim.clip_grad_norm([p, p], 1.0)


@pytest.mark.parametrize("bad", ["1", None, True])
def test_bounds_that_are_no_numbers_are_named(bad: Any) -> None:
    with pytest.raises(ValueError, match="clip_grad_norm: max_norm must be greater than 0, got"):
        optim.clip_grad_norm([], bad)
    with pytest.raises(ValueError, match="clip_grad_value: limit must be greater than 0, got"):
        optim.clip_grad_value([], bad)
