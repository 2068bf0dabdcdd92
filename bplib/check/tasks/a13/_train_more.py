"""More wrong answers to 13.train."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a13.embedding import embedding
from bplib.check.tasks.a13.multi_head import multi_head
from bplib.check.tasks.a13.train import task


@task.wrong(
    "the loss summed, not averaged",
    hint="Your loss grows with the batch, and so does the step. It is a mean over all positions of all"
    " sequences.",
    section="sec-05-sum",
)
def loss_summed(params: Any, batches: Any, heads: Any, rate: Any) -> Any:
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
        losses.append(-np.sum(hot * logp))
        dz = np.exp(logp) - hot
        dW, db = np.einsum("ntd,ntv->dv", y, dz), dz.sum(axis=(0, 1))
        dy = dz @ W.T
        dx, *dheads = back(dy)
        dx = dx + dy
        grads = [back_E(dx), dx.sum(axis=0), *dheads, dW, db]
        params = [p - rate * g for p, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "the mean over the sequences only",
    hint="You divide by the number of sequences. Every position gives a prediction: the mean is over "
    "all of them.",
    section="sec-05-sum",
)
def mean_over_sequences(params: Any, batches: Any, heads: Any, rate: Any) -> Any:
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
        losses.append(-np.sum(hot * logp) / len(ids))
        dz = (np.exp(logp) - hot) / len(ids)
        dW, db = np.einsum("ntd,ntv->dv", y, dz), dz.sum(axis=(0, 1))
        dy = dz @ W.T
        dx, *dheads = back(dy)
        dx = dx + dy
        grads = [back_E(dx), dx.sum(axis=0), *dheads, dW, db]
        params = [p - rate * g for p, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "the mean over the classes as well",
    hint="You average over all entries of the table of log-probabilities. Only one entry of each row "
    "is a prediction's loss.",
    section="sec-05-nk",
)
def divided_by_classes(params: Any, batches: Any, heads: Any, rate: Any) -> Any:
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
        losses.append(-np.mean(hot * logp))
        dz = (np.exp(logp) - hot) / hot.size
        dW, db = np.einsum("ntd,ntv->dv", y, dz), dz.sum(axis=(0, 1))
        dy = dz @ W.T
        dx, *dheads = back(dy)
        dx = dx + dy
        grads = [back_E(dx), dx.sum(axis=0), *dheads, dW, db]
        params = [p - rate * g for p, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "a gradient that is not divided",
    hint="Your loss is a mean, and your gradient that of a sum.",
    section="sec-05-sum",
)
def gradient_not_divided(params: Any, batches: Any, heads: Any, rate: Any) -> Any:
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
        dz = np.exp(logp) - hot
        dW, db = np.einsum("ntd,ntv->dv", y, dz), dz.sum(axis=(0, 1))
        dy = dz @ W.T
        dx, *dheads = back(dy)
        dx = dx + dy
        grads = [back_E(dx), dx.sum(axis=0), *dheads, dW, db]
        params = [p - rate * g for p, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "a gradient divided by the sequences only",
    hint="Your loss is a mean over all positions, and your gradient is divided by the number of "
    "sequences only.",
    section="sec-05-sum",
)
def gradient_by_sequences(params: Any, batches: Any, heads: Any, rate: Any) -> Any:
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
        dz = (np.exp(logp) - hot) / len(ids)
        dW, db = np.einsum("ntd,ntv->dv", y, dz), dz.sum(axis=(0, 1))
        dy = dz @ W.T
        dx, *dheads = back(dy)
        dx = dx + dy
        grads = [back_E(dx), dx.sum(axis=0), *dheads, dW, db]
        params = [p - rate * g for p, g in zip(params, grads, strict=True)]
    return params, losses


@task.wrong(
    "softmax over the positions",
    hint="Your probabilities add up to 1 along the sequence. Each position chooses among the numbers "
    "that there are.",
    section="sec-13-wrong-axis",
)
def softmax_over_positions(params: Any, batches: Any, heads: Any, rate: Any) -> Any:
    losses = []
    for ids, targets in batches:
        E, P, Wq, Wk, Wv, Wo, W, b = params
        vectors, back_E = embedding(ids, E)
        x = vectors + P
        every = np.full((len(P), len(P)), True)
        found, back = multi_head(x, Wq, Wk, Wv, Wo, heads, every)
        y = x + found
        z = y @ W + b
        z = z - z.max(axis=1, keepdims=True)
        logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
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
    "an overflow at large scores",
    hint="Your exponentials do not fit into the number type when a score is large, and infinity "
    "divided by infinity is not a number. A shift of a row's scores changes none of its "
    "probabilities.",
    section="sec-04-stable",
)
def never_shifted(params: Any, batches: Any, heads: Any, rate: Any) -> Any:
    losses = []
    for ids, targets in batches:
        E, P, Wq, Wk, Wv, Wo, W, b = params
        vectors, back_E = embedding(ids, E)
        x = vectors + P
        every = np.full((len(P), len(P)), True)
        found, back = multi_head(x, Wq, Wk, Wv, Wo, heads, every)
        y = x + found
        z = y @ W + b
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
    "one shift for all positions",
    hint="You subtract the largest score of the whole batch. In a row whose scores are all far below "
    "it, every exponential becomes 0, and the logarithm of their sum is infinite.",
    section="sec-04-stable",
)
def shifted_by_the_largest(params: Any, batches: Any, heads: Any, rate: Any) -> Any:
    losses = []
    for ids, targets in batches:
        E, P, Wq, Wk, Wv, Wo, W, b = params
        vectors, back_E = embedding(ids, E)
        x = vectors + P
        every = np.full((len(P), len(P)), True)
        found, back = multi_head(x, Wq, Wk, Wv, Wo, heads, every)
        y = x + found
        z = y @ W + b
        z = z - z.max()
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
