"""Wrong gradients of attention."""

from __future__ import annotations

import inspect
import math
from typing import Any

import numpy as np

from bplib import ops
from bplib.check.wrong import wrong
from bplib.ops._door import unbroadcast


def _t(a: Any) -> Any:
    return a.swapaxes(-1, -2)


def _backward(q: Any, k: Any, v: Any, p: Any, d: Any, scale: float) -> tuple[Any, Any, Any]:
    """The right pullback from given weights p and scale."""
    dp = d @ _t(v)
    ds = p * (dp - (p * dp).sum(-1, keepdims=True)) * scale
    return unbroadcast(ds @ k, q.shape), unbroadcast(_t(ds) @ q, k.shape), unbroadcast(_t(p) @ d, v.shape)


@wrong(
    "scaled_dot_product_attention", "the mask is applied after the softmax: the weights no longer sum to 1"
)
def mask_after_softmax(q: Any, k: Any, v: Any, mask: Any = None) -> Any:
    p = ops.attention_weights(q, k)
    scale = 1 / math.sqrt(q.shape[-1])
    if mask is None:
        return ops.scaled_dot_product_attention(q, k, v)

    def pullback(d: Any) -> Any:
        dp = (d @ _t(v)) * mask
        ds = p * (dp - (p * dp).sum(-1, keepdims=True)) * scale
        return ds @ k, _t(ds) @ q, _t(p * mask) @ d

    return (p * mask) @ v, pullback


@wrong("scaled_dot_product_attention", "positions of padding are attended: the mask is ignored")
def mask_ignored(q: Any, k: Any, v: Any, mask: Any = None) -> Any:
    return ops.scaled_dot_product_attention(q, k, v)


@wrong("scaled_dot_product_attention", "the mask is read the other way round: True is shut out")
def mask_inverted(q: Any, k: Any, v: Any, mask: Any = None) -> Any:
    return ops.scaled_dot_product_attention(q, k, v, None if mask is None else ~mask)


@wrong("scaled_dot_product_attention", "the mask holds in the value but not in the gradient")
def mask_lost_in_backward(q: Any, k: Any, v: Any, mask: Any = None) -> Any:
    value, _ = ops.scaled_dot_product_attention(q, k, v, mask)
    return value, ops.scaled_dot_product_attention(q, k, v)[1]


@wrong(
    "scaled_dot_product_attention", "a query that sees nothing attends to everything equally, not to nothing"
)
def blind_query_attends_to_all(q: Any, k: Any, v: Any, mask: Any = None) -> Any:
    if mask is not None:
        sees = mask.any(axis=-1, keepdims=True)
        q, mask = np.where(np.broadcast_to(sees, (*q.shape[:-1], 1)), q, 0), mask | ~sees
    return ops.scaled_dot_product_attention(q, k, v, mask)


@wrong("scaled_dot_product_attention", "1/√d is lost in the forward pass")
def scale_lost_in_forward(q: Any, k: Any, v: Any, mask: Any = None) -> Any:
    return ops.scaled_dot_product_attention(q * math.sqrt(q.shape[-1]), k, v, mask)


@wrong("scaled_dot_product_attention", "1/√d is in the value but lost in the gradients of q and k")
def scale_lost_in_backward(q: Any, k: Any, v: Any, mask: Any = None) -> Any:
    value, _ = ops.scaled_dot_product_attention(q, k, v, mask)
    p = ops.attention_weights(q, k, mask)
    return value, lambda d: _backward(q, k, v, p, d, 1.0)


@wrong("scaled_dot_product_attention", "divided by d, not by √d")
def scale_without_root(q: Any, k: Any, v: Any, mask: Any = None) -> Any:
    value, back = ops.scaled_dot_product_attention(q / math.sqrt(q.shape[-1]), k, v, mask)

    def pullback(d: Any) -> Any:
        dq, dk, dv = back(d)
        return dq / math.sqrt(q.shape[-1]), dk, dv

    return value, pullback


@wrong("scaled_dot_product_attention", "the softmax runs over the queries, not over the keys")
def softmax_over_queries(q: Any, k: Any, v: Any, mask: Any = None) -> Any:
    scale = 1 / math.sqrt(q.shape[-1])
    scores = (q @ _t(k)) * scale
    if mask is not None:
        scores = np.where(mask, scores, -1e30).astype(q.dtype)
    p, back = ops.softmax(scores, axis=-2)

    def pullback(d: Any) -> Any:
        ds = back(unbroadcast(d @ _t(v), p.shape)) * scale
        return unbroadcast(ds @ k, q.shape), unbroadcast(_t(ds) @ q, k.shape), unbroadcast(_t(p) @ d, v.shape)

    return p @ v, pullback


@wrong("scaled_dot_product_attention", "dv uses the weights untransposed; nothing crashes when Tq equals Tk")
def value_gradient_untransposed(q: Any, k: Any, v: Any, mask: Any = None) -> Any:
    value, back = ops.scaled_dot_product_attention(q, k, v, mask)
    p = ops.attention_weights(q, k, mask)

    def pullback(d: Any) -> Any:
        dq, dk, dv = back(d)
        return dq, dk, p @ d if q.shape[-2] == k.shape[-2] else dv

    return value, pullback


@wrong(
    "scaled_dot_product_attention", "dk uses the scores' gradient untransposed; nothing crashes when Tq = Tk"
)
def key_gradient_untransposed(q: Any, k: Any, v: Any, mask: Any = None) -> Any:
    value, back = ops.scaled_dot_product_attention(q, k, v, mask)
    p = ops.attention_weights(q, k, mask)

    def pullback(d: Any) -> Any:
        dq, dk, dv = back(d)
        if q.shape[-2] != k.shape[-2]:
            return dq, dk, dv
        dp = d @ _t(v)
        ds = p * (dp - (p * dp).sum(-1, keepdims=True)) / math.sqrt(q.shape[-1])
        return dq, ds @ q, dv

    return value, pullback


@wrong("scaled_dot_product_attention", "the softmax's Jacobian is taken to be diagonal: p (1 − p)")
def softmax_diagonal_only(q: Any, k: Any, v: Any, mask: Any = None) -> Any:
    value, back = ops.scaled_dot_product_attention(q, k, v, mask)
    p = ops.attention_weights(q, k, mask)

    def pullback(d: Any) -> Any:
        ds = (d @ _t(v)) * p * (1 - p) / math.sqrt(q.shape[-1])
        return unbroadcast(ds @ k, q.shape), unbroadcast(_t(ds) @ q, k.shape), back(d)[2]

    return value, pullback


@wrong("scaled_dot_product_attention", "the weights are treated as constants: only v gets a gradient")
def weights_constant(q: Any, k: Any, v: Any, mask: Any = None) -> Any:
    value, back = ops.scaled_dot_product_attention(q, k, v, mask)
    return value, lambda d: (np.zeros_like(q), np.zeros_like(k), back(d)[2])


def _signed(function: Any) -> Any:
    """Gives ``*arrays`` the names of the op's arguments: the checker finds the gradients by name."""
    function.__signature__ = inspect.signature(ops.multi_head_attention)
    return function


@wrong("multi_head_attention", "dx_kv comes from the keys alone: the path through the values is lost")
@_signed
def value_path_lost(*arrays: Any, heads: int, mask: Any = None) -> Any:
    value, back = ops.multi_head_attention(*arrays, heads=heads, mask=mask)
    x_q, x_kv, Wq, Wk, Wv, Wo, *biases = arrays
    p = ops.multi_head_weights(x_q, x_kv, Wq, Wk, *biases[:2], heads=heads, mask=mask)

    def pullback(d: Any) -> Any:
        dx_q, dx_kv, *rest = back(d)
        dfound = (d @ Wo.T).reshape(*d.shape[:2], heads, -1).swapaxes(1, 2)
        dv = (_t(p) @ dfound).swapaxes(1, 2).reshape(*x_kv.shape[:2], -1)
        return dx_q, dx_kv - dv @ Wv.T, *rest

    return value, pullback


@wrong("multi_head_attention", "the mask is not handed on to the heads")
@_signed
def heads_unmasked(*arrays: Any, heads: int, mask: Any = None) -> Any:
    return ops.multi_head_attention(*arrays, heads=heads)


@wrong("multi_head_attention", "all columns work as one head: scores are summed over heads, and scaled by √M")
@_signed
def heads_as_one(*arrays: Any, heads: int, mask: Any = None) -> Any:
    return ops.multi_head_attention(
        *arrays, heads=1, mask=mask if mask is None or mask.ndim < 4 else mask[:, :1]
    )


@wrong("multi_head_attention", "the gradients of Wk and Wv are returned in each other's place")
@_signed
def key_and_value_swapped(*arrays: Any, heads: int, mask: Any = None) -> Any:
    value, back = ops.multi_head_attention(*arrays, heads=heads, mask=mask)

    def pullback(d: Any) -> Any:
        dx_q, dx_kv, dWq, dWk, dWv, *rest = back(d)
        return dx_q, dx_kv, dWq, dWv, dWk, *rest

    return value, pullback


@wrong("multi_head_attention", "dWo is taken with the heads before they are joined in the right order")
@_signed
def heads_joined_in_reverse(*arrays: Any, heads: int, mask: Any = None) -> Any:
    value, back = ops.multi_head_attention(*arrays, heads=heads, mask=mask)

    def pullback(d: Any) -> Any:
        *before, dWo = back(d)[:6]
        reverse = dWo.reshape(heads, -1, dWo.shape[1])[::-1].reshape(dWo.shape)
        return *before, reverse, *back(d)[6:]

    return value, pullback
