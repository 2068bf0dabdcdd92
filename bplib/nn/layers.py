"""Layers: parameters and a call to one op each. Random numbers come from the Generator that is passed in."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from typing import Any

import numpy as np

from bplib import init as initial
from bplib import ops
from bplib.nn.module import Module, Parameter
from bplib.ops._door import Array, Pair, pair
from bplib.tape import Tensor, apply

Init = Callable[..., Array]
Rng = np.random.Generator


def _zeros(shape: tuple[int, ...], dtype: Any) -> Parameter:
    return Parameter(np.zeros(shape, dtype))


def _rest(options: dict[str, Any], usual: dict[str, Any]) -> str:
    """The options that differ from the usual ones, as they are written in a call."""
    return "".join(f", {k}={v}" for k, v in options.items() if v != usual[k])


class Linear(Module):
    """z = x W + b; x: (N, d_in), z: (N, d_out)."""

    def __init__(
        self,
        d_in: int,
        d_out: int,
        rng: Rng,
        *,
        bias: bool = True,
        init: Init = initial.xavier_uniform,
        dtype: Any = np.float64,
    ) -> None:
        self.W = Parameter(init((d_in, d_out), rng, dtype=dtype))
        self.b = _zeros((d_out,), dtype) if bias else None

    def forward(self, x: Any) -> Tensor:
        return apply(ops.linear, x, self.W, self.b)


_CONV = {"stride": 1, "padding": 0, "output_padding": 0, "dilation": 1, "groups": 1}  # what is usual


class Conv2d(Module):
    """Cross-correlation with F = c_out kernels; x: (N, C, H, W), value: (N, F, H', W') with C = c_in.

    H' = ⌊(H + 2·padding − dilation·(K − 1) − 1) / stride⌋ + 1, and W' likewise.
    """

    def __init__(
        self,
        c_in: int,
        c_out: int,
        kernel: Pair,
        rng: Rng,
        *,
        stride: Pair = 1,
        padding: Pair = 0,
        dilation: Pair = 1,
        groups: int = 1,
        bias: bool = True,
        init: Init = initial.he_normal,
        dtype: Any = np.float64,
    ) -> None:
        k = _kernel("Conv2d", kernel, c_in, c_out, groups)
        self.w = Parameter(init((c_out, c_in // groups, *k), rng, dtype=dtype))
        self.b = _zeros((c_out,), dtype) if bias else None
        self.options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}

    def forward(self, x: Any) -> Tensor:
        return apply(ops.conv2d, x, self.w, self.b, **self.options)

    def describe(self) -> str:
        return super().describe() + _rest(self.options, _CONV)


def _kernel(who: str, kernel: Pair, c_in: int, c_out: int, groups: int) -> tuple[int, int]:
    """The kernel as a pair; the groups must divide the channels."""
    if isinstance(groups, bool) or not isinstance(groups, int | np.integer) or groups < 1:
        raise ValueError(f"{who}: groups must be an int of at least 1, got {groups!r}.")
    if c_in % groups or c_out % groups:
        raise ValueError(f"{who}: groups={groups} must divide c_in={c_in} and c_out={c_out}.")
    return pair(who, "kernel", kernel, 1)


class ConvTranspose2d(Module):
    """The transpose of Conv2d: spreads each input pixel over an output window, and adds up where they overlap.

    x: (N, C, H, W), value: (N, F, H', W') with C = c_in, F = c_out and
    H' = (H − 1)·stride − 2·padding + dilation·(K − 1) + 1 + output_padding, and W' likewise.
    """

    def __init__(
        self,
        c_in: int,
        c_out: int,
        kernel: Pair,
        rng: Rng,
        *,
        stride: Pair = 1,
        padding: Pair = 0,
        output_padding: Pair = 0,
        dilation: Pair = 1,
        groups: int = 1,
        bias: bool = True,
        init: Init = initial.he_normal,
        dtype: Any = np.float64,
    ) -> None:
        k = _kernel("ConvTranspose2d", kernel, c_in, c_out, groups)
        area = k[0] * k[1]
        # The shape alone would be read the other way round; each output sums over the channels of its group.
        fans = (c_in // groups * area, c_out // groups * area)
        self.w = Parameter(init((c_in, c_out // groups, *k), rng, dtype=dtype, fans=fans))
        self.b = _zeros((c_out,), dtype) if bias else None
        self.options = {
            "stride": stride,
            "padding": padding,
            "output_padding": output_padding,
            "dilation": dilation,
            "groups": groups,
        }

    def forward(self, x: Any) -> Tensor:
        return apply(ops.conv_transpose2d, x, self.w, self.b, **self.options)

    def describe(self) -> str:
        return super().describe() + _rest(self.options, _CONV)


class BatchNorm(Module):
    """Batch normalisation of (N, D) or (N, C, H, W): by the batch's statistics in training, by running ones after.

    The running variance takes the unbiased estimate (divided by n − 1), the batch itself the biased one.
    """

    buffers = ("running_mean", "running_var")

    def __init__(
        self, features: int, *, momentum: float = 0.1, eps: float = 1e-5, dtype: Any = np.float64
    ) -> None:
        self.gamma = Parameter(np.ones(features, dtype))
        self.beta = _zeros((features,), dtype)
        self.running_mean = np.zeros(features, dtype)
        self.running_var = np.ones(features, dtype)
        self.momentum = momentum
        self.eps = eps

    def forward(self, x: Any) -> Tensor:
        if not self.training:
            return apply(
                ops.batch_norm_inference,
                x,
                self.gamma,
                self.beta,
                self.running_mean,
                self.running_var,
                self.eps,
            )
        y, mean, var = apply(ops.batch_norm, x, self.gamma, self.beta, self.eps, with_statistics=True)
        n, m = y.size // mean.size, self.momentum
        self.running_mean = (1 - m) * self.running_mean + m * mean.value
        self.running_var = (1 - m) * self.running_var + m * var.value * (n / max(n - 1, 1))
        return y


class LayerNorm(Module):
    """Normalises the last axis of each example on its own; x and value: (…, features)."""

    def __init__(self, features: int, *, eps: float = 1e-5, dtype: Any = np.float64) -> None:
        self.gamma = Parameter(np.ones(features, dtype))
        self.beta = _zeros((features,), dtype)
        self.eps = eps

    def forward(self, x: Any) -> Tensor:
        return apply(ops.layer_norm, x, self.gamma, self.beta, self.eps)


class Dropout(Module):
    """Drops each entry with probability p in training, and scales the others by 1 / (1 − p); x: any shape."""

    def __init__(self, p: float, rng: Rng) -> None:
        if isinstance(p, bool) or not isinstance(p, Real) or not 0 <= p < 1:
            raise ValueError(f"Dropout: p must be a number in [0, 1), the share that is dropped, got {p!r}.")
        if not isinstance(rng, np.random.Generator):
            raise TypeError(
                f"Dropout: rng must be a numpy Generator, got {type(rng).__name__}. "
                "Write nn.Dropout(p, np.random.default_rng(seed))."
            )
        self.p: float = p
        self.rng: Rng = rng

    def forward(self, x: Any) -> Tensor:
        return apply(ops.dropout, x, self.p, self.rng, self.training)

    def describe(self) -> str:
        return f"p={self.p}"


class Embedding(Module):
    """A row of E (count, features) for each id; ids: integers of any shape (…), value: (…, features)."""

    def __init__(self, count: int, features: int, rng: Rng, *, dtype: Any = np.float64) -> None:
        self.E = Parameter(initial.normal((count, features), rng, dtype=dtype))

    def forward(self, ids: Any) -> Tensor:
        return apply(ops.embedding, ids, self.E)
