"""Starts the command ``grader`` in a fork of a process that has everything imported: a start costs milliseconds.

``python -m tests.grader.warm`` reads one JSON request a line and answers each with one line:

    {"words": [...], "out": "path", "die": [kind, n, armed, signal]}   start `grader WORDS`; gives its process id
    {"wait": pid}       wait for its end; gives the exit code, negative for a signal
    {"orphans": true}   wait until nothing that a run started is left; gives what still is after ten seconds

With ``die`` the run gets this signal, from itself, at the n-th moment of that kind (``MOMENTS``), counted from its
start or, if ``armed`` is false, from when its first new verdict is on the disk.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

MOMENTS = (
    "journal: half a line is written",
    "journal: a line is written, not yet on the disk",
    "journal: a line is on the disk",
    "autograded: a notebook is about to get its name",
    "autograded: a notebook has its name",
    "gradebook: a row is about to be written",
    "gradebook: a transaction is about to be committed",
    "gradebook: a transaction is committed",
)
SUBREAPER = 36  # prctl: what a dead run leaves behind becomes this process's child


class Warm:
    """The asking side."""

    def __init__(self, folder: Path) -> None:
        from tests.grader import classes

        self.folder, self.count = folder, 0
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.grader.warm"],
            cwd=classes.ROOT,
            env=classes.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, **request: Any) -> Any:
        assert self.process.stdin is not None and self.process.stdout is not None
        print(json.dumps(request), file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())

    def start(self, *words: str, die: tuple[str, int, bool, int] | None = None) -> Started:
        """Start ``grader WORDS``."""
        self.count += 1
        out = self.folder / f"run{self.count}"
        return Started(self, self.ask(words=words, out=str(out), die=die), out)

    def run(self, *words: str, code: int = 0) -> str:
        """Run ``grader WORDS`` to its end, which must have this exit code; gives what it printed."""
        started = self.start(*words)
        ended = started.wait()
        assert ended == code, f"exit {ended}\n{started.said}\n{started.complaint}"
        return started.said

    def orphans(self) -> list[str]:
        """What is left of ended runs."""
        found: list[str] = self.ask(orphans=True)
        return found

    def close(self) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()


class Started:
    """One run of the command."""

    def __init__(self, warm: Warm, pid: int, out: Path) -> None:
        self.warm, self.pid, self.out = warm, pid, out

    def wait(self) -> int:
        code: int = self.warm.ask(wait=self.pid)
        return code

    @property
    def alive(self) -> bool:
        try:
            return Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
        except FileNotFoundError:
            return False

    @property
    def said(self) -> str:
        return self.out.with_suffix(".out").read_text(encoding="utf-8")

    @property
    def complaint(self) -> str:
        return self.out.with_suffix(".err").read_text(encoding="utf-8")

    def workers(self) -> list[int]:
        """The process ids of its grading processes."""
        return [p for p in children(self.pid) if "multiprocessing.spawn" in command_of(p)]


def children(pid: int) -> list[int]:
    """The process ids of a process's children, whichever of its threads has started them."""
    try:
        found = [path.read_text().split() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except FileNotFoundError:
        return []
    return [int(child) for of_one in found for child in of_one]


def command_of(pid: int) -> str:
    try:
        return (
            Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
        )
    except FileNotFoundError:
        return ""


# ------------------------------------------------------------------------------------------ the process itself


def main() -> None:

    ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
    runs: set[int] = set()
    for line in sys.stdin:
        request = json.loads(line)
        if "words" in request:
            pid = os.fork()
            if pid == 0:
                _be(request)
            runs.add(pid)
            answer: Any = pid
        elif "wait" in request:
            answer = os.waitstatus_to_exitcode(os.waitpid(request["wait"], 0)[1])
            runs.discard(request["wait"])
        else:
            answer = _left(runs)
        print(json.dumps(answer), flush=True)


def _left(runs: set[int]) -> list[str]:
    until = time.monotonic() + 10
    while True:
        left = []
        for pid in set(children(os.getpid())) - runs:
            if os.waitpid(pid, os.WNOHANG)[0] == 0:
                left.append(f"{pid} {command_of(pid)}")
        if not left or time.monotonic() > until:
            return left
        time.sleep(0.02)


def _be(request: dict[str, Any]) -> None:
    """Become the command."""
    code = 1
    try:
        os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)  # as at a terminal
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        for number, end in ((1, ".out"), (2, ".err")):
            os.dup2(os.open(request["out"] + end, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        if request["die"]:
            arrange(*request["die"])
        sys.argv = ["grader", *request["words"]]
        from grader.__main__ import main as command

        code = command()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def arrange(kind: str, count: int, armed: bool, what: int) -> None:
    """See that this process gets a signal at the n-th moment of this kind."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine
    from sqlalchemy.engine.default import DefaultDialect

    left, ready = [count], [armed]

    def now(moment: str) -> bool:
        left[0] -= moment == kind and ready[0]
        return moment == kind and left[0] == 0

    def die(moment: str) -> None:
        if now(moment):
            os.kill(os.getpid(), what)

    write, fsync, replace, commit = os.write, os.fsync, os.replace, DefaultDialect.do_commit

    def journal(file: int) -> bool:
        return os.readlink(f"/proc/self/fd/{file}").endswith(".jsonl")

    def own_write(file: int, data: Any) -> int:
        if journal(file) and now(MOMENTS[0]):
            done = write(file, data[: len(data) // 2])
            os.kill(os.getpid(), what)
            return done
        return write(file, data)

    def own_fsync(file: int) -> None:
        if journal(file):
            die(MOMENTS[1])
        fsync(file)
        if journal(file):
            die(MOMENTS[2])
            ready[0] = True

    def own_replace(old: Any, new: Any) -> None:
        shown = "/autograded/" in str(new)
        if shown:
            die(MOMENTS[3])
        replace(old, new)
        if shown:
            die(MOMENTS[4])

    def own_commit(self: Any, connection: Any) -> None:
        die(MOMENTS[6])
        commit(self, connection)
        die(MOMENTS[7])

    os.write, os.fsync, os.replace = own_write, own_fsync, own_replace  # type: ignore[assignment]
    DefaultDialect.do_commit = own_commit  # type: ignore[method-assign]

    @event.listens_for(Engine, "before_cursor_execute")
    def before(connection: Any, cursor: Any, text: str, *_: Any) -> None:
        if text.split(None, 1)[0].upper() in ("INSERT", "UPDATE", "DELETE"):
            die(MOMENTS[5])


if __name__ == "__main__":
    main()
