"""Right answers that look different, and changes of a solution that change nothing.

The files of ``solutions/variants`` hold both, an assignment each. The audit asks that no test rejects the
former, and lists the latter with the reason given.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


@dataclass
class Variants:
    """What one file of ``solutions/variants`` says, by task."""

    right: dict[str, list[tuple[str, Any]]] = field(default_factory=dict)
    equivalent: dict[str, dict[str, str]] = field(default_factory=dict)


_reading = Variants()


def right(task: str, how: str) -> Callable[[F], F]:
    """Decorator: another right answer to ``task``; ``how`` says in what it differs."""

    def enter(function: F) -> F:
        _reading.right.setdefault(task, []).append((how, function))
        return function

    return enter


def equivalent(task: str, mutant: str, why: str) -> None:
    """A mutant that is as right as the solution, named as the audit names it: ``"z > 0 → z >= 0"``."""
    _reading.equivalent.setdefault(task, {})[mutant] = why


def read(path: Path) -> Variants:
    """The variants of one assignment; none where there is no file."""
    global _reading
    _reading = Variants()
    if path.exists():
        spec = importlib.util.spec_from_file_location(f"variants_{path.stem}", path)
        assert spec and spec.loader
        module = sys.modules[spec.name] = importlib.util.module_from_spec(
            spec
        )  # where a class's source is sought
        spec.loader.exec_module(module)
    return _reading
