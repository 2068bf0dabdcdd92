"""Wrong gradients that people really write, kept as runnable code, one file a family of ops.

Each is a whole op, right in its value and wrong in its pullback (or wrong in both). The project's own
gradient test must reject every one of them: tests/bplib/ops/test_wrong_gradients.py.

To add one, write a function here that has the op's signature::

    @wrong("tanh", "the derivative was taken of the value: 1 − z² for 1 − tanh² z")
    def tanh_slope_of_z(z): ...
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Wrong:
    """A wrong version of an op, and in one sentence what is wrong with it."""

    op: str
    name: str
    why: str
    function: Callable[..., Any]

    def __str__(self) -> str:
        return f"{self.op}-{self.name}"


BANK: list[Wrong] = []


def wrong(op: str, why: str) -> Callable[[F], F]:
    """Enter a function in the bank as a wrong version of ``op``."""

    def enter(function: F) -> F:
        from bplib import ops

        function.differentiable = getattr(ops, op).differentiable  # type: ignore[attr-defined]
        BANK.append(Wrong(op, function.__name__, why, function))
        return function

    return enter


def bank() -> list[Wrong]:
    """Every wrong gradient, after all the files of this folder have been imported."""
    for module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
        importlib.import_module(f"{__name__}.{module}")
    return list(BANK)
