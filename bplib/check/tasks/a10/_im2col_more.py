"""More wrong unrollings: axes in another order, gradients that stay, or that are lost."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a10.im2col import task


@task.wrong(
    "the stride left out altogether",
    hint="Your windows stand at every pixel. With a stride there are fewer columns.",
    section="sec-10-derivation",
)
def stride_ignored(x: Any, K: Any, L: Any, stride: Any) -> Any:
    C, H, W = x.shape
    places = [(i, j) for i in range(H - K + 1) for j in range(W - L + 1)]
    columns = np.stack([x[:, i : i + K, j : j + L].ravel() for i, j in places], axis=1)

    def pullback(d: Any) -> Any:
        dx = np.zeros_like(x)
        for m, (i, j) in enumerate(places):
            dx[:, i : i + K, j : j + L] += d[:, m].reshape(C, K, L)
        return dx

    return columns, pullback


@task.wrong(
    "a row for each window instead of a column",
    hint="What you return is turned on its side: the places run down, and the entries of a window along.",
)
def rows_for_columns(x: Any, K: Any, L: Any, stride: Any) -> Any:
    C, H, W = x.shape
    P, Q = (H - K) // stride + 1, (W - L) // stride + 1
    places = [(i * stride, j * stride) for i in range(P) for j in range(Q)]
    rows = np.stack([x[:, i : i + K, j : j + L].ravel() for i, j in places])

    def pullback(d: Any) -> Any:
        dx = np.zeros_like(x)
        for m, (i, j) in enumerate(places):
            dx[:, i : i + K, j : j + L] += d[:, m].reshape(C, K, L)
        return dx

    return rows, pullback


@task.wrong(
    "the channels run fastest",
    hint="A column should hold the first channel's patch, then the second's. Yours takes the first pixel of "
    "every channel, then the second pixel.",
)
def channels_last(x: Any, K: Any, L: Any, stride: Any) -> Any:
    C, H, W = x.shape
    P, Q = (H - K) // stride + 1, (W - L) // stride + 1
    places = [(i * stride, j * stride) for i in range(P) for j in range(Q)]
    columns = np.stack([x[:, i : i + K, j : j + L].transpose(1, 2, 0).ravel() for i, j in places], axis=1)

    def pullback(d: Any) -> Any:
        dx = np.zeros_like(x)
        for m, (i, j) in enumerate(places):
            dx[:, i : i + K, j : j + L] += d[:, m].reshape(K, L, C).transpose(2, 0, 1)
        return dx

    return columns, pullback


@task.wrong(
    "the places walked down the columns of the picture first",
    hint="Your window goes down before it goes along. The second column should be the place to the right of "
    "the first.",
)
def down_first(x: Any, K: Any, L: Any, stride: Any) -> Any:
    C, H, W = x.shape
    P, Q = (H - K) // stride + 1, (W - L) // stride + 1
    places = [(i * stride, j * stride) for j in range(Q) for i in range(P)]
    columns = np.stack([x[:, i : i + K, j : j + L].ravel() for i, j in places], axis=1)

    def pullback(d: Any) -> Any:
        dx = np.zeros_like(x)
        for m, (i, j) in enumerate(places):
            dx[:, i : i + K, j : j + L] += d[:, m].reshape(C, K, L)
        return dx

    return columns, pullback


@task.wrong(
    "the entries of a window walked down first",
    hint="Within a column, your taps run down the window before they run along it. That is the order of the "
    "window turned on its side.",
)
def taps_down_first(x: Any, K: Any, L: Any, stride: Any) -> Any:
    C, H, W = x.shape
    P, Q = (H - K) // stride + 1, (W - L) // stride + 1
    places = [(i * stride, j * stride) for i in range(P) for j in range(Q)]
    columns = np.stack([x[:, i : i + K, j : j + L].transpose(0, 2, 1).ravel() for i, j in places], axis=1)

    def pullback(d: Any) -> Any:
        dx = np.zeros_like(x)
        for m, (i, j) in enumerate(places):
            dx[:, i : i + K, j : j + L] += d[:, m].reshape(C, L, K).transpose(0, 2, 1)
        return dx

    return columns, pullback


@task.wrong(
    "the window read backwards",
    hint="Your columns hold each window from its last pixel to its first. The kernel lies on the window as it "
    "is.",
    section="sec-10-as-convolutions",
)
def window_turned(x: Any, K: Any, L: Any, stride: Any) -> Any:
    C, H, W = x.shape
    P, Q = (H - K) // stride + 1, (W - L) // stride + 1
    places = [(i * stride, j * stride) for i in range(P) for j in range(Q)]
    columns = np.stack([x[:, i : i + K, j : j + L][:, ::-1, ::-1].ravel() for i, j in places], axis=1)

    def pullback(d: Any) -> Any:
        dx = np.zeros_like(x)
        for m, (i, j) in enumerate(places):
            dx[:, i : i + K, j : j + L] += d[:, m].reshape(C, K, L)
        return dx

    return columns, pullback


@task.wrong(
    "forward right, the shares laid down turned",
    hint="The columns hold the windows as they are, and on the way back you lay them down turned by 180°. Each"
    " entry goes back to the pixel that it came from.",
    section="sec-10-flip",
)
def shares_turned(x: Any, K: Any, L: Any, stride: Any) -> Any:
    C, H, W = x.shape
    P, Q = (H - K) // stride + 1, (W - L) // stride + 1
    places = [(i * stride, j * stride) for i in range(P) for j in range(Q)]
    columns = np.stack([x[:, i : i + K, j : j + L].ravel() for i, j in places], axis=1)

    def pullback(d: Any) -> Any:
        dx = np.zeros_like(x)
        for m, (i, j) in enumerate(places):
            dx[:, i : i + K, j : j + L] += d[:, m].reshape(C, K, L)[:, ::-1, ::-1]
        return dx

    return columns, pullback


@task.wrong(
    "one array for all calls of the pullback",
    hint="The array that gathers the shares is made once, before the pullback is called. A second call adds to"
    " what the first one left in it.",
    section="sec-06-late",
)
def never_cleared(x: Any, K: Any, L: Any, stride: Any) -> Any:
    C, H, W = x.shape
    P, Q = (H - K) // stride + 1, (W - L) // stride + 1
    places = [(i * stride, j * stride) for i in range(P) for j in range(Q)]
    columns = np.stack([x[:, i : i + K, j : j + L].ravel() for i, j in places], axis=1)
    dx = np.zeros_like(x)

    def pullback(d: Any) -> Any:
        for m, (i, j) in enumerate(places):
            dx[:, i : i + K, j : j + L] += d[:, m].reshape(C, K, L)
        return dx

    return columns, pullback


@task.wrong(
    "everything in float64",
    hint="The columns and gradients come out as float64 where the picture was float32. An array made without a"
    " dtype is float64, and takes the rest along.",
    section="sec-10-im2col",
)
def doubled_precision(x: Any, K: Any, L: Any, stride: Any) -> Any:
    C, H, W = x.shape
    P, Q = (H - K) // stride + 1, (W - L) // stride + 1
    columns = np.zeros((C * K * L, P * Q))
    for i in range(P):
        for j in range(Q):
            window = x[:, i * stride : i * stride + K, j * stride : j * stride + L]
            columns[:, i * Q + j] = window.ravel()

    def pullback(d: Any) -> Any:
        dx = np.zeros((C, H, W))
        for m in range(P * Q):
            i, j = m // Q * stride, m % Q * stride
            dx[:, i : i + K, j : j + L] += d[:, m].reshape(C, K, L)
        return dx

    return columns, pullback


@task.wrong(
    "windows reshaped without moving their axes",
    hint="The right numbers stand in the wrong places. reshape does not turn axes: those of the window must "
    "stand before those of the places when it is called.",
    section="sec-10-im2col",
)
def axes_not_moved(x: Any, K: Any, L: Any, stride: Any) -> Any:
    C, H, W = x.shape
    P, Q = (H - K) // stride + 1, (W - L) // stride + 1
    windows = np.lib.stride_tricks.sliding_window_view(x, (K, L), axis=(1, 2))[:, ::stride, ::stride]

    def pullback(d: Any) -> Any:
        dx = np.zeros_like(x)
        parts = d.reshape(C, P, Q, K, L)
        for i, j in np.ndindex(P, Q):
            dx[:, i * stride : i * stride + K, j * stride : j * stride + L] += parts[:, i, j]
        return dx

    return windows.reshape(C * K * L, P * Q), pullback
