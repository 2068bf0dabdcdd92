"""The pages compute what bplib computes: the modules' pure functions, called in a browser, against the library."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from book.tools import explorables
from bplib import ops
from bplib.gradcheck import numerical_gradient
from bplib.tape import Tensor, apply

TIGHT: dict[str, Any] = {"rtol": 1e-9, "atol": 1e-12}
SIZE = 60_000  # bytes of a still picture


@pytest.fixture(scope="module")
def page(browser: Browser, small_site: str) -> Iterator[Page]:
    """One page for all: the functions are pure."""
    made = browser.new_page()
    made.goto(f"{small_site}/page/descent/light")
    yield made
    made.close()


def call(page: Page, name: str, code: str, argument: Any = None) -> Any:
    """The value of an expression in which ``m`` is the module and ``x`` the argument."""
    return page.evaluate(
        f"async (x) => {{ const m = await import('/book/explorables/{name}.js'); return {code}; }}", argument
    )


# ---------------------------------------------------------------------------------------------- descent


@pytest.mark.parametrize(("kappa", "rate"), [(1, 0.5), (10, 0.28), (10, 0.35), (64, 0.1)])
def test_descent_takes_the_steps_that_bplib_takes(page: Page, kappa: float, rate: float) -> None:
    points = call(page, "descent", "m.data(x)", kappa)
    x, y = np.array(points["x"])[:, None], np.array(points["y"])[:, None]
    path = call(page, "descent", "m.descend(m.data(x[0]), {w: -1.2, b: 2.6}, x[1])", [kappa, rate])
    w, b = np.array([[-1.2]]), np.array([2.6])
    assert len(path) == 61
    for at in path:
        pred, back = ops.linear(x, w, b)
        loss, back_loss = ops.mse_loss(pred, y)
        _, dw, db = back(back_loss(1.0))
        np.testing.assert_allclose(
            [at["w"], at["b"], at["value"], at["dw"], at["db"]],
            [w.item(), b.item(), float(loss), dw.item(), db.item()],
            rtol=1e-9, atol=1e-11,
        )  # fmt: skip
        w, b = w - rate * dw, b - rate * db


@pytest.mark.parametrize("kappa", [1.0, 3.0, 10.0, 100.0])
def test_descent_knows_its_curvature_and_its_bottom(page: Page, kappa: float) -> None:
    points = call(page, "descent", "m.data(x)", kappa)
    design = np.column_stack([points["x"], np.ones(len(points["x"]))])
    hessian = 2 * design.T @ design / len(design)
    L, mu = call(page, "descent", "m.curvatures(x)", kappa)
    np.testing.assert_allclose([mu, L], np.linalg.eigvalsh(hessian), **TIGHT)
    np.testing.assert_allclose(L / mu, kappa, **TIGHT)
    best = call(page, "descent", "m.BEST")
    least = np.linalg.lstsq(design, np.array(points["y"]), rcond=None)[0]
    np.testing.assert_allclose([best["w"], best["b"]], least, **TIGHT)


@pytest.mark.parametrize(
    ("kappa", "share", "word"),
    [(10, 0.3, "converges"), (10, 0.9, "zigzags"), (10, 1.05, "diverges"), (30, 0.97, "zigzags"), (10, 1, "bounces")],
)  # fmt: skip
def test_descent_measures_the_rate_that_theory_predicts(
    page: Page, kappa: float, share: float, word: str
) -> None:
    rate = share * 2 / (2 * np.sqrt(kappa))
    said = call(page, "descent", "m.theory(x[0], x[1])", [kappa, rate])
    eigenvalues = 2 * np.sqrt(kappa), 2 / np.sqrt(kappa)
    assert said["happens"] == word
    np.testing.assert_allclose(said["factor"], max(abs(1 - rate * e) for e in eigenvalues), **TIGHT)
    np.testing.assert_allclose(said["limit"], 2 / eigenvalues[0], **TIGHT)
    np.testing.assert_allclose(said["best"], (kappa - 1) / (kappa + 1), **TIGHT)
    measured = call(
        page, "descent", "m.measuredRate(m.descend(m.data(x[0]), {w: -1.2, b: 2.6}, x[1]))", [kappa, rate]
    )
    assert measured == pytest.approx(said["factor"], rel=0.02)


# ------------------------------------------------------------------------------------------------- tape


def with_bplib(graph: str, inputs: dict[str, Any]) -> dict[str, Tensor]:
    """The same graph on bplib's tape, after its reverse sweep."""
    t = {name: Tensor(np.array(v), requires_grad=name != "y") for name, v in inputs.items()}
    if graph == "neuron":
        t["p"] = t["x"] * t["w"]
        t["z"] = t["p"] + t["b"]
    else:
        bias = Tensor(np.array(inputs["b"]).ravel())
        t["z"], t["b"] = apply(ops.linear, t["x"], t["W"], bias), bias
    t["a"] = apply(ops.tanh, t["z"])
    t["h"] = t["a"] + t["x"]
    t["L"] = apply(ops.mse_loss, t["h"], t["y"], reduction="sum")
    t["L"].backward(inner=True)
    return t


def random_inputs(graph: str, seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    shapes = {
        "neuron": dict.fromkeys("xwby", (1, 1)),
        "layer": {"x": (1, 2), "W": (2, 2), "b": (1, 2), "y": (1, 2)},
    }
    return {name: rng.normal(size=shape).tolist() for name, shape in shapes[graph].items()}


@pytest.mark.parametrize("graph", ["neuron", "layer"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_tape_has_the_values_and_gradients_of_bplib(page: Page, graph: str, seed: int) -> None:
    inputs = random_inputs(graph, seed)
    code = "(() => { const g = m.GRAPHS[x[0]], v = m.forward(g, x[1]); return [v, m.backward(g, v).gradients]; })()"
    values, gradients = call(page, "tape", code, [graph, inputs])
    theirs = with_bplib(graph, inputs)
    assert set(values) == set(theirs)
    assert set(gradients) == set(theirs) - {"y"}
    for name, tensor in theirs.items():
        np.testing.assert_allclose(np.ravel(values[name]), np.ravel(tensor.value), **TIGHT)
        if name != "y":
            np.testing.assert_allclose(np.ravel(gradients[name]), np.ravel(tensor.grad), **TIGHT)


@pytest.mark.parametrize("graph", ["neuron", "layer"])
def test_tape_measures_what_gradcheck_measures(page: Page, graph: str) -> None:
    inputs = random_inputs(graph, 3)
    for name in set(inputs) - {"y"}:
        measured = call(page, "tape", "m.differences(m.GRAPHS[x[0]], x[1], x[2])", [graph, inputs, name])

        def loss(v: Any, name: str = name) -> float:
            return float(with_bplib(graph, {**inputs, name: v.tolist()})["L"].value)

        theirs = numerical_gradient(loss, np.array(inputs[name]))
        np.testing.assert_allclose(measured, theirs, rtol=1e-9, atol=1e-9)


BREAKS = [
    ("neuron", "overwrite", {"x"}, set()),
    ("neuron", "slope", {"z"}, {"p", "b", "x", "w"}),
    ("neuron", "two", {"h"}, {"a", "z", "p", "b", "x", "w"}),
    ("neuron", "swap", {"x", "w"}, set()),
    ("layer", "overwrite", {"x"}, set()),
    ("layer", "slope", {"z"}, {"x", "W", "b"}),
    ("layer", "two", {"h"}, {"a", "z", "x", "W", "b"}),
    ("layer", "transpose", {"x"}, set()),
]


@pytest.mark.parametrize(("graph", "rule", "starts", "inherit"), BREAKS)
@pytest.mark.parametrize("seed", [None, 4, 5])
def test_a_broken_rule_fails_the_check_where_it_starts(
    page: Page, graph: str, rule: str, starts: set[str], inherit: set[str], seed: int | None
) -> None:
    inputs = None if seed is None else random_inputs(graph, seed)
    code = "m.check(m.GRAPHS[x[0]], x[2] ?? m.GRAPHS[x[0]].inputs, x[1])"
    rows = call(page, "tape", code, [graph, rule, inputs])
    assert {r["name"] for r in rows if r["starts"]} == starts
    assert {r["name"] for r in rows if not r["ok"]} == starts | inherit
    assert all(r["ok"] for r in call(page, "tape", code, [graph, "none", inputs]))


def test_every_rule_that_can_be_broken_is_tested(page: Page) -> None:
    rules = call(page, "tape", "m.RULES")
    offered = {
        (graph, key)
        for key, rule in rules.items()
        for graph in ("neuron", "layer")
        if key != "none" and rule.get("only", graph) == graph
    }
    assert offered == {(graph, rule) for graph, rule, _, _ in BREAKS}


def test_a_symmetric_matrix_hides_the_missing_transpose(page: Page) -> None:
    inputs = {"x": [[0.8, -0.5]], "W": [[-1.5, 0.7], [0.7, 1.2]], "b": [[0.3, 0.1]], "y": [[0.4, -0.4]]}
    rows = call(page, "tape", "m.check(m.GRAPHS.layer, x, 'transpose')", inputs)
    assert all(r["ok"] for r in rows)


# ------------------------------------------------------------------------------------------ activations

NAMES = ["sigmoid", "tanh", "relu", "leaky_relu", "elu", "softplus", "gelu", "silu"]
ZS = np.concatenate([np.linspace(-6, 6, 49), [-30.0, -1e-3, 0.0, 1e-3, 30.0]])


@pytest.mark.parametrize("name", NAMES)
def test_activations_and_their_derivatives_are_those_of_bplib(page: Page, name: str) -> None:
    values, slopes = call(
        page, "activations", "['f', 'd'].map((k) => x[1].map(m.ACTIVATIONS[x[0]][k]))", [name, ZS.tolist()]
    )
    a, back = getattr(ops, name)(ZS)
    np.testing.assert_allclose(values, a, rtol=1e-9, atol=1e-13)
    np.testing.assert_allclose(slopes, back(np.ones_like(ZS)), rtol=1e-9, atol=1e-13)


def test_no_activation_is_forgotten(page: Page) -> None:
    assert call(page, "activations", "Object.keys(m.ACTIVATIONS)") == NAMES


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("z", "k", "w"), [(1.0, 10, 1.0), (-1.3, 30, 2.2), (0.4, 1, 3.0), (-0.7, 5, 0.5)])
def test_a_chain_multiplies_the_gradient_as_pullbacks_do(
    page: Page, name: str, z: float, k: int, w: float
) -> None:
    result = call(page, "activations", "m.chain(...x)", [name, z, k, w])
    backs, value = [], np.array(z)
    for i in range(k):
        a, back = getattr(ops, name)(value * w if i else value)
        backs.append((back, w if i else 1.0))
        value = a
    gradients = [np.array(1.0)]
    for back, factor in reversed(backs):
        gradients.insert(0, back(gradients[0]) * factor)
    np.testing.assert_allclose(result["value"], value, rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(result["gradients"], gradients, rtol=1e-9, atol=1e-300)
    assert result["gradient"] == result["gradients"][0]


# ---------------------------------------------------------------------------------------------- network


def gradients_by_bplib(p: dict[str, Any], x: Any, y: Any) -> tuple[float, dict[str, Any]]:
    z1, back1 = ops.linear(x, p["W1"], p["b1"])
    a, back_a = ops.tanh(z1)
    z2, back2 = ops.linear(a, p["W2"], p["b2"])
    loss, back_loss = ops.bce_with_logits(z2, y)
    da, dW2, db2 = back2(back_loss(1.0))
    _, dW1, db1 = back1(back_a(da))
    return float(loss), {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}


@pytest.mark.parametrize(("data", "h", "rate"), [("spirals", 8, 1.0), ("xor", 2, 0.5), ("moons", 1, 2.0)])
def test_the_network_learns_step_by_step_as_with_bplib(page: Page, data: str, h: int, rate: float) -> None:
    code = """(() => { const d = m.data(x[0]); let p = m.init(3, x[1]); const all = [];
      for (let t = 0; t < 40; t += 1) { const g = m.backward(p, d);
        all.push([p, g, m.norms(g)]); p = m.step(p, g, x[2]); }
      return all; })()"""
    steps = call(page, "network", code, [data, h, rate])
    points, labels = explorables.points()[data]
    x, y = 3 * points, labels[:, None].astype(float)
    p = {name: np.array(v, dtype=float) for name, v in steps[0][0].items()}
    for theirs, gradients, norms in steps:
        loss, d = gradients_by_bplib(p, x, y)
        assert gradients["loss"] == pytest.approx(loss, rel=1e-9)
        for name, value in p.items():
            np.testing.assert_allclose(theirs[name], value, **TIGHT)
            np.testing.assert_allclose(gradients["d" + name], d[name], **TIGHT)
        for layer, norm in zip("12", norms, strict=True):
            parts = np.concatenate([d["W" + layer].ravel(), d["b" + layer]])
            assert norm == pytest.approx(np.linalg.norm(parts), rel=1e-9)
        p = {name: v - rate * d[name] for name, v in p.items()}


def test_the_first_weights_are_normal_and_the_same_for_the_same_seed(page: Page) -> None:
    weights = call(
        page,
        "network",
        "Array.from({length: 500}, (_, s) => m.init(s, 8)).map((p) => [p.W1.flat(), p.W2.flat()])",
    )
    first, second = (np.concatenate([np.array(w[i]) for w in weights]) for i in (0, 1))
    assert abs(first.mean()) < 0.04
    assert first.std() == pytest.approx(1, abs=0.03)
    assert second.std() == pytest.approx(1 / np.sqrt(8), abs=0.02)
    assert call(page, "network", "m.init(7, 3)") == call(page, "network", "m.init(7, 3)")
    assert call(page, "network", "m.init(7, 3)") != call(page, "network", "m.init(8, 3)")


def test_the_points_are_those_of_bplib(page: Page) -> None:
    for name, (x, y) in explorables.points().items():
        shown = call(page, "network", "m.data(x)", name)
        np.testing.assert_allclose(shown["x"], 3 * x, rtol=1e-12)
        assert shown["y"] == y.tolist()
        assert np.abs(3 * x).max() < 3.6, "points must lie in the picture"


# ----------------------------------------------------------------------------------------------- stills


@pytest.mark.parametrize("name", sorted(explorables.SCENES))
def test_the_still_picture_stands_alone(name: str) -> None:
    import xml.etree.ElementTree as ET

    file = Path(explorables.EXPLORABLES) / f"{name}.svg"
    assert file.stat().st_size < SIZE
    root = ET.fromstring(file.read_text(encoding="utf-8"))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    drawn = [e for e in root.iter() if e.tag.split("}")[1] in ("path", "circle", "rect", "text", "image")]
    assert len(drawn) > 30
    for element in root.iter():
        for attribute, value in element.attrib.items():
            assert "var(" not in value, "a colour that only the page knows"
            if attribute.endswith("href"):
                assert value.startswith(("data:image/png", "#"))


def test_the_stills_show_what_the_page_shows() -> None:
    said = (Path(explorables.EXPLORABLES) / "tape.svg").read_text(encoding="utf-8")
    x, w, b, y = (Tensor(np.array([[v]])) for v in (0.8, -1.2, 0.2, 0.8))
    a = apply(ops.tanh, x * w + b)
    loss = apply(ops.mse_loss, a + x, y, reduction="sum")
    loss.backward()
    for tensor, name in ((x, "dx"), (w, "dw"), (b, "db")):
        assert tensor.grad is not None
        assert f"{name} {tensor.grad.item():.3f}".replace("-", "−") in said
    network = (Path(explorables.EXPLORABLES) / "network.svg").read_text(encoding="utf-8")
    assert network.count("data:image/png") == 9  # the plane, and eight units
    assert json.dumps("1600") in network or ">1600<" in network
