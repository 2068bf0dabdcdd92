"""Makes a course folder, and releases assignments in it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from grader.course import Course, CourseError, without_slow_imports, write

SOLUTIONS = Path(__file__).resolve().parents[1] / "solutions"
CONFIG = '''\
"""The configuration of this course, for nbgrader and for the command grader alike."""

import os

from grader.nbgrader_config import use

c = get_config()
use(c)  # submissions run in the sandbox

c.CourseDirectory.course_id = {name}
{db}c.Exchange.root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "exchange")

# Limits of one submission that differ from the usual ones, and the sandbox's level:
# c.SandboxedExecute.limits = {{"call_seconds": 5.0, "wall_seconds": 300.0}}
# c.SandboxedExecute.level = "bubblewrap"
'''


def make(
    folder: Path,
    name: str = "",
    db: str = "",
    assignments: Sequence[str] | None = None,
    source: Path | None = None,
) -> Course:
    """A new course folder: configuration, gradebook, and the instructor's notebooks in source/."""
    root = folder.expanduser().resolve()
    if (root / "nbgrader_config.py").exists():
        raise CourseError(
            f"{root} is a course already; change its nbgrader_config.py, or take another folder"
        )
    if SOLUTIONS.parent in [root, *root.parents] and (SOLUTIONS.parent / "pyproject.toml").exists():
        raise CourseError(f"{root} lies within this repository; students' work belongs outside of it")
    chosen = _choose(source or SOLUTIONS, assignments)
    said = db or f"sqlite:///{root / 'gradebook.db'}"
    os.makedirs(root, mode=0o700, exist_ok=True)
    for step in ("source", "release", "submitted", "autograded", "feedback"):
        (root / step).mkdir(exist_ok=True)
    for path in chosen:
        shutil.copytree(
            path,
            root / "source" / path.name,
            ignore=shutil.ignore_patterns(".*", "__pycache__"),
            dirs_exist_ok=True,
        )
    text = CONFIG.format(
        name=repr(name or root.name), db=f"c.CourseDirectory.db_url = {db!r}\n" if db else ""
    )
    (root / "exchange").mkdir(exist_ok=True)
    without_slow_imports()
    from grader.gradebook import Book

    with Book(said, name or root.name):
        pass
    write(root / "nbgrader_config.py", text)  # last: with it, the folder is a course
    return Course.open(root)


def _choose(source: Path, wanted: Sequence[str] | None) -> list[Path]:
    if not source.is_dir():
        raise CourseError(
            f"{source} is no folder; name the one with the instructor's notebooks: --source FOLDER"
        )
    there = sorted(p.parent for p in source.glob("*/*.ipynb"))
    there = list(dict.fromkeys(there))
    if wanted is None:
        return there
    chosen = []
    for word in wanted:
        fits = [p for p in there if p.name == word] or [p for p in there if p.name.startswith(word)]
        if len(fits) != 1:
            raise CourseError(
                f"{source} has {'several assignments' if fits else 'no assignment'} {word!r}; "
                f"there are: {', '.join(p.name for p in there)}"
            )
        chosen += fits
    return list(dict.fromkeys(chosen))


def release(course: Course, assignment: str) -> dict[str, Any]:
    """Release an assignment: nbgrader's own generate_assignment, its rows in the gradebook included.

    Gives {"assignment", "notebooks": [{"name", "points", "tests"}]}. CourseError with nbgrader's words where it
    fails, or where the release would contain a solution or a hidden test.
    """
    assignment = course.assignment(assignment)
    without_slow_imports()
    from nbgrader.apps import NbGraderAPI

    from grader.gradebook import opened

    opened(course.db_url, course.course_id).close()  # nbgrader's own words for one that is not there mislead
    config = course.config.copy()
    config.CourseDirectory.root = str(course.root)
    result = NbGraderAPI(config=config).generate_assignment(assignment)
    if not result["success"]:
        said = (result.get("error") or result.get("log") or "").strip().splitlines()
        raise CourseError(f"{assignment} was not released: {said[-1] if said else 'nbgrader gave no reason'}")
    notebooks = []
    for name, master in course.masters(assignment).items():
        made = course.folder("release", assignment) / f"{name}.ipynb"
        cells = json.loads(made.read_text(encoding="utf-8"))["cells"]
        text = "\n".join("".join(c["source"]) for c in cells)
        for mark in ("BEGIN SOLUTION", "BEGIN HIDDEN TESTS", "BEGIN MARK SCHEME"):
            if mark in text:
                raise CourseError(f"{made} still contains {mark}: do not hand it out")
        tests = sum(c.role == "test" for c in master.bundle.cells)
        notebooks.append({"name": name, "points": master.bundle.points, "tests": tests, "file": str(made)})
    return {"assignment": assignment, "notebooks": notebooks}
