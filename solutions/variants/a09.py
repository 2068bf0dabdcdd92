"""Assignment 09: right answers that look different from the solution, and changes that change nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.audit.variants import right

# scale


@right("09.scale", "column by column")
def scale_columns(train: Any, val: Any) -> Any:
    a, b = np.array(train, dtype=float), np.array(val, dtype=float)
    for j in range(a.shape[1]):
        mean, width = a[:, j].mean(), a[:, j].std()
        if width == 0:
            width = 1.0
        a[:, j] = (a[:, j] - mean) / width
        b[:, j] = (b[:, j] - mean) / width
    return a, b


@right("09.scale", "mean of squares minus square of mean")
def scale_moments(train: Any, val: Any) -> Any:
    mean = np.sum(train, axis=0) / len(train)
    centred = train - mean
    width = np.sqrt(np.sum(centred**2, axis=0) / len(train))
    width[width == 0] = 1
    return centred / width, (val - mean) / width


@right("09.scale", "a helper that is applied twice")
def scale_helper(train: Any, val: Any) -> Any:
    mean = train.mean(0)
    width = train.std(0) + (train.std(0) == 0)

    def one(x: Any) -> Any:
        return np.divide(np.subtract(x, mean), width)

    return [one(train), one(val)]


@right("09.scale", "np.ptp finds the constant columns")
def scale_ptp(train: Any, val: Any) -> Any:
    mean = np.average(train, axis=0)
    width = np.sqrt(np.var(train, axis=0))
    width = np.where(np.ptp(train, axis=0) == 0, 1, width)
    return (train - mean[None, :]) / width[None, :], (val - mean[None, :]) / width[None, :]


# bias_variance


@right("09.bias_variance", "a loop over points")
def bias_variance_loop(fits: Any, truth: Any) -> Any:
    bias = variance = 0.0
    for n in range(fits.shape[1]):
        mean = sum(fits[:, n]) / len(fits)
        bias += (mean - truth[n]) ** 2
        variance += sum((f - mean) ** 2 for f in fits[:, n]) / len(fits)
    return bias / fits.shape[1], variance / fits.shape[1]


@right("09.bias_variance", "numpy's own variance")
def bias_variance_var(fits: Any, truth: Any) -> Any:
    return ((fits.mean(0) - truth) ** 2).mean(), fits.var(axis=0).mean()


@right("09.bias_variance", "the whole error less the bias")
def bias_variance_difference(fits: Any, truth: Any) -> Any:
    bias = float(np.mean(np.square(np.mean(fits, axis=0) - truth)))
    return bias, float(np.mean((fits - truth) ** 2)) - bias


@right("09.bias_variance", "einsum")
def bias_variance_einsum(fits: Any, truth: Any) -> Any:
    mean = np.einsum("ln->n", fits) / len(fits)
    off, spread = mean - truth, fits - mean
    return np.einsum("n,n->", off, off) / off.size, np.einsum("ln,ln->", spread, spread) / fits.size


# l2_penalty


@right("09.l2_penalty", "a loop")
def l2_loop(params: Any, lam: Any) -> Any:
    value = 0.0
    for name in params:
        if name[0] == "W":
            value += 0.5 * lam * float((params[name] * params[name]).sum())

    def pullback(d: Any) -> Any:
        grads = {}
        for name, w in params.items():
            grads[name] = d * lam * w if name[0] == "W" else w * 0.0
        return grads

    return value, pullback


@right("09.l2_penalty", "norms")
def l2_norms(params: Any, lam: Any) -> Any:
    weights = [w for name, w in params.items() if "W" in name]
    value = lam * sum(np.linalg.norm(w) ** 2 for w in weights) / 2
    return value, lambda d: {n: (lam * d if "W" in n else 0.0) * w for n, w in params.items()}


@right("09.l2_penalty", "one long vector")
def l2_flat(params: Any, lam: Any) -> Any:
    flat = np.concatenate([w.ravel() for name, w in params.items() if name.startswith("W")])

    def pullback(d: Any) -> Any:
        pays = {name: float(name.startswith("W")) for name in params}
        return {name: np.multiply(d * lam * pays[name], params[name]) for name in params}

    return lam * flat.dot(flat) / 2, pullback


@right("09.l2_penalty", "biases left out by their name")
def l2_by_name(params: Any, lam: Any) -> Any:
    squares = {name: np.sum(np.square(w)) for name, w in params.items() if not name.startswith("b")}

    def pullback(d: Any) -> Any:
        grads = {name: np.zeros(w.shape) for name, w in params.items()}
        grads.update({name: lam * params[name] * d for name in squares})
        return grads

    return 0.5 * lam * sum(squares.values()), pullback


# soft_threshold


@right("09.soft_threshold", "three branches")
def soft_branches(v: Any, amount: Any) -> Any:
    return np.where(v > amount, v - amount, np.where(v < -amount, v + amount, 0.0))


@right("09.soft_threshold", "what a cut would take away")
def soft_clip(v: Any, amount: Any) -> Any:
    return v - np.clip(v, -amount, amount)


@right("09.soft_threshold", "a loop")
def soft_loop(v: Any, amount: Any) -> Any:
    out = np.zeros(v.shape)
    for at in np.ndindex(*v.shape):
        if abs(v[at]) > amount:
            out[at] = v[at] - amount if v[at] > 0 else v[at] + amount
    return out


@right("09.soft_threshold", "two ReLUs")
def soft_relus(v: Any, amount: Any) -> Any:
    return np.maximum(v - amount, 0) - np.maximum(-v - amount, 0)


# dropout


@right("09.dropout", "an if for each mode")
def dropout_if(x: Any, p: Any, u: Any, training: Any) -> Any:
    if not training:
        return x, lambda d: d
    keep = np.where(u < p, 0.0, 1.0)

    def pullback(d: Any) -> Any:
        return d * keep / (1 - p)

    return x * keep / (1 - p), pullback


@right("09.dropout", "np.where")
def dropout_where(x: Any, p: Any, u: Any, training: Any) -> Any:
    gone = (u < p) & bool(training)
    scale = 1 / (1 - p) if training else 1
    return np.where(gone, 0, x * scale), lambda d: np.where(gone, 0, d * scale)


@right("09.dropout", "a copy with zeros written into it")
def dropout_copy(x: Any, p: Any, u: Any, training: Any) -> Any:
    def apply(a: Any) -> Any:
        if not training:
            return np.array(a)
        out = a / (1 - p)
        out[u < p] = 0
        return out

    return apply(x), apply


@right("09.dropout", "a loop")
def dropout_loop(x: Any, p: Any, u: Any, training: Any) -> Any:
    factor = np.ones(x.shape)
    if training:
        for at in np.ndindex(*x.shape):
            factor[at] = 0.0 if u[at] < p else 1.0 / (1.0 - p)
    return factor * x, lambda d: factor * d


# shifted


@right("09.shifted", "pixel by pixel")
def shifted_pixels(images: Any, moves: Any) -> Any:
    N, H, W = images.shape
    out = np.zeros(images.shape)
    for n, r, c in np.ndindex(N, H, W):
        a, b = r - moves[n][0], c - moves[n][1]
        if 0 <= a < H and 0 <= b < W:
            out[n, r, c] = images[n, a, b]
    return out


@right("09.shifted", "slices of both pictures")
def shifted_slices(images: Any, moves: Any) -> Any:
    out = np.zeros_like(images)
    _, H, W = images.shape
    for n, (a, b) in enumerate(moves):
        part = images[n, max(0, -a) : H - max(0, a), max(0, -b) : W - max(0, b)]
        out[n, max(0, a) : max(0, a) + part.shape[0], max(0, b) : max(0, b) + part.shape[1]] = part
    return out


@right("09.shifted", "rolled, and the rest wiped out")
def shifted_rolled(images: Any, moves: Any) -> Any:
    out = []
    for x, (a, b) in zip(images, moves, strict=True):
        y = np.roll(x, (int(a), int(b)), axis=(0, 1))
        if a > 0:
            y[:a] = 0
        elif a < 0:
            y[a:] = 0
        if b > 0:
            y[:, :b] = 0
        elif b < 0:
            y[:, b:] = 0
        out.append(y)
    return np.stack(out)


@right("09.shifted", "matrices that move rows and columns")
def shifted_matrices(images: Any, moves: Any) -> Any:
    _, H, W = images.shape
    return np.stack(
        [np.eye(H, k=-int(a)) @ x @ np.eye(W, k=int(b)) for x, (a, b) in zip(images, moves, strict=True)]
    )


# early_stopping


@right("09.early_stopping", "the best so far by a slice")
def early_slice(losses: Any, patience: Any) -> Any:
    for epoch in range(len(losses)):
        seen = list(losses[: epoch + 1])
        best = seen.index(min(seen))
        if epoch - best >= patience:
            return best, epoch
    return best, epoch


@right("09.early_stopping", "with infinity to begin with")
def early_infinity(losses: Any, patience: Any) -> Any:
    smallest, best, last = float("inf"), 0, 0
    for last, loss in enumerate(losses):
        if loss < smallest:
            smallest, best = loss, last
        elif last - best >= patience:
            break
    return best, last


@right("09.early_stopping", "a while loop")
def early_while(losses: Any, patience: Any) -> Any:
    best = epoch = 0
    while epoch + 1 < len(losses) and epoch - best < patience:
        epoch += 1
        if losses[epoch] < losses[best]:
            best = epoch
    return (best, epoch)


@right("09.early_stopping", "numpy's running minimum")
def early_numpy(losses: Any, patience: Any) -> Any:
    lowest = np.minimum.accumulate(losses)
    first = [int(np.argmax(lowest == low)) for low in lowest]
    stops = [k for k, b in enumerate(first) if k - b >= patience] or [len(losses) - 1]
    return first[stops[0]], stops[0]


# rescue


@right("09.rescue", "all weights kept, and one chosen at the end")
def rescue_all_kept(X: Any, Y: Any, X_val: Any, Y_val: Any, lam: Any, rate: Any, steps: Any) -> Any:
    path = [np.zeros((X.shape[1], Y.shape[1]))]
    for _ in range(steps - 1):
        W = path[-1]
        path.append(W - rate * (X.T @ (X @ W - Y) / len(X) + lam * W))
    on_list = [0.5 * ((X @ W - Y) ** 2).sum(axis=1).mean() for W in path]
    held = [0.5 * ((X_val @ W - Y_val) ** 2).sum(axis=1).mean() for W in path]
    return path[int(np.argmin(held))], on_list, held


@right("09.rescue", "in place, with copies")
def rescue_copies(X: Any, Y: Any, X_val: Any, Y_val: Any, lam: Any, rate: Any, steps: Any) -> Any:
    W = np.zeros((X.shape[1], Y.shape[1]))
    lowest, best = np.inf, W.copy()
    on_list, held = np.zeros(steps), np.zeros(steps)
    for k in range(steps):
        off = X @ W - Y
        on_list[k] = np.sum(off * off) / (2 * len(X))
        held[k] = np.sum((X_val @ W - Y_val) ** 2) / (2 * len(X_val))
        if held[k] < lowest:
            lowest, best = held[k], W.copy()
        W *= 1 - rate * lam
        W -= rate / len(X) * (X.T @ off)
    return best, list(on_list), list(held)


@right("09.rescue", "normal equations' matrices")
def rescue_matrices(X: Any, Y: Any, X_val: Any, Y_val: Any, lam: Any, rate: Any, steps: Any) -> Any:
    A, B = X.T @ X / len(X) + lam * np.eye(X.shape[1]), X.T @ Y / len(X)

    def loss(X: Any, Y: Any, W: Any) -> float:
        return float(np.linalg.norm(X @ W - Y) ** 2 / 2 / len(X))

    W, best = np.zeros(B.shape), np.zeros(B.shape)
    on_list, held = [], []
    for _ in range(steps):
        on_list.append(loss(X, Y, W))
        held.append(loss(X_val, Y_val, W))
        if held[-1] == min(held) and held.index(held[-1]) == len(held) - 1:
            best = W
        W = W - rate * (A @ W - B)
    return best, on_list, held


@right("09.rescue", "einsum, and a decay before the step")
def rescue_einsum(X: Any, Y: Any, X_val: Any, Y_val: Any, lam: Any, rate: Any, steps: Any) -> Any:
    W, found = np.zeros((X.shape[1], Y.shape[1])), None
    on_list, held = [], []
    for _ in range(steps):
        off = np.einsum("nd,dk->nk", X, W) - Y
        out = np.einsum("nd,dk->nk", X_val, W) - Y_val
        on_list.append(0.5 * np.einsum("nk,nk->", off, off) / len(X))
        held.append(0.5 * np.einsum("nk,nk->", out, out) / len(X_val))
        if found is None or held[-1] < found[0]:
            found = held[-1], W
        W = W * (1 - rate * lam) - rate * np.einsum("nd,nk->dk", X, off) / len(X)
    return found[1], on_list, held
