"""Learning-rate schedules: pure functions of the step, so there is nothing to save and nothing to forget.

``optimizer.lr = schedule(t)`` before step t = 0, 1, 2, …; ``plt.plot(schedule.values(1000))`` shows one. A
step is whatever is counted: updates, or epochs. After its last step a schedule stays where it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real

import numpy as np

from bplib.ops._door import Array


class Schedule:
    """Base: a subclass defines ``at(step)``."""

    def at(self, step: int) -> float:
        raise TypeError(f"{type(self).__name__} has no method at(step).")

    def __call__(self, step: int) -> float:
        """The learning rate of step 0, 1, 2, …"""
        if step < 0:
            raise ValueError(f"{type(self).__name__}: step counts from 0, got {step}.")
        return float(self.at(step))

    def values(self, steps: int) -> Array:
        """The learning rates of the first ``steps`` steps: (steps,)."""
        return np.array([self(t) for t in range(steps)])

    def __post_init__(self) -> None:
        """Every rate and factor is at least 0, every count of steps at least 1."""
        for name, value in vars(self).items():
            if name == "then":
                if not isinstance(value, Schedule):
                    raise TypeError(f"{type(self).__name__}: then must be a Schedule, got {value!r}.")
                continue
            if isinstance(value, bool) or not isinstance(value, Real):
                raise TypeError(f"{type(self).__name__}: {name} must be a number, got {value!r}.")
            low = 1 if name in ("steps", "every") else 0
            if not low <= float(value) < math.inf:
                raise ValueError(
                    f"{type(self).__name__}: {name} must be at least {low} and finite, got {value!r}."
                )


@dataclass(frozen=True)
class ConstantLR(Schedule):
    """lr, always."""

    lr: float

    def at(self, step: int) -> float:
        return self.lr


@dataclass(frozen=True)
class StepLR(Schedule):
    """Multiplied by ``factor`` once ``every`` so many steps."""

    lr: float
    every: int
    factor: float = 0.1

    def at(self, step: int) -> float:
        return self.lr * self.factor ** (step // self.every)


@dataclass(frozen=True)
class ExponentialLR(Schedule):
    """Multiplied by ``factor`` at every step."""

    lr: float
    factor: float

    def at(self, step: int) -> float:
        return self.lr * self.factor**step


@dataclass(frozen=True)
class LinearLR(Schedule):
    """A straight line from ``lr`` to ``end``, reached after ``steps`` steps."""

    lr: float
    steps: int
    end: float = 0.0

    def at(self, step: int) -> float:
        return self.lr + (self.end - self.lr) * min(step / self.steps, 1)


@dataclass(frozen=True)
class CosineLR(Schedule):
    """Half a cosine from ``lr`` down to ``end``, reached after ``steps`` steps."""

    lr: float
    steps: int
    end: float = 0.0

    def at(self, step: int) -> float:
        return _cosine(self.lr, self.end, min(step / self.steps, 1))


@dataclass(frozen=True)
class WarmUpLR(Schedule):
    """A straight line from ``start`` times the first rate of ``then`` up to all of it, and on with ``then``.

    The first ``steps`` steps climb; step ``steps`` is step 0 of ``then``.
    """

    steps: int
    then: Schedule
    start: float = 0.1

    def at(self, step: int) -> float:
        if step >= self.steps:
            return self.then(step - self.steps)
        return self.then(0) * (self.start + (1 - self.start) * step / self.steps)


@dataclass(frozen=True)
class OneCycleLR(Schedule):
    """Up to ``lr`` and down to almost nothing, both along half a cosine, in ``steps`` steps in all.

    It starts at lr / div_factor, reaches lr after the share ``pct_start`` of the steps, and ends, at step
    steps − 1, at lr / (div_factor · final_div_factor). Names and numbers are those of PyTorch.
    """

    lr: float
    steps: int
    pct_start: float = 0.3
    div_factor: float = 25.0
    final_div_factor: float = 1e4

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.pct_start <= 1:
            raise ValueError(f"OneCycleLR: pct_start must be in [0, 1], got {self.pct_start!r}.")
        if not (self.div_factor > 0 and self.final_div_factor > 0):
            raise ValueError("OneCycleLR: div_factor and final_div_factor must be greater than 0.")

    def at(self, step: int) -> float:
        first = self.lr / self.div_factor
        top = self.pct_start * self.steps - 1
        last = self.steps - 1
        if step <= top:
            return _cosine(first, self.lr, step / top if top else 1)
        return _cosine(
            self.lr, first / self.final_div_factor, min((step - top) / (last - top), 1) if last > top else 1
        )


def _cosine(begin: float, end: float, done: float) -> float:
    """``begin`` at done = 0, ``end`` at done = 1, flat at both."""
    return end + (begin - end) * (1 + math.cos(math.pi * done)) / 2
