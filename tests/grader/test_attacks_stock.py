"""The other column of the table: some of the same files through nbgrader as it comes, in two minutes.

All of them take a quarter of an hour: ``python -m tests.grader.attacks --check``.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.grader.attacks import page, stock
from tests.grader.attacks.table import Outcome

pytestmark = pytest.mark.slow
SOME = (
    *("skip-tag", "display", "always-equal", "frames", "builtins", "exit", "input", "solutions", "others"),
    *("environment", "signals", "deleted-answer", "cut", "html-words", "formula"),
)


def test_the_page_says_what_stock_nbgrader_does(tmp_path: Path) -> None:
    out = tmp_path / "outcomes.json"
    stock.outside(tmp_path / "stock", out, list(SOME))
    found = {id: Outcome(**outcome) for id, outcome in json.loads(out.read_text()).items()}
    written = page.read()[0]
    assert page.words(found) == {id: written[id] for id in SOME}
