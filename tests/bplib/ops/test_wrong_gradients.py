"""A test that cannot fail proves nothing: each wrong gradient of the bank must be caught by ours."""

from __future__ import annotations

import pytest

from bplib.check.wrong import Wrong, bank
from tests.bplib.cases import CASES
from tests.bplib.prove import prove


def _caught(wrong: Wrong) -> list[str]:
    caught = []
    for case in CASES[wrong.op]:
        try:
            prove(wrong.function, case)
        except AssertionError:
            caught.append(case.name)
    return caught


@pytest.mark.parametrize("wrong", bank(), ids=str)
def test_wrong_gradient_is_killed(wrong: Wrong) -> None:
    assert _caught(wrong), f"no case of {wrong.op} notices: {wrong.why}"


def test_the_bank_is_not_empty_and_names_are_unique() -> None:
    names = [(w.op, w.name) for w in bank()]
    assert len(names) == len(set(names)) >= 60
