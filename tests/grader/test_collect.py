"""Collecting: whose each file is, and that nothing is lost on the way."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from grader import collect as collecting
from grader import platforms, received, times
from grader.collect import collect
from tests.grader.downloads import BOOK, NAME, archive, place, row, taken


@pytest.fixture
def submitted(tmp_path: Path) -> Path:
    folder = tmp_path / "submitted"
    folder.mkdir()
    return folder


# --------------------------------------------------------------------------------------------------- platforms


def test_a_canvas_download(tmp_path: Path, submitted: Path) -> None:
    source = archive(
        tmp_path / "canvas.zip",
        {
            f"lovelaceada_101_9001_{NAME}.ipynb": b"ada",
            f"noetheremmy_LATE_102_9002_{NAME}-1.ipynb": b"emmy 1",
            f"noetheremmy_LATE_102_9002_{NAME}-2.ipynb": b"emmy 2",
            f"hopper_103_9003_x_104_9004_{NAME}.ipynb": b"grace, who would like to be 104",
            "turingalan_105_9005_homework.ipynb": b"alan",
            "curiemarie_106_9006_answers.py": b"print(1)",
            "readme.txt": b"from nobody",
        },
    )
    rows = collect(source, place(submitted), NAME)
    assert taken(submitted) | {"106": b""} == {
        "101": b"ada",
        "102": b"emmy 2",
        "103": b"grace, who would like to be 104",
        "105": b"alan",
        "106": b"",
    }
    assert b"There is no notebook" in taken(submitted)["106"]
    emmy = row(rows, "102", "taken")
    assert emmy.late
    assert "give --times" in emmy.note
    assert row(rows, "102", "not taken").file.endswith("-1.ipynb")
    assert "was named 'x_104_9004" in row(rows, "103").note
    assert "was named 'homework.ipynb'" in row(rows, "105").note
    assert [r.file for r in rows if not r.student] == ["readme.txt"]


def test_a_moodle_download_with_its_times(tmp_path: Path, submitted: Path) -> None:
    source = archive(
        tmp_path / "moodle.zip",
        {
            f"Ada Lovelace_201_assignsubmission_file_/{NAME}.ipynb": b"ada",
            f"Emmy Noether_202_assignsubmission_file_{NAME}.ipynb": b"emmy",
            f"Eve_203_assignsubmission_file_Bob_204_assignsubmission_file_{NAME}.ipynb": b"eve",
            "Bob_204_assignsubmission_onlinetext_/onlinetext.html": b"<p>see attachment</p>",
            "Ada Lovelace_201_assignsubmission_file_/timestamp.txt": b"1970-01-01 00:00:00 UTC",
        },
    )
    sheet = tmp_path / "grades.csv"
    sheet.write_text(
        "\ufeffIdentifier,Full name,Last modified (submission)\n"
        'Participant 201,Ada,"Monday, 1 March 2027, 10:05 AM"\nParticipant 202,Emmy,-\n',
        encoding="utf-8",
    )
    when = times.read(sheet, ZoneInfo("Europe/Berlin"))
    rows = collect(source, place(submitted), NAME, times=when)
    assert taken(submitted)["201"] == b"ada"
    assert taken(submitted)["202"] == b"emmy"
    assert [r.file for r in rows if not r.student] == [
        f"Eve_203_assignsubmission_file_Bob_204_assignsubmission_file_{NAME}.ipynb"
    ], "whose this is, a person has to say"
    assert b"There is no notebook" in taken(submitted)["204"]
    assert (submitted / "201" / NAME / "timestamp.txt").read_text() == "2027-03-01 09:05:00 UTC"
    assert row(rows, "201").time == "2027-03-01 09:05:00 UTC"
    assert not (submitted / "202" / NAME / "timestamp.txt").exists()


def test_repositories_of_github_classroom(tmp_path: Path, submitted: Path) -> None:
    for user in ("ada", "emmy-n", "empty"):
        (tmp_path / f"clones/04-activations-{user}/.git").mkdir(parents=True)
    (tmp_path / f"clones/04-activations-ada/{NAME}.ipynb").write_bytes(b"ada")
    (tmp_path / "clones/04-activations-ada/timestamp.txt").write_bytes(b"1970-01-01 00:00:00 UTC")
    deep = tmp_path / "clones/04-activations-emmy-n/work"
    deep.mkdir()
    (deep / f"{NAME}.ipynb").write_bytes(b"emmy")
    table = tmp_path / "times.csv"
    table.write_text("github_username,submission_timestamp\nada,2027-03-01 10:00:00 UTC\n", encoding="utf-8")
    rows = collect(tmp_path / "clones", place(submitted), NAME, times=times.read(table))
    found = taken(submitted)
    assert (found["ada"], found["emmy-n"]) == (b"ada", b"emmy")
    assert b"The folder is empty" in found["empty"] or b"There is no notebook" in found["empty"]
    assert {r.student for r in rows} == {"ada", "emmy-n", "empty"}
    assert (submitted / "ada" / NAME / "timestamp.txt").read_text() == "2027-03-01 10:00:00 UTC"


def test_a_prefix_is_asked_for_where_it_cannot_be_seen(tmp_path: Path, submitted: Path) -> None:
    (tmp_path / "clones/ada").mkdir(parents=True)
    (tmp_path / f"clones/ada/{NAME}.ipynb").write_bytes(BOOK)
    with pytest.raises(received.Unusable, match="--prefix"):
        collect(tmp_path / "clones", place(submitted), NAME, platform="github")
    collect(tmp_path / "clones", place(submitted), NAME, platform="github", prefix="a")
    assert set(taken(submitted)) == {"da"}


def test_a_folder_of_students(tmp_path: Path, submitted: Path) -> None:
    source = tmp_path / "in"
    for path in (f"ada/{NAME}.ipynb", f"emmy/{NAME}/{NAME}.ipynb", f"{NAME}_alan.ipynb", "Zoe\u0308.ipynb"):
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        (source / path).write_bytes(path.encode())
    collect(source, place(submitted), NAME)
    assert set(taken(submitted)) == {"ada", "emmy", "alan", "Zo\u00eb"}


def test_a_roster_names_students_and_two_people_with_one_id_are_not_mixed(
    tmp_path: Path, submitted: Path
) -> None:
    source = archive(
        tmp_path / "canvas.zip",
        {
            f"ada_101_1_{NAME}.ipynb": b"ada",
            f"bob_102_2_{NAME}.ipynb": b"bob",
            f"eve_102_3_{NAME}.ipynb": b"eve",
        },
    )
    rows = collect(source, place(submitted), NAME, roster={"101": "lovelace"})
    assert taken(submitted) == {"lovelace": b"ada"}
    assert [r.what for r in rows if r.student == "102"] == ["not taken"] * 2
    assert "Several people" in row(rows, "102").note


# ------------------------------------------------------------------------------------------------------ again


def test_collecting_again_replaces_what_changed_and_keeps_what_is_better(
    tmp_path: Path, submitted: Path
) -> None:
    source = tmp_path / "in"
    for student in ("ada", "emmy", "late"):
        (source / student).mkdir(parents=True)
        (source / student / f"{NAME}.ipynb").write_bytes(BOOK)
    when = {"late": datetime(2027, 3, 1, tzinfo=UTC)}
    assert {r.what for r in collect(source, place(submitted), NAME, times=when)} == {"taken"}
    (source / "ada" / f"{NAME}.ipynb").write_bytes(b"new")
    (source / "emmy" / f"{NAME}.ipynb").unlink()
    (source / "late" / f"{NAME}.ipynb").write_bytes(b"newer")
    rows = {r.student: r for r in collect(source, place(submitted), NAME)}
    assert {s: r.what for s, r in rows.items()} == {
        "ada": "replaced",
        "emmy": "not taken",
        "late": "replaced",
    }
    assert "earlier stays" in rows["emmy"].note
    assert taken(submitted) == {"ada": b"new", "emmy": BOOK, "late": b"newer"}
    assert not (submitted / "late" / NAME / "timestamp.txt").exists(), "the time of the earlier hand-in"
    (source / "emmy" / f"{NAME}.ipynb").write_bytes(BOOK)
    assert {r.what for r in collect(source, place(submitted), NAME)} == {"unchanged"}


def test_a_link_in_submitted_is_not_written_through(tmp_path: Path, submitted: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (submitted / "ada").symlink_to(outside)
    (submitted / "emmy" / NAME).mkdir(parents=True)
    (submitted / "emmy" / NAME / f"{NAME}.ipynb").symlink_to(outside / "target")
    source = archive(tmp_path / "in.zip", {f"{s}/{NAME}.ipynb": BOOK for s in ("ada", "emmy")})
    rows = {r.student: r for r in collect(source, place(submitted), NAME)}
    assert rows["ada"].what == "not taken"
    assert rows["emmy"].what == "replaced"
    assert list(outside.iterdir()) == []
    assert (submitted / "emmy" / NAME / f"{NAME}.ipynb").read_bytes() == BOOK


@pytest.mark.parametrize("student", ["..", ".hidden", "a/b", "", "-rf", "x" * 200, "a\nb", "con:aux", "ada."])
def test_what_cannot_be_a_student(student: str) -> None:
    assert not collecting.STUDENT.fullmatch(student)


@pytest.mark.parametrize(
    "student", ["ada", "ada-lovelace", "a.b@example.org", "Zoë", "李雷", "7", "Ada Lovelace"]
)
def test_what_can_be_a_student(student: str) -> None:
    assert collecting.STUDENT.fullmatch(student)


def test_the_platform_is_seen_from_names(tmp_path: Path) -> None:
    def guess(*names: str) -> str:
        return platforms.guess(
            received.entries(archive(tmp_path / "z.zip", dict.fromkeys(names, b""))), tmp_path
        )

    assert guess("a_1_assignsubmission_file_/x.ipynb") == "moodle"
    assert guess("lovelaceada_1_2_x.ipynb", "noether_LATE_3_4_y.ipynb") == "canvas"
    assert guess("ada/x.ipynb", "emmy/x.ipynb") == "folder"
