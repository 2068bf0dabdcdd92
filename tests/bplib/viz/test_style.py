"""Colours have contrast, checks are marked by shape and word, and files come out the same each time."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt

from bplib import viz
from bplib.viz.style import (
    CARD,
    DATA,
    GRADIENT,
    INK,
    LINES,
    MARKERS,
    PARAMETER,
    SERIES,
    VALUE,
    contrast,
    drawing,
    luminance,
    text_colour,
    text_on,
)  # fmt: skip

MEANING = [VALUE, GRADIENT, PARAMETER, DATA]


def test_contrast_agrees_with_the_published_examples() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)  # the known near miss
    assert contrast("#ff0000", "#ffffff") == pytest.approx(4.0, abs=0.005)
    assert luminance("#808080") == pytest.approx(0.2159, abs=1e-4)


def test_house_colours() -> None:
    assert [c.upper() for c in MEANING[:3]] == ["#0072B2", "#D55E00", "#009E73"]
    for colour in (*MEANING, *SERIES):
        assert contrast(colour, CARD) >= 3, colour
    assert contrast(INK, CARD) >= 7


@pytest.mark.parametrize("ground", [CARD, "#F7F7F7"])
@pytest.mark.parametrize("colour", MEANING)
def test_coloured_text_is_readable_and_keeps_its_hue(colour: str, ground: str) -> None:
    dark = text_colour(colour, ground)
    assert contrast(dark, ground) >= 4.5
    before, after = (np.array(mpl.colors.rgb_to_hsv(mpl.colors.to_rgb(c))) for c in (colour, dark))
    assert abs(before[0] - after[0]) < 0.01


def test_why_figures_stand_on_a_card() -> None:
    """No grey is readable on a white page and on a dark one, so figures bring their own background."""
    greys = [f"#{v:02x}{v:02x}{v:02x}" for v in range(256)]
    best = max(min(contrast(g, "#ffffff"), contrast(g, "#121212")) for g in greys)
    assert 4.2 < best < 4.5


def test_text_on_any_ground() -> None:
    for v in range(0, 256, 5):
        ground = f"#{v:02x}{v:02x}{v:02x}"
        assert contrast(text_on(ground), ground) >= 3.9, ground
    assert text_on("#ffffff") == INK
    assert text_on("#000000") == "#FFFFFF"


def test_series_differ_without_colour() -> None:
    assert len({str(line) for line in LINES}) == len(SERIES) == len(LINES)
    assert len(set(MARKERS)) == len(MARKERS) >= 10


def test_use_style_and_its_context() -> None:
    before = mpl.rcParams["axes.titlelocation"], mpl.rcParams["figure.figsize"]
    with viz.styled():
        assert mpl.rcParams["axes.titlelocation"] == "left"
        assert mpl.rcParams["figure.figsize"] == [4.8, 3.4]
    assert (mpl.rcParams["axes.titlelocation"], mpl.rcParams["figure.figsize"]) == before
    with mpl.rc_context():
        viz.use_style()
        fig, ax = plt.subplots()
        lines = [ax.plot([0, 1])[0] for _ in range(2)]
        assert [line.get_color() for line in lines] == list(SERIES[:2])
        assert lines[0].get_linestyle() != lines[1].get_linestyle()
        assert ax.xaxis.label.get_size() == 11
        assert tuple(fig.get_facecolor()) == (1, 1, 1, 1)


def test_a_check_is_marked_by_shape_and_word() -> None:
    _, ax = plt.subplots()
    viz.mark_check(ax, 0, 0, True)
    viz.mark_check(ax, 1, 0, False)
    viz.mark_check(ax, 2, 0, False, "too large")
    assert [line.get_marker() for line in ax.lines] == ["o", "X", "X"]
    assert [t.get_text() for t in ax.texts] == ["passed", "FAILED", "too large"]
    assert all(contrast(t.get_color(), CARD) >= 4.5 for t in ax.texts)


def test_a_figure_that_fails_is_closed() -> None:
    with pytest.raises(ZeroDivisionError), drawing():
        1 / 0  # noqa: B018
    assert plt.get_fignums() == []


def test_saved_files_carry_the_alt_text(tmp_path: Path) -> None:
    from PIL import Image

    fig, ax = plt.subplots()
    viz.describe(ax, "A line rises.")
    viz.save_figure(fig, tmp_path / "a.png")
    viz.save_figure(fig, tmp_path / "a.svg")
    with Image.open(tmp_path / "a.png") as image:
        assert image.text["Description"] == "A line rises."
        assert image.getpixel((0, 0)) == (255, 255, 255, 255)
    svg = (tmp_path / "a.svg").read_text()
    assert "A line rises." in svg
    assert "<dc:date>" not in svg
    with pytest.raises(ValueError, match=r"must end in \.svg or \.png, got .*a\.jpg"):
        viz.save_figure(fig, tmp_path / "a.jpg")
