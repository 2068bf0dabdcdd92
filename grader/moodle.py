"""A grading worksheet as Moodle gives it to be filled in: the same table with marks, in whatever language it is."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

LONGEST = 50 << 20
NUMBER = re.compile(r"\d+\s*$")  # "Participant 123456", and the same in other languages


@dataclass(frozen=True)
class Worksheet:
    """The rows as they were downloaded, and the column that takes the marks."""

    head: list[str]
    rows: list[list[str]]
    grade: int

    def filled(self, marks: Mapping[str, float | None]) -> tuple[list[list[str | float | None]], set[str]]:
        """The table with marks by student, and the students that it has. A row without a mark stays as it is."""
        table: list[list[str | float | None]] = [list(self.head)]
        found: set[str] = set()
        names = {student.casefold(): student for student in marks}
        ids = self._ids(set(names))
        for row, id in zip(self.rows, ids, strict=True):
            cells: list[str | float | None] = list(row)
            who = names.get(id)
            if who is not None and ids.count(id) > 1:
                raise ValueError(f"Moodle's worksheet has several rows for {who}")
            if who is not None:
                found.add(who)
                if marks[who] is not None:
                    cells[self.grade] = marks[who]
            table.append(cells)
        return table, found

    def _ids(self, students: set[str]) -> list[str]:
        """What each row's student is called: the number in the first column, or the column that knows the most.

        It is one column for all: what somebody wrote into another one, such as a text handed in, names nobody.
        """
        numbers = [(NUMBER.findall(row[0]) or [row[0]])[0] for row in self.rows]
        columns = [numbers, *(list(c) for k, c in enumerate(zip(*self.rows, strict=True)) if k != self.grade)]
        columns = [[cell.strip().casefold() for cell in column] for column in columns]
        return max(columns, key=lambda column: len(students.intersection(column)))


def read(path: Path, column: str = "Grade") -> Worksheet:
    """The worksheet in a file. ``column`` is the heading over the marks. ValueError for another table."""
    try:
        if path.stat().st_size > LONGEST:
            raise ValueError(f"{path} is larger than a worksheet can be")
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = [row for row in csv.reader(stream, strict=True) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} cannot be read as a table ({error})") from None
    head = [cell.strip() for cell in rows[0]] if rows else []
    if column not in head:
        raise ValueError(
            f"{path} has no column {column!r}; name the one for the marks: --column NN=HEADING, with one of: "
            f"{'; '.join(head) or 'none'}. In Moodle: the assignment, View all submissions, Download grading worksheet"
        )
    if any(len(row) != len(head) for row in rows):
        raise ValueError(f"{path} has rows that are not as long as its first: was it changed by hand?")
    return Worksheet(rows[0], rows[1:], head.index(column))
