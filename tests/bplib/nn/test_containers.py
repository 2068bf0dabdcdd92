"""Parameters, modules and generators inside lists, tuples and dicts, at any depth."""

from __future__ import annotations

from collections import namedtuple
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bplib import functional as F
from bplib import nn, optim
from bplib.gradcheck import gradcheck
from bplib.tape import Tensor
from bplib.train import fit

Ends = namedtuple("Ends", ["first", "last"])


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


class Nested(nn.Module):
    """Every kind of container; each parameter takes part in the output."""

    def __init__(self) -> None:
        self.heads = {"left": nn.Linear(3, 2, rng()), "right": [nn.Linear(3, 2, rng(), bias=False)]}
        self.scales = [nn.Parameter(np.ones(2)), (nn.Parameter(2.0 * np.ones(2)),)]
        self.ends = Ends(nn.Parameter(np.zeros(2)), {"deep": nn.Parameter(np.ones(2))})
        self.layers = [[nn.Linear(2, 2, rng()), nn.BatchNorm(2)], 3, "a word"]

    def forward(self, x: Any) -> Any:
        h = self.heads["left"](x) * self.scales[0] + self.heads["right"][0](x) * self.scales[1][0]
        linear, norm = self.layers[0]
        return norm(linear(h + self.ends.first)) * self.ends.last["deep"]


NAMES = [
    "scales.0",
    "scales.1.0",
    "ends.0",
    "ends.1.deep",
    "heads.left.W",
    "heads.left.b",
    "heads.right.0.W",
    "layers.0.0.W",
    "layers.0.0.b",
    "layers.0.1.gamma",
    "layers.0.1.beta",
]


def test_parameters_are_found_and_named() -> None:
    assert [name for name, _ in Nested().named_parameters()] == NAMES
    assert Nested().state_dict().keys() == {*NAMES, "layers.0.1.running_mean", "layers.0.1.running_var"}


def test_every_one_of_them_is_checked_and_trained() -> None:
    model, x = Nested(), np.random.default_rng(1).normal(size=(5, 3))
    report = gradcheck(model, x).require()
    assert len(report.entries) == x.size + sum(p.size for p in model.parameters())
    before = model.state_dict()
    y = np.random.default_rng(2).normal(size=(5, 2))
    adam = optim.Adam(model.parameters(), lr=0.1)
    fit(model, F.mse_loss, adam, (x, y), epochs=3, batch_size=5, rng=rng())
    after = model.state_dict()
    frozen = {"heads.left.b", "layers.0.0.b", "ends.0"}  # batch norm takes their mean away
    assert all(not np.array_equal(before[name], after[name]) for name in set(NAMES) - frozen)


def test_replaced_parameters_come_back_and_the_containers_too() -> None:
    model = Nested()
    heads, scales, ends, found = model.heads, model.scales, model.ends, model.parameters()
    tensors = [Tensor(np.zeros(p.shape)) for p in found]
    with model.parameters_replaced(tensors):
        assert model.scales[0] is tensors[0]
        assert model.scales[1][0] is tensors[1]
        assert model.ends.last["deep"] is tensors[3]
        assert type(model.ends) is Ends
    assert model.heads is heads
    assert model.scales is scales
    assert model.ends is ends
    assert all(a is b for a, b in zip(model.parameters(), found, strict=True))


def test_modes_and_observers_reach_them() -> None:
    model = Nested().eval()
    assert not any(m.training for m in (model.heads["left"], model.heads["right"][0], *model.layers[0]))
    seen: list[nn.Module] = []
    with model.observed(lambda module, out: seen.append(module)):
        model(np.ones((2, 3)))
    assert {*model.heads["right"], model.heads["left"], *model.layers[0], model} == set(seen)


def test_a_module_that_knows_its_parent_is_walked_once() -> None:
    model = nn.Sequential(nn.Linear(2, 2, rng()))
    model[0].parent = model
    assert [path for path, _ in model.modules()] == ["", "layers.0"]
    assert len(model.parameters()) == 2


def test_two_parameters_of_one_name_are_refused() -> None:
    model = nn.Module()
    model.heads = {"a": {"b": nn.Parameter(1.0)}, "a.b": nn.Parameter(2.0)}  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match=r"two parameters are called heads.a.b; rename a key"):
        model.state_dict()


class Drops(nn.Module):
    """Generators in a dict in a list: a checkpoint must save them."""

    def __init__(self) -> None:
        self.linear = nn.Linear(2, 2, rng())
        self.sources = [{"noise": np.random.default_rng(3)}]

    def forward(self, x: Any) -> Any:
        noise = self.sources[0]["noise"].normal(size=x.shape) if self.training else 0.0
        return self.linear(x + noise)


def test_generators_in_containers_are_part_of_a_checkpoint(tmp_path: Path) -> None:
    x, y = np.random.default_rng(1).normal(size=(8, 2)), np.arange(8) % 2

    def run(epochs: int, **options: Any) -> Any:
        model = Drops()
        sgd = optim.SGD(model.parameters(), lr=0.1)
        return fit(
            model, F.softmax_cross_entropy, sgd, (x, y), epochs=epochs, batch_size=4, rng=rng(), **options
        )

    run(2, checkpoint=tmp_path / "run.npz")
    assert run(5, checkpoint=tmp_path / "run.npz", resume=True) == run(5)


def test_printing_shows_own_parameters_beside_children() -> None:
    model = nn.Sequential(nn.Tanh())
    model.scale = [nn.Parameter(np.ones(3))]  # type: ignore[attr-defined]
    assert repr(model) == "Sequential(\n  scale.0 (3,)\n  layers.0: Tanh()\n)"
