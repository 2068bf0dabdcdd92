"""Honest work on any assignment: right, wrong in every task, partly right, and with a loop that never ends."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

from grader.audit.source import as_answer
from grader.bundle import Bundle
from grader.course import Course
from grader.setup_course import make, release
from tests.grader.classes import ROOT

NAMES = sorted(p.stem for p in (ROOT / "solutions").glob("*/*.ipynb"))
WORDS = "Zero at the corner, because $a < b$ says so."


def course(name: str, to: Path, stock: bool = False) -> Course:
    """A released course with this assignment; with nbgrader as it comes, no line of ours in its configuration."""
    made = make(to, assignments=[name])
    release(made, name)
    if stock:
        config = to / "nbgrader_config.py"
        text = config.read_text(encoding="utf-8")
        text = re.sub(r"^(from grader|use\(c\))", r"# \1", text, flags=re.M)
        config.write_text(f"{text}c.Execute.timeout = 40\n", encoding="utf-8")  # its 30 s may be short here
        assert "\nuse(c)" not in config.read_text(encoding="utf-8")
    return Course.open(to)


def hand_in(course: Course, name: str, student: str, answers: Mapping[str, str]) -> None:
    """A student's copy of the release with these answers in it, where students' notebooks go."""
    nb = json.loads((course.folder("release", name) / f"{name}.ipynb").read_text(encoding="utf-8"))
    for cell in nb["cells"]:
        grade_id = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if grade_id in answers:
            cell["source"] = answers[grade_id]
    folder = course.folder("submitted", name, student)
    folder.mkdir(parents=True)
    (folder / f"{name}.ipynb").write_text(json.dumps(nb), encoding="utf-8")
    (folder / "timestamp.txt").write_text("2027-03-01 10:00:00 UTC", encoding="utf-8")


def answers(name: str) -> dict[str, dict[str, str]]:
    """What four students wrote: ada all of it right, bob wrong, cleo in part, dan a loop without an end."""
    bundle = Bundle.read(ROOT / "solutions" / name / f"{name}.ipynb")
    right = {
        c.name: re.sub(r"^ *### (BEGIN|END) SOLUTION *\n?", "", c.source, flags=re.M)
        for c in bundle.cells
        if c.role == "answer"
    }
    by_hand = [c.name for c in bundle.cells if c.role == "by-hand"]
    wrong = {n: w for n, w in mistakes(name[:2]).items() if n in right}
    assert len(wrong) >= 4, f"{name} has too few named mistakes"
    cleo = {
        n: (wrong.get(n, right[n]) if k % 3 == 0 else right[n]) for k, n in enumerate(right) if k % 4 != 3
    }
    return {
        "ada": right | dict.fromkeys(by_hand, WORDS),
        "bob": right | wrong | dict.fromkeys(by_hand, "<b>?"),
        "cleo": cleo,
        "dan": right | {name: endless(right[name]) for name in only_tested(bundle, right)[-1:]},
    }


def only_tested(bundle: Bundle, answers: Mapping[str, str]) -> list[str]:
    """The answers that no other cell calls but tests: nbgrader waits 40 s in every other cell that never ends."""
    found = []
    for name, source in answers.items():
        calls = "|".join(f"{word}\\(" for word in re.findall(r"^(?:def|class) (\w+)", source, flags=re.M))
        others = [c.source for c in bundle.cells if c.role not in ("test", "text") and c.name != name]
        if not any(re.search(rf"\b(?:{calls})", other) for other in others):
            found.append(name)
    assert found, "each answer is called by another cell"
    return found


def mistakes(number: str) -> dict[str, str]:
    """For each task of an assignment a wrong answer: its first named misconception."""
    importlib.import_module("bplib.check")
    from bplib.check.task import all_tasks

    tasks = [t for t in all_tasks(number) if t.misconceptions]
    return {t.id.split(".")[1]: as_answer(t.misconceptions[0].code, t.asks_for) for t in tasks}


def endless(source: str) -> str:
    """The same cell with a loop that never ends as the first line of its first function."""
    found = re.search(r"^([ \t]*)def [^\n]*(?:\n(?![ \t]*(?:\"\"\"|\w)).*)*?:[ \t]*\n", source, flags=re.M)
    assert found, source
    return (
        f"{source[: found.end()]}{found[1]}    while True:\n{found[1]}        pass\n{source[found.end() :]}"
    )
