from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bplib.data.server import Publisher


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder of this test's own; no proxy between the test and its server."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("BPLIB_DATA_HOME", str(folder))
    monkeypatch.delenv("BPLIB_DATA_MIRROR", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return folder


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    """A server that all loaders are pointed at."""
    server = Publisher()
    monkeypatch.setenv("BPLIB_DATA_MIRROR", server.url)
    yield server
    server.stop()
