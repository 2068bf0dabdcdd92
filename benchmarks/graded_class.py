"""A class to be graded: the first five tasks of assignment 01, and any number of students who hand them in.

Six in ten are right, the others have one of the named mistakes each; two in a hundred run until they are stopped.
No two files are the same, so that none is spared for being known.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
NAME = "01_five_tasks"
TASKS = ("predict", "mse", "slopes", "one_step", "train")
SPINS = "slopes", "def slopes(x, dz):\n    while True:\n        pass\n"
SPIN_EVERY = 50


def environment() -> dict[str, str]:
    """What the commands see: this Python's commands on the path, and nobody's Jupyter configuration."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("JUPYTER")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}"
    more = {"PATH": path, "JUPYTER_CONFIG_DIR": "/nonexistent", "JUPYTER_NO_CONFIG": "1"}
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    return kept | more | threads | {"PYTHONPATH": str(ROOT)}


def command(*words: str, where: Path = ROOT, fine: tuple[int, ...] = (0,)) -> str:
    """Run a command and give what it printed; SystemExit with its words where it fails."""
    done = subprocess.run(words, cwd=where, env=environment(), capture_output=True, text=True, check=False)
    if done.returncode not in fine:
        raise SystemExit(f"{' '.join(words)} gave {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def grader(*words: str) -> list[str]:
    return [sys.executable, "-m", "grader", *words]


def source() -> dict[str, Any]:
    """The instructor's notebook: assignment 01 up to the end of its fifth task."""
    path = ROOT / "solutions" / "01_first_network" / "01_first_network.ipynb"
    notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    kept, inside = [], True
    for cell in notebook["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
        task = re.sub(r"^(task|test)-", "", name).split("-")[0]
        inside = name in ("head", "setup") or task in TASKS
        if inside and "look" not in cell["metadata"].get("tags", []):
            kept.append(cell)
    return notebook | {"cells": kept}


def make(root: Path) -> Path:
    """A course with this assignment, released, in which nobody has handed in."""
    instructors = root.parent / "instructors" / NAME
    instructors.mkdir(parents=True)
    (instructors / f"{NAME}.ipynb").write_text(json.dumps(source()), encoding="utf-8")
    command(*grader("init", str(root), "--source", str(instructors.parent)))
    command(*grader("release", NAME, "--course", str(root)))
    return root


def answers() -> tuple[dict[str, str], list[tuple[str, str]]]:
    """The right answers by task; and wrong ones, as (task, source)."""
    importlib.import_module("bplib.check")
    from bplib.check.task import all_tasks
    from grader.audit.source import as_answer

    cells = {
        c["metadata"].get("nbgrader", {}).get("grade_id"): "".join(c["source"]) for c in source()["cells"]
    }
    right = {t: re.sub(r" *### (BEGIN|END) SOLUTION\n?", "", cells[t]) for t in TASKS}
    wrong = [
        (t.id.split(".")[1], as_answer(m.code, t.asks_for))
        for t in all_tasks("01")
        if t.id.split(".")[1] in TASKS
        for m in t.misconceptions
    ]
    return right, wrong


def hand_in(root: Path, count: int) -> None:
    """So many students hand in."""
    right, wrong = answers()
    text = (root / "release" / NAME / f"{NAME}.ipynb").read_text(encoding="utf-8")
    for number in range(count):
        written = dict(right)
        if number % SPIN_EVERY == SPIN_EVERY // 2:
            written[SPINS[0]] = SPINS[1]
        elif number % 10 >= 6:
            task, code = wrong[number % len(wrong)]
            written[task] = code
        written["predict"] += f"\n# student {number}\n"
        notebook = json.loads(text)
        for cell in notebook["cells"]:
            name = cell["metadata"].get("nbgrader", {}).get("grade_id")
            if name in written:
                cell["source"] = written[name]
        folder = root / "submitted" / f"s{number:05}" / NAME
        folder.mkdir(parents=True)
        (folder / f"{NAME}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


def copy(root: Path, to: Path, count: int, stock: bool = False) -> Path:
    """A fresh copy of the course with so many students. ``stock``: nbgrader as it comes, without our sandbox."""
    shutil.copytree(root, to)
    config = to / "nbgrader_config.py"
    text = config.read_text(encoding="utf-8").replace(str(root), str(to))
    if stock:
        text = text.replace("from grader", "# from grader").replace("\nuse(c)", "\n# use(c)")
        text += "c.ExecutePreprocessor.timeout = 2\nc.Execute.timeout = 2\n"
    config.write_text(text, encoding="utf-8")
    hand_in(to, count)
    return to
