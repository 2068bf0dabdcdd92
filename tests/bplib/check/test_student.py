"""Calling a student's code: what goes wrong there is told kindly, and nothing of it gets out."""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
import pytest

from bplib.check import student
from bplib.check.notebook import run_cell
from bplib.check.student import StudentError, call, get, quiet, unpack


def from_cell(source: str, name: str) -> Any:
    """A function as a notebook's cell defines it."""
    scope: dict[str, Any] = {"np": np, "__name__": "__main__"}
    run_cell(source, scope, "a student's cell")
    return scope[name]


def told(function: Any, *args: Any, **options: Any) -> StudentError:
    with pytest.raises(StudentError) as caught:
        call(function, *args, **options)
    return caught.value


def test_a_stub_is_not_an_error_but_unwritten() -> None:
    stub = from_cell("def f(x):\n    raise NotImplementedError()\n", "f")
    error = told(stub, 1.0)
    assert error.kind == "unwritten" and "f is not written yet" in error.text


def test_a_changed_def_line_is_named() -> None:
    error = told(from_cell("def f(x, alpha):\n    return x\n", "f"), 1.0)
    assert error.kind == "signature" and "f(x, alpha)" in error.text and "1 argument." in error.text


def test_an_error_is_shown_at_the_students_own_line() -> None:
    source = "def f(x):\n    y = x + 1\n    return np.ones(3) @ np.ones((4, 2))\n"
    error = told(from_cell(source, "f"), 1.0)
    assert error.kind == "raised"
    assert "ValueError: matmul" in error.text
    assert "at line 3 of your cell, in f:\n    return np.ones(3) @ np.ones((4, 2))" in error.text


def test_an_error_inside_a_callback_of_ours_is_shown_at_the_line_that_called_it() -> None:
    f = from_cell("def f(g):\n    return g(1, 2)\n", "f")
    error = told(f, np.linalg.inv)
    assert "at line 2 of your cell, in f:\n    return g(1, 2)" in error.text


@pytest.mark.parametrize(
    "body",
    [
        "    while True: pass",
        "    while True:\n        try:\n            x += 1\n        except Exception:\n            pass",
        "    try:\n        while True: pass\n    except:\n        pass\n    while True: pass",
    ],
)
def test_an_endless_loop_is_stopped(body: str) -> None:
    limit = student.SECONDS.set(0.2)
    try:
        began = time.perf_counter()
        error = told(from_cell(f"def f(x):\n{body}\n", "f"), 1.0)
    finally:
        student.SECONDS.reset(limit)
    assert error.kind == "time" and "stopped after 0.2 seconds" in error.text
    assert time.perf_counter() - began < 2.0


def test_a_loop_is_stopped_in_a_thread_too_and_nothing_is_thrown_later() -> None:
    kinds: list[str] = []

    def work() -> None:
        limit = student.SECONDS.set(0.2)
        kinds.append(told(from_cell("def f(x):\n    while True: pass\n", "f"), 1.0).kind)
        student.SECONDS.reset(limit)
        time.sleep(0.3)  # a late throw would land here
        kinds.append("calm")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(5)
    assert kinds == ["time", "calm"]


def test_what_is_printed_in_a_loop_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    f = from_cell("def f(n):\n    for k in range(n):\n        print('step', k)\n", "f")
    with quiet():
        call(f, 5000)
    out = capsys.readouterr().out
    assert out.count("step") == student.MOST_PRINTED
    assert "your code printed 5,000 lines" in out


def test_a_little_printing_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    with quiet():
        call(from_cell("def f(x):\n    print('x is', x)\n", "f"), 3)
    assert capsys.readouterr().out == "x is 3\n"


@pytest.mark.parametrize("argument", [np.ones(3), [np.ones(3)], {"w": np.ones(3)}, (np.ones(3),)])
def test_an_argument_changed_in_place_is_named(argument: Any) -> None:
    source = (
        "def f(x, params):\n"
        "    values = params.values() if isinstance(params, dict) else params\n"
        "    for v in ([params] if isinstance(params, np.ndarray) else values):\n"
        "        v -= 1\n    return x\n"
    )
    error = told(from_cell(source, "f"), 1.0, argument)
    assert error.kind == "changed" and "its argument params in place" in error.text


@pytest.mark.parametrize(
    ("line", "argument"),
    [
        ("x['t'] += 1", {"t": 3}),
        ("x['m'] = x['m'][0]", {"m": np.ones(1)}),
        ("x['w'][0] = 2.0", {"w": [np.ones(1)]}),
        ("x.sort()", [0.5, 0.1, 0.3]),
        ("x[1] = None", ["a", "b"]),
    ],
)
def test_a_number_changed_inside_a_list_or_dict_is_seen(line: str, argument: Any) -> None:
    assert told(from_cell(f"def f(x):\n    {line}\n    return 1\n", "f"), argument).kind == "changed"


def test_a_list_with_nan_that_is_left_alone_is_unchanged() -> None:
    assert call(from_cell("def f(x):\n    return len(x)\n", "f"), [float("nan"), 1, "b", True]) == 4


def test_changing_an_argument_and_putting_it_back_is_allowed() -> None:
    source = (
        "def f(x):\n    old = x[0]\n    x[0] = old + 1e-3\n    y = x.sum()\n    x[0] = old\n    return y\n"
    )
    assert call(from_cell(source, "f"), np.ones(2)) == pytest.approx(2.001)


def test_sys_exit_and_a_recursion_are_told_like_any_error() -> None:
    assert "SystemExit" in told(from_cell("def f(x):\n    import sys\n    sys.exit(3)\n", "f"), 1).text
    assert "RecursionError" in told(from_cell("def f(x):\n    return f(x)\n", "f"), 1).text


def test_the_interrupt_key_still_interrupts() -> None:
    with pytest.raises(KeyboardInterrupt):
        call(from_cell("def f(x):\n    raise KeyboardInterrupt\n", "f"), 1)


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (
            None,
            "returned None. f should return 2 things, `return value, pullback`: is the return line missing?",
        ),
        (np.ones(2), "it returned an array of shape (2,)."),
        ((1, 2, 3), "it returned 3 things."),
        (4.0, "it returned the number 4.0."),
    ],
)
def test_a_wrong_number_of_results_is_told(result: Any, words: str) -> None:
    with pytest.raises(StudentError, match="return 2 things") as caught:
        unpack(result, "value", "pullback", of="f")
    assert words in caught.value.text


def test_a_helper_that_is_not_written_yet_is_named() -> None:
    f = from_cell("def g(x):\n    raise NotImplementedError()\n\ndef f(x):\n    return g(x)\n", "f")
    assert told(f, 1).text == "f calls g, which is not written yet."


def test_an_error_in_another_function_is_shown_with_the_line_that_called_it() -> None:
    f = from_cell("def g(x):\n    return x.shape[5]\n\ndef f(x):\n    y = x\n    return g(y)\n", "f")
    text = told(f, np.ones(2)).text
    assert "at line 2 of your cell, in g:\n    return x.shape[5]" in text
    assert text.endswith("which was called at line 6, in f:\n    return g(y)")


def test_a_list_that_is_changed_is_told_in_words_for_lists() -> None:
    error = told(from_cell("def f(x):\n    x.pop()\n    return x\n", "f"), [1, 2])
    assert "append, pop, reverse" in error.text


def test_what_is_not_callable_and_what_has_no_attribute() -> None:
    assert "pullback should be something to call; it is None" in told(None, 1, name="pullback").text
    with pytest.raises(StudentError, match="Layer has no attribute 'dW'"):
        get(type("Layer", (), {}), "dW")
