"""Assignment 02: right answers that look different, and changes of the solutions that change nothing."""

from typing import Any

import numpy as np

from bplib.check.tasks.a02.numerical_gradient import numerical_gradient
from grader.audit.variants import equivalent, right


@right("02.numerical_gradient", "through the flat array")
def nudge_flat(f: Any, x: Any, h: Any) -> Any:
    x = np.asarray(x, dtype=float)
    dx = np.empty(x.size)
    for i in range(x.size):
        step = np.zeros(x.size)
        step[i] = h
        step = step.reshape(x.shape)
        dx[i] = (f(x + step) - f(x - step)) / (2 * h)
    return dx.reshape(x.shape)


@right("02.numerical_gradient", "fresh copies, with ndenumerate")
def nudge_copies(f: Any, x: Any, h: Any) -> Any:
    dx = np.zeros(np.shape(x))
    for at, entry in np.ndenumerate(x):
        above, below = np.array(x, dtype=float), np.array(x, dtype=float)
        above[at], below[at] = entry + h, entry - h
        dx[at] = (f(above) - f(below)) / h / 2
    return dx


@right("02.numerical_gradient", "the mean of a forward and a backward difference")
def nudge_mean(f: Any, x: Any, h: Any) -> Any:
    x = x.astype(np.float64)
    dx = np.zeros(x.shape)
    for at in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[at] += h
        dx[at] = ((f(x + step) - f(x)) / h + (f(x) - f(x - step)) / h) / 2
    return dx


@right("02.numerical_gradient", "a copy that is stepped back and forth with +=")
def nudge_in_copy(f: Any, x: Any, h: Any) -> Any:
    x = x.astype(float)
    slopes = []
    for at in np.ndindex(x.shape):
        x[at] += h
        above = f(x)
        x[at] -= 2 * h
        below = f(x)
        x[at] += h
        slopes.append((above - below) / (2 * h))
    return np.array(slopes).reshape(x.shape)


@right("02.jacobian", "column by column into a place made beforehand")
def jacobian_columns(f: Any, x: Any, h: Any) -> Any:
    J = np.zeros((len(f(x)), len(x)))
    for d in range(len(x)):
        above, below = x.copy(), x.copy()
        above[d] += h
        below[d] -= h
        J[:, d] = (f(above) - f(below)) / (2 * h)
    return J


@right("02.jacobian", "rows for inputs, transposed at the end")
def jacobian_rows(f: Any, x: Any, h: Any) -> Any:
    steps = h * np.eye(x.size)
    return np.array([f(x + step) - f(x - step) for step in steps]).T / (2 * h)


@right("02.jacobian", "entry by entry")
def jacobian_entries(f: Any, x: Any, h: Any) -> Any:
    J = np.zeros((len(f(x)), len(x)))
    for m in range(J.shape[0]):
        for d in range(J.shape[1]):
            step = np.where(np.arange(len(x)) == d, h, 0.0)
            J[m, d] = (f(x + step)[m] - f(x - step)[m]) / (2 * h)
    return J


@right("02.jacobian", "a gradient for each output")
def jacobian_gradients(f: Any, x: Any, h: Any) -> Any:
    M = len(f(x))
    return np.stack([numerical_gradient(lambda v, m=m: f(v)[m], x, h) for m in range(M)])


@right("02.density", "with squares and no u")
def density_squares(x: Any, mu: Any, sigma: Any) -> Any:
    p = np.exp(-((x - mu) ** 2) / (2 * sigma**2)) / np.sqrt(2 * np.pi * sigma**2)
    return p, lambda d: (-d * (x - mu) / sigma**2 * p, d * p * ((x - mu) ** 2 / sigma**3 - 1 / sigma))


@right("02.density", "as the exponential of its logarithm")
def density_log(x: Any, mu: Any, sigma: Any) -> Any:
    log_p = -0.5 * ((x - mu) / sigma) ** 2 - np.log(sigma) - 0.5 * np.log(2 * np.pi)

    def pullback(d):
        d_log = d * np.exp(log_p)
        return d_log * (mu - x) / sigma**2, d_log * ((x - mu) ** 2 / sigma**2 - 1) / sigma

    return np.exp(log_p), pullback


@right("02.density", "a loop over the data")
def density_loop(x: Any, mu: Any, sigma: Any) -> Any:
    p = np.empty_like(x)
    for at in np.ndindex(x.shape):
        p[at] = np.exp(-(((x[at] - mu) / sigma[at]) ** 2) / 2) / sigma[at] / np.sqrt(2 * np.pi)

    def pullback(d):
        dx, dsigma = np.empty_like(x), np.empty_like(x)
        for at in np.ndindex(x.shape):
            dx[at] = d[at] * p[at] * (mu - x[at]) / sigma[at] / sigma[at]
            dsigma[at] = -d[at] * p[at] / sigma[at] - dx[at] * (x[at] - mu) / sigma[at]
        return [dx, dsigma]

    return p, pullback


@right("02.softmax", "with the Jacobian of each row")
def softmax_jacobians(z: Any) -> Any:
    p = np.empty_like(z)
    for n, row in enumerate(z):
        e = np.exp(row - row.max())
        p[n] = e / e.sum()

    def pullback(d):
        return np.stack([d_n @ (np.diag(q) - np.outer(q, q)) for d_n, q in zip(d, p, strict=True)])

    return p, pullback


@right("02.softmax", "with einsum")
def softmax_einsum(z: Any) -> Any:
    e = np.exp(z - np.max(z, axis=-1)[:, None])
    p = np.einsum("nk,n->nk", e, 1 / np.einsum("nk->n", e))
    return p, lambda d: p * d - np.einsum("nk,nj,nj->nk", p, p, d)


@right("02.softmax", "through the logarithm")
def softmax_log(z: Any) -> Any:
    p = np.exp(z - np.logaddexp.reduce(z, axis=1, keepdims=True))

    def pullback(d):
        weighted = d * p
        return weighted - p * np.sum(weighted, axis=1).reshape(-1, 1)

    return p, pullback


@right("02.softmax", "without keepdims")
def softmax_transposed(z: Any) -> Any:
    e = np.exp(z.T - z.max(axis=1))
    p = (e / e.sum(axis=0)).T
    return p, lambda d: p * (d.T - np.sum(p * d, axis=1)).T


@right("02.gaussian_nll", "with the variance")
def gaussian_variance(mu: Any, log_sigma: Any, x: Any) -> Any:
    v = np.exp(2 * log_sigma)
    value = 0.5 * (np.log(2 * np.pi) + 2 * log_sigma + (x - mu) ** 2 / v)
    return value, lambda d: (d * (mu - x) / v, d - d * (x - mu) ** 2 / v)


@right("02.gaussian_nll", "with the inverse of the width, and a list returned")
def gaussian_inverse(mu: Any, log_sigma: Any, x: Any) -> Any:
    inverse = np.exp(-log_sigma)
    u = inverse * (x - mu)

    def pullback(d):
        return [-d * u * inverse, d * (1 + u) * (1 - u)]

    return np.log(np.sqrt(2 * np.pi)) + log_sigma + u**2 / 2, pullback


@right("02.gaussian_nll", "as the logarithm of the density")
def gaussian_of_density(mu: Any, log_sigma: Any, x: Any) -> Any:
    sigma = np.exp(log_sigma)
    log_p = -0.5 * ((x - mu) / sigma) ** 2 - np.log(np.sqrt(2 * np.pi) * sigma)
    return -log_p, lambda d: (d * (mu - x) / sigma**2, d * (1 - ((mu - x) / sigma) ** 2))


@right("02.map_loss", "with a stable softplus by hand")
def map_softplus(w: Any, b: Any, x: Any, y: Any, lam: Any) -> Any:
    z = x @ w + b
    loss = np.sum(np.maximum(z, 0) - y * z + np.log1p(np.exp(-np.abs(z)))) + 0.5 * lam * w @ w
    p = np.where(z >= 0, 1 / (1 + np.exp(-np.abs(z))), np.exp(-np.abs(z)) / (1 + np.exp(-np.abs(z))))
    return loss, (p - y) @ x + lam * w, np.sum(p - y)


@right("02.map_loss", "a loop over the examples")
def map_loop(w: Any, b: Any, x: Any, y: Any, lam: Any) -> Any:
    loss, dw, db = lam / 2 * float(w @ w), lam * w, 0.0
    for row, answer in zip(x, y, strict=True):
        z = float(row @ w) + b
        loss += np.logaddexp(0, -z) if answer == 1 else np.logaddexp(0, z)
        miss = 1 / (1 + np.exp(-z)) - answer
        dw = dw + miss * row
        db += miss
    return loss, dw, db


@right("02.map_loss", "with signs for answers, and einsum")
def map_signs(w: Any, b: Any, x: Any, y: Any, lam: Any) -> Any:
    s = 2 * y - 1
    m = s * (x.dot(w) + b)
    r = -s * np.exp(-np.logaddexp(0, m))
    return (
        np.logaddexp(0, -m).sum() + lam * np.square(w).sum() / 2,
        np.einsum("nd,n->d", x, r) + lam * w,
        r.sum(),
    )


@right("02.complex_step", "the imaginary part of the difference")
def step_difference(f: Any, x: Any, h: Any) -> Any:
    return ((f(x + 1j * h) - f(x)) / h).imag


@right("02.complex_step", "entry by entry")
def step_entries(f: Any, x: Any, h: Any) -> Any:
    slopes = np.zeros(x.shape)
    for at in np.ndindex(x.shape):
        sideways = x.astype(complex)
        sideways[at] = complex(x[at], h)
        slopes[at] = f(sideways)[at].imag / h
    return slopes


@right("02.complex_step", "to both sides")
def step_both(f: Any, x: Any, h: Any) -> Any:
    return np.imag(f(x + 1j * h) - f(x - 1j * h)) / (2 * h)


@right("02.gradcheck", "the measurement written out")
def check_written_out(f: Any, vjp: Any, args: Any, dy: Any, h: Any) -> Any:
    errors = []
    for k, claimed in enumerate(vjp(dy, *args)):
        x = args[k].copy()
        if np.shape(claimed) != np.shape(x):
            return float("inf")
        measured = np.zeros_like(x)
        for at, entry in np.ndenumerate(args[k]):
            x[at] = entry + h
            above = f(*args[:k], x, *args[k + 1 :])
            x[at] = entry - h
            below = f(*args[:k], x, *args[k + 1 :])
            x[at] = entry
            measured[at] = np.sum(dy * (above - below)) / (2 * h)
        errors.append(np.max(np.abs(claimed - measured)) / np.max(np.abs(measured)))
    return np.inf if np.isnan(errors).any() else max(errors)


@right("02.gradcheck", "np.max, which keeps what is not a number")
def check_keeps_nan(f: Any, vjp: Any, args: Any, dy: Any, h: Any) -> Any:
    grads = vjp(dy, *args)
    errors = np.zeros(len(args))
    for k in range(len(args)):
        if grads[k].shape != args[k].shape:
            return np.inf

        def weighted(v, k=k):
            changed = list(args)
            changed[k] = v
            return np.vdot(dy, f(*changed))

        measured = numerical_gradient(weighted, args[k], h)
        errors[k] = np.abs(grads[k] - measured).max() / np.abs(measured).max()
    return np.inf if np.isnan(errors.max()) else errors.max()


@right("02.gradcheck", "with the Jacobian of each argument")
def check_jacobians(f: Any, vjp: Any, args: Any, dy: Any, h: Any) -> Any:
    worst = 0.0
    for k, claimed in enumerate(vjp(dy, *args)):
        columns = []
        for step in h * np.eye(args[k].size):
            step = step.reshape(args[k].shape)
            above = f(*args[:k], args[k] + step, *args[k + 1 :])
            below = f(*args[:k], args[k] - step, *args[k + 1 :])
            columns.append(np.ravel(above - below) / (2 * h))
        measured = (np.stack(columns) @ np.ravel(dy)).reshape(args[k].shape)
        if claimed.shape != measured.shape:
            return np.inf
        error = np.linalg.norm((claimed - measured).ravel(), np.inf) / np.linalg.norm(
            measured.ravel(), np.inf
        )
        if not error <= worst:
            worst = error
        if np.isnan(worst):
            return np.inf
    return worst


equivalent(
    "02.numerical_gradient",
    "np.zeros → np.ones",
    "Only the place for the result: every entry of it is written before it is returned.",
)
for _here, _there in (
    ("np.logaddexp(0, z)", "np.logaddexp(z, 0)"),
    ("np.logaddexp(0, -z)", "np.logaddexp(-z, 0)"),
):
    equivalent("02.map_loss", f"{_here} → {_there}", "The logarithm of a sum does not ask for the order.")
equivalent(
    "02.gradcheck",
    "max(worst, np.abs(claimed - measured).max() / np.abs(measured).max()) → "
    "max(np.abs(claimed - measured).max() / np.abs(measured).max(), worst)",
    "The order matters to max only where one of the two is not a number, and such a claim has been returned as inf.",
)
