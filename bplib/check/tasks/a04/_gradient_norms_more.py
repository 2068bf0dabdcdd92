"""More wrong ways of following a gradient's length through the layers."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a04.gradient_norms import task


@task.wrong(
    "the weights in the order of the way forward",
    hint="You go back through the pre-activations from the last to the first, and through the weights from the first "
    "to the last. A slope and the weights that it is passed with belong to the same layer.",
    section="sec-03-chain",
)
def weights_not_reversed(phi: Any, slope: Any, weights: Any, x: Any, d: Any) -> Any:
    h, zs = x, []
    for W in weights:
        zs.append(h @ W)
        h = phi(zs[-1])
    norms = [np.linalg.norm(d)]
    for W, z in zip(weights, zs[::-1], strict=True):
        d = (d * slope(z)) @ W.T
        norms.append(np.linalg.norm(d))
    return norms[::-1]


@task.wrong(
    "the activation itself, where its slope belongs",
    hint="You multiplied by the value of the bend. How large a value came out says nothing about how much of a small "
    "change gets through; that is the slope's part.",
    section="sec-04-rule",
)
def phi_for_slope(phi: Any, slope: Any, weights: Any, x: Any, d: Any) -> Any:
    h, zs = x, []
    for W in weights:
        zs.append(h @ W)
        h = phi(zs[-1])
    norms = [np.linalg.norm(d)]
    for W, z in zip(weights[::-1], zs[::-1], strict=True):
        d = (d * phi(z)) @ W.T
        norms.append(np.linalg.norm(d))
    return norms[::-1]


@task.wrong(
    "every layer started afresh with d",
    hint="Each of your layers takes the gradient that arrived at the output. What a layer hands down is what the next "
    "one below starts from; only the last layer starts with d.",
    section="sec-04-rule",
)
def always_from_d(phi: Any, slope: Any, weights: Any, x: Any, d: Any) -> Any:
    h, zs = x, []
    for W in weights:
        zs.append(h @ W)
        h = phi(zs[-1])
    norms = [np.linalg.norm(d)]
    for W, z in zip(weights[::-1], zs[::-1], strict=True):
        norms.append(np.linalg.norm((d * slope(z)) @ W.T))
    return norms[::-1]


@task.wrong(
    "no slope at the last layer",
    hint="Here d is the gradient with respect to what came out of the last bend. So the way back begins with that "
    "bend's slope, as in every other layer.",
    section="sec-04-rule",
)
def no_slope_at_the_end(phi: Any, slope: Any, weights: Any, x: Any, d: Any) -> Any:
    h, zs = x, []
    for W in weights:
        zs.append(h @ W)
        h = phi(zs[-1])
    norms = [np.linalg.norm(d)]
    for k in reversed(range(len(weights))):
        d = d @ weights[k].T if k == len(weights) - 1 else (d * slope(zs[k])) @ weights[k].T
        norms.append(np.linalg.norm(d))
    return norms[::-1]


@task.wrong(
    "the weights not transposed on the way back",
    hint="Forward, a row of W belongs to an input of the layer, and the sum runs over inputs. Back, the sum has to "
    "run over the layer's outputs. With square weights the shapes fit either way; here they do not.",
    section="sec-01-pullback",
)
def not_transposed(phi: Any, slope: Any, weights: Any, x: Any, d: Any) -> Any:
    h, zs = x, []
    for W in weights:
        zs.append(h @ W)
        h = phi(zs[-1])
    norms = [np.linalg.norm(d)]
    for W, z in zip(weights[::-1], zs[::-1], strict=True):
        d = (d * slope(z)) @ W
        norms.append(np.linalg.norm(d))
    return norms[::-1]
