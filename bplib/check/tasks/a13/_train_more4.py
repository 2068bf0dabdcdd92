"""Still more wrong answers to 13.train."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a13.embedding import embedding
from bplib.check.tasks.a13.multi_head import multi_head
from bplib.check.tasks.a13.train import task


@task.wrong(
    "only the first batch",
    hint="A return inside a loop ends the function at once: only one step is taken.",
    section="sec-13-character-model",
)
def first_batch_only(params: Any, batches: Any, heads: Any, rate: Any) -> Any:
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
    return params, losses


@task.wrong(
    "every step taken from the start",
    hint="Each of your steps begins at the parameters that came in, and only the last one counts.",
    section="sec-13-character-model",
)
def always_from_the_start(params: Any, batches: Any, heads: Any, rate: Any) -> Any:
    losses, start = [], params
    for ids, targets in batches:
        E, P, Wq, Wk, Wv, Wo, W, b = start
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
        params = [p - rate * g for p, g in zip(start, grads, strict=True)]
    return params, losses


@task.wrong(
    "the first batch in every step",
    hint="You train on the first batch again and again. The others are never seen.",
    section="sec-13-character-model",
)
def same_batch(params: Any, batches: Any, heads: Any, rate: Any) -> Any:
    losses = []
    for _ in batches:
        ids, targets = batches[0]
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


@task.wrong(
    "gradients that are never forgotten",
    hint="Your gradients of one step are added to those of the steps before. Each step has gradients "
    "of its own.",
    section="sec-08-momentum",
)
def gradients_kept(params: Any, batches: Any, heads: Any, rate: Any) -> Any:
    losses, total = [], [0 * p for p in params]
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
        total = [t + g for t, g in zip(total, grads, strict=True)]
        params = [p - rate * t for p, t in zip(params, total, strict=True)]
    return params, losses


@task.wrong(
    "the rate divided by the number of sequences",
    hint="You divide the rate by the size of the batch. The mean of the loss has done that already.",
    section="sec-05-nk",
)
def rate_divided(params: Any, batches: Any, heads: Any, rate: Any) -> Any:
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
        params = [p - rate / len(ids) * g for p, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "one step at the end",
    hint="You add up the gradients of all batches and take one step after the loop. The task asks for "
    "a step after each batch.",
    section="sec-13-character-model",
)
def all_at_the_end(params: Any, batches: Any, heads: Any, rate: Any) -> Any:
    losses, total = [], [0 * p for p in params]
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
        total = [t + g for t, g in zip(total, grads, strict=True)]
    return [p - rate * t for p, t in zip(params, total, strict=True)], losses


@task.wrong(
    "the last loss only",
    hint="You return the last loss. The task asks for all of them, one for each batch.",
    section="sec-13-character-model",
)
def last_loss(params: Any, batches: Any, heads: Any, rate: Any) -> Any:
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
    return params, losses[-1:]
