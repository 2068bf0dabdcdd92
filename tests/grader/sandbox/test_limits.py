"""Attempts to use too much, to outlive the end, and to flood."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import pytest

from grader.limits import MB
from grader.remote import Gone
from grader.sandbox.channel import Sandbox
from tests.grader.sandbox.student import Student, processes

SURVIVE = """
def detach(work):
    "Start a process that tries to leave its group, its session and its parent, and then works."
    for level in range(3):
        if os.fork():
            if level:
                os._exit(0)
            return
        for leave in (os.setsid, lambda: os.setpgid(0, 0), lambda: libc.prctl(1, 0)):
            attempt(leave)
    for number in range(1, 65):
        attempt(signal.signal, number, signal.SIG_IGN)
    work()
    os._exit(0)
"""


def test_memory_is_refused_and_the_process_lives_on(sandbox: Sandbox) -> None:
    with Student(sandbox, memory=256 * MB) as student:
        assert student.result("result = attempt(bytearray, 3_000_000_000)")[1].startswith("MemoryError")
        source = "import numpy as np\nresult = attempt(np.ones, 100_000_000)"
        assert "Unable to allocate" in student.result(source)[1]
        assert student.result("result = len(bytearray(100_000_000))") == 100_000_000


def test_memory_over_many_processes_is_counted_together(sandbox: Sandbox) -> None:
    with Student(sandbox, memory=256 * MB, cell_seconds=20) as student:
        source = """
        for number in range(5):
            if os.fork() == 0:
                hoard = b'x' * 90_000_000
                time.sleep(600)
        time.sleep(600)
        """
        with pytest.raises(Gone):
            student.run(source)
        assert student.channel.ended(5) == "memory"


def test_processor_time_ends_a_loop_that_swallows_everything(sandbox: Sandbox) -> None:
    with Student(sandbox, cpu_seconds=1, cell_seconds=0.3) as student:
        source = """
        for number in range(1, 65):
            attempt(signal.signal, number, signal.SIG_IGN)
        while True:
            try:
                while True:
                    pass
            except BaseException:
                pass
        """
        student.session.limits = type(student.limits)(cell_seconds=20)
        with pytest.raises(Gone):
            student.run(source)
        assert student.channel.ended(5) == "cpu"


def test_native_code_that_sleeps_is_ended(sandbox: Sandbox) -> None:
    with Student(sandbox, cell_seconds=0.3) as student:
        began = time.monotonic()
        with pytest.raises(Gone) as info:
            student.run("while True: libc.sleep(1000)")
        assert info.value.stopped == "time"
        assert student.channel.ended() == "signal 9"
        assert time.monotonic() - began < 5


def test_a_fork_bomb_stays_small_and_ends(sandbox: Sandbox) -> None:
    with Student(sandbox, processes=12, cell_seconds=20) as student:
        source = """
        result = 0
        for number in range(200):
            try:
                if os.fork() == 0:
                    while True:
                        attempt(os.fork)
                        time.sleep(0.05)
            except OSError:
                break
            result += 1
        """
        assert student.result(source) <= 12
        student.channel.kill()
        assert student.channel.sock.recv(1) == b""  # every process held the other end
    quiet(sandbox)


def test_threads_are_limited(sandbox: Sandbox) -> None:
    with Student(sandbox, processes=12) as student:
        source = """
        result = 0
        for number in range(200):
            try:
                threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
            except RuntimeError:
                break
            result += 1
        """
        assert 2 <= student.result(source) <= 12


def test_a_detached_process_does_not_survive(sandbox: Sandbox) -> None:
    with Student(sandbox) as student:
        before = len(processes(sandbox))
        student.result(SURVIVE + "detach(lambda: time.sleep(600))\nresult = 1")
        assert student.result("time.sleep(0.2); result = 1") == 1
        assert len(processes(sandbox)) > before - 1
        student.channel.kill()
        student.channel.sock.settimeout(2)
        assert student.channel.sock.recv(1) == b""  # the detached process held the other end too
    quiet(sandbox)


def test_a_detached_process_does_not_survive_its_parents_own_end(sandbox: Sandbox) -> None:
    with Student(sandbox) as student:
        with contextlib.suppress(Gone):
            student.run(SURVIVE + "detach(lambda: time.sleep(600))\nos._exit(3)")
        assert student.channel.ended(5) == "exit 3"
        student.channel.sock.settimeout(2)
        assert student.channel.sock.recv(1) == b""
    quiet(sandbox)


def quiet(sandbox: Sandbox) -> None:
    """Nothing is left but what was there when the sandbox was opened."""
    until = time.monotonic() + 3
    while (left := len(processes(sandbox))) > 3 and time.monotonic() < until:
        time.sleep(0.02)
    assert left <= 3, f"{left} processes of the sandbox are left"


def test_a_large_file_is_refused(sandbox: Sandbox) -> None:
    with Student(sandbox, file_bytes=MB) as student:
        found = student.result("result = attempt(lambda: open('large', 'wb').write(bytes(5_000_000)))")
        assert found[0] == "refused" and "File too large" in found[1]
        assert student.result("result = os.path.getsize('large')") <= MB


def test_the_private_folder_cannot_fill_the_disk(sandbox: Sandbox) -> None:
    with Student(sandbox, file_bytes=4 * MB, temporary_bytes=8 * MB, cell_seconds=20) as student:
        source = """
        result = 0
        for number in range(200):
            try:
                open(f'file{number}', 'wb').write(bytes(1_000_000))
            except OSError:
                break
            result += 1
            time.sleep(0.02)
        """
        if sandbox.level == "bubblewrap":
            assert student.result(source) <= 8
        else:
            with pytest.raises(Gone):
                student.run(source)
            assert student.channel.ended(5) == "disk"
            assert not [p for p in Path(sandbox.folder, "scratch").iterdir() if p.is_dir()]


def test_memory_and_files_without_a_name_are_refused(sandbox: Sandbox) -> None:
    """What no limit on address space and no look into the folder would count."""
    with Student(sandbox) as student:
        assert student.result("result = attempt(os.memfd_create, 'hoard')")[0] == "refused"
        if sandbox.level == "landlock":
            assert student.result("result = attempt(os.open, '.', os.O_TMPFILE | os.O_RDWR)")[0] == "refused"
            source = "open('a', 'w').close(); open('b', 'w').close()\n"
            assert student.result(source + "result = attempt(os.unlink, 'a')")[0] == "refused"
            assert student.result("result = attempt(os.rename, 'a', 'b')")[0] == "refused"
        assert student.result("import tempfile; result = os.write(tempfile.mkstemp()[0], b'x')") == 1


def test_open_files_are_limited(sandbox: Sandbox) -> None:
    with Student(sandbox, open_files=32) as student:
        assert (
            "Too many open files"
            in student.result("result = attempt(lambda: [os.open('/dev/null', 0) for _ in range(100)])")[1]
        )


def test_limits_cannot_be_raised_again(sandbox: Sandbox) -> None:
    with Student(sandbox) as student:
        source = """
        import resource
        kinds = ("AS", "CPU", "NPROC", "NOFILE", "FSIZE")
        result = []
        for kind in kinds:
            number = getattr(resource, "RLIMIT_" + kind)
            result.append(attempt(resource.setrlimit, number, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))[0])
        """
        assert student.result(source) == ["refused"] * 5


def test_a_million_lines_cost_little(sandbox: Sandbox) -> None:
    with Student(sandbox, printed_bytes=10_000) as student:
        error, printed = student.run("for number in range(1_000_000): print(number)")
        assert error is None
        assert len(printed) < 10_200 and "more" in printed
        os_level = "for number in range(100_000): os.write(1, b'x' * 80); os.write(2, b'x' * 80)"
        assert student.run(os_level) == (None, "")


def test_no_core_file(sandbox: Sandbox) -> None:
    with Student(sandbox) as student:
        with pytest.raises(Gone):
            student.run("ctypes.string_at(0)")
        assert student.channel.ended(5) == "signal 11"
    with Student(sandbox) as student:
        assert student.result("import resource; result = resource.getrlimit(resource.RLIMIT_CORE)") == (0, 0)
