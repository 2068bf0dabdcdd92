"""What a classifier of two numbers says everywhere in the plane, and the points that it learned from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.colors import ListedColormap, to_hex, to_rgb
from matplotlib.ticker import MaxNLocator

from bplib.viz import style as s
from bplib.viz._data import Array, finite, labels, names
from bplib.viz.alt import Drawn, describe, plural

_CLASSES = (
    s.VALUE,
    s.GRADIENT,
    s.PARAMETER,
    s.PURPLE,
    s.INK,
    "#E69F00",
    "#56B4E9",
    "#767676",
    "#F0E442",
    "#000000",
)


def decision_regions(
    predict: Callable[[Array], Any],
    X: Any,
    y: Any,
    *,
    class_names: Sequence[str] | None = None,
    threshold: float | None = None,
    axes_names: tuple[str, str] = ("x₁", "x₂"),
    resolution: int = 200,
    ax: Any = None,
    size: str = "column",
) -> Drawn:
    """Regions by pale colour and a dark boundary, points by colour and marker; a wrong point has a ring
    around it.

    ``predict`` takes points (M, 2) and returns classes (M,) as whole numbers, or scores (M, K), of which
    the largest wins, or one score each, (M,) or (M, 1): class 1 above ``threshold`` (0 for logits, 0.5 for
    probabilities). X: (N, 2); y: (N,) whole numbers.
    """
    X = finite("decision_regions", "X", X, "(N, 2)").astype(np.float64)
    y = labels("decision_regions", "y", y, len(X))
    low, high = X.min(axis=0), X.max(axis=0)
    margin = 0.1 * np.where(high > low, high - low, 1.0)
    low, high = low - margin, high + margin
    A, B = np.meshgrid(*(np.linspace(low[i], high[i], resolution) for i in (0, 1)))
    said = _classes(predict, np.column_stack([A.ravel(), B.ravel()]), threshold)
    at_points = _classes(predict, X, threshold)
    count = int(max(said.max(), y.max(), at_points.max())) + 1
    if count > len(_CLASSES):
        raise ValueError(f"decision_regions: {count} classes; at most {len(_CLASSES)} can be told apart.")
    words = [f"class {k}" for k in range(count)]
    if class_names is not None:
        words = names("decision_regions", "class_names", class_names, max(count, len(class_names)))
    wrong = at_points != y
    region = said.reshape(A.shape)
    with s.drawing(ax, size, height=4.0 if size == "column" else None) as (fig, ax):
        pale = ListedColormap([_pale(c) for c in _CLASSES[:count]])
        ax.pcolormesh(
            A, B, region, cmap=pale, vmin=-0.5, vmax=count - 0.5, shading="nearest", rasterized=True
        )
        for k in range(count):
            if 0 < np.mean(region == k) < 1:
                ax.contour(A, B, region == k, [0.5], colors=s.INK, linewidths=1.2)
        for k in np.unique(y):
            here = y == k
            ax.plot(
                *X[here].T, linestyle="none", marker=s.MARKERS[k], color=_CLASSES[k], markersize=6.5,
                markeredgecolor="white", markeredgewidth=0.7, label=words[k],
            )  # fmt: skip
        if wrong.any():
            ax.plot(
                *X[wrong].T, linestyle="none", marker="o", markersize=13, markerfacecolor="none",
                markeredgecolor=s.INK, markeredgewidth=1.5, label=f"wrong ({int(wrong.sum())})",
            )  # fmt: skip
        ax.set(xlabel=axes_names[0], ylabel=axes_names[1], xlim=(low[0], high[0]), ylim=(low[1], high[1]))
        ax.xaxis.set_major_locator(MaxNLocator(6))
        ax.grid(visible=False)
        ax.legend()
        right = len(X) - int(wrong.sum())
        shares = ", ".join(f"{words[k]}: {np.mean(region == k):.0%}" for k in range(count))
        describe(
            ax,
            f"Decision regions of a classifier with {plural(count, 'class', 'classes')}, "
            f"and {plural(len(X), 'point')}: {right} of {len(X)} lie in their own region. "
            f"Share of the picture: {shares}.",
        )
        return Drawn(fig, ax)


def _classes(predict: Callable[[Array], Any], points: Array, threshold: float | None) -> Array:
    out = predict(points)
    out = np.asarray(getattr(out, "value", out))
    if out.shape == (len(points),) and out.dtype.kind in "iub":
        return labels("decision_regions", "predict(points)", out, len(points))
    out = finite("decision_regions", "predict(points)", out, f"({len(points)},)", f"({len(points)}, K)")
    if out.ndim == 2 and out.shape[1] > 1:
        return out.argmax(axis=1)
    if threshold is None:
        raise ValueError(
            "decision_regions: predict returns one score for each point; say above which threshold= "
            "it means class 1 (0 for logits, 0.5 for probabilities)."
        )
    return (out.ravel() > threshold).astype(np.int64)


def _pale(colour: str) -> str:
    red, green, blue = (1 - 0.28 * (1 - c) for c in to_rgb(colour))
    return to_hex((red, green, blue))
