"""Takes what students handed in out of a folder or a platform's download, and puts it where grading looks for it.

For every student there is one row of what was taken or why not; for every other file too. What cannot be taken
(a link, a pipe, 500 MB, no notebook at all) leaves a note in the notebook's place, so that grading puts it before
a person instead of losing it; an earlier hand-in of the same student stays.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from grader import platforms, received
from grader.platforms import Owned
from grader.submission import NOTE

STUDENT = re.compile(r"(?=.{1,120}\Z)\w(?:[\w.@+ \u200c\u200d-]*[\w@+-])?")
COPY = re.compile(r"(?:-\d{1,3}| ?\(\d{1,3}\))\Z")  # what a platform or browser adds to a name
TAKEN = ("taken", "replaced", "unchanged")


@dataclass
class Row:
    """What became of one student's hand-in, or of one file."""

    student: str
    what: str  # "taken", "replaced", "unchanged", "not taken"
    file: str
    note: str = ""
    time: str = ""
    late: bool = False
    name: str = ""  # as the platform shows it

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def collect(
    source: Path,
    place: Callable[[str], Path],
    assignment: str,
    *,
    platform: str = "auto",
    prefix: str = "",
    times: Mapping[str, datetime] | None = None,
    roster: Mapping[str, str] | None = None,
    notebooks: Sequence[str] = (),
) -> list[Row]:
    """Collect an assignment from ``source`` into the folder ``place(student)`` of each; gives a row for everything.

    ``times`` are the platform's times by student; ``roster`` gives the course's name for a platform's id;
    ``notebooks`` are the names of the assignment's notebooks, where it is not one of its own name.
    """
    found = received.entries(source)
    if platform == "auto":
        platform = platforms.guess(found, source)
    ours, nobodys = platforms.owned(found, platform, assignment, prefix)
    rows = [
        Row("", "not taken", _path(e), e.problem or f"It belongs to no student ({platform}).")
        for e in nobodys
    ]
    groups: dict[str, list[Owned]] = defaultdict(list)
    for one in ours:
        groups[(roster or {}).get(one.student, one.student)].append(one)
    for student, files in sorted(groups.items()):
        rows += _student(student, files, place, notebooks or [assignment], times or {})
    return sorted(rows, key=lambda r: (r.student, r.what == "not taken", r.file))


def _student(
    student: str,
    files: list[Owned],
    place: Callable[[str], Path],
    notebooks: Sequence[str],
    times: Mapping[str, datetime],
) -> list[Row]:
    """Choose a student's notebooks, take them, and account for the other files."""
    if not STUDENT.fullmatch(student):
        why = f"{student!r:.100} cannot be the name of a student's folder; give a --roster."
        return [Row(student, "not taken", _path(f.entry), f.entry.problem or why) for f in files]
    names = {f.name for f in files}
    if len(names) > 1:
        why = f"Several people have this id: {', '.join(sorted(names))[:200]}. Take it by hand."
        return [Row(student, "not taken", _path(f.entry), why) for f in files]
    folder = place(student)
    when = next((times[k] for k in (student, files[0].student) if k in times), None)
    late, name = any(f.late for f in files), files[0].name
    handed_in = [f for f in files if f.file.lower().endswith(".ipynb")]
    chosen = {n: _choose(handed_in, n, len(notebooks) == 1) for n in notebooks}
    rows, used = [], []
    for notebook, (one, why) in chosen.items():
        if one is None and any(
            o for o, _ in chosen.values()
        ):  # its others are there: 0 for this one, in grading
            path = _path(next(o for o, _ in chosen.values() if o).entry)
            rows.append(
                Row(student, "not taken", path, f"There is no {notebook}.ipynb.", _utc(when), late, name)
            )
            continue
        shown = one or next((f for f in files if f.entry.problem), files[0])
        why = why if one else shown.entry.problem or why
        said = Row(student, "not taken", _path(shown.entry), why, _utc(when), late, name)
        rows.append(said)
        used.append(shown)
        if one is not None:
            try:
                if one.entry.problem:
                    raise OSError(one.entry.problem)
                said.what = _put(folder / f"{notebook}.ipynb", one.entry.read())
            except OSError as error:
                said.note = one.entry.problem or f"It cannot be taken: {error.strerror or error}."
        if said.what == "not taken":
            said.note += _leave_note(folder / f"{notebook}.ipynb", said.note)
    if any(r.what in ("taken", "replaced") or (r.what == "unchanged" and when) for r in rows):
        _stamp(folder / "timestamp.txt", when)
    for said in rows:
        if late and not when:
            said.note = (
                f"{said.note} Late by the platform's mark; the time is not known: give --times.".strip()
            )
    for other in files:
        if other not in used and (other.entry.problem or other.file.lower().endswith(".ipynb")):
            why = other.entry.problem or "Another notebook of this student's."
            rows.append(Row(student, "not taken", _path(other.entry), why, name=name))
    return rows


def _choose(notebooks: Sequence[Owned], wanted: str, only: bool = True) -> tuple[Owned | None, str]:
    """The notebook that is meant, and a word on it if its name is not the one that it should have.

    ``only`` says that the assignment has no other, so that one of another name can be meant too.
    """
    if not notebooks:
        return None, "There is no notebook in what was handed in."
    right = [f for f in notebooks if _stem(f.file) == wanted or COPY.sub("", _stem(f.file)) == wanted]
    if right:
        # Of several the highest copy, which platforms number upwards; of equal ones that nearest the top.
        return max(right, key=lambda f: (_copy(f.file, wanted), -len(f.entry.parts), f.entry.parts)), ""
    if len(notebooks) == 1 and only:
        return notebooks[0], f"It was named {notebooks[0].file!r:.100}."
    names = ", ".join(sorted(f.file for f in notebooks))
    return None, f"None of the {len(notebooks)} notebooks is named {wanted}.ipynb: {names:.200}."


def _stem(file: str) -> str:
    return file[: -len(".ipynb")]


def _copy(file: str, wanted: str) -> int:
    digits = re.sub(r"\D", "", _stem(file)[len(wanted) :])
    return int(digits) if digits else 0


# ------------------------------------------------------------------------------------------------------ writing


def _put(path: Path, data: bytes) -> str:
    """Write a notebook, whole or not at all; gives the word for what happened."""
    _own_folder(path.parent)
    before = _plain(path)
    if before == data:
        return "unchanged"
    there = os.path.lexists(path)
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with open(new, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(new, path)
    finally:
        new.unlink(missing_ok=True)
    return "replaced" if there else "taken"


def _leave_note(path: Path, reason: str) -> str:
    """Put a note where the notebook would be, for grading to find; an earlier notebook stays. Gives a word on it."""
    before = _plain(path)
    if before is not None and not before.startswith(NOTE.encode()):
        return " What was handed in earlier stays."
    try:
        _put(path, f"{NOTE}{reason}\n".encode("utf-8", "replace"))
    except OSError as error:
        return f" No note could be left ({error.strerror or error})."
    return ""


def _stamp(path: Path, when: datetime | None) -> None:
    """The time for grading to find; without one, none of an earlier hand-in is left."""
    if when is None:
        path.unlink(missing_ok=True)
    else:
        from grader.course import write

        write(path, _utc(when))


def _own_folder(folder: Path) -> None:
    """Make a student's folder. OSError where a link stands in its way."""
    for part in (folder.parent, folder):
        if part.is_symlink():
            raise OSError(f"{part} is a link to another place")
    folder.mkdir(parents=True, exist_ok=True)


def _plain(path: Path) -> bytes | None:
    """What an earlier collecting put there; None where there is no plain file."""
    return path.read_bytes() if path.is_file() and not path.is_symlink() else None


def _path(entry: received.Entry) -> str:
    return "/".join(entry.parts)


def _utc(when: datetime | None) -> str:
    return when.strftime("%Y-%m-%d %H:%M:%S UTC") if when else ""
