"""``python -m bplib.check notebook.ipynb``: the checks of an assignment without Jupyter."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
RELEASED = ROOT / "book" / "assignments" / "04_activations.ipynb"
RELU = "def relu(z):\n    return np.maximum(z, 0), lambda d: d * (z > 0)\n"


def run(path: Path) -> tuple[int, str]:
    words = [sys.executable, "-W", "error", "-m", "bplib.check", str(path)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout + done.stderr


def test_an_untouched_assignment_says_for_each_task_that_it_is_not_written() -> None:
    code, said = run(RELEASED)
    assert code == 1
    assert said.count("is not written yet") >= 8
    assert "visible tests                   0 of" in said


def test_one_task_done_earns_its_points(tmp_path: Path) -> None:
    notebook = json.loads(RELEASED.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "relu":
            cell["source"] = RELU
    path = tmp_path / "mine.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    code, said = run(path)
    assert code == 1, "the others are still missing"
    assert "✓ 04.relu, gradient" in said and "visible tests                   3 of" in said


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "There is no file"), ("{", "is not a notebook that can be read"), ("[]", "is not a")],
)
def test_what_cannot_be_read_is_told(tmp_path: Path, content: str | None, words: str) -> None:
    path = tmp_path / "x.ipynb"
    if content is not None:
        path.write_text(content)
    code, said = run(path)
    assert code == 1 and words in said
