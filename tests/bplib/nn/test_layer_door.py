"""What layers refuse, what they say then, and how they print themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bplib import nn


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.MultiHeadAttention(6, 4, rng()), "heads=4 must divide features=6"),
        (lambda: nn.Conv2d(4, 6, 3, rng(), groups=3), "groups=3 must divide c_in=4 and c_out=6"),
        (lambda: nn.ConvTranspose2d(4, 6, 3, rng(), groups=3), "groups=3 must divide c_in=4 and c_out=6"),
        (lambda: nn.Conv2d(4, 6, 3, rng(), groups=0), "groups must be an int of at least 1, got 0"),
        (lambda: nn.Conv2d(4, 6, 0, rng()), "Conv2d: kernel must be at least 1, got 0"),
        (lambda: nn.Linear(3, 2, rng())(np.ones((2, 4))), r"x has 4 columns, W has 3 rows"),
        (lambda: nn.Dropout(1.5, rng()), r"Dropout: p must be a number in \[0, 1\), .* got 1.5"),
        (lambda: nn.Dropout("0.5", rng()), r"Dropout: p must be a number .* got '0.5'"),
    ],
)
def test_messages(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: nn.Conv2d(4, 6, (3,), rng()),
            r"Conv2d: kernel must be an int or a pair of ints, got \(3,\)",
        ),
        (lambda: nn.ConvTranspose2d(4, 6, 2.5, rng()), "ConvTranspose2d: kernel must be an int or a pair"),
        (lambda: nn.MaxPool2d("2"), "MaxPool2d: kernel must be an int or a pair of ints, got '2'"),
        (lambda: nn.AvgPool2d(2, 1.5), "AvgPool2d: stride must be an int or a pair of ints, got 1.5"),
        (lambda: nn.Dropout(0.5, 0), r"Dropout: rng must be a numpy Generator, got int.*default_rng\(seed\)"),
        (lambda: nn.Embedding(3, 2, None), "rng must be a numpy Generator, got NoneType"),
        (lambda: nn.Sequential(nn.ReLU), r"layer 0 is .*write ReLU\(…\), an instance"),
        (lambda: nn.Sequential([nn.ReLU()]), r"layer 0 is .*write Sequential\(\*layers\)"),
    ],
)
def test_messages_about_types(make: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        make()


def test_a_kernel_may_be_a_numpy_integer() -> None:
    assert nn.Conv2d(1, 2, np.int64(3), rng()).w.shape == (2, 1, 3, 3)
    assert nn.ConvTranspose2d(1, 2, (np.int32(3), 2), rng()).w.shape == (1, 2, 3, 2)


def test_every_layer_says_what_it_computes() -> None:
    for name in set(nn.__all__) - {"Module", "Parameter", "summary"}:
        assert len(getattr(nn, name).__doc__ or "") > 20, name


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (nn.Conv2d(4, 6, 3, rng()), "Conv2d(w (6, 4, 3, 3), b (6,))"),
        (
            nn.Conv2d(4, 6, 3, rng(), bias=False, stride=2, padding=(1, 0), groups=2),
            "Conv2d(w (6, 2, 3, 3), stride=2, padding=(1, 0), groups=2)",
        ),
        (
            nn.ConvTranspose2d(4, 6, 3, rng(), stride=2, output_padding=1),
            "ConvTranspose2d(w (4, 6, 3, 3), b (6,), stride=2, output_padding=1)",
        ),
        (nn.MaxPool2d(2), "MaxPool2d(kernel=2)"),
        (nn.AvgPool2d((2, 3), 1, 1), "AvgPool2d(kernel=(2, 3), stride=1, padding=1)"),
        (nn.LeakyReLU(0.2), "LeakyReLU(alpha=0.2)"),
        (nn.Softmax(0), "Softmax(axis=0)"),
    ],
)
def test_layers_print_their_options(layer: nn.Module, text: str) -> None:
    assert repr(layer) == text
