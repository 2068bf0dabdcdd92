"""Still more wrong answers to 13.train."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a13.embedding import embedding
from bplib.check.tasks.a13.multi_head import multi_head
from bplib.check.tasks.a13.train import task


@task.wrong(
    "vectors that do not learn",
    hint="Your table of vectors stays as it is. It is a parameter, and embedding gave you its way back.",
    section="sec-13-embedding",
)
def table_fixed(params: Any, batches: Any, heads: Any, rate: Any) -> Any:
    losses = []
    for ids, targets in batches:
        E, P, Wq, Wk, Wv, Wo, W, b = params
        vectors, _ = embedding(ids, E)
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
        grads = [0 * E, dx.sum(axis=0), *dheads, dW, db]
        params = [p - rate * g for p, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "the table's gradient assigned",
    hint="You write the gradients into the table's rows, and of a number that occurs twice only the "
    "last is left.",
    section="sec-13-assigned",
)
def table_assigned(params: Any, batches: Any, heads: Any, rate: Any) -> Any:
    losses = []
    for ids, targets in batches:
        E, P, Wq, Wk, Wv, Wo, W, b = params
        vectors, _ = embedding(ids, E)
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
        dE = np.zeros_like(E)
        dE[ids] = dx
        grads = [dE, dx.sum(axis=0), *dheads, dW, db]
        params = [p - rate * g for p, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "only the two ends trained",
    hint="The four matrices of the attention stay as they are. Your way back ends before them.",
    section="sec-13-backward",
)
def heads_fixed(params: Any, batches: Any, heads: Any, rate: Any) -> Any:
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
        grads = [back_E(dx), dx.sum(axis=0), *(0 * w for w in dheads), dW, db]
        params = [p - rate * g for p, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "the scores' gradient made with what was found",
    hint="W has seen x and the findings together. Your dW is made with the findings alone.",
    section="sec-13-character-model",
)
def scores_from_found(params: Any, batches: Any, heads: Any, rate: Any) -> Any:
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
        dW, db = np.einsum("ntd,ntv->dv", found, dz), dz.sum(axis=(0, 1))
        dy = dz @ W.T
        dx, *dheads = back(dy)
        dx = dx + dy
        grads = [back_E(dx), dx.sum(axis=0), *dheads, dW, db]
        params = [p - rate * g for p, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "the bias's gradient averaged",
    hint="You take the mean over all positions. The mean of the loss is in dz already; from there on "
    "contributions add up.",
    section="sec-05-nk",
)
def bias_averaged(params: Any, batches: Any, heads: Any, rate: Any) -> Any:
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
        dW, db = np.einsum("ntd,ntv->dv", y, dz), dz.mean(axis=(0, 1))
        dy = dz @ W.T
        dx, *dheads = back(dy)
        dx = dx + dy
        grads = [back_E(dx), dx.sum(axis=0), *dheads, dW, db]
        params = [p - rate * g for p, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "W moved before its gradient is handed on",
    hint="You move W, and the gradient then goes back through the new one. The scores were made with "
    "the old.",
    section="sec-06-late",
)
def scores_moved_first(params: Any, batches: Any, heads: Any, rate: Any) -> Any:
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
        dy = dz @ (W - rate * dW).T
        dx, *dheads = back(dy)
        dx = dx + dy
        grads = [back_E(dx), dx.sum(axis=0), *dheads, dW, db]
        params = [p - rate * g for p, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "keys and values exchanged",
    hint="You give the values' projection where the keys' is expected, and its gradients land in the "
    "wrong places.",
    section="sec-13-heads",
)
def keys_values_exchanged(params: Any, batches: Any, heads: Any, rate: Any) -> Any:
    losses = []
    for ids, targets in batches:
        E, P, Wq, Wk, Wv, Wo, W, b = params
        vectors, back_E = embedding(ids, E)
        x = vectors + P
        every = np.full((len(P), len(P)), True)
        found, back = multi_head(x, Wq, Wv, Wk, Wo, heads, every)
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
    "the parameters changed in place",
    hint="You write into the arrays that you were given. Whoever wants to begin again from the same "
    "start finds it gone.",
    section="sec-13-character-model",
)
def changed_in_place(params: Any, batches: Any, heads: Any, rate: Any) -> Any:
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
        for p, g in zip(params, grads, strict=True):
            p -= rate * g
    return params, losses
