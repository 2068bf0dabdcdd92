"""Update rules: the mathematics of each optimiser and nothing else.

> **A rule is a function that returns the new parameter and its new memory.**

``w, state = rule(w, g, state, lr, …)``: w and its gradient g have one shape, ``state`` is what the rule
returned at the step before, ``{}`` at the first. Rules are pure: no argument is changed, and no result shares
memory with one. Each parameter has a state, and so a count of steps t, of its own. Names and defaults are
those of PyTorch, and so are the numbers.

Numbers are worked out before arrays: ``lr / (1 - beta1**t) * m`` divides one number, not an array, which makes
Adam's step 0.8 × as long. Scratch memory kept between steps would make it 0.8 × as long again, and hide the
formula.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.ops._door import Array

State = dict[str, Any]  # arrays of w's shape, and the number of steps


def sgd(
    w: Array,
    g: Array,
    state: State,
    lr: float,
    momentum: float = 0.0,
    nesterov: bool = False,
    dampening: float = 0.0,
    weight_decay: float = 0.0,
) -> tuple[Array, State]:
    """Gradient descent; with ``momentum`` along u, a running sum of gradients: u ← μu + g, w ← w − lr·u.

    Nesterov's variant takes its gradient at the look-ahead point, where momentum alone would carry w. Written
    in that point's coordinates, which is what w stands for here, the step is g + μu. u begins as the first
    gradient, undampened.
    """
    if weight_decay:
        g = g + weight_decay * w
    if not momentum:
        return w - lr * g, {}
    u = momentum * state["u"] + (1 - dampening) * g if state else g.copy()
    step = g + momentum * u if nesterov else u
    return w - lr * step, {"u": u}


def adagrad(
    w: Array, g: Array, state: State, lr: float = 0.01, eps: float = 1e-10, weight_decay: float = 0.0
) -> tuple[Array, State]:
    """Each entry's step is divided by the root of the *sum* of its squared gradients: it can only shrink."""
    if weight_decay:
        g = g + weight_decay * w
    total = state.get("total", 0) + g * g
    return w - lr * g / (np.sqrt(total) + eps), {"total": total}


def rmsprop(
    w: Array,
    g: Array,
    state: State,
    lr: float = 0.01,
    alpha: float = 0.99,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    momentum: float = 0.0,
) -> tuple[Array, State]:
    """AdaGrad with a running *average* for the sum, so that old gradients are forgotten. It starts at 0."""
    if weight_decay:
        g = g + weight_decay * w
    v = alpha * state.get("v", 0) + (1 - alpha) * g * g
    step = g / (np.sqrt(v) + eps)
    if not momentum:
        return w - lr * step, {"v": v}
    u = momentum * state.get("u", 0) + step
    return w - lr * u, {"v": v, "u": u}


def adam(
    w: Array,
    g: Array,
    state: State,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    amsgrad: bool = False,
) -> tuple[Array, State]:
    """Momentum over RMSprop: m averages g, v averages g², w ← w − lr · m̂ / (√v̂ + ε).

    Both averages start at 0 and are too small at first; m̂ = m / (1 − β₁ᵗ) and v̂ = v / (1 − β₂ᵗ) undo that.
    ``weight_decay`` is an L2 penalty inside the gradient. ``amsgrad`` divides by the largest v so far.
    """
    if weight_decay:
        g = g + weight_decay * w
    beta1, beta2 = betas
    t = state.get("t", 0) + 1
    m = beta1 * state.get("m", 0) + (1 - beta1) * g
    v = beta2 * state.get("v", 0) + (1 - beta2) * g * g
    after = {"t": t, "m": m, "v": v}
    if amsgrad:
        v = after["v_max"] = np.maximum(state.get("v_max", 0), v)
    w = w - lr / (1 - beta1**t) * m / (np.sqrt(v / (1 - beta2**t)) + eps)
    return w, after


def adamw(
    w: Array,
    g: Array,
    state: State,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.01,
    amsgrad: bool = False,
) -> tuple[Array, State]:
    """Adam whose weight decay stays outside the gradient: w shrinks by lr·λw, which no root divides."""
    return adam((1 - lr * weight_decay) * w, g, state, lr, betas, eps, 0.0, amsgrad)
