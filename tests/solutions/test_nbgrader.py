"""nbgrader's own commands work on the assignments: they release them, validate them, and show our messages."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from book.tools import assignments
from book.tools.notebooks import normalise, text_of
from grader.audit import source

SOURCES = assignments.sources()
BIN = Path(sys.executable).parent


def nbgrader(course: Path, *words: str) -> str:
    """Run an nbgrader command in a course folder; gives what it printed."""
    env = {
        **os.environ,
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "JUPYTER_CONFIG_DIR": str(course / "none"),
    }
    env["IPYTHONDIR"] = str(course / "ipython")
    done = subprocess.run(
        [BIN / "nbgrader", *words], cwd=course, env=env, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course folder with every assignment in it, as a teacher who only knows nbgrader would set it up."""
    course = tmp_path_factory.mktemp("course")
    for path in SOURCES:
        shutil.copytree(path.parent, course / "source" / path.stem)
    (course / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'backprop'\n")
    script = (
        "import sys, nbgrader.apps as a\n"
        "from traitlets.config import Config\n"
        "c = Config(); c.CourseDirectory.root = sys.argv[1]\n"
        "api = a.NbGraderAPI(config=c)\n"
        "for name in sys.argv[2:]:\n"
        "    result = api.generate_assignment(name)\n"
        "    assert result['success'], (name, result.get('error'), result.get('log'))\n"
    )
    env = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    words = [sys.executable, "-c", script, str(course), *(p.stem for p in SOURCES)]
    done = subprocess.run(words, cwd=course, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return course


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.stem)
def test_generate_assignment_makes_the_notebook_that_the_book_publishes(course: Path, path: Path) -> None:
    made = nbformat.read(course / "release" / path.stem / path.name, as_version=4)
    assert text_of(normalise(made)) == (assignments.TARGET / path.name).read_text(encoding="utf-8")


def solved(path: Path) -> Any:
    """A student's copy of the released notebook with the right answers in it."""
    nb = nbformat.read(assignments.TARGET / path.name, as_version=4)
    answers = source.read(path).solutions
    for cell in nb.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name in answers:
            cell.source = answers[name].replace("### BEGIN SOLUTION", "").replace("### END SOLUTION", "")
        elif cell.source == "YOUR ANSWER HERE":
            cell.source = "An answer in words, which a person will read."
    return nb


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.stem)
def test_validate_is_pleased_with_a_solved_copy(course: Path, path: Path) -> None:
    nbformat.write(solved(path), course / f"solved_{path.name}")
    assert "Success! Your notebook passes all the tests." in nbgrader(
        course, "validate", f"solved_{path.name}"
    )


def test_validate_on_an_untouched_copy_says_what_to_do(course: Path) -> None:
    shutil.copy(assignments.TARGET / SOURCES[0].name, course / "untouched.ipynb")
    said = nbgrader(course, "validate", "untouched.ipynb")
    assert "VALIDATION FAILED ON" in said and "is not written yet" in said


def test_jupyter_shows_the_message_and_not_the_way_through_our_code(tmp_path: Path) -> None:
    nb = nbformat.read(assignments.TARGET / SOURCES[0].name, as_version=4)
    NotebookClient(
        nb, allow_errors=True, timeout=120, resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    tests = [c for c in nb.cells if c.metadata.get("nbgrader", {}).get("grade")]
    shown = [o for c in tests for o in c.get("outputs", []) if o.output_type == "error"]
    assert len(shown) >= 4
    for output in shown:
        assert output.ename == "NotYet"
        assert output.traceback[0].startswith("✗ ") and "is not written yet" in "\n".join(output.traceback)
        assert not any("bplib/check" in line for line in output.traceback)


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.stem)
def test_a_solved_copy_runs_from_top_to_bottom_without_a_word_on_stderr(path: Path, tmp_path: Path) -> None:
    nb = solved(path)
    NotebookClient(nb, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [o for c in nb.cells for o in c.get("outputs", [])]
    assert not [o for o in outputs if o.output_type == "error" or o.get("name") == "stderr"], json.dumps(
        outputs
    )[:2000]
    said = "".join(o.text for o in outputs if o.output_type == "stream")
    assert "✗" not in said and said.count("✓") > 6
    assert any("image/png" in o.get("data", {}) for o in outputs), "there is no picture to look at"
