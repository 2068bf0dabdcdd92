"""Shows the solutions of the assignments in the book, folded under each task, from the day that is set.

``assignment_solutions`` in _config.yml is ``never``, ``always`` or a date (2027-02-01). The notebooks that the
pages offer for download and launch stay without solutions.
"""

from __future__ import annotations

import datetime
import json
import re
import sys
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # Sphinx loads this file by itself, and not as a part of a package
from book.tools.sections import book_address  # noqa: E402

PAGES = "book/assignments/"
CHAPTERS = re.escape(f"{book_address()}/chapters/")
TO_SECTION = re.compile(rf"\]\({CHAPTERS}\w+\.html#(sec-[\w-]+)\)")
TO_CHAPTER = re.compile(rf"\]\({CHAPTERS}(\w+)\.html\)")
PROMPTS = {"code_prompt_show": "Show the solution", "code_prompt_hide": "Hide the solution"}
MARKS = ("### BEGIN SOLUTION", "### END SOLUTION")


def due(setting: Any, today: datetime.date) -> bool:
    """Whether solutions are to be shown."""
    if setting in ("never", "always", True, False):
        return setting in ("always", True)
    try:
        day = setting if isinstance(setting, datetime.date) else datetime.date.fromisoformat(str(setting))
    except ValueError:
        raise ConfigError(
            f"_config.yml: assignment_solutions is {setting!r}; it may be never, always or a date such as 2027-02-01"
        ) from None
    return today >= day


def with_solutions(released: dict[str, Any], source: dict[str, Any]) -> dict[str, Any]:
    """The released notebook with each solution in a folded cell after its stub."""
    answers = {}
    for cell in source["cells"]:
        meta = cell["metadata"].get("nbgrader", {})
        if meta.get("solution"):
            answers[meta["grade_id"]] = cell
    cells = []
    for cell in released["cells"]:
        cells.append(cell)
        meta = cell["metadata"].get("nbgrader", {})
        if meta.get("solution") and meta.get("grade_id") in answers:
            cells.append(_folded(answers[meta["grade_id"]]))
    return {**released, "cells": cells}


def _folded(answer: dict[str, Any]) -> dict[str, Any]:
    text = "".join(answer["source"])
    lines = [line for line in text.splitlines(keepends=True) if not line.strip().startswith(MARKS)]
    if answer["cell_type"] == "code":
        tags = {"tags": ["hide-input"], "mystnb": PROMPTS}
        return {
            **answer,
            "id": answer["id"] + "-s",
            "metadata": tags,
            "source": "".join(lines),
            "outputs": [],
        }
    body = "".join(lines)
    text = f"````{{dropdown}} Show a model answer and the rubric\n{body}\n````"
    return {"cell_type": "markdown", "id": answer["id"] + "-s", "metadata": {}, "source": text}


def inside(text: str) -> str:
    """The notebook's links to the published book, as links within this one: it needs no network."""
    text = TO_SECTION.sub(r"](\1)", text)
    return TO_CHAPTER.sub(r"](../../chapters/\1.ipynb)", text)


def _read(app: Sphinx, docname: str, content: list[str]) -> None:
    if not docname.startswith(PAGES):
        return
    notebook = json.loads(content[0])
    if due(app.config.assignment_solutions, datetime.date.today()):
        name = docname.removeprefix(PAGES)
        source = json.loads((ROOT / "solutions" / name / f"{name}.ipynb").read_text(encoding="utf-8"))
        notebook = with_solutions(notebook, source)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = inside("".join(cell["source"]))
    content[0] = json.dumps(notebook)


def setup(app: Sphinx) -> None:
    """Add the setting and the hook."""
    app.add_config_value("assignment_solutions", "never", "env")
    app.connect("source-read", _read)
