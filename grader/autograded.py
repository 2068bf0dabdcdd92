"""The notebook in ``autograded/`` that nbgrader's formgrader and feedback read, with nothing active in it.

Its cells are the release's own, with their checksums; from the student comes the source of the cells that are
theirs, and of their extra cells. Outputs are plain text. A test's output is such that nbgrader's own reading of it
(``nbgrader.utils.determine_grade``) gives the points of the verdict. Hidden tests are not in it: pages made from
it may be given to students.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from grader import submission as submissions
from grader.bundle import Bundle
from grader.course import write as write_whole
from grader.unseen import without_hidden

ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
TAG = re.compile(r"<(?=[A-Za-z/!?])")
LINK = re.compile(r"\](?=[(:])")
ACTIVE_TEX = re.compile(r"\\(?=(?:href|require|style|class|cssId|bbox|unicode|data|html\w*)(?![A-Za-z]))")
LONGEST = 100_000
LOOK = "(This cell only shows something. It gives no points, and is not run in grading: run it in your notebook.)"


def plain(text: str) -> str:
    """Text without terminal escapes, control characters and changes of direction, and of bounded length."""
    text = ESCAPES.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    text = CONTROLS.sub("\ufffd", text)
    return (
        text if len(text) <= LONGEST else text[:LONGEST] + f"\n… and {len(text) - LONGEST:,} characters more"
    )


def inert(markdown: str) -> str:
    """A student's Markdown in which no tag, link, picture or active formula is left; it reads as it did.

    A space is put where a tag would begin, between the brackets of a link or picture (nbconvert lets through
    addresses that are scripts), and into formula commands that make links.
    """
    markdown = CONTROLS.sub("\ufffd", markdown.replace("\r\n", "\n").replace("\r", "\n"))
    markdown = TAG.sub("< ", markdown)
    return LINK.sub("] ", ACTIVE_TEX.sub(r"\\ ", markdown)).replace("![", "! [")


def build(raw: bytes, bundle: Bundle, released: dict[str, Any], verdict: dict[str, Any]) -> dict[str, Any]:
    """The notebook to show for a verdict on these bytes, as the JSON of nbformat 4."""
    masters = {_name(c, k): c for k, c in enumerate(released["cells"])}
    steps = [submissions.Step(name) for name in masters]
    if verdict["status"] == "graded":
        steps = submissions.read(raw, bundle).steps
    judged = {c["grade_id"]: c for c in verdict["cells"]}
    extras = iter(verdict["extra"])
    cells = [_note(verdict)] if verdict["reason"] or verdict["repairs"] else []
    for number, step in enumerate(steps):
        if not step.name:
            cells.append(_extra(step.source, next(extras, {}), number))
        elif step.name in masters:
            master = masters[step.name]
            ours = step.name not in bundle or not bundle[step.name].students
            source = "".join(master["source"]) if ours or verdict["status"] != "graded" else step.source
            cells.append(_cell(master, source, judged.get(step.name)))
            if step.name in bundle and bundle[step.name].role == "look" and verdict["status"] == "graded":
                cells[-1]["outputs"] = _said({"printed": LOOK})
    metadata = {k: v for k, v in released["metadata"].items() if k in ("kernelspec", "language_info")}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def write(path: Path, notebook: dict[str, Any]) -> None:
    """Write the notebook, whole or not at all; a cell on a line, as indenting takes four times as long."""
    cells = ",\n".join(json.dumps(cell, ensure_ascii=False) for cell in notebook["cells"])
    said = [
        f'"{key}": {json.dumps(value, ensure_ascii=False)}'
        for key, value in notebook.items()
        if key != "cells"
    ]
    write_whole(path, "{" + ",\n".join([f'"cells": [\n{cells}\n]', *said]) + "}\n")


def _name(cell: dict[str, Any], number: int) -> str:
    name = cell["metadata"].get("nbgrader", {}).get("grade_id")
    return str(name) if name else f"#{number}"


def _note(verdict: dict[str, Any]) -> dict[str, Any]:
    lines = [verdict["reason"]] if verdict["reason"] else []
    if verdict["repairs"]:
        lines += ["**Put right before grading:**", "\n".join(f"* {r}" for r in verdict["repairs"])]
    metadata = {"deletable": False, "editable": False}
    source = inert("\n\n".join(lines))
    return {"cell_type": "markdown", "id": "grader-note", "metadata": metadata, "source": source}


def _extra(source: str, ran: dict[str, Any], number: int) -> dict[str, Any]:
    if ran.get("text"):
        return {"cell_type": "markdown", "id": f"extra-{number}", "metadata": {}, "source": inert(source)}
    cell = {"cell_type": "code", "id": f"extra-{number}", "metadata": {}, "source": source}
    return cell | {"execution_count": None, "outputs": _said(ran)}


def _cell(master: dict[str, Any], source: str, judged: dict[str, Any] | None) -> dict[str, Any]:
    cell = {key: value for key, value in master.items() if key != "attachments"}
    cell["metadata"] = dict(master["metadata"])
    cell["source"] = source
    if cell["cell_type"] == "code":
        cell["execution_count"] = None
        cell["outputs"] = []
        if judged:
            cell["outputs"] = _scored(judged) if judged["kind"] == "test" else _said(judged)
    elif source != "".join(master["source"]):
        cell["source"] = inert(source)
    return cell


def _said(ran: dict[str, Any]) -> list[dict[str, Any]]:
    """What a student's cell printed, and its error."""
    outputs = []
    if ran.get("printed"):
        outputs.append({"output_type": "stream", "name": "stdout", "text": plain(ran["printed"])})
    if ran.get("error"):
        outputs.append(_error("Error", ran["error"]))
    return outputs


def _scored(test: dict[str, Any]) -> list[dict[str, Any]]:
    """A test's message, in an output that nbgrader reads as the test's points."""
    test = test | {"message": without_hidden(test["message"])}  # nbgrader makes students' pages from this
    score, points = float(test["score"]), float(test["points"])
    if score <= 0 < points:
        return [_error("NotYet", test["message"] or "no points")]
    outputs: list[dict[str, Any]] = []
    if test["message"]:
        outputs.append({"output_type": "stream", "name": "stdout", "text": plain(test["message"])})
    if score < points:
        data = {"text/plain": repr(score)}
        outputs.append(
            {"output_type": "execute_result", "execution_count": None, "metadata": {}, "data": data}
        )
    return outputs


def _error(kind: str, text: str) -> dict[str, Any]:
    lines = plain(text).splitlines() or [""]
    return {"output_type": "error", "ename": kind, "evalue": lines[0][:500], "traceback": lines}
