"""Exported marks: they come back as they were, and no spreadsheet takes a cell for a formula."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from grader.canvas import read
from grader.export import (
    FORMATS,
    NEVER,
    WRITERS,
    Score,
    as_csv,
    canvas,
    defused,
    export,
    moodle,
    nbgrader,
    restored,
)
from grader.moodle import read as worksheet
from grader.pages import plain

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "'=1", "|calc", "%0A", "=HYPERLINK(1)"]
FORMULAS += ["＝1", "\u200b=1"]
ADA = Score(
    "ada", "04", 7.5, 10.0, 0.5, "2027-03-01 10:00:00", "2027-02-28 00:00:00", "Lovelace", "Ada", "a@x.org"
)


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text), strict=True))


@pytest.mark.parametrize("text", FORMULAS)
@pytest.mark.parametrize("form", FORMATS)
def test_no_cell_is_a_formula(text: str, form: str) -> None:
    score = Score(text, text, 1.0, 2.0, 0.0, text, text, text, text, text)
    for row in rows(WRITERS[form]([score])):
        for cell in row:
            assert cell == NEVER or not re.match(r"[\s\u200b]*[=+\-@|%＝]", cell), cell


@given(
    st.lists(st.lists(st.one_of(st.text(), st.sampled_from(FORMULAS)), min_size=2, max_size=4), max_size=5)
)
@example([["=1", 'a,b\n"c";=2']])
def test_text_comes_back_as_it_was(table: list[list[str]]) -> None:
    text = as_csv(table)
    assert [[restored(c) for c in row] for row in rows(text)] == [[plain(c) for c in row] for row in table]
    for row in rows(text):
        assert all(not c.startswith(("=", "+", "-", "@", "\t")) or c == NEVER for c in row)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_come_back_to_the_last_digit(number: float) -> None:
    assert float(rows(as_csv([[number]]))[0][0]) == number


def test_ordinary_names_stay_as_they_are() -> None:
    for name in ("O'Brien", "Zoë", "Smith-Jones", "ada@example.org", "'tis", "7", "李"):
        assert defused(name) == name


def test_nbgrader_s_columns() -> None:
    head, row = rows(nbgrader([ADA]))
    assert dict(zip(head, row, strict=True)) == {
        "assignment": "04",
        "duedate": "2027-02-28 00:00:00",
        "timestamp": "2027-03-01 10:00:00",
        "student_id": "ada",
        "last_name": "Lovelace",
        "first_name": "Ada",
        "email": "a@x.org",
        "raw_score": "7.5",
        "late_submission_penalty": "0.5",
        "score": "7.0",
        "max_score": "10.0",
    }


def test_canvas_has_its_five_columns_a_row_a_student_and_a_column_an_assignment() -> None:
    waits = Score("102", "05", 3.0, 8.0, waits=True)
    table = rows(canvas([ADA, Score("ada", "05", 7.125, 8.0, 0.0, "", "", "Lovelace", "Ada"), waits]))
    assert table == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "04", "05"],
        ["    Points Possible", "", "", "", "", "10.0", "8.0"],
        ["Lovelace, Ada", "", "", "ada", "", "7.0", "7.12"],
        ["102", "102", "", "", "", "", ""],
    ]


EXPORTED = (
    "\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,Activations (8812),04 (77),Homework (Current Score)\n"
    ",,,,,Manual Posting,,\n    Points Possible,,,,,10.0,10,(read only)\n"
    '"Lovelace, Ada",501,S-1,ada,"Backprop, Monday",,3,\n"Noether, Emmy",502,S-2,emmy,-1,,,\n'
)


def test_canvas_takes_ids_sections_and_titles_from_its_own_export(tmp_path: Path) -> None:
    """The titles are as Canvas matches them: a name, a space, the id in brackets at the end."""
    path = tmp_path / "gradebook.csv"
    path.write_text(EXPORTED, encoding="utf-8")
    like = read(path)
    scores = [
        Score("ada", "04_activations", 7.5, 10.0),
        Score("502", "04_activations", 8.0, 10.0),
        Score("zoe", "04_activations", 0.0, 10.0, absent=True),
    ]
    table = rows(canvas(scores, like))
    assert table[0][5] == "Activations (8812)" and re.fullmatch(r"(.*)\s\((\d+)\)", table[0][5])
    assert table[2:] == [
        ["Lovelace, Ada", "501", "S-1", "ada", "Backprop, Monday", "7.5"],
        ["Noether, Emmy", "502", "S-2", "emmy", "'-1", "8.0"],
    ]
    with pytest.raises(ValueError, match=r"no row for 1 students with marks: zoe\. .*SIS Login ID"):
        canvas([*scores[:2], Score("zoe", "04_activations", 1.0, 10.0)], like)
    assert rows(canvas(scores, like, {"04_activations": "Other (9)"}))[0][5] == "Other (9)"
    with pytest.raises(ValueError, match=r"no assignment named '05_losses'.*--column.*Activations \(8812\)"):
        canvas([Score("ada", "05_losses", 1.0, 2.0)], like)
    for text, why in (
        ("a,b\n1,2\n", "no gradebook of Canvas"),
        ("", "no gradebook"),
        ('"a', "cannot be read"),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ValueError, match=why):
            read(path)


def test_moodle_has_its_identifier_and_one_assignment() -> None:
    table = rows(moodle([Score("201", "04", 1.0, 2.0, 5.0)]))
    assert table[0] == ["Identifier", "Email address", "Grade", "Maximum Grade", "Last modified (grade)"]
    assert table[1] == ["Participant 201", "", "0.0", "2.0", "-"]
    with pytest.raises(ValueError, match="one at a time"):
        moodle([ADA, Score("ada", "05", 1.0, 2.0)])


SHEET = """\ufeffID,Vollständiger Name,E-Mail-Adresse,Status,Bewertung,Bestwertung,Zuletzt geändert (Bewertung),Feedback
Teilnehmer/in201,Ada Lovelace,ada@example.org,Abgegeben,,10,-,
Teilnehmer/in202,"Noether, Emmy",emmy@example.org,Abgegeben,"3,00",10,"Montag, 3. August 2026, 10:00",gut
Teilnehmer/in203,Alan Turing,alan@example.org,Keine Abgabe,,10,-,
"""


def test_moodles_own_worksheet_is_filled_in_in_its_own_language(tmp_path: Path) -> None:
    path = tmp_path / "worksheet.csv"
    path.write_text(SHEET, encoding="utf-8")
    with pytest.raises(ValueError, match=r"no column 'Grade'.*--column NN=HEADING.*Bewertung"):
        worksheet(path)
    like = worksheet(path, "Bewertung")
    marks = [
        Score("201", "04", 7.126, 10.0),
        Score("emmy@example.org", "04", 9.0, 10.0, waits=True),
        Score("203", "04", 0.0, 10.0, absent=True),
    ]
    table = rows(moodle(marks, like))
    was = list(csv.reader(io.StringIO(SHEET.lstrip("\ufeff"))))
    assert table[1] == [*was[1][:4], "7.13", *was[1][5:]]
    assert [table[0], *table[2:]] == [was[0], *was[2:]]  # whose marks wait keeps what Moodle has
    zero = rows(moodle([*marks[:2], replace(marks[2], absent=False)], like))
    assert zero[3][4] == "0.0"
    with pytest.raises(ValueError, match="no row for 1 students with marks: 999"):
        moodle([*marks, Score("999", "04", 1.0, 10.0)], like)
    told = SHEET.replace(",3. ", ",").replace(
        "-,\n", "-,201\n", 2
    )  # somebody wrote another's number as a text
    path.write_text(told, encoding="utf-8")
    assert [r[4] for r in rows(moodle(marks[:1], worksheet(path, "Bewertung")))[1:]] == ["7.13", "3,00", ""]
    path.write_text(SHEET + SHEET.splitlines()[1] + "\n", encoding="utf-8")
    with pytest.raises(ValueError, match="several rows for 201"):
        moodle(marks[:1], worksheet(path, "Bewertung"))
    path.write_text(SHEET + "cut off\n", encoding="utf-8")
    with pytest.raises(ValueError, match="not as long"):
        worksheet(path, "Bewertung")


def test_who_handed_in_nothing_gets_no_zero_in_canvas_unless_asked() -> None:
    absent = Score("102", "05", 0.0, 8.0, absent=True)
    assert rows(canvas([absent]))[2][-1] == ""
    assert rows(canvas([replace(absent, absent=False)]))[2][-1] == "0.0"
    assert rows(nbgrader([absent]))[1][-2] == "0.0"  # as nbgrader writes it


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "grades.csv"
    export([ADA], "nbgrader", path)
    before = path.read_text(encoding="utf-8")
    with pytest.raises(ValueError, match="no form 'excel'"):
        export([ADA], "excel", path)

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("grader.course.os.replace", full)
    with pytest.raises(OSError, match="No space"):
        export([ADA, ADA], "canvas", path)
    assert path.read_text(encoding="utf-8") == before
    assert list(tmp_path.iterdir()) == [path]
