"""The checker: the calls it takes, what it asks of a pullback besides numbers, small entries and small inputs."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

from bplib import functional as F
from bplib import ops
from bplib.gradcheck import gradcheck, numerical_gradient
from bplib.ops._door import differentiable
from bplib.tape import apply

rng = np.random.default_rng(52)
r = rng.standard_normal


def checked(report: Any) -> set[str]:
    """The names of the arguments that were checked, after the check has passed."""
    return {e.argument for e in report.require().entries}


class TestCalls:
    @pytest.mark.parametrize("where", [ops, F], ids=["op", "tape"])
    @pytest.mark.parametrize("method", ["central", "complex"])
    def test_whole_numbers_are_constants(self, where: Any, method: str) -> None:
        assert checked(gradcheck(where.power, r(3), 2, method=method)) == {"a"}
        assert checked(gradcheck(where.mul, 2, r(3), method=method)) == {"b"}
        assert checked(gradcheck(where.maximum, np.array([-1.0, 2.0]), 0, method=method)) == {"a"}
        assert checked(gradcheck(where.power, np.array([0.5, 2.0]), 2.0, method=method)) == {"a", "b"}

    def test_whole_numbers_of_an_op_without_a_mark(self) -> None:
        both = lambda a, b: (a * b, lambda d: (d * b, (d * a).sum()))
        assert checked(gradcheck(both, r(3), 2)) == {"a"}
        one = lambda a, times: (a * times, lambda d: d * times)
        assert checked(gradcheck(one, r(3), 2)) == {"a"}

    @pytest.mark.parametrize("where", [ops, F], ids=["op", "tape"])
    def test_arrays_by_name(self, where: Any) -> None:
        x, W, b = r((2, 3)), r((3, 4)), r(4)
        assert checked(gradcheck(where.linear, x, W, b=b)) == {"x", "W", "b"}
        assert checked(gradcheck(where.linear, b=b, W=W, x=x)) == {"x", "W", "b"}
        assert checked(gradcheck(where.leaky_relu, x, alpha=0.2)) == {"z"}

    def test_an_array_by_name_is_really_checked(self) -> None:
        @differentiable("x", "b")
        def wrong(x: Any, b: Any = None) -> Any:
            return x + b, lambda d: (d, 2 * d)

        report = gradcheck(wrong, r(3), b=r(3))
        assert {e.argument for e in report.entries if e.error > 1e-6} == {"b"}

    def test_lists_of_numbers(self) -> None:
        assert len(gradcheck(ops.tanh, [0.5, -2.0]).require().entries) == 2
        assert len(gradcheck(ops.tanh, [[1, 2], [3, 4]]).require().entries) == 4
        assert len(gradcheck(lambda x: (x * x, lambda d: 2 * d * x), [0.5, -2.0]).require().entries) == 2
        report = gradcheck(lambda x, ids: x[ids], r(4), [1, 1, 3])  # whole numbers stay indices
        assert checked(report) == {"x"}

    def test_a_partial_op(self) -> None:
        assert checked(gradcheck(functools.partial(ops.leaky_relu, alpha=0.2), r(3))) == {"z"}
        assert checked(gradcheck(functools.partial(ops.linear, W=r((3, 2))), r((4, 3)))) == {"x", "W"}

    def test_what_f_returns(self) -> None:
        with pytest.raises(
            TypeError, match=r"^gradcheck: f must return \(value, pullback\), .* got NoneType"
        ):
            gradcheck(lambda x: None, r(3))

    def test_a_complex_step_past_closed_over_arrays(self) -> None:
        h0, Wx, Wh, b = r((2, 4)), r((3, 4)), r((4, 4)), r(4)
        assert checked(gradcheck(lambda x: F.rnn(x, h0, Wx, Wh, b), r((5, 2, 3)), method="complex")) == {"x"}

    def test_a_complex_step_that_does_not_arrive(self) -> None:
        x, h0, Wx, Wh, b = r((5, 2, 3)), r((2, 4)), r((3, 4)), r((4, 4)), r(4)
        with pytest.raises(TypeError, match="^numerical_gradient: f drops the imaginary part"):
            numerical_gradient(lambda h0: ops.rnn(x, h0, Wx, Wh, b)[0].sum(), h0, method="complex")
        both = numerical_gradient(lambda h0: ops.rnn(x + 0j, h0, Wx, Wh, b)[0].sum(), h0, method="complex")
        np.testing.assert_allclose(both, ops.rnn(x, h0, Wx, Wh, b)[1](np.ones((5, 2, 4)))[1], rtol=1e-12)


class TestPullbacks:
    def test_that_changes_the_upstream_gradient(self) -> None:
        def square(x: Any) -> Any:
            def pullback(d: Any) -> Any:
                d *= 2 * x
                return d

            return x * x, pullback

        assert gradcheck(square, r(3)).faults == ["the pullback changes the upstream gradient in place"]

    def test_that_works_once(self) -> None:
        def square(x: Any) -> Any:
            slope = 2 * x

            def pullback(d: Any) -> Any:
                slope[...] *= d
                return slope

            return x * x, pullback

        fault = "the pullback returns something else when it is called a second time"
        assert gradcheck(square, r(3)).faults == [fault]
        again = "a second backward over the same graph gives other gradients"
        assert gradcheck(lambda x: apply(square, x), r(3)).faults == [again]

    def test_that_changes_an_argument(self) -> None:
        def square(x: Any) -> Any:
            def pullback(d: Any) -> Any:
                dx = 2 * d * x
                x[0] = 7.0
                return dx

            return x * x, pullback

        assert "the op or its pullback changes an argument in place" in gradcheck(square, r(3)).faults

    @pytest.mark.parametrize("dtype", [np.float32, np.int64, np.complex128])
    def test_of_another_dtype(self, dtype: Any) -> None:
        report = gradcheck(lambda x: (2 * x, lambda d: (2 * d).astype(dtype)), r(3))
        assert report.faults == [f"x: the gradient is {np.dtype(dtype)}, x is float64"]

    def test_that_takes_none_for_something_else_than_zeros(self) -> None:
        def two(x: Any) -> Any:
            return (x, 2 * x), lambda d, e: (0 if d is None else d) + (1.0 if e is None else 2 * e)

        fault = "None for all upstream gradients but number 0 gives other gradients than zeros"
        assert gradcheck(two, r(3)).faults == [fault]

    def test_that_refuses_none_or_takes_it_for_zeros(self) -> None:
        assert gradcheck(lambda x: ((x, 2 * x), lambda d, e: d + 2 * e), r(3))
        assert gradcheck(
            lambda x: ((x, 2 * x), lambda d, e: (0 if d is None else d) + (0 if e is None else 2 * e)), r(3)
        )


class TestSmallEntries:
    @pytest.mark.parametrize("method", ["central", "complex"])
    @pytest.mark.parametrize("factor", [2.0, 0.0, 1.01])
    def test_an_entry_far_smaller_than_the_largest_is_held_to_its_own_size(
        self, method: str, factor: float
    ) -> None:
        slopes = np.array([1.0, 1e-7, 1.0])

        def op(times: float) -> Any:
            claimed = slopes * np.array([1.0, times, 1.0])
            return lambda x: (slopes * x, lambda d: claimed * d)

        x = r(3)
        assert gradcheck(op(1.0), x, method=method)
        report = gradcheck(op(factor), x, method=method)
        assert [e.index for e in report.entries if e.error > 1e-6] == [(1,)]

    def test_a_small_slope_with_a_large_curvature_is_no_false_alarm(self) -> None:
        x = np.array([1e-4, 1.0, 3e-6, -2.0])
        assert gradcheck(lambda x: (x**3, lambda d: 3 * d * x * x), x)
        assert gradcheck(lambda x: (np.sin(x), lambda d: np.cos(x) * d), np.pi / 2 + np.array([1e-7, 1.0]))

    def test_rounding_inside_f_is_no_false_alarm(self) -> None:
        """The logits are in the thousands, the loss is small: its value does not show how well it is known."""

        def f(x: Any, W: Any, V: Any) -> Any:
            return F.softmax_cross_entropy(F.linear(F.tanh(F.linear(x, W)), V) * 1000.0, np.array([0, 1, 2]))

        for seed in range(20):
            draw = np.random.default_rng(seed).standard_normal
            gradcheck(f, draw((3, 4)), draw((4, 5)), draw((5, 3))).require()

    @pytest.mark.parametrize("method", ["central", "complex"])
    def test_where_nothing_can_be_measured_the_check_fails_and_says_so(self, method: str) -> None:
        for slope in (1.0, 2.0, 0.0):
            report = gradcheck(lambda x, s=slope: (1e20 + x, lambda d: s * d), r(3), method=method)
            assert not report
            assert "hides every gradient below" in report.faults[0]
        assert gradcheck(lambda x: (1e3 + x, lambda d: d), r(3), method=method)


class TestSmallInputs:
    """A step of 6e-6 is large beside them: it leaves the domain of log and sqrt, and 1/x is no parabola there."""

    @pytest.mark.parametrize("where", [ops, F], ids=["op", "tape"])
    def test_next_to_a_pole_or_the_end_of_the_domain(self, where: Any) -> None:
        near = np.array([1e-5, 1e-6, 3e-9, 1.0])
        gradcheck(where.log, near).require()
        gradcheck(where.sqrt, near).require()
        gradcheck(where.div, r(4), near * np.array([1, -1, 1, -1])).require()

    def test_and_a_wrong_gradient_there_is_found(self) -> None:
        near = np.array([1e-5, 1e-6, 3e-9])
        report = gradcheck(lambda x: (np.log(x), lambda d: d / x * (1 + 1e-5)), near)
        assert all(e.error > 1e-6 for e in report.entries)
