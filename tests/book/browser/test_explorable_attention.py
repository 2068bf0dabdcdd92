"""The attention map: weights, outputs and gradients are those of bplib, and its mistakes are real ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from bplib import ops
from bplib.gradcheck import gradcheck
from tests.book.browser.conftest import Open
from tests.book.browser.test_explorables_pages import button, control, press, says, shown, tab_to

TIGHT: dict[str, Any] = {"rtol": 1e-9, "atol": 1e-12}
T, WORDS = 6, 4
LATER = np.tril(np.ones((T, T), bool))
PADDED = np.broadcast_to(np.arange(T) < WORDS, (T, T))
MASKS = {"none": np.ones((T, T), bool), "causal": LATER, "padding": PADDED, "both": LATER & PADDED}


@pytest.fixture(scope="module")
def page(browser: Browser, small_site: str) -> Iterator[Page]:
    """One page for all: the functions are pure."""
    made = browser.new_page()
    made.goto(f"{small_site}/page/attention/light")
    yield made
    made.close()


def call(page: Page, code: str, argument: Any = None) -> Any:
    """The value of an expression in which ``m`` is the module and ``x`` the argument."""
    return page.evaluate(
        f"async (x) => {{ const m = await import('/book/explorables/attention.js'); return {code}; }}",
        argument,
    )


def on_the_page(page: Page, d: int, how: dict[str, Any], upstream: Any) -> tuple[Any, Any, Any]:
    """Inputs, values and gradients as the page has them; queries and keys moved a little from the start."""
    made = call(
        page,
        """((given) => { const { q, k } = m.vectors(given, x[0]);
        const run = m.forward(q, k, m.V, x[1]);
        return [{ q, k, v: m.V }, run, m.backward(run, q, k, m.V, x[1], x[2])]; })(
          (({ q, k }) => ({ q: q.map(([a, b], i) => [a + 0.1 * i, b]),
            k: k.map(([a, b], i) => [a, b - 0.2 * i]) }))(m.first()))""",
        [d, how, upstream.tolist()],
    )
    return tuple({key: np.array(rows) for key, rows in part.items()} for part in made)  # type: ignore[return-value]


@pytest.mark.parametrize("d", [2, 8, 32])
@pytest.mark.parametrize("mask", MASKS)
def test_weights_outputs_and_gradients_are_those_of_bplib(page: Page, mask: str, d: int) -> None:
    upstream = np.random.default_rng(d).standard_normal((T, 2))
    how = {"mask": mask, "after": False, "scale": True}
    given, run, back = on_the_page(page, d, how, upstream)
    q, k, v = given["q"], given["k"], given["v"]
    assert q.shape == k.shape == (T, d)
    np.testing.assert_array_equal(run["may"], MASKS[mask])
    out, pullback = ops.scaled_dot_product_attention(q, k, v, MASKS[mask])
    np.testing.assert_allclose(run["w"], ops.attention_weights(q, k, MASKS[mask]), **TIGHT)
    np.testing.assert_allclose(run["o"], out, **TIGHT)
    for name, want in zip(("dq", "dk", "dv"), pullback(upstream), strict=True):
        np.testing.assert_allclose(back[name], want, err_msg=name, **TIGHT)
    assert np.all(back["ds"][~MASKS[mask]] == 0), "exactly"
    np.testing.assert_allclose(back["ds"].sum(axis=1), 0, atol=1e-12)


@pytest.mark.parametrize("d", [2, 32])
def test_without_the_root_it_is_attention_to_longer_queries(page: Page, d: int) -> None:
    upstream = np.random.default_rng(1).standard_normal((T, 2))
    given, run, back = on_the_page(page, d, {"mask": "causal", "after": False, "scale": False}, upstream)
    q, k, v = given["q"], given["k"], given["v"]
    out, pullback = ops.scaled_dot_product_attention(np.sqrt(d) * q, k, v, LATER)
    dq, dk, dv = pullback(upstream)
    np.testing.assert_allclose(run["s"], q @ k.T, **TIGHT)
    np.testing.assert_allclose(run["o"], out, **TIGHT)
    np.testing.assert_allclose(back["dq"], np.sqrt(d) * dq, **TIGHT)
    np.testing.assert_allclose(back["dk"], dk, **TIGHT)
    np.testing.assert_allclose(back["dv"], dv, **TIGHT)


@pytest.mark.parametrize("mask", ["causal", "both"])
def test_the_mistake_is_softmax_first_and_then_the_mask(page: Page, mask: str) -> None:
    upstream = np.random.default_rng(2).standard_normal((T, 2))
    given, run, back = on_the_page(page, 8, {"mask": mask, "after": True, "scale": True}, upstream)
    q, k, v = given["q"], given["k"], given["v"]

    def wrong(q: Any, k: Any, v: Any) -> tuple[Any, Any]:
        s = q @ k.T / np.sqrt(8)
        p, back_p = ops.softmax(s)
        w = p * MASKS[mask]

        def pullback(d: Any) -> tuple[Any, Any, Any]:
            ds = back_p((d @ v.T) * MASKS[mask])
            return ds @ k / np.sqrt(8), ds.T @ q / np.sqrt(8), w.T @ d

        return w @ v, pullback

    out, pullback = wrong(q, k, v)
    np.testing.assert_allclose(run["o"], out, **TIGHT)
    for name, want in zip(("dq", "dk", "dv"), pullback(upstream), strict=True):
        np.testing.assert_allclose(back[name], want, err_msg=name, **TIGHT)
    assert gradcheck(wrong, q, k, v).ok, "no gradient check finds it"
    assert np.any(back["ds"][~MASKS[mask]] != 0)
    assert np.all(run["w"].sum(axis=1)[:-2] < 0.999)


def test_more_numbers_in_a_query_keep_the_first_ones(page: Page) -> None:
    short, long = (np.array(call(page, "m.vectors(m.first(), x).q", d)) for d in (8, 32))
    np.testing.assert_array_equal(short, long[:, :8])
    np.testing.assert_array_equal(short[:, :2], call(page, "m.first().q"))


def test_without_the_root_long_queries_leave_no_gradient(open_page: Open) -> None:
    page = open_page("attention")
    control(page, "Numbers in a query").select_option("32")
    held = shown(page, "back")
    assert "SATURATED" not in says(page)
    control(page, "Scores", exact=True).select_option("off")
    assert "SATURATED" in says(page)
    assert shown(page, "top") > 0.99
    assert shown(page, "back") < 0.1 * held


def test_attention_by_keyboard(open_page: Open) -> None:
    page = open_page("attention")
    tab_to(page, page.locator('[data-cell="3-2"]'))
    assert "THE MASK HOLDS" in says(page)
    press(page, "ArrowRight", 2)
    expect(page.locator('[data-cell="3-4"]')).to_be_focused()
    assert "Its score with padding 1 is −∞ and gets 0.000" in says(page)
    tab_to(page, control(page, "Applied"))
    press(page, "ArrowDown")
    assert "MASK TOO LATE" in says(page)
    assert shown(page, "leak") > 0
    assert shown(page, "sum") < 1
    press(page, "ArrowUp")
    assert shown(page, "leak") == 0
    assert shown(page, "sum") == pytest.approx(1)
    handle = page.get_by_role("slider", name="Query of “tea”")
    tab_to(page, handle)
    press(page, "ArrowLeft", 2)
    press(page, "ArrowUp")
    expect(handle).to_have_attribute("aria-valuetext", "1.20 and −0.80")
    tab_to(page, button(page, "◀ Query"))
    press(page, "Enter", 3)
    assert "Only one key can be seen" in says(page)
    assert shown(page, "back") == 0
    control(page, "Mask", exact=True).select_option("none")
    assert "No mask" in says(page)
    button(page, "Put vectors back").click()
    assert "No mask" in says(page)


def test_a_step_against_dq_moves_the_output_the_way_it_was_asked_to(open_page: Open) -> None:
    page = open_page("attention")

    def output() -> list[float]:
        text = page.locator('dd[data-name="o"]').get_attribute("data-value") or ""
        return [float(v) for v in text.split()]

    for angle, axis, sign in ((0, 0, 1), (180, 0, -1), (90, 1, 1)):
        button(page, "Put vectors back").click()
        control(page, "It wants the output to go").fill(str(angle))
        before = output()
        down = page.locator('dd[data-name="dq"]').get_attribute("data-value") or ""
        handle = page.get_by_role("slider", name="Query of")
        handle.focus()
        # an arrow key moves 0.1 along one axis: go along the larger entry of −dq
        dq = [float(v) for v in down.split()]
        keys = ("ArrowRight", "ArrowLeft") if abs(dq[0]) > abs(dq[1]) else ("ArrowUp", "ArrowDown")
        press(page, keys[0] if dq[int(keys[0] == "ArrowUp")] < 0 else keys[1])
        assert sign * (output()[axis] - before[axis]) > 0


def test_the_table_has_what_the_map_has_and_the_handle_moves_keys(open_page: Open) -> None:
    page = open_page("attention")
    for show, column in (("w", 1), ("s", 0), ("ds", 3)):
        control(page, "The map shows").select_option(show)
        for c in range(T):
            mapped = page.locator(f'[data-cell="3-{c}"]').get_attribute("data-value")
            row = page.locator(f'tr[data-row="{c}"]').get_attribute("data-values") or ""
            assert row.split()[column] == mapped
    control(page, "The handle moves").select_option("k")
    box = page.get_by_role("slider", name="Key of “hot”").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 40, y - 20, steps=4)
    page.mouse.up()
    text = page.get_by_role("slider", name="Key of “hot”").get_attribute("aria-valuetext") or ""
    assert text != "2.10 and −0.90"
    assert float(text.split()[0].replace("−", "-")) < 1.9
    one = page.locator('dd[data-name="dq"]').get_attribute("data-value")
    control(page, "The loss looks at").select_option("all")
    assert page.locator('dd[data-name="dq"]').get_attribute("data-value") == one, "a query is in one row only"
