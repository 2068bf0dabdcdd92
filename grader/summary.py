"""What became of a grading: the sum that must come out, what a person must look at, and why a run had to stop."""

from __future__ import annotations

import errno
import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO}
BROKEN = ("OperationalError", "InternalError", "DatabaseError")  # of SQLAlchemy: no row is to blame for these
STATUSES = ("graded", "zero", "quarantined")


class Stopped(Exception):
    """The run cannot go on; what is graded is kept. The text says what to mend before the same command again."""


class stops:
    """Turns a full disk and a database that cannot be written into Stopped."""

    def __init__(self, where: str) -> None:
        self.where = where

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if isinstance(error, OSError) and error.errno in FULL:
            raise Stopped(f"{self.where} cannot be written ({error.strerror})") from error
        if kind is not None and kind.__module__.startswith("sqlalchemy") and kind.__name__ in BROKEN:
            said = str(error.orig).splitlines()[0] if error.orig else kind.__name__
            raise Stopped(f"the gradebook cannot be written ({said})") from error


@dataclass
class Summary:
    """What became of an assignment's submissions."""

    assignment: str
    submitted: int = 0
    graded: int = 0
    zero: list[dict[str, str]] = field(default_factory=list)
    quarantined: list[dict[str, str]] = field(default_factory=list)
    differs: list[dict[str, str]] = field(default_factory=list)  # other points than at an earlier grading
    repaired: int = 0
    kept: int = 0  # verdicts that were in the journal
    written: int = 0  # rows that were not in the gradebook
    damaged: int = 0  # lines of the journal that could not be read
    seconds: float = 0.0
    level: str = ""

    @property
    def settled(self) -> int:
        return self.graded + len(self.zero) + len(self.quarantined)

    def reconcile(self) -> str:
        """The sum that must come out, as a line. RuntimeError where it does not: something was lost."""
        line = (
            f"{self.submitted} submitted = {self.graded} graded + {len(self.zero)} zero with a reason "
            f"+ {len(self.quarantined)} quarantined"
        )
        if self.submitted != self.settled:
            raise RuntimeError(
                f"the sum does not come out: {line}; {self.submitted - self.settled} are missing"
            )
        return line

    def to_dict(self) -> dict[str, Any]:
        """The summary as plain JSON."""
        return asdict(self)


def points(verdict: dict[str, Any]) -> dict[str, Any]:
    """What a verdict gives: the status, and the points of each cell."""
    given = {c["grade_id"]: c["score"] for c in verdict["cells"] if "score" in c}
    return {"status": verdict["status"], **given}


def attempt(key: str, verdict: dict[str, Any]) -> str:
    """What the gradebook remembers of a verdict: 64 hexadecimal digits, others where the points are others."""
    return hashlib.sha256(f"{key} {json.dumps(points(verdict), sort_keys=True)}".encode()).hexdigest()


def difference(old: dict[str, Any], new: dict[str, Any]) -> str:
    """How two verdicts on the same submission differ, for a person; empty where they give the same."""
    before, after = points(old), points(new)
    names = [n for n in {**before, **after} if before.get(n) != after.get(n)]
    said = [f"{n} {_word(before.get(n))}, now {_word(after.get(n))}" for n in names]
    return "; ".join(said)


def _word(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else "nothing" if value is None else str(value)
