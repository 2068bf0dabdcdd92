"""The table of all attacks, as a fragment of the book: what stock nbgrader made of each file, and what ours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from tests.grader.attacks.kit import Attack
from tests.grader.attacks.table import ATTACKS, EVERY, Outcome
from tests.grader.classes import ROOT

FRAGMENT = ROOT / "book" / "_fragments" / "attacks.md"
OPERATIONS = {  # what happens, what is shown, and by which test
    "the grader, a worker or the writer is killed at a random moment, twenty times in one class of 300": (
        "the next run goes on; no submission is lost, doubled or wrong",
        "test_nothing_lost.py::test_a_class_of_300_killed_20_times_loses_doubles_and_changes_nothing",
    ),
    "a regrade fails": (
        "the old marks stay until a new attempt has finished",
        "test_nothing_lost_otherwise.py::test_a_regrade_that_fails_keeps_the_old_marks",
    ),
    "the disk is full": (
        "the run stops, says so, and is continued by the same command",
        "test_nothing_lost_otherwise.py::test_a_full_disk_stops_the_run_wherever_it_strikes",
    ),
    "two graders are started at once": (
        "the second one says that the first is at work, and touches nothing",
        "test_nothing_lost_otherwise.py::test_of_two_graders_started_at_once_one_says_that_the_other_is_at_work",
    ),
    "the database is locked": (
        "it is waited for, then named; the same command goes on",
        "test_nothing_lost_otherwise.py::test_a_locked_database_is_waited_for_then_named_then_gone_on_with",
    ),
    "a Dask worker dies": (
        "its submissions go to another one; the verdicts are the same",
        "test_nothing_lost_dask.py::test_a_killed_worker_changes_nothing",
    ),
    "the same submission is judged twice": (
        "it counts once",
        "test_nothing_lost_otherwise.py::test_a_submission_that_is_judged_twice_counts_once",
    ),
    "a result differs from an earlier one": (
        "it is reported; the marks of two attempts are never mixed",
        "test_nothing_lost_otherwise.py::test_a_result_that_differs_from_an_earlier_one_is_reported_and_nowhere_mixed",
    ),
}
ROW = re.compile(r"^\| (?P<title>.+?) \| (?P<stock>.+?) \| (?P<ours>.+?) \|$", re.M)


def title(attack: Attack) -> str:
    """The first cell of an attack's row."""
    return attack.title + (f" ({attack.note})" if attack.note else "")


def text(stock: Mapping[str, str], ours: Mapping[str, str]) -> str:
    """The whole fragment, in Markdown, from the words on each attack."""
    nbgrader = f"nbgrader {version('nbgrader')}"
    lines = ["<!-- Written by `python -m tests.grader.attacks`; not to be edited. -->", ""]
    lines += [f"| the {len(EVERY)} files | {nbgrader} | grader |", "|---|---:|---:|"]
    for what, mark in COUNTED.items():
        counts = [sum(bool(re.search(mark, said[a.id])) for a in EVERY) for said in (stock, ours)]
        lines.append(f"| {what} | {counts[0]} | {counts[1]} |")
    lines.append("")
    for group, attacks in ATTACKS.items():
        lines += [f"## {group}", "", f"| what the file does | {nbgrader} | grader |", "|---|---|---|"]
        lines += [f"| {title(a)} | {stock[a.id]} | {ours[a.id]} |" for a in attacks]
        lines.append("")
    lines += ["## Operations", "", "| what happens | what the grader does |", "|---|---|"]
    lines += [f"| {what} | {shown} |" for what, (shown, _) in OPERATIONS.items()]
    return "\n".join([*lines, ""])


COUNTED = {
    "earn points that they should not": r"not earned",
    "read what is not theirs": r"\breads ",
    "change something outside: a file, a mark, the disk": r"writes on|are changed|fills the disk",
    "reach the network": r"reaches the network",
    "cost honest neighbours their grading": r"neighbours are not graded",
    "hang or end the whole run, or leave processes behind": r"hangs|kills nbgrader|stay behind",
    "lose points that are earned, or are never graded": r"the honest twin has|\*\*not graded",
    "run a script or a formula where people read": r"a script on|a formula in",
    "wait for a person, with a reason": r"waits for a person",
}


def read() -> tuple[dict[str, str], dict[str, str]]:
    """What the fragment says of each attack: for stock nbgrader, and for ours."""
    found = {m["title"]: m for m in ROW.finditer(FRAGMENT.read_text(encoding="utf-8"))}
    stock = {a.id: found[title(a)]["stock"] for a in EVERY if title(a) in found}
    return stock, {a.id: found[title(a)]["ours"] for a in EVERY if title(a) in found}


def words(outcomes: Mapping[str, Outcome]) -> dict[str, str]:
    """The words on each outcome."""
    return {id: outcome.words() for id, outcome in outcomes.items()}


def write(stock: Mapping[str, str], ours: Mapping[str, str], path: Path = FRAGMENT) -> None:
    """Write the fragment; the old one stands until the new one is whole."""
    new = path.with_suffix(".new")
    new.write_text(text(stock, ours), encoding="utf-8")
    new.replace(path)
