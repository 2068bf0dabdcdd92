"""One browser for all the tests of a process: Playwright refuses a second one beside it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from book.tools.pdf import chromium

# The browser resolves no name and reaches no host but this one: what a page asks for outside is lost.
CLOSED = ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--disable-background-networking"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium: the one that CHROMIUM names, or the system's. These tests fail where there is none."""
    options = ["--no-sandbox", "--disable-gpu", *CLOSED]
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=chromium(), args=options)
        yield made
        made.close()
