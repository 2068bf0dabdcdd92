"""Activations: three shapes, both sides of every kink and the kink itself, both tails, far out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from tests.bplib.prove import Case

rng = np.random.default_rng(30)
r = rng.standard_normal

tails = np.array([-30.0, -12.0, -5.0, -1.0, -0.1, 0.2, 1.5, 4.0, 9.0, 30.0])
left = np.linspace(-25.0, -15.0, 7)  # alone: no large gradient beside them
far = np.array([-1e4, -700.0, -1.0, 2.0, 700.0, 1e4])
kink = np.array([[0.0, -0.0, 1.0], [-1.0, 0.0, 2.0]])
huge = np.array([[1e4, 0.3, -1e4], [0.2, -0.7, 1.1], [1e4, 1e4 - 0.5, 1e4 + 0.25]])


def elementwise(f: Callable[[torch.Tensor], torch.Tensor], kinked: bool = False, **kwargs: Any) -> list[Case]:
    """``f`` is PyTorch's version with the keyword arguments already in it."""
    # No complex step at 1e4: NumPy's complex exponential overflows there.
    return [
        Case("matrix", (r((3, 4)),), f, kwargs),
        Case("0-d", (r(()),), f, kwargs),
        Case("strided", (r((4, 6)).T[::2],), f, kwargs),
        Case("empty", (r((0, 3)),), f, kwargs),
        Case("at 0", (kink,), f, kwargs, smooth=not kinked),
        Case("tails", (tails,), f, kwargs),
        Case("left tail", (left,), f, kwargs),
        Case("|z| = 1e4", (far,), f, kwargs, complex_step=False),
    ]


def along(f: Callable[..., torch.Tensor]) -> list[Case]:
    return [
        Case("rows", (r((3, 4)),), lambda z: f(z, -1)),
        Case("square", (r((3, 3)),), lambda z: f(z, -1)),
        Case("first axis", (r((3, 4)), 0), f),
        Case("middle axis", (r((2, 3, 4)),), lambda z: f(z, 1), {"axis": 1}),
        Case("negative axis", (r((2, 3, 4)), -2), f),
        Case("one class", (r((3, 1)),), lambda z: f(z, -1)),
        Case("vector", (r(5),), lambda z: f(z, -1)),
        Case("strided", (r((4, 6)).T[::2],), lambda z: f(z, -1)),
        Case("entries of 1e4", (huge,), lambda z: f(z, -1)),
        Case("large and equal", (np.full((2, 3), 1e4),), lambda z: f(z, -1)),
    ]


CASES = {
    "sigmoid": elementwise(torch.sigmoid),
    "tanh": elementwise(torch.tanh),
    "relu": elementwise(torch.relu, kinked=True),
    "leaky_relu": [
        *elementwise(lambda z: F.leaky_relu(z, 0.01), kinked=True),
        Case("alpha", (r((3, 4)), 0.3), F.leaky_relu),
    ],
    "elu": [
        *elementwise(F.elu),
        Case("alpha", (r((3, 4)), 0.6), F.elu),
        Case("alpha at 0", (kink, 0.6), F.elu, smooth=False),
    ],
    # PyTorch's softplus becomes z itself beyond its threshold; 40 is where that is exact in float64.
    "softplus": elementwise(lambda z: F.softplus(z, threshold=40)),
    "gelu": [
        *elementwise(F.gelu),
        *(
            Case(
                f"tanh form, {case.name}",
                case.args,
                case.torch_fn,
                case.kwargs,
                complex_step=case.complex_step,
            )
            for case in elementwise(lambda z: F.gelu(z, approximate="tanh"), approximate="tanh")
            if case.name != "left tail"  # PyTorch's 1 + tanh has lost its digits there
        ),
    ],
    "silu": elementwise(F.silu),
    "softmax": along(F.softmax),
    "log_softmax": along(F.log_softmax),
}
