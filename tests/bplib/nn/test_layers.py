"""Every layer: gradients of parameters and inputs against differences, values and gradients against PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from bplib import functional as F
from bplib import nn
from bplib.gradcheck import gradcheck
from bplib.tape import Tensor

g = np.random.default_rng(20)


def r(*shape: int) -> np.ndarray:
    return g.standard_normal(shape)


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


IMAGE = r(3, 4, 6, 5)
LAYERS: dict[str, tuple[Callable[[], nn.Module], np.ndarray]] = {
    "Linear": (lambda: nn.Linear(4, 3, rng()), r(5, 4)),
    "Linear without bias": (lambda: nn.Linear(4, 3, rng(), bias=False), r(5, 4)),
    "Conv2d": (lambda: nn.Conv2d(4, 6, (3, 2), rng(), stride=2, padding=1, groups=2), IMAGE),
    "ConvTranspose2d": (lambda: nn.ConvTranspose2d(4, 2, 3, rng(), stride=2, padding=1), IMAGE),
    "ConvTranspose2d, every option": (
        lambda: nn.ConvTranspose2d(
            4,
            6,
            (2, 3),
            rng(),
            stride=(2, 1),
            padding=(1, 2),
            output_padding=(1, 0),
            dilation=(1, 2),
            groups=2,
        ),
        IMAGE,
    ),
    "MaxPool2d": (lambda: nn.MaxPool2d(2, 1), IMAGE),
    "AvgPool2d": (lambda: nn.AvgPool2d(2), IMAGE),
    "GlobalAvgPool2d": (lambda: nn.GlobalAvgPool2d(), IMAGE),
    "BatchNorm": (lambda: nn.BatchNorm(4), IMAGE),
    "BatchNorm, evaluation": (lambda: nn.BatchNorm(4).eval(), IMAGE),
    "LayerNorm": (lambda: nn.LayerNorm(5), IMAGE),
    "Flatten": (lambda: nn.Flatten(), IMAGE),
    "RNN": (lambda: nn.RNN(3, 4, rng()), r(5, 2, 3)),
    "LSTM": (lambda: nn.LSTM(3, 4, rng()), r(5, 2, 3)),
    "GRU": (lambda: nn.GRU(3, 4, rng()), r(5, 2, 3)),
    "MultiHeadAttention": (lambda: nn.MultiHeadAttention(4, 2, rng()), r(2, 3, 4)),
    **{
        name: (getattr(nn, name), r(4, 3))
        for name in (
            "Sigmoid",
            "Tanh",
            "ReLU",
            "LeakyReLU",
            "ELU",
            "Softplus",
            "GELU",
            "SiLU",
            "Softmax",
            "LogSoftmax",
        )
    },
}


@pytest.mark.parametrize("name", LAYERS)
def test_gradients_of_parameters_and_inputs(name: str) -> None:
    build, x = LAYERS[name]
    layer = build()
    for p in layer.parameters():  # away from the ones and zeros that hide a lost factor
        p.value = p.value + 0.1 * r(*p.shape)
    report = gradcheck(layer, x).require()
    assert len(report.entries) == x.size + sum(p.size for p in layer.parameters())


def test_every_layer_is_here() -> None:
    tested = {name.split(",")[0].split(" ")[0] for name in LAYERS}
    assert set(nn.__all__) - tested == {
        "Dropout",
        "Embedding",
        "Module",
        "Parameter",
        "Sequential",
        "summary",
    }


def test_embedding_adds_the_gradients_of_a_repeated_id() -> None:
    layer = nn.Embedding(5, 3, rng())
    layer(np.array([[1, 4], [1, 1]])).sum().backward()
    np.testing.assert_array_equal(layer.E.grad[:, 0], [0, 3, 0, 0, 1])


def test_dropout_drops_in_training_only() -> None:
    layer = nn.Dropout(0.5, rng())
    x = np.ones((200, 10))
    y = layer(Tensor(x)).value
    assert set(np.unique(y)) == {0.0, 2.0}
    np.testing.assert_array_equal(layer.eval()(x).value, x)


def _torch_copy(ours: list[Any], theirs: list[torch.nn.Parameter], transpose: bool) -> None:
    with torch.no_grad():
        for a, b in zip(ours, theirs, strict=True):
            value = torch.tensor(a.value)
            b.copy_(value.T if transpose and value.ndim == 2 else value)


def test_batch_norm_keeps_the_running_averages_that_pytorch_keeps() -> None:
    ours, theirs = nn.BatchNorm(4), torch.nn.BatchNorm2d(4).double()
    for _ in range(3):
        x = r(3, 4, 6, 5)
        np.testing.assert_allclose(ours(x).value, theirs(torch.tensor(x)).detach(), atol=1e-12)
    np.testing.assert_allclose(ours.running_mean, theirs.running_mean, atol=1e-14)
    np.testing.assert_allclose(ours.running_var, theirs.running_var, atol=1e-14)
    np.testing.assert_allclose(ours.eval()(x).value, theirs.eval()(torch.tensor(x)).detach(), atol=1e-12)


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_recurrent_layers_equal_pytorchs(kind: str) -> None:
    ours = getattr(nn, kind)(3, 4, rng())
    theirs = getattr(torch.nn, kind)(3, 4).double()
    zero = Tensor(np.zeros_like(ours.b.value)) if kind != "GRU" else None
    biases = [ours.b, zero] if zero is not None else [ours.bx, ours.bh]
    _torch_copy([ours.Wx, ours.Wh, *biases], list(theirs.parameters()), transpose=True)
    x = r(6, 2, 3)
    tx = torch.tensor(x, requires_grad=True)
    out = ours(Tensor(x))
    hidden = out[0] if kind == "LSTM" else out
    reference, _ = theirs(tx)
    np.testing.assert_allclose(hidden.value, reference.detach(), atol=1e-12)
    d = r(*hidden.shape)
    hidden.backward(d)
    reference.backward(torch.tensor(d))
    np.testing.assert_allclose(ours.Wx.grad, theirs.weight_ih_l0.grad.T, atol=1e-11)
    np.testing.assert_allclose(ours.Wh.grad, theirs.weight_hh_l0.grad.T, atol=1e-11)


def test_attention_equals_pytorchs_with_a_causal_mask() -> None:
    ours = nn.MultiHeadAttention(8, 2, rng())
    for p in ours.parameters():
        p.value = p.value + 0.1 * r(*p.shape)
    theirs = torch.nn.MultiheadAttention(8, 2, batch_first=True).double()
    with torch.no_grad():
        theirs.in_proj_weight.copy_(
            torch.tensor(np.concatenate([p.value.T for p in (ours.Wq, ours.Wk, ours.Wv)]))
        )
        theirs.in_proj_bias.copy_(
            torch.tensor(np.concatenate([p.value for p in (ours.bq, ours.bk, ours.bv)]))
        )
        theirs.out_proj.weight.copy_(torch.tensor(ours.Wo.value.T))
        theirs.out_proj.bias.copy_(torch.tensor(ours.bo.value))
    x = r(3, 5, 8)
    causal = np.tril(np.ones((5, 5), bool))
    tx = torch.tensor(x, requires_grad=True)
    reference, _ = theirs(tx, tx, tx, attn_mask=torch.tensor(~causal))
    leaf = Tensor(x)
    out = ours(leaf, mask=causal)
    np.testing.assert_allclose(out.value, reference.detach(), atol=1e-12)
    d = r(*out.shape)
    out.backward(d)
    reference.backward(torch.tensor(d))
    np.testing.assert_allclose(leaf.grad, tx.grad, atol=1e-11)
    np.testing.assert_allclose(ours.Wo.grad, theirs.out_proj.weight.grad.T, atol=1e-11)


def test_a_whole_network_equals_pytorch() -> None:
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3, rng(), padding=1),
        nn.BatchNorm(4),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64, 5, rng()),
    )
    twin = torch.nn.Sequential(
        torch.nn.Conv2d(1, 4, 3, padding=1),
        torch.nn.BatchNorm2d(4),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(64, 5),
    ).double()
    _torch_copy(model.parameters(), list(twin.parameters()), transpose=True)
    x, y = r(7, 1, 8, 8), g.integers(0, 5, 7)
    loss = F.softmax_cross_entropy(model(x), y)
    reference = torch.nn.functional.cross_entropy(twin(torch.tensor(x)), torch.tensor(y))
    assert loss.item() == pytest.approx(reference.item(), rel=1e-12)
    loss.backward()
    reference.backward()
    for ours, theirs in zip(model.parameters(), twin.parameters(), strict=True):
        expected = theirs.grad.numpy().T if theirs.ndim == 2 else theirs.grad.numpy()
        np.testing.assert_allclose(ours.grad, expected, atol=1e-10)


def test_a_transposed_convolution_with_every_option_is_pytorchs() -> None:
    options: Any = {
        "stride": (2, 1),
        "padding": (1, 2),
        "output_padding": (1, 0),
        "dilation": (1, 2),
        "groups": 2,
    }
    ours = nn.ConvTranspose2d(4, 6, (2, 3), rng(), **options)
    ours.b.value = r(6)
    theirs = torch.nn.ConvTranspose2d(4, 6, (2, 3), **options).double()
    _torch_copy(ours.parameters(), list(theirs.parameters()), transpose=False)
    x = r(3, 4, 6, 5)
    tx, leaf = torch.tensor(x, requires_grad=True), Tensor(x)
    out, reference = ours(leaf), theirs(tx)
    np.testing.assert_allclose(out.value, reference.detach(), atol=1e-12)
    d = r(*out.shape)
    out.backward(d)
    reference.backward(torch.tensor(d))
    np.testing.assert_allclose(leaf.grad, tx.grad, atol=1e-11)
    np.testing.assert_allclose(ours.w.grad, theirs.weight.grad, atol=1e-11)
    np.testing.assert_allclose(ours.b.grad, theirs.bias.grad, atol=1e-11)


@pytest.mark.parametrize("groups", [1, 4])
def test_a_transposed_convolution_starts_with_the_variance_of_what_it_sums(groups: int) -> None:
    w = nn.ConvTranspose2d(64, 64, 3, rng(), groups=groups).w
    assert w.value.std() == pytest.approx(np.sqrt(2 / (64 // groups * 9)), rel=0.02)
