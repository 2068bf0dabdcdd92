"""Reads what a student handed in: only the source of cells that are theirs to write is taken from it.

Everything else of a submission (its metadata, tags, points, tests, outputs, kernel) is looked at only to tell the
student what was put right. What cannot be read at all is ``Unreadable``, with a sentence for the student.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from grader.bundle import Bundle

LARGEST = 20 << 20  # bytes of a notebook
MOST_CELLS = 2000
LONGEST_CELL = 1 << 20
NOTE = (
    "This is not a notebook. What was handed in could not be taken: "  # grader collect leaves it in its place
)


class Unreadable(Exception):
    """A submission that nothing can be taken from; the text says why, for the student."""


@dataclass
class Step:
    """One cell in the order in which it is to run: a cell of the bundle, or an extra one of the student's."""

    name: str  # the grade_id, or "" for an extra cell
    source: str = ""  # for the student's cells
    text: bool = False  # an extra cell that is no code: kept for people to read


@dataclass
class Submission:
    """What there is to grade."""

    steps: list[Step]
    written: dict[str, str]  # answers and cells graded by hand, as the student wrote them
    repairs: list[str] = field(default_factory=list)


def read(raw: bytes, bundle: Bundle) -> Submission:
    """The student's cells of a notebook, in order, with the master's cells around them."""
    cells = _cells(raw)
    steps: list[Step] = []
    written: dict[str, str] = {}
    repairs: list[str] = []
    unnamed = {
        _bare(c.source) for c in bundle.cells if c.name.startswith("#")
    }  # ours, put back in their place
    for cell in cells:
        name, source, code = cell
        if name not in bundle:
            if name:
                repairs.append(
                    f"The cell named {name!r} is not one of the assignment: it was treated as your own."
                )
            if source.strip() and _bare(source) not in unnamed:
                steps.append(Step("", source, text=not code))
            continue
        if any(s.name == name for s in steps):
            repairs.append(f"The cell {name!r} stands there more than once: the first one counts.")
            continue
        master = bundle[name]
        if master.code != code:
            repairs.append(
                f"The cell {name!r} had become a {'code' if code else 'text'} cell: it was turned back."
            )
        if master.students:
            written[name] = source
        elif _bare(source) != _bare(bundle.released.get(name, master.source)):
            repairs.append(f"The cell {name!r} is not yours to change: the original was used.")
        steps.append(Step(name, source if master.students else ""))
    if not any(master.students and master.name in written for master in bundle.cells):
        raise Unreadable(
            "None of the assignment's cells is in this notebook: is it that of another assignment, or a new one? "
            "Fill in the notebook that you were given."
        )
    _put_back(steps, bundle, repairs)
    ordered = _in_order(steps, bundle)
    if [s.name for s in ordered] != [s.name for s in steps]:
        repairs.append("Cells of the assignment had been moved: they were put back in their order.")
    return Submission(ordered, written, repairs)


def _in_order(steps: list[Step], bundle: Bundle) -> list[Step]:
    """The assignment's cells in its order; each extra cell stays behind the one that it stood behind."""
    behind: dict[str, list[Step]] = {"": []}
    last = ""
    for step in steps:
        if step.name:
            last = step.name
            behind[last] = []
        behind[last].append(step)
    return [*behind[""], *(s for cell in bundle.cells for s in behind[cell.name])]


def _put_back(steps: list[Step], bundle: Bundle, repairs: list[str]) -> None:
    """Insert the master's cells that are missing after the cell that they follow in the master."""
    before = ""
    for master in bundle.cells:
        at = next((k for k, s in enumerate(steps) if s.name == master.name), None)
        if at is None:
            after = next((k for k, s in enumerate(steps) if s.name == before), -1) + 1 if before else 0
            steps.insert(
                after, Step(master.name, bundle.released.get(master.name, "") if master.students else "")
            )
            if not master.name.startswith("#"):
                what = "It was put back." if not master.students else "Without it its tests find nothing."
                repairs.append(f"The cell {master.name!r} was missing. {what}")
        before = master.name


def _cells(raw: bytes) -> list[tuple[str, str, bool]]:
    """(grade_id, source, is it code) of each cell."""
    if not raw.strip():
        raise Unreadable("The file is empty.")
    if raw.startswith(NOTE.encode()):
        raise Unreadable(
            f"No notebook could be taken. {raw[len(NOTE) :][:1000].decode('utf-8', 'replace').strip()}"
        )
    if len(raw) > LARGEST:
        raise Unreadable(
            f"The file has {len(raw):,} bytes; {LARGEST:,} are allowed. Clear its outputs and try again."
        )
    try:
        notebook = json.loads(raw.decode("utf-8-sig"), parse_constant=lambda c: None)
    except UnicodeDecodeError:
        raise Unreadable("The file is not text in UTF-8, as a notebook is.") from None
    except (ValueError, RecursionError):
        raise Unreadable("The file is not a notebook: it is no JSON, or was cut off in the middle.") from None
    if not isinstance(notebook, dict):
        raise Unreadable("The file is not a notebook: it has no list of cells.")
    cells = notebook.get("cells")
    if cells is None and isinstance(notebook.get("worksheets"), list) and notebook["worksheets"]:
        first = notebook["worksheets"][0]  # nbformat 3
        cells = first.get("cells") if isinstance(first, dict) else None
    if not isinstance(cells, list):
        raise Unreadable("The file is not a notebook: it has no list of cells.")
    if len(cells) > MOST_CELLS:
        raise Unreadable(f"The notebook has {len(cells):,} cells; {MOST_CELLS:,} are allowed.")
    return [_cell(c) for c in cells if isinstance(c, dict)]


def _cell(cell: dict[str, Any]) -> tuple[str, str, bool]:
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        source = "".join(s for s in source if isinstance(s, str))
    source = source if isinstance(source, str) else ""
    if len(source) > LONGEST_CELL:
        source = "raise RuntimeError('this cell was too long to be run')"
    source = source.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair is no text
    meta = cell.get("metadata")
    meta = meta.get("nbgrader") if isinstance(meta, dict) else None
    name = meta.get("grade_id") if isinstance(meta, dict) else None
    return (name if isinstance(name, str) else "")[:200], source, cell.get("cell_type") == "code"


def _bare(source: str) -> str:
    return re.sub(r"\s+", " ", source).strip()
