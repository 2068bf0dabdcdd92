"""What an attack is, and the small assignment that all of them are made against."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.grader.classes import NAME, SOURCE

GROUPS = ("Faking a pass", "Killing or hanging", "Stealing", "Malformed", "Presentation")
HIDDEN = 424242  # a number that only hidden tests have: who shows it has read them
FROM_COURSE = ("setup", "task-relu", "relu", "test-relu-value", "test-relu-gradient")
POINTS = 10.0  # of all that is graded automatically

SETUP = "import numpy as np\nfrom bplib.check import check\n"
MEAN_SQUARE = '''def mean_square(a, b):
    """The mean of (a - b)², over all entries of two arrays of one shape."""
    ### BEGIN SOLUTION
    return float(np.mean((a - b) ** 2))
    ### END SOLUTION
'''
COUNT_DEAD = '''def count_dead(slopes):
    """How many of these slopes are exactly 0."""
    ### BEGIN SOLUTION
    return int(np.sum(np.asarray(slopes) == 0))
    ### END SOLUTION
'''
VISIBLE = "a, b, want = np.array([1.0, 2.0]), np.array([0.0, 4.0]), 2.5\n"
UNSEEN = f"""### BEGIN HIDDEN TESTS
rng = np.random.default_rng({HIDDEN})
a, b = rng.normal(size=(2, 7))
want = float(np.mean((a - b) ** 2))
CHECK
### END HIDDEN TESTS"""
STYLES = {  # the ways in which teachers write an ordinary test
    "plain": ("", "assert abs(mean_square(a, b) - want) < 1e-9"),
    "numpy": ("", "assert np.allclose(mean_square(a, b), want)"),
    "math": ("import math\n", "assert math.isclose(mean_square(a, b), want)"),
    "unittest": ("import unittest\n", "unittest.TestCase().assertAlmostEqual(mean_square(a, b), want)"),
}
QUICK = f"""import time
began = time.perf_counter()
assert abs(mean_square(np.ones(3), np.zeros(3)) - 1) < 1e-9
assert time.perf_counter() - began < 0.8
### BEGIN HIDDEN TESTS
began = time.perf_counter()
assert abs(mean_square(np.full(5, {HIDDEN}.0), np.zeros(5)) - {HIDDEN}**2) < 1e-3
assert time.perf_counter() - began < 0.8
### END HIDDEN TESTS"""
PARTLY = f"""earned = 1.0 * (count_dead([0.0, 1.0, 0.0]) == 2)
### BEGIN HIDDEN TESTS
earned += 1.0 * (count_dead([{HIDDEN}.0, 0.0]) == 1)
### END HIDDEN TESTS
earned"""


def source() -> dict[str, Any]:
    """The instructor's notebook: a task of the course, two with tests of the ordinary kind, one in words."""
    nb: dict[str, Any] = json.loads(SOURCE.read_text(encoding="utf-8"))
    there = {c["metadata"].get("nbgrader", {}).get("grade_id"): c for c in nb["cells"]}
    setup = next(c for c in nb["cells"] if "setup" in c["metadata"].get("tags", [])) | {"source": SETUP}
    cells = [setup if name == "setup" else there[name] for name in FROM_COURSE]
    cells += [_cell("mean_square", MEAN_SQUARE, solution=True)]
    for style, (first, check) in STYLES.items():
        text = f"{first}{VISIBLE}{check}\n{UNSEEN.replace('CHECK', check)}"
        cells.append(_cell(f"test-mean_square-{style}", text, grade=True, points=1))
    cells.append(_cell("test-mean_square-quick", QUICK, grade=True, points=1))
    cells += [_cell("count_dead", COUNT_DEAD, solution=True)]
    cells.append(_cell("test-count_dead-parts", PARTLY, grade=True, points=2))
    cells.append(there["explain-choice"])
    return nb | {"cells": cells}


def _cell(name: str, text: str, **more: Any) -> dict[str, Any]:
    meta = {"schema_version": 3, "grade_id": name, "grade": False, "solution": False, "task": False}
    meta |= {"locked": not more.get("solution"), **more}
    cell = {"cell_type": "code", "id": name[:60], "execution_count": None, "outputs": [], "source": text}
    return cell | {"metadata": {"nbgrader": meta}}


RIGHT = {
    "relu": "def relu(z):\n    return np.maximum(z, 0), lambda d: d * (z > 0)\n",
    "mean_square": "def mean_square(a, b):\n    return float(np.mean((a - b) ** 2))\n",
    "count_dead": "def count_dead(slopes):\n    return int(np.sum(np.asarray(slopes) == 0))\n",
}
WRONG = {
    "relu": "def relu(z):\n    return z - 1, lambda d: d + 1\n",
    "mean_square": "def mean_square(a, b):\n    return 7.0\n",
    "count_dead": "def count_dead(slopes):\n    return -1\n",
}
TWO_OF_THREE = {k: v for k, v in RIGHT.items() if k != "count_dead"}  # 8 points


@dataclass(frozen=True)
class Scene:
    """Where an attack takes place; what it is to find or to leave lies in folders of its own."""

    root: Path
    port: int  # a listener of ours that is to hear nothing

    @property
    def course(self) -> Path:
        return self.root / "course"

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def marks(self) -> Path:
        return self.root / "marks"  # an attack that can write outside leaves a file here

    @property
    def temporary(self) -> Path:
        return self.root / "tmp"

    def fill(self, text: str, attack: Attack, milder: bool) -> str:
        """An attack's code with this scene's places in it."""
        words = {"COURSE": self.course, "HOME": self.home, "PORT": self.port, "ID": attack.id}
        words |= {"MARK": self.marks / attack.id}
        for name, (full, mild) in attack.sizes.items():
            words[name] = mild if milder else full
        for name, value in words.items():
            text = text.replace(f"@{name}@", str(value))
        return text


@dataclass(frozen=True)
class Attack:
    """One line of the table. ``says`` is what the student must be told by our grader, as a regular expression."""

    id: str
    title: str
    answers: Mapping[str, str] = field(default_factory=lambda: WRONG)
    twin: Mapping[str, str] = field(default_factory=lambda: WRONG)  # what the honest twin hands in
    own: str = ""  # a cell of the student's own, after the set-up
    change: Callable[[dict[str, Any]], dict[str, Any] | bytes | None] | None = None
    place: Callable[[Path, bytes, Scene], None] | None = (
        None  # writes into the student's folder, not a plain file
    )
    by: str = (
        "folder"  # how it reaches the grader: "folder" or "zip" through collecting, "submitted" beside it
    )
    says: str = ""
    sizes: Mapping[str, tuple[Any, Any]] = field(
        default_factory=dict
    )  # token: (for ours, for stock nbgrader)
    note: str = ""  # what is milder in the file for stock nbgrader, or what else is to be known
    costs: float = 0.0  # points that even a good grader lets it lose beside its twin
    student: str = ""  # a name of its own, where the name is the attack


def notebook(release: Mapping[str, Any], answers: Mapping[str, str], own: str = "") -> dict[str, Any]:
    """A student's copy of the release with these answers in it."""
    nb: dict[str, Any] = copy.deepcopy(dict(release))
    for cell in nb["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if name in answers:
            cell["source"] = answers[name]
    if own:
        extra = {"cell_type": "code", "id": "own", "metadata": {}, "source": own}
        nb["cells"].insert(1, extra | {"execution_count": None, "outputs": []})
    return nb


def named(nb: dict[str, Any], name: str) -> dict[str, Any]:
    """The cell with this grade_id."""
    found: dict[str, Any] = next(
        c for c in nb["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == name
    )
    return found


def made(attack: Attack, release: Mapping[str, Any], scene: Scene, milder: bool = False) -> bytes:
    """The bytes of an attack's notebook."""
    fill = lambda text: scene.fill(text, attack, milder)
    nb: Any = notebook(release, {k: fill(v) for k, v in attack.answers.items()}, fill(attack.own))
    if attack.change:
        nb = attack.change(nb) or nb
    return nb if isinstance(nb, bytes) else json.dumps(nb).encode()


def put(attack: Attack, folder: Path, data: bytes, scene: Scene) -> None:
    """Hand in: the file, or what the attack puts in its place."""
    folder.mkdir(parents=True, exist_ok=True)
    if attack.place:
        attack.place(folder, data, scene)
    else:
        (folder / f"{NAME}.ipynb").write_bytes(data)
