"""Attention of any size under any mask, far-out scores, the maps, and what it refuses."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bplib import ops
from bplib.gradcheck import gradcheck
from bplib.tape import Tensor, apply
from tests.bplib.cases.attention import attention, by_rows, many_heads
from tests.bplib.prove import Case, prove

some = settings(max_examples=12, deadline=None)
small = st.integers(1, 4)
seeds = st.integers(0, 2**32 - 1)
rng = np.random.default_rng(0)
r = rng.standard_normal


def refuses(error: type[Exception], text: str) -> Any:
    return pytest.raises(error, match=f"^{re.escape(text)}$")


@some
@given(lead=st.lists(small, max_size=2), sizes=st.tuples(small, small, small, small), seed=seeds)
def test_attention_of_any_size(lead: list[int], sizes: tuple[int, ...], seed: int) -> None:
    Tq, Tk, d, dv = sizes
    r = np.random.default_rng(seed).standard_normal
    args = (r((*lead, Tq, d)), r((*lead, Tk, d)), r((*lead, Tk, dv)))
    prove(ops.scaled_dot_product_attention, Case("any", args, attention))


@some
@given(Tq=small, Tk=small, seed=seeds)
def test_any_mask_even_one_that_hides_everything(Tq: int, Tk: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    r = rng.standard_normal
    args = (r((Tq, 3)), r((Tk, 3)), r((Tk, 2)), rng.random((Tq, Tk)) < 0.5)
    prove(ops.scaled_dot_product_attention, Case("any", args, by_rows))


@some
@given(
    sizes=st.tuples(small, small, small), heads=st.sampled_from([1, 2, 4]), masked=st.booleans(), seed=seeds
)
def test_many_heads_of_any_size(sizes: tuple[int, ...], heads: int, masked: bool, seed: int) -> None:
    N, Tq, Tk = sizes
    rng = np.random.default_rng(seed)
    r = rng.standard_normal
    mask = rng.random((N, 1, Tq, Tk)) < 0.6
    mask[..., 0] = True  # PyTorch gives NaN to a query that sees nothing
    arrays = (r((N, Tq, 4)), r((N, Tk, 4)), *(0.7 * r((4, 4)) for _ in range(4)), *(r(4) for _ in range(4)))
    kwargs = {"heads": heads, "mask": mask} if masked else {"heads": heads}
    fn = many_heads(heads, mask if masked else None)
    prove(ops.multi_head_attention, Case("any", arrays, fn, kwargs))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_far_out_scores(dtype: Any) -> None:
    """Scores of ±1e4 and a hidden one larger still: the visible keys alone are compared."""
    q, k = np.array([[1.0]], dtype), np.array([[1e4], [-1e4], [3e4]], dtype)
    v = np.array([[1.0], [2.0], [3.0]], dtype)
    out, back = ops.scaled_dot_product_attention(q, k, v, np.array([True, True, False]))
    assert out.dtype == dtype
    np.testing.assert_array_equal(out, [[1.0]])
    dq, dk, dv = back(np.ones((1, 1), dtype))
    np.testing.assert_array_equal(dv[:, 0], [1, 0, 0])
    assert not dq.any()
    assert not dk.any()
    low, _ = ops.scaled_dot_product_attention(q, k, v, np.array([False, True, False]))
    np.testing.assert_array_equal(low, [[2.0]])


class TestMask:
    def test_what_is_hidden_gets_no_gradient_and_does_not_matter(self) -> None:
        q, k, v, mask = r((3, 2)), r((4, 2)), r((4, 2)), np.array([True, True, False, True])
        out, back = ops.scaled_dot_product_attention(q, k, v, mask)
        _, dk, dv = back(r(out.shape))
        np.testing.assert_array_equal(dk[2], 0)
        np.testing.assert_array_equal(dv[2], 0)
        k[2], v[2] = 1e6, -1e6
        np.testing.assert_array_equal(ops.scaled_dot_product_attention(q, k, v, mask)[0], out)

    def test_a_query_that_sees_nothing_gets_zeros(self) -> None:
        mask = np.array([[True, False], [False, False]])
        out, back = ops.scaled_dot_product_attention(r((2, 3)), r((2, 3)), r((2, 4)), mask)
        np.testing.assert_array_equal(out[1], 0)
        only_blind = np.array([[0.0], [1.0]]) * r((1, 4))
        assert not any(g.any() for g in back(only_blind))

    def test_in_a_causal_mask_the_future_does_not_matter(self) -> None:
        x, W = r((1, 5, 4)), [r((4, 4)) for _ in range(4)]
        causal = np.tril(np.ones((5, 5), bool))
        before, _ = ops.multi_head_attention(x, x, *W, heads=2, mask=causal)
        x[0, 3:] += 1
        after, _ = ops.multi_head_attention(x, x, *W, heads=2, mask=causal)
        np.testing.assert_array_equal(before[0, :3], after[0, :3])
        assert (before[0, 3:] != after[0, 3:]).all()


class TestMaps:
    def test_rows_sum_to_one_and_make_the_value(self) -> None:
        q, k, v = r((2, 3, 4)), r((2, 5, 4)), r((2, 5, 2))
        weights = ops.attention_weights(q, k)
        assert weights.shape == (2, 3, 5)
        np.testing.assert_allclose(weights.sum(-1), 1, rtol=1e-14)
        np.testing.assert_allclose(weights @ v, ops.scaled_dot_product_attention(q, k, v)[0], rtol=1e-13)

    def test_maps_of_many_heads_are_the_ones_that_were_used(self) -> None:
        x, y, mask = r((2, 3, 4)), r((2, 5, 4)), np.arange(5) < 4
        Wq, Wk, Wv, Wo = (r((4, 4)) for _ in range(4))
        bq, bk = r(4), r(4)
        weights = ops.multi_head_weights(x, y, Wq, Wk, bq, bk, heads=2, mask=mask)
        assert weights.shape == (2, 2, 3, 5)
        assert not weights[..., 4].any()
        values = (y @ Wv).reshape(2, 5, 2, 2).swapaxes(1, 2)
        by_hand = (weights @ values).swapaxes(1, 2).reshape(2, 3, 4) @ Wo
        out, _ = ops.multi_head_attention(x, y, Wq, Wk, Wv, Wo, bq, bk, heads=2, mask=mask)
        np.testing.assert_allclose(out, by_hand, rtol=1e-12)


def test_self_attention_on_the_tape_adds_both_gradients() -> None:
    """x is used twice; the tape adds what comes back, and differences agree."""
    x, W = r((2, 3, 4)), [0.5 * r((4, 4)) for _ in range(4)]
    t = Tensor(x)
    out = apply(ops.multi_head_attention, t, t, *W, heads=2)
    d = r(out.shape)
    out.backward(d)
    dx_q, dx_kv, *_ = ops.multi_head_attention(x, x, *W, heads=2)[1](d)
    np.testing.assert_allclose(t.grad, dx_q + dx_kv, rtol=1e-13)
    gradcheck(lambda x: apply(ops.multi_head_attention, x, x, *W, heads=2), x).require()


class TestRefuses:
    def test_shapes_that_do_not_fit(self) -> None:
        op, name = ops.scaled_dot_product_attention, "scaled_dot_product_attention"
        with refuses(
            ValueError, f"{name}: q (3, 4) and k (5, 2) do not fit: expected (..., Tq, d) and (..., Tk, d)."
        ):
            op(r((3, 4)), r((5, 2)), r((5, 2)))
        with refuses(
            ValueError, f"{name}: v (4, 2) and k (5, 4) do not fit: expected (..., Tk, dv) and (..., Tk, d)."
        ):
            op(r((3, 4)), r((5, 4)), r((4, 2)))
        axes = f"{name}: the axes before the last two do not broadcast"
        with refuses(ValueError, f"{axes}: q (2, 3, 4), k (3, 5, 4)."):
            op(r((2, 3, 4)), r((3, 5, 4)), r((2, 5, 4)))
        with refuses(ValueError, f"{axes}: q (2, 3, 4), k (1, 5, 4), v (3, 5, 4)."):
            op(r((2, 3, 4)), r((1, 5, 4)), r((3, 5, 4)))
        with refuses(ValueError, f"{name}: q (3, 4) and k (0, 4) need at least one feature and one key."):
            op(r((3, 4)), r((0, 4)), r((0, 4)))

    def test_masks(self) -> None:
        name = "scaled_dot_product_attention"
        q = r((2, 3, 4))
        with refuses(TypeError, f"{name}: mask must hold booleans (True = may attend), got dtype int64."):
            ops.scaled_dot_product_attention(q, q, q, np.ones((3, 3), int))
        with refuses(
            ValueError,
            f"{name}: mask of shape (4, 3) does not broadcast to the scores' shape (2, 3, 3), (..., Tq, Tk).",
        ):
            ops.scaled_dot_product_attention(q, q, q, np.ones((4, 3), bool))
        W = [r((4, 4)) for _ in range(4)]
        with refuses(
            ValueError,
            "multi_head_attention: mask of shape (2, 3) does not broadcast to the scores' shape (2, 2, 3, 3), "
            "(..., Tq, Tk).",
        ):
            ops.multi_head_attention(q, q, *W, heads=2, mask=np.ones((2, 3), bool))

    def test_many_heads(self) -> None:
        op, name = ops.multi_head_attention, "multi_head_attention"
        x, W = r((2, 3, 4)), r((4, 4))
        with refuses(ValueError, f"{name}: the 4 columns of Wq do not divide into 3 heads."):
            op(x, x, W, W, W, W, heads=3)
        with refuses(ValueError, f"{name}: heads must be an int of at least 1, got 0."):
            op(x, x, W, W, W, W, heads=0)
        with refuses(ValueError, f"{name}: x_q must have 3 axes (N, T, D), got shape (3, 4)."):
            op(x[0], x, W, W, W, W, heads=2)
        with refuses(
            ValueError,
            f"{name}: x_kv (2, 3, 4) and Wk (5, 4) do not fit: x_kv has 4 features, Wk has 5 rows.",
        ):
            op(x, x, W, r((5, 4)), W, W, heads=2)
        with refuses(ValueError, f"{name}: Wq (4, 4) and Wk (4, 2) must have equally many columns."):
            op(x, x, W, r((4, 2)), W, W, heads=2)
        with refuses(
            ValueError,
            f"{name}: the joined heads (2, 3, 4) and Wo (6, 4) do not fit: the joined heads has 4 features, "
            "Wo has 6 rows.",
        ):
            op(x, x, W, W, W, r((6, 4)), heads=2)
        with refuses(ValueError, f"{name}: x_q (2, 3, 4) and x_kv (1, 3, 4) differ in the batch axis N."):
            op(x, x[:1], W, W, W, W, heads=2)
        with refuses(
            ValueError, f"{name}: bv must have shape (4,) (one bias for each column of Wv), got (3,)."
        ):
            op(x, x, W, W, W, W, None, None, r(3), heads=2)
        with refuses(
            TypeError,
            f"{name}: Wv is float32 but x_kv is float64; use one dtype for both, for example Wv.astype(x_kv.dtype).",
        ):
            op(x, x, W, W, W.astype(np.float32), W, heads=2)

    def test_upstream_of_another_shape(self) -> None:
        x, W = r((2, 3, 4)), r((4, 4))
        for name, (_, back) in {
            "scaled_dot_product_attention": ops.scaled_dot_product_attention(x, x, x),
            "multi_head_attention": ops.multi_head_attention(x, x, W, W, W, W, heads=2),
        }.items():
            with refuses(
                ValueError,
                f"{name}: the upstream gradient must have the shape of the op's value, (2, 3, 4), got (3, 4).",
            ):
                back(x[0])
