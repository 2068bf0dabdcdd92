"""A small class for tests: a course with one real assignment in it, and students who hand in."""

from __future__ import annotations

import importlib
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from grader.audit.source import as_answer
from grader.bundle import Bundle
from grader.course import Course

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
NAME = "04_activations"
SOURCE = ROOT / "solutions" / NAME / f"{NAME}.ipynb"
STANDIN = 'c.SandboxedExecute.opener = "tests.grader.standin:open_sandbox"\n'
BY_HAND = "explain-choice"
WORDS = "Zero at the corner, because $a < b$ says so."


def solutions() -> dict[str, str]:
    """The right answers to the assignment's tasks, by grade_id."""
    bundle = Bundle.read(SOURCE)
    return {
        c.name: c.source.replace("### BEGIN SOLUTION", "").replace("### END SOLUTION", "")
        for c in bundle.cells
        if c.role == "answer"
    }


def mistakes() -> dict[str, str]:
    """For each task a wrong answer: its first named misconception."""
    importlib.import_module("bplib.check")
    from bplib.check.task import all_tasks

    tasks = [t for t in all_tasks(NAME[:2]) if t.misconceptions]
    return {t.id.split(".")[1]: as_answer(t.misconceptions[0].code, t.asks_for) for t in tasks}


def notebook(course: Course, answers: Mapping[str, str]) -> dict[str, Any]:
    """A student's copy of the release with these answers in it, as JSON."""
    nb = json.loads((course.folder("release", NAME) / f"{NAME}.ipynb").read_text(encoding="utf-8"))
    for cell in nb["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if name in answers:
            cell["source"] = answers[name]
    return dict(nb)


def hand_in(course: Course, student: str, what: Mapping[str, Any] | bytes, when: str = "") -> Path:
    """Put a notebook where students' notebooks go."""
    folder = course.folder("submitted", NAME, student)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{NAME}.ipynb"
    path.write_bytes(what if isinstance(what, bytes) else json.dumps(what).encode())
    if when:
        (folder / "timestamp.txt").write_text(when, encoding="utf-8")
    return path


def honest(course: Course, count: int = 4) -> None:
    """The first so many of: all right; partly right and partly untouched; untouched; wrong in every task."""
    right, wrong = solutions(), mistakes()
    half = {n: (right if k % 2 else wrong).get(n, right[n]) for k, n in enumerate(right) if k != 5}
    answers = {
        "ada": right | {BY_HAND: WORDS},
        "bob": half,
        "cleo": {},
        "dan": right | wrong | {BY_HAND: "<b>?"},
    }
    for student in list(answers)[:count]:
        when = "2027-03-01 10:00:00 UTC" if student == "ada" else ""
        hand_in(course, student, notebook(course, answers[student]), when)


ROWS = """
select s.id, s.first_name, sa.timestamp, sa.extension, a.name, n.name, sn.flagged, sn.late_submission_penalty,
  bc.name, bc.type, {columns}
from {table} x join submitted_notebook sn on x.notebook_id = sn.id join submitted_assignment sa on
  sn.assignment_id = sa.id join student s on sa.student_id = s.id join assignment a on sa.assignment_id = a.id
  join notebook n on sn.notebook_id = n.id join base_cell bc on x.cell_id = bc.id
  left join grade_cells gc on gc.id = bc.id
order by 1, 5, 6, 9
"""
GRADE = "x.auto_score, x.manual_score, x.extra_credit, x.needs_manual_grade, gc.max_score, gc.cell_type"
COMMENT = "x.auto_comment, x.manual_comment"


def rows(gradebook: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every field of every mark and comment in a gradebook, but for the ids, which are random."""
    with sqlite3.connect(gradebook) as db:
        found = {
            "grade": db.execute(ROWS.format(table="grade", columns=GRADE)).fetchall(),
            "comment": db.execute(ROWS.format(table="comment", columns=COMMENT)).fetchall(),
        }
        for table in ("student", "submitted_assignment", "submitted_notebook", "grade", "comment"):
            found[f"number of {table}"] = db.execute(f"select count(*) from {table}").fetchall()
    db.close()
    return found


def scores(course: Course) -> dict[str, float]:
    """The points in the gradebook, by student."""
    found: dict[str, float] = {}
    for row in rows(course.root / "gradebook.db")["grade"]:
        found[row[0]] = found.get(row[0], 0.0) + (row[11] if row[11] is not None else row[10] or 0.0)
    return found


def environment() -> dict[str, str]:
    """What a command run by a test sees: this Python's commands, the tests' modules, nobody's configuration."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("JUPYTER")}
    path = [str(ROOT), *filter(None, [env.get("PYTHONPATH")])]
    more = {
        "PATH": f"{BIN}{os.pathsep}{env['PATH']}",
        "PYTHONPATH": os.pathsep.join(path),
        "OMP_NUM_THREADS": "1",
    }
    return env | more | {"JUPYTER_CONFIG_DIR": "/nonexistent", "JUPYTER_NO_CONFIG": "1"}


def grader(*words: str, cwd: Path = ROOT, code: int = 0) -> Any:
    """Run the command ``grader``; it has to end with this exit code."""
    command = [sys.executable, "-m", "grader", *words]
    done = subprocess.run(command, cwd=cwd, env=environment(), capture_output=True, text=True, timeout=300)
    assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def here(*words: str) -> int:
    """Run the command ``grader`` in this process, which spares its start; gives the exit code."""
    from grader.__main__ import parser

    args = parser().parse_args(words)
    code: int = args.run(args)
    return code


def nbgrader(course: Course, *words: str, code: int = 0) -> str:
    """Run one of nbgrader's own commands in the course's folder; gives what it printed."""
    command = [str(BIN / "nbgrader"), *words]
    done = subprocess.run(
        command, cwd=course.root, env=environment(), capture_output=True, text=True, timeout=300
    )
    assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr
