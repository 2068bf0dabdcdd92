"""The demo class: the same each time, of every kind, and graded from nothing by one command."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from grader import demo
from grader.__main__ import parser


def test_the_class_is_the_same_each_time_and_of_every_kind() -> None:
    first = demo.submissions("04", 40)
    assert first == demo.submissions("04", 40)
    assert len(first) == 40
    kinds = {kind for kind, _ in first.values()}
    assert {"right", "half done", "empty", "cut off in the middle", "wrong in 1"} <= kinds
    assert kinds & set(demo.HOSTILE)
    assert len(demo.submissions("04", 90)) == 90


def test_a_folder_that_no_demo_made_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    args = parser().parse_args(["demo", str(tmp_path)])
    assert args.run(args) == 1
    assert "no demo made it" in capsys.readouterr().err
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


@pytest.mark.slow
def test_from_nothing_to_a_graded_class(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    course = tmp_path / "course"
    args = parser().parse_args(["demo", str(course), "--assignment", "04", "--students", "8"])
    assert args.run(args) == 0
    said = capsys.readouterr().out
    assert "8 submitted = 7 graded + 0 zero with a reason + 1 quarantined" in said
    assert len(list((course / "feedback").glob("*/*/*.html"))) == 8
    assert list((course / "reports").glob("*.html"))
    again = [sys.executable, "-m", "grader", "demo", str(course), "--assignment", "04", "--students", "2"]
    subprocess.run(again, check=True, capture_output=True, timeout=300)
    assert len(list((course / "feedback").glob("*/*/*.html"))) == 2, "the demo's own folder is replaced"
    json.loads((course / "handed-in" / "ada" / "04_activations.ipynb").read_text())
