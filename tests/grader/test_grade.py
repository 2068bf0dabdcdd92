"""One submission, one verdict: right answers keep their points, tricks gain none, and none harms its neighbours."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from book.tools import assignments
from bplib.check.judge import NotYet, check
from bplib.check.notebook import run_cell
from grader.audit import source
from grader.bundle import Bundle
from grader.grade import grade
from grader.key import key
from grader.limits import Limits
from tests.grader.forked import Forked, submission

SOURCES = assignments.sources()
LIMITS = Limits(call_seconds=0.5, cell_seconds=1.0, wall_seconds=30.0)
RELU = "04_activations"


@lru_cache
def bundle(name: str) -> Bundle:
    return Bundle.read(next(p for p in SOURCES if p.stem == name))


def released(name: str) -> Path:
    return assignments.TARGET / f"{name}.ipynb"


def solutions(name: str) -> dict[str, str]:
    return dict(source.read(next(p for p in SOURCES if p.stem == name)).solutions)


def verdict(name: str, raw: bytes, limits: Limits = LIMITS) -> dict[str, Any]:
    return grade(raw, bundle(name), limits, Forked())


def scores(v: dict[str, Any]) -> dict[str, float]:
    return {c["grade_id"]: c["score"] for c in v["cells"] if c["kind"] == "test"}


def cell(v: dict[str, Any], name: str) -> dict[str, Any]:
    return next(c for c in v["cells"] if c["grade_id"] == name)


def notebook(answers: dict[str, str], extra: str = "") -> dict[str, Any]:
    nb = json.loads(submission(released(RELU), answers))
    if extra:
        first = {
            "cell_type": "code",
            "id": "x",
            "metadata": {},
            "source": extra,
            "outputs": [],
            "execution_count": None,
        }
        nb["cells"].insert(2, first)
    return nb


# --------------------------------------------------------------------------------------------- honest ones


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.stem)
def test_the_solution_earns_every_point_and_the_stub_none(path: Path) -> None:
    name = path.stem
    v = verdict(name, submission(released(name), solutions(name)))
    assert v["status"] == "graded" and v["repairs"] == []
    tests = [c for c in v["cells"] if c["kind"] == "test"]
    assert [c["grade_id"] for c in tests if c["score"] != c["points"]] == []
    assert sum(c["points"] for c in tests) >= 20
    empty = verdict(name, released(name).read_bytes())
    assert sum(scores(empty).values()) == 0 and empty["repairs"] == []
    assert all("is not written yet" in c["message"] for c in empty["cells"] if c["kind"] == "test")


def test_the_message_is_the_one_that_the_student_read() -> None:
    answer = "def relu(z):\n    return np.maximum(z, 0), lambda d: d * (z >= 0)\n"
    v = verdict(RELU, submission(released(RELU), {"relu": answer}))
    scope: dict[str, Any] = {"__name__": "__main__"}
    run_cell("import numpy as np\n" + answer, scope, "a cell")
    with pytest.raises(NotYet) as read:
        check("04.relu", "gradient", scope["relu"])
    assert cell(v, "test-relu-gradient")["message"] == str(read.value)
    assert cell(v, "test-relu-gradient")["named"] == ["04.relu.one_at_zero"]
    assert cell(v, "test-relu-value")["score"] == 1


def test_an_error_in_the_students_code_is_shown_at_its_line() -> None:
    v = verdict(RELU, submission(released(RELU), {"relu": "def relu(z):\n    return z.wrong, None\n"}))
    message = cell(v, "test-relu-value")["message"]
    assert "AttributeError: 'numpy.ndarray' object has no attribute 'wrong'" in message
    assert "at line 2 of your cell, in relu:\n    return z.wrong, None" in message


def test_the_same_submission_gets_the_same_verdict() -> None:
    raw = submission(released(RELU), {**solutions(RELU), "relu": "def relu(z):\n    return z, z\n"})

    def without_times(v: Any) -> Any:
        if isinstance(v, dict):
            return {k: without_times(x) for k, x in v.items() if k != "seconds"}
        return [without_times(x) for x in v] if isinstance(v, list) else v

    assert without_times(verdict(RELU, raw)) == without_times(verdict(RELU, raw))
    usual, longer = Limits(), Limits(call_seconds=3.0)
    assert key(raw, bundle(RELU), usual) == key(raw, bundle(RELU), usual)
    others = key(raw + b" ", bundle(RELU), usual), key(raw, bundle(RELU), longer)
    assert key(raw, bundle(RELU), usual) not in others


def test_a_bundle_crosses_to_another_machine_and_a_changed_one_is_refused() -> None:
    plain = json.loads(json.dumps(bundle(RELU).to_dict()))
    assert Bundle.from_dict(plain) == bundle(RELU)
    plain["cells"][5][3] += "#"
    with pytest.raises(ValueError, match="changed on the way"):
        Bundle.from_dict(plain)


# ------------------------------------------------------------------------------------- one bad task of many

WRONG = "def relu(z):\n    return z, lambda d: d\n"  # earns nothing by itself
TRICKS = {
    "numpy that always agrees": "np.allclose = np.isclose = np.array_equal = lambda *a, **k: True\n",
    "a check of one's own": "def check(*a, **k):\n    print('✓')\nimport bplib.check\nbplib.check.check = check\n",
    "a patched judge": "import bplib.check.judge as j\nj.judge = lambda *a, **k: None\nj.differ = lambda *a: None\n",
    "no errors any more": "import builtins\nbuiltins.AssertionError = Warning\n",
    "another compare": "import bplib.check.compare as c\nc.differ = lambda *a, **k: None\n",
    "an input transformer": "get_ipython().input_transformers_cleanup.append(lambda l: [])\n",
    "frames": "import sys\nsys.settrace(lambda *a: None)\n",
}


@pytest.mark.parametrize("trick", TRICKS, ids=str)
def test_a_trick_gains_no_point_over_its_honest_twin(trick: str) -> None:
    nb = notebook({"relu": WRONG}, TRICKS[trick])
    v = verdict(RELU, json.dumps(nb).encode())
    assert sum(scores(v).values()) == 0
    assert cell(v, "test-relu-gradient")["score"] == 0


EQUAL = """
class Equal(np.ndarray):
    def __array_ufunc__(self, *a, **k): return True
    def __eq__(self, other): return True
    def __sub__(self, other): return 0
def relu(z):
    return np.zeros(z.shape).view(Equal), lambda d: np.zeros(d.shape).view(Equal)
"""


def test_an_always_equal_array_is_no_plain_data() -> None:
    v = verdict(RELU, submission(released(RELU), {"relu": EQUAL}))
    assert scores(v)["test-relu-value"] == 0
    assert "expected an array of shape (3,), got an Equal" in " ".join(
        cell(v, "test-relu-value")["message"].split()
    )


def test_tags_points_and_tests_of_the_submission_count_for_nothing() -> None:
    nb = notebook({"relu": WRONG})
    for c in nb["cells"]:
        meta = c["metadata"].get("nbgrader", {})
        if meta.get("grade") and c["cell_type"] == "code":
            c["source"], meta["points"] = "pass", 1000
            c["metadata"]["tags"] = ["skip-execution"]
            c["outputs"] = [{"output_type": "execute_result", "data": {"text/plain": "1000"}, "metadata": {}}]
    nb["metadata"]["kernelspec"] = {"name": "evil", "language": "sh"}
    v = verdict(RELU, json.dumps(nb).encode())
    assert sum(scores(v).values()) == 0
    assert {c["points"] for c in v["cells"] if c["kind"] == "test"} <= {1.0, 2.0, 3.0}
    assert sum("is not yours to change" in r for r in v["repairs"]) >= 16


DEADLY = {
    "exit": "def relu(z):\n    import os\n    os._exit(0)\n",
    "sys.exit": "def relu(z):\n    import sys\n    sys.exit(0)\n",
    "loop": "def relu(z):\n    while True: pass\n",
    "loop that swallows": (
        "def relu(z):\n    while True:\n        try:\n            while True: pass\n"
        "        except BaseException: pass\n"
    ),
    "sleep": "def relu(z):\n    import time\n    time.sleep(600)\n",
    "segfault": "def relu(z):\n    import ctypes\n    ctypes.string_at(0)\n",
    "kill": "def relu(z):\n    import os, signal\n    os.kill(os.getpid(), signal.SIGKILL)\n",
    "recursion": "def relu(z):\n    return relu(z)\n",
    "printing": "def relu(z):\n    while True: print('x' * 1000)\n",
    "closing the line": "def relu(z):\n    import os\n    os.closerange(3, 64)\n",
    "writing to the line": (
        "def relu(z):\n    import os\n    for fd in range(3, 64):\n        try: os.write(fd, b'\\0' * 4096)\n"
        "        except OSError: pass\n"
    ),
}


@pytest.mark.parametrize("how", DEADLY, ids=str)
def test_a_task_that_dies_or_hangs_costs_its_own_points_only(how: str) -> None:
    answers = {**solutions(RELU), "relu": DEADLY[how]}
    v = verdict(RELU, submission(released(RELU), answers))
    lost = [n for n, s in scores(v).items() if s == 0]
    assert lost == ["test-relu-value", "test-relu-gradient"]
    assert all(cell(v, n)["message"] for n in lost)
    full = sum(c["points"] for c in v["cells"] if c["kind"] == "test")
    assert sum(scores(v).values()) == full - 3


@pytest.mark.parametrize(
    "body", ["import os; os._exit(1)", "while True: pass", "raise SystemExit", "1/0", "def broken(:"]
)
def test_a_cell_that_dies_costs_the_others_nothing(body: str) -> None:
    nb = notebook(solutions(RELU), body)
    v = verdict(RELU, json.dumps(nb).encode())
    assert sum(scores(v).values()) == sum(c["points"] for c in v["cells"] if c["kind"] == "test")
    assert v["extra"][0]["error"]


# ------------------------------------------------------------------------------------------ malformed ones


def damaged(change: Any) -> bytes:
    nb = notebook(solutions(RELU))
    change(nb)
    return json.dumps(nb).encode()


def graded(nb: dict[str, Any]) -> list[dict[str, Any]]:
    return [c for c in nb["cells"] if c["metadata"].get("nbgrader")]


def twice(nb: dict[str, Any]) -> None:
    nb["cells"] += [c for c in graded(nb) if c["metadata"]["nbgrader"]["grade_id"] == "test-relu-value"]


def no_tests(nb: dict[str, Any]) -> None:
    nb["cells"] = [c for c in nb["cells"] if not c["metadata"].get("nbgrader", {}).get("grade")]


def only_answers(nb: dict[str, Any]) -> None:
    nb["cells"] = [c for c in nb["cells"] if c["metadata"].get("nbgrader", {}).get("solution")]


def retyped(nb: dict[str, Any]) -> None:
    for c in graded(nb):
        if c["metadata"]["nbgrader"]["grade_id"] == "relu":
            c["cell_type"] = "markdown"


def backwards(nb: dict[str, Any]) -> None:
    nb["cells"].reverse()


REPAIRABLE = {
    "a test cell twice": twice,
    "no test cells": no_tests,
    "only the answers": only_answers,
    "retyped": retyped,
}


@pytest.mark.parametrize("what", REPAIRABLE, ids=str)
def test_what_can_be_put_right_is_put_right_and_told(what: str) -> None:
    v = verdict(RELU, damaged(REPAIRABLE[what]))
    assert v["status"] == "graded" and v["repairs"]
    assert sum(scores(v).values()) == sum(c["points"] for c in v["cells"] if c["kind"] == "test")
    assert len(scores(v)) == len([c for c in bundle(RELU).cells if c.role == "test"])


def test_a_deleted_answer_loses_its_own_points_and_is_told() -> None:
    def change(nb: dict[str, Any]) -> None:
        nb["cells"] = [c for c in nb["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") != "relu"]

    v = verdict(RELU, damaged(change))
    assert [n for n, s in scores(v).items() if s == 0] == ["test-relu-value", "test-relu-gradient"]
    assert any("'relu' was missing" in r for r in v["repairs"])


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "empty"),
        (b"   \n", "empty"),
        (b"not json", "no JSON"),
        (b'{"cells": [', "cut off"),
        (b"[]", "no list of cells"),
        (b'{"cells": 5}', "no list of cells"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b'{"cells": [' + b"{}," * 3000 + b"{}]}", "cells"),
        (b"[" * 50_000, "no JSON"),
        (b" " * (21 << 20) + b"{}", "bytes"),
    ],
    ids=range(10),
)
def test_what_cannot_be_read_is_set_aside_with_a_reason(raw: bytes, words: str) -> None:
    v = verdict(RELU, raw)
    assert v["status"] == "quarantined" and words in v["reason"] and v["cells"] == []


def test_every_cell_backwards_still_ends_in_a_verdict() -> None:
    v = verdict(RELU, damaged(backwards))
    assert v["status"] == "graded" and len(scores(v)) == len(
        [c for c in bundle(RELU).cells if c.role == "test"]
    )


def test_a_notebook_from_an_old_and_one_from_a_future_format() -> None:
    nb = notebook(solutions(RELU))
    nb["nbformat"], nb["nbformat_minor"] = 9, 9
    assert sum(scores(verdict(RELU, json.dumps(nb).encode())).values()) > 20
    old = {"nbformat": 3, "worksheets": [{"cells": [{**c, "input": c["source"]} for c in nb["cells"]]}]}
    assert verdict(RELU, json.dumps(old).encode())["status"] == "graded"


def test_what_ran_out_of_time_is_not_waited_for_again() -> None:
    """The parts of a task are tried on the same inputs."""
    spins = "def relu(z):\n    while True:\n        pass\n"
    v = verdict(RELU, submission(released(RELU), {**solutions(RELU), "relu": spins}))
    value, gradient = cell(v, "test-relu-value"), cell(v, "test-relu-gradient")
    assert value["score"] == gradient["score"] == 0.0 and "stopped after 0.5 seconds" in gradient["message"]
    assert gradient["seconds"] < 0.25 < 0.5 < value["seconds"]
