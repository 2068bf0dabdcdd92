"""Reads an assignment's source notebook, and puts other answers in the place of a solution."""

from __future__ import annotations

import ast
import inspect
import json
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bplib.check.notebook import python

HIDDEN = re.compile(r"^[ \t]*### BEGIN HIDDEN TESTS.*?^[ \t]*### END HIDDEN TESTS[ \t]*$\n?", re.M | re.S)
SOLUTION = re.compile(r"^([ \t]*)### BEGIN SOLUTION.*?^[ \t]*### END SOLUTION[ \t]*$", re.M | re.S)


@dataclass
class TestCell:
    """A test cell of one part of a task."""

    part: str
    points: float
    visible: str
    hidden: str


@dataclass
class Source:
    """An assignment as its source notebook has it."""

    name: str
    setup: str = ""
    solutions: dict[str, str] = field(default_factory=dict)  # by task: the whole solution cell
    tests: dict[str, list[TestCell]] = field(default_factory=dict)
    by_hand: dict[str, float] = field(default_factory=dict)

    @property
    def number(self) -> str:
        return self.name[:2]

    def stub(self, task: str) -> str:
        """The solution cell as a student receives it."""
        return SOLUTION.sub(r"\1raise NotImplementedError()", self.solutions[task])


def read(path: Path) -> Source:
    """The parts of a source notebook. Raises ValueError where it is not built as the audit expects."""
    source = Source(path.stem)
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        text, meta = "".join(cell["source"]), cell["metadata"].get("nbgrader", {})
        name = meta.get("grade_id", "")
        if cell["cell_type"] == "markdown":
            if meta.get("grade"):
                source.by_hand[name] = float(meta["points"])
        elif meta.get("solution"):
            source.solutions[name] = text
        elif meta.get("grade"):
            found = re.fullmatch(r"test-(\w+?)-(\w+)", name)
            if not found:
                raise ValueError(f"{path.name}: a test cell is named {name!r}, not test-<task>-<part>")
            hidden = "\n".join(textwrap.dedent(h) for h in HIDDEN.findall(text))
            cell_ = TestCell(found[2], float(meta["points"]), HIDDEN.sub("", text), hidden)
            source.tests.setdefault(found[1], []).append(cell_)
        elif "setup" in cell["metadata"].get("tags", []):
            source.setup += python(text) + "\n"
    return source


def as_answer(code: Callable[..., Any], name: str) -> str:
    """The source of a function or class of ours, as a student would have it in a cell, under ``name``."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(code)))
    node = tree.body[0]
    assert isinstance(node, ast.FunctionDef | ast.ClassDef)
    node.name = name
    node.decorator_list = []
    for part in ast.walk(node):
        if isinstance(part, ast.FunctionDef):
            part.returns = None
            for arg in [*part.args.args, *part.args.kwonlyargs, *part.args.posonlyargs]:
                arg.annotation = None
            for extra in (part.args.vararg, part.args.kwarg):
                if extra:
                    extra.annotation = None
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"
