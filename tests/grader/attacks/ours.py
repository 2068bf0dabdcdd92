"""Runs all attacks as one class through our commands, and looks at what came of each."""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.batch import verdicts
from grader.course import Course
from tests.grader import classes
from tests.grader.attacks import presentation, stealing
from tests.grader.attacks.kit import RIGHT, Attack, Scene, made, notebook, put, source
from tests.grader.attacks.table import EVERY, Listener, Outcome
from tests.grader.classes import NAME

LIMITS = 'c.SandboxedExecute.limits = {"call_seconds": 1.5, "cell_seconds": 3.0, "wall_seconds": 30.0}\n'
HONEST = ("abel", stealing.NEIGHBOUR)  # before and after all others in the order of names


@dataclass
class Class:
    """A graded class of attackers, each with a twin, and two honest neighbours."""

    scene: Scene
    course: Course
    listener: Listener
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, str] = field(default_factory=dict)
    leftovers: list[int] = field(default_factory=list)
    seen_alive: int = 0  # processes of the sandbox that the search found while it was open


def scene(root: Path, port: int) -> Scene:
    """The folders of a scene, with what is to be stolen in them."""
    here = Scene(root, port)
    for folder in (here.home / ".ssh", here.marks, here.temporary):
        folder.mkdir(parents=True)
    for folder in (root, here.marks):
        folder.chmod(0o777)  # whoever can come here can write here
    (here.home / ".ssh" / "id_key").write_text(stealing.IN_HOME, encoding="utf-8")
    (here.home / ".bashrc").write_text("# nothing\n", encoding="utf-8")
    return here


def environment(here: Scene) -> dict[str, str]:
    """What a grader's command is started with, secrets included."""
    places = {"HOME": str(here.home), "TMPDIR": str(here.temporary)}
    return classes.environment() | places | {"GRADER_PASSWORD": stealing.IN_ENVIRONMENT}


def run(here: Scene, *command: str, codes: tuple[int, ...] = (0,)) -> str:
    """Run a command in the course's folder; gives what it printed."""
    done = subprocess.run(
        command,
        cwd=here.course if here.course.exists() else here.root,
        env=environment(here),
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode in codes, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def command(here: Scene, *words: str, codes: tuple[int, ...] = (0,)) -> str:
    """Run ``grader``; gives what it printed."""
    return run(here, sys.executable, "-m", "grader", *words, codes=codes)


def release(here: Scene) -> Course:
    """A course with the assignment of the attacks, made and released by the real commands."""
    command(here, "init", str(here.course), "--assignments", NAME[:2])
    (here.course / "source" / NAME / f"{NAME}.ipynb").write_text(json.dumps(source()), encoding="utf-8")
    command(here, "release", NAME[:2])
    config = here.course / "nbgrader_config.py"
    config.write_text(config.read_text(encoding="utf-8") + LIMITS, encoding="utf-8")
    return Course.open(here.course)


def released(course: Course) -> dict[str, Any]:
    """The notebook as students get it."""
    path = course.folder("release", NAME) / f"{NAME}.ipynb"
    nb: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return nb


def student(attack: Attack) -> str:
    """The name under which an attack is handed in."""
    return attack.student or attack.id


def hand_in(course: Course, here: Scene, attacks: tuple[Attack, ...]) -> None:
    """Everybody hands in: into a folder and a zip that are collected, or straight into ``submitted/``."""
    nb = released(course)
    incoming = here.root / "incoming"
    incoming.mkdir()
    straight = []
    with zipfile.ZipFile(here.root / "class.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for attack in attacks:
            data = made(attack, nb, here)
            if attack.by == "zip" and attack.place:
                attack.place(archive, student(attack), data, here)  # type: ignore[arg-type]
            elif attack.by == "submitted" or attack.student.startswith("="):
                straight.append((attack, data))
            else:
                put(attack, incoming / student(attack), data, here)
            twin = json.dumps(notebook(nb, attack.twin)).encode()
            put(Attack("", ""), incoming / f"{attack.id}-twin", twin, here)
        right = json.dumps(notebook(nb, RIGHT | {"relu": f"# {stealing.REMARK}\n{RIGHT['relu']}"})).encode()
        for name in HONEST:
            put(Attack("", ""), incoming / name, right, here)
        archive.writestr(f"zip-neighbour/{NAME}.ipynb", right)
    command(here, "collect", NAME[:2], str(incoming), "--platform", "folder", codes=(0, 3))
    command(here, "collect", NAME[:2], str(here.root / "class.zip"), "--platform", "folder", codes=(0, 3))
    for attack, data in straight:
        put(attack, course.folder("submitted", NAME, student(attack)), data, here)


def in_sandbox(here: Scene) -> list[int]:
    """The processes that see a folder of this scene's sandboxes among their mounts, or come from its interpreter."""
    mark = "/".join(here.temporary.parts[-4:]) + "/grader-"
    found = []
    for place in Path("/proc").iterdir():
        if place.name.isdigit() and int(place.name) != os.getpid():
            try:
                said = (place / "mountinfo").read_text() + (place / "cmdline").read_text()
            except OSError:
                continue
            if mark in said:
                found.append(int(place.name))
    return found


def grade(root: Path, attacks: tuple[Attack, ...] = EVERY) -> Class:
    """The whole way of a class: init, release, collect, autograde, feedback, export, report."""
    listener = Listener()
    here = scene(root, listener.port)
    course = release(here)
    found = Class(here, course, listener)
    hand_in(course, here, attacks)
    before = _files(here)
    running = subprocess.Popen(
        [sys.executable, "-m", "grader", "autograde", NAME[:2], "--json"],
        cwd=here.course,
        env=environment(here),
        stdout=subprocess.PIPE,
        text=True,
    )
    while running.poll() is None:
        found.seen_alive = max(found.seen_alive, len(in_sandbox(here)))
        try:
            said, _ = running.communicate(timeout=0.5)
        except subprocess.TimeoutExpired:
            continue
    until = time.monotonic() + 5
    while (left := in_sandbox(here)) and time.monotonic() < until:
        time.sleep(0.1)
    found.leftovers = left
    found.summary = json.loads(said)
    command(here, "feedback", NAME[:2])
    command(here, "report", NAME[:2])
    command(here, "export", "--to", str(here.root / "grades.csv"))
    found.tables["nbgrader"] = (here.root / "grades.csv").read_text(encoding="utf-8")
    found.rows = classes.rows(here.course / "gradebook.db")
    marks = points(found.rows)
    judged = {item.student: verdict for item, verdict in verdicts(course, NAME)}
    for attack in attacks:
        found.outcomes[attack.id] = _outcome(found, attack, judged[student(attack)] or {}, marks, before)
    return found


def points(rows: dict[str, Any]) -> dict[str, float | None]:
    """The points that were given automatically, by student."""
    found: dict[str, float | None] = {}
    for row in rows["grade"]:
        if row[8].startswith("test-") and row[10] is not None:
            found[row[0]] = (found.get(row[0]) or 0.0) + row[10]
        else:
            found.setdefault(row[0], None)
    return found


def _files(here: Scene) -> set[str]:
    """The files of the grader's machine that no submission may add to."""
    places = (here.home, here.marks, here.course / "source", here.course / "release")
    return {str(f) for place in places for f in place.rglob("*") if f.is_file()}


def _outcome(found: Class, attack: Attack, verdict: dict[str, Any], marks: Any, before: set[str]) -> Outcome:
    here, name = found.scene, student(attack)
    page = found.course.folder("feedback", NAME, name) / f"{NAME}.html"
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    shown = found.course.folder("autograded", NAME, name) / f"{NAME}.ipynb"
    autograded = shown.read_text(encoding="utf-8") if shown.exists() else ""
    outcome = Outcome(marks.get(name), marks[f"{attack.id}-twin"] or 0.0, verdict["status"])
    outcome.told = html.unescape(re.sub(r"<[^>]+>", "", text))
    new = {f for f in _files(here) - before if Path(f).name.startswith(f"{attack.id}-")}
    if new or f"echo {attack.id}" in (here.home / ".bashrc").read_text(encoding="utf-8"):
        outcome.harms.append("writes on the grader's machine")
    if attack.id.encode() in found.listener.heard:
        outcome.harms.append("reaches the network")
    outcome.harms += [
        harm for secret, harm in stealing.SECRETS.items() if secret in outcome.told + autograded
    ]
    if is_active(text) or is_active(_markdown(autograded), markdown=True):
        outcome.harms.append("a script on the feedback page")
    return outcome


def is_active(page: str, markdown: bool = False) -> bool:
    """Whether a student's script is there as a script: in a tag, an attribute or an address."""
    mark = re.escape(presentation.PROOF)
    way = rf"<script[^>]*>[^<]*{mark}|<[a-z]+ [^<>]*=[\"']?{mark}|(?:href|src)=[\"']?javascript:{mark}"
    return bool(re.search(way + (rf"|\]\(javascript:{mark}" if markdown else ""), page))


def _markdown(autograded: str) -> str:
    """What of a notebook a page takes as tags: its text cells, and outputs that are more than text."""
    if not autograded:
        return ""
    cells = json.loads(autograded)["cells"]
    texts = ["".join(c["source"]) for c in cells if c["cell_type"] == "markdown"]
    for cell in cells:
        for output in cell.get("outputs", []):
            texts += [str(v) for k, v in output.get("data", {}).items() if k != "text/plain"]
    return "\n".join(texts)
