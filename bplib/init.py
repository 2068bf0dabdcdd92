"""Where training starts: zeros for biases, and weights whose scale keeps signals and gradients alive.

Every function is ``f(shape, rng, *, dtype=np.float64, …)`` and returns a new array; float32 holds the float64
draws, rounded, so that a seed means the same model in both.

A layer sums ``fan_in`` products into each output, and each input feeds ``fan_out`` outputs. They follow from
the shape: W (D, M) has fan_in = D and fan_out = M; w (F, C/groups, K, …) has fan_in = C/groups · K · …, and
fan_out = F · K · …, which with groups > 1 is ``groups`` times the true number (PyTorch counts the same way).
Where that does not fit, a transposed convolution for one, say ``fans=(fan_in, fan_out)``.
"""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from bplib.ops._door import Array

Shape = int | tuple[int, ...]
Rng = np.random.Generator


def _tuple(shape: Shape) -> tuple[int, ...]:
    return (int(shape),) if isinstance(shape, int | np.integer) else tuple(shape)


def _draws(who: str, x: Array, dtype: DTypeLike) -> Array:
    if np.dtype(dtype).kind != "f":
        raise TypeError(f"{who}: dtype must be a floating-point type, got {np.dtype(dtype)}.")
    return x.astype(dtype, copy=False)


def _generator(who: str, rng: Any) -> Rng:
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"{who}: rng must be a numpy Generator, got {type(rng).__name__}. "
            "Write np.random.default_rng(seed)."
        )
    return rng


def _positive(who: str, name: str, value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= float(value) < math.inf:
        raise ValueError(f"{who}: {name} must be finite and at least 0, got {value!r}.")
    return value


def fans(shape: Shape, who: str = "fans") -> tuple[int, int]:
    """(fan_in, fan_out) of a weight: (D, M) of a linear layer, (F, C/groups, K, …) of a convolution."""
    shape = _tuple(shape)
    if len(shape) < 2:
        raise ValueError(
            f"{who}: a weight has at least 2 axes, (D, M) or (F, C/groups, K, L), got shape {shape}. "
            "Biases start at zeros."
        )
    if len(shape) == 2:
        return shape[0], shape[1]
    window = math.prod(shape[2:])
    return shape[1] * window, shape[0] * window


def _fans(who: str, shape: Shape, given: tuple[int, int] | None) -> tuple[int, int]:
    found = fans(shape, who) if given is None else given
    if min(found) < 1:
        raise ValueError(f"{who}: fan_in and fan_out must be at least 1, got {found}.")
    return found


def zeros(shape: Shape, rng: Rng | None = None, *, dtype: DTypeLike = np.float64) -> Array:
    """Zeros, for biases. A weight of zeros makes all units of a layer alike for ever. ``rng`` is not used."""
    return np.zeros(shape, dtype)


def ones(shape: Shape, rng: Rng | None = None, *, dtype: DTypeLike = np.float64) -> Array:
    """Ones, for the scale of a normalisation. ``rng`` is not used."""
    return np.ones(shape, dtype)


def constant(shape: Shape, rng: Rng | None = None, *, value: float, dtype: DTypeLike = np.float64) -> Array:
    """``value`` everywhere (for example 1, for the bias of a forget gate). ``rng`` is not used."""
    return np.full(shape, value, dtype)


def normal(
    shape: Shape, rng: Rng, *, mean: float = 0.0, std: float = 1.0, dtype: DTypeLike = np.float64
) -> Array:
    """Normal draws with this mean and standard deviation."""
    draws = _generator("normal", rng).normal(mean, _positive("normal", "std", std), shape)
    return _draws("normal", np.asarray(draws), dtype)


def uniform(
    shape: Shape, rng: Rng, *, low: float = -1.0, high: float = 1.0, dtype: DTypeLike = np.float64
) -> Array:
    """Uniform draws from [low, high)."""
    if not low <= high:
        raise ValueError(f"uniform: low must not exceed high, got low={low!r}, high={high!r}.")
    return _draws("uniform", np.asarray(_generator("uniform", rng).uniform(low, high, shape)), dtype)


def _scaled(
    who: str, shape: Shape, rng: Rng, variance: float, gain: float, dtype: DTypeLike, flat: bool
) -> Array:
    """Draws with mean 0 and standard deviation gain · √variance, uniform or normal."""
    rng, std = _generator(who, rng), _positive(who, "gain", gain) * math.sqrt(variance)
    bound = math.sqrt(3) * std  # the uniform distribution on [−a, a] has variance a²/3
    return _draws(who, rng.uniform(-bound, bound, shape) if flat else rng.normal(0, std, shape), dtype)


def xavier_normal(
    shape: Shape,
    rng: Rng,
    *,
    gain: float = 1.0,
    dtype: DTypeLike = np.float64,
    fans: tuple[int, int] | None = None,
) -> Array:
    """Glorot & Bengio 2010: variance gain² · 2 / (fan_in + fan_out), midway between two wishes."""
    return _scaled(
        "xavier_normal", shape, rng, 2 / sum(_fans("xavier_normal", shape, fans)), gain, dtype, False
    )


def xavier_uniform(
    shape: Shape,
    rng: Rng,
    *,
    gain: float = 1.0,
    dtype: DTypeLike = np.float64,
    fans: tuple[int, int] | None = None,
) -> Array:
    """The same variance, uniform: bound gain · √(6 / (fan_in + fan_out))."""
    return _scaled(
        "xavier_uniform", shape, rng, 2 / sum(_fans("xavier_uniform", shape, fans)), gain, dtype, True
    )


def he_normal(
    shape: Shape,
    rng: Rng,
    *,
    gain: float = math.sqrt(2),
    dtype: DTypeLike = np.float64,
    fans: tuple[int, int] | None = None,
) -> Array:
    """He et al. 2015: variance gain² / fan_in. The gain √2 makes up for the half that a ReLU cuts off.

    After a leaky ReLU of slope α the gain is √(2 / (1 + α²)).
    """
    return _scaled("he_normal", shape, rng, 1 / _fans("he_normal", shape, fans)[0], gain, dtype, False)


def he_uniform(
    shape: Shape,
    rng: Rng,
    *,
    gain: float = math.sqrt(2),
    dtype: DTypeLike = np.float64,
    fans: tuple[int, int] | None = None,
) -> Array:
    """The same variance, uniform: bound gain · √(3 / fan_in)."""
    return _scaled("he_uniform", shape, rng, 1 / _fans("he_uniform", shape, fans)[0], gain, dtype, True)


def orthogonal(shape: Shape, rng: Rng, *, gain: float = 1.0, dtype: DTypeLike = np.float64) -> Array:
    """gain · Q with orthonormal columns, or rows where there are fewer of them; (F, C, K, L) as (F, C·K·L).

    Q comes from the QR factorisation of a normal matrix. LAPACK leaves the signs of R's diagonal open; made
    positive, Q is uniform over all orthogonal matrices, and the same on every machine up to rounding.
    """
    shape = _tuple(shape)
    if len(shape) < 2:
        raise ValueError(f"orthogonal: needs at least 2 axes, got shape {shape}.")
    _positive("orthogonal", "gain", gain)
    rows, columns = shape[0], math.prod(shape[1:])
    draws = _generator("orthogonal", rng).standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(draws)
    q = q * np.where(np.diag(r) < 0, -1.0, 1.0)
    return _draws(
        "orthogonal", gain * np.ascontiguousarray(q if rows >= columns else q.T).reshape(shape), dtype
    )
