"""The process between the zygote and a submission's process: it starts it, watches it, and ends all that it leaves.

It says to the grader, over a socket of its own that the student's side never has:
"started" with a descriptor that stands for the process (a pidfd), at the end "ended: <why>".
If the grader closes that socket, or shuts it down, everything is ended.
"""

from __future__ import annotations

import contextlib
import os
import resource
import select
import shutil
import signal
import socket
import tempfile
import time
from pathlib import Path

from grader.limits import Limits
from grader.sandbox import confine, kernel
from grader.sandbox.confine import Setting

TICK = 0.05  # seconds between two looks at what is used
PAGE = resource.getpagesize()


def run(setting: Setting, limits: Limits, slot: int, sock: int, status: int) -> None:
    """Guard one submission's process until it and all that it started have ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    told = socket.socket(fileno=os.dup(status))
    private, user, used = "", setting.user + slot if setting.user else 0, 0
    try:
        kernel.prctl(kernel.PR_SET_DUMPABLE, 1)  # else the files of /proc written below belong to root
        Path("/proc/self/oom_score_adj").write_text("1000")  # what a submission starts goes first
        if setting.level == "bubblewrap":
            uid, gid = os.getuid(), os.getgid()
            kernel.unshare(kernel.NEWUSER | kernel.NEWPID | kernel.NEWIPC)
            kernel.own_user_namespace(uid, gid)
            used = 1  # this process
        else:
            kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
            private = tempfile.mkdtemp(dir=setting.scratch)
            if user:
                os.chown(private, user, user)
            used = _threads_of(user or os.getuid())
        kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
        pid = os.fork()
    except OSError as error:
        told.send(f"failed: {error}"[:500].encode())
        os._exit(70)
    if pid == 0:
        os.setsid()  # a signal to its own group reaches all members, also those outside its pid namespace
        confine.serve(setting, limits, private, user, used, sock, status)
    os.close(sock)
    os.close(status)
    handle = os.pidfd_open(pid)
    with contextlib.suppress(OSError):
        socket.send_fds(told, [f"started {pid}".encode()], [handle])
    try:
        why = _watch(pid, handle, told, limits, private)
    finally:
        _end_all(pid)
        if private:
            shutil.rmtree(private, ignore_errors=True)
    with contextlib.suppress(OSError):
        told.send(f"ended: {why}".encode())
    os._exit(0)


def _watch(pid: int, handle: int, told: socket.socket, limits: Limits, private: str) -> str:
    """Wait for the end of the process, or end it where it uses too much. Why it ended."""
    waiting = select.poll()
    waiting.register(handle, select.POLLIN)
    waiting.register(told, select.POLLIN | select.POLLHUP | select.POLLRDHUP)
    own = _resident(os.getpid())  # every process begins with the warm interpreter's pages, which all share
    ended = ""
    next_look = time.monotonic()
    while True:
        events = dict(waiting.poll(TICK * 1000))
        if handle in events:
            break
        if told.fileno() in events:
            os.kill(pid, signal.SIGKILL)
            break
        if time.monotonic() >= next_look:
            next_look = time.monotonic() + TICK
            family = [pid, *descendants(pid)]
            if sum(max(0, _resident(p) - own) for p in family) > limits.memory:
                ended = "memory"
            elif private and _size(private) > limits.temporary_bytes:
                ended = "disk"
            if ended:
                os.kill(pid, signal.SIGKILL)
                break
    _, status, spent = os.wait4(pid, 0)
    if ended:
        return ended
    if os.WIFEXITED(status):
        return f"exit {os.WEXITSTATUS(status)}"
    number = os.WTERMSIG(status)
    over = spent.ru_utime + spent.ru_stime >= limits.cpu_seconds - 0.1
    if number == signal.SIGXCPU or (number == signal.SIGKILL and over):
        return "cpu"
    return f"signal {number}"


def _end_all(pid: int) -> None:
    """End what the process has started, also what has left its group. In an own pid namespace there is nothing left."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    while True:
        for child in descendants(os.getpid()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(0.002)
        except ChildProcessError:
            return


def descendants(pid: int) -> list[int]:
    """The processes below this one, as far as they can be seen."""
    found: list[int] = []
    queue = [pid]
    while queue:
        parent = queue.pop()
        try:
            tasks = os.listdir(f"/proc/{parent}/task")
        except OSError:
            continue
        for task in tasks:
            with contextlib.suppress(OSError):
                children = [int(w) for w in Path(f"/proc/{parent}/task/{task}/children").read_text().split()]
                found += children
                queue += children
    return found


def _resident(pid: int) -> int:
    """Bytes of memory that a process has; 0 if it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    except OSError:
        return 0


def _size(folder: str) -> int:
    """Bytes in the files of a folder, and 4096 for each name."""
    total = 0
    for place, folders, files in os.walk(folder):
        total += 4096 * (len(folders) + len(files))
        for name in files:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(place, name)).st_blocks * 512
    return total


def _threads_of(uid: int) -> int:
    """How many threads the user has now: the kernel counts them all against one limit."""
    total = 0
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError):
                place = f"/proc/{name}"
                if os.stat(place).st_uid == uid:
                    total += len(os.listdir(f"{place}/task"))
    return total
