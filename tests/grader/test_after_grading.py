"""The real commands one after the other: collect, autograde, feedback, report, export; and nbgrader's own export."""

from __future__ import annotations

import csv
import json
import sqlite3
import zipfile
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from grader import __main__ as command
from grader.course import Course
from tests.grader import classes
from tests.grader.inert import faults

GIVEN = """
update grade set manual_score = 3, needs_manual_grade = 0 where cell_id in (select id from base_cell where name = ?)
and notebook_id in (select sn.id from submitted_notebook sn join submitted_assignment sa on sn.assignment_id = sa.id
where sa.student_id = '101')
"""
SAID = """
update comment set manual_comment = 'Well said <b>here</b>.' where cell_id in (select id from base_cell where name = ?)
and notebook_id in (select sn.id from submitted_notebook sn join submitted_assignment sa on sn.assignment_id = sa.id
where sa.student_id = '101')
"""


def table_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines(), strict=True))


@pytest.mark.slow
def test_from_a_download_to_pages_and_marks(course: Course, tmp_path: Path) -> None:
    right, wrong = classes.solutions(), classes.mistakes()
    download = tmp_path / "canvas.zip"
    files = {
        f"lovelaceada_101_1_{classes.NAME}.ipynb": right | {classes.BY_HAND: classes.WORDS},
        f"noetheremmy_LATE_102_2_{classes.NAME}.ipynb": right | wrong,
    }
    with zipfile.ZipFile(download, "w") as made:
        for name, answers in files.items():
            made.writestr(name, json.dumps(classes.notebook(course, answers)))
        made.writestr(f"mallory_103_3_{classes.NAME}.ipynb", b'{"cells": <script>')
        made.writestr("curie_104_4_answers.pdf", b"%PDF")
    at = ["--course", str(course.root)]
    rows = json.loads(classes.grader("collect", "04", str(download), *at, "--json", code=3).stdout)
    assert {r["student"]: r["what"] for r in rows} == {
        **dict.fromkeys(("101", "102", "103"), "taken"),
        "104": "not taken",
    }
    table = (course.state / "collected" / f"{classes.NAME}.csv").read_text(encoding="utf-8")
    assert [r["student"] for r in csv.DictReader(table.splitlines())] == ["101", "102", "103", "104"]

    graded = json.loads(classes.grader("autograde", "04", *at, "--driver", "serial", "--json", code=3).stdout)
    assert (graded["graded"], len(graded["quarantined"])) == (2, 2), "what could not be taken is not lost"
    with sqlite3.connect(course.root / "gradebook.db") as db:
        db.execute(GIVEN, [classes.BY_HAND])
        db.execute(SAID, [classes.BY_HAND])
    db.close()

    classes.grader("feedback", "04", *at)
    pages = {
        s: course.folder("feedback", classes.NAME, s) / f"{classes.NAME}.html"
        for s in ("101", "102", "103", "104")
    }
    said = {s: p.read_text(encoding="utf-8") for s, p in pages.items()}
    assert [faults(text) for text in said.values()] == [[]] * 4
    assert "32 of 33 points" in said["101"]
    assert "Well said &lt;b&gt;here&lt;/b&gt;." in said["101"]
    assert "This looks like: the slope at zero taken as 1" in said["102"]
    assert "BEGIN HIDDEN" not in "".join(said.values())
    for student in ("103", "104"):
        assert "A person has to look" in said[student]

    classes.grader("report", "04", *at)
    report = (course.root / "reports" / f"{classes.NAME}.html").read_text(encoding="utf-8")
    assert faults(report) == []
    assert len(BeautifulSoup(report, "html.parser").select("#misconceptions ~ div tbody tr")) >= 6

    classes.grader("export", *at, "--to", str(tmp_path / "ours.csv"))
    classes.nbgrader(course, "export", "--to", str(tmp_path / "theirs.csv"))
    ours, theirs = table_of(tmp_path / "ours.csv"), table_of(tmp_path / "theirs.csv")
    assert ours == theirs
    assert len(ours) == 4
    classes.grader("export", "04", *at, "--form", "canvas", "--to", str(tmp_path / "canvas.csv"))
    canvas = {r["ID"]: r[classes.NAME] for r in table_of(tmp_path / "canvas.csv")}
    assert canvas["101"] == "32.0"
    assert canvas["103"] == "", "a person has to look first"


@pytest.mark.parametrize(
    "words", [["feedback", "04"], ["report", "04"], ["collect", "04", "x.zip"], ["export"]]
)
def test_without_a_course_a_command_says_so(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    args = command.parser().parse_args([*words, "--course", str(tmp_path)])
    assert args.run(args) == 1
    assert "is no course" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["collect", "04", "nowhere.zip"], "neither a folder nor a zip"),
        (["collect", "04", ".", "--timezone", "Mars"], "no time zone 'Mars'"),
        (["collect", "04", ".", "--roster", "roster.csv"], "roster.csv needs two columns"),
        (["collect", "04", ".", "--times", "roster.csv"], "needs a column for the student"),
        (["collect", "99", "."], "no assignment '99'"),
        (["feedback", "04"], "nothing of 04_activations has been graded yet"),
        (["report", "04"], "nothing of 04_activations has been graded yet"),
        (["export", "99"], "no assignment '99'"),
    ],
)
def test_what_cannot_be_done_is_said(
    words: list[str],
    why: str,
    released: Course,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "roster.csv").write_text("name\nada\n", encoding="utf-8")
    args = command.parser().parse_args([*words, "--course", str(released.root)])
    assert args.run(args) == 1
    assert why in capsys.readouterr().err
