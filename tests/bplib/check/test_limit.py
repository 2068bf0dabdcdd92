"""The limit on a call's time, and what is kept of a right answer's results."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from bplib.check.judge import attempt, check, fingerprint, known
from bplib.check.limit import Limit, TooLong
from bplib.check.student import SECONDS, StudentError, call
from bplib.check.task import find


def test_calls_do_not_start_a_thread_each() -> None:
    call(abs, -1)
    before = threading.active_count()
    for _ in range(300):
        assert call(abs, -1) == 1
    assert threading.active_count() <= before


def test_the_watcher_ends_and_comes_again() -> None:
    call(abs, -1)
    until = time.monotonic() + 10
    while any("_watch" in t.name for t in threading.enumerate()) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any("_watch" in t.name for t in threading.enumerate())
    limit = SECONDS.set(0.1)
    try:
        with pytest.raises(StudentError, match=r"stopped after 0\.1 seconds"):
            call(forever)
    finally:
        SECONDS.reset(limit)


def forever() -> None:
    while True:
        pass


def test_an_inner_limit_ends_before_the_outer_one_and_leaves_it_alone() -> None:
    began = time.monotonic()
    with Limit(30):
        with pytest.raises(TooLong), Limit(0.1):
            forever()
        assert time.monotonic() - began < 5
        with Limit(30):
            assert sum(range(100_000)) == 4_999_950_000
    with pytest.raises(TooLong), Limit(0.1), Limit(30):
        forever()
    time.sleep(0.3)  # nothing is thrown after the end


def test_a_call_that_swallows_the_throw_gets_it_again() -> None:
    def stubborn() -> None:
        for _ in range(3):
            try:
                forever()
            except BaseException:
                continue
        forever()

    with pytest.raises(TooLong), Limit(0.1):
        stubborn()


def test_a_fingerprint_tells_apart_what_a_function_could() -> None:
    one = np.array([1.0, 2.0])
    different = [
        [{"x": one}],
        [{"x": one.astype(np.float32)}],
        [{"x": one[:, None]}],
        [{"x": [1.0, 2.0]}],
        [{"x": (1.0, 2.0)}],
        [{"x": [1, 2]}],
        [{"x": [True, 2]}],
        [{"x": np.array([0.0, 2.0])}],
        [{"x": np.array([-0.0, 2.0])}],
        [{"x": "1.0"}, {"x": "2.0"}],
        [{"x": "1.0", "y": "2.0"}],
        [{"y": "2.0", "x": "1.0"}],
        [{"x": None}],
    ]
    prints = [fingerprint(case) for case in different]
    assert None not in prints and len(set(prints)) == len(different)
    assert fingerprint([{"x": one.copy()}]) == prints[0]
    assert fingerprint([{"x": abs}]) is None and fingerprint([{"x": np.array([abs])}]) is None


def test_a_right_answer_is_not_run_twice_on_the_same_hidden_inputs(monkeypatch: pytest.MonkeyPatch) -> None:
    task = find("01.predict")
    cases = [{"x": np.array([1.0, 3.0]), "w": 2.5, "b": 0.25}]
    ran = []

    def counted(*args: object) -> object:
        ran.append(args[1])
        return attempt(*args)  # type: ignore[arg-type]

    monkeypatch.setattr("bplib.check.judge.attempt", counted)
    first = known(task, "", task.answer, cases)
    assert known(task, "", task.answer, [dict(cases[0], x=cases[0]["x"].copy())]) is first
    assert ran == [task.answer]
    known(task, "", task.answer, [cases[0] | {"b": 0.5}])
    assert len(ran) == 2
    check("01.predict", "value", lambda x, w, b: w * x + b, cases=cases)
    with pytest.raises(AssertionError):
        check("01.predict", "value", lambda x, w, b: w * x - b, cases=cases)


def test_a_right_answer_that_ran_out_of_time_is_asked_again_and_that_is_not_kept() -> None:
    """A machine that stood still must not cost the next student points."""
    task, slow = find("01.predict"), [True, False]
    cases = [{"x": np.array([7.0]), "w": 1.5, "b": 0.125}]

    def answer(x: np.ndarray, w: float, b: float) -> np.ndarray:
        if slow.pop(0):
            forever()
        return w * x + b

    limit = SECONDS.set(0.1)
    try:
        (((part, _, value),),) = known(task, "", answer, cases)
        slow[:] = [True, True, False]
        cases[0]["b"] = 0.25
        assert isinstance(known(task, "", answer, cases)[0][0][2], StudentError)
        assert known(task, "", answer, cases)[0][0][2] == 10.75 and slow == []
    finally:
        SECONDS.reset(limit)
    assert part == "value" and value == 10.625
