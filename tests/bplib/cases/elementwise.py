"""Arithmetic, reductions and shape ops: stretched and new axes, 0-d, ties, repeated picks, entries of 1e4."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from tests.bplib.prove import Case

rng = np.random.default_rng(20)
r = rng.standard_normal


def away(shape: tuple[int, ...], low: float = 0.3) -> np.ndarray:
    """Numbers of both signs that keep a distance from 0."""
    x = rng.uniform(low, 2.0, shape)
    return np.where(rng.random(shape) < 0.5, -x, x)


def positive(shape: tuple[int, ...]) -> np.ndarray:
    return rng.uniform(0.3, 2.5, shape)


def binary(f: Callable[..., Any], a: Callable[..., Any] = r, b: Callable[..., Any] = r) -> list[Case]:
    """The ways in which two shapes can meet."""
    return [
        Case("same shape", (a((3, 4)), b((3, 4))), f),
        Case("b stretched", (a((3, 4)), b((3, 1))), f),
        Case("a stretched, b with a new axis", (a((2, 1, 4)), b((3, 1))), f),
        Case("both stretched", (a((3, 1)), b((1, 4))), f),
        Case("b is 0-d", (a((2, 3)), b(())), f),
        Case("both 0-d", (a(()), b(())), f),
        Case("size 1 on both sides", (a((1, 3)), b((1, 1))), f),
        Case("strided", (a((4, 6)).T[::2], b((8,))[::2]), f),
    ]


def reduction(f: Callable[..., Any], draw: Callable[..., Any] = r) -> list[Case]:
    """``f(x, axis, keepdims)`` over every kind of axis. PyTorch takes all axes as an explicit tuple."""

    def over(axis: Any = None, keepdims: bool = False) -> Callable[[torch.Tensor], torch.Tensor]:
        return lambda x: f(x, tuple(range(x.ndim)) if axis is None else axis, keepdims)

    return [
        Case("all axes", (draw((3, 4)),), over()),
        Case("one axis", (draw((3, 4, 2)), 1), lambda x, _: over(1)(x)),
        Case("negative axis", (draw((3, 4, 2)),), lambda x: over(-1)(x), {"axis": -1}),
        Case("two axes", (draw((3, 4, 2)),), lambda x: over((0, -1))(x), {"axis": (0, -1)}),
        Case(
            "kept axis",
            (draw((3, 4, 2)),),
            lambda x: over(1, True)(x),
            {"axis": 1, "keepdims": True},
        ),
        Case("all kept", (draw((2, 3)),), lambda x: over(None, True)(x), {"keepdims": True}),
        Case("square", (draw((3, 3)),), lambda x: over(0)(x), {"axis": 0}),
        Case("axis of size 1", (draw((3, 1)),), lambda x: over(1)(x), {"axis": 1}),
        Case("strided", (draw((6, 4)).T[:, ::2],), lambda x: over(0)(x), {"axis": 0}),
    ]


def integer_power(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Where a ≤ 0 the exponent counts as a constant: its gradient is 0 by our convention, NaN in PyTorch."""
    return a ** torch.where(a > 0, b, b.detach())


def picked(name: str, shape: tuple[int, ...], index: Any) -> Case:
    def in_torch(x: torch.Tensor, *_: Any) -> torch.Tensor:
        return x[index]

    return Case(name, (r(shape), index), in_torch)


tied = np.array([[1.0, 2.0, -0.5, 2.0], [0.5, -1.0, 0.5, 0.5], [3.0, 1.0, 0.0, -3.0]])
huge = np.array([[1e4, 0.3, -1e4], [0.2, -0.7, 1.1], [1e4, 1e4 - 0.5, 1e4 + 0.25]])
condition = rng.random((3, 4)) < 0.5

CASES = {
    "add": binary(torch.add),
    "sub": binary(torch.sub),
    "mul": binary(torch.mul),
    "div": binary(torch.div, b=away),
    "power": [
        *binary(torch.pow, a=positive),
        Case(
            "negative and zero bases",
            (np.array([-2.0, -0.5, 0.0, 0.0, 1.5, 0.0]), np.array([3.0, 2.0, 2.0, 1.0, 2.5, 0.0])),
            integer_power,
            smooth=False,
        ),
        Case(
            "negative base, negative exponent",
            (-positive((3,)), np.full(3, -2.0)),
            integer_power,
            smooth=False,
        ),
        Case("exponent zero", (positive((2, 3)), np.zeros((2, 3))), torch.pow),
    ],
    "maximum": [
        *binary(torch.maximum),
        Case("ties", (tied, np.maximum(tied, 0.5)), torch.maximum, smooth=False),
        Case(
            "ties with a stretched axis",
            (tied, np.array([[2.0], [0.5], [-4.0]])),
            torch.maximum,
            smooth=False,
        ),
    ],
    "where": [
        Case("same shape", (condition, r((3, 4)), r((3, 4))), torch.where),
        Case("a stretched", (condition, r((3, 1)), r((3, 4))), torch.where),
        Case("b 0-d", (condition, r((3, 4)), r(())), torch.where),
        Case("condition stretched", (condition[:1], r((3, 4)), r(4)), torch.where),
        Case("the condition is the largest", (condition, r(4), r((3, 1))), torch.where),
        Case("all true", (np.ones((2, 2), bool), r((2, 2)), r((2, 2))), torch.where),
    ],
    "exp": [
        Case("matrix", (r((3, 4)),), torch.exp),
        Case("0-d", (r(()),), torch.exp),
        Case("far left", (np.array([-1e4, -30.0, 0.0, 2.0]),), torch.exp),
    ],
    "log": [
        Case("matrix", (positive((3, 4)),), torch.log),
        Case("0-d", (positive(()),), torch.log),
        Case("large", (np.array([1e4, 3.0, 0.5]),), torch.log),
    ],
    "sqrt": [
        Case("matrix", (positive((3, 4)),), torch.sqrt),
        Case("0-d", (positive(()),), torch.sqrt),
        Case("large", (np.array([1e4, 3.0, 0.5]),), torch.sqrt),
    ],
    "sum": [
        *reduction(lambda x, axis, keep: x.sum(axis, keep)),
        Case("no axis at all", (r((2, 3)),), lambda x: x, {"axis": ()}),
        Case("0-d", (r(()),), torch.sum),
    ],
    "mean": [
        *reduction(lambda x, axis, keep: x.mean(axis, keep)),
        Case("0-d", (r(()),), torch.mean),
        Case("many numbers, small gradients", (r((40, 25)),), torch.mean),
    ],
    "max": [
        *reduction(torch.amax),
        Case("0-d", (r(()),), torch.amax),
        Case("ties, all axes", (tied[:2],), torch.amax, smooth=False),
        Case("ties, one axis", (tied,), lambda x: torch.amax(x, -1), {"axis": -1}, smooth=False),
        Case(
            "ties, two axes",
            (np.stack([tied, tied]),),
            lambda x: torch.amax(x, (0, 2)),
            {"axis": (0, 2)},
            smooth=False,
        ),
    ],
    "logsumexp": [
        *reduction(torch.logsumexp),
        Case("0-d", (r(()),), lambda x: torch.logsumexp(x, ())),
        # A complex step through a shift of 1e4 is right; a wide difference step would not be.
        Case("entries of 1e4", (huge,), lambda x: torch.logsumexp(x, 1), {"axis": 1}),
    ],
    "reshape": [
        Case("other shape", (r((3, 4)), (2, 6)), torch.reshape),
        Case("inferred size", (r((3, 4)), (-1, 2, 1)), torch.reshape),
        Case("flat", (r((2, 3)), -1), lambda x, shape: x.reshape(shape)),
        Case("to 0-d", (r((1, 1)), ()), torch.reshape),
        Case("from 0-d", (r(()), (1, 1)), torch.reshape),
        Case("strided", (r((4, 6)).T[::2], (6, 2)), torch.reshape),
    ],
    "transpose": [
        Case("reversed", (r((3, 4)),), lambda x: x.permute(1, 0)),
        Case("square", (r((3, 3)),), lambda x: x.permute(1, 0)),
        Case("a cycle of three", (r((2, 3, 4)), (1, 2, 0)), torch.permute),
        Case("a cycle of equal sizes", (r((3, 3, 3)), (2, 0, 1)), torch.permute),
        Case("negative axes", (r((2, 3, 4)), (-1, 0, -2)), torch.permute),
        Case("0-d", (r(()),), lambda x: x),
    ],
    "concatenate": [
        Case("rows", ([r((2, 3)), r((4, 3)), r((1, 3))],), torch.cat),
        Case("equal pieces", ([r((2, 3)), r((2, 3))],), torch.cat),
        Case("last axis", ([r((2, 3)), r((2, 1))], -1), torch.cat),
        Case("one piece", ([r((2, 3))],), torch.cat),
        Case("an empty piece", ([r((2, 3)), r((0, 3)), r((1, 3))],), torch.cat),
    ],
    "getitem": [
        picked("a number", (3, 4), (1, -2)),
        picked("a row", (3, 4), -1),
        picked("a slice", (5, 4), slice(1, None, 2)),
        picked("slices and a new axis", (5, 4), (slice(None), None, slice(1, 3))),
        picked("ellipsis", (2, 3, 4), (Ellipsis, 1)),
        Case("a mask", (r((3, 4)), condition), lambda x, i: x[i]),
        Case("a mask of rows", (r((3, 4)), np.array([True, False, True])), lambda x, i: x[i]),
        Case("repeated rows", (r((4, 3)), np.array([0, 2, 2, 0, 2])), lambda x, i: x[i]),
        Case("a repeated row as a list", (r((4, 3)), [1, 1, 3]), lambda x, i: x[i]),
        Case(
            "repeated pairs",
            (r((3, 4)), (np.array([0, 1, 0]), np.array([2, 2, 2]))),
            lambda x, _: x[[0, 1, 0], [2, 2, 2]],
        ),
        Case(
            "repeated, beside a slice",
            (r((3, 4)), (slice(None), np.array([[1, 1], [0, 3]]))),
            lambda x, _: x[:, [[1, 1], [0, 3]]],
        ),
    ],
    "broadcast_to": [
        Case("new axis", (r((3,)), (2, 3)), torch.broadcast_to),
        Case("stretched", (r((3, 1)), (3, 4)), torch.broadcast_to),
        Case("new and stretched", (r((3, 1)), (2, 3, 4)), torch.broadcast_to),
        Case("from 0-d", (r(()), (2, 2)), torch.broadcast_to),
        Case("unchanged", (r((2, 3)), (2, 3)), torch.broadcast_to),
    ],
}
