"""A small assignment and verdicts on it, made without running anything: for tests of what is shown of a verdict."""

from __future__ import annotations

from typing import Any

from bplib.check import find
from bplib.check import message as messages
from bplib.check.judge import judge
from grader.bundle import Bundle, Cell, _digest

HIDDEN = "rng = np.random.default_rng(424242)"
CELLS = (
    Cell("head", "text", False, "# Assignment 04: `activations`\n\nWords."),
    Cell("setup", "setup", True, "import numpy as np"),
    Cell("task-relu", "text", False, "## 1. ReLU, and its slope at the corner\n\nWrite it."),
    Cell("relu", "answer", True, "def relu(z):\n    return 'the solution'"),
    Cell("test-relu-value", "test", True, f'check("04.relu", "value", relu)\n{HIDDEN}', 1.0),
    Cell("test-relu-gradient", "test", True, f'check("04.relu", "gradient", relu)\n{HIDDEN}', 2.0),
    Cell("task-own", "text", False, "## 2. A test of another kind"),
    Cell("own", "answer", True, "own = 1"),
    Cell("test-own", "test", True, f"assert own == 1\n{HIDDEN}", 3.0),
    Cell("task-words", "text", False, "## 3. In words"),
    Cell("words", "by-hand", False, "The model answer", 4.0),
)
RELEASED = {
    "relu": "def relu(z):\n    raise NotImplementedError()",
    "own": "# your code",
    "words": "*Your answer*",
}
BUNDLE = Bundle("04_activations", CELLS, RELEASED, _digest("04_activations", CELLS))


def wrong_relu() -> tuple[str, tuple[str, ...]]:
    """The real message on a real wrong answer, and the misconceptions that it names."""
    task = find("04.relu")
    wrong = next(m for m in task.misconceptions if m.name == "one_at_zero")
    finding = judge(task, "gradient", wrong.code)
    assert finding is not None
    named = tuple(m.id for m in finding.misconceptions)
    return messages.failed(task, "gradient", finding, False, []), named


def verdict(
    text: str = "plain words",
    *,
    status: str = "graded",
    scores: tuple[float, float, float] = (1, 0, 3),
    **more: Any,
) -> dict[str, Any]:
    """A verdict in which every field that a student can influence holds the text."""
    made: dict[str, Any] = {
        "format": 1,
        "assignment": BUNDLE.name,
        "bundle": BUNDLE.digest,
        "submission": "ab" * 32,
        "environment": "0123",
        "status": status,
        "reason": text if status != "graded" else "",
        "cells": [],
        "extra": [],
        "repairs": [],
        "seconds": 0.25,
    }
    if status == "graded":
        answer = {"kind": "answer", "source": text, "printed": text, "error": text}
        tests = zip(
            ("test-relu-value", "test-relu-gradient", "test-own"), (1.0, 2.0, 3.0), scores, strict=True
        )
        made["cells"] = [{"grade_id": "relu", **answer}, {"grade_id": "own", **answer}]
        made["cells"] += [
            {
                "grade_id": name,
                "kind": "test",
                "points": points,
                "score": float(score),
                "message": text,
                "named": [],
                "seconds": 0.0,
                "stopped": "",
            }
            for name, points, score in tests
        ]
        by_hand = {"grade_id": "words", "kind": "by-hand", "points": 4.0, "score": None, "source": text}
        made["cells"].append(by_hand)
        made["extra"] = [{"source": text, "printed": text, "error": text}]
        made["repairs"] = [f"The cell {text!r} was missing."]
    return made | more


def cell(made: dict[str, Any], name: str) -> dict[str, Any]:
    """The part of a verdict on one cell."""
    found: dict[str, Any] = next(c for c in made["cells"] if c["grade_id"] == name)
    return found
