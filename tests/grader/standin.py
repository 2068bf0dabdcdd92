"""A sandbox in name only, for tests of what lies around it: a forked process that answers, and no walls."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
from typing import Any

from grader.child import serve
from grader.limits import Limits


class Channel:
    """One forked child, and our end of the conversation with it."""

    def __init__(self, limits: Limits) -> None:
        self.sock, there = socket.socketpair()
        self.pid = os.fork()
        if self.pid == 0:
            code = 1
            try:
                self.sock.close()
                gc.disable()
                serve(there, limits)
                code = 0
            finally:
                os._exit(code)
        there.close()

    def kill(self) -> None:
        """End the child."""
        if self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.pid = 0

    def close(self) -> None:
        """Let go of everything."""
        self.kill()
        self.sock.close()


class Sandbox:
    """Starts children."""

    def start(self, limits: Limits) -> Channel:
        """A child for one submission."""
        return Channel(limits)

    def close(self) -> None:
        """There is nothing to close."""


def open_sandbox(level: str = "best") -> Any:
    """A sandbox of any level but "none", which there is not."""
    if level == "none":
        raise OSError("there is no such level here")
    return Sandbox()
