"""The reverse sweep: fan-out first, then everything that a tape can get wrong without anybody noticing."""

from __future__ import annotations

import gc
import inspect
import re
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from bplib import functional as F
from bplib import ops, tape
from bplib.gradcheck import gradcheck
from bplib.tape import Tensor, apply, backward, no_grad


def test_a_value_used_twice_receives_both_gradients() -> None:
    x = Tensor(3.0)
    (x * x).backward()
    assert x.grad == 6.0


def test_a_value_used_directly_and_through_an_inner_node() -> None:
    x = Tensor(2.0)
    y = x * 5.0
    (y * x + y).backward()  # 5x² + 5x
    assert x.grad == 25.0


def test_a_diamond_calls_each_pullback_once() -> None:
    calls = []

    def double(a: Any) -> Any:
        def pullback(d: Any) -> Any:
            calls.append(d)
            return 2 * d

        return 2 * a, pullback

    x = Tensor(1.0)
    y = apply(double, x)
    z = y
    for _ in range(10):  # 2¹⁰ paths from z to y; re-propagating per path would take 1024 calls
        z = z + z
    z.backward()
    assert calls == [1024.0]
    assert x.grad == 2048.0


def test_leaves_accumulate_over_two_graphs_and_none_starts_afresh() -> None:
    x = Tensor(np.array([1.0, 2.0]))
    (x * x).sum().backward()
    (x * 3.0).sum().backward()
    np.testing.assert_array_equal(x.grad, [5.0, 7.0])
    x.grad = None
    (x * 3.0).sum().backward()
    np.testing.assert_array_equal(x.grad, [3.0, 3.0])


def test_backward_twice_on_a_kept_graph_gives_exactly_double() -> None:
    x = Tensor(np.array([0.3, -1.2]))
    y = (F.tanh(x) * x).sum()
    y.backward(retain_graph=True)
    once = x.grad.copy()
    y.backward()
    np.testing.assert_array_equal(x.grad, 2 * once)


def test_backward_on_a_freed_graph_is_an_error_and_changes_nothing() -> None:
    x = Tensor(2.0)
    y = x * x
    y.backward()
    with pytest.raises(RuntimeError, match=r"already used and freed.*retain_graph=True"):
        y.backward()
    with pytest.raises(RuntimeError, match="freed"):
        (y * 3.0 + x).backward()
    assert x.grad == 4.0


def test_inner_gradients_are_kept_on_request_only() -> None:
    x = Tensor(2.0)
    y = x * x
    z = y * 3.0
    z.backward(retain_graph=True)
    assert y.grad is None
    z.backward(retain_graph=True, inner=True)
    z.backward(inner=True)
    assert (y.grad, z.grad) == (3.0, 1.0)  # replaced, not added up


def test_backward_frees_what_the_pullbacks_kept() -> None:
    x = Tensor(np.ones(3))
    y = F.exp(x)
    inner = weakref.ref(y.value)
    z = y.sum()
    del y
    gc.collect()
    assert inner() is not None  # exp keeps its value for the way back
    z.backward()
    assert inner() is None


def test_the_gradient_that_was_sent_is_not_shared_with_the_leaf_in_place() -> None:
    x, y = Tensor(np.ones(2)), Tensor(np.ones(2))
    (x + y).backward(np.array([1.0, 2.0]))
    x.grad = x.grad + 1
    np.testing.assert_array_equal(y.grad, [1.0, 2.0])


def test_several_outputs_of_one_op_each_unused_one_counting_as_zero() -> None:
    def split(a: Any) -> Any:
        def pullback(d1: Any, d2: Any) -> Any:
            assert d2 is None
            return 2 * d1

        return (2 * a, 3 * a), pullback

    x = Tensor(np.array([1.0, 4.0]))
    first, _ = apply(split, x)
    first.sum().backward()
    np.testing.assert_array_equal(x.grad, [2.0, 2.0])


def test_both_outputs_of_one_op_used() -> None:
    def split(a: Any) -> Any:
        return (2 * a, 3 * a), lambda d1, d2: 2 * d1 + 3 * d2

    x = Tensor(1.0)
    a, b = apply(split, x)
    (a * b).backward()  # 6x²
    assert x.grad == 12.0


def test_no_grad_remembers_nothing_and_is_left_even_after_an_error() -> None:
    x = Tensor(2.0)
    with no_grad():
        y = x * x
    assert not y.requires_grad
    with pytest.raises(ValueError, match="constant"):
        y.backward()
    with pytest.raises(ZeroDivisionError), no_grad():
        raise ZeroDivisionError
    assert (x * x).requires_grad


def test_detach_stops_the_gradient() -> None:
    x = Tensor(3.0)
    (x * (x * x).detach()).backward()
    assert x.grad == 9.0


def test_constants_get_no_gradient_and_stop_nothing() -> None:
    x, c = Tensor(3.0), Tensor(4.0, requires_grad=False)
    y = x * c
    y.backward()
    assert (x.grad, c.grad) == (4.0, None)
    assert not (c * c).requires_grad


def test_the_data_of_a_first_layer_is_not_differentiated() -> None:
    x, W = np.ones((2, 3)), Tensor(np.ones((3, 4)))
    z = F.linear(x, W, np.zeros(4))
    dx, dW, _ = z.pullback(np.ones((2, 4)))  # type: ignore[misc]
    assert dx is None
    np.testing.assert_array_equal(dW, 2 * np.ones((3, 4)))


def test_arguments_by_name_reach_the_right_gradient() -> None:
    rng = np.random.default_rng(0)
    x, W, b = rng.normal(size=(5, 3)), Tensor(rng.normal(size=(3, 2))), Tensor(np.zeros(2))
    apply(ops.linear, x, b=b, W=W).sum().backward()
    np.testing.assert_allclose(W.grad, np.repeat(x.sum(0)[:, None], 2, axis=1))
    np.testing.assert_array_equal(b.grad, [5.0, 5.0])


def test_a_list_of_tensors() -> None:
    a, b = Tensor(np.ones((2, 1))), Tensor(np.ones((2, 3)))
    joined = F.concatenate([a, np.ones((2, 2)), b], axis=1)
    joined.backward(np.arange(12.0).reshape(2, 6))
    np.testing.assert_array_equal(a.grad, [[0.0], [6.0]])
    np.testing.assert_array_equal(b.grad, [[3.0, 4.0, 5.0], [9.0, 10.0, 11.0]])


def test_an_array_on_the_left_reaches_the_tape() -> None:
    x = Tensor(np.array([1.0, 2.0]))
    for y in (
        np.ones(2) + x,
        np.ones(2) - x,
        np.ones(2) * x,
        np.ones(2) / x,
        2.0**x,
        np.eye(2) @ x.reshape(2, 1),
    ):
        assert isinstance(y, Tensor)
        assert y.requires_grad


def test_operators_equal_pytorch() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.uniform(0.5, 2, (3, 4)), rng.uniform(0.5, 2, (4,))

    def f(x: Any, y: Any) -> Any:
        z = (x * y - 2.0 / y + x**y - y + 1.0) / x
        z = z - (-x) @ y.reshape(4, 1) * 0.1
        return (z[1:] * z[:2]).sum() + z.T.mean(0).sum() + (3.0 - x).sum() + z[0, 1]

    x, y = Tensor(a), Tensor(b)
    out = f(x, y)
    out.backward()
    tx, ty = torch.tensor(a, requires_grad=True), torch.tensor(b, requires_grad=True)
    t = f(tx, ty)
    t.backward()
    np.testing.assert_allclose(out.item(), t.item(), rtol=1e-12)
    np.testing.assert_allclose(x.grad, tx.grad, rtol=1e-10)
    np.testing.assert_allclose(y.grad, ty.grad, rtol=1e-10)


def test_a_chain_of_100_000_nodes_needs_no_recursion() -> None:
    x = Tensor(1.0)
    y = x
    for _ in range(100_000):
        y = y + 1.0
    y.backward()
    assert x.grad == 1.0
    del y


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("+-*t"), st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=12
    )
)
def test_random_graphs_equal_finite_differences(program: list[tuple[str, int, int]]) -> None:
    """Any wiring, any fan-out: each instruction takes two earlier values by number."""

    def run(a: Tensor, b: Tensor) -> Tensor:
        values = [a, b]
        for kind, i, j in program:
            u, v = values[i % len(values)], values[j % len(values)]
            values.append({"+": u + v, "-": u - v, "*": u * v * 0.5, "t": F.tanh(u)}[kind])
        return sum(values[2:], Tensor(0.0, requires_grad=False))  # type: ignore[return-value]

    rng = np.random.default_rng(len(program))
    gradcheck(run, rng.uniform(-1, 1, 3), rng.uniform(-1, 1, 3), tolerance=1e-5).require()


def test_iteration_length_and_item() -> None:
    x = Tensor(np.array([1.0, 2.0, 3.0]))
    assert len(x) == 3
    total = sum((v * v for v in x), start=Tensor(0.0))
    total.backward()
    assert total.item() == 14.0
    np.testing.assert_array_equal(x.grad, [2.0, 4.0, 6.0])


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: Tensor(np.ones((2, 3))).backward(),
            ValueError,
            r"shape \(2, 3\); pass the upstream gradient",
        ),
        (
            lambda: Tensor(np.ones(3)).backward(np.ones(2)),
            ValueError,
            r"must have the shape of the op's value, \(3,\), got \(2,\)",
        ),
        (lambda: backward([np.ones(3)], [1.0]), TypeError, "expected a Tensor, got ndarray"),  # type: ignore[list-item]
        (
            lambda: Tensor(np.array([1, 2])),
            TypeError,
            "value must hold floating-point numbers, got dtype int64",
        ),
        (lambda: Tensor("three"), TypeError, "value must be an array or a number, got str"),
        (lambda: F.no_such_op, AttributeError, "has no op 'no_such_op'"),
    ],
)
def test_messages(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()


def test_printing() -> None:
    assert repr(Tensor(1.5)) == "Tensor(1.5)"
    assert repr(F.tanh(Tensor(np.zeros(2)))) == "Tensor([0. 0.], op=tanh)"


def test_the_tape_owns_no_derivative_and_is_short() -> None:
    assert not re.search(r"np\.(exp|log|tanh|sqrt|cos|sin)", Path(tape.__file__).read_text())
    machinery = [apply, tape._node, backward, tape._reachable]
    assert sum(len(inspect.getsource(f).splitlines()) for f in machinery) < 150


def test_leaves_own_their_gradients() -> None:
    a, b = Tensor(np.ones(2)), Tensor(np.ones(2))
    sent = np.ones(2)
    (a + b).backward(sent)
    a.grad *= 0
    np.testing.assert_array_equal(b.grad, [1.0, 1.0])
    np.testing.assert_array_equal(sent, [1.0, 1.0])


def test_surplus_arguments_are_refused() -> None:
    with pytest.raises(TypeError, match=r"tanh: takes 1 positional arguments \(z\), got 2"):
        F.tanh(Tensor(1.0), 2.0)


def test_a_gradient_that_nobody_else_holds_is_not_copied_and_any_other_is() -> None:
    made: list[np.ndarray] = []

    def op(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> Any:
        def pullback(d: np.ndarray) -> Any:
            fresh, kept = 2 * d, 3 * d
            made.append(kept)  # somebody else holds it
            address.append(fresh.__array_interface__["data"][0])
            return fresh, kept, d

        return a + b + c, pullback

    op.differentiable = ("a", "b", "c")  # type: ignore[attr-defined]
    address: list[int] = []
    a, b, c = (Tensor(np.ones(3), requires_grad=True) for _ in range(3))
    upstream = np.ones(3)
    apply(op, a, b, c).backward(upstream)
    assert a.grad.__array_interface__["data"][0] == address[0]
    assert not np.shares_memory(b.grad, made[0])
    assert not np.shares_memory(c.grad, upstream)
