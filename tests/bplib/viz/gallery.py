"""One call of every drawing function, for tests that ask the same of all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axis import Axis
from matplotlib.text import Text

from bplib import viz
from bplib.tape import Tensor
from bplib.viz import Drawn


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def product() -> Tensor:
    """y = x² x + x², a graph with fan-out, after backward."""
    x = Tensor(3.0, name="x")
    u = x * x
    u.name = "u"
    y = u * x + u
    y.name = "y"
    y.backward(retain_graph=True, inner=True)
    return y


def points() -> tuple[np.ndarray, np.ndarray]:
    X = rng().standard_normal((30, 2))
    return X, (X[:, 0] > 0).astype(int)


HISTORY = {"loss": [2.31, 0.4, 0.05], "val_loss": [2.2, 0.11, 0.3], "accuracy": [0.1, 0.7, 0.99]}
GRADIENTS = {"layer1.W": np.full((2, 2), 1e-4), "layer2.W": np.full((2, 2), 0.1), "layer3.W": np.ones((2, 2))}
TOKENS = ["the", "cat", "sat"]
ATTENTION = np.array([[1.0, 0.0, 0.0], [0.2, 0.8, 0.0], [0.1, 0.6, 0.3]])

# name → (call, how many axes it needs)
GALLERY: dict[str, tuple[Callable[..., Drawn], int]] = {
    "draw_graph": (lambda **k: viz.draw_graph(product(), **k), 1),
    "training_curves": (lambda **k: viz.training_curves(HISTORY, **k), 2),
    "gradient_flow": (lambda **k: viz.gradient_flow(GRADIENTS, **k), 1),
    "activation_histograms": (
        lambda **k: viz.activation_histograms(
            {"first": rng().standard_normal(99), "ReLU": [0, 0, 1, 2]}, **k
        ),
        1,
    ),
    "loss_surface": (
        lambda **k: viz.loss_surface(
            lambda a, b: a**2 + 3 * b**2,
            {"SGD": [[2, 1], [1, 0.4], [0.5, 0.1]], "Adam": [[2, 1], [1.9, 0.9], [0, 0]]},
            **k,
        ),
        1,
    ),
    "filters": (lambda **k: viz.filters(rng().standard_normal((6, 1, 3, 3)), **k), 1),
    "image_grid": (lambda **k: viz.image_grid(rng().random((4, 5, 5)), [0, 1, 2, 3], [0, 1, 3, 3], **k), 1),
    "saliency_overlay": (
        lambda **k: viz.saliency_overlay(np.eye(6), np.arange(36.0).reshape(6, 6), **k),
        1,
    ),
    "confusion_matrix": (lambda **k: viz.confusion_matrix([[50, 2], [7, 41]], ["cat", "dog"], **k), 1),
    "attention_map": (lambda **k: viz.attention_map(ATTENTION, TOKENS, **k), 1),
    "decision_regions": (
        lambda **k: viz.decision_regions(lambda X: (X[:, 0] > 0).astype(int), *points(), resolution=50, **k),
        1,
    ),
}


def texts(fig: Any) -> list[Any]:
    """Every visible text of a figure that says something, after drawing it."""
    fig.canvas.draw()
    unseen: set[Any] = set()
    for axis in fig.findobj(Axis):
        low, high = sorted(axis.get_view_interval())
        for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
            outside = not low <= tick.get_loc() <= high
            if outside or not axis.axes.axison or not axis.get_visible():
                unseen.update((tick.label1, tick.label2))
        if not axis.axes.axison:
            unseen.add(axis.label)
    return [t for t in fig.findobj(Text) if t.get_visible() and t.get_text().strip() and t not in unseen]
