"""A student who tries things: sends cells into a sandbox and reads what came of them."""

from __future__ import annotations

import os
import textwrap
from pathlib import Path
from typing import Any

from grader.limits import Limits
from grader.remote import Session
from grader.sandbox.channel import Channel, Sandbox

BEGIN = """
import ctypes, errno, os, signal, socket, sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)

def attempt(function, *args, **options):
    "What came of it: the result, or the error's name."
    try:
        return ["done", repr(function(*args, **options))[:200]]
    except BaseException as error:
        return ["refused", type(error).__name__ + ": " + str(error)]

def call(number, *args):
    "A bare system call: its result, or the name of its error."
    ctypes.set_errno(0)
    found = libc.syscall(ctypes.c_long(number), *args)
    return found if found >= 0 else errno.errorcode[ctypes.get_errno()]
"""


class Student:
    """One submission in a sandbox."""

    def __init__(self, sandbox: Sandbox, **limits: Any) -> None:
        self.limits = Limits(**limits)
        self.channel: Channel = sandbox.start(self.limits)
        self.session = Session(self.channel, self.limits)
        assert self.session.run(BEGIN, "begin")[0] is None

    def run(self, source: str) -> tuple[str | None, str]:
        """Run a cell: its error and what it printed."""
        return self.session.run(textwrap.dedent(source), "cell")

    def result(self, source: str) -> Any:
        """Run a cell that must get to its end, and give its ``result``."""
        error, _ = self.run(source)
        assert error is None, error
        return self.session.look("result")

    def __enter__(self) -> Student:
        return self

    def __exit__(self, *_: Any) -> None:
        self.channel.close()


def processes(sandbox: Sandbox) -> list[int]:
    """The machine's processes that belong to a sandbox: its folder stands in their command line."""
    word = str(sandbox.folder).encode()
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            try:
                if word in Path(f"/proc/{name}/cmdline").read_bytes():
                    found.append(int(name))
            except OSError:
                continue
    return found
