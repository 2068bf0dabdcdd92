"""Assignment 07, answered rightly in other ways, and changes of its solutions that change nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a07.blocks import blocks
from bplib.check.tasks.a07.clip import clip
from grader.audit.variants import equivalent, right


@right("07.first_weights", "Gram and Schmidt, and dividing")
def weights_by_gram_schmidt(draws: Any, kind: Any) -> Any:
    D, M = draws.shape
    if kind != "orthogonal":
        return draws / np.sqrt((D + M) / 2 if kind == "xavier" else D / 2)
    Q = np.zeros((D, M))
    for m in range(M):
        column = draws[:, m].astype(float)
        for _ in range(2):  # twice is enough
            column = column - Q[:, :m] @ (Q[:, :m].T @ column)
        Q[:, m] = column / np.linalg.norm(column)
    return Q


@right("07.first_weights", "a table of deviations, and signs by a loop")
def weights_by_table(draws: Any, kind: Any) -> Any:
    D, M = draws.shape
    deviation = {"xavier": (2 / (D + M)) ** 0.5, "he": (2 / D) ** 0.5}
    if kind in deviation:
        return deviation[kind] * draws
    Q, R = np.linalg.qr(draws, mode="reduced")
    Q = Q.copy()
    for m in range(M):
        if R[m, m] < 0:
            Q[:, m] = -Q[:, m]
    return Q


@right("07.first_weights", "Cholesky's factor")
def weights_by_cholesky(draws: Any, kind: Any) -> Any:
    rows, columns = np.shape(draws)
    if kind == "he":
        return np.multiply(draws, (2 / rows) ** 0.5)
    if kind == "xavier":
        return np.multiply(draws, (2 / (rows + columns)) ** 0.5)
    R = np.linalg.cholesky(draws.T @ draws).T
    return np.linalg.solve(R.T, draws.T).T


@right("07.first_weights", "a matrix of signs")
def weights_by_sign_matrix(draws: Any, kind: Any) -> Any:
    D, M = draws.shape
    if kind == "xavier":
        return draws * (0.5 * (D + M)) ** -0.5
    if kind == "he":
        return draws * np.sqrt(2) / np.sqrt(D)
    Q, R = np.linalg.qr(draws)
    return Q @ np.diag(np.where(np.diag(R) > 0, 1.0, -1.0))


@right("07.forecast", "mean squares, and roots at the end")
def forecast_by_squares(phi: Any, slope: Any, u: Any, gain: Any, depth: Any) -> Any:
    q, chi = [1.0], []
    for layer in range(depth):
        z = np.sqrt(q[layer]) * gain * u
        q.append(float(np.mean(np.square(phi(z)))))
        chi.append(gain**2 * float(np.mean(np.square(slope(z)))))
    back = [np.prod(chi[k:]) for k in range(depth + 1)]
    return [v**0.5 for v in q], [v**0.5 for v in back]


@right("07.forecast", "arrays, and a cumulative product")
def forecast_by_cumprod(phi: Any, slope: Any, u: Any, gain: Any, depth: Any) -> Any:
    r, f = np.ones(depth + 1), np.ones(depth + 1)
    for layer in range(depth):
        z = gain * r[layer] * u
        r[layer + 1] = np.linalg.norm(phi(z)) / np.sqrt(u.size)
        f[layer] = gain * np.linalg.norm(slope(z)) / np.sqrt(u.size)
    return list(r), list(np.cumprod(f[::-1])[::-1])


@right("07.forecast", "recursion")
def forecast_by_recursion(phi: Any, slope: Any, u: Any, gain: Any, depth: Any) -> Any:
    def go(r: float, left: int) -> Any:
        if left == 0:
            return [r], [1.0]
        z = gain * r * u
        values, gradients = go(float(np.sqrt(np.mean(phi(z) ** 2))), left - 1)
        return [r, *values], [gradients[0] * gain * float(np.sqrt(np.mean(slope(z) ** 2))), *gradients]

    return go(1.0, depth)


@right("07.forecast", "one draw after the other")
def forecast_by_draws(phi: Any, slope: Any, u: Any, gain: Any, depth: Any) -> Any:
    values, factors = [1.0], []
    for _ in range(depth):
        a = s = 0.0
        for draw in u:
            z = np.array([gain * values[-1] * draw])
            a += float(phi(z)[0]) ** 2
            s += float(slope(z)[0]) ** 2
        values.append((a / len(u)) ** 0.5)
        factors.append(gain * (s / len(u)) ** 0.5)
    gradients = [1.0]
    while factors:
        gradients.append(gradients[-1] * factors.pop())
    return values, gradients[::-1]


@right("07.clip", "one long vector")
def clip_by_vector(grads: Any, limit: Any) -> Any:
    everything = np.concatenate([np.ravel(g).astype(np.float64) for g in grads])
    norm = float(np.linalg.norm(everything))
    if norm <= limit:
        return [g.copy() for g in grads], norm
    return [(g * (limit / norm)).astype(g.dtype) for g in grads], norm


@right("07.clip", "the norm of the norms")
def clip_by_norms(grads: Any, limit: Any) -> Any:
    norm = float(np.linalg.norm([np.linalg.norm(g) for g in grads]))
    factor = limit / max(norm, limit)
    return [factor * g for g in grads], norm


@right("07.clip", "entry by entry")
def clip_by_loops(grads: Any, limit: Any) -> Any:
    total = 0.0
    for g in grads:
        for v in g.ravel():
            total += float(v) ** 2
    norm = total**0.5
    out = []
    for g in grads:
        new = np.empty_like(g)
        for at in np.ndindex(g.shape):
            new[at] = g[at] * (limit / norm) if norm > limit else g[at]
        out.append(new)
    return out, norm


@right("07.clip", "einsum and where")
def clip_by_einsum(grads: Any, limit: Any) -> Any:
    norm = np.sqrt(sum(np.einsum("i,i->", g.ravel(), g.ravel(), dtype=np.float64) for g in grads))
    shrink = float(limit / norm) if norm > limit else 1.0
    return [np.where(True, g * shrink, g) for g in grads], norm


@right("07.batch_norm", "the six links, one after the other")
def batch_norm_by_links(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    N = len(x)
    mu = x.sum(axis=0) / N
    c = x - mu
    v = (c**2).sum(axis=0) / N
    s = np.sqrt(v + eps)
    xhat = c / s

    def pullback(dy: Any) -> Any:
        dbeta, dgamma = dy.sum(axis=0), (dy * xhat).sum(axis=0)
        dxhat = dy * gamma
        dc = dxhat / s
        ds = -(dxhat * c).sum(axis=0) / s**2
        dv = ds / (2 * s)
        dc = dc + 2 * c * dv / N
        dmu = -dc.sum(axis=0)
        return dc + dmu / N, dgamma, dbeta

    return xhat * gamma + beta, pullback


@right("07.batch_norm", "one matrix for each unit")
def batch_norm_by_matrices(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    N, D = x.shape
    s = np.sqrt(np.var(x, axis=0) + eps)
    xhat = (x - np.mean(x, axis=0)) / s

    def pullback(dy: Any) -> Any:
        dx = np.empty_like(x)
        for d in range(D):
            h = xhat[:, d]
            J = (np.eye(N) - 1 / N - np.outer(h, h) / N) / s[d]
            dx[:, d] = gamma[d] * (J @ dy[:, d])
        return dx, np.einsum("nd,nd->d", dy, xhat), np.einsum("nd->d", dy)

    return np.multiply(gamma, xhat) + beta, pullback


@right("07.batch_norm", "from dgamma and dbeta")
def batch_norm_from_parameters(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    mean = x.mean(axis=0)
    inverse = (((x - mean) ** 2).mean(axis=0) + eps) ** -0.5
    xhat = (x - mean) * inverse

    def pullback(dy: Any) -> Any:
        dgamma, dbeta = np.sum(dy * xhat, 0), np.sum(dy, 0)
        return gamma * inverse / len(x) * (len(x) * dy - dbeta - xhat * dgamma), dgamma, dbeta

    return gamma * xhat + beta, pullback


@right("07.batch_norm", "example by example")
def batch_norm_by_examples(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    N = len(x)
    mean = sum(x) / N
    s = np.sqrt(sum((row - mean) ** 2 for row in x) / N + eps)
    hats = [(row - mean) / s for row in x]

    def pullback(dy: Any) -> Any:
        g = [gamma * row for row in dy]
        level = sum(g) / N
        along = sum(a * h for a, h in zip(g, hats, strict=True)) / N
        dx = np.array([(a - level - h * along) / s for a, h in zip(g, hats, strict=True)])
        return dx, sum(row * h for row, h in zip(dy, hats, strict=True)), sum(dy)

    return np.array([gamma * h + beta for h in hats]), pullback


@right("07.running", "two branches")
def step_in_branches(
    x: Any, gamma: Any, beta: Any, mean: Any, var: Any, training: Any, momentum: Any, eps: Any
) -> Any:
    if not training:
        return (x - mean) * (gamma / np.sqrt(var + eps)) + beta, mean, var
    mu = np.mean(x, axis=0)
    y = (x - mu) * (gamma / np.sqrt(np.var(x, axis=0) + eps)) + beta
    return (
        y,
        mean - momentum * (mean - mu),
        var - momentum * (var - np.var(x, axis=0, ddof=1)),
    )


@right("07.running", "statistics first")
def step_statistics_first(
    x: Any, gamma: Any, beta: Any, mean: Any, var: Any, training: Any, momentum: Any, eps: Any
) -> Any:
    used, spread = mean, var
    if training:
        used = x.sum(axis=0) / len(x)
        spread = ((x - used) ** 2).sum(axis=0) / len(x)
        mean = mean + momentum * (used - mean)
        var = var + momentum * (spread * (len(x) / (len(x) - 1)) - var)
    return beta + gamma * (x - used) * (spread + eps) ** -0.5, mean, var


@right("07.running", "unit by unit")
def step_by_units(
    x: Any, gamma: Any, beta: Any, mean: Any, var: Any, training: Any, momentum: Any, eps: Any
) -> Any:
    y, new_mean, new_var = np.zeros_like(x), mean.copy(), var.copy()
    for d in range(x.shape[1]):
        m, v = mean[d], var[d]
        if training:
            m, v = x[:, d].mean(), x[:, d].var()
            new_mean[d] = (1 - momentum) * mean[d] + momentum * m
            new_var[d] = (1 - momentum) * var[d] + momentum * x[:, d].var(ddof=1)
        y[:, d] = gamma[d] * (x[:, d] - m) / np.sqrt(v + eps) + beta[d]
    return y, new_mean, new_var


@right("07.running", "averages with np.average")
def step_by_average(
    x: Any, gamma: Any, beta: Any, mean: Any, var: Any, training: Any, momentum: Any, eps: Any
) -> Any:
    m, v = (x.mean(0), x.var(0)) if training else (mean, var)
    y = gamma * ((x - m) / np.sqrt(v + eps)) + beta
    if training:
        weights = [1 - momentum, momentum]
        mean = np.average([mean, m], axis=0, weights=weights)
        var = np.average([var, x.var(0, ddof=1)], axis=0, weights=weights)
    return [y, mean, var]


@right("07.layer_norm", "batch norm of the transpose")
def layer_norm_transposed(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    t = x.T
    s = np.sqrt(t.var(axis=0) + eps)
    hat = (t - t.mean(axis=0)) / s

    def pullback(dy: Any) -> Any:
        g = gamma[:, None] * dy.T
        dt = (g - g.mean(axis=0) - hat * (g * hat).mean(axis=0)) / s
        return dt.T, (dy.T * hat).sum(axis=1), dy.T.sum(axis=1)

    return (gamma[:, None] * hat + beta[:, None]).T, pullback


@right("07.layer_norm", "the links, one after the other")
def layer_norm_by_links(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    D = x.shape[1]
    c = x - x.mean(axis=1)[:, None]
    s = np.sqrt(np.sum(c * c, axis=1) / D + eps)[:, None]
    xhat = c / s

    def pullback(dy: Any) -> Any:
        dxhat = dy * gamma
        ds = -np.sum(dxhat * xhat, axis=1, keepdims=True) / s
        dc = dxhat / s + c * ds / (s * D)
        dx = dc - dc.sum(axis=1, keepdims=True) / D
        return dx, np.sum(dy * xhat, axis=0), np.sum(dy, axis=0)

    return xhat * gamma + beta, pullback


@right("07.layer_norm", "example by example")
def layer_norm_by_examples(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    hats = np.array([(row - row.mean()) / np.sqrt(row.var() + eps) for row in x])

    def pullback(dy: Any) -> Any:
        rows = []
        for row, hat, d in zip(x, hats, dy, strict=True):
            g = gamma * d
            rows.append((g - g.mean() - hat * np.dot(g, hat) / len(g)) / np.sqrt(row.var() + eps))
        return np.array(rows), sum(d * hat for d, hat in zip(dy, hats, strict=True)), sum(dy)

    return np.array([gamma * hat + beta for hat in hats]), pullback


@right("07.layer_norm", "einsum")
def layer_norm_by_einsum(x: Any, gamma: Any, beta: Any, eps: Any) -> Any:
    D = x.shape[-1]
    c = x - np.einsum("nd->n", x)[:, None] / D
    inverse = (np.einsum("nd,nd->n", c, c) / D + eps)[:, None] ** -0.5

    def pullback(dy: Any) -> Any:
        level = np.einsum("nd,d->n", dy, gamma)[:, None] / D
        along = np.einsum("nd,nd,d->n", dy, c, gamma)[:, None] / D * inverse**2
        dx = inverse * (dy * gamma - level - c * along)
        return dx, np.einsum("nd,nd,n->d", dy, c, inverse[:, 0]), np.einsum("nd->d", dy)

    return c * inverse * gamma + beta, pullback


@right("07.blocks", "a list of pullbacks")
def blocks_by_pullbacks(x: Any, weights: Any, keep: Any, scale: Any) -> Any:
    backs = []

    def block(h: Any, W: Any) -> Any:
        mask = h > 0
        a = h * mask

        def back(d: Any) -> Any:
            dz = scale * d
            return keep * d + (dz @ W.T) * mask, a.T @ dz

        return keep * h + scale * (a @ W), back

    h = x
    for W in weights:
        h, back = block(h, W)
        backs.append(back)

    def pullback(d: Any) -> Any:
        grads: list[Any] = []
        for back in backs[::-1]:
            d, dW = back(d)
            grads.insert(0, dW)
        return d, grads

    return h, pullback


@right("07.blocks", "all values kept, indices downwards")
def blocks_by_index(x: Any, weights: Any, keep: Any, scale: Any) -> Any:
    hs = [x]
    for k in range(len(weights)):
        hs.append(keep * hs[k] + scale * np.dot(np.where(hs[k] > 0, hs[k], 0.0), weights[k]))

    def pullback(d: Any) -> Any:
        grads: list[Any] = [None] * len(weights)
        for k in range(len(weights) - 1, -1, -1):
            a = np.where(hs[k] > 0, hs[k], 0.0)
            grads[k] = scale * np.einsum("ni,nj->ij", a, d)
            d = keep * d + scale * np.einsum("nj,ij->ni", d, weights[k]) * np.sign(a)
        return d, grads

    return hs[-1], pullback


@right("07.blocks", "recursion")
def blocks_by_recursion(x: Any, weights: Any, keep: Any, scale: Any) -> Any:
    def go(h: Any, rest: Any) -> Any:
        if not rest:
            return h, lambda d: (d, [])
        W, a = rest[0], np.maximum(h, 0)
        value, above = go(keep * h + scale * a @ W, rest[1:])

        def pullback(d: Any) -> Any:
            dh, grads = above(d)
            return keep * dh + scale * (dh @ W.T) * (h > 0), [scale * a.T @ dh, *grads]

        return value, pullback

    return go(x, list(weights))


@right("07.blocks", "tuples, and a half of x + |x|")
def blocks_by_halves(x: Any, weights: Any, keep: Any, scale: Any) -> Any:
    seen: tuple[Any, ...] = ()
    for W in weights:
        seen = (*seen, x)
        x = keep * x + scale * (0.5 * (x + np.abs(x))) @ W

    def pullback(d: Any) -> Any:
        grads: tuple[Any, ...] = ()
        for W, h in zip(weights[::-1], seen[::-1], strict=True):
            positive = np.greater(h, 0).astype(float)
            grads = (scale * (h * positive).T @ d, *grads)
            d = keep * d + positive * (d @ W.T) * scale
        return d, grads

    return x, pullback


@right("07.rescue", "the error divided first")
def train_divided_first(
    x: Any, y: Any, params: Any, keep: Any, scale: Any, lr: Any, limit: Any, steps: Any
) -> Any:
    losses, N = [], x.shape[0]
    for _ in range(steps):
        first, last = params[0], params[-1]
        h, back = blocks(x @ first, list(params[1:-1]), keep, scale)
        dz = (h @ last - y) / N
        losses.append(0.5 * N * np.sum(dz * dz))
        dh, middle = back(dz @ last.T)
        clipped = clip([x.T @ dh] + list(middle) + [h.T @ dz], limit)[0]
        params = [p - lr * g for p, g in zip(params, clipped, strict=True)]
    return params, losses


@right("07.rescue", "a while loop, and copies")
def train_on_copies(
    x: Any, y: Any, params: Any, keep: Any, scale: Any, lr: Any, limit: Any, steps: Any
) -> Any:
    now = [np.array(p) for p in params]
    losses: list[Any] = []
    while len(losses) < steps:
        h, back = blocks(np.dot(x, now[0]), now[1:-1], keep, scale)
        z = np.dot(h, now[-1])
        losses.append(float(np.mean(np.sum((z - y) ** 2, axis=1))) / 2)
        d = (z - y) / len(y)
        dh, middle = back(np.dot(d, now[-1].T))
        grads, _ = clip([np.dot(x.T, dh), *middle, np.dot(h.T, d)], limit)
        for k, g in enumerate(grads):
            now[k] = now[k] - lr * g
    return now, losses


@right("07.rescue", "einsum, and a function for the gradients")
def train_by_einsum(
    x: Any, y: Any, params: Any, keep: Any, scale: Any, lr: Any, limit: Any, steps: Any
) -> Any:
    def loss_and_gradients(W_in: Any, *rest: Any) -> Any:
        *inner, W_out = rest
        h, back = blocks(np.einsum("nd,dh->nh", x, W_in), inner, keep, scale)
        error = np.einsum("nh,hm->nm", h, W_out) - y
        d = error / len(x)
        dh, middle = back(np.einsum("nm,hm->nh", d, W_out))
        loss = np.einsum("nm,nm->", error, d) / 2
        return loss, [np.einsum("nd,nh->dh", x, dh), *middle, np.einsum("nh,nm->hm", h, d)]

    losses: list[Any] = []
    for _ in range(steps):
        loss, grads = loss_and_gradients(*params)
        losses.append(loss)
        params = [p - lr * g for p, g in zip(params, clip(grads, limit)[0], strict=True)]
    return params, losses


@right("07.rescue", "the step length folded into the clipping")
def train_scaled_limit(
    x: Any, y: Any, params: Any, keep: Any, scale: Any, lr: Any, limit: Any, steps: Any
) -> Any:
    losses: list[Any] = []
    for _ in range(steps):
        W_in, *inner, W_out = params
        h, back = blocks(x @ W_in, inner, keep, scale)
        error = h @ W_out - y
        losses.append((error**2).sum() / (2 * len(error)))
        dh, middle = back(error @ W_out.T / len(error))
        grads = [lr * g for g in (x.T @ dh, *middle, h.T @ error / len(error))]
        moves, _ = clip(grads, lr * limit)
        params = [p - m for p, m in zip(params, moves, strict=True)]
    return params, losses


equivalent(
    "07.first_weights", "Q * np.sign(np.diag(R)) → Q / np.sign(np.diag(R))", "a sign is its own inverse"
)
equivalent("07.clip", "min(1.0, limit / norm) → min(limit / norm, 1.0)", "min does not care about the order")
equivalent(
    "07.clip", "1.0 → 0.0", "all gradients are zero there, and stay so whatever they are multiplied by"
)
