"""What the tests of the built book share: the built pages, a file server, a browser with no way out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from playwright.sync_api import Browser, sync_playwright

from book.tools import build
from book.tools.pdf import chromium

ROOT = Path(__file__).resolve().parents[2]
# The browser resolves no name and reaches no host but this one: what a page asks for outside is lost.
CLOSED = ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--disable-background-networking"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever asks for a browser belongs to `make site-test`, wherever it stands."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("site")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium: the one that CHROMIUM names, or the system's. These tests fail where there is none."""
    options = ["--no-sandbox", "--disable-gpu", *CLOSED]
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=chromium(), args=options)
        yield made
        made.close()


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the built book, which must hold just the pages of the table of contents."""
    assert build.HTML.exists(), "the book is not built: make html"
    assert build.pages() == set(build.contents()), "the built book is not what _toc.yml says: make html"
    return build.HTML


@pytest.fixture(scope="session")
def prefix() -> str:
    """The site's path on its host: /NAME for github.com/OWNER/NAME."""
    address = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["repository"]["url"]
    return "/" + urlsplit(address).path.strip("/").split("/")[-1]


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """The address of a plain file server with the built book."""
    made = build.server(folder=site)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{made.server_address[1]}"
    made.shutdown()
    made.server_close()
