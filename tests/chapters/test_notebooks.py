"""Every notebook of the course is in normal form and says what a page needs. `make test` also runs each (nbval)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from book.tools import notebooks

ROOT = Path(__file__).resolve().parents[2]
FRAGMENTS = ROOT / "book" / "_fragments"
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


def prose(path: Path) -> str:
    return "\n".join(cell.source for cell in cells(path, "markdown"))


def test_every_label_that_the_back_matter_links_to_exists(path: Path) -> None:
    labels = set(re.findall(r"^\(([\w-]+)\)=\n#", prose(path), flags=re.M))  # a title to show as the link
    fragments = "\n".join(p.read_text(encoding="utf-8") for p in FRAGMENTS.glob(f"{path.stem[:2]}_*.md"))
    used = set(re.findall(r"\{ref\}`([\w-]+)`", fragments))
    assert used
    assert used <= labels


def test_every_test_that_the_formula_sheet_names_exists(path: Path) -> None:
    rows = (FRAGMENTS / f"{path.stem[:2]}_formulas.md").read_text(encoding="utf-8")
    paths = set(re.findall(r"`(tests/[\w/]+\.py)`", rows))
    assert paths
    assert all((ROOT / name).is_file() for name in paths)


def test_every_citation_has_its_entry(path: Path) -> None:
    keys = {k.strip() for ks in re.findall(r"\{cite(?::\w)?\}`([^`]+)`", prose(path)) for k in ks.split(",")}
    entries: set[str] = set()
    for bib in [*FRAGMENTS.glob("*.bib"), ROOT / "book" / "references.bib"]:
        entries |= set(re.findall(r"^@\w+\{([^,]+),", bib.read_text(encoding="utf-8"), flags=re.M))
    assert keys
    assert keys <= entries
