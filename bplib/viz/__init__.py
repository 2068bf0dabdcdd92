"""Figures of the course, in one style, each with an alt text made from its data.

Every drawing function takes ``ax=None`` and returns ``Drawn(fig, ax)``, which prints its alt text. Without
``ax`` it makes a figure with pyplot, which a notebook shows and closes by itself; elsewhere the caller
closes it.
"""

from bplib.viz.alt import Drawn, alt_text, describe
from bplib.viz.curves import activation_histograms, gradient_flow, training_curves
from bplib.viz.decision import decision_regions
from bplib.viz.graph import draw_graph
from bplib.viz.images import filters, image_grid, saliency_overlay
from bplib.viz.matrices import attention_map, confusion_matrix
from bplib.viz.style import (
    DATA,
    GRADIENT,
    INK,
    PARAMETER,
    VALUE,
    contrast,
    mark_check,
    save_figure,
    styled,
    use_style,
)
from bplib.viz.surface import loss_surface
from bplib.viz.tracing import Trace, graph_text, trace

__all__ = [
    "DATA",
    "GRADIENT",
    "INK",
    "PARAMETER",
    "VALUE",
    "Drawn",
    "Trace",
    "activation_histograms",
    "alt_text",
    "attention_map",
    "confusion_matrix",
    "contrast",
    "decision_regions",
    "describe",
    "draw_graph",
    "filters",
    "gradient_flow",
    "graph_text",
    "image_grid",
    "loss_surface",
    "mark_check",
    "saliency_overlay",
    "save_figure",
    "styled",
    "trace",
    "training_curves",
    "use_style",
]
