"""The 8×8 digits that come with scikit-learn: real handwriting, no network."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from bplib.data._dataset import Dataset
from bplib.data._split import train_val_test_split


def digits(
    *,
    flat: bool = False,
    dtype: DTypeLike = np.float32,
    val: float = 0.15,
    test: float = 0.2,
    rng: np.random.Generator | None = None,
) -> Dataset:
    """1,797 handwritten digits of 8×8 pixels, in a training, a validation and a test set.

    x: (N, 1, 8, 8), or (N, 64) with ``flat``; floating-point numbers in [0, 1] (the source counts 0..16). y:
    (N,) int64. The set has no published split: ``val`` and ``test`` are the fractions set aside, stratified
    by class, by ``rng``; without one it is the same split each time (seed 0).
    """
    kind = np.dtype(dtype)
    if kind.kind != "f":
        raise TypeError(f"digits: dtype must be a floating-point type, got {kind}.")
    from sklearn.datasets import load_digits  # here, because importing it takes a second

    images, labels = load_digits(return_X_y=True)
    x = (images / 16).astype(kind).reshape((-1, 64) if flat else (-1, 1, 8, 8))
    rng = np.random.default_rng(0) if rng is None else rng
    train, held, tested = train_val_test_split(x, labels.astype(np.int64), rng, val=val, test=test)
    return Dataset(
        *train,
        *tested,
        classes=tuple("0123456789"),
        source="optical recognition of handwritten digits (Alpaydin and Kaynak, 1998), as in scikit-learn",
        licence="CC BY 4.0",
        x_val=held[0],
        y_val=held[1],
    )
