"""Every notebook of the course is in normal form and says what a page needs. `make test` also runs each (nbval)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from book.tools import notebooks

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = sorted((ROOT / "chapters").glob("*.ipynb"))
NAMES = [path.stem for path in CHAPTERS]


@pytest.fixture(params=CHAPTERS, ids=NAMES)
def path(request: Any) -> Path:
    return request.param


def cells(path: Path, kind: str) -> list[Any]:
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == kind]


def test_there_are_chapters_and_their_numbers_are_in_order() -> None:
    assert [name[:2] for name in NAMES] == [f"{i:02d}" for i in range(1, len(NAMES) + 1)]


def test_normal_form(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert notebooks.main(["check", str(path)]) == 0, capsys.readouterr().err


def test_one_title_and_sections_below_it(path: Path) -> None:
    text = "\n".join(re.sub(r"```.*?```", "", cell.source, flags=re.S) for cell in cells(path, "markdown"))
    assert len(re.findall(r"^# ", text, re.M)) == 1
    assert len(re.findall(r"^## ", text, re.M)) >= 5


def test_every_figure_has_a_caption_and_an_alt_text(path: Path) -> None:
    drawn = [c for c in cells(path, "code") if any("<Figure>" in str(o.get("data", "")) for o in c.outputs)]
    assert drawn
    for cell in drawn:
        about = cell.metadata.get("mystnb", {})
        assert len(about.get("image", {}).get("alt", "")) > 30, cell.source[:80]
        assert len(about.get("figure", {}).get("caption", "")) > 20, cell.source[:80]


def test_no_cell_hides_a_result_or_escapes_the_comparison(path: Path) -> None:
    for cell in cells(path, "code"):
        assert not cell.source.rstrip().endswith(";"), cell.source[:80]
        ways_out = re.findall(r"NBVAL_\w+|nbval-\w+", cell.source + " ".join(cell.metadata.get("tags", [])))
        assert ways_out == [], cell.source[:80]


def test_randomness_is_seeded(path: Path) -> None:
    code = "\n".join(cell.source for cell in cells(path, "code"))
    assert re.findall(r"np\.random\.(?!default_rng|Generator)\w+", code) == []
    assert re.findall(r"default_rng\(\s*\)", code) == []
