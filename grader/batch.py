"""Grades an assignment of a course: what was handed in, through a driver, into journal, autograded/ and gradebook.

A submission is settled in this order: its verdict is in the journal, on disk; its notebook in autograded/ is whole;
its marks are in the gradebook, in one transaction that also says which verdict they come from. A run that was cut
off anywhere is continued by the next one. At the end every submission is accounted for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from grader import autograded, handed_in
from grader.course import Course, CourseError, Item, Master
from grader.drivers import NoCluster, NoSandbox, open_driver
from grader.journal import Journal
from grader.key import key as key_of
from grader.limits import Limits
from grader.summary import STATUSES, Stopped, Summary, attempt, difference, stops

__all__ = ["Run", "Stopped", "Summary", "verdicts"]


class Run:
    """One grading of one assignment. ``progress(settled, of)`` is called as it goes on.

    ``wait`` is how many seconds a locked database is waited for.
    """

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
        wait: float = 60.0,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self.course, self.assignment = course, course.assignment(assignment)
        self.driver, self.workers, self.scheduler = driver, workers, scheduler
        self.regrade, self.progress = regrade, progress or (lambda settled, of: None)
        self.limits = Limits.from_dict(course.limits)
        self.level = level or course.level
        self.students, self.wait = students, wait
        self.summary = Summary(self.assignment, level=self.level)
        self.masters: dict[str, Master] = {}
        self.journal: Journal
        self.book: Any

    def __call__(self) -> Summary:
        """Grade. Stopped where it cannot go on; KeyboardInterrupt leaves a state to continue from, as does a kill."""
        began = time.perf_counter()
        with stops("the course's folder"), self.course.alone():
            self.masters = self.course.masters(self.assignment)
            items = self.course.submitted(self.assignment, self.students)
            self.summary.submitted = len(items)
            self.progress(0, len(items))  # before what takes a second: nbgrader's import, the sandbox
            for student in {item.student for item in items}:  # what a killed run had not finished
                for left in self.course.folder("autograded", self.assignment, student).glob(".*.new"):
                    left.unlink()
            with (
                stops("the journal"),
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
                key = key_of(handed_in.read(item.path), master.bundle, self.limits)
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
            self.summary.level = ""  # none was opened
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
        except (NoSandbox, NoCluster) as error:
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

        with stops("the gradebook"):
            book = Book(self.course.db_url, self.course.course_id, self.course.config, self.wait)
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
                running[token] = key_of(raw, self.masters[items[0].notebook].bundle, self.limits), items
                yield token, items[0].notebook, raw

        for token, outcome in driver.results(tasks()):
            key, items = running.pop(token)
            if isinstance(outcome, str):
                self._unfinished(
                    items, f"The grader could not judge this notebook ({outcome}). A person must look."
                )
                continue
            changed = self._record(key, outcome)
            for item in items:
                if changed:
                    self.summary.differs.append(_who(item, changed))
                self._settle(item, key, outcome)

    # ----------------------------------------------------------------------------------------------- settling

    def _record(self, key: str, verdict: dict[str, Any]) -> str:
        """Put a verdict on record; gives how its points differ from those on record, if they do."""
        changed = difference(self.journal[key], verdict) if key in self.journal else ""
        if key not in self.journal or self.regrade:
            self.journal.append(key, verdict)
        return changed

    def _settle(self, item: Item, key: str, verdict: dict[str, Any]) -> None:
        """Put a verdict in its places. What only this item is to blame for costs no other."""
        from grader.gradebook import Rejected

        mark = attempt(key, verdict)
        try:
            target = (
                self.course.folder("autograded", item.assignment, item.student) / f"{item.notebook}.ipynb"
            )
            with stops("autograded/"):
                known = self.attempts.get((item.student, item.notebook)) == mark
                if self.regrade or not known or not target.exists():
                    self._show(item, verdict, target)
            with stops("the gradebook"):
                self.summary.written += self.book.apply(
                    *(item.student, item.assignment, item.notebook, verdict, mark, item.timestamp),
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
            with stops("the gradebook"):
                self.book.expect(item.student, item.assignment)
            self._count(item, "quarantined", reason)

    def _count(self, item: Item, status: str, reason: str) -> None:
        if status == "graded":
            self.summary.graded += 1
        elif status in STATUSES:
            (self.summary.zero if status == "zero" else self.summary.quarantined).append(_who(item, reason))
        else:
            raise ValueError(f"a verdict of no known status {status!r} on {item.path}")
        self.progress(self.summary.settled, self.summary.submitted)


def _who(item: Item, reason: str) -> dict[str, str]:
    return {"student": item.student, "notebook": item.notebook, "reason": reason}


def _key_without(master: Master, verdict: dict[str, Any]) -> str:
    return handed_in.key_without_running(master.bundle, verdict["status"], verdict["reason"])


def verdicts(
    course: Course, assignment: str, students: Sequence[str] = ()
) -> Iterator[tuple[Item, dict[str, Any] | None]]:
    """Every submission of an assignment with its verdict; None for one that has not been graded as it is now."""
    assignment = course.assignment(assignment)
    masters = course.masters(assignment)
    if not course.journal_path(assignment).exists():
        raise CourseError(f"nothing of {assignment} has been graded yet: grader autograde {assignment}")
    limits = Limits.from_dict(course.limits)
    with Journal(course.journal_path(assignment)) as journal:
        for item in course.submitted(assignment, students):
            master = masters[item.notebook]
            try:
                key = key_of(handed_in.read(item.path), master.bundle, limits)
            except handed_in.Refused as refused:
                verdict = handed_in.without_running(master.bundle, refused.status, str(refused))
                key = _key_without(master, verdict)
            yield item, journal.get(key)
