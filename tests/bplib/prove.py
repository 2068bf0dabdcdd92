"""The gradient test of this project. Every op goes through it, and so does every wrong version of it.

A ``Case`` is one call of one op: arguments, and the same computation in PyTorch, written by someone who
has not read ours. ``prove`` runs everything we demand of an op on that call. tests/bplib/ops/test_proofs.py
runs it on every case; tests/bplib/ops/test_wrong_gradients.py puts each wrong version in the op's place and
asserts that ``prove`` notices.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from bplib.gradcheck import gradcheck, largest, relative_error

Op = Callable[..., Any]


@dataclass(frozen=True)
class Seed:
    """Among a case's arguments: a fresh Generator with this seed in each call, so that each draws the same."""

    seed: int


def _draws_afresh(op: Op) -> Op:
    """``op``, with every ``Seed`` among its arguments turned into a Generator at each call."""

    @functools.wraps(op)
    def call(*args: Any, **kwargs: Any) -> Any:
        return op(*(np.random.default_rng(a.seed) if isinstance(a, Seed) else a for a in args), **kwargs)

    return call


@dataclass
class Case:
    """One call of an op, as ``op(*args, **kwargs)``.

    ``torch_fn`` takes the same arguments (float arrays as float64 tensors that require gradients, integer and
    boolean arrays as tensors, everything else as it is) and returns a tensor or a tuple of tensors.
    ``targets`` are the positions of float arrays that receive no gradient.
    ``smooth=False``: the point sits on a kink or a tie, so that differences say nothing there; the convention
    is then checked by PyTorch alone. ``complex_step=False``: the forward code is not analytic.
    ``loose32``: the relative error granted to float32.
    """

    name: str
    args: tuple[Any, ...]
    torch_fn: Callable[..., Any]
    kwargs: dict[str, Any] = field(default_factory=dict)
    targets: tuple[int, ...] = ()
    smooth: bool = True
    complex_step: bool = True
    loose32: float = 2e-4

    def __str__(self) -> str:
        return self.name


def _map(arg: Any, f: Callable[[np.ndarray], Any]) -> Any:
    if isinstance(arg, list | tuple) and any(isinstance(a, np.ndarray) for a in arg):
        return type(arg)(_map(a, f) for a in arg)
    return f(arg) if isinstance(arg, np.ndarray) else arg


def _copy(args: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(_map(a, np.copy) for a in args)


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    return True


def _tuple(x: Any) -> tuple[Any, ...]:
    return tuple(x) if isinstance(x, tuple | list) else (x,)


def _close(got: Any, want: Any, tolerance: float, what: str) -> None:
    """Equal to ``tolerance``, relative to the largest entry: small arrays agree in as many digits as large.

    Entries of an array that is zero but for rounding cannot: 64 ε of the dtype is granted absolutely.
    """
    got, want = np.asarray(got), np.asarray(want)
    assert got.shape == want.shape, f"{what}: shape {got.shape}, expected {want.shape}"
    if got.size == 0:
        return
    error = relative_error(got, want, max(largest(want), 64 * np.finfo(got.dtype).eps / tolerance))
    worst = np.unravel_index(int(np.argmax(error)), error.shape)
    assert error[worst] <= tolerance, (
        f"{what}: at {tuple(map(int, worst))} got {got[worst]!r}, expected {want[worst]!r}, "
        f"relative error {error[worst]:.1e} > {tolerance:.0e}"
    )


def in_torch(case: Case, upstreams: list[np.ndarray]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Values and gradients of the case as PyTorch computes them, in float64."""
    leaves: list[torch.Tensor] = []

    def convert(i: int) -> Callable[[np.ndarray], torch.Tensor]:
        def one(a: np.ndarray) -> torch.Tensor:
            t = torch.tensor(a)
            if a.dtype.kind == "f" and i not in case.targets:
                t.requires_grad_(True)
                leaves.append(t)
            return t

        return one

    args = [_map(a, convert(i)) for i, a in enumerate(case.args)]
    outs = _tuple(case.torch_fn(*args))
    total = sum((torch.tensor(d) * o).sum() for d, o in zip(upstreams, outs, strict=True))
    grads = torch.autograd.grad(total, leaves, allow_unused=True)
    dense = [np.zeros(t.shape) if g is None else g.numpy() for t, g in zip(leaves, grads, strict=True)]
    return [o.detach().numpy() for o in outs], dense


def prove(op: Op, case: Case) -> None:
    """AssertionError unless ``op`` is right on this case in every way that we know to ask for."""
    op = _draws_afresh(op)
    args = _copy(case.args)
    value, pullback = op(*args, **case.kwargs)
    outs = _tuple(value)
    rng = np.random.default_rng(1234)
    upstreams = [np.asarray(rng.standard_normal(np.shape(o))) for o in outs]
    sent = [d.copy() for d in upstreams]
    grads = _tuple(pullback(*sent))
    again = _tuple(pullback(*[d.copy() for d in upstreams]))
    assert _same(args, case.args), "the op or its pullback changed one of its arguments"
    assert _same(sent, upstreams), "the pullback changed the upstream gradient"
    assert _same(grads, again), "the pullback gives something else when it is called a second time"

    values, wanted = in_torch(case, upstreams)
    assert len(outs) == len(values)
    for i, (o, v) in enumerate(zip(outs, values, strict=True)):
        _close(o, v, 1e-9, f"value {i} against PyTorch")
    assert len(grads) == len(wanted), f"{len(grads)} gradients were returned, {len(wanted)} expected"
    for i, (g, w) in enumerate(zip(grads, wanted, strict=True)):
        _close(g, w, 1e-9, f"gradient {i} against PyTorch")

    if len(outs) > 1:  # None stands for a zero gradient
        for k in range(len(outs)):
            only = [d if i == k else None for i, d in enumerate(upstreams)]
            zeros = [d if i == k else np.zeros_like(d) for i, d in enumerate(upstreams)]
            for a, b in zip(_tuple(pullback(*only)), _tuple(pullback(*zeros)), strict=True):
                _close(a, b, 1e-12, f"upstream gradient with None for all but output {k}")

    if case.smooth:
        gradcheck(op, *args, rng=np.random.default_rng(7), **case.kwargs).require()
        if case.complex_step:
            gradcheck(
                op, *args, method="complex", tolerance=1e-10, rng=np.random.default_rng(7), **case.kwargs
            ).require()

    _prove_float32(op, case, grads, outs, upstreams)


def _prove_float32(
    op: Op, case: Case, grads: tuple[Any, ...], outs: tuple[Any, ...], upstreams: list[np.ndarray]
) -> None:
    """float32 in, float32 out, and close to the float64 result."""

    def single(a: np.ndarray) -> np.ndarray:
        return a.astype(np.float32) if a.dtype == np.float64 else a

    args32 = tuple(_map(a, single) for a in case.args)
    value32, pullback32 = op(*args32, **case.kwargs)
    for i, (o32, o) in enumerate(zip(_tuple(value32), outs, strict=True)):
        assert np.asarray(o32).dtype == np.float32, f"value {i} of float32 inputs is {np.asarray(o32).dtype}"
        if case.smooth:
            _close(o32, o, case.loose32, f"value {i} in float32")
    for i, (g32, g) in enumerate(
        zip(_tuple(pullback32(*[d.astype(np.float32) for d in upstreams])), grads, strict=True)
    ):
        assert np.asarray(g32).dtype == np.float32, f"gradient {i} of float32 inputs is {g32.dtype}"
        if case.smooth:
            _close(g32, g, case.loose32, f"gradient {i} in float32")
