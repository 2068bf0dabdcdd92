"""Scaling and encoding. Statistics are learnt from the training set, and only applied to the rest."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array = NDArray[Any]
Axes = int | tuple[int, ...]


class _Affine(ABC):
    """x ↦ (x − shift) / scale, with shift and scale fitted along ``axis`` of a training set."""

    def __init__(self, axis: Axes = 0) -> None:
        self.axis = axis
        self.shift: Array | None = None
        self.scale: Array | None = None

    @abstractmethod
    def _statistics(self, x: Array) -> tuple[Array, Array]:
        """Shift and scale of a training set, from float64."""

    def fit(self, x: Array) -> Self:
        """Learn the statistics of a training set x, a floating-point array. Returns itself."""
        x = self._floats("fit", x)
        if x.size == 0:
            raise ValueError(f"{type(self).__name__}.fit: there is nothing to learn from in shape {x.shape}.")
        if not np.isfinite(x).all():
            bad = int(x.size - np.isfinite(x).sum())
            raise ValueError(
                f"{type(self).__name__}.fit: x holds {bad} values that are NaN or infinite; "
                "fill them in or leave their rows out first."
            )
        shift, scale = self._statistics(x.astype(np.float64))  # float32 sums over a whole set lose digits
        scale = np.where(scale > 0, scale, 1.0)  # a feature that never varies becomes 0, not NaN
        self.shift, self.scale = shift, scale
        return self

    def transform(self, x: Array) -> Array:
        """x in the scale of the training set: same shape, same dtype."""
        x = self._floats("transform", x)
        shift, scale = self._fitted("transform", x)
        return (x - shift) / scale

    def inverse(self, z: Array) -> Array:
        """Undo ``transform``."""
        z = self._floats("inverse", z)
        shift, scale = self._fitted("inverse", z)
        return z * scale + shift

    def fit_transform(self, x: Array) -> Array:
        """``fit(x)``, then ``transform(x)``: for the training set only."""
        return self.fit(x).transform(x)

    def _floats(self, method: str, x: Array) -> Array:
        x = np.asarray(x)
        if x.dtype.kind != "f":
            raise TypeError(
                f"{type(self).__name__}.{method}: x must hold floating-point numbers, got dtype {x.dtype}."
            )
        return x

    def _fitted(self, method: str, x: Array) -> tuple[Array, Array]:
        name = type(self).__name__
        if self.shift is None or self.scale is None:
            raise ValueError(f"{name}.{method}: call fit on the training set first.")
        want = self.shift.shape
        if x.ndim != len(want) or any(w not in (1, n) for n, w in zip(x.shape, want, strict=True)):
            raise ValueError(
                f"{name}.{method}: fitted to statistics of shape {want}, got x of shape {x.shape}."
            )
        return self.shift.astype(x.dtype), self.scale.astype(x.dtype)


class Standardize(_Affine):
    """Mean 0 and standard deviation 1 on the training set.

    ``axis`` is what is averaged over: 0 for features in columns (N, D), (0, 2, 3) for the channels of images
    (N, C, H, W). ``scaler = Standardize().fit(x_train)``; ``scaler.transform(x_test)`` uses the training
    set's numbers, so nothing of the test set leaks into training.
    """

    def _statistics(self, x: Array) -> tuple[Array, Array]:
        std = x.std(axis=self.axis, keepdims=True)
        # Rounding gives a constant feature a deviation of about 1e-17 of its size; dividing by that makes
        # noise.
        std[std < 1e-12 * np.abs(x).max(axis=self.axis, keepdims=True)] = 0
        return x.mean(axis=self.axis, keepdims=True), std


class MinMax(_Affine):
    """Smallest value 0 and largest 1 on the training set; other sets may reach outside. ``axis`` as above."""

    def _statistics(self, x: Array) -> tuple[Array, Array]:
        low = x.min(axis=self.axis, keepdims=True)
        return low, x.max(axis=self.axis, keepdims=True) - low


def one_hot(labels: Array, classes: int, dtype: DTypeLike = np.float64) -> Array:
    """labels (…) of integers in 0..classes−1 as rows with a single 1: (…, classes)."""
    labels = np.asarray(labels)
    if labels.dtype.kind not in "iu":
        raise TypeError(f"one_hot: labels must hold integers, got dtype {labels.dtype}.")
    if labels.size and (labels.min() < 0 or labels.max() >= classes):
        bad = labels[(labels < 0) | (labels >= classes)].flat[0]
        raise ValueError(f"one_hot: label {int(bad)} is outside 0..{classes - 1}.")
    return np.eye(classes, dtype=dtype)[labels]
