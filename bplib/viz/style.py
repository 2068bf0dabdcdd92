"""One look for every figure of the course.

Colours carry meaning, and never alone: a value is blue, a gradient vermilion, a parameter green, data grey,
and words, markers or line styles say the same again for readers who cannot tell the colours apart.

Figures stand on an opaque white card. A transparent figure would need text that is readable on a white page
and on a dark one (#121212); no colour has a contrast of 4.5 : 1 with both (the best has 4.3 : 1).

Sizes are chosen for a phone: text is at least 8 CSS pixels high when a figure is shrunk to the 328 pixels
that a 360-pixel screen leaves.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from cycler import cycler
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure

from bplib.viz.alt import alt_text, show_alt_in_notebooks

VALUE = "#0072B2"  # blue
GRADIENT = "#D55E00"  # vermilion
PARAMETER = "#009E73"  # green
DATA = "#767676"  # grey
INK = "#222222"  # text, axes
CARD = "#FFFFFF"  # behind every figure
PURPLE = "#B0568A"  # Okabe and Ito's #CC79A7, darkened: a thin line of the original is hard to see on white
SERIES = (INK, PURPLE, VALUE, PARAMETER, GRADIENT)  # for series without a meaning of their own
LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*", "<", ">")

SIZES = {"column": (4.8, 3.4), "wide": (6.4, 3.6)}  # inches
PHONE = 328  # CSS pixels: 360 less the page's margins


def luminance(colour: str) -> float:
    """Relative luminance of a colour, 0 (black) to 1 (white), as WCAG 2 defines it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2). Text needs 4.5, lines and markers 3."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def text_colour(colour: str, background: str = CARD) -> str:
    """The colour, darkened until text in it is readable on the background (4.5 : 1)."""
    rgb = to_rgb(colour)
    for k in range(100):
        darker = to_hex((rgb[0] * (1 - k / 100), rgb[1] * (1 - k / 100), rgb[2] * (1 - k / 100)))
        if contrast(darker, background) >= 4.5:
            return darker
    return "#000000"


def text_on(background: str) -> str:
    """Ink or white: whichever reads better on the background."""
    return max((INK, "#FFFFFF"), key=lambda c: contrast(c, background))


def font_sizes(width: float = SIZES["column"][0]) -> tuple[float, float]:
    """Points for (labels, ticks) in a figure of this width in inches, so that a phone shows 8 pixels."""
    ticks = max(10.0, 8.2 * 72 * width / PHONE)
    return ticks + 1, ticks


def rc(width: float = SIZES["column"][0]) -> Any:
    """The style as matplotlib settings, for figures of this width in inches."""
    label, tick = font_sizes(width)
    return {
        "figure.figsize": SIZES["column"],
        "figure.dpi": 96,  # one CSS pixel a dot; notebooks draw twice as many
        "figure.facecolor": CARD,
        "figure.constrained_layout.use": True,
        "figure.constrained_layout.w_pad": 0.09,
        "figure.constrained_layout.h_pad": 0.09,
        "savefig.dpi": 192,
        "savefig.facecolor": CARD,
        "svg.hashsalt": "backprop-proven",  # the same figure gives the same bytes
        "svg.fonttype": "path",
        "font.family": "DejaVu Sans",
        "font.size": label,
        "text.color": INK,
        "mathtext.fontset": "dejavusans",
        "axes.titlesize": label,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.labelsize": label,
        "axes.labelcolor": INK,
        "axes.edgecolor": DATA,
        "axes.facecolor": CARD,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.prop_cycle": cycler(color=SERIES, linestyle=LINES),
        "grid.color": "#E4E4E4",
        "grid.linewidth": 0.8,
        "xtick.labelsize": tick,
        "ytick.labelsize": tick,
        "xtick.color": DATA,
        "ytick.color": DATA,
        "xtick.labelcolor": INK,
        "ytick.labelcolor": INK,
        "legend.fontsize": tick,
        "legend.framealpha": 0.9,
        "legend.edgecolor": "#D0D0D0",
        "lines.linewidth": 2,
        "lines.markersize": 5,
        "image.cmap": "cividis",
        "image.interpolation": "nearest",
    }


def use_style() -> None:
    """Use the style for every figure that follows. In a notebook, images then carry their alt text too."""
    show_alt_in_notebooks()
    mpl.rcParams.update(rc())


@contextmanager
def styled(width: float = SIZES["column"][0]) -> Iterator[None]:
    """The style inside a ``with`` block only."""
    with mpl.rc_context(rc(width)):
        yield


@contextmanager
def drawing(
    ax: Any = None, size: str = "column", *, height: float | None = None, rows: int = 1
) -> Iterator[tuple[Figure, Any]]:
    """Inside, the style holds; gives the figure and the axes to draw on: the ones given, or fresh ones.

    ``rows`` > 1 stacks that many axes above each other. A figure made here is closed again if drawing fails.
    """
    if size not in SIZES:
        raise ValueError(f"size must be one of {', '.join(map(repr, SIZES))}, got {size!r}.")
    if ax is not None:
        fig = (ax if rows == 1 else ax[0]).get_figure(root=True)
        with styled(fig.get_figwidth()):
            yield fig, ax
        return
    width, usual = SIZES[size]
    with styled(width):
        fig, ax = plt.subplots(rows, figsize=(width, height or usual))
        try:
            yield fig, ax
        except BaseException:
            plt.close(fig)
            raise


def colour_bar(ax: Any, mappable: Any, label: str) -> None:
    """A colour bar as high as the axes."""
    bar = ax.get_figure(root=True).colorbar(mappable, cax=ax.inset_axes((1.03, 0, 0.045, 1)), label=label)
    bar.outline.set_visible(False)


def mark_check(ax: Any, x: float, y: float, ok: bool, word: str = "") -> None:
    """Mark a check at (x, y): a circle and "passed", or a cross and "FAILED". Shape and word say it, not
    only colour.
    """
    colour = PARAMETER if ok else GRADIENT
    ax.plot([x], [y], marker="o" if ok else "X", color=colour, markersize=9, linestyle="none", zorder=5)
    ax.annotate(
        word or ("passed" if ok else "FAILED"),
        (x, y),
        xytext=(8, 0),
        textcoords="offset points",
        va="center",
        color=text_colour(colour),
        fontweight="normal" if ok else "bold",
    )


def save_figure(fig: Figure, path: str | os.PathLike[str]) -> None:
    """Write the figure, its alt text as the file's description; the same figure gives the same bytes."""
    name = os.fspath(path).lower()
    about: dict[str, Any] = {"Description": alt_text(fig)} if alt_text(fig) else {}
    if name.endswith(".svg"):
        about["Date"] = None
    elif name.endswith(".png"):
        about["Software"] = None
    else:
        raise ValueError(f"save_figure: the file must end in .svg or .png, got {name!r}.")
    with styled():
        fig.savefig(path, metadata=about)
