"""Attempts on other processes, on privileges, and on the parts of the library that a task forbids."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

import bplib
from grader.sandbox import open_sandbox
from grader.sandbox.channel import Sandbox
from tests.grader.sandbox.student import Student

ROOT = Path(bplib.__file__).parents[1]


# ------------------------------------------------------------------------------------- processes and environment


def test_the_environment_has_nothing_of_the_graders(
    monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox
) -> None:
    monkeypatch.setenv("BPLIB_SECRET", "token-of-the-platform")
    with open_sandbox(sandbox.level) as opened, Student(opened) as student:
        found = student.result("result = dict(os.environ)")
        assert "token" not in str(found)
        asked = "os.environ, ctypes.c_char_p.in_dll(libc, 'environ') and libc.getenv(b'BPLIB_SECRET')"
        assert "token" not in str(student.result(f"result = attempt(lambda: ({asked}))"))
    assert set(found) <= {
        *(
            "HOME",
            "TMPDIR",
            "MPLCONFIGDIR",
            "PATH",
            "LANG",
            "TZ",
            "USER",
            "MPLBACKEND",
            "PWD",
            "PYTHONHASHSEED",
        ),
        *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"),
    }


def test_the_grader_gets_no_signal_and_cannot_be_traced(student: Student, sandbox: Sandbox) -> None:
    assert sandbox._process is not None
    for pid in (os.getpid(), os.getppid(), sandbox._process.pid, 1):
        student.run(f"first = attempt(os.kill, {pid}, 0)")
        for source in (f"os.kill({pid}, 9)", f"os.killpg({pid}, 9)", f"os.pidfd_open({pid})"):
            found = student.result(f"result = attempt(lambda: {source})")
            assert found[0] == "refused" or pid == 1, source
    assert student.result("result = attempt(os.kill, os.getppid(), 9)")[0] in ("refused", "done")
    assert student.result("result = 5") == 5
    source = f"""
    import fcntl
    reader, writer = os.pipe()
    result = [attempt(fcntl.fcntl, reader, fcntl.F_SETOWN, {os.getpid()})[0], attempt(fcntl.fcntl, reader, 10, 9)[0]]
    """
    assert student.result(source) == ["refused"] * 2  # a pipe that sends a signal
    # ptrace, process_vm_readv, process_vm_writev, pidfd_getfd, kcmp
    for number in (101, 310, 311, 438, 312) if os.uname().machine == "x86_64" else (117, 270, 271, 438, 272):
        assert student.result(f"result = call({number}, 16, {os.getpid()}, 0, 0, 0, 0)") == "EPERM"


FORBIDDEN = """
calls = {"mount": 165, "umount2": 166, "unshare": 272, "setns": 308, "pivot_root": 155, "chroot": 161, "keyctl": 250,
         "bpf": 321, "perf_event_open": 298, "userfaultfd": 323, "io_uring_setup": 425, "kexec_load": 246,
         "open_by_handle_at": 304, "init_module": 175, "finit_module": 313, "fsopen": 430, "open_tree": 428,
         "move_mount": 429, "execve": 59, "execveat": 322, "shmget": 29, "memfd_secret": 447, "syslog": 103}
if os.uname().machine == "aarch64":
    calls = {"mount": 40, "unshare": 97, "setns": 268, "pivot_root": 41, "keyctl": 219, "bpf": 280, "execve": 221}
result = {name: call(number, 0, 0, 0, 0, 0, 0) for name, number in calls.items()}
"""


def test_the_filter_refuses_what_no_calculation_needs(student: Student) -> None:
    found = student.result(FORBIDDEN)
    assert set(found.values()) == {"EPERM"}, found
    for flag in (0x10000000, 0x20000000, 0x00020000, 0x40000000, 0x08000000):
        assert (
            student.result(
                f"result = call({56 if os.uname().machine == 'x86_64' else 220}, {flag}, 0, 0, 0, 0)"
            )
            == "EPERM"
        )
    assert student.result("result = call(435, 0, 0)") == "ENOSYS"  # clone3
    assert (
        student.result("result = attempt(lambda: __import__('subprocess').run(['/bin/sh', '-c', 'id']))")[0]
        == "refused"
    )


def test_no_privileges_and_none_to_get(student: Student) -> None:
    assert student.result("result = [libc.prctl(39, 0, 0, 0, 0), os.getuid() != 0, os.getgroups()]")[:2] == [
        1,
        True,
    ]
    assert student.result("result = [attempt(os.setuid, 0)[0], attempt(os.setgid, 0)[0]]") == ["refused"] * 2
    source = """
    import struct
    head, body = struct.pack('Ii', 0x20080522, 0), ctypes.create_string_buffer(24)
    assert libc.capget(head, body) == 0
    result = list(struct.unpack('6I', body.raw))
    """
    effective = student.result(source)
    reads_only = [1 << 2, 1 << 2, 0, 0, 0, 0]
    assert effective == [0] * 6 or (student.channel.pid and effective == reads_only and os.geteuid() == 0)


def test_what_is_given_up_stays_given_up(student: Student, sandbox: Sandbox) -> None:
    """Not readable by others, ended with its guardian, and no capability for any program to come."""
    assert student.result("result = libc.prctl(3, 0, 0, 0, 0)") == 0  # dumpable
    ended_with = (
        "result = ctypes.c_int(); libc.prctl(2, ctypes.byref(result), 0, 0, 0); result = result.value"
    )
    assert student.result(ended_with) == 9
    for change in ("prctl(1, 0, 0, 0, 0)", "prctl(4, 1, 0, 0, 0)", "prctl(36, 1, 0, 0, 0)"):
        assert student.result(f"result = libc.{change}") == -1
    if sandbox.level == "bubblewrap":
        assert student.result("result = [libc.prctl(23, n, 0, 0, 0) for n in range(38)]") == [0] * 38


def test_no_descriptor_leaks(student: Student, course: Path) -> None:
    with (course / "gradebook.db").open("r+"):
        source = """
        result = []
        for fd in range(0, 2000):
            try:
                mode = os.fstat(fd).st_mode
                result.append([fd, (mode >> 12) & 15])
            except OSError:
                pass
        """
        found = student.result(source)
    kinds = {0o02: "character device", 0o14: "socket"}
    assert [kinds.get(kind) for _, kind in found].count("socket") == 1, found
    assert all(kind in kinds for _, kind in found), found


# ---------------------------------------------------------------------------------------------- the library


def test_the_library_that_a_task_forbids_is_not_there(student: Student) -> None:
    for name in (
        "bplib.ops",
        "bplib.tape",
        "bplib.nn",
        "bplib.functional",
        "bplib.autodiff",
        "bplib.check.tasks",
    ):
        assert "ModuleNotFound" in student.result(f"result = attempt(__import__, {name!r})")[1]
    for name in (
        "torch",
        "scipy",
        "sklearn",
        "jax",
        "autograd",
        "nbgrader",
        "grader.grade",
        "grader.remote",
        "tests",
    ):
        assert "ModuleNotFound" in student.result(f"result = attempt(__import__, {name!r})")[1]
    assert "ImportError" in student.result("result = attempt(exec, 'from bplib import ops')")[1]


def test_packages_beside_the_interpreter_are_out_of_sight(student: Student) -> None:
    packages = Path(os.__file__).parent / "site-packages"
    files = sorted(p for p in packages.rglob("*.py"))[:1] if packages.is_dir() else []
    assert files or sys.prefix == sys.base_prefix
    for file in files:
        assert student.result(f"result = attempt(lambda: open({str(file)!r}).read())")[0] == "refused"
    assert student.result(f"result = attempt(lambda: open({os.__file__!r}).read(1))")[0] == "done"


def test_native_callbacks_work(student: Student) -> None:
    assert student.result("result = ctypes.CFUNCTYPE(ctypes.c_int)(lambda: 5)()") == 5


def test_paths_and_finders_do_not_bring_it_back(student: Student) -> None:
    ours, packages = Path(bplib.__file__).parent, os.path.dirname(os.__file__) + "/site-packages"
    source = f"""
    import importlib, importlib.util
    for name in [n for n in sys.modules if n.startswith('bplib')]:
        del sys.modules[name]
    sys.path[:0] = [{str(ROOT)!r}, {str(ours)!r}, {packages!r}]
    importlib.invalidate_caches()
    spec = importlib.util.spec_from_file_location('ops', {str(ours / "ops/__init__.py")!r})
    result = [attempt(importlib.import_module, 'bplib.ops')[0], attempt(lambda: spec.loader.load_module('ops'))[0],
              attempt(lambda: importlib.import_module('check.tasks.a04.relu'))[0]]
    """
    assert student.result(source) == ["refused"] * 3


def test_what_a_setup_cell_needs_is_there(student: Student) -> None:
    source = """
    import numpy as np, matplotlib.pyplot as plt, json, math, random, collections, dataclasses, csv, hashlib, sqlite3
    from bplib import data, viz
    from bplib.check import check, score
    plt.plot([1, 2]); plt.savefig('figure.png'); plt.close()
    viz.training_curves({'loss': [3.0, 2.0, 1.0]})
    np.linalg.svd(np.random.default_rng(0).normal(size=(50, 50)))
    result = [os.path.getsize('figure.png') > 1000, check('04.relu', 'gradient', None), score(), len(data.xor())]
    """
    assert student.result(source) == [True, None, None, 2]
