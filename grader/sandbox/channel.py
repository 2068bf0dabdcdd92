"""The trusted side of a sandbox: opens it, asks for one process per submission, ends them."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
import weakref
from dataclasses import asdict
from pathlib import Path
from typing import Any

from grader.limits import Limits
from grader.sandbox import launch

OPENING = 60.0  # seconds until the warm interpreter must be there
PREFIX = "grader-sandbox-"  # of a folder below the one for temporary files
YOUNG = 60.0  # seconds in which a folder is not looked at: it may not be locked yet
STARTING = 20.0  # seconds until a submission's process must be there


class SandboxError(OSError):
    """The sandbox cannot do what it should; the text says what to do about it."""


class Channel:
    """One submission's process. ``sock`` leads to ``grader.child.serve`` in it."""

    def __init__(self, sock: socket.socket, told: socket.socket) -> None:
        self.sock, self._told = sock, told
        self._handle = -1
        self.pid = 0  # as the guardian sees it
        self._why = ""

    def _begin(self) -> None:
        """Wait until the process is confined."""
        ready = False
        until = time.monotonic() + STARTING
        while not (ready and self._handle >= 0):
            self._told.settimeout(max(0.01, until - time.monotonic()))
            try:
                message, fds, _, _ = socket.recv_fds(self._told, 4096, 1)
            except TimeoutError:
                raise SandboxError("the sandbox does not start a process in time") from None
            words = message.decode("utf-8", "replace")
            if words.startswith("started") and fds:
                self._handle, self.pid = fds[0], int(words.split()[1])
            elif words == "ready":
                ready = True
            else:
                raise SandboxError(f"the sandbox cannot confine a process: {words or 'it ended'}")
        self._told.settimeout(None)

    def kill(self) -> None:
        """End the process and everything that it started, at once. It is over when this returns."""
        if self._why:
            return
        with contextlib.suppress(ProcessLookupError):
            if self._handle >= 0:
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)
        with contextlib.suppress(OSError):
            self._told.shutdown(socket.SHUT_WR)
        if self.ended(STARTING) == "running":
            raise SandboxError(f"process {self.pid} of the sandbox does not end")

    def ended(self, timeout: float = 0.0) -> str:
        """Why it ended: "exit 0", "signal 9", "memory", "cpu", "disk"; "running" if it has not within the time."""
        until = time.monotonic() + timeout
        while not self._why:
            waiting = select.poll()
            waiting.register(self._told, select.POLLIN)
            if not waiting.poll(max(0.0, until - time.monotonic()) * 1000):
                return "running"
            try:
                words = self._told.recv(4096).decode("utf-8", "replace")
            except OSError:
                words = ""
            if words.startswith("ended: "):
                self._why = words.removeprefix("ended: ")
            elif not words:
                self._why = "signal 9"  # the guardian is gone, and its process with it
        return self._why

    def close(self) -> None:
        """End what still runs, and let go of everything."""
        try:
            if self._told.fileno() >= 0:  # before its socket: a process whose grader is gone ends by itself
                self.kill()
        finally:
            self.sock.close()
            self._told.close()
            if self._handle >= 0:
                os.close(self._handle)
                self._handle = -1


class Sandbox:
    """A warm interpreter behind walls, from which each submission gets a process of its own."""

    def __init__(self, level: str) -> None:
        self.level = level
        remove_left_over(Path(tempfile.gettempdir()))
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        self._lock = _lock(self.folder)  # says that we live: the kernel opens it when this process ends
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._channels: weakref.WeakSet[Channel] = weakref.WeakSet()
        self.ahead = False  # whether a process for the next submission is made ready while one is graded
        self._next: tuple[Limits, Channel] | None = None
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        setting, command = launch.plan(self.level, self.folder)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control = ours
        with theirs, (self.folder / "errors").open("wb") as errors:
            self._process = subprocess.Popen(
                [*command, str(theirs.fileno()), json.dumps(asdict(setting))],
                pass_fds=[theirs.fileno()],
                env=launch.environment(self.folder),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
            )
        ours.settimeout(OPENING)
        try:
            answer = ours.recv(4096).decode("utf-8", "replace")
        except TimeoutError:
            answer = "it does not answer"
        if answer != "ready":
            said = (self.folder / "errors").read_text(encoding="utf-8", errors="replace").strip()
            raise SandboxError(
                f"level {self.level!r} cannot be opened: {answer or said[-500:] or 'it ended'}"
            )
        ours.settimeout(None)

    def start(self, limits: Limits) -> Channel:
        """A fresh confined process."""
        channel = self._waiting(limits)
        if channel is None:
            channel = self._ask(limits)
            try:
                channel._begin()
            except OSError as error:
                channel.close()
                raise _gone(error) from None
        if self.ahead and self.level == "bubblewrap":  # elsewhere all count against one limit on processes
            self._next = limits, self._ask(limits)
        return channel

    def _waiting(self, limits: Limits) -> Channel | None:
        """The process that was made ready before, if it has these limits and has not ended meanwhile."""
        waiting, self._next = self._next, None
        if waiting is None:
            return None
        with contextlib.suppress(OSError):
            if waiting[0] == limits:
                waiting[1]._begin()
                if waiting[1].ended() == "running":
                    return waiting[1]
        waiting[1].close()
        return None

    def _ask(self, limits: Limits) -> Channel:
        """A process that is about to be there."""
        if self._control is None:
            raise SandboxError("the sandbox is closed")
        ours, theirs = socket.socketpair()
        told, telling = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        channel = Channel(ours, told)
        self._channels.add(channel)
        try:
            with theirs, telling:
                message = json.dumps(asdict(limits)).encode()
                socket.send_fds(self._control, [message], [theirs.fileno(), telling.fileno()])
        except OSError as error:
            channel.close()
            raise _gone(error) from None
        return channel

    def close(self) -> None:
        """End the warm interpreter and every process that came from it."""
        for channel in list(self._channels):
            channel.close()
        self._next = None
        control, self._control = self._control, None
        if control is not None:
            control.close()
        process, self._process = self._process, None
        if process is not None:
            try:
                process.wait(2)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
        lock, self._lock = self._lock, None
        if lock is not None:
            os.close(lock)

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


def _gone(error: OSError) -> SandboxError:
    return error if isinstance(error, SandboxError) else SandboxError(f"the sandbox is gone: {error}")


def remove_left_over(where: Path) -> list[Path]:
    """Remove the folders of sandboxes whose process was killed; gives them. Nobody else's, and none in use."""
    removed = []
    for folder in where.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            found = folder.lstat()
            young = time.time() - found.st_mtime < YOUNG
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or young:
                continue
            lock = _lock(folder)
            if lock is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(lock)
                removed.append(folder)
    return removed


def _lock(folder: Path) -> int | None:
    """A descriptor that holds the lock of a folder; None where somebody has it."""
    import fcntl  # Windows has no such module, and is told so in words

    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle
