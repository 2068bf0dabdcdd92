"""Forward mode (a complex step through one argument at a time) against reverse mode, for every op."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bplib import functional as F
from bplib import ops
from bplib.autodiff import jvp, vjp
from tests.bplib.cases import CASES
from tests.bplib.prove import Case, _draws_afresh

rng = np.random.default_rng(60)

ONE_ARGUMENT = [
    pytest.param(op, case, i, j, id=f"{op}-{case}-{i}" + ("" if j is None else f"-{j}"))
    for op, cases in CASES.items()
    for case in cases
    if case.smooth and case.complex_step
    for i, arg in enumerate(case.args)
    if i not in case.targets
    for j in (range(len(arg)) if isinstance(arg, list) and isinstance(arg[0], np.ndarray) else [None])
    if isinstance(a := arg if j is None else arg[j], np.ndarray) and a.dtype.kind == "f"
]


@pytest.mark.parametrize(("op", "case", "i", "j"), ONE_ARGUMENT)
def test_forward_mode_equals_reverse_mode(op: str, case: Case, i: int, j: int | None) -> None:
    """⟨d, J v⟩ = ⟨d J, v⟩ with all the other arguments real."""

    def f(x: Any) -> Any:
        args = list(case.args)
        if j is None:
            args[i] = x
        else:
            args[i] = [x if k == j else a for k, a in enumerate(args[i])]
        out = F.lift(_draws_afresh(getattr(ops, op)))(*args, **case.kwargs)
        outs = out if isinstance(out, tuple) else (out,)
        return F.concatenate([o.reshape(-1) for o in outs])

    x = np.asarray(case.args[i] if j is None else case.args[i][j])
    v = rng.standard_normal(x.shape)
    value, tangent = jvp(f, x, v)
    d = rng.standard_normal(value.shape)
    same, pullback = vjp(f, x)
    np.testing.assert_allclose(value, same, rtol=1e-12, atol=1e-12)
    forward, reverse = d @ tangent, (pullback(d) * v).sum()
    size = np.abs(d * tangent).sum() + np.abs(pullback(d) * v).sum()
    assert abs(forward - reverse) <= 1e-11 * size + 1e-13, (forward, reverse)


@pytest.mark.parametrize("op", ["sigmoid", "silu"])
def test_far_from_zero_the_tangent_is_finite(op: str) -> None:
    x = np.array([-1000.0, -40.0, 0.0, 40.0, 1000.0])
    f = getattr(F, op)
    value, tangent = jvp(f, x, np.ones(5))
    np.testing.assert_allclose(value, vjp(f, x)[0], rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(tangent, vjp(f, x)[1](np.ones(5)), rtol=1e-12, atol=1e-15)


def test_every_op_is_here() -> None:
    assert {p.values[0] for p in ONE_ARGUMENT} >= set(ops.__all__) - {"max_pool2d"}
