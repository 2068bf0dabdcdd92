"""The deep network before its first step: its numbers against bplib's, its theory, and its controls by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from bplib import ops
from tests.book.browser.conftest import Open
from tests.book.browser.test_explorables_pages import control, press, says, shown, tab_to

STARTS = ["tiny", "old", "xavier", "he", "orthogonal"]
VARIANCE = {"tiny": 1e-4 * 16, "old": 1 / 3, "xavier": 1.0, "he": 2.0, "orthogonal": 1.0}


@pytest.fixture(scope="module")
def page(browser: Browser, small_site: str) -> Iterator[Page]:
    """One page for all: the functions are pure."""
    made = browser.new_page()
    made.goto(f"{small_site}/page/depth/light")
    yield made
    made.close()


def call(page: Page, code: str, argument: Any = None) -> Any:
    """The value of an expression in which ``m`` is the module and ``x`` the argument."""
    return page.evaluate(
        f"async (x) => {{ const m = await import('/book/explorables/depth.js'); return {code}; }}", argument
    )


def setting(**changes: Any) -> dict[str, Any]:
    usual = {"activation": "relu", "kind": "xavier", "repair": "none"}
    return usual | {"depth": 7, "width": 16, "gain": 1.3, "seed": 3} | changes


def weights(page: Page, kind: str, n: int = 16, layers: int = 7) -> np.ndarray:
    found = call(
        page,
        "Array.from({length: x[2]}, (_, l) => Array.from(m.weights(x[0], x[1], 3, l)))",
        [kind, n, layers],
    )
    return np.array(found).reshape(layers, n, n)


def with_bplib(page: Page, s: dict[str, Any]) -> tuple[list[float], list[float]]:
    """The same walk with the library's ops."""
    ends = call(page, "(({x, d}) => [Array.from(x), Array.from(d)])(m.ends(16, 3))")
    h, d = (np.array(v).reshape(32, 16) for v in ends)
    activation, small = getattr(ops, s["activation"]), 1 / np.sqrt(s["depth"])
    one, zero = np.ones(16), np.zeros(16)
    values, backs = [np.sqrt(np.mean(h**2))], []
    for W in weights(page, s["kind"], layers=s["depth"]):
        if s["repair"] == "shortcut":
            a, back_a = activation(h)
            z, back_z = ops.linear(a, s["gain"] * small * W)
            h = h + z
            backs.append(lambda d, a=back_a, z=back_z: d + a(z(d)[0]))
        else:
            z, back_z = ops.linear(h, s["gain"] * W)
            norm = {"batch": ops.batch_norm, "layer": ops.layer_norm}.get(s["repair"])
            z, back_n = norm(z, one, zero) if norm else (z, lambda d: (d,))
            h, back_a = activation(z)
            backs.append(lambda d, a=back_a, n=back_n, z=back_z: z(n(a(d))[0])[0])
        values.append(np.sqrt(np.mean(h**2)))
    lengths = [np.linalg.norm(d)]
    for back in reversed(backs):
        d = back(d)
        lengths.insert(0, np.linalg.norm(d))
    return values, lengths


@pytest.mark.parametrize("repair", ["none", "batch", "layer", "shortcut"])
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "gelu"])
def test_values_and_gradients_are_those_of_bplib(page: Page, activation: str, repair: str) -> None:
    for kind in STARTS:
        s = setting(activation=activation, repair=repair, kind=kind)
        got = call(page, "m.flow(x)", s)
        values, lengths = with_bplib(page, s)
        np.testing.assert_allclose(got["values"], values, rtol=1e-9)
        np.testing.assert_allclose(got["gradients"], lengths, rtol=1e-9)


@pytest.mark.parametrize("kind", STARTS)
def test_first_weights_have_the_variance_that_they_say(page: Page, kind: str) -> None:
    W = weights(page, kind, layers=40)
    assert abs(W.mean()) < 4 * W.std() / np.sqrt(W.size)
    np.testing.assert_allclose(16 * W.var(), VARIANCE[kind], rtol=0.06)
    np.testing.assert_allclose(call(page, "m.STARTS[x].scale(16)", kind), VARIANCE[kind], rtol=1e-12)
    if kind == "old":
        assert 0.24 < np.abs(W).max() <= 0.25
    if kind == "orthogonal":
        np.testing.assert_allclose(W @ W.swapaxes(1, 2), np.broadcast_to(np.eye(16), W.shape), atol=1e-12)


@pytest.mark.parametrize("repair", ["none", "shortcut"])
@pytest.mark.parametrize(("activation", "kind", "gain"), [
    ("relu", "xavier", 1.0), ("relu", "he", 1.0), ("tanh", "old", 1.0), ("tanh", "xavier", 1.0),
    ("sigmoid", "xavier", 2.0),
])  # fmt: skip
def test_the_theory_foretells_what_is_measured(
    page: Page, activation: str, kind: str, gain: float, repair: str
) -> None:
    s = setting(activation=activation, kind=kind, gain=gain, repair=repair, width=128, depth=12)
    expected, logs = call(page, "m.theory(x)", s), []
    for seed in range(5):
        got = call(page, "m.flow(x)", s | {"seed": seed})
        logs.append([np.log(got["values"][-1]), np.log(got["gradients"][0])])
    found = np.mean(logs, axis=0)
    theory = np.log([expected["values"][-1], expected["gradients"][0]])
    np.testing.assert_allclose(found, theory, atol=0.25)


def test_the_theory_of_relu_is_a_power_of_two(page: Page) -> None:
    expected = call(page, "m.theory(x)", setting(gain=1.0, depth=30))
    np.testing.assert_allclose(
        [expected["values"][-1], expected["gradients"][0]], 2.0**-15, rtol=0.05
    )  # a sum over a grid
    for repair in ("batch", "layer"):
        assert call(page, "m.theory(x)", setting(repair=repair))["gradients"] is None


def test_by_keyboard(open_page: Open) -> None:
    page = open_page("depth")
    assert "VANISHES" in says(page)
    assert "too small" in says(page)
    gone = shown(page, "gradient")
    assert 0 < gone < 1e-3
    tab_to(page, control(page, "First weights"))
    press(page, "h")
    expect(control(page, "First weights")).to_have_value("he")
    assert "PASSES" in says(page)
    assert shown(page, "gradient") > 1e3 * gone
    tab_to(page, control(page, "Gain"))
    press(page, "End")
    assert "EXPLODES" in says(page)
    assert "too large" in says(page)
    tab_to(page, control(page, "Layers, L"))
    press(page, "Home")
    assert "PASSES" in says(page)


def test_what_each_repair_does_to_thirty_sigmoids(open_page: Open) -> None:
    page = open_page("depth")
    control(page, "Activation").select_option("sigmoid")
    lengths = {}
    for repair in ("none", "batch", "layer", "shortcut"):
        control(page, "Repair").select_option(repair)
        lengths[repair] = shown(page, "gradient")
    assert lengths["none"] < 1e-12
    assert all(0.1 < lengths[r] < 100 for r in ("batch", "shortcut"))
    assert "PASSES" in says(page)


def test_a_network_of_dead_units_says_so(open_page: Open) -> None:
    page = open_page("depth")
    control(page, "First weights").select_option("tiny")
    control(page, "Units in a layer").select_option("16")
    control(page, "Layers, L").fill("60")
    assert "VANISHES" in says(page) or "EXACTLY 0" in says(page)
    before = shown(page, "gradient")
    control(page, "Seed").fill("5")
    assert shown(page, "gradient") != before
