"""What is measured: one forward and backward pass (float32) of each op, in bplib, PyTorch and HIPS autograd.

A case is a function that builds its inputs once and returns the work of each system as a closure.
``targets`` gives the ratio to PyTorch that this project set itself.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np
import torch

from bplib import functional as F
from bplib import nn, ops, optim
from bplib.tape import Tensor

Work = Callable[[], Any]
Systems = dict[str, Work]

CASES: dict[str, Callable[[], Systems]] = {}
TARGETS: dict[str, float] = {}


def case(name: str, target: float) -> Callable[[Callable[[], Systems]], Callable[[], Systems]]:
    def enter(build: Callable[[], Systems]) -> Callable[[], Systems]:
        CASES[name] = build
        TARGETS[name] = target
        return build

    return enter


def _arrays(*shapes: tuple[int, ...]) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.standard_normal(s).astype(np.float32) for s in shapes]


def _op_against_torch(op: Any, torch_fn: Any, arrays: list[np.ndarray], *rest: Any, **kwargs: Any) -> Systems:
    """Forward, then backward with one fixed random upstream gradient, every input gradient included."""
    value, _ = op(*arrays, *rest, **kwargs)
    outs = value if isinstance(value, tuple) else (value,)
    upstream = [a.astype(np.float32) for a in _arrays(*[np.shape(o) for o in outs])]
    tensors = [torch.tensor(a, requires_grad=True) for a in arrays]
    torch_upstream = [torch.tensor(u) for u in upstream]

    def ours() -> Any:
        _, pullback = op(*arrays, *rest, **kwargs)
        return pullback(*upstream)

    def theirs() -> Any:
        out = torch_fn(*tensors)
        out = out if isinstance(out, tuple) else (out,)
        return torch.autograd.grad(out, tensors, torch_upstream)

    return {"bplib": ours, "pytorch": theirs}


def mlp(widths: list[int], batch: int) -> Systems:
    """One training step: forward, cross-entropy, backward, SGD update."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((batch, widths[0])).astype(np.float32)
    y = rng.integers(0, widths[-1], batch)
    layers: list[Any] = []
    for a, b in itertools.pairwise(widths):
        layers += [nn.Linear(a, b, rng, dtype=np.float32), nn.ReLU()]
    model = nn.Sequential(*layers[:-1])
    sgd = optim.SGD(model.parameters(), lr=0.01)

    tlayers: list[Any] = []
    for layer in model.layers:
        if isinstance(layer, nn.Linear):
            t = torch.nn.Linear(*layer.W.shape)
            with torch.no_grad():
                t.weight.copy_(torch.tensor(layer.W.value.T))
                t.bias.zero_()
            tlayers += [t, torch.nn.ReLU()]
    tmodel = torch.nn.Sequential(*tlayers[:-1])
    tsgd = torch.optim.SGD(tmodel.parameters(), lr=0.01)
    tx, ty = torch.tensor(x), torch.tensor(y)

    weights = [(layer.W.value, layer.b.value) for layer in model.layers if isinstance(layer, nn.Linear)]
    onehot = np.eye(widths[-1], dtype=np.float32)[y]

    def loss(parameters: Any) -> Any:
        h = x
        for i, (W, b) in enumerate(parameters):
            h = anp.dot(h, W) + b
            if i < len(parameters) - 1:
                h = anp.maximum(h, 0)
        shifted = h - anp.max(h, axis=1, keepdims=True)
        log_p = shifted - anp.log(anp.sum(anp.exp(shifted), axis=1, keepdims=True))
        return -anp.sum(log_p * onehot) / batch

    gradient = autograd.grad(loss)

    def ours() -> None:
        model.zero_grad()
        F.softmax_cross_entropy(model(x), y).backward()
        sgd.step()

    def theirs() -> None:
        tsgd.zero_grad()
        torch.nn.functional.cross_entropy(tmodel(tx), ty).backward()
        tsgd.step()

    def hips() -> None:
        for (W, b), (dW, db) in zip(weights, gradient(weights), strict=True):
            W -= 0.01 * dW
            b -= 0.01 * db

    return {"bplib": ours, "pytorch": theirs, "autograd": hips}


@case("MLP step 784-256-128-10, batch 128", 1.0)
def _mlp() -> Systems:
    return mlp([784, 256, 128, 10], 128)


@case("6,000 scalar operations on the tape", 1.0)
def _scalars() -> Systems:
    def chain(a: Any, b: Any) -> Any:
        x = a
        for _ in range(2000):
            x = x * b
            x = x + a
            x = x - b
        return x

    def ours() -> Any:
        a = Tensor(0.7)
        chain(a, Tensor(-1.3)).backward()
        return a.grad

    def theirs() -> Any:
        a = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
        chain(a, torch.tensor(-1.3, dtype=torch.float64, requires_grad=True)).backward()
        return a.grad

    gradient = autograd.grad(chain, 0)
    return {"bplib": ours, "pytorch": theirs, "autograd": lambda: gradient(0.7, -1.3)}


def _conv(n: int, c: int, size: int, f: int) -> Systems:
    arrays = _arrays((n, c, size, size), (f, c, 3, 3), (f,))
    return _op_against_torch(
        ops.conv2d, lambda x, w, b: torch.nn.functional.conv2d(x, w, b, padding=1), arrays, 1, 1
    )


@case("conv2d 3×3, 64×3×32×32 → 32", 2.0)
def _conv_small() -> Systems:
    return _conv(64, 3, 32, 32)


@case("conv2d 3×3, 64×32×32×32 → 32", 2.0)
def _conv_large() -> Systems:
    return _conv(64, 32, 32, 32)


@case("conv2d 3×3, 64×16×14×14 → 64", 2.0)
def _conv_middle() -> Systems:
    return _conv(64, 16, 14, 64)


@case("max_pool2d 2×2/2, 64×32×32×32", 2.0)
def _max_pool() -> Systems:
    fn = torch.nn.functional.max_pool2d
    return _op_against_torch(ops.max_pool2d, lambda x: fn(x, 2), _arrays((64, 32, 32, 32)), 2)


@case("max_pool2d 3×3/2 pad 1, 64×32×32×32", 2.0)
def _max_pool_overlapping() -> Systems:
    fn = torch.nn.functional.max_pool2d
    return _op_against_torch(ops.max_pool2d, lambda x: fn(x, 3, 2, 1), _arrays((64, 32, 32, 32)), 3, 2, 1)


@case("avg_pool2d 2×2/2, 64×32×32×32", 2.0)
def _avg_pool() -> Systems:
    fn = torch.nn.functional.avg_pool2d
    return _op_against_torch(ops.avg_pool2d, lambda x: fn(x, 2), _arrays((64, 32, 32, 32)), 2)


@case("batch_norm 64×32×32×32", 2.0)
def _batch_norm() -> Systems:
    fn = torch.nn.functional.batch_norm
    arrays = _arrays((64, 32, 32, 32), (32,), (32,))
    return _op_against_torch(ops.batch_norm, lambda x, g, b: fn(x, None, None, g, b, training=True), arrays)


@case("layer_norm 4096×256", 2.0)
def _layer_norm() -> Systems:
    fn = torch.nn.functional.layer_norm
    arrays = _arrays((4096, 256), (256,), (256,))
    return _op_against_torch(ops.layer_norm, lambda x, g, b: fn(x, (256,), g, b), arrays)


def _cross_entropy(n: int, k: int) -> Systems:
    (z,) = _arrays((n, k))
    labels = np.random.default_rng(1).integers(0, k, n)
    t, ty = torch.tensor(z, requires_grad=True), torch.tensor(labels)
    onehot = np.eye(k, dtype=np.float32)[labels]

    def loss(z: Any) -> Any:
        shifted = z - anp.max(z, axis=1, keepdims=True)
        return -anp.sum((shifted - anp.log(anp.sum(anp.exp(shifted), axis=1, keepdims=True))) * onehot) / n

    gradient = autograd.grad(loss)
    return {
        "bplib": lambda: ops.softmax_cross_entropy(z, labels)[1](1.0),
        "pytorch": lambda: torch.autograd.grad(torch.nn.functional.cross_entropy(t, ty), t),
        "autograd": lambda: gradient(z),
    }


@case("softmax_cross_entropy 128×1000", 2.0)
def _cross_entropy_wide() -> Systems:
    return _cross_entropy(128, 1000)


@case("softmax_cross_entropy 4096×10", 2.0)
def _cross_entropy_tall() -> Systems:
    return _cross_entropy(4096, 10)


@case("attention 16×8 heads, T=64, d=64", 2.0)
def _attention() -> Systems:
    fn = torch.nn.functional.scaled_dot_product_attention
    return _op_against_torch(ops.scaled_dot_product_attention, fn, _arrays(*[(16, 8, 64, 64)] * 3))


@case("embedding 4096 ids of 5000×128", 2.0)
def _embedding() -> Systems:
    (table, upstream) = _arrays((5000, 128), (4096, 128))
    ids = np.random.default_rng(1).integers(0, 5000, 4096)
    t, tu, tids = torch.tensor(table, requires_grad=True), torch.tensor(upstream), torch.tensor(ids)
    fn = torch.nn.functional.embedding
    return {
        "bplib": lambda: ops.embedding(ids, table)[1](upstream),
        "pytorch": lambda: torch.autograd.grad(fn(tids, t), t, tu),
    }


def _recurrent(kind: str) -> Systems:
    T, N, D, H = 64, 64, 64, 128
    gates = {"lstm": 4, "gru": 3, "rnn": 1}[kind]
    x, wx, wh, upstream = _arrays((T, N, D), (D, gates * H), (H, gates * H), (T, N, H))
    wx, wh = wx * 0.1, wh * 0.1
    zeros, bias = np.zeros((N, H), np.float32), np.zeros(gates * H, np.float32)
    layer = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn": torch.nn.RNN}[kind](D, H)
    with torch.no_grad():
        layer.weight_ih_l0.copy_(torch.tensor(wx.T))
        layer.weight_hh_l0.copy_(torch.tensor(wh.T))
        layer.bias_ih_l0.zero_()
        layer.bias_hh_l0.zero_()
    tx, tu = torch.tensor(x, requires_grad=True), torch.tensor(upstream)
    parameters = [tx, *layer.parameters()]

    def ours() -> Any:
        if kind == "lstm":
            return ops.lstm(x, zeros, zeros, wx, wh, bias)[1](upstream, None)
        if kind == "gru":
            return ops.gru(x, zeros, wx, wh, bias, bias)[1](upstream)
        return ops.rnn(x, zeros, wx, wh, bias)[1](upstream)

    return {"bplib": ours, "pytorch": lambda: torch.autograd.grad(layer(tx)[0], parameters, tu)}


@case("LSTM T=64 N=64 D=64 H=128", 1.5)
def _lstm() -> Systems:
    return _recurrent("lstm")


@case("GRU T=64 N=64 D=64 H=128", 2.0)
def _gru() -> Systems:
    return _recurrent("gru")


@case("RNN T=64 N=64 D=64 H=128", 2.0)
def _rnn() -> Systems:
    return _recurrent("rnn")
