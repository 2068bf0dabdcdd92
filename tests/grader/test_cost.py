"""What grading costs, counted and not timed: requests, bytes, statements, imports. A machine's load changes none."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sql

from bplib.check.student import StudentError, call, call_each, get
from grader import wire
from grader.bundle import Bundle
from grader.course import Course
from grader.grade import grade
from grader.gradebook import Book
from grader.limits import Limits
from grader.remote import RemoteMethod, Session
from grader.sandbox.channel import YOUNG, _lock, remove_left_over
from tests.grader import classes
from tests.grader.forked import Forked

MOST = {  # what is sent to the student's side (requests, and results that its callbacks ask for), and bytes both ways
    "01": (200, 95_000),  # a tenth more than it takes
    "02": (990, 300_000),
    "03": (2340, 1_160_000),
    "04": (500, 190_000),
    "05": (390, 140_000),
    "06": (770, 220_000),
}


@pytest.mark.parametrize("number", MOST)
def test_an_assignment_takes_few_requests(number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (path,) = (classes.ROOT / "solutions").glob(f"{number}_*/*.ipynb")
    count, size = 0, 0
    send, receive = wire.send, wire.receive

    def counted(sock: Any, frame: bytes, *rest: Any) -> None:
        nonlocal count, size
        count, size = count + 1, size + len(frame)
        send(sock, frame, *rest)

    def weighed(*rest: Any) -> Any:
        nonlocal size
        parts = receive(*rest)
        size += len(parts[0]) + len(parts[1])
        return parts

    monkeypatch.setattr(wire, "send", counted)
    monkeypatch.setattr(wire, "receive", weighed)
    verdict = grade(path.read_bytes(), Bundle.read(path), Limits(), Forked())
    assert all(c["score"] == c["points"] for c in verdict["cells"] if c["kind"] == "test")
    assert count <= MOST[number][0] and size <= MOST[number][1], (count, size)


@pytest.fixture
def session() -> Iterator[Session]:
    channel = Forked().start(Limits())
    yield Session(channel, Limits())
    channel.kill()
    channel.close()


CODE = """
class Box:
    made = 0
    def __init__(self):
        self.log = []
    def put(self, x):
        if x < 0:
            raise ValueError("below zero")
        self.log.append(x)
        return 2 * x
    def swap(self):
        self.put = lambda x: -x
    def drop(self):
        self.put = 5
box = Box()
def slow(x):
    while x: pass
    return x
"""


def test_several_calls_in_one_request_are_as_one_after_another(session: Session) -> None:
    assert session.run(CODE, "cell")[0] is None
    box = session.bring(["box"])["box"]
    before = session.messages
    assert list(call_each(get(box, "put"), [(1,), (2.5,), (3,)], name="put")) == [2, 5.0, 6]
    assert session.messages - before == 2
    seen = []
    with pytest.raises(StudentError, match="put stopped with\n    ValueError: below zero") as remote:
        for value in call_each(get(box, "put"), [(4,), (-1,), (5,)], name="put"):
            seen.append(value)
    assert seen == [8] and get(box, "log") == [1, 2.5, 3, 4]
    scope: dict[str, Any] = {}
    exec(CODE, scope)
    with pytest.raises(StudentError) as here:
        list(call_each(scope["box"].put, [(4,), (-1,), (5,)], name="put"))
    assert here.value == remote.value and scope["box"].log == [4]
    assert list(call_each(get(box, "put"), [], name="put")) == []
    with pytest.raises(StudentError, match="should be something to call"):
        list(call_each(get(box, "log"), [(1,)], name="log"))


def test_several_calls_share_no_limit_and_the_first_that_hangs_ends_them(session: Session) -> None:
    session.run(CODE, "cell")
    began = time.monotonic()
    limited = Limits(call_seconds=0.3)
    session.limits = limited
    with pytest.raises(StudentError, match=r"slow was stopped after 0\.3 seconds") as error:
        list(call_each(session.look("slow"), [(0,), (1,), (1,), (1,)], name="slow"))
    assert error.value.kind == "time" and time.monotonic() - began < 2 and session.gone is None


def test_a_method_is_looked_up_where_it_is_called(session: Session) -> None:
    """The second time without asking first; what the student's code has put in its place meanwhile is what counts."""
    session.run(CODE, "cell")
    box = session.look("box")
    assert call(get(box, "put"), 1) == 2
    before = session.messages
    again = get(box, "put")
    assert isinstance(again, RemoteMethod) and session.messages == before
    assert call(again, 3) == 6 and session.messages == before + 1
    call(get(box, "swap"))
    assert call(get(box, "put"), 3) == -3
    call(get(box, "drop"))
    with pytest.raises(StudentError, match="put should be something to call; it is the number 5"):
        call(get(box, "put"), 3)
    assert get(box, "made") == 0 and get(box, "log") == [1, 3]


def test_a_submission_takes_few_statements(course: Course) -> None:
    path = classes.SOURCE
    verdict = grade(path.read_bytes(), Bundle.read(path), Limits(), Forked())
    said: list[str] = []
    with Book(course.db_url, course.course_id) as book:
        book.plan(classes.NAME)
        sql.event.listen(
            book.engine, "before_cursor_execute", lambda c, cursor, text, *rest: said.append(text)
        )
        assert book.apply("ada", classes.NAME, classes.NAME, verdict, "a" * 64)
        assert len(said) <= 15, "\n".join(said)
        said.clear()
        assert not book.apply("ada", classes.NAME, classes.NAME, verdict, "a" * 64)
        assert len(said) <= 4, "\n".join(said)


COMMANDS = sorted(p.stem for p in Path(classes.ROOT, "grader", "commands").glob("[a-z]*.py"))
HEAVY = (
    "numpy",
    "nbgrader",
    "sqlalchemy",
    "nbformat",
    "traitlets",
    "matplotlib",
    "bplib.check",
    "distributed",
)


def test_declaring_the_commands_imports_nothing_heavy() -> None:
    code = f"import sys; from grader.__main__ import parser; parser(); print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=classes.ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]" and {"autograde", "feedback", "report"} <= set(COMMANDS)


def test_the_command_starts_in_the_time_of_a_few_imports_of_numpy() -> None:
    """The processor's time of each, the better of two runs: what else the machine does is not in it."""

    def spent(*words: str) -> float:
        times = []
        for _ in range(2):
            before = os.times()
            subprocess.run([sys.executable, *words], cwd=classes.ROOT, check=True, stdout=subprocess.DEVNULL)
            after = os.times()
            times.append(after.children_user + after.children_system)
            times[-1] -= before.children_user + before.children_system
        return min(times)

    assert spent("-m", "grader", "autograde", "--help") < 3 * spent("-c", "import numpy")


def test_folders_of_killed_graders_are_removed_and_no_others(tmp_path: Path) -> None:
    def folder(name: str, age: float) -> Path:
        path = tmp_path / name
        (path / "library").mkdir(parents=True)
        os.utime(path, (time.time() - age, time.time() - age))
        return path

    left = folder("grader-sandbox-left", 2 * YOUNG)
    used, young = folder("grader-sandbox-used", 2 * YOUNG), folder("grader-sandbox-young", 0)
    other = folder("grader-of-somebody", 2 * YOUNG)
    link = tmp_path / "grader-sandbox-link"
    link.symlink_to(other)
    lock = _lock(used)
    assert lock is not None and remove_left_over(tmp_path) == [left]
    assert not left.exists() and all(p.exists() for p in (used, young, other, link))
    os.close(lock)  # as the kernel does for a process that was killed
    assert remove_left_over(tmp_path) == [used] and (other / "library").exists()


def test_a_frame_costs_one_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes behind a frame is kept for the next one."""
    import socket

    ours, theirs = socket.socketpair()
    with ours, theirs:
        frames = [wire.pack(["value", np.arange(float(n))]) for n in range(5)]
        theirs.sendall(b"".join(frames))
        rest = bytearray()
        got = [wire.unpack(*wire.receive(ours, 1 << 20, None, rest))[1].size for _ in frames]
        assert got == [0, 1, 2, 3, 4] and rest == b""
