"""Still more wrong answers to 13.train."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a13.embedding import embedding
from bplib.check.tasks.a13.multi_head import multi_head
from bplib.check.tasks.a13.train import task


@task.wrong(
    "the logarithm of a probability that became 0",
    hint="A number that is unlikely enough gets a probability of exactly 0. Its logarithm is infinite,"
    " and 0 times infinity is not a number, even where this number is no target.",
    section="sec-05-softmax",
)
def log_of_zero(params: Any, batches: Any, heads: Any, rate: Any) -> Any:
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
        logp = np.log(np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True))
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
    "the loss of the last position only",
    hint="You look at the last position, as one does with a recurrent net that reads a sequence to its"
    " end. Here every position has an answer to give.",
    section="sec-13-character-model",
)
def last_position_only(params: Any, batches: Any, heads: Any, rate: Any) -> Any:
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
        hot[:, :-1] = 0
        losses.append(-np.sum(hot * logp) / len(ids))
        dz = (np.exp(logp) - hot) * hot.sum(axis=-1, keepdims=True) / len(ids)
        dW, db = np.einsum("ntd,ntv->dv", y, dz), dz.sum(axis=(0, 1))
        dy = dz @ W.T
        dx, *dheads = back(dy)
        dx = dx + dy
        grads = [back_E(dx), dx.sum(axis=0), *dheads, dW, db]
        params = [p - rate * g for p, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "the loss after the step",
    hint="You report the loss of the parameters that the step has made. The task asks for the loss "
    "before it, which the gradients belong to.",
    section="sec-13-character-model",
)
def loss_after_the_step(params: Any, batches: Any, heads: Any, rate: Any) -> Any:
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

        dz = (np.exp(logp) - hot) / targets.size
        dW, db = np.einsum("ntd,ntv->dv", y, dz), dz.sum(axis=(0, 1))
        dy = dz @ W.T
        dx, *dheads = back(dy)
        dx = dx + dy
        grads = [back_E(dx), dx.sum(axis=0), *dheads, dW, db]
        params = [p - rate * g for p, g in zip(params, grads, strict=True)]
        E, P, Wq, Wk, Wv, Wo, W, b = params
        x = E[ids] + P
        z = (x + multi_head(x, Wq, Wk, Wv, Wo, heads, every)[0]) @ W + b
        losses.append(np.mean(np.log(np.exp(z).sum(axis=-1)) - (hot * z).sum(axis=-1)))
    return params, losses


@task.wrong(
    "the gradient added",
    hint="Your steps go uphill. A step against the gradient makes the loss smaller.",
    section="sec-01-sign",
)
def uphill(params: Any, batches: Any, heads: Any, rate: Any) -> Any:
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
        params = [p + rate * g for p, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "the shortcut missing on the way back",
    hint="x reaches the scores by two routes. On the way back you follow the one through the heads only.",
    section="sec-07-residual",
)
def shortcut_not_back(params: Any, batches: Any, heads: Any, rate: Any) -> Any:
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
        dx = dx + 0 * dy
        grads = [back_E(dx), dx.sum(axis=0), *dheads, dW, db]
        params = [p - rate * g for p, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "the route through the heads missing on the way back",
    hint="x reaches the scores by two routes. On the way back you follow the shortcut only, and E and "
    "P do not learn what the heads need.",
    section="sec-03-fanout",
)
def heads_route_lost(params: Any, batches: Any, heads: Any, rate: Any) -> Any:
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
        dx = 0 * dx + dy
        grads = [back_E(dx), dx.sum(axis=0), *dheads, dW, db]
        params = [p - rate * g for p, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "the positions' gradient averaged over the batch",
    hint="You take a mean over the sequences. Each row of P is used in every sequence, and what comes "
    "back adds up.",
    section="sec-05-nk",
)
def positions_averaged(params: Any, batches: Any, heads: Any, rate: Any) -> Any:
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
        grads = [back_E(dx), dx.mean(axis=0), *dheads, dW, db]
        params = [p - rate * g for p, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "positions that do not learn",
    hint="Your table of positions stays as it is. Here it is a parameter like the others.",
    section="sec-13-positions",
)
def positions_fixed(params: Any, batches: Any, heads: Any, rate: Any) -> Any:
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
        grads = [back_E(dx), 0 * P, *dheads, dW, db]
        params = [p - rate * g for p, g in zip(params, grads, strict=True)]
    return params, losses
