"""Small sets of points, made on the spot: x is float64 (n, D), y int64 (n,), unless said otherwise."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def spirals(
    n: int, rng: np.random.Generator, classes: int = 3, turns: float = 0.75, noise: float = 0.02
) -> tuple[Array, Array]:
    """Intertwined spiral arms, one a class: x (n, 2) within the unit circle, but for the noise.

    No straight line tells the arms apart, and no single hidden unit does.
    """
    y = _shuffled_classes("spirals", n, classes, rng)
    radius = np.sqrt(rng.uniform(0.01, 1, n))  # even over the arm's length, and not all at the centre
    angle = 2 * np.pi * (turns * radius + y / classes)
    x = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return x + noise * rng.standard_normal((n, 2)), y


def two_moons(n: int, rng: np.random.Generator, noise: float = 0.1) -> tuple[Array, Array]:
    """Two half circles of radius 1, each reaching into the other's hollow: x (n, 2), y 0 or 1."""
    y = _shuffled_classes("two_moons", n, 2, rng)
    angle = np.pi * rng.random(n)
    x = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    x = np.where(y[:, None] == 0, x, np.array([1.0, 0.5]) - x)
    return x + noise * rng.standard_normal((n, 2)), y


def blobs(n: int, rng: np.random.Generator, classes: int = 3, spread: float = 0.5) -> tuple[Array, Array]:
    """Round clouds on a circle of radius 2: x (n, 2). A linear model does well; the rest is overlap."""
    y = _shuffled_classes("blobs", n, classes, rng)
    return _on_circle(y, classes, 2.0) + spread * rng.standard_normal((n, 2)), y


def ring_of_gaussians(
    n: int, rng: np.random.Generator, modes: int = 8, radius: float = 2.0, std: float = 0.05
) -> tuple[Array, Array]:
    """Narrow Gaussians at equal distances on a circle: x (n, 2), and the mode that each point is of, y (n,).

    The set on which generators that collapse to a few modes are found out.
    """
    y = _shuffled_classes("ring_of_gaussians", n, modes, rng)
    return _on_circle(y, modes, radius) + std * rng.standard_normal((n, 2)), y


def xor(
    n: int | None = None, rng: np.random.Generator | None = None, noise: float = 0.1
) -> tuple[Array, Array]:
    """Exclusive or: y is 1 where one of two inputs is 1, but not both.

    Without arguments the truth table itself, x (4, 2); with n and ``rng`` n noisy copies of its rows.
    """
    table = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    if n is None:
        return table, np.array([0, 1, 1, 0])
    if rng is None:
        raise ValueError("xor: noisy copies are random; pass rng, for example np.random.default_rng(0).")
    row = _shuffled_classes("xor", n, 4, rng)
    return table[row] + noise * rng.standard_normal((n, 2)), np.array([0, 1, 1, 0])[row]


def symmetry(bits: int = 6) -> tuple[Array, Array]:
    """Every string of so many bits, x (2**bits, bits) of 0 and 1; y is 1 where it reads the same backwards.

    With six bits the task of Rumelhart, Hinton and Williams (1986), which two hidden units solve: 64 strings,
    8 of them symmetric.
    """
    if not 1 <= bits <= 16:
        raise ValueError(f"symmetry: bits must be in 1..16, got {bits}.")
    x = (np.arange(2**bits)[:, None] >> np.arange(bits)[::-1]) & 1
    return x.astype(np.float64), (x == x[:, ::-1]).all(axis=1).astype(np.int64)


def _on_circle(y: Array, count: int, radius: float) -> Array:
    angle = 2 * np.pi * y / count
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _shuffled_classes(name: str, n: int, classes: int, rng: np.random.Generator) -> Array:
    """n labels in random order; classes differ in size by one at most."""
    if n < 1 or classes < 1:
        raise ValueError(
            f"{name}: expected at least one point and one class, got n={n} and {classes} classes."
        )
    return rng.permutation(np.arange(n, dtype=np.int64) % classes)
