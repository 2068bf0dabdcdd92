"""A light assignment, and a class of any size for it: grading one costs milliseconds, so that proofs may be large."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from grader.course import Course

NAME = "01_light"
SETUP = "import math\n"
DOUBLE = "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION\n"
ROOT_OF = "def root_of(x):\n    ### BEGIN SOLUTION\n    return math.sqrt(x)\n    ### END SOLUTION\n"
TESTS = {
    "test-double": (
        "assert double(2) == 4\n### BEGIN HIDDEN TESTS\nassert double(7) == 14\n### END HIDDEN TESTS",
        2,
    ),
    "test-root": ("assert abs(root_of(9.0) - 3) < 1e-9", 3),
}
WRONG = "def double(x):\n    return x + 2\n"
RIGHT = {"double": "def double(x):\n    return x + x\n", "root": "def root_of(x):\n    return x ** 0.5\n"}
POINTS = {"double": 2.0, "root": 3.0}


def _cell(kind: str, source: str, name: str, **more: Any) -> dict[str, Any]:
    said = {
        "grade": False,
        "grade_id": name,
        "locked": True,
        "schema_version": 3,
        "solution": False,
        "task": False,
    }
    tags = {"tags": ["setup"]} if name == "setup" else {}
    cell: dict[str, Any] = {"cell_type": kind, "id": name, "metadata": {"nbgrader": said | more, **tags}}
    code = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return cell | {"source": source, **code}


def source() -> dict[str, Any]:
    """The instructor's notebook: two functions to write, a test of each, and one question in words."""
    answer = {"solution": True, "locked": False}
    cells = [_cell("code", SETUP, "setup")]
    for name, text, test in (("double", DOUBLE, "test-double"), ("root", ROOT_OF, "test-root")):
        cells.append(_cell("code", text, name, **answer))
        cells.append(_cell("code", TESTS[test][0], test, grade=True, points=TESTS[test][1]))
    cells.append(_cell("markdown", "Because it is so.", "why", grade=True, points=1, **answer))
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}


def write_source(folder: Path) -> Path:
    """A folder of assignments with this one in it, for ``grader init --source``."""
    path = folder / NAME / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(source()), encoding="utf-8")
    return folder


def submission(course: Course, answers: dict[str, str]) -> bytes:
    """A student's copy of the release, with these answers in it."""
    notebook = json.loads((course.folder("release", NAME) / f"{NAME}.ipynb").read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        cell["source"] = answers.get(name, cell["source"])
    return json.dumps(notebook).encode()


def hand_in(course: Course, student: str, raw: bytes | None, when: str = "") -> None:
    """Put a notebook, or an empty folder, where students' notebooks go."""
    folder = course.folder("submitted", NAME, student)
    folder.mkdir(parents=True, exist_ok=True)
    if raw is not None:
        (folder / f"{NAME}.ipynb").write_bytes(raw)
    if when:
        (folder / "timestamp.txt").write_text(when, encoding="utf-8")


def class_of(course: Course, count: int) -> dict[str, float]:
    """Hand in for so many students; gives each one's points.

    Right in both, one or none; some with a time; two who handed in the same bytes; and of every thirty one whose
    folder is empty and one whose notebook is cut off in the middle.
    """
    points: dict[str, float] = {}
    for number in range(count):
        student, wanted = f"s{number:03d}", [n for k, n in enumerate(RIGHT) if number >> k & 1]
        answers = {n: f"{RIGHT[n]}# {number}\n" for n in wanted}
        answers |= {"why": f"Because of {number}.", **({} if "double" in wanted else {"double": WRONG})}
        raw: bytes | None = submission(course, answers)
        points[student] = sum(POINTS[n] for n in wanted)
        if number % 30 == 10:
            raw, points[student] = None, 0.0
        elif number % 30 == 20:
            raw, points[student] = (raw or b"")[:400], 0.0
        elif number % 30 == 25:
            previous = course.folder("submitted", NAME, f"s{number - 1:03d}") / f"{NAME}.ipynb"
            raw, points[student] = previous.read_bytes(), points[f"s{number - 1:03d}"]
        when = f"2027-03-01 10:{number % 60:02d}:00 UTC" if number % 3 == 0 else ""
        hand_in(course, student, raw, when)
    return points


def odd(count: int) -> tuple[int, int, int]:
    """How many of such a class are graded, zero with a reason, and quarantined."""
    zero = sum(n % 30 == 10 for n in range(count))
    quarantined = sum(n % 30 == 20 for n in range(count))
    return count - zero - quarantined, zero, quarantined
