"""Marks as CSV: nbgrader's own columns, Canvas's, Moodle's. A spreadsheet that opens it runs nothing.

A cell that begins like a formula (``= + - @``, a tab, a line break) gets an apostrophe in front, which spreadsheets
show as text; ``restored`` takes it off again. Numbers are written by us and never touched.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.canvas import FIXED, Gradebook
from grader.course import write
from grader.moodle import Worksheet
from grader.pages import plain

MOODLE = ("Identifier", "Email address", "Grade", "Maximum Grade", "Last modified (grade)")
NEVER = "-"  # as Moodle writes it: what was graded there since stands
FORMATS = ("nbgrader", "canvas", "moodle")
DANGEROUS = re.compile(r"\A'*[\s\u200b\ufeff]*[=+\-@|%＝＋－＠\t\r\n]")


@dataclass(frozen=True)
class Score:
    """One student's points for one assignment, 0 where nothing was handed in.

    ``waits`` says that a person still has to give some, ``absent`` that nothing was handed in: Canvas and Moodle get
    no points then.
    """

    student: str
    assignment: str
    score: float
    max: float
    penalty: float = 0.0  # for being late; ``score`` is before it
    timestamp: str = ""
    duedate: str = ""
    last_name: str = ""
    first_name: str = ""
    email: str = ""
    waits: bool = False
    absent: bool = False

    @property
    def final(self) -> float:
        """The points less the penalty, never below 0."""
        return max(0.0, self.score - self.penalty)

    @property
    def settled(self) -> float | None:
        """The same, or None while a person has to give some, or the student something to mark."""
        return None if self.waits or self.absent else self.final


def defused(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    text = plain(text)
    return f"'{text}" if DANGEROUS.match(text) and text != NEVER else text


def restored(text: str) -> str:
    """The text as it was before ``defused``."""
    return text[1:] if text.startswith("'") and DANGEROUS.match(text[1:]) else text


def as_csv(rows: Iterable[Sequence[str | float | None]], mend: bool = True) -> str:
    """Rows as CSV: text is defused, unless it is somebody else's, a number written in full, None left empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    for row in rows:
        writer.writerow([value if isinstance(value, str) and not mend else _cell(value) for value in row])
    return out.getvalue()


def _cell(value: str | float | None) -> str:
    if value is None:
        return ""
    return defused(value) if isinstance(value, str) else repr(float(value))


def nbgrader(scores: Iterable[Score]) -> str:
    """The columns of ``nbgrader export``; a student without marks has 0, as there."""
    head = "assignment duedate timestamp student_id last_name first_name email raw_score late_submission_penalty score"
    rows: list[Sequence[str | float | None]] = [[*head.split(), "max_score"]]
    for s in scores:
        person = [s.student, s.last_name, s.first_name, s.email]
        points = [s.score, s.penalty, s.final, s.max]
        rows.append([s.assignment, s.duedate, s.timestamp, *person, *points])
    return as_csv(rows)


def canvas(
    scores: Iterable[Score], like: Gradebook | None = None, columns: Mapping[str, str] | None = None
) -> str:
    """A table for Canvas's gradebook import: a row for each student, a column for each assignment.

    Canvas wants its five columns in this order, and takes a column for an assignment that it has if its own id stands
    in the title: "04_activations (12345)". ``like`` is a gradebook that Canvas has exported: ids of students and
    titles are taken from it. ``columns`` gives titles by the names of ours. Without either, Canvas asks which
    assignment is meant. What has no points yet is left empty, which Canvas leaves as it is. Points have two
    decimals: Canvas takes 1.234 for a thousand and more. Whom ``like`` does not have gets no row; ValueError if there
    are marks of theirs.
    """
    scores = list(scores)
    names = list(dict.fromkeys(s.assignment for s in scores))
    titles = {n: (columns or {}).get(n) or (like.title(n) if like else n) for n in names}
    most = {s.assignment: s.max for s in scores}
    found = {(s.student, s.assignment): s.settled for s in scores}
    if like:
        marked = dict.fromkeys(s.student for s in scores if s.settled is not None)
        missing = [student for student in marked if student not in like.students]
        if missing:
            raise ValueError(
                f"Canvas's gradebook has no row for {len(missing)} students with marks: {', '.join(missing[:10])}. "
                "A row is found by its ID, SIS User ID or SIS Login ID: collect with a --roster that gives one"
            )
    people = {s.student: ", ".join(n for n in (s.last_name, s.first_name) if n) or s.student for s in scores}
    rows: list[Sequence[str | float | None]] = [[*FIXED, *(titles[n] for n in names)]]
    rows.append(["    Points Possible", "", "", "", "", *(_cents(most[n]) for n in names)])
    for student, name in people.items():
        known = like.students.get(student) if like else None
        if like and known is None:
            continue
        number = student.isdigit()
        fixed = known or [name, student if number else "", "", "" if number else student, ""]
        rows.append([*fixed, *(_cents(found.get((student, n))) for n in names)])
    return as_csv(rows)


def _cents(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def moodle(scores: Iterable[Score], like: Worksheet | None = None) -> str:
    """A grading worksheet for Moodle, of one assignment.

    ``like`` is the worksheet that Moodle gave to be filled in: all of it is kept but the marks. Without it, the
    columns are those that Moodle asks for, in English. ValueError for scores of several assignments, as Moodle takes
    one worksheet for each, and for students that the worksheet does not have.
    """
    scores = list(scores)
    if len({s.assignment for s in scores}) > 1:
        raise ValueError("moodle: scores of several assignments; export one at a time")
    if like:
        table, found = like.filled({s.student: _cents(s.settled) for s in scores})
        missing = [s.student for s in scores if s.student not in found and s.settled is not None]
        if missing:
            raise ValueError(
                f"Moodle's worksheet has no row for {len(missing)} students with marks: {', '.join(missing[:10])}. A "
                "row is found by its participant's number, or by a name, number or address in one of its columns"
            )
        return as_csv(table, mend=False)  # Moodle's own text goes back as it came
    rows: list[Sequence[str | float | None]] = [[*MOODLE]]
    for s in scores:
        who = f"Participant {s.student}" if s.student.isdigit() else s.student
        rows.append([who, s.email, _cents(s.settled), s.max, NEVER])
    return as_csv(rows)


WRITERS: dict[str, Callable[..., str]] = {"nbgrader": nbgrader, "canvas": canvas, "moodle": moodle}


def export(scores: Iterable[Score], form: str, path: Path, **options: Any) -> None:
    """Write the marks; the old file stands until the new one is whole. ``options`` are those of the form."""
    if form not in WRITERS:
        raise ValueError(f"export: there is no form {form!r}; there are {', '.join(FORMATS)}")
    write(path, WRITERS[form](scores, **options))
