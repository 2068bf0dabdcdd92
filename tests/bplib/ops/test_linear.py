"""linear and matmul with any sizes, without the gradient of the data, and what they refuse."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bplib import ops
from tests.bplib.prove import Case, prove

some = settings(max_examples=25, deadline=None)
seeds = st.integers(0, 2**32 - 1)
size = st.integers(0, 5)


def refuses(error: type[Exception], text: str) -> Any:
    return pytest.raises(error, match=f"^{re.escape(text)}$")


@some
@given(N=size, D=size, M=size, bias=st.booleans(), seed=seeds)
def test_linear_with_any_sizes(N: int, D: int, M: int, bias: bool, seed: int) -> None:
    r = np.random.default_rng(seed).standard_normal
    args = (r((N, D)), r((D, M)), r(M))[: 3 if bias else 2]
    prove(ops.linear, Case("any", args, lambda x, W, b=0: x @ W + b))


@some
@given(
    batches=hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=2, max_side=3),
    N=st.integers(1, 4),
    K=st.integers(1, 4),
    M=st.integers(1, 4),
    seed=seeds,
)
def test_matmul_with_any_batch_axes_that_broadcast(batches: Any, N: int, K: int, M: int, seed: int) -> None:
    r = np.random.default_rng(seed).standard_normal
    left, right = batches.input_shapes
    prove(ops.matmul, Case("any", (r((*left, N, K)), r((*right, K, M))), torch.matmul))


@pytest.mark.parametrize("bias", [True, False])
def test_the_gradient_of_the_data_can_be_left_out(bias: bool) -> None:
    r = np.random.default_rng(0).standard_normal
    x, W, b, dz = r((5, 3)), r((3, 4)), r(4), r((5, 4))
    args = (x, W, b) if bias else (x, W)
    z, pullback = ops.linear(*args)
    z_too, short = ops.linear(*args, need_dx=False)
    np.testing.assert_array_equal(z, z_too)
    none, *rest = short(dz)
    assert none is None
    for got, want in zip(rest, pullback(dz)[1:], strict=True):
        np.testing.assert_array_equal(got, want)


def test_linear_refuses() -> None:
    x, W, b = np.ones((5, 3)), np.ones((3, 4)), np.ones(4)
    with refuses(ValueError, "linear: x (5, 3) and W (4, 3) do not fit: x has 3 columns, W has 4 rows."):
        ops.linear(x, W.T, b)
    with refuses(ValueError, "linear: x must have 2 axes (N, D), got shape (3,)."):
        ops.linear(x[0], W, b)
    with refuses(ValueError, "linear: W must have 2 axes (D, M), got shape (3,)."):
        ops.linear(x, W[:, 0], b)
    for bad in (np.ones(3), np.ones((1, 4)), np.ones((4, 1)), np.float64(1)):
        with refuses(
            ValueError, f"linear: b must have shape (4,) (one bias for each column of W), got {bad.shape}."
        ):
            ops.linear(x, W, bad)
    with refuses(
        TypeError,
        "linear: W is float32 but x is float64; use one dtype for both, for example W.astype(x.dtype).",
    ):
        ops.linear(x, W.astype(np.float32), b)
    with refuses(
        TypeError,
        "linear: b is float32 but x is float64; use one dtype for both, for example b.astype(x.dtype).",
    ):
        ops.linear(x, W, b.astype(np.float32))
    with refuses(
        TypeError,
        "linear: x must hold floating-point numbers, got dtype uint8. Convert it first: x.astype(np.float64).",
    ):
        ops.linear(x.astype(np.uint8), W, b)


def test_matmul_refuses() -> None:
    a, b = np.ones((2, 3, 4)), np.ones((2, 4, 5))
    with refuses(
        ValueError,
        "matmul: a (2, 3, 4) and b (2, 3, 4) do not fit: expected (..., N, K) and (..., K, M).",
    ):
        ops.matmul(a, a)
    with refuses(
        ValueError, "matmul: a (4,) and b (2, 4, 5) do not fit: expected (..., N, K) and (..., K, M)."
    ):
        ops.matmul(a[0, 0], b)
    with refuses(
        ValueError, "matmul: the batch axes of a (2, 3, 4) and b (3, 4, 5) do not broadcast: (2,) and (3,)."
    ):
        ops.matmul(a, np.ones((3, 4, 5)))
    with refuses(
        TypeError,
        "matmul: b is float32 but a is float64; use one dtype for both, for example b.astype(a.dtype).",
    ):
        ops.matmul(a, b.astype(np.float32))


def test_an_upstream_gradient_of_another_shape_is_refused() -> None:
    for name, op in (("linear", ops.linear), ("matmul", ops.matmul)):
        _, pullback = op(np.ones((5, 3)), np.ones((3, 4)))
        with refuses(
            ValueError,
            f"{name}: the upstream gradient must have the shape of the op's value, (5, 4), got (4,).",
        ):
            pullback(np.ones(4))
