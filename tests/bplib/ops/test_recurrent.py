"""rnn, lstm, gru with any sizes, against torch.nn and against the plain versions; extremes; what they refuse."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from bplib import ops
from bplib.check.wrong import recurrent as wrong_recurrent
from bplib.gradcheck import gradcheck
from bplib.ops.plain_recurrent import lstm_plain, rnn_plain
from tests.bplib.cases.recurrent import CASES, arguments, torch_gru, torch_lstm, torch_rnn
from tests.bplib.prove import Case, prove

LAYERS = ["rnn", "lstm", "gru"]
COUNTS = {"rnn": (1, 1, 1), "lstm": (4, 2, 1), "gru": (3, 1, 2)}  # gates, states, biases
LOOPS: dict[str, Callable[..., Any]] = {"rnn": torch_rnn, "lstm": torch_lstm, "gru": torch_gru}
each_layer = pytest.mark.parametrize("name", LAYERS)


def some_arguments(name: str, T: int = 5, N: int = 3, D: int = 2, H: int = 4, seed: int = 0) -> Any:
    return arguments(np.random.default_rng(seed).standard_normal, T, N, D, H, *COUNTS[name])


def by_torch_nn(name: str) -> Callable[..., Any]:
    """The same layer as torch.nn computes it: its weights are our transposes, its gates have our order."""

    def run(x: Any, *rest: Any) -> Any:
        states, weights, biases = (
            rest[: COUNTS[name][1]],
            rest[COUNTS[name][1] :][:2],
            rest[-COUNTS[name][2] :],
        )
        kind = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[name]
        layer = kind(x.shape[2], states[0].shape[1], dtype=torch.float64)
        parameters = {
            "weight_ih_l0": weights[0].T,
            "weight_hh_l0": weights[1].T,
            "bias_ih_l0": biases[0],
            "bias_hh_l0": biases[1] if len(biases) == 2 else torch.zeros_like(biases[0]),
        }
        start = tuple(s[None] for s in states)
        state = start if name == "lstm" else start[0]
        hs, last = torch.func.functional_call(layer, parameters, (x, state))
        return (hs, last[1][0]) if name == "lstm" else hs

    return run


@each_layer
@settings(max_examples=8, deadline=None)
@given(
    T=st.integers(1, 5),
    N=st.integers(0, 3),
    D=st.integers(0, 3),
    H=st.integers(1, 3),
    seed=st.integers(0, 2**32 - 1),
)
def test_any_sizes(name: str, T: int, N: int, D: int, H: int, seed: int) -> None:
    args = some_arguments(name, T, N, D, H, seed)
    prove(getattr(ops, name), Case("any", args, LOOPS[name]))


@each_layer
def test_the_same_as_the_layer_of_torch_nn(name: str) -> None:
    for T, N, D, H in [(5, 3, 2, 4), (1, 1, 3, 2), (7, 2, 4, 3)]:
        prove(getattr(ops, name), Case("torch.nn", some_arguments(name, T, N, D, H), by_torch_nn(name)))


@pytest.mark.parametrize(("fast", "plain"), [(ops.rnn, rnn_plain), (ops.lstm, lstm_plain)])
def test_the_plain_version_is_equal(fast: Any, plain: Any) -> None:
    args = some_arguments(fast.__name__, T=6)
    (value, back), (value_plain, back_plain) = fast(*args), plain(*args)
    outs = zip(*(v if isinstance(v, tuple) else (v,) for v in (value, value_plain)), strict=True)
    r = np.random.default_rng(1).standard_normal
    upstreams = []
    for got, want in outs:
        np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-13)
        upstreams.append(r(got.shape))
    for got, want in zip(back(*upstreams), back_plain(*upstreams), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-12)
    assert gradcheck(plain, *args)


def test_the_plain_lstm_takes_none_for_zero() -> None:
    args = some_arguments("lstm")
    (hs, c), back = lstm_plain(*args)
    for none, zero in [((None, c), (0 * hs, c)), ((hs, None), (hs, 0 * c))]:
        for got, want in zip(back(*none), back(*zero), strict=True):
            np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("case", CASES["lstm"], ids=str)
def test_each_of_the_cells_upstream_gradients_may_be_none(case: Case) -> None:
    (hs, c), back = ops.lstm(*case.args)
    r = np.random.default_rng(2).standard_normal
    dhs, dc = r(hs.shape), r(c.shape)
    both, only_h, only_c = back(dhs, dc), back(dhs, None), back(None, dc)
    for b, h, k in zip(both, only_h, only_c, strict=True):
        np.testing.assert_allclose(b, h + k, rtol=1e-10, atol=1e-12)  # a pullback is linear
    assert all(not g.any() for g in back(None, None))


@each_layer
def test_the_gradient_of_the_data_can_be_left_out(name: str) -> None:
    op, args = getattr(ops, name), some_arguments(name)
    value, back = op(*args)
    upstreams = [np.ones_like(v) for v in (value if isinstance(value, tuple) else (value,))]
    none, *rest = op(*args, need_dx=False)[1](*upstreams)
    assert none is None
    for got, want in zip(rest, back(*upstreams)[1:], strict=True):
        np.testing.assert_array_equal(got, want)


@each_layer
def test_two_halves_are_the_whole(name: str) -> None:
    """A sequence cut in two, the state handed over and the gradient handed back, is the sequence in one."""
    op, n = getattr(ops, name), COUNTS[name][1]
    x, *rest = some_arguments(name, T=6)
    states, weights = rest[:n], rest[n:]
    value, back = op(x, *states, *weights)
    first, back_first = op(x[:4], *states, *weights)
    handed = (first[0][-1], first[1]) if n == 2 else (first[-1],)
    second, back_second = op(x[4:], *handed, *weights)
    hs, hs1, hs2 = (v[0] if n == 2 else v for v in (value, first, second))
    np.testing.assert_allclose(np.concatenate([hs1, hs2]), hs, rtol=1e-12)
    r = np.random.default_rng(3).standard_normal
    dhs, dc = r(hs.shape), [r(hs.shape[1:])] * (n - 1)
    whole = back(dhs, *dc)
    dx2, dh, *more = back_second(dhs[4:], *dc)
    dhs1 = dhs[:4].copy()
    dhs1[-1] += dh
    dx1, *early = back_first(dhs1, *more[: n - 1])
    np.testing.assert_allclose(np.concatenate([dx1, dx2]), whole[0], rtol=1e-10, atol=1e-12)
    for i, want in enumerate(whole[1:]):
        late = 0 if i < n else more[i - 1]
        np.testing.assert_allclose(early[i] + late, want, rtol=1e-10, atol=1e-12)


@each_layer
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1e4, -1e4])
def test_huge_pre_activations_saturate_and_nothing_overflows(name: str, dtype: Any, size: float) -> None:
    *args, b = (a.astype(dtype) for a in some_arguments(name))
    value, back = getattr(ops, name)(*args, np.full_like(b, size))
    outs = value if isinstance(value, tuple) else (value,)
    grads = back(*[np.ones_like(v) for v in outs])
    assert all(np.isfinite(a).all() for a in (*outs, *grads))
    if name == "rnn":
        np.testing.assert_array_equal(value, np.sign(dtype(size)))
    if (
        name == "lstm"
    ):  # gates all open and candidate 1: the cell counts; all shut: it is emptied, and so is h
        steps = np.arange(1, 6)[-1]
        np.testing.assert_allclose(
            outs[1], args[2] + steps if size > 0 else 0 * args[2], rtol=1e-5, atol=1e-6
        )


@each_layer
def test_the_gradients_share_no_memory_with_arguments_or_upstream(name: str) -> None:
    args = some_arguments(name)
    value, back = getattr(ops, name)(*args)
    upstreams = [np.ones_like(v) for v in (value if isinstance(value, tuple) else (value,))]
    for g in back(*upstreams):
        assert not any(np.shares_memory(g, a) for a in (*args, *upstreams))


@pytest.mark.parametrize("name", LAYERS)
def test_the_bank_is_wrong_only_where_it_says_so(name: str) -> None:
    right = getattr(wrong_recurrent, f"_{name}")
    right.differentiable = getattr(ops, name).differentiable
    for case in CASES[name]:
        prove(right, case)


def refuses(error: type[Exception], text: str) -> Any:
    return pytest.raises(error, match=f"^{re.escape(text)}$")


def replaced(name: str, i: int, a: Any) -> list[Any]:
    args = list(some_arguments(name))
    args[i] = a
    return args


@pytest.mark.parametrize(
    ("name", "position", "shape", "text"),
    [
        ("rnn", 0, (5, 3), "rnn: x must have 3 axes (T, N, D), got shape (5, 3)."),
        ("rnn", 0, (0, 3, 2), "rnn: x must hold at least one time step, got shape (0, 3, 2)."),
        (
            "rnn",
            1,
            (1, 4),
            "rnn: h0 must have shape (3, 4) (one row per sequence of x, H = rows of Wh), got (1, 4).",
        ),
        (
            "rnn",
            2,
            (3, 4),
            "rnn: Wx must have shape (2, 4) (one row per feature of x, columns as Wh), got (3, 4).",
        ),
        ("rnn", 3, (4, 5), "rnn: Wh must have shape (H, H), got (4, 5)."),
        ("rnn", 4, (1, 4), "rnn: b must have shape (4,) (one bias for each column of Wh), got (1, 4)."),
        (
            "lstm",
            2,
            (4,),
            "lstm: c0 must have shape (3, 4) (one row per sequence of x, H = rows of Wh), got (4,).",
        ),
        (
            "lstm",
            3,
            (2, 4),
            "lstm: Wx must have shape (2, 16) (one row per feature of x, columns as Wh), got (2, 4).",
        ),
        ("lstm", 3, (16,), "lstm: Wx must have 2 axes (D, 4H), got shape (16,)."),
        ("lstm", 4, (16, 4), "lstm: Wh must have shape (H, 4H), got (16, 4)."),
        ("lstm", 4, (16,), "lstm: Wh must have 2 axes (H, 4H), got shape (16,)."),
        ("lstm", 5, (4,), "lstm: b must have shape (16,) (one bias for each column of Wh), got (4,)."),
        ("gru", 3, (4, 16), "gru: Wh must have shape (H, 3H), got (4, 16)."),
        ("gru", 4, (4,), "gru: bx must have shape (12,) (one bias for each column of Wh), got (4,)."),
        ("gru", 5, (4,), "gru: bh must have shape (12,) (one bias for each column of Wh), got (4,)."),
    ],
)
def test_wrong_shapes(name: str, position: int, shape: tuple[int, ...], text: str) -> None:
    with refuses(ValueError, text):
        getattr(ops, name)(*replaced(name, position, np.zeros(shape)))


def test_wrong_dtypes() -> None:
    mixed = replaced("gru", 5, np.zeros(12, np.float32))
    with refuses(
        TypeError,
        "gru: bh is float32 but x is float64; use one dtype for both, for example bh.astype(x.dtype).",
    ):
        ops.gru(*mixed)
    with refuses(
        TypeError,
        "lstm: x must hold floating-point numbers, got dtype int64. Convert it first: x.astype(np.float64).",
    ):
        ops.lstm(*replaced("lstm", 0, np.zeros((5, 3, 2), np.int64)))


def test_wrong_upstream_gradients() -> None:
    for name in LAYERS:
        args = some_arguments(name)
        _, back = getattr(ops, name)(*args)
        rest = (None,) if name == "lstm" else ()
        with refuses(
            ValueError,
            f"{name}: the upstream gradient must have the shape of the op's value, (5, 3, 4), got (3, 4).",
        ):
            back(np.zeros((3, 4)), *rest)
    _, back = ops.lstm(*some_arguments("lstm"))
    with refuses(
        ValueError,
        "lstm: the upstream gradient must have the shape of the op's value, (3, 4), got (5, 3, 4).",
    ):
        back(None, np.zeros((5, 3, 4)))
