"""Which learning rate? Try them all, from far too small to far too large, in one short run."""

from __future__ import annotations

import math
from collections.abc import Callable
from numbers import Real
from typing import NamedTuple

import numpy as np

from bplib.nn.module import Module
from bplib.ops._door import Array
from bplib.optim.optimizers import Optimizer


class Sweep(NamedTuple):
    """What :func:`find_lr` saw: ``losses[k]`` is the loss *before* the step with ``lrs[k]``; both (K,)."""

    lrs: Array
    losses: Array
    suggestion: float


def find_lr(
    optimizer: Optimizer,
    loss_and_grad: Callable[[], float],
    lr_start: float = 1e-6,
    lr_end: float = 10.0,
    steps: int = 100,
    *,
    diverge: float = 3.0,
    window: int = 1,
    model: Module | None = None,
) -> Sweep:
    """Train for up to ``steps`` steps while the rate grows evenly (by factors) to ``lr_end``.

    loss_and_grad  runs forward and backward on the next batch and returns the loss; gradients start as None
    diverge        stop when the loss has risen above its lowest by ``diverge`` times the larger of
                   |lowest| and the fall that led there; a loss or gradient that is not finite stops it too
    window         look for the lowest in averages over so many neighbouring losses (noisy mini-batches)

    The loss falls while the rate is stable and rises after: the rate at the lowest loss is the edge. The
    suggestion is a tenth of it (NaN if the loss never fell), a margin because later curvature may be larger
    than here. Parameters, gradients, the optimiser's memory and rate are put back, also after an error. With
    ``model``, so are its buffers (a batch norm's running averages) and the generators of its layers (dropout);
    a generator that only the closure knows is not.
    """
    for name, number in (("lr_start", lr_start), ("lr_end", lr_end), ("diverge", diverge)):
        if isinstance(number, bool) or not isinstance(number, Real):
            raise TypeError(f"find_lr: {name} must be a number, got {number!r}.")
    for name, count in (("steps", steps), ("window", window)):
        if isinstance(count, bool) or not isinstance(count, int | np.integer):
            raise TypeError(f"find_lr: {name} must be an int, got {count!r}.")
    if not (0 < lr_start < lr_end < math.inf):
        raise ValueError(
            f"find_lr: needs 0 < lr_start < lr_end, got lr_start={lr_start!r}, lr_end={lr_end!r}."
        )
    if steps < 2 or window < 1 or not diverge > 0:
        raise ValueError(
            f"find_lr: needs steps ≥ 2, window ≥ 1, diverge > 0, got {steps}, {window}, {diverge}."
        )
    memory = optimizer.state_dict()
    # No copy is needed: a step gives each parameter a new array and leaves this one as it is.
    before = [(p, p.value, p.grad) for p in optimizer.params]
    inside = _Inside(model)
    lrs = np.geomspace(lr_start, lr_end, steps)
    losses: list[float] = []
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # overflow is what the sweep looks for
            for lr in lrs:
                optimizer.zero_grad()
                loss = float(loss_and_grad())
                if not math.isfinite(loss):
                    break
                losses.append(loss)
                lowest = min(losses)
                if loss - lowest > diverge * max(abs(lowest), losses[0] - lowest):
                    break
                optimizer.lr = float(lr)
                try:
                    optimizer.step()
                except FloatingPointError:
                    break
    finally:
        for p, value, grad in before:
            p.value, p.grad = value, grad
        optimizer.load_state_dict(memory)
        inside.put_back()
    if not losses:
        raise FloatingPointError(
            "find_lr: the loss is not finite before the first step; look at the data and model."
        )
    seen = np.array(losses)
    smooth = _averaged(seen, window)
    edge = int(np.argmin(smooth))
    suggestion = float(lrs[edge]) / 10 if smooth[edge] < smooth[0] else math.nan
    return Sweep(lrs[: len(seen)], seen, suggestion)


class _Inside:
    """What a model changes while it runs: its buffers and its layers' generators, as they are now."""

    def __init__(self, model: Module | None) -> None:
        places = [] if model is None else list(model._named_buffers())
        self.buffers = [(module, name, np.array(getattr(module, name))) for _, module, name in places]
        found = (
            [] if model is None else [g for _, m in model.modules() for _, g in m.held(np.random.Generator)]
        )
        self.generators = [(g, g.bit_generator.state) for g in found]

    def put_back(self) -> None:
        for module, name, value in self.buffers:
            setattr(module, name, value)
        for generator, state in self.generators:
            generator.bit_generator.state = state


def _averaged(x: Array, window: int) -> Array:
    """Each entry with its neighbours, as many on either side; near the ends, with those that exist."""
    half = window // 2
    return np.array([x[max(0, k - half) : k + half + 1].mean() for k in range(len(x))])
