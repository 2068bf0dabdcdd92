"""The only writer of marks: puts verdicts into nbgrader's gradebook, with the rows that nbgrader would have written.

One transaction a submission. What people gave (manual scores, extra credit, comments, extensions) is never touched.
A table of our own, in the same transaction, remembers which verdict a notebook's marks come from, so that a rerun
writes each of them once.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sql

from grader.bundle import Bundle
from grader.course import CourseError
from grader.rows import (
    SET_COMMENT,
    SET_GRADE,
    Attempts,
    Comments,
    Grades,
    Notebooks,
    Plan,
    Students,
    Submissions,
    api,
    marks,
)

BUSY_SECONDS = 60
PASSING = (
    "locked",
    "disk I/O",
    "is full",
    "No space left",
    "starting up",
    "in recovery",
)  # it is there, and will be well


class Rejected(Exception):
    """The database does not take this row, and would not take it next time."""


def opened(url: str, course_id: str) -> Any:
    """nbgrader's Gradebook. CourseError where there is none; SQLAlchemy's error where it will be well again."""
    try:
        return api.Gradebook(url, course_id)
    except sql.exc.SQLAlchemyError as error:
        if any(word in str(error) for word in PASSING):
            raise
        raise CourseError(f"the gradebook {shown(url)} cannot be opened: {_short(error)}") from None


class Book:
    """An open gradebook."""

    def __init__(self, url: str, course_id: str, config: Any = None, busy: float = BUSY_SECONDS) -> None:
        self.book = opened(url, course_id)
        self.config = config
        self.engine = self.book.engine
        self.plans: dict[str, Plan] = {}
        self._penalties: Any = None
        if self.engine.dialect.name == "sqlite":
            self.book.db.remove()
            self.engine.dispose()
            sql.event.listen(self.engine, "connect", _sqlite(busy))
        elif self.engine.dialect.name == "postgresql":
            self.book.db.remove()
            self.engine.dispose()
            sql.event.listen(self.engine, "connect", _postgresql(busy))
        Attempts.create(self.engine, checkfirst=True)

    def close(self) -> None:
        """Close the connection."""
        self.book.close()

    def __enter__(self) -> Book:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def plan(self, assignment: str) -> Plan:
        """The cells of an assignment. CourseError where it was not released."""
        if assignment not in self.plans:
            try:
                self.plans[assignment] = Plan(self.book.find_assignment(assignment))
            except api.MissingEntry:
                raise CourseError(
                    f"the gradebook has no assignment {assignment!r}; release it first: grader release {assignment}"
                ) from None
            finally:
                self.book.db.remove()
        return self.plans[assignment]

    def check(self, assignment: str, bundles: Mapping[str, Bundle]) -> None:
        """CourseError where the source was changed after the release: other tests, or other points."""
        plan = self.plan(assignment)
        for name, bundle in bundles.items():
            wanted = {c.name: c.points for c in bundle.cells if c.role in ("test", "by-hand")}
            if plan.points.get(name) != wanted:
                raise CourseError(
                    f"the tests or points of {assignment}/{name} are not those of its release; "
                    f"release it again: grader release {assignment}"
                )

    def attempts(self, assignment: str) -> dict[tuple[str, str], tuple[str, str, str]]:
        """(student, notebook) -> (verdict's key, status, reason) of what the marks of an assignment come from."""
        query = (
            sql.select(
                Submissions.c.student_id,
                Notebooks.c.notebook_id,
                Attempts.c.verdict,
                Attempts.c.status,
                Attempts.c.reason,
            )
            .join(Notebooks, Notebooks.c.assignment_id == Submissions.c.id)
            .join(Attempts, Attempts.c.submitted_notebook_id == Notebooks.c.id)
            .where(Submissions.c.assignment_id == self.plan(assignment).id)
        )
        names = {id: name for name, id in self.plan(assignment).notebooks.items()}
        with self.engine.connect() as db:
            return {(s, names[n]): (key, status, reason) for s, n, key, status, reason in db.execute(query)}

    def forget(self, student: str, assignment: str, notebook: str) -> None:
        """Forget which verdict a notebook's marks come from: they are about to be written by nbgrader itself."""
        with self.engine.begin() as db:
            row = db.execute(self._find(self.plan(assignment), student, notebook)).first()
            if row is not None:
                db.execute(sql.delete(Attempts).where(Attempts.c.submitted_notebook_id == row.notebook))

    # ------------------------------------------------------------------------------------------------ writing

    def apply(
        self,
        student: str,
        assignment: str,
        notebook: str,
        verdict: dict[str, Any],
        key: str,
        timestamp: str | None = None,
        again: bool = False,
    ) -> bool:
        """Write the marks of a verdict; False where they had been written, and ``again`` does not ask for it.

        The verdict's marks replace those of an earlier attempt in one step. Rejected for what the database
        refuses; OperationalError of SQLAlchemy where it cannot be written at all.
        """
        plan = self.plan(assignment)
        try:
            when = api.utils.parse_utc(timestamp)
        except (ValueError, OverflowError):
            raise Rejected(f"the time of submission {timestamp!r:.80} is not a date") from None
        for last in (False, True):
            try:
                with self.engine.begin() as db:
                    return self._apply(db, plan, student, notebook, verdict, key, when, again)
            except sql.exc.OperationalError as error:
                if last or not error.connection_invalidated:  # a server that has hung up is asked once more
                    raise
            except sql.exc.IntegrityError as error:  # another program has just made the same rows
                if last:
                    raise Rejected(_short(error)) from None
            except (sql.exc.StatementError, UnicodeError) as error:
                if type(error) in (sql.exc.DatabaseError, sql.exc.InternalError):  # no row's fault
                    raise
                raise Rejected(_short(error)) from None
        raise AssertionError("not reached")

    def expect(self, student: str, assignment: str) -> None:
        """See that a student has rows, still to be marked by a person, where there are none yet."""
        plan = self.plan(assignment)
        with self.engine.begin() as db:
            if db.execute(self._find(plan, student, next(iter(plan.notebooks)))).first() is None:
                self._create(db, plan, student)

    def _find(self, plan: Plan, student: str, notebook: str) -> Any:
        return (
            sql.select(Submissions.c.id, Submissions.c.extension, Notebooks.c.id.label("notebook"))
            .join(Notebooks, Notebooks.c.assignment_id == Submissions.c.id)
            .where(Submissions.c.assignment_id == plan.id, Submissions.c.student_id == student)
            .where(Notebooks.c.notebook_id == plan.notebooks[notebook])
        )

    def _create(self, db: Any, plan: Plan, student: str) -> None:
        """The rows of a new submission, all marks open, as ``Gradebook.add_submission`` makes them."""
        if db.execute(sql.select(Students.c.id).where(Students.c.id == student)).first() is None:
            db.execute(sql.insert(Students).values(id=student))
        submission = api.new_uuid()
        db.execute(sql.insert(Submissions).values(id=submission, assignment_id=plan.id, student_id=student))
        for name, notebook in plan.notebooks.items():
            id = api.new_uuid()
            db.execute(sql.insert(Notebooks).values(id=id, notebook_id=notebook, assignment_id=submission))
            for table, cells in ((Grades, plan.graded[name]), (Comments, plan.commented[name])):
                if cells:
                    db.execute(sql.insert(table), [{"cell_id": c, "notebook_id": id} for c in cells.values()])

    def _apply(
        self,
        db: Any,
        plan: Plan,
        student: str,
        notebook: str,
        verdict: dict[str, Any],
        key: str,
        when: Any,
        again: bool,
    ) -> bool:
        row = db.execute(self._find(plan, student, notebook)).first()
        if row is None:
            self._create(db, plan, student)
            row = db.execute(self._find(plan, student, notebook)).one()
        if when is not None:
            db.execute(sql.update(Submissions).where(Submissions.c.id == row.id).values(timestamp=when))
        mine = Attempts.c.submitted_notebook_id == row.notebook
        new = again or db.execute(sql.select(Attempts.c.verdict).where(mine)).scalar() != key
        if new:
            grades, comments = marks(plan, notebook, verdict)
            if grades:
                db.execute(SET_GRADE, [{"of": row.notebook, **g} for g in grades])
            if comments:
                db.execute(SET_COMMENT, [{"of": row.notebook, **c} for c in comments])
            db.execute(sql.delete(Attempts).where(mine))
            attempt = {"verdict": key, "status": verdict["status"], "reason": verdict["reason"]}
            db.execute(
                sql.insert(Attempts).values(
                    submitted_notebook_id=row.notebook, written=time.time(), **attempt
                )
            )
        self._late(db, plan, student, row)
        return new

    def _late(self, db: Any, plan: Plan, student: str, row: Any) -> None:
        """The penalty for a late submission, from the course's own plugin, as nbgrader's step would set it."""
        penalty = None
        when = db.execute(sql.select(Submissions.c.timestamp).where(Submissions.c.id == row.id)).scalar()
        if when is not None and plan.duedate is not None:
            due = plan.duedate + row.extension if row.extension is not None else plan.duedate
            seconds = (when - due).total_seconds()
            if seconds > 0:
                total = sql.func.coalesce(sql.func.sum(api.Grade.score), 0.0)
                score = db.execute(sql.select(total).where(Grades.c.notebook_id == row.notebook)).scalar()
                penalty = self._penalty(student, float(score), seconds)
        db.execute(
            sql.update(Notebooks)
            .where(Notebooks.c.id == row.notebook)
            .values(late_submission_penalty=penalty)
        )

    def _penalty(self, student: str, score: float, seconds: float) -> float | None:
        if self._penalties is None:
            from nbgrader.preprocessors import AssignLatePenalties

            self._penalties = (
                AssignLatePenalties(config=self.config) if self.config else AssignLatePenalties()
            )
            self._penalties.init_plugin()
        given = self._penalties.plugin_inst.late_submission_penalty(student, score, seconds)
        return None if given is None else min(max(float(given), 0.0), score)


def shown(url: str) -> str:
    """A database's address without its password."""
    try:
        return str(sql.engine.make_url(url).render_as_string(hide_password=True))
    except sql.exc.ArgumentError:
        return "(an address that cannot be read)"


def _sqlite(busy: float) -> Any:
    """Readers do not wait for the writer, and a writer waits for its turn."""

    def set_up(connection: Any, record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {int(1000 * busy)}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.close()

    return set_up


def _postgresql(busy: float) -> Any:
    """A row or table that another holds is waited for as long as SQLite's file is, not for ever."""

    def set_up(connection: Any, record: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = {max(1, int(1000 * busy))}")
        connection.commit()

    return set_up


def _short(error: BaseException) -> str:
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0][:300]
