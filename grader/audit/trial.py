"""Tries answers to one task under its visible and its hidden tests, and writes down how each fared."""

from __future__ import annotations

import contextlib
import io
import itertools
from dataclasses import dataclass, field
from typing import Any

from bplib.check import session
from bplib.check.judge import NotYet
from bplib.check.notebook import run_cell
from bplib.check.student import SECONDS
from bplib.check.task import Task
from grader.audit.mutate import mutants
from grader.audit.replay import by_heart
from grader.audit.source import Source, as_answer
from grader.audit.variants import Variants

MUTANT_SECONDS = 0.5  # a mutant that loops for ever is as dead after half a second as after two
_numbers = itertools.count()


@dataclass
class Outcome:
    """How one answer fared: points under the visible tests, and under visible and hidden ones."""

    visible: float = 0.0
    total: float = 0.0
    named: list[tuple[str, ...]] = field(default_factory=list)  # what each failing visible test named
    messages: list[str] = field(default_factory=list)


@dataclass
class TaskAudit:
    """What the audit found about one task."""

    task: str
    title: str
    points: float
    solution: bool = False
    stub: bool = False
    by_heart: list[str] = field(default_factory=list)  # parts whose points a memorised answer keeps
    misconceptions: int = 0
    killed_visible: list[str] = field(default_factory=list)
    killed: list[str] = field(default_factory=list)
    named: list[str] = field(default_factory=list)
    survived_visible: list[str] = field(default_factory=list)
    survived: list[str] = field(default_factory=list)
    unnamed: list[str] = field(default_factory=list)
    right: int = 0
    rejected: list[str] = field(default_factory=list)
    mutants: int = 0
    equivalent: dict[str, str] = field(default_factory=dict)
    survivors: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Bench:
    """An assignment with its right solutions in place, on which one answer at a time is exchanged."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.base: dict[str, Any] = {"__name__": "__main__"}
        run_cell(source.setup, self.base, f"{source.name}: setup")
        for name, text in source.solutions.items():
            run_cell(text, self.base, f"{source.name}: {name}")

    def try_source(self, task: Task, text: str) -> Outcome:
        """Put this source in the place of the solution, and run the task's tests."""
        scope = dict(self.base)
        try:
            run_cell(text, scope, f"answer {next(_numbers)}")
        except Exception as error:
            return Outcome(messages=[f"the cell itself stopped: {type(error).__name__}: {error}"])
        return self.run_tests(task, scope)

    def try_object(self, task: Task, answer: Any) -> Outcome:
        """The same with an object."""
        return self.run_tests(task, {**self.base, task.asks_for: answer})

    def run_tests(self, task: Task, scope: dict[str, Any]) -> Outcome:
        """Run the visible test of each part and, where it holds, the hidden one."""
        session.forget()
        outcome = Outcome()
        for test in self.source.tests[task.id.split(".")[1]]:
            with contextlib.redirect_stdout(io.StringIO()):
                try:
                    run_cell(test.visible, scope, f"{task.id} {test.part}: visible")
                except NotYet as error:
                    outcome.named.append(error.named)
                    outcome.messages.append(str(error))
                    continue
                outcome.visible += test.points
                try:
                    run_cell(test.hidden, scope, f"{task.id} {test.part}: hidden")
                except NotYet as error:
                    outcome.messages.append(str(error))
                    continue
                outcome.total += test.points
        return outcome


def audit_task(bench: Bench, task: Task, variants: Variants, with_mutants: bool = True) -> TaskAudit:
    """Everything that the audit asks of one task."""
    short = task.id.split(".")[1]
    found = TaskAudit(task.id, task.title, task.points())
    _notebook_agrees(bench, task, found)
    if found.notes:
        return found
    solution = bench.source.solutions[short]
    full = task.points()
    own = bench.try_source(task, solution)
    found.solution = own.total == full
    found.notes += [f"the solution: {m}" for m in own.messages]
    found.stub = bench.try_source(task, bench.source.stub(short)).visible == 0
    _memorised(bench, task, found)
    found.misconceptions = len(task.misconceptions)
    for m in task.misconceptions:
        outcome = bench.try_source(task, as_answer(m.code, task.asks_for))
        (found.killed_visible if outcome.visible < full else found.survived_visible).append(m.name)
        (found.killed if outcome.total < full else found.survived).append(m.name)
        named = [n for n in outcome.named if n]
        if named and all(m.id in n for n in named):
            found.named.append(m.name)
        elif outcome.visible < full:
            others = sorted({n.split(".")[-1] for names in named for n in names})
            found.unnamed.append(f"{m.name} (named: {', '.join(others) or 'nothing'})")
    for how, code in variants.right.get(task.id, []):
        outcome = bench.try_source(task, as_answer(code, task.asks_for))
        found.right += 1
        if outcome.total != full:
            found.rejected.append(f"{how}: {(outcome.messages or ['?'])[0]}")
    if with_mutants:
        _mutate(bench, task, solution, variants.equivalent.get(task.id, {}), found)
    return found


def _notebook_agrees(bench: Bench, task: Task, found: TaskAudit) -> None:
    short = task.id.split(".")[1]
    tests = {t.part: t.points for t in bench.source.tests.get(short, [])}
    if short not in bench.source.solutions:
        found.notes.append(f"the notebook has no solution cell named {short!r}")
    elif tests != task.parts:
        found.notes.append(f"the notebook tests {tests}, the task has the parts {task.parts}")
    elif any(not t.hidden.strip() for t in bench.source.tests[short]):
        found.notes.append("a test cell has no hidden test")


def _memorised(bench: Bench, task: Task, found: TaskAudit) -> None:
    outcome = bench.try_object(task, by_heart(task))
    if outcome.visible != task.points():
        found.notes.append(
            "a memorised answer does not pass the visible tests: does the probe repeat itself?"
        )
        found.notes += outcome.messages[:1]
    if outcome.total:
        found.by_heart.append(f"{outcome.total:g} points")


def _mutate(bench: Bench, task: Task, solution: str, excused: dict[str, str], found: TaskAudit) -> None:
    limit = SECONDS.set(MUTANT_SECONDS)
    try:
        for label, text in mutants(solution):
            found.mutants += 1
            if bench.try_source(task, text).total < task.points():
                if label in excused:
                    found.notes.append(f"listed as equivalent, but the tests tell it apart: {label}")
            elif label in excused:
                found.equivalent[label] = excused[label]
            else:
                found.survivors.append(label)
    finally:
        SECONDS.reset(limit)
