"""The colours of book/assets/course.css: readable in light and in dark, and those of the figures."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bplib import viz

STYLE = (Path(__file__).resolve().parents[2] / "book/assets/course.css").read_text(encoding="utf-8")
MEANINGS = ["value", "gradient", "parameter", "data", "ink"]
TEXTS = ["value-text", "gradient-text", "parameter-text", "data-text", "failed-text", "ink"]
TEXTS += ["pst-color-link", "pst-color-link-hover", "pst-color-text-base", "pst-color-text-muted"]


def colours(theme: str) -> dict[str, str]:
    """{variable: colour} as course.css sets them for a theme."""
    (block,) = re.findall(rf'html\[data-theme="{theme}"\] \{{\n(  --page.*?)\}}', STYLE, re.S)
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["page", "code-page"])
def test_words_can_be_read_and_lines_seen(theme: str, ground: str) -> None:
    found = colours(theme)
    weak = {name for name in TEXTS if viz.contrast(found[name], found[ground]) < 4.5}
    weak |= {name for name in MEANINGS if viz.contrast(found[name], found[ground]) < 3}
    assert weak == set()
    if ground == "page":
        assert viz.contrast(found["pst-color-inline-code"], found["pst-color-surface"]) >= 4.5


def test_pages_and_figures_have_the_same_colours() -> None:
    found = colours("light")
    figures = [viz.VALUE, viz.GRADIENT, viz.PARAMETER, viz.DATA, viz.INK]
    assert [found[name] for name in MEANINGS] == [colour.lower() for colour in figures]


def test_both_themes_set_the_same_variables() -> None:
    assert colours("light").keys() <= colours("dark").keys()
