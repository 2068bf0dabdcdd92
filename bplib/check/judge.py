"""Judges one part of a task: the call that stands in every visible test.

The student's answer, the right one and the known wrong ones are tried on the same cases by the same probe.
What differs from the right answer is reported, the smallest case first; a wrong answer that gives what the
student's gives is named.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bplib.check import message, session
from bplib.check.compare import Difference, differ, relation
from bplib.check.forbidden import forbidden_uses
from bplib.check.student import SECONDS, StudentError, fresh, quiet
from bplib.check.task import Case, Misconception, Seen, Task, find

MOST_KNOWN = 100  # sets of inputs per task for which results are kept
Run = list[list[Seen]]  # for each case, what was seen, in order; a StudentError ends a case


class NotYet(AssertionError):
    """A part of a task that does not hold yet. Its text is what the student reads; ``named`` the misconceptions."""

    def __init__(self, text: str, named: tuple[str, ...] = ()) -> None:
        super().__init__(text)
        self.named = named

    def _render_traceback_(self) -> list[str]:
        """What Jupyter shows: the message, and not the way through our own code."""
        return str(self).split("\n")


@dataclass
class Finding:
    """What is wrong with one part of an answer."""

    what: str
    case: Case
    at: int = 0  # the number of that case
    difference: Difference | None = None
    error: StudentError | None = None
    relation: str = ""
    misconceptions: list[Misconception] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)


def check(task: str, part: str, answer: Any, *, cases: Iterable[Case] | None = None) -> None:
    """Check one part of a task, print the points it earns, or raise ``NotYet`` with what to mend first.

    ``cases`` are inputs to try instead of the visible ones; the message then keeps them to itself.
    """
    the = find(task)
    if part not in the.parts:
        raise LookupError(f"task {task} has the parts {list(the.parts)}, not {part!r}")
    hidden = cases is not None
    finding = judge(the, part, answer, list(cases) if cases is not None else None)
    session.note(the, part, finding is None, hidden)
    if finding is None:
        print(message.passed(the, part, hidden))
        return
    text = message.failed(the, part, finding, hidden, session.lacking(the))
    raise NotYet(text, tuple(m.id for m in finding.misconceptions))


def judge(task: Task, part: str, answer: Any, cases: list[Case] | None = None) -> Finding | None:
    """None where the part holds, else the first thing to mend."""
    try:
        forbidden_uses(answer, task)
    except StudentError as error:
        return Finding("your code", {}, error=error)
    tried = task.visible_cases() if cases is None else cases
    with quiet():
        run = attempt(task, answer, tried)
    right = known(task, "", task.answer, cases)
    wrong = _failures(task, part, right, run)
    if not wrong:
        return None
    at, what = min(wrong, key=lambda w: (_size(tried[w[0]]), w[0]))
    finding = Finding(what, tried[at], at)
    got, expected = _get(run[at], what), _get(right[at], what)
    if isinstance(got, StudentError):
        finding.error = got
    else:
        finding.difference = differ(expected, got, task.tolerance)
    if finding.error is None or finding.error.kind in ("raised", "changed", "form", "missing", "time"):
        _explain(task, part, finding, run, right, wrong, cases)
    if not finding.misconceptions and finding.difference and finding.difference.kind == "value":
        finding.relation = _relation(task, what, run, right)
    return finding


def attempt(task: Task, answer: Any, cases: list[Case]) -> Run:
    """What the task's probe sees of an answer, case by case."""
    run: Run = []
    limit = SECONDS.set(min(SECONDS.get(), task.seconds))
    try:
        _attempt(task, answer, cases, run)
    finally:
        SECONDS.reset(limit)
    return run


def _attempt(task: Task, answer: Any, cases: list[Case], run: Run) -> None:
    for case in cases:
        seen: list[Seen] = []
        try:
            with np.errstate(all="ignore"):
                for part, what, value in task.look(answer, fresh(case)):
                    seen.append((part, what, fresh(value)))  # or a second call could write into it
        except StudentError as error:
            seen.append(("", "", error))
        run.append(seen)
        if isinstance(seen[-1][2], StudentError) and seen[-1][2].kind in ("time", "unwritten", "signature"):
            # The other cases would say the same, and take as long.
            run += [[("", "", seen[-1][2])] for _ in cases[len(run) :]]
            break


def known(task: Task, name: str, answer: Any, cases: list[Case] | None) -> Run:
    """What the right answer ('') or a misconception gives; kept, as the next student's test asks for it again."""
    digest = None if cases is None else fingerprint(cases)
    key = (name, digest)
    if key in task._known and (cases is None or digest):
        kept: Run = task._known[key]
        return kept
    inputs = task.visible_cases() if cases is None else cases
    run = attempt(task, answer, inputs)
    if not name and _out_of_time(
        run
    ):  # the right answer takes a moment: the machine stood still, which may end
        run = attempt(task, answer, inputs)
    if (cases is None or digest) and (name or not _out_of_time(run)):
        while len(task._known) >= MOST_KNOWN:
            task._known.pop(next(iter(task._known)))
        task._known[key] = run
    return run


def _out_of_time(run: Run) -> bool:
    return any(isinstance(v, StudentError) and v.kind == "time" for seen in run for _, _, v in seen)


def fingerprint(value: Any) -> bytes | None:
    """A digest of plain inputs, the same for the same numbers bit by bit; None where something else is in them."""
    parts: list[bytes] = []

    def add(value: Any) -> bool:
        kind = type(value)
        parts.append(f"{kind.__name__} ".encode())
        if kind is np.ndarray or isinstance(value, np.generic):
            parts.append(f"{value.dtype.str} {value.shape} ".encode() + value.tobytes())
            return value.dtype.kind != "O" and value.nbytes <= 1 << 20
        if kind is dict:
            parts.append(f"{len(value)} ".encode())
            return all(add(k) and add(v) for k, v in value.items())
        if kind in (list, tuple):
            parts.append(f"{len(value)} ".encode())
            return all(map(add, value))
        parts.append(repr(value).encode() + b"\0")
        return value is None or kind in (bool, int, float, str)

    if not add(value):
        return None
    return hashlib.sha256(b"".join(parts)).digest()


def _failures(task: Task, part: str, right: Run, run: Run) -> list[tuple[int, str]]:
    """(case, what) of everything of this part that is not as it should be."""
    wrong = []
    for at, seen in enumerate(run):
        got = {what: value for p, what, value in seen if what}
        for p, what, expected in right[at]:
            if p != part:
                continue
            if what not in got or differ(expected, got[what], task.tolerance):
                wrong.append((at, what))
    return wrong


def _get(seen: list[Seen], what: str) -> Any:
    """What was seen under this name, or the error that came before it."""
    for _, name, value in seen:
        if name == what:
            return value
    last = seen[-1][2] if seen else None
    return last if isinstance(last, StudentError) else StudentError("form", f"{what} never came.")


def _explain(
    task: Task, part: str, finding: Finding, run: Run, right: Run, wrong: list[tuple[int, str]], cases: Any
) -> None:
    """Find the misconceptions that give what the student's answer gives, wherever they differ from the right one."""
    open_ = set(wrong)
    found: list[tuple[set[tuple[int, str]], Misconception]] = []
    for m in task.misconceptions:
        theirs = known(task, m.name, m.code, cases)
        bad = {key for key in _failures(task, part, right, theirs[: len(run)]) if key[0] < len(run)}
        if bad and bad <= open_ and all(_alike(task, theirs[a], run[a], w) for a, w in bad):
            found.append((bad, m))
    shown = (finding.at, finding.what)
    while open_ and found:
        # First the one that explains the example that is shown, then those that explain most of the rest.
        found.sort(key=lambda f: (bool(finding.misconceptions) or shown not in f[0], -len(f[0] & open_)))
        bad, m = found.pop(0)
        if not bad & open_:
            break
        finding.misconceptions.append(m)
        open_ -= bad
    if finding.misconceptions:
        finding.unexplained = _names({what for _, what in open_})
        if shown in open_:  # what is shown comes from a mistake that is not named yet
            _explain_mostly(task, part, finding, run, right, cases)
    else:
        _explain_scaled(task, part, finding, run, right, wrong, cases)


def _explain_scaled(
    task: Task, part: str, finding: Finding, run: Run, right: Run, wrong: list[tuple[int, str]], cases: Any
) -> None:
    """Two mistakes in one number: a misconception's result, times a constant, a sign or N.

    Not for a plain multiple of the right result: there the constant is the whole mistake.
    """
    whats = sorted({what for _, what in wrong})
    if (
        finding.difference is None
        or finding.difference.kind != "value"
        or _relation(task, finding.what, run, right)
    ):
        return
    for m in task.misconceptions:
        theirs = known(task, m.name, m.code, cases)[: len(run)]
        bad = {what for _, what in _failures(task, part, right, theirs)}
        if finding.what not in bad or not bad <= set(whats):
            continue
        if any(_relation(task, what, theirs, right) for what in bad):
            continue
        words = {what: _relation(task, what, run, theirs) for what in bad}
        said = set(words.values()) - {""}
        if len(said) == 1 and all(words.values()) and "zero everywhere" not in (only := said.pop()):
            finding.misconceptions.append(m)
            finding.relation = only.replace("the right one", "what that mistake alone would give")
            finding.unexplained = _names(set(whats) - bad)
            return
    _explain_mostly(task, part, finding, run, right, cases)


def _explain_mostly(task: Task, part: str, finding: Finding, run: Run, right: Run, cases: Any) -> None:
    """A misconception that gives what is shown and most of the rest, where a second mistake hides on some inputs."""
    best = 0.5
    for m in task.misconceptions:
        theirs = known(task, m.name, m.code, cases)[: len(run)]
        bad = [key for key in _failures(task, part, right, theirs) if key[0] < len(run)]
        same = [(a, w) for a, w in bad if _alike(task, theirs[a], run[a], w)]
        if (finding.at, finding.what) in same and len(same) > 1 and len(same) / len(bad) > best:
            best = len(same) / len(bad)
            finding.misconceptions, finding.unexplained = [m], ["something on other inputs"]


def _names(whats: set[str]) -> list[str]:
    """Each thing once, where it is also seen a second time."""
    return sorted(w for w in whats if not any(w != other and w.startswith(f"{other},") for other in whats))


def _alike(task: Task, theirs: list[Seen], students: list[Seen], what: str) -> bool:
    a, b = _get(theirs, what), _get(students, what)
    if isinstance(a, StudentError) or isinstance(b, StudentError):
        return isinstance(a, StudentError) and isinstance(b, StudentError) and a == b
    return differ(a, b, task.tolerance) is None


def _relation(task: Task, what: str, run: Run, right: Run) -> str:
    pairs = [(_get(r, what), _get(s, what)) for r, s in zip(right, run, strict=False)]
    if any(isinstance(g, StudentError) or not isinstance(e, np.ndarray | float) for e, g in pairs):
        return ""
    try:
        return relation([e for e, _ in pairs], [g for _, g in pairs], task.tolerance)
    except (TypeError, ValueError):
        return ""


def _size(case: Case) -> int:
    def count(value: Any) -> int:
        if isinstance(value, dict):
            return sum(map(count, value.values()))
        if isinstance(value, list | tuple):
            return sum(map(count, value))
        return int(np.size(value)) if isinstance(value, np.ndarray) else 1

    return sum(map(count, case.values()))
