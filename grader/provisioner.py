"""Starts a Jupyter kernel inside bubblewrap: for notebooks of others that a person opens and runs.

It is chosen by the name ``grader-sandbox``: for every kernel of a server or command with the environment variable
``JUPYTER_DEFAULT_PROVISIONER_NAME=grader-sandbox``, for one kernel in its ``kernel.json``. The kernel can read the
machine's programs, this Python's packages and the notebook's own folder; it has no network, no home folder and no
process but its own. It talks to Jupyter over sockets in a folder of its own: there is no network to talk over.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jupyter_client.provisioning import LocalProvisioner
from traitlets import Enum, Integer, List, Unicode

from grader.sandbox import launch, seccomp

NAME = "grader-sandbox"
MB = 1 << 20
SYSTEM = (
    *("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64"),
    *("/etc/ld.so.cache", "/etc/alternatives", "/etc/fonts", "/etc/localtime", "/etc/mime.types"),
)
KEPT = (
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "TERM",
    "PYTHONHASHSEED",
    "NBGRADER_EXECUTION",
    "NBGRADER_VALIDATING",
)
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
# An interactive kernel starts programs, and opens the sockets over which it talks.
ALLOWED = frozenset({"execve", "execveat", "socket", "memfd_create"})
LIMIT = (
    "import os, resource as r, sys; m = int(sys.argv[1]); r.setrlimit(r.RLIMIT_AS, (m, m)); "
    "r.setrlimit(r.RLIMIT_CORE, (0, 0)); os.execvp(sys.argv[2], sys.argv[2:])"
)


class SandboxedKernel(LocalProvisioner):
    """A kernel of this machine, inside bubblewrap."""

    folder = Enum(
        ["write", "read", "none"],
        "write",
        help="What the kernel may do in the notebook's own folder: write, read, or not even see it (none).",
    ).tag(config=True)
    read = List(Unicode(), help="Further folders that the kernel may read.").tag(config=True)
    keep = List(Unicode(), help="Further environment variables that the kernel is given.").tag(config=True)
    memory = Integer(4096, help="Megabytes of memory for each process of the kernel.").tag(config=True)
    disk = Integer(256, help="Megabytes in the kernel's own /tmp, which is its home folder.").tag(config=True)

    _sockets = ""  # the folder of the sockets

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Bring the manager to talk over sockets in a folder, and put bubblewrap before the kernel's command."""
        manager = self.parent
        if manager is None:
            raise RuntimeError("a sandboxed kernel needs a kernel manager, which writes its connection file")
        program = shutil.which("bwrap")
        if not program or sys.platform != "linux":
            raise RuntimeError("kernels cannot be sandboxed here: there is no bubblewrap; see grader doctor")
        cwd = Path(kwargs.get("cwd") or os.getcwd()).resolve()
        if self.folder != "none":
            _refuse_precious(cwd)
        if not self._sockets:
            self._sockets = tempfile.mkdtemp(prefix="kernel-")  # mode 700: only this user comes in
        if manager.transport != "ipc":
            manager.transport, manager.ip = "ipc", f"{self._sockets}/s"
            manager.cache_ports = False
        self.kernel_spec.interrupt_mode = "message"  # a signal would reach bubblewrap, not the kernel
        kwargs = await super().pre_launch(**kwargs)
        self.connection = str(manager.connection_file)
        command = self._bubblewrap(program, cwd, kwargs.get("env") or dict(os.environ))
        filter, write = os.pipe()
        with open(write, "wb") as stream:
            stream.write(seccomp.program(False, 0, allowed=ALLOWED))
        boot = [sys.executable, "-I", "-S", "-c", LIMIT, str(self.memory * MB)]
        kwargs["cmd"] = [*command, "--seccomp", str(filter), "--", *boot, *kwargs["cmd"]]
        self._folder = cwd
        return kwargs | {"pass_fds": [filter], "cwd": "/"}

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Start it; the filter on system calls was handed over by a descriptor."""
        try:
            found = await super().launch_kernel(cmd, **kwargs)
            self.cwd = self._folder
            return found
        finally:
            for handle in kwargs.get("pass_fds", ()):
                os.close(handle)

    async def cleanup(self, restart: bool = False) -> None:
        """Remove the sockets; a restarted kernel goes on using them."""
        await super().cleanup(restart=restart)
        if self._sockets and not restart:
            shutil.rmtree(self._sockets, ignore_errors=True)
            self._sockets = ""

    def _bubblewrap(self, program: str, cwd: Path, environment: dict[str, str]) -> list[str]:
        """bubblewrap's own part of the command."""
        command = [
            program,
            "--unshare-user",
            "--unshare-all",
            "--uid",
            str(launch.USER),
            "--gid",
            str(launch.USER),
        ]
        command += ["--hostname", "sandbox", "--clearenv"]
        if (
            threading.current_thread() is threading.main_thread()
        ):  # from another thread, its end would be meant
            command += ["--die-with-parent"]
        here = str(cwd) if self.folder != "none" else "/tmp"
        inside = {n: environment[n] for n in (*KEPT, *THREADS, *self.keep) if n in environment}
        inside |= {"HOME": "/tmp", "USER": "student", "MPLBACKEND": environment.get("MPLBACKEND", "")}
        inside |= {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "PWD": here}
        for name, value in inside.items():
            if value:
                command += ["--setenv", name, value]
        command += ["--proc", "/proc", "--dev", "/dev", "--size", str(self.disk * MB), "--tmpfs", "/tmp"]
        for place in _readable(self.read):
            command += ["--ro-bind", place, place]
        command += ["--bind", self._sockets, self._sockets]
        connection = os.path.abspath(self.connection)
        command += ["--ro-bind", connection, connection]
        if self.folder != "none":
            command += ["--bind" if self.folder == "write" else "--ro-bind", here, here]
        # Root's own kernel could else write the machine's settings in /proc/sys, without a capability.
        return [*command, "--remount-ro", "/proc", "--remount-ro", "/", "--chdir", here]


def _readable(more: Iterable[str]) -> list[str]:
    """What the kernel may read: the machine's programs, this Python, its packages, and the library."""
    places = [*SYSTEM, sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix]
    library = find_spec("bplib")
    if library is not None and library.origin is not None:
        places.append(os.path.dirname(library.origin))
    places += [os.path.expanduser(place) for place in more]
    found: list[str] = []
    for place in dict.fromkeys(places):
        if os.path.exists(place) and not any(_within(place, other) for other in found):
            found.append(place)
    return found


def _refuse_precious(folder: Path) -> None:
    """RuntimeError for a folder that holds more than a notebook's own files."""
    home = Path.home().resolve()
    if home.is_relative_to(folder):
        raise RuntimeError(
            f"a sandboxed kernel is shown the folder of its notebook, and {folder} holds your home folder: "
            "put the notebook into a folder of its own"
        )
    for course in ("nbgrader_config.py", "*/nbgrader_config.py", "*/*/nbgrader_config.py"):
        if any(folder.glob(course)):
            raise RuntimeError(
                f"a sandboxed kernel is shown the folder of its notebook, and {folder} holds a whole course: "
                "open a notebook in a folder of the course"
            )


def _within(place: str, other: str) -> bool:
    return place == other or place.startswith(other.rstrip("/") + "/")
