"""Grades one submission: ``grade(bytes, bundle, limits, sandbox) → verdict``, a plain dict.

The student's cells run in a child; the tests run here, with stand-ins for what the child holds. A child that dies
or hangs costs the test that it was asked in; the next test gets a fresh one.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import io
import time
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from bplib.check import session as scores
from bplib.check.judge import NotYet
from bplib.check.notebook import python, run_cell, show_lines
from bplib.check.student import StudentError
from grader import names, unseen
from grader import submission as submissions
from grader.bundle import Bundle, Cell
from grader.key import FORMAT, environment
from grader.limits import Limits
from grader.remote import Gone, Remote, Session

LONGEST_MESSAGE = 20_000


def grade(raw: bytes, bundle: Bundle, limits: Limits, sandbox: Any) -> dict[str, Any]:
    """The verdict on the bytes of one submitted notebook."""
    began = time.perf_counter()
    verdict: dict[str, Any] = {
        "format": FORMAT,
        "assignment": bundle.name,
        "bundle": bundle.digest,
        "submission": hashlib.sha256(raw).hexdigest(),
        "environment": environment(),
        "status": "graded",
        "reason": "",
        "cells": [],
        "extra": [],
        "repairs": [],
    }
    try:
        submitted = submissions.read(raw, bundle)
    except submissions.Unreadable as error:
        verdict |= {"status": "quarantined", "reason": str(error)}
        submitted = None
    if submitted:
        verdict["repairs"] = submitted.repairs
        Trial(bundle, submitted, limits, sandbox, verdict).run()
    verdict["seconds"] = time.perf_counter() - began
    return verdict


class Trial:
    """One submission on its way through the tests."""

    def __init__(
        self,
        bundle: Bundle,
        submitted: submissions.Submission,
        limits: Limits,
        sandbox: Any,
        verdict: dict[str, Any],
    ) -> None:
        self.bundle, self.submitted, self.limits = bundle, submitted, limits
        self.sandbox, self.verdict = sandbox, verdict
        self.ours: dict[str, Any] = {"__name__": "__main__"}  # what the tests see beside the student's names
        self.objects: set[str] = set()  # names of ours whose things stay in the student's process
        self.session: Session | None = None
        self.channels: list[Any] = []
        self.ran: list[tuple[str, str]] = []  # the cells that a fresh child must run again
        self.poison: set[str] = set()  # cells that ended a child
        self.until = time.monotonic() + limits.wall_seconds
        self.made: dict[int, dict[str, Any]] = {}  # what the verdict has on a step
        self.seen = False  # whether the student's code has been called with a hidden test's inputs
        self.doubtful: set[int] = set()  # steps after that, whose words could tell them
        self.failed: set[int] = set()  # tests that ended in an error
        self.only: set[int] | None = None  # the tests to run, without their hidden parts; None for all, whole

    def run(self) -> None:
        """Walk through the notebook: the student's cells there, the tests here."""
        self._walk()
        if self.doubtful:
            self._tell_again()

    def _walk(self) -> None:
        scores.forget()
        try:
            for number, step in enumerate(self.submitted.steps):
                cell = self.bundle[step.name] if step.name else None
                if step.text:
                    self.verdict["extra"].append(
                        {"source": step.source, "printed": "", "error": "", "text": True}
                    )
                elif cell is None or cell.role == "answer":
                    self._student(cell, step.source, number)
                elif cell.role in ("setup", "given") and cell.code:
                    self._given(cell)
                elif cell.role == "test":
                    if self.only is None or number in self.only:
                        self.made[number] = self._test(cell, number)
                        self.verdict["cells"].append(self.made[number])
                elif cell.role == "by-hand":
                    self._by_hand(cell, step.source, number)
        finally:
            for channel in self.channels:
                channel.kill()
                channel.close()

    # ------------------------------------------------------------------------------------------- cells

    def _student(self, cell: Cell | None, source: str, number: int) -> None:
        name = cell.name if cell else f"your own cell {number + 1}"
        if cell and self.bundle.wanted & names.bound(self.bundle.imports(cell)):
            self._here(self.bundle.imports(cell), cell.name)
        error, printed = self._there(source, name)
        found = {"source": source, "printed": printed, "error": error or ""}
        if self.seen and (printed or error) and name not in self.poison:
            self.doubtful.add(number)
        if cell:
            found = {"grade_id": cell.name, "kind": cell.role, **found}
        self.verdict["cells" if cell else "extra"].append(found)
        self.made[number] = found

    def _by_hand(self, cell: Cell, source: str, number: int) -> None:
        """A person gives the points. Code is run all the same: what it prints is looked at, what it defines used."""
        if cell.code:
            self._student(cell, source, number)
        else:
            found = {"grade_id": cell.name, "kind": "by-hand", "source": source}
            self.verdict["cells"].append(found)
        self.verdict["cells"][-1] |= {"points": cell.points, "score": None}

    def _given(self, cell: Cell) -> None:
        """Run a cell of ours there, and here as far as tests need what it defines.

        A function, a module or plain data is ours then, and cannot be replaced. An object has to stay there: the
        test may hand it to the student's function. So does what needs something of the student's.
        """
        if cell.role == "setup":
            self._here(cell.source, cell.name)
        elif self.bundle.given:
            left = names.bound(cell.source)
            before = {n: self.ours.pop(n) for n in left if n in self.ours}
            try:
                self._here(cell.source, cell.name)
            except ImportError:
                if left & self.bundle.wanted:
                    raise  # a package is missing here, which is no student's fault
            except (Exception, SystemExit):
                for n, value in before.items():  # it needs something of the student's
                    self.ours.setdefault(n, value)
            self.objects -= left
            self.objects |= {n for n in left if n not in self.ours or not names.crosses(self.ours[n])}
        self._there(cell.source, cell.name)

    def _here(self, source: str, name: str) -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            run_cell(python(source), self.ours, name)

    def _there(self, source: str, name: str) -> tuple[str | None, str]:
        """Run a cell in the child; one that ends its child is not run again."""
        if name in self.poison:
            return None, ""
        try:
            result = self._open().run(source, name)
            self.ran.append((name, source))
            return result
        except Gone as gone:
            self.poison.add(name)
            return gone.text, ""
        except StudentError as error:
            return error.text, ""

    def _open(self) -> Session:
        """The child in use, or a fresh one that has run all cells so far."""
        if self.session is not None and self.session.gone is None:
            return self.session
        if len(self.channels) > self.limits.restarts or time.monotonic() > self.until:
            raise Gone("time", "The whole notebook took longer than is allowed; what was left was not run.")
        channel = self.sandbox.start(self.limits)
        self.channels.append(channel)
        self.session = Session(channel, self.limits)
        self.session.until = self.until
        for name, source in self.ran:
            if name not in self.poison:
                self.session.run(source, name)
        return self.session

    # ------------------------------------------------------------------------------------------- tests

    def _tell_again(self) -> None:
        """Take the words on later steps from a process that has seen no hidden input, and so can tell of none."""
        fresh = Trial(self.bundle, self.submitted, self.limits, self.sandbox, {"cells": [], "extra": []})
        fresh.until, fresh.only, fresh.poison = self.until, self.doubtful, self.poison
        fresh._walk()
        for number in self.doubtful:
            old, new = self.made[number], fresh.made[number]
            if old.get("kind") != "test":
                old |= {"printed": new["printed"], "error": new["error"]}
            elif number in fresh.failed:
                old |= {"message": new["message"], "named": new["named"]}
            else:
                old |= {"message": "It fails after the tests above, and holds without them.", "named": []}

    def _test(self, cell: Cell, number: int) -> dict[str, Any]:
        began = time.perf_counter()
        hidden = unseen.hidden_lines(cell.source)
        source = cell.source if self.only is None else unseen.without(cell.source, hidden)
        line = 0  # where it failed, if it did
        found: dict[str, Any] = {"grade_id": cell.name, "kind": "test", "points": cell.points, "score": 0.0}
        found |= {"message": "", "named": [], "stopped": ""}
        said = io.StringIO()
        try:
            with self._names(source) as scope, contextlib.redirect_stdout(said):
                value = _run_test(source, scope, cell.name)
            found["score"] = _score(value, cell.points)
            found["message"] = said.getvalue()
            if found["score"] < cell.points and not found["message"]:
                found["message"] = f"The test gave {found['score']:g} of {cell.points:g} points."
        except NotYet as error:
            line = unseen.line_of(error, cell.name)
            found |= {"message": str(error), "named": list(error.named)}
        except StudentError as error:
            line = unseen.line_of(error, cell.name)
            found["message"] = unseen.from_student(error.text, line in hidden)
        except Exception as error:
            line = unseen.line_of(error, cell.name)
            found["message"] = unseen.from_test(error, cell.source, line, line in hidden)
        if self.session is not None and self.session.gone is not None:
            found["stopped"] = self.session.gone.stopped
            found["score"] = 0.0  # a test that the child did not live through has not been passed
        elif (self.seen or (hidden and line > min(hidden))) and line and line not in hidden:
            if unseen.TOO_LONG in found["message"]:  # that takes long again, and there is little to tell
                found["message"] = unseen.STOPPED
            else:
                self.doubtful.add(number)
        if line:
            self.failed.add(number)
        self.seen = self.seen or bool(hidden and (not line or line in hidden))
        found["message"] = found["message"][:LONGEST_MESSAGE]
        found["seconds"] = time.perf_counter() - began
        return found

    @contextlib.contextmanager
    def _names(self, source: str) -> Iterator[dict[str, Any]]:
        """What a test sees: our names, and stand-ins for those that are the student's to define.

        Helpers of ours see the stand-ins too. A later test may use what this one has defined, as it may in Jupyter.
        """
        theirs = self.bundle.answers | self.objects
        wanted = names.used(source) & theirs | self.bundle.called
        brought = self._open().bring(sorted(wanted)) if wanted else {}
        before = {n: self.ours.pop(n) for n in theirs if n in self.ours}
        self.ours |= brought
        scope = {n: v for n, v in self.ours.items() if not (isinstance(v, Remote) and v._session.gone)}
        try:
            yield scope
        finally:
            for name in brought:
                self.ours.pop(name, None)
            self.ours |= before
            for name in names.bound(source) & self.bundle.wanted - self.bundle.answers:
                if name in scope:
                    self.ours[name] = scope[name]
                    self.objects.discard(name)


@lru_cache(maxsize=1000)
def _compiled(source: str, name: str) -> tuple[Any, Any]:
    """A test's code, and that of the value in its last line, if it ends in one."""
    tree = ast.parse(python(source))
    value, last = None, tree.body[-1] if tree.body else None
    if isinstance(last, ast.Expr) and not source.rstrip().endswith(";"):
        tree.body.pop()
        value = compile(ast.Expression(last.value), f"<{name}>", "eval")
    return compile(tree, f"<{name}>", "exec"), value


def _run_test(source: str, scope: dict[str, Any], name: str) -> Any:
    """Run a test cell; gives the value of its last line, as Jupyter would show it."""
    code, value = _compiled(source, name)
    show_lines(source, name)
    exec(code, scope)
    return None if value is None else eval(value, scope)


def _score(value: Any, points: float) -> float:
    """Full points where nothing was raised; the number that a test ends in, if it does, as in nbgrader."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return points
    if not 0 <= value <= points:
        raise ValueError(f"the test gives {value} points of {points:g}")
    return float(value)
