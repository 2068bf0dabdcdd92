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
        found = set()
        for row in self.rows:
            cells: list[str | float | None] = list(row)
            who = next((id for id in self._ids(row) if id in marks), None)
            if who is not None:
                found.add(who)
                if marks[who] is not None:
                    cells[self.grade] = marks[who]
            table.append(cells)
        return table, found

    @staticmethod
    def _ids(row: list[str]) -> list[str]:
        """What a student may be called here: the number of the first column, or the text of any other."""
        return [n.strip() for n in NUMBER.findall(row[0])] + [cell.strip() for cell in row if cell.strip()]


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
