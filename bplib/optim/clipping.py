"""Gradient clipping: a bound on how far one step can go.

It bounds an exploding gradient and can do nothing for a vanished one. ``p.grad`` is replaced by a new array,
never changed in place: the tape may have handed the same array to others.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Real
from typing import Any

import numpy as np

from bplib.optim._parameters import Trainable, parameter_list, require_finite


def clip_grad_norm(params: Iterable[Trainable], max_norm: float) -> float:
    """Shorten all gradients together, as one vector, to length ``max_norm``; returns the length before.

    One factor for every entry, so that the direction stays. Gradients that are short enough, and None, are
    left alone. The factor is max_norm / (norm + 1e-6), PyTorch's. NaN or infinity is an error: no factor
    cures it.
    """
    _positive("clip_grad_norm", "max_norm", max_norm)
    everyone = parameter_list("clip_grad_norm", params)
    held = [(i, p) for i, p in enumerate(everyone) if p.grad is not None]
    norm = _norm([p.grad for _, p in held])
    if not math.isfinite(norm):
        for i, p in held:
            require_finite("clip_grad_norm", i, p)
    if norm == 0 or not math.isfinite(
        norm
    ):  # the squares left the range of numbers: take out the largest entry
        top = max((float(np.abs(p.grad).max(initial=0)) for _, p in held), default=0.0)
        norm = top * _norm([p.grad / top for _, p in held]) if top else 0.0
    factor = float(max_norm) / (norm + 1e-6)  # Python numbers: NumPy's float64 would widen a float32 gradient
    if factor < 1:
        for _, p in held:
            p.grad = np.asarray(p.grad * factor)
    return norm


def _positive(who: str, name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, Real) or not float(value) > 0:
        raise ValueError(f"{who}: {name} must be greater than 0, got {value!r}.")


def _norm(grads: list[np.ndarray]) -> float:
    return math.sqrt(sum(float(np.vdot(g, g)) for g in grads))


def clip_grad_value(params: Iterable[Trainable], limit: float) -> float:
    """Bound every entry to [−limit, limit], each on its own; returns the largest |entry| there was.

    The gradient's direction changes. Infinity is clipped like any large number; NaN is an error.
    """
    _positive("clip_grad_value", "limit", limit)
    limit, largest = float(limit), 0.0
    for i, p in enumerate(parameter_list("clip_grad_value", params)):
        if p.grad is None:
            continue
        top = float(np.abs(p.grad).max(initial=0))
        if math.isnan(top):
            require_finite("clip_grad_value", i, p)
        if top > limit:
            p.grad = np.asarray(np.clip(p.grad, -limit, limit))
        largest = max(largest, top)
    return largest
