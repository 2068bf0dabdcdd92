"""Kernels, image grids and saliency: the right pixels in the right places, and mistakes marked by a sign and words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex

from bplib.viz import filters, image_grid, saliency_overlay
from bplib.viz.images import _outline
from bplib.viz.style import INK


def tiles(drawn: Any) -> list[np.ndarray]:
    return [np.asarray(i.get_array()) for i in drawn.ax.images]


def places(drawn: Any) -> list[tuple[float, float]]:
    return [(round(i.get_extent()[0]), i.get_extent()[3]) for i in drawn.ax.images]


def test_grey_kernels_share_one_scale_with_zero_in_the_middle() -> None:
    w = np.random.default_rng(0).standard_normal((5, 1, 3, 2))
    drawn = filters(w, columns=2)
    top = np.abs(w).max()
    for tile, kernel in zip(tiles(drawn), w[:, 0], strict=True):
        np.testing.assert_allclose(tile, kernel / top)
    assert {i.get_clim() for i in drawn.ax.images} == {(-1, 1)}
    assert [x for x, _ in places(drawn)] == [0, 1, 0, 1, 0]
    assert drawn.ax.get_title(loc="left").startswith("black −2.3, grey 0, white 2.3")
    assert drawn.alt == (
        f"Kernels of a convolution: 5 filters of 3 by 2, 1 channel; weights between −2.33 and {w.max():.2f}."
    )
    np.testing.assert_array_equal(tiles(filters(w[:, 0]))[0], tiles(drawn)[0])


def test_colour_kernels_and_many_channels() -> None:
    w = np.random.default_rng(0).standard_normal((2, 3, 4, 4))
    first = tiles(filters(w))[0]
    assert first.shape == (4, 4, 3)
    np.testing.assert_allclose(first, 0.5 + 0.5 * np.moveaxis(w[0], 0, -1) / np.abs(w[0]).max())
    many = np.random.default_rng(0).standard_normal((2, 5, 3, 3))
    drawn = filters(many)
    assert [x for x, _ in places(drawn)] == [0, 1, 2, 3, 4] * 2, "a row is a filter"
    np.testing.assert_allclose(tiles(drawn)[7], many[1, 2] / np.abs(many).max())
    filters(np.zeros((1, 1, 2, 2)))
    filters(np.zeros((1, 3, 2, 2)))


def test_image_grid_marks_mistakes() -> None:
    x = np.random.default_rng(0).random((3, 1, 4, 4))
    drawn = image_grid(x, [0, 1, 2], [0, 2, 2], class_names=["cat", "dog", "owl"])
    assert [t.get_text() for t in drawn.ax.texts] == ["cat", "✗ owl, is dog", "owl"]
    right, wrong = drawn.ax.texts[0], drawn.ax.texts[1]
    assert to_hex(right.get_color()) == INK
    assert right.get_color() != wrong.get_color()
    assert wrong.get_fontweight() == "bold"
    assert drawn.alt == (
        "Grid of 3 images of 4 by 4 pixels, labelled cat, owl for dog, owl; 1 of 3 predictions are wrong."
    )
    np.testing.assert_allclose(tiles(drawn)[1], (x[1, 0] - x.min()) / (x.max() - x.min()))


def test_image_grid_without_predictions_and_in_colour() -> None:
    x = np.random.default_rng(0).random((2, 3, 4, 6))
    assert not image_grid(x).ax.texts
    assert tiles(image_grid(x))[0].shape == (4, 6, 3)
    assert [t.get_text() for t in image_grid(x, [4, 5]).ax.texts] == ["4", "5"]
    assert image_grid(x, [4, 5]).alt == "Grid of 2 images of 4 by 6 pixels, labelled 4, 5."
    image_grid(np.zeros((1, 2, 2)))


def test_saliency_is_drawn_over_the_image_and_outlined() -> None:
    g = np.zeros((5, 5))
    g[1, 2], g[3, 3] = -4.0, 1.0
    drawn = saliency_overlay(np.eye(5), g, share=0.08)
    image, heat = drawn.ax.images
    np.testing.assert_array_equal(image.get_array(), np.eye(5))
    np.testing.assert_array_equal(heat.get_array(), np.abs(g))
    assert heat.get_cmap()(0.0)[3] == 0, "no saliency, no colour"
    lines = [c for c in drawn.ax.collections if isinstance(c, LineCollection)]
    assert len(lines) == 2, "a dark line on a white one"
    assert len(lines[0].get_segments()) == 8, "two pixels have eight edges"
    assert "largest, 4, in row 1, column 2; the strongest 8% of the pixels hold 100%" in drawn.alt
    three = saliency_overlay(np.stack([np.eye(5)] * 3), np.stack([g, 2 * g, 0 * g]))
    np.testing.assert_allclose(three.ax.images[0].get_array(), np.eye(5))
    np.testing.assert_array_equal(three.ax.images[1].get_array(), 2 * np.abs(g))
    saliency_overlay(np.zeros((4, 4)), np.zeros((4, 4)))


def test_outline_follows_pixel_edges() -> None:
    mask = np.zeros((3, 3), bool)
    mask[0, 0] = mask[0, 1] = True
    edges = {tuple(sorted(line)) for line in _outline(mask)}
    assert edges == {
        ((-0.5, -0.5), (0.5, -0.5)), ((0.5, -0.5), (1.5, -0.5)), ((-0.5, 0.5), (0.5, 0.5)), ((0.5, 0.5), (1.5, 0.5)),
        ((-0.5, -0.5), (-0.5, 0.5)), ((1.5, -0.5), (1.5, 0.5)),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: filters(np.ones((2, 2))), r"filters: w must have shape \(F, C, K, L\) or \(F, K, L\), got \(2, 2\)"),
        (lambda: filters([[[[np.nan]]]]), r"filters: w\[0, 0, 0, 0\] is nan"),
        (lambda: filters(np.ones((2, 1, 2, 2)), columns=0), "columns must be at least 1, got 0"),
        (lambda: image_grid(np.ones((2, 4, 3, 3))), r"images must have shape .* got \(2, 4, 3, 3\)"),
        (lambda: image_grid(np.ones((2, 3, 3)), [0]), r"true must have shape \(2,\), got \(1,\)"),
        (lambda: image_grid(np.ones((2, 3, 3)), [0, -1]), "true holds -1; classes are numbered from 0"),
        (lambda: image_grid(np.ones((1, 3, 3)), [2], class_names=["a"]), "class 2 has no name"),
        (lambda: saliency_overlay(np.ones((3, 3)), np.ones((2, 3))), r"saliency is \(2, 3\) pixels, the image"),
        (lambda: saliency_overlay(np.ones((3, 3)), np.ones((3, 3)), share=2), "share must lie between 0 and 1, got 2"),
    ],
)  # fmt: skip
def test_errors(call: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        call()


def test_labels_must_be_whole_numbers() -> None:
    with pytest.raises(TypeError, match="predicted must hold whole class numbers, got dtype float64"):
        image_grid(np.ones((2, 3, 3)), [0, 1], [0.0, 1.0])
