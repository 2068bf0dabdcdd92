"""An assignment's tasks, as a reader knows them: under each heading the answers, the tests, what a person marks."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import Any

from grader.bundle import Bundle

_kept: dict[str, list[Group]] = {}


@dataclass(frozen=True)
class Part:
    """A test. ``task`` and ``section`` are "" where it is not one of ``bplib.check``."""

    name: str  # the grade_id
    label: str
    points: float
    task: str = ""
    section: str = ""


@dataclass
class Group:
    """What stands under one heading of the assignment."""

    title: str
    answers: list[str] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    by_hand: list[Part] = field(default_factory=list)

    @property
    def marked(self) -> list[Part]:
        """All that gives points."""
        return self.parts + self.by_hand


def outline(bundle: Bundle) -> list[Group]:
    """The groups of an assignment, in order; those in which there is nothing to write or to earn are left out."""
    if bundle.digest not in _kept:
        groups = [Group("Assignment")]
        for cell in bundle.cells:
            title = _heading(cell.source) if not cell.code and cell.role == "text" else ""
            if title:
                groups.append(Group(title))
            if cell.role == "answer":
                groups[-1].answers.append(cell.name)
            elif cell.role == "test":
                groups[-1].parts.append(_part(cell.name, cell.source, cell.points))
            elif cell.role == "by-hand":
                groups[-1].by_hand.append(Part(cell.name, "in words", cell.points))
        _kept[bundle.digest] = [g for g in groups if g.answers or g.parts or g.by_hand]
    return _kept[bundle.digest]


def title(bundle: Bundle) -> str:
    """The assignment's own title, or its name."""
    first = next((_heading(c.source) for c in bundle.cells if c.role == "text" and not c.code), "")
    return first or bundle.name


def misconception(named: str) -> Any:
    """The misconception of this name, or None."""
    found = re.fullmatch(r"(\d\d\.\w+)\.(\w+)", named)
    task = _task(found[1]) if found else None
    return next((m for m in task.misconceptions if m.id == named), None) if task else None


def where(section: str) -> tuple[str, str]:
    """A chapter's section in words, and its address; two empty strings where there is none."""
    from bplib.check import sections

    try:
        return sections.where(section)
    except (KeyError, IndexError):
        return "", ""


def _heading(source: str) -> str:
    first = source.lstrip().split("\n", 1)[0]
    return re.sub(r"[`$*]", "", first.lstrip("#")).strip() if first.startswith("#") else ""


def _part(name: str, source: str, points: float) -> Part:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "check":
            said = [
                a.value for a in node.args[:2] if isinstance(a, ast.Constant) and isinstance(a.value, str)
            ]
            if len(said) == 2:
                task = _task(said[0])
                return Part(name, said[1], points, said[0], task.section if task else "")
    return Part(name, name, points)


def _task(id: str) -> Any:
    from bplib.check.task import find

    try:
        return find(id)
    except LookupError:
        return None
