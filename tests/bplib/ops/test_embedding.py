"""Embedding of ids of any shape; the scatter-add against a plain loop; what it refuses."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from torch.nn import functional as F

from bplib import ops
from tests.bplib.prove import Case, prove


def refuses(error: type[Exception], text: str) -> Any:
    return pytest.raises(error, match=f"^{re.escape(text)}$")


@settings(max_examples=20, deadline=None)
@given(
    shape=hnp.array_shapes(min_dims=0, max_dims=3, max_side=4),
    rows=st.integers(1, 5),
    width=st.integers(1, 4),
    seed=st.integers(0, 2**32 - 1),
)
def test_ids_of_any_shape(shape: tuple[int, ...], rows: int, width: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    ids = np.asarray(rng.integers(0, rows, shape))
    prove(ops.embedding, Case("any", (ids, rng.standard_normal((rows, width))), F.embedding))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_fast_sum_is_that_of_a_plain_loop(dtype: Any) -> None:
    rng = np.random.default_rng(0)
    ids, E = rng.integers(0, 20, (30, 10)), rng.standard_normal((25, 8)).astype(dtype)
    value, back = ops.embedding(ids, E)
    d = rng.standard_normal(value.shape).astype(dtype)
    want = np.zeros_like(E)
    for i, row in zip(ids.ravel(), d.reshape(-1, 8), strict=True):
        want[i] += row
    np.testing.assert_array_equal(back(d), want)
    np.testing.assert_array_equal(value, E[ids])


def test_no_ids_at_all() -> None:
    value, back = ops.embedding(np.zeros((0, 3), int), np.ones((4, 2)))
    assert value.shape == (0, 3, 2)
    np.testing.assert_array_equal(back(value), np.zeros((4, 2)))


def test_a_later_change_of_the_table_does_not_reach_the_value() -> None:
    E = np.ones((3, 2))
    value, _ = ops.embedding([0, 2], E)
    E[:] = 5
    np.testing.assert_array_equal(value, 1)


def test_what_it_refuses() -> None:
    E = np.ones((4, 2))
    with refuses(ValueError, "embedding: ids[1, 0] is 4, outside 0..3 (rows of E (4, 2))."):
        ops.embedding(np.array([[0, 1], [4, 9]]), E)
    with refuses(ValueError, "embedding: ids[0] is -1, outside 0..3 (rows of E (4, 2))."):
        ops.embedding([-1], E)
    with refuses(TypeError, "embedding: ids must hold integers (rows of E (4, 2)), got dtype float64."):
        ops.embedding(np.array([1.0]), E)
    with refuses(ValueError, "embedding: E must have 2 axes (V, D), got shape (4,)."):
        ops.embedding([0], np.ones(4))
    with refuses(
        ValueError,
        "embedding: the upstream gradient must have the shape of the op's value, (3, 2), got (2,).",
    ):
        ops.embedding([0, 1, 1], E)[1](np.ones(2))
