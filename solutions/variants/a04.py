"""Assignment 04: right answers that look different from the solution, and changes that change nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.audit.variants import right

# relu


@right("04.relu", "maximum")
def relu_maximum(z: Any) -> Any:
    return np.maximum(z, 0), lambda d: d * (z > 0)


@right("04.relu", "half of z plus its size")
def relu_absolute(z: Any) -> Any:
    return (z + np.abs(z)) / 2, lambda d: np.where(z > 0, d, 0).astype(d.dtype)


@right("04.relu", "a copy, with entries set to zero")
def relu_assigned(z: Any) -> Any:
    a = z.copy()
    a[z <= 0] = 0

    def pullback(d: Any) -> Any:
        dz = d.copy()
        dz[a == 0] = 0
        return dz

    return a, pullback


@right("04.relu", "a loop over entries")
def relu_loop(z: Any) -> Any:
    a = np.zeros_like(z)
    for at in np.ndindex(*z.shape):
        if z[at] > 0:
            a[at] = z[at]

    def pullback(d: Any) -> Any:
        dz = np.zeros_like(d)
        for at in np.ndindex(*z.shape):
            if z[at] > 0:
                dz[at] = d[at]
        return dz

    return a, pullback


@right("04.relu", "the slope by heaviside")
def relu_heaviside(z: Any) -> Any:
    return z * np.heaviside(z, 0), lambda d: d * np.heaviside(z, 0)


# sigmoid


@right("04.sigmoid", "by tanh")
def sigmoid_tanh(z: Any) -> Any:
    s = 0.5 * (1 + np.tanh(z / 2))
    return s, lambda d: d * s * (1 - s)


@right("04.sigmoid", "two branches, exponentials of negative numbers only")
def sigmoid_branches(z: Any) -> Any:
    e = np.exp(-np.abs(z))
    s = np.where(z >= 0, 1 / (1 + e), e / (1 + e))
    return s, lambda d: d * (s - s**2)


@right("04.sigmoid", "clipped where nothing changes any more")
def sigmoid_clipped(z: Any) -> Any:
    s = 1 / (1 + np.exp(-np.clip(z, -80, 80)))
    return s, lambda d: s * (1 - s) * d


@right("04.sigmoid", "masks, and the slope from e to the power of −|z|")
def sigmoid_masks(z: Any) -> Any:
    s = np.empty_like(z)
    up = z > 0
    s[up] = 1 / (1 + np.exp(-z[up]))
    s[~up] = np.exp(z[~up]) / (1 + np.exp(z[~up]))
    e = np.exp(-np.abs(z))
    return s, lambda d: d * e / (1 + e) ** 2


@right("04.sigmoid", "one number at a time")
def sigmoid_loop(z: Any) -> Any:
    flat = [1 / (1 + np.exp(-v)) if v > -50 else np.exp(v) for v in z.ravel()]
    s = np.array(flat, dtype=z.dtype).reshape(z.shape)

    def pullback(d: Any) -> Any:
        return np.array(
            [x * y * (1 - y) for x, y in zip(d.ravel(), s.ravel(), strict=True)], dtype=d.dtype
        ).reshape(d.shape)

    return s, pullback


# scaled_tanh


@right("04.scaled_tanh", "the slope from the scaled value")
def scaled_tanh_value(z: Any, A: float, S: float) -> Any:
    a = A * np.tanh(S * z)
    return a, lambda d: d * S * (A - a * a / A)


@right("04.scaled_tanh", "the slope as one over cosh squared")
def scaled_tanh_cosh(z: Any, A: float, S: float) -> Any:
    return A * np.tanh(S * z), lambda d: d * A * S / np.cosh(S * z) ** 2


@right("04.scaled_tanh", "a difference of squares")
def scaled_tanh_product(z: Any, A: float, S: float) -> Any:
    t = np.tanh(z * S)
    return t * A, lambda d: (d * (1 - t)) * (1 + t) * (A * S)


@right("04.scaled_tanh", "a sigmoid in other units")
def scaled_tanh_sigmoid(z: Any, A: float, S: float) -> Any:
    s = 1 / (1 + np.exp(-2 * S * z))
    return A * (2 * s - 1), lambda d: d * 4 * A * S * s * (1 - s)


@right("04.scaled_tanh", "two links, each with a pullback")
def scaled_tanh_links(z: Any, A: float, S: float) -> Any:
    t = np.tanh(S * z)

    def pullback(d: Any) -> Any:
        dt = A * d
        du = dt * (1 - np.square(t))
        return S * du

    return A * t, pullback


# elu


@right("04.elu", "where, exponentials everywhere and the right branch chosen")
def elu_where(z: Any, alpha: float) -> Any:
    value = np.where(z > 0, z, alpha * (np.exp(z) - 1))

    def pullback(d: Any) -> Any:
        dz = np.where(z > 0, d, d * alpha * np.exp(z))
        return dz, np.sum(np.where(z > 0, 0, d * (np.exp(z) - 1)))

    return value, pullback


@right("04.elu", "the slope read off the value")
def elu_from_value(z: Any, alpha: float) -> Any:
    positive = z > 0
    low = alpha * np.expm1(np.minimum(z, 0))

    def pullback(d: Any) -> Any:
        slope = np.where(positive, 1, low + alpha).astype(z.dtype)
        return d * slope, np.vdot(d, low) / alpha

    return np.where(positive, z, low), pullback


@right("04.elu", "masks, and entries picked out")
def elu_masks(z: Any, alpha: float) -> Any:
    left = z <= 0
    value = z.copy()
    value[left] = alpha * np.expm1(z[left])

    def pullback(d: Any) -> Any:
        dz = d.copy()
        dz[left] = d[left] * alpha * np.exp(z[left])
        return dz, float(np.sum(d[left] * np.expm1(z[left])))

    return value, pullback


@right("04.elu", "a loop over entries")
def elu_loop(z: Any, alpha: float) -> Any:
    value = np.empty_like(z)
    for at in np.ndindex(*z.shape):
        value[at] = z[at] if z[at] > 0 else alpha * (np.exp(z[at]) - 1)

    def pullback(d: Any) -> Any:
        dz, dalpha = np.empty_like(z), 0.0
        for at in np.ndindex(*z.shape):
            if z[at] > 0:
                dz[at] = d[at]
            else:
                dz[at] = d[at] * alpha * np.exp(z[at])
                dalpha += float(d[at]) * (np.exp(float(z[at])) - 1)
        return dz, dalpha

    return value, pullback


@right("04.elu", "a sum of two clipped parts")
def elu_two_parts(z: Any, alpha: float) -> Any:
    low = np.minimum(z, 0)
    curve = np.exp(low) - 1

    def pullback(d: Any) -> Any:
        return d * ((z > 0) + (z <= 0) * alpha * np.exp(low)).astype(z.dtype), np.einsum(
            "i,i->", d.ravel(), curve.ravel()
        )

    return np.maximum(z, 0) + alpha * curve, pullback


# log_sigmoid


@right("04.log_sigmoid", "logaddexp")
def log_sigmoid_logaddexp(z: Any) -> Any:
    return -np.logaddexp(0, -z), lambda d: d / (1 + np.exp(z))


@right("04.log_sigmoid", "two branches")
def log_sigmoid_branches(z: Any) -> Any:
    e = np.exp(-np.abs(z))
    value = np.where(z > 0, -np.log1p(e), z - np.log1p(e))
    return value, lambda d: d * np.where(z > 0, e / (1 + e), 1 / (1 + e))


@right("04.log_sigmoid", "one minus sigmoid for the slope")
def log_sigmoid_one_minus(z: Any) -> Any:
    value = -(np.maximum(-z, 0) + np.log1p(np.exp(-np.abs(z))))
    s = 1 / (1 + np.exp(-z))
    return value, lambda d: d * (1 - s)


@right("04.log_sigmoid", "masks")
def log_sigmoid_masks(z: Any) -> Any:
    value = np.empty_like(z)
    up = z > 0
    value[up] = -np.log1p(np.exp(-z[up]))
    value[~up] = z[~up] - np.log1p(np.exp(z[~up]))
    return value, lambda d: d * (0.5 - 0.5 * np.tanh(z / 2))


@right("04.log_sigmoid", "the slope as e to the power of the value minus z")
def log_sigmoid_exponent(z: Any) -> Any:
    value = np.minimum(z, 0) - np.log1p(np.exp(-np.abs(z)))
    return value, lambda d: d * np.exp(np.minimum(value - z, 0))


# softmax


@right("04.softmax", "through the logarithm")
def softmax_log(z: Any, axis: int) -> Any:
    shifted = z - np.max(z, axis=axis, keepdims=True)
    p = np.exp(shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True)))

    def pullback(d: Any) -> Any:
        g = p * d
        return g - p * g.sum(axis=axis, keepdims=True)

    return p, pullback


@right("04.softmax", "the whole Jacobian of every row")
def softmax_jacobian(z: Any, axis: int) -> Any:
    rows = np.moveaxis(z, axis, -1)
    e = np.exp(rows - rows.max(axis=-1)[..., None])
    p = e / e.sum(axis=-1)[..., None]

    def pullback(d: Any) -> Any:
        d = np.moveaxis(d, axis, -1)
        jacobian = p[..., :, None] * (np.eye(p.shape[-1], dtype=p.dtype) - p[..., None, :])
        return np.moveaxis(np.einsum("...j,...jk->...k", d, jacobian), -1, axis)

    return np.moveaxis(p, -1, axis), pullback


@right("04.softmax", "a loop over rows")
def softmax_loop(z: Any, axis: int) -> Any:
    moved = np.moveaxis(z, axis, -1)
    rows = moved.reshape(-1, moved.shape[-1])
    p = np.zeros_like(rows)
    for n, row in enumerate(rows):
        e = np.exp(row - row.max())
        p[n] = e / e.sum()

    def pullback(d: Any) -> Any:
        ds = np.moveaxis(d, axis, -1).reshape(rows.shape)
        dz = np.zeros_like(rows)
        for n in range(len(rows)):
            dz[n] = p[n] * ds[n] - p[n] * (p[n] @ ds[n])
        return np.moveaxis(dz.reshape(moved.shape), -1, axis)

    return np.moveaxis(p.reshape(moved.shape), -1, axis), pullback


@right("04.softmax", "expand_dims for keepdims")
def softmax_expand(z: Any, axis: int) -> Any:
    e = np.exp(z - np.expand_dims(z.max(axis), axis))
    p = e / np.expand_dims(e.sum(axis), axis)
    return p, lambda d: p * (d - np.expand_dims((d * p).sum(axis), axis))


# unit_report


@right("04.unit_report", "the largest slope of a unit, and counting")
def unit_report_largest(slope: Any, z: Any, flat: float) -> Any:
    size = np.abs(slope(z))
    return size.max(axis=0) == 0, np.count_nonzero(size < flat, axis=0) / len(z)


@right("04.unit_report", "not any")
def unit_report_any(slope: Any, z: Any, flat: float) -> Any:
    s = slope(z)
    listens = (s != 0).any(axis=0)
    steep = (s >= flat) | (s <= -flat)
    return ~listens, 1 - steep.mean(axis=0)


@right("04.unit_report", "a loop over units")
def unit_report_loop(slope: Any, z: Any, flat: float) -> Any:
    s = slope(z)
    n, m = s.shape
    dead, share = np.zeros(m, dtype=bool), np.zeros(m)
    for unit in range(m):
        dead[unit] = all(v == 0 for v in s[:, unit])
        share[unit] = sum(abs(v) < flat for v in s[:, unit]) / n
    return dead, share


@right("04.unit_report", "squares")
def unit_report_squares(slope: Any, z: Any, flat: float) -> Any:
    square = slope(z) ** 2
    return square.sum(axis=0) == 0, (square < flat**2).sum(axis=0) / z.shape[0]


# gradient_norms


@right("04.gradient_norms", "pullbacks in a list")
def gradient_norms_pullbacks(phi: Any, slope: Any, weights: Any, x: Any, d: Any) -> Any:
    def layer(h: Any, W: Any) -> Any:
        z = h @ W
        return phi(z), lambda da: (da * slope(z)) @ W.T

    backs = []
    for W in weights:
        x, back = layer(x, W)
        backs.append(back)
    norms = [np.sqrt((d * d).sum())]
    while backs:
        d = backs.pop()(d)
        norms.insert(0, np.sqrt((d * d).sum()))
    return norms


@right("04.gradient_norms", "by recursion")
def gradient_norms_recursion(phi: Any, slope: Any, weights: Any, x: Any, d: Any) -> Any:
    def down(k: int, h: Any) -> Any:
        if k == len(weights):
            return d, [float(np.linalg.norm(d))]
        z = h @ weights[k]
        da, norms = down(k + 1, phi(z))
        dh = np.einsum("nm,dm->nd", da * slope(z), weights[k])
        return dh, [float(np.linalg.norm(dh)), *norms]

    return down(0, x)[1]


@right("04.gradient_norms", "an array filled from its end")
def gradient_norms_array(phi: Any, slope: Any, weights: Any, x: Any, d: Any) -> Any:
    L = len(weights)
    slopes, h = [], x
    for k in range(L):
        z = np.dot(h, weights[k])
        slopes.append(slope(z))
        h = phi(z)
    norms = np.zeros(L + 1)
    norms[L] = np.linalg.norm(d.ravel())
    for k in range(L - 1, -1, -1):
        d = np.dot(d * slopes[k], weights[k].T)
        norms[k] = np.linalg.norm(d.ravel())
    return norms


@right("04.gradient_norms", "a tuple, the weights transposed around the product")
def gradient_norms_tuple(phi: Any, slope: Any, weights: Any, x: Any, d: Any) -> Any:
    hs = [x]
    for W in weights:
        hs.append(phi(hs[-1] @ W))
    norms = [np.sum(d**2) ** 0.5]
    for k in range(len(weights), 0, -1):
        d = (weights[k - 1] @ (d * slope(hs[k - 1] @ weights[k - 1])).T).T
        norms.append(np.sum(d**2) ** 0.5)
    return tuple(reversed(norms))
