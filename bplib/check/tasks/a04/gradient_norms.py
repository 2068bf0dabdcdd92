"""How long the gradient still is at every layer: the measurement that opens chapter 04."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from bplib.check import probes
from bplib.check.student import describe
from bplib.check.task import Case, Seen, Task

task = Task(
    "04.gradient_norms",
    "The length of a gradient, layer by layer",
    asks_for="gradient_norms",
    section="sec-04-question",
    parts={"ends": 1, "norms": 3},
)


@task.probe
def look(answer: Any, case: Case) -> Iterator[Seen]:
    norms = probes.call(answer, *case.values())
    form = isinstance(norms, list | tuple) or (isinstance(norms, np.ndarray) and norms.ndim == 1)
    if not form:
        got = "one number" if isinstance(norms, float | int) else describe(norms)
        raise probes.StudentError(
            "form", f"gradient_norms should return a list of numbers; it returned {got}."
        )
    yield "ends", "how many norms there are", len(norms)
    yield "ends", "the last norm", norms[-1] if len(norms) else None
    yield "norms", "the norms, from input to output", np.array(norms) if _numbers(norms) else norms


def _numbers(norms: Any) -> bool:
    return all(
        isinstance(n, float | int | np.number) or (isinstance(n, np.ndarray) and n.ndim == 0) for n in norms
    )


@task.reference
def gradient_norms(phi: Any, slope: Any, weights: Any, x: Any, d: Any) -> Any:
    h, zs = x, []
    for W in weights:
        zs.append(h @ W)
        h = phi(zs[-1])
    norms = [np.linalg.norm(d)]
    for W, z in zip(reversed(weights), reversed(zs), strict=True):
        d = (d * slope(z)) @ W.T
        norms.append(np.linalg.norm(d))
    return norms[::-1]


def relu(z: Any) -> Any:
    return np.maximum(z, 0)


def relu_slope(z: Any) -> Any:
    return (z > 0).astype(float)


def square_slope(z: Any) -> Any:
    return 2 * z


def tanh_slope(z: Any) -> Any:
    return 1 - np.tanh(z) ** 2


def sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def sigmoid_slope(z: Any) -> Any:
    return sigmoid(z) * (1 - sigmoid(z))


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(48)
    yield {
        "phi": relu,
        "slope": relu_slope,
        "weights": [np.array([[4.0, 0.0], [3.0, -4.0]]), np.array([[3.0], [4.0]])],
        "x": np.array([[1.0, 2.0]]),
        "d": np.array([[1.0]]),
    }
    yield {
        "phi": np.square,
        "slope": square_slope,
        "weights": [np.array([[3.0]]), np.array([[0.5]])],
        "x": np.array([[1.0]]),
        "d": np.array([[1.0]]),
    }
    for phi, slope, widths, batch in (
        (np.tanh, tanh_slope, (3, 5, 2, 4), 6),
        (sigmoid, sigmoid_slope, (4, 4, 4), 3),
        (relu, relu_slope, (2, 6, 5), 4),
    ):
        yield {
            "phi": phi,
            "slope": slope,
            "weights": [rng.normal(size=shape) for shape in pairwise(widths)],
            "x": rng.normal(size=(batch, widths[0])),
            "d": rng.normal(size=(batch, widths[-1])),
        }


@task.wrong(
    "the norms from output to input",
    hint="The gradient travels from the output back, so that is the order in which you met the numbers. The list is "
    "asked for in the order of the layers, the input first.",
)
def output_first(phi: Any, slope: Any, weights: Any, x: Any, d: Any) -> Any:
    h, zs = x, []
    for W in weights:
        zs.append(h @ W)
        h = phi(zs[-1])
    norms = [np.linalg.norm(d)]
    for W, z in zip(weights[::-1], zs[::-1], strict=True):
        d = (d * slope(z)) @ W.T
        norms.append(np.linalg.norm(d))
    return norms


@task.wrong(
    "the slopes left out",
    hint="On the way back you passed the weights and no activation. All curves would then give the same numbers if "
    "their weights are the same, and the chapter's three did not.",
    section="sec-04-rule",
)
def slopes_left_out(phi: Any, slope: Any, weights: Any, x: Any, d: Any) -> Any:
    norms = [np.linalg.norm(d)]
    for W in weights[::-1]:
        d = d @ W.T
        norms.append(np.linalg.norm(d))
    return norms[::-1]


@task.wrong(
    "the slope taken at the activation, and not at the pre-activation",
    hint="You gave to slope what came out of the bend. It wants the number that went in: the slope belongs to the "
    "place on the curve where the value came through.",
    section="sec-04-bug-slope",
)
def slope_at_the_value(phi: Any, slope: Any, weights: Any, x: Any, d: Any) -> Any:
    hs = [x]
    for W in weights:
        hs.append(phi(hs[-1] @ W))
    norms = [np.linalg.norm(d)]
    for W, a in zip(weights[::-1], hs[:0:-1], strict=True):
        d = (d * slope(a)) @ W.T
        norms.append(np.linalg.norm(d))
    return norms[::-1]


@task.wrong(
    "the way forward without its bends",
    hint="The z of your second layer was computed from the z of the first, and not from what the activation made of "
    "it. So the slopes are taken at places where no value came through.",
    section="sec-04-rule",
)
def bends_left_out(phi: Any, slope: Any, weights: Any, x: Any, d: Any) -> Any:
    h, zs = x, []
    for W in weights:
        h = h @ W
        zs.append(h)
    norms = [np.linalg.norm(d)]
    for W, z in zip(weights[::-1], zs[::-1], strict=True):
        d = (d * slope(z)) @ W.T
        norms.append(np.linalg.norm(d))
    return norms[::-1]


@task.wrong(
    "the length measured before the weights were passed",
    hint="What you measured is the gradient with respect to z, between bend and weights. One step further, through "
    "the weights, and you are at the layer's input, where the length was asked for.",
)
def measured_too_early(phi: Any, slope: Any, weights: Any, x: Any, d: Any) -> Any:
    h, zs = x, []
    for W in weights:
        zs.append(h @ W)
        h = phi(zs[-1])
    norms = [np.linalg.norm(d)]
    for W, z in zip(weights[::-1], zs[::-1], strict=True):
        dz = d * slope(z)
        norms.append(np.linalg.norm(dz))
        d = dz @ W.T
    return norms[::-1]


@task.wrong(
    "the squared lengths",
    hint="You added the squares and stopped before the root. A gradient that is half as long would show as a "
    "quarter.",
)
def squared(phi: Any, slope: Any, weights: Any, x: Any, d: Any) -> Any:
    h, zs = x, []
    for W in weights:
        zs.append(h @ W)
        h = phi(zs[-1])
    norms = [np.sum(d**2)]
    for W, z in zip(weights[::-1], zs[::-1], strict=True):
        d = (d * slope(z)) @ W.T
        norms.append(np.sum(d**2))
    return norms[::-1]


@task.wrong(
    "the largest stretch of a matrix in place of its length",
    hint="With a matrix and the order 2 NumPy gives the spectral norm, the most that the matrix can stretch a "
    "vector. Asked for is the length of all entries together, as if they stood in one long row.",
)
def spectral(phi: Any, slope: Any, weights: Any, x: Any, d: Any) -> Any:
    h, zs = x, []
    for W in weights:
        zs.append(h @ W)
        h = phi(zs[-1])
    norms = [np.linalg.norm(d, 2)]
    for W, z in zip(weights[::-1], zs[::-1], strict=True):
        d = (d * slope(z)) @ W.T
        norms.append(np.linalg.norm(d, 2))
    return norms[::-1]


@task.wrong(
    "the mean size of an entry in place of the length",
    hint="A mean over entries depends on how wide the layer is. The length of the gradient is the root of the sum "
    "of all squares.",
)
def mean_size(phi: Any, slope: Any, weights: Any, x: Any, d: Any) -> Any:
    h, zs = x, []
    for W in weights:
        zs.append(h @ W)
        h = phi(zs[-1])
    norms = [np.abs(d).mean()]
    for W, z in zip(weights[::-1], zs[::-1], strict=True):
        d = (d * slope(z)) @ W.T
        norms.append(np.abs(d).mean())
    return norms[::-1]


@task.wrong(
    "what arrived at the end not counted",
    hint="One number is missing: the length of d itself, before it has passed anything. With L layers there are "
    "L + 1 places to measure, like posts and the spaces between them.",
)
def end_not_counted(phi: Any, slope: Any, weights: Any, x: Any, d: Any) -> Any:
    h, zs = x, []
    for W in weights:
        zs.append(h @ W)
        h = phi(zs[-1])
    norms = []
    for W, z in zip(weights[::-1], zs[::-1], strict=True):
        d = (d * slope(z)) @ W.T
        norms.append(np.linalg.norm(d))
    return norms[::-1]


@task.wrong(
    "weights and slopes passed in the wrong order",
    hint="Going back you meet last what came first on the way forward. A layer's bend came after its weights, so "
    "its slope comes before them.",
    section="sec-03-chain",
)
def weights_first(phi: Any, slope: Any, weights: Any, x: Any, d: Any) -> Any:
    h, zs = x, []
    for W in weights:
        zs.append(h @ W)
        h = phi(zs[-1])
    norms = [np.linalg.norm(d)]
    for k in reversed(range(len(weights))):
        d = d @ weights[k].T
        d = d * slope(zs[k - 1] if k else x)
        norms.append(np.linalg.norm(d))
    return norms[::-1]


from bplib.check.tasks.a04 import _gradient_norms_more  # noqa: E402, F401  # it enters more wrong answers
