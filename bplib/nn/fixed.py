"""Layers without parameters: pooling, activations, reshaping; and ``Sequential``, which puts layers in a row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bplib import ops
from bplib.nn.module import Module
from bplib.ops._door import Pair, pair
from bplib.tape import Tensor, apply


class Flatten(Module):
    """All axes of an example as one: (N, …) → (N, D)."""

    def forward(self, x: Any) -> Tensor:
        return apply(ops.reshape, x, (x.shape[0], -1))


class _Pool2d(Module):
    op: Callable[..., Any]

    def __init__(self, kernel: Pair, stride: Pair | None = None, padding: Pair = 0) -> None:
        who = self.kind
        pair(who, "kernel", kernel, 1)
        pair(who, "padding", padding, 0)
        if stride is not None:
            pair(who, "stride", stride, 1)
        self.options = (kernel, stride, padding)

    def forward(self, x: Any) -> Tensor:
        return apply(type(self).op, x, *self.options)

    def describe(self) -> str:
        kernel, stride, padding = self.options
        more = f", stride={stride}" if stride is not None else ""
        return f"kernel={kernel}{more}" + (f", padding={padding}" if padding != 0 else "")


class MaxPool2d(_Pool2d):
    """The largest entry of each window; x: (N, C, H, W), value: (N, C, H', W').

    H' = ⌊(H + 2·padding − K) / stride⌋ + 1, and W' likewise; ``stride`` is ``kernel`` unless given.
    """

    op = ops.max_pool2d


class AvgPool2d(_Pool2d):
    """The mean of each window; x: (N, C, H, W), value: (N, C, H', W'), sizes as in MaxPool2d."""

    op = ops.avg_pool2d


class GlobalAvgPool2d(Module):
    """The mean of each channel: (N, C, H, W) → (N, C)."""

    def forward(self, x: Any) -> Tensor:
        return apply(ops.global_avg_pool2d, x)


class _Activation(Module):
    op: Callable[..., Any]

    def forward(self, z: Any) -> Tensor:
        return apply(type(self).op, z)


class Sigmoid(_Activation):
    """1 / (1 + e^−z), entry by entry; z: any shape."""

    op = ops.sigmoid


class Tanh(_Activation):
    """tanh z, entry by entry; z: any shape."""

    op = ops.tanh


class ReLU(_Activation):
    """max(z, 0), entry by entry; z: any shape."""

    op = ops.relu


class Softplus(_Activation):
    """log(1 + e^z), a smooth ReLU, entry by entry; z: any shape."""

    op = ops.softplus


class GELU(_Activation):
    """z · Φ(z) with the normal distribution function Φ, entry by entry; z: any shape."""

    op = ops.gelu


class SiLU(_Activation):
    """z · sigmoid(z), also called Swish, entry by entry; z: any shape."""

    op = ops.silu


class LeakyReLU(Module):
    """z where it is positive and alpha · z elsewhere, entry by entry; z: any shape."""

    def __init__(self, alpha: float = 0.01) -> None:
        self.alpha = alpha

    def forward(self, z: Any) -> Tensor:
        return apply(ops.leaky_relu, z, self.alpha)

    def describe(self) -> str:
        return f"alpha={self.alpha}"


class ELU(Module):
    """z where it is positive and alpha · (e^z − 1) elsewhere, entry by entry; z: any shape."""

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = alpha

    def forward(self, z: Any) -> Tensor:
        return apply(ops.elu, z, self.alpha)

    def describe(self) -> str:
        return f"alpha={self.alpha}"


class Softmax(Module):
    """e^z / Σ e^z along ``axis``: positive, sum 1; z: any shape with that axis."""

    def __init__(self, axis: int = -1) -> None:
        self.axis = axis

    def forward(self, z: Any) -> Tensor:
        return apply(ops.softmax, z, self.axis)

    def describe(self) -> str:
        return f"axis={self.axis}"


class LogSoftmax(Module):
    """z − log Σ e^z along ``axis``: the logarithm of softmax, without overflow; z: any shape with that axis."""

    def __init__(self, axis: int = -1) -> None:
        self.axis = axis

    def forward(self, z: Any) -> Tensor:
        return apply(ops.log_softmax, z, self.axis)

    def describe(self) -> str:
        return f"axis={self.axis}"


class Function(Module):
    """A plain function of tensors as a layer, so that summaries and messages can name it."""

    def __init__(self, f: Callable[..., Any]) -> None:
        self.f = f

    @property
    def kind(self) -> str:
        return getattr(self.f, "__name__", type(self.f).__name__)

    def forward(self, *inputs: Any) -> Any:
        return self.f(*inputs)


class Sequential(Module):
    """Modules (or plain functions of tensors) one after the other."""

    def __init__(self, *layers: Any) -> None:
        for i, layer in enumerate(layers):
            if not callable(layer) or isinstance(layer, type):
                raise TypeError(f"Sequential: layer {i} is {layer!r}, which cannot be called{_hint(layer)}.")
        self.layers = [layer if isinstance(layer, Module) else Function(layer) for layer in layers]

    def forward(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x

    def __len__(self) -> int:
        return len(self.layers)

    def __getitem__(self, i: int) -> Any:
        return self.layers[i]


def _hint(layer: Any) -> str:
    if isinstance(layer, list | tuple):
        return "; write Sequential(*layers)"
    return f" on a tensor; write {layer.__name__}(…), an instance" if isinstance(layer, type) else ""
