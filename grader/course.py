"""A course folder, laid out as nbgrader's: source/, release/, submitted/, autograded/, a gradebook, a configuration.

What is ours lies in ``.grader/``: the journal of verdicts, the assignments as read, and a lock that keeps two
gradings of one course apart.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from grader.bundle import Bundle

try:
    import fcntl
except ImportError:  # Windows has no such locks
    fcntl = None  # type: ignore[assignment]

STRUCTURE = os.path.join("{nbgrader_step}", "{student_id}", "{assignment_id}")
CACHE = 1  # changes when what is kept of an assignment does


class CourseError(Exception):
    """Something about the course folder is not as it should be; the text says what to do."""


class Busy(CourseError):
    """Another grading of this course is at work."""


@dataclass(frozen=True)
class Item:
    """One notebook that a student was to hand in. ``timestamp`` is when that was, as the platform said."""

    student: str
    assignment: str
    notebook: str
    path: Path
    timestamp: str | None = None


@dataclass(frozen=True)
class Master:
    """One notebook of an assignment: what is needed to grade it, and its release as plain JSON."""

    bundle: Bundle
    released: dict[str, Any]


class Course:
    """An open course folder. ``config`` is what its ``nbgrader_config.py`` says."""

    def __init__(self, root: Path, config: Any) -> None:
        self.root, self.config = root, config
        said = config.CourseDirectory
        self.course_id = str(said.get("course_id", "")) or "default_course"
        self.db_url = str(said.get("db_url", "")) or f"sqlite:///{root / 'gradebook.db'}"
        self.structure = str(said.get("directory_structure", STRUCTURE))
        self.excluded = {s for s in str(said.get("student_id_exclude", "")).split(",") if s}
        self.steps = {
            step: str(said.get(f"{step}_directory", step))
            for step in ("source", "release", "submitted", "autograded", "feedback")
        }
        ours = config.SandboxedExecute
        self.level = str(ours.get("level", "best"))
        self.opener = str(ours.get("opener", "grader.sandbox:open_sandbox"))
        self.limits = dict(ours.get("limits", {}))

    @classmethod
    def open(cls, folder: Path) -> Course:
        """The course in this folder. CourseError where there is none."""
        from traitlets.config.loader import PyFileConfigLoader

        root = folder.resolve()
        if not (root / "nbgrader_config.py").is_file():
            raise CourseError(
                f"{root} is no course: it has no nbgrader_config.py. Make one with: grader init {folder}"
            )
        return cls(root, PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config())

    # ----------------------------------------------------------------------------------------------- folders

    def folder(self, step: str, assignment: str, student: str = ".") -> Path:
        """The folder of an assignment at a step: "source", "release", "submitted", "autograded", "feedback"."""
        said = self.structure.format(
            nbgrader_step=self.steps[step], student_id=student, assignment_id=assignment
        )
        return Path(os.path.normpath(self.root / said))

    @property
    def state(self) -> Path:
        """The folder for what is ours."""
        return self.root / ".grader"

    def journal_path(self, assignment: str) -> Path:
        """Where the verdicts on an assignment are recorded."""
        return self.state / "journal" / f"{assignment}.jsonl"

    def assignments(self) -> list[str]:
        """The names of all assignments that have a source notebook."""
        pattern = self.folder("source", "*") / "*.ipynb"
        found = self.root.glob(str(pattern.relative_to(self.root)))
        return sorted({path.parent.name for path in found})

    def assignment(self, name: str) -> str:
        """The assignment of this name, or the only one that begins with it ("04")."""
        names = self.assignments()
        if name in names:
            return name
        fits = [n for n in names if n.startswith(name)]
        if len(fits) != 1:
            raise CourseError(
                f"{self.root} has {'no assignment' if not fits else 'several assignments'} {name!r}; "
                f"in {self.steps['source']}/ there are: {', '.join(names) or 'none'}"
            )
        return fits[0]

    def sources(self, assignment: str) -> list[Path]:
        """The source notebooks of an assignment."""
        found = sorted(self.folder("source", assignment).glob("*.ipynb"))
        if not found:
            raise CourseError(f"{self.folder('source', assignment)} has no notebook")
        return found

    # --------------------------------------------------------------------------------------------- contents

    def masters(self, assignment: str) -> dict[str, Master]:
        """The notebooks of an assignment by name. Reading one takes seconds, so that what was read is kept."""
        return {path.stem: self._master(assignment, path) for path in self.sources(assignment)}

    def _master(self, assignment: str, source: Path) -> Master:
        from grader.key import environment

        seen = hashlib.sha256(source.read_bytes() + f"{CACHE} {environment()}".encode()).hexdigest()
        kept = self.state / "assignments" / assignment / f"{source.stem}.json"
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            plain = json.loads(kept.read_text(encoding="utf-8"))
            if plain["source"] == seen:
                return Master(Bundle.from_dict(plain["bundle"]), plain["released"])
        without_slow_imports()
        import nbformat

        from grader.release import released

        bundle = Bundle.read(source)
        notebook = json.loads(nbformat.writes(released(source)))
        plain = {"source": seen, "bundle": bundle.to_dict(), "released": notebook}
        write(kept, json.dumps(plain))
        return Master(bundle, notebook)

    def submitted(self, assignment: str, students: Sequence[str] = ()) -> list[Item]:
        """What was handed in, one item for each student's folder and each notebook of the assignment."""
        names = [path.stem for path in self.sources(assignment)]
        marker = "\0"
        pattern = str(self.folder("submitted", assignment, marker).relative_to(self.root))
        shape = re.compile(re.escape(pattern).replace(re.escape(marker), "(?P<student>[^/\\\\]+)"))
        items = []
        for folder in sorted(self.root.glob(pattern.replace(marker, "*"))):
            fits = shape.fullmatch(str(folder.relative_to(self.root)))
            if not fits or not folder.is_dir():
                continue
            student = fits["student"]
            if student.startswith(".") or student in self.excluded or (students and student not in students):
                continue
            when = _timestamp(folder)
            items += [Item(student, assignment, n, folder / f"{n}.ipynb", when) for n in names]
        missing = sorted(set(students) - {item.student for item in items})
        if missing:
            raise CourseError(f"nothing was handed in for {assignment} by: {', '.join(missing)}")
        return items

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other gradings of this course away. Busy where one is at work."""
        self.state.mkdir(exist_ok=True)
        with open(self.state / "lock", "a+", encoding="utf-8") as handle:
            if fcntl is not None:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    raise Busy(
                        f"Another grading of {self.root} is at work. Wait until it has ended, then start again."
                    ) from None
            yield


def _timestamp(folder: Path) -> str | None:
    """What ``timestamp.txt`` says, which collecting writes beside a submission; a time with an offset, in UTC.

    nbgrader reads "10:00:00 +0200" as 200 seconds before UTC, and so it must not come to see it.
    """
    path = folder / "timestamp.txt"
    if path.is_symlink() or not path.is_file():
        return None
    with open(path, encoding="utf-8", errors="replace") as stream:
        said = stream.read(200).strip()
    with contextlib.suppress(ValueError, OverflowError):
        if found := re.fullmatch(r"(\S+[ T]\S+?)\s*([+-]\d\d:?\d\d)", said):
            return (
                f"{datetime.fromisoformat(''.join(found.groups())).astimezone(UTC):%Y-%m-%d %H:%M:%S.%f} UTC"
            )
    return said or None


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        new.write_text(text, encoding="utf-8")
        os.replace(new, path)
    finally:
        new.unlink(missing_ok=True)


def without_slow_imports() -> None:
    """Spare the next import of nbgrader half of its time: an extra of jsonschema that compiles 39 grammars.

    jsonschema does without it; it checks a format that notebooks do not have. The folder of this Python's
    commands goes on the path too, where nbgrader looks for ``alembic``.
    """
    import sys

    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # an import of it fails
    folder = os.path.dirname(sys.executable)
    if folder not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([folder, os.environ.get("PATH", "")])
