"""Where differentiation of functions ends: second derivatives, odd outputs and arguments, no_grad, structures."""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bplib import functional as F
from bplib.autodiff import grad, jacobian, jvp, value_and_grad, vjp
from bplib.gradcheck import gradcheck
from bplib.tape import Tensor, no_grad

rng = np.random.default_rng(15)
x = rng.standard_normal((2, 3))
ones = np.ones((2, 3))


def square(x: Any) -> Any:
    return (x * x).sum()


class TestSecondDerivatives:
    """Each of these once came out as 0, or without one of its terms."""

    @pytest.mark.parametrize(
        "nested",
        [
            lambda: grad(lambda x: grad(square)(x).sum())(x),
            lambda: grad(lambda x: x.sum() * grad(lambda y: (x * y).sum())(ones).sum())(x),
            lambda: grad(lambda x: jvp(square, x, x)[1])(x),
            lambda: grad(lambda x: (x * jvp(lambda y: x * y, ones, ones)[1]).sum())(x),
            lambda: jvp(lambda x: grad(square)(x), x, x),
            lambda: jvp(lambda x: x * grad(lambda y: (x * y).sum())(ones), x, x),
            lambda: jacobian(lambda x: jacobian(F.tanh)(x))(x),
            lambda: jacobian(lambda x: grad(square)(x), mode="forward")(x),
            lambda: gradcheck(lambda x: grad(square)(x), x),
            lambda: grad(square)(Tensor(x)),
        ],
    )
    def test_are_refused(self, nested: Callable[[], Any]) -> None:
        with pytest.raises(TypeError, match=r"^autodiff: .* There are no second derivatives here: "):
            nested()

    def test_a_gradient_with_a_missing_term_does_not_pass_the_check(self) -> None:
        assert not gradcheck(lambda x: x * grad(lambda y: (x * y).sum())(ones), x)

    def test_what_does_not_depend_on_the_outer_argument_may_be_differentiated_inside(self) -> None:
        np.testing.assert_allclose(grad(lambda x: (x * grad(square)(ones)).sum())(x), 2 * ones)
        np.testing.assert_allclose(grad(square)(Tensor(x, requires_grad=False)), 2 * x)

    def test_after_an_error_inside_everything_works_again(self) -> None:
        with pytest.raises(ZeroDivisionError):
            grad(lambda x: 1 / 0)(x)
        np.testing.assert_allclose(grad(square)(x), 2 * x)


def test_recording_is_on_inside_no_grad() -> None:
    with no_grad():
        np.testing.assert_allclose(grad(square)(x), 2 * x)
        value, pullback = vjp(F.tanh, x)
        assert not (Tensor(x) * 2.0).requires_grad
        np.testing.assert_allclose(pullback(ones), 1 - value**2)


class TestStructures:
    def test_a_list_of_numbers_stays_a_list(self) -> None:
        got = grad(lambda p: p[0] * p[1] * p[1])([2.0, 3.0])
        assert isinstance(got, list)
        assert got == [9.0, 12.0]

    def test_a_nested_list_of_numbers(self) -> None:
        assert grad(lambda p: p[0][1] * p[1][0])([[1.0, 2.0], [5.0]]) == [[0.0, 5.0], [2.0]]

    def test_a_namedtuple_and_none(self) -> None:
        Layer = namedtuple("Layer", ["W", "b"])
        got = grad(lambda layer: (layer.W * 2.0).sum())(Layer(x, None))
        assert isinstance(got, Layer)
        np.testing.assert_array_equal(got.W, 2 * ones)
        assert got.b is None

    def test_a_tuple_in_a_dict(self) -> None:
        got = grad(lambda p: (p["pair"][0] * p["pair"][1]).sum())({"pair": (x, 2 * x), "unused": None})
        assert got["unused"] is None
        assert isinstance(got["pair"], tuple)
        np.testing.assert_array_equal(got["pair"][1], x)


class TestOutputsAndArguments:
    @pytest.mark.parametrize("mode", ["forward", "reverse"])
    def test_jacobians_at_the_edges(self, mode: str) -> None:
        np.testing.assert_array_equal(jacobian(lambda x: np.ones(2), mode)(x), np.zeros((2, 2, 3)))
        assert jacobian(lambda x: x, mode)(np.ones((0, 2))).shape == (0, 2, 0, 2)
        assert jacobian(lambda x: x[:0], mode)(x).shape == (0, 3, 2, 3)
        np.testing.assert_array_equal(jacobian(lambda x: x * x, mode)([1, 2]), np.diag([2.0, 4.0]))  # type: ignore[arg-type]

    def test_argnums_count_from_the_back_too(self) -> None:
        np.testing.assert_array_equal(grad(lambda a, b: (a * b).sum(), -1)(x, 2 * x), x)
        (only,) = grad(square, (0,))(x)
        np.testing.assert_array_equal(only, 2 * x)

    @pytest.mark.parametrize(
        ("make", "error", "says"),
        [
            (
                lambda: grad(lambda x: (x, x))(x),
                TypeError,
                "grad: the function must return one number, it returned a tuple of 2 outputs.",
            ),
            (
                lambda: grad(lambda x: None)(x),
                TypeError,
                "vjp: f must return a tensor or a tuple of tensors, got NoneType.",
            ),
            (
                lambda: value_and_grad(lambda x: [x])(x),
                TypeError,
                "vjp: f must return a tensor or a tuple of tensors, got list.",
            ),
            (
                lambda: grad(square, "x")(x),  # type: ignore[arg-type]
                TypeError,
                "grad: argnums must be an int or a tuple of ints, got 'x'.",
            ),
            (
                lambda: grad(square, ())(x),
                TypeError,
                "grad: argnums must be an int or a tuple of ints, got ().",
            ),
            (
                lambda: grad(square, True)(x),
                TypeError,
                "grad: argnums must be an int or a tuple of ints, got True.",
            ),
            (
                lambda: grad(square, -2)(x),
                ValueError,
                "grad: argnums is -2, but the function was called with 1 arguments.",
            ),
            (
                lambda: grad(lambda a, b: square(a), (0, -2))(x, x),
                ValueError,
                "grad: argnums (0, -2) names an argument twice.",
            ),
            (
                lambda: vjp(square, x)[1](1.0, 2.0),
                TypeError,
                "vjp: f has 1 outputs, got 2 upstream gradients.",
            ),
            (
                lambda: jacobian(lambda x: (x, x))(x),
                TypeError,
                "jacobian: f must return one tensor, it returned a tuple of 2.",
            ),
            (
                lambda: jacobian(lambda x: x)(1j * x),
                TypeError,
                "jacobian: x must be real, got dtype complex128.",
            ),
            (
                lambda: jvp(lambda x: (x, x), x, x),
                TypeError,
                "jvp: f must return one tensor, it returned a tuple of 2.",
            ),
            (
                lambda: jvp(lambda x: None, x, x),
                TypeError,
                "jvp: f must return a tensor or a tuple of tensors, got NoneType.",
            ),
            (
                lambda: jvp(F.lift(lambda x: (x.astype(float), lambda d: d)), x, x),
                TypeError,
                "jvp: f drops the imaginary part, and the derivative with it.",
            ),
        ],
    )
    def test_messages(self, make: Callable[[], Any], error: type[Exception], says: str) -> None:
        with pytest.raises(error, match=f"^{re.escape(says)}$"):
            make()
