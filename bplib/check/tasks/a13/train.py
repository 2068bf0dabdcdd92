"""A Transformer of one block, trained: vectors and positions, attention, a shortcut, scores, a loss, a step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import call, unpack
from bplib.check.task import Case, Seen, Task
from bplib.check.tasks.a13.embedding import embedding
from bplib.check.tasks.a13.multi_head import multi_head

task = Task(
    "13.train",
    "A Transformer that sorts",
    asks_for="train",
    section="sec-13-character-model",
    parts={"loss": 1, "step": 3, "steps": 1},
    needs=("13.embedding", "13.multi_head"),
)
NAMES = ("E", "P", "Wq", "Wk", "Wv", "Wo", "W", "b")


@task.reference
def train(params: Any, batches: Any, heads: Any, rate: Any) -> Any:
    losses = []
    for ids, targets in batches:
        E, P, Wq, Wk, Wv, Wo, W, b = params
        vectors, back_E = embedding(ids, E)
        x = vectors + P
        every = np.full((len(P), len(P)), True)
        found, back = multi_head(x, Wq, Wk, Wv, Wo, heads, every)
        y = x + found
        z = y @ W + b
        z = z - z.max(axis=-1, keepdims=True)
        logp = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
        hot = np.eye(len(b))[targets]
        losses.append(-np.sum(hot * logp) / targets.size)
        dz = (np.exp(logp) - hot) / targets.size
        dW, db = np.einsum("ntd,ntv->dv", y, dz), dz.sum(axis=(0, 1))
        dy = dz @ W.T
        dx, *dheads = back(dy)
        dx = dx + dy
        grads = [back_E(dx), dx.sum(axis=0), *dheads, dW, db]
        params = [p - rate * g for p, g in zip(params, grads, strict=True)]
    return params, losses


def sorting(seed: int, N: int, T: int, V: int, D: int, M: int, heads: int, steps: int) -> Case:
    """Parameters with a random start, and batches of sequences of numbers with what they are when sorted."""
    rng = np.random.default_rng(seed)
    shapes = ((V, D), (T, D), (D, M), (D, M), (D, M), (M, D), (D, V), (V,))
    batches = []
    for _ in range(steps):
        ids = rng.integers(0, V, (N, T))
        batches.append((ids, np.sort(ids, axis=1)))
    params = [0.7 * rng.standard_normal(shape) for shape in shapes]
    return {"params": params, "batches": batches, "heads": heads, "rate": 0.5}


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(139)
    shapes = ((3, 2), (2, 2), (2, 2), (2, 2), (2, 2), (2, 2))
    yield {
        "params": [*(rng.integers(-2, 3, shape) / 2 for shape in shapes), np.zeros((2, 3)), np.zeros(3)],
        "batches": [(np.array([[2, 0]]), np.array([[0, 2]]))],
        "heads": 1,
        "rate": 0.6,
    }
    yield sorting(144, 2, 2, 3, 2, 2, 1, 1)
    yield sorting(140, 3, 4, 5, 4, 6, 2, 1)
    high = sorting(141, 4, 3, 4, 4, 4, 2, 1)
    high["params"][7] = high["params"][7] + np.array([900.0, 900.0, 900.0, -900.0])
    few = np.minimum(high["batches"][0][0], 2)  # the last number has a probability of 0, and never comes
    high["batches"] = [(few, np.sort(few, axis=1))]
    yield high
    # Scores of some hundreds, a whole row of them moved together: the probabilities do not notice.
    large = sorting(143, 3, 4, 5, 4, 4, 2, 1)
    large["params"][6] = large["params"][6] + 700 * rng.standard_normal((4, 1))
    yield large
    yield sorting(142, 3, 4, 5, 4, 4, 2, 3)


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    before = [p.copy() for p in case["params"]]
    result = call(answer, *case.values())
    params, losses = unpack(result, "params", "losses", of="train")
    params = unpack(params, *NAMES, of="the list params")
    one = len(case["batches"]) == 1
    for part in ("loss", "step") if one else ("steps",):
        yield part, "the list of losses", losses
    for name, old, new in zip(NAMES, before, params, strict=True):
        if one:
            # What a student looks for is a gradient, and this is what the step shows of it.
            same = isinstance(new, np.ndarray) and new.shape == old.shape
            yield (
                "step",
                f"d{name}, as the step of {name} shows it",
                (old - new) / case["rate"] if same else new,
            )
        else:
            yield "steps", f"{name} after {len(case['batches'])} steps", new
    changed = any(not np.array_equal(a, b) for a, b in zip(before, case["params"], strict=True))
    yield "step" if one else "steps", "whether the parameters that came in were changed", changed


@task.wrong(
    "no positions added",
    hint="Your tokens do not know where they stand: P is not added. To attention a sequence is then a "
    "bag, and every output of equal tokens is the same.",
    section="sec-13-positions",
)
def no_positions(params: Any, batches: Any, heads: Any, rate: Any) -> Any:
    losses = []
    for ids, targets in batches:
        E, P, Wq, Wk, Wv, Wo, W, b = params
        vectors, back_E = embedding(ids, E)
        x = vectors + 0 * P
        every = np.full((len(P), len(P)), True)
        found, back = multi_head(x, Wq, Wk, Wv, Wo, heads, every)
        y = x + found
        z = y @ W + b
        z = z - z.max(axis=-1, keepdims=True)
        logp = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
        hot = np.eye(len(b))[targets]
        losses.append(-np.sum(hot * logp) / targets.size)
        dz = (np.exp(logp) - hot) / targets.size
        dW, db = np.einsum("ntd,ntv->dv", y, dz), dz.sum(axis=(0, 1))
        dy = dz @ W.T
        dx, *dheads = back(dy)
        dx = dx + dy
        grads = [back_E(dx), dx.sum(axis=0), *dheads, dW, db]
        params = [p - rate * g for p, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "the shortcut left out",
    hint="Your scores are made of what the heads have found, without x. The task adds the two.",
    section="sec-13-block",
)
def no_shortcut(params: Any, batches: Any, heads: Any, rate: Any) -> Any:
    losses = []
    for ids, targets in batches:
        E, P, Wq, Wk, Wv, Wo, W, b = params
        vectors, back_E = embedding(ids, E)
        x = vectors + P
        every = np.full((len(P), len(P)), True)
        found, back = multi_head(x, Wq, Wk, Wv, Wo, heads, every)
        y = found
        z = y @ W + b
        z = z - z.max(axis=-1, keepdims=True)
        logp = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
        hot = np.eye(len(b))[targets]
        losses.append(-np.sum(hot * logp) / targets.size)
        dz = (np.exp(logp) - hot) / targets.size
        dW, db = np.einsum("ntd,ntv->dv", y, dz), dz.sum(axis=(0, 1))
        dy = dz @ W.T
        dx, *dheads = back(dy)
        dx = dx + 0 * dy
        grads = [back_E(dx), dx.sum(axis=0), *dheads, dW, db]
        params = [p - rate * g for p, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "a causal mask",
    hint="Your positions see only what stands before them. To sort, the first output has to see the "
    "whole sequence.",
    section="sec-13-mask",
)
def causal(params: Any, batches: Any, heads: Any, rate: Any) -> Any:
    losses = []
    for ids, targets in batches:
        E, P, Wq, Wk, Wv, Wo, W, b = params
        vectors, back_E = embedding(ids, E)
        x = vectors + P
        every = np.tri(len(P), dtype=bool)
        found, back = multi_head(x, Wq, Wk, Wv, Wo, heads, every)
        y = x + found
        z = y @ W + b
        z = z - z.max(axis=-1, keepdims=True)
        logp = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
        hot = np.eye(len(b))[targets]
        losses.append(-np.sum(hot * logp) / targets.size)
        dz = (np.exp(logp) - hot) / targets.size
        dW, db = np.einsum("ntd,ntv->dv", y, dz), dz.sum(axis=(0, 1))
        dy = dz @ W.T
        dx, *dheads = back(dy)
        dx = dx + dy
        grads = [back_E(dx), dx.sum(axis=0), *dheads, dW, db]
        params = [p - rate * g for p, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "one head, whatever is asked for",
    hint="You call your attention with one head. The number comes in as an argument.",
    section="sec-13-heads",
)
def one_head(params: Any, batches: Any, heads: Any, rate: Any) -> Any:
    losses = []
    for ids, targets in batches:
        E, P, Wq, Wk, Wv, Wo, W, b = params
        vectors, back_E = embedding(ids, E)
        x = vectors + P
        every = np.full((len(P), len(P)), True)
        found, back = multi_head(x, Wq, Wk, Wv, Wo, 1, every)
        y = x + found
        z = y @ W + b
        z = z - z.max(axis=-1, keepdims=True)
        logp = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
        hot = np.eye(len(b))[targets]
        losses.append(-np.sum(hot * logp) / targets.size)
        dz = (np.exp(logp) - hot) / targets.size
        dW, db = np.einsum("ntd,ntv->dv", y, dz), dz.sum(axis=(0, 1))
        dy = dz @ W.T
        dx, *dheads = back(dy)
        dx = dx + dy
        grads = [back_E(dx), dx.sum(axis=0), *dheads, dW, db]
        params = [p - rate * g for p, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "the inputs taken as targets",
    hint="Your loss asks for the sequence as it came. The targets are the sorted ones.",
    section="sec-13-character-model",
)
def ids_as_targets(params: Any, batches: Any, heads: Any, rate: Any) -> Any:
    losses = []
    for ids, targets in batches:
        E, P, Wq, Wk, Wv, Wo, W, b = params
        vectors, back_E = embedding(ids, E)
        x = vectors + P
        every = np.full((len(P), len(P)), True)
        found, back = multi_head(x, Wq, Wk, Wv, Wo, heads, every)
        y = x + found
        z = y @ W + b
        z = z - z.max(axis=-1, keepdims=True)
        logp = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
        hot = np.eye(len(b))[ids]
        losses.append(-np.sum(hot * logp) / targets.size)
        dz = (np.exp(logp) - hot) / targets.size
        dW, db = np.einsum("ntd,ntv->dv", y, dz), dz.sum(axis=(0, 1))
        dy = dz @ W.T
        dx, *dheads = back(dy)
        dx = dx + dy
        grads = [back_E(dx), dx.sum(axis=0), *dheads, dW, db]
        params = [p - rate * g for p, g in zip(params, grads, strict=True)]
    return params, losses


from bplib.check.tasks.a13 import (  # noqa: E402  # they enter more wrong answers
    _train_more,  # noqa: F401
    _train_more2,  # noqa: F401
    _train_more3,  # noqa: F401
    _train_more4,  # noqa: F401
)
