"""A child without a sandbox: forked, and ended by its process id. For tests of what is said."""

from __future__ import annotations

import os
import signal
import socket
from typing import Any

from grader.child import serve
from grader.limits import Limits


class Forked:
    """The same face as a sandbox's."""

    level = "none, for tests"

    def start(self, limits: Limits) -> Channel:
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            kept = theirs.fileno()
            os.closerange(3, kept)
            os.closerange(kept + 1, 4096)
            try:
                serve(theirs, limits)
            finally:
                os._exit(0)
        theirs.close()
        return Channel(ours, pid)

    def close(self) -> None:
        """Nothing is kept."""


class Channel:
    def __init__(self, sock: socket.socket, pid: int) -> None:
        self.sock, self.pid = sock, pid

    def kill(self) -> None:
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.pid = 0

    def ended(self, timeout: float = 0) -> str:
        return "running" if self.pid else "signal 9"

    def close(self) -> None:
        self.sock.close()


def submission(path: Any, answers: dict[str, str]) -> bytes:
    """A released notebook with these answers in their cells."""
    import json

    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if name in answers:
            cell["source"] = answers[name]
    return json.dumps(notebook).encode()
