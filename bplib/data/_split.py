"""Splitting a data set into parts that share no example, and walking through it in batches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Part = tuple[Array, Array]


def train_test_indices(
    y: Array, fraction: float, rng: np.random.Generator, stratify: bool = True
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Two sets of row numbers, in random order: the rest, and ``fraction`` of all rows, rounded.

    y: (N,) labels. With ``stratify`` each class gives its share of the second set, to less than one example.
    """
    if not 0 <= fraction < 1:
        raise ValueError(f"train_test_indices: fraction must be in [0, 1), got {fraction}.")
    y = np.asarray(y)
    if y.ndim != 1:
        raise ValueError(f"train_test_indices: y must be the labels (N,), got shape {y.shape}.")
    return _take(y, round(fraction * len(y)), rng, stratify)


def _take(
    y: Array, count: int, rng: np.random.Generator, stratify: bool
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    order = rng.permutation(len(y))
    if not stratify:
        return order[count:], order[:count]
    _, label, size = np.unique(y[order], return_inverse=True, return_counts=True)
    share = size * (count / max(len(y), 1))
    quota = np.floor(share + 1e-9).astype(int)  # 1e-9: a share of 3 computed as 2.9999… is 3
    # The examples still missing come from the classes whose shares were rounded down the most.
    most = np.lexsort((rng.random(len(size)), quota - share))
    quota[most[: count - quota.sum()]] += 1
    by_class = np.argsort(label, kind="stable")
    rank = np.empty(len(y), dtype=int)  # how many of the same class come before it in the random order
    rank[by_class] = np.arange(len(y)) - np.repeat(np.cumsum(size) - size, size)
    chosen = rank < quota[label]
    return order[~chosen], order[chosen]


def train_val_test_split(
    x: Array,
    y: Array,
    rng: np.random.Generator,
    val: float = 0.15,
    test: float = 0.15,
    stratify: bool = True,
) -> tuple[Part, Part, Part]:
    """((x_train, y_train), (x_val, y_val), (x_test, y_test)): every example is in exactly one part.

    x: (N, …), y: (N,). ``val`` and ``test`` are fractions of all N examples. The same ``rng`` seed gives the
    same split. With ``stratify`` each class is spread over the parts in the same proportions; turn it off
    when y is not a class.
    """
    x, y = np.asarray(x), np.asarray(y)
    _same_length("train_val_test_split", x, y)
    if val < 0 or test < 0 or val + test >= 1:
        raise ValueError(
            "train_val_test_split: val and test must be fractions that leave something to train on, "
            f"got val={val}, test={test}."
        )
    if stratify and y.ndim != 1:
        raise ValueError(
            f"train_val_test_split: to stratify, y must be the labels (N,), got shape {y.shape}; "
            "pass stratify=False for other targets."
        )
    n_val, n_test = round(val * len(y)), round(test * len(y))
    rest, i_test = _take(y, n_test, rng, stratify)
    train, i_val = _take(y[rest], n_val, rng, stratify)
    i_train, i_val = rest[train], rest[i_val]
    return (x[i_train], y[i_train]), (x[i_val], y[i_val]), (x[i_test], y[i_test])


def batches(
    x: Array,
    y: Array,
    size: int,
    rng: np.random.Generator | None = None,
    drop_last: bool = False,
) -> Iterator[Part]:
    """One epoch: (x_batch, y_batch) of ``size`` examples, each example exactly once.

    x: (N, …), y: (N, …). With ``rng`` in a new random order each time it is called, without in the order
    given. The last batch holds what is left over; ``drop_last`` leaves it out (batch norm dislikes a batch of
    one).
    """
    x, y = np.asarray(x), np.asarray(y)
    _same_length("batches", x, y)
    if isinstance(size, bool) or not isinstance(size, int | np.integer) or size < 1:
        raise ValueError(f"batches: size must be a whole number of at least 1, got {size!r}.")
    return _walk(x, y, int(size), rng, drop_last)  # apart, so that a mistake is reported at the call


def _walk(x: Array, y: Array, size: int, rng: np.random.Generator | None, drop_last: bool) -> Iterator[Part]:
    order = None if rng is None else rng.permutation(len(x))
    stop = len(x) - len(x) % size if drop_last else len(x)
    for start in range(0, stop, size):
        rows: Any = slice(start, start + size)
        if order is not None:
            rows = order[rows]
        yield x[rows], y[rows]


def _same_length(name: str, x: Array, y: Array) -> None:
    if x.ndim == 0 or y.ndim == 0 or len(x) != len(y):
        raise ValueError(
            f"{name}: x and y must have one row per example, got shapes {x.shape} (x) and {y.shape} (y)."
        )
