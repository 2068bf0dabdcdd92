"""The gradebook's only writer: people's marks stay, attempts replace each other whole, and nbgrader agrees."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sql

from grader.course import Course, CourseError
from grader.gradebook import Book, Rejected
from grader.handed_in import without_running
from grader.rows import api
from tests.grader import classes
from tests.grader.classes import BY_HAND, NAME
from tests.grader.test_autograded import verdict

KEYS = [hashlib.sha256(str(n).encode()).hexdigest() for n in range(9)]


@pytest.fixture
def book(course: Course) -> Any:
    with Book(course.db_url, course.course_id, course.config) as book:
        yield book


@pytest.fixture
def judged(course: Course) -> dict[str, Any]:
    return verdict(course.masters(NAME)[NAME])


def apply(book: Book, judged: dict[str, Any], key: int = 0, student: str = "ada", **more: Any) -> bool:
    return book.apply(student, NAME, NAME, judged, KEYS[key], **more)


def grade(course: Course, name: str, student: str = "ada") -> tuple[Any, Any, Any, Any]:
    """(auto_score, manual_score, extra_credit, needs_manual_grade)"""
    found = [
        r for r in classes.rows(course.root / "gradebook.db")["grade"] if (r[0], r[8]) == (student, name)
    ]
    assert len(found) == 1
    return found[0][10], found[0][11], found[0][12], bool(found[0][13])


def comments(course: Course) -> dict[str, tuple[Any, Any]]:
    return {r[8]: (r[10], r[11]) for r in classes.rows(course.root / "gradebook.db")["comment"]}


def less(judged: dict[str, Any], score: float) -> dict[str, Any]:
    return judged | {"cells": [c | {"score": score} if c["kind"] == "test" else c for c in judged["cells"]]}


def test_a_verdict_is_written_once(course: Course, book: Book, judged: dict[str, Any]) -> None:
    assert apply(book, judged) and not apply(book, judged)
    assert apply(book, judged, again=True)
    rows = classes.rows(course.root / "gradebook.db")
    assert rows["number of submitted_assignment"] == [(1,)] and rows["number of grade"] == [(18,)]
    assert book.attempts(NAME) == {("ada", NAME): (KEYS[0], "graded", "")}
    assert classes.scores(course) == {"ada": 29.0}


def test_a_new_attempt_replaces_all_marks_of_the_old_one(course: Course, book: Book, judged: Any) -> None:
    apply(book, judged)
    assert apply(book, less(judged, 0.0), key=1)
    assert classes.scores(course) == {"ada": 0.0}
    assert apply(book, judged, key=0)
    assert classes.scores(course) == {"ada": 29.0} and book.attempts(NAME)["ada", NAME][0] == KEYS[0]


def test_what_people_gave_survives_every_regrade(course: Course, book: Book, judged: Any) -> None:
    apply(book, judged)
    gb = book.book
    given = gb.find_grade("test-relu-value", NAME, NAME, "ada")
    given.manual_score, given.extra_credit, given.needs_manual_grade = 0.5, 2.0, False
    by_hand = gb.find_grade(BY_HAND, NAME, NAME, "ada")
    by_hand.manual_score, by_hand.needs_manual_grade = 3.0, False
    gb.find_comment("relu", NAME, NAME, "ada").manual_comment = "Well seen."
    gb.find_submission(NAME, "ada").notebooks[0].flagged = True
    gb.db.commit()
    gb.db.remove()
    assert not apply(book, judged)  # the same attempt: nothing is touched, no mark to be looked at again
    assert grade(course, "test-relu-value") == (1.0, 0.5, 2.0, False)
    assert apply(book, less(judged, 0.0), key=1)
    assert grade(course, "test-relu-value") == (
        0.0,
        0.5,
        2.0,
        True,
    )  # a person should look: as nbgrader does it
    assert grade(course, BY_HAND) == (None, 3.0, None, True)
    assert apply(book, without_running(course.masters(NAME)[NAME].bundle, "zero", "Nothing."), key=2)
    assert grade(course, BY_HAND) == (0.0, 3.0, None, True)
    assert comments(course)["relu"] == ("Nothing.", "Well seen.")
    assert classes.rows(course.root / "gradebook.db")["grade"][0][6] == 1


def test_zero_and_quarantined(course: Course, book: Book, judged: dict[str, Any]) -> None:
    bundle = course.masters(NAME)[NAME].bundle
    apply(book, without_running(bundle, "zero", "There is no notebook."), student="eve")
    apply(book, judged, student="flo")
    apply(book, without_running(bundle, "quarantined", "It is no notebook."), key=1, student="flo")
    for name in ("test-relu-value", BY_HAND):
        assert grade(course, name, "eve") == (0.0, None, None, False)
        assert grade(course, name, "flo") == (None, None, None, True)
    said = {(r[0], r[10]) for r in classes.rows(course.root / "gradebook.db")["comment"]}
    assert said == {("eve", "There is no notebook."), ("flo", "It is no notebook.")}
    assert book.attempts(NAME)["flo", NAME] == (KEYS[1], "quarantined", "It is no notebook.")
    apply(book, judged, key=2, student="flo")
    assert grade(course, "test-relu-value", "flo") == (1.0, None, None, False)
    assert {r[10] for r in classes.rows(course.root / "gradebook.db")["comment"] if r[0] == "flo"} == {None}


def test_who_has_no_verdict_yet_waits_for_a_person_and_keeps_older_marks(
    course: Course, book: Book, judged: dict[str, Any]
) -> None:
    apply(book, judged)
    book.expect("ada", NAME)
    book.expect("gus", NAME)
    assert classes.scores(course) == {"ada": 29.0, "gus": 0.0}
    assert grade(course, "test-relu-value", "gus") == (None, None, None, True)
    assert apply(book, judged, student="gus")
    assert classes.scores(course)["gus"] == 29.0


@pytest.mark.parametrize("method", ["none", "zero"])
def test_lateness_is_that_of_nbgraders_own_step(course: Course, judged: dict[str, Any], method: str) -> None:
    import datetime

    from nbgrader.preprocessors import AssignLatePenalties

    course.config.LateSubmissionPlugin.penalty_method = method
    with Book(course.db_url, course.course_id, course.config) as book:
        book.book.find_assignment(NAME).duedate = datetime.datetime(2027, 3, 1)
        book.book.db.commit()
        book.book.db.remove()
        apply(book, judged, timestamp="2027-03-01T00:30:00+01:00", student="early")
        apply(book, judged, timestamp="2027-03-02 00:00:00 UTC", student="late")
        apply(book, judged, student="none")
        ours = penalties(course)
        penalty = 29.0 if method == "zero" else None
        assert ours == {"early": None, "late": penalty, "none": None}
        found = {"notebook": NAME, "assignment": NAME, "db_url": course.db_url}
        for student in ours:
            step = AssignLatePenalties(config=course.config)
            step.preprocess(api_notebook(), {"nbgrader": found | {"student": student}})
        assert penalties(course) == ours
        book.book.grant_extension(NAME, "late", days=3)
        book.book.db.remove()
        assert not apply(book, judged, student="late")
        assert penalties(course)["late"] is None


def api_notebook() -> Any:
    import nbformat

    return nbformat.v4.new_notebook()


def penalties(course: Course) -> dict[str, Any]:
    return {r[0]: r[7] for r in classes.rows(course.root / "gradebook.db")["grade"]}


def test_the_time_of_the_last_submission_is_kept(course: Course, book: Book, judged: dict[str, Any]) -> None:
    apply(book, judged, timestamp="2027-03-01 10:00:00.5 UTC")
    apply(book, judged)
    assert classes.rows(course.root / "gradebook.db")["grade"][0][2].startswith("2027-03-01 10:00:00.5")
    apply(book, judged, timestamp="2027-03-04T12:00:00+02:00")
    assert classes.rows(course.root / "gradebook.db")["grade"][0][2].startswith("2027-03-04 10:00:00")
    with pytest.raises(Rejected, match="not a date"):
        apply(book, judged, timestamp="yesterday, honestly")


def test_a_source_changed_after_the_release_is_refused(course: Course, book: Book) -> None:
    bundle = course.masters(NAME)[NAME].bundle
    book.check(NAME, {NAME: bundle})
    path = course.sources(NAME)[0]
    path.write_text(
        path.read_text(encoding="utf-8").replace('"points": 2', '"points": 3', 1), encoding="utf-8"
    )
    with pytest.raises(CourseError, match="release it again"):
        book.check(NAME, {NAME: course.masters(NAME)[NAME].bundle})
    with pytest.raises(CourseError, match="grader release 99"):
        book.plan("99")


def test_a_locked_database_is_waited_for_and_then_named(course: Course, judged: dict[str, Any]) -> None:
    path = course.root / "gradebook.db"
    with Book(course.db_url, course.course_id, busy=0.2) as book:
        book.plan(NAME)
        other = sqlite3.connect(path, check_same_thread=False)
        other.execute("begin immediate")
        with pytest.raises(sql.exc.OperationalError, match="locked"):
            apply(book, judged)
        other.rollback()
        assert apply(book, judged)
        other.close()
    with Book(course.db_url, course.course_id, busy=20) as book:
        book.plan(NAME)
        other = sqlite3.connect(path, check_same_thread=False)
        other.execute("begin immediate")
        waiter = threading.Timer(0.3, other.rollback)
        began = time.monotonic()
        waiter.start()
        assert apply(book, judged, student="bob") and time.monotonic() - began > 0.2
        waiter.join()
        other.close()


def test_rows_that_another_program_makes_meanwhile_are_used(course: Course, book: Book, judged: Any) -> None:
    """Both find nothing, both insert; the second meets the first one's rows and takes them."""
    plan = book.plan(NAME)
    first = book._create

    def slower(db: Any, plan: Any, student: str) -> None:
        with Book(course.db_url, course.course_id) as other:
            book._create = first  # type: ignore[method-assign]
            other.expect(student, NAME)
        first(db, plan, student)

    book._create = slower  # type: ignore[method-assign]
    assert apply(book, judged) and plan
    rows = classes.rows(course.root / "gradebook.db")
    assert rows["number of submitted_assignment"] == [(1,)] and classes.scores(course) == {"ada": 29.0}


def test_nbgraders_own_database_commands_accept_it(
    course: Course, book: Book, judged: dict[str, Any]
) -> None:
    apply(book, judged)
    student = book.book.find_student("ada")
    assert student.score == 29.0 and student.max_score == 33.0
    book.book.db.remove()
    book.book.remove_submission(NAME, "ada")
    book.book.db.remove()
    assert book.attempts(NAME) == {} and apply(book, judged)
    assert isinstance(book.book.find_submission(NAME, "ada"), api.SubmittedAssignment)


def test_a_gradebook_that_cannot_be_opened_is_named_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"gradebook sqlite:.*cannot be opened"):
        Book(f"sqlite:///{tmp_path}/none/gradebook.db", "c")
    from grader.gradebook import shown

    assert shown("postgresql+psycopg://teacher:secret@host/db") == "postgresql+psycopg://teacher:***@host/db"
