"""How good are the predictions? Plain functions of scores (N, K), or class numbers (N,), and labels (N,)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bplib.ops._door import Array, ArrayLike


def _classes(predictions: ArrayLike, labels: ArrayLike) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    p, y = np.asarray(predictions), np.asarray(labels)
    if p.ndim == 2:
        p = p.argmax(axis=1)
    if p.shape != y.shape or y.ndim != 1:
        raise ValueError(
            f"metrics: predictions {np.shape(predictions)} and labels {y.shape} do not fit; expected scores "
            "(N, K) or classes (N,), and labels (N,)."
        )
    if y.size == 0:
        raise ValueError("metrics: there are no examples.")
    return p.astype(np.intp), y.astype(np.intp)


def accuracy(predictions: ArrayLike, labels: ArrayLike) -> float:
    """The share of examples whose class is right."""
    p, y = _classes(predictions, labels)
    return float((p == y).mean())


def confusion_matrix(
    predictions: ArrayLike, labels: ArrayLike, classes: int | None = None
) -> NDArray[np.intp]:
    """Counts (K, K): row = true class, column = predicted class."""
    p, y = _classes(predictions, labels)
    k = classes or (np.shape(predictions)[1] if np.ndim(predictions) == 2 else int(max(p.max(), y.max())) + 1)
    if max(p.max(), y.max()) >= k or min(p.min(), y.min()) < 0:
        raise ValueError(f"confusion_matrix: a class lies outside 0..{k - 1}.")
    counts = np.zeros((k, k), dtype=np.intp)
    np.add.at(counts, (y, p), 1)
    return counts


def _ratio(hits: Array, of: Array) -> Array:
    return np.divide(hits, of, out=np.zeros(hits.shape, np.float64), where=of > 0)


def precision(predictions: ArrayLike, labels: ArrayLike, classes: int | None = None) -> Array:
    """Per class (K,): of the examples called k, the share that are k. 0 where none was called k."""
    m = confusion_matrix(predictions, labels, classes)
    return _ratio(np.diag(m), m.sum(axis=0))


def recall(predictions: ArrayLike, labels: ArrayLike, classes: int | None = None) -> Array:
    """Per class (K,): of the examples that are k, the share called k. 0 where there is none."""
    m = confusion_matrix(predictions, labels, classes)
    return _ratio(np.diag(m), m.sum(axis=1))


def r_squared(predictions: ArrayLike, targets: ArrayLike) -> float:
    """1 − residual sum of squares / total sum of squares, for equal shapes."""
    p, y = np.asarray(predictions), np.asarray(targets)
    if p.shape != y.shape:
        raise ValueError(f"r_squared: predictions {p.shape} and targets {y.shape} must have equal shapes.")
    return float(1 - ((y - p) ** 2).sum() / ((y - y.mean()) ** 2).sum())
