"""What is said at the end of a grading: the sum, what differs from before, and why a run has to stop."""

from __future__ import annotations

import errno
from typing import Any

import pytest
import sqlalchemy as sql

from grader import __main__
from grader.course import Course
from grader.summary import Stopped, Summary, attempt, difference, stops
from tests.grader import classes


def verdict(status: str = "graded", **scores: float | None) -> dict[str, Any]:
    cells: list[dict[str, Any]] = [{"grade_id": n, "score": s, "seconds": id(s)} for n, s in scores.items()]
    return {"status": status, "cells": [*cells, {"grade_id": "answer", "source": "x"}], "seconds": 0.5}


def test_two_verdicts_differ_in_points_and_status_alone() -> None:
    assert difference(verdict(a=1.0, why=None), verdict(a=1.0, why=None) | {"seconds": 9.0}) == ""
    assert difference(verdict(a=1.0, b=0.5), verdict(a=0.0, b=0.5)) == "a 1, now 0"
    assert difference(verdict(a=1.0), verdict(a=1.0, b=2.0)) == "b nothing, now 2"
    assert difference(verdict(a=1.0), verdict("zero")) == "status graded, now zero; a 1, now nothing"


def test_what_the_gradebook_remembers_of_a_verdict_changes_with_its_points() -> None:
    key = "0" * 64
    assert attempt(key, verdict(a=1.0)) == attempt(key, verdict(a=1.0))
    others = {attempt(key, verdict(a=0.5)), attempt("1" * 64, verdict(a=1.0)), attempt(key, verdict("zero"))}
    assert len(others) == 3 and attempt(key, verdict(a=1.0)) not in others


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO])
def test_a_disk_that_takes_no_more_stops_the_run(number: int) -> None:
    with pytest.raises(Stopped, match=r"the journal cannot be written \(.+\)"), stops("the journal"):
        raise OSError(number, "as the system says it")
    with pytest.raises(PermissionError), stops("the journal"):
        raise PermissionError(errno.EACCES, "that is another matter")


@pytest.mark.parametrize("kind", ["OperationalError", "InternalError", "DatabaseError", "DataError"])
def test_a_database_that_fails_stops_the_run_and_a_row_that_does_not_fit_does_not(kind: str) -> None:
    error = getattr(sql.exc, kind)("insert", {}, Exception("database is locked\nmore"))
    expected = sql.exc.DataError if kind == "DataError" else Stopped
    with pytest.raises(expected, match="database is locked") as raised, stops("autograded/"):
        raise error
    if kind != "DataError":
        assert str(raised.value) == "the gradebook cannot be written (database is locked)"


def test_a_summary_names_what_differs() -> None:
    summary = Summary(
        "04", submitted=1, graded=1, differs=[{"student": "ada", "notebook": "04", "reason": "x"}]
    )
    assert summary.to_dict()["differs"] == summary.differs and summary.reconcile().startswith(
        "1 submitted = 1"
    )


def test_a_time_to_wait_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    for wait in ("-1", "inf", "nan"):
        assert classes.here("autograde", "04", f"--wait={wait}", "--course", "/nowhere") == 1
        assert "it should be a number of seconds" in capsys.readouterr().err


def test_a_gradebook_that_is_not_there_is_named_by_every_command(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    classes.honest(course, 1)
    at = ("04", "--course", str(course.root))
    assert classes.here("autograde", *at, "--driver", "serial") == 0
    path = course.root / "nbgrader_config.py"
    url = "postgresql+psycopg://teacher:secret@/class?host=/nowhere"
    path.write_text(
        path.read_text(encoding="utf-8") + f"c.CourseDirectory.db_url = {url!r}\n", encoding="utf-8"
    )
    capsys.readouterr()
    for command in ("release", "autograde", "feedback", "report", "export"):
        assert classes.here(command, *at) == 1, command
        said = capsys.readouterr().err
        assert "grader: the gradebook postgresql" in said and "cannot be opened" in said, command
        assert "secret" not in said, command


def test_a_gradebook_that_fails_in_the_middle_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(error: Exception) -> None:
        raise error

    for error, code in (
        (sql.exc.OperationalError("", {}, Exception("database is locked\nx")), 5),
        (OSError(), None),
    ):
        monkeypatch.setattr("grader.commands.doctor.run", lambda args, error=error: fail(error))
        monkeypatch.setattr("sys.argv", ["grader", "doctor"])
        if code is None:
            with pytest.raises(OSError):
                __main__.main()
        else:
            assert __main__.main() == code
            said = capsys.readouterr().err
            assert (
                said
                == "grader: the gradebook cannot be used (database is locked); mend that and run it again\n"
            )
