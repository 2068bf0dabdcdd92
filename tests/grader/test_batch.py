"""Grading a class: every driver gives the same, nothing is lost, and what one student does costs no other."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader.batch import Run, Stopped, Summary, verdicts
from grader.course import Course
from grader.drivers import TRIES, Processes
from grader.journal import Journal
from tests.grader import classes
from tests.grader.classes import NAME


def run(course: Course, **options: Any) -> Summary:
    return Run(course, NAME, **({"driver": "serial"} | options))()


def told(course: Course) -> dict[str, Any]:
    """Every verdict by student, without the times."""

    def timeless(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: timeless(v) for k, v in value.items() if k != "seconds"}
        return [timeless(v) for v in value] if isinstance(value, list) else value

    return {item.student: timeless(verdict) for item, verdict in verdicts(course, NAME)}


def shown(course: Course) -> dict[str, str]:
    found = sorted(course.root.glob(f"autograded/*/{NAME}/*"))
    return {str(p.relative_to(course.root)): p.read_text(encoding="utf-8") for p in found}


def crowd(course: Course) -> None:
    """Honest students, and some whose folders are not as they should be."""
    classes.honest(course)
    classes.hand_in(course, "eve", b"{not json")
    classes.hand_in(course, "flo", b"").unlink()
    os.symlink(
        course.folder("submitted", NAME, "ada") / f"{NAME}.ipynb",
        course.folder("submitted", NAME, "flo") / "x",
    )
    classes.hand_in(course, "gus", b"").unlink()
    os.mkfifo(course.folder("submitted", NAME, "gus") / f"{NAME}.ipynb")
    copy = course.folder("submitted", NAME, "bob") / f"{NAME}.ipynb"
    classes.hand_in(course, "hal", copy.read_bytes())


@pytest.fixture(scope="module")
def graded(released: Course, tmp_path_factory: pytest.TempPathFactory) -> tuple[Course, Summary]:
    """A class graded one after another: what every other way is held against."""
    from tests.grader.conftest import copy

    course = copy(released, tmp_path_factory.mktemp("graded") / "course")
    crowd(course)
    return course, run(course)


def test_every_submission_is_accounted_for(graded: tuple[Course, Summary]) -> None:
    course, summary = graded
    assert (summary.submitted, summary.graded, summary.written, summary.kept) == (8, 5, 8, 0)
    assert [(z["student"], z["reason"]) for z in summary.zero] == [
        ("flo", f"There is no notebook {NAME}.ipynb in what was handed in.")
    ]
    assert {q["student"] for q in summary.quarantined} == {"eve", "gus"}
    assert summary.reconcile() == "8 submitted = 5 graded + 1 zero with a reason + 2 quarantined"
    right = {"ada": 29.0, "cleo": 0.0, "eve": 0.0, "flo": 0.0, "gus": 0.0}
    assert {s: p for s, p in classes.scores(course).items() if s in right} == right
    assert classes.scores(course)["hal"] == classes.scores(course)["bob"] > classes.scores(course)["dan"] > 0
    assert len(shown(course)) == 9  # eight notebooks and ada's time
    assert all(told(course).values())


def test_a_sum_that_does_not_come_out_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="1 are missing"):
        Summary("a", submitted=3, graded=2).reconcile()


def test_processes_give_the_same_as_serial(
    graded: tuple[Course, Summary], copy_to: Callable[[str], Course]
) -> None:
    course = copy_to("parallel")
    crowd(course)
    seen: list[tuple[int, int]] = []
    summary = run(course, driver="processes", workers=2, progress=lambda *now: seen.append(now))
    assert told(course) == told(graded[0]) and shown(course) == shown(graded[0])
    assert classes.rows(course.root / "gradebook.db") == classes.rows(graded[0].root / "gradebook.db")
    assert summary.reconcile() == graded[1].reconcile() and seen == [(n, 8) for n in range(9)]


def test_a_second_run_changes_nothing(graded: tuple[Course, Summary]) -> None:
    course, first = graded
    rows, before = classes.rows(course.root / "gradebook.db"), course.journal_path(NAME).read_bytes()
    times = {p: p.stat().st_mtime_ns for p in course.root.glob("autograded/*/*/*")}
    second = run(course, driver="processes")
    assert second.kept == 6 and second.written == 0 and second.reconcile() == first.reconcile()
    assert classes.rows(course.root / "gradebook.db") == rows
    assert course.journal_path(NAME).read_bytes() == before
    assert {p: p.stat().st_mtime_ns for p in course.root.glob("autograded/*/*/*")} == times


def test_only_what_is_new_is_graded_and_regrading_is_asked_for(course: Course) -> None:
    right = classes.solutions()
    classes.hand_in(course, "ada", classes.notebook(course, {}))
    classes.hand_in(course, "bob", classes.notebook(course, {"relu": right["relu"]}))
    run(course)
    assert classes.scores(course) == {"ada": 0.0, "bob": 3.0}
    classes.hand_in(course, "ada", classes.notebook(course, {"sigmoid": right["sigmoid"]}))
    again = run(course)
    assert (again.kept, again.written) == (1, 1) and classes.scores(course) == {"ada": 3.0, "bob": 3.0}
    (course.root / "autograded" / "bob" / NAME / f"{NAME}.ipynb").unlink()
    regraded = run(course, regrade=True, students=["bob"])
    assert (regraded.submitted, regraded.kept, regraded.written) == (1, 0, 1)
    assert len(shown(course)) == 2
    (course.root / "autograded" / "bob" / NAME / f"{NAME}.ipynb").unlink()
    assert run(course).written == 0 and len(shown(course)) == 2  # what is gone from autograded/ is made again


def test_a_student_whose_name_the_gradebook_cannot_hold_costs_no_other(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    name = os.fsdecode(b"b\xffb")
    for student in ("ada", name, "cleo"):
        classes.hand_in(course, student, classes.notebook(course, {"relu": classes.solutions()["relu"]}))
    assert classes.here("autograde", "04", "--driver", "serial", "--course", str(course.root)) == 3
    said = capsys.readouterr().out
    assert "3 submitted = 2 graded + 0 zero with a reason + 1 quarantined" in said
    assert "quarantined: b?b/04_activations: Its marks could not be written" in said
    assert classes.scores(course) == {"ada": 3.0, "cleo": 3.0}


def test_a_damaged_line_of_the_journal_is_graded_again(course: Course) -> None:
    classes.honest(course)
    run(course)
    path = course.journal_path(NAME)
    data = bytearray(path.read_bytes())
    data[200] ^= 1
    path.write_bytes(bytes(data))
    again = run(course)
    assert (again.damaged, again.kept, again.graded, again.written) == (1, 3, 4, 0)


def test_without_a_sandbox_nothing_is_graded_and_nothing_written(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    classes.honest(course)
    for driver in ("serial", "processes"):
        with pytest.raises(Stopped, match="sandbox 'none' cannot be opened: there is no such level here"):
            run(course, driver=driver, level="none")
    assert classes.scores(course) == {} and shown(course) == {}
    words = ("--level", "none", "--driver", "serial", "--course", str(course.root))
    assert classes.here("autograde", "04", *words) == 5
    said = capsys.readouterr().err
    assert "stopped: the sandbox 'none'" in said and "0 of 4 are graded" in said


LETHAL = """
import os, signal
from tests.grader.forked import Forked

class Deadly(Forked):
    def start(self, limits):
        if os.path.exists({flag!r}):
            if {once}:
                os.unlink({flag!r})
            os.kill(os.getpid(), signal.SIGKILL)
        return super().start(limits)

def open_sandbox(level):
    return Deadly()
"""


@pytest.mark.parametrize("once", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_a_worker_that_is_killed_costs_no_submission(
    course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, once: bool
) -> None:
    flag = tmp_path / "flag"
    flag.touch()
    (tmp_path / "deadly.py").write_text(LETHAL.format(flag=str(flag), once=once))
    monkeypatch.syspath_prepend(str(tmp_path))
    course.opener = "deadly:open_sandbox"
    classes.hand_in(course, "ada", classes.notebook(course, {"relu": classes.solutions()["relu"]}))
    summary = run(course, driver="processes", workers=1)
    if once:
        assert summary.graded == 1 and classes.scores(course) == {"ada": 3.0}
        return
    (one,) = summary.quarantined
    assert f"ended {TRIES} times" in one["reason"] and len(Journal(course.journal_path(NAME))) == 0
    assert classes.scores(course) == {"ada": 0.0}
    flag.unlink()
    assert run(course, driver="processes", workers=1).graded == 1 and classes.scores(course) == {"ada": 3.0}


def test_a_worker_that_hangs_is_replaced(
    course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "slow.py").write_text(
        "import time\nfrom tests.grader.forked import Forked\n"
        "class Slow(Forked):\n    def start(self, limits):\n        time.sleep(600)\n"
        "def open_sandbox(level):\n    return Slow()\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    course.opener = "slow:open_sandbox"
    spec = Run(course, NAME)
    spec.masters = course.masters(NAME)
    raw = json.dumps(classes.notebook(course, {"relu": "relu = abs"})).encode()
    with Processes(spec._spec(), 1) as pool:
        pool.patience = 0.5
        ((token, outcome),) = pool.results([(7, NAME, raw)])
    assert token == 7 and outcome == f"the process that graded it ended {TRIES} times"


def start(course: Course, *words: str) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "grader",
        "autograde",
        "04",
        "--json",
        "--course",
        str(course.root),
        *words,
    ]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command,
        cwd=classes.ROOT,
        env=classes.environment(),
        stdout=pipe,
        stderr=pipe,
        text=True,
        start_new_session=True,
        # A shell starts its background jobs deaf to Ctrl-C, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def wait_for(done: Callable[[], bool], seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)


def lines(course: Course) -> int:
    path = course.journal_path(NAME)
    return path.read_bytes().count(b"\n") if path.exists() else 0


def class_of(course: Course, count: int) -> None:
    """Students whose notebooks differ, with known points: 3 for each of the answers they have."""
    right = classes.solutions()
    names = ["relu", "sigmoid", "scaled_tanh"]
    for number in range(count):
        answers = {n: right[n] + f"\n# {number}" for n in names[: number % 4]}
        classes.hand_in(
            course, f"s{number:03d}", classes.notebook(course, answers | {classes.BY_HAND: str(number)})
        )


def kill_and_rerun(
    course: Course, count: int, moments: list[float], reference: dict[str, Any], *words: str
) -> None:
    """Kill the run, each time after so long since it began to write, and at last let it end."""
    for moment in moments:
        process = start(course, *words)
        try:
            before = lines(course)
            wait_for(lambda before=before, p=process: lines(course) > before or p.poll() is not None)  # type: ignore[misc]
            time.sleep(moment)
        finally:
            process.send_signal(signal.SIGKILL)
            process.communicate()
    summary = run(course, driver="processes")
    assert summary.submitted == summary.graded == count
    assert classes.rows(course.root / "gradebook.db") == reference
    assert len(shown(course)) == count and not list(course.root.rglob("*.new"))
    assert all(told(course).values())


def test_a_run_interrupted_and_then_killed_is_continued(
    course: Course, copy_to: Callable[[str], Course]
) -> None:
    untouched = copy_to("untouched")
    for one in (course, untouched):
        class_of(one, 5)
    run(untouched)
    assert classes.scores(untouched) == {f"s{n:03d}": 3.0 * (n % 4) for n in range(5)}
    process = start(course, "--workers", "1")
    wait_for(lambda: lines(course) > 0 or process.poll() is not None)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to everything in the group
    _, complaint = process.communicate(timeout=60)
    assert process.returncode == 130 and "run it again to go on" in complaint and "Traceback" not in complaint
    kill_and_rerun(course, 5, [0.05], classes.rows(untouched.root / "gradebook.db"), "--workers", "1")


@pytest.mark.slow
def test_a_full_disk_stops_the_run_and_loses_nothing(course: Course) -> None:
    """The file system refuses to make the journal longer, as a full one does; then there is room again."""
    class_of(course, 5)
    limit = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000)); "
    code = limit + "sys.argv[0] = 'grader'; from grader.__main__ import main; sys.exit(main())"
    path = course.journal_path(NAME)
    path.parent.mkdir(parents=True)
    room = 400_000 - 20_000
    path.write_bytes((b"x" * 99 + b"\n") * (room // 100))
    command = [
        sys.executable,
        "-c",
        code,
        "autograde",
        "04",
        "--driver",
        "serial",
        "--course",
        str(course.root),
    ]
    done = subprocess.run(
        command, cwd=classes.ROOT, env=classes.environment(), capture_output=True, text=True
    )
    assert done.returncode == 5, done.stderr
    assert "stopped: the journal cannot be written (File too large)" in done.stderr
    kept = len(Journal(path))
    assert 0 < kept < 5
    after = run(course)
    assert (after.kept, after.graded, after.damaged) == (kept, 5, room // 100)
