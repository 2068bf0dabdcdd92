"""The gradebook on PostgreSQL: a real server, started here, with the same rows as SQLite."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
import sqlalchemy as sql

from grader.batch import Run, verdicts
from grader.course import Course, CourseError
from grader.gradebook import Book
from tests.grader import classes, postgres
from tests.grader.classes import NAME

pytestmark = pytest.mark.slow


def test_a_course_on_postgresql_has_the_rows_of_one_on_sqlite(
    server: postgres.Server, course: Course, tmp_path: Path
) -> None:
    url = server.database("class")
    root = tmp_path / "there"
    classes.grader("init", str(root), "--assignments", "04", "--db", url, "--name", "course")
    config = root / "nbgrader_config.py"
    config.write_text(config.read_text(encoding="utf-8") + classes.STANDIN, encoding="utf-8")
    classes.grader("release", "--course", str(root))
    there = Course.open(root)
    assert there.db_url == url and not (root / "gradebook.db").exists()
    for one in (course, there):
        classes.honest(one)
        classes.hand_in(one, "eve", b"{not json")
        classes.hand_in(one, "flo", b"").unlink()
        Run(one, NAME, driver="processes", workers=2)()
    here = postgres.rows(course.db_url)
    assert postgres.rows(url) == here
    again = Run(there, NAME)()
    assert (again.kept, again.written) == (5, 0)
    classes.nbgrader(there, "db", "upgrade")
    classes.nbgrader(there, "autograde", NAME, "--force", "--student", "ada")
    assert {k: v for k, v in postgres.rows(url).items() if k != "attempts"} == {
        k: v for k, v in here.items() if k != "attempts"
    }


def test_names_that_the_server_refuses_and_a_server_that_hangs_up(
    server: postgres.Server, course: Course
) -> None:
    url = server.database("other")
    with Book(url, "c") as book:
        book.book.add_assignment(NAME)
        book.book.db.remove()
    config = course.root / "nbgrader_config.py"
    config.write_text(
        config.read_text(encoding="utf-8") + f"c.CourseDirectory.db_url = {url!r}\n", encoding="utf-8"
    )
    classes.grader("release", "--course", str(course.root))
    there = Course.open(course.root)
    answers = classes.notebook(there, {"relu": classes.solutions()["relu"]})
    for student in ("ada", "b" * 140, "cleo"):
        classes.hand_in(there, student, answers)
    summary = Run(there, NAME, driver="serial")()
    (one,) = summary.quarantined
    assert summary.graded == 2 and one["student"] == "b" * 140 and "too long" in one["reason"]
    engine = sql.create_engine(url)
    with engine.begin() as db:
        assert db.execute(sql.text("select count(*) from student")).scalar() == 2
    engine.dispose()
    verdict = next(v for _, v in verdicts(there, NAME) if v)
    with Book(url, "c") as book:
        assert book.apply("dan", NAME, NAME, verdict, "0" * 64)
        with engine.begin() as db:  # the server hangs up
            db.execute(
                sql.text(
                    "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
                )
            )
        assert book.apply("emmy", NAME, NAME, verdict, "0" * 64)
    engine.dispose()
    with pytest.raises(CourseError, match="cannot be opened"):
        Book(url.replace(str(tempfile.gettempdir()), "/nowhere"), "c")
