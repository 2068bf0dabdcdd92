"""A stack of blocks, with shortcuts or without: its value and its pullback."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import StudentError, call, unpack
from bplib.check.task import Case, Seen, Task

task = Task(
    "07.blocks",
    "Thirty blocks, or three",
    asks_for="blocks",
    section="sec-07-residual",
    parts={"value": 1, "gradient": 3},
)


@task.reference
def blocks(x: Any, weights: Any, keep: Any, scale: Any) -> Any:
    h, kept = x, []
    for W in weights:
        kept.append(h)
        h = keep * h + scale * (np.maximum(h, 0) @ W)

    def pullback(d: Any) -> Any:
        grads: list = []
        for h, W in zip(reversed(kept), reversed(weights), strict=True):
            grads = [scale * (np.maximum(h, 0).T @ d)] + grads
            d = keep * d + scale * (d @ W.T) * (h > 0)
        return d, grads

    return h, pullback


def stack(seed: int, N: int, n: int, depth: int, keep: float = 1.0, scale: float = 0.5) -> Case:
    """Random values (N, n), one of them exactly 0, as many weights (n, n) as blocks, and what comes back."""
    rng = np.random.default_rng(seed)
    x, weights = rng.standard_normal((N, n)), [rng.standard_normal((n, n)) for _ in range(depth)]
    x[0, 0] = 0.0
    return {"x": x, "weights": weights, "keep": keep, "scale": scale, "d": rng.standard_normal((N, n))}


@task.cases
def cases() -> Iterator[Case]:
    yield {
        "x": np.array([[1.0, -2.0]]),
        "weights": [np.array([[2.0, 1.0], [-1.0, 3.0]])],
        "keep": 1.0,
        "scale": 0.5,
        "d": np.array([[1.0, 4.0]]),
    }
    yield stack(1, 4, 3, 3)
    yield stack(2, 2, 4, 2, keep=0.0, scale=1.0)
    yield stack(3, 3, 2, 4, keep=0.5, scale=2.0)


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    x, weights, keep, scale, d = case.values()
    result = call(answer, x, weights, keep, scale)
    out, pullback = unpack(result, "h", "pullback", of=answer.__name__)
    if callable(out) and not callable(pullback):
        raise StudentError("form", f"{answer.__name__} returns its pullback first. The value comes first.")
    yield "value", "the value", out
    names = [f"dW{k + 1}" for k in range(len(weights))]
    for again, dh in (("", d), (", when called again", -2 * d)):
        dx, grads = unpack(call(pullback, dh, name="pullback"), "dx", "grads", of="pullback")
        yield "gradient", f"dx{again}", dx
        for name, g in zip(names, unpack(grads, *names, of="the list of gradients"), strict=True):
            yield "gradient", f"{name}{again}", g


@task.wrong(
    "the shortcut forgotten on the way back",
    hint="The input of a block is used twice: it goes into the layer, and past it. Two gradients come back, and "
    "yours has one.",
)
def shortcut_forgotten_back(x: Any, weights: Any, keep: Any, scale: Any) -> Any:
    h = x
    kept = []
    for W in weights:
        kept.append(h)
        h = keep * h + scale * (np.maximum(h, 0) @ W)

    def pullback(d: Any) -> Any:
        grads: list = []
        for h, W in zip(reversed(kept), reversed(weights), strict=True):
            grads = [scale * (np.maximum(h, 0).T @ d)] + grads
            d = scale * (d @ W.T) * (h > 0)
        return d, grads

    return h, pullback


@task.wrong(
    "only the shortcut's gradient passed on",
    hint="The input of a block is used twice. You pass on what came past the layer, and leave out what came "
    "through it.",
)
def shortcut_only_back(x: Any, weights: Any, keep: Any, scale: Any) -> Any:
    h = x
    kept = []
    for W in weights:
        kept.append(h)
        h = keep * h + scale * (np.maximum(h, 0) @ W)

    def pullback(d: Any) -> Any:
        grads: list = []
        for h in reversed(kept):
            grads = [scale * (np.maximum(h, 0).T @ d)] + grads
            d = keep * d
        return d, grads

    return h, pullback


@task.wrong(
    "the shortcut's factor left out of the way back",
    hint="On the way forward the input is multiplied by `keep` before it is added. So is its gradient; with 0 "
    "there is no shortcut.",
)
def keep_ignored_back(x: Any, weights: Any, keep: Any, scale: Any) -> Any:
    h = x
    kept = []
    for W in weights:
        kept.append(h)
        h = keep * h + scale * (np.maximum(h, 0) @ W)

    def pullback(d: Any) -> Any:
        grads: list = []
        for h, W in zip(reversed(kept), reversed(weights), strict=True):
            grads = [scale * (np.maximum(h, 0).T @ d)] + grads
            d = d + scale * (d @ W.T) * (h > 0)
        return d, grads

    return h, pullback


@task.wrong(
    "the factor of the shortcut ignored",
    hint="You add the input as it is. The task multiplies it by `keep`, and with 0 the stack is a plain network.",
)
def keep_ignored(x: Any, weights: Any, keep: Any, scale: Any) -> Any:
    h = x
    kept = []
    for W in weights:
        kept.append(h)
        h = h + scale * (np.maximum(h, 0) @ W)

    def pullback(d: Any) -> Any:
        grads: list = []
        for h, W in zip(reversed(kept), reversed(weights), strict=True):
            grads = [scale * (np.maximum(h, 0).T @ d)] + grads
            d = d + scale * (d @ W.T) * (h > 0)
        return d, grads

    return h, pullback


@task.wrong(
    "the correction's scale left out of the way back",
    hint="The correction is multiplied by `scale`, so its gradients are too: the one for the weights and the one "
    "that goes on.",
)
def scale_lost_back(x: Any, weights: Any, keep: Any, scale: Any) -> Any:
    h = x
    kept = []
    for W in weights:
        kept.append(h)
        h = keep * h + scale * (np.maximum(h, 0) @ W)

    def pullback(d: Any) -> Any:
        grads: list = []
        for h, W in zip(reversed(kept), reversed(weights), strict=True):
            grads = [np.maximum(h, 0).T @ d] + grads
            d = keep * d + (d @ W.T) * (h > 0)
        return d, grads

    return h, pullback


@task.wrong(
    "the correction's scale left out of the weights' gradients",
    hint="What the weights make is multiplied by `scale` before it counts. Their gradient has to pass that "
    "factor.",
)
def scale_lost_in_dw(x: Any, weights: Any, keep: Any, scale: Any) -> Any:
    h = x
    kept = []
    for W in weights:
        kept.append(h)
        h = keep * h + scale * (np.maximum(h, 0) @ W)

    def pullback(d: Any) -> Any:
        grads: list = []
        for h, W in zip(reversed(kept), reversed(weights), strict=True):
            grads = [np.maximum(h, 0).T @ d] + grads
            d = keep * d + scale * (d @ W.T) * (h > 0)
        return d, grads

    return h, pullback


@task.wrong(
    "the scale put on the sum",
    hint="`scale` belongs to the correction alone. You scale the shortcut as well, and thirty blocks of that "
    "leave nothing.",
)
def scale_on_everything(x: Any, weights: Any, keep: Any, scale: Any) -> Any:
    h = x
    kept = []
    for W in weights:
        kept.append(h)
        h = scale * (keep * h + np.maximum(h, 0) @ W)

    def pullback(d: Any) -> Any:
        grads: list = []
        for h, W in zip(reversed(kept), reversed(weights), strict=True):
            grads = [scale * (np.maximum(h, 0).T @ d)] + grads
            d = scale * (keep * d + (d @ W.T) * (h > 0))
        return d, grads

    return h, pullback


from bplib.check.tasks.a07 import _blocks_more  # noqa: E402, F401  # it enters more wrong answers
