"""What is done to the tape by mistake: calls that do not fit, ops that are written wrongly, sweeps that fail."""

from __future__ import annotations

import functools
import re
from typing import Any

import numpy as np
import pytest

from bplib import functional as F
from bplib import ops
from bplib.ops._door import differentiable
from bplib.tape import Tensor, apply, backward

rng = np.random.default_rng(8)
x = rng.standard_normal((2, 3))


def refuses(error: type[Exception], text: str) -> Any:
    """The whole message, not a part of it."""
    return pytest.raises(error, match=f"^{re.escape(text)}$")


def stack(*arrays: Any) -> Any:
    return np.stack(arrays), lambda d: tuple(d) if len(arrays) > 1 else d[0]


class TestCalls:
    def test_a_missing_argument_is_named(self) -> None:
        with refuses(TypeError, "linear: missing: x. It takes (x, W, b)."):
            F.linear(W=x, b=np.ones(3))
        with refuses(TypeError, "linear: missing: W. It takes (x, W, b)."):
            F.linear(Tensor(x))

    def test_none_for_every_array(self) -> None:
        with refuses(TypeError, "linear: x must be an array or a number, got NoneType."):
            F.linear(None, None)

    def test_a_tensor_by_keyword_only(self) -> None:
        def scaled(x: Any, *, by: Any) -> Any:
            return x * by, lambda d: d * by

        t = Tensor(x)
        apply(scaled, t, by=2.0).sum().backward()
        np.testing.assert_array_equal(t.grad, np.full((2, 3), 2.0))
        with pytest.raises(TypeError, match="^scaled: by is a tensor, but what is given by keyword only"):
            apply(scaled, t, by=Tensor(2.0))

    def test_a_mark_that_names_no_position(self) -> None:
        @differentiable("x", "by")
        def scaled(x: Any, *, by: Any) -> Any:
            return x * by, lambda d: (d * by, (d * x).sum())

        with pytest.raises(TypeError, match=r"^scaled: its mark says that by receives a gradient, .*\(x\)"):
            apply(scaled, Tensor(x), by=2.0)

    def test_a_list_of_tensors_where_one_array_belongs(self) -> None:
        t = Tensor(x)
        with pytest.raises(
            TypeError, match=r"^add: a is a list that holds tensors; .*functional\.concatenate"
        ):
            F.add([t, t], t)

    def test_a_list_of_numbers_is_one_array(self) -> None:
        t = Tensor(x)
        F.add([1.0, 2.0, 3.0], t).sum().backward()
        np.testing.assert_array_equal(t.grad, np.ones((2, 3)))

    def test_an_op_that_takes_any_number_of_arrays(self) -> None:
        a, b = Tensor(x), Tensor(2 * x)
        d = rng.standard_normal((3, 2, 3))
        apply(stack, a, x, b).backward(d)
        np.testing.assert_array_equal(a.grad, d[0])
        np.testing.assert_array_equal(b.grad, d[2])

    def test_a_partial_op(self) -> None:
        t, W = Tensor(x), Tensor(rng.standard_normal((3, 2)))
        apply(functools.partial(ops.leaky_relu, alpha=0.5), t).sum().backward()
        np.testing.assert_array_equal(t.grad, np.where(x > 0, 1, 0.5))
        apply(functools.partial(ops.linear, x), W).sum().backward()  # the op returns dx all the same
        np.testing.assert_allclose(W.grad, np.repeat(x.sum(0)[:, None], 2, axis=1))

    def test_an_object_that_is_called(self) -> None:
        class Double:
            def __call__(self, x: Any) -> Any:
                return 2 * x, lambda d: 2 * d

        t = Tensor(1.5)
        y = apply(Double(), t)
        y.backward()
        assert (y.op, t.grad) == ("Double", 2.0)


class TestOpsThatAreWrong:
    """Each would otherwise be broadcast, taken for an unused output, or fail with an error about ``zip``."""

    @pytest.mark.parametrize(
        ("wrong", "error", "says"),
        [
            (
                lambda d: d.sum(),
                ValueError,
                "the gradient that its pullback returned must have the shape of the argument, (2, 3), got ().",
            ),
            (
                lambda d: d.sum(axis=0),
                ValueError,
                "the gradient that its pullback returned must have the shape of the argument, (2, 3), got (3,).",
            ),
            (
                lambda d: None,
                TypeError,
                "the gradient that its pullback returned is None; pass an array of shape (2, 3).",
            ),
            (
                lambda d: (d, d),
                ValueError,
                "its pullback returned 2 gradients for 1 differentiable arguments. Mark an op some of whose "
                'arguments get no gradient: @differentiable("x", ...).',
            ),
        ],
    )
    def test_what_a_pullback_returns(self, wrong: Any, error: type[Exception], says: str) -> None:
        def double(x: Any) -> Any:
            return 2 * x, wrong

        t = Tensor(x)
        y = apply(double, t)
        with refuses(error, f"double: {says}\n(in backward, at the pullback of double)"):
            (y + t).backward(np.ones((2, 3)))  # x has another, right gradient, with which it would broadcast
        assert t.grad is None

    def test_a_tensor(self) -> None:
        t = Tensor(x)
        with pytest.raises(TypeError, match="^backward: the gradient that a pullback returned is a tensor"):
            apply(lambda x: (2 * x, lambda d: Tensor(2 * d)), t).backward(x)
        assert t.grad is None

    def test_another_dtype(self) -> None:
        t = Tensor(x.astype(np.float32))
        apply(lambda x: (2 * x, lambda d: 2 * d.astype(np.float64)), t).sum().backward()
        assert t.grad.dtype == np.float32

    def test_too_few(self) -> None:
        def product(x: Any, y: Any) -> Any:
            return x * y, lambda d: d * y

        with pytest.raises(
            ValueError, match="^product: its pullback returned 1 gradients for 2 differentiable"
        ):
            apply(product, Tensor(x), x).sum().backward()

    def test_no_pullback(self) -> None:
        with pytest.raises(TypeError, match=r"^double: an op returns \(value, pullback\)"):

            def double(x: Any) -> Any:
                return 2 * x  # its two rows would be taken for a value and a pullback

            apply(double, Tensor(x))

    def test_a_python_number_is_a_value_and_a_gradient(self) -> None:
        t = Tensor(3.0)
        (apply(lambda x: (float(x) * 2, lambda d: 2.0), t) * t).backward()
        assert t.grad == 6.0 + 2.0


class TestUpstream:
    @pytest.mark.parametrize(
        ("d", "error", "says"),
        [
            (Tensor(x), TypeError, "is a tensor; gradients are plain arrays: pass its .value."),
            ("a", TypeError, "must hold numbers, got str of dtype <U1."),
            ([[1.0, 2.0], [3.0]], ValueError, "is a nested list whose rows have different lengths."),
            (1j * x, TypeError, "is complex, but the value is float64; send its real part."),
        ],
    )
    def test_is_a_real_array(self, d: Any, error: type[Exception], says: str) -> None:
        t = Tensor(x)
        with refuses(error, f"backward: the upstream gradient {says}"):
            backward([t * 2.0], [d])
        with refuses(error, f"tanh: the upstream gradient {says}"):
            ops.tanh(x)[1](d)
        assert t.grad is None

    def test_one_for_each_output(self) -> None:
        with refuses(ValueError, "backward: got 2 upstream gradients for 1 outputs."):
            backward([Tensor(x) * 2.0], [x, x])


class TestSweepsThatFail:
    def test_the_first_error_names_the_op_and_the_leaves_stay_as_they_were(self) -> None:
        def broken(x: Any) -> Any:
            def pullback(d: Any) -> Any:
                raise ZeroDivisionError("no")

            return 2 * x, pullback

        early = Tensor(x)
        inner = apply(broken, early)
        late = Tensor(x)  # a leaf that the sweep meets before the error
        late.grad = np.ones((2, 3))
        y = (inner * late).sum()
        with pytest.raises(ZeroDivisionError, match="^no\n") as caught:
            y.backward()
        assert caught.value.__notes__ == ["(in backward, at the pullback of broken)"]
        np.testing.assert_array_equal(late.grad, np.ones((2, 3)))
        with pytest.raises(
            RuntimeError, match="freed, by a sweep that succeeded or one that an error stopped"
        ):
            y.backward()

    def test_a_kept_graph_can_be_used_again(self) -> None:
        failing = [True]

        def sometimes(x: Any) -> Any:
            def pullback(d: Any) -> Any:
                if failing:
                    raise ZeroDivisionError
                return 2 * d

            return 2 * x, pullback

        t = Tensor(x)
        y = apply(sometimes, t).sum()
        with pytest.raises(ZeroDivisionError):
            y.backward(retain_graph=True)
        failing.clear()
        y.backward()
        np.testing.assert_array_equal(t.grad, np.full((2, 3), 2.0))
