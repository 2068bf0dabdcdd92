"""How large the values and the gradients of a deep network will be, computed before it is built."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import call, unpack
from bplib.check.task import Case, Seen, Task

task = Task(
    "07.forecast",
    "A forecast",
    asks_for="forecast",
    section="sec-07-variance",
    parts={"values": 2, "gradients": 2},
)


@task.reference
def forecast(phi: Any, slope: Any, u: Any, gain: Any, depth: Any) -> Any:
    values, factors = [1.0], []
    for _ in range(depth):
        z = gain * values[-1] * u
        values.append(np.sqrt(np.mean(phi(z) ** 2)))
        factors.append(gain * np.sqrt(np.mean(slope(z) ** 2)))
    gradients = [1.0]
    for f in reversed(factors):
        gradients.insert(0, gradients[0] * f)
    return values, gradients


def relu(z: Any) -> Any:
    """max(z, 0)."""
    return np.maximum(z, 0.0)


def relu_slope(z: Any) -> Any:
    """1 where z > 0, else 0."""
    return (np.asarray(z) > 0) * 1.0


def tanh(z: Any) -> Any:
    """tanh z."""
    return np.tanh(z)


def tanh_slope(z: Any) -> Any:
    """1 − tanh² z."""
    return 1 - np.tanh(z) ** 2


def sigmoid(z: Any) -> Any:
    """1 / (1 + e^−z)."""
    return 1 / (1 + np.exp(-np.asarray(z)))


def sigmoid_slope(z: Any) -> Any:
    """σ(z) (1 − σ(z))."""
    return sigmoid(z) * (1 - sigmoid(z))


def planned(phi: Any, slope: Any, gain: float, depth: int, seed: int = 0, draws: int = 40) -> Case:
    """An activation, and normal draws to average over, symmetric about 0."""
    half = np.random.default_rng(seed).standard_normal(draws // 2)
    return {"phi": phi, "slope": slope, "u": np.concatenate([half, -half]), "gain": gain, "depth": depth}


@task.cases
def cases() -> Iterator[Case]:
    yield {"phi": relu, "slope": relu_slope, "u": np.array([-1.0, 1.0]), "gain": 1.0, "depth": 2}
    yield {"phi": tanh, "slope": tanh_slope, "u": np.array([-1.5, -0.5, 0.5, 1.5]), "gain": 2.0, "depth": 1}
    yield planned(sigmoid, sigmoid_slope, 1.5, 3)
    yield planned(tanh, tanh_slope, 0.8, 4, seed=1)


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    values, gradients = unpack(call(answer, *case.values()), "values", "gradients", of="forecast")
    yield "values", "the values, input to top", np.array([float(v) for v in values])
    yield "gradients", "the gradients, input to top", np.array([float(v) for v in gradients])


@task.wrong(
    "mean squares given where lengths are asked for",
    hint="Both lists are of root mean squares. A mean square that halves in every layer is a length that falls by "
    "the root of a half.",
)
def no_roots(phi: Any, slope: Any, u: Any, gain: Any, depth: Any) -> Any:
    values, factors = [1.0], []
    for _ in range(depth):
        z = gain * np.sqrt(values[-1]) * u
        values.append(np.mean(phi(z) ** 2))
        factors.append(gain**2 * np.mean(slope(z) ** 2))
    gradients = [1.0]
    for f in reversed(factors):
        gradients.insert(0, gradients[0] * f)
    return values, gradients


@task.wrong(
    "every layer fed as if its inputs had size 1",
    hint="What enters a layer is what the layer below has left. Yours starts afresh in every layer.",
)
def fresh_inputs(phi: Any, slope: Any, u: Any, gain: Any, depth: Any) -> Any:
    values, factors = [1.0], []
    for _ in range(depth):
        z = gain * u
        values.append(np.sqrt(np.mean(phi(z) ** 2)))
        factors.append(gain * np.sqrt(np.mean(slope(z) ** 2)))
    gradients = [1.0]
    for f in reversed(factors):
        gradients.insert(0, gradients[0] * f)
    return values, gradients


@task.wrong(
    "the spread about the mean in the place of the mean square",
    hint="The next layer's sums grow with the square of what comes in, its mean included. A sigmoid's values have "
    "a mean of a half, and it counts.",
    section="sec-07-gain",
)
def spread_about_mean(phi: Any, slope: Any, u: Any, gain: Any, depth: Any) -> Any:
    values, factors = [1.0], []
    for _ in range(depth):
        z = gain * values[-1] * u
        values.append(np.std(phi(z)))
        factors.append(gain * np.sqrt(np.mean(slope(z) ** 2)))
    gradients = [1.0]
    for f in reversed(factors):
        gradients.insert(0, gradients[0] * f)
    return values, gradients


@task.wrong(
    "the mean slope in the place of the root of its mean square",
    hint="Gradient entries are multiplied by slopes and then squared to measure a length. So the slopes' squares "
    "are averaged, and the root comes last.",
)
def mean_slope(phi: Any, slope: Any, u: Any, gain: Any, depth: Any) -> Any:
    values, factors = [1.0], []
    for _ in range(depth):
        z = gain * values[-1] * u
        values.append(np.sqrt(np.mean(phi(z) ** 2)))
        factors.append(gain * np.mean(slope(z)))
    gradients = [1.0]
    for f in reversed(factors):
        gradients.insert(0, gradients[0] * f)
    return values, gradients


@task.wrong(
    "the gradients listed from the top to the input",
    hint="Both lists run from the input to the top, so the 1 that arrives stands last in yours, not first.",
    section="sec-07-powers",
)
def downward(phi: Any, slope: Any, u: Any, gain: Any, depth: Any) -> Any:
    values, factors = [1.0], []
    for _ in range(depth):
        z = gain * values[-1] * u
        values.append(np.sqrt(np.mean(phi(z) ** 2)))
        factors.append(gain * np.sqrt(np.mean(slope(z) ** 2)))
    gradients = [1.0]
    for f in reversed(factors):
        gradients.append(gradients[-1] * f)
    return values, gradients


@task.wrong(
    "the factors multiplied from the input upwards",
    hint="A gradient starts at the top. The first factor that it meets is the last layer's; you multiply the "
    "first layer's first.",
    section="sec-07-powers",
)
def upward(phi: Any, slope: Any, u: Any, gain: Any, depth: Any) -> Any:
    values, factors = [1.0], []
    for _ in range(depth):
        z = gain * values[-1] * u
        values.append(np.sqrt(np.mean(phi(z) ** 2)))
        factors.append(gain * np.sqrt(np.mean(slope(z) ** 2)))
    gradients = [1.0]
    for f in factors:
        gradients.insert(0, gradients[0] * f)
    return values, gradients


@task.wrong(
    "the weights left out of the way back",
    hint="On its way back a gradient meets the slope and the weights. Yours meets the slope alone, so that it "
    "could never explode.",
    section="sec-07-causes",
)
def slopes_alone(phi: Any, slope: Any, u: Any, gain: Any, depth: Any) -> Any:
    values, factors = [1.0], []
    for _ in range(depth):
        z = gain * values[-1] * u
        values.append(np.sqrt(np.mean(phi(z) ** 2)))
        factors.append(np.sqrt(np.mean(slope(z) ** 2)))
    gradients = [1.0]
    for f in reversed(factors):
        gradients.insert(0, gradients[0] * f)
    return values, gradients


@task.wrong(
    "slopes taken at draws of size 1",
    hint="The slope counts at the layer's own pre-activations, and those have the size that the forecast for the "
    "values gives them.",
)
def slope_at_draws(phi: Any, slope: Any, u: Any, gain: Any, depth: Any) -> Any:
    values, factors = [1.0], []
    for _ in range(depth):
        z = gain * values[-1] * u
        values.append(np.sqrt(np.mean(phi(z) ** 2)))
        factors.append(gain * np.sqrt(np.mean(slope(u) ** 2)))
    gradients = [1.0]
    for f in reversed(factors):
        gradients.insert(0, gradients[0] * f)
    return values, gradients


@task.wrong(
    "slopes taken at the values behind the activation",
    hint="The slope is one at the pre-activation. You put in what the activation has made of it.",
    section="sec-04-bug-slope",
)
def slope_at_values(phi: Any, slope: Any, u: Any, gain: Any, depth: Any) -> Any:
    values, factors = [1.0], []
    for _ in range(depth):
        z = gain * values[-1] * u
        values.append(np.sqrt(np.mean(phi(z) ** 2)))
        factors.append(gain * np.sqrt(np.mean(slope(phi(z)) ** 2)))
    gradients = [1.0]
    for f in reversed(factors):
        gradients.insert(0, gradients[0] * f)
    return values, gradients


@task.wrong(
    "the gain put on the values after the activation",
    hint="The gain belongs to the weights, and what they make goes into the activation. You multiply what comes "
    "out.",
    section="sec-07-gain",
)
def gain_outside(phi: Any, slope: Any, u: Any, gain: Any, depth: Any) -> Any:
    values, factors = [1.0], []
    for _ in range(depth):
        z = values[-1] * u
        values.append(gain * np.sqrt(np.mean(phi(z) ** 2)))
        factors.append(gain * np.sqrt(np.mean(slope(z) ** 2)))
    gradients = [1.0]
    for f in reversed(factors):
        gradients.insert(0, gradients[0] * f)
    return values, gradients


@task.wrong(
    "the size at the input left out",
    hint="There are as many entries as layers and one more: the input itself stands first in the values, and the "
    "top stands last in the gradients.",
    section="sec-07-powers",
)
def ends_left_out(phi: Any, slope: Any, u: Any, gain: Any, depth: Any) -> Any:
    values, factors = [1.0], []
    for _ in range(depth):
        z = gain * values[-1] * u
        values.append(np.sqrt(np.mean(phi(z) ** 2)))
        factors.append(gain * np.sqrt(np.mean(slope(z) ** 2)))
    gradients = [1.0]
    for f in reversed(factors):
        gradients.insert(0, gradients[0] * f)
    return values[1:], gradients[:-1]


from bplib.check.tasks.a07 import _forecast_slips  # noqa: E402, F401  # it enters more wrong answers
