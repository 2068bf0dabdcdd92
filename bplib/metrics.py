"""How good are the predictions? Plain functions of scores (N, K), or class numbers (N,), and labels (N,).

A class number is an integer or a boolean. A single score for each example has to meet its threshold first,
``(scores[:, 0] > 0).astype(int)``: no metric guesses it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bplib.ops._door import Array, ArrayLike


def _classes(predictions: ArrayLike, labels: ArrayLike) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    p, y = np.asarray(predictions), np.asarray(labels)
    if p.ndim == 2 and p.shape[1] == 1:
        raise ValueError(
            f"metrics: predictions {p.shape} have one score for each example, so class 0 would always win; expected "
            "scores (N, K) with K ≥ 2, or classes (N,): (scores[:, 0] > 0).astype(int) for a sigmoid's logits."
        )
    if p.shape[:1] != y.shape or p.ndim not in (1, 2):
        raise ValueError(
            f"metrics: predictions {p.shape} and labels {y.shape} do not fit; expected scores "
            "(N, K) or classes (N,), and labels (N,)."
        )
    if y.size == 0:
        raise ValueError("metrics: there are no examples.")
    if p.ndim == 2:
        bad = np.argwhere(p != p)  # NaN is the number that differs from itself
        if len(bad):
            raise ValueError(
                f"metrics: predictions{[int(i) for i in bad[0]]} is nan, one of {len(bad)}; no class can be read "
                "off. Look at the model's outputs first."
            )
        p = p.argmax(axis=1)
    for name, x in (("predictions", p), ("labels", y)):
        if x.dtype.kind not in "iub":
            raise TypeError(
                f"metrics: {name} {x.shape} must be classes, integers, got dtype {x.dtype}. "
                f"Write {name}.astype(int), or ({name} > threshold).astype(int) for scores."
            )
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
    if classes is not None and (
        isinstance(classes, bool) or not isinstance(classes, int | np.integer) or classes < 1
    ):
        raise ValueError(f"confusion_matrix: classes must be an int of at least 1, or None, got {classes!r}.")
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
    if y.size < 2:
        raise ValueError(f"r_squared: needs at least two targets, got shape {y.shape}.")
    total = ((y - y.mean()) ** 2).sum()
    if total == 0:
        raise ValueError(
            "r_squared: the targets are all equal, so there is nothing to explain; use the mean error."
        )
    return float(1 - ((y - p) ** 2).sum() / total)
