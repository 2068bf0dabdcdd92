"""An explorable alone on a small page, in a browser, watched: what it asks for and what it complains of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from book.tools import explorables

Open = Callable[..., Page]


@pytest.fixture(scope="session")
def small_site() -> Iterator[str]:
    """A file server with one page for each explorable."""
    with explorables.serve() as address:
        yield address


@pytest.fixture
def open_page(browser: Browser, small_site: str) -> Iterator[Open]:
    """Opens an explorable's page. At the end of the test: no outside request, no error, no warning."""
    contexts: list[BrowserContext] = []
    outside: list[str] = []
    complaints: list[str] = []

    def opened(name: str, theme: str = "light", width: int = 1280, scripts: bool = True, **how: Any) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, java_script_enabled=scripts, **how
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on(
            "request", lambda r: None if r.url.startswith((small_site, "data:")) else outside.append(r.url)
        )
        page.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{small_site}/page/{name}/{theme}")
        if scripts:
            page.wait_for_selector(".explorable-live svg")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not outside, "requests to other places"
    assert not complaints, "the console is not silent"
