"""Slips in the forecast: two lists grown at once, and values carried on."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a07.forecast import task


@task.wrong(
    "the gradients grown from the input together with the values",
    hint="A gradient starts with 1 at the top and walks back. You multiply its factors from the input upwards, "
    "starting with 1 there, and the list stands that way too.",
    section="sec-07-not-vanishing",
)
def both_upward(phi: Any, slope: Any, u: Any, gain: Any, depth: Any) -> Any:
    values, factors = [1.0], []
    for _ in range(depth):
        z = gain * values[-1] * u
        values.append(np.sqrt(np.mean(phi(z) ** 2)))
        factors.append(gain * np.sqrt(np.mean(slope(z) ** 2)))
    gradients = [1.0]
    for f in factors:
        gradients.append(gradients[-1] * f)
    return values, gradients


@task.wrong(
    "the values themselves carried on from layer to layer",
    hint="Every unit of a layer sums over many values, so its pre-activations are normal again. You hand the "
    "activation's own output to the next layer as if there were no weights between.",
)
def draws_carried(phi: Any, slope: Any, u: Any, gain: Any, depth: Any) -> Any:
    values, factors, h = [1.0], [], u
    for _ in range(depth):
        z = gain * h
        h = phi(z)
        values.append(np.sqrt(np.mean(h**2)))
        factors.append(gain * np.sqrt(np.mean(slope(z) ** 2)))
    gradients = [1.0]
    for f in reversed(factors):
        gradients.insert(0, gradients[0] * f)
    return values, gradients


@task.wrong(
    "the slopes taken where the next layer stands",
    hint="A layer's slope is taken at its own pre-activations. You have replaced the size behind the layer "
    "below by the one behind this layer before you take it.",
)
def slope_one_late(phi: Any, slope: Any, u: Any, gain: Any, depth: Any) -> Any:
    values, factors = [1.0], []
    for _ in range(depth):
        z = gain * values[-1] * u
        values.append(np.sqrt(np.mean(phi(z) ** 2)))
        factors.append(gain * np.sqrt(np.mean(slope(gain * values[-1] * u) ** 2)))
    gradients = [1.0]
    for f in reversed(factors):
        gradients.insert(0, gradients[0] * f)
    return values, gradients
