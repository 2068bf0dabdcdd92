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


G, A, T, X = "given", "answer", "test", "the student's own"
NP, DOUBLE = (G, "import numpy as np"), (A, "def f(x):\n    return 2 * x")
NEAR = (G, "def near(a, b):\n    assert abs(a - b) < 1e-9")
WRONG = "def f(x):\n    return 0\n"
HONEST: dict[str, list[tuple[str, str]]] = {
    "a module from another cell": [
        NP,
        (G, "def near(a, b):\n    assert np.allclose(a, b)"),
        DOUBLE,
        (T, "near(f(3.0), 6.0)"),
    ],
    "a helper that calls the answer": [
        (G, "def slope(x, h=1e-5):\n    return (f(x + h) - f(x - h)) / (2 * h)"),
        DOUBLE,
        (T, "assert abs(slope(3.0) - 2) < 1e-6"),
        (T, "assert abs(slope(4.0) - 2) < 1e-6"),
    ],
    "a helper of a test": [DOUBLE, (T, "def ck(x):\n    assert f(x) == 2 * x\nck(1)"), (T, "ck(2)")],
    "an object of the student's": [
        (
            A,
            "class Net:\n    def __init__(self):\n        self.w = 3\n    def out(self):\n        return self.w",
        ),
        (T, "net = Net()\nassert net.w == 3"),
        (T, "assert net.out() == 3"),
    ],
    "objects of ours": [
        (
            G,
            "import numpy as np\nfrom collections import namedtuple\nP = namedtuple('P', 'x y')\n"
            "rng = np.random.default_rng(0)",
        ),
        (A, "def norm(p):\n    return (p.x**2 + p.y**2) ** 0.5\ndef draw(rng):\n    return rng.normal()"),
        (T, "assert norm(P(3, 4)) == 5"),
        (T, "assert isinstance(draw(rng), float)"),
    ],
    "data changed by a later cell": [
        (G, "data = [1]\nx = [1]"),
        (G, "data.append(2)\nclass B:\n    v = 7\nx = B()"),
        (A, "def total():\n    return sum(data)\ndef inside(b):\n    return b.v"),
        (T, "assert total() == sum(data) == 3"),
        (T, "assert inside(x) == 7"),
    ],
    "a placeholder": [(G, "w = None"), (A, "w = [1.0, 2.0]"), (T, "assert w[1] == 2.0")],
    "stars, globals, seeds": [
        (G, "from math import *\nimport numpy as np\ndef setup():\n    global N\n    N = 6\nsetup()"),
        (G, "np.random.seed(0)"),
        (G, "X = np.random.rand(3)"),
        (A, "def f(x):\n    return x * 1.0\ndef mean():\n    return float(X.mean())"),
        (T, "assert f(sqrt(4)) == 2 and N == 6"),
        (T, "assert np.isclose(mean(), X.mean())"),
    ],
    "what needs the answer": [
        DOUBLE,
        (G, "shown = f(3)\ntol = 1e-9"),
        (T, "assert abs(f(3.0) - 6) < tol and shown == 6"),
    ],
    "lines that begin with %": [
        (A, "def f(a, b):\n    return (a\n            % b)"),
        (T, "%precision 3\nassert f(7, 4) == 3"),
        (T, "f(7, 4) / 4;"),
    ],
}
TRICKS: dict[str, tuple[list[tuple[str, str]], list[tuple[str, str]]]] = {
    "a cell of ours moved behind": (
        [NEAR, DOUBLE, (T, "near(f(3.0), 6.0)")],
        [(A, WRONG + "def near(a, b): pass"), (T, ""), NEAR],
    ),
    "what needs a cell before": (
        [
            (G, "def load():\n    return [1.0, 2.0]"),
            (G, "want = [2 * v for v in load()]"),
            DOUBLE,
            (T, "assert f(1.0) == want[0]"),
        ],
        [(A, WRONG + "want = [0]")],
    ),
    "a default of a helper": (
        [
            (G, "TOL = 1e-6"),
            (G, "def near(a, b, tol=TOL):\n    assert abs(a - b) < tol"),
            DOUBLE,
            (T, "near(f(2.0), 4.0)"),
        ],
        [(A, WRONG + "def near(*a): pass")],
    ),
    "a wrapped helper": (
        [
            (G, "from functools import lru_cache\n@lru_cache\ndef ref(x):\n    return 2 * x"),
            DOUBLE,
            (T, "assert f(2) == ref(2)"),
        ],
        [(A, WRONG + "def ref(x): return 0")],
    ),
    "an import that the answer replaces": (
        [
            (
                A,
                "from math import sqrt\n### BEGIN SOLUTION\ndef sqrt(x):\n    return x**0.5\n### END SOLUTION",
            ),
            (T, "assert sqrt(16) == 4"),
        ],
        [(A, "def sqrt(x): return 0")],
    ),
    "an import that is the answer": (
        [
            (A, "### BEGIN SOLUTION\nfrom math import sqrt as root\n### END SOLUTION"),
            (T, "assert root(4) == 2"),
        ],
        [(A, "# nothing")],
    ),
    "a function of ours asked for too much": (
        [
            (G, "def tower(n):\n    s = 0\n    for k in range(n):\n        s += k\n    return s"),
            (A, "def twice(g, n):\n    return 2 * g(n)"),
            (T, "assert twice(tower, 3) == 6"),
        ],
        [(A, "def twice(g, n): return g(10**12)")],
    ),
}


def made_of(cells: list[tuple[str, str]], path: Path) -> Bundle:
    book = new_notebook()
    for k, (kind, text) in enumerate(cells):
        marks = {G: {"locked": True}, A: {"solution": True}, T: {"grade": True, "locked": True, "points": 1}}[
            kind
        ]
        book.cells.append(cell(f"c{k}", text, **marks))
    nbformat.write(book, path)
    return Bundle.read(path)


def sent(bundle: Bundle, cells: list[tuple[str, str]]) -> bytes:
    """Of the cells of a kind the first is the first of the bundle; those that are missing are put back."""
    left = {kind: [c for c in bundle.cells if c.role == kind] for kind in (G, A, T)}
    book = []
    for kind, text in cells:
        marks = {} if kind == X else {"nbgrader": {"grade_id": left[kind].pop(0).name}}
        book.append({"cell_type": "code", "metadata": marks, "source": text})
    return json.dumps({"cells": book, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}).encode()


@pytest.mark.parametrize("name", HONEST)
def test_honest_work_on_an_ordinary_notebook_keeps_its_points(name: str, tmp_path: Path) -> None:
    bundle = made_of(HONEST[name], tmp_path / "hw.ipynb")
    verdict = grade(sent(bundle, HONEST[name]), bundle, Limits(), Forked())
    tests = [c for c in verdict["cells"] if c["kind"] == "test"]
    want = 0.75 if "precision" in name else 1.0
    assert [(c["score"], c["message"]) for c in tests] == [(want, "")] * len(tests)


@pytest.mark.parametrize("name", TRICKS)
def test_a_trick_with_names_gains_nothing(name: str, tmp_path: Path) -> None:
    cells, tried = TRICKS[name]
    bundle = made_of(cells, tmp_path / "hw.ipynb")
    right = [(k, t.replace("### BEGIN SOLUTION", "").replace("### END SOLUTION", "")) for k, t in cells]
    assert scores(bundle, sent(bundle, right)) and set(scores(bundle, sent(bundle, right)).values()) == {1.0}
    assert set(scores(bundle, sent(bundle, tried)).values()) == {0.0}


def test_hidden_inputs_are_not_told_by_a_visible_line_behind_them(tmp_path: Path) -> None:
    hidden = "### BEGIN HIDDEN TESTS\nassert f(-98765.0) == -197530.0\n### END HIDDEN TESTS"
    test = f"assert f(3.0) == 6.0\n{hidden}\nassert f(2.0) == 4.0"
    bundle = made_of([DOUBLE, (T, test)], tmp_path / "hw.ipynb")
    told = "seen = []\ndef f(x):\n    seen.append(x)\n    if x == 2:\n        raise ValueError(seen)\n    return 2 * x"
    verdict = grade(sent(bundle, [(A, told), (T, "")]), bundle, Limits(), Forked())
    assert verdict["cells"][-1]["score"] == 0.0 and "ValueError" in verdict["cells"][-1]["message"]
    assert "98765" not in json.dumps(verdict)
