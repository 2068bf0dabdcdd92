"""The rows of nbgrader's gradebook that a verdict becomes: what is in them is what nbgrader would have written."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sql

from grader.course import without_slow_imports

without_slow_imports()
from nbgrader import api  # noqa: E402  # after the line above, which makes it twice as fast

Students = api.Student.__table__
Submissions = api.SubmittedAssignment.__table__
Notebooks = api.SubmittedNotebook.__table__
Grades = api.Grade.__table__
Comments = api.Comment.__table__
Attempts = sql.Table(
    "graded_attempt",
    sql.MetaData(),
    sql.Column("submitted_notebook_id", sql.String(32), primary_key=True),
    sql.Column("verdict", sql.String(64), nullable=False),
    sql.Column("status", sql.String(16), nullable=False),
    sql.Column("reason", sql.Text()),
    sql.Column("written", sql.Float(), nullable=False),
)


class Plan:
    """What the gradebook knows of an assignment: the cells of each of its notebooks."""

    def __init__(self, assignment: Any) -> None:
        self.id, self.duedate = assignment.id, assignment.duedate
        self.notebooks: dict[str, str] = {}
        self.graded: dict[str, dict[str, str]] = {}  # notebook -> grade_id -> id of the cell
        self.points: dict[str, dict[str, float]] = {}
        self.commented: dict[str, dict[str, str]] = {}
        self.tasks: dict[str, set[str]] = {}
        self.released: dict[str, dict[str, str]] = {}
        for notebook in assignment.notebooks:
            name = notebook.name
            graded = [*notebook.grade_cells, *notebook.task_cells]
            self.notebooks[name] = notebook.id
            self.graded[name] = {c.name: c.id for c in graded}
            self.points[name] = {c.name: float(c.max_score) for c in notebook.grade_cells}
            self.commented[name] = {c.name: c.id for c in [*notebook.solution_cells, *notebook.task_cells]}
            self.tasks[name] = {c.name for c in notebook.task_cells}
            self.released[name] = {c.name: c.source for c in notebook.source_cells}


SET_GRADE = (
    sql.update(Grades)
    .where(Grades.c.notebook_id == sql.bindparam("of"), Grades.c.cell_id == sql.bindparam("cell"))
    .values(
        auto_score=sql.bindparam("score"),
        needs_manual_grade=sql.case(
            (Grades.c.manual_score.is_not(None), sql.true()),
            else_=sql.bindparam("open", type_=sql.Boolean()),
        ),
    )
)
SET_COMMENT = (
    sql.update(Comments)
    .where(Comments.c.notebook_id == sql.bindparam("of"), Comments.c.cell_id == sql.bindparam("cell"))
    .values(auto_comment=sql.bindparam("text"))
)


def marks(plan: Plan, notebook: str, verdict: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    """The marks and comments that nbgrader gives for a verdict.

    Handed in nothing: no points. Unreadable: all marks open, for a person to give. Else a test's points, none for
    a cell to be marked by hand that is as it was released, and an open mark for one that is not.
    """
    graded, commented = plan.graded[notebook], plan.commented[notebook]
    if verdict["status"] != "graded":
        zero = 0.0 if verdict["status"] == "zero" else None
        return [{"cell": c, "score": zero, "open": zero is None} for c in graded.values()], [
            {"cell": c, "text": verdict["reason"]} for c in commented.values()
        ]
    grades, comments = [], []
    for cell in verdict["cells"]:
        name = cell["grade_id"]
        empty = name in commented and cell.get("source") == plan.released[notebook].get(name)
        if name in graded and name not in plan.tasks[notebook]:
            score = 0.0 if cell["kind"] == "by-hand" and empty else cell["score"]
            grades.append({"cell": graded[name], "score": score, "open": score is None})
        if name in commented:
            text = "No response." if empty and name not in plan.tasks[notebook] else None
            comments.append({"cell": commented[name], "text": text})
    return grades, comments
