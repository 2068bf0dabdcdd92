"""The learning-rate finder on bowls whose stable limit, 2 / curvature, is known."""

from __future__ import annotations

import numpy as np
import pytest

from bplib import functional as F
from bplib import nn, optim
from bplib.tape import Tensor


def bowl(curvature, start):
    """A parameter, and a closure that computes ½ Σ L w² and its gradient."""
    w = Tensor(np.array(start, dtype=np.float64), name="w")

    def loss_and_grad() -> float:
        loss = (0.5 * w * w * np.asarray(curvature, dtype=np.float64)).sum()
        loss.backward()
        return loss.item()

    return w, loss_and_grad


@pytest.mark.parametrize("curvature", [0.5, 4.0, 100.0])
def test_the_edge_is_two_over_the_curvature(curvature: float) -> None:
    w, closure = bowl(curvature, [1.0, -2.0])
    sweep = optim.find_lr(optim.SGD([w], lr=0.1), closure, 1e-5, 1e3, 400)
    ratio = sweep.lrs[1] / sweep.lrs[0]
    edge = sweep.lrs[np.argmin(sweep.losses)]
    assert 1 / ratio**1.01 <= edge / (2 / curvature) <= ratio**1.01  # to the grid's own spacing
    assert sweep.suggestion == pytest.approx(edge / 10)
    assert len(sweep.lrs) == len(sweep.losses) < 400  # it stopped when the loss exploded
    assert np.all(np.diff(sweep.losses[: np.argmin(sweep.losses)]) <= 0)


def test_with_unequal_curvatures_the_suggestion_is_stable_and_ten_times_it_is_near_the_limit() -> None:
    curvature = [1.0, 10.0, 50.0]
    w, closure = bowl(curvature, [1.0, 1.0, 1.0])
    sweep = optim.find_lr(optim.SGD([w], lr=0.1), closure, steps=200)
    limit = 2 / 50
    assert limit / 30 < sweep.suggestion < limit
    optimizer = optim.SGD([w], lr=sweep.suggestion)
    first = closure()
    for _ in range(200):
        optimizer.zero_grad()
        last = closure()
        optimizer.step()
    assert last < 0.1 * first


def test_everything_is_put_back() -> None:
    w, closure = bowl(3.0, [1.0, -2.0])
    optimizer = optim.Adam([w], lr=0.02)
    closure()
    optimizer.step()
    value, grad, memory = w.value, w.grad, optimizer.state_dict()
    kept = value.copy()
    optim.find_lr(optimizer, closure, steps=50)
    assert w.value is value
    assert w.grad is grad
    assert np.array_equal(value, kept)
    np.testing.assert_equal(optimizer.state_dict(), memory)


def test_everything_is_put_back_after_an_error() -> None:
    w, closure = bowl(3.0, [1.0])
    optimizer = optim.SGD([w], lr=0.02, momentum=0.9)
    calls = []

    def broken() -> float:
        calls.append(1)
        if len(calls) == 5:
            raise RuntimeError("the data ended")
        return closure()

    value = w.value
    with pytest.raises(RuntimeError, match="the data ended"):
        optim.find_lr(optimizer, broken)
    assert w.value is value
    assert optimizer.lr == 0.02
    assert optimizer.state == [{}]


def test_overflow_ends_the_sweep_quietly() -> None:
    w = Tensor(np.array([1.5]))

    def closure() -> float:
        loss = (w**2 * w**2 * w**2).sum()
        loss.backward()
        return loss.item()

    sweep = optim.find_lr(optim.SGD([w], lr=0.1), closure, 1.0, 10.0, 30, diverge=1e300)
    assert np.all(np.isfinite(sweep.losses))
    assert len(sweep.losses) < 30
    assert w.value.tolist() == [1.5]


def test_a_gradient_that_is_not_finite_ends_the_sweep() -> None:
    w = Tensor(np.array([1.0]))
    calls = []

    def closure() -> float:
        calls.append(1)
        w.grad = np.array([1.0 if len(calls) < 4 else np.nan])
        return 1.0 / len(calls)

    sweep = optim.find_lr(optim.SGD([w], lr=0.1), closure, 1e-3, 1.0, 10)
    assert len(sweep.losses) == 4
    assert w.value.tolist() == [1.0]


def test_a_negative_loss_is_not_taken_for_divergence() -> None:
    w, closure = bowl(2.0, [1.0])
    sweep = optim.find_lr(optim.SGD([w], lr=0.1), lambda: closure() - 100.0, 1e-4, 10.0, 100)
    plain = optim.find_lr(optim.SGD([w], lr=0.1), closure, 1e-4, 10.0, 100)
    # Beside 100 the last digits of the fall are rounded away, so the lowest loss is reached a little earlier.
    assert plain.suggestion / 2 < sweep.suggestion <= plain.suggestion


def test_noise_is_averaged_over_a_window() -> None:
    w, closure = bowl(4.0, np.ones(3))
    rng = np.random.default_rng(5)
    noisy = lambda: closure() + 0.3 * rng.standard_normal()
    sweep = optim.find_lr(optim.SGD([w], lr=0.1), noisy, 1e-4, 10.0, 300, window=15)
    assert 0.5 / 10 / 5 < sweep.suggestion < 0.5 / 10 * 2


def test_bad_arguments_and_a_hopeless_start_are_named() -> None:
    w, closure = bowl(1.0, [1.0])
    optimizer = optim.SGD([w], lr=0.1)
    with pytest.raises(ValueError, match="needs 0 < lr_start < lr_end, got lr_start=1, lr_end=0.1"):
        optim.find_lr(optimizer, closure, 1, 0.1)
    with pytest.raises(ValueError, match="needs steps ≥ 2"):
        optim.find_lr(optimizer, closure, steps=1)
    with pytest.raises(FloatingPointError, match="not finite before the first step"):
        optim.find_lr(optimizer, lambda: float("nan"))


def test_a_loss_that_never_falls_suggests_nothing() -> None:
    w = Tensor(np.array([1.0]))

    def closure() -> float:
        w.grad = np.zeros(1)
        return 2.0

    assert np.isnan(optim.find_lr(optim.SGD([w], lr=0.1), closure).suggestion)
    w, steep = bowl(100.0, [1.0])
    sweep = optim.find_lr(optim.SGD([w], lr=0.1), steep, 1.0, 2.0)
    assert np.isnan(sweep.suggestion)
    assert len(sweep.losses) == 2


def test_a_models_running_averages_and_generators_are_put_back_on_request() -> None:
    rng = np.random.default_rng(0)
    model = nn.Sequential(nn.Linear(2, 4, rng), nn.BatchNorm(4), nn.Dropout(0.5, rng), nn.Linear(4, 2, rng))
    x, y = rng.normal(size=(8, 2)), np.arange(8) % 2
    sgd = optim.SGD(model.parameters(), lr=0.1)

    def closure() -> float:
        loss = F.softmax_cross_entropy(model(x), y)
        loss.backward()
        return loss.item()

    before, generator = model.state_dict(), rng.bit_generator.state
    optim.find_lr(sgd, closure, 1e-4, 1e-2, 5, model=model)
    np.testing.assert_equal(model.state_dict(), before)
    assert rng.bit_generator.state == generator
    optim.find_lr(sgd, closure, 1e-4, 1e-2, 5)
    assert not np.array_equal(
        model[1].running_mean, before["layers.1.running_mean"]
    )  # without it, they moved


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr_start": "1"}, "lr_start must be a number, got '1'"),
        ({"diverge": None}, "diverge must be a number, got None"),
        ({"steps": 10.5}, "steps must be an int, got 10.5"),
        ({"window": True}, "window must be an int, got True"),
    ],
)
def test_arguments_that_are_no_numbers_are_named(options: dict, message: str) -> None:
    w, closure = bowl(1.0, [1.0])
    with pytest.raises(TypeError, match=f"find_lr: {message}"):
        optim.find_lr(optim.SGD([w], lr=0.1), closure, **options)
