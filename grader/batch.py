"""Grades an assignment of a course: what was handed in, through a driver, into journal, autograded/ and gradebook.

A submission is settled in this order: its verdict is in the journal, on disk; its notebook in autograded/ is whole;
its marks are in the gradebook, in one transaction that also says which verdict they come from. A run that was cut
off anywhere is continued by the next one. At the end every submission is accounted for.
"""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from grader import autograded, handed_in
from grader.course import Course, CourseError, Item, Master
from grader.drivers import NoSandbox, open_driver
from grader.grade import key as key_of
from grader.journal import Journal
from grader.limits import Limits

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO}
STATUSES = ("graded", "zero", "quarantined")


class Stopped(Exception):
    """The run cannot go on; what is graded is kept. The text says what to mend before the same command again."""


@dataclass
class Summary:
    """What became of an assignment's submissions."""

    assignment: str
    submitted: int = 0
    graded: int = 0
    zero: list[dict[str, str]] = field(default_factory=list)
    quarantined: list[dict[str, str]] = field(default_factory=list)
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


class Run:
    """One grading of one assignment. ``progress(settled, of)`` is called as it goes on."""

    def __init__(
        self,
        course: Course,
        assignment: str,
        *,
        students: Sequence[str] = (),
        driver: str = "processes",
        workers: int = 0,
        scheduler: str = "",
        level: str = "",
        regrade: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self.course, self.assignment = course, course.assignment(assignment)
        self.driver, self.workers, self.scheduler = driver, workers, scheduler
        self.regrade, self.progress = regrade, progress or (lambda settled, of: None)
        self.limits = Limits.from_dict(course.limits)
        self.level = level or course.level
        self.students = students
        self.summary = Summary(self.assignment, level=self.level)
        self.masters: dict[str, Master] = {}
        self.journal: Journal
        self.book: Any

    def __call__(self) -> Summary:
        """Grade. Stopped where it cannot go on; KeyboardInterrupt leaves a state to continue from, as does a kill."""
        began = time.perf_counter()
        with self.course.alone():
            self.masters = self.course.masters(self.assignment)
            items = self.course.submitted(self.assignment, self.students)
            self.summary.submitted = len(items)
            with (
                _stops("the journal", self.course),
                Journal(self.course.journal_path(self.assignment)) as journal,
            ):
                self.journal, self.summary.damaged = journal, journal.damaged
                self._all(items)
        self.summary.seconds = time.perf_counter() - began
        self.summary.reconcile()
        return self.summary

    def _all(self, items: list[Item]) -> None:
        """Sort what is known already from what is to be run, and see to both."""
        known: list[tuple[Item, str, dict[str, Any] | None]] = []
        todo: dict[str, list[Item]] = {}  # key -> who handed in just this
        for item in items:
            master = self.masters[item.notebook]
            try:
                key = key_of(handed_in.read(item.path), master.bundle)
            except handed_in.Refused as refused:
                verdict = handed_in.without_running(master.bundle, refused.status, str(refused))
                known.append((item, _key_without(master, verdict), verdict))
                continue
            if key in self.journal and not self.regrade:
                known.append((item, key, None))
            else:
                todo.setdefault(key, []).append(item)
        self.summary.kept = sum(verdict is None for _, _, verdict in known)
        if not todo:
            with self._open_book() as self.book:
                self._known(known)
            return
        try:
            with (
                open_driver(self.driver, self._spec(), self.workers, self.scheduler) as driver,
                self._open_book() as self.book,  # nbgrader is imported while the workers start
            ):
                self._known(known)
                self._grade(driver, todo)
                self.summary.level = driver.level
        except NoSandbox as error:
            raise Stopped(str(error)) from error

    def _spec(self) -> dict[str, Any]:
        bundles = {name: master.bundle.to_dict() for name, master in self.masters.items()}
        return {
            "bundles": bundles,
            "limits": asdict(self.limits),
            "level": self.level,
            "opener": self.course.opener,
        }

    def _open_book(self) -> Any:
        from grader.gradebook import Book

        book = Book(self.course.db_url, self.course.course_id, self.course.config)
        book.check(self.assignment, {name: m.bundle for name, m in self.masters.items()})
        return book

    def _known(self, known: list[tuple[Item, str, dict[str, Any] | None]]) -> None:
        for item, key, verdict in known:
            if verdict is None:
                verdict = self.journal[key]
            else:
                self._record(key, verdict)
            self._settle(item, key, verdict)

    def _grade(self, driver: Any, todo: dict[str, list[Item]]) -> None:
        """Run what is to be run, each notebook's bytes once."""
        running: dict[int, tuple[str, list[Item]]] = {}

        def tasks() -> Iterator[tuple[int, str, bytes]]:
            for token, items in enumerate(todo.values()):
                try:
                    raw = handed_in.read(items[0].path)
                except handed_in.Refused as refused:  # it has changed just now
                    self._unfinished(items, str(refused))
                    continue
                running[token] = key_of(raw, self.masters[items[0].notebook].bundle), items
                yield token, items[0].notebook, raw

        for token, outcome in driver.results(tasks()):
            key, items = running.pop(token)
            if isinstance(outcome, str):
                self._unfinished(
                    items, f"The grader could not judge this notebook ({outcome}). A person must look."
                )
                continue
            self._record(key, outcome)
            for item in items:
                self._settle(item, key, outcome)

    # ----------------------------------------------------------------------------------------------- settling

    def _record(self, key: str, verdict: dict[str, Any]) -> None:
        if key not in self.journal or self.regrade:
            self.journal.append(key, verdict)

    def _settle(self, item: Item, key: str, verdict: dict[str, Any]) -> None:
        """Put a verdict in its places. What only this item is to blame for costs no other."""
        from grader.gradebook import Rejected

        try:
            target = (
                self.course.folder("autograded", item.assignment, item.student) / f"{item.notebook}.ipynb"
            )
            with _stops("autograded/", self.course):
                known = self.attempts.get((item.student, item.notebook)) == key
                if self.regrade or not known or not target.exists():
                    self._show(item, verdict, target)
            with _stops("the gradebook", self.course):
                self.summary.written += self.book.apply(
                    *(item.student, item.assignment, item.notebook, verdict, key, item.timestamp),
                    again=self.regrade,
                )
        except (Rejected, OSError) as error:
            self._count(item, "quarantined", f"Its marks could not be written: {error}")
            return
        self._count(item, verdict["status"], verdict["reason"])
        self.summary.repaired += bool(verdict["repairs"])

    @property
    def attempts(self) -> dict[tuple[str, str], str]:
        """Which verdicts the gradebook's marks came from when this run began."""
        if not hasattr(self, "_attempts"):
            found = self.book.attempts(self.assignment)
            self._attempts = {who: key for who, (key, _, _) in found.items()}
        return self._attempts

    def _show(self, item: Item, verdict: dict[str, Any], target: Any) -> None:
        master = self.masters[item.notebook]
        try:
            raw = handed_in.read(item.path)
        except handed_in.Refused:
            raw = b""
        autograded.write(target, autograded.build(raw, master.bundle, master.released, verdict))
        if item.timestamp:
            autograded.write_whole(target.parent / "timestamp.txt", item.timestamp)

    def _unfinished(self, items: list[Item], reason: str) -> None:
        """There is no verdict this time. Earlier marks stay; who has none gets rows that wait for a person."""
        for item in items:
            with _stops("the gradebook", self.course):
                self.book.expect(item.student, item.assignment)
            self._count(item, "quarantined", reason)

    def _count(self, item: Item, status: str, reason: str) -> None:
        if status == "graded":
            self.summary.graded += 1
        elif status in STATUSES:
            who = {"student": item.student, "notebook": item.notebook, "reason": reason}
            (self.summary.zero if status == "zero" else self.summary.quarantined).append(who)
        else:
            raise ValueError(f"a verdict of no known status {status!r} on {item.path}")
        self.progress(self.summary.settled, self.summary.submitted)


def _key_without(master: Master, verdict: dict[str, Any]) -> str:
    return handed_in.key_without_running(master.bundle, verdict["status"], verdict["reason"])


class _stops:
    """Turns a full disk and a database that cannot be written into Stopped."""

    def __init__(self, where: str, course: Course) -> None:
        self.where, self.course = where, course

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if isinstance(error, OSError) and error.errno in FULL:
            raise Stopped(f"{self.where} cannot be written ({error.strerror})") from error
        if (
            kind is not None
            and kind.__module__.startswith("sqlalchemy")
            and kind.__name__ == "OperationalError"
        ):
            said = str(error.orig).splitlines()[0] if error.orig else kind.__name__
            raise Stopped(f"{self.where} cannot be written ({said})") from error


def verdicts(course: Course, assignment: str) -> Iterator[tuple[Item, dict[str, Any] | None]]:
    """Every submission of an assignment with its verdict; None for one that has not been graded as it is now."""
    assignment = course.assignment(assignment)
    masters = course.masters(assignment)
    if not course.journal_path(assignment).exists():
        raise CourseError(f"nothing of {assignment} has been graded yet: grader autograde {assignment}")
    with Journal(course.journal_path(assignment)) as journal:
        for item in course.submitted(assignment):
            master = masters[item.notebook]
            try:
                key = key_of(handed_in.read(item.path), master.bundle)
            except handed_in.Refused as refused:
                verdict = handed_in.without_running(master.bundle, refused.status, str(refused))
                key = _key_without(master, verdict)
            yield item, journal.get(key)
