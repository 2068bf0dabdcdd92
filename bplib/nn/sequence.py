"""Layers for sequences: recurrence over (T, N, D), attention over (N, T, D)."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib import init as initial
from bplib import ops
from bplib.nn.layers import Rng, _zeros
from bplib.nn.module import Module, Parameter
from bplib.ops._door import Array
from bplib.tape import Tensor, apply


class _Recurrent(Module):
    """What RNN, LSTM and GRU share: Xavier input weights, orthogonal recurrent ones, gate by gate."""

    gates = 1

    def __init__(self, d_in: int, hidden: int, rng: Rng, *, dtype: Any = np.float64) -> None:
        self.hidden = hidden
        self.Wx = Parameter(self._by_gate(initial.xavier_uniform, (d_in, hidden), rng, dtype))
        self.Wh = Parameter(self._by_gate(initial.orthogonal, (hidden, hidden), rng, dtype))

    def _by_gate(self, init: Any, shape: tuple[int, int], rng: Rng, dtype: Any) -> Array:
        return np.concatenate([init(shape, rng, dtype=dtype) for _ in range(self.gates)], axis=1)

    def _start(self, x: Any, state: Any) -> Any:
        return np.zeros((x.shape[1], self.hidden), self.Wx.dtype) if state is None else state

    def describe(self) -> str:
        return f"{self.Wx.shape[0]}, {self.hidden}"


class RNN(_Recurrent):
    """tanh recurrence; x: (T, N, D), value: hidden states (T, N, H)."""

    def __init__(self, d_in: int, hidden: int, rng: Rng, *, dtype: Any = np.float64) -> None:
        super().__init__(d_in, hidden, rng, dtype=dtype)
        self.b = _zeros((hidden,), dtype)

    def forward(self, x: Any, h0: Any = None) -> Tensor:
        return apply(ops.rnn, x, self._start(x, h0), self.Wx, self.Wh, self.b)


class LSTM(_Recurrent):
    """Long short-term memory; value: (hidden states (T, N, H), last cell (N, H)).

    The forget gate's bias starts at 1, so that a cell remembers before it has learned to.
    """

    gates = 4

    def __init__(self, d_in: int, hidden: int, rng: Rng, *, dtype: Any = np.float64) -> None:
        super().__init__(d_in, hidden, rng, dtype=dtype)
        self.b = _zeros((4 * hidden,), dtype)
        self.b.value[hidden : 2 * hidden] = 1

    def forward(self, x: Any, h0: Any = None, c0: Any = None) -> tuple[Tensor, Tensor]:
        return apply(ops.lstm, x, self._start(x, h0), self._start(x, c0), self.Wx, self.Wh, self.b)


class GRU(_Recurrent):
    """Gated recurrent unit; value: hidden states (T, N, H)."""

    gates = 3

    def __init__(self, d_in: int, hidden: int, rng: Rng, *, dtype: Any = np.float64) -> None:
        super().__init__(d_in, hidden, rng, dtype=dtype)
        self.bx = _zeros((3 * hidden,), dtype)
        self.bh = _zeros((3 * hidden,), dtype)

    def forward(self, x: Any, h0: Any = None) -> Tensor:
        return apply(ops.gru, x, self._start(x, h0), self.Wx, self.Wh, self.bx, self.bh)


class MultiHeadAttention(Module):
    """Multi-head attention of x over ``context`` (over x itself by default); x: (N, T, D)."""

    def __init__(self, features: int, heads: int, rng: Rng, *, dtype: Any = np.float64) -> None:
        if features % heads:
            raise ValueError(f"MultiHeadAttention: heads={heads} must divide features={features}.")
        self.heads = heads
        square = (features, features)
        self.Wq, self.Wk, self.Wv, self.Wo = (
            Parameter(initial.xavier_uniform(square, rng, dtype=dtype)) for _ in range(4)
        )
        self.bq, self.bk, self.bv, self.bo = (_zeros((features,), dtype) for _ in range(4))

    def forward(self, x: Any, context: Any = None, mask: Array | None = None) -> Tensor:
        return apply(
            ops.multi_head_attention,
            x,
            x if context is None else context,
            self.Wq,
            self.Wk,
            self.Wv,
            self.Wo,
            self.bq,
            self.bk,
            self.bv,
            self.bo,
            heads=self.heads,
            mask=mask,
        )
