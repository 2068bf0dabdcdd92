"""An assignment as a grader needs it: the cells of the instructor's notebook, each with its role."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from grader import names

ROLES = ("setup", "given", "look", "answer", "test", "by-hand", "text")


@dataclass(frozen=True)
class Cell:
    """One cell of the master. ``answer`` and ``by-hand`` are the student's to write, all others are ours."""

    name: str
    role: str
    code: bool
    source: str
    points: float = 0.0

    @property
    def students(self) -> bool:
        return self.role in ("answer", "by-hand")


@dataclass(frozen=True)
class Bundle:
    """An assignment: its name, its cells in order, the released source of each, and a digest of all of it."""

    name: str
    cells: tuple[Cell, ...]
    released: dict[str, str]
    digest: str

    def __getitem__(self, name: str) -> Cell:
        return next(c for c in self.cells if c.name == name)

    def __contains__(self, name: str) -> bool:
        return any(c.name == name for c in self.cells)

    @property
    def points(self) -> float:
        return sum(c.points for c in self.cells)

    @cached_property
    def wanted(self) -> frozenset[str]:
        """All names that tests use."""
        return frozenset().union(*(names.used(c.source) for c in self.cells if c.role == "test"))

    @cached_property
    def answers(self) -> frozenset[str]:
        """The names that the student's cells are to define. What they import from the start is not among them."""
        theirs = [c for c in self.cells if c.students and c.code]
        return frozenset().union(
            *(names.made(c.source) for c in theirs),
            *(names.bound(names.imports(c.source)) - names.bound(self.imports(c)) for c in theirs),
        )

    def imports(self, cell: Cell) -> str:
        """What a cell imports as the student gets it."""
        return names.imports(self.released.get(cell.name, cell.source))

    @cached_property
    def given(self) -> frozenset[str]:
        """The names that our own cells leave behind, if tests use any of them; else none."""
        ours = [c.source for c in self.cells if c.role == "given" and c.code]
        stars = any("*" in names.imports(s) for s in ours)
        left = frozenset[str]().union(*(names.bound(s) for s in ours))
        return left if stars or left & self.wanted else frozenset()

    @cached_property
    def called(self) -> frozenset[str]:
        """The student's names that our own cells use: a helper may call the student's function."""
        ours = [c.source for c in self.cells if c.role == "given" and c.code]
        return (
            frozenset[str]().union(*(names.used(s) for s in ours)) & self.answers
            if self.given
            else frozenset()
        )

    @classmethod
    def read(cls, path: Path) -> Bundle:
        """The bundle of a source notebook. ValueError where it is not an nbgrader source notebook."""
        from grader.release import released

        try:
            notebook = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ValueError(f"{path} cannot be read as an assignment: {error}") from None
        cells = tuple(_cell(c, k) for k, c in enumerate(notebook["cells"]))
        ids = [c.name for c in cells]
        if len(set(ids)) != len(ids):
            twice = sorted({n for n in ids if ids.count(n) > 1})
            raise ValueError(f"{path}: the grade_id {', '.join(twice)} occurs twice")
        if not any(c.role in ("test", "by-hand") for c in cells):
            raise ValueError(f"{path}: no cell gives points; was it made with nbgrader's Create Assignment?")
        texts = {}
        for cell in released(path).cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            if name:
                texts[name] = cell.source
        return cls(path.stem, cells, texts, _digest(path.stem, cells))

    def to_dict(self) -> dict[str, Any]:
        """The bundle as plain JSON, for a worker on another machine."""
        cells = [[c.name, c.role, c.code, c.source, c.points] for c in self.cells]
        return {"name": self.name, "cells": cells, "released": self.released, "digest": self.digest}

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> Bundle:
        """The way back."""
        cells = tuple(Cell(*fields) for fields in plain["cells"])
        if _digest(plain["name"], cells) != plain["digest"]:
            raise ValueError(
                f"the bundle of {plain['name']} does not fit its digest: it was changed on the way"
            )
        return cls(plain["name"], cells, plain["released"], plain["digest"])


def _digest(name: str, cells: tuple[Cell, ...]) -> str:
    plain = json.dumps(
        [name, [[c.name, c.role, c.code, c.source, c.points] for c in cells]], ensure_ascii=True
    )
    return hashlib.sha256(plain.encode()).hexdigest()


def _cell(cell: dict[str, Any], number: int) -> Cell:
    meta = cell["metadata"].get("nbgrader", {})
    tags = cell["metadata"].get("tags", [])
    code = cell["cell_type"] == "code"
    source = "".join(cell["source"])
    name = meta.get("grade_id") or f"#{number}"
    points = float(meta.get("points") or 0.0)
    if meta.get("solution") and not (meta.get("grade") and not code):
        role = "by-hand" if meta.get("grade") else "answer"
    elif meta.get("grade"):
        role = "test" if code and not meta.get("solution") else "by-hand"
    elif not code:
        role = "text"
    else:
        role = "setup" if "setup" in tags else "look" if "look" in tags else "given"
    return Cell(name, role, code, source, points if role in ("test", "by-hand") else 0.0)
