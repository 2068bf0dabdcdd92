"""What counts as equal, and how a difference is told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from bplib.check.compare import differ, relation, show

ONE = np.array([[1.0, 2.0], [3.0, 4.0]])


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        (ONE, ONE + 1e-9),
        (2.0, np.float64(2.0)),
        (2.0, np.array(2.0)),
        (np.float64(2.0), 2),
        ([1.0, 0.5], np.array([1.0, 0.5])),
        ([1.0, 0.5], (1.0, 0.5)),
        ((ONE, 3.0), [ONE, 3.0]),
        ({"W": ONE}, {"W": ONE.copy()}),
        (np.array([0, 2]), np.array([0, 2], dtype=np.int32)),
        (np.array([np.nan, np.inf]), np.array([np.nan, np.inf])),
        (True, np.bool_(True)),
        (None, None),
        ("relu", "relu"),
        (np.float32([1, 2]), np.float32([1, 2.000001])),
    ],
)
def test_these_are_equal(expected: Any, got: Any) -> None:
    assert differ(expected, got, 1e-6) is None


@pytest.mark.parametrize(
    ("expected", "got", "kind", "words"),
    [
        (ONE, None, "none", "got None"),
        (
            ONE,
            ONE.tolist(),
            "form",
            "got a list of length 2. Its numbers may be right: wrap them in np.array",
        ),
        (ONE, "text", "form", "got 'text'"),
        (ONE, lambda x: x, "form", "got the function"),
        (ONE, np.array([1.0, 2.0]), "shape", "its shape is (2,), expected (2, 2)"),
        (np.ones((2, 3)) * [1, 2, 3], (np.ones((2, 3)) * [1, 2, 3]).T, "shape", "it is the transpose"),
        (np.ones(3), np.ones((3, 1)), "shape", "the numbers in it are right"),
        (ONE, ONE.astype(np.float32), "dtype", "its dtype is float32, expected float64"),
        (ONE.astype(np.float32), ONE, "dtype", "its dtype is float64, expected float32"),
        (ONE, ONE > 0, "dtype", "its dtype is bool"),
        (ONE, np.where(ONE > 3, np.nan, ONE), "nan", "[1, 1]"),
        (ONE, ONE + [[0, 0], [0.5, 0]], "value", "the largest difference stands at [1, 0]"),
        (0.25, 0.5, "value", "difference  0.25"),
        (0.25, [0.25], "form", "expected one number"),
        ((ONE, ONE), ONE, "form", "expected 2 things"),
        ((ONE, ONE), (ONE,), "form", "expected 2 things, got 1"),
        ({"W": ONE}, {"w": ONE}, "form", "keys ['W'], got ['w']"),
        (True, 1, "form", "expected True"),
        (True, False, "form", "expected True, got False"),
    ],
)
def test_these_differ(expected: Any, got: Any, kind: str, words: str) -> None:
    found = differ(expected, got, 1e-6)
    assert found is not None
    assert found.kind == kind
    assert words in found.text


def test_the_place_in_a_structure_is_told() -> None:
    found = differ({"layers": [(ONE, ONE), (ONE, ONE)]}, {"layers": [(ONE, ONE), (ONE, -ONE)]}, 1e-6)
    assert found is not None and found.place == "['layers'][1][1]"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda e: -e, "with its sign turned"),
        (lambda e: 2 * e, "2 times the right one"),
        (lambda e: e / 4, "0.25 times the right one"),
        (lambda e: 0 * e, "zero everywhere"),
        (lambda e: e * e.shape[0], "N times the right one"),
        (lambda e: e + 1, ""),
    ],
)
def test_a_plain_relation_is_told(change: Any, words: str) -> None:
    rng = np.random.default_rng(0)
    right = [rng.normal(size=(3, 2)), rng.normal(size=(5, 4))]
    said = relation(right, [change(e) for e in right], 1e-6)
    assert words in said and bool(words) == bool(said)


def test_large_and_small_numbers_are_shown_without_powers_of_ten_where_they_can_be() -> None:
    assert show(np.array([-1000.0, -0.693147, 0.0])) == "[    -1000, -0.693147,         0]"
    assert show(np.array([1e-12, -0.0])) == "[1e-12,     0]"


ARRAYS = npst.arrays(
    np.float64,
    npst.array_shapes(max_dims=3, max_side=4),
    elements=st.floats(-1e3, 1e3, allow_subnormal=False),
)


@given(ARRAYS, st.integers(0, 10**6), st.floats(1e-3, 10))
def test_any_entry_that_moves_is_found(expected: np.ndarray, at: int, by: float) -> None:
    assert differ(expected, expected.copy(), 1e-6) is None
    index = np.unravel_index(at % expected.size, expected.shape)
    got = expected.copy()
    got[index] += by * max(1.0, float(np.abs(expected).max()))
    found = differ(expected, got, 1e-6)
    assert found is not None and found.index == tuple(int(i) for i in index)
