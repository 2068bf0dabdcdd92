"""Attention: each query takes a weighted mean of the values, the weights from how well its key fits.

A mask is boolean, True where a query may attend to a key; it is applied *before* the softmax. A query that may
attend to nothing gets zeros and sends no gradient back (0/0, and NaN in PyTorch, otherwise).
"""

from __future__ import annotations

import math

import numpy as np

from bplib.ops._door import (
    Array,
    ArrayLike,
    Pullback,
    differentiable,
    expect_shape,
    floats,
    plain,
    same_dtype,
    unbroadcast,
    upstream,
    whole,
)
from bplib.ops.linear import linear


def _mask(op: str, mask: ArrayLike, shape: tuple[int, ...]) -> Array:
    mask = plain(op, "mask", mask)
    if mask.dtype != np.bool_:
        raise TypeError(f"{op}: mask must hold booleans (True = may attend), got dtype {mask.dtype}.")
    try:
        return np.broadcast_to(mask, shape)
    except ValueError:
        raise ValueError(
            f"{op}: mask of shape {mask.shape} does not broadcast to the scores' shape {shape}, (..., Tq, Tk)."
        ) from None


def _weights(op: str, q: Array, k: Array, mask: ArrayLike | None) -> Array:
    """softmax(q kᵀ / √d) over the keys, (..., Tq, Tk), 0 where the mask is False."""
    p = (q * (1 / math.sqrt(q.shape[-1]))) @ k.swapaxes(
        -1, -2
    )  # scaling q is cheaper than scaling the scores
    if mask is not None:
        np.copyto(p, -np.inf, where=~_mask(op, mask, p.shape))
    top = p.real.max(axis=-1, keepdims=True)
    if mask is not None:
        top[top == -np.inf] = 0  # a row with no key: e^(−∞ − 0) = 0
    p -= top
    np.exp(p, out=p)
    total = p @ np.ones((p.shape[-1], 1), p.dtype)
    if mask is not None:
        total[total == 0] = 1
    p /= total
    return p


def _queries_and_keys(op: str, q: ArrayLike, k: ArrayLike) -> tuple[Array, Array]:
    q, k = floats(op, "q", q), floats(op, "k", k)
    same_dtype(op, q=q, k=k)
    if q.ndim < 2 or k.ndim < 2 or q.shape[-1] != k.shape[-1]:
        raise ValueError(
            f"{op}: q {q.shape} and k {k.shape} do not fit: expected (..., Tq, d) and (..., Tk, d)."
        )
    if not q.shape[-1] or not k.shape[-2]:
        raise ValueError(f"{op}: q {q.shape} and k {k.shape} need at least one feature and one key.")
    _batch(op, q=q, k=k)
    return q, k


def _batch(op: str, **arrays: Array) -> None:
    try:
        np.broadcast_shapes(*(a.shape[:-2] for a in arrays.values()))
    except ValueError:
        shapes = ", ".join(f"{name} {a.shape}" for name, a in arrays.items())
        raise ValueError(f"{op}: the axes before the last two do not broadcast: {shapes}.") from None


def attention_weights(q: ArrayLike, k: ArrayLike, mask: ArrayLike | None = None) -> Array:
    """The attention map alone, for looking at: q (..., Tq, d), k (..., Tk, d); weights (..., Tq, Tk).

    Rows sum to 1; the row of a query that may attend to nothing is 0. No pullback: it is not an op.
    """
    q, k = _queries_and_keys("attention_weights", q, k)
    return _weights("attention_weights", q, k, mask)


@differentiable("q", "k", "v")
def scaled_dot_product_attention(
    q: ArrayLike, k: ArrayLike, v: ArrayLike, mask: ArrayLike | None = None
) -> tuple[Array, Pullback]:
    """softmax(q kᵀ / √d) v.

    q: (..., Tq, d), k: (..., Tk, d), v: (..., Tk, dv); value: (..., Tq, dv). The axes before the last two
    broadcast. mask: boolean, broadcastable to (..., Tq, Tk), True = may attend. A query that may attend to
    nothing gets zeros.
    """
    op = "scaled_dot_product_attention"
    q, k = _queries_and_keys(op, q, k)
    v = floats(op, "v", v)
    same_dtype(op, q=q, v=v)
    if v.ndim < 2 or v.shape[-2] != k.shape[-2]:
        raise ValueError(
            f"{op}: v {v.shape} and k {k.shape} do not fit: expected (..., Tk, dv) and (..., Tk, d)."
        )
    _batch(op, q=q, k=k, v=v)
    p = _weights(op, q, k, mask)
    out = p @ v
    shape, dtype, scale = out.shape, out.dtype, 1 / math.sqrt(q.shape[-1])

    def pullback(d: ArrayLike) -> tuple[Array, Array, Array]:
        d = upstream(op, d, shape, dtype)
        dv = p.swapaxes(-1, -2) @ d
        ds = d @ v.swapaxes(-1, -2)  # dp, turned into the gradient of the scores in place
        # Minus the p-weighted mean of dp. Σ d·out is the same number, but not to the last digit: with a single key
        # the gradient of the scores must be 0 exactly.
        ds -= (ds[..., None, :] @ p[..., None])[..., 0]
        ds *= p
        dq = ds @ k
        dq *= scale
        dk = ds.swapaxes(-1, -2) @ q
        dk *= scale
        return unbroadcast(dq, q.shape), unbroadcast(dk, k.shape), unbroadcast(dv, v.shape)

    return out, pullback


def _linear_inputs(
    op: str, x_name: str, x: ArrayLike, W_name: str, W: ArrayLike, b: ArrayLike
) -> list[Array]:
    """One projection's arrays, checked: x (N, T, D), W (D, M), b (M,) or None."""
    x = floats(op, x_name, x, 3, "(N, T, D)")
    W = floats(op, W_name, W, 2, "(D, M)")
    if x.shape[2] != W.shape[0]:
        raise ValueError(
            f"{op}: {x_name} {x.shape} and {W_name} {W.shape} do not fit: "
            f"{x_name} has {x.shape[2]} features, {W_name} has {W.shape[0]} rows."
        )
    if b is not None:
        b_name = f"b{W_name[1:]}"
        b = floats(op, b_name, b)
        expect_shape(op, b_name, b, (W.shape[1],), f"one bias for each column of {W_name}")
        same_dtype(op, **{x_name: x, b_name: b})
    same_dtype(op, **{x_name: x, W_name: W})
    return [x, W, b]


def _check_heads(op: str, heads: int, **weights: Array) -> None:
    whole(op, "heads", heads, 1)
    for name, W in weights.items():
        if W.shape[1] % heads:
            raise ValueError(f"{op}: the {W.shape[1]} columns of {name} do not divide into {heads} heads.")


def _project(x: Array, W: Array, b: Array | None, heads: int) -> tuple[Array, Pullback]:
    """x W + b, its columns dealt out to the heads: x (N, T, D), W (D, M); value (N, heads, T, M/heads)."""
    (N, T, D), M = x.shape, W.shape[1]
    z, back = linear(x.reshape(-1, D), W, b)

    def pullback(d: Array) -> tuple[Array, ...]:
        dx, *rest = back(d.swapaxes(1, 2).reshape(-1, M))
        return dx.reshape(N, T, D), *rest

    return z.reshape(N, T, heads, -1).swapaxes(1, 2), pullback


def multi_head_weights(
    x_q: ArrayLike,
    x_kv: ArrayLike,
    Wq: ArrayLike,
    Wk: ArrayLike,
    bq: ArrayLike | None = None,
    bk: ArrayLike | None = None,
    *,
    heads: int,
    mask: ArrayLike | None = None,
) -> Array:
    """The attention maps of ``multi_head_attention``, (N, heads, Tq, Tk), for looking at. No pullback."""
    op = "multi_head_weights"
    x_q, Wq, bq = _linear_inputs(op, "x_q", x_q, "Wq", Wq, bq)
    x_kv, Wk, bk = _linear_inputs(op, "x_kv", x_kv, "Wk", Wk, bk)
    _check_heads(op, heads, Wq=Wq, Wk=Wk)
    return _weights(
        op, *_queries_and_keys(op, _project(x_q, Wq, bq, heads)[0], _project(x_kv, Wk, bk, heads)[0]), mask
    )


@differentiable("x_q", "x_kv", "Wq", "Wk", "Wv", "Wo", "bq", "bk", "bv", "bo")
def multi_head_attention(
    x_q: ArrayLike,
    x_kv: ArrayLike,
    Wq: ArrayLike,
    Wk: ArrayLike,
    Wv: ArrayLike,
    Wo: ArrayLike,
    bq: ArrayLike | None = None,
    bk: ArrayLike | None = None,
    bv: ArrayLike | None = None,
    bo: ArrayLike | None = None,
    *,
    heads: int,
    mask: ArrayLike | None = None,
) -> tuple[Array, Pullback]:
    """Attention in several heads: each works on its own columns of Wq, Wk, Wv; Wo mixes what they found.

    x_q: (N, Tq, D) asks, x_kv: (N, Tk, E) answers; Wq: (D, M), Wk: (E, M), Wv: (E, V), Wo: (V, O), with M and V
    divisible by ``heads``; biases (M,), (M,), (V,), (O,) or None. Value: (N, Tq, O). mask: boolean,
    broadcastable to (N, heads, Tq, Tk), True = may attend: (Tq, Tk) for causal, (N, 1, 1, Tk) for padding.

    The pullback returns one gradient for each array given, in order. Self-attention passes the same x
    twice, and its gradient is the sum of the first two: x is a node that is used twice.
    """
    op = "multi_head_attention"
    x_q, Wq, bq = _linear_inputs(op, "x_q", x_q, "Wq", Wq, bq)
    x_kv, Wk, bk = _linear_inputs(op, "x_kv", x_kv, "Wk", Wk, bk)
    _, Wv, bv = _linear_inputs(op, "x_kv", x_kv, "Wv", Wv, bv)
    _check_heads(op, heads, Wq=Wq, Wk=Wk, Wv=Wv)
    same_dtype(op, x_q=x_q, x_kv=x_kv)
    (N, Tq, _), Tk = x_q.shape, x_kv.shape[1]
    if x_kv.shape[0] != N:
        raise ValueError(f"{op}: x_q {x_q.shape} and x_kv {x_kv.shape} differ in the batch axis N.")
    if Wq.shape[1] != Wk.shape[1]:
        raise ValueError(f"{op}: Wq {Wq.shape} and Wk {Wk.shape} must have equally many columns.")
    if mask is not None:
        mask = _mask(op, mask, (N, heads, Tq, Tk))

    q, back_q = _project(x_q, Wq, bq, heads)
    k, back_k = _project(x_kv, Wk, bk, heads)
    v, back_v = _project(x_kv, Wv, bv, heads)
    found, back_attention = scaled_dot_product_attention(q, k, v, mask)
    joined = found.swapaxes(1, 2).reshape(N, Tq, -1)
    joined, Wo, bo = _linear_inputs(op, "the joined heads", joined, "Wo", Wo, bo)
    out, back_o = _project(joined, Wo, bo, 1)
    dtype, shape, dealt = out.dtype, (N, Tq, Wo.shape[1]), (N, Tq, heads, -1)

    def pullback(d: ArrayLike) -> tuple[Array, ...]:
        d = upstream(op, d, shape, dtype)
        djoined, dWo, *dbo = back_o(d[:, None])
        dq, dk, dv = back_attention(djoined.reshape(dealt).swapaxes(1, 2))
        dx_q, dWq, *dbq = back_q(dq)
        dx_k, dWk, *dbk = back_k(dk)
        dx_v, dWv, *dbv = back_v(dv)
        return dx_q, dx_k + dx_v, dWq, dWk, dWv, dWo, *dbq, *dbk, *dbv, *dbo

    return out.reshape(shape), pullback
