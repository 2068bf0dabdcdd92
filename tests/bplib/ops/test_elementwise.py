"""Arithmetic, reductions and shape ops on any shapes; conventions by value; what they refuse."""

from __future__ import annotations

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
from tests.bplib.prove import Case, prove

some = settings(max_examples=25, deadline=None)
seeds = st.integers(0, 2**32 - 1)
pairs_of_shapes = hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3)


def refuses(error: type[Exception], text: str) -> Any:
    return pytest.raises(error, match=f"^{re.escape(text)}$")


BINARY: dict[str, Callable[..., Any]] = {
    "add": torch.add,
    "sub": torch.sub,
    "mul": torch.mul,
    "div": torch.div,
    "power": torch.pow,
    "maximum": torch.maximum,
}


@pytest.mark.parametrize("name", BINARY)
@some
@given(shapes=pairs_of_shapes, seed=seeds)
def test_binary_ops_on_any_two_shapes_that_broadcast(name: str, shapes: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = (np.asarray(rng.uniform(0.4, 2.0, shape)) for shape in shapes.input_shapes)
    prove(getattr(ops, name), Case("any", (a, b), BINARY[name]))


@some
@given(shapes=hnp.mutually_broadcastable_shapes(num_shapes=3, max_dims=3, max_side=3), seed=seeds)
def test_where_on_any_three_shapes_that_broadcast(shapes: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    c, a, b = (np.asarray(rng.standard_normal(shape)) for shape in shapes.input_shapes)
    prove(ops.where, Case("any", (np.asarray(c > 0), a, b), torch.where))


REDUCTIONS: dict[str, Callable[..., Any]] = {
    "sum": lambda x, axes, keep: x.sum(axes, keep) if axes else x,
    "mean": lambda x, axes, keep: x.mean(axes, keep) if axes else x,
    "max": lambda x, axes, keep: torch.amax(x, axes, keep) if axes else x,
    "logsumexp": lambda x, axes, keep: torch.logsumexp(x, axes, keep) if axes else x,
}


@pytest.mark.parametrize("name", REDUCTIONS)
@some
@given(data=st.data())
def test_reductions_over_any_axes(name: str, data: st.DataObject) -> None:
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=3, max_side=4))
    axes = data.draw(hnp.valid_tuple_axes(len(shape)))
    keep = data.draw(st.booleans())
    x = np.random.default_rng(data.draw(seeds)).standard_normal(shape)
    case = Case("any", (x,), lambda x: REDUCTIONS[name](x, axes, keep), {"axis": axes, "keepdims": keep})
    prove(getattr(ops, name), case)


@some
@given(data=st.data())
def test_getitem_with_any_basic_index(data: st.DataObject) -> None:
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=3, max_side=4))
    index = data.draw(hnp.basic_indices(shape, allow_newaxis=True))
    x = np.random.default_rng(data.draw(seeds)).standard_normal(shape)
    value, pullback = ops.getitem(x, index)
    np.testing.assert_array_equal(value, x[index])
    d = np.random.default_rng(1).standard_normal(np.shape(value))
    want = np.zeros(shape)
    np.add.at(want, index, d)
    np.testing.assert_array_equal(pullback(d), want)


@some
@given(data=st.data())
def test_getitem_with_any_integer_arrays_accumulates(data: st.DataObject) -> None:
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=3, max_side=3))
    index = data.draw(hnp.integer_array_indices(shape, result_shape=hnp.array_shapes(max_dims=2, max_side=4)))
    x = np.random.default_rng(data.draw(seeds)).standard_normal(shape)
    value, pullback = ops.getitem(x, index)
    d = np.random.default_rng(1).standard_normal(value.shape)
    # one pick after the other, each on its own: nothing that could be added up wrongly
    numbers = np.arange(x.size).reshape(shape)[index]
    want = np.zeros(x.size)
    for place, gradient in zip(numbers.ravel(), d.ravel(), strict=True):
        want[place] += gradient
    np.testing.assert_allclose(pullback(d), want.reshape(shape), rtol=1e-13, atol=1e-13)


@some
@given(data=st.data())
def test_transpose_by_any_permutation(data: st.DataObject) -> None:
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=4, max_side=3))
    order = data.draw(st.permutations(range(len(shape))))
    axes = tuple(a - len(shape) if data.draw(st.booleans()) else a for a in order)
    x = np.random.default_rng(data.draw(seeds)).standard_normal(shape)
    prove(ops.transpose, Case("any", (x, axes), torch.permute))


@some
@given(data=st.data())
def test_concatenate_any_pieces_along_any_axis(data: st.DataObject) -> None:
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=3, max_side=3))
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    sizes = data.draw(st.lists(st.integers(0, 3), min_size=1, max_size=4))
    rng = np.random.default_rng(data.draw(seeds))
    parts = []
    for n in sizes:
        this = list(shape)
        this[axis] = n
        parts.append(rng.standard_normal(this))
    prove(ops.concatenate, Case("any", (parts, axis), torch.cat))


class TestConventions:
    def test_maximum_splits_a_tie_in_halves(self) -> None:
        _, pullback = ops.maximum(np.array([1.0, 2.0, 3.0]), np.array([2.0, 2.0, 2.0]))
        da, db = pullback(np.array([4.0, 4.0, 4.0]))
        np.testing.assert_array_equal(da, [0.0, 2.0, 4.0])
        np.testing.assert_array_equal(db, [4.0, 2.0, 0.0])

    def test_max_shares_a_tie_equally(self) -> None:
        _, pullback = ops.max(np.array([3.0, 1.0, 3.0, 3.0]))
        np.testing.assert_array_equal(pullback(6.0), [2.0, 0.0, 2.0, 2.0])

    def test_power_at_zero_and_below(self) -> None:
        a, b = np.array([0.0, 0.0, 0.0, -2.0, -2.0]), np.array([2.0, 1.0, 0.0, 3.0, -1.0])
        value, pullback = ops.power(a, b)
        np.testing.assert_array_equal(value, [0.0, 0.0, 1.0, -8.0, -0.5])
        da, db = pullback(np.ones(5))
        np.testing.assert_array_equal(da, [0.0, 1.0, 0.0, 12.0, -0.25])
        np.testing.assert_array_equal(db, np.zeros(5))

    def test_the_root_of_zero_has_an_infinite_slope_and_says_so(self) -> None:
        _, pullback = ops.sqrt(np.array([0.0, 4.0]))
        with pytest.warns(RuntimeWarning, match="divide by zero"):
            got = pullback(np.ones(2))
        np.testing.assert_array_equal(got, [np.inf, 0.25])

    def test_logsumexp_far_out(self) -> None:
        for size in (1e4, 1e30, 1e300):
            value, pullback = ops.logsumexp(np.array([size, size, -size]))
            assert value == pytest.approx(size + np.log(2))
            np.testing.assert_array_equal(pullback(1.0), [0.5, 0.5, 0.0])

    def test_logsumexp_with_an_entry_switched_off(self) -> None:
        value, pullback = ops.logsumexp(np.array([1.0, -np.inf]))
        assert value == 1.0
        np.testing.assert_array_equal(pullback(1.0), [1.0, 0.0])


class TestDtypes:
    def test_a_python_number_takes_the_dtype_of_the_array(self) -> None:
        x = np.ones(3, np.float32)
        for op in (ops.add, ops.sub, ops.mul, ops.div, ops.power, ops.maximum):
            for value, pullback in (op(x, 2.0), op(2, x)):
                assert value.dtype == np.float32, op.__name__
                assert [np.asarray(g).dtype for g in pullback(x)] == [np.float32] * 2, op.__name__

    def test_two_numbers_are_float64(self) -> None:
        value, pullback = ops.mul(2, 3.5)
        assert (value, *pullback(1.0)) == (7.0, 3.5, 2.0)

    @pytest.mark.parametrize("name", [*BINARY, "where"])
    def test_arrays_of_two_dtypes_are_refused(self, name: str) -> None:
        a, b = np.ones(2, np.float32), np.ones(2)
        args = (np.ones(2, bool), a, b) if name == "where" else (a, b)
        with refuses(
            TypeError,
            f"{name}: b is float64 but a is float32; use one dtype for both, for example b.astype(a.dtype).",
        ):
            getattr(ops, name)(*args)

    def test_a_float64_scalar_is_an_array_not_a_python_number(self) -> None:
        with pytest.raises(TypeError, match="^mul: b is float64 but a is float32"):
            ops.mul(np.ones(2, np.float32), np.float64(2))
        with pytest.raises(TypeError, match="^mul: b is float32 but a is float64"):
            ops.mul(np.float64(2), np.ones(2, np.float32))


x23 = np.ones((2, 3))

REFUSED: list[tuple[str, Callable[[], Any], type[Exception], str]] = [
    ("no broadcast", lambda: ops.add(x23, np.ones(2)), ValueError,
     "add: shapes (2, 3) (a) and (2,) (b) do not broadcast."),
    ("integers", lambda: ops.mul(x23, np.arange(3)), TypeError,
     "mul: b must hold floating-point numbers, got dtype int64. Convert it first: b.astype(np.float64)."),
    ("where: no booleans", lambda: ops.where(np.ones(3), x23, x23), TypeError,
     "where: condition must hold booleans, got dtype float64."),
    ("where: no broadcast", lambda: ops.where(np.ones(2, bool), x23, x23), ValueError,
     "where: shapes (2,) (condition), (2, 3) (a) and (2, 3) (b) do not broadcast."),
    ("sum: axis", lambda: ops.sum(x23, 2), ValueError,
     "sum: axis 2 does not exist in an array with 2 axes."),
    ("sum: axis twice", lambda: ops.sum(x23, (0, -2)), ValueError,
     "sum: axis (0, -2) names an axis twice."),
    ("mean: nothing", lambda: ops.mean(np.ones((2, 0)), 1), ValueError,
     "mean: there is nothing to average in shape (2, 0) over axes (1,)."),
    ("max: empty", lambda: ops.max(np.ones((2, 0))), ValueError, "max: x of shape (2, 0) is empty."),
    ("logsumexp: empty", lambda: ops.logsumexp(np.ones(0)), ValueError,
     "logsumexp: x of shape (0,) is empty."),
    ("logsumexp: axis", lambda: ops.logsumexp(x23, -3), ValueError,
     "logsumexp: axis -3 does not exist in an array with 2 axes."),
    ("reshape", lambda: ops.reshape(x23, (4, 2)), ValueError,
     "reshape: x of shape (2, 3) (6 numbers) does not fit (4, 2)."),
    ("transpose: too few", lambda: ops.transpose(x23, (0,)), ValueError,
     "transpose: axes (0,) is not a permutation of the 2 axes of x."),
    ("transpose: twice", lambda: ops.transpose(x23, (1, -1)), ValueError,
     "transpose: axes (1, -1) is not a permutation of the 2 axes of x."),
    ("transpose: beyond", lambda: ops.transpose(x23, (0, 3)), ValueError,
     "transpose: axis 3 does not exist in an array with 2 axes."),
    ("concatenate: nothing", lambda: ops.concatenate([]), ValueError, "concatenate: arrays is empty."),
    ("concatenate: one array", lambda: ops.concatenate(x23), TypeError,
     "concatenate: arrays must be a list or tuple of arrays, got ndarray."),
    ("concatenate: shapes", lambda: ops.concatenate([x23, np.ones((2, 4))]), ValueError,
     "concatenate: arrays[1] has shape (2, 4), arrays[0] has (2, 3); they may differ along axis 0 only."),
    ("concatenate: axes", lambda: ops.concatenate([x23, np.ones(3)]), ValueError,
     "concatenate: arrays[1] has shape (3,), arrays[0] has (2, 3); they may differ along axis 0 only."),
    ("concatenate: dtypes", lambda: ops.concatenate([x23, x23.astype(np.float32)]), TypeError,
     "concatenate: arrays[1] is float32 but arrays[0] is float64."),
    ("concatenate: 0-d", lambda: ops.concatenate([1.0, 2.0]), ValueError,
     "concatenate: axis 0 does not exist in an array with 0 axes."),
    ("getitem: outside", lambda: ops.getitem(x23, 2), IndexError,
     "getitem: index 2 is out of bounds for axis 0 with size 2 (x has shape (2, 3))."),
    ("broadcast_to", lambda: ops.broadcast_to(x23, (2, 4)), ValueError,
     "broadcast_to: x of shape (2, 3) cannot be broadcast to (2, 4)."),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "text"), [pytest.param(*r[1:], id=r[0]) for r in REFUSED])
def test_refuses(call: Callable[[], Any], error: type[Exception], text: str) -> None:
    with refuses(error, text):
        call()


CALLS: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(BINARY, (x23, x23)),
    "where": (x23 > 0, x23, x23),
    **dict.fromkeys(("exp", "log", "sqrt", "sum", "mean", "max", "logsumexp", "transpose"), (x23,)),
    "reshape": (x23, (3, 2)),
    "concatenate": ([x23, x23],),
    "getitem": (x23, 0),
    "broadcast_to": (x23, (4, 2, 3)),
}


@pytest.mark.parametrize("name", CALLS)
def test_an_upstream_gradient_of_another_shape_is_refused(name: str) -> None:
    value, pullback = getattr(ops, name)(*CALLS[name])
    with refuses(
        ValueError,
        f"{name}: the upstream gradient must have the shape of the op's value, {value.shape}, "
        f"got {(1, *value.shape)}.",
    ):
        pullback(np.ones((1, *value.shape)))


def test_broadcast_to_takes_a_length() -> None:
    value, pullback = ops.broadcast_to(2.0, 3)
    np.testing.assert_array_equal(value, [2.0, 2.0, 2.0])
    assert pullback(np.array([1.0, 2.0, 3.0])) == 6.0
