"""rnn, lstm, gru: several steps, no two sizes alike, states that are not zero, one step, one sequence.

The PyTorch side is a loop over single steps, written from the definitions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from tests.bplib.prove import Case

rng = np.random.default_rng(90)
r = rng.standard_normal


def torch_rnn(x: Tensor, h: Tensor, Wx: Tensor, Wh: Tensor, b: Tensor) -> Tensor:
    hs = []
    for x_t in x:
        h = torch.tanh(x_t @ Wx + h @ Wh + b)
        hs.append(h)
    return torch.stack(hs)


def torch_lstm(x: Tensor, h: Tensor, c: Tensor, Wx: Tensor, Wh: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    hs = []
    for x_t in x:
        i, f, g, o = (x_t @ Wx + h @ Wh + b).chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        hs.append(h)
    return torch.stack(hs), c


def torch_gru(x: Tensor, h: Tensor, Wx: Tensor, Wh: Tensor, bx: Tensor, bh: Tensor) -> Tensor:
    hs = []
    for x_t in x:
        a, u = (x_t @ Wx + bx).chunk(3, dim=1), (h @ Wh + bh).chunk(3, dim=1)
        reset, z = torch.sigmoid(a[0] + u[0]), torch.sigmoid(a[1] + u[1])
        h = (1 - z) * torch.tanh(a[2] + reset * u[2]) + z * h
        hs.append(h)
    return torch.stack(hs)


def arguments(draw: Any, T: int, N: int, D: int, H: int, gates: int, states: int, biases: int) -> Any:
    """Random x, states, Wx, Wh, biases; the weights are small enough that no gate saturates."""
    weights = draw((D, gates * H)) / (1 + D) ** 0.5, draw((H, gates * H)) / (1 + H) ** 0.5
    return (draw((T, N, D)), *draw((states, N, H)), *weights, *draw((biases, gates * H)))


def _cases(fn: Any, *counts: int) -> list[Case]:
    x, *rest = arguments(r, 5, 3, 2, 4, *counts)
    strided = x.transpose(1, 0, 2).copy().transpose(1, 0, 2), *(np.asfortranarray(a) for a in rest)
    return [
        Case("awkward", (x, *rest), fn),
        Case("square", arguments(r, 6, 2, 3, 3, *counts), fn),
        Case("one step", arguments(r, 1, 3, 2, 4, *counts), fn),
        Case("one sequence", arguments(r, 7, 1, 3, 2, *counts), fn),
        Case("one hidden unit", arguments(r, 5, 4, 3, 1, *counts), fn),
        Case("strided", strided, fn),
    ]


CASES = {
    "rnn": _cases(torch_rnn, 1, 1, 1),
    "lstm": _cases(torch_lstm, 4, 2, 1),
    "gru": _cases(torch_gru, 3, 1, 2),
}
