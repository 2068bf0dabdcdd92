"""The unrolled LSTM cell: its numbers against bplib's, and its controls by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from bplib import ops
from tests.book.browser.conftest import Open
from tests.book.browser.test_explorables_pages import button, control, press, says, shown, tab_to

TIGHT: dict[str, Any] = {"rtol": 1e-9, "atol": 1e-14}


@pytest.fixture(scope="module")
def page(browser: Browser, small_site: str) -> Iterator[Page]:
    """One page for all: the functions are pure."""
    made = browser.new_page()
    made.goto(f"{small_site}/page/lstm/light")
    yield made
    made.close()


def call(page: Page, code: str, argument: Any = None) -> Any:
    """The value of an expression in which ``m`` is the module and ``x`` the argument."""
    return page.evaluate(
        f"async (x) => {{ const m = await import('/book/explorables/lstm.js'); return {code}; }}", argument
    )


def one_cell(biases: dict[str, float]) -> tuple[Any, Any, Any]:
    """Wx, Wh, b of the cell in the order i, f, g, o, as the page sets them."""
    weights = np.array([[4.0, 0, 2, 0]]), np.array([[0.3, 0.3, 0.1, 0.3]])
    return *weights, np.array([biases["i"], biases["f"], 0.0, biases["o"]])


@pytest.mark.parametrize(
    "biases", [{"i": -2, "f": 3, "o": 1}, {"i": 0, "f": 0, "o": 0}, {"i": 2, "f": 6, "o": -3}]
)
@pytest.mark.parametrize("kind", ["pulse", "noise"])
def test_values_and_gradients_are_those_of_bplib(page: Page, biases: dict[str, float], kind: str) -> None:
    x = np.array(call(page, "m.input(x)", kind), float)
    run = call(page, "m.forward(m.params(x[0]), m.input(x[1]))", [biases, kind])
    back = call(page, "m.backward(m.params(x[0]), m.forward(m.params(x[0]), m.input(x[1])))", [biases, kind])
    zero = np.zeros((1, 1))
    steps = x[:, None, None]
    (hs, c_last), _ = ops.lstm(steps, zero, zero, *one_cell(biases))
    np.testing.assert_allclose([s["h"] for s in run], hs.ravel(), **TIGHT)
    np.testing.assert_allclose(run[-1]["c"], c_last.item(), **TIGHT)
    for t in range(
        len(x) - 1
    ):  # what h and c of step t mean for the last h: the pullback of the steps after it
        h, c = (np.full((1, 1), float(run[t][name])) for name in "hc")
        (after, _), pullback = ops.lstm(steps[t + 1 :], h, c, *one_cell(biases))
        only_last = np.zeros_like(after)
        only_last[-1] = 1
        _, dh, dc, *_ = pullback(only_last, None)
        slope = run[t]["o"] * (1 - np.tanh(c) ** 2)
        np.testing.assert_allclose(back[t]["dh"], dh.item(), **TIGHT)
        np.testing.assert_allclose(back[t]["dc"], (dc + dh * slope).item(), **TIGHT)


@pytest.mark.parametrize("u", [0.0, 0.8, 1.5])
def test_the_plain_unit_is_that_of_bplib(page: Page, u: float) -> None:
    x = np.array(call(page, "m.input('noise')"))[:, None, None]
    plain = call(page, "m.plain(x, m.input('noise'))", u)
    weights = np.array([[2.0]]), np.array([[u]]), np.zeros(1)
    hs, _ = ops.rnn(x, np.zeros((1, 1)), *weights)
    np.testing.assert_allclose(plain["h"], hs.ravel(), **TIGHT)
    for t in range(len(x) - 1):
        after, pullback = ops.rnn(x[t + 1 :], hs[t], *weights)
        only_last = np.zeros_like(after)
        only_last[-1] = 1
        np.testing.assert_allclose(plain["dh"][t], pullback(only_last)[1].item(), **TIGHT)


def test_what_is_kept_is_the_product_of_the_forget_gates(page: Page) -> None:
    run = call(page, "m.forward(m.params({i: -2, f: 3, o: 1}), m.input('noise'))")
    kept = call(page, "m.kept(m.forward(m.params({i: -2, f: 3, o: 1}), m.input('noise')), 3)")
    np.testing.assert_allclose(kept, np.prod([step["f"] for step in run[3:]]), **TIGHT)


def test_by_keyboard(open_page: Open) -> None:
    page = open_page("lstm")
    assert "FADING" in says(page)
    first = shown(page, "kept")
    tab_to(page, control(page, "Bias of the forget gate"))
    press(page, "End")
    assert "KEPT" in says(page)
    assert shown(page, "kept") > 0.9 > first
    press(page, "Home")
    assert "FORGOTTEN" in says(page)
    tab_to(page, button(page, "A memory"))
    press(page, "Enter")
    assert "KEPT" in says(page)
    expect(control(page, "Bias of the forget gate")).to_have_value("4")
    tab_to(page, control(page, "Bias of the output gate"))
    press(page, "Home")
    assert "SHUT" in says(page)


def test_the_step_that_is_looked_at(open_page: Open) -> None:
    page = open_page("lstm")
    gradients = []
    for step in (24, 12, 1):
        control(page, "Look at step").fill(str(step))
        gradients.append(shown(page, "rnn"))
    assert gradients[0] == 1 > gradients[1] > gradients[2]
    before = shown(page, "kept")
    control(page, "Weight u of the plain unit").fill("2")
    assert shown(page, "kept") == before
    assert shown(page, "rnn") != gradients[2]


def test_noise_creeps_in_by_an_open_input_gate(open_page: Open) -> None:
    page = open_page("lstm")
    control(page, "Look at step").fill("24")
    button(page, "A memory").click()
    clean = shown(page, "c")
    control(page, "Input", exact=True).select_option("noise")
    guarded = abs(shown(page, "c") - clean)
    control(page, "Bias of the input gate").fill("4")
    noisy = shown(page, "c")
    control(page, "Input", exact=True).select_option("pulse")
    assert abs(noisy - shown(page, "c")) > 2 * guarded
