"""Assignment 05: right answers that look different from the solution, and changes that change nothing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from grader.audit.variants import equivalent, right

# mse


@right("05.mse", "a loop over entries")
def mse_loop(pred: Any, target: Any) -> Any:
    if np.shape(pred) != np.shape(target):
        raise ValueError(f"shapes differ: {pred.shape}, {target.shape}")
    total = 0.0
    for at in np.ndindex(*pred.shape):
        total += (pred[at] - target[at]) ** 2

    def pullback(d: Any) -> Any:
        dpred = np.empty_like(pred)
        for at in np.ndindex(*pred.shape):
            dpred[at] = 2 * d * (pred[at] - target[at]) / pred.size
        return dpred

    return total / pred.size, pullback


@right("05.mse", "a dot product of flat residuals")
def mse_dot(pred: Any, target: Any) -> Any:
    if list(pred.shape) != list(target.shape):
        raise ValueError(f"mse: {list(pred.shape)} against {list(target.shape)}")
    off = (pred - target).ravel()
    return float(off @ off) / off.size, lambda d: (2 * d / off.size * off).reshape(pred.shape)


@right("05.mse", "the square multiplied out")
def mse_multiplied_out(pred: Any, target: Any) -> Any:
    if pred.ndim != target.ndim or pred.shape != target.shape:
        raise ValueError(f"shapes differ: {pred.shape}, {target.shape}")
    value = (pred**2).mean() - 2 * (pred * target).mean() + (target**2).mean()
    return value, lambda d: np.array(2 * d * pred - 2 * d * target) / np.prod(pred.shape)


@right("05.mse", "einsum, and a refusal without words")
def mse_einsum(pred: Any, target: Any) -> Any:
    if not np.array_equal(pred.shape, target.shape):
        raise ValueError(pred.shape, target.shape)
    off = np.ravel(pred - target)
    return np.einsum("i,i->", off, off) / off.size, lambda d: np.multiply(pred - target, d) * (2 / off.size)


# huber


@right("05.huber", "where")
def huber_where(pred: Any, target: Any, delta: Any) -> Any:
    r = pred - target
    near = np.abs(r) <= delta
    value = np.where(near, r * r / 2, delta * (np.abs(r) - delta / 2)).mean()
    return value, lambda d: d / r.size * np.where(near, r, delta * np.sign(r))


@right("05.huber", "masks, the corner given to the line")
def huber_masks(pred: Any, target: Any, delta: Any) -> Any:
    r = pred - target
    far = np.abs(r) >= delta
    cost = 0.5 * r**2
    cost[far] = delta * np.abs(r[far]) - 0.5 * delta**2

    def pullback(d: Any) -> Any:
        slope = r.copy()
        slope[far] = delta * np.sign(r[far])
        return d * slope / cost.size

    return cost.sum() / cost.size, pullback


@right("05.huber", "a loop with two branches")
def huber_loop(pred: Any, target: Any, delta: Any) -> Any:
    total, slope = 0.0, np.zeros_like(pred)
    for at in np.ndindex(*pred.shape):
        r = float(pred[at] - target[at])
        if abs(r) <= delta:
            total, slope[at] = total + r * r / 2, r
        else:
            total, slope[at] = total + delta * (abs(r) - delta / 2), math.copysign(delta, r)
    return total / pred.size, lambda d: slope * (d / pred.size)


@right("05.huber", "the square less what is cut off")
def huber_square_less(pred: Any, target: Any, delta: Any) -> Any:
    r = pred - target
    over = np.maximum(np.abs(r) - delta, 0)
    return 0.5 * np.mean(r**2 - over**2), lambda d: d * (r - np.sign(r) * over) / r.size


# log_sum_exp


@right("05.log_sum_exp", "logaddexp")
def lse_logaddexp(z: Any) -> Any:
    value = np.logaddexp.reduce(z, axis=1)
    return value, lambda d: np.exp(z - value[:, None]) * d.reshape(-1, 1)


@right("05.log_sum_exp", "a loop over rows")
def lse_rows(z: Any) -> Any:
    value, p = np.empty(len(z), z.dtype), np.empty_like(z)
    for n, row in enumerate(z):
        top = row.max()
        e = np.exp(row - top)
        value[n] = top + np.log(e.sum())
        p[n] = e / e.sum()
    return value, lambda d: np.einsum("n,nk->nk", d, p)


@right("05.log_sum_exp", "transposed")
def lse_transposed(z: Any) -> Any:
    top = np.amax(z, axis=-1)
    e = np.exp(z.T - top)
    return top + np.log(e.sum(axis=0)), lambda d: (e * (d / e.sum(axis=0))).T


@right("05.log_sum_exp", "log1p of the others")
def lse_log1p(z: Any) -> Any:
    at = z.argmax(axis=1)[:, None]
    top = np.take_along_axis(z, at, axis=1)
    e = np.exp(z - top)
    np.put_along_axis(e, at, 0, axis=1)
    value = top + np.log1p(e.sum(axis=1, keepdims=True))
    return value.squeeze(1), lambda d: np.exp(z - value) * d[:, np.newaxis]


# bce


@right("05.bce", "logaddexp, and tanh for the sigmoid")
def bce_tanh(z: Any, y: Any) -> Any:
    value = np.mean(np.logaddexp(0, z) - y * z)
    return value, lambda d: d * (0.5 * (1 + np.tanh(z / 2)) - y) / z.size


@right("05.bce", "masks for the two signs")
def bce_masks(z: Any, y: Any) -> Any:
    up = z >= 0
    cost, a = np.empty_like(z), np.empty_like(z)
    e = np.exp(-z[up])
    cost[up], a[up] = (1 - y[up]) * z[up] + np.log(1 + e), 1 / (1 + e)
    e = np.exp(z[~up])
    cost[~up], a[~up] = -y[~up] * z[~up] + np.log(1 + e), e / (1 + e)
    return cost.mean(), lambda d: (a - y) * d / a.size


@right("05.bce", "a loop over entries with math")
def bce_loop(z: Any, y: Any) -> Any:
    total, slope = 0.0, np.zeros_like(z)
    for at in np.ndindex(*z.shape):
        t, target = float(z[at]), float(y[at])
        small = math.exp(-abs(t))
        total += max(t, 0.0) - t * target + math.log1p(small)
        slope[at] = (1 / (1 + small) if t >= 0 else small / (1 + small)) - target
    return total / z.size, lambda d: d * slope / z.size


@right("05.bce", "two log-sigmoids, and an overflow that does no harm")
def bce_two_logs(z: Any, y: Any) -> Any:
    log_a, log_b = -np.logaddexp(0, -z), -np.logaddexp(0, z)
    return -(y * log_a + (1 - y) * log_b).mean(), lambda d: d / z.size * (1 / (1 + np.exp(-z)) - y)


equivalent("05.bce", "z > 0 → z >= 0", "at z = 0 both branches are one half: e^−0 is 1")


# cross_entropy


@right("05.cross_entropy", "one-hot rows from an identity matrix")
def ce_one_hot(z: Any, labels: Any) -> Any:
    t = np.eye(z.shape[1])[labels]
    shifted = z - np.max(z, axis=1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    return -np.sum(t * log_p) / len(z), lambda d: d / len(z) * (np.exp(log_p) - t)


@right("05.cross_entropy", "a loop over rows")
def ce_rows(z: Any, labels: Any) -> Any:
    total, dz = 0.0, np.empty_like(z)
    for n, (row, y) in enumerate(zip(z, labels, strict=True)):
        lse = np.logaddexp.reduce(row)
        total += lse - row[y]
        dz[n] = np.exp(row - lse)
        dz[n, y] -= 1
    return total / len(z), lambda d: dz * d / len(z)


@right("05.cross_entropy", "differences to the label's logit")
def ce_differences(z: Any, labels: Any) -> Any:
    gap = z - np.take_along_axis(z, labels[:, None], axis=1)
    lse = np.logaddexp.reduce(gap, axis=1)

    def pullback(d: Any) -> Any:
        dz = np.exp(gap - lse[:, None]) / len(z)
        np.subtract.at(dz, (np.arange(len(z)), labels), 1 / len(z))
        return d * dz

    return lse.mean(), pullback


@right("05.cross_entropy", "a comparison with the class numbers")
def ce_comparison(z: Any, labels: Any) -> Any:
    N, K = z.shape
    hit = np.arange(K) == labels.reshape(N, 1)
    top = z.max(axis=1)
    lse = top + np.log(np.exp(z - top[:, None]).sum(axis=1))
    value = (lse - z[hit]).sum() / N
    return value, lambda d: np.where(hit, np.exp(z - lse[:, None]) - 1, np.exp(z - lse[:, None])) * (d / N)


# hinge


@right("05.hinge", "two loops")
def hinge_loops(s: Any, labels: Any) -> Any:
    N, K = s.shape
    total, slope = 0.0, np.zeros_like(s)
    for n in range(N):
        for j in range(K):
            missing = s[n, j] - s[n, labels[n]] + 1
            if j != labels[n] and missing > 0:
                total += missing
                slope[n, j] += 1
                slope[n, labels[n]] -= 1
    return total / N, lambda d: slope * d / N


@right("05.hinge", "the true class counted, and taken off again")
def hinge_taken_off(s: Any, labels: Any) -> Any:
    t = np.eye(s.shape[1])[labels]
    missing = np.maximum(s - (s * t).sum(axis=1, keepdims=True) + 1, 0)
    inside = (missing > 0) * 1.0
    return missing.sum() / len(s) - 1, lambda d: d / len(s) * (inside - t * inside.sum(axis=1, keepdims=True))


@right("05.hinge", "a mask of rivals and an einsum")
def hinge_einsum(s: Any, labels: Any) -> Any:
    N, K = s.shape
    own = labels[:, None] == np.arange(K)
    gap = np.where(own, 0.0, s - s[own][:, None] + 1)
    inside = np.where(gap > 0, 1.0, 0.0)
    slope = inside - np.einsum("nk,nj->nj", inside, own.astype(float))
    return np.einsum("nk,nk->", inside, gap) / N, lambda d: d * slope / N


@right("05.hinge", "rivals in an array of their own")
def hinge_rivals(s: Any, labels: Any) -> Any:
    N, K = s.shape
    own = np.zeros((N, K), dtype=bool)
    own[np.arange(N), labels] = True
    missing = np.maximum(0, s[~own].reshape(N, K - 1) - s[own].reshape(N, 1) + 1)

    def pullback(d: Any) -> Any:
        ds = np.zeros(s.shape)
        ds[~own] = np.sign(missing).ravel()
        ds[own] = -np.sign(missing).sum(axis=1)
        return ds * d / N

    return missing.sum(axis=1).mean(), pullback


# gaussian_nll


@right("05.gaussian_nll", "precision in the place of width")
def nll_precision(mu: Any, log_sigma: Any, y: Any) -> Any:
    precision = np.exp(-2 * log_sigma)
    off = mu - y
    value = np.mean(log_sigma + precision * off**2 / 2) + math.log(math.sqrt(2 * math.pi))
    return value, lambda d: (d * precision * off / off.size, d / off.size - d * precision * off**2 / off.size)


@right("05.gaussian_nll", "the logarithm of the density")
def nll_density(mu: Any, log_sigma: Any, y: Any) -> Any:
    sigma = np.exp(log_sigma)
    density = np.exp(-((y - mu) ** 2) / (2 * sigma**2)) / np.sqrt(2 * np.pi * sigma**2)
    n = density.size
    value = -np.log(density).sum() / n
    return value, lambda d: [d * (mu - y) / sigma**2 / n, d * (1 - ((y - mu) / sigma) ** 2) / n]


@right("05.gaussian_nll", "a loop over entries")
def nll_loop(mu: Any, log_sigma: Any, y: Any) -> Any:
    total, dmu, dl = 0.0, np.zeros_like(mu), np.zeros_like(mu)
    for at in np.ndindex(*mu.shape):
        u = (y[at] - mu[at]) * math.exp(-log_sigma[at])
        total += log_sigma[at] + u * u / 2 + math.log(2 * math.pi) / 2
        dmu[at] = -u * math.exp(-log_sigma[at]) / mu.size
        dl[at] = (1 - u) * (1 + u) / mu.size
    return total / mu.size, lambda d: (d * dmu, d * dl)


@right("05.gaussian_nll", "one factor for both gradients")
def nll_one_factor(mu: Any, log_sigma: Any, y: Any) -> Any:
    off = y - mu
    cost = 0.5 * np.log(2 * np.pi * np.exp(log_sigma) ** 2) + 0.5 * (off / np.exp(log_sigma)) ** 2

    def pullback(d: Any) -> Any:
        w = np.full(off.shape, d / off.size)
        dmu = -w * off / np.exp(log_sigma) ** 2
        return dmu, w + dmu * off

    return cost.mean(), pullback


# fit_line


@right("05.fit_line", "a matrix with a column of ones")
def fit_matrix(x: Any, y: Any, loss: Any, rate: Any, steps: Any) -> Any:
    A = np.stack([x, np.ones(len(x))], axis=1)
    path, losses = np.zeros((steps + 1, 2)), np.zeros(steps)
    for k in range(steps):
        losses[k], dpred = loss(A @ path[k], y)
        path[k + 1] = path[k] - rate * (A.T @ dpred)
    return path, losses


@right("05.fit_line", "loops over the points")
def fit_loops(x: Any, y: Any, loss: Any, rate: Any, steps: Any) -> Any:
    w = b = 0.0
    path, losses = [[w, b]], []
    for _ in range(steps):
        value, dpred = loss(np.array([w * t + b for t in x]), y)
        dw = db = 0.0
        for g, t in zip(dpred, x, strict=True):
            dw += g * t
            db += g
        w -= rate * dw
        b -= rate * db
        path.append([w, b])
        losses.append(float(value))
    return np.array(path), np.array(losses)


@right("05.fit_line", "einsum, and the losses found afterwards")
def fit_afterwards(x: Any, y: Any, loss: Any, rate: Any, steps: Any) -> Any:
    path = [np.zeros(2)]
    while len(path) <= steps:
        w, b = path[-1]
        dpred = loss(b + x * w, y)[1]
        path.append(path[-1] - rate * np.array([np.einsum("n,n->", dpred, x), dpred.sum()]))
    return np.vstack(path), np.array([loss(w * x + b, y)[0] for w, b in path[:-1]])


@right("05.fit_line", "recursion over the steps")
def fit_recursive(x: Any, y: Any, loss: Any, rate: Any, steps: Any) -> Any:
    def go(w: Any, b: Any, left: int, path: Any, losses: Any) -> Any:
        if left == 0:
            return np.array([*path, (w, b)]), np.array(losses)
        value, g = loss(w * x + b, y)
        return go(w - rate * (g @ x), b - rate * g.sum(), left - 1, [*path, (w, b)], [*losses, value])

    return go(0.0, 0.0, steps, [], [])
