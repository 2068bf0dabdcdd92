"""The filter on system calls, put together by hand as a BPF program: what a calculation never needs is refused.

A refused call gives EPERM, so that a program can go on without it. ``strict`` is for processes that share their
process ids, users and network with the rest of the machine: there, signals to others, new sessions and changes
to a file's owner, mode, times and attributes are refused too, which Landlock leaves open.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct

from grader.sandbox import kernel

# name: (number on x86_64, number on aarch64); -1 where there is none.
CALLS = {
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "process_madvise": (440, 440), "process_mrelease": (448, 448), "kcmp": (312, 272),
    "pidfd_getfd": (438, 438), "pidfd_open": (434, 434), "pidfd_send_signal": (424, 424),
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431),
    "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    "unshare": (272, 97), "setns": (308, 268), "execve": (59, 221), "execveat": (322, 281),
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218), "bpf": (321, 280),
    "perf_event_open": (298, 241), "userfaultfd": (323, 282), "memfd_secret": (447, 447),
    "memfd_create": (319, 279),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264), "init_module": (175, 105), "finit_module": (313, 273),
    "delete_module": (176, 106), "reboot": (169, 142), "swapon": (167, 224), "swapoff": (168, 225),
    "sethostname": (170, 161), "setdomainname": (171, 162), "settimeofday": (164, 170),
    "clock_settime": (227, 112), "clock_adjtime": (305, 266), "adjtimex": (159, 171), "acct": (163, 89),
    "quotactl": (179, 60), "quotactl_fd": (443, 443), "syslog": (103, 116), "vhangup": (153, 58),
    "ioperm": (173, -1), "iopl": (172, -1), "modify_ldt": (154, -1), "uselib": (134, -1),
    "personality": (135, 92), "fanotify_init": (300, 262), "lookup_dcookie": (212, 18),
    "mbind": (237, 235), "set_mempolicy": (238, 237), "migrate_pages": (256, 238), "move_pages": (279, 239),
    "socket": (41, 198), "shmget": (29, 194), "shmat": (30, 196), "shmctl": (31, 195),
    "semget": (64, 190), "semop": (65, 193), "semctl": (66, 191), "semtimedop": (220, 192),
    "msgget": (68, 186), "msgsnd": (69, 189), "msgrcv": (70, 188), "msgctl": (71, 187),
    "mq_open": (240, 180), "mq_unlink": (241, 181),
}  # fmt: skip
STRICT = {
    "setsid": (112, 157), "setpgid": (109, 154), "tkill": (200, 130), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240), "sched_setscheduler": (144, 119), "sched_setattr": (314, 274),
    "setpriority": (141, 140), "ioprio_set": (251, 30), "sched_setaffinity": (203, 122),
    "sched_setparam": (142, 118), "inotify_add_watch": (254, 27),
    "chmod": (90, -1), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "chown": (92, -1), "lchown": (94, -1), "fchown": (93, 55), "fchownat": (260, 54),
    "utime": (132, -1), "utimes": (235, -1), "futimesat": (261, -1), "utimensat": (280, 88),
    "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7), "setxattrat": (463, 463),
    "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16), "removexattrat": (466, 466),
}  # fmt: skip
CLONE, CLONE3, KILL, TGKILL, PRLIMIT = (56, 220), (435, 435), (62, 129), (234, 131), (302, 261)
PRCTL, SOCKETPAIR = (157, 167), (53, 199)
FCNTL, IOCTL, OPEN, OPENAT, OPENAT2 = (72, 25), (16, 29), (2, -1), (257, 56), (437, 437)
SET_OWNER = (
    8,
    10,
    15,
)  # F_SETOWN, F_SETSIG, F_SETOWN_EX: a file that sends a signal of choice to another process
SET_OWNER_IOCTL = (0x8901, 0x8902)  # FIOSETOWN, SIOCSPGRP
TMPFILE = 0x400000  # a file without a name, which nobody who looks into the folder can count
ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
NAMESPACES = (
    kernel.NEWNS | kernel.NEWCGROUP | kernel.NEWUTS | kernel.NEWIPC | kernel.NEWUSER | kernel.NEWPID
) | kernel.NEWNET

ALLOW, ERRNO, KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
EPERM, ENOSYS, EOPNOTSUPP = 1, 38, 95
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCH, ARGUMENT, SECOND, THIRD = 0, 4, 16, 24, 32  # where they stand in what the filter is given


def _step(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("HBBI", code, yes, no, value)


def _answer(value: int) -> bytes:
    return _step(RETURN, value)


def _about(number: int, *steps: bytes) -> bytes:
    """Steps that are taken for one system call only; they end in an answer."""
    return _step(EQUAL, number, 0, len(steps)) + b"".join(steps)


def program(strict: bool, pid: int, machine: str = "", allowed: frozenset[str] = frozenset()) -> bytes:
    """The filter, for a process of this id. OSError on a kind of machine that is not known here.

    ``allowed`` names calls that are not refused after all: an interactive kernel starts programs.
    """
    machine = machine or platform.machine()
    if machine not in ARCHITECTURES:
        raise OSError(
            f"no filter on system calls is written for {machine}; there is one for x86_64 and aarch64"
        )
    at, arch = ARCHITECTURES[machine]
    refuse, allow = _answer(ERRNO | EPERM), _answer(ALLOW)
    steps = [
        _step(LOAD, ARCH),
        _step(EQUAL, arch, 1, 0),
        _answer(KILL_PROCESS),
        _step(LOAD, NUMBER),
    ]
    if machine == "x86_64":  # the x32 numbers would walk around the list
        steps += [_step(AT_LEAST, 0x40000000, 0, 1), _answer(KILL_PROCESS)]
    for name, both in (*CALLS.items(), *(STRICT.items() if strict else ())):
        if both[at] >= 0 and name not in allowed:
            steps.append(_about(both[at], refuse))
    steps.append(
        _about(CLONE3[at], _answer(ERRNO | ENOSYS))
    )  # its flags lie in memory; the C library asks clone
    low = _step(LOAD, ARGUMENT)
    steps.append(_about(CLONE[at], low, _step(ANY_BIT, NAMESPACES, 0, 1), refuse, allow))
    steps.append(_about(SOCKETPAIR[at], low, _step(EQUAL, 1, 1, 0), refuse, allow))  # AF_UNIX
    # No signal at the parent's death would let a child outlive it; and a core could be made readable again.
    for option in (kernel.PR_SET_PDEATHSIG, kernel.PR_SET_DUMPABLE, kernel.PR_SET_CHILD_SUBREAPER):
        steps.append(_about(PRCTL[at], low, _step(EQUAL, option, 0, 1), refuse, _step(LOAD, NUMBER)))
    for call, values in ((FCNTL, SET_OWNER), (IOCTL, SET_OWNER_IOCTL)):
        tests = [_step(EQUAL, value, len(values) - k, 0) for k, value in enumerate(values)]
        steps.append(_about(call[at], _step(LOAD, SECOND), *tests, allow, refuse))
    if strict:
        steps.append(_about(OPENAT2[at], _answer(ERRNO | ENOSYS)))
        for call, where in ((OPEN, SECOND), (OPENAT, THIRD)):
            if call[at] >= 0:
                other = _answer(ERRNO | EOPNOTSUPP)
                steps.append(
                    _about(call[at], _step(LOAD, where), _step(ANY_BIT, TMPFILE, 0, 1), other, allow)
                )
        for call in (KILL, TGKILL):
            steps.append(_about(call[at], low, _step(EQUAL, pid, 1, 0), refuse, allow))
        steps.append(_about(PRLIMIT[at], low, _step(EQUAL, 0, 2, 0), _step(EQUAL, pid, 1, 0), refuse, allow))
    return b"".join([*steps, allow])


def install(strict: bool) -> None:
    """Put the filter on this process and all that it will start. It cannot be taken off."""
    code = program(strict, os.getpid())
    buffer = ctypes.create_string_buffer(code, len(code))
    head = struct.pack("HxxxxxxQ", len(code) // 8, ctypes.addressof(buffer))
    kept = ctypes.create_string_buffer(head, len(head))
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    kernel.prctl(kernel.PR_SET_SECCOMP, kernel.SECCOMP_MODE_FILTER, ctypes.addressof(kept))
