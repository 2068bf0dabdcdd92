"""A task: what is asked for, a right answer, inputs to try, and the wrong answers that people really give.

One file in ``bplib.check.tasks`` holds one task, and the file's name is the task's: ``04.relu`` stands in
``tasks/a04/relu.py``. A misconception is added by writing one function there::

    @task.wrong("the slope at zero taken as 1", hint="…why it is wrong…", section="sec-04-zero")
    def one_at_zero(z): ...

From then on its message reaches students, and the audit proves that every test notices it.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T", bound=Callable[..., Any])
Case = dict[str, Any]  # one set of inputs, by name, in the order of the student's arguments
Seen = tuple[str, str, Any]  # part, what was looked at, what it was
Probe = Callable[[Any, Case], Iterator[Seen]]


@dataclass(frozen=True)
class Misconception:
    """A wrong answer to one task: runnable code, its name, why it is wrong, and where the chapter explains it."""

    task: str
    name: str
    title: str
    hint: str
    section: str
    code: Callable[..., Any]

    @property
    def id(self) -> str:
        return f"{self.task}.{self.name}"

    def __str__(self) -> str:
        return self.id


class Task:
    """One task of an assignment.

    ``parts`` gives each part its points, in the order in which a student should mend them. ``forbid`` names
    modules whose use would be the answer itself (``"bplib"``). ``needs`` names tasks of the same assignment
    whose answers this one calls. ``tolerance`` is relative to the expected number.
    """

    def __init__(
        self,
        id: str,
        title: str,
        *,
        asks_for: str,
        section: str,
        parts: dict[str, float],
        forbid: tuple[str, ...] = ("bplib", "torch", "autograd", "jax", "tensorflow", "scipy", "sklearn"),
        needs: tuple[str, ...] = (),
        seconds: float = 2.0,
        tolerance: float = 1e-6,
    ) -> None:
        self.id, self.title, self.section, self.parts = id, title, section, parts
        self.asks_for = asks_for  # the name of the function or class that the student writes
        self.forbid, self.needs, self.seconds, self.tolerance = forbid, needs, seconds, tolerance
        self.misconceptions: list[Misconception] = []
        self.answer: Callable[..., Any]
        self._cases: Callable[[], Iterable[Case]]
        self.look: Probe
        self._known: dict[
            Any, Any
        ] = {}  # what the right and the wrong answers give, by their name and the inputs

    def reference(self, function: T) -> T:
        """Decorator: the right answer."""
        self.answer = function
        return function

    def cases(self, function: Callable[[], Iterable[Case]]) -> Callable[[], Iterable[Case]]:
        """Decorator: gives the inputs of the visible test, the smallest first."""
        self._cases = function
        return function

    def probe(self, function: Probe) -> Probe:
        """Decorator: tries an answer on one case, and yields (part, what, value) for everything it sees."""
        self.look = function
        return function

    def wrong(self, title: str, *, hint: str, section: str = "") -> Callable[[T], T]:
        """Decorator: a wrong answer. ``title`` completes "this looks like: …", ``hint`` says why it is wrong."""

        def enter(function: T) -> T:
            name = function.__name__
            if any(m.name == name for m in self.misconceptions):
                raise ValueError(f"task {self.id} has two misconceptions named {name!r}")
            self.misconceptions.append(
                Misconception(self.id, name, title, hint, section or self.section, function)
            )
            function.__name__ = self.asks_for  # so that messages name it as they would name a student's
            return function

        return enter

    def visible_cases(self) -> list[Case]:
        """Fresh inputs of the visible test, the smallest first."""
        return list(self._cases())

    def points(self) -> float:
        """The points of all parts together."""
        return sum(self.parts.values())

    def __repr__(self) -> str:
        return f"<Task {self.id}: {self.title}>"


def find(id: str) -> Task:
    """The task of that name, or a LookupError that lists those of its assignment."""
    number, _, name = id.partition(".")
    try:
        module = importlib.import_module(f"bplib.check.tasks.a{number}.{name}")
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("bplib.check.tasks"):
            raise
        near = [t.id for t in all_tasks() if t.id.startswith(f"{number}.")]
        raise LookupError(f"there is no task {id!r}; assignment {number} has {near or 'none'}") from None
    found: Task = module.task
    return found


def all_tasks(assignment: str = "") -> list[Task]:
    """Every task, or those of one assignment (``"04"``), in the order in which a student meets them.

    A package of tasks names that order in ``ORDER``; a task that is not named there comes last.
    """
    from bplib.check import tasks

    found = []
    for package in sorted(m.name for m in pkgutil.iter_modules(tasks.__path__)):
        if assignment and package != f"a{assignment}":
            continue
        folder = importlib.import_module(f"bplib.check.tasks.{package}")
        names = sorted(m.name for m in pkgutil.iter_modules(folder.__path__) if not m.name.startswith("_"))
        order = getattr(folder, "ORDER", ())
        for name in sorted(names, key=lambda name: order.index(name) if name in order else len(order)):
            found.append(importlib.import_module(f"{folder.__name__}.{name}").task)
    return found
