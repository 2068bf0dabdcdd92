"""Schedules beside PyTorch's, where both define the rule, and by hand where they do not."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bplib import optim
from bplib.tape import Tensor


def torchs(make, steps: int, lr: float = 0.3) -> np.ndarray:
    """The rates of the first ``steps`` steps of a PyTorch scheduler."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)
    scheduler = make(optimizer)
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if len(rates) < steps:
            scheduler.step()
    return np.array(rates)


S = torch.optim.lr_scheduler
PAIRS = {
    "constant": (optim.ConstantLR(0.3), lambda o: S.LambdaLR(o, lambda t: 1.0), 5),
    "step": (optim.StepLR(0.3, 7), lambda o: S.StepLR(o, 7), 40),
    "step by half": (optim.StepLR(0.3, 1, 0.5), lambda o: S.StepLR(o, 1, gamma=0.5), 20),
    "exponential": (optim.ExponentialLR(0.3, 0.93), lambda o: S.ExponentialLR(o, 0.93), 60),
    "cosine": (optim.CosineLR(0.3, 50), lambda o: S.CosineAnnealingLR(o, 50), 51),
    "cosine to a floor": (optim.CosineLR(0.3, 33, 0.02), lambda o: S.CosineAnnealingLR(o, 33, 0.02), 34),
    "linear": (optim.LinearLR(0.3, 20), lambda o: S.LinearLR(o, 1.0, 0.0, 20), 30),
    "linear to a floor": (optim.LinearLR(0.3, 9, 0.06), lambda o: S.LinearLR(o, 1.0, 0.2, 9), 30),
    "warm-up": (optim.WarmUpLR(12, optim.ConstantLR(0.3)), lambda o: S.LinearLR(o, 0.1, 1.0, 12), 30),
    "one cycle": (optim.OneCycleLR(0.3, 80), lambda o: S.OneCycleLR(o, 0.3, 80, cycle_momentum=False), 80),
    "one cycle, early top": (
        optim.OneCycleLR(0.3, 41, 0.1, 10.0, 100.0),
        lambda o: S.OneCycleLR(
            o, 0.3, 41, None, None, 0.1, "cos", False, div_factor=10.0, final_div_factor=100.0
        ),
        41,
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_rates_are_pytorchs(name: str) -> None:
    ours, make, steps = PAIRS[name]
    np.testing.assert_allclose(ours.values(steps), torchs(make, steps), rtol=1e-12, atol=1e-15)


@given(
    st.integers(3, 60),
    st.floats(0.05, 1.0),
    st.floats(1.5, 50.0),
    st.floats(1.0, 1e4),
)
def test_one_cycle_is_pytorchs_wherever_its_top_is(steps: int, share: float, div: float, last: float) -> None:
    if abs(share * steps - 1) < 1e-9:  # the top is at step 0: PyTorch divides by zero
        return
    ours = optim.OneCycleLR(0.3, steps, share, div, last).values(steps)
    make = lambda o: S.OneCycleLR(
        o,
        0.3,
        steps,
        pct_start=share,
        cycle_momentum=False,
        div_factor=div,
        final_div_factor=last,
    )
    np.testing.assert_allclose(ours, torchs(make, steps), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    "then",
    [optim.CosineLR(0.3, 20), optim.StepLR(0.3, 5), optim.OneCycleLR(0.3, 20), optim.ExponentialLR(0.3, 0.9)],
    ids=lambda s: type(s).__name__,
)
def test_warm_up_climbs_in_a_line_and_hands_over(then: optim.Schedule) -> None:
    warm = optim.WarmUpLR(6, then, start=0.25)
    assert warm(0) == 0.25 * then(0)
    climb = np.diff(warm.values(7))
    np.testing.assert_allclose(climb, climb[0])
    np.testing.assert_array_equal(warm.values(30)[6:], then.values(24))


def test_after_its_last_step_a_schedule_stays() -> None:
    assert optim.CosineLR(0.3, 10, 0.01)(1000) == pytest.approx(0.01)
    assert optim.LinearLR(0.3, 10, 0.01)(1000) == pytest.approx(0.01)
    cycle = optim.OneCycleLR(0.3, 10)
    assert cycle(1000) == cycle(9) == pytest.approx(0.3 / 25 / 1e4)


@pytest.mark.parametrize("steps", [1, 2, 3])
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_the_shortest_cycles_are_numbers(steps: int, share: float) -> None:
    rates = optim.OneCycleLR(0.3, steps, share).values(steps + 2)
    assert np.all(np.isfinite(rates) & (rates > 0) & (rates <= 0.3))


def test_a_schedule_is_a_function_of_the_step_alone() -> None:
    cosine = optim.CosineLR(0.3, 10)
    assert cosine(3) == cosine.values(10)[3] == cosine(3)
    assert isinstance(cosine(3), float)
    assert cosine(5) == pytest.approx(0.15)
    optimizer = optim.SGD([Tensor(np.ones(1))], lr=1.0)
    optimizer.lr = cosine(5)
    assert optimizer.lr == cosine(5)


BAD = [
    (lambda: optim.CosineLR(0.1, 0), "CosineLR: steps must be at least 1 and finite, got 0"),
    (lambda: optim.StepLR(0.1, 0), "StepLR: every must be at least 1"),
    (lambda: optim.ConstantLR(-0.1), "ConstantLR: lr must be at least 0 and finite, got -0.1"),
    (lambda: optim.ExponentialLR(0.1, math.nan), "ExponentialLR: factor must be"),
    (lambda: optim.WarmUpLR(0, optim.ConstantLR(0.1)), "WarmUpLR: steps must be at least 1"),
    (lambda: optim.OneCycleLR(0.1, 10, 1.5), r"OneCycleLR: pct_start must be in \[0, 1\], got 1.5"),
    (lambda: optim.OneCycleLR(0.1, 10, 0.3, 0.0), "div_factor and final_div_factor must be greater than 0"),
    (lambda: optim.ConstantLR(0.1)(-1), "ConstantLR: step counts from 0, got -1"),
]


@pytest.mark.parametrize(("make", "message"), BAD, ids=[m[:30] for _, m in BAD])
def test_bad_settings_are_named(make, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_a_schedule_without_a_rule_says_so() -> None:
    with pytest.raises(TypeError, match="Schedule has no method at"):
        optim.Schedule()(0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: optim.ConstantLR("0.1"), "ConstantLR: lr must be a number, got '0.1'"),
        (lambda: optim.CosineLR(0.1, None), "CosineLR: steps must be a number, got None"),
        (lambda: optim.WarmUpLR(5, 0.1), "WarmUpLR: then must be a Schedule, got 0.1"),
    ],
)
def test_settings_that_are_no_numbers_are_named(make, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        make()
