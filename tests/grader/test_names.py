"""What a test uses comes from where it should: nothing of the student's stands in for what is the instructor's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from grader import names
from grader.bundle import Bundle
from grader.grade import grade
from grader.key import environment
from grader.limits import Limits
from tests.grader.forked import Forked

MARKS = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
IMPORTS = "import numpy as np\nfrom numpy.testing import assert_allclose"
HELPER = """points = [1.0, 2.0]
def near(a, b):
    assert abs(a - b) < 1e-9, "not near"
class Box:
    def __init__(self, inside):
        self.inside = inside"""
ANSWER = """import math
def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION
def opened(box):
    ### BEGIN SOLUTION
    return box.inside
    ### END SOLUTION"""
TESTS = {
    "imported": "assert_allclose(double(3.0), 6.0)",
    "builtin": "assert abs(double(3.0) - 6.0) < 1e-9\nassert all([double(1.0) == 2.0])",
    "helper": "near(double(points[1]), 4.0)\nthen = 5.0",
    "math": "assert math.isclose(double(then), 10.0)",  # what the test before it and the answer's cell have
    "object": "assert opened(Box(7)) == 7",
}
SHADOWS = """
def everything(*a, **k): return 0
abs = round = float = everything
def all(x): return True
assert_allclose = near = everything
points, then = [0.0, 0.0], 0.0
class np: allclose = everything
class math: isclose = staticmethod(lambda *a: True)
"""


def cell(name: str, source: str, **marks: Any) -> Any:
    made = new_code_cell(source, id=name)
    if marks:
        made.metadata["nbgrader"] = MARKS | {"grade_id": name} | marks
    return made


@pytest.fixture(params=[True, False], ids=["read-only", "plain"])
def bundle(request: pytest.FixtureRequest, tmp_path: Path) -> Bundle:
    """An ordinary nbgrader notebook: no cell has a tag, its own cells are read-only or of no kind."""
    marks = {"locked": True} if request.param else {}
    book = new_notebook()
    book.cells = [cell("imports", IMPORTS, **marks), cell("helper", HELPER, **marks)]
    book.cells.append(cell("answer", ANSWER, solution=True))
    for name, test in TESTS.items():
        book.cells.append(cell(f"test-{name}", test, grade=True, locked=True, points=1))
    path = tmp_path / "hw.ipynb"
    nbformat.write(book, path)
    return Bundle.read(path)


def handed_in(bundle: Bundle, answer: str, extra: str = "") -> bytes:
    cells = []
    for c in bundle.cells:
        text = answer if c.name == "answer" else c.source
        marks = {} if c.name.startswith("#") else {"nbgrader": {"grade_id": c.name}}
        cells.append({"cell_type": "code", "metadata": marks, "source": text})
        if extra and c.name == "answer":
            cells.append({"cell_type": "code", "metadata": {}, "source": extra})
    return json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}).encode()


def scores(bundle: Bundle, raw: bytes) -> dict[str, float]:
    verdict = grade(raw, bundle, Limits(), Forked())
    assert verdict["status"] == "graded"
    return {c["grade_id"]: c["score"] for c in verdict["cells"] if c["kind"] == "test"}


def test_an_ordinary_notebook_is_graded_as_it_stands(bundle: Bundle) -> None:
    assert set(scores(bundle, handed_in(bundle, ANSWER)).values()) == {1.0}


def test_nothing_that_a_student_defines_replaces_what_tests_use(bundle: Bundle) -> None:
    wrong = "def double(x):\n    return 99.0\ndef opened(box):\n    return None\n"
    assert set(scores(bundle, handed_in(bundle, wrong, SHADOWS)).values()) == {0.0}
    assert set(scores(bundle, handed_in(bundle, wrong + SHADOWS)).values()) == {0.0}


def test_who_uses_such_names_for_something_else_loses_nothing(bundle: Bundle) -> None:
    assert set(scores(bundle, handed_in(bundle, ANSWER, "all = [1]\nabs = 3.0\nlist = {}\n")).values()) == {
        1.0
    }


def test_code_that_a_person_marks_is_run(tmp_path: Path) -> None:
    book = new_notebook()
    book.cells = [
        cell("essay", "def f():\n    return 4\nprint('looked at')", grade=True, solution=True, points=2),
        cell("test-f", "assert f() == 4", grade=True, locked=True, points=1),
    ]
    nbformat.write(book, tmp_path / "hw.ipynb")
    bundle = Bundle.read(tmp_path / "hw.ipynb")
    raw = handed_in(bundle, "").replace(b"return 4", b"return 2 + 2")
    verdict = grade(raw, bundle, Limits(), Forked())
    by_hand, test = verdict["cells"]
    assert (by_hand["kind"], by_hand["score"], by_hand["points"]) == ("by-hand", None, 2.0)
    assert by_hand["printed"] == "looked at\n" and test["score"] == 1.0


def test_names() -> None:
    assert names.bound("import a.b, c as d\nfor i in x: pass\ny = [k for k in x]\n%time z = 1") == {
        *("a", "d", "i", "y")
    }
    assert names.bound("this is not Python") == frozenset() == names.used("nor this is")
    assert names.imports("from __future__ import annotations\nimport a.b\nx = 1\nfrom c import d") == (
        "import a.b\nfrom c import d"
    )


def test_a_changed_check_makes_other_verdicts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import bplib

    before = environment()
    (tmp_path / "check.py").write_text("tolerance = 1e-3\n", encoding="utf-8")
    monkeypatch.setattr(bplib, "__file__", str(tmp_path / "__init__.py"))
    environment.cache_clear()
    first = environment()
    (tmp_path / "check.py").write_text("tolerance = 1e-6\n", encoding="utf-8")
    environment.cache_clear()
    second = environment()
    monkeypatch.undo()
    environment.cache_clear()
    assert len({before, first, second}) == 3 and environment() == before
