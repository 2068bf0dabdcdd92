"""A gradebook as Canvas exports it: whom and what the marks belong to, in Canvas's own words."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

FIXED = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
TITLE = re.compile(r"(?P<title>.*)\s\((?P<id>\d+)\)\s*", re.S)
LONGEST = 50 << 20


@dataclass(frozen=True)
class Gradebook:
    """``students``: the five first columns by each of a student's ids. ``titles``: assignments, with Canvas's id."""

    students: dict[str, list[str]]
    titles: list[str]

    def title(self, assignment: str) -> str:
        """Canvas's title of an assignment. ValueError where it has none of this name, or several."""
        fits = [t for t in self.titles if _plain(_split(t)) in (_plain(assignment), _plain(assignment[3:]))]
        if len(fits) != 1:
            raise ValueError(
                f"Canvas has {'several assignments' if fits else 'no assignment'} named {assignment!r}; say which is "
                f"meant: --column '{assignment}=TITLE (ID)', with one of: {'; '.join(self.titles[:20]) or 'none'}"
            )
        return fits[0]


def read(path: Path) -> Gradebook:
    """The gradebook in a file that Canvas exported. ValueError for another table."""
    try:
        if path.stat().st_size > LONGEST:
            raise ValueError(f"{path} is larger than a gradebook can be")
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.reader(stream, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} cannot be read as a table ({error})") from None
    head = [cell.strip() for cell in rows[0]] if rows else []
    if head[:2] != ["Student", "ID"] or "Section" not in head:
        raise ValueError(
            f"{path} is no gradebook of Canvas: its columns begin with Student, ID, …, Section. In Canvas: Gradebook, "
            "Export, Export entire gradebook"
        )
    where = {name: head.index(name) for name in FIXED if name in head}
    students: dict[str, list[str]] = {}
    for row in rows[1:]:
        if len(row) < len(where) or "Points Possible" in row[0] or not row[where["ID"]].strip():
            continue
        fixed = [row[where[n]] if n in where and where[n] < len(row) else "" for n in FIXED]
        for id in fixed[1:4]:
            if id.strip():
                students.setdefault(id.strip(), fixed)
    return Gradebook(students, [h for h in head if TITLE.fullmatch(h)])


def _split(title: str) -> str:
    found = TITLE.fullmatch(title)
    return found["title"] if found else title


def _plain(title: str) -> str:
    """A title without what people write differently."""
    return re.sub(r"[\W_]+", " ", title).strip().lower()
