"""Full disks, locks, Ctrl-C, two graders at once, failed and flaky regrades: what was graded stays."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sql

from grader.course import Course
from tests.grader import classes, light, postgres
from tests.grader.conftest import copy
from tests.grader.lost import configure, entries, everything, on, wait_for
from tests.grader.warm import MOMENTS, Warm

pytestmark = pytest.mark.slow
COUNT = 24
GRADED, ZERO, QUARANTINED = light.odd(COUNT)
SUM = f"{COUNT} submitted = {GRADED} graded + {ZERO} zero with a reason + {QUARANTINED} quarantined"
DATABASES = pytest.mark.parametrize("database", ["sqlite", "postgresql"])
Make = Callable[[str, str], Course]


@pytest.fixture(scope="module")
def handed_in(light_course: Course, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A small class that has handed in. To be copied."""
    course = copy(light_course, tmp_path_factory.mktemp("handed_in") / "course")
    light.class_of(course, COUNT)
    return configure(course, classes.STANDIN)


@pytest.fixture(scope="module")
def right(handed_in: Course, warm: Warm, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What an undisturbed grading leaves."""
    course = copy(handed_in, tmp_path_factory.mktemp("right") / "course")
    autograde(warm, course)
    return everything(course)


@pytest.fixture
def make(handed_in: Course, server: postgres.Server, warm: Warm, tmp_path: Path) -> Make:
    """A class that has handed in, on SQLite or PostgreSQL."""
    return lambda database, name: on(database, copy(handed_in, tmp_path / name), server, warm, name)


def autograde(warm: Warm, course: Course, *words: str, code: int = 3) -> str:
    return warm.run("autograde", "01", "--driver", "serial", "--course", str(course.root), *words, code=code)


def complete(warm: Warm, course: Course, right: dict[str, Any]) -> None:
    """After the same command again all is as if nothing had happened."""
    assert SUM in autograde(warm, course)
    assert_same(course, right)
    assert len(entries(course)) == len(set(entries(course)))


def assert_same(course: Course, right: dict[str, Any]) -> None:
    found = everything(course)
    for what, wanted in right.items():
        assert found[what] == wanted, what


# -------------------------------------------------------------------------------------------------- full disk


# Who is not root cannot run a server inside of a mount that only a namespace of his sees.
@pytest.mark.parametrize("database", ["sqlite", *(["postgresql"] if os.geteuid() == 0 else [])])
def test_a_full_disk_stops_the_run_wherever_it_strikes(
    database: str, handed_in: Course, right: dict[str, Any]
) -> None:
    command = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"]), sys.executable]
    with tempfile.TemporaryDirectory(prefix="disk") as folder:
        command += ["-m", "tests.grader.small_disk", str(handed_in.root), f"{folder}/disk", database]
        env = classes.environment()
        done = subprocess.run(command, cwd=classes.ROOT, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    places = set()
    for one in found:
        if one["code"] == 3 and one["room"]:  # there was just room enough
            continue
        assert one["code"] == 5 and one["complaint"].startswith("grader: stopped: "), one
        assert "run it again" in one["complaint"] and "Traceback" not in one["complaint"], one
        assert 0 <= one["kept"] < COUNT and SUM in one["said after"] and one["same"] is True, one
        places.add(one["complaint"].split("stopped: ")[1].split(" cannot be written")[0])
    assert sum(one["code"] == 5 for one in found) >= 2 and "the gradebook" in places, found


# ------------------------------------------------------------------------------------------------------ locks


@contextmanager
def locked(course: Course) -> Iterator[None]:
    """Another program holds the gradebook: SQLite's one lock, or that of PostgreSQL's table of marks."""
    if course.db_url.startswith("sqlite"):
        other = sqlite3.connect(course.root / "gradebook.db", isolation_level=None)
        other.execute("begin immediate")
        yield
        other.rollback()
        other.close()
        return
    engine = sql.create_engine(course.db_url)
    with engine.begin() as db:
        db.execute(sql.text("lock table grade in exclusive mode"))
        yield
    engine.dispose()


@DATABASES
def test_a_locked_database_is_waited_for_then_named_then_gone_on_with(
    database: str, make: Make, warm: Warm, right: dict[str, Any]
) -> None:
    course = make(database, "locked")
    words = ("autograde", "01", "--driver", "serial", "--course", str(course.root), "--wait")
    with locked(course):
        run = warm.start(*words, "0.3")
        assert run.wait() == 5
        assert "stopped: the gradebook cannot be written (" in run.complaint and "lock" in run.complaint
        assert "run it again" in run.complaint and "Traceback" not in run.complaint
        kept = len(entries(course))
        assert kept <= 1  # no verdict that has nowhere to go is made after it
        run = warm.start(*words, "30")
        wait_for(lambda: len(entries(course)) > 0)
        assert run.alive
    assert run.wait() == 3 and SUM in run.said
    complete(warm, course, right)


# ------------------------------------------------------------------------------------------- two graders, Ctrl-C


@DATABASES
def test_of_two_graders_started_at_once_one_says_that_the_other_is_at_work(
    database: str, make: Make, warm: Warm, right: dict[str, Any]
) -> None:
    course = make(database, "two")
    words = ("autograde", "01", "--workers", "1", "--course", str(course.root))
    both = [warm.start(*words), warm.start(*words), warm.start(*words)]
    codes = [run.wait() for run in both]
    assert sorted(codes) == [3, 4, 4], codes
    for code, run in zip(codes, both, strict=True):
        assert SUM in run.said if code == 3 else "Another grading of" in run.complaint
    complete(warm, course, right)
    assert warm.orphans() == []


@DATABASES
@pytest.mark.parametrize("half", [0, 1])
def test_ctrl_c_at_any_moment_is_an_end_to_go_on_from(
    database: str, half: int, make: Make, warm: Warm, right: dict[str, Any]
) -> None:
    course = make(database, f"interrupted{half}")
    words = ("autograde", "01", "--course", str(course.root))
    for count, moment in enumerate(MOMENTS[half::2]):
        driver = ("--driver", "serial") if count else ("--workers", "1")
        run = warm.start(*words, *driver, die=(moment, 1 + count, False, signal.SIGINT))
        assert run.wait() == 130, f"{moment}: {run.said}{run.complaint}"
        assert "run it again to go on" in run.complaint and "Traceback" not in run.complaint, moment
    assert len(entries(course)) < COUNT - ZERO
    complete(warm, course, right)
    assert warm.orphans() == []


# ---------------------------------------------------------------------------------------------------- regrades


BROKEN = """
from tests.grader import standin

def open_sandbox(level):
    class Broken:
        def start(self, limits):
            raise OSError("the sandbox is out of order")
        def close(self):
            pass
    return Broken()
"""


@DATABASES
def test_a_regrade_that_fails_keeps_the_old_marks(
    database: str, make: Make, warm: Warm, right: dict[str, Any], tmp_path: Path
) -> None:
    course = make(database, "kept")
    autograde(warm, course)
    (course.root / "broken.py").write_text(BROKEN, encoding="utf-8")
    path = f"import sys\nsys.path.insert(0, {str(course.root)!r})\n"
    usual = (course.root / "nbgrader_config.py").read_text(encoding="utf-8")
    configure(course, path + 'c.SandboxedExecute.opener = "broken:open_sandbox"\n')
    said = json.loads(autograde(warm, course, "--regrade", "--json"))
    assert said["graded"] == 0 and len(said["quarantined"]) == COUNT - ZERO
    assert "out of order" in said["quarantined"][0]["reason"]
    assert_same(course, right)
    (course.root / "nbgrader_config.py").write_text(usual, encoding="utf-8")
    autograde(warm, course, "--regrade", "--level", "none", code=5)
    assert_same(course, right)
    for moment in MOMENTS:
        if "half a line" in moment or "committed" in moment:
            words = ("autograde", "01", "--driver", "serial", "--regrade", "--course", str(course.root))
            run = warm.start(*words, die=(moment, 3, False, signal.SIGKILL))
            assert run.wait() == -signal.SIGKILL, f"{moment}: {run.said}{run.complaint}"
            assert everything(course)["rows"] == right["rows"], moment
    assert SUM in autograde(warm, course, "--regrade")
    assert_same(course, right)


@DATABASES
def test_a_result_that_differs_from_an_earlier_one_is_reported_and_nowhere_mixed(
    database: str, make: Make, warm: Warm, right: dict[str, Any], tmp_path: Path
) -> None:
    """The answer looks at a file, as one that looks at the clock would: the same bytes, other points."""
    course, flag = make(database, "flaky"), tmp_path / "flag"
    body = f"def double(x):\n    import os\n    return 2 * x + os.path.exists({str(flag)!r})\n"
    light.hand_in(course, "s001", light.submission(course, light.RIGHT | {"double": body}))
    light.hand_in(course, "s002", light.submission(course, light.RIGHT | {"double": body}))
    autograde(warm, course)
    first = marks(course)
    assert first["s001"] == first["s002"] == 5.0
    flag.touch()
    assert "not the same" not in autograde(warm, course) and marks(course) == first  # it is not run again
    words = ("autograde", "01", "--driver", "serial", "--regrade", "--course", str(course.root))
    one = ("--student", "s001")
    run = warm.start(*words, *one, die=("gradebook: a row is about to be written", 1, False, signal.SIGKILL))
    assert run.wait() == -signal.SIGKILL
    assert marks(course) == first  # on record, and not yet in the gradebook
    autograde(warm, course)
    assert marks(course) == first | {"s001": 3.0, "s002": 3.0}  # what is on record, for both alike
    flag.unlink()
    said = autograde(warm, course, "--regrade")
    for student in ("s001", "s002"):
        assert f"not the same as before: {student}/01_light: test-double 0, now 2" in said
    assert said.count("not the same as before") == 2 and marks(course) == first
    assert "not the same as before" not in autograde(warm, course, "--regrade")


def marks(course: Course) -> dict[str, float]:
    found: dict[str, float] = {}
    for row in postgres.rows(course.db_url)["grade"]:
        student, given = row[0].strip("'"), row[10]
        found[student] = found.get(student, 0.0) + (0.0 if given == "None" else float(given))
    return found


TWICE = """
import os, signal
from grader import drivers
from tests.grader.standin import open_sandbox

judge = drivers.Judge.__call__

def twice(self, notebook, raw):
    verdict = judge(self, notebook, raw)
    with open({log!r}, "a") as log:
        print(verdict["submission"], file=log)
    if sum(1 for _ in open({log!r})) in (3, 7):
        os.kill(os.getpid(), signal.SIGKILL)
    return verdict

drivers.Judge.__call__ = twice
"""


@DATABASES
def test_a_submission_that_is_judged_twice_counts_once(
    database: str, make: Make, warm: Warm, right: dict[str, Any], tmp_path: Path
) -> None:
    """Twice a worker dies when it has judged and not yet told: its submission is judged again."""
    course, log = make(database, "twice"), tmp_path / "log"
    (course.root / "twice.py").write_text(TWICE.format(log=str(log)), encoding="utf-8")
    path = f"import sys\nsys.path.insert(0, {str(course.root)!r})\n"
    configure(course, path + 'c.SandboxedExecute.opener = "twice:open_sandbox"\n')
    said = warm.run("autograde", "01", "--workers", "2", "--course", str(course.root), code=3)
    judged = log.read_text(encoding="utf-8").split()
    assert SUM in said and len(judged) == len(set(judged)) + 2
    assert_same(course, right)
    assert len(entries(course)) == len(set(entries(course)))
