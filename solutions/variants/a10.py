"""Assignment 10, answered rightly in other ways, and changes of its solutions that change nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a10.conv2d import conv2d
from bplib.check.tasks.a10.max_pool import max_pool
from grader.audit.variants import equivalent, right


@right("10.sizes", "the places counted one by one, the field from both ends")
def sizes_by_counting(n: Any, layers: Any) -> Any:
    outs, fields, first, last, jump = [], [], 0, 0, 1
    for K, s, p, d in layers:
        n = sum(1 for i in range(0, n + 2 * p, s) if i + d * (K - 1) < n + 2 * p)
        last += (K - 1) * d * jump
        jump *= s
        outs.append(n)
        fields.append(last - first + 1)
    return outs, fields


@right("10.sizes", "floor of a quotient, the jump as a product of all strides before")
def sizes_by_floor(n: Any, layers: Any) -> Any:
    outs, fields = [], [1]
    for at, (K, s, p, d) in enumerate(layers):
        n = int(np.floor((n + 2 * p - d * (K - 1) - 1) / s + 1))
        outs.append(n)
        fields.append(fields[-1] + d * (K - 1) * int(np.prod([layer[1] for layer in layers[:at]], dtype=int)))
    return outs, fields[1:]


@right("10.sizes", "the field from the last layer to the first")
def sizes_backwards(n: Any, layers: Any) -> Any:
    outs, fields = [], []
    for at, (K, s, p, d) in enumerate(layers):
        n = (n + 2 * p - d * K + d - 1) // s + 1
        outs.append(n)
        r = 1
        for K_, s_, _, d_ in layers[at::-1]:
            r = (r - 1) * s_ + d_ * (K_ - 1) + 1
        fields.append(r)
    return outs, fields


@right("10.sizes", "NumPy's whole numbers, a tuple of arrays")
def sizes_in_arrays(n: Any, layers: Any) -> Any:
    K, s, p, d = np.array(layers).T
    jump = np.concatenate([[1], np.cumprod(s)[:-1]])
    outs = []
    for k in range(len(K)):
        n = (n + 2 * p[k] - d[k] * (K[k] - 1) + s[k] - 1) // s[k]
        outs.append(n)
    return np.array(outs), 1 + np.cumsum(d * (K - 1) * jump)


@right("10.im2col", "an index of every entry, np.add.at")
def im2col_by_index(x: Any, K: Any, L: Any, stride: Any) -> Any:
    C, H, W = x.shape
    P, Q = (H - K) // stride + 1, (W - L) // stride + 1
    c, k, l, i, j = np.indices((C, K, L, P, Q)).reshape(5, C * K * L, P * Q)
    at = (c, i * stride + k, j * stride + l)

    def pullback(d: Any) -> Any:
        dx = np.zeros(x.shape, x.dtype)
        np.add.at(dx, at, d)
        return dx

    return x[at], pullback


@right("10.im2col", "sliding windows, and taps on the way back")
def im2col_by_view(x: Any, K: Any, L: Any, stride: Any) -> Any:
    seen = np.lib.stride_tricks.sliding_window_view(x, (K, L), axis=(1, 2))[:, ::stride, ::stride]
    C, P, Q = seen.shape[:3]

    def pullback(d: Any) -> Any:
        dx = np.zeros_like(x)
        for k in range(K):
            for l in range(L):
                part = d.reshape(C, K, L, P, Q)[:, k, l]
                dx[:, k : k + P * stride : stride, l : l + Q * stride : stride][:, :P, :Q] += part
        return dx

    return seen.transpose(0, 3, 4, 1, 2).reshape(C * K * L, P * Q), pullback


@right("10.im2col", "four loops")
def im2col_by_loops(x: Any, K: Any, L: Any, stride: Any) -> Any:
    C, H, W = x.shape
    P, Q = 1 + (H - K) // stride, 1 + (W - L) // stride
    columns = np.empty((C * K * L, P * Q), dtype=x.dtype)
    for row in range(C * K * L):
        c, k, l = row // (K * L), row // L % K, row % L
        for place in range(P * Q):
            columns[row, place] = x[c, place // Q * stride + k, place % Q * stride + l]

    def pullback(d: Any) -> Any:
        dx = np.zeros_like(x)
        for row in range(C * K * L):
            c, k, l = row // (K * L), row // L % K, row % L
            for place in range(P * Q):
                dx[c, place // Q * stride + k, place % Q * stride + l] += d[row, place]
        return dx

    return columns, pullback


@right("10.im2col", "as a matrix of zeros and ones, and its transpose")
def im2col_by_matrix(x: Any, K: Any, L: Any, stride: Any) -> Any:
    C, H, W = x.shape
    P, Q = (H - K) // stride + 1, (W - L) // stride + 1
    S = np.zeros((C * K * L * P * Q, C * H * W), x.dtype)
    number = np.arange(C * H * W).reshape(C, H, W)
    places = [(i * stride, j * stride) for i in range(P) for j in range(Q)]
    at = np.stack([number[:, i : i + K, j : j + L].ravel() for i, j in places], axis=1).ravel()
    S[np.arange(len(at)), at] = 1
    return (S @ x.ravel()).reshape(C * K * L, P * Q), lambda d: (S.T @ d.ravel()).reshape(x.shape)


@right("10.conv1d", "a loop over places")
def conv1d_by_places(x: Any, w: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    N, H = x.shape
    span = dilation * (len(w) - 1) + 1
    wide = np.concatenate([np.zeros((N, padding), x.dtype), x, np.zeros((N, padding), x.dtype)], axis=1)
    starts = range(0, H + 2 * padding - span + 1, stride)
    seen = [wide[:, i : i + span : dilation] for i in starts]

    def pullback(d: Any) -> Any:
        dwide, dw = np.zeros_like(wide), np.zeros_like(w)
        for m, i in enumerate(starts):
            dwide[:, i : i + span : dilation] += np.outer(d[:, m], w)
            dw = dw + d[:, m] @ seen[m]
        return dwide[:, padding : H + padding], dw

    return np.stack([s @ w for s in seen], axis=1), pullback


@right("10.conv1d", "a matrix of tied weights")
def conv1d_by_matrix(x: Any, w: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    H, K = x.shape[1], len(w)
    P = (H + 2 * padding - dilation * (K - 1) - 1) // stride + 1
    S = np.zeros((K, H, P), x.dtype)
    for k in range(K):
        for i in range(P):
            h = i * stride + k * dilation - padding
            if 0 <= h < H:
                S[k, h, i] = 1
    T = np.tensordot(w, S, axes=1)
    return x @ T, lambda d: (d @ T.T, np.tensordot(S, x.T @ d, axes=2))


@right("10.conv1d", "every triple, in plain Python")
def conv1d_by_triples(x: Any, w: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    N, H = x.shape
    K = len(w)
    P = (H + 2 * padding - dilation * (K - 1) - 1) // stride + 1
    triples = [(i, k, i * stride + k * dilation - padding) for i in range(P) for k in range(K)]
    triples = [t for t in triples if 0 <= t[2] < H]
    z = np.zeros((N, P), x.dtype)
    for i, k, h in triples:
        z[:, i] += w[k] * x[:, h]

    def pullback(d: Any) -> Any:
        dx, dw = np.zeros_like(x), np.zeros_like(w)
        for i, k, h in triples:
            dx[:, h] += w[k] * d[:, i]
            dw[k] += d[:, i] @ x[:, h]
        return dx, dw

    return z, pullback


@right("10.conv1d", "gathered: zeros between, the kernel turned")
def conv1d_gathered(x: Any, w: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    N, H = x.shape
    K = len(w)
    P = (H + 2 * padding - dilation * (K - 1) - 1) // stride + 1
    wide = np.pad(x, [(0, 0), (padding, padding)])
    seen = np.stack([wide[:, k * dilation :][:, : stride * P : stride][:, :P] for k in range(K)], axis=2)

    def pullback(d: Any) -> Any:
        reach = dilation * (K - 1)
        far = np.zeros((N, H + 2 * padding + 2 * reach), x.dtype)
        far[:, reach : reach + stride * (P - 1) + 1 : stride] = d
        dwide = sum(w[K - 1 - k] * far[:, k * dilation :][:, : H + 2 * padding] for k in range(K))
        return dwide[:, padding : padding + H], np.array([np.vdot(d, seen[:, :, k]) for k in range(K)])

    return (seen * w).sum(axis=2), pullback


@right("10.conv2d", "columns and one product")
def conv2d_by_columns(x: Any, w: Any, b: Any) -> Any:
    (N, C, H, W), (F, _, K, L) = x.shape, w.shape
    P, Q = H - K + 1, W - L + 1
    columns = np.stack([x[:, :, k : k + P, l : l + Q] for k in range(K) for l in range(L)], axis=2)
    columns = columns.reshape(N, C * K * L, P * Q)
    rows = w.reshape(F, -1)

    def pullback(d: Any) -> Any:
        flat = d.reshape(N, F, P * Q)
        dw = (flat @ columns.transpose(0, 2, 1)).sum(axis=0).reshape(w.shape)
        back = (rows.T @ flat).reshape(N, C, K, L, P, Q)
        dx = np.zeros_like(x)
        for k in range(K):
            for l in range(L):
                dx[:, :, k : k + P, l : l + Q] += back[:, :, k, l]
        return dx, dw, flat.sum(axis=(0, 2))

    return (rows @ columns).reshape(N, F, P, Q) + b.reshape(F, 1, 1), pullback


@right("10.conv2d", "windows as a view, dx gathered with the kernel turned")
def conv2d_gathered(x: Any, w: Any, b: Any) -> Any:
    K, L = w.shape[2:]
    view = np.lib.stride_tricks.sliding_window_view
    seen = view(x, (K, L), axis=(2, 3))

    def pullback(d: Any) -> Any:
        far = np.pad(d, ((0, 0), (0, 0), (K - 1, K - 1), (L - 1, L - 1)))
        dx = np.einsum("nfijkl,fckl->ncij", view(far, (K, L), axis=(2, 3)), w[:, :, ::-1, ::-1])
        return dx, np.einsum("nfij,ncijkl->fckl", d, seen), np.einsum("nfij->f", d)

    return np.einsum("ncijkl,fckl->nfij", seen, w) + b[None, :, None, None], pullback


@right("10.conv2d", "loops over everything but the window")
def conv2d_by_loops(x: Any, w: Any, b: Any) -> Any:
    (N, _, H, W), (F, _, K, L) = x.shape, w.shape
    z = np.zeros((N, F, H - K + 1, W - L + 1), x.dtype)
    for n, f, i, j in np.ndindex(z.shape):
        z[n, f, i, j] = np.sum(x[n, :, i : i + K, j : j + L] * w[f]) + b[f]

    def pullback(d: Any) -> Any:
        dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros_like(b)
        for n, f, i, j in np.ndindex(d.shape):
            dx[n, :, i : i + K, j : j + L] += d[n, f, i, j] * w[f]
            dw[f] += d[n, f, i, j] * x[n, :, i : i + K, j : j + L]
            db[f] += d[n, f, i, j]
        return dx, dw, db

    return z, pullback


@right("10.conv2d", "a loop over places, tensordot")
def conv2d_by_places(x: Any, w: Any, b: Any) -> Any:
    K, L = w.shape[2:]
    P, Q = x.shape[2] - K + 1, x.shape[3] - L + 1
    places = [(i, j) for i in range(P) for j in range(Q)]
    made = [
        np.tensordot(x[:, :, i : i + K, j : j + L], w, axes=((1, 2, 3), (1, 2, 3))) + b for i, j in places
    ]

    def pullback(d: Any) -> Any:
        dx, dw = np.zeros_like(x), np.zeros_like(w)
        for i, j in places:
            dx[:, :, i : i + K, j : j + L] += np.tensordot(d[:, :, i, j], w, axes=1)
            dw += np.tensordot(d[:, :, i, j], x[:, :, i : i + K, j : j + L], axes=((0,), (0,)))
        return dx, dw, d.sum((0, 2, 3))

    return np.stack(made, axis=-1).reshape(len(x), len(w), P, Q), pullback


@right("10.max_pool", "a loop over patches")
def pool_by_patches(x: Any, K: Any, stride: Any) -> Any:
    N, C, H, W = x.shape
    value = np.zeros((N, C, (H - K) // stride + 1, (W - K) // stride + 1), x.dtype)
    won = {}
    for n, c, i, j in np.ndindex(value.shape):
        patch = x[n, c, i * stride : i * stride + K, j * stride : j * stride + K]
        k, l = np.unravel_index(np.argmax(patch), patch.shape)
        value[n, c, i, j] = patch[k, l]
        won[n, c, i, j] = (n, c, i * stride + k, j * stride + l)

    def pullback(d: Any) -> Any:
        dx = np.zeros_like(x)
        for place, pixel in won.items():
            dx[pixel] += d[place]
        return dx

    return value, pullback


@right("10.max_pool", "tap by tap, a strictly larger one takes over")
def pool_by_taps(x: Any, K: Any, stride: Any) -> Any:
    P, Q = (x.shape[2] - K) // stride + 1, (x.shape[3] - K) // stride + 1
    taps = [
        np.s_[:, :, k : k + stride * (P - 1) + 1 : stride, l : l + stride * (Q - 1) + 1 : stride]
        for k in range(K)
        for l in range(K)
    ]
    value, winner = x[taps[0]].copy(), np.zeros((*x.shape[:2], P, Q), int)
    for t, tap in enumerate(taps):
        winner[x[tap] > value] = t
        value = np.maximum(value, x[tap])

    def pullback(d: Any) -> Any:
        dx = np.zeros_like(x)
        for t, tap in enumerate(taps):
            dx[tap] += np.where(winner == t, d, 0)
        return dx

    return value, pullback


@right("10.max_pool", "every winner, and then the first of them")
def pool_by_first_of_all(x: Any, K: Any, stride: Any) -> Any:
    view = np.lib.stride_tricks.sliding_window_view(x, (K, K), axis=(2, 3))[:, :, ::stride, ::stride]
    flat = view.reshape(*view.shape[:4], K * K)
    value = flat.max(axis=4)
    equal = flat == value[..., None]
    first = equal & (np.cumsum(equal, axis=4) == 1)

    def pullback(d: Any) -> Any:
        dx = np.zeros_like(x)
        shares = (first * d[..., None]).reshape(view.shape)
        for i, j in np.ndindex(d.shape[2:]):
            dx[:, :, i * stride : i * stride + K, j * stride : j * stride + K] += shares[:, :, i, j]
        return dx

    return value, pullback


@right("10.max_pool", "bincount over the pixels' numbers")
def pool_by_counting(x: Any, K: Any, stride: Any) -> Any:
    number = np.arange(x.size).reshape(x.shape)
    windows = np.lib.stride_tricks.sliding_window_view(number, (K, K), axis=(2, 3))[:, :, ::stride, ::stride]
    flat = windows.reshape(*windows.shape[:4], -1)
    winner = np.argmax(x.ravel()[flat], axis=-1)[..., None]
    pixel = np.take_along_axis(flat, winner, axis=-1)[..., 0]

    def pullback(d: Any) -> Any:
        return np.bincount(pixel.ravel(), d.ravel(), x.size).reshape(x.shape).astype(x.dtype)

    return x.ravel()[pixel], pullback


@right("10.conv_transpose", "tap by tap")
def transpose_by_taps(x: Any, w: Any, stride: Any) -> Any:
    (N, _, H, W), (_, F, K, L) = x.shape, w.shape
    z = np.zeros((N, F, stride * (H - 1) + K, stride * (W - 1) + L), x.dtype)
    for k in range(K):
        for l in range(L):
            under = z[:, :, k::stride, l::stride][:, :, :H, :W]
            under += np.einsum("nchw,cf->nfhw", x, w[:, :, k, l])

    def pullback(d: Any) -> Any:
        under = [d[:, :, k::stride, l::stride][:, :, :H, :W] for k in range(K) for l in range(L)]
        stacked = np.stack(under, axis=2).reshape(N, F, K, L, H, W)
        return np.einsum("nfklhw,cfkl->nchw", stacked, w), np.einsum("nfklhw,nchw->cfkl", stacked, x)

    return z, pullback


@right("10.conv_transpose", "zeros between, and a convolution with the kernel turned")
def transpose_by_spreading(x: Any, w: Any, stride: Any) -> Any:
    (N, C, H, W), (K, L) = x.shape, w.shape[2:]
    view = np.lib.stride_tricks.sliding_window_view
    far = np.zeros((N, C, (H - 1) * stride + 2 * K - 1, (W - 1) * stride + 2 * L - 1), x.dtype)
    far[:, :, K - 1 : K + (H - 1) * stride : stride, L - 1 : L + (W - 1) * stride : stride] = x

    def pullback(d: Any) -> Any:
        seen = view(d, (K, L), axis=(2, 3))[:, :, ::stride, ::stride]
        return np.einsum("nfhwkl,cfkl->nchw", seen, w), np.einsum("nchw,nfhwkl->cfkl", x, seen)

    return np.einsum("ncijkl,cfkl->nfij", view(far, (K, L), axis=(2, 3)), w[:, :, ::-1, ::-1]), pullback


@right("10.conv_transpose", "loops over everything")
def transpose_by_loops(x: Any, w: Any, stride: Any) -> Any:
    (N, _, H, W), (_, F, K, L) = x.shape, w.shape
    z = np.zeros((N, F, (H - 1) * stride + K, (W - 1) * stride + L), x.dtype)
    for n, c, i, j in np.ndindex(x.shape):
        z[n, :, i * stride : i * stride + K, j * stride : j * stride + L] += x[n, c, i, j] * w[c]

    def pullback(d: Any) -> Any:
        dx, dw = np.zeros_like(x), np.zeros_like(w)
        for n, c, i, j in np.ndindex(x.shape):
            piece = d[n, :, i * stride : i * stride + K, j * stride : j * stride + L]
            dx[n, c, i, j] = np.sum(piece * w[c])
            dw[c] += x[n, c, i, j] * piece
        return dx, dw

    return z, pullback


@right("10.conv_transpose", "columns of the output, added where they belong")
def transpose_by_columns(x: Any, w: Any, stride: Any) -> Any:
    (N, C, H, W), (_, F, K, L) = x.shape, w.shape
    shape = (F, (H - 1) * stride + K, (W - 1) * stride + L)
    f, k, l, i, j = np.indices((F, K, L, H, W)).reshape(5, F * K * L, H * W)
    at: Any = (slice(None), f, i * stride + k, j * stride + l)
    z = np.zeros((N, *shape), x.dtype)
    np.add.at(z, at, w.reshape(C, -1).T @ x.reshape(N, C, H * W))

    def pullback(d: Any) -> Any:
        columns = d[at]
        dw = np.tensordot(x.reshape(N, C, H * W), columns, axes=((0, 2), (0, 2))).reshape(w.shape)
        return (w.reshape(C, -1) @ columns).reshape(x.shape), dw

    return z, pullback


@right("10.train", "the probability of the label, and np.subtract.at")
def train_by_indexing(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
    losses = []
    w, b, V, c = params
    for _ in range(steps):
        z, back_z = conv2d(x, w, b)
        h, back_h = max_pool(z, z.shape[2], 1)
        a = np.maximum(h[:, :, 0, 0], 0)
        scores = a @ V + c
        e = np.exp(scores - scores.max(axis=1)[:, None])
        p = e / e.sum(axis=1)[:, None]
        top = scores.max(axis=1)
        losses.append(float(np.mean(top + np.log(e.sum(axis=1)) - scores[np.arange(len(y)), y])))
        np.subtract.at(p, (np.arange(len(y)), y), 1)
        ds = p / len(y)
        da = (ds @ V.T) * (a > 0)
        _, dw, db = back_z(back_h(da[:, :, None, None]))
        w, b, V, c = w - lr * dw, b - lr * db, V - lr * (a.T @ ds), c - lr * ds.sum(axis=0)
    return [w, b, V, c], losses


@right("10.train", "logaddexp, the targets as rows of zeros and a one")
def train_by_logaddexp(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
    losses = []
    for _ in range(steps):
        w, b, V, c = params
        z, back_z = conv2d(x, w, b)
        on = z > 0
        h, back_h = max_pool(np.where(on, z, 0), z.shape[2], z.shape[2])
        a = h.reshape(len(x), -1)
        scores = a @ V + c
        log_p = scores - np.logaddexp.reduce(scores, axis=1)[:, None]
        target = (np.arange(len(c)) == y[:, None]).astype(float)
        losses.append(-(target * log_p).sum() / len(x))
        ds = (np.exp(log_p) - target) / len(x)
        dw, db = back_z(np.where(on, back_h((ds @ V.T).reshape(h.shape)), 0))[1:]
        params = [w - lr * dw, b - lr * db, V - lr * a.T @ ds, c - lr * ds.sum(0)]
    return list(params), losses


@right("10.train", "the winner found without max_pool")
def train_without_pool(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
    params, losses = [p.copy() for p in params], np.zeros(steps)
    for step in range(steps):
        w, b, V, c = params
        z, back_z = conv2d(x, w, b)
        flat = z.reshape(*z.shape[:2], -1)
        at = flat.argmax(axis=2)[..., None]
        a = np.maximum(np.take_along_axis(flat, at, axis=2)[..., 0], 0)
        scores = a @ V + c
        scores -= scores.max(axis=1, keepdims=True)
        log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        losses[step] = np.mean([-log_p[n, t] for n, t in enumerate(y)])
        ds = np.exp(log_p)
        for n, t in enumerate(y):
            ds[n, t] -= 1
        ds /= len(y)
        dz = np.zeros_like(flat)
        np.put_along_axis(dz, at, ((ds @ V.T) * (a > 0))[..., None], axis=2)
        _, dw, db = back_z(dz.reshape(z.shape))
        params = [w - lr * dw, b - lr * db, V - lr * a.T @ ds, c - lr * ds.sum(axis=0)]
    return params, losses


@right("10.train", "gradients of the single examples, averaged")
def train_by_examples(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
    losses: list[float] = []
    for _ in range(steps):
        w, b, V, c = params
        total, loss = [np.zeros_like(p) for p in params], 0.0
        for n in range(len(x)):
            z, back_z = conv2d(x[n : n + 1], w, b)
            h, back_h = max_pool(np.maximum(z, 0), z.shape[2], 1)
            a = h[0, :, 0, 0]
            scores = a @ V + c
            p = np.exp(scores - scores.max())
            loss += float(np.log(p.sum()) + scores.max() - scores[y[n]])
            ds = p / p.sum() - (np.arange(len(c)) == y[n])
            _, dw, db = back_z(back_h((V @ ds)[None, :, None, None]) * (z > 0))
            for t, g in zip(total, (dw, db, np.outer(a, ds), ds), strict=True):
                t += g
        losses.append(loss / len(x))
        params = [p - lr * t / len(x) for p, t in zip(params, total, strict=True)]
    return params, losses


equivalent(
    "10.train", "2 → 3", "z.shape[2] and z.shape[3] are the same: the task's pictures and kernels are square"
)
