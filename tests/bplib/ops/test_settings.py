"""Settings, shapes, indices and labels that make no sense: each refused by name, none with NumPy's raw error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bplib import ops
from bplib.tape import Tensor

rng = np.random.default_rng(70)
x = rng.standard_normal((2, 3))
image, kernel = rng.standard_normal((1, 2, 4, 4)), rng.standard_normal((2, 2, 2, 2))
draw = np.random.default_rng(0)
eye, one, zero = np.eye(3), np.ones(3), np.zeros(3)

NUMBERS: dict[str, Callable[[Any], Any]] = {
    "leaky_relu: alpha": lambda v: ops.leaky_relu(x, v),
    "elu: alpha": lambda v: ops.elu(x, v),
    "huber_loss: delta": lambda v: ops.huber_loss(x, x, v),
    "hinge_loss: margin": lambda v: ops.hinge_loss(x, [0, 1], v),
    "softmax_cross_entropy: label_smoothing": lambda v: ops.softmax_cross_entropy(x, [0, 1], v),
    "dropout: p": lambda v: ops.dropout(x, v, draw),
    "layer_norm: eps": lambda v: ops.layer_norm(x, one, zero, v),
    "batch_norm: eps": lambda v: ops.batch_norm(x, one, zero, v),
    "batch_norm_inference: eps": lambda v: ops.batch_norm_inference(x, one, zero, zero, one, v),
}
COUNTS: dict[str, Callable[[Any], Any]] = {
    "multi_head_attention: heads": lambda v: ops.multi_head_attention(
        x[None], x[None], eye, eye, eye, eye, heads=v
    ),
    "conv2d: groups": lambda v: ops.conv2d(image, kernel, groups=v),
    "conv2d: stride": lambda v: ops.conv2d(image, kernel, stride=v),
    "max_pool2d: kernel": lambda v: ops.max_pool2d(image, v),
}
OTHERS: dict[str, Callable[[Any], Any]] = {
    "reshape: ": lambda v: ops.reshape(x, v),
    "transpose: ax": lambda v: ops.transpose(x, v),
    "broadcast_to: ": lambda v: ops.broadcast_to(x, v),
    "getitem: ": lambda v: ops.getitem(x, v),
    "softmax: axis": lambda v: ops.softmax(x, v),
    "sum: axis": lambda v: ops.sum(x, v),
    "concatenate: axis": lambda v: ops.concatenate([x, x], v),
    "mse_loss: target": lambda v: ops.mse_loss(x, v),
    "softmax_cross_entropy: labels": lambda v: ops.softmax_cross_entropy(x, v),
    "embedding: ids": lambda v: ops.embedding(v, x),
    "where: condition": lambda v: ops.where(v, x, x),
    "scaled_dot_product_attention: mask": lambda v: ops.scaled_dot_product_attention(x, x, x, v),
    "mse_loss: reduction": lambda v: ops.mse_loss(x, x, reduction=v),
    "gelu: approximate": lambda v: ops.gelu(x, v),
    "dropout: training": lambda v: ops.dropout(x, 0.5, draw, v),
}


def refuses(start: str, call: Callable[[Any], Any], junk: Any) -> None:
    with pytest.raises((TypeError, ValueError, IndexError)) as caught:
        call(junk)
    assert str(caught.value).startswith(start), str(caught.value)


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize(
    "junk", [None, "a", True, np.nan, np.inf, np.ones(2), [0.5], {}, 10**400, 1j, Tensor(0.5)]
)
def test_a_setting_is_one_finite_number(name: str, junk: Any) -> None:
    refuses(name + " must ", NUMBERS[name], junk)


@pytest.mark.parametrize("name", [n for n in NUMBERS if "alpha" not in n])
def test_a_setting_is_not_negative(name: str) -> None:
    refuses(name + " must ", NUMBERS[name], -0.5)


@pytest.mark.parametrize("name", NUMBERS)
def test_numpy_numbers_are_numbers(name: str) -> None:
    value, _ = NUMBERS[name](np.float32(0.5))
    assert np.asarray(value).dtype == np.float64


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize("junk", [None, "a", True, 0, -1, 1.0, np.ones(2), {}])
def test_a_count_is_a_positive_int(name: str, junk: Any) -> None:
    refuses(name + " must be ", COUNTS[name], junk)


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("junk", ["a", 1.5, {}, [[1, 2], [3]], (2.0, 3), np.ones(5), 1j])
def test_what_is_no_shape_index_label_or_word(name: str, junk: Any) -> None:
    refuses(name, OTHERS[name], junk)


def test_an_empty_list_holds_no_labels_and_no_ids() -> None:
    assert ops.embedding([], x)[0].shape == (0, 3)
    assert ops.softmax_cross_entropy(np.ones((0, 3)), [], reduction="sum")[0] == 0.0
    with pytest.raises(ValueError, match=r"^softmax_cross_entropy: there is nothing to average"):
        ops.softmax_cross_entropy(np.ones((0, 3)), [])


RAGGED = [[1.0, 2.0], [3.0]]


@pytest.mark.parametrize(
    ("says", "call"),
    [
        ("batch_norm: x", lambda: ops.batch_norm(RAGGED, one, zero)),
        ("batch_norm_inference: x", lambda: ops.batch_norm_inference(RAGGED, one, zero, zero, one)),
        ("layer_norm: gamma", lambda: ops.layer_norm(x, RAGGED, zero)),
        ("concatenate: arrays[1]", lambda: ops.concatenate([x, RAGGED])),
        ("matmul: b", lambda: ops.matmul(x, RAGGED)),
        ("rnn: h0", lambda: ops.rnn(x[None], RAGGED, eye, eye, zero)),
        ("tanh: the upstream gradient", lambda: ops.tanh(x)[1](RAGGED)),
    ],
)
def test_ragged_lists(says: str, call: Callable[[], Any]) -> None:
    with pytest.raises(ValueError, match="is a nested list whose rows have different lengths") as caught:
        call()
    assert str(caught.value).startswith(says)


def test_a_number_too_large_for_a_float() -> None:
    with pytest.raises(ValueError, match=r"^add: b is an integer too large for a float64\.$"):
        ops.add(x.astype(np.float32), 10**400)


class TestWhatAPullbackKeeps:
    """Labels, ids and indices are copied: a batch may be refilled before the way back."""

    @pytest.mark.parametrize("op", ["softmax_cross_entropy", "hinge_loss"])
    def test_labels(self, op: str) -> None:
        labels = np.array([0, 2])
        _, pullback = getattr(ops, op)(x, labels)
        before = pullback(1.0)
        labels[:] = 1
        np.testing.assert_array_equal(pullback(1.0), before)

    def test_ids(self) -> None:
        ids = np.array([0, 1])
        _, pullback = ops.embedding(ids, x)
        before = pullback(x)
        ids[:] = 1
        np.testing.assert_array_equal(pullback(x), before)

    @pytest.mark.parametrize("index", [np.array([0, 1]), [0, 1], (np.array([0, 1]), slice(None)), x > 0])
    def test_indices(self, index: Any) -> None:
        value, pullback = ops.getitem(x, index)
        d = rng.standard_normal(value.shape)
        before = pullback(d)
        mine = index[0] if isinstance(index, tuple) else index
        mine[0] = 0 if isinstance(mine, list) else ~mine[0]
        np.testing.assert_array_equal(pullback(d), before)


def test_the_exponents_gradient_is_zero_where_the_base_is_zero_even_if_the_value_is_infinite() -> None:
    with np.errstate(divide="ignore"):
        value, pullback = ops.power(np.array([0.0, 0.0, 2.0]), np.array([-1.0, 0.0, -1.0]))
        _, db = pullback(np.ones(3))
    assert value[0] == np.inf
    np.testing.assert_allclose(db, [0.0, 0.0, np.log(2) / 2])


def test_a_single_piece_gets_a_bare_gradient() -> None:
    value, pullback = ops.concatenate([x], axis=1)
    got = pullback(2 * value)
    assert isinstance(got, np.ndarray)
    np.testing.assert_array_equal(got, 2 * x)
