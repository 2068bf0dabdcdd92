"""A loss as a landscape over two parameters, and the paths that optimisers take through it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import MaxNLocator

from bplib.viz import style as s
from bplib.viz._data import Array, finite
from bplib.viz.alt import Drawn, describe, number

# Light on purpose: paths drawn over it keep their contrast.
_LAND = LinearSegmentedColormap.from_list("land", ["#FFFFFF", "#E3EAF0", "#C9D5DF"])
_Range = tuple[float, float]


def loss_surface(
    f: Callable[..., Any],
    paths: Mapping[str, Any] | None = None,
    *,
    a: _Range | None = None,
    b: _Range | None = None,
    names: tuple[str, str] = ("a", "b"),
    resolution: int = 81,
    levels: int = 12,
    ax: Any = None,
    size: str = "column",
) -> Drawn:
    """Contours of f(a, b), and optimisers' paths by colour, line style and marker.

    ``f`` takes two numbers, or two arrays of one shape (then it is called once). ``paths`` maps a name to
    an array (steps, 2). ``a`` and ``b`` are the ranges to draw; without them, what the paths cover and a
    little more. Contours lie closer where the loss is small: each lies above an equal share of the picture.
    """
    tracks = {
        str(k): finite("loss_surface", f"path {k!r}", v, "(steps, 2)") for k, v in (paths or {}).items()
    }
    a, b = (_range(n, r, [t[:, i] for t in tracks.values()]) for i, (n, r) in enumerate((("a", a), ("b", b))))
    A, B = np.meshgrid(np.linspace(*a, resolution), np.linspace(*b, resolution))
    Z = evaluate(f, A, B)
    heights = np.unique(np.quantile(Z, np.linspace(0, 1, levels + 1)))
    if len(heights) < 2:
        raise ValueError(f"loss_surface: f is {number(heights[0])} everywhere in this range.")
    with s.drawing(ax, size, height=4.2 if size == "column" else None) as (fig, ax):
        ax.contourf(A, B, Z, heights, cmap=_LAND)
        lines = ax.contour(A, B, Z, heights[1:-1], colors="#8A8A8A", linewidths=0.8)
        tick = s.font_sizes(fig.get_figwidth())[1]
        if lines.levels.size:
            ax.clabel(lines, lines.levels[::3], fmt=number, fontsize=tick, colors=s.INK)
        for k, (name, path) in enumerate(tracks.items()):
            _path(ax, name, path, k)
        ax.set(xlabel=names[0], ylabel=names[1], xlim=a, ylim=b)
        ax.xaxis.set_major_locator(MaxNLocator(6))
        ax.grid(visible=False)
        if tracks:
            ax.legend(title="large marker: end", title_fontsize=tick)
        describe(ax, _sentence(Z, A, B, names, tracks, f))
        return Drawn(fig, ax)


def _range(name: str, given: _Range | None, covered: list[Array]) -> _Range:
    if given is None:
        if not covered:
            raise ValueError(
                f"loss_surface: give the range {name}=(low, high); there are no paths to take it from."
            )
        low, high = min(c.min() for c in covered), max(c.max() for c in covered)
        margin = 0.15 * (high - low) or 1.0
        return float(low - margin), float(high + margin)
    low, high = (float(v) for v in given)
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        raise ValueError(f"loss_surface: {name} must be (low, high) with low < high, got {given}.")
    return low, high


def evaluate(f: Callable[..., Any], A: Array, B: Array) -> Array:
    """f at every pair: in one call if f works on arrays, else one by one. A, B and the result: (M, N).

    That a call returns the right shape does not prove that it is meant for arrays, so one corner is checked.
    """
    try:
        Z = np.asarray(getattr(z := f(A, B), "value", z))
        vectorised = Z.shape == A.shape and np.allclose(Z[-1, 0], _one(f, A[-1, 0], B[-1, 0]), equal_nan=True)
    except (TypeError, ValueError, IndexError):
        vectorised = False
    if not vectorised:
        Z = np.array([_one(f, p, q) for p, q in zip(A.ravel(), B.ravel(), strict=True)]).reshape(A.shape)
    bad = np.argwhere(~np.isfinite(Z))
    if len(bad):
        i, j = bad[0]
        raise ValueError(
            f"loss_surface: f({number(A[i, j])}, {number(B[i, j])}) is {Z[i, j]}; "
            "choose a range where f is finite."
        )
    return Z.astype(np.float64)


def _one(f: Callable[..., Any], p: float, q: float) -> float:
    z = f(float(p), float(q))
    z = np.asarray(getattr(z, "value", z))
    if z.size != 1:
        raise ValueError(f"loss_surface: f of two numbers must be one number, got shape {z.shape}.")
    return float(z.item())


def _path(ax: Any, name: str, path: Array, k: int) -> None:
    """A line with a white rim, so that it stands out from contours and from other paths; its end is marked
    larger.
    """
    colour = s.SERIES[k % len(s.SERIES)]
    marker, line = s.MARKERS[k % len(s.MARKERS)], s.LINES[k % len(s.LINES)]
    steps = len(path) - 1
    ax.plot(*path.T, color="white", linestyle="-", linewidth=4, zorder=3 + 0.1 * k)
    ax.plot(
        *path.T, color=colour, linestyle=line, marker=marker, markevery=max(1, steps // 8),
        markersize=6, markeredgecolor="white", markeredgewidth=0.8,
        label=name, zorder=3.05 + 0.1 * k,
    )  # fmt: skip
    ax.plot(
        *path[-1],
        marker=marker,
        color=colour,
        markersize=11,
        markeredgecolor="white",
        linestyle="none",
        zorder=5,
    )


def _sentence(
    Z: Array, A: Array, B: Array, names: tuple[str, str], tracks: dict[str, Array], f: Callable[..., Any]
) -> str:
    i, j = np.unravel_index(int(np.argmin(Z)), Z.shape)
    x, y = names

    def place(p: Any, q: Any) -> str:
        return f"{x} = {number(p)}, {y} = {number(q)}"

    text = f"Contours of the loss over {x} and {y}; in the picture it is lowest, {number(Z[i, j])}, "
    text += f"near {place(A[i, j], B[i, j])}."
    for name, path in tracks.items():
        steps = len(path) - 1
        before, after = number(_one(f, *path[0])), number(_one(f, *path[-1]))
        text += (
            f" {name}: {steps} step{'s' * (steps != 1)} from {place(*path[0])} (loss {before}) "
            f"to {place(*path[-1])} (loss {after})."
        )
    return text
