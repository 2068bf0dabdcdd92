"""The checker, checked: it passes what is right, fails what is wrong, and says where."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bplib import ops
from bplib.gradcheck import Report, gradcheck, numerical_gradient, relative_error
from bplib.ops._door import differentiable

rng = np.random.default_rng(50)
r = rng.standard_normal


def refuses(error: type[Exception], text: str) -> Any:
    return pytest.raises(error, match=f"^{re.escape(text)}$")


def scaled(wrong: Any = 1.0, at: Any = ...) -> Callable[..., Any]:
    """x² with its gradient multiplied by ``wrong`` at one place."""

    def square(x: Any) -> Any:
        def pullback(d: Any) -> Any:
            dx = 2 * d * x
            dx[at] *= wrong
            return dx

        return x * x, pullback

    return square


class TestVerdict:
    @pytest.mark.parametrize("method", ["central", "complex"])
    def test_right_gradients_pass(self, method: str) -> None:
        assert gradcheck(ops.linear, r((5, 3)), r((3, 4)), r(4), method=method)
        assert gradcheck(ops.softmax, r((3, 4)), method=method, axis=0)
        assert gradcheck(ops.concatenate, [r((2, 3)), r((1, 3))], method=method)
        assert gradcheck(ops.tanh, 0.5, method=method)

    def test_the_complex_step_is_good_to_all_digits(self) -> None:
        report = gradcheck(ops.tanh, r((3, 4)), method="complex", tolerance=1e-14)
        assert report.ok, report

    @pytest.mark.parametrize("method", ["central", "complex"])
    @pytest.mark.parametrize("wrong", [2.0, 0.0, -1.0, 1 + 1e-5, np.nan, np.inf])
    def test_one_wrong_entry_is_found_and_named(self, method: str, wrong: float) -> None:
        x = np.arange(1.0, 13.0).reshape(3, 4) / 6
        report = gradcheck(scaled(wrong, (1, 2)), x, method=method)
        assert not report
        assert report.worst is not None
        assert (report.worst.argument, report.worst.index) == ("x", (1, 2))
        assert sum(e.error > report.tolerance for e in report.entries) == 1

    def test_the_wrong_argument_is_named(self) -> None:
        @differentiable("a", "b")
        def product(a: Any, b: Any) -> Any:
            return a * b, lambda d: (d * b, d * b)

        report = gradcheck(product, r(3), r(3))
        assert {e.argument for e in report.entries if e.error > 1e-6} == {"b"}

    def test_a_sum_would_have_hidden_it(self) -> None:
        """The rows of softmax add up to 1: with ones for the upstream gradient, all gradients are 0."""

        @differentiable("z")
        def softmax(z: Any) -> Any:
            return ops.softmax(z)[0], lambda d: np.zeros_like(z)

        z = r((2, 3))
        np.testing.assert_allclose(ops.softmax(z)[1](np.ones((2, 3))), 0.0, atol=1e-15)
        assert not gradcheck(softmax, z)

    def test_require(self) -> None:
        assert gradcheck(scaled(), r(3)).require().ok
        with pytest.raises(AssertionError, match="gradient check FAILED"):
            gradcheck(scaled(2.0), r(3)).require()

    def test_the_upstream_gradient_is_the_same_every_time_unless_it_is_drawn(self) -> None:
        x = r((2, 3))
        first, second = gradcheck(ops.exp, x), gradcheck(ops.exp, x)
        assert first.entries == second.entries
        other = gradcheck(ops.exp, x, rng=np.random.default_rng(1))
        assert other.ok
        assert other.entries != first.entries

    def test_an_empty_array_has_nothing_wrong(self) -> None:
        report = gradcheck(ops.tanh, np.ones((0, 3)))
        assert report.ok
        assert report.worst is None
        assert report.max_error == 0.0

    def test_arguments_are_left_alone_and_may_be_strided(self) -> None:
        base = r((6, 8))
        before = base.copy()
        assert gradcheck(ops.linear, base.T[::2, ::2], base[::2, 1:5], base[0, ::2])
        np.testing.assert_array_equal(base, before)
        base.flags.writeable = False
        assert gradcheck(ops.tanh, base[::3, ::-2])


class TestReport:
    def test_the_text_of_a_pass(self) -> None:
        report = gradcheck(lambda x: (3 * x, lambda d: 3 * d), np.array([1.0, 2.0]), method="complex")
        assert str(report) == repr(report)
        assert re.fullmatch(
            r"gradient check passed: 2 entries, largest relative error \d\.\de[+-]\d\d\n"
            r"  \(complex step, allowed 1e-06\)",
            str(report),
        )

    def test_the_text_of_a_failure(self) -> None:
        class Ones:  # an upstream gradient that can be calculated with by hand
            def standard_normal(self, shape: Any) -> Any:
                return np.ones(shape)

        x = np.array([[1.0, 2.0], [3.0, 4.0]])
        report = gradcheck(scaled(0.5, (1, slice(None))), x, rng=Ones(), method="complex")  # type: ignore[arg-type]
        assert str(report) == (
            "gradient check FAILED (complex step, allowed 1e-06)\n"
            "  2 of 4 entries are wrong; the worst:\n"
            "  entry                       claimed       measured  rel. error\n"
            "  x[1, 1]                           4              8     5.0e-01\n"
            "  x[1, 0]                           3              6     5.0e-01"
        )
        assert report.table(rows=1).count("\n") == 3

    def test_a_single_number_has_no_index(self) -> None:
        report = gradcheck(lambda x: (x * x, lambda d: d * x), 3.0)
        assert "\n  x        " in str(report)

    def test_the_worst_come_first_and_five_at_most(self) -> None:
        report = gradcheck(scaled(2.0), np.arange(1.0, 10.0))
        lines = str(report).splitlines()
        assert lines[1] == "  9 of 9 entries are wrong; the worst:"
        assert len(lines) == 3 + 5
        errors = [float(line.split()[-1]) for line in lines[3:]]
        assert errors == sorted(errors, reverse=True)

    def test_faults(self) -> None:
        report = Report(1e-6, "central differences", faults=["W: no gradient was returned (None)"])
        assert not report.ok
        assert report.max_error == np.inf
        assert str(report) == (
            "gradient check FAILED (central differences, allowed 1e-06)\n  W: no gradient was returned (None)"
        )


class TestFaults:
    def test_a_gradient_of_another_shape(self) -> None:
        report = gradcheck(lambda x: (x.sum(), lambda d: d), np.ones((2, 3)))
        assert report.faults == ["x: the gradient has shape (), x has (2, 3)"]

    def test_a_column_for_a_row(self) -> None:
        report = gradcheck(lambda x: (2 * x, lambda d: 2 * d[:, None]), np.ones(3))
        assert report.faults == ["x: the gradient has shape (3, 1), x has (3,)"]

    def test_none_for_a_gradient(self) -> None:
        report = gradcheck(ops.linear, r((2, 3)), r((3, 4)), r(4), need_dx=False)
        assert report.faults == ["x: no gradient was returned (None)"]
        assert {e.argument for e in report.entries} == {"W", "b"}

    def test_a_value_that_is_not_finite(self) -> None:
        report = gradcheck(lambda x: (x + np.inf, lambda d: d), np.ones(2))
        assert report.faults == ["x: the value of f is not finite here; there is nothing to measure"]

    def test_the_wrong_number_of_gradients(self) -> None:
        with refuses(
            ValueError,
            "gradcheck: the pullback returned 1 gradients for 2 differentiable arguments (a, b). Pass arrays "
            'by position; mark an op some of whose arguments get no gradient with @differentiable("x", ...).',
        ):
            gradcheck(lambda a, b: (a * b, lambda d: d * b), r(3), r(3))

    def test_nothing_to_check(self) -> None:
        text = (
            "gradcheck: there is no floating-point array among the arguments, so there is nothing to check."
        )
        for args in ((np.arange(3),), ([1, 2],), ()):
            with refuses(ValueError, text):
                gradcheck(lambda *xs: None, *args)

    def test_float32(self) -> None:
        with refuses(TypeError, "gradcheck: W is float32; a check needs float64."):
            gradcheck(ops.linear, r((2, 3)), r((3, 4)).astype(np.float32))

    @pytest.mark.parametrize("bad", [np.nan, np.inf])
    def test_an_input_that_is_not_finite(self, bad: float) -> None:
        x = np.ones((2, 3))
        x[1, 2] = bad
        with refuses(ValueError, f"gradcheck: z[1, 2] is {bad}; a check needs finite inputs."):
            gradcheck(ops.tanh, x)

    def test_randomness(self) -> None:
        draw = np.random.default_rng(0)

        def dropout(x: Any) -> Any:
            keep = draw.random(x.shape) < 0.5
            return x * keep, lambda d: d * keep

        with pytest.raises(ValueError, match="gave two different values for the same arguments"):
            gradcheck(dropout, np.ones(20))

    def test_an_unknown_method(self) -> None:
        for check in (gradcheck, numerical_gradient):
            name = check.__name__
            with refuses(ValueError, f'{name}: method must be "central" or "complex", got \'forward\'.'):
                check(lambda x: (x, lambda d: d), np.ones(2), method="forward")  # type: ignore[operator]


class TestSmallAndLarge:
    """Small gradients are held to as many digits as large ones."""

    @pytest.mark.parametrize("scale", [1e-12, 1e-5, 1.0, 1e8])
    @pytest.mark.parametrize("method", ["central", "complex"])
    def test_whatever_the_scale(self, scale: float, method: str) -> None:
        def op(wrong: float) -> Any:
            def cube(x: Any) -> Any:
                return scale * x**3, lambda d: wrong * 3 * scale * d * x * x

            return cube

        x = r((3, 4))
        assert gradcheck(op(1.0), x, method=method)
        assert not gradcheck(op(1 + 1e-5), x, method=method)

    def test_a_mean_over_many_numbers(self) -> None:
        """Moving 4 of 10⁵ numbers; rounding in the sum is large beside a gradient of 10⁻⁵."""
        rest = r(10**5 - 4)

        def mean(divided_by: int) -> Any:
            return lambda x: (np.concatenate([x, rest]).mean(), lambda d: np.full(4, d / divided_by))

        assert gradcheck(mean(10**5), r(4))
        assert not gradcheck(mean(10**5 - 4), r(4))

    def test_a_gradient_that_is_zero_but_for_rounding_passes(self) -> None:
        """Softmax does not change when all its inputs are shifted alike."""

        def shift(t: Any) -> Any:
            z = np.linspace(-1, 1, 12).reshape(3, 4)
            p, back = ops.softmax(z + t)
            return p, lambda d: back(d).sum(axis=1, keepdims=True)

        for method in ("central", "complex"):
            report = gradcheck(shift, r((3, 1)), method=method)
            assert report.ok, report
            assert max(abs(e.claimed) for e in report.entries) < 1e-15

    def test_a_large_constant_beside_a_small_slope(self) -> None:
        assert gradcheck(lambda x: (1e3 + 0.01 * x, lambda d: 0.01 * d), r(3))
        assert not gradcheck(lambda x: (1e3 + 0.01 * x, lambda d: 0.0101 * d), r(3))


class TestKinks:
    def test_on_a_kink_differences_know_only_the_mean_of_both_slopes(self) -> None:
        report = gradcheck(ops.relu, np.array([1.0, 0.0, -1.0]))
        assert [e.index for e in report.entries if e.error > 1e-6] == [(1,)]
        assert not gradcheck(ops.leaky_relu, np.zeros(2))
        assert gradcheck(ops.maximum, np.ones(2), np.ones(2))  # half for each is that mean

    @pytest.mark.parametrize("distance", [1e-3, 1e-4, 3e-6, 1e-6, 1e-7])
    def test_next_to_a_kink_there_is_no_false_alarm(self, distance: float) -> None:
        x = np.array([distance, -distance, 0.7, -1.2])
        assert gradcheck(ops.relu, x)
        assert gradcheck(ops.maximum, x, np.zeros(4))

    @pytest.mark.parametrize("distance", [3e-6, 1e-7])
    def test_and_no_wrong_gradient_slips_through(self, distance: float) -> None:
        @differentiable("z")
        def relu(z: Any) -> Any:
            return np.maximum(z, 0), lambda d: d * 0.5

        report = gradcheck(relu, np.array([distance, -distance]))
        assert all(e.error > 1e-3 for e in report.entries)

    def test_a_step_that_was_asked_for_is_the_only_one(self) -> None:
        assert not gradcheck(ops.relu, np.array([3e-6, 1.0]), h=6e-6)
        assert gradcheck(ops.relu, np.array([3e-6, 1.0]), h=1e-6)


class TestNumericalGradient:
    def test_of_a_cubic(self) -> None:
        x = np.array([[0.5, -1.0, 2.0], [1.5, -0.7, 3.0]])
        before = x.copy()
        for method, digits in (("central", 1e-9), ("complex", 1e-14)):
            got = numerical_gradient(lambda x: (x**3).sum(), x, method=method)
            np.testing.assert_allclose(got, 3 * x * x, rtol=digits)
        np.testing.assert_array_equal(x, before)

    def test_of_one_number(self) -> None:
        got = numerical_gradient(np.sin, np.array(0.5))
        assert got.shape == ()
        assert got == pytest.approx(np.cos(0.5), rel=1e-9)

    def test_the_error_falls_with_the_square_of_the_step(self) -> None:
        x = np.array([0.5])
        errors = [
            abs(numerical_gradient(lambda x: np.exp(x).sum(), x, h=h)[0] - np.exp(0.5)) for h in (1e-2, 1e-3)
        ]
        assert errors[0] / errors[1] == pytest.approx(100, rel=1e-3)

    def test_the_step_grows_with_the_number(self) -> None:
        """At 10⁸ a step of 6e-6 would be lost in rounding."""
        got = numerical_gradient(lambda x: (x * x).sum(), np.array([1e8]))
        assert got[0] == pytest.approx(2e8, rel=1e-9)


class TestRelativeError:
    def test_relative_to_the_larger_of_both(self) -> None:
        np.testing.assert_allclose(relative_error([1.0, 3.0], [2.0, 2.0]), [0.5, 1 / 3])

    def test_small_entries_are_judged_beside_the_largest(self) -> None:
        np.testing.assert_allclose(relative_error([1e-17, 1.0], [0.0, 1.0]), [1e-17, 0.0])
        np.testing.assert_allclose(relative_error([2e-9, 1e-9], [1e-9, 1e-9]), [0.5, 0.0])

    def test_a_floor_may_be_given(self) -> None:
        assert relative_error(1e-9, 2e-9, floor=1.0) == pytest.approx(1e-9)

    def test_zero_nan_and_infinity(self) -> None:
        inf, nan = np.inf, np.nan
        np.testing.assert_array_equal(
            relative_error([0.0, inf, inf, nan, 1.0, 1.0], [0.0, inf, -inf, 1.0, nan, inf]),
            [0.0, 0.0, inf, inf, inf, inf],
        )
        assert relative_error(np.ones((0, 2)), np.ones((0, 2))).shape == (0, 2)
