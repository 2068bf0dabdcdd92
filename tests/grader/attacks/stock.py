"""Runs the same files through nbgrader as it comes: each attack in a course, a home and a process of its own.

    python -m tests.grader.attacks.stock SCRATCH OUT.json [ID ...]

Students' code runs there as whoever grades, so all of it happens inside bubblewrap, where this machine can be read
but not changed, with no network but its own loopback: nbgrader itself notices nothing of that.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

from grader.course import Course
from tests.grader import classes
from tests.grader.attacks import ours, stealing
from tests.grader.attacks.kit import RIGHT, Attack, Scene, made, notebook, put
from tests.grader.attacks.table import ATTACKS, BY_ID, EVERY, Listener, Outcome
from tests.grader.classes import NAME

PATIENCE = 90.0  # seconds for one attack and its neighbours; then it is stopped
CELL = 12  # seconds for one cell, nbgrader's own setting
ZIPS = r".*?(?P<student_id>[^/]+)/(?P<file_id>04_activations)\.ipynb"
CONFIG = f"""
c.ExecutePreprocessor.timeout = {CELL}
c.Execute.timeout = {CELL}
c.FileNameCollectorPlugin.named_regexp = r"{ZIPS}"
c.ZipCollectApp.strict = False
"""


def stock_course(course: Course) -> None:
    """Take every line of ours out of a course's configuration."""
    config = course.root / "nbgrader_config.py"
    text = config.read_text(encoding="utf-8").replace(ours.LIMITS, "")
    text = text.replace("from grader", "# from grader").replace("use(c)", "# use(c)")
    config.write_text(text + CONFIG, encoding="utf-8")


def outside(scratch: Path, out: Path, ids: list[str]) -> None:
    """Make the course, and run everything inside."""
    scratch.mkdir(parents=True)
    here = ours.scene(scratch / "master", 0)
    course = ours.release(here)
    stock_course(course)
    put(Attack("", ""), course.folder("submitted", NAME, ours.HONEST[0]), _honest(course), here)
    ours.run(here, sys.executable, "-m", "nbgrader", "autograde", NAME)
    wall = ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp"]
    for place in dict.fromkeys(
        (str(classes.ROOT), sys.prefix)
    ):  # a clone may lie under the /tmp that is hidden
        wall += ["--ro-bind", place, place]
    wall += ["--bind", str(scratch), str(scratch), "--unshare-pid", "--unshare-net", "--unshare-ipc"]
    wall += ["--die-with-parent", "--chdir", str(classes.ROOT)]
    environment = ours.environment(here) | {"TZ": "UTC"}
    command = [*wall, sys.executable, "-m", __name__ if __name__ != "__main__" else SELF, "--inside"]
    subprocess.run([*command, str(scratch), *ids], env=environment, check=True)
    shutil.move(scratch / "outcomes.json", out)


SELF = "tests.grader.attacks.stock"


def inside(scratch: Path, ids: list[str]) -> None:
    """Run attack after attack; nbgrader is imported once, and forked for each command."""
    from grader.course import without_slow_imports

    without_slow_imports()  # else each import of nbgrader takes four seconds
    from nbgrader.apps.nbgraderapp import NbGraderApp  # noqa: F401

    outcomes: dict[str, Any] = {}
    twins = _twins(scratch)
    for attack in [BY_ID[i] for i in ids] or EVERY:
        began = time.monotonic()
        outcome = one(scratch, attack, twins)
        outcomes[attack.id] = outcome.to_dict()
        print(
            f"{attack.id}: {outcome.points} {outcome.twin} {outcome.words()} ({time.monotonic() - began:.0f} s)",
            file=sys.stderr,
            flush=True,
        )
    (scratch / "outcomes.json").write_text(json.dumps(outcomes), encoding="utf-8")


def _scene(scratch: Path, name: str, port: int) -> tuple[Scene, Course]:
    here = ours.scene(scratch / name, port)
    shutil.copytree(scratch / "master" / "course", here.course)
    config = here.course / "nbgrader_config.py"
    config.write_text(config.read_text().replace("/master/", f"/{name}/"), encoding="utf-8")
    return here, Course.open(here.course)


def nbgrader(here: Scene, *words: str, patience: float = PATIENCE) -> str:
    """One of nbgrader's commands, in a process of its own: "done", "failed", or "stopped" by us."""
    child = os.fork()
    if child == 0:
        os.setsid()
        os.chdir(here.course)
        os.environ.update(
            HOME=str(here.home), TMPDIR=str(here.temporary), IPYTHONDIR=str(here.home / "ipython")
        )
        os.environ.update(JUPYTER_RUNTIME_DIR=str(here.home / "runtime"))
        log = os.open(here.root / "log", os.O_CREAT | os.O_APPEND | os.O_WRONLY)
        for fd, to in ((os.open(os.devnull, os.O_RDONLY), 0), (log, 1), (log, 2)):
            os.dup2(fd, to)
        code = 1
        try:
            from nbgrader.apps.nbgraderapp import NbGraderApp

            NbGraderApp.launch_instance(argv=list(words))
            code = 0
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else 1
        finally:
            os._exit(code)
    until = time.monotonic() + patience
    while time.monotonic() < until:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            if os.WIFSIGNALED(status):
                return "killed"
            return "failed" if os.WEXITSTATUS(status) else "done"
        time.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "stopped"


def others() -> list[int]:
    """All processes in here but the two that are ours."""
    mine = {1, os.getpid()}
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) not in mine:
            with contextlib.suppress(OSError):
                state = Path(f"/proc/{name}/stat").read_text().rsplit(")", 1)[1].split()[0]
                if state != "Z":
                    found.append(int(name))
    return found


def end_others() -> None:
    """End what an attack has left."""
    while left := others():
        for pid in left:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)


def _honest(course: Course) -> bytes:
    answers = RIGHT | {"relu": f"# {stealing.REMARK}\n{RIGHT['relu']}"}
    return json.dumps(notebook(ours.released(course), answers)).encode()


def _twins(scratch: Path) -> dict[str, float]:
    """The points of the honest twins: all in one course."""
    here, course = _scene(scratch, "twins", 0)
    nb = ours.released(course)
    kinds: dict[str, str] = {}
    for attack in EVERY:
        text = json.dumps(notebook(nb, attack.twin))
        name = kinds.setdefault(text, f"twin{len(kinds)}")
        put(Attack("", ""), course.folder("submitted", NAME, name), text.encode(), here)
    assert nbgrader(here, "autograde", NAME, patience=300) == "done", (here.root / "log").read_text()[-2000:]
    marks = ours.points(classes.rows(here.course / "gradebook.db"))
    return {a.id: marks[kinds[json.dumps(notebook(nb, a.twin))]] or 0.0 for a in EVERY}


def one(scratch: Path, attack: Attack, twins: dict[str, float]) -> Outcome:
    """An attacker between two honest neighbours, of whom the first has been graded."""
    listener = Listener()
    here, course = _scene(scratch, attack.id, listener.port)
    nb = ours.released(course)
    name = ours.student(attack)
    put(Attack("", ""), course.folder("submitted", NAME, ours.HONEST[1]), _honest(course), here)
    data = made(attack, nb, here, milder=True)
    before = ours._files(here)
    if attack.by == "zip" and attack.place:
        archive = here.course / "downloaded" / NAME / "archive"
        archive.mkdir(parents=True)
        with zipfile.ZipFile(archive / "class.zip", "w", zipfile.ZIP_DEFLATED) as target:
            attack.place(target, name, data, here)  # type: ignore[arg-type]
        collected = nbgrader(here, "zip_collect", NAME, "--force")
    else:
        collected = "done"
        put(attack, course.folder("submitted", NAME, name), data, here)
    ended = nbgrader(here, "autograde", NAME)
    outcome = _look(here, course, attack, twins[attack.id])
    left = others()
    end_others()
    if ended == "stopped":
        outcome.harms.append("the class hangs")
    elif ended == "killed":
        outcome.harms.append("kills nbgrader")
    if collected != "done":
        outcome.harms.append("nothing of the archive is collected")
    if left:
        outcome.harms.append("processes stay behind")
    new = {f for f in ours._files(here) - before if Path(f).name.startswith((f"{attack.id}-", "planted"))}
    if new or f"echo {attack.id}" in (here.home / ".bashrc").read_text(encoding="utf-8"):
        outcome.harms.append("writes on the grader's machine")
    if _size(here.root) > 100 << 20:
        outcome.harms.append("fills the disk")
    if attack.id.encode() in listener.heard:
        outcome.harms.append("reaches the network")
    listener.close()
    if attack in ATTACKS["Presentation"]:
        nbgrader(here, "generate_feedback", NAME, "--student", name)
        outcome.harms += _pages(here, course, attack)
    shutil.rmtree(here.root, ignore_errors=True)
    return outcome


def _size(folder: Path) -> int:
    return sum(f.lstat().st_blocks * 512 for f in folder.rglob("*"))


def _look(here: Scene, course: Course, attack: Attack, twin: float) -> Outcome:
    """What nbgrader has written: of the attacker and of the neighbours."""
    marks = ours.points(classes.rows(here.course / "gradebook.db"))
    name = ours.student(attack)
    points = marks.get(name)
    outcome = Outcome(points, twin, "nothing" if points is None else "graded")
    lost = [n for n in ours.HONEST if marks.get(n) is None]
    changed = [row for row in classes.rows(here.course / "gradebook.db")["grade"] if row[0] in ours.HONEST]
    changed = [
        r for r in changed if r[11] is not None or (r[8][:5] == "test-" and r[10] not in (None, r[14]))
    ]
    if lost:
        outcome.harms.append("**honest neighbours are not graded**")
    if changed:
        outcome.harms.append("**the marks of others are changed**")
    said = _printed(course.folder("autograded", NAME, name) / f"{NAME}.ipynb")
    outcome.harms += [harm for secret, harm in stealing.SECRETS.items() if secret in said]
    return outcome


def _printed(path: Path) -> str:
    """What an attacker's notebook shows of its own accord: what it prints, and the errors of its own cells."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError):
        return ""
    texts = []
    for cell in cells:
        for output in cell.get("outputs", []):
            if output["output_type"] == "stream":
                texts.append("".join(output["text"]))
            elif not cell["metadata"].get("nbgrader", {}).get("grade"):
                texts.append(json.dumps(output))
    return "\n".join(texts)


def _pages(here: Scene, course: Course, attack: Attack) -> list[str]:
    page = course.folder("feedback", NAME, ours.student(attack)) / f"{NAME}.html"
    text = page.read_text(encoding="utf-8", errors="replace") if page.exists() else ""
    found = ["a script on the feedback page"] if ours.is_active(text) else []
    if attack.student.startswith("="):
        nbgrader(here, "export", "--to", str(here.root / "grades.csv"))
        table = (here.root / "grades.csv").read_text(encoding="utf-8")
        if f",{attack.student}," in table or f"\n{attack.student}," in table:
            found.append("a formula in the table of marks")
    return found


if __name__ == "__main__":
    if sys.argv[1] == "--inside":
        inside(Path(sys.argv[2]), sys.argv[3:])
    else:
        outside(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve(), sys.argv[3:])
