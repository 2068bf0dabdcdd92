"""Opening, starting, ending; what is left afterwards; and what is said where something is missing."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from grader import sandbox as package
from grader.limits import Limits
from grader.remote import Gone
from grader.sandbox import facts, launch, open_sandbox
from grader.sandbox.channel import Sandbox, SandboxError
from tests.grader.sandbox.student import Student, processes


def test_each_start_is_a_fresh_process(sandbox: Sandbox) -> None:
    with Student(sandbox) as one:
        one.run("import math; math.pi = 3; sys.modules['random'] = None; mark = 1")
        with Student(sandbox) as two:
            assert two.result("import math, random; result = [math.pi > 3, 'mark' in globals()]") == [
                True,
                False,
            ]


def test_why_it_ended(sandbox: Sandbox) -> None:
    for source, why in (("os._exit(0)", "exit 0"), ("os._exit(7)", "exit 7"), ("os.abort()", "signal 6")):
        with Student(sandbox) as student:
            assert student.channel.ended() == "running"
            with pytest.raises(Gone):
                student.run(source)
            found = student.channel.ended(5)
            assert found == why or (why == "signal 6" and found in ("signal 11", "signal 5", "signal 4"))
    with Student(sandbox) as student:
        student.channel.sock.close()  # the grader hangs up
        assert student.channel.ended(5) == "exit 0"


def test_kill_and_close_may_come_twice_and_in_any_order(sandbox: Sandbox) -> None:
    channel = sandbox.start(Limits())
    channel.kill()
    channel.kill()
    assert channel.ended() == "signal 9"
    channel.close()
    channel.close()
    channel.kill()
    other = sandbox.start(Limits())
    other.close()
    assert other.ended() == "signal 9"


def test_many_at_once_from_many_threads(sandbox: Sandbox) -> None:
    found: list[int] = []

    def work(number: int) -> None:
        with Student(sandbox) as student:
            found.append(student.result(f"time.sleep(0.1); result = {number}"))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == list(range(8))


@pytest.mark.parametrize("level", package.SAFE)
def test_close_ends_everything(level: str) -> None:
    opened = open_sandbox(level)
    student = Student(opened)
    student.run("pid = os.fork() or time.sleep(600)")
    assert processes(opened)
    opened.close()
    assert processes(opened) == []
    assert not opened.folder.exists()
    opened.close()
    with pytest.raises(SandboxError, match="closed"):
        opened.start(Limits())
    assert student.channel.ended() == "signal 9"


@pytest.mark.parametrize("level", package.SAFE)
@pytest.mark.parametrize("thread", [False, True])
def test_nothing_survives_the_graders_death(level: str, thread: bool) -> None:
    source = f"""
        import sys, threading, time
        from grader.sandbox import open_sandbox
        from tests.grader.sandbox.student import Student
        def main():
            opened = open_sandbox({level!r})
            student = Student(opened)
            student.run("for n in range(3):\\n    if os.fork() == 0:\\n        attempt(os.setsid); time.sleep(600)")
            print(opened.folder, flush=True)
            if not {thread}:
                time.sleep(600)
            threading.keep = opened, student
        if {thread}:
            worker = threading.Thread(target=main); worker.start(); worker.join(); time.sleep(600)
        main()
    """
    # Killed with its sandbox open: the folder stays, and with it the way to find what is left.
    grader = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(source)], stdout=subprocess.PIPE, text=True
    )
    assert grader.stdout is not None
    folder = Path(grader.stdout.readline().strip())
    shell = type("Opened", (), {"folder": folder})
    try:
        time.sleep(0.3)
        assert len(processes(shell)) >= 4  # type: ignore[arg-type]
    finally:
        os.kill(grader.pid, signal.SIGKILL)
        grader.wait()
        grader.stdout.close()
    until = time.monotonic() + 5
    while (left := processes(shell)) and time.monotonic() < until:  # type: ignore[arg-type]
        time.sleep(0.02)
    assert left == []
    shutil.rmtree(folder)  # nobody was left to do it


def test_a_sandbox_whose_interpreter_has_died_says_so() -> None:
    with open_sandbox("landlock") as opened:
        assert opened._process is not None
        opened._process.kill()
        opened._process.wait()
        with pytest.raises(SandboxError, match="gone|cannot"):
            opened.start(Limits())


def test_best_is_the_first_level_that_works(monkeypatch: pytest.MonkeyPatch) -> None:
    with open_sandbox() as opened:
        assert opened.level == "bubblewrap"
    monkeypatch.setattr("shutil.which", lambda name: None)
    with open_sandbox() as opened:
        assert opened.level == "landlock"
    with pytest.raises(OSError, match="apt-get install bubblewrap"):
        open_sandbox("bubblewrap")


def test_no_level_at_all_is_an_error_never_unsafe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch.shutil, "which", lambda name: None)
    monkeypatch.setattr(launch.view, "system", lambda: (_ for _ in ()).throw(OSError("forbidden here")))
    with pytest.raises(SandboxError, match="doctor"):
        open_sandbox()
    with pytest.raises(ValueError, match="bubblewrap"):
        open_sandbox("none")
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(SandboxError, match="container"):
        open_sandbox()


def test_a_process_that_cannot_be_confined_runs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The filter's file is broken in the sandbox's own copy: no submission may start."""
    from grader.sandbox import view

    real = view.build

    def broken(folder: Path, inside: str = "") -> list[str]:
        places = real(folder, inside)
        path = folder / "grader/sandbox/seccomp.py"
        path.write_text(path.read_text() + "\ndef install(strict):\n    raise OSError('no filter')\n")
        return places

    monkeypatch.setattr(view, "build", broken)
    for level in package.SAFE:
        with open_sandbox(level) as opened, pytest.raises(SandboxError, match="no filter"):
            opened.start(Limits())


def test_unsafe_says_what_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    with open_sandbox("unsafe") as opened, Student(opened, memory=256 << 20) as student:
        assert student.result("result = attempt(bytearray, 3_000_000_000)")[1].startswith("MemoryError")
        assert student.result("result = attempt(os.listdir, '/')")[0] == "done"
        student.run("os.fork() or (os.setsid(), time.sleep(600))")
        student.channel.kill()
        student.channel.sock.settimeout(2)
        assert student.channel.sock.recv(1) == b""
    said = capsys.readouterr().err
    assert said.startswith("\033[31mUNSAFE") and "no boundary" in said


def test_the_doctor(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert package.doctor() == 0
    said = capsys.readouterr().out
    assert "ok      level bubblewrap" in said and "Submissions run at the level bubblewrap." in said
    assert "\033" not in said  # colour is for a terminal; the word is there for everyone
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert package.doctor() == 0
    said = capsys.readouterr().out
    assert "MISSING bubblewrap" in said and "apt-get install bubblewrap" in said and "level landlock." in said
    assert {f.name for f in facts.facts()} >= {
        "bubblewrap",
        "user namespaces",
        "Landlock",
        "seccomp filters",
        "user",
    }
    assert all(f.ok or f.remedy for f in package.probe())


def test_it_is_quick(sandbox: Sandbox) -> None:
    times = []
    for _ in range(7):
        began = time.perf_counter()
        with Student(sandbox):
            times.append(time.perf_counter() - began)
    assert sorted(times)[3] < 0.25  # 10 to 20 ms where nothing else runs
