"""The assignments' pages: solutions only when they are due, and links that stay inside the book."""

from __future__ import annotations

import datetime
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from sphinx.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "book" / "tools"))
import sphinx_assignments as pages  # noqa: E402  # as Sphinx imports it

DAY = datetime.date(2027, 2, 1)
NAMES = sorted(p.stem for p in (ROOT / "book" / "assignments").glob("*.ipynb"))


@pytest.mark.parametrize(
    ("setting", "shown"),
    [
        ("never", False),
        ("always", True),
        ("2027-02-01", True),
        ("2027-02-02", False),
        (datetime.date(2027, 1, 31), True),
    ],
)
def test_solutions_are_shown_from_their_day_on(setting: Any, shown: bool) -> None:
    assert pages.due(setting, DAY) is shown


@pytest.mark.parametrize("setting", ["soon", "2027-13-01", "", None, 3])
def test_a_setting_that_is_none_of_these_says_what_may_stand_there(setting: Any) -> None:
    with pytest.raises(ConfigError, match="never, always or a date such as 2027-02-01"):
        pages.due(setting, DAY)


def test_the_book_as_it_is_published_shows_none() -> None:
    config = (ROOT / "_config.yml").read_text(encoding="utf-8")
    assert "assignment_solutions: never" in config


def read(folder: str, name: str) -> dict[str, Any]:
    return json.loads((ROOT / folder / f"{name}.ipynb").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", NAMES)
def test_each_solution_stands_folded_after_its_stub(name: str) -> None:
    released, source = read("book/assignments", name), read(f"solutions/{name}", name)
    before = json.dumps(released)
    shown = pages.with_solutions(released, source)["cells"]
    assert json.dumps(released) == before
    answers = [c for c in source["cells"] if c["metadata"].get("nbgrader", {}).get("solution")]
    assert len(shown) == len(released["cells"]) + len(answers)
    for answer in answers:
        name_of = lambda c: c["metadata"].get("nbgrader", {}).get("grade_id")
        at = next(k for k, c in enumerate(shown) if name_of(c) == name_of(answer))
        folded, text = shown[at + 1], "".join(shown[at + 1]["source"])
        assert "BEGIN SOLUTION" not in text and "NotImplementedError" not in text
        if answer["cell_type"] == "code":
            assert folded["metadata"]["tags"] == ["hide-input"]
            compile(text, "solution", "exec")
        else:
            assert text.startswith("````{dropdown}") and text.endswith("````")
    assert len({c["id"] for c in shown}) == len(shown)


@pytest.mark.parametrize("name", NAMES)
def test_links_to_the_chapters_stay_inside_the_book(name: str) -> None:
    texts = [
        "".join(c["source"]) for c in read("book/assignments", name)["cells"] if c["cell_type"] == "markdown"
    ]
    assert any("/chapters/" in t for t in texts), "an assignment links to its chapter"
    for text in texts:
        assert not re.search(r"\]\(https?://", pages.inside(text)), text
    assert pages.inside(f"[a]({pages.book_address()}/chapters/04_x.html#sec-04-zero)") == "[a](sec-04-zero)"
    assert pages.inside(f"[a]({pages.book_address()}/chapters/04_x.html)") == "[a](../../chapters/04_x.ipynb)"


def test_the_message_in_how_to_practise_is_the_one_that_a_student_reads() -> None:
    import numpy as np

    from bplib.check import NotYet, check

    def relu(z):  # type: ignore[no-untyped-def]  # as a student writes
        return np.maximum(z, 0), lambda d: d * (z >= 0)

    with pytest.raises(NotYet) as caught:
        check("04.relu", "gradient", relu)
    page = (ROOT / "book" / "how_to_practise.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```text\n(✗ .*?)```", page, re.S)
    assert str(caught.value).startswith(shown.rstrip())
