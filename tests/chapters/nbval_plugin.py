"""How nbval runs the course's notebooks: ``pytest --nbval -p tests.chapters.nbval_plugin chapters``.

nbval takes outputs without an execution count for a mistake; in normal form no cell has one. Each notebook's time
is printed, and one that takes longer than a reader waits fails the run.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

LIMIT = 60.0  # seconds for one notebook, beside another that runs on the other core
spent: dict[str, float] = defaultdict(float)
cells: dict[str, int] = defaultdict(int)


def pytest_collection_modifyitems(items: list[Any]) -> None:
    for item in items:
        if hasattr(item, "cell_num") and item.cell.outputs:
            item.cell.execution_count = item.cell_num + 1


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    name = report.nodeid.split("::")[0]
    if name.endswith(".ipynb"):
        spent[name] += report.duration
        cells[name] += report.when == "call"


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if not _is_worker(session.config) and max(spent.values(), default=0) > LIMIT:
        session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    terminalreporter.section("notebooks")
    for name in sorted(spent):
        over = f"  FAILED: over {LIMIT:.0f} s" if spent[name] > LIMIT else ""
        terminalreporter.line(f"{Path(name).name:<34}{cells[name]:>4} cells {spent[name]:6.1f} s{over}")
