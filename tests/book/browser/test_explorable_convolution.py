"""The convolution that readers walk through: its numbers are bplib's, and each cell says what flows through it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from bplib import ops
from tests.book.browser.conftest import Open
from tests.book.browser.test_explorables_numbers import call
from tests.book.browser.test_explorables_pages import button, control, press, says, tab_to

HOW = [
    dict(zip(("stride", "padding", "dilation"), v, strict=True)) for v in product((1, 2, 3), (0, 1), (1, 2))
]


@pytest.fixture(scope="module")
def module(browser: Browser, small_site: str) -> Iterator[Page]:
    made = browser.new_page()
    made.goto(f"{small_site}/page/convolution/light")
    yield made
    made.close()


def with_bplib(how: dict[str, int], given: list[Any]) -> tuple[Any, ...]:
    """z, dz, dx, dw by the library, for the page's own picture and kernel."""
    x, w, all_dz = (np.array(v, dtype=float) for v in given)
    z, back = ops.conv2d(x[None, None], w[None, None], **how)
    dz = all_dz[: z.shape[2], : z.shape[3]]
    dx, dw = back(dz[None, None])
    return z[0, 0], dz, dx[0, 0], dw[0, 0]


@pytest.mark.parametrize("how", HOW, ids=str)
def test_values_and_gradients_are_those_of_bplib(module: Page, how: dict[str, int]) -> None:
    given = call(module, "convolution", "[m.X, m.W, m.DZ]")
    z, dz, dx, dw = with_bplib(how, given)
    code = "({z: m.forward(m.X, m.W, x[0]), ...m.backward(m.X, m.W, x[1], x[0])})"
    theirs = call(module, "convolution", code, [how, dz.tolist()])
    np.testing.assert_array_equal(theirs["z"], z)
    np.testing.assert_array_equal(theirs["dx"], dx)
    np.testing.assert_array_equal(theirs["dw"], dw)


def test_the_kernel_would_show_a_turn_and_the_picture_fills_no_symmetry(module: Page) -> None:
    x, w, dz = (np.array(v) for v in call(module, "convolution", "[m.X, m.W, m.DZ]"))
    for a in (x, w, dz):
        assert (a != a[::-1, ::-1]).any()
        assert (a != a.T).any()


def test_the_products_of_a_cell_are_all_of_its_own(module: Page) -> None:
    how = {"stride": 2, "padding": 1, "dilation": 1}
    every = call(module, "convolution", "m.products(6, 6, 3, x)", how)
    for grid in "xwz":
        cells = {tuple(p[grid]) for p in every}
        mine = [call(module, "convolution", "m.part(m.products(6, 6, 3, x[0]), x[1], x[2])", [how, grid, list(c)])
                for c in sorted(cells)]  # fmt: skip
        assert sum(len(m) for m in mine) == len(every)
        assert all(p[grid] == m[0][grid] for m in mine for p in m)


def shown(page: Page, grid: str, rows: int, columns: int) -> Any:
    read = "(e) => Number(e.dataset.value)"
    return np.array([[page.locator(f'[data-cell="{grid}-{r}-{c}"]').evaluate(read) for c in range(columns)]
                     for r in range(rows)])  # fmt: skip


def framed(page: Page, grid: str) -> int:
    return page.locator(f".{grid}-cell.partner").count()


def total(page: Page) -> int:
    """The sum that the sentence ends in."""
    last = page.get_by_role("status").locator("b").last.inner_text()
    return int(last.replace("−", "-"))


def products(page: Page) -> list[int]:
    """The products that the sentence writes out."""
    text = says(page).replace("−", "-")
    return [int(a) * int(b) for a, b in re.findall(r"\(?(-?\d+)\)?·\(?(-?\d+)\)?", text)]


def test_the_grids_are_walked_by_keyboard(open_page: Open) -> None:
    page = open_page("convolution")
    tab_to(page, page.locator('[data-cell="x-0-0"]'))
    press(page, "ArrowRight", 2)
    press(page, "ArrowDown", 3)
    expect(page.locator('[data-cell="x-3-2"]')).to_be_focused()
    assert "x(3, 2) = 1 goes into 9 outputs" in says(page)
    assert (framed(page, "z"), framed(page, "w")) == (9, 9)
    press(page, "Home")
    press(page, "ArrowLeft")
    expect(page.locator('[data-cell="x-3-0"]')).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator('[data-cell="w-0-0"]')).to_be_focused()
    assert framed(page, "x") == 16
    page.keyboard.press("Tab")
    press(page, "ArrowRight", 9)
    assert page.evaluate("document.activeElement.dataset.cell").endswith("-3")
    assert sum(products(page)) == total(page)
    page.keyboard.press("Shift+Tab")
    expect(page.locator('[data-cell="w-0-0"]')).to_be_focused()


@pytest.mark.parametrize("how", HOW[::3], ids=str)
def test_the_way_back_is_that_of_bplib(open_page: Open, module: Page, how: dict[str, int]) -> None:
    page = open_page("convolution")
    tab_to(page, control(page, "Direction"))
    press(page, "ArrowDown")
    for name, value in how.items():
        control(page, name.capitalize()).select_option(str(value))
    z, dz, dx, dw = with_bplib(how, call(module, "convolution", "[m.X, m.W, m.DZ]"))
    np.testing.assert_array_equal(shown(page, "x", 6, 6), dx)
    np.testing.assert_array_equal(shown(page, "w", 3, 3), dw)
    np.testing.assert_array_equal(shown(page, "z", *z.shape), dz)
    for grid, gradient in (("x", dx), ("w", dw)):
        page.locator(f'[data-cell="{grid}-1-2"]').focus()
        assert total(page) == gradient[1, 2]
        if "products)" not in says(page):
            assert sum(products(page)) == gradient[1, 2]


def test_a_window_hands_out_its_shares(open_page: Open) -> None:
    page = open_page("convolution")
    control(page, "Direction").select_option("back")
    page.locator('[data-cell="z-2-0"]').hover()
    subs = page.locator(".x-cell.partner .cell-sub").all()
    notes = [(t.text_content() or "").replace("−", "-") for t in subs]
    w, dz = (np.array(v) for v in page.evaluate(
        "import('/book/explorables/convolution.js').then((m) => [m.W, m.DZ])"))  # fmt: skip
    assert [int(n) for n in notes] == (dz[2, 0] * w).ravel().tolist()
    assert "dz(2, 0) = −2 is sent to the 9 pixels" in says(page)


def test_a_pixel_that_no_window_reaches_gets_nothing(open_page: Open) -> None:
    page = open_page("convolution")
    control(page, "Stride").select_option("2")
    page.locator('[data-cell="x-5-5"]').click()
    assert "is in no window: the stride leaves it out" in says(page)
    control(page, "Padding").select_option("1")
    assert page.locator(".cell.pad").count() == 28
    page.locator('[data-cell="z-0-0"]').click()
    assert "5 of the weights lie on the padding" in says(page)
    page.locator('[data-cell="w-0-0"]').click()
    assert "At 5 of them it lies on the padding" in says(page)


def test_windows_are_walked_by_finger(open_page: Open) -> None:
    page = open_page("convolution", width=360, has_touch=True, is_mobile=True)
    page.locator('[data-cell="x-2-2"]').tap()
    assert "x(2, 2) = 0 goes into 9 outputs" in says(page)
    for want in ("z(0, 0)", "z(0, 1)", "z(0, 2)", "z(0, 3)", "z(1, 0)"):
        button(page, "Next window").tap()
        assert says(page).startswith(want)
    button(page, "Previous").tap()
    assert says(page).startswith("z(0, 3)")
    control(page, "Dilation").select_option("2")
    assert says(page).startswith("z(0, 1)"), "the output has become smaller"
