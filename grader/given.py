"""What the gradebook says of a submission: the marks as they count, with what people gave and wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grader.bundle import Bundle
    from grader.course import Course
    from grader.export import Score


@dataclass(frozen=True)
class Mark:
    """The points for one cell: None while a person still has to give them. ``person`` says that one has."""

    points: float | None
    of: float
    person: bool = False


@dataclass
class Given:
    """The marks and comments of one notebook, by grade_id. ``penalty`` is for being late."""

    marks: dict[str, Mark] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)
    penalty: float = 0.0

    @property
    def total(self) -> float:
        """The points so far, less the penalty."""
        return max(0.0, sum(m.points or 0.0 for m in self.marks.values()) - self.penalty)

    @property
    def of(self) -> float:
        return sum(m.of for m in self.marks.values())

    @property
    def waits(self) -> bool:
        """Whether a person still has to give points."""
        return any(m.points is None for m in self.marks.values())


def from_verdict(verdict: Mapping[str, Any], bundle: Bundle) -> Given:
    """The marks of a verdict alone, as the gradebook would have them before a person looks."""
    judged = {c["grade_id"]: c for c in verdict["cells"]}
    found = Given()
    for cell in bundle.cells:
        if cell.role not in ("test", "by-hand"):
            continue
        score: float | None = 0.0
        if verdict["status"] == "quarantined":
            score = None
        elif cell.name in judged:
            score = judged[cell.name]["score"]
            if cell.role == "by-hand" and judged[cell.name].get("source") == bundle.released.get(cell.name):
                score = 0.0
        found.marks[cell.name] = Mark(score, cell.points)
    return found


def from_gradebook(course: Course, assignment: str) -> dict[tuple[str, str], Given]:
    """(student, notebook) -> what the gradebook has, for everyone who has rows of this assignment."""
    import sqlalchemy as sql

    from grader.gradebook import opened
    from grader.rows import Comments, Grades, Notebooks, Plan, Submissions, api

    book = opened(course.db_url, course.course_id)
    try:
        plan = Plan(book.find_assignment(assignment))
        book.db.remove()
        names = {id: name for name, id in plan.notebooks.items()}
        cells = {id: (name, cell) for name, ids in plan.graded.items() for cell, id in ids.items()}
        commented = {id: cell for ids in plan.commented.values() for cell, id in ids.items()}
        here = Submissions.c.assignment_id == plan.id
        found: dict[str, tuple[tuple[str, str], Given]] = {}
        with book.engine.connect() as db:
            rows = sql.select(
                Notebooks.c.id,
                Submissions.c.student_id,
                Notebooks.c.notebook_id,
                Notebooks.c.late_submission_penalty,
            ).join(Submissions, Submissions.c.id == Notebooks.c.assignment_id)
            for id, student, notebook, penalty in db.execute(rows.where(here)):
                found[id] = (student, names[notebook]), Given(penalty=float(penalty or 0.0))
            grades = sql.select(
                *(Grades.c.notebook_id, Grades.c.cell_id, Grades.c.auto_score, Grades.c.manual_score),
                *(Grades.c.extra_credit, Grades.c.needs_manual_grade),
            )
            joined = grades.join(Notebooks, Notebooks.c.id == Grades.c.notebook_id)
            joined = joined.join(Submissions, Submissions.c.id == Notebooks.c.assignment_id)
            for of, cell, auto, manual, extra, open_ in db.execute(joined.where(here)):
                if of in found and cell in cells:
                    notebook, name = cells[cell]
                    points = manual if manual is not None else None if open_ and auto is None else auto
                    if points is not None and extra is not None:
                        points += extra
                    person = manual is not None or bool(extra)
                    worth = plan.points[notebook].get(name, 0.0)
                    found[of][1].marks[name] = Mark(points, worth, person)
            said = sql.select(Comments.c.notebook_id, Comments.c.cell_id, Comments.c.manual_comment)
            said = said.join(Notebooks, Notebooks.c.id == Comments.c.notebook_id)
            said = said.join(Submissions, Submissions.c.id == Notebooks.c.assignment_id)
            for of, cell, text in db.execute(said.where(here)):
                if text and of in found and cell in commented:
                    found[of][1].comments[commented[cell]] = text
        return dict(found.values())
    except api.MissingEntry:
        return {}
    finally:
        book.close()


def released(course: Course) -> list[str]:
    """The assignments that the gradebook has."""
    from grader.gradebook import opened

    book = opened(course.db_url, course.course_id)
    try:
        there = {entry.name for entry in book.assignments}
    finally:
        book.close()
    return [name for name in course.assignments() if name in there]


def scores(course: Course, assignment: str) -> list[Score]:
    """Every student's points for an assignment, as ``nbgrader export`` gives them; 0 for who handed nothing in."""
    import sqlalchemy as sql

    from grader.course import CourseError
    from grader.export import Score
    from grader.gradebook import opened
    from grader.rows import Students, Submissions, api

    totals: dict[str, Given] = {}
    for (student, notebook), given in from_gradebook(course, assignment).items():
        whole = totals.setdefault(student, Given())
        whole.marks |= {f"{notebook}/{name}": mark for name, mark in given.marks.items()}
        whole.penalty += given.penalty
    book = opened(course.db_url, course.course_id)
    try:
        entry = book.find_assignment(assignment)
        most, due, id = float(entry.max_score), str(entry.duedate or ""), entry.id
        book.db.remove()
        with book.engine.connect() as db:
            query = sql.select(Submissions.c.student_id, Submissions.c.timestamp)
            rows = db.execute(query.where(Submissions.c.assignment_id == id))
            when = dict(rows.all())
            people = db.execute(sql.select(Students).order_by(Students.c.id)).mappings().all()
    except api.MissingEntry:
        raise CourseError(f"the gradebook has no assignment {assignment!r}; release it first") from None
    finally:
        book.close()
    return [
        Score(
            p["id"],
            assignment,
            sum(m.points or 0.0 for m in totals.get(p["id"], Given()).marks.values()),
            most,
            totals.get(p["id"], Given()).penalty,
            str(when.get(p["id"]) or ""),
            due,
            p["last_name"] or "",
            p["first_name"] or "",
            p["email"] or "",
            totals.get(p["id"], Given()).waits,
            p["id"] not in when,
        )
        for p in people
    ]
