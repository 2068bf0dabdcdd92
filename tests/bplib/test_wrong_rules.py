"""Our own proofs must reject every wrong rule, clipping and initialisation that we know of."""

from __future__ import annotations

import pytest

from bplib import init, optim
from bplib.check.wrong_rules import RULE_BANK, WrongRule
from bplib.optim import rules
from tests.bplib import prove_rules as proofs


def proved(of: str, make) -> None:
    """The proof of the function named ``of``, run on what ``make()`` gives."""
    if of in proofs.RUNS:
        proofs.prove_rule(of, make)
    elif of == "clip_grad_norm":
        proofs.prove_clip(make())
    else:
        proofs.prove_init(of, make())


@pytest.mark.parametrize("wrong", RULE_BANK, ids=str)
def test_proof_rejects(wrong: WrongRule) -> None:
    """By its numbers: a wrong rule that fails for another reason would prove nothing."""
    with pytest.raises(AssertionError, match=r"is off by|is wrong|times what it should be"):
        proved(wrong.of, wrong.make)


@pytest.mark.parametrize("of", sorted({w.of for w in RULE_BANK}))
def test_proof_accepts_the_right_one(of: str) -> None:
    right = getattr(rules, of, None) or getattr(optim, of, None) or getattr(init, of)
    proved(of, lambda: right)


def test_every_rule_has_three_wrong_versions_and_each_says_why() -> None:
    for of in proofs.RUNS:
        assert sum(w.of == of for w in RULE_BANK) >= 3
    assert len(RULE_BANK) >= 30
    assert all(len(w.why) > 20 for w in RULE_BANK)
    assert len({w.name for w in RULE_BANK}) == len(RULE_BANK)
