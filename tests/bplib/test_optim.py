"""Optimisers: trajectories, memory that can be saved, old arrays left alone, messages."""

from __future__ import annotations

import inspect
import json

import numpy as np
import pytest

from bplib import optim
from bplib.optim import rules
from bplib.tape import Tensor
from tests.bplib import prove_rules as proofs

ALL = {
    "sgd": lambda p: optim.SGD(p, lr=0.1),
    "momentum": lambda p: optim.SGD(p, lr=0.1, momentum=0.9),
    "nesterov": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.1),
    "adagrad": lambda p: optim.AdaGrad(p, lr=0.1),
    "rmsprop": lambda p: optim.RMSprop(p, momentum=0.9),
    "adam": optim.Adam,
    "amsgrad": optim.AMSGrad,
    "adamw": optim.AdamW,
}
every = pytest.mark.parametrize("make", ALL.values(), ids=ALL)
RUNS = [(name, i) for name, (_, _, runs) in proofs.RUNS.items() for i in range(len(runs))]


@pytest.mark.parametrize(("name", "run"), RUNS, ids=[f"{n}-{proofs.RUNS[n][2][i]}" for n, i in RUNS])
def test_trajectory_is_pytorchs(name: str, run: int) -> None:
    ours, _, runs = proofs.RUNS[name]
    proofs.same_path(proofs.walk(ours(proofs.fresh(), **runs[run])), proofs.in_torch(name, run), name)


def test_amsgrad_is_adam_with_amsgrad() -> None:
    a = proofs.walk(optim.AMSGrad(proofs.fresh(), lr=0.05))
    b = proofs.walk(optim.Adam(proofs.fresh(), lr=0.05, amsgrad=True))
    c = proofs.walk(optim.Adam(proofs.fresh(), lr=0.05))
    assert all(np.array_equal(x, y) for p, q in zip(a, b, strict=True) for x, y in zip(p, q, strict=True))
    assert not np.array_equal(a[-1][0], c[-1][0])


def names_and_defaults(f) -> dict:
    return {
        k: p.default
        for k, p in inspect.signature(f).parameters.items()
        if k not in ("self", "params", "w", "g", "state")
    }


@pytest.mark.parametrize("name", proofs.RUNS)
def test_names_and_defaults_are_those_of_the_rule_and_of_pytorch(name: str) -> None:
    ours, theirs, _ = proofs.RUNS[name]
    mine = names_and_defaults(ours)
    assert mine == names_and_defaults(getattr(rules, name))
    torchs = names_and_defaults(theirs)
    del mine["lr"]  # SGD asks for it; the others are compared by the run with no arguments
    assert mine == {k: torchs[k] for k in mine}


def test_nesterov_is_the_textbooks_after_a_change_of_coordinates() -> None:
    """Textbook: gradient at the look-ahead w − lr·μ·u. What the rule calls w is that look-ahead point."""
    slope = lambda w: np.array([1.0, 20.0]) * w
    lr, mu = 0.03, 0.8
    book, u = np.array([1.0, -2.0]), np.zeros(2)
    ours, state = book.copy(), {}
    for _ in range(30):
        u = mu * u + slope(book - lr * mu * u)
        book = book - lr * u
        ours, state = rules.sgd(ours, slope(ours), state, lr, momentum=mu, nesterov=True)
        np.testing.assert_allclose(ours, book - lr * mu * u, atol=1e-13)


@every
def test_float32_stays_float32(make) -> None:
    params = [Tensor(w.astype(np.float32)) for w in proofs.START]
    optimizer = make(params)
    optimizer.lr = np.float64(0.01)  # as a schedule computed with NumPy would hand over
    for t in range(3):
        for i, p in enumerate(params):
            p.grad = np.asarray(proofs.NOISE[t][i], dtype=np.float32)
        optimizer.step()
    for p, one in zip(params, optimizer.state, strict=True):
        assert isinstance(p.value, np.ndarray)
        assert p.value.dtype == np.float32
        assert all(s.dtype == np.float32 for s in one.values() if isinstance(s, np.ndarray))
        assert not any(isinstance(s, np.generic) for s in one.values())


@every
def test_a_step_leaves_old_values_and_gradients_as_they_were(make) -> None:
    params = proofs.fresh()
    optimizer = make(params)
    for t in range(3):
        for i, p in enumerate(params):
            p.grad = proofs.NOISE[t][i].copy()
        values, grads = [p.value for p in params], [p.grad for p in params]
        kept = [v.copy() for v in values]
        optimizer.step()
        for i, p in enumerate(params):
            assert np.array_equal(values[i], kept[i])
            assert np.array_equal(grads[i], proofs.NOISE[t][i])
            assert not np.may_share_memory(p.value, values[i])
            grads[i][...] = 1e9  # what happens to the gradient afterwards must not reach the memory
    assert all(np.max(np.abs(p.value), initial=0) < 100 for p in params)


def test_an_update_between_forward_and_backward_does_not_spoil_the_gradient() -> None:
    x, w = Tensor(np.array([[2.0, -1.0]]), requires_grad=False), Tensor(np.array([[3.0], [1.0]]))
    v = Tensor(np.array([[0.5]]))
    loss = ((x @ w) @ v).sum()
    v.grad = np.array([[1.0]])
    optim.SGD([v], lr=10.0).step()
    loss.backward()
    assert v.value.item() == -9.5
    np.testing.assert_array_equal(
        w.grad, [[1.0], [-0.5]]
    )  # xᵀ·0.5, with the v that the loss was computed with


@every
def test_a_parameter_without_gradient_is_left_alone(make) -> None:
    a, b = Tensor(np.ones(3)), Tensor(np.ones(3))
    optimizer = make([a, b])
    before = b.value
    a.grad = np.ones(3)
    optimizer.step()
    assert b.value is before
    assert optimizer.state[1] == {}
    assert not np.array_equal(a.value, np.ones(3))


@every
def test_saved_and_loaded_goes_on_to_the_same_bits(make) -> None:
    whole = proofs.walk(make(proofs.fresh()))
    first = make(proofs.fresh())
    proofs.walk(first, range(30))
    saved = first.state_dict()
    # As a checkpoint does it: arrays as bytes, the rest through JSON.
    arrays = [{k: s for k, s in one.items() if isinstance(s, np.ndarray)} for one in saved["state"]]
    rest = [{k: s for k, s in one.items() if not isinstance(s, np.ndarray)} for one in saved["state"]]
    back = json.loads(json.dumps({"hyper": saved["hyper"], "state": rest}))
    for one, held in zip(back["state"], arrays, strict=True):
        one.update(held)
    params = [Tensor(p.value.copy()) for p in first.params]
    second = make(params)
    for name in second.hyper:  # other settings, which loading must undo
        if name in ("lr", "weight_decay"):
            second.hyper[name] = 0.77
    second.load_state_dict(back)
    assert second.state_dict()["hyper"] == saved["hyper"]
    rest_of_path = proofs.walk(second, range(30, proofs.STEPS))  # still at the first half's rate
    for a, b in zip(rest_of_path, whole[30:], strict=True):
        assert all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


def test_a_saved_state_is_a_copy() -> None:
    optimizer = optim.Adam([Tensor(np.ones(2))])
    optimizer.params[0].grad = np.ones(2)
    optimizer.step()
    saved = optimizer.state_dict()
    kept = saved["state"][0]["m"].copy()
    optimizer.step()
    assert np.array_equal(saved["state"][0]["m"], kept)
    optimizer.load_state_dict(saved)
    saved["state"][0]["m"][...] = 7.0
    assert np.array_equal(optimizer.state[0]["m"], kept)


def test_loading_what_does_not_fit_says_so() -> None:
    adam, sgd = optim.Adam([Tensor(np.ones(2))]), optim.SGD([Tensor(np.ones(2))], 0.1)
    with pytest.raises(
        ValueError, match=r"SGD.load_state_dict: saved by another rule: it has \['amsgrad', 'betas'"
    ):
        sgd.load_state_dict(adam.state_dict())
    with pytest.raises(ValueError, match="saved for 1 parameters, this one has 2"):
        optim.Adam([Tensor(np.ones(2)), Tensor(np.ones(3))]).load_state_dict(adam.state_dict())
    adam.params[0].grad = np.ones(2)
    adam.step()
    other = optim.Adam([Tensor(np.ones(3))])
    with pytest.raises(
        ValueError, match=r"m of params\[0\] of shape \(3,\), float64, has shape \(2,\), float64"
    ):
        other.load_state_dict(adam.state_dict())
    assert other.state == [{}]


@every
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_bad_gradient_is_refused_before_anything_changes(make, bad: float) -> None:
    good, worse = Tensor(np.ones(2), name="b"), Tensor(np.ones((2, 3)), name="fc.W")
    optimizer = make([good, worse])
    good.grad, worse.grad = np.ones(2), np.ones((2, 3))
    optimizer.step()
    before, state = [good.value, worse.value], optimizer.state_dict()
    worse.grad[1, 2] = bad
    with pytest.raises(
        FloatingPointError,
        match=r"gradient of params\[1\] \(fc.W\) of shape \(2, 3\) has 1 entries .* first at \[1, 2\]: -?(nan|inf)",
    ):
        optimizer.step()
    assert good.value is before[0]
    assert worse.value is before[1]
    np.testing.assert_equal(optimizer.state_dict(), state)


def test_a_gradient_that_does_not_fit_is_refused() -> None:
    p = Tensor(np.ones((3, 1)))
    optimizer = optim.SGD([p], 0.1)
    p.grad = np.ones(3)
    with pytest.raises(
        ValueError, match=r"SGD: params\[0\] of shape \(3, 1\) has a gradient of shape \(3,\)"
    ):
        optimizer.step()
    p.grad = np.ones((3, 1), dtype=np.float32)
    with pytest.raises(TypeError, match="is float64, its gradient is float32"):
        optimizer.step()


BAD = [
    (optim.SGD, {"lr": -0.1}, r"SGD: lr must be a number finite and at least 0, got -0.1"),
    (optim.SGD, {"lr": np.nan}, "SGD: lr must be"),
    (optim.SGD, {"lr": "0.1"}, "lr must be a number .* got '0.1'"),
    (optim.SGD, {"lr": 0.1, "momentum": 1.0}, r"momentum must be a number in \[0, 1\), got 1.0"),
    (
        optim.SGD,
        {"lr": 0.1, "momentum": 0.5, "dampening": 1.5},
        r"dampening must be a number in \[0, 1\], got 1.5",
    ),
    (
        optim.SGD,
        {"lr": 0.1, "nesterov": True},
        "nesterov needs momentum > 0 and dampening = 0, got momentum=0.0",
    ),
    (optim.SGD, {"lr": 0.1, "momentum": 0.9, "nesterov": True, "dampening": 0.1}, "dampening=0.1"),
    (optim.SGD, {"lr": 0.1, "weight_decay": -1}, "weight_decay must be"),
    (optim.Adam, {"betas": (0.9, 1.0)}, r"Adam: beta must be a number in \[0, 1\), got 1.0"),
    (optim.Adam, {"betas": 0.9}, r"betas must be a pair of numbers in \[0, 1\), got 0.9"),
    (optim.AdamW, {"eps": -1e-8}, "AdamW: eps must be"),
    (optim.AMSGrad, {"lr": np.inf}, "AMSGrad: lr must be"),
    (optim.RMSprop, {"alpha": 1.0}, "RMSprop: alpha must be"),
    (optim.AdaGrad, {"eps": None}, "AdaGrad: eps must be a number .* got None"),
    (optim.SGD, {"lr": True}, "lr must be a number .* got True"),
    (optim.SGD, {"lr": 0.1, "momentum": 0.9, "nesterov": "no"}, "nesterov must be True or False, got 'no'"),
    (optim.Adam, {"amsgrad": 1}, "amsgrad must be True or False, got 1"),
]


@pytest.mark.parametrize(("make", "hyper", "message"), BAD, ids=[m[:40] for _, _, m in BAD])
def test_bad_hyper_parameters_are_named(make, hyper, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make([Tensor(np.ones(2))], **hyper)


def test_setting_a_bad_rate_is_an_error_and_keeps_the_old_one() -> None:
    optimizer = optim.Adam([Tensor(np.ones(2))], lr=0.1)
    with pytest.raises(ValueError, match="Adam: lr must be .* got -1"):
        optimizer.lr = -1
    assert optimizer.lr == 0.1
    optimizer.lr = 0
    assert optimizer.lr == 0.0


def test_bad_parameter_lists_are_named() -> None:
    p = Tensor(np.ones(2))
    with pytest.raises(ValueError, match="SGD: params is empty"):
        optim.SGD([], 0.1)
    with pytest.raises(ValueError, match=r"params\[0\] and params\[2\] are the same parameter"):
        optim.SGD([p, Tensor(np.ones(2)), p], 0.1)
    with pytest.raises(TypeError, match="params must be a list of parameters, got one Tensor"):
        optim.SGD(p, 0.1)
    with pytest.raises(TypeError, match=r"params\[1\] must have .value and .grad .* got ndarray"):
        optim.SGD([p, np.ones(2)], 0.1)
    assert len(optim.SGD(iter([p]), 0.1).params) == 1


def test_zero_grad_forgets_gradients() -> None:
    p = Tensor(np.ones(2))
    p.grad = np.ones(2)
    optimizer = optim.SGD([p], 0.1)
    optimizer.zero_grad()
    assert p.grad is None
    before = p.value
    optimizer.step()
    assert p.value is before


def half(w, g, state, lr, power=1.0):
    """A reader's rule: the gradient's sign, with steps that shrink as t^−power."""
    t = state.get("t", 0) + 1
    return w - lr / t**power * np.sign(g), {"t": t}


def test_a_rule_of_ones_own() -> None:
    p = Tensor(np.array([1.0, -1.0]))
    optimizer = optim.Optimizer([p], half, lr=0.5)
    assert optimizer.hyper == {"lr": 0.5, "power": 1.0}
    for _ in range(2):
        p.grad = np.array([3.0, -0.1])
        optimizer.step()
    np.testing.assert_allclose(p.value, [1 - 0.5 - 0.25, -1 + 0.5 + 0.25])
    assert optimizer.state == [{"t": 2}]


def test_a_rule_of_ones_own_that_cannot_work() -> None:
    p = Tensor(np.ones(2, dtype=np.float32))
    with pytest.raises(TypeError, match=r"Optimizer\(half\): missing a required argument: 'lr'"):
        optim.Optimizer([p], half)
    with pytest.raises(TypeError, match=r"Optimizer\(half\): got an unexpected keyword argument 'beta'"):
        optim.Optimizer([p], half, lr=0.1, beta=0.9)
    with pytest.raises(TypeError, match="the rule must have the arguments w, g, state, lr"):
        optim.Optimizer([p], lambda w, g, state: (w, state))
    p.grad = np.ones(2, dtype=np.float32)
    wide = optim.Optimizer([p], lambda w, g, state, lr: (w - np.sqrt(lr) * g, state), lr=0.1)
    with pytest.raises(TypeError, match=r"turned params\[0\] .*float32, into shape \(2,\), float64"):
        wide.step()
    tall = optim.Optimizer([p], lambda w, g, state, lr: (w - lr * g[:, None], state), lr=0.1)
    with pytest.raises(TypeError, match=r"into shape \(2, 2\), float32"):
        tall.step()


@every
def test_each_of_them_minimises_a_bowl(make) -> None:
    p = Tensor(np.array([0.5, -0.8]))
    optimizer = make([p])
    optimizer.lr = 0.05
    for _ in range(1000):
        loss = (p * p * np.array([1.0, 4.0])).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.03


def test_one_step_of_each_by_hand() -> None:
    """w = 1, g = 2, one step: numbers that can be checked with a pencil."""
    w, g = np.array([1.0]), np.array([2.0])
    step = lambda rule, **h: (w - rule(w, g, {}, **h)[0]).item()
    assert step(rules.sgd, lr=0.1) == pytest.approx(0.2)
    assert step(rules.sgd, lr=0.1, momentum=0.9, nesterov=True) == pytest.approx(0.1 * (2 + 0.9 * 2))
    assert step(rules.adagrad, lr=0.1) == pytest.approx(0.1)
    assert step(rules.rmsprop, lr=0.1, alpha=0.75) == pytest.approx(0.2)  # √(¼·4) = 1
    assert step(rules.adam, lr=0.1) == pytest.approx(0.1)  # m̂/√v̂ = ±1 in the first step
    assert step(rules.adamw, lr=0.1, weight_decay=0.5) == pytest.approx(0.1 + 0.05)
