"""Assignment 12: right answers that look different from the solution, and changes that change nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.audit.variants import equivalent, right

# best_detective


@right("12.best_detective", "a loop")
def best_loop(p: Any, q: Any, dx: Any) -> Any:
    D, paid = np.zeros(len(p)), 0.0
    for n in range(len(p)):
        D[n] = p[n] / (p[n] + q[n])
        if p[n] > 0:
            paid -= p[n] * np.log(D[n]) * dx
        if q[n] > 0:
            paid -= q[n] * np.log(1 - D[n]) * dx
    return D, paid


@right("12.best_detective", "np.where, with the warnings hushed")
def best_masks(p: Any, q: Any, dx: Any) -> Any:
    D = p / (p + q)
    with np.errstate(divide="ignore", invalid="ignore"):
        on_real = np.where(p > 0, -p * np.log(D), 0.0)
        on_fake = np.where(q > 0, -q * np.log(1 - D), 0.0)
    return D, np.sum(on_real + on_fake) * dx


@right("12.best_detective", "from the odds")
def best_odds(p: Any, q: Any, dx: Any) -> Any:
    total = p + q
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.nan_to_num(p * np.log(p / total), nan=0.0) + np.nan_to_num(q * np.log(q / total), nan=0.0)
    return 1 - q / total, float(-terms.sum() * dx)


@right("12.best_detective", "logarithms with out and where")
def best_where(p: Any, q: Any, dx: Any) -> Any:
    D = np.divide(p, np.add(p, q))
    on_real = np.log(D, out=np.zeros_like(D), where=p > 0)
    on_fake = np.log(1 - D, out=np.zeros_like(D), where=q > 0)
    return D, -(p @ on_real + q @ on_fake) * dx


# detective_loss


@right("12.detective_loss", "the shifted form")
def detective_shifted(s_real: Any, s_fake: Any) -> Any:
    def softplus(s: Any) -> Any:
        return np.maximum(s, 0) + np.log1p(np.exp(-np.abs(s)))

    def sigma(s: Any) -> Any:
        e = np.exp(-np.abs(s))
        return np.where(s >= 0, 1 / (1 + e), e / (1 + e))

    def pullback(d: Any) -> Any:
        return -d * sigma(-s_real) / s_real.size, d * sigma(s_fake) / s_fake.size

    return softplus(-s_real).mean() + softplus(s_fake).mean(), pullback


@right("12.detective_loss", "one function for both labels")
def detective_labels(s_real: Any, s_fake: Any) -> Any:
    def one(s: Any, label: float) -> Any:
        loss = np.mean(np.logaddexp(0, s) - label * s)
        return loss, (0.5 * (1 + np.tanh(s / 2)) - label) / len(s)

    (a, da), (b, db) = one(s_real, 1.0), one(s_fake, 0.0)
    return a + b, lambda d: (d * da, d * db)


@right("12.detective_loss", "a loop over the samples")
def detective_loop(s_real: Any, s_fake: Any) -> Any:
    value = 0.0
    for s in s_real[:, 0]:
        value += float(np.logaddexp(0, -s)) / len(s_real)
    for s in s_fake[:, 0]:
        value += float(np.logaddexp(0, s)) / len(s_fake)

    def pullback(d: Any) -> Any:
        real = np.array([[d * (np.tanh(s / 2) - 1) / 2 / len(s_real)] for s in s_real[:, 0]])
        fake = np.array([[d * (np.tanh(s / 2) + 1) / 2 / len(s_fake)] for s in s_fake[:, 0]])
        return real, fake

    return value, pullback


@right("12.detective_loss", "a list of gradients")
def detective_list(s_real: Any, s_fake: Any) -> Any:
    value = np.logaddexp(0, -s_real).sum() / len(s_real) + np.logaddexp(0, s_fake).sum() / len(s_fake)
    slopes = [(np.tanh(s_real / 2) - 1) / (2 * len(s_real)), (np.tanh(s_fake / 2) + 1) / (2 * len(s_fake))]
    return value, lambda d: [d * slope for slope in slopes]


# forger_loss


@right("12.forger_loss", "a dict of values and slopes")
def forger_dict(s: Any, kind: Any) -> Any:
    sigma = 0.5 * (1 + np.tanh(s / 2))
    values = {"minimax": -np.logaddexp(0, s), "non-saturating": np.logaddexp(0, -s), "wasserstein": -s}
    slopes = {"minimax": -sigma, "non-saturating": sigma - 1, "wasserstein": 0 * s - 1}
    return values[kind].mean(), lambda d: slopes[kind] * (d / s.size)


@right("12.forger_loss", "a pullback for each kind")
def forger_three(s: Any, kind: Any) -> Any:
    n = len(s)
    if kind == "wasserstein":
        return -s.sum() / n, lambda d: np.full(s.shape, -d / n)
    if kind == "minimax":
        return np.mean(-np.logaddexp(s, 0)), lambda d: -d * (1 + np.tanh(s / 2)) / 2 / n
    return np.mean(np.logaddexp(-s, 0)), lambda d: d * (np.tanh(s / 2) - 1) / 2 / n


@right("12.forger_loss", "softplus, shifted")
def forger_shifted(s: Any, kind: Any) -> Any:
    e = np.exp(-np.abs(s))
    plus = np.maximum(s, 0) + np.log1p(e)
    sigma = np.where(s > 0, 1, e) / (1 + e)
    value = {"minimax": -plus, "non-saturating": plus - s}.get(kind, -s)
    slope = {"minimax": -sigma, "non-saturating": sigma - 1}.get(kind, -np.ones(s.shape))
    return np.average(value), lambda d: d * slope / len(value)


@right("12.forger_loss", "a loop")
def forger_loop(s: Any, kind: Any) -> Any:
    total, slopes = 0.0, []
    for one in s[:, 0]:
        sigma = (1 + np.tanh(one / 2)) / 2
        if kind == "minimax":
            total, slope = total - np.logaddexp(0, one), -sigma
        elif kind == "non-saturating":
            total, slope = total + np.logaddexp(0, -one), sigma - 1
        else:
            total, slope = total - one, -1.0
        slopes.append([slope])
    return total / len(s), lambda d: d * np.array(slopes) / len(s)


# play


@right("12.play", "the matrix of a step")
def play_matrix(x: Any, y: Any, rate: Any, steps: Any, turns: Any) -> Any:
    M = np.array([[1, -rate], [rate, 1 - rate**2 if turns else 1]])
    path = [np.array([x, y])]
    for _ in range(steps):
        path.append(M @ path[-1])
    return np.stack(path)


@right("12.play", "an array that is filled")
def play_filled(x: Any, y: Any, rate: Any, steps: Any, turns: Any) -> Any:
    path = np.zeros((steps + 1, 2))
    path[0] = x, y
    for k in range(steps):
        path[k + 1, 0] = path[k, 0] - rate * path[k, 1]
        path[k + 1, 1] = path[k, 1] + rate * path[k + 1 if turns else k, 0]
    return path


@right("12.play", "complex numbers")
def play_complex(x: Any, y: Any, rate: Any, steps: Any, turns: Any) -> Any:
    z, path = complex(x, y), [[x, y]]
    for _ in range(steps):
        z = z + 1j * rate * z - (1j * rate**2 * z.imag if turns else 0)
        path.append([z.real, z.imag])
    return np.array(path)


@right("12.play", "two lists")
def play_lists(x: Any, y: Any, rate: Any, steps: Any, turns: Any) -> Any:
    xs, ys = [x], [y]
    while len(xs) <= steps:
        xs.append(xs[-1] - rate * ys[-1])
        ys.append(ys[-1] + rate * (xs[-1] if turns else xs[-2]))
    return np.array([xs, ys]).T


# detective_step


@right("12.detective_step", "real and fake in one batch")
def detective_batch(real: Any, fake: Any, D: Any) -> Any:
    V, v, u, t = D
    x = np.concatenate([real, fake])
    label = np.concatenate([np.ones((len(real), 1)), np.zeros((len(fake), 1))])
    weight = np.where(label == 1, 1 / len(real), 1 / len(fake))
    h = np.tanh(x @ V + v)
    ds = weight * (0.5 * (1 + np.tanh((h @ u + t) / 2)) - label)
    dh = ds * u.T * (1 - h * h)
    return [x.T @ dh, dh.sum(0), h.T @ ds, ds.sum(0)]


@right("12.detective_step", "einsum")
def detective_einsum(real: Any, fake: Any, D: Any) -> Any:
    V, v, u, t = D

    def one(x: Any, label: float) -> Any:
        h = np.tanh(np.einsum("nd,dh->nh", x, V) + v)
        s = np.einsum("nh,ho->no", h, u) + t
        ds = ((1 + np.tanh(s / 2)) / 2 - label) / len(x)
        dz = np.einsum("no,ho->nh", ds, u) * (1 - h**2)
        return np.einsum("nd,nh->dh", x, dz), dz.sum(0), np.einsum("nh,no->ho", h, ds), ds.sum(0)

    return tuple(a + b for a, b in zip(one(real, 1.0), one(fake, 0.0), strict=True))


@right("12.detective_step", "example by example")
def detective_examples(real: Any, fake: Any, D: Any) -> Any:
    V, v, u, t = D
    dV, dv, du, dt = (np.zeros(p.shape) for p in D)
    for batch, label in ((real, 1), (fake, 0)):
        for x in batch:
            h = np.tanh(x @ V + v)
            s = (h @ u + t)[0]
            ds = ((1 + np.tanh(s / 2)) / 2 - label) / len(batch)
            dz = ds * u[:, 0] * (1 - h**2)
            dV, dv = dV + np.outer(x, dz), dv + dz
            du, dt = du + ds * h[:, None], dt + ds
    return dV, dv, du, dt


@right("12.detective_step", "the bias as a weight of a column of ones")
def detective_ones(real: Any, fake: Any, D: Any) -> Any:
    V, v, u, t = D
    W, w = np.vstack([V, v[None]]), np.vstack([u, t[None]])
    dW, dw = 0 * W, 0 * w
    for x, sign in ((real, -1.0), (fake, 1.0)):
        x1 = np.column_stack([x, np.ones(len(x))])
        h1 = np.column_stack([np.tanh(x1 @ W), np.ones(len(x))])
        ds = sign * 0.5 * (1 + np.tanh(sign * (h1 @ w) / 2)) / len(x)
        dz = (ds @ w.T)[:, :-1] * (1 - h1[:, :-1] ** 2)
        dW, dw = dW + x1.T @ dz, dw + h1.T @ ds
    return [dW[:-1], dW[-1], dw[:-1], dw[-1]]


# forger_step


@right("12.forger_step", "einsum")
def forger_einsum(z: Any, G: Any, D: Any) -> Any:
    A, a, B, b = G
    V, v, u, t = D
    g = np.tanh(np.einsum("nk,kh->nh", z, A) + a)
    x = np.einsum("nh,hd->nd", g, B) + b
    h = np.tanh(np.einsum("nd,dm->nm", x, V) + v)
    ds = (np.tanh((h @ u + t) / 2) - 1) / 2 / len(z)
    dx = np.einsum("no,mo,nm,dm->nd", ds, u, 1 - h**2, V)
    dg = np.einsum("nd,hd,nh->nh", dx, B, 1 - g**2)
    return dx, (np.einsum("nk,nh->kh", z, dg), dg.sum(0), np.einsum("nh,nd->hd", g, dx), dx.sum(0))


@right("12.forger_step", "example by example")
def forger_examples(z: Any, G: Any, D: Any) -> Any:
    A, a, B, b = G
    V, v, u, t = D
    arrows, total = [], [np.zeros(p.shape) for p in G]
    for one in z:
        g = np.tanh(one @ A + a)
        h = np.tanh((g @ B + b) @ V + v)
        ds = (np.tanh((h @ u + t)[0] / 2) - 1) / (2 * len(z))
        dx = V @ (ds * u[:, 0] * (1 - h**2))
        dg = (B @ dx) * (1 - g**2)
        arrows.append(dx)
        total = [p + q for p, q in zip(total, (np.outer(one, dg), dg, np.outer(g, dx), dx), strict=True)]
    return np.array(arrows), total


@right("12.forger_step", "pullbacks, in reverse order")
def forger_pullbacks(z: Any, G: Any, D: Any) -> Any:
    def layer(x: Any, W: Any, b: Any) -> Any:
        return x @ W + b, lambda d: (d @ W.T, x.T @ d, d.sum(axis=0))

    def bend(x: Any) -> Any:
        y = np.tanh(x)
        return y, lambda d: d * (1 - y * y)

    p, back_p = layer(z, G[0], G[1])
    g, back_g = bend(p)
    x, back_x = layer(g, G[2], G[3])
    q, back_q = layer(x, D[0], D[1])
    h, back_h = bend(q)
    s, back_s = layer(h, D[2], D[3])
    ds = (0.5 * np.tanh(s / 2) - 0.5) / len(s)
    dx = back_q(back_h(back_s(ds)[0]))[0]
    dg, dB, db = back_x(dx)
    _, dA, da = back_p(back_g(dg))
    return dx, [dA, da, dB, db]


@right("12.forger_step", "the mean taken at the end")
def forger_mean_last(z: Any, G: Any, D: Any) -> Any:
    A, a, B, b = G
    V, v, u, t = D
    g = np.tanh(z @ A + a)
    h = np.tanh((g @ B + b) @ V + v)
    s = h @ u + t
    ds = -0.5 * (1 + np.tanh(-s / 2))
    dx = (ds * u.T * (1 - h**2)) @ V.T
    dg = dx @ B.T * (1 - g**2)
    grads = [z.T @ dg, dg.sum(0), g.T @ dx, dx.sum(0)]
    return dx / len(z), [p / len(z) for p in grads]


# game


@right("12.game", "copies, changed in place")
def game_copies(G: Any, D: Any, rounds: Any, rate_g: Any, rate_d: Any) -> Any:
    G, D = [p.copy() for p in G], [p.copy() for p in D]
    for real, z_d, z_g in rounds:
        fake = np.tanh(z_d @ G[0] + G[1]) @ G[2] + G[3]
        for p, g in zip(D, detective_step(real, fake, D), strict=True):  # noqa: F821
            p -= rate_d * g
        for p, g in zip(G, forger_step(z_g, G, D)[1], strict=True):  # noqa: F821
            p -= rate_g * g
    return G, D


@right("12.game", "indices")
def game_indices(G: Any, D: Any, rounds: Any, rate_g: Any, rate_d: Any) -> Any:
    for k in range(len(rounds)):
        fake = np.tanh(rounds[k][1] @ G[0] + G[1]) @ G[2] + G[3]
        grads = detective_step(rounds[k][0], fake, D)  # noqa: F821
        D = [D[i] - rate_d * grads[i] for i in range(4)]
        grads = forger_step(rounds[k][2], G, D)[1]  # noqa: F821
        G = [G[i] - rate_g * grads[i] for i in range(4)]
    return [G, D]


@right("12.game", "recursion")
def game_recursion(G: Any, D: Any, rounds: Any, rate_g: Any, rate_d: Any) -> Any:
    def rest(G: Any, D: Any, left: Any) -> Any:
        if not left:
            return G, D
        real, z_d, z_g = left[0]
        fake = np.tanh(z_d @ G[0] + G[1]) @ G[2] + G[3]
        D = [p - rate_d * g for p, g in zip(D, detective_step(real, fake, D), strict=True)]  # noqa: F821
        G = [p - rate_g * g for p, g in zip(G, forger_step(z_g, G, D)[1], strict=True)]  # noqa: F821
        return rest(G, D, left[1:])

    return rest(list(G), list(D), list(rounds))


@right("12.game", "a helper that steps")
def game_helper(G: Any, D: Any, rounds: Any, rate_g: Any, rate_d: Any) -> Any:
    def step(params: Any, grads: Any, rate: Any) -> Any:
        return tuple(np.subtract(p, np.multiply(rate, g)) for p, g in zip(params, grads, strict=True))

    for triple in rounds:
        hidden = np.tanh(triple[1] @ G[0] + G[1])
        D = step(D, detective_step(triple[0], hidden @ G[2] + G[3], D), rate_d)  # noqa: F821
        G = step(G, forger_step(triple[2], G, D)[1], rate_g)  # noqa: F821
    return G, D


# count_modes


@right("12.count_modes", "loops")
def modes_loops(x: Any, centres: Any, radius: Any, share: Any) -> Any:
    count = [0] * len(centres)
    for sample in x:
        distances = [float(np.hypot(*(sample - c))) for c in centres]
        nearest = distances.index(min(distances))
        if distances[nearest] <= radius:
            count[nearest] += 1
    return sum(1 for c in count if c >= share * len(x)), sum(count) / len(x)


@right("12.count_modes", "norms and bincount")
def modes_bincount(x: Any, centres: Any, radius: Any, share: Any) -> Any:
    distance = np.linalg.norm(x[:, None, :] - centres[None], axis=-1)
    near = np.min(distance, axis=1) <= radius
    count = np.bincount(np.argmin(distance, axis=1)[near], minlength=len(centres))
    return (count / len(x) >= share).sum(), near.mean()


@right("12.count_modes", "unique")
def modes_unique(x: Any, centres: Any, radius: Any, share: Any) -> Any:
    distance = np.hypot(x[:, :1] - centres[:, 0], x[:, 1:] - centres[:, 1])
    belongs = np.where(distance.min(axis=1) <= radius, distance.argmin(axis=1), -1)
    which, count = np.unique(belongs, return_counts=True)
    return int(np.sum((count >= share * len(x)) & (which >= 0))), float(np.mean(belongs >= 0))


@right("12.count_modes", "a table of who belongs to whom")
def modes_table(x: Any, centres: Any, radius: Any, share: Any) -> Any:
    square = ((x[:, None] - centres) ** 2).sum(-1)
    belongs = (np.arange(len(centres)) == square.argmin(1)[:, None]) & (np.sqrt(square) <= radius)
    return np.count_nonzero(belongs.sum(0) >= share * len(x)), belongs.any(1).mean()


# changes that change nothing

SYMMETRIC = "logaddexp(a, b) = logaddexp(b, a)"
equivalent("12.detective_loss", "np.logaddexp(0, -s_real) → np.logaddexp(-s_real, 0)", SYMMETRIC)
equivalent("12.detective_loss", "np.logaddexp(0, s_fake) → np.logaddexp(s_fake, 0)", SYMMETRIC)
equivalent("12.forger_loss", "np.logaddexp(0, s) → np.logaddexp(s, 0)", SYMMETRIC)
equivalent("12.forger_loss", "np.logaddexp(0, -s) → np.logaddexp(-s, 0)", SYMMETRIC)
equivalent(
    "12.detective_step",
    "ds.sum(axis=0) → ds.sum()",
    "ds has one column, and the sum is added to an array (1,)",
)
equivalent("12.detective_step", "zip(grads, new) → zip(new, grads)", "the two are added")
