"""Wrong max pooling: the gradient given to others, or to too many."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a10.max_pool import task


@task.wrong(
    "every winner given the whole gradient",
    hint="Where two entries of a patch are equal, both of yours get all of it, and more arrives than was sent."
    " One of them gets it, the first.",
    section="sec-10-all-winners",
)
def all_winners(x: Any, K: Any, stride: Any) -> Any:
    N, C, H, W = x.shape
    P, Q = (H - K) // stride + 1, (W - K) // stride + 1
    windows = np.lib.stride_tricks.sliding_window_view(x, (K, K), axis=(2, 3))
    flat = windows[:, :, ::stride, ::stride].reshape(N, C, P, Q, K * K)

    def pullback(d: Any) -> Any:
        dx = np.zeros_like(x)
        for i, j in np.ndindex(P, Q):
            at = np.s_[:, :, i * stride : i * stride + K, j * stride : j * stride + K]
            dx[at] += (x[at] == x[at].max(axis=(2, 3), keepdims=True)) * d[:, :, i : i + 1, j : j + 1]
        return dx

    return flat.max(axis=-1), pullback


@task.wrong(
    "the gradient shared among the winners",
    hint="You give equal parts to all entries that are as large as the largest. As much arrives as was sent, "
    "but the convention here is another: all of it goes to the first.",
    section="sec-10-ties",
)
def shared_among_winners(x: Any, K: Any, stride: Any) -> Any:
    N, C, H, W = x.shape
    P, Q = (H - K) // stride + 1, (W - K) // stride + 1
    windows = np.lib.stride_tricks.sliding_window_view(x, (K, K), axis=(2, 3))
    flat = windows[:, :, ::stride, ::stride].reshape(N, C, P, Q, K * K)

    def pullback(d: Any) -> Any:
        dx = np.zeros_like(x)
        for i, j in np.ndindex(P, Q):
            at = np.s_[:, :, i * stride : i * stride + K, j * stride : j * stride + K]
            won = x[at] == x[at].max(axis=(2, 3), keepdims=True)
            dx[at] += won / won.sum(axis=(2, 3), keepdims=True) * d[:, :, i : i + 1, j : j + 1]
        return dx

    return flat.max(axis=-1), pullback


@task.wrong(
    "the last of several winners",
    hint="Where entries are equal you take the last of them. The convention is the first, in row order.",
    section="sec-10-ties",
)
def last_winner(x: Any, K: Any, stride: Any) -> Any:
    N, C, H, W = x.shape
    P, Q = (H - K) // stride + 1, (W - K) // stride + 1
    windows = np.lib.stride_tricks.sliding_window_view(x, (K, K), axis=(2, 3))
    flat = windows[:, :, ::stride, ::stride].reshape(N, C, P, Q, K * K)
    winner = K * K - 1 - flat[..., ::-1].argmax(axis=-1)

    def pullback(d: Any) -> Any:
        dx = np.zeros_like(x)
        n, c, i, j = np.indices(winner.shape)
        np.add.at(dx, (n, c, i * stride + winner // K, j * stride + winner % K), d)
        return dx

    return flat.max(axis=-1), pullback


@task.wrong(
    "where patches overlap, the last share kept",
    hint="A pixel that wins in two patches receives both gradients. You write one over the other. An indexed "
    "+= does so too where a pixel is named twice.",
    section="sec-10-overwrite",
)
def overwritten(x: Any, K: Any, stride: Any) -> Any:
    N, C, H, W = x.shape
    P, Q = (H - K) // stride + 1, (W - K) // stride + 1
    windows = np.lib.stride_tricks.sliding_window_view(x, (K, K), axis=(2, 3))
    flat = windows[:, :, ::stride, ::stride].reshape(N, C, P, Q, K * K)
    winner = flat.argmax(axis=-1)

    def pullback(d: Any) -> Any:
        dx = np.zeros_like(x)
        n, c, i, j = np.indices(winner.shape)
        dx[n, c, i * stride + winner // K, j * stride + winner % K] = d
        return dx

    return flat.max(axis=-1), pullback


@task.wrong(
    "the gradient spread over the patch",
    hint="You send an equal part to every pixel. That is the way back of a mean; here one pixel made the "
    "value.",
    section="sec-10-pool",
)
def spread_evenly(x: Any, K: Any, stride: Any) -> Any:
    N, C, H, W = x.shape
    P, Q = (H - K) // stride + 1, (W - K) // stride + 1
    windows = np.lib.stride_tricks.sliding_window_view(x, (K, K), axis=(2, 3))
    flat = windows[:, :, ::stride, ::stride].reshape(N, C, P, Q, K * K)

    def pullback(d: Any) -> Any:
        dx = np.zeros_like(x)
        for i, j in np.ndindex(P, Q):
            at = np.s_[:, :, i * stride : i * stride + K, j * stride : j * stride + K]
            dx[at] += d[:, :, i : i + 1, j : j + 1] / (K * K)
        return dx

    return flat.max(axis=-1), pullback


@task.wrong(
    "the whole gradient to every pixel of the patch",
    hint="Every pixel of yours gets all that came back. Pushing one that did not win changes nothing.",
    section="sec-10-ties",
)
def to_everyone(x: Any, K: Any, stride: Any) -> Any:
    N, C, H, W = x.shape
    P, Q = (H - K) // stride + 1, (W - K) // stride + 1
    windows = np.lib.stride_tricks.sliding_window_view(x, (K, K), axis=(2, 3))
    flat = windows[:, :, ::stride, ::stride].reshape(N, C, P, Q, K * K)

    def pullback(d: Any) -> Any:
        dx = np.zeros_like(x)
        for i, j in np.ndindex(P, Q):
            at = np.s_[:, :, i * stride : i * stride + K, j * stride : j * stride + K]
            dx[at] += d[:, :, i : i + 1, j : j + 1]
        return dx

    return flat.max(axis=-1), pullback


@task.wrong(
    "the gradient put at the corner of the patch",
    hint="Your gradient lands on the first pixel of each patch, whoever won.",
    section="sec-10-ties",
)
def at_the_corner(x: Any, K: Any, stride: Any) -> Any:
    N, C, H, W = x.shape
    P, Q = (H - K) // stride + 1, (W - K) // stride + 1
    windows = np.lib.stride_tricks.sliding_window_view(x, (K, K), axis=(2, 3))
    flat = windows[:, :, ::stride, ::stride].reshape(N, C, P, Q, K * K)

    def pullback(d: Any) -> Any:
        dx = np.zeros_like(x)
        for i, j in np.ndindex(P, Q):
            dx[:, :, i * stride, j * stride] += d[:, :, i, j]
        return dx

    return flat.max(axis=-1), pullback


@task.wrong(
    "the upstream gradient left out",
    hint="Your winners get 1 each. They should get what came back to their patch.",
    section="sec-02-upstream",
)
def upstream_ignored(x: Any, K: Any, stride: Any) -> Any:
    N, C, H, W = x.shape
    P, Q = (H - K) // stride + 1, (W - K) // stride + 1
    windows = np.lib.stride_tricks.sliding_window_view(x, (K, K), axis=(2, 3))
    flat = windows[:, :, ::stride, ::stride].reshape(N, C, P, Q, K * K)
    winner = flat.argmax(axis=-1)

    def pullback(d: Any) -> Any:
        dx = np.zeros_like(x)
        n, c, i, j = np.indices(winner.shape)
        np.add.at(dx, (n, c, i * stride + winner // K, j * stride + winner % K), 1.0)
        return dx

    return flat.max(axis=-1), pullback
