"""The race of optimisers: its steps are bplib's, its slopes are slopes, and it can be run without a mouse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from bplib.gradcheck import numerical_gradient
from bplib.optim import rules
from tests.book.browser.conftest import Open
from tests.book.browser.test_explorables_pages import button, control, press, says, shown, tab_to

SURFACES = ("ravine", "turned", "rosenbrock", "valleys", "saddle")
RULES: dict[str, tuple[Any, dict[str, Any]]] = {
    "gd": (rules.sgd, {}),
    "momentum": (rules.sgd, {"momentum": 0.9}),
    "nesterov": (rules.sgd, {"momentum": 0.9, "nesterov": True}),
    "adagrad": (rules.adagrad, {}),
    "rmsprop": (rules.rmsprop, {"alpha": 0.9}),
    "adam": (rules.adam, {}),
}
MEMORY = {"adagrad": {"s": "total"}}  # names that differ from bplib's


@pytest.fixture(scope="module")
def page(browser: Browser, small_site: str) -> Iterator[Page]:
    """One page for all: the functions are pure."""
    made = browser.new_page()
    made.goto(f"{small_site}/page/race/light")
    yield made
    made.close()


def call(page: Page, code: str, argument: Any = None) -> Any:
    """The value of an expression in which ``m`` is the module and ``x`` the argument."""
    return page.evaluate(
        f"async (x) => {{ const m = await import('/book/explorables/race.js'); return {code}; }}", argument
    )


def test_the_surfaces_and_the_rules_are_those_tested_here(page: Page) -> None:
    assert tuple(call(page, "Object.keys(m.SURFACES)")) == SURFACES
    assert call(page, "Object.keys(m.RULES)") == list(RULES) == call(page, "Object.keys(m.LABELS)")


@pytest.mark.parametrize("surface", SURFACES)
def test_slopes_bottoms_and_starts(page: Page, surface: str) -> None:
    rng = np.random.default_rng(0)
    about = call(page, f"(({{value, gradient, ...rest}}) => rest)(m.SURFACES['{surface}'])")
    for w in rng.uniform(-2, 2, (4, 2)):
        nudged = numerical_gradient(lambda v: call(page, f"m.SURFACES['{surface}'].value(x)", v.tolist()), w)
        slopes = call(page, f"m.SURFACES['{surface}'].gradient(x)", w.tolist())
        np.testing.assert_allclose(slopes, nudged, rtol=1e-5, atol=1e-6)
    for bottom in about["bottoms"]:
        np.testing.assert_allclose(
            call(page, f"m.SURFACES['{surface}'].gradient(x)", bottom), 0, atol=1e-5, err_msg=str(bottom)
        )
    depths = [call(page, f"m.SURFACES['{surface}'].value(x)", b) for b in about["bottoms"]]
    assert min(depths) == pytest.approx(about["least"], abs=1e-6)
    for w, (low, high) in zip(about["start"], (about["a"], about["b"]), strict=True):
        assert low < w < high


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("surface", SURFACES)
def test_every_step_and_every_memory_is_bplibs(page: Page, surface: str, name: str) -> None:
    path = call(
        page,
        "(({start, rates}) => m.race(x[0], x[1], start, rates[x[1]], 60))(m.SURFACES[x[0]])",
        [surface, name],
    )
    lr = call(page, "m.SURFACES[x[0]].rates[x[1]]", [surface, name])
    rule, settings = RULES[name]
    w = np.array(path[0]["w"])
    state: dict[str, Any] = {}
    assert len(path) == 61
    for at in path:
        np.testing.assert_allclose(at["w"], w, rtol=1e-9, atol=1e-12)
        for key, seen in at["state"].items():
            np.testing.assert_allclose(
                seen, state[MEMORY.get(name, {}).get(key, key)], rtol=1e-9, atol=1e-300
            )
        w, state = rule(np.array(at["w"]), np.array(at["g"]), state, lr=lr, **settings)


def test_a_turned_valley_changes_nothing_for_those_without_axes(page: Page) -> None:
    for name in RULES:
        ends = [
            call(page, "m.race(x[0], x[1], m.SURFACES[x[0]].start, x[2], 100).at(-1).value", [s, name, 0.005])
            for s in ("ravine", "turned")
        ]
        same = ends[0] == pytest.approx(ends[1], rel=1e-6)
        assert same == (name in ("gd", "momentum", "nesterov")), name


def test_who_runs_away_is_cut_off(page: Page) -> None:
    path = call(page, "m.race('ravine', 'gd', [-4, 1], 0.03, 200)")
    assert len(path) < 30
    assert max(map(abs, path[-1]["w"])) >= 1e4
    assert call(page, "m.arrives('ravine', m.race('ravine', 'gd', [-4, 1], 0.03, 200))") == -1


def test_arrival_is_the_first_step_within_the_goal(page: Page) -> None:
    losses = np.array([p["value"] for p in call(page, "m.race('ravine', 'momentum', [-4, 1], 0.005, 200)")])
    assert call(page, "m.arrives('ravine', m.race('ravine', 'momentum', [-4, 1], 0.005, 200))") == 91
    assert losses[91] < 1e-3 <= losses[:91].min(), "the number in the chapter's table"


def row(page: Page, name: str) -> float:
    return float(page.locator(f'tr[data-row="{name}"]').get_attribute("data-value") or "nan")


def test_race_by_keyboard(open_page: Open) -> None:
    page = open_page("race")
    handle = page.get_by_role("slider", name="Start")
    tab_to(page, handle)
    press(page, "ArrowRight", 4)
    press(page, "ArrowUp", 2)
    expect(handle).to_have_attribute("aria-valuetext", "w₁ −3.70, w₂ 1.15")
    tab_to(page, control(page, "Look at"))
    press(page, "ArrowUp")
    assert control(page, "Look at").input_value() == "gd"
    rate = control(page, "Its learning rate η")
    tab_to(page, rate)
    press(page, "End")
    assert "Ran away: gradient descent" in says(page)
    assert "ran away" in page.locator('tr[data-row="gd"]').inner_text()
    tab_to(page, button(page, "AdaGrad"))
    press(page, "Space")
    assert page.locator("tr[data-row]").count() == 5
    tab_to(page, button(page, "Good rates"))
    press(page, "Enter")
    assert "Ran away" not in says(page)
    w = np.array([-3.7, 1.15])
    for _ in range(40):
        w = w - 0.018 * np.array([1.0, 100.0]) * w
    assert row(page, "gd") == pytest.approx((w[0] ** 2 + 100 * w[1] ** 2) / 2, rel=1e-9)


def test_one_rate_for_all_and_another_surface(open_page: Open) -> None:
    page = open_page("race")
    control(page, "Look at").select_option("adam")
    assert shown(page, "rate") == 0.5
    button(page, "This rate for all").click()
    assert "Ran away: gradient descent, momentum" in says(page).replace(
        "momentum, gradient descent", "gradient descent, momentum"
    )
    control(page, "Surface").select_option("saddle")
    assert "Ran away" not in says(page)
    assert shown(page, "rate") == 0.1
    control(page, "Steps shown").fill("200")
    assert row(page, "adam") == pytest.approx(-0.25, abs=1e-3)


def test_it_plays_to_the_end_and_restarts(open_page: Open) -> None:
    page = open_page("race")
    control(page, "Steps shown").fill("190")
    button(page, "Play").click()
    expect(button(page, "Pause")).to_be_visible()
    expect(button(page, "Play")).to_be_visible(timeout=8000)
    assert "After 200 steps" in says(page)
    button(page, "Restart").click()
    assert "After 0 steps" in says(page)
    assert row(page, "adam") == row(page, "gd") == 58
