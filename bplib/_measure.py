"""The derivative that needs no algebra: by differences or by the complex step, and how far one claimed is from it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from bplib.ops._door import Array

EPS = float(np.finfo(np.float64).eps)
STEP = 6e-6
NARROWER, WIDER = 0.01, 100.0
BESIDE = 6e-4  # a step in proportion to an entry that is itself no larger than a step


def relative_error(claimed: Any, measured: Any, floor: float | None = None) -> Any:
    """|claimed − measured| / max(floor, |claimed|, |measured|), entry by entry.

    0 where both are equal; infinite where one is NaN or only one is infinite. ``floor`` is the size below
    which an entry is judged absolutely; it defaults to the largest |measured|. A fixed floor such as 1 would
    be blind: the gradient of a mean over 10⁷ numbers is 10⁻⁷ everywhere, and twice that would pass at 1e-6.
    No floor at all would cry wolf at an entry that is 10⁻¹⁷ where it should be 0.
    """
    claimed, measured = np.asarray(claimed), np.asarray(measured)
    if floor is None:
        floor = largest(measured)
    same = claimed == measured
    with np.errstate(invalid="ignore"):
        gap = np.abs(np.where(same, 0, claimed) - np.where(same, 0, measured))
        scale = np.maximum(floor, np.maximum(np.abs(claimed), np.abs(measured)))
        error = gap / np.where(same, 1, scale)
    return np.where(np.isnan(error), np.inf, error)


def largest(x: Array) -> float:
    """The largest finite |xᵢ|; 0 if there is none."""
    return float(np.abs(x[np.isfinite(x)]).max(initial=0.0))


def numerical_gradient(
    f: Callable[[Array], Any], x: Array, h: float | None = None, method: str = "central"
) -> Array:
    """The gradient at x of a function that returns one number, entry by entry, without any algebra.

    ``method`` is "central" (default step: h = 6e-6 · max(1, |xᵢ|), near the optimum ε^(1/3)) or "complex"
    (default step 1e-30). ``f`` must not keep the array that it is given: it is changed between calls.
    """
    if method not in ("central", "complex"):
        raise ValueError(f'numerical_gradient: method must be "central" or "complex", got {method!r}.')
    x = np.array(x, dtype=np.complex128 if method == "complex" else np.float64)
    out = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        if method == "complex":
            step = h or 1e-30
            keep = x[index]
            x[index] = keep + 1j * step
            out[index] = np.imag(_undropped(f, x)) / step
            x[index] = keep
        else:
            out[index] = _slope(f, x, index, h or _step(x[index]))
    return out


def _undropped(f: Callable[[Array], Any], x: Array) -> Any:
    """f(x), but NumPy's warning that an imaginary part was dropped is an error: the slope would be 0."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        try:
            return f(x)
        except np.exceptions.ComplexWarning:
            raise TypeError(
                "numerical_gradient: f drops the imaginary part, and the slope with it. Make the arrays that "
                "x meets complex too (+ 0j), or measure with differences."
            ) from None


def _step(xi: Any) -> float:
    return STEP * max(1.0, abs(float(xi)))


def _slope(f: Callable[[Array], Any], x: Array, index: tuple[int, ...], step: float) -> float:
    """The central difference at one entry. x is moved there and put back."""
    keep = x[index]
    x[index] = keep + step
    above, high = f(x), x[index]
    x[index] = keep - step
    below, low = f(x), x[index]
    x[index] = keep
    return (above - below) / (high - low)  # the step that was really taken, after rounding


def noise_of(size: float, method: str, h: float | None) -> float:
    """The gradient that rounding alone may feign, if Σ|dᵢ fᵢ(x)| is ``size``.

    f is computed with rounding errors of about ε · size, and a difference over h turns them into ε · size / h.
    """
    return 64 * EPS * size if method == "complex" else 16 * EPS * size / (h or STEP * WIDER)


def measure(
    f: Callable[[Array], Any],
    x: Array,
    claimed: Array,
    noise: float,
    method: str,
    h: float | None,
    tolerance: float,
) -> tuple[Array, Array]:
    """The measured gradient, and how far the claimed one is from it, entry by entry."""
    with np.errstate(all="ignore"):  # a step may leave the domain of f (log, sqrt); a narrower one will not
        measured = numerical_gradient(f, x, h, method)
        noise = max(noise, 64 * EPS * largest(measured))
        errors = relative_error(claimed, measured, noise / tolerance)
        if method == "central" and h is None:
            most = tolerance * largest(measured)
            point = np.array(x, dtype=np.float64)
            for where in np.argwhere(errors > tolerance):
                index = tuple(int(i) for i in where)
                again = _again(f, point, index, float(claimed[index]), noise, most, tolerance)
                if again is not None:
                    measured[index], errors[index] = again
    return measured, errors


def _again(
    f: Callable[[Array], Any],
    x: Array,
    index: tuple[int, ...],
    claimed: float,
    noise: float,
    most: float,
    tolerance: float,
) -> tuple[float, float] | None:
    """An entry that disagreed, measured with other steps: a measurement that agrees, and its error, or None."""

    def twice(step: float) -> tuple[float, float]:
        """The difference over a step, and the same with its error of order h² removed."""
        coarse, fine = _slope(f, x, index, step), _slope(f, x, index, step / 2)
        return coarse, (4 * fine - coarse) / 3

    step, beside = _step(x[index]), BESIDE * abs(float(x[index]))
    steps = [NARROWER * step, WIDER * step, *([beside] if 0 < beside < step else [])]
    for measured in (m for s in steps for m in twice(s)):
        error = float(relative_error(claimed, measured, noise / tolerance))
        if error <= tolerance:
            return measured, error
    # Rounding inside f may be larger than its value shows. Two wide steps tell how much the measurement is worth.
    one, other = twice(WIDER * step)[1], twice(0.7 * WIDER * step)[1]
    doubt = 4 * abs(one - other)
    if not np.isfinite(doubt):
        return None
    error = float(relative_error(claimed, one, max(noise, min(doubt, most)) / tolerance))
    return (one, error) if error <= tolerance else None
