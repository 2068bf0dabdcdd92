"""Assignment 11, answered rightly in other ways, and changes of its solutions that change nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a11.lstm import lstm
from bplib.check.tasks.a11.lstm_step import lstm_step
from bplib.check.tasks.a11.rnn import rnn
from grader.audit.variants import equivalent, right


@right("11.rnn_step", "einsum")
def rnn_step_by_einsum(x: Any, h: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    new = np.tanh(np.einsum("nd,dh->nh", x, Wx) + np.einsum("nk,kh->nh", h, Wh) + b)

    def pullback(dh: Any) -> Any:
        dz = dh - dh * new**2
        return (
            np.einsum("nh,dh->nd", dz, Wx),
            np.einsum("nh,kh->nk", dz, Wh),
            np.einsum("nd,nh->dh", x, dz),
            np.einsum("nk,nh->kh", h, dz),
            np.einsum("nh->h", dz),
        )

    return new, pullback


@right("11.rnn_step", "input, state and bias as one product")
def rnn_step_in_one(x: Any, h: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    D, H = Wx.shape
    rows = np.concatenate([x, h, np.ones((len(x), 1), x.dtype)], axis=1)
    W = np.vstack([Wx, Wh, b])
    new = np.tanh(rows @ W)

    def pullback(dh: Any) -> Any:
        dz = dh * (1 + new) * (1 - new)
        dW, drows = rows.T @ dz, dz @ W.T
        return [drows[:, :D], drows[:, D : D + H], dW[:D], dW[D : D + H], dW[-1]]

    return new, pullback


@right("11.rnn_step", "one sequence at a time")
def rnn_step_by_rows(x: Any, h: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    new = np.array([np.tanh(Wx.T @ u + Wh.T @ v + b) for u, v in zip(x, h, strict=True)])

    def pullback(dh: Any) -> Any:
        dx, dold, dWx, dWh, db = (np.zeros_like(a) for a in (x, h, Wx, Wh, b))
        for n in range(len(x)):
            dz = dh[n] * (1 - new[n] ** 2)
            dx[n], dold[n] = Wx @ dz, Wh @ dz
            dWx += np.outer(x[n], dz)
            dWh += np.outer(h[n], dz)
            db += dz
        return dx, dold, dWx, dWh, db

    return new, pullback


@right("11.rnn_step", "tanh from exponentials, its slope from the hyperbolic cosine")
def rnn_step_by_exponentials(x: Any, h: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    z = np.dot(x, Wx) + np.dot(h, Wh) + b[None]
    new = 2 / (1 + np.exp(-2 * z)) - 1

    def pullback(dh: Any) -> Any:
        dz = dh / np.cosh(z) ** 2
        return np.dot(dz, Wx.T), np.dot(dz, Wh.T), np.dot(x.T, dz), np.dot(h.T, dz), np.sum(dz, 0)

    return new, pullback


@right("11.rnn", "a dz for each step, and one product for all")
def rnn_in_one_product(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    T, N, D = x.shape
    hs = np.zeros((T + 1, *h0.shape))
    hs[0] = h0
    for t in range(T):
        hs[t + 1] = np.tanh(x[t] @ Wx + hs[t] @ Wh + b)

    def pullback(dhs: Any) -> Any:
        dz, later = np.zeros_like(dhs), np.zeros_like(h0)
        for t in range(T - 1, -1, -1):
            dz[t] = (dhs[t] + later) * (1 - hs[t + 1] ** 2)
            later = dz[t] @ Wh.T
        flat = dz.reshape(T * N, -1)
        dWh = hs[:-1].reshape(T * N, -1).T @ flat
        return dz @ Wx.T, later, x.reshape(T * N, D).T @ flat, dWh, flat.sum(axis=0)

    return hs[1:].copy(), pullback


@right("11.rnn", "pullbacks of steps, called in reverse")
def rnn_by_pullbacks(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    def step(x_t: Any, h: Any) -> Any:
        new = np.tanh(x_t @ Wx + h @ Wh + b)

        def back(d: Any) -> Any:
            dz = d * (1 - new * new)
            return dz @ Wx.T, dz @ Wh.T, x_t.T @ dz, h.T @ dz, dz.sum(axis=0)

        return new, back

    h, hs, backs = h0, [], []
    for x_t in x:
        h, back = step(x_t, h)
        hs.append(h)
        backs.append(back)

    def pullback(dhs: Any) -> Any:
        dxs, sums, dh = [], [0.0, 0.0, 0.0], 0.0
        for d, back in zip(dhs[::-1], backs[::-1], strict=True):
            dx, dh, *mine = back(d + dh)
            dxs.append(dx)
            sums = [s + g for s, g in zip(sums, mine, strict=True)]
        return np.stack(dxs[::-1]), dh, *sums

    return np.stack(hs), pullback


@right("11.rnn", "a function that calls itself for the rest of the sequence")
def rnn_by_recursion(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    def run(x: Any, h0: Any) -> Any:
        first = np.tanh(x[0] @ Wx + h0 @ Wh + b)
        rest = run(x[1:], first) if len(x) > 1 else None

        def pullback(dhs: Any) -> Any:
            below: Any = (
                [np.zeros((0, *x.shape[1:])), 0.0, 0.0, 0.0, 0.0] if rest is None else rest[1](dhs[1:])
            )
            dz = (dhs[0] + below[1]) * (1 - first * first)
            dx = np.concatenate([(dz @ Wx.T)[None], below[0]])
            return dx, dz @ Wh.T, below[2] + x[0].T @ dz, below[3] + h0.T @ dz, below[4] + dz.sum(axis=0)

        return first[None] if rest is None else np.concatenate([first[None], rest[0]]), pullback

    return run(x, h0)


@right("11.rnn", "a walk for the loss of each step")
def rnn_walk_for_each_loss(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    states = [h0]
    for x_t in x:
        states.append(np.tanh(np.matmul(x_t, Wx) + np.matmul(states[-1], Wh) + b))

    def pullback(dhs: Any) -> Any:
        dx, dh0, dWx, dWh, db = (np.zeros_like(a) for a in (x, h0, Wx, Wh, b))
        for t in range(len(x)):
            dh = dhs[t]
            for s in range(t, -1, -1):
                dz = dh * (1 - states[s + 1] ** 2)
                dx[s] += dz @ Wx.T
                dWx += x[s].T @ dz
                dWh += states[s].T @ dz
                db += dz.sum(axis=0)
                dh = dz @ Wh.T
            dh0 += dh
        return dx, dh0, dWx, dWh, db

    return np.array(states[1:]), pullback


@right("11.truncated", "a while loop and slices")
def truncated_while(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any, d: Any, k: Any) -> Any:
    total = None
    while len(x):
        hs, pullback = rnn(x[:k], h0, Wx, Wh, b)
        grads = pullback(d[:k])[2:]
        total = grads if total is None else [a + g for a, g in zip(total, grads, strict=True)]
        x, d, h0 = x[k:], d[k:], hs[-1]
    return total


@right("11.truncated", "all states first")
def truncated_from_states(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any, d: Any, k: Any) -> Any:
    hs, _ = rnn(x, h0, Wx, Wh, b)
    states = np.concatenate([h0[None], hs])
    found = []
    for s in np.arange(0, len(x), k):
        _, pullback = rnn(x[s : s + k], states[s], Wx, Wh, b)
        found.append(pullback(d[s : s + k])[2:])
    return tuple(sum(parts) for parts in zip(*found, strict=True))


@right("11.truncated", "the chunk of the loss of each step, on its own")
def truncated_pair_by_pair(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any, d: Any, k: Any) -> Any:
    hs = np.concatenate([h0[None], rnn(x, h0, Wx, Wh, b)[0]])
    dWx, dWh, db = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)
    for t in range(len(x)):
        dh = d[t]
        for s in range(t, t - t % k - 1, -1):
            dz = dh * (1 - hs[s + 1] ** 2)
            dWx += x[s].T @ dz
            dWh += hs[s].T @ dz
            db += dz.sum(axis=0)
            dh = dz @ Wh.T
    return dWx, dWh, db


@right("11.truncated", "one walk back that forgets at each border")
def truncated_one_walk(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any, d: Any, k: Any) -> Any:
    hs = np.concatenate([h0[None], rnn(x, h0, Wx, Wh, b)[0]])
    dWx, dWh, db, dh = 0.0, 0.0, 0.0, 0.0
    for t in reversed(range(len(x))):
        dz = (d[t] + dh) * (1 - hs[t + 1] ** 2)
        dWx, dWh, db = dWx + x[t].T @ dz, dWh + hs[t].T @ dz, db + dz.sum(axis=0)
        dh = dz @ Wh.T if t % k else 0.0
    return [dWx, dWh, db]


@right("11.lstm_step", "blocks by split, sigmoids by tanh")
def lstm_step_by_split(x: Any, h: Any, c: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    blocks = np.split(np.dot(x, Wx) + np.dot(h, Wh) + b, 4, axis=1)
    i, f, o = (0.5 * (1 + np.tanh(0.5 * blocks[k])) for k in (0, 1, 3))
    g = np.tanh(blocks[2])
    new = i * g + f * c
    shown = np.tanh(new)

    def pullback(dh: Any, dc: Any) -> Any:
        do = dh * shown
        dnew = dh * o * (1 - shown**2) + dc
        di, df, dg = dnew * g, dnew * c, dnew * i
        dz = np.hstack([di * (i - i**2), df * (f - f**2), dg - dg * g**2, do * (o - o**2)])
        return np.dot(dz, Wx.T), np.dot(dz, Wh.T), dnew * f, np.dot(x.T, dz), np.dot(h.T, dz), np.sum(dz, 0)

    return [o * shown, new], pullback


@right("11.lstm_step", "four matrices, one for each gate")
def lstm_step_four_matrices(x: Any, h: Any, c: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    H = len(Wh)
    at = [slice(k * H, (k + 1) * H) for k in range(4)]
    z = [x @ Wx[:, s] + h @ Wh[:, s] + b[s] for s in at]
    i, f, o = (1 / (1 + np.exp(-z[k])) for k in (0, 1, 3))
    g = np.tanh(z[2])
    new = f * c + i * g

    def pullback(dh: Any, dc: Any) -> Any:
        bent = np.tanh(new)
        d = dc + dh * o / np.cosh(new) ** 2
        dz = [d * g * i * (1 - i), d * c * f * (1 - f), d * i * (1 - g) * (1 + g), dh * bent * o * (1 - o)]
        dx = sum(q @ Wx[:, s].T for q, s in zip(dz, at, strict=True))
        dold = sum(q @ Wh[:, s].T for q, s in zip(dz, at, strict=True))
        dWx, dWh = np.hstack([x.T @ q for q in dz]), np.hstack([h.T @ q for q in dz])
        return dx, dold, d * f, dWx, dWh, np.concatenate([q.sum(axis=0) for q in dz])

    return (o * np.tanh(new), new), pullback


@right("11.lstm_step", "an array that is filled block by block")
def lstm_step_filled(x: Any, h: Any, c: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    H = h.shape[1]
    a = np.matmul(x, Wx) + np.matmul(h, Wh) + b[None]
    a[:, : 2 * H] = 1 / (1 + np.exp(-a[:, : 2 * H]))
    a[:, 2 * H : 3 * H] = np.tanh(a[:, 2 * H : 3 * H])
    a[:, 3 * H :] = 1 / (1 + np.exp(-a[:, 3 * H :]))
    i, f, g, o = a[:, :H], a[:, H : 2 * H], a[:, 2 * H : 3 * H], a[:, 3 * H :]
    c_new = f * c + i * g
    h_new = o * np.tanh(c_new)

    def pullback(dh: Any, dc: Any) -> Any:
        dz = np.empty_like(a)
        t = np.tanh(c_new)
        total = dc + dh * (o - o * t * t)
        dz[:, :H] = total * g * i * (1 - i)
        dz[:, H : 2 * H] = total * c * f * (1 - f)
        dz[:, 2 * H : 3 * H] = total * i * (1 - g * g)
        dz[:, 3 * H :] = dh * h_new * (1 - o)
        return dz @ Wx.T, dz @ Wh.T, f * total, x.T @ dz, h.T @ dz, dz.sum(0)

    return (h_new, c_new), pullback


@right("11.lstm_step", "einsum over a gate axis")
def lstm_step_gate_axis(x: Any, h: Any, c: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    (_, D), H = x.shape, h.shape[1]
    Vx, Vh = Wx.reshape(D, 4, H), Wh.reshape(H, 4, H)
    z = np.einsum("nd,dgh->gnh", x, Vx) + np.einsum("nk,kgh->gnh", h, Vh) + b.reshape(4, 1, H)
    i, f, o = 1 / (1 + np.exp(-z[0])), 1 / (1 + np.exp(-z[1])), 1 / (1 + np.exp(-z[3]))
    g = np.tanh(z[2])
    cell = f * c + i * g
    t = np.tanh(cell)

    def pullback(dh: Any, dc: Any) -> Any:
        dc = dc + dh * o * (1 - t * t)
        dz = np.stack(
            [dc * g * i * (1 - i), dc * c * f * (1 - f), dc * i * (1 - g * g), dh * t * o * (1 - o)]
        )
        dWx = np.einsum("nd,gnh->dgh", x, dz).reshape(D, 4 * H)
        dWh = np.einsum("nk,gnh->kgh", h, dz).reshape(H, 4 * H)
        dx, dold = np.einsum("gnh,dgh->nd", dz, Vx), np.einsum("gnh,kgh->nk", dz, Vh)
        return dx, dold, dc * f, dWx, dWh, dz.sum(axis=1).reshape(4 * H)

    return (o * t, cell), pullback


@right("11.lstm", "lists that are turned round")
def lstm_by_lists(x: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    N, H = x.shape[1], Wh.shape[0]
    h, c = np.zeros((N, H)), np.zeros((N, H))
    hs, backs = [], []
    for t in range(len(x)):
        state, back = lstm_step(x[t], h, c, Wx, Wh, b)
        h, c = state
        hs.append(h)
        backs.append(back)

    def pullback(dhs: Any) -> Any:
        dh, dc = np.zeros((N, H)), np.zeros((N, H))
        dxs, sums = [], [0.0, 0.0, 0.0]
        for d, back in zip(reversed(dhs), reversed(backs), strict=True):
            dx, dh, dc, *mine = back(d + dh, dc)
            dxs.append(dx)
            sums = [s + m for s, m in zip(sums, mine, strict=True)]
        return np.array(dxs[::-1]), *sums

    return np.stack(hs), pullback


@right("11.lstm", "the steps run again on the way back")
def lstm_recomputed(x: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    zero = np.zeros((x.shape[1], len(Wh)))
    states = [(zero, zero)]
    for x_t in x:
        states.append(lstm_step(x_t, *states[-1], Wx, Wh, b)[0])

    def pullback(dhs: Any) -> Any:
        dx, dWx, dWh, db = np.empty_like(x), np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)
        dh, dc = zero, zero
        for t in range(len(x) - 1, -1, -1):
            _, back = lstm_step(x[t], *states[t], Wx, Wh, b)
            dx[t], dh, dc, gx, gh, gb = back(dh + dhs[t], dc)
            dWx += gx
            dWh += gh
            db += gb
        return dx, dWx, dWh, db

    return np.array([h for h, _ in states[1:]]), pullback


@right("11.lstm", "arrays for the states, sums over a list")
def lstm_with_arrays(x: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    T, N, _ = x.shape
    H = len(b) // 4
    hs, cs = np.zeros((T + 1, N, H)), np.zeros((T + 1, N, H))
    backs = []
    for t in range(T):
        (hs[t + 1], cs[t + 1]), back = lstm_step(x[t], hs[t].copy(), cs[t].copy(), Wx, Wh, b)
        backs.append(back)

    def pullback(dhs: Any) -> Any:
        carried: Any = (np.zeros((N, H)), np.zeros((N, H)))
        steps = []
        for t in reversed(range(T)):
            grads = backs[t](carried[0] + dhs[t], carried[1])
            carried = grads[1:3]
            steps.insert(0, grads)
        dWx, dWh, db = (sum(s[k] for s in steps) for k in (3, 4, 5))
        return np.stack([s[0] for s in steps]), dWx, dWh, db

    return hs[1:].copy(), pullback


@right("11.lstm", "from what later steps send, begun with the last step's own")
def lstm_begun_with_last(x: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    h = c = np.zeros((x.shape[1], len(Wh)))
    hs, backs = [], []
    for x_t in x:
        (h, c), back = lstm_step(x_t, h, c, Wx, Wh, b)
        hs += [h]
        backs += [back]

    def pullback(dhs: Any) -> Any:
        dx = np.zeros(x.shape)
        dh, dc = dhs[-1], np.zeros_like(dhs[-1])
        total = None
        for t in range(len(x) - 1, -1, -1):
            dx[t], dh, dc, *mine = backs[t](dh, dc)
            total = mine if total is None else [a + m for a, m in zip(total, mine, strict=True)]
            if t > 0:
                dh = dh + dhs[t - 1]
        return [dx, *total]

    return np.array(hs), pullback


@right("11.gru_step", "split, and the state as a move towards the candidate")
def gru_step_by_split(x: Any, h: Any, Wx: Any, Wh: Any, bx: Any, bh: Any) -> Any:
    a, u = np.split(np.dot(x, Wx) + bx, 3, axis=1), np.split(np.dot(h, Wh) + bh, 3, axis=1)
    r, z = (0.5 * (1 + np.tanh(0.5 * (a[k] + u[k]))) for k in (0, 1))
    n = np.tanh(a[2] + r * u[2])

    def pullback(d: Any) -> Any:
        dn = (d - d * z) * (1 - n**2)
        dr, dz = dn * u[2] * (r - r**2), d * (h - n) * (z - z**2)
        da, du = np.hstack([dr, dz, dn]), np.hstack([dr, dz, r * dn])
        return da @ Wx.T, du @ Wh.T + z * d, x.T @ da, h.T @ du, np.sum(da, 0), np.sum(du, 0)

    return n + z * (h - n), pullback


@right("11.gru_step", "three matrices, one for each block")
def gru_step_three_matrices(x: Any, h: Any, Wx: Any, Wh: Any, bx: Any, bh: Any) -> Any:
    H = len(Wh)
    s = [slice(k * H, (k + 1) * H) for k in range(3)]
    r = 1 / (1 + np.exp(-(x @ Wx[:, s[0]] + bx[s[0]] + h @ Wh[:, s[0]] + bh[s[0]])))
    z = 1 / (1 + np.exp(-(x @ Wx[:, s[1]] + bx[s[1]] + h @ Wh[:, s[1]] + bh[s[1]])))
    heard = h @ Wh[:, s[2]] + bh[s[2]]
    n = np.tanh(x @ Wx[:, s[2]] + bx[s[2]] + r * heard)

    def pullback(d: Any) -> Any:
        dn = d * (1 - z) * (1 - n) * (1 + n)
        dr = dn * heard * r * (1 - r)
        dz = (d * h - d * n) * z * (1 - z)
        into_x, into_h = [dr, dz, dn], [dr, dz, dn * r]
        dx = sum(q @ Wx[:, at].T for q, at in zip(into_x, s, strict=True))
        dh = d * z + sum(q @ Wh[:, at].T for q, at in zip(into_h, s, strict=True))
        dWx, dWh = np.hstack([x.T @ q for q in into_x]), np.hstack([h.T @ q for q in into_h])
        dbx, dbh = (np.concatenate([q.sum(axis=0) for q in qs]) for qs in (into_x, into_h))
        return dx, dh, dWx, dWh, dbx, dbh

    return (1 - z) * n + z * h, pullback


@right("11.gru_step", "einsum over a gate axis")
def gru_step_gate_axis(x: Any, h: Any, Wx: Any, Wh: Any, bx: Any, bh: Any) -> Any:
    (_, D), H = x.shape, h.shape[1]
    Vx, Vh = Wx.reshape(D, 3, H), Wh.reshape(H, 3, H)
    a = np.einsum("nd,dgh->gnh", x, Vx) + bx.reshape(3, 1, H)
    u = np.einsum("nk,kgh->gnh", h, Vh) + bh.reshape(3, 1, H)
    r, z = 1 / (1 + np.exp(-(a[:2] + u[:2])))
    n = np.tanh(a[2] + r * u[2])

    def pullback(d: Any) -> Any:
        dn = d * (1 - z) * (1 - n * n)
        da = np.stack([dn * u[2] * r * (1 - r), d * (h - n) * z * (1 - z), dn])
        du = da.copy()
        du[2] = dn * r
        dx, dh = np.einsum("gnh,dgh->nd", da, Vx), np.einsum("gnh,kgh->nk", du, Vh) + d * z
        dWx = np.einsum("nd,gnh->dgh", x, da).reshape(Wx.shape)
        dWh = np.einsum("nk,gnh->kgh", h, du).reshape(Wh.shape)
        return dx, dh, dWx, dWh, da.sum(axis=1).reshape(-1), du.sum(axis=1).reshape(-1)

    return z * h + (1 - z) * n, pullback


@right("11.gru_step", "an array that is filled block by block")
def gru_step_filled(x: Any, h: Any, Wx: Any, Wh: Any, bx: Any, bh: Any) -> Any:
    H = h.shape[1]
    a, u = np.matmul(x, Wx) + bx[None], np.matmul(h, Wh) + bh[None]
    gates = 1 / (1 + np.exp(-a[:, : 2 * H] - u[:, : 2 * H]))
    r, z = gates[:, :H], gates[:, H:]
    n = np.tanh(a[:, 2 * H :] + r * u[:, 2 * H :])

    def pullback(d: Any) -> Any:
        da = np.empty_like(a)
        da[:, 2 * H :] = d * (1 - z) / np.cosh(np.arctanh(n)) ** 2
        da[:, H : 2 * H] = d * (h - n) * z * (1 - z)
        da[:, :H] = da[:, 2 * H :] * u[:, 2 * H :] * r * (1 - r)
        du = np.concatenate([da[:, : 2 * H], da[:, 2 * H :] * r], axis=1)
        return [da @ Wx.T, d * z + du @ Wh.T, x.T @ da, h.T @ du, da.sum(0), du.sum(0)]

    return n - z * n + z * h, pullback


@right("11.adder", "one long vector for the norm")
def adder_one_vector(x: Any, y: Any, params: Any, limit: Any) -> Any:
    hs, pullback = lstm(x, *params[:3])
    last = hs[-1]
    error = np.dot(last, params[3]) + params[4] - y
    dp = error * (2 / error.size)
    d = np.zeros(hs.shape)
    d[-1] = np.dot(dp, params[3].T)
    grads = [*pullback(d)[1:], np.dot(last.T, dp), np.sum(dp, 0)]
    length = np.linalg.norm(np.concatenate([np.ravel(g) for g in grads]))
    factor = min(1.0, limit / length)
    return (error**2).mean(), [factor * g for g in grads]


@right("11.adder", "zeros and the last step, concatenated")
def adder_concatenated(x: Any, y: Any, params: Any, limit: Any) -> Any:
    Wx, Wh, b, V, a = params
    hs, back = lstm(x, Wx, Wh, b)
    h = hs[len(x) - 1]
    p = h @ V + a
    N, M = y.shape
    dp = (p - y) * 2 / (N * M)
    dhs = np.concatenate([np.zeros_like(hs[:-1]), (dp @ V.T)[None]])
    _, *first = back(dhs)
    grads = (*first, h.T @ dp, dp.sum(axis=0))
    size = sum((g**2).sum() for g in grads) ** 0.5
    if size <= limit:
        return np.sum((p - y) ** 2) / (N * M), grads
    return np.sum((p - y) ** 2) / (N * M), tuple(g / size * limit for g in grads)


@right("11.adder", "the loss and its slope in loops, the norm by norms of norms")
def adder_by_loops(x: Any, y: Any, params: Any, limit: Any) -> Any:
    Wx, Wh, b, V, a = params
    hs, pullback = lstm(x, Wx, Wh, b)
    p = hs[-1] @ V + a
    loss, dp = 0.0, np.zeros_like(p)
    for n in range(y.shape[0]):
        for m in range(y.shape[1]):
            loss += (p[n, m] - y[n, m]) ** 2 / y.size
            dp[n, m] = 2 * (p[n, m] - y[n, m]) / y.size
    mask = (np.arange(len(x)) == len(x) - 1)[:, None, None]
    grads = [*list(pullback(mask * (dp @ V.T))[1:]), hs[-1].T @ dp, dp.sum(axis=0)]
    norm = np.linalg.norm([np.linalg.norm(g) for g in grads])
    scale = limit / max(norm, limit)
    return float(loss), [scale * g for g in grads]


@right("11.adder", "einsum")
def adder_by_einsum(x: Any, y: Any, params: Any, limit: Any) -> Any:
    Wx, Wh, b, V, a = params
    hs, pullback = lstm(x, Wx, Wh, b)
    p = np.einsum("nh,hm->nm", hs[-1], V) + a
    dp = 2 * (p - y) / np.prod(y.shape)
    dhs = np.zeros_like(hs)
    dhs[-1] += np.einsum("nm,hm->nh", dp, V)
    grads = [*pullback(dhs)[1:], np.einsum("nh,nm->hm", hs[-1], dp), np.einsum("nm->m", dp)]
    square = sum(np.vdot(g, g) for g in grads)
    too_long = square > limit**2
    grads = [g * limit / np.sqrt(square) if too_long else g for g in grads]
    return np.square(p - y).mean(), grads


equivalent(
    "11.adder",
    "norm > limit → norm >= limit",
    "at a norm of exactly the limit the factor is 1, and the gradients stay what they are",
)
