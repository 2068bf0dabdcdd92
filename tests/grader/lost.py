"""What the proofs that nothing is lost have in common: all that a grading leaves, to be compared with another's."""

from __future__ import annotations

import time
from typing import Any

from grader.batch import verdicts
from grader.course import Course
from tests.grader import light, postgres
from tests.grader.warm import Warm


def timeless(value: Any) -> Any:
    """A verdict without the times that things took."""
    if isinstance(value, dict):
        return {k: timeless(v) for k, v in value.items() if k != "seconds"}
    return [timeless(v) for v in value] if isinstance(value, list) else value


def everything(course: Course) -> dict[str, Any]:
    """All that a grading leaves: rows of the gradebook, verdicts, notebooks in autograded/."""
    shown = {str(p.relative_to(course.root)): p.read_bytes() for p in course.root.glob("autograded/*/*/*")}
    told = {item.student: timeless(verdict) for item, verdict in verdicts(course, light.NAME)}
    return {"rows": postgres.rows(course.db_url), "shown": shown, "told": told}


def entries(course: Course) -> list[bytes]:
    """The keys in the journal, line by line; a torn last line is no line."""
    path = course.journal_path(light.NAME)
    data = path.read_bytes() if path.exists() else b""
    return [line.split()[1] for line in data[: data.rfind(b"\n") + 1].splitlines()]


def on(database: str, course: Course, server: postgres.Server, warm: Warm, name: str) -> Course:
    """The course as it is, or moved to a PostgreSQL database of this name and released there."""
    if database == "sqlite":
        return course
    configure(course, f"c.CourseDirectory.db_url = {server.database(name)!r}\n")
    (course.root / "gradebook.db").unlink()
    warm.run("release", "01", "--course", str(course.root))
    return Course.open(course.root)


def configure(course: Course, line: str) -> Course:
    """The course with one more line in its configuration."""
    path = course.root / "nbgrader_config.py"
    path.write_text(path.read_text(encoding="utf-8") + line, encoding="utf-8")
    return Course.open(course.root)


def wait_for(done: Any, seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.005)
