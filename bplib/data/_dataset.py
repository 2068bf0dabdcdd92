"""What every loader returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from bplib.data._split import train_test_indices

Array = NDArray[Any]


@dataclass(frozen=True, repr=False)
class Dataset:
    """A training set and a test set, and for some sets a validation set between them.

    x_train, x_val, x_test: the examples along axis 0. Images are (N, C, H, W), or (N, C·H·W) with
        ``flat=True``: float32 in [0, 1], or the stored bytes 0..255 with ``dtype=np.uint8``. Sounds are (N,
        L) in [-1, 1). Sentences are an object array (N,) of strings.
    y_train, y_val, y_test: (N,) int64, each an index into ``classes``.
    classes: the names of the classes.
    source, licence: who made the set, and on what terms it may be used.
    extra: what else is known of each example, by name (see the loader's docstring).

    ``x_val`` and ``y_val`` are None until ``with_validation`` makes them from the training set, except where
    the loader says that it does so itself.
    """

    x_train: Array
    y_train: Array
    x_test: Array
    y_test: Array
    classes: tuple[str, ...]
    source: str
    licence: str
    x_val: Array | None = None
    y_val: Array | None = None
    extra: Mapping[str, Array] = field(default_factory=dict)

    def with_validation(self, fraction: float, rng: np.random.Generator) -> Dataset:
        """The same data with this fraction of the training set, stratified by class, as validation set.

        The test set stays as it is. ``extra`` is left out: its rows would no longer match.
        """
        if self.x_val is not None:
            raise ValueError("with_validation: this data set already has a validation set.")
        train, val = train_test_indices(self.y_train, fraction, rng)
        return replace(
            self,
            x_train=self.x_train[train],
            y_train=self.y_train[train],
            x_val=self.x_train[val],
            y_val=self.y_train[val],
            extra={},
        )

    def counts(self, part: str = "train") -> dict[str, int]:
        """How many examples each class has in ``part``: train, val or test."""
        y = {"train": self.y_train, "val": self.y_val, "test": self.y_test}.get(part)
        if y is None:
            raise ValueError(f"counts: there is no part {part!r} in this data set.")
        return dict(zip(self.classes, np.bincount(y, minlength=len(self.classes)).tolist(), strict=True))

    def __repr__(self) -> str:
        parts = [("train", self.x_train), ("val", self.x_val), ("test", self.x_test)]
        shapes = ", ".join(f"{name} {x.shape} {x.dtype}" for name, x in parts if x is not None)
        return f"Dataset({shapes}; {len(self.classes)} classes; {self.source})"


def as_images(pixels: Array, flat: bool, dtype: DTypeLike) -> Array:
    """Bytes 0..255 of shape (N, C, H, W) as the images that a loader returns.

    A floating dtype scales to [0, 1]; uint8 keeps the bytes. ``flat`` gives (N, C·H·W).
    """
    kind = np.dtype(dtype)
    if kind == np.uint8:
        x = np.require(pixels, requirements="W")  # bytes read from a file are not writable
    elif kind.kind == "f":
        x = pixels.astype(kind)  # a new array, so it can be scaled where it is
        x /= 255
    else:
        raise TypeError(f"dtype must be uint8 or a floating-point type, got {kind}.")
    return x.reshape(len(x), int(np.prod(x.shape[1:]))) if flat else x
