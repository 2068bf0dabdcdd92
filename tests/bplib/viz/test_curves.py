"""Training curves, gradient flow and histograms show the numbers that were given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex

from bplib import nn
from bplib.viz import activation_histograms, gradient_flow, training_curves
from bplib.viz.style import GRADIENT, VALUE
from tests.bplib.viz.gallery import GRADIENTS, HISTORY


def test_curves_hold_the_history() -> None:
    drawn = training_curves(HISTORY)
    loss, accuracy = drawn.ax
    assert (loss.get_ylabel(), accuracy.get_ylabel(), loss.get_xlabel()) == ("loss", "accuracy", "epoch")
    train, validation, best = loss.lines
    assert list(train.get_xdata()) == [1, 2, 3]
    assert list(train.get_ydata()) == HISTORY["loss"]
    assert list(validation.get_ydata()) == HISTORY["val_loss"]
    assert (best.get_xdata()[0], best.get_ydata()[0]) == (2, 0.11)
    assert (train.get_color(), train.get_linestyle(), train.get_marker()) == (VALUE, "-", "o")
    assert (validation.get_linestyle(), validation.get_marker()) == ("--", "s")
    assert [t.get_text() for t in loss.get_legend().get_texts()] == ["training", "validation", "lowest: 0.11"]
    assert drawn.alt == (
        "Training loss falls from 2.31 to 0.05 over 3 epochs; validation loss is lowest, 0.11, at epoch 2. "
        "Training accuracy rises from 0.1 to 0.99 over 3 epochs."
    )


def test_names_of_curves() -> None:
    history = {
        "train_loss": [1.0, 0.5],
        "validation_loss": [1.0, 0.7],
        "val_top_5": [0.2, 0.6],
        "epoch": [1, 2],
    }
    drawn = training_curves(history)
    assert [ax.get_ylabel() for ax in drawn.ax] == ["loss", "top 5"]
    assert drawn.alt.endswith("Validation top 5 is highest, 0.6, at epoch 2.")
    assert training_curves(history, keys=["loss"]).ax.get_ylabel() == "loss"
    assert training_curves({"loss": [0.5]}).alt == "Training loss stays at 0.5 over 1 epoch."


def test_log_axis_is_for_the_loss() -> None:
    loss, accuracy = training_curves(HISTORY, log=True).ax
    assert (loss.get_yscale(), accuracy.get_yscale()) == ("log", "linear")
    with pytest.raises(ValueError, match="loss is not positive everywhere"):
        training_curves({"loss": [1.0, 0.0]}, log=True)
    assert len(plt.get_fignums()) == 1, "the failed figure was left open"


@pytest.mark.parametrize(
    ("history", "error", "text"),
    [
        ({"loss": [1.0, float("nan")]}, ValueError, r"history\['loss'\]\[1\] is nan"),
        ({"loss": [[1.0]]}, ValueError, r"history\['loss'\] must have shape \(epochs,\), got \(1, 1\)"),
        ({"loss": [1.0], "val_loss": [1.0, 2.0]}, ValueError, "different lengths: training 1, validation 2"),
        ({"loss": []}, ValueError, r"history\['loss'\] is empty"),
        ({"loss": ["a"]}, TypeError, r"history\['loss'\] must hold numbers, got dtype <U1"),
        ({}, ValueError, "history is empty"),
    ],
)  # fmt: skip
def test_bad_histories(history: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=f"training_curves: .*{text}"):
        training_curves(history)
    assert plt.get_fignums() == []


def test_missing_key_and_wrong_number_of_axes() -> None:
    with pytest.raises(KeyError, match="no 'f1'; it has loss, val_loss, accuracy"):
        training_curves(HISTORY, keys=["f1"])
    _, ax = plt.subplots()
    with pytest.raises(ValueError, match=r"2 quantities \(loss, accuracy\) need 2 axes, got 1"):
        training_curves(HISTORY, ax=ax)


def test_gradient_flow_of_arrays() -> None:
    drawn = gradient_flow(GRADIENTS)
    line = drawn.ax.lines[0]
    np.testing.assert_allclose(line.get_xdata(), [2e-4, 0.2, 2])  # L2 norms of 2 × 2 matrices
    assert list(line.get_ydata()) == [0, 1, 2]
    assert drawn.ax.get_xscale() == "log"
    assert drawn.ax.yaxis_inverted(), "the first layer is on top"
    assert [t.get_text() for t in drawn.ax.get_yticklabels()] == list(GRADIENTS)
    assert to_hex(line.get_color()).upper() == GRADIENT
    assert drawn.alt == (
        "Gradient norm by layer: 0.0002 at layer1.W, the first, and 2 at layer3.W, the last; "
        "smallest 0.0002 (layer1.W), largest 2 (layer3.W)."
    )


def test_a_gradient_of_zero_is_named() -> None:
    drawn = gradient_flow({"a": np.ones(4), "dead": np.zeros(3), "c": np.ones(4)})
    assert [t.get_text() for t in drawn.ax.texts] == ["ZERO"]
    assert np.isnan(drawn.ax.lines[0].get_xdata()[1]), "the line has a gap"
    assert drawn.ax.lines[1].get_marker() == "X"
    assert drawn.alt.endswith("zero at dead.")
    assert gradient_flow({"a": [0.0], "b": [0.0]}).alt.endswith("zero at a, b.")


def test_networks_are_compared_by_marker_and_line() -> None:
    other = {name: g * 10 for name, g in GRADIENTS.items()}
    drawn = gradient_flow({"sigmoid": GRADIENTS, "ReLU": other})
    one, two = drawn.ax.lines
    np.testing.assert_allclose(two.get_xdata(), 10 * one.get_xdata())
    assert one.get_marker() != two.get_marker()
    assert one.get_linestyle() != two.get_linestyle()
    assert [t.get_text() for t in drawn.ax.get_legend().get_texts()] == ["sigmoid", "ReLU"]
    assert drawn.alt.startswith("sigmoid: gradient norm by layer: 0.0002")


def test_gradient_flow_of_a_module() -> None:
    model = nn.Linear(2, 3, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"W has no gradient \(None\); call backward\(\) first"):
        gradient_flow(model)
    model(np.ones((4, 2))).sum().backward()
    drawn = gradient_flow(model)
    want = {name: np.linalg.norm(p.grad) for name, p in model.named_parameters()}
    assert [t.get_text() for t in drawn.ax.get_yticklabels()] == list(want)
    np.testing.assert_allclose(drawn.ax.lines[0].get_xdata(), list(want.values()))


@pytest.mark.parametrize(
    ("gradients", "error", "text"),
    [
        ({"W": [1.0, float("inf")]}, ValueError, r"W\[1\] is inf; only finite numbers can be drawn"),
        ({"net": {"W": [float("nan")]}}, ValueError, r"net: W\[0\] is nan"),
        ({"a": {"W": [1.0]}, "b": {"V": [1.0]}}, ValueError, r"'b' has the layers \['V'\], the first has \['W'\]"),
        ({"a": {"W": [1.0]}, "b": [1.0]}, TypeError, "either all values are arrays"),
        ({}, TypeError, "not empty"),
        ([1.0], TypeError, "got list"),
    ],
)  # fmt: skip
def test_bad_gradients(gradients: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=f"gradient_flow: .*{text}"):
        gradient_flow(gradients)


def test_histograms() -> None:
    data = {"first": np.array([[-1.0, 0.5], [0.5, 2.0]]), "ReLU": np.array([0.0, 0.0, 0.0, 1.0])}
    drawn = activation_histograms(data, bins=10)
    filled = [p for p in drawn.ax.patches if p.get_fill()]
    assert len(filled) == 2
    for patch, x, base in zip(filled, data.values(), (1, 0), strict=True):
        heights, edges, baseline = patch.get_data()
        count, _ = np.histogram(x, edges)
        np.testing.assert_allclose(heights - base, 0.66 * count / count.max())
        assert np.all(np.asarray(baseline) == base)
        assert edges[0] < -1 and edges[-1] > 2, "both on one scale"
    assert [t.get_text() for t in drawn.ax.texts] == ["mean 0.5, std 1.1", "mean 0.25, std 0.43, 75% zero"]
    assert [t.get_text() for t in drawn.ax.get_yticklabels()] == ["ReLU", "first"]
    assert drawn.alt == (
        "Histograms of the activations of 2 layers. first: mean 0.5, std 1.1; ReLU: mean 0.25, std 0.43, 75% zero."
    )
    activation_histograms({"constant": np.zeros(5)})
    with pytest.raises(ValueError, match=r"activation_histograms: h\[0, 1\] is nan"):
        activation_histograms({"h": [[0.0, np.nan]]})
    with pytest.raises(TypeError, match="mapping layer → activations"):
        activation_histograms({})
