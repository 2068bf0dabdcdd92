"""What the tests of the built book share: the built pages, a file server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from book.tools import build

ROOT = Path(__file__).resolve().parents[2]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever asks for a browser belongs to `make site-test`, wherever it stands."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("site")


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
