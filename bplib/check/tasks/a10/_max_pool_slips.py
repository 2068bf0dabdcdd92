"""Slips in max pooling: the window's size and steps, and what is kept."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a10.max_pool import task


@task.wrong(
    "the stride taken to be the size of the patch",
    hint="Your patches lie side by side, whatever the stride. Here they may overlap, or leave gaps.",
    section="sec-10-pool",
)
def stride_is_size(x: Any, K: Any, stride: Any) -> Any:
    N, C, H, W = x.shape
    P, Q = (H - K) // K + 1, (W - K) // K + 1
    windows = np.lib.stride_tricks.sliding_window_view(x, (K, K), axis=(2, 3))
    flat = windows[:, :, ::K, ::K].reshape(N, C, P, Q, K * K)
    winner = flat.argmax(axis=-1)

    def pullback(d: Any) -> Any:
        dx = np.zeros_like(x)
        n, c, i, j = np.indices(winner.shape)
        np.add.at(dx, (n, c, i * K + winner // K, j * K + winner % K), d)
        return dx

    return flat.max(axis=-1), pullback


@task.wrong(
    "the stride left out on the way back",
    hint="Forward your patches stand a stride apart, on the way back one pixel apart.",
    section="sec-10-derivation",
)
def stride_forgotten_back(x: Any, K: Any, stride: Any) -> Any:
    N, C, H, W = x.shape
    P, Q = (H - K) // stride + 1, (W - K) // stride + 1
    windows = np.lib.stride_tricks.sliding_window_view(x, (K, K), axis=(2, 3))
    flat = windows[:, :, ::stride, ::stride].reshape(N, C, P, Q, K * K)
    winner = flat.argmax(axis=-1)

    def pullback(d: Any) -> Any:
        dx = np.zeros_like(x)
        n, c, i, j = np.indices(winner.shape)
        np.add.at(dx, (n, c, i + winner // K, j + winner % K), d)
        return dx

    return flat.max(axis=-1), pullback


@task.wrong(
    "the stride left out altogether",
    hint="Your patches stand at every pixel. With a stride there are fewer of them.",
    section="sec-10-derivation",
)
def stride_ignored(x: Any, K: Any, stride: Any) -> Any:
    N, C, H, W = x.shape
    P, Q = H - K + 1, W - K + 1
    windows = np.lib.stride_tricks.sliding_window_view(x, (K, K), axis=(2, 3))
    flat = windows.reshape(N, C, P, Q, K * K)
    winner = flat.argmax(axis=-1)

    def pullback(d: Any) -> Any:
        dx = np.zeros_like(x)
        n, c, i, j = np.indices(winner.shape)
        np.add.at(dx, (n, c, i + winner // K, j + winner % K), d)
        return dx

    return flat.max(axis=-1), pullback


@task.wrong(
    "row and column of the winner exchanged",
    hint="The winner's number counts along the rows of the patch. You have read its row for its column.",
    section="sec-10-ties",
)
def winner_transposed(x: Any, K: Any, stride: Any) -> Any:
    N, C, H, W = x.shape
    P, Q = (H - K) // stride + 1, (W - K) // stride + 1
    windows = np.lib.stride_tricks.sliding_window_view(x, (K, K), axis=(2, 3))
    flat = windows[:, :, ::stride, ::stride].reshape(N, C, P, Q, K * K)
    winner = flat.argmax(axis=-1)

    def pullback(d: Any) -> Any:
        dx = np.zeros_like(x)
        n, c, i, j = np.indices(winner.shape)
        np.add.at(dx, (n, c, i * stride + winner % K, j * stride + winner // K), d)
        return dx

    return flat.max(axis=-1), pullback


@task.wrong(
    "the largest magnitude instead of the largest number",
    hint="−5 is smaller than 1. You compare sizes without their signs.",
    section="sec-10-pool",
)
def by_magnitude(x: Any, K: Any, stride: Any) -> Any:
    N, C, H, W = x.shape
    P, Q = (H - K) // stride + 1, (W - K) // stride + 1
    windows = np.lib.stride_tricks.sliding_window_view(x, (K, K), axis=(2, 3))
    flat = windows[:, :, ::stride, ::stride].reshape(N, C, P, Q, K * K)
    winner = np.abs(flat).argmax(axis=-1)

    def pullback(d: Any) -> Any:
        dx = np.zeros_like(x)
        n, c, i, j = np.indices(winner.shape)
        np.add.at(dx, (n, c, i * stride + winner // K, j * stride + winner % K), d)
        return dx

    return np.take_along_axis(flat, winner[..., None], axis=-1)[..., 0], pullback


@task.wrong(
    "a maximum that begins at 0",
    hint="In a patch of negative numbers your maximum is 0, which is not in it.",
    section="sec-10-pool",
)
def never_below_zero(x: Any, K: Any, stride: Any) -> Any:
    N, C, H, W = x.shape
    P, Q = (H - K) // stride + 1, (W - K) // stride + 1
    windows = np.lib.stride_tricks.sliding_window_view(x, (K, K), axis=(2, 3))
    flat = windows[:, :, ::stride, ::stride].reshape(N, C, P, Q, K * K)
    winner = flat.argmax(axis=-1)

    def pullback(d: Any) -> Any:
        dx = np.zeros_like(x)
        n, c, i, j = np.indices(winner.shape)
        np.add.at(dx, (n, c, i * stride + winner // K, j * stride + winner % K), d * (flat.max(axis=-1) > 0))
        return dx

    return np.maximum(flat.max(axis=-1), 0), pullback


@task.wrong(
    "the mean of the patch",
    hint="What you return is average pooling. Asked for is the largest entry.",
    section="sec-10-pool",
)
def mean_of_the_patch(x: Any, K: Any, stride: Any) -> Any:
    N, C, H, W = x.shape
    P, Q = (H - K) // stride + 1, (W - K) // stride + 1
    windows = np.lib.stride_tricks.sliding_window_view(x, (K, K), axis=(2, 3))
    flat = windows[:, :, ::stride, ::stride].reshape(N, C, P, Q, K * K)
    winner = flat.argmax(axis=-1)

    def pullback(d: Any) -> Any:
        dx = np.zeros_like(x)
        n, c, i, j = np.indices(winner.shape)
        np.add.at(dx, (n, c, i * stride + winner // K, j * stride + winner % K), d)
        return dx

    return flat.mean(axis=-1), pullback


@task.wrong(
    "one array for all calls of the pullback",
    hint="The array that gathers the gradient is made before the pullback is called. A second call adds to "
    "what the first one left.",
    section="sec-06-late",
)
def never_cleared(x: Any, K: Any, stride: Any) -> Any:
    N, C, H, W = x.shape
    P, Q = (H - K) // stride + 1, (W - K) // stride + 1
    windows = np.lib.stride_tricks.sliding_window_view(x, (K, K), axis=(2, 3))
    flat = windows[:, :, ::stride, ::stride].reshape(N, C, P, Q, K * K)
    winner = flat.argmax(axis=-1)
    dx = np.zeros_like(x)

    def pullback(d: Any) -> Any:
        n, c, i, j = np.indices(winner.shape)
        np.add.at(dx, (n, c, i * stride + winner // K, j * stride + winner % K), d)
        return dx

    return flat.max(axis=-1), pullback


@task.wrong(
    "the smallest of the patch",
    hint="You return the smallest entry of each patch, and send its gradient there.",
    section="sec-10-pool",
)
def smallest(x: Any, K: Any, stride: Any) -> Any:
    N, C, H, W = x.shape
    P, Q = (H - K) // stride + 1, (W - K) // stride + 1
    windows = np.lib.stride_tricks.sliding_window_view(x, (K, K), axis=(2, 3))
    flat = windows[:, :, ::stride, ::stride].reshape(N, C, P, Q, K * K)
    winner = flat.argmin(axis=-1)

    def pullback(d: Any) -> Any:
        dx = np.zeros_like(x)
        n, c, i, j = np.indices(winner.shape)
        np.add.at(dx, (n, c, i * stride + winner // K, j * stride + winner % K), d)
        return dx

    return flat.min(axis=-1), pullback


@task.wrong(
    "one maximum for all examples and channels",
    hint="Your maximum is taken over the examples and the channels as well. Each picture of each channel has "
    "its own: which axes belong to a patch?",
    section="sec-10-pool",
)
def shared_maximum(x: Any, K: Any, stride: Any) -> Any:
    N, C, H, W = x.shape
    P, Q = (H - K) // stride + 1, (W - K) // stride + 1
    windows = np.lib.stride_tricks.sliding_window_view(x, (K, K), axis=(2, 3))
    flat = windows[:, :, ::stride, ::stride].reshape(N, C, P, Q, K * K)
    largest = np.broadcast_to(flat.max(axis=(0, 1, 4)), (N, C, P, Q)).copy()
    winner = flat.argmax(axis=-1)

    def pullback(d: Any) -> Any:
        dx = np.zeros_like(x)
        n, c, i, j = np.indices(winner.shape)
        won = flat.max(axis=-1) == largest
        np.add.at(dx, (n, c, i * stride + winner // K, j * stride + winner % K), d * won)
        return dx

    return largest, pullback
