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
100 times narrower and 100 times wider, and counts as wrong only if it disagrees at all of them. The narrow
step clears kinks as near as 1e-7; the wide one clears rounding noise where a gradient is small beside the values.

What can be checked: an op (returns ``value, pullback``), a function of tape tensors, a module.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bplib._claims import claims
from bplib._measure import largest, measure, noise_of
from bplib._measure import numerical_gradient as numerical_gradient
from bplib._measure import relative_error as relative_error
from bplib.ops._door import Array


@dataclass(frozen=True)
class Entry:
    """One index of one argument: the gradient that was claimed, and the one that was measured."""

    argument: str
    index: tuple[int, ...]
    claimed: float
    measured: float
    error: float


def _wrong(entry: Entry) -> tuple[float, float]:
    """By the error, as far as it is printed; then by the difference itself."""
    return float(f"{entry.error:.1e}"), abs(entry.claimed - entry.measured)


@dataclass
class Report:
    """The verdict, with the worst entries first. It is true when the check passed, and prints itself."""

    tolerance: float
    method: str
    entries: list[Entry] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)  # wrong shapes, a missing gradient, NaN

    @property
    def worst(self) -> Entry | None:
        return max(self.entries, key=_wrong, default=None)

    @property
    def max_error(self) -> float:
        if self.faults:
            return float("inf")
        return max((e.error for e in self.entries), default=0.0)

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
            head = (  # two lines: a page of the book shows 78 characters
                f"gradient check passed: {len(self.entries)} entries, "
                f"largest relative error {self.max_error:.1e}\n"
                f"  ({self.method}, allowed {self.tolerance:.0e})"
            )
            return head
        lines = [f"gradient check FAILED ({self.method}, allowed {self.tolerance:.0e})"]
        lines += [f"  {fault}" for fault in self.faults]
        if bad:
            lines.append(f"  {bad} of {len(self.entries)} entries are wrong; the worst:")
            lines.append(f"  {'entry':<20} {'claimed':>14} {'measured':>14} {'rel. error':>11}")
            for e in sorted(self.entries, key=_wrong, reverse=True)[:rows]:
                if e.error > self.tolerance:
                    name = e.argument + (f"[{', '.join(map(str, e.index))}]" if e.index else "")
                    lines.append(f"  {name:<20} {e.claimed:>14.6g} {e.measured:>14.6g} {e.error:>11.1e}")
        return "\n".join(lines)

    def require(self) -> Report:
        """Raise AssertionError with the table if the check failed."""
        if not self.ok:
            raise AssertionError(self.table())
        return self


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
    Arrays given by name are checked as well; Python ints and all other ``kwargs`` are handed on and not checked.
    Checks run in float64: arguments of other precision are an error. ``rng`` draws the upstream gradient
    (default: the same one every time).

    An entry passes if |claimed − measured| ≤ tolerance · max(|claimed|, |measured|), or if the difference is no
    larger than what rounding does: 16 ε Σ|dᵢ fᵢ| / h for differences, 64 ε Σ|dᵢ fᵢ| for the complex step, and
    64 ε times the largest gradient of that argument. So an entry is held to as many digits however small it is
    beside its neighbours. An entry that disagrees is measured again with other steps, also with one in proportion to
    the entry (log near 0), and twice to see how far the measurement can be trusted. If f is so large that all
    of an argument's gradient is less than rounding, nothing was measured: the check fails and says so (scale f
    down, or leave its constant part out).

    Besides the numbers: the pullback must not change what it is given, must return the same when it is called
    again, and gradients in float64; None for the gradient of one of several outputs must count as zeros.
    For kinks see this module's docstring.

    >>> from bplib import ops
    >>> print(gradcheck(ops.tanh, np.array([0.5, -2.0])))   # doctest: +ELLIPSIS
    gradient check passed: 2 entries, largest relative error ...
    """
    if method not in ("central", "complex"):
        raise ValueError(f'gradcheck: method must be "central" or "complex", got {method!r}.')
    rng = np.random.default_rng(0) if rng is None else rng
    report = Report(tolerance, "central differences" if method == "central" else "complex step")
    for name, x, claimed, scalar, size, sent in claims(f, args, kwargs, rng, report.faults):
        if claimed is None:
            report.faults.append(f"{name}: no gradient was returned (None)")
            continue
        claimed = np.asarray(claimed)
        if claimed.shape != x.shape:
            report.faults.append(f"{name}: the gradient has shape {claimed.shape}, {name} has {x.shape}")
            continue
        if claimed.dtype != x.dtype:
            report.faults.append(f"{name}: the gradient is {claimed.dtype}, {name} is {x.dtype}")
            if claimed.dtype.kind not in "fiub":
                continue
        if not np.isfinite(size):
            report.faults.append(f"{name}: the value of f is not finite here; there is nothing to measure")
            continue
        _refuse_randomness(scalar, x)
        noise = noise_of(size, method, h)
        measured, errors = measure(scalar, x, claimed, noise, method, h, tolerance)
        if x.size and max(largest(claimed), largest(measured)) <= noise and noise > UNSEEN * sent:
            report.faults.append(
                f"{name}: rounding in f (Σ|dᵢ fᵢ| = {size:.0e}) hides every gradient below {noise:.0e}"
            )
        report.entries += [
            Entry(name, index, float(claimed[index]), float(measured[index]), float(errors[index]))
            for index in np.ndindex(x.shape)
        ]
    return report


UNSEEN = 1e-6  # a check that cannot see this much, for an upstream gradient of 1, shows nothing


def _refuse_randomness(scalar: Callable[[Array], Any], x: Array) -> None:
    if scalar(np.array(x)) != scalar(np.array(x)):
        raise ValueError(
            "gradcheck: f gave two different values for the same arguments; a check needs a function without "
            "randomness (dropout: evaluation mode, or a generator made afresh in each call)."
        )
