"""Pictures: the kernels of a convolution, a grid of images with labels, what a network looks at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.patches import Rectangle

from bplib.viz import style as s
from bplib.viz._data import Array, finite, labels
from bplib.viz.alt import Drawn, describe, number, plural

_HEAT = LinearSegmentedColormap.from_list("heat", [(*to_rgb(s.GRADIENT), 0.0), (*to_rgb(s.GRADIENT), 0.85)])


def filters(w: Any, *, columns: int | None = None, ax: Any = None, size: str = "column") -> Drawn:
    """The kernels of a convolution, w: (F, C, K, L) or (F, K, L).

    One channel: grey, where middle grey is 0. Three: colour, each kernel scaled by its own largest weight.
    Any other number: one row a filter, one column a channel, grey.
    """
    w = finite("filters", "w", w, "(F, C, K, L)", "(F, K, L)").astype(np.float64)
    w = w[:, None] if w.ndim == 3 else w
    count, channels = w.shape[:2]
    top = float(np.abs(w).max()) or 1.0
    if channels == 3:
        largest = np.abs(w).max(axis=(1, 2, 3), keepdims=True)
        tiles = np.moveaxis(0.5 + 0.5 * w / np.where(largest == 0, 1, largest), 1, -1)
    else:
        tiles = w.reshape(count * channels, *w.shape[2:]) / top
        columns = channels if channels > 1 else columns
    columns = math.ceil(math.sqrt(len(tiles) * 1.4)) if columns is None else columns
    grid = _Grid(ax, size, len(tiles), w.shape[2:], columns)
    with s.drawing(ax, size, height=grid.height + 0.3) as (fig, ax):
        grid.frame(ax)
        for k, tile in enumerate(tiles):
            grid.tile(ax, tile, k, 0 if channels == 3 else -1)
        scale = (
            "each scaled by its own largest weight; grey is 0"
            if channels == 3
            else f"black {number(-top, 2)}, grey 0, white {number(top, 2)}"
        )
        if channels not in (1, 3):
            scale = f"rows: filters, columns: channels; {scale}"
        ax.set_title(scale, fontsize=s.font_sizes(fig.get_figwidth())[1], fontweight="normal")
        kind = "in colour" if channels == 3 else plural(channels, "channel")
        describe(
            ax,
            f"Kernels of a convolution: {plural(count, 'filter')} of {w.shape[2]} by {w.shape[3]}, {kind}; "
            f"weights between {number(w.min())} and {number(w.max())}.",
        )
        return Drawn(fig, ax)


def image_grid(
    images: Any,
    true: Any = None,
    predicted: Any = None,
    *,
    class_names: Sequence[str] | None = None,
    columns: int | None = None,
    ax: Any = None,
    size: str = "column",
) -> Drawn:
    """Images (N, H, W), (N, 1, H, W) or (N, 3, H, W), under each its label; wrong predictions are marked ✗.

    Grey images are scaled together, from the smallest number to the largest; so are the three colours.
    """
    x = finite("image_grid", "images", images, "(N, H, W)", "(N, 1, H, W)", "(N, 3, H, W)").astype(np.float64)
    x = x[:, 0] if x.ndim == 4 and x.shape[1] == 1 else x
    x = np.moveaxis(x, 1, -1) if x.ndim == 4 else x
    low, high = x.min(), x.max()
    x = (x - low) / ((high - low) or 1.0)
    captions, wrong = _captions(len(x), true, predicted, class_names)
    columns = min(len(x), max(3, math.ceil(math.sqrt(len(x) * 1.4)))) if columns is None else columns
    grid = _Grid(ax, size, len(x), x.shape[1:3], columns, caption=0.24 if captions else 0.0)
    with s.drawing(ax, size, height=grid.height) as (fig, ax):
        grid.frame(ax)
        for k, image in enumerate(x):
            middle, bottom = grid.tile(ax, image, k, 0)
            if captions:
                bad = k in wrong
                ax.text(
                    middle, bottom + 0.04, captions[k], ha="center", va="top",
                    color=s.text_colour(s.GRADIENT) if bad else s.INK, fontweight="bold" if bad else "normal",
                    fontsize=s.font_sizes(fig.get_figwidth())[1],
                )  # fmt: skip
        what = f"Grid of {plural(len(x), 'image')} of {x.shape[1]} by {x.shape[2]} pixels"
        if captions:
            what += f", labelled {', '.join(c.removeprefix('✗ ').replace(', is', ' for') for c in captions)}"
        if predicted is not None and true is not None:
            what += f"; {len(wrong)} of {len(x)} predictions are wrong"
        describe(ax, what + ".")
        return Drawn(fig, ax)


def _captions(
    count: int, true: Any, predicted: Any, class_names: Sequence[str] | None
) -> tuple[list[str], set[int]]:
    """Under each image: its class; or the prediction, and where it is wrong also the true class."""

    def checked(name: str, x: Any) -> Array | None:
        return None if x is None else labels("image_grid", name, x, count)

    t, p = checked("true", true), checked("predicted", predicted)
    top = max((int(v.max()) for v in (t, p) if v is not None), default=-1)
    if class_names is not None and top >= len(class_names):
        raise ValueError(f"image_grid: class {top} has no name; class_names holds {len(class_names)}.")
    word = [str(c) for c in (class_names if class_names is not None else range(top + 1))]
    if t is None or p is None:
        only = t if p is None else p
        return ([] if only is None else [word[i] for i in only]), set()
    wrong = {k for k in range(count) if t[k] != p[k]}
    return [f"✗ {word[p[k]]}, is {word[t[k]]}" if k in wrong else word[p[k]] for k in range(count)], wrong


def saliency_overlay(
    image: Any, saliency: Any, *, share: float = 0.1, ax: Any = None, size: str = "column"
) -> Drawn:
    """Where the output is sensitive to the image: |saliency| in vermilion over the image in grey.

    image: (H, W), (1, H, W) or (3, H, W); saliency: (H, W), or (C, H, W), of which the largest channel
    counts. A line surrounds the strongest ``share`` of the pixels, so that nothing depends on the colour.
    """
    x = finite("saliency_overlay", "image", image, "(H, W)", "(1, H, W)", "(3, H, W)").astype(np.float64)
    g = np.abs(finite("saliency_overlay", "saliency", saliency, "(H, W)", "(C, H, W)").astype(np.float64))
    x = x if x.ndim == 2 else x[0] if len(x) == 1 else np.tensordot([0.2126, 0.7152, 0.0722], x, 1)
    g = g if g.ndim == 2 else g.max(axis=0)
    if g.shape != x.shape:
        raise ValueError(f"saliency_overlay: saliency is {g.shape} pixels, the image {x.shape}.")
    if not 0 < share < 1:
        raise ValueError(f"saliency_overlay: share must lie between 0 and 1, got {share}.")
    with s.drawing(ax, size, height=4.2 if size == "column" else None) as (fig, ax):
        # Black is lifted to a dark grey, so that vermilion is seen on all of them.
        ax.imshow(x, cmap="gray", vmin=x.min() - 0.35 * float(np.ptp(x)), vmax=x.max() or 1.0)
        heat = ax.imshow(g, cmap=_HEAT, vmin=0, vmax=g.max() or 1.0)
        threshold = float(np.quantile(g, 1 - share))
        if g.min() < threshold < g.max():
            for colour, width in (("white", 3.6), (s.INK, 1.6)):
                ax.add_collection(LineCollection(_outline(g >= threshold), colors=colour, linewidths=width))
        ax.set(xticks=[], yticks=[])
        ax.set_title(f"inside the line: strongest {share:.0%} of the pixels", fontweight="normal")
        ax.spines[:].set_visible(False)
        s.colour_bar(ax, heat, "|gradient|")
        i, j = np.unravel_index(int(np.argmax(g)), g.shape)
        part = g[g >= threshold].sum() / (g.sum() or 1.0)
        describe(
            ax,
            f"Saliency over an image of {x.shape[0]} by {x.shape[1]} pixels: largest, {number(g[i, j])}, "
            f"in row {i}, column {j}; the strongest {share:.0%} of the pixels hold {part:.0%} of the total.",
        )
        return Drawn(fig, ax)


def _outline(mask: Array) -> list[list[tuple[float, float]]]:
    """The edges between pixels inside and outside, as lines from (x, y) to (x, y). mask: (H, W)."""
    m = np.pad(mask, 1)
    lines = [[(j - 1.5, i - 0.5), (j - 0.5, i - 0.5)] for i, j in np.argwhere(m[1:] != m[:-1])]
    lines += [[(j - 0.5, i - 1.5), (j - 0.5, i - 0.5)] for i, j in np.argwhere(m[:, 1:] != m[:, :-1])]
    return lines


class _Grid:
    """Tiles side by side; one column is one unit wide, a row as high as its tile and its caption (in
    inches) need.
    """

    def __init__(
        self, ax: Any, size: str, count: int, shape: Sequence[int], columns: int, caption: float = 0.0
    ) -> None:
        width = s.SIZES.get(size, s.SIZES["column"])[0]  # another size is refused by s.drawing
        if ax is not None:
            width = ax.get_window_extent().width / ax.get_figure(root=True).dpi
        if columns < 1:
            raise ValueError(f"columns must be at least 1, got {columns}.")
        cell = width / columns
        self.columns, self.rows = columns, math.ceil(count / columns)
        self.tall = 0.94 * shape[0] / shape[1]
        self.row = self.tall + 0.06 + caption / cell
        self.height = self.rows * self.row * cell

    def frame(self, ax: Any) -> None:
        ax.set(xlim=(0, self.columns), ylim=(self.rows * self.row, 0), aspect="equal")
        ax.axis("off")

    def tile(self, ax: Any, image: Array, k: int, low: float) -> tuple[float, float]:
        """Draw tile number k, grey from ``low`` to 1 or in colour; gives the middle of its lower edge."""
        x, y = k % self.columns + 0.03, k // self.columns * self.row + 0.03
        box = (x, x + 0.94, y + self.tall, y)
        ax.imshow(image, cmap="gray", vmin=low, vmax=1, extent=box, aspect="equal")
        ax.add_patch(Rectangle((x, y), 0.94, self.tall, fill=False, edgecolor=s.DATA, linewidth=0.8))
        ax.set(xlim=(0, self.columns), ylim=(self.rows * self.row, 0))
        return x + 0.47, y + self.tall
