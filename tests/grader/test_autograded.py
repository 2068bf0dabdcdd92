"""What the formgrader and nbgrader's feedback read: nothing in it is active, and its points are the verdict's."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bplib.check.notebook import MAGIC
from grader import autograded
from grader.bundle import Bundle, Cell
from grader.course import Course, Master
from grader.handed_in import without_running
from tests.grader import classes

EVIL = (
    '<script>alert(1)</script> <img src=x onerror="alert(1)"> <svg/onload=alert(1)> <!-- --> <?php ?> </td>\n'
    "[a](javascript:alert(1)) [a][j] [j] ![b](http://tracker.example/x.png) <https://auto.example> "
    "$\\href{javascript:alert(1)}{x} \\require{html} \\style{color:red}{y}$ \x1b[31mred\x1b[0m \u202egnp"
    "\n\n[j]: java&#115;cript:alert(1)"
)


@pytest.fixture(scope="module")
def master(released: Course) -> Master:
    return released.masters(classes.NAME)[classes.NAME]


def verdict(master: Master, **changes: Any) -> dict[str, Any]:
    """A verdict in which every test has all its points."""
    cells: list[dict[str, Any]] = []
    for cell in master.bundle.cells:
        found: dict[str, Any] = {"grade_id": cell.name, "source": "", "points": cell.points}
        if cell.role == "test":
            cells.append(
                found | {"kind": "test", "score": cell.points, "message": "", "named": [], "stopped": ""}
            )
        elif cell.role == "by-hand":
            cells.append(found | {"kind": "by-hand", "score": None})
        elif cell.role == "answer":
            cells.append(found | {"kind": "answer", "printed": "", "error": ""})
    whole = without_running(master.bundle, "quarantined", "") | {"status": "graded", "cells": cells}
    return whole | changes


def built(course: Course, master: Master, answers: dict[str, str], **changes: Any) -> Any:
    raw = json.dumps(classes.notebook(course, answers)).encode()
    made = autograded.build(raw, master.bundle, master.released, verdict(master, **changes))
    notebook = nbformat.reads(json.dumps(made), as_version=4)
    nbformat.validate(notebook)
    return notebook


def by_name(notebook: Any) -> dict[str, Any]:
    return {c.metadata.nbgrader.grade_id: c for c in notebook.cells if "nbgrader" in c.metadata}


def test_it_has_the_releases_cells_and_the_students_answers(released: Course, master: Master) -> None:
    answers = {"relu": "def relu(z):\n    return z < 0", classes.BY_HAND: classes.WORDS}
    cells = by_name(built(released, master, answers))
    wanted = by_name(nbformat.reads(json.dumps(master.released), as_version=4))
    assert list(cells) == list(wanted)
    for name, cell in cells.items():
        text = answers.get(name, wanted[name].source)
        assert (
            cell.source == text
            if cell.cell_type == "code"
            else cell.source == autograded.inert(text) or (cell.source == wanted[name].source)
        )
        assert dict(cell.metadata.nbgrader) == dict(wanted[name].metadata.nbgrader)
    assert not any("HIDDEN TESTS" in cell.source or "cases=" in cell.source for cell in cells.values())


def test_a_cell_that_only_shows_something_says_that_it_was_not_run(released: Course, master: Master) -> None:
    """Such a cell may need what a sandbox keeps away: the library's own ops, which are the answers to tasks."""
    cells = by_name(built(released, master, {}))
    looks = [c.name for c in master.bundle.cells if c.role == "look"]
    assert len(looks) == 4 and "bplib import ops" in cells["look-explain-choice"].source
    for name in looks:
        (output,) = cells[name].outputs
        assert "not run in grading" in output.text


@pytest.mark.parametrize(
    "source", sorted((classes.ROOT / "solutions").glob("*/*.ipynb")), ids=lambda p: p.stem
)
def test_nothing_needs_what_such_a_cell_defines(source: Path) -> None:
    cells = Bundle.read(source).cells
    looks = [c for c in cells if c.role == "look"]
    others = [c for c in cells if c.code and c.role != "look"]
    theirs, ours = names(looks, ast.Store), names(others, ast.Store)
    assert looks and theirs, "there are such cells in every assignment"
    assert (theirs - ours) & names(others, ast.Load) == set()


def names(cells: list[Cell], context: type[ast.expr_context]) -> set[str]:
    """The names that cells store or load; what they import is stored."""
    found = set()
    for cell in cells:
        for node in ast.walk(ast.parse(MAGIC.sub(r"\1pass", cell.source))):
            if isinstance(node, ast.Name) and isinstance(node.ctx, context):
                found.add(node.id)
            elif isinstance(node, ast.alias) and context is ast.Store:
                found.add((node.asname or node.name).split(".")[0])
            elif isinstance(node, ast.FunctionDef | ast.ClassDef) and context is ast.Store:
                found.add(node.name)
            elif isinstance(node, ast.arg) and context is ast.Store:
                found.add(node.arg)
    return found


def test_checksums_are_such_that_nbgrader_sees_what_was_answered(released: Course, master: Master) -> None:
    from nbgrader.utils import compute_checksum, is_locked

    cells = by_name(built(released, master, {"relu": "relu = abs", classes.BY_HAND: "Mine."}))
    changed = {n for n, c in cells.items() if c.metadata.nbgrader.checksum != compute_checksum(c)}
    assert changed == {"relu", classes.BY_HAND}
    assert not any(is_locked(cells[n]) for n in changed)


@given(share=st.floats(0, 1), message=st.text(max_size=30))
def test_nbgrader_reads_the_points_off_the_outputs(released: Course, share: float, message: str) -> None:
    from nbgrader.utils import determine_grade

    master = released.masters(classes.NAME)[classes.NAME]
    judged = verdict(master)
    tests = [c for c in judged["cells"] if c["kind"] == "test"]
    for test in tests:
        test |= {"score": share * test["points"], "message": message}
    cells = by_name(built(released, master, {}, cells=judged["cells"]))
    for test in tests:
        assert determine_grade(cells[test["grade_id"]]) == (test["score"], test["points"])


def test_nothing_a_student_writes_or_prints_is_active(released: Course, master: Master) -> None:
    judged = verdict(master)
    for cell in judged["cells"]:
        key = {"test": "message", "answer": "printed"}.get(cell["kind"])
        if key:
            cell[key] = EVIL
        if cell["kind"] == "answer":
            cell["error"] = EVIL
    raw = classes.notebook(released, {classes.BY_HAND: EVIL})
    mine = {"cell_type": "code", "metadata": {"tags": ["x"]}, "source": EVIL, "id": "mine", "outputs": []}
    html = {"output_type": "display_data", "data": {"text/html": EVIL}, "metadata": {}}
    raw["cells"].insert(3, mine | {"outputs": [html], "execution_count": 1})
    judged |= {
        "extra": [{"source": EVIL, "printed": EVIL, "error": EVIL}],
        "repairs": [f"The cell {EVIL!r} …"],
    }
    made = autograded.build(json.dumps(raw).encode(), master.bundle, master.released, judged)
    cells = {c["metadata"].get("nbgrader", {}).get("grade_id", c["id"]): c for c in made["cells"]}
    assert cells["extra-3"]["source"] == EVIL and "tags" not in cells["extra-3"]["metadata"]
    for name in (classes.BY_HAND, "grader-note"):
        for sign in (
            "<script",
            "<img",
            "<svg",
            "<!--",
            "<?",
            "</",
            "<http",
            "![",
            "\\href",
            "\\require",
            "\\style",
        ):
            assert sign not in cells[name]["source"]
    for cell in cells.values():
        for output in cell.get("outputs", []):
            assert output["output_type"] in ("stream", "error", "execute_result")
            assert set(output.get("data", {"text/plain": ""})) == {"text/plain"}
            assert "\x1b" not in json.dumps(output, ensure_ascii=False) and "\u202e" not in str(output)


@pytest.mark.parametrize("page", ["formgrade", "feedback"])
def test_the_formgraders_page_and_the_feedback_have_no_tag_of_the_students(
    released: Course, master: Master, page: str
) -> None:
    import nbgrader.server_extensions.formgrader as formgrader
    from bs4 import BeautifulSoup
    from nbconvert.exporters import HTMLExporter
    from traitlets.config import Config

    here = Path(formgrader.__file__).parent
    config = Config()
    config.HTMLExporter.template_name = page
    config.HTMLExporter.extra_template_basedirs = [str(here / "templates")]
    styles = here / "static" / "node_modules" / "bootstrap" / "dist" / "css"
    config.HTMLExporter.extra_template_paths = [str(here / "templates"), str(styles)]
    mark = "alert(1)"
    notebook = built(released, master, {classes.BY_HAND: EVIL, "relu": f"'''{EVIL}'''"}, repairs=[EVIL])
    for cell in notebook.cells:  # what nbgrader's GetGrades adds before the template is filled
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader |= {"score": 0.0, "points": 1.0, "comment": None}
    resources = {
        "nbgrader": {"notebook": "n", "score": 0.0, "max_score": 1.0, "late_penalty": 0},
        "base_url": "",
        "submission_id": "1",
    }
    resources |= {"notebook_id": "n", "assignment_id": "a", "student": "s", "index": 0, "total": 1}
    html, _ = HTMLExporter(config=config).from_notebook_node(notebook, resources=resources)
    assert mark in html  # it is there to be read
    soup = BeautifulSoup(html, "html.parser")
    assert not [s for s in soup.find_all("script") if mark in s.text]
    for tag in soup.find_all(True):
        assert tag.name != "svg" or "onload" not in tag.attrs
        assert not any(
            mark in str(v) for k, v in tag.attrs.items() if k.startswith("on") or k in ("href", "src")
        )
        assert "tracker.example" not in str(tag.attrs.get("src", ""))


@given(st.text())
def test_inert_and_plain_text_stay_what_they_are_when_done_twice(text: str) -> None:
    once = autograded.inert(text)
    assert autograded.inert(once) == once and not autograded.TAG.search(once)
    assert autograded.plain(autograded.plain(text)) == autograded.plain(text)
    assert not autograded.CONTROLS.search(autograded.plain(text)) and "\x1b" not in autograded.plain(text)


def test_formulas_and_comparisons_read_as_before() -> None:
    text = "For $a < b$ and `x <= 1`, 2 < 3: *so* $\\frac12$, see https://a.example.\n\n1. one\n2. two"
    assert autograded.inert(text) == text


def test_a_quarantined_submission_shows_the_release_and_why(released: Course, master: Master) -> None:
    judged = without_running(master.bundle, "quarantined", "The file is <b>empty</b>.")
    made = autograded.build(b"", master.bundle, master.released, judged)
    nbformat.validate(nbformat.reads(json.dumps(made), as_version=4))
    assert made["cells"][0]["source"] == "The file is < b>empty< /b>."
    wanted = ["".join(c["source"]) for c in master.released["cells"]]
    assert [c["source"] for c in made["cells"][1:]] == wanted


def test_writing_replaces_whole_files_even_read_only_ones(tmp_path: Path) -> None:
    path = tmp_path / "ada" / "n.ipynb"
    autograded.write(path, {"cells": [1]})
    path.chmod(0o444)
    first = path.stat().st_ino
    autograded.write(path, {"cells": [2]})
    assert json.loads(path.read_text()) == {"cells": [2]} and path.stat().st_ino != first
    assert [p.name for p in path.parent.iterdir()] == ["n.ipynb"]
