"""Layers: parameters and a call to one op each. Random numbers come from the Generator that is passed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from bplib import init as initial
from bplib import ops
from bplib.nn.module import Module, Parameter
from bplib.ops._door import Array, Pair
from bplib.tape import Tensor, apply

Init = Callable[..., Array]
Rng = np.random.Generator


def _zeros(shape: tuple[int, ...], dtype: Any) -> Parameter:
    return Parameter(np.zeros(shape, dtype))


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


class Conv2d(Module):
    """Cross-correlation with F kernels; x: (N, C, H, W), value: (N, F, H', W')."""

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
        if c_in % groups or c_out % groups:
            raise ValueError(f"Conv2d: groups={groups} must divide c_in={c_in} and c_out={c_out}.")
        k = (kernel, kernel) if isinstance(kernel, int) else tuple(kernel)
        self.w = Parameter(init((c_out, c_in // groups, *k), rng, dtype=dtype))
        self.b = _zeros((c_out,), dtype) if bias else None
        self.options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}

    def forward(self, x: Any) -> Tensor:
        return apply(ops.conv2d, x, self.w, self.b, **self.options)


class ConvTranspose2d(Module):
    """The transpose of Conv2d: spreads each input pixel over an output window."""

    def __init__(
        self,
        c_in: int,
        c_out: int,
        kernel: Pair,
        rng: Rng,
        *,
        stride: Pair = 1,
        padding: Pair = 0,
        bias: bool = True,
        init: Init = initial.he_normal,
        dtype: Any = np.float64,
    ) -> None:
        k = (kernel, kernel) if isinstance(kernel, int) else tuple(kernel)
        fans = (c_in * k[0] * k[1], c_out * k[0] * k[1])  # the shape alone would be read the other way round
        self.w = Parameter(init((c_in, c_out, *k), rng, dtype=dtype, fans=fans))
        self.b = _zeros((c_out,), dtype) if bias else None
        self.options = {"stride": stride, "padding": padding}

    def forward(self, x: Any) -> Tensor:
        return apply(ops.conv_transpose2d, x, self.w, self.b, **self.options)


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
    """Normalises the last axis of each example on its own."""

    def __init__(self, features: int, *, eps: float = 1e-5, dtype: Any = np.float64) -> None:
        self.gamma = Parameter(np.ones(features, dtype))
        self.beta = _zeros((features,), dtype)
        self.eps = eps

    def forward(self, x: Any) -> Tensor:
        return apply(ops.layer_norm, x, self.gamma, self.beta, self.eps)


class Dropout(Module):
    """Drops each entry with probability p in training, and scales the others by 1 / (1 − p)."""

    def __init__(self, p: float, rng: Rng) -> None:
        self.p = p
        self.rng = rng

    def forward(self, x: Any) -> Tensor:
        return apply(ops.dropout, x, self.p, self.rng, self.training)

    def describe(self) -> str:
        return f"p={self.p}"


class Embedding(Module):
    """A row of E for each id."""

    def __init__(self, count: int, features: int, rng: Rng, *, dtype: Any = np.float64) -> None:
        self.E = Parameter(rng.standard_normal((count, features)).astype(dtype))

    def forward(self, ids: Any) -> Tensor:
        return apply(ops.embedding, ids, self.E)


class Flatten(Module):
    """(N, …) → (N, D)."""

    def forward(self, x: Any) -> Tensor:
        return apply(ops.reshape, x, (x.shape[0], -1))


class MaxPool2d(Module):
    """The largest entry of each window."""

    def __init__(self, kernel: Pair, stride: Pair | None = None, padding: Pair = 0) -> None:
        self.options = (kernel, stride, padding)

    def forward(self, x: Any) -> Tensor:
        return apply(ops.max_pool2d, x, *self.options)


class AvgPool2d(Module):
    """The mean of each window."""

    def __init__(self, kernel: Pair, stride: Pair | None = None, padding: Pair = 0) -> None:
        self.options = (kernel, stride, padding)

    def forward(self, x: Any) -> Tensor:
        return apply(ops.avg_pool2d, x, *self.options)


class GlobalAvgPool2d(Module):
    """(N, C, H, W) → (N, C)."""

    def forward(self, x: Any) -> Tensor:
        return apply(ops.global_avg_pool2d, x)


class _Activation(Module):
    op: Callable[..., Any]

    def forward(self, z: Any) -> Tensor:
        return apply(type(self).op, z)


class Sigmoid(_Activation):
    op = ops.sigmoid


class Tanh(_Activation):
    op = ops.tanh


class ReLU(_Activation):
    op = ops.relu


class Softplus(_Activation):
    op = ops.softplus


class GELU(_Activation):
    op = ops.gelu


class SiLU(_Activation):
    op = ops.silu


class LeakyReLU(Module):
    def __init__(self, alpha: float = 0.01) -> None:
        self.alpha = alpha

    def forward(self, z: Any) -> Tensor:
        return apply(ops.leaky_relu, z, self.alpha)


class ELU(Module):
    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = alpha

    def forward(self, z: Any) -> Tensor:
        return apply(ops.elu, z, self.alpha)


class Softmax(Module):
    def __init__(self, axis: int = -1) -> None:
        self.axis = axis

    def forward(self, z: Any) -> Tensor:
        return apply(ops.softmax, z, self.axis)


class LogSoftmax(Module):
    def __init__(self, axis: int = -1) -> None:
        self.axis = axis

    def forward(self, z: Any) -> Tensor:
        return apply(ops.log_softmax, z, self.axis)


class Sequential(Module):
    """Modules (or plain functions of tensors) one after the other."""

    def __init__(self, *layers: Any) -> None:
        for i, layer in enumerate(layers):
            if not callable(layer):
                raise TypeError(f"Sequential: layer {i} is {layer!r}, which cannot be called.")
        self.layers = list(layers)

    def forward(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x

    def __len__(self) -> int:
        return len(self.layers)

    def __getitem__(self, i: int) -> Any:
        return self.layers[i]
