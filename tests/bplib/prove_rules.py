"""The proofs for update rules, clipping and initialisation. Right functions pass them, wrong ones must not.

A rule is proved by its trajectory: 100 steps on parameters of several shapes beside PyTorch's optimiser, in
float64, to 1e-10, with gradients that depend on where each of the two is, are missing in some steps, span nine
orders of magnitude, and with a learning rate that changes on the way.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from bplib import optim
from bplib.tape import Tensor

STEPS = 100
SHAPES = [(3, 4), (4,), (), (2, 3, 1, 2), (1, 1)]
SCALES = [1.0, 1e-4, 10.0, 1e-5, 1e-8]  # of the gradients; near ε of Adam and of AdaGrad, too
rng = np.random.default_rng(81)
START = [np.asarray(rng.standard_normal(s)) for s in SHAPES]
NOISE = [[np.asarray(rng.standard_normal(s)) for s in SHAPES] for _ in range(STEPS)]
# Parameter 1 has no gradient in the first steps, parameter 3 in every fourth; the scalar is often left out.
MISSING = {(t, 1) for t in range(3)} | {(t, 3) for t in range(0, STEPS, 4)} | {(t, 2) for t in range(20, 60)}


def gradient(t: int, i: int, w: np.ndarray) -> np.ndarray | None:
    """The gradient of parameter i at step t, at w: a bowl, with noise that leaves no entry without a slope."""
    return None if (t, i) in MISSING else np.asarray(SCALES[i] * (0.5 * w + NOISE[t][i]))


# rule: (our class, PyTorch's class, hyper-parameters of each run)
RUNS: dict[str, tuple[Any, Any, list[dict[str, Any]]]] = {
    "sgd": (
        optim.SGD,
        torch.optim.SGD,
        [
            {"lr": 0.1},
            {"lr": 0.1, "weight_decay": 0.03},
            {"lr": 0.05, "momentum": 0.9},
            {"lr": 0.05, "momentum": 0.9, "dampening": 0.4},
            {"lr": 0.05, "momentum": 0.8, "weight_decay": 0.02},
            {"lr": 0.05, "momentum": 0.9, "nesterov": True},
            {"lr": 0.05, "momentum": 0.7, "nesterov": True, "weight_decay": 0.02},
        ],
    ),
    "adagrad": (
        optim.AdaGrad,
        torch.optim.Adagrad,
        [{}, {"lr": 0.2, "eps": 1e-6}, {"lr": 0.1, "weight_decay": 0.05}],
    ),
    "rmsprop": (
        optim.RMSprop,
        torch.optim.RMSprop,
        [
            {},
            {"lr": 0.02, "alpha": 0.9, "eps": 1e-5},
            {"momentum": 0.9},
            {"momentum": 0.5, "weight_decay": 0.1},
        ],
    ),
    "adam": (
        optim.Adam,
        torch.optim.Adam,
        [
            {},
            {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-6},
            {"lr": 0.05, "weight_decay": 0.1},
            {"lr": 0.05, "amsgrad": True},
            {"lr": 0.05, "amsgrad": True, "betas": (0.5, 0.6), "weight_decay": 0.1},
        ],
    ),
    "adamw": (
        optim.AdamW,
        torch.optim.AdamW,
        [{}, {"lr": 0.05, "weight_decay": 0.3}, {"lr": 0.05, "betas": (0.5, 0.6), "amsgrad": True}],
    ),
}


def rate(lr: float, t: int) -> float:
    """The learning rate at step t: it halves in the middle."""
    return lr if t < STEPS // 2 else lr / 2


@functools.cache
def in_torch(name: str, run: int) -> list[list[np.ndarray]]:
    """The parameters after each step, as PyTorch's optimiser moves them in this run of this rule."""
    _, make, runs = RUNS[name]
    hyper = runs[run]
    params = [torch.nn.Parameter(torch.tensor(w)) for w in START]
    optimizer = make(params, **hyper)
    lr = optimizer.param_groups[0]["lr"]
    path = []
    for t in range(STEPS):
        for i, p in enumerate(params):
            g = gradient(t, i, p.detach().numpy())
            p.grad = None if g is None else torch.tensor(g)
        optimizer.param_groups[0]["lr"] = rate(lr, t)
        optimizer.step()
        path.append([p.detach().numpy().copy() for p in params])
    return path


def walk(optimizer: optim.Optimizer, steps: range = range(STEPS)) -> list[list[np.ndarray]]:
    """The parameters after each of these steps, as our optimiser moves them."""
    lr = optimizer.lr
    path = []
    for t in steps:
        for i, p in enumerate(optimizer.params):
            p.grad = gradient(t, i, p.value)
        optimizer.lr = rate(lr, t)
        optimizer.step()
        path.append([p.value for p in optimizer.params])
    return path


def fresh() -> list[Tensor]:
    """The parameters at the start of every trajectory."""
    return [Tensor(w.copy()) for w in START]


def same_path(ours: list[list[np.ndarray]], theirs: list[list[np.ndarray]], what: str) -> None:
    """AssertionError at the first step in which a parameter is off by more than 1e-10."""
    for t, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        for i, (w, v) in enumerate(zip(a, b, strict=True)):
            assert w.shape == v.shape
            error = float(np.max(np.abs(w - v) / np.maximum(1, np.abs(v))))
            assert error <= 1e-10, f"{what}: parameter {i} is off by {error:.1e} after step {t}"


def prove_rule(name: str, make: Callable[[], Callable[..., Any]]) -> None:
    """AssertionError unless the rule that ``make()`` gives moves parameters as PyTorch does, in every run."""
    ours, _, runs = RUNS[name]
    for run, hyper in enumerate(runs):
        optimizer = ours(fresh(), **hyper)
        optimizer.rule = pure(make())
        with np.errstate(
            all="ignore"
        ):  # a wrong rule may overflow; that it is wrong is said by the comparison
            path = walk(optimizer)
        same_path(path, in_torch(name, run), f"{name} {hyper}")


def pure(rule: Callable[..., Any]) -> Callable[..., Any]:
    """The rule, with the assertion that it changes no argument and returns no memory that a caller holds."""

    def watched(w: np.ndarray, g: np.ndarray, state: dict[str, Any], **hyper: Any) -> Any:
        given = [w, g, *(s for s in state.values() if isinstance(s, np.ndarray))]
        kept = [x.copy() for x in given]
        new, after = rule(w, g, state, **hyper)
        for x, k in zip(given, kept, strict=True):
            assert np.array_equal(x, k, equal_nan=True), "the rule changed one of its arguments"
        for x in (new, *after.values()):
            assert not any(np.may_share_memory(x, k) for k in (w, g)), "the result shares memory with w or g"
        return new, after

    return watched


def held(grads: list[np.ndarray | None]) -> list[Tensor]:
    """Parameters with these gradients."""
    params = [Tensor(np.zeros(() if g is None else g.shape)) for g in grads]
    for p, g in zip(params, grads, strict=True):
        p.grad = g
    return params


def prove_clip(clip: Callable[..., float]) -> None:
    """AssertionError unless ``clip`` does to gradients what torch.nn.utils.clip_grad_norm_ does."""
    local = np.random.default_rng(82)
    grads = [
        local.standard_normal((3, 4)),
        None,
        5 * local.standard_normal(4),
        np.asarray(-2.0),
        np.zeros((2, 2)),
    ]
    for bound in (0.5, 3.0, 1e3):
        params = held(grads)
        before = [None if g is None else g.copy() for g in grads]
        theirs = [torch.nn.Parameter(torch.zeros(p.shape, dtype=torch.float64)) for p in params]
        for q, g in zip(theirs, grads, strict=True):
            q.grad = None if g is None else torch.tensor(g)
        wanted = float(torch.nn.utils.clip_grad_norm_(theirs, bound))
        assert abs(clip(params, bound) - wanted) <= 1e-12 * wanted, "the norm before clipping is wrong"
        for p, q, g, b in zip(params, theirs, grads, before, strict=True):
            if g is None:
                assert p.grad is None
                continue
            assert np.array_equal(g, b), "a gradient was changed in place"
            assert np.max(np.abs(p.grad - q.grad.numpy())) <= 1e-12, f"a gradient clipped to {bound} is wrong"


# name: the standard deviation it must have for W of shape (300, 500)
SCALE = {
    "he_normal": np.sqrt(2 / 300),
    "he_uniform": np.sqrt(2 / 300),
    "xavier_normal": np.sqrt(2 / 800),
    "xavier_uniform": np.sqrt(2 / 800),
}


def prove_init(name: str, init: Callable[..., np.ndarray]) -> None:
    """AssertionError unless mean and variance of 150,000 draws are within five standard errors."""
    w = init((300, 500), np.random.default_rng(83))
    std, n = SCALE[name], w.size
    assert abs(w.mean()) <= 5 * std / np.sqrt(n), f"mean {w.mean():.2e}"
    # Var(s²)/σ⁴ = (kurtosis − 1)/n: 2/n for the normal, less (0.8/n) for the uniform distribution.
    ratio = w.var() / std**2
    assert abs(ratio - 1) <= 5 * np.sqrt(2 / n), f"variance is {ratio:.3f} times what it should be"
