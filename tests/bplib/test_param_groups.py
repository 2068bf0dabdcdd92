"""Groups of parameters with their own learning rate or weight decay, against PyTorch's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bplib import functional as F
from bplib import nn, optim
from bplib.tape import Tensor
from bplib.train import fit

START = [np.array([1.0, -2.0]), np.array([[0.5, 3.0]]), np.array([4.0])]
SLOPES = [np.array([0.3, -1.0]), np.array([[2.0, -0.7]]), np.array([1.0])]


def ours(make: Any, schedule: Any = None, **options: Any) -> list[np.ndarray]:
    a, b, c = (Tensor(v.copy()) for v in START)
    optimizer = make(
        [{"params": [a]}, {"params": [b, c], "lr": 0.01, "weight_decay": 0.5}], lr=0.1, **options
    )
    for t in range(5):
        for p, slope in zip((a, b, c), SLOPES, strict=True):
            p.grad = slope * (1 + p.value)
        if schedule:
            optimizer.lr = schedule(t)
        optimizer.step()
    return [p.value for p in (a, b, c)]


def theirs(make: Any, factor: Any = None, **options: Any) -> list[np.ndarray]:
    a, b, c = (torch.tensor(v, requires_grad=True) for v in START)
    optimizer = make(
        [{"params": [a]}, {"params": [b, c], "lr": 0.01, "weight_decay": 0.5}], lr=0.1, **options
    )
    for t in range(5):
        for p, slope in zip((a, b, c), SLOPES, strict=True):
            p.grad = torch.tensor(slope) * (1 + p.detach())
        if factor:
            for group, base in zip(optimizer.param_groups, (0.1, 0.01), strict=True):
                group["lr"] = base * factor(t)
        optimizer.step()
    return [p.detach().numpy() for p in (a, b, c)]


@pytest.mark.parametrize(
    ("name", "options"),
    [("SGD", {"momentum": 0.9}), ("Adam", {}), ("AdamW", {"weight_decay": 0.1}), ("RMSprop", {})],
)
def test_the_path_is_pytorchs(name: str, options: Any) -> None:
    for mine, reference in zip(
        ours(getattr(optim, name), **options), theirs(getattr(torch.optim, name), **options), strict=True
    ):
        np.testing.assert_allclose(mine, reference, rtol=1e-12)


def test_a_schedule_moves_every_group_in_proportion() -> None:
    factor = lambda t: 0.5**t
    mine = ours(optim.SGD, lambda t: 0.1 * factor(t))
    for a, b in zip(mine, theirs(torch.optim.SGD, factor), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_saved_and_loaded_with_their_groups() -> None:
    p, q = Tensor(np.ones(2)), Tensor(np.ones(2))
    first = optim.SGD([{"params": [p], "lr": 0.2}, {"params": [q]}], lr=0.1)
    second = optim.SGD([p, q], lr=0.7)
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    p.grad = q.grad = np.ones(2)
    second.step()
    np.testing.assert_allclose(p.value, 0.8)
    np.testing.assert_allclose(q.value, 0.9)
    with pytest.raises(ValueError, match="groups' options do not fit"):
        second.load_state_dict({**first.state_dict(), "own": [{"beta": 1.0}, {}]})
    with pytest.raises(ValueError, match=r"\['state'\] is missing"):
        second.load_state_dict({"hyper": {}})


def test_fit_resumes_with_groups_to_the_same_bits(tmp_path: Path) -> None:
    x, y = np.random.default_rng(1).normal(size=(8, 2)), np.arange(8) % 2

    def run(epochs: int, **options: Any) -> Any:
        model = nn.Linear(2, 2, np.random.default_rng(0))
        adam = optim.AdamW(
            [{"params": [model.W]}, {"params": [model.b], "lr": 0.3, "weight_decay": 0.0}], lr=0.1
        )
        rng = np.random.default_rng(2)
        return fit(
            model, F.softmax_cross_entropy, adam, (x, y), epochs=epochs, batch_size=4, rng=rng, **options
        )

    run(2, checkpoint=tmp_path / "run.npz")
    assert run(5, checkpoint=tmp_path / "run.npz", resume=True) == run(5)


@pytest.mark.parametrize(
    ("groups", "error", "message"),
    [
        ([{"param": []}], TypeError, r"must be a dict with the key 'params'; entry 0 is \['param'\]"),
        ([{"params": [Tensor(1.0)]}, Tensor(1.0)], TypeError, "entry 1 is Tensor"),
        ([{"params": [Tensor(1.0)], "lr": -1}], ValueError, "lr must be a number .* got -1"),
        ([{"params": [Tensor(1.0)], "decay": 1}], TypeError, "unexpected keyword argument 'decay'"),
        ([{"params": Tensor(1.0)}], TypeError, "group 0: params must be a list"),
        ([{"params": []}], ValueError, "params is empty"),
    ],
)
def test_groups_that_cannot_work(groups: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        optim.SGD(groups, lr=0.1)


def test_one_parameter_in_two_groups_and_a_rate_without_a_ratio() -> None:
    p = Tensor(1.0)
    with pytest.raises(ValueError, match=r"params\[0\] and params\[1\] are the same parameter"):
        optim.SGD([{"params": [p]}, {"params": [p]}], lr=0.1)
    with pytest.raises(ValueError, match="a group with its own lr needs an lr greater than 0"):
        optim.SGD([{"params": [p], "lr": 0.1}], lr=0.0)
