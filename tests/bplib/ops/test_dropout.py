"""Dropout: what its mask is, that backward uses the same one, and what it refuses."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bplib import ops
from tests.bplib.cases.dropout import dropout
from tests.bplib.prove import Case, Seed, prove


def refuses(error: type[Exception], text: str) -> Any:
    return pytest.raises(error, match=f"^{re.escape(text)}$")


@settings(max_examples=20, deadline=None)
@given(
    shape=hnp.array_shapes(min_dims=0, max_dims=3, max_side=4),
    p=st.floats(0, 0.95),
    training=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_any_shape(shape: tuple[int, ...], p: float, training: bool, seed: int) -> None:
    x = np.asarray(np.random.default_rng(seed).standard_normal(shape))
    prove(ops.dropout, Case("any", (x, p, Seed(seed), training), dropout))


def test_entries_are_dropped_or_scaled_and_the_mean_stays() -> None:
    n, p = 100_000, 0.3
    y, back = ops.dropout(np.ones(n), p, np.random.default_rng(0))
    np.testing.assert_allclose(np.unique(y), [0, 1 / 0.7])
    # The share of silent units is binomial: 5 standard deviations.
    assert abs((y == 0).mean() - p) < 5 * np.sqrt(p * (1 - p) / n)
    np.testing.assert_array_equal(back(np.ones(n)), y)


def test_each_call_draws_a_new_mask_from_the_generator() -> None:
    rng, x = np.random.default_rng(0), np.ones(100)
    first, _ = ops.dropout(x, 0.5, rng)
    second, _ = ops.dropout(x, 0.5, rng)
    assert (first != second).any()
    again, _ = ops.dropout(x, 0.5, np.random.default_rng(0))
    np.testing.assert_array_equal(first, again)


def test_the_mask_does_not_depend_on_the_dtype() -> None:
    wide, narrow = (
        ops.dropout(np.ones(200, t), 0.5, np.random.default_rng(1))[0] for t in (np.float64, np.float32)
    )
    np.testing.assert_array_equal(wide, narrow)
    assert narrow.dtype == np.float32


@pytest.mark.parametrize(("p", "training"), [(0.5, False), (0.0, True)])
def test_nothing_is_drawn_where_nothing_is_dropped(p: float, training: bool) -> None:
    rng, x = np.random.default_rng(0), np.arange(4.0)
    before = rng.bit_generator.state
    y, back = ops.dropout(x, p, rng, training)
    np.testing.assert_array_equal(y, x)
    np.testing.assert_array_equal(back(2 * x), 2 * x)
    assert rng.bit_generator.state == before
    with refuses(
        ValueError, "dropout: the upstream gradient must have the shape of the op's value, (4,), got (3,)."
    ):
        back(x[:3])


def test_a_numpy_p_does_not_change_the_dtype() -> None:
    y, back = ops.dropout(np.ones(4, np.float32), np.float64(0.5), np.random.default_rng(0))
    assert y.dtype == back(y).dtype == np.float32


def test_what_it_refuses() -> None:
    x, rng = np.ones(3), np.random.default_rng(0)
    for p in (1.0, -0.1, float("nan")):
        with refuses(ValueError, f"dropout: p must lie in [0, 1), got {p}."):
            ops.dropout(x, p, rng)
    with refuses(
        TypeError,
        "dropout: rng must be a numpy.random.Generator, such as np.random.default_rng(0), got int.",
    ):
        ops.dropout(x, 0.5, 3)  # type: ignore[arg-type]
    with refuses(
        TypeError,
        "dropout: x must hold floating-point numbers, got dtype int64. Convert it first: x.astype(np.float64).",
    ):
        ops.dropout(np.array([1, 2]), 0.5, rng)
