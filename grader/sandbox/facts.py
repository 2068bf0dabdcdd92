"""What a machine allows a sandbox, each fact found by trying, and what to do where something is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from grader import sandbox
from grader.limits import Limits
from grader.sandbox import landlock

LINUX = "Grade on Linux, in a container or in a virtual machine; limits alone are no boundary elsewhere."
NAMESPACE = "import ctypes, sys; sys.exit(ctypes.CDLL(None).unshare(0x10000000) != 0)"
PROMISES = {
    "bubblewrap": "no network, libraries to read and no other file, an own small /tmp, own processes, limits on "
    "time, memory, processes and files; every submission apart from every other",
    "landlock": "no network, libraries to read and a private folder to write, no signal to other processes, the "
    "same limits; names and sizes of files elsewhere can be asked for, not what is in them",
    "unsafe": "limits on time and memory, and no boundary at all",
}


@dataclass(frozen=True)
class Fact:
    """One thing that was looked at. ``remedy`` is what to do where it is not well."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""


def facts() -> list[Fact]:
    """All facts, the levels last."""
    if sys.platform != "linux":
        return [Fact("Linux", False, f"this is {sys.platform}", LINUX)]
    found = [_bubblewrap(), _namespaces(), _landlock(), _seccomp(), _pidfd(), _root()]
    return found + [_level(name) for name in sandbox.SAFE]


def _bubblewrap() -> Fact:
    program = shutil.which("bwrap")
    if not program:
        remedy = "apt-get install bubblewrap (Fedora: dnf install bubblewrap)"
        return Fact("bubblewrap", False, "there is no program bwrap", remedy)
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    return Fact(
        "bubblewrap", done.returncode == 0, done.stdout.strip() or done.stderr.strip(), "reinstall it"
    )


def _namespaces() -> Fact:
    done = subprocess.run([sys.executable, "-I", "-S", "-c", NAMESPACE], check=False, capture_output=True)
    if done.returncode == 0:
        return Fact("user namespaces", True, "a process may make its own")
    remedy = "sysctl -w user.max_user_namespaces=10000"
    for name, value in (("apparmor_restrict_unprivileged_userns", 0), ("unprivileged_userns_clone", 1)):
        path = Path("/proc/sys/kernel") / name
        if path.exists() and path.read_text().strip() != str(value):
            remedy = f"sysctl -w kernel.{name}={value}"
    remedy += "; in Docker: --security-opt seccomp=unconfined; or use the level landlock"
    return Fact("user namespaces", False, "the kernel forbids them", remedy)


def _landlock() -> Fact:
    abi = landlock.version()
    remedy = "a kernel from 5.13 on, with landlock in its list lsm="
    return Fact(
        "Landlock", abi > 0, f"version {abi}" if abi else "the kernel has none", "" if abi else remedy
    )


def _seccomp() -> Fact:
    path = Path("/proc/sys/kernel/seccomp/actions_avail")
    ok = path.exists() and "errno" in path.read_text()
    return Fact(
        "seccomp filters", ok, "there" if ok else "the kernel has none", "" if ok else "a newer kernel"
    )


def _pidfd() -> Fact:
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (OSError, AttributeError) as error:
        return Fact(
            "pidfd", False, str(error), "a kernel from 5.4 on; in a container, a newer container engine"
        )
    return Fact("pidfd", True, "there")


def _root() -> Fact:
    if os.geteuid():
        return Fact("user", True, f"an ordinary user ({os.geteuid()})")
    return Fact("user", True, "root; submissions run as users who own nothing")


def _level(name: str) -> Fact:
    try:
        with sandbox.open_sandbox(name) as opened:
            opened.start(Limits()).close()
    except OSError as error:
        return Fact(f"level {name}", False, str(error), "see above")
    return Fact(f"level {name}", True, PROMISES[name])


def doctor() -> int:
    """Print the facts and the best level; 1 if there is no safe one."""
    colour = sys.stdout.isatty()
    best = ""
    for fact in facts():
        word, paint = ("ok", sandbox.GREEN) if fact.ok else ("MISSING", sandbox.RED)
        start, end = (paint, sandbox.PLAIN) if colour else ("", "")
        print(f"{start}{word:8}{end}{fact.name}: {fact.detail}")
        if not fact.ok:
            print(f"        → {fact.remedy}")
        elif fact.name.startswith("level ") and not best:
            best = fact.name.removeprefix("level ")
    if not best:
        print("Submissions cannot be run safely on this machine.")
        return 1
    print(f"Submissions run at the level {best}.")
    return 0
