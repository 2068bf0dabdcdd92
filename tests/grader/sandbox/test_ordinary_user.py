"""The same attempts once more as an ordinary user: root's rights must not be what a sandbox stands on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

NOBODY = 65534
TESTS = ("test_escapes.py", "test_escapes_process.py", "test_limits.py", "test_lifecycle.py")
# Python may lie in a folder that only root can enter. An own mount namespace puts an open one in its place,
# in which there is nothing but Python.
SCRIPT = """
set -e
if [ -n "$CLOSED" ]; then
    mount --bind "$BASE" "$KEPT"
    mount -t tmpfs -o mode=755 tmpfs "$CLOSED"
    mkdir -p "$BASE"
    mount --bind "$KEPT" "$BASE"
fi
exec setpriv --reuid=%d --regid=%d --clear-groups --inh-caps=-all --bounding-set=-all "$@"
"""


def test_all_of_it_as_nobody() -> None:
    """Runs the other files of this folder in a process that has no rights of root's."""
    if os.geteuid() != 0:
        return  # the other files ran as an ordinary user already: there is nothing more to try
    for program in ("unshare", "setpriv", "mount"):
        if not shutil.which(program):
            pytest.fail(f"{program} is needed to test as an ordinary user: apt-get install util-linux mount")
    base = Path(sys.base_prefix).resolve()
    closed = [p for p in reversed(base.parents) if not p.stat().st_mode & 0o001]
    folder = Path(__file__).parent
    with tempfile.TemporaryDirectory() as kept, tempfile.TemporaryDirectory() as scratch:
        os.chown(scratch, NOBODY, NOBODY)
        done = subprocess.run(
            ["unshare", "--mount", "sh", "-c", SCRIPT % (NOBODY, NOBODY), "sh"]
            + [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "-x"]
            + [str(folder / name) for name in TESTS],
            env=os.environ
            | {"CLOSED": str(closed[0]) if closed else "", "BASE": str(base), "KEPT": kept, "HOME": scratch}
            | {"TMPDIR": scratch, "PYTHONDONTWRITEBYTECODE": "1", "HYPOTHESIS_STORAGE_DIRECTORY": scratch},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert " passed" in done.stdout and "skipped" not in done.stdout
