"""Assignment 01: right answers written differently, and changes of a solution that change nothing."""

# ruff: noqa: F821  # an answer may call the functions of the tasks that it builds on
from __future__ import annotations

import math
from typing import Any

import numpy as np

from grader.audit.variants import equivalent, right


@right("01.predict", "a loop")
def predict_loop(x: Any, w: Any, b: Any) -> Any:
    z = []
    for n in range(len(x)):
        z.append(w * x[n] + b)
    return np.array(z)


@right("01.predict", "a matrix product with a column of ones")
def predict_matrix(x: Any, w: Any, b: Any) -> Any:
    return np.stack([x, np.ones(len(x))], axis=1) @ np.array([w, b])


@right("01.predict", "an empty array, filled")
def predict_filled(x: Any, w: Any, b: Any) -> Any:
    z = np.empty(x.shape)
    z[:] = b
    z += w * x
    return z


@right("01.predict", "np.polyval")
def predict_polyval(x: Any, w: Any, b: Any) -> Any:
    return np.polyval([w, b], x)


@right("01.mse", "a loop, and Python's own numbers")
def mse_loop(z: Any, y: Any) -> Any:
    if z.shape != y.shape:
        raise ValueError("unequal shapes")
    total, dz = 0.0, []
    for zn, yn in zip(z, y, strict=True):
        total += float(zn - yn) ** 2
        dz.append(2 * (zn - yn) / len(z))
    return total / len(z), np.array(dz)


@right("01.mse", "the scalar product of the misses with themselves")
def mse_dot(z: Any, y: Any) -> Any:
    if np.shape(z) != np.shape(y):
        raise ValueError(f"{np.shape(z)} and {np.shape(y)}")
    off = y - z
    return off @ off / off.size, -2.0 / off.size * off


@right("01.mse", "the square multiplied out")
def mse_expanded(z: Any, y: Any) -> Any:
    if z.ndim != y.ndim or any(a != b for a, b in zip(z.shape, y.shape, strict=True)):
        raise ValueError("unequal shapes")
    n = z.shape[0]
    return (np.sum(z * z) - 2 * np.sum(z * y) + np.sum(y * y)) / n, (2 * z - 2 * y) / n


@right("01.mse", "einsum and np.subtract")
def mse_einsum(z: Any, y: Any) -> Any:
    if not z.shape == y.shape:
        raise ValueError(z.shape, y.shape)
    off = np.subtract(z, y)
    return np.einsum("n,n->", off, off) / len(off), np.multiply(off, 2 / len(off))


@right("01.slopes", "a loop")
def slopes_loop(x: Any, dz: Any) -> Any:
    dw = db = 0.0
    for xn, dzn in zip(x, dz, strict=True):
        dw += dzn * xn
        db += dzn
    return dw, db


@right("01.slopes", "scalar products")
def slopes_dot(x: Any, dz: Any) -> Any:
    return x @ dz, np.ones(len(dz)) @ dz


@right("01.slopes", "one matrix product for both")
def slopes_matrix(x: Any, dz: Any) -> Any:
    both = np.vstack([x, np.ones_like(x)]) @ dz
    return both[0], both[1]


@right("01.slopes", "einsum, and plain floats")
def slopes_einsum(x: Any, dz: Any) -> Any:
    return float(np.einsum("n,n->", x, dz)), float(dz.sum())


@right("01.one_step", "a loop, and nothing called")
def one_step_loop(x: Any, y: Any, w: Any, b: Any, lr: Any) -> Any:
    before = after = dw = db = 0.0
    for xn, yn in zip(x, y, strict=True):
        miss = w * xn + b - yn
        before += miss**2 / len(x)
        dw += 2 * miss * xn / len(x)
        db += 2 * miss / len(x)
    new = w - lr * dw, b - lr * db
    for xn, yn in zip(x, y, strict=True):
        after += (new[0] * xn + new[1] - yn) ** 2 / len(x)
    return new[0], new[1], lr * dw * dw + lr * db * db, before - after


@right("01.one_step", "means, and the misses the other way round")
def one_step_means(x: Any, y: Any, w: Any, b: Any, lr: Any) -> Any:
    miss = y - (w * x + b)
    up_w, up_b = 2 * np.mean(miss * x), 2 * np.mean(miss)
    later = y - ((w + lr * up_w) * x + b + lr * up_b)
    fall = np.mean(miss * miss) - np.mean(later * later)
    return w + lr * up_w, b + lr * up_b, lr * np.hypot(up_w, up_b) ** 2, fall


@right("01.one_step", "both knobs in one array, and the promise as a scalar product")
def one_step_theta(x: Any, y: Any, w: Any, b: Any, lr: Any) -> Any:
    A = np.stack([x, np.ones_like(x)], axis=1)
    theta = np.array([w, b])
    gradient = 2 / len(x) * A.T @ (A @ theta - y)
    new = theta - lr * gradient
    losses = [(A @ t - y) @ (A @ t - y) / len(x) for t in (theta, new)]
    return new[0], new[1], (theta - new) @ gradient, losses[0] - losses[1]


@right("01.one_step", "the earlier functions, and = after an operator")
def one_step_calls(x: Any, y: Any, w: Any, b: Any, lr: Any) -> Any:
    loss, dz = mse(predict(x, w, b), y)
    dw, db = slopes(x, dz)
    w -= lr * dw
    b -= lr * db
    return w, b, lr * sum(g**2 for g in (dw, db)), loss - mse(predict(x, w, b), y)[0]


@right("01.train", "one_step called in a loop, and mse after each step")
def train_calls(x: Any, y: Any, w: Any, b: Any, lr: Any, steps: Any) -> Any:
    losses = [np.mean((w * x + b - y) ** 2)]
    for _ in range(steps):
        w, b, _, _ = one_step(x, y, w, b, lr)
        losses.append(mse(predict(x, w, b), y)[0])
    return w, b, losses


@right("01.train", "an array of losses, filled")
def train_array(x: Any, y: Any, w: Any, b: Any, lr: Any, steps: Any) -> Any:
    losses = np.zeros(steps + 1)
    for t in range(steps + 1):
        off = w * x + b - y
        losses[t] = off @ off / len(x)
        if t < steps:
            w, b = w - 2 * lr * np.mean(off * x), b - 2 * lr * np.mean(off)
    return w, b, losses


@right("01.train", "a while loop, and both knobs in one array")
def train_while(x: Any, y: Any, w: Any, b: Any, lr: Any, steps: Any) -> Any:
    A, theta = np.stack([x, np.ones_like(x)], axis=1), np.array([w, b], dtype=float)
    losses = [float(np.mean((A @ theta - y) ** 2))]
    while len(losses) <= steps:
        theta = theta - lr * 2 / len(x) * A.T @ (A @ theta - y)
        losses.append(float(np.mean((A @ theta - y) ** 2)))
    return theta[0], theta[1], tuple(losses)


@right("01.train", "Python's own numbers all the way")
def train_python(x: Any, y: Any, w: Any, b: Any, lr: Any, steps: Any) -> Any:
    pairs, losses = list(zip(x.tolist(), y.tolist(), strict=True)), []
    for step in range(steps + 1):
        misses = [w * xn + b - yn for xn, yn in pairs]
        losses.append(sum(m * m for m in misses) / len(pairs))
        if step == steps:
            break
        dw = 2 * sum(m * xn for m, (xn, _) in zip(misses, pairs, strict=True)) / len(pairs)
        db = 2 * sum(misses) / len(pairs)
        w, b = w - lr * dw, b - lr * db
    return w, b, losses


@right("01.forecast", "np.linalg.cond, squared, and the largest singular value")
def forecast_cond(x: Any, lr: Any, shrink: Any) -> Any:
    A = np.stack([x, np.ones(len(x))], axis=1)
    kappa, high = np.linalg.cond(A) ** 2, 2 / len(x) * np.linalg.norm(A, 2) ** 2
    rho = max(abs(1 - lr * high / kappa), abs(1 - lr * high))
    return kappa, 2 / high, math.ceil(math.log(1 / shrink) / math.log(rho))


@right("01.forecast", "the quadratic formula for the eigenvalues, and a loop that counts")
def forecast_quadratic(x: Any, lr: Any, shrink: Any) -> Any:
    p, q = 2 * np.mean(x * x), 2 * np.mean(x)
    root = math.sqrt((p - 2) ** 2 / 4 + q * q)
    low, high = (p + 2) / 2 - root, (p + 2) / 2 + root
    steps, along, across = 0, 1.0, 1.0
    while max(abs(along), abs(across)) > 1 / shrink:
        along, across = along * (1 - lr * low), across * (1 - lr * high)
        steps += 1
    return high / low, 2 / high, steps


@right("01.forecast", "np.linalg.eig, sorted by hand, and log1p")
def forecast_eig(x: Any, lr: Any, shrink: Any) -> Any:
    H = 2 * np.array([[np.mean(x**2), np.mean(x)], [np.mean(x), 1.0]])
    values = np.linalg.eig(H)[0].real
    slow = max(-lr * min(values), lr * max(values) - 2)  # the slower factor's size, less 1
    return max(values) / min(values), 2 / max(values), int(np.ceil(-np.log(shrink) / np.log1p(slow)))


@right("01.forecast", "singular values, and the largest distance from 1")
def forecast_svd(x: Any, lr: Any, shrink: Any) -> Any:
    s = np.linalg.svd(np.vstack([x, np.ones_like(x)]), compute_uv=False) ** 2 * 2 / len(x)
    left = np.abs(1 - lr * s).max()
    return s[0] / s[1], 2 / s[0], np.ceil(-np.log(shrink) / np.log(left))


@right("01.layer", "loops over everything")
def layer_loops(x: Any, W: Any, b: Any) -> Any:
    N, D = x.shape
    M = W.shape[1]
    z = np.zeros((N, M))
    for n in range(N):
        for m in range(M):
            z[n, m] = b[m] + sum(x[n, k] * W[k, m] for k in range(D))

    def pullback(d: Any) -> Any:
        dx, dW, db = np.zeros((N, D)), np.zeros((D, M)), np.zeros(M)
        for n in range(N):
            for m in range(M):
                db[m] += d[n, m]
                for k in range(D):
                    dx[n, k] += d[n, m] * W[k, m]
                    dW[k, m] += d[n, m] * x[n, k]
        return dx, dW, db

    return z, pullback


@right("01.layer", "einsum")
def layer_einsum(x: Any, W: Any, b: Any) -> Any:
    def pullback(d: Any) -> Any:
        dx = np.einsum("nm,dm->nd", d, W)
        return dx, np.einsum("nd,nm->dm", x, d), np.einsum("nm->m", d)

    return np.einsum("nd,dm->nm", x, W) + b, pullback


@right("01.layer", "transposes of products, a list of gradients, copies kept")
def layer_transposed(x: Any, W: Any, b: Any) -> Any:
    kept_x, kept_W = x.copy(), W.copy()
    return (W.T @ x.T).T + b, lambda d: [(kept_W @ d.T).T, (d.T @ kept_x).T, np.ones(len(d)) @ d]


@right("01.layer", "one outer product for each example, added up")
def layer_outer(x: Any, W: Any, b: Any) -> Any:
    z = np.array([xn @ W for xn in x]) + b[None, :]

    def pullback(d: Any) -> Any:
        dW = np.sum([np.outer(xn, dn) for xn, dn in zip(x, d, strict=True)], axis=0)
        return np.array([W @ dn for dn in d]), dW, np.add.reduce(d, axis=0)

    return z, pullback


@right("01.network_step", "written out, without the layer")
def network_step_written_out(x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any, lr: Any) -> Any:
    h = np.tanh(x @ W1 + b1)
    off = h @ W2 + b2 - y
    dz2 = 2 * off / off.size
    dz1 = (1 - h**2) * (dz2 @ W2.T)
    new_W1, new_b1 = W1 - lr * (x.T @ dz1), b1 - lr * dz1.sum(0)
    return (off**2).mean(), new_W1, new_b1, W2 - lr * (h.T @ dz2), b2 - lr * dz2.sum(0)


@right("01.network_step", "the slope of tanh as 1/cosh², and copies changed in place")
def network_step_copies(x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any, lr: Any) -> Any:
    W1, b1, W2, b2 = W1.copy(), b1.copy(), W2.copy(), b2.copy()
    z1, back1 = layer(x, W1, b1)
    z2, back2 = layer(np.tanh(z1), W2, b2)
    dh, dW2, db2 = back2(2 * (z2 - y) / np.size(y))
    _, dW1, db1 = back1(dh / np.cosh(z1) ** 2)
    loss = np.mean(np.square(z2 - y))
    W1 -= lr * dW1
    b1 -= lr * db1
    W2 -= lr * dW2
    b2 -= lr * db2
    return loss, W1, b1, W2, b2


@right("01.network_step", "a column of ones for the biases")
def network_step_ones(x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any, lr: Any) -> Any:
    one = np.ones((len(x), 1))
    A1, P1 = np.hstack([x, one]), np.vstack([W1, b1])
    h = np.tanh(A1 @ P1)
    A2, P2 = np.hstack([h, one]), np.vstack([W2, b2])
    off = A2 @ P2 - y
    back = (2 / off.size) * off
    new1 = P1 - lr * A1.T @ ((back @ P2[:-1].T) * (1 + h) * (1 - h))
    new2 = P2 - lr * A2.T @ back
    return np.sum(off * off) / off.size, new1[:-1], new1[-1], new2[:-1], new2[-1]


@right("01.network_step", "einsum")
def network_step_einsum(x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any, lr: Any) -> Any:
    h = np.tanh(np.einsum("nd,dh->nh", x, W1) + b1)
    off = np.einsum("nh,hm->nm", h, W2) + b2 - y
    d2 = off * (2 / off.size)
    d1 = np.einsum("nm,hm,nh->nh", d2, W2, 1 - h * h)
    steps = np.einsum("nd,nh->dh", x, d1), d1.sum(axis=0), np.einsum("nh,nm->hm", h, d2), d2.sum(axis=0)
    new = [old - lr * step for old, step in zip((W1, b1, W2, b2), steps, strict=True)]
    return (np.mean(off**2), *new)


equivalent(
    "01.forecast",
    "np.sum → np.mean #2",
    "It changes the upper right corner of H. eigvalsh takes H for symmetric, and reads its lower triangle only.",
)
equivalent(
    "01.forecast",
    "max(abs(1 - lr * low), abs(1 - lr * high)) → max(abs(1 - lr * high), abs(1 - lr * low))",
    "the larger of two numbers is the same in either order",
)
equivalent(
    "01.one_step",
    "mse(predict(x, new_w, new_b), y) → mse(y, predict(x, new_w, new_b))",
    "of the second call only the loss is used, and a square does not mind the sign of a miss",
)
