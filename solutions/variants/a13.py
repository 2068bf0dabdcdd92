"""Assignment 13: right answers that look different from the solution, and changes that change nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a13.attention import attention
from bplib.check.tasks.a13.embedding import embedding
from bplib.check.tasks.a13.masked_softmax import masked_softmax
from bplib.check.tasks.a13.multi_head import multi_head
from bplib.check.tasks.a13.split_heads import split_heads
from grader.audit.variants import equivalent, right

# masked_softmax


@right("13.masked_softmax", "a loop over the rows")
def masked_loop(s: Any, mask: Any) -> Any:
    mask = np.broadcast_to(mask, s.shape)
    p = np.zeros_like(s)
    for at in np.ndindex(*s.shape[:-1]):
        seen = mask[at]
        if seen.any():
            e = np.exp(s[at][seen] - s[at][seen].max())
            p[at][seen] = e / e.sum()

    def pullback(d: Any) -> Any:
        ds = np.zeros_like(p)
        for at in np.ndindex(*p.shape[:-1]):
            ds[at] = (np.diag(p[at]) - np.outer(p[at], p[at])) @ d[at]
        return ds

    return p, pullback


@right("13.masked_softmax", "through the logarithm")
def masked_log(s: Any, mask: Any) -> Any:
    z = np.where(mask, s, -np.inf)
    with np.errstate(all="ignore"):
        p = np.exp(z - np.logaddexp.reduce(z, axis=-1, keepdims=True))
    p = np.where(np.any(mask, axis=-1, keepdims=True), p, 0.0)
    return p, lambda d: p * d - p * np.sum(p * d, axis=-1, keepdims=True)


@right("13.masked_softmax", "the smallest number that there is for minus infinity, then zeros")
def masked_finite(s: Any, mask: Any) -> Any:
    z = np.where(mask, s, np.finfo(s.dtype).min)
    z = np.exp(z - np.max(z, axis=-1, keepdims=True)) * mask
    p = z / np.maximum(np.sum(z, axis=-1, keepdims=True), 1e-300)

    def pullback(d: Any) -> Any:
        return np.einsum("...k,...k->...k", p, d - np.einsum("...k,...k->...", p, d)[..., None])

    return p, pullback


@right("13.masked_softmax", "the whole Jacobian")
def masked_jacobian(s: Any, mask: Any) -> Any:
    top = np.max(s, axis=-1, keepdims=True, where=np.broadcast_to(mask, s.shape), initial=-1e300)
    with np.errstate(over="ignore", invalid="ignore"):
        e = np.where(mask, np.exp(s - top), 0.0)
        p = np.nan_to_num(e / e.sum(axis=-1, keepdims=True))
    J = p[..., :, None] * (np.eye(s.shape[-1]) - p[..., None, :])
    return p, lambda d: (d[..., None, :] @ J)[..., 0, :]


# attention


@right("13.attention", "einsum")
def attention_einsum(q: Any, k: Any, v: Any, mask: Any) -> Any:
    root = np.sqrt(q.shape[-1])
    p, back = masked_softmax(np.einsum("...qd,...kd->...qk", q, k) / root, mask)

    def pullback(d: Any) -> Any:
        ds = back(np.einsum("...qm,...km->...qk", d, v)) / root
        dq, dk = np.einsum("...qk,...kd->...qd", ds, k), np.einsum("...qk,...qd->...kd", ds, q)
        return dq, dk, np.einsum("...qk,...qm->...km", p, d)

    return np.einsum("...qk,...km->...qm", p, v), pullback


@right("13.attention", "queries scaled first")
def attention_scaled_queries(q: Any, k: Any, v: Any, mask: Any) -> Any:
    small = q * q.shape[-1] ** -0.5
    p, back = masked_softmax(np.matmul(small, np.swapaxes(k, -1, -2)), mask)

    def pullback(d: Any) -> Any:
        ds = back(np.matmul(d, np.swapaxes(v, -1, -2)))
        dsmall, dk = np.matmul(ds, k), np.matmul(np.swapaxes(ds, -1, -2), small)
        return [dsmall * q.shape[-1] ** -0.5, dk, np.matmul(np.swapaxes(p, -1, -2), d)]

    return np.matmul(p, v), pullback


@right("13.attention", "a fourth root in both factors, and a softmax of its own")
def attention_alone(q: Any, k: Any, v: Any, mask: Any) -> Any:
    root = q.shape[-1] ** 0.25
    a, b = q / root, k / root
    s = np.where(mask, a @ b.swapaxes(-1, -2), -np.inf)
    top = np.where(np.isinf(s.max(axis=-1, keepdims=True)), 0.0, s.max(axis=-1, keepdims=True))
    e = np.exp(s - top)
    p = e / np.maximum(e.sum(axis=-1, keepdims=True), 1e-300)
    out = p @ v

    def pullback(d: Any) -> Any:
        # The weighted mean of dp is the product of d with what was found.
        ds = p * (d @ v.swapaxes(-1, -2) - (d * out).sum(axis=-1, keepdims=True))
        return ds @ b / root, ds.swapaxes(-1, -2) @ a / root, p.swapaxes(-1, -2) @ d

    return out, pullback


@right("13.attention", "a loop over the queries")
def attention_loop(q: Any, k: Any, v: Any, mask: Any) -> Any:
    shape = (*q.shape[:-1], k.shape[-2])
    mask = np.broadcast_to(mask, shape)
    out = np.zeros((*q.shape[:-1], v.shape[-1]))
    backs = {}
    for at in np.ndindex(*q.shape[:-1]):
        lead = at[:-1]
        p, back = masked_softmax((k[lead] @ q[at])[None] / np.sqrt(q.shape[-1]), mask[at][None])
        out[at], backs[at] = p[0] @ v[lead], (p[0], back)

    def pullback(d: Any) -> Any:
        dq, dk, dv = np.zeros_like(q), np.zeros_like(k), np.zeros_like(v)
        for at, (p, back) in backs.items():
            lead = at[:-1]
            ds = back((v[lead] @ d[at])[None])[0] / np.sqrt(q.shape[-1])
            dq[at] += ds @ k[lead]
            dk[lead] += np.outer(ds, q[at])
            dv[lead] += np.outer(p, d[at])
        return dq, dk, dv

    return out, pullback


# split_heads


@right("13.split_heads", "a loop over slices")
def split_slices(x: Any, heads: Any) -> Any:
    width = x.shape[2] // heads
    value = np.stack([x[:, :, h * width : (h + 1) * width] for h in range(heads)], axis=1)
    return value, lambda d: np.concatenate([d[:, h] for h in range(heads)], axis=2)


@right("13.split_heads", "np.split and swapaxes")
def split_split(x: Any, heads: Any) -> Any:
    def pullback(d: Any) -> Any:
        return np.reshape(np.swapaxes(d, 1, 2), x.shape)

    return np.array(np.split(x, heads, axis=2)).swapaxes(0, 1), pullback


@right("13.split_heads", "columns by number")
def split_columns(x: Any, heads: Any) -> Any:
    columns = np.arange(x.shape[2]).reshape(heads, -1)
    value = np.moveaxis(x[:, :, columns], 2, 1)

    def pullback(d: Any) -> Any:
        dx = np.zeros_like(x)
        for h, of_head in enumerate(columns):
            dx[:, :, of_head] = d[:, h]
        return dx

    return value, pullback


@right("13.split_heads", "einsum")
def split_einsum(x: Any, heads: Any) -> Any:
    N, T, D = x.shape
    value = np.einsum("nthw->nhtw", x.reshape((N, T, heads, -1)))
    return value, lambda d: np.einsum("nhtw->nthw", d).reshape(N, T, D)


# multi_head


@right("13.multi_head", "a loop over the heads, with slices")
def multi_slices(x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any, heads: Any, mask: Any) -> Any:
    width = Wq.shape[1] // heads
    out, backs = np.zeros((*x.shape[:2], Wo.shape[1])), []
    for h in range(heads):
        own = slice(h * width, (h + 1) * width)
        found, back = attention(x @ Wq[:, own], x @ Wk[:, own], x @ Wv[:, own], mask)
        out = out + found @ Wo[own]
        backs.append((own, found, back))

    def pullback(d: Any) -> Any:
        dx, dWo = np.zeros_like(x), np.zeros_like(Wo)
        grads = [np.zeros_like(W) for W in (Wq, Wk, Wv)]
        for own, found, back in backs:
            dWo[own] = np.tensordot(found, d, ([0, 1], [0, 1]))
            for W, dW, g in zip((Wq, Wk, Wv), grads, back(d @ Wo[own].T), strict=True):
                dx += g @ W[:, own].T
                dW[:, own] = np.tensordot(x, g, ([0, 1], [0, 1]))
        return dx, *grads, dWo

    return out, pullback


@right("13.multi_head", "flat rows and matrix products")
def multi_flat(x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any, heads: Any, mask: Any) -> Any:
    N, T, D = x.shape
    rows = x.reshape(-1, D)
    parts = [split_heads((rows @ W).reshape(N, T, -1), heads) for W in (Wq, Wk, Wv)]
    found, back = attention(parts[0][0], parts[1][0], parts[2][0], mask)
    joined = found.swapaxes(1, 2).reshape(N * T, -1)

    def pullback(d: Any) -> Any:
        d = d.reshape(N * T, -1)
        dfound = (d @ Wo.T).reshape(N, T, heads, -1).swapaxes(1, 2)
        flat = [join(g).reshape(N * T, -1) for g, (_, join) in zip(back(dfound), parts, strict=True)]
        dx = sum(g @ W.T for g, W in zip(flat, (Wq, Wk, Wv), strict=True))
        return [dx.reshape(x.shape), *(rows.T @ g for g in flat), joined.T @ d]

    return (joined @ Wo).reshape(N, T, -1), pullback


@right("13.multi_head", "one matrix for all three projections")
def multi_stacked(x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any, heads: Any, mask: Any) -> Any:
    W = np.concatenate([Wq, Wk, Wv], axis=1)
    q, k, v = np.split(x @ W, 3, axis=2)
    (a, join), (b, _), (c, _) = split_heads(q, heads), split_heads(k, heads), split_heads(v, heads)
    found, back = attention(a, b, c, mask)

    def pullback(d: Any) -> Any:
        g = np.concatenate([join(part) for part in back(split_heads(d @ Wo.T, heads)[0])], axis=2)
        dW = np.matmul(x.swapaxes(1, 2), g).sum(axis=0)
        dWo = np.matmul(join(found).swapaxes(1, 2), d).sum(axis=0)
        return g @ W.T, *np.split(dW, 3, axis=1), dWo

    return join(found) @ Wo, pullback


@right("13.multi_head", "a loop over the sequences")
def multi_sequences(x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any, heads: Any, mask: Any) -> Any:
    def deal(rows: Any) -> Any:
        return rows.reshape(len(rows), heads, -1).transpose(1, 0, 2)

    def join(parts: Any) -> Any:
        return parts.transpose(1, 0, 2).reshape(parts.shape[1], -1)

    each = []
    for rows in x:
        found, back = attention(deal(rows @ Wq), deal(rows @ Wk), deal(rows @ Wv), mask)
        each.append((rows, join(found), back))

    def pullback(d: Any) -> Any:
        dx, sums = [], [np.zeros_like(W) for W in (Wq, Wk, Wv, Wo)]
        for (rows, joined, back), dn in zip(each, d, strict=True):
            dq, dk, dv = map(join, back(deal(dn @ Wo.T)))
            dx.append(dq @ Wq.T + dk @ Wk.T + dv @ Wv.T)
            news = (rows.T @ dq, rows.T @ dk, rows.T @ dv, joined.T @ dn)
            sums = [s + new for s, new in zip(sums, news, strict=True)]
        return np.array(dx), *sums

    return np.array([joined @ Wo for _, joined, _ in each]), pullback


# embedding


@right("13.embedding", "a loop over the numbers")
def embedding_loop(ids: Any, E: Any) -> Any:
    def pullback(d: Any) -> Any:
        dE = np.zeros(E.shape)
        for at in np.ndindex(*ids.shape):
            dE[ids[at]] += d[at]
        return dE

    return E[ids], pullback


@right("13.embedding", "one-hot rows and a matrix product")
def embedding_hot(ids: Any, E: Any) -> Any:
    hot = np.eye(len(E))[ids]
    return hot @ E, lambda d: hot.reshape(-1, len(E)).T @ d.reshape(-1, E.shape[1])


@right("13.embedding", "np.bincount for each column")
def embedding_bincount(ids: Any, E: Any) -> Any:
    def pullback(d: Any) -> Any:
        columns = d.reshape(-1, E.shape[1]).T
        return np.stack([np.bincount(ids.ravel(), c, minlength=len(E)) for c in columns], axis=1)

    return np.take(E, ids, axis=0), pullback


@right("13.embedding", "a mask for each row of the table")
def embedding_masks(ids: Any, E: Any) -> Any:
    def pullback(d: Any) -> Any:
        return np.array([d[ids == i].sum(axis=0) for i in range(len(E))])

    return E[ids], pullback


# positions


@right("13.positions", "two loops")
def positions_loops(T: Any, D: Any) -> Any:
    table = np.zeros((T, D))
    for t in range(T):
        for i in range(D // 2):
            angle = t / 10000 ** (2 * i / D)
            table[t, 2 * i], table[t, 2 * i + 1] = np.sin(angle), np.cos(angle)
    return table


@right("13.positions", "slices of a table of zeros")
def positions_slices(T: Any, D: Any) -> Any:
    speed = np.exp(-np.log(10000) * np.arange(0, D, 2) / D)
    table = np.zeros((T, D))
    table[:, 0::2] = np.sin(np.outer(np.arange(T), speed))
    table[:, 1::2] = np.cos(np.outer(np.arange(T), speed))
    return table


@right("13.positions", "a cosine as a sine that is ahead")
def positions_phase(T: Any, D: Any) -> Any:
    column = np.arange(D)
    speed = 10000.0 ** (-(column - column % 2) / D)
    return np.sin(np.arange(T).reshape(-1, 1) * speed + np.pi / 2 * (column % 2))


@right("13.positions", "complex numbers")
def positions_complex(T: Any, D: Any) -> Any:
    turns = np.exp(1j * np.arange(T)[:, None] / 10000 ** (np.arange(D // 2) * 2 / D))
    return np.dstack([turns.imag, turns.real]).reshape(T, D)


# feed_forward


@right("13.feed_forward", "flat rows")
def feed_flat(x: Any, gamma: Any, beta: Any, W1: Any, b1: Any, W2: Any, b2: Any, eps: Any) -> Any:
    rows = x.reshape(-1, x.shape[-1])
    centred = rows - rows.mean(axis=1)[:, None]
    inverse = 1 / np.sqrt((centred**2).mean(axis=1) + eps)[:, None]
    hat = centred * inverse
    n = hat * gamma + beta
    a = n @ W1 + b1
    h = np.where(a > 0, a, 0.0)

    def pullback(d: Any) -> Any:
        d = d.reshape(rows.shape)
        da = np.where(a > 0, d @ W2.T, 0.0)
        dn = da @ W1.T
        dhat = dn * gamma
        dcentred = dhat * inverse - hat * inverse * (dhat * hat).mean(axis=1)[:, None]
        dx = d + dcentred - dcentred.mean(axis=1)[:, None]
        ones = np.ones(len(d))
        return dx.reshape(x.shape), ones @ (dn * hat), ones @ dn, n.T @ da, ones @ da, h.T @ d, ones @ d

    return x + (h @ W2 + b2).reshape(x.shape), pullback


@right("13.feed_forward", "the norm's whole Jacobian")
def feed_jacobian(x: Any, gamma: Any, beta: Any, W1: Any, b1: Any, W2: Any, b2: Any, eps: Any) -> Any:
    D = x.shape[-1]
    s = np.sqrt(np.var(x, axis=2) + eps)[..., None]
    hat = (x - np.mean(x, axis=2)[..., None]) / s
    n = gamma * hat + beta
    h = np.maximum(0, n @ W1 + b1)
    J = (np.eye(D) - 1 / D - hat[..., :, None] * hat[..., None, :] / D) / s[..., None]

    def pullback(d: Any) -> Any:
        da = np.sign(h) * np.einsum("ntd,hd->nth", d, W2)
        dn = np.einsum("nth,dh->ntd", da, W1)
        dx = d + np.einsum("ntd,ntde->nte", gamma * dn, J)
        dW1, dW2 = np.einsum("ntd,nth->dh", n, da), np.einsum("nth,ntd->hd", h, d)
        return (
            dx,
            np.einsum("ntd,ntd->d", dn, hat),
            np.einsum("ntd->d", dn),
            dW1,
            np.einsum("nth->h", da),
            dW2,
            np.einsum("ntd->d", d),
        )

    return x + h @ W2 + b2, pullback


@right("13.feed_forward", "a pullback for each stage")
def feed_stages(x: Any, gamma: Any, beta: Any, W1: Any, b1: Any, W2: Any, b2: Any, eps: Any) -> Any:
    def norm(x: Any) -> Any:
        D = x.shape[-1]
        var = x.var(axis=-1, keepdims=True) + eps
        hat = (x - x.mean(axis=-1, keepdims=True)) / var**0.5

        def back(d: Any) -> Any:
            g = gamma * d
            total, along = g.sum(axis=-1, keepdims=True), (g * hat).sum(axis=-1, keepdims=True)
            return (D * g - total - hat * along) / (D * var**0.5), (d * hat).sum((0, 1)), d.sum((0, 1))

        return gamma * hat + beta, back

    def linear(x: Any, W: Any, b: Any) -> Any:
        over = ([0, 1], [0, 1])
        return x @ W + b, lambda d: (d @ W.T, np.tensordot(x, d, over), d.sum(axis=0).sum(axis=0))

    n, back_norm = norm(x)
    a, back_1 = linear(n, W1, b1)
    f, back_2 = linear(a * (a > 0), W2, b2)

    def pullback(d: Any) -> Any:
        dh, dW2, db2 = back_2(d)
        dn, dW1, db1 = back_1(dh * (a > 0))
        dx, dgamma, dbeta = back_norm(dn)
        return [d + dx, dgamma, dbeta, dW1, db1, dW2, db2]

    return x + f, pullback


@right("13.feed_forward", "a loop over the rows")
def feed_loop(x: Any, gamma: Any, beta: Any, W1: Any, b1: Any, W2: Any, b2: Any, eps: Any) -> Any:
    rows, D = x.reshape(-1, x.shape[2]), x.shape[2]
    kept, out = [], []
    for row in rows:
        s = np.sqrt(np.mean((row - row.mean()) ** 2) + eps)
        hat = (row - row.mean()) / s
        h = np.clip((gamma * hat + beta) @ W1 + b1, 0, None)
        kept.append((s, hat, h))
        out.append(row + h @ W2 + b2)

    def pullback(d: Any) -> Any:
        dx, sums = [], [np.zeros_like(p) for p in (gamma, beta, W1, b1, W2, b2)]
        for (s, hat, h), up in zip(kept, d.reshape(-1, D), strict=True):
            da = (W2 @ up) * (h > 0)
            dn = W1 @ da
            g = gamma * dn
            dx.append(up + (g - g.mean() - hat * (g @ hat) / D) / s)
            n = gamma * hat + beta
            news = (dn * hat, dn, np.outer(n, da), da, np.outer(h, up), up)
            sums = [total + new for total, new in zip(sums, news, strict=True)]
        return np.array(dx).reshape(x.shape), *sums

    return np.array(out).reshape(x.shape), pullback


# train


@right("13.train", "flat rows, and probabilities by number")
def train_flat(params: Any, batches: Any, heads: Any, rate: Any) -> Any:
    losses = []
    for ids, targets in batches:
        E, P, Wq, Wk, Wv, Wo, W, b = params
        x, back_E = embedding(ids, E)
        x = x + P[None]
        found, back = multi_head(x, Wq, Wk, Wv, Wo, heads, np.ones((len(P), len(P)), dtype=bool))
        y = (x + found).reshape(-1, E.shape[1])
        z = y @ W + b
        e = np.exp(z - z.max(axis=1)[:, None])
        p = e / e.sum(axis=1)[:, None]
        at = (np.arange(len(p)), targets.ravel())
        losses.append(float(-np.log(p[at]).mean()))
        p[at] -= 1
        p /= len(p)
        dy = (p @ W.T).reshape(x.shape)
        dx, *dW = back(dy)
        dx += dy
        grads = [back_E(dx), dx.sum(axis=0), *dW, y.T @ p, p.sum(axis=0)]
        params = [old - rate * g for old, g in zip(params, grads, strict=True)]
    return params, losses


@right("13.train", "a function for the loss and its gradients")
def train_inner(params: Any, batches: Any, heads: Any, rate: Any) -> Any:
    def loss_and_gradients(params: Any, ids: Any, targets: Any) -> Any:
        E, P, Wq, Wk, Wv, Wo, W, b = params
        (vectors, back_E), (places, back_P) = embedding(ids, E), embedding(np.arange(ids.shape[1]), P)
        x = vectors + places
        found, back = multi_head(x, Wq, Wk, Wv, Wo, heads, np.full((len(P), len(P)), True))
        z = (x + found) @ W + b
        total = np.logaddexp.reduce(z, axis=-1, keepdims=True)
        picked = np.take_along_axis(z - total, targets[..., None], axis=-1)
        dz = np.exp(z - total) / picked.size
        np.put_along_axis(
            dz, targets[..., None], np.take_along_axis(dz, targets[..., None], -1) - 1 / picked.size, axis=-1
        )
        dy = np.einsum("ntv,dv->ntd", dz, W)
        through, *inner = back(dy)
        dx = through + dy
        ends = [np.einsum("ntd,ntv->dv", x + found, dz), np.einsum("ntv->v", dz)]
        return -np.mean(picked), [back_E(dx), back_P(np.sum(dx, axis=0)), *inner, *ends]

    params, losses = list(params), []
    for ids, targets in batches:
        loss, grads = loss_and_gradients(params, ids, targets)
        losses.append(loss)
        for at, g in enumerate(grads):
            params[at] = params[at] - rate * g
    return params, losses


@right("13.train", "the bias as one more row, the loss sequence by sequence")
def train_sequences(params: Any, batches: Any, heads: Any, rate: Any) -> Any:
    losses = []
    for ids, targets in batches:
        E, P, Wq, Wk, Wv, Wo, W, b = (p.copy() for p in params)
        vectors, back_E = embedding(ids, E)
        x = np.add(vectors, P)
        found, back = multi_head(x, Wq, Wk, Wv, Wo, heads, np.full((x.shape[1],) * 2, True))
        wide = np.concatenate([x + found, np.ones((*ids.shape, 1))], axis=2)
        stacked, loss = np.vstack([W, b]), 0.0
        dstacked, dy = np.zeros_like(stacked), np.zeros_like(x)
        for n in range(len(ids)):
            z = wide[n] @ stacked
            p = np.exp(z - z.max(axis=1, keepdims=True))
            p = p / p.sum(axis=1, keepdims=True)
            for t, target in enumerate(targets[n]):
                loss -= np.log(p[t, target]) / ids.size
                p[t, target] -= 1
            dstacked += wide[n].T @ p / ids.size
            dy[n] = p @ W.T / ids.size
        losses.append(loss)
        dx, dWq, dWk, dWv, dWo = back(dy)
        dx = dx + dy
        E, P, W, b = (
            E - rate * back_E(dx),
            P - rate * dx.sum(0),
            W - rate * dstacked[:-1],
            b - rate * dstacked[-1],
        )
        params = [E, P, Wq - rate * dWq, Wk - rate * dWk, Wv - rate * dWv, Wo - rate * dWo, W, b]
    return params, losses


@right("13.train", "one step that calls itself for the rest")
def train_recursive(params: Any, batches: Any, heads: Any, rate: Any) -> Any:
    def go(params: Any, rest: Any, losses: Any) -> Any:
        if not rest:
            return params, losses
        (ids, targets), *rest = rest
        E, P, Wq, Wk, Wv, Wo, W, b = params
        vectors, back_E = embedding(ids, E)
        x = vectors + P
        found, back = multi_head(x, Wq, Wk, Wv, Wo, heads, np.full((len(P), len(P)), True))
        z = x @ W + found @ W + b
        p = np.exp(z - np.logaddexp.reduce(z, axis=-1, keepdims=True))
        hot = (targets[..., None] == np.arange(len(b))).astype(float)
        loss = -np.log((p * hot).sum(axis=-1)).mean()
        dz = (p - hot) * (1 / hot[..., 0].size)
        dx, *inner = back(dz @ W.T)
        dx = dx + dz @ W.T
        grads = [back_E(dx), dx.sum(0), *inner, np.einsum("ntd,ntv->dv", x + found, dz), dz.sum((0, 1))]
        return go([p - rate * g for p, g in zip(params, grads, strict=True)], rest, [*losses, loss])

    return go(params, list(batches), [])


for product in ("v", "k", "ds", "p"):
    equivalent(
        "13.attention",
        f"{product}.swapaxes(-1, -2) → {product}.swapaxes(-2, -1)",
        "the two axes change places, whichever is named first",
    )
equivalent(
    "13.masked_softmax",
    "0.0 → 1.0",
    "where a query may see nothing, minus infinity less any number is minus infinity",
)
