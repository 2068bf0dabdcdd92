"""The summary: every parameter in one row, whatever holds it and however often it is used."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib import functional as F
from bplib import nn


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def rows(text: str) -> list[list[str]]:
    """Name, type and number of parameters of each row; the total at the end."""
    out = []
    for line in text.splitlines()[1:]:
        words = line[:34].split()
        out.append([*words, line[56:68].strip()] if line[:5] != "total" else ["total", line[56:68].strip()])
    return out


class Scaled(nn.Module):
    def __init__(self) -> None:
        self.scales = [nn.Parameter(np.ones(3)), nn.Parameter(np.ones(3))]
        self.body = nn.Linear(2, 3, rng())

    def forward(self, x: Any) -> Any:
        return self.body(x) * self.scales[0] * self.scales[1]


def test_parameters_of_a_module_with_children_have_a_row() -> None:
    model = nn.Sequential(Scaled(), nn.Linear(3, 1, rng()))
    found = rows(nn.summary(model, np.ones((4, 2))))
    assert found == [
        ["layers.0.body", "Linear", "9"],
        ["layers.0", "Scaled", "6"],
        ["layers.1", "Linear", "4"],
        ["total", "19"],
    ]


class Tied(nn.Module):
    def __init__(self) -> None:
        self.inner = nn.Linear(3, 3, rng())
        self.again = self.inner
        self.same_weights = nn.Linear(3, 3, rng())
        self.same_weights.W = self.inner.W
        self.spare = nn.Linear(3, 5, rng())

    def forward(self, x: Any) -> Any:
        return self.same_weights(self.again(self.inner(x)))


def test_a_shared_parameter_is_counted_once_under_its_first_name() -> None:
    model = Tied()
    text = nn.summary(model, np.ones((4, 3)))
    assert rows(text) == [
        ["inner", "Linear", "12"],
        ["inner", "Linear", "0"],
        ["same_weights", "Linear", "3"],
        ["not", "called", "20"],
        ["total", "35"],
    ]
    assert sum(p.size for p in model.parameters()) == 35


def test_an_output_that_a_module_hands_on_is_counted_once() -> None:
    class Wrapper(nn.Module):
        def __init__(self) -> None:
            self.unused = nn.Parameter(np.ones(2))
            self.body = nn.Linear(2, 128, rng())

        def forward(self, x: Any) -> Any:
            return self.body(x)

    lines = nn.summary(Wrapper(), np.ones((1, 2))).splitlines()
    assert [line.split()[0] for line in lines] == ["layer", "body", "the", "total"]
    assert [line[68:].strip() for line in lines[1:]] == ["1.0 KiB", "0 B", "1.0 KiB"]


def test_a_plain_function_in_a_row_of_layers_has_its_name() -> None:
    model = nn.Sequential(nn.Linear(2, 4, rng()), F.exp)
    assert rows(model.summary(np.ones((3, 2))))[1] == ["layers.1", "exp", "0"]
    assert repr(model).splitlines()[2] == "  layers.1: exp()"


def test_a_single_layer_has_a_name_too() -> None:
    assert nn.Linear(2, 4, rng()).summary(np.ones((3, 2))).splitlines()[1].startswith("the model ")
