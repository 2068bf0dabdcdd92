"""The graph that is drawn is the graph that was computed: every tensor, every use, every number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from bplib import nn
from bplib.tape import Tensor, apply, no_grad
from bplib.viz import draw_graph, graph_text, trace
from bplib.viz.style import GRADIENT, PARAMETER, VALUE, text_colour
from tests.bplib.viz.gallery import product


def written(drawn: Any) -> list[str]:
    return [t.get_text() for t in drawn.ax.texts]


def boxes(drawn: Any) -> list[FancyBboxPatch]:
    return [p for p in drawn.ax.patches if isinstance(p, FancyBboxPatch)]


def arrows(drawn: Any) -> list[FancyArrowPatch]:
    return [p for p in drawn.ax.patches if isinstance(p, FancyArrowPatch)]


def shaft(arrow: FancyArrowPatch) -> np.ndarray:
    """The points of an arrow's line, without its head."""
    return arrow.get_path().to_polygons(closed_only=False)[0]


TEXT = """\
x: value 3, gradient 33; used 3 times: by u (sends back 12), u (sends back 12) and v1 (sends back 9)
u = mul(x, x): value 9, gradient 4; used 2 times: by v1 (sends back 3) and y (sends back 1)
v1 = mul(u, x): value 27, gradient 1
y = add(v1, u): value 36, gradient 1"""


def test_graph_text_after_backward() -> None:
    y = product()
    assert graph_text(y) == TEXT
    assert graph_text(y) == TEXT, "reading the graph changed it"


def test_graph_text_before_backward_has_values_only() -> None:
    x = Tensor(3.0, name="x")
    assert graph_text(x * 2.0) == "x: value 3\nv1 = mul(x, constant): value 6"
    assert "gradient" not in graph_text(x * x)


def test_names_do_not_depend_on_what_was_computed_before() -> None:
    for _ in range(2):
        x = Tensor(1.0)
        assert graph_text(x + x).splitlines()[1].startswith("v2 = add(v1, v1)")


def test_a_name_that_is_taken_is_not_given_again() -> None:
    x = Tensor(1.0, name="v1")
    assert graph_text(x * x).splitlines()[1].startswith("v2 = ")


def test_drawing_shows_every_number_in_its_colour() -> None:
    drawn = draw_graph(product())
    assert len(boxes(drawn)) == 4
    assert len(arrows(drawn)) == 6  # x → u twice, x → v1, u → v1, u → y, v1 → y
    said = written(drawn)
    assert {"x", "u = x × x", "v1 = u × x", "y = v1 + u"} <= set(said)
    for text in drawn.ax.texts:
        kind = text.get_text().split()[0]
        if kind == "value":
            assert text.get_color() == text_colour(VALUE, "#F7F7F7")
        if kind in ("gradient", "←", "↑"):
            assert text.get_color() in {text_colour(GRADIENT, g) for g in ("#F7F7F7", "#FFFFFF")}
    assert sorted(t.split()[1] for t in said if t.startswith("value")) == sorted(["3", "9", "27", "36"])
    assert sorted(t.split()[1] for t in said if t.startswith("gradient")) == sorted(["33", "4", "1", "1"])
    back = [float(t[2:]) for t in said if t[0] in "←↑"]
    assert sorted(back) == [1, 3, 9, 12, 12]
    assert sum(back) == 33 + 4, "what the uses send back adds up to the gradients"
    assert TEXT.splitlines()[0] in drawn.alt


def test_fan_out_is_marked_where_the_uses_part() -> None:
    drawn = draw_graph(product())
    dots = {tuple(np.round([line.get_xdata()[0], line.get_ydata()[0]], 6)) for line in drawn.ax.lines}
    assert len(dots) == 2, "x and u are used several times, v1 and y are not"
    a, b = Tensor(1.0), Tensor(2.0)
    assert not draw_graph(a + b).ax.lines


@pytest.mark.parametrize("direction", ["right", "down"])
def test_boxes_do_not_overlap_and_edges_follow_the_flow(direction: str) -> None:
    rng = np.random.default_rng(1)
    y = nn.Sequential(nn.Linear(2, 3, rng=rng), nn.Tanh(), nn.Linear(3, 1, rng=rng))(np.ones((4, 2)))
    y = (y * y).mean() + y.sum()
    y.backward(retain_graph=True, inner=True)
    drawn = draw_graph(y, direction=direction)
    frames = [b.get_bbox() for b in boxes(drawn)]
    for i, a in enumerate(frames):
        for b in frames[:i]:
            apart = a.x1 < b.x0 or b.x1 < a.x0 or a.y1 < b.y0 or b.y1 < a.y0
            assert apart
    width, height = drawn.fig.get_size_inches()
    assert all(f.x0 > 0 and f.y0 > 0 and f.x1 < width and f.y1 < height for f in frames)
    axis, sign = (0, 1) if direction == "right" else (1, -1)
    for arrow in arrows(drawn):
        path = shaft(arrow)
        assert sign * (path[-1, axis] - path[0, axis]) > 0


def test_edges_do_not_run_through_boxes() -> None:
    x = Tensor(1.0, name="x")
    y = x
    for _ in range(5):
        y = y * 2.0 + x  # x goes to every layer
    for direction in ("right", "down"):
        drawn = draw_graph(y, direction=direction)
        frames = [b.get_bbox() for b in boxes(drawn)]
        for arrow in arrows(drawn):
            for x0, y0 in shaft(arrow):
                # A hair's breadth inside: arrows begin and end on the frames.
                assert not any(
                    f.x0 + 0.02 < x0 < f.x1 - 0.02 and f.y0 + 0.02 < y0 < f.y1 - 0.02 for f in frames
                )


def test_before_backward_and_a_trace_that_outlives_the_graph() -> None:
    a, b = Tensor(2.0, name="a"), Tensor(-3.0, name="b")
    y = a * b
    y.name = "y"
    assert not [t for t in written(draw_graph(y)) if "gradient" in t]
    t = trace(y)
    y.backward(inner=True)
    assert {"gradient −3", "gradient 2", "gradient 1"} <= set(written(draw_graph(t)))
    with pytest.raises(RuntimeError, match=r"freed this graph.*backward\(retain_graph=True, inner=True\)"):
        draw_graph(y)
    with pytest.raises(RuntimeError, match="freed this graph"):
        graph_text((y * 2.0) + 1.0)


def test_parameters_are_green_by_word_too() -> None:
    w, x = Tensor(2.0, name="w"), Tensor(3.0, name="x")
    for parameters in (["w"], [w]):
        drawn = draw_graph(w * x, parameters=parameters)
        green = [b for b in boxes(drawn) if b.get_edgecolor()[:3] == pytest.approx((0, 158 / 255, 115 / 255))]
        assert len(green) == 1
        assert written(drawn).count("parameter") == 1
    assert PARAMETER == "#009E73"
    assert "parameter" not in written(draw_graph(w * x))


def test_a_module_lends_names_and_its_parameters_are_green() -> None:
    model = nn.Linear(2, 1, rng=np.random.default_rng(0))
    y = model(np.ones((3, 2))).sum()
    drawn = draw_graph(y, model=model)
    names = [name for name, _ in model.named_parameters()]
    assert [n for n in names if any(t == n or t.startswith(n + "  ") for t in written(drawn))] == names
    assert written(drawn).count("parameter") == 2
    assert "constant" in written(drawn)
    assert graph_text(y, model=model).startswith(f"{names[0]}: shape (2, 1)")


def split(a: Any) -> Any:
    """Two outputs: the first entry, and the others."""

    def pullback(d1: Any, d2: Any) -> Any:
        out = np.zeros(a.shape)
        out[:1], out[1:] = (0 if d is None else d for d in (d1, d2))
        return out

    return (a[:1].copy(), a[1:].copy()), pullback


def test_an_op_with_several_outputs() -> None:
    a = Tensor([1.0, 2.0, 3.0], name="a")
    first, others = apply(split, a)
    y = first.sum() * others.sum() + a.sum()
    y.backward(retain_graph=True, inner=True)
    lines = graph_text(y).splitlines()
    assert lines[0].startswith("a: shape (3,), value [1, 2, 3], gradient [6, 2, 2]; used 2 times: by v1")
    assert "sends back [5, 1, 1]" in lines[0]
    assert lines[1:4] == [
        "v1 = split(a)",
        "v2 = output 0 of v1: value 1, gradient 5",
        "v3 = output 1 of v1: shape (2,), value [2, 3], gradient [1, 1]",
    ]
    assert {"v1 = split", "v2 = output 0", "v3 = output 1  (2,)"} <= set(written(draw_graph(y)))


@pytest.mark.parametrize(
    ("value", "text"),
    [([0.0] * 7, "all 0"), ([-1.0, 2.5, 0, 0], "−1 … 2.5"), ([1.0, np.nan, np.inf], "2 of 3 are NaN or ∞"),
     ([[1.001, 1.002]], "1.001 … 1.002"), (np.zeros(0), "empty"), ([1.0, 2.0], "[1, 2]")],
)  # fmt: skip
def test_arrays_in_few_characters(value: Any, text: str) -> None:
    assert f"value {text}" in graph_text(Tensor(np.array(value), name="x"))


def test_alt_text_of_a_large_graph_is_an_outline() -> None:
    x = Tensor(1.0, name="x")
    y = x
    for _ in range(10):
        y = y + x
    y.name = "y"
    assert draw_graph(y).alt == (
        "Computational graph of y: 11 nodes, 10 operations, from the leaves x; the value of y is 11; "
        "used more than once: x."
    )
    with pytest.raises(ValueError, match=r"11 nodes are too many to read \(max_nodes=10\).*graph_text"):
        draw_graph(y, max_nodes=10)


def test_what_is_not_a_graph() -> None:
    with pytest.raises(TypeError, match="expected a Tensor, got float"):
        draw_graph(1.0)  # type: ignore[arg-type]
    x = Tensor(1.0)
    with no_grad():
        y = x * x
    with pytest.raises(ValueError, match="this tensor is a constant; no graph was recorded"):
        draw_graph(y)


def test_scaled_to_given_axes() -> None:
    from matplotlib import pyplot as plt

    _, ax = plt.subplots(figsize=(2, 2))
    small = draw_graph(product(), ax=ax)
    assert max(t.get_fontsize() for t in small.ax.texts) < 10
