"""The few calls of the Linux kernel that a sandbox needs and that Python 3.11 does not have."""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from pathlib import Path

NEWNS, NEWCGROUP, NEWUTS, NEWIPC = 0x00020000, 0x02000000, 0x04000000, 0x08000000
NEWUSER, NEWPID, NEWNET = 0x10000000, 0x20000000, 0x40000000

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REC, MS_PRIVATE = 1, 2, 4, 8, 0x4000, 0x40000

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_KEEPCAPS = 1, 4, 8
PR_SET_SECCOMP, PR_CAPBSET_DROP, PR_SET_SECUREBITS = 22, 24, 28
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 36, 38, 47
AMBIENT_CLEAR_ALL = 4
SECCOMP_MODE_FILTER = 2
SECURE_LOCKED = 0b11_101111  # no root, no keeping of capabilities, no ambient ones; all locked
CAP_DAC_READ_SEARCH = 2
CAPABILITY_VERSION = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


def _last_capability() -> int:
    try:
        return int(Path("/proc/sys/kernel/cap_last_cap").read_text())
    except OSError:
        return 40  # what every kernel in use knows


LAST_CAPABILITY = _last_capability()


def _check(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def syscall(number: int, *args: object, what: str) -> int:
    """A call by its number. OSError if the kernel refuses."""
    return _check(_libc.syscall(ctypes.c_long(number), *args), what)


def prctl(option: int, *args: int) -> None:
    """Change something about this process."""
    full = [ctypes.c_ulong(a) for a in (*args, *[0] * (4 - len(args)))]
    _check(_libc.prctl(ctypes.c_int(option), *full), f"prctl {option}")


def unshare(flags: int) -> None:
    """Go into fresh namespaces."""
    _check(_libc.unshare(ctypes.c_int(flags)), "unshare")


def mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    """Mount a file system."""
    words = [ctypes.c_char_p(w.encode()) for w in (source, target, kind, data)]
    _check(_libc.mount(*words[:3], ctypes.c_ulong(flags), words[3]), f"mount {target}")


def own_user_namespace(uid: int, gid: int) -> None:
    """Write the maps of the user namespace that this process has just made: the same ids, and no others."""
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")


def set_capabilities(keep: int = 0) -> None:
    """Keep only the capabilities of this mask, in effect and permitted; none can be inherited."""
    head = struct.pack("Ii", CAPABILITY_VERSION, 0)
    low, high = keep & 0xFFFFFFFF, keep >> 32
    body = struct.pack("6I", low, low, 0, high, high, 0)
    _check(_libc.capset(ctypes.c_char_p(head), ctypes.c_char_p(body)), "capset")


def empty_bounding_set() -> None:
    """Give up every capability for good, also for programs started later. Needs CAP_SETPCAP."""
    for number in range(LAST_CAPABILITY + 1):
        prctl(PR_CAPBSET_DROP, number)
    prctl(PR_CAP_AMBIENT, AMBIENT_CLEAR_ALL)
    prctl(PR_SET_SECUREBITS, SECURE_LOCKED)


def become(uid: int, gid: int) -> None:
    """From root to another user and group, with no further groups."""
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)


def on_linux() -> bool:
    """Whether there is such a kernel at all."""
    return sys.platform == "linux"
