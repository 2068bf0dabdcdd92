"""What a submission's process does to itself before the first line of the student's runs. None of it can be undone."""

from __future__ import annotations

import os
import resource
import signal
import socket
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from grader.limits import Limits
from grader.sandbox import kernel, landlock, seccomp

HIGHEST_FD = 1 << 16
WARM = 0  # bytes of address space that the warm interpreter has


@dataclass(frozen=True)
class Setting:
    """How a sandbox was opened; the zygote is told when it starts."""

    level: str
    library: str  # the folder that is the student's path for imports
    read: tuple[str, ...]  # what may be read beside it
    look: tuple[str, ...]  # folders whose names may be listed, with no right to the files
    scratch: str  # where private folders are made, at the levels that have no own /tmp
    user: int  # whom to become; 0 for nobody else
    closed: bool  # whether something to read lies in a folder that other users cannot enter


def itself(
    setting: Setting, limits: Limits, private: str, user: int, used: int, sock: int, status: int
) -> None:
    """Confine this process as its level asks. OSError if anything is refused: then no student's code may run."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.umask(0o077)
    _close_all_but(sock, status)
    rules = _only_these_files(setting, private) if setting.level == "landlock" else None
    if setting.level == "bubblewrap":
        _own_mounts(limits)
        kernel.empty_bounding_set()
        private = "/tmp"
    elif user:
        if setting.closed and setting.level == "landlock":
            kernel.prctl(kernel.PR_SET_KEEPCAPS, 1)
        kernel.become(user, user)
    os.chdir(private)
    os.environ.update(HOME=private, TMPDIR=private, MPLCONFIGDIR=private)
    tempfile.tempdir = private  # or it would be found by making a file and removing it
    if rules:
        rules.restrict()
    _set_limits(limits, used)
    if setting.level != "unsafe":
        keep = 0
        if setting.level == "landlock" and user and setting.closed:
            keep = 1 << kernel.CAP_DAC_READ_SEARCH  # Landlock still refuses all that is not on the list
        kernel.set_capabilities(keep)
        kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    if setting.level != "unsafe":
        seccomp.install(strict=setting.level == "landlock")


def _close_all_but(*kept: int) -> None:
    last = 2
    for fd in sorted(kept):
        os.closerange(last + 1, fd)
        last = fd
    os.closerange(last + 1, HIGHEST_FD)


def _own_mounts(limits: Limits) -> None:
    """An own /tmp of a fixed size, and nothing where /proc was."""
    kernel.unshare(kernel.NEWNS)
    closed = kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC
    kernel.mount("tmpfs", "/tmp", "tmpfs", closed, f"size={limits.temporary_bytes},nr_inodes=4096,mode=700")
    kernel.mount("tmpfs", "/proc", "tmpfs", closed | kernel.MS_RDONLY, "size=4k,nr_inodes=2")


def _only_these_files(setting: Setting, private: str) -> landlock.Rules:
    rules = landlock.Rules()
    rules.allow([setting.library, *setting.read], landlock.READ_FILE | landlock.READ_DIR)
    rules.allow(setting.look, landlock.READ_DIR)
    rules.allow(["/dev/null"], landlock.READ_FILE | landlock.WRITE_FILE)
    rules.allow(["/dev/zero", "/dev/urandom", "/dev/random"], landlock.READ_FILE)
    # Files cannot be removed: one that is removed while open would fill the disk where the guardian cannot see it.
    never = landlock.EXECUTE | landlock.IOCTL_DEV | landlock.REMOVE_FILE | landlock.REMOVE_DIR
    rules.allow([private], rules.all & ~never)
    return rules


def _set_limits(limits: Limits, used: int) -> None:
    """``used``: how many processes and threads count against the limit before this one starts any."""
    for kind, value in (
        (resource.RLIMIT_AS, WARM + limits.memory),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_NPROC, used + limits.processes),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
    ):
        _lower(kind, value, value)
    _lower(resource.RLIMIT_CPU, limits.cpu_seconds, limits.cpu_seconds + 1)
    if sys.platform == "linux":
        for kind in (resource.RLIMIT_MSGQUEUE, resource.RLIMIT_NICE, resource.RLIMIT_RTPRIO):
            _lower(kind, 0, 0)


def remember_size() -> None:
    """Note how much address space the warm interpreter has, while /proc is there."""
    global WARM
    WARM = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def _lower(kind: int, soft: int, hard: int) -> None:
    """Set a limit; one that is already lower stays."""
    limit = resource.getrlimit(kind)[1]
    if limit != resource.RLIM_INFINITY:
        soft, hard = min(soft, limit), min(hard, limit)
    resource.setrlimit(kind, (soft, hard))


def serve(
    setting: Setting, limits: Limits, private: str, user: int, used: int, sock: int, status: int
) -> None:
    """Be the submission's process: confine, say so, answer requests, end. Does not return."""
    code = 70
    try:
        told = socket.socket(fileno=status)
        try:
            itself(setting, limits, private, user, used, sock, status)
        except BaseException as error:
            told.send(f"failed: {type(error).__name__}: {error}"[:500].encode())
            os._exit(code)
        told.send(b"ready")
        told.close()
        from grader.child import serve as answer

        code = 1
        answer(socket.socket(fileno=sock), limits)
        code = 0
    finally:
        os._exit(code)
