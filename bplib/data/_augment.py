"""Random changes to images that keep their class. Each image gets its own, from the generator passed in."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def random_flip(x: Array, rng: np.random.Generator, p: float = 0.5) -> Array:
    """Images (N, C, H, W), each mirrored left to right with probability p."""
    x = _images("random_flip", x)
    if not 0 <= p <= 1:
        raise ValueError(f"random_flip: p must be a probability, got {p}.")
    flip = rng.random(len(x)) < p
    return np.where(flip[:, None, None, None], x[..., ::-1], x)


def random_crop(x: Array, size: int | tuple[int, int], rng: np.random.Generator, padding: int = 0) -> Array:
    """A window of ``size`` (height, width) of each image, at a random place: (N, C, height, width).

    ``padding`` puts that many zeros around each image first.
    """
    x = _images("random_crop", x)
    height, width = (size, size) if isinstance(size, int) else size
    if padding < 0:
        raise ValueError(f"random_crop: padding must be at least 0, got {padding}.")
    if padding:
        x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    if not (1 <= height <= x.shape[2] and 1 <= width <= x.shape[3]):
        raise ValueError(
            f"random_crop: a window of {(height, width)} does not fit into images of {x.shape[2:]} "
            f"(padding {padding} included)."
        )
    top = rng.integers(0, x.shape[2] - height + 1, len(x))
    left = rng.integers(0, x.shape[3] - width + 1, len(x))
    windows = np.lib.stride_tricks.sliding_window_view(x, (height, width), axis=(2, 3))
    return windows[np.arange(len(x)), :, top, left]


def random_shift(x: Array, pixels: int, rng: np.random.Generator) -> Array:
    """Images (N, C, H, W), each moved by up to ``pixels`` in both directions; zeros come in from outside."""
    x = _images("random_shift", x)
    if pixels < 0:
        raise ValueError(f"random_shift: pixels must be at least 0, got {pixels}.")
    return random_crop(x, (x.shape[2], x.shape[3]), rng, padding=pixels)


def _images(name: str, x: Array) -> Array:
    x = np.asarray(x)
    if x.ndim != 4:
        raise ValueError(f"{name}: x must be images (N, C, H, W), got shape {x.shape}.")
    return x
