"""Grades a class on a disk that is full, again and again with other amounts of room; prints what happened as JSON.

Run in a mount namespace of its own: ``unshare --mount python -m tests.grader.small_disk COURSE FOLDER DATABASE``. With
``postgresql`` the server's files are on the disk, with ``sqlite`` the course's.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from grader.course import Course
from tests.grader import postgres
from tests.grader.lost import entries, everything, on
from tests.grader.warm import Warm

SIZE = 96 << 20
ROOM = {  # bytes that are left
    "sqlite": (0, 16_384, 65_536, 131_072, 250_000),
    "postgresql": (0, 16_384, 65_536),
}


def fill(disk: Path, room: int) -> Path:
    """Leave so much room on the disk."""
    ballast = disk / "ballast"
    free = os.statvfs(disk)
    with open(ballast, "wb") as stream:
        os.posix_fallocate(stream.fileno(), 0, max(4096, free.f_bavail * free.f_frsize - room))
    return ballast


def main(source: Path, disk: Path, database: str) -> None:
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(disk)], check=True)
    elsewhere = disk.with_name("elsewhere")
    elsewhere.mkdir()
    warm = Warm(elsewhere)
    shutil.copytree(source, elsewhere / "undisturbed")
    undisturbed = Course.open(elsewhere / "undisturbed")
    words = ("autograde", "01", "--driver", "serial", "--course")
    warm.run(*words, str(undisturbed.root), code=3)
    right = everything(undisturbed)
    server = None
    if database == "postgresql":
        (disk / "server").mkdir()
        for folder in (disk, disk.parent):  # the server runs as another user
            os.chmod(folder, 0o755)
        server = postgres.Server(disk / "server", "--wal-segsize=1")
        server.start()
    found = []
    for number, room in enumerate(ROOM[database]):
        root = (disk if server is None else elsewhere) / f"course{number}"
        shutil.copytree(source, root)
        course = (
            Course.open(root)
            if server is None
            else on(database, Course.open(root), server, warm, f"c{number}")
        )
        ballast = fill(disk, room)
        run = warm.start(*words, str(root), "--wait", "1")
        one = {"room": room, "code": run.wait(), "complaint": (run.complaint.splitlines() or [""])[-1]}
        one["kept"] = len(entries(course))
        if "Traceback" in run.complaint:
            one["complaint"] = run.complaint
        ballast.unlink()
        if server is not None:
            server.restart()
        one["said after"] = warm.run(*words, str(root), code=3)
        one["same"] = everything(course) == right
        found.append(one)
        if server is None:
            shutil.rmtree(root)
    warm.close()
    if server is not None:
        server.stop()
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
