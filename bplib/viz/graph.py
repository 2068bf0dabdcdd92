"""Draw the computational graph behind a tensor: values forward in blue, gradients back in vermilion."""

from __future__ import annotations

import itertools
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.font_manager import FontProperties
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path
from matplotlib.textpath import TextPath

from bplib.nn.module import Module, Parameter
from bplib.tape import Tensor
from bplib.viz import style as s
from bplib.viz.alt import Drawn, describe, number
from bplib.viz.layout import Layout, arrange
from bplib.viz.tracing import Node, Trace, graph_sentence, short, trace

_FONT = 10.0  # points
_LINE = 0.19  # inches from one line of text to the next
_MARGIN = 0.12
_LEGIBLE = 5.6  # wider than this, a phone shows the text smaller than 8 pixels
_PAPER = "#F7F7F7"  # inside a box
_FRAME = "#8C8C8C"
_EDGE = "#6B6B6B"


@dataclass
class _Box:
    """Lines of (text, colour, bold), and how the frame looks."""

    lines: list[tuple[str, str, bool]]
    frame: str
    thick: bool

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in inches."""
        width = max(_text_width(text, bold) for text, _, bold in self.lines)
        return width + 0.22, _LINE * len(self.lines) + 0.13


@dataclass
class _Edge:
    """From one box to another, where it enters as argument number ``argument``; ``label``: what it sends
    back.
    """

    start: int
    stop: int
    argument: int
    label: str


def draw_graph(
    y: Tensor | Trace,
    *,
    model: Module | None = None,
    parameters: Collection[Tensor | str] = (),
    direction: str = "auto",
    max_nodes: int = 60,
    ax: Any = None,
) -> Drawn:
    """The graph that computed ``y``, with the value of every tensor and, after backward, its gradient.

    The natural use is ``y.backward(retain_graph=True, inner=True); draw_graph(y)``. Before ``backward`` it
    shows values only. Parameters of a module, and those in ``parameters`` (tensors, or their names), get a
    green frame; ``model`` lends them their names. A tensor that is used several times has a dot where its
    uses part; single numbers show there what each use sends back, and the gradient is their sum.
    ``direction``: "right", "down", or "auto", which is right if a phone can still show that.
    """
    if direction not in ("auto", "right", "down"):
        raise ValueError(f'draw_graph: direction must be "auto", "right" or "down", got {direction!r}.')
    t = y if isinstance(y, Trace) else trace(y, model)
    if len(t.nodes) > max_nodes:
        raise ValueError(
            f"draw_graph: {len(t.nodes)} nodes are too many to read (max_nodes={max_nodes}). "
            "Draw the graph of an inner tensor, or print graph_text(y)."
        )
    green = {p if isinstance(p, str) else id(p) for p in parameters}
    boxes, edges = _contents(t, green)
    plans = {way: _Plan(boxes, edges, way) for way in ("right", "down") if direction in ("auto", way)}
    plan = plans[direction] if direction != "auto" else plans["right"]
    if direction == "auto" and plan.width > _LEGIBLE and plans["down"].width < plan.width:
        plan = plans["down"]
    with s.styled():
        scale = 1.0
        if ax is None:
            fig, ax = plt.subplots(figsize=(plan.width, plan.height))
            fig.set_layout_engine("none")
            ax.set_position((0, 0, 1, 1))
        else:
            fig = ax.get_figure(root=True)
            room = ax.get_window_extent().transformed(fig.dpi_scale_trans.inverted())
            scale = min(room.width / plan.width, room.height / plan.height)
        ax.set(xlim=(0, plan.width), ylim=(0, plan.height), aspect="equal")
        ax.axis("off")
        plan.draw(ax, scale)
    describe(ax, graph_sentence(t))
    return Drawn(fig, ax)


def _contents(t: Trace, green: set[str | int]) -> tuple[list[_Box], list[_Edge]]:
    """Boxes and edges. A constant argument becomes a small grey box; those come first, as parents must."""
    constants = [(c, k) for c, node in enumerate(t.nodes) for k, p in enumerate(node.parents) if p is None]
    first = len(constants)
    boxes = [_Box([("constant", s.text_colour(s.DATA, _PAPER), False)], s.DATA, False) for _ in constants]
    edges = [_Edge(i, first + c, k, "") for i, (c, k) in enumerate(constants)]
    for i, node in enumerate(t.nodes):
        boxes.append(_box(node, t.title(i), _is_parameter(node, green)))
    forks = {i for i, n in enumerate(t.nodes) if len(n.children) > 1 and not n.joint and n.tensor.size == 1}
    sent = t.contributions() if forks else {}
    for p, c, k in t.edges():
        back = sent.get((p, c, k)) if p in forks else None
        label = "" if back is None else number(np.asarray(back).item())
        edges.append(_Edge(first + p, first + c, k, label))
    return boxes, edges


def _is_parameter(node: Node, green: set[str | int]) -> bool:
    return isinstance(node.tensor, Parameter) or node.label in green or id(node.tensor) in green


def _box(node: Node, title: str, parameter: bool) -> _Box:
    lines = [(title, s.INK, True)]
    if parameter:
        lines.append(("parameter", s.text_colour(s.PARAMETER, _PAPER), False))
    if not node.joint:
        lines.append((f"value {short(node.value)}", s.text_colour(s.VALUE, _PAPER), False))
    if node.gradient is not None:
        lines.append((f"gradient {short(node.gradient)}", s.text_colour(s.GRADIENT, _PAPER), False))
    leaf = not node.op
    return _Box(lines, s.PARAMETER if parameter else s.INK if leaf else _FRAME, leaf or parameter)


@lru_cache(maxsize=4096)
def _text_width(text: str, bold: bool = False) -> float:
    font = FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal")
    return TextPath((0, 0), text, size=_FONT, prop=font).get_extents().width / 72


class _Plan:
    """Boxes and edges in their places, for values that flow to the right or down the page."""

    def __init__(self, boxes: list[_Box], edges: list[_Edge], way: str) -> None:
        self.boxes, self.edges, self.right = boxes, edges, way == "right"
        self.arrow = "← " if self.right else "↑ "
        sizes = [b.size if self.right else b.size[::-1] for b in boxes]
        self.along = [a for a, _ in sizes]
        self.across = [a for _, a in sizes]
        for i in range(len(boxes)):  # labels that arrive side by side need room
            mine = [e for e in edges if e.stop == i]
            if any(e.label for e in mine):
                self.across[i] = max(self.across[i], len(mine) * max(self._label(e)[1] for e in mine) / 0.9)
        longest = max((self._label(e)[0] for e in edges), default=0.0)
        ends = [(e.start, e.stop) for e in edges]
        self.layout: Layout = arrange(self.along, self.across, ends, 0.42 + longest, 0.22, longest)
        size = (self.layout.length, self.layout.breadth)
        self.width, self.height = (n + 2 * _MARGIN for n in (size if self.right else size[::-1]))
        self.entry = self._entries()

    def _label(self, e: _Edge) -> tuple[float, float]:
        """The size of an edge's label, along and across the flow."""
        if not e.label:
            return 0.0, 0.12
        size = (_text_width(self.arrow + e.label) + 0.12, 0.2)
        return size if self.right else size[::-1]

    def _entries(self) -> list[float]:
        """Where each edge enters its box: spread over the side, in the order in which the edges arrive."""
        out = [0.0] * len(self.edges)
        for i in range(len(self.boxes)):
            mine = [k for k, e in enumerate(self.edges) if e.stop == i]
            came = {
                k: self.layout.bends[k][-1][1]
                if self.layout.bends[k]
                else self.layout.across[self.edges[k].start]
                for k in mine
            }
            mine.sort(key=lambda k: (round(came[k], 6), self.edges[k].argument))
            labelled = any(self.edges[k].label for k in mine)
            for j, k in enumerate(mine):
                share = (0.9 if labelled else 0.62) * ((j + 0.5) / len(mine) - 0.5)
                out[k] = self.layout.across[i] + self.across[i] * share
        return out

    def point(self, along: float, across: float) -> tuple[float, float]:
        """Inches from the lower left corner."""
        if self.right:
            return along + _MARGIN, self.layout.breadth - across + _MARGIN
        return across + _MARGIN, self.layout.length - along + _MARGIN

    def draw(self, ax: Any, scale: float) -> None:
        """Everything; ``scale`` shrinks text and lines where the axes are smaller than the plan."""
        for i in range(len(self.boxes)):
            self._draw_box(ax, i, scale)
        for k, e in enumerate(self.edges):
            self._draw_edge(ax, k, scale)
            if sum(f.start == e.start for f in self.edges) > 1 and len(self.boxes[e.start].lines) > 1:
                x, y = self._exit(e.start)
                ax.plot(*self.point(x, y), "o", color=_EDGE, markersize=7 * scale, zorder=5)

    def _exit(self, i: int) -> tuple[float, float]:
        return self.layout.along[i] + self.along[i] / 2, self.layout.across[i]

    def _draw_box(self, ax: Any, i: int, scale: float) -> None:
        box, (x, y) = self.boxes[i], self.point(self.layout.along[i], self.layout.across[i])
        width, height = (self.along[i], self.across[i]) if self.right else (self.across[i], self.along[i])
        ax.add_patch(
            FancyBboxPatch(
                (x - width / 2, y - height / 2), width, height,
                boxstyle="round,pad=0,rounding_size=0.06", facecolor=_PAPER, edgecolor=box.frame,
                linewidth=(2.0 if box.thick else 1.0) * scale, zorder=2,
            )
        )  # fmt: skip
        top = y + _LINE * (len(box.lines) - 1) / 2
        for k, (text, colour, bold) in enumerate(box.lines):
            ax.text(
                x, top - k * _LINE, text, ha="center", va="center", zorder=3,
                fontsize=_FONT * scale, color=colour, fontweight="bold" if bold else "normal",
            )  # fmt: skip

    def _draw_edge(self, ax: Any, k: int, scale: float) -> None:
        """A smooth line that leaves and enters in the direction of flow, and what it sends back written on
        it.
        """
        e = self.edges[k]
        label = self._label(e)[0]
        stop = (self.layout.along[e.stop] - self.along[e.stop] / 2, self.entry[k])
        middle = stop[0] - 0.19 - label / 2
        points = [self._exit(e.start), *self.layout.bends[k], stop]
        if e.label:
            points[-1:] = [(middle - label / 2, stop[1]), stop]
        vertices, codes = [self.point(*points[0])], [Path.MOVETO]
        for (a, b), (c, d) in itertools.pairwise(points):
            if abs(b - d) < 1e-9:
                vertices.append(self.point(c, d))
                codes.append(Path.LINETO)
            else:
                half = (a + c) / 2
                vertices += [self.point(half, b), self.point(half, d), self.point(c, d)]
                codes += [Path.CURVE4] * 3
        ax.add_patch(
            FancyArrowPatch(
                path=Path(vertices, codes), arrowstyle="-|>", mutation_scale=11 * scale, color=_EDGE,
                linewidth=1.4 * scale, shrinkA=0, shrinkB=0, zorder=1,
            )
        )  # fmt: skip
        if e.label:
            ax.text(
                *self.point(middle, stop[1]), self.arrow + e.label, ha="center", va="center", zorder=4,
                fontsize=_FONT * scale, color=s.text_colour(s.GRADIENT),
                bbox={"facecolor": s.CARD, "edgecolor": "none", "pad": 0.5},
            )  # fmt: skip
