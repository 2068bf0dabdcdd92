"""A process that is made ready for the next submission while one is graded."""

from __future__ import annotations

import os
import signal
import socket
import time

import pytest

from grader.limits import Limits
from grader.sandbox import open_sandbox
from tests.grader.sandbox.conftest import need
from tests.grader.sandbox.student import Student, processes

pytestmark = pytest.mark.slow  # it needs the sandbox


def test_the_next_process_waits_is_fresh_and_ends_with_the_sandbox() -> None:
    need("bubblewrap")
    with open_sandbox("bubblewrap") as sandbox:
        sandbox.ahead = True
        with Student(sandbox) as one:
            waiting = sandbox._next
            assert waiting is not None
            one.run("import math; math.pi = 3; mark = 1; open('/tmp' + '/left', 'w').write('x')")
        with Student(sandbox) as two:
            assert two.channel is waiting[1]
            look = "import math, os; result = [math.pi > 3, 'mark' in globals(), os.listdir('/tmp')]"
            assert two.result(look) == [True, False, []]
            assert (
                two.result("result = [p for p in os.listdir('/proc')]") == []
            )  # it sees no other's processes
        with Student(sandbox, open_files=77) as other:  # with other limits it is not the one that waits
            assert (
                other.result("import resource; result = resource.getrlimit(resource.RLIMIT_NOFILE)[0]") == 77
            )
        assert sandbox._next is not None and sandbox._next[0] == Limits(open_files=77)
        assert processes(sandbox)
    until = time.monotonic() + 10
    while processes(sandbox) and time.monotonic() < until:
        time.sleep(0.02)
    assert not processes(sandbox)


def test_one_that_ended_while_it_waited_costs_the_submission_nothing() -> None:
    """As when the machine ran out of memory."""
    from grader.bundle import Bundle
    from grader.grade import grade
    from tests.grader import classes

    need("bubblewrap")
    raw, bundle = classes.SOURCE.read_bytes(), Bundle.read(classes.SOURCE)
    with open_sandbox("bubblewrap") as sandbox:
        sandbox.ahead = True
        sandbox.start(Limits()).close()
        assert sandbox._next is not None
        gone = sandbox._next[1]
        control, words = gone._told, b""
        while not words.startswith(b"started"):  # looked at, and left for the sandbox to read
            words, handles, _, _ = socket.recv_fds(control, 4096, 1, socket.MSG_PEEK)
        os.kill(_outside(handles[0]), signal.SIGKILL)
        os.close(handles[0])
        verdict = grade(raw, bundle, Limits(), sandbox)
    tests = [c for c in verdict["cells"] if c["kind"] == "test"]
    assert all(c["score"] == c["points"] for c in tests) and not any(c["stopped"] for c in tests)
    assert gone.ended() == "signal 9"


def _outside(handle: int) -> int:
    """The process id, as this machine sees it, of what a pidfd stands for."""
    with open(f"/proc/self/fdinfo/{handle}", encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("Pid:"))
