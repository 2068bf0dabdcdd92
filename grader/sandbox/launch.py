"""How the warm interpreter of each level is started."""

from __future__ import annotations

import os
import shutil
import stat
import threading
from pathlib import Path

from grader.sandbox import view
from grader.sandbox.confine import Setting

USER = 64100  # root's sandboxes run as this user and the ones above it, which own nothing
BOOT = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from grader.sandbox import zygote; zygote.main(int(sys.argv[2]), sys.argv[3])"
)
LIBRARY = "/library"  # inside
PACKAGES = "/packages"
DEVICES = ("null", "zero", "random", "urandom")


def environment(folder: Path) -> dict[str, str]:
    """All that a submission finds in its environment; nothing of the grader's."""
    return {
        "HOME": str(folder / "scratch"),
        "MPLCONFIGDIR": str(folder / "scratch"),
        "TMPDIR": str(folder / "scratch"),
        "PATH": "/nowhere",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "USER": "student",
        "MPLBACKEND": "agg",
        "PYTHONHASHSEED": "0",  # the same submission, the same verdict
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
    }


def plan(level: str, folder: Path) -> tuple[Setting, list[str]]:
    """What the interpreter is told, and the command that starts it."""
    library, scratch = folder / "library", folder / "scratch"
    scratch.mkdir(mode=0o711)
    folder.chmod(0o711)
    packages = view.build(library, PACKAGES if level == "bubblewrap" else "")
    read, hidden = view.system()
    python = [str(view.interpreter()), "-I", "-S", "-B", "-c", BOOT]
    user = USER if os.geteuid() == 0 and level != "unsafe" else 0
    if level == "bubblewrap":
        setting = Setting(level, LIBRARY, (), (), str(scratch), user, False)
        return setting, [*_bubblewrap(folder, read, packages, hidden), "--", *python, LIBRARY]
    whole, opened = view.without(read, hidden)
    reach = (*whole, *packages)
    closed = bool(user) and not all(_open_to_all(Path(p)) for p in (*reach, str(library)))
    return Setting(level, str(library), reach, tuple(opened), str(scratch), user, closed), [
        *python,
        str(library),
    ]


def _bubblewrap(folder: Path, read: list[str], packages: list[str], hidden: list[str]) -> list[str]:
    program = shutil.which("bwrap")
    if not program:
        raise OSError(
            "bubblewrap is not installed: apt-get install bubblewrap (Fedora: dnf install bubblewrap)"
        )
    command = [
        program,
        "--unshare-pid",
        "--unshare-net",
        "--unshare-ipc",
        "--unshare-uts",
        "--unshare-cgroup-try",
    ]
    if os.geteuid() == 0:  # the warm interpreter gives root up itself, for a user who owns nothing
        command += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        command += ["--unshare-user", "--uid", str(USER), "--gid", str(USER)]
    command += ["--as-pid-1", "--new-session", "--hostname", "sandbox", "--clearenv"]
    if threading.current_thread() is threading.main_thread():  # from another thread, its end would be meant
        command += ["--die-with-parent"]
    inside = environment(folder) | dict.fromkeys(("HOME", "MPLCONFIGDIR", "TMPDIR"), "/tmp")
    for name, value in inside.items():
        command += ["--setenv", name, value]
    parents = {p for place in (*read, "/dev/null") for p in Path(place).parents if p != Path("/")}
    for parent in sorted(parents):  # else bubblewrap makes some that only root can enter
        command += ["--dir", str(parent)]
    for place in sorted(read):
        command += ["--ro-bind", place, place]
    for place in hidden:
        if any(Path(place).is_relative_to(r) for r in read):
            command += ["--tmpfs", place, "--remount-ro", place]
    command += ["--ro-bind", str(folder / "library"), LIBRARY, "--dir", PACKAGES]
    for place in packages:  # not where they are: the sandbox has a /tmp of its own, and a clone may lie there
        command += ["--ro-bind", place, f"{PACKAGES}/{Path(place).name}"]
    command += ["--proc", "/proc", "--perms", "1777", "--size", str(16 << 20), "--tmpfs", "/tmp"]
    for name in DEVICES:
        command += ["--dev-bind", f"/dev/{name}", f"/dev/{name}"]
    return [*command, "--remount-ro", "/", "--chdir", "/tmp"]


def _open_to_all(path: Path) -> bool:
    """Whether every user can come to a place."""
    return all(p.stat().st_mode & stat.S_IXOTH for p in path.resolve().parents)
