"""Every assignment: built as nbgrader and the audit expect, released without a trace of its solutions, and kind."""

from __future__ import annotations

import io
import json
import re
import tokenize
from pathlib import Path
from typing import Any

import pytest

from book.tools import assignments, notebooks, sections
from bplib.check.sections import CHAPTERS, TITLES
from bplib.check.task import Task, all_tasks
from grader.audit import run, source
from grader.audit.source import as_answer

ROOT = Path(__file__).resolve().parents[2]
SOURCES = assignments.sources()
TASKS = all_tasks()
WRONG = [m for task in TASKS for m in task.misconceptions]
KNOWN = {"np", "numpy", "math", "annotations"}


def cells(path: Path) -> list[Any]:
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def grading(cell: Any) -> dict[str, Any]:
    return cell["metadata"].get("nbgrader", {})


# -------------------------------------------------------------------------------------------------- as a whole


def test_there_are_the_assignments_and_tasks_that_the_course_promises() -> None:
    assert [p.stem for p in SOURCES] == [CHAPTERS[n] for n in sorted(CHAPTERS)][: len(SOURCES)]
    by_hand = sum(len(source.read(path).by_hand) for path in SOURCES)
    assert len(TASKS) >= 6 * len(SOURCES) and by_hand >= len(SOURCES)
    assert len(WRONG) >= 25 * len(SOURCES)


def test_the_sections_that_hints_link_to_are_those_of_the_chapters() -> None:
    assert sections.TARGET.read_text(encoding="utf-8") == sections.text(), (
        "run: python -m book.tools.sections"
    )


@pytest.mark.parametrize("m", WRONG, ids=str)
def test_a_misconception_has_a_name_a_reason_and_a_place(m: Any) -> None:
    assert m.section in TITLES, f"{m.section} is no labelled section of a chapter"
    assert len(m.title) > 8 and m.title[-1] not in ".!?", "the title completes: This looks like: …"
    assert 40 <= len(m.hint) <= 400 and m.hint.rstrip()[-1] in ".?!", m.hint


# --------------------------------------------------------------------------------------- a hint is no solution


def tokens(code: str) -> list[str]:
    """The words and signs of a piece of code or prose, without spaces, comments and line breaks."""
    found = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            if token.type in (tokenize.NAME, tokenize.NUMBER, tokenize.OP):
                found.append(token.string)
    except (tokenize.TokenError, IndentationError, SyntaxError):
        return re.findall(r"\w+|[^\w\s]", code)
    return found


def statements(text: str) -> list[list[str]]:
    """What each line of a solution computes: the tokens right of =, or after return."""
    parts = re.findall(r"### BEGIN SOLUTION(.*?)### END SOLUTION", text, re.S)
    lines = []
    for line in "\n".join(parts).splitlines():
        value = re.sub(r"^\s*(return\s+|[\w\[\], .:]+?\s*[-+*/@]?=\s*)", "", line.split("#")[0])
        words = tokens(value.strip())
        if len(words) >= 5 and any(w in "+-*/@()[]" for w in words):
            lines.append(words)
    return lines


def contains(words: list[str], part: list[str]) -> bool:
    return any(words[k : k + len(part)] == part for k in range(len(words) - len(part) + 1))


@pytest.mark.parametrize("task", TASKS, ids=lambda t: t.id)
def test_no_hint_contains_code_of_a_solution(task: Task) -> None:
    solution = source.read(run.notebook(task.id[:2])).solutions[task.id.split(".")[1]]
    computed = statements(solution)
    assert computed, "the solution computes nothing that a hint could give away: does this test see it?"
    for m in task.misconceptions:
        words = re.findall(r"\w+|[^\w\s]", m.hint + " " + m.title)
        for part in computed:
            assert not contains(words, part), f"{m.id} gives away {' '.join(part)}"


def test_a_hint_that_gives_the_solution_away_is_noticed() -> None:
    solution = "def f(d):\n    ### BEGIN SOLUTION\n    dx = d * s * (1 - s)\n    ### END SOLUTION\n"
    (part,) = statements(solution)
    assert contains(re.findall(r"\w+|[^\w\s]", "Write d * s * (1 - s) instead."), part)


@pytest.mark.parametrize("task", TASKS, ids=lambda t: t.id)
def test_wrong_answers_stand_on_their_own(task: Task) -> None:
    """A student's cell sees NumPy and the answers to the tasks that this one needs, and nothing else of ours."""
    import ast
    import builtins

    allowed = KNOWN | set(dir(builtins)) | {find_name(n) for n in task.needs} | {task.asks_for}
    for m in task.misconceptions:
        tree = ast.parse(as_answer(m.code, task.asks_for))
        bound = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        bound |= {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
        bound |= {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.ClassDef)}
        bound |= {
            (a.asname or a.name)
            for n in ast.walk(tree)
            if isinstance(n, ast.Import | ast.ImportFrom)
            for a in n.names
        }
        used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
        assert used - bound <= allowed, f"{m.id} uses {sorted(used - bound - allowed)}"


def find_name(id: str) -> str:
    return next(t.asks_for for t in TASKS if t.id == id)


# ------------------------------------------------------------------------------------------------ the notebooks


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.stem)
def test_a_source_notebook_is_in_normal_form_and_has_no_outputs(path: Path) -> None:
    assert notebooks.main(["check", str(path)]) == 0
    assert not any(c.get("outputs") for c in cells(path))


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.stem)
def test_cells_are_marked_as_nbgrader_wants_them(path: Path) -> None:
    names = [grading(c).get("grade_id") for c in cells(path) if grading(c)]
    assert len(names) == len(set(names))
    kinds = set()
    for cell in cells(path):
        meta = grading(cell)
        if not meta:
            assert cell["cell_type"] == "markdown" or "look" in cell["metadata"].get("tags", []), cell[
                "source"
            ]
            continue
        assert meta["schema_version"] == 3
        text = "".join(cell["source"])
        if meta["solution"] and cell["cell_type"] == "code":
            kinds.add("solution")
            assert not meta["locked"] and "### BEGIN SOLUTION" in text and "### END SOLUTION" in text
        elif meta["grade"] and cell["cell_type"] == "code":
            kinds.add("test")
            assert meta["locked"] and "### BEGIN HIDDEN TESTS" in text and meta["points"] > 0
        elif meta["grade"]:
            kinds.add("by hand")
            assert meta["solution"] and not meta["locked"] and meta["points"] > 0 and "point" in text
        elif cell["cell_type"] == "code":
            assert meta["locked"], f"{meta['grade_id']} can be edited, and is neither a solution nor a test"
    assert kinds == {"solution", "test", "by hand"}
    assert "score()" in "".join(cells(path)[-1]["source"])


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.stem)
def test_every_task_has_its_text_its_cell_and_its_tests(path: Path) -> None:
    found = source.read(path)
    tasks = {t.id.split(".")[1]: t for t in all_tasks(path.name[:2])}
    assert set(found.solutions) == set(found.tests) == set(tasks)
    assert 4 <= len(tasks) + len(found.by_hand) <= 9
    texts = {grading(c)["grade_id"] for c in cells(path) if c["cell_type"] == "markdown" and grading(c)}
    for name in tasks:
        assert f"task-{name}" in texts
        assert (
            f"def {tasks[name].asks_for}(" in found.solutions[name]
            or f"class {tasks[name].asks_for}" in found.solutions[name]
        )
        assert '"""' in found.stub(name), f"the stub of {name} has no docstring"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.stem)
def test_the_released_notebook_gives_nothing_away(path: Path) -> None:
    released = (assignments.TARGET / path.name).read_text(encoding="utf-8")
    assert "BEGIN SOLUTION" not in released and "HIDDEN TESTS" not in released
    assert "cases=" not in released
    words = [
        re.findall(r"\w+|[^\w\s]", "".join(c["source"]))
        for c in json.loads(released)["cells"]
        if c["cell_type"] == "code"
    ]
    for name, text in source.read(path).solutions.items():
        for part in statements(text):
            assert not any(contains(w, part) for w in words), f"{name}: the release contains {' '.join(part)}"


def test_the_released_notebooks_are_in_step_with_their_sources() -> None:
    assert assignments.main(["--check"]) == 0, "run: python -m book.tools.assignments"
