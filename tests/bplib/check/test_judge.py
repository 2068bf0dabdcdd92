"""The message of a check: the first thing to mend, the smallest example, and the misconception's name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from bplib.check import probes, session
from bplib.check.judge import NotYet, check, judge
from bplib.check.message import failed
from bplib.check.task import Case, Task


def affine() -> Task:
    """A small task of three parts: z = a x + c with its pullback."""
    task = Task(
        "01.toy",
        "a toy",
        asks_for="affine",
        section="sec-01-layer",
        parts={"value": 1, "da": 1, "dc": 1},
    )

    @task.probe
    def look(answer: Any, case: Case) -> Iterator[Any]:
        z, pullback = probes.unpack(probes.call(answer, case["x"], case["a"]), "z", "pullback", of="affine")
        yield "value", "z", z
        da, dc = probes.unpack(probes.call(pullback, case["d"], name="pullback"), "da", "dc", of="pullback")
        yield "da", "da", da
        yield "dc", "dc", dc

    @task.reference
    def right(x: Any, a: Any) -> Any:
        return a * x, lambda d: ((d * x).sum(), d.sum())

    @task.cases
    def cases() -> Iterator[Case]:
        rng = np.random.default_rng(3)
        yield {"x": rng.normal(size=(4, 3)), "a": 0.5, "d": rng.normal(size=(4, 3))}
        yield {"x": np.array([1.0, 2.0]), "a": 3.0, "d": np.array([1.0, 0.5])}

    @task.wrong("a mean taken for a sum", hint="The upstream gradient has its 1/N already.")
    def mean_for_sum(x: Any, a: Any) -> Any:
        return a * x, lambda d: ((d * x).mean(), d.sum())

    @task.wrong("the bias gradient ignores what comes from above", hint="Every row passes its own on.")
    def bias_counts(x: Any, a: Any) -> Any:
        return a * x, lambda d: ((d * x).sum(), float(d.size))

    @task.wrong("x lost", hint="How much a matters depends on x.")
    def x_lost(x: Any, a: Any) -> Any:
        return a * x, lambda d: (d.sum(), d.sum())

    return task


def text_for(answer: Any, part: str, cases: Any = None) -> str:
    task = affine()
    finding = judge(task, part, answer, cases)
    return "" if finding is None else failed(task, part, finding, cases is not None, [])


def test_right_answers_have_no_finding() -> None:
    task = affine()
    for part in task.parts:
        assert judge(task, part, task.answer) is None


def test_a_known_mistake_is_named_with_the_smallest_example() -> None:
    def answer(x, a):  # type: ignore[no-untyped-def]  # as a student writes
        return a * x, lambda d: (np.mean(d * x), d.sum())

    text = text_for(answer, "da")
    assert "This looks like: a mean taken for a sum." in text
    assert "x = [1, 2]" in text, "the smaller of the two cases is shown, though it comes second"
    assert (
        "chapter 01, “From numbers to arrays: a layer”" in text
        and "01_first_network.html#sec-01-layer" in text
    )
    assert text_for(answer, "dc") == "", "the other part keeps its point"


def test_two_mistakes_at_once_are_both_named() -> None:
    task = affine()
    task.parts = {"gradient": 3}
    old = task.look

    def joined(answer: Any, case: Case) -> Iterator[Any]:
        for _, what, value in old(answer, case):
            yield "gradient", what, value

    task.probe(joined)

    def answer(x, a):  # type: ignore[no-untyped-def]
        return a * x, lambda d: ((d * x).mean(), d.size)

    finding = judge(task, "gradient", answer)
    assert finding is not None
    assert {m.name for m in finding.misconceptions} == {"mean_for_sum", "bias_counts"}
    assert "and, besides:" in failed(task, "gradient", finding, False, [])

    def half_known(x, a):  # type: ignore[no-untyped-def]
        return a * x, lambda d: ((d * x).mean(), 7.0)

    finding = judge(task, "gradient", half_known)
    assert finding is not None and [m.name for m in finding.misconceptions] == ["mean_for_sum"]
    assert "not account for everything: dc will still differ" in failed(task, "gradient", finding, False, [])


def test_two_mistakes_in_one_number_are_both_told() -> None:
    def answer(x, a):  # type: ignore[no-untyped-def]
        return a * x, lambda d: (-(d * x).mean(), d.sum())

    text = text_for(answer, "da")
    assert "This looks like: a mean taken for a sum." in text
    assert "And there is a second thing. It is what that mistake alone would give with" in text

    def other(x, a):  # type: ignore[no-untyped-def]
        return a * x, lambda d: (3 * (d * x).mean(), d.sum())

    assert "3 times what that mistake alone would give" in " ".join(text_for(other, "da").split())


def test_a_plain_multiple_of_the_right_result_is_no_other_mistake_times_a_constant() -> None:
    task = affine()

    @task.wrong("three times too much", hint="Nothing asks for three.")
    def tripled(x: Any, a: Any) -> Any:
        return a * x, lambda d: (3 * (d * x).sum(), d.sum())

    def answer(x, a):  # type: ignore[no-untyped-def]
        return a * x, lambda d: (6 * (d * x).sum(), d.sum())

    finding = judge(task, "da", answer)
    assert finding is not None and finding.misconceptions == []
    assert finding.relation == "It is 6 times the right one, everywhere."


def test_right_numbers_in_a_list_are_told_that_and_nothing_else() -> None:
    def answer(x, a):  # type: ignore[no-untyped-def]
        return (a * x).tolist(), lambda d: ((d * x).sum(), d.sum())

    text = text_for(answer, "value")
    assert "wrap them in np.array" in " ".join(text.split())
    assert "looks like" not in text and "second thing" not in text


def test_a_result_that_a_later_call_overwrites_is_told_as_it_was() -> None:
    def op(z):  # type: ignore[no-untyped-def]
        kept = np.zeros_like(z)

        def pullback(d):  # type: ignore[no-untyped-def]
            kept[...] = kept + d * (z > 0)
            return kept

        return np.maximum(z, 0), pullback

    with pytest.raises(NotYet) as caught:
        check("04.relu", "gradient", op)
    assert "dz, when called again" in str(caught.value)


def test_a_second_mistake_on_one_input_does_not_hide_the_first() -> None:
    task = affine()
    cases = [*task.visible_cases(), {"x": np.array([3.0]), "a": 1.0, "d": np.array([2.0])}]
    cases += [{"x": np.arange(1.0, k), "a": 1.0, "d": np.arange(1.0, k) / k} for k in (4, 6)]

    def answer(x, a):  # type: ignore[no-untyped-def]
        return a * x, lambda d: ((d * x).mean() if x.size < 12 else 99.0, d.sum())

    finding = judge(task, "da", answer, cases)
    assert finding is not None
    assert [m.name for m in finding.misconceptions] == ["mean_for_sum"]
    said = " ".join(failed(task, "da", finding, False, []).split())
    assert "something on other inputs will still differ" in said


def test_an_unknown_mistake_gets_its_relation_and_no_name() -> None:
    def answer(x, a):  # type: ignore[no-untyped-def]
        return a * x, lambda d: (-(d * x).sum(), d.sum())

    text = text_for(answer, "da")
    assert "with its sign turned" in text and "This looks like" not in text and "Read: chapter 01" in text


def test_hidden_inputs_and_results_stay_hidden() -> None:
    def answer(x, a):  # type: ignore[no-untyped-def]
        return a * x, lambda d: ((d * x).mean(), d.sum())

    cases = [{"x": np.array([[0.123456], [7.654321]]), "a": 2.0, "d": np.array([[5.5], [1.25]])}]
    text = text_for(answer, "da", cases)
    assert "0.123456" not in text and "7.654" not in text and "5.5" not in text
    assert "On an input that is not shown, of shapes x (2, 1), d (2, 1)." in text
    assert "a mean taken for a sum" in text


@pytest.mark.parametrize(
    "leak",
    [
        lambda x, a: (_ for _ in ()).throw(ValueError(repr(x))),
        lambda x, a: (_ for _ in ()).throw(type(f"E{x[0]}".replace(".", "_"), (Exception,), {})()),
        lambda x, a: repr(x),
        lambda x, a: (repr(x), None),
        lambda x, a: (float(x[0]), lambda d: (0, 0)),
        lambda x, a: {str(x): 1},
    ],
)
def test_an_answer_cannot_make_a_message_tell_the_hidden_inputs(leak: Any) -> None:
    cases = [{"x": np.array([0.734512, 2.0]), "a": 2.0, "d": np.array([5.5, 1.25])}]
    for part in affine().parts:
        assert not re.search("734512|73451", text_for(leak, part, cases))


def test_a_value_that_is_none() -> None:
    assert "returned None" in text_for(lambda x, a: None, "value")


def test_an_answer_that_changes_its_input_does_not_spoil_the_next_case() -> None:
    def answer(x, a):  # type: ignore[no-untyped-def]
        x *= a
        return x, lambda d: (0, 0)

    task = affine()
    finding = judge(task, "value", answer, task.visible_cases())
    assert finding is not None and finding.error is not None and finding.error.kind == "changed"
    assert finding.case["x"].tolist() == [1.0, 2.0]


def test_the_library_may_not_do_the_work() -> None:
    from bplib import ops

    def helper(z):  # type: ignore[no-untyped-def]
        return ops.relu(z)

    def answer(x, a):  # type: ignore[no-untyped-def]
        return ops.mul(x, a)

    for name in ("bplib.ops",):
        assert name in text_for(answer, "value")
    scope: dict[str, Any] = {"__name__": "__main__", "ops": ops}
    from bplib.check.notebook import run_cell

    run_cell(
        "def helper(z):\n    return ops.relu(z)\n\ndef answer(x, a):\n    return helper(x)\n", scope, "a cell"
    )
    assert "bplib.ops" in text_for(scope["answer"], "value"), "also through a function of the student's"
    run_cell("def answer(x, a):\n    from torch import nn\n    return x\n", scope, "another cell")
    assert "torch" in text_for(scope["answer"], "value")
    run_cell("class Layer:\n    def forward(self, x):\n        return ops.relu(x)\n", scope, "a class")
    assert "bplib.ops" in text_for(scope["Layer"], "value")


def test_a_variable_that_is_named_like_something_forbidden_is_allowed() -> None:
    from bplib import ops
    from bplib.check.notebook import run_cell

    scope: dict[str, Any] = {"__name__": "__main__", "ops": ops}
    text = "def answer(x, a):\n    ops = a * x\n    return ops, lambda d: ((d * x).sum(), d.sum())\n"
    run_cell(text, scope, "a cell")
    assert text_for(scope["answer"], "value") == ""


def test_value_and_pullback_in_the_wrong_order_are_told() -> None:
    with pytest.raises(NotYet, match="The value comes first"):
        check("04.relu", "value", lambda z: (lambda d: d * (z > 0), np.maximum(z, 0)))


def test_check_prints_points_and_raises_one_message(capsys: pytest.CaptureFixture[str]) -> None:
    session.forget()

    def relu(z):  # type: ignore[no-untyped-def]
        return np.maximum(z, 0), lambda d: d * (z >= 0)

    check("04.relu", "value", relu)
    with pytest.raises(NotYet, match="slope at zero") as caught:
        check("04.relu", "gradient", relu)
    assert caught.value.named == ("04.relu.one_at_zero",)
    assert caught.value._render_traceback_()[0].startswith("✗ 04.relu, gradient: not yet")
    session.score()
    out = capsys.readouterr().out
    assert "✓ 04.relu, value: 1 point" in out
    assert "value ✓, gradient ✗" in out


def test_a_wrong_name_lists_the_right_ones() -> None:
    with pytest.raises(LookupError, match=r"assignment 04 has .*04\.relu"):
        check("04.rellu", "value", None)
    with pytest.raises(LookupError, match="not 'grad'"):
        check("04.relu", "grad", None)


def test_a_task_that_builds_on_another_says_so_first() -> None:
    session.forget()
    task = affine()
    task.needs = ("04.relu",)
    assert session.lacking(task) == []
    with pytest.raises(NotYet):
        check("04.relu", "value", lambda z: (z, None))
    finding = judge(task, "value", lambda x, a: (x, None))
    assert finding is not None
    text = failed(task, "value", finding, False, session.lacking(task))
    assert text.splitlines()[2].startswith("This task calls your relu, which does not hold yet")
    session.forget()
