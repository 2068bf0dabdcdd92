"""Matrices with names on their sides: who was taken for whom, and who looks at whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, to_hex

from bplib.viz import style as s
from bplib.viz._data import Array, finite, names
from bplib.viz.alt import Drawn, describe, number, plural

_BLUES = LinearSegmentedColormap.from_list("blues", ["#FFFFFF", "#A9CDE4", s.VALUE, "#00344F"])


def confusion_matrix(
    counts: Any, class_names: Sequence[str] | None = None, *, ax: Any = None, size: str = "column"
) -> Drawn:
    """Counts (K, K), rows true, columns predicted, as ``bplib.metrics.confusion_matrix`` counts them.

    The numbers are counts, the colour is the share of the row.
    """
    counts = finite("confusion_matrix", "counts", counts, "(K, K)")
    if counts.shape[0] != counts.shape[1]:
        raise ValueError(f"confusion_matrix: counts must be square (K, K), got {counts.shape}.")
    if counts.min() < 0 or np.any(counts != np.round(counts)):
        raise ValueError("confusion_matrix: counts must hold whole numbers, 0 or more.")
    ticks = names("confusion_matrix", "class_names", class_names, len(counts))
    totals = counts.sum(axis=1, keepdims=True)
    share = counts / np.maximum(totals, 1)
    side = max(4.2, 1.2 + 0.36 * len(counts)) if size == "column" else None
    with s.drawing(ax, size, height=side) as (fig, ax):
        image = _matrix(ax, share, ticks, ticks)
        tick = s.font_sizes(fig.get_figwidth())[1]
        widest = len(str(int(counts.max())))
        room = 0.62 * 72 * fig.get_figwidth() / len(counts)  # points for one cell
        font = min(tick + 1, room / (0.65 * max(widest, 2)))
        for (i, j), n in np.ndenumerate(counts):
            if n:
                ground = to_hex(_BLUES(share[i, j]))
                ax.text(
                    j, i, str(int(n)), ha="center", va="center", color=s.text_on(ground), fontsize=font,
                    fontweight="bold" if i == j else "normal",
                )  # fmt: skip
        ax.set(xlabel="predicted", ylabel="true")
        s.colour_bar(ax, image, "share of the true class")
        describe(ax, _confusion_sentence(counts, ticks))
        return Drawn(fig, ax)


def _confusion_sentence(counts: Array, ticks: list[str]) -> str:
    total, right = int(counts.sum()), int(np.trace(counts))
    text = f"Confusion matrix of {plural(len(counts), 'class', 'classes')}"
    if not total:
        return text + " without any examples."
    text += f": {right} of {total} examples are right ({right / total:.1%})"
    wrong = counts - np.diag(np.diag(counts))
    if wrong.max():
        i, j = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
        times = "once" if wrong[i, j] == 1 else f"{int(wrong[i, j])} times"
        text += f"; the most frequent mistake takes {ticks[i]} for {ticks[j]}, {times}"
    return text + "."


def attention_map(
    weights: Any,
    queries: Sequence[str],
    keys: Sequence[str] | None = None,
    *,
    ax: Any = None,
    size: str = "column",
) -> Drawn:
    """Attention weights (Tq, Tk) of one head: each row says where a query looks. Tokens name rows and
    columns.
    """
    weights = np.asarray(getattr(weights, "value", weights))
    if weights.ndim in (3, 4):
        raise ValueError(
            f"attention_map: weights has shape {weights.shape}; "
            "choose one example and one head, of shape (Tq, Tk)."
        )
    weights = finite("attention_map", "weights", weights, "(Tq, Tk)")
    if weights.min() < 0 or weights.max() > 1 + 1e-6:
        raise ValueError(
            f"attention_map: weights must lie between 0 and 1, "
            f"got {number(weights.min())} … {number(weights.max())}; "
            "give the weights after the softmax, not the scores."
        )
    rows = names("attention_map", "queries", queries, weights.shape[0])
    columns = names("attention_map", "keys", queries if keys is None else keys, weights.shape[1])
    with s.drawing(ax, size, height=max(3.6, 1.6 + 0.26 * len(rows)) if size == "column" else None) as (
        fig,
        ax,
    ):
        image = _matrix(ax, weights, rows, columns)
        ax.set(xlabel="looks at (key)", ylabel="token (query)")
        s.colour_bar(ax, image, "attention weight")
        most = [
            f"{r} → {columns[j]} ({number(w[j], 2)})"
            for r, w in zip(rows, weights, strict=True)
            for j in [w.argmax()]
        ]
        shown = most[:12]
        rest = f"; and {len(most) - 12} more" if len(most) > 12 else ""
        describe(
            ax,
            f"Attention map, {len(rows)} queries by {len(columns)} keys. "
            f"Each looks most at: {'; '.join(shown)}{rest}.",
        )
        return Drawn(fig, ax)


def _matrix(ax: Any, share: Array, rows: list[str], columns: list[str]) -> Any:
    image = ax.imshow(share, cmap=_BLUES, vmin=0, vmax=1, aspect="auto")
    long = max(len(c) for c in columns) > (4 if len(columns) < 8 else 2)
    ax.set_xticks(range(len(columns)), columns, rotation=50 if long else 0, ha="right" if long else "center",
                  rotation_mode="anchor" if long else "default")  # fmt: skip
    ax.set_yticks(range(len(rows)), rows)
    for edge in ax.spines.values():
        edge.set_visible(False)
    ax.set_xticks(np.arange(len(columns) + 1) - 0.5, minor=True)
    ax.set_yticks(np.arange(len(rows) + 1) - 0.5, minor=True)
    ax.grid(visible=False)
    ax.grid(which="minor", color="#D8D8D8", linewidth=0.8)
    ax.tick_params(which="both", length=0)
    return image
