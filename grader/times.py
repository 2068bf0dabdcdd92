"""When students handed in: from a table of the platform's, never from a file that a student could have written."""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from grader.received import Unusable

WHO = (
    *("student", "student_id", "identifier", "id", "github_username", "roster_identifier", "sis login id"),
    "username",
)
WHEN = (
    *("time", "timestamp", "submitted", "submitted_at", "submission_timestamp", "last modified (submission)"),
    "submission date",
)
FORMATS = (
    *("%A, %d %B %Y, %I:%M %p", "%A, %d %B %Y, %H:%M", "%d %B %Y, %I:%M %p", "%d %B %Y, %H:%M"),
    *("%m/%d/%Y %H:%M", "%d.%m.%Y %H:%M", "%b %d, %Y %I:%M%p"),
)
LONGEST = 50 << 20


def read(path: Path, zone: tzinfo = UTC) -> dict[str, datetime]:
    """{student: time of handing in, in UTC}. Unusable for a table without these columns, or with a time that is none.

    Times that do not say their own zone are in ``zone``. Rows without a time are left out: nothing was handed in.
    """
    try:
        if path.stat().st_size > LONGEST:
            raise Unusable(f"{path} is larger than a table of times can be")
        text = path.read_text(encoding="utf-8-sig")
        rows = list(csv.DictReader(text.splitlines(), strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Unusable(f"{path} cannot be read as a table ({error}); save it as CSV in UTF-8") from None
    columns = {(c or "").strip().lower(): c for c in (rows[0] if rows else {})}
    who = next((columns[w] for w in WHO if w in columns), None)
    when = next((columns[w] for w in WHEN if w in columns), None)
    if who is None or when is None:
        raise Unusable(
            f"{path} needs a column for the student ({', '.join(WHO[:4])}, …) and one for the time "
            f"({', '.join(WHEN[:3])}, …); it has {', '.join(columns) or 'no rows'}"
        )
    found = {}
    for number, row in enumerate(rows, 2):
        student = re.sub(r"^\D+ (?=\d+$)", "", (row[who] or "").strip())  # Moodle: "Participant 123456"
        said = (row[when] or "").strip()
        if student and said and said != "-":
            found[student] = parse(said, zone, f"{path}, line {number}")
    return found


def parse(text: str, zone: tzinfo, where: str) -> datetime:
    """A time in UTC. Unusable for text that is none."""
    said = re.sub(r"\s+", " ", text.replace(" UTC", "+00:00"))
    for form in ("", *FORMATS):
        try:
            found = datetime.strptime(said, form) if form else datetime.fromisoformat(said)
        except ValueError:
            continue
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    raise Unusable(f"{where}: {text!r:.80} is not a time; write it as 2027-03-01 10:00:00")
