"""A demo class: forty submissions of one assignment, right, partly right, wrong in known ways, broken and hostile.

The submissions are made from what the project has anyway: the solutions, the right variants and the wrong
answers of the tasks. The same seed makes the same class.
"""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from typing import Any

from bplib.check.task import all_tasks
from grader.audit import run, source
from grader.audit.source import as_answer
from grader.audit.variants import read as read_variants
from grader.release import released

PEOPLE = """
ada alan amalie ansel barbara blaise carl cecilia claude dana dennis dorothy edsger emmy euclid fei frances
george grace hedy henri hypatia ivan jean joan john katherine kurt leslie lotfi margaret maria mary noether
paul radia richard sofia srinivasa tim
"""
NAMES = PEOPLE.split()
HOSTILE = {
    "an exit": "import os\nos._exit(0)\n",
    "an endless loop": "while True:\n    pass\n",
    "a search for other files": "import pathlib\nprint(list(pathlib.Path('/').rglob('*.db'))[:5])\n",
    "a network call": "import socket\nsocket.create_connection(('127.0.0.1', 80), 1)\n",
    "a flood": "for k in range(10**6):\n    print('x' * 80)\n",
    "a check of one's own": "import bplib.check\nbplib.check.check = check = lambda *a, **k: None\n",
    "a page that acts": "print('<script>alert(1)</script>')\n",
}


def submissions(number: str, students: int = 40, seed: int = 0) -> dict[str, tuple[str, bytes]]:
    """For each student what kind of submission it is, in words, and its bytes."""
    chance = random.Random(seed)
    path = run.notebook(number)
    blank = json.loads(json.dumps(released(path)))
    solutions = source.read(path).solutions
    variants = read_variants(run.ROOT / "solutions" / "variants" / f"a{number}.py")
    tasks = all_tasks(number)
    right = {t.id.split(".")[1]: t for t in tasks}
    found: dict[str, tuple[str, bytes]] = {}
    for k in range(students):
        name = NAMES[k % len(NAMES)] + (str(k // len(NAMES)) if k >= len(NAMES) else "")
        answers = dict(solutions)
        for short, task in right.items():
            others = variants.right.get(task.id, [])
            if others and chance.random() < 0.5:
                answers[short] = as_answer(chance.choice(others)[1], task.asks_for)
        extra, kind = "", "right"
        if k % 8 == 7:
            kind, extra = chance.choice(list(HOSTILE.items()))
        elif k % 8 in (1, 2, 3, 4):
            chosen = chance.sample(list(right), k=min(len(right), 1 + k % 4))
            for short in chosen:
                task = right[short]
                answers[short] = as_answer(chance.choice(task.misconceptions).code, task.asks_for)
            kind = f"wrong in {len(chosen)}"
        elif k % 8 == 5:
            for short in chance.sample(list(right), k=len(right) // 2):
                del answers[short]
            kind = "half done"
        raw = json.dumps(_filled(blank, answers, extra)).encode()
        if k % 20 == 6:
            kind, raw = "cut off in the middle", raw[: len(raw) // 2]
        elif k % 20 == 14:
            kind, raw = "empty", b""
        found[name] = (kind, raw)
    return found


def _filled(blank: dict[str, Any], answers: dict[str, str], extra: str) -> dict[str, Any]:
    notebook = copy.deepcopy(blank)
    for cell in notebook["cells"]:
        meta = cell["metadata"].get("nbgrader", {})
        if meta.get("solution") and meta["grade_id"] in answers:
            cell["source"] = answers[meta["grade_id"]]
        elif meta.get("solution") and meta.get("grade"):
            cell["source"] = "Because the slopes multiply on the way back, and the smallest of them decides."
    if extra:
        cell = {
            "cell_type": "code",
            "id": "own",
            "metadata": {},
            "source": extra,
            "outputs": [],
            "execution_count": None,
        }
        notebook["cells"].insert(3, cell)
    return notebook


def write(folder: Path, number: str, students: int = 40, seed: int = 0) -> dict[str, str]:
    """Write the class as a folder per student; gives what kind each submission is."""
    name = run.notebook(number).stem
    kinds = {}
    for student, (kind, raw) in submissions(number, students, seed).items():
        place = folder / student
        place.mkdir(parents=True)
        (place / f"{name}.ipynb").write_bytes(raw)
        kinds[student] = kind
    return kinds
