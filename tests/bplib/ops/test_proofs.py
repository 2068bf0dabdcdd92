"""Every op, on every case, against finite differences, complex step and PyTorch."""

from __future__ import annotations

import pytest

from bplib import ops
from tests.bplib.cases import CASES
from tests.bplib.prove import Case, prove


@pytest.mark.parametrize(
    ("op", "case"),
    [pytest.param(op, case, id=f"{op}-{case}") for op, cases in CASES.items() for case in cases],
)
def test_op_is_right(op: str, case: Case) -> None:
    prove(getattr(ops, op), case)


def test_every_op_has_at_least_two_cases() -> None:
    assert set(ops.__all__) == set(CASES)
    assert not [op for op, cases in CASES.items() if len(cases) < 2]
