"""The explorables as readers meet them: by keyboard, by finger, in the dark, on a phone, on paper, unscripted."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from book.tools import explorables
from bplib import ops
from bplib.tape import Tensor, apply
from tests.book.browser.conftest import Open

NAMES = sorted(explorables.SCENES)
REACH = 60  # presses of Tab after which a control counts as out of reach


def shown(page: Page, name: str) -> float:
    """A number of the list below the figure, with all its digits."""
    return float(page.locator(f'dd[data-name="{name}"]').get_attribute("data-value") or "nan")


def says(page: Page) -> str:
    return page.get_by_role("status").inner_text()


def tab_to(page: Page, target: Locator) -> None:
    """Move the focus with Tab alone."""
    for _ in range(REACH):
        page.keyboard.press("Tab")
        if target.evaluate("(e) => e === document.activeElement"):
            return
    raise AssertionError(f"{target} is not reached with Tab")


def press(page: Page, key: str, times: int = 1) -> None:
    for _ in range(times):
        page.keyboard.press(key)


def button(page: Page, text: str, exact: bool = False) -> Locator:
    return page.get_by_role("button", name=text, exact=exact)


def text_of(drawn: Locator) -> str:
    return drawn.text_content() or ""


def control(page: Page, text: str, exact: bool = False) -> Locator:
    return page.get_by_label(text, exact=exact).and_(page.locator("input, select"))


# --------------------------------------------------------------------------------------------- by keyboard


def test_descent_by_keyboard(open_page: Open) -> None:
    page = open_page("descent")
    handle = page.get_by_role("slider", name="Start")
    tab_to(page, handle)
    press(page, "ArrowRight", 3)
    press(page, "ArrowUp", 2)
    expect(handle).to_have_attribute("aria-valuetext", "w −0.900, b 2.80")
    rate = control(page, "Learning rate η")
    tab_to(page, rate)
    press(page, "End")
    assert "DIVERGES" in says(page)
    assert shown(page, "measured") > 1
    press(page, "Home")
    assert "CONVERGES" in says(page)
    tab_to(page, button(page, "Best η"))
    press(page, "Enter")
    assert "ZIGZAGS" in says(page)
    assert shown(page, "measured") == pytest.approx(shown(page, "best"), rel=1e-3)
    np.testing.assert_allclose(shown(page, "best"), 9 / 11, rtol=1e-9)


def test_tape_by_keyboard_accumulates_as_bplib_does(open_page: Open) -> None:
    page = open_page("tape")
    tab_to(page, button(page, "Step"))
    press(page, "Enter", 5)
    assert "which gradient will x get" in says(page)
    assert "dx" not in text_of(page.locator('[data-node="x"]'))
    press(page, "Space", 3)
    x, w, b, y = (Tensor(np.array([[v]])) for v in (0.8, -1.2, 0.2, 0.8))
    a = apply(ops.tanh, x * w + b)
    apply(ops.mse_loss, a + x, y, reduction="sum").backward(inner=True)
    assert a.grad is not None and x.grad is not None
    direct = f"{a.grad.item():.3f}".replace("-", "−")  # what h sends to a, it sends to x too
    assert direct in says(page)
    assert "waits" in says(page)
    press(page, "ArrowRight", 3)
    through = f"{(x.grad - a.grad).item():.3f}"
    total = f"{x.grad.item():.3f}".replace("-", "−")
    assert f"x had {direct} from h and adds {through} from p: {total}" in says(page)
    assert "✓ All 7 gradients agree" in says(page)
    assert page.locator('tr[data-ok="true"]').count() == 7
    press(page, "ArrowLeft")
    assert "✓ All" not in says(page)


def test_a_rule_is_broken_by_keyboard_and_the_check_turns_red(open_page: Open) -> None:
    page = open_page("tape")
    tab_to(page, button(page, "To the end"))
    press(page, "Enter")
    tab_to(page, control(page, "Break a rule"))
    press(page, "ArrowDown", 2)
    assert control(page, "Break a rule").input_value() == "slope"
    assert "✗ The check fails, and it starts at z" in says(page)
    assert "p, b, x, w inherit the error" in says(page)
    start = page.locator('[data-node="z"]')
    assert "✗ starts here" in text_of(start)
    failed = page.evaluate("getComputedStyle(document.querySelector('.is-failed')).color")
    border = "(e) => [getComputedStyle(e).stroke, getComputedStyle(e).strokeDasharray]"
    assert start.locator("rect").evaluate(border) == [failed, "9px, 4px"]
    assert page.locator('[data-node="a"] rect').evaluate(border)[0] != failed
    for name in "pbxw":
        assert "✗ inherited" in text_of(page.locator(f'[data-node="{name}"]'))
    assert page.locator('tr[data-starts="true"]').get_attribute("data-row") == "z"
    press(page, "ArrowUp", 2)
    assert "✓ All 7 gradients agree" in says(page)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_transpose_is_missed_at_x(open_page: Open, theme: str) -> None:
    page = open_page("tape", theme)
    control(page, "Graph").select_option("layer")
    control(page, "Break a rule").select_option("transpose")
    assert "One rule is broken" not in says(page) or "Step on" in says(page)
    button(page, "To the end").click()
    assert "it starts at x" in says(page)
    assert page.locator('tr[data-ok="false"]').count() == 1
    for name, value in (("W, row 1, column 2", "0.7"), ("W, row 2, column 1", "0.7")):
        control(page, name).fill(value)
    assert "the check cannot see it" in says(page)


def test_an_input_is_edited_and_nonsense_is_refused(open_page: Open) -> None:
    page = open_page("tape")
    button(page, "To the end").click()
    field = control(page, "w", exact=True)
    field.fill("2")
    want = f"{np.tanh(0.8 * 2 + 0.2):.3f}"
    assert want in text_of(page.locator('[data-node="a"]'))
    field.fill("99")
    expect(field).to_have_attribute("aria-invalid", "true")
    assert want in text_of(page.locator('[data-node="a"]'))


def test_activations_by_keyboard(open_page: Open) -> None:
    page = open_page("activations")
    tab_to(page, control(page, "Activation"))
    press(page, "ArrowDown")
    tab_to(page, control(page, "Input z"))
    press(page, "ArrowLeft", 15)
    tab_to(page, control(page, "Links in the chain"))
    press(page, "ArrowRight", 10)
    value, gradients = np.array(-0.5), []
    for _ in range(20):
        value, back = ops.tanh(value)
        gradients.append(back(np.array(1.0)))
    np.testing.assert_allclose(shown(page, "product"), np.prod(gradients), rtol=1e-9)
    np.testing.assert_allclose(shown(page, "last"), value, rtol=1e-9)
    np.testing.assert_allclose(shown(page, "d"), 1 - np.tanh(-0.5) ** 2, rtol=1e-9)
    control(page, "Activation").select_option("relu")
    assert "EXACTLY 0" in says(page)


def test_network_by_keyboard(open_page: Open) -> None:
    page = open_page("network")
    tab_to(page, button(page, "Step", exact=True))
    first = shown(page, "loss")
    press(page, "Enter", 3)
    assert shown(page, "t") == 3
    assert shown(page, "loss") < first
    tab_to(page, button(page, "Run 1000 steps"))
    press(page, "Space")
    assert shown(page, "right") == 100
    assert "Every point is right" in says(page)
    tab_to(page, control(page, "Hidden units"))
    press(page, "Home")
    assert shown(page, "t") == 0
    assert page.locator("canvas.thumb").count() == 1
    button(page, "Run 1000 steps").click()
    assert shown(page, "right") < 100, "one unit draws one line"
    control(page, "Data").select_option("xor")
    button(page, "Run 1000 steps").click()
    assert shown(page, "right") < 40, "exclusive or needs a second unit"


# ----------------------------------------------------------------------------------------------- by finger


def test_descent_by_finger(open_page: Open) -> None:
    page = open_page("descent", width=360, has_touch=True, is_mobile=True)
    plane = page.locator("svg.clickable")
    box = plane.bounding_box()
    assert box is not None
    page.touchscreen.tap(box["x"] + 0.6 * box["width"], box["y"] + 0.3 * box["height"])
    text = page.get_by_role("slider", name="Start").get_attribute("aria-valuetext") or ""
    w, b = (float(v.replace("−", "-")) for v in re.findall(r"[−\d.]+", text))
    assert w == pytest.approx(-2 + 6 * (0.6 * 340 - 46) / 278, abs=0.05)
    assert b == pytest.approx(3.5 - 6 * (0.3 * 340 - 26) / 274, abs=0.05)
    button(page, "Step").tap()
    expect(page.locator(".slider-value").nth(2)).to_have_text("21")


def test_tape_and_network_by_finger(open_page: Open) -> None:
    page = open_page("tape", width=360, has_touch=True, is_mobile=True)
    for _ in range(11):
        button(page, "Step").tap()
    assert "✓ All 7 gradients agree" in says(page)
    page = open_page("network", width=360, has_touch=True, is_mobile=True)
    button(page, "Play").tap()
    page.wait_for_function("Number(document.querySelector('dd[data-name=t]').dataset.value) > 20")
    button(page, "Pause").tap()
    stopped = shown(page, "t")
    page.wait_for_timeout(200)
    assert shown(page, "t") == stopped


@pytest.mark.parametrize("name", NAMES)
def test_controls_are_large_enough_for_a_finger(open_page: Open, name: str) -> None:
    page = open_page(name, width=360, has_touch=True, is_mobile=True)
    controls = page.locator(".explorable-live :is(button, select, input)").all()
    assert len(controls) >= 4
    for control in controls:
        box = control.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 40


# ------------------------------------------------------------------------------------------ how they move


def test_the_network_rests_while_it_is_out_of_sight(open_page: Open) -> None:
    page = open_page("network")
    live = page.locator(".explorable-live")
    button(page, "Play").click()
    expect(live).to_have_attribute("data-running", "true")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(live).to_have_attribute("data-running", "false")
    page.wait_for_timeout(100)
    resting = shown(page, "t")
    page.wait_for_timeout(250)
    assert shown(page, "t") == resting
    page.evaluate("scrollTo(0, 0)")
    expect(live).to_have_attribute("data-running", "true")
    page.wait_for_function(
        "(t) => Number(document.querySelector('dd[data-name=t]').dataset.value) > t", arg=resting
    )


def test_nothing_moves_until_it_is_asked_to(open_page: Open) -> None:
    for name in NAMES:
        page = open_page(name)
        before = page.locator(".explorable-live").inner_html()
        page.wait_for_timeout(400)
        assert page.locator(".explorable-live").inner_html() == before


def test_less_motion_for_those_who_ask(open_page: Open) -> None:
    page = open_page("network", reduced_motion="reduce")
    button(page, "Play").click()
    seen = set()
    for _ in range(12):
        page.wait_for_timeout(100)
        seen.add(shown(page, "t"))
    assert seen <= {0, 60, 120}
    assert len(seen) <= 2, "at most one change a second"


def test_descent_plays_and_ends(open_page: Open) -> None:
    page = open_page("descent")
    control(page, "Steps shown").fill("50")
    button(page, "Play").click()
    expect(button(page, "Pause")).to_be_visible()
    expect(button(page, "Play")).to_be_visible(timeout=8000)
    expect(page.locator(".slider-value").nth(2)).to_have_text("60")


# ------------------------------------------------------------------------------------------- how they look


def busy(page: Page, name: str) -> None:
    """A state with as much on the screen as there can be."""
    if name == "tape":
        control(page, "Graph").select_option("layer")
        control(page, "Break a rule").select_option("two")
        button(page, "To the end").click()
    elif name == "descent":
        control(page, "Learning rate η").fill("0.2")
    elif name == "activations":
        control(page, "Activation").select_option("relu")
        control(page, "Input z").fill("-1")
    elif name == "race":
        button(page, "Nesterov").click()
        control(page, "Its learning rate η").fill("0")
    elif name == "lstm":
        button(page, "All biases 0").click()
        control(page, "Input", exact=True).select_option("noise")
    elif name == "depth":
        control(page, "First weights").select_option("he")
        control(page, "Layers, L").fill("60")
        control(page, "Gain").fill("1.2")
    elif name == "convolution":
        control(page, "Direction").select_option("back")
        control(page, "Padding").select_option("1")
        button(page, "Next window").click()
    elif name == "attention":
        control(page, "Applied").select_option("after")
        control(page, "Mask", exact=True).select_option("both")
        control(page, "Numbers in a query").select_option("8")
        control(page, "The map shows").select_option("ds")
        control(page, "The loss looks at").select_option("all")
    elif name == "gan":
        control(page, "Loss of G").select_option("minimax")
        button(page, "D slower").click()
        for _ in range(3):
            button(page, "Step", exact=True).click()
    else:
        control(page, "Hidden units").fill("2")
        button(page, "Run 1000 steps").click()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_no_serious_accessibility_violation(open_page: Open, name: str, theme: str) -> None:
    page = open_page(name, theme)
    for _ in range(2):
        found: Any = Axe().run(page, context=".explorable").response["violations"]
        serious = [
            (v["id"], v["nodes"][0]["html"][:200]) for v in found if v["impact"] in ("serious", "critical")
        ]
        assert not serious
        busy(page, name)


@pytest.mark.parametrize("name", NAMES)
def test_words_in_pictures_can_be_read(open_page: Open, name: str) -> None:
    """axe does not look into SVG: text there against the page, 4.5 : 1 at least, in light and dark."""
    for theme in ("light", "dark"):
        page = open_page(name, theme)
        busy(page, name)
        colours = page.evaluate(
            """() => [[...document.querySelectorAll('.explorable-live svg text')].map((e) => getComputedStyle(e).fill),
            ['--xpage', '--xpaper'].map((name) => { const i = document.querySelector('.explorable-live').appendChild(
              document.createElement('i')); i.style.color = `var(${name})`; const c = getComputedStyle(i).color;
              i.remove(); return c; })]"""
        )
        for colour in set(colours[0]):
            for ground in colours[1]:
                assert contrast(colour, ground) >= 4.5, (theme, colour, ground)


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two CSS colours, 1 to 21 (WCAG 2)."""

    def luminance(colour: str) -> float:
        parts = np.array([int(c) / 255 for c in re.findall(r"\d+", colour)[:3]])
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", NAMES)
def test_a_phone_is_wide_enough(open_page: Open, name: str) -> None:
    page = open_page(name, width=360)
    for _ in range(2):
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        small = page.evaluate(
            """() => [...document.querySelectorAll('.explorable-live svg[role] text')].filter((e) => e.textContent &&
            e.getBoundingClientRect().height && parseFloat(getComputedStyle(e).fontSize) *
            e.ownerSVGElement.getBoundingClientRect().width / e.ownerSVGElement.viewBox.baseVal.width < 9)
            .map((e) => e.textContent)"""
        )
        assert not small, "text smaller than 9 pixels"
        busy(page, name)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [360, 1280])
def test_words_stay_in_their_boxes_and_panels(open_page: Open, name: str, width: int) -> None:
    page = open_page(name, width=width)
    busy(page, name)
    out = page.evaluate(
        """() => { const out = [];
        for (const svg of document.querySelectorAll('.explorable-live svg[role]')) {
          const panel = svg.getBoundingClientRect();
          for (const text of svg.querySelectorAll('text')) {
            const node = text.closest('.node');
            const box = node ? node.querySelector('rect').getBoundingClientRect() : panel;
            const at = text.getBoundingClientRect();
            if (at.width && (at.left < box.left - 1 || at.right > box.right + 1)) out.push(text.textContent);
          }
        }
        return out; }"""
    )
    assert not out


def test_the_narrow_and_the_wide_page_show_the_same_numbers(open_page: Open) -> None:
    page = open_page("tape")
    button(page, "To the end").click()
    nodes = """() => Object.fromEntries([...document.querySelectorAll('[data-node]')].map(
        (e) => [e.dataset.node, e.textContent]))"""
    wide = page.evaluate(nodes)
    page.set_viewport_size({"width": 360, "height": 800})
    page.wait_for_function("document.querySelector('.graph svg').viewBox.baseVal.width === 340")
    assert page.evaluate(nodes) == wide


# ------------------------------------------------------------------------------------- paper, and no scripts


@pytest.mark.parametrize("name", NAMES)
def test_on_paper_the_still_picture_stands(open_page: Open, name: str) -> None:
    page = open_page(name)
    still = page.locator("img.explorable-still")
    expect(still).to_be_hidden()
    page.emulate_media(media="print")
    expect(still).to_be_visible()
    expect(page.locator(".explorable-live")).to_be_hidden()
    assert still.get_attribute("alt")
    assert still.evaluate("async (e) => { await e.decode(); return e.naturalWidth; }") > 0


@pytest.mark.parametrize("name", NAMES)
def test_without_scripts_the_still_picture_stands(open_page: Open, name: str) -> None:
    page = open_page(name, scripts=False)
    expect(page.locator("img.explorable-still")).to_be_visible()
    assert page.locator(".explorable-live").count() == 0


def test_two_of_a_kind_do_not_disturb_each_other(open_page: Open) -> None:
    page = open_page("activations")
    page.evaluate(
        """async () => { const { mount } = await import('/book/explorables/activations.js');
        const second = document.createElement('div');
        document.querySelector('main').prepend(second);
        mount(second); }"""
    )
    control(page, "Activation").first.select_option("relu")
    assert control(page, "Activation").nth(1).input_value() == "sigmoid"
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids))
