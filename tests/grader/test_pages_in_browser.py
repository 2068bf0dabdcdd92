"""Feedback and report in Chromium: hostile text acts on nothing, contrast holds, a telephone shows all of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from grader.feedback import feedback_page
from grader.report import report_page
from tests.book.test_site_in_browser import INK, WIDE, violations
from tests.grader.test_feedback import HOSTILE
from tests.grader.test_report import class_of
from tests.grader.verdicts import BUNDLE, cell, verdict, wrong_relu

pytestmark = pytest.mark.site
ACTED = "document.title = 'acted'; window.acted = true"


def feedback() -> str:
    message, named = wrong_relu()
    made = verdict(f'<script>{ACTED}</script><img src=x onerror="{ACTED}">' + "".join(HOSTILE))
    cell(made, "relu").update(
        source="def relu(z):\n    return " + " + ".join(["z"] * 80), printed="", error=""
    )
    cell(made, "test-relu-gradient").update(message=message, named=list(named), stopped="time")
    return feedback_page(made, BUNDLE, "ada")


def report() -> str:
    made = class_of(30) | {
        "ada": verdict("".join(HOSTILE)),
        "eve": verdict("".join(HOSTILE), status="quarantined"),
    }
    made["bob"] = class_of(1)["s0000"]
    cell(made["ada"], "test-own")["stopped"] = "memory"
    return report_page(made, BUNDLE, ungraded=["new"])


PAGES = {
    "feedback": feedback,
    "quarantined": lambda: feedback_page(verdict("It is empty.", status="quarantined"), BUNDLE, "ada"),
    "report": report,
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page(name: str, browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.html"
    path.write_text(PAGES[name](), encoding="utf-8")
    page, complaints, asked = opened(browser, path)
    assert complaints == []
    assert asked == [path.as_uri()], "a page needs no other file"
    assert page.evaluate("window.acted") is None
    assert page.locator("script, img, iframe, form, link").count() == 0
    page.evaluate("() => document.querySelectorAll('details').forEach(d => d.open = true)")
    assert violations(page) == []
    ground = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert ground == "rgb(255, 255, 255)", "the policy lets the page's own style in"

    page.emulate_media(color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(18, 18, 18)"
    assert violations(page, INK) == [], "in the dark"

    page.set_viewport_size({"width": 360, "height": 740})
    too_wide, _ = page.evaluate(WIDE)
    assert too_wide <= 0, "scrolls sideways on a telephone"
    page.context.close()


def test_on_paper_nothing_is_folded_away(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "feedback.html"
    path.write_text(feedback_page(verdict("in_my_cell = 1"), BUNDLE, "ada"), encoding="utf-8")
    page, _, _ = opened(browser, path)
    folded = page.locator("details:not([open]) pre")
    assert folded.count() > 0
    assert not folded.first.is_visible()
    page.emulate_media(media="print")
    assert folded.first.bounding_box() is not None
    page.context.close()


def test_the_policy_stops_what_would_slip_through(browser: Browser, tmp_path: Path) -> None:
    """The second wall: markup that got into a page by some mistake of ours runs nothing and fetches nothing."""
    slipped = f'<script>{ACTED}</script><svg onload="{ACTED}"></svg><img src="https://example.org/x.png">'
    slipped += '<style>body { display: none }</style><iframe src="https://example.org/"></iframe>'
    path = tmp_path / "slipped.html"
    path.write_text(
        feedback_page(verdict(), BUNDLE, "ada").replace("<main>", f"<main>{slipped}"), encoding="utf-8"
    )
    page, complaints, asked = opened(browser, path)
    assert len([c for c in complaints if "Content Security Policy" in c]) >= 4
    let_through = {url for url in asked if url.startswith("http")} - {
        c.removeprefix("stopped by the policy: ") for c in complaints
    }
    assert let_through == set()
    assert page.evaluate("window.acted") is None
    assert page.evaluate("getComputedStyle(document.body).display") == "block"
    page.context.close()


def opened(browser: Browser, path: Path) -> tuple[Page, list[str], list[str]]:
    """The page, what it complains of, and what it asks for."""
    page: Any = browser.new_context(viewport={"width": 1000, "height": 800}, color_scheme="light").new_page()
    complaints: list[str] = []
    asked: list[str] = []
    page.on("console", lambda m: complaints.append(m.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda r: asked.append(r.url))
    page.on(
        "requestfailed",
        lambda r: complaints.append(
            f"stopped by the policy: {r.url}" if r.failure == "csp" else f"failed: {r.url}"
        ),
    )
    page.goto(path.as_uri(), wait_until="load")
    return page, complaints, asked
