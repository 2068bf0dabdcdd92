"""Thousands of broken notebooks and archives: each ends with its reason, and costs nobody else anything."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from grader.batch import Run, verdicts
from grader.collect import collect
from grader.course import Course
from grader.feedback import feedback_page
from grader.received import Unusable
from tests.grader import broken, classes
from tests.grader.attacks import kit
from tests.grader.classes import NAME

CELLS = ("mean_square", "test-mean_square-plain", "explain-choice")


def small() -> dict[str, Any]:
    """An assignment of one task and one answer in words."""
    nb = kit.source()
    named = {c["metadata"].get("nbgrader", {}).get("grade_id"): c for c in nb["cells"]}
    setup = {
        "cell_type": "code",
        "id": "setup",
        "metadata": {"tags": ["setup"]},
        "source": "import numpy as np",
    }
    setup |= {"execution_count": None, "outputs": []}
    return nb | {"cells": [setup, *(named[name] for name in CELLS)]}


@pytest.fixture(scope="module")
def one_task(released: Course, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course whose assignment is a small one."""
    from grader.setup_course import release

    root = tmp_path_factory.mktemp("one") / "course"
    shutil.copytree(released.root, root)
    (root / "gradebook.db").unlink()
    (root / "source" / NAME / f"{NAME}.ipynb").write_text(json.dumps(small()), encoding="utf-8")
    shutil.rmtree(root / "release" / NAME)
    course = Course.open(root)
    release(course, NAME)
    return course


def whole(course: Course) -> dict[str, Any]:
    nb = json.loads((course.folder("release", NAME) / f"{NAME}.ipynb").read_text(encoding="utf-8"))
    return kit.notebook(nb, {"mean_square": kit.RIGHT["mean_square"]})


def hand_in(course: Course, incoming: Path, seed: int, count: int) -> int:
    """A class of broken notebooks with an honest neighbour after each fiftieth; gives how many neighbours."""
    right = whole(course)
    neighbours = 0
    for number, data in enumerate(broken.notebooks(right, seed, count)):
        put(incoming / f"s{number:05}" / f"{NAME}.ipynb", data)
        if number % 50 == 0:
            nb = right | {"metadata": {**right["metadata"], "number": number}}  # else all are judged at once
            put(incoming / f"s{number:05}-honest" / f"{NAME}.ipynb", json.dumps(nb).encode())
            neighbours += 1
    return neighbours


def put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(data)


def the_class_is_graded(course: Course, incoming: Path, seed: int, count: int, driver: str) -> Counter[str]:
    neighbours = hand_in(course, incoming, seed, count)
    rows = collect(incoming, lambda s: course.folder("submitted", NAME, s), NAME, platform="folder")
    assert len({r.student for r in rows}) == count + neighbours
    assert all(r.note for r in rows if r.what == "not taken")
    summary = Run(course, NAME, driver=driver)()
    assert summary.submitted == count + neighbours
    assert all(re.search(r"\w+ \w+ .*[.)]$", one["reason"]) for one in (*summary.zero, *summary.quarantined))
    assert not any("could not judge" in one["reason"] for one in summary.quarantined), summary.quarantined
    found: Counter[str] = Counter()
    bundle = course.masters(NAME)[NAME].bundle
    for at, (item, verdict) in enumerate(verdicts(course, NAME)):
        assert verdict is not None, item.student
        found[verdict["status"]] += 1
        honest = item.student.endswith("-honest")
        tests = [c for c in verdict["cells"] if c["kind"] == "test"]
        if verdict["status"] == "graded":
            assert [c["grade_id"] for c in tests] == ["test-mean_square-plain"]
            assert tests[0]["score"] in (0.0, 1.0)
            assert tests[0]["score"] == 1.0 or tests[0]["message"], f"{item.student} has an unexplained zero"
            found["full"] += tests[0]["score"] == 1.0
        assert not honest or (verdict["status"], verdict["repairs"]) == ("graded", [])
        assert not honest or tests[0]["score"] == 1.0
        if at % 10 == 0:
            assert item.student in feedback_page(verdict, bundle, item.student)
    marks = classes.rows(course.root / "gradebook.db")
    assert marks["number of student"] == [(count + neighbours,)]
    for row in marks["grade"]:
        assert not row[0].endswith("-honest") or row[8] != "test-mean_square-plain" or row[10] == 1.0
    return found


def test_a_class_of_250_broken_notebooks(one_task: Course, tmp_path: Path) -> None:
    course = Course.open(Path(shutil.copytree(one_task.root, tmp_path / "course")))
    found = the_class_is_graded(course, tmp_path / "incoming", 1, 250, "serial")
    assert found["graded"] > 60 and found["quarantined"] > 60, "the class has all kinds"
    assert 20 < found["full"] < found["graded"]


@pytest.mark.slow
def test_a_class_of_4200_broken_notebooks_in_the_sandbox(one_task: Course, tmp_path: Path) -> None:
    course = Course.open(Path(shutil.copytree(one_task.root, tmp_path / "course")))
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text(encoding="utf-8").replace(classes.STANDIN, ""), encoding="utf-8")
    course = Course.open(course.root)
    found = the_class_is_graded(course, tmp_path / "incoming", 2, 4200, "processes")
    assert found["graded"] > 1000 and found["quarantined"] > 1000
    assert 400 < found["full"] < found["graded"]


def archives_are_collected(folder: Path, honest: bytes, seed: int, count: int) -> Counter[str]:
    found: Counter[str] = Counter()
    for number, (data, changed) in enumerate(broken.archives(honest, seed, count)):
        place = folder / str(number)
        put(place / "class.zip", data)
        submitted = place / "deep" / "er" / "submitted"
        began = time.monotonic()
        try:
            rows = collect(
                place / "class.zip", lambda s, at=submitted: at / s / NAME, NAME, platform="folder"
            )  # type: ignore[misc]
        except Unusable as error:
            found["unusable" if changed and " " in str(error) else "unusable though whole"] += 1
            continue
        finally:
            assert time.monotonic() - began < 10
        assert all(row.note for row in rows if row.what == "not taken"), rows
        taken = {row.student for row in rows if row.what in ("taken", "replaced")}
        there = submitted / "honest" / NAME / f"{NAME}.ipynb"
        if not changed:
            assert "honest" in taken and there.read_bytes() == honest
        files = {f for f in place.rglob("*") if not f.is_dir()}
        assert all(f.is_relative_to(submitted) and not f.is_symlink() for f in files - {place / "class.zip"})
        assert {f.name for f in files} <= {"class.zip", f"{NAME}.ipynb", "timestamp.txt"}
        found["collected"] += 1
        found["not taken"] += any(row.what == "not taken" for row in rows)
        shutil.rmtree(place)
    assert found["unusable though whole"] == 0
    return found


def test_50_broken_archives(one_task: Course, tmp_path: Path) -> None:
    found = archives_are_collected(tmp_path, json.dumps(whole(one_task)).encode(), 1, 50)
    assert found["collected"] > 20 and found["not taken"] > 10


@pytest.mark.slow
def test_800_broken_archives(one_task: Course, tmp_path: Path) -> None:
    found = archives_are_collected(tmp_path, json.dumps(whole(one_task)).encode(), 2, 800)
    assert found["collected"] > 300 and found["unusable"] > 30 and found["not taken"] > 200
