"""Pictures of shapes, made on the spot: the set for convolutions when there is no network.

What tells the classes apart is form alone. Place, size, angle and colours are random, and a shape is as often
brighter than its background as darker, so that the mean image of every class is nearly the same grey: a
linear model has almost nothing to go by.

Measured with the default 4,000 training images of 32×32 in colour, 8 epochs of Adam, accuracy on the test set
(chance 0.125): softmax regression 0.17, an MLP of 256 and 64 hidden units 0.52, three convolutions of 16, 32
and 32 channels with batch norm and pooling 0.95. At 16×16: 0.18, 0.52, 0.92 in colour, 0.15, 0.60, 0.98 in grey.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bplib.data._dataset import Dataset

Array = NDArray[Any]

SHAPES = ("disc", "ring", "square", "frame", "triangle", "cross", "crescent", "bars")


def shapes(
    n_train: int = 4000,
    n_val: int = 500,
    n_test: int = 1000,
    *,
    size: int = 32,
    channels: int = 3,
    flat: bool = False,
    rng: np.random.Generator | None = None,
) -> Dataset:
    """``shapes_images`` as a data set with three parts; without ``rng`` the same one each time (seed 0).

    x: (N, channels, size, size), or (N, channels·size·size) with ``flat``; float32 in [0, 1]. y: (N,) int64.
    """
    rng = np.random.default_rng(0) if rng is None else rng

    def part(n: int) -> tuple[Array, Array]:
        x, y = shapes_images(n, rng, size=size, channels=channels)
        return x.reshape(n, channels * size * size) if flat else x, y

    x_train, y_train = part(n_train)
    x_test, y_test = part(n_test)
    x_val, y_val = part(n_val)
    return Dataset(
        x_train,
        y_train,
        x_test,
        y_test,
        classes=SHAPES,
        source="drawn by bplib",
        licence="CC BY 4.0",
        x_val=x_val,
        y_val=y_val,
    )


def shapes_images(
    n: int, rng: np.random.Generator, size: int = 32, channels: int = 3, noise: float = 0.06
) -> tuple[Array, Array]:
    """x (n, channels, size, size) float32 in [0, 1]; y (n,) int64, an index into ``SHAPES``.

    ``channels`` is 3 for colour or 1 for grey. ``noise`` is the standard deviation of each pixel's own error.
    """
    if n < 0 or size < 8 or channels not in (1, 3):
        raise ValueError(
            f"shapes_images: expected n ≥ 0, size ≥ 8 and 1 or 3 channels, got {n}, {size} and {channels}."
        )
    y = rng.permutation(np.arange(n, dtype=np.int64) % len(SHAPES))
    cover = _cover(y, rng, size)[:, None]
    back, front = _two_colours(n, channels, rng)
    across = np.linspace(-0.5, 0.5, size)
    slope = rng.uniform(-0.2, 0.2, (2, n, 1, 1, 1))  # light that falls in from one side
    light = slope[0] * across[:, None] + slope[1] * across
    x = back + (front - back) * cover + light + noise * rng.standard_normal((n, channels, size, size))
    return np.clip(x, 0, 1).astype(np.float32), y


def _two_colours(n: int, channels: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Background and foreground (n, channels, 1, 1), on average at least 0.35 apart, either way round."""
    back, front = rng.uniform(0.1, 0.9, (2, n, channels))
    near = np.abs(front - back).mean(axis=1) < 0.35
    moved = np.where(back > 0.5, back - 0.4, back + 0.4)
    front = np.where(near[:, None], moved, front)
    return back[:, :, None, None], front[:, :, None, None]


def _cover(y: Array, rng: np.random.Generator, size: int) -> Array:
    """How much of each pixel the shape covers, 0..1: (n, size, size)."""
    n = len(y)
    radius = rng.uniform(0.26, 0.38, (n, 1, 1))  # in units of the image's width
    # The largest shape reaches 1.2 radii from its centre; it may lose a corner at the border, not more.
    reach = np.maximum(0.5 - 1.1 * radius, 0)
    centre = rng.uniform(-1, 1, (2, n, 1, 1)) * reach
    angle = rng.uniform(0, 2 * np.pi, (n, 1, 1))
    grid = (np.arange(size) + 0.5) / size - 0.5
    dy, dx = grid[:, None] - centre[0], grid - centre[1]
    u = (np.cos(angle) * dx + np.sin(angle) * dy) / radius
    v = (np.cos(angle) * dy - np.sin(angle) * dx) / radius
    distance = np.empty_like(u)
    for k, name in enumerate(SHAPES):
        rows = y == k
        distance[rows] = _DISTANCE[name](u[rows], v[rows])
    # Within half a pixel of the outline the pixel is partly covered: no staircase to recognise a shape by.
    return np.clip(0.5 - distance * radius * size, 0, 1)


def _disc(u: Array, v: Array) -> Array:
    return np.hypot(u, v) - 1


def _square(u: Array, v: Array) -> Array:
    return np.maximum(np.abs(u), np.abs(v)) - 0.85


def _triangle(u: Array, v: Array) -> Array:
    return np.maximum(-v, np.abs(u) * np.sqrt(3) / 2 + v / 2) - 0.6


def _cross(u: Array, v: Array) -> Array:
    a, b = np.abs(u), np.abs(v)
    return np.minimum(np.maximum(a - 1, b - 0.3), np.maximum(b - 1, a - 0.3))


def _outline(distance: Array, width: float) -> Array:
    """The hollow version of a shape: what lies within ``width`` of its outline, on the inside."""
    return np.maximum(distance, -distance - width)


# How far outside a shape of radius 1 around 0 a point (u, v) lies; negative inside. Exact near the outline,
# which is all that is used.
_DISTANCE = {
    "disc": _disc,
    "ring": lambda u, v: _outline(_disc(u, v), 0.4),
    "square": _square,
    "frame": lambda u, v: _outline(_square(u, v), 0.35),
    "triangle": _triangle,
    "cross": _cross,
    "crescent": lambda u, v: np.maximum(_disc(u, v), 0.8 - np.hypot(u - 0.6, v)),
    "bars": lambda u, v: np.maximum(np.abs(np.abs(u) - 0.6) - 0.28, np.abs(v) - 1),
}
