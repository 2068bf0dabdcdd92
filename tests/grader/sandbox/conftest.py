"""Sandboxes for the tests, opened once for each level."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.sandbox import SAFE, open_sandbox
from grader.sandbox.channel import Sandbox
from tests.grader.sandbox.student import Student


def need(level: str) -> None:
    """Fail with what to do if a level cannot be tested here."""
    if level == "bubblewrap" and not shutil.which("bwrap"):
        pytest.fail("bubblewrap is not installed, and its level must be tested: apt-get install bubblewrap")


@pytest.fixture(scope="session", params=SAFE)
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A sandbox of each safe level."""
    need(request.param)
    with open_sandbox(request.param) as opened:
        yield opened


@pytest.fixture(scope="session")
def bubblewrap() -> Iterator[Sandbox]:
    """For the promises that only this level makes."""
    need("bubblewrap")
    with open_sandbox("bubblewrap") as opened:
        yield opened


@pytest.fixture
def student(sandbox: Sandbox) -> Iterator[Student]:
    with Student(sandbox) as one:
        yield one


@pytest.fixture
def course() -> Iterator[Path]:
    """A folder that every user of the machine may read and write: only the sandbox stands before it."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        folder = Path(name)
        folder.chmod(0o777)
        for file in ("gradebook.db", "hidden_tests.py", "other_submission.ipynb"):
            (folder / file).write_text("secret")
            (folder / file).chmod(0o666)
        yield folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Escape attempts take minutes and need what Linux alone has: `make test-all` and CI make them."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.slow)
