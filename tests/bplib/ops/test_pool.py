"""Pooling with any window, ties and infinities for the maximum, what the pullback keeps, what is refused."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from bplib import ops
from bplib.ops import pool
from tests.bplib.cases.pool import CASES
from tests.bplib.prove import Case, prove

some = settings(max_examples=25, deadline=None)
seeds = st.integers(0, 2**32 - 1)
both = pytest.mark.parametrize("name", ["max_pool2d", "avg_pool2d"])


def refuses(error: type[Exception], text: str) -> Any:
    return pytest.raises(error, match=f"^{re.escape(text)}$")


@st.composite
def geometries(draw: Any) -> tuple[tuple[int, ...], tuple[Any, Any, Any]]:
    """The shape of x, then kernel, stride and padding, with an output that is not empty."""
    kernel = (draw(st.integers(1, 4)), draw(st.integers(1, 4)))
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    stride = draw(st.none() | st.integers(1, 5) | st.tuples(st.integers(1, 5), st.integers(1, 5)))
    H, W = (max(1, k - 2 * p) + draw(st.integers(0, 4)) for k, p in zip(kernel, padding, strict=True))
    return (draw(st.integers(1, 3)), draw(st.integers(1, 2)), H, W), (kernel, stride, padding)


@some
@given(geometry=geometries(), seed=seeds)
def test_max_pooling_with_any_window(geometry: Any, seed: int) -> None:
    shape, window = geometry
    rng = np.random.default_rng(seed)
    n = int(np.prod(shape))
    x = ((rng.permutation(n) - 0.6 * n) * 0.05).reshape(shape)
    case = Case("any", (x, *window), lambda t, *_: F.max_pool2d(t, *window), complex_step=False)
    prove(ops.max_pool2d, case)


@some
@given(geometry=geometries(), values=st.integers(1, 3), seed=seeds)
def test_max_pooling_with_ties(geometry: Any, values: int, seed: int) -> None:
    shape, window = geometry
    x = np.random.default_rng(seed).integers(0, values, shape).astype(float)
    prove(ops.max_pool2d, Case("ties", (x, *window), lambda t, *_: F.max_pool2d(t, *window), smooth=False))


@some
@given(geometry=geometries(), seed=seeds)
def test_average_pooling_with_any_window(geometry: Any, seed: int) -> None:
    shape, window = geometry
    x = np.random.default_rng(seed).standard_normal(shape)
    prove(ops.avg_pool2d, Case("any", (x, *window), lambda t, *_: F.avg_pool2d(t, *window)))


@both
@pytest.mark.parametrize("number_of_bytes", [1, 1000, 1 << 30])
def test_every_number_of_planes_at_a_time(
    name: str, number_of_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "_CHUNK_BYTES", number_of_bytes)
    for case in CASES[name]:
        prove(getattr(ops, name), case)


@pytest.mark.parametrize("window", [(3, 2, 1), (2, 1, 0), ((1, 4), None, (0, 2))])
def test_windows_that_hold_nothing_but_minus_infinity(window: Any) -> None:
    """The gradient still goes to an entry of the image, the first one, as in PyTorch."""
    x = np.full((1, 2, 5, 6), -np.inf)
    x[0, 1, 2, 3] = 1.0
    value, pullback = ops.max_pool2d(x, *window)
    t = torch.tensor(x, requires_grad=True)
    want = F.max_pool2d(t, *window)
    np.testing.assert_array_equal(value, want.detach().numpy())
    d = np.random.default_rng(0).standard_normal(value.shape)
    (dx,) = torch.autograd.grad(want, t, torch.tensor(d))
    np.testing.assert_allclose(pullback(d), dx.numpy(), rtol=1e-12)


def test_a_nan_is_not_swept_under_the_maximum() -> None:
    x = np.arange(16.0).reshape(1, 1, 4, 4)
    x[0, 0, 0, 1] = np.nan
    value, _ = ops.max_pool2d(x, 2)
    np.testing.assert_array_equal(value, [[[[np.nan, 7.0], [13.0, 15.0]]]])


def test_of_equal_entries_the_first_in_row_order_receives_the_gradient() -> None:
    _, pullback = ops.max_pool2d(np.ones((1, 1, 2, 4)), 2)
    np.testing.assert_array_equal(
        pullback([[[[3.0, 5.0]]]]), [[[[3.0, 0.0, 5.0, 0.0], [0.0, 0.0, 0.0, 0.0]]]]
    )


def test_a_window_of_more_than_256_entries() -> None:
    """Which entry won no longer fits one byte."""
    x = np.zeros((2, 1, 18, 19))
    x[0, 0, 17, 18] = x[1, 0, 16, 2] = 1.0
    value, pullback = ops.max_pool2d(x, (18, 19))
    np.testing.assert_array_equal(value, np.ones((2, 1, 1, 1)))
    np.testing.assert_array_equal(pullback(np.full((2, 1, 1, 1), 3.0)), 3 * x)


def test_max_pooling_keeps_one_byte_an_output() -> None:
    x = np.random.default_rng(0).standard_normal((4, 3, 8, 8))
    value, pullback = ops.max_pool2d(x, 2)
    kept = [c.cell_contents for c in pullback.__closure__ or ()]
    assert sum(a.nbytes for a in kept if isinstance(a, np.ndarray)) == value.size
    assert not any(isinstance(a, np.ndarray) and np.shares_memory(a, x) for a in kept)


@both
def test_an_upstream_gradient_may_be_a_broadcast_view(name: str) -> None:
    r = np.random.default_rng(0).standard_normal
    value, pullback = getattr(ops, name)(r((2, 3, 5, 6)), 3, 2, 1)
    view = np.broadcast_to(r((1, 3, 1, 1)), value.shape)
    np.testing.assert_allclose(pullback(view), pullback(view.copy()), rtol=1e-12)


@both
def test_an_empty_batch(name: str) -> None:
    value, pullback = getattr(ops, name)(np.ones((0, 3, 4, 6)), 2)
    assert value.shape == (0, 3, 2, 3)
    assert pullback(value).shape == (0, 3, 4, 6)


@both
def test_pooling_refuses(name: str) -> None:
    op, x = getattr(ops, name), np.ones((2, 3, 5, 6))
    with refuses(ValueError, f"{name}: x must have 4 axes (N, C, H, W), got shape (3, 5, 6)."):
        op(x[0], 2)
    with refuses(
        TypeError,
        f"{name}: x must hold floating-point numbers, got dtype int64. "
        "Convert it first: x.astype(np.float64).",
    ):
        op(x.astype(np.int64), 2)
    with refuses(ValueError, f"{name}: kernel must be at least 1, got 0."):
        op(x, 0)
    with refuses(TypeError, f"{name}: kernel must be an int or a pair of ints, got (2, 2, 2)."):
        op(x, (2, 2, 2))
    with refuses(ValueError, f"{name}: stride must be at least 1, got (1, 0)."):
        op(x, 2, (1, 0))
    with refuses(ValueError, f"{name}: padding must be at least 0, got -1."):
        op(x, 2, 2, -1)
    for padding in ((1, 2), (2, 1)):
        with refuses(
            ValueError,
            f"{name}: padding must be at most half of the kernel (3, 2), got {padding}: "
            "a window could lie outside the image altogether.",
        ):
            op(x, (3, 2), 1, padding)
    with refuses(
        ValueError,
        f"{name}: the output would be empty: the kernel (6, 2) with dilation (1, 1) spans 6 × 2, "
        "and the image (5, 6) with padding (0, 1) has only 5 × 8.",
    ):
        op(x, (6, 2), 1, (0, 1))
    _, pullback = op(x, 2)
    with refuses(
        ValueError,
        f"{name}: the upstream gradient must have the shape of the op's value, (2, 3, 2, 3), got (2, 3).",
    ):
        pullback(np.ones((2, 3)))


def test_global_average_pooling_refuses() -> None:
    with refuses(ValueError, "global_avg_pool2d: x must have 4 axes (N, C, H, W), got shape (3, 4)."):
        ops.global_avg_pool2d(np.ones((3, 4)))
    with refuses(ValueError, "global_avg_pool2d: x must have at least one pixel, got shape (2, 3, 0, 4)."):
        ops.global_avg_pool2d(np.ones((2, 3, 0, 4)))
    _, pullback = ops.global_avg_pool2d(np.ones((2, 3, 4, 5)))
    with refuses(
        ValueError,
        "global_avg_pool2d: the upstream gradient must have the shape of the op's value, (2, 3), got (3, 2).",
    ):
        pullback(np.ones((3, 2)))
