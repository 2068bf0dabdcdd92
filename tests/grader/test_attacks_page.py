"""The table of attacks in the book: whole, and consistent with itself. That it is true, test_attacks.py shows."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

from tests.grader.attacks import page
from tests.grader.attacks.table import EVERY


def test_every_attack_has_its_row_and_the_sums_are_right() -> None:
    stock, ours = page.read()
    assert set(stock) == set(ours) == {a.id for a in EVERY}
    assert page.text(stock, ours) == page.FRAGMENT.read_text(encoding="utf-8")


def test_no_attack_gains_or_harms_anything_here() -> None:
    bad = "|".join(
        mark for what, mark in page.COUNTED.items() if "lose points" not in what and "wait" not in what
    )
    stock, ours = page.read()
    assert [id for id, words in ours.items() if re.search(bad, words)] == []
    assert sum(bool(re.search(bad, words)) for words in stock.values()) > 20, (
        "the words are found where they stand"
    )


def test_every_attack_has_a_name_of_its_own() -> None:
    assert len({a.id for a in EVERY}) == len({page.title(a) for a in EVERY}) == len(EVERY) > 90


def test_the_page_names_tests_that_there_are() -> None:
    for _, test in page.OPERATIONS.values():
        file, name = test.split("::")
        module = importlib.import_module(f"tests.grader.{Path(file).stem}")
        assert callable(getattr(module, name))
