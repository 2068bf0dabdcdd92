"""What every drawing function owes its reader: an alt text, legible text, an opaque card, no mess left behind."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex

from bplib import viz
from bplib.viz.style import CARD, PHONE
from tests.bplib.viz.gallery import GALLERY, texts

every = pytest.mark.parametrize("name", GALLERY)


def test_the_gallery_is_complete() -> None:
    drawing = {n for n in viz.__all__ if callable(getattr(viz, n))} - {
        "Drawn", "Trace", "alt_text", "contrast", "describe", "graph_text", "mark_check", "save_figure", "styled",
        "trace", "use_style",
    }  # fmt: skip
    assert drawing == set(GALLERY)


@every
def test_figure_and_alt_text(name: str, tmp_path: Path) -> None:
    before = dict(mpl.rcParams)
    drawn = GALLERY[name][0]()
    fig, _ = drawn
    assert dict(mpl.rcParams) == before, "the style leaked out of the function"
    assert drawn.alt == viz.alt_text(fig) == fig.bplib_alt == repr(drawn)
    assert drawn.alt.endswith(".") and drawn.alt[0].isupper() and len(drawn.alt) > 30
    assert to_hex(fig.get_facecolor()).upper() == CARD and fig.get_facecolor()[3] == 1
    for k in range(2):
        viz.save_figure(GALLERY[name][0]().fig, tmp_path / f"{k}.svg")
    files = [(tmp_path / f"{k}.svg").read_bytes() for k in range(2)]
    assert files[0] == files[1], "the same figure twice gives different files"


@every
@pytest.mark.parametrize("size", ["column", "wide"])
def test_text_is_legible_on_a_phone_and_inside_the_figure(name: str, size: str) -> None:
    fig, _ = GALLERY[name][0](**({} if name == "draw_graph" else {"size": size}))
    width = fig.get_figwidth()
    found = texts(fig)
    assert found
    for text in found:
        pixels = text.get_fontsize() * PHONE / (72 * max(width, PHONE / 96))
        assert pixels >= 7.9, f"{text.get_text()!r} has {pixels:.1f} pixels on a phone"
        box = text.get_window_extent()
        assert box.x0 >= -1 and box.y0 >= -1, text.get_text()
        assert box.x1 <= fig.bbox.width + 1 and box.y1 <= fig.bbox.height + 1, text.get_text()


@every
def test_draws_on_given_axes(name: str) -> None:
    call, count = GALLERY[name]
    fig, axes = plt.subplots(2, 2, figsize=(9, 9))
    given = axes[0] if count > 1 else axes[0, 0]
    drawn = call(ax=given)
    assert plt.get_fignums() == [fig.number], "another figure was made"
    assert drawn.fig is fig
    assert drawn.ax is given
    second = call(ax=axes[1] if count > 1 else axes[1, 1])
    assert second.alt.count(axes.flat[0].bplib_alt) == 2, "the figure's alt text is that of all its axes"
    fig.canvas.draw()


@every
def test_an_unknown_size_is_refused_and_nothing_is_left_open(name: str) -> None:
    if name == "draw_graph":
        with pytest.raises(ValueError, match='direction must be "auto", "right" or "down", got \'up\''):
            GALLERY[name][0](direction="up")
    else:
        with pytest.raises(ValueError, match="size must be one of 'column', 'wide', got 'huge'"):
            GALLERY[name][0](size="huge")
    assert plt.get_fignums() == []
