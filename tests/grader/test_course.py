"""Course folders: made, read, released; what was handed in is found, and what is no file is not read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from grader import handed_in
from grader.course import Busy, Course, CourseError, write
from grader.nbgrader_config import AUTOGRADE
from grader.setup_course import make
from grader.submission import LARGEST
from tests.grader import classes
from tests.grader.classes import NAME


def test_init_makes_a_course_that_nbgrader_knows_as_its_own(released: Course) -> None:
    assert released.assignments() == [NAME] and released.course_id == released.root.name
    assert released.db_url == f"sqlite:///{released.root}/gradebook.db"
    assert released.config.Autograde.autograde_preprocessors == AUTOGRADE
    assert Path(released.config.Exchange.root) == released.root / "exchange"
    made = json.loads((released.folder("release", NAME) / f"{NAME}.ipynb").read_text(encoding="utf-8"))
    assert "BEGIN SOLUTION" not in str(made) and "HIDDEN TESTS" not in str(made)
    assert (released.root.stat().st_mode & 0o077) == 0, "other users of the machine can read students' work"


def test_release_says_what_it_made(released: Course) -> None:
    (made,) = json.loads((released.root / "release" / "said.json").read_text(encoding="utf-8"))
    (notebook,) = made["notebooks"]
    assert (made["assignment"], notebook["points"], notebook["tests"]) == (NAME, 33.0, 17)


def test_commands_say_what_is_wrong_and_what_to_do(
    course: Course, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert classes.here("release", "--course", str(tmp_path)) == 1
    said = capsys.readouterr().err
    assert "is no course" in said and "grader init" in said
    assert classes.here("autograde", "99", "--course", str(course.root)) == 1
    said = capsys.readouterr().err
    assert "no assignment '99'" in said and NAME in said
    assert classes.here("autograde", "04", "--student", "zoe", "--course", str(course.root)) == 1
    assert "nothing was handed in for 04_activations by: zoe" in capsys.readouterr().err
    assert classes.here("autograde", "04", "--workers", "-1", "--course", str(course.root)) == 1
    assert "--workers is -1" in capsys.readouterr().err


def test_init_refuses_what_would_do_harm(released: Course, tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="is a course already"):
        make(released.root)
    with pytest.raises(CourseError, match="within this repository"):
        make(classes.ROOT / "build" / "course")
    with pytest.raises(CourseError, match="has no assignment '99'"):
        make(tmp_path / "c", assignments=["99"])
    with pytest.raises(CourseError, match="is no folder"):
        make(tmp_path / "c", source=tmp_path / "none")
    assert not (tmp_path / "c").exists()


def test_help_comes_at_once_and_has_examples() -> None:
    """Nothing heavy is imported for it: that is what the time depends on, on any machine."""
    code = "import sys, grader.__main__ as m; m.parser(); print([x for x in sys.modules if x in %r])"
    heavy = ["numpy", "nbgrader", "sqlalchemy", "nbformat", "tqdm", "traitlets", "bplib"]
    done = subprocess.run(
        [sys.executable, "-c", code % heavy], cwd=classes.ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
    assert "examples:" in classes.grader("autograde", "--help").stdout


def test_what_was_handed_in_is_found_with_its_time(course: Course) -> None:
    for student in ("ada", "Ünï çodé", "bob"):
        classes.hand_in(course, student, b"{}")
    classes.hand_in(course, "cleo", b"{}", "2027-03-01 10:00:00 UTC\n")
    classes.hand_in(course, ".hidden", b"{}")
    (course.root / "submitted" / "stray.txt").write_text("")
    os.symlink("/etc/hostname", course.folder("submitted", NAME, "ada") / "timestamp.txt")
    course.excluded.add("bob")
    items = course.submitted(NAME)
    assert [i.student for i in items] == ["ada", "cleo", "Ünï çodé"]
    assert [i.timestamp for i in items] == [None, "2027-03-01 10:00:00 UTC", None]
    assert [i.student for i in course.submitted(NAME, ["cleo"])] == ["cleo"]


@pytest.mark.parametrize(
    ("said", "utc"),
    [
        ("2027-03-01 10:00:00 +0200", "2027-03-01 08:00:00"),
        ("2027-03-01 10:00:00.25 -03:30", "2027-03-01 13:30:00.250000"),
        ("2027-03-01T00:30:00+02:00", "2027-02-28 22:30:00"),
        ("2027-03-01 10:00:00 UTC", "2027-03-01 10:00:00"),
        ("2027-03-01 10:00:00 Europe/Berlin", "2027-03-01 09:00:00"),
        ("2027-03-01 10:00:00", "2027-03-01 10:00:00"),
    ],
)
def test_times_with_offsets_are_read_as_what_they_say(course: Course, said: str, utc: str) -> None:
    """nbgrader itself takes "+0200" for 200 seconds; what it is given here it cannot misread."""
    from nbgrader.utils import parse_utc

    classes.hand_in(course, "ada", b"{}", f"{said}\n")
    (item,) = course.submitted(NAME)
    assert str(parse_utc(item.timestamp)) == utc


def test_another_order_of_folders_is_followed(course: Course) -> None:
    course.structure = os.path.join("{assignment_id}", "{nbgrader_step}", "{student_id}")
    folder = course.root / NAME / "submitted" / "ada"
    folder.mkdir(parents=True)
    (course.root / NAME / "source").mkdir()
    (course.root / NAME / "source" / "n.ipynb").write_text("{}")
    (item,) = course.submitted(NAME)
    assert (item.student, item.notebook, item.path) == ("ada", "n", folder / "n.ipynb")


def test_assignments_are_kept_as_read_until_the_source_changes(course: Course) -> None:
    first = course.masters(NAME)[NAME]
    (kept,) = (course.state / "assignments" / NAME).iterdir()
    for spoilt in ("", "{}", kept.read_text(encoding="utf-8").replace('"answer"', '"given"')):
        kept.write_text(spoilt, encoding="utf-8")
        assert course.masters(NAME)[NAME] == first
    path = course.sources(NAME)[0]
    path.write_text(path.read_text(encoding="utf-8").replace("def relu(z)", "def relu(zz)"), encoding="utf-8")
    assert course.masters(NAME)[NAME].bundle.digest != first.bundle.digest


def test_two_gradings_of_a_course_do_not_meet(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    classes.hand_in(course, "ada", b"{}")
    with course.alone():
        with pytest.raises(Busy, match="at work"), Course.open(course.root).alone():
            pass
        assert classes.here("autograde", "04", "--course", str(course.root)) == 4
        assert "Another grading" in capsys.readouterr().err
    with course.alone():
        pass


def test_files_that_are_no_plain_notebooks_are_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hidden tests")
    os.symlink(secret, tmp_path / "link.ipynb")
    os.mkfifo(tmp_path / "pipe.ipynb")
    (tmp_path / "folder.ipynb").mkdir()
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "n.ipynb").write_text("{}")
    os.symlink(tmp_path / "real", tmp_path / "elsewhere")
    with open(tmp_path / "large.ipynb", "wb") as stream:
        stream.truncate(500 << 20)
    expected = {
        "link.ipynb": ("quarantined", "link to another file"),
        "pipe.ipynb": ("quarantined", "not a file but"),
        "folder.ipynb": ("quarantined", "not a file but"),
        "elsewhere/n.ipynb": ("quarantined", "link to another folder"),
        "large.ipynb": ("quarantined", "524,288,000 bytes"),
        "none.ipynb": ("zero", "no notebook none.ipynb"),
    }
    for name, (status, reason) in expected.items():
        with pytest.raises(handed_in.Refused, match=reason) as refused:
            handed_in.read(tmp_path / name)
        assert refused.value.status == status
    with open(tmp_path / "just.ipynb", "wb") as stream:
        stream.truncate(LARGEST)
    assert len(handed_in.read(tmp_path / "just.ipynb")) == LARGEST


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    write(tmp_path / "a", "old")
    with pytest.raises(UnicodeEncodeError):
        write(tmp_path / "a", "new \ud800")
    assert (tmp_path / "a").read_text() == "old" and [p.name for p in tmp_path.iterdir()] == ["a"]
