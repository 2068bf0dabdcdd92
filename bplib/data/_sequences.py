"""Sequences made on the spot. Time is the first axis, as in the recurrent ops: (T, N, D)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def adding_problem(T: int, n: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Add the two marked numbers: x (T, n, 2), y (n, 1).

    x holds a random number in [0, 1) and a mark, 1 at two steps and 0 elsewhere; y is the marked numbers'
    sum.

    One mark lies in each half of the sequence (Hochreiter and Schmidhuber, 1997, in the usual simpler form).
    Always answering 1 gives a mean squared error of 1/6; doing better takes a memory of T steps.
    """
    _at_least("adding_problem", T=(T, 2), n=(n, 1))
    value = rng.random((T, n))
    mark = np.zeros((T, n))
    row = np.arange(n)
    mark[rng.integers(0, T // 2, n), row] = 1
    mark[rng.integers(T // 2, T, n), row] = 1
    return np.stack([value, mark], axis=2), (value * mark).sum(axis=0)[:, None]


def copy_task(
    length: int, delay: int, n: int, rng: np.random.Generator, symbols: int = 8
) -> tuple[Array, Array]:
    """Remember a string over a pause: ids x and y, both (T, n) int64, T = 2·length + delay.

    x is ``length`` symbols 1..symbols, then blanks 0, with the mark ``symbols + 1`` at the step before the
    answer begins; y is blank until then, and in the last ``length`` steps the string. One-hot rows have
    symbols + 2 columns.
    """
    _at_least("copy_task", length=(length, 1), delay=(delay, 1), n=(n, 1), symbols=(symbols, 1))
    string = rng.integers(1, symbols + 1, (length, n))
    x = np.zeros((2 * length + delay, n), np.int64)
    y = np.zeros_like(x)
    x[:length] = string
    x[length + delay - 1] = symbols + 1
    y[length + delay :] = string
    return x, y


def sort_task(length: int, n: int, rng: np.random.Generator, symbols: int = 10) -> tuple[Array, Array]:
    """Ids x (length, n) int64 in 0..symbols−1, and y of the same shape: each column of x, sorted."""
    _at_least("sort_task", length=(length, 1), n=(n, 1), symbols=(symbols, 1))
    x = rng.integers(0, symbols, (length, n))
    return x, np.sort(x, axis=0)


def sine_waves(T: int, n: int, rng: np.random.Generator, noise: float = 0.0) -> tuple[Array, Array]:
    """Predict the next value: x (T, n, 1); y (T, n, 1), the same one step later.

    Every sine has its own frequency and phase; a period takes 10 to 50 steps.
    """
    _at_least("sine_waves", T=(T, 1), n=(n, 1))
    step = 2 * np.pi / rng.uniform(10, 50, n)
    wave = np.sin(np.arange(T + 1)[:, None] * step + rng.uniform(0, 2 * np.pi, n))
    wave += noise * rng.standard_normal(wave.shape)
    return wave[:-1, :, None], wave[1:, :, None]


def seasonal_series(
    T: int, rng: np.random.Generator, period: int = 12, trend: float = 0.01, noise: float = 0.1
) -> Array:
    """One long series (T,): a straight trend, a season of ``period`` steps that repeats, and noise."""
    _at_least("seasonal_series", T=(T, 1), period=(period, 1))
    season = rng.standard_normal(period)
    season -= season.mean()
    t = np.arange(T)
    return trend * t + season[t % period] + noise * rng.standard_normal(T)


def sliding_windows(series: Array, length: int, horizon: int = 1) -> tuple[Array, Array]:
    """Every stretch of a series (T,) and what follows it: x (length, N, 1), y (N, horizon), oldest first.

    N = T − length − horizon + 1. Split them by time, not at random: neighbours share almost all their values.
    """
    series = np.asarray(series)
    if series.ndim != 1:
        raise ValueError(f"sliding_windows: series must be (T,), got shape {series.shape}.")
    _at_least("sliding_windows", length=(length, 1), horizon=(horizon, 1))
    if len(series) < length + horizon:
        raise ValueError(
            f"sliding_windows: {len(series)} values are too few for a window of {length} and {horizon} more."
        )
    both = np.lib.stride_tricks.sliding_window_view(series, length + horizon)
    return both[:, :length].T[:, :, None].copy(), both[:, length:].copy()


def _at_least(name: str, **limits: tuple[int, int]) -> None:
    for argument, (got, low) in limits.items():
        if got < low:
            raise ValueError(f"{name}: {argument} must be at least {low}, got {got}.")
