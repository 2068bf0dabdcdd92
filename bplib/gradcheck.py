"""Is this gradient right? Compare it with a derivative that needs no algebra.

``gradcheck`` sends a *random* gradient ``d`` into the thing under test and looks at the scalar ⟨d, f(x)⟩. A
plain sum, or ones, would hide every mistake that a sum forgives (a softmax whose rows add up to 1, for one).
Each entry of each argument is then moved a little, and the slope that comes out is held against the gradient
that was claimed.

* central differences: (f(x + h) − f(x − h)) / 2h, good to about ten digits, for anything smooth there;
* complex step: Im f(x + ih) / h with h = 1e-30, good to all digits, for code that is analytic in its input.

*Kinks.* Exactly on a kink (ReLU at 0, a tie in a maximum) there is no derivative to measure: differences give
the mean of both slopes, and every other convention fails. Move the input away, and test the convention by
value. Next to a kink the check is sound: an entry that disagrees is measured again with a step
100 times narrower and 100 times wider, and counts as wrong only if it disagrees at all three. The narrow step
clears kinks as near as 1e-7; the wide one clears rounding noise where a gradient is small beside the values.

What can be checked: an op (returns ``value, pullback``), a function of tape tensors, a module.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bplib._claims import claims
from bplib.ops._door import Array


@dataclass(frozen=True)
class Entry:
    """One index of one argument: the gradient that was claimed, and the one that was measured."""

    argument: str
    index: tuple[int, ...]
    claimed: float
    measured: float
    error: float


@dataclass
class Report:
    """The verdict, with the worst entries first. It is true when the check passed, and prints itself."""

    tolerance: float
    method: str
    entries: list[Entry] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)  # wrong shapes, a missing gradient, NaN

    @property
    def worst(self) -> Entry | None:
        return max(self.entries, key=lambda e: e.error, default=None)

    @property
    def max_error(self) -> float:
        if self.faults:
            return float("inf")
        return self.worst.error if self.worst else 0.0

    @property
    def ok(self) -> bool:
        return not self.faults and self.max_error <= self.tolerance

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        return self.table()

    __repr__ = __str__

    def table(self, rows: int = 5) -> str:
        """The verdict, and the entries that are furthest off."""
        bad = sum(e.error > self.tolerance for e in self.entries)
        if self.ok:
            head = (
                f"gradient check passed: {len(self.entries)} entries, "
                f"largest relative error {self.max_error:.1e} (allowed {self.tolerance:.0e}, {self.method})"
            )
            return head
        lines = [f"gradient check FAILED ({self.method}, allowed {self.tolerance:.0e})"]
        lines += [f"  {fault}" for fault in self.faults]
        if bad:
            lines.append(f"  {bad} of {len(self.entries)} entries are wrong; the worst:")
            lines.append(f"  {'entry':<20} {'claimed':>14} {'measured':>14} {'rel. error':>11}")
            for e in sorted(self.entries, key=lambda e: -e.error)[:rows]:
                if e.error > self.tolerance:
                    name = e.argument + (f"[{', '.join(map(str, e.index))}]" if e.index else "")
                    lines.append(f"  {name:<20} {e.claimed:>14.6g} {e.measured:>14.6g} {e.error:>11.1e}")
        return "\n".join(lines)

    def require(self) -> Report:
        """Raise AssertionError with the table if the check failed."""
        if not self.ok:
            raise AssertionError(self.table())
        return self


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
            out[index] = np.imag(f(x)) / step
            x[index] = keep
        else:
            out[index] = _slope(f, x, index, h or _step(x[index]))
    return out


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


STEP = 6e-6
NARROWER, WIDER = 0.01, 100.0


def gradcheck(
    f: Callable[..., Any],
    *args: Any,
    method: str = "central",
    h: float | None = None,
    tolerance: float = 1e-6,
    rng: np.random.Generator | None = None,
    **kwargs: Any,
) -> Report:
    """Check every entry of every gradient of ``f`` at ``args``; returns a Report.

    ``f`` is an op (its pullback is checked), a function that takes and returns tape tensors (all its
    floating-point array arguments are checked), or a module (its parameters and its floating-point inputs).
    ``args`` are given by position; ``kwargs`` are handed on and not checked. Checks run in float64: arguments
    of other precision are an error. ``rng`` draws the upstream gradient (default: the same one every time).

    An entry passes if |claimed − measured| ≤ tolerance · max(|claimed|, |measured|, floor). The floor is the
    largest measured entry of that argument, so that small gradients are held to as many digits as large ones;
    but never so small that rounding in f alone could fail the check. For kinks see this module's docstring.

    >>> from bplib import ops
    >>> print(gradcheck(ops.tanh, np.array([0.5, -2.0])))   # doctest: +ELLIPSIS
    gradient check passed: 2 entries, largest relative error ...
    """
    if method not in ("central", "complex"):
        raise ValueError(f'gradcheck: method must be "central" or "complex", got {method!r}.')
    rng = np.random.default_rng(0) if rng is None else rng
    report = Report(tolerance, "central differences" if method == "central" else "complex step")
    for name, value, claimed, scalar, size in claims(f, args, kwargs, rng):
        if claimed is None:
            report.faults.append(f"{name}: no gradient was returned (None)")
            continue
        claimed = np.asarray(claimed)
        if claimed.shape != value.shape:
            report.faults.append(f"{name}: the gradient has shape {claimed.shape}, {name} has {value.shape}")
            continue
        if not np.isfinite(size):
            report.faults.append(f"{name}: the value of f is not finite here; there is nothing to measure")
            continue
        _refuse_randomness(scalar, value)
        measured, errors = _measure(scalar, value, claimed, size, method, h, tolerance)
        report.entries += [
            Entry(name, index, float(claimed[index]), float(measured[index]), float(errors[index]))
            for index in np.ndindex(value.shape)
        ]
    return report


def _measure(
    scalar: Callable[[Array], Any],
    x: Array,
    claimed: Array,
    size: float,
    method: str,
    h: float | None,
    tolerance: float,
) -> tuple[Array, Array]:
    """The measured gradient, and how far the claimed one is from it, relative to the argument's scale.

    ``size`` is Σ|dᵢ fᵢ(x)|: f is computed with rounding errors of about ε · size, and a difference over a
    step h turns them into ε · size / h. What is smaller than a few times that says nothing.
    """
    eps = float(np.finfo(np.float64).eps)
    measured = numerical_gradient(scalar, x, h, method)
    noise = 64 * eps * size if method == "complex" else 16 * eps * size / (h or STEP * WIDER)
    floor = max(largest(measured), noise / tolerance)
    errors = relative_error(claimed, measured, floor)
    if method == "central" and h is None:
        point = np.array(x, dtype=np.float64)
        for where in np.argwhere(errors > tolerance):
            index = tuple(int(i) for i in where)
            for factor in (NARROWER, WIDER):
                again = _slope(scalar, point, index, factor * _step(point[index]))
                error = relative_error(claimed[index], again, floor)
                if error <= tolerance:
                    measured[index], errors[index] = again, error
    return measured, errors


def _refuse_randomness(scalar: Callable[[Array], Any], x: Array) -> None:
    if scalar(np.array(x)) != scalar(np.array(x)):
        raise ValueError(
            "gradcheck: f gave two different values for the same arguments; a check needs a function without "
            "randomness (dropout: evaluation mode, or a generator made afresh in each call)."
        )
