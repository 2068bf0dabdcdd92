"""Recurrent layers over whole sequences: the plain RNN, the LSTM and the GRU.

Time is the first axis: x (T, N, D), hidden states (T, N, H). Every pullback walks the steps backwards and carries
dh (and dc), the gradient that reaches step t from all the steps after it. At each step it forms dz, the
gradient of that step's pre-activations, which is all that the parameters need: after the walk,

    dx = dz Wxᵀ,   dWx = Σₜ xₜᵀ dzₜ,   dWh = Σₜ hₜ₋₁ᵀ dzₜ,   db = Σₜ dzₜ,

each as one matrix product over all T·N rows. Only dh = dz Whᵀ has to be done step by step.

Where the time goes (LSTM, T=64 N=64 D=64 H=128, float32, one thread): 4/5 in matrix products, the rest element by
element. The arrays of one step stay in cache, so temporaries cost next to nothing: a version that preallocated
all of them was at most 1.03 × faster, and plain expressions were kept.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bplib.ops._door import (
    Array,
    ArrayLike,
    Pullback,
    differentiable,
    expect_shape,
    floats,
    same_dtype,
    upstream,
)


def _door(
    op: str,
    x: ArrayLike,
    states: Mapping[str, ArrayLike],
    Wx: ArrayLike,
    Wh: ArrayLike,
    biases: Mapping[str, ArrayLike],
    gates: int,
) -> list[Array]:
    """All arguments as checked arrays, in the order x, states, Wx, Wh, biases; Wh says how large H is."""
    width = f"{gates}H" if gates > 1 else "H"
    arrays = {"x": floats(op, "x", x, 3, "(T, N, D)")}
    T, N, D = arrays["x"].shape
    if T == 0:
        raise ValueError(f"{op}: x must hold at least one time step, got shape {arrays['x'].shape}.")
    Wh = floats(op, "Wh", Wh, 2, f"(H, {width})")
    H = Wh.shape[0]
    if Wh.shape[1] != gates * H:
        raise ValueError(f"{op}: Wh must have shape (H, {width}), got {Wh.shape}.")
    for name, state in states.items():
        arrays[name] = floats(op, name, state)
        expect_shape(op, name, arrays[name], (N, H), "one row per sequence of x, H = rows of Wh")
    arrays["Wx"] = floats(op, "Wx", Wx, 2, f"(D, {width})")
    expect_shape(op, "Wx", arrays["Wx"], (D, gates * H), "one row per feature of x, columns as Wh")
    arrays["Wh"] = Wh
    for name, b in biases.items():
        arrays[name] = floats(op, name, b)
        expect_shape(op, name, arrays[name], (gates * H,), "one bias for each column of Wh")
    same_dtype(op, **arrays)
    return list(arrays.values())


def _by_gate(z: Array, gates: int) -> Array:
    """A view of z (N, gates·H) as (gates, N, H): one block for each gate."""
    return z.reshape(len(z), gates, z.shape[1] // gates).swapaxes(0, 1)


def _rows(x: Array) -> Array:
    """All steps below each other: (T, N, D) as (T·N, D), for the products that need no order."""
    T, N, D = x.shape
    return x.reshape(T * N, D)


@differentiable("x", "h0", "Wx", "Wh", "b")
def rnn(
    x: ArrayLike, h0: ArrayLike, Wx: ArrayLike, Wh: ArrayLike, b: ArrayLike, *, need_dx: bool = True
) -> tuple[Array, Pullback]:
    """The plain recurrent layer, hₜ = tanh(xₜ Wx + hₜ₋₁ Wh + b).

    x: (T, N, D), h0: (N, H), Wx: (D, H), Wh: (H, H), b: (H,); value: all hidden states (T, N, H). The pullback
    returns dx, dh0, dWx, dWh, db; with ``need_dx=False`` dx is None.

    Backward, from the last step: dh gathers what arrives at hₜ from outside and from step t+1;
    dz = dh (1 − hₜ²); what step t−1 receives is dz Whᵀ.
    """
    x, h0, Wx, Wh, b = _door("rnn", x, {"h0": h0}, Wx, Wh, {"b": b}, 1)
    T = len(x)
    hs = np.empty((T + 1, *h0.shape), x.dtype)  # hs[t] enters step t, hs[t + 1] leaves it
    hs[0] = h0
    zx = (_rows(x) @ Wx + b).reshape(T, *h0.shape)
    for t in range(T):
        np.tanh(zx[t] + hs[t] @ Wh, out=hs[t + 1])

    def pullback(dhs: Array) -> tuple[Array | None, ...]:
        dhs = upstream("rnn", dhs, hs[1:].shape, hs.dtype)
        dz = np.empty_like(dhs, order="C")
        dh = np.zeros_like(hs[0])
        for t in reversed(range(T)):
            dh += dhs[t]
            np.multiply(dh, 1 - hs[t + 1] * hs[t + 1], out=dz[t])
            dh = dz[t] @ Wh.T
        dz_all = _rows(dz)
        dx = (dz_all @ Wx.T).reshape(x.shape) if need_dx else None
        return dx, dh, _rows(x).T @ dz_all, _rows(hs[:-1]).T @ dz_all, dz_all.sum(axis=0)

    return hs[1:], pullback


@differentiable("x", "h0", "c0", "Wx", "Wh", "b")
def lstm(
    x: ArrayLike,
    h0: ArrayLike,
    c0: ArrayLike,
    Wx: ArrayLike,
    Wh: ArrayLike,
    b: ArrayLike,
    *,
    need_dx: bool = True,
) -> tuple[tuple[Array, Array], Pullback]:
    """The long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000).

        z = xₜ Wx + hₜ₋₁ Wh + b, in four blocks:   i = σ(z₀)   f = σ(z₁)   g = tanh(z₂)   o = σ(z₃)
        cₜ = f cₜ₋₁ + i g        hₜ = o tanh(cₜ)

    x: (T, N, D), h0 and c0: (N, H), Wx: (D, 4H), Wh: (H, 4H), b: (4H,); value: (hidden states (T, N, H), last
    cell (N, H)). The pullback takes (dhs, dc_last), None standing for zero, and returns dx, dh0, dc0, dWx, dWh,
    db; with ``need_dx=False`` dx is None.

    Backward, from the last step: dh and dc gather what arrives at hₜ and cₜ from outside and from step t+1.
    hₜ sends dc += dh o (1 − tanh² cₜ). Then each gate gets what the products above say, times its own slope:
    dz₀ = dc g i(1 − i), dz₁ = dc cₜ₋₁ f(1 − f), dz₂ = dc i (1 − g²), dz₃ = dh tanh(cₜ) o(1 − o).
    Step t−1 receives dc f and dz Whᵀ.
    """
    x, h0, c0, Wx, Wh, b = _door("lstm", x, {"h0": h0, "c0": c0}, Wx, Wh, {"b": b}, 4)
    (T, N, D), H, dtype = x.shape, len(Wh), x.dtype
    # hs[t] and cs[t] enter step t, hs[t + 1] and cs[t + 1] leave it.
    hs, cs = np.empty((T + 1, N, H), dtype), np.empty((T + 1, N, H), dtype)
    hs[0], cs[0] = h0, c0
    gates = np.empty((T, 4, N, H), dtype)
    # σ(z) = ½ + ½ tanh(z/2): with the ½ put into the weights once, one tanh serves all four gates, and it cannot
    # overflow; NumPy's float32 tanh takes half the time of its exp. One product [xₜ, hₜ₋₁, 1] [Wx; Wh; b] for two
    # and two sums, and a tanh that itself puts the gates into blocks: forward 1.07 × faster.
    W = np.concatenate([Wx, Wh, b[None]]) * np.repeat(np.array([0.5, 0.5, 1, 0.5], dtype), H)
    row = np.ones((N, D + H + 1), dtype)
    for t in range(T):
        row[:, :D], row[:, D:-1] = x[t], hs[t]
        i, f, g, o = np.tanh(_by_gate(row @ W, 4), out=gates[t])
        for s in (i, f, o):
            s *= 0.5
            s += 0.5
        cs[t + 1] = f * cs[t] + i * g
        np.multiply(o, np.tanh(cs[t + 1]), out=hs[t + 1])

    def pullback(dhs: Array | None, dc_last: Array | None) -> tuple[Array | None, ...]:
        dhs = None if dhs is None else upstream("lstm", dhs, (T, N, H), dtype)
        dc = np.zeros((N, H), dtype)
        if dc_last is not None:
            dc += upstream("lstm", dc_last, (N, H), dtype)
        dh = np.zeros((N, H), dtype)
        dz = np.empty((T, N, 4 * H), dtype)
        WhT = np.ascontiguousarray(Wh.T)  # dz Whᵀ 1.3 × faster with AVX-512 kernels of OpenBLAS, else equal
        for t in reversed(range(T)):
            i, f, g, o = gates[t]
            tanh_c = np.tanh(cs[t + 1])  # as fast as reading it back, and one array (T, N, H) less to keep
            if dhs is not None:
                dh += dhs[t]
            dc += dh * o * (1 - tanh_c * tanh_c)
            di, df, dg, do = _by_gate(dz[t], 4)  # views of dz[t]
            np.multiply(dc * g, i * (1 - i), out=di)
            np.multiply(dc * cs[t], f * (1 - f), out=df)
            np.multiply(dc * i, 1 - g * g, out=dg)
            np.multiply(dh * tanh_c, o * (1 - o), out=do)
            dc *= f
            np.matmul(dz[t], WhT, out=dh)
        dz_all = _rows(dz)
        dx = (dz_all @ Wx.T).reshape(x.shape) if need_dx else None
        return dx, dh, dc, _rows(x).T @ dz_all, _rows(hs[:-1]).T @ dz_all, dz_all.sum(axis=0)

    return (hs[1:], cs[-1].copy()), pullback


@differentiable("x", "h0", "Wx", "Wh", "bx", "bh")
def gru(
    x: ArrayLike,
    h0: ArrayLike,
    Wx: ArrayLike,
    Wh: ArrayLike,
    bx: ArrayLike,
    bh: ArrayLike,
    *,
    need_dx: bool = True,
) -> tuple[Array, Pullback]:
    """The gated recurrent unit (Cho et al. 2014), with the reset gate after the recurrent product, as in PyTorch.

        a = xₜ Wx + bx,   u = hₜ₋₁ Wh + bh, in three blocks each:
        r = σ(a₀ + u₀)    z = σ(a₁ + u₁)    n = tanh(a₂ + r u₂)    hₜ = (1 − z) n + z hₜ₋₁

    x: (T, N, D), h0: (N, H), Wx: (D, 3H), Wh: (H, 3H), bx and bh: (3H,); value: hidden states (T, N, H). The
    pullback returns dx, dh0, dWx, dWh, dbx, dbh; with ``need_dx=False`` dx is None.

    Backward, from the last step: dn = dh (1 − z)(1 − n²) is the gradient of a₂; u₂ gets dn r, and r gets dn u₂, so
    that dr = dn u₂ r(1 − r); dz = dh (hₜ₋₁ − n) z(1 − z). For r and z the gradients of a and u are the same, for
    n they differ by the factor r: that is why bx and bh are two parameters. Step t−1 receives dh z and du Whᵀ.
    """
    x, h0, Wx, Wh, bx, bh = _door("gru", x, {"h0": h0}, Wx, Wh, {"bx": bx, "bh": bh}, 3)
    (T, N, _), H, dtype = x.shape, len(Wh), x.dtype
    hs = np.empty((T + 1, N, H), dtype)  # hs[t] enters step t, hs[t + 1] leaves it
    hs[0] = h0
    gates = np.empty((T, 4, N, H), dtype)  # r, z, n, and u₂, which the gradient of r needs
    half = np.repeat(np.array([0.5, 0.5, 1], dtype), H)  # σ(z) = ½ + ½ tanh(z/2), as in lstm
    a_all = (_rows(x) @ (Wx * half) + bx * half).reshape(T, N, 3 * H)
    Wh_half, bh_half = Wh * half, bh * half
    for t in range(T):
        a, u = _by_gate(a_all[t], 3), _by_gate(hs[t] @ Wh_half + bh_half, 3)
        gates[t, 3] = u[2]
        rz = np.tanh(a[:2] + u[:2], out=gates[t, :2])
        rz *= 0.5
        rz += 0.5
        n = np.tanh(a[2] + rz[0] * u[2], out=gates[t, 2])
        np.add(n, rz[1] * (hs[t] - n), out=hs[t + 1])

    def pullback(dhs: Array) -> tuple[Array | None, ...]:
        dhs = upstream("gru", dhs, (T, N, H), dtype)
        dh = np.zeros((N, H), dtype)
        # One array holds both gradients, as four blocks of H columns: dn, dr, dz, du₂. Without the first,
        # (dr, dz, du₂), they are the gradient of u in the order r, z, n of Wh and bh. Without the last, (dn, dr, dz),
        # they are the gradient of a, but in the order n, r, z: so Wx is turned to that order before its product,
        # and dWx and dbx are turned back (``rzn``) after theirs. That way neither gradient is copied.
        d = np.empty((T, N, 4 * H), dtype)
        WhT = np.ascontiguousarray(Wh.T)
        for t in reversed(range(T)):
            r, z, n, u2 = gates[t]
            dh += dhs[t]
            dn, dr, dz, du2 = _by_gate(d[t], 4)  # views of d[t]
            np.multiply(dh * (1 - z), 1 - n * n, out=dn)
            np.multiply(dn * u2, r * (1 - r), out=dr)
            np.multiply(dh * (hs[t] - n), z * (1 - z), out=dz)
            np.multiply(dn, r, out=du2)
            dh *= z
            dh += d[t, :, H:] @ WhT
        da, du = _rows(d)[:, : 3 * H], _rows(d)[:, H:]
        rzn = np.roll(np.arange(3 * H), -H)  # the columns of da in the order r, z, n
        dx = (da @ np.roll(Wx, H, axis=1).T).reshape(x.shape) if need_dx else None
        dWx, dWh = (_rows(x).T @ da)[:, rzn], _rows(hs[:-1]).T @ du
        return dx, dh, dWx, dWh, da.sum(axis=0)[rzn], du.sum(axis=0)

    return hs[1:], pullback
