"""Killing or hanging: notebooks that end, fill, flood or never come to an end. Their other tasks are right."""

from __future__ import annotations

from textwrap import indent

from tests.grader.attacks.kit import RIGHT, TWO_OF_THREE, Attack

STOPPED = "stopped|longer than|ended in the middle|Python itself ended"
MB = 1 << 20

SWALLOWS = """
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
"""
NATIVE = """
import ctypes, signal
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
ctypes.PyDLL(None).sleep(600)
"""
FORKS = """
import os, time
for _ in @FORKS@:
    try:
        os.fork()
    except OSError:
        pass
time.sleep(30)
"""
MEMORY = """
kept = [np.ones(@MEMORY@ << 17)]
"""
DISK = """
import os, tempfile
block = b"x" * (1 << 20)
written = 0
for number in range(@FILES@):
    try:
        with open(os.path.join(tempfile.gettempdir(), f"full-{number}"), "wb") as file:
            for _ in range(64):
                file.write(block)
                written += 1
    except OSError:
        pass
"""
DETACHED = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in range(120):
            try:
                open("@MARK@-alive", "a").write("x")
            except OSError:
                pass
            time.sleep(0.5)
    os._exit(0)
"""
THREADS = """
import threading, time
def go_on():
    while True:
        time.sleep(0.01)
for _ in range(8):
    threading.Thread(target=go_on).start()
"""
CRASH = "import ctypes\nctypes.string_at(0)\n"
LINES = "for number in range(1_000_000):\n    print(number)\n"


def _inside(body: str) -> dict[str, str]:
    """All right but one function, which does this when it is called."""
    return {
        **RIGHT,
        "count_dead": f"def count_dead(slopes):\n{indent(body.strip(), '    ')}\n    return -1\n",
    }


def _call(id: str, title: str, body: str, says: str = "", **more: object) -> Attack:
    return Attack(id, title, _inside(body), TWO_OF_THREE, says=says, **more)  # type: ignore[arg-type]


def _cell(id: str, title: str, own: str, says: str = "", **more: object) -> Attack:
    return Attack(id, title, RIGHT, RIGHT, own=own, says=says, **more)  # type: ignore[arg-type]


ATTACKS = (
    _call("exit", "`os._exit` in an answer", "import os\nos._exit(0)", STOPPED),
    _cell("exit-cell", "`os._exit` in an own cell", "import os\nos._exit(0)\n", STOPPED),
    _call("sys-exit", "`sys.exit` in an answer", "import sys\nsys.exit(0)", "SystemExit"),
    _call("loop", "an endless loop", "while True:\n    pass", "was stopped: .* look for a loop"),
    _cell("loop-cell", "an endless loop in an own cell", "while True:\n    pass\n", "stopped after"),
    _call("swallows", "an endless loop that swallows every interrupt", SWALLOWS, STOPPED),
    _call("native", "native code that ignores all signals", NATIVE, STOPPED),
    _call("crash", "a crash in native code", CRASH, STOPPED),
    _call("kill-self", "the process kills itself", "import os\nos.kill(os.getpid(), 9)", "0 of 2"),
    _call(
        "fork-bomb",
        "a fork bomb",
        FORKS,
        STOPPED,
        sizes={"FORKS": ("iter(int, 1)", "range(6)")},
        note="64 processes for nbgrader",
    ),
    _cell(
        "memory",
        "16 GB of memory",
        MEMORY,
        "MemoryError",
        sizes={"MEMORY": (16384, 3072)},
        note="3 GB for nbgrader",
    ),
    _cell("disk", "files without end", DISK, sizes={"FILES": (1000, 4)}, note="256 MB for nbgrader"),
    _cell("long-line", "one line of 50 MB printed", f'print("x" * {50 * MB})\n', "characters more"),
    _cell("many-lines", "a million lines printed", LINES, "characters more"),
    _cell(
        "input",
        "`input()` waits for somebody",
        'answer = input("points? ")\n',
        "EOFError|StdinNotImplemented|input",
    ),
    _cell("detached", "a process that detaches itself", DETACHED),
    _cell("threads", "threads that go on in the background", THREADS),
)
