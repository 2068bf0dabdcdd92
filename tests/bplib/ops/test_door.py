"""What the door refuses, word for word, and what it lets through untouched."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bplib.ops import _door as door


def refuses(error: type[Exception], text: str) -> Any:
    """The whole message, not a part of it."""
    return pytest.raises(error, match=f"^{re.escape(text)}$")


class TestFloats:
    def test_a_floating_array_passes_as_the_same_object(self) -> None:
        for dtype in (np.float32, np.float64, np.complex128):
            x = np.ones((2, 3), dtype)
            assert door.floats("op", "x", x) is x

    @pytest.mark.parametrize("x", [2, 2.5, True, [1, 2], [[1.0], [2.0]], (1, 2.5)])
    def test_numbers_and_lists_become_float64(self, x: Any) -> None:
        got = door.floats("op", "x", x)
        assert got.dtype == np.float64
        np.testing.assert_array_equal(got, x)

    def test_a_float32_scalar_stays_float32(self) -> None:
        assert door.floats("op", "x", np.float32(2)).dtype == np.float32

    def test_integers_are_refused(self) -> None:
        with refuses(
            TypeError,
            "tanh: z must hold floating-point numbers, got dtype int64. Convert it first: z.astype(np.float64).",
        ):
            door.floats("tanh", "z", np.arange(3))

    def test_booleans_are_refused(self) -> None:
        with refuses(
            TypeError,
            "tanh: z must hold floating-point numbers, got dtype bool. Convert it first: z.astype(np.float64).",
        ):
            door.floats("tanh", "z", np.array([True]))

    def test_words_are_refused(self) -> None:
        with pytest.raises(TypeError, match=r"^tanh: z must hold floating-point numbers, got dtype <U2\."):
            door.floats("tanh", "z", ["ab", "c"])

    @pytest.mark.parametrize(("x", "kind"), [("ab", "str"), (None, "NoneType"), ({}, "dict")])
    def test_other_objects_are_refused(self, x: Any, kind: str) -> None:
        with refuses(TypeError, f"tanh: z must be an array or a number, got {kind}."):
            door.floats("tanh", "z", x)

    def test_ragged_lists_are_refused(self) -> None:
        with refuses(ValueError, "tanh: z is a nested list whose rows have different lengths."):
            door.floats("tanh", "z", [[1.0, 2.0], [3.0]])

    def test_the_number_of_axes(self) -> None:
        with refuses(ValueError, "linear: x must have 2 axes (N, D), got shape (3,)."):
            door.floats("linear", "x", np.ones(3), 2, "(N, D)")
        with refuses(ValueError, "linear: x must have 1 axes, got shape ()."):
            door.floats("linear", "x", 1.0, 1)


def test_same_dtype_names_both() -> None:
    with refuses(
        TypeError, "op: W is float64 but x is float32; use one dtype for both, for example W.astype(x.dtype)."
    ):
        door.same_dtype("op", x=np.ones(2, np.float32), b=None, W=np.ones(2))
    door.same_dtype("op", x=np.ones(2, np.float32), b=None, W=np.ones(2, np.float32))
    door.same_dtype("op", x=None)


def test_expect_shape_says_why() -> None:
    with refuses(ValueError, "op: b must have shape (3,) (one for each column), got (2,)."):
        door.expect_shape("op", "b", np.ones(2), (3,), "one for each column")


class TestIntegers:
    def test_pass_as_indices(self) -> None:
        got = door.integers("op", "ids", [[0, 2]], 0, 3, "a class")
        assert got.dtype == np.intp
        np.testing.assert_array_equal(got, [[0, 2]])
        np.testing.assert_array_equal(door.integers("op", "ids", np.array([2], np.uint8), 0, 3, ""), [2])

    def test_an_empty_integer_array_passes(self) -> None:
        assert door.integers("op", "ids", np.zeros((0, 2), int), 0, 3, "a class").shape == (0, 2)

    def test_floats_are_refused(self) -> None:
        with refuses(TypeError, "op: ids must hold integers (a class), got dtype float64."):
            door.integers("op", "ids", np.array([1.0]), 0, 3, "a class")

    def test_the_first_one_outside_is_named_with_its_place(self) -> None:
        with refuses(ValueError, "op: ids[1, 0] is 3, outside 0..2 (a class)."):
            door.integers("op", "ids", [[0, 1], [3, -1]], 0, 3, "a class")
        with refuses(ValueError, "op: ids[2] is -1, outside 0..2 (a class)."):
            door.integers("op", "ids", [0, 1, -1], 0, 3, "a class")

    def test_the_range_that_is_named_is_the_one_that_is_checked(self) -> None:
        with refuses(ValueError, "op: ids[0] is 0, outside 1..2 (a day)."):
            door.integers("op", "ids", [0], 1, 3, "a day")


class TestUpstream:
    def test_the_right_array_passes_as_the_same_object(self) -> None:
        d = np.ones((2, 3))
        assert door.upstream("op", d, (2, 3), d.dtype) is d

    def test_a_number_for_a_number(self) -> None:
        got = door.upstream("op", 1.0, (), np.dtype(np.float32))
        assert (got.dtype, got.shape) == (np.float32, ())
        assert door.upstream("op", np.float64(2), (), np.dtype(np.float64)) == 2.0

    def test_the_dtype_follows_the_value(self) -> None:
        assert door.upstream("op", np.ones(3), (3,), np.dtype(np.float32)).dtype == np.float32

    @pytest.mark.parametrize("d", [np.ones(3), np.ones((1, 3)), 1.0, np.float64(1.0), np.ones((2, 3, 1))])
    def test_another_shape_is_refused_even_if_it_would_broadcast(self, d: Any) -> None:
        got = np.shape(d)
        with refuses(
            ValueError,
            f"op: the upstream gradient must have the shape of the op's value, (2, 3), got {got}.",
        ):
            door.upstream("op", d, (2, 3), np.dtype(np.float64))

    def test_none_is_refused(self) -> None:
        with refuses(TypeError, "op: the upstream gradient is None; pass an array of shape ()."):
            door.upstream("op", None, (), np.dtype(np.float64))


class TestPair:
    def test_an_int_or_a_pair(self) -> None:
        assert door.pair("op", "stride", 2, 1) == (2, 2)
        assert door.pair("op", "stride", (2, np.int64(3)), 1) == (2, 3)
        assert door.pair("op", "stride", [2, 3], 1) == (2, 3)

    @pytest.mark.parametrize("v", [(1, 2, 3), (1,), 1.5, "ab", None, (1.0, 2)])
    def test_anything_else_is_refused(self, v: Any) -> None:
        with refuses(TypeError, f"op: stride must be an int or a pair of ints, got {v!r}."):
            door.pair("op", "stride", v, 1)

    @pytest.mark.parametrize("v", [0, (1, 0), (-1, 2)])
    def test_too_small(self, v: Any) -> None:
        with refuses(ValueError, f"op: stride must be at least 1, got {v!r}."):
            door.pair("op", "stride", v, 1)


def test_normal_axis() -> None:
    assert [door.normal_axis("op", a, 3) for a in (0, 2, -1, -3)] == [0, 2, 2, 0]
    for axis in (3, -4, 1.0, "rows"):
        with refuses(ValueError, f"op: axis {axis!r} does not exist in an array with 3 axes."):
            door.normal_axis("op", axis, 3)  # type: ignore[arg-type]
    with refuses(ValueError, "op: axis 0 does not exist in an array with 0 axes."):
        door.normal_axis("op", 0, 0)


def test_differentiable_leaves_the_function_itself() -> None:
    def op(x: Any) -> Any:
        return x

    assert door.differentiable("x")(op) is op
    assert op.differentiable == ("x",)  # type: ignore[attr-defined]


@settings(max_examples=50, deadline=None)
@given(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=4), st.integers(0, 2**32 - 1))
def test_unbroadcast_is_the_adjoint_of_broadcasting(shapes: Any, seed: int) -> None:
    """⟨d, broadcast(x)⟩ = ⟨unbroadcast(d), x⟩ for every x and d: that is what a pullback has to be."""
    rng = np.random.default_rng(seed)
    x = rng.integers(-9, 9, shapes.input_shapes[0]).astype(float)  # whole numbers: sums are exact
    d = rng.integers(-9, 9, shapes.result_shape).astype(float)
    back = door.unbroadcast(d, x.shape)
    assert back.shape == x.shape
    assert (d * np.broadcast_to(x, d.shape)).sum() == (back * x).sum()


def test_unbroadcast_hands_through_what_was_not_broadcast() -> None:
    d = np.ones((2, 3))
    assert door.unbroadcast(d, (2, 3)) is d
