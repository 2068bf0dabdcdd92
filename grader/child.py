"""The student's side: runs cells, answers calls, and sends plain data back. Nothing here is trusted.

It is started inside a sandbox with one socket to the grader. Requests come one at a time:

    ["run", source, name]             run a cell; → [error or None, printed]
    ["bring", names]                  → a dict of those of them that the cells have defined
    ["look", name]                    → a value or a handle
    ["get", handle, attribute]        → a value or a handle
    ["call", handle, args, options, seconds, name]
    ["calls", handle, [args, …], {}, seconds, name]
                                      → [results up to the first error, that error as [kind, text, what] or None]
    ["used", handle]                  → the dotted names that a function's source uses

An answer is ["value", v], or ["error", kind, text, what] of a ``StudentError``. During a call the student's code
may call back: ["back", id, args, options] goes to the grader, which answers in the same way.
"""

from __future__ import annotations

import contextlib
import io
import os
import socket
import sys
from types import MethodType
from typing import Any

from bplib.check.forbidden import used_names
from bplib.check.notebook import python, run_cell
from bplib.check.student import SECONDS, StudentError, call, get
from grader import wire
from grader.limits import Limits


class Printed(io.TextIOBase):
    """Keeps the beginning of what is printed, and counts the rest."""

    def __init__(self, limit: int) -> None:
        self.limit, self.size, self.kept = limit, 0, []  # type: ignore[var-annotated]  # list of str

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if self.size < self.limit:
            self.kept.append(text[: self.limit - self.size])
        self.size += len(text)
        return len(text)

    def text(self) -> str:
        """What is kept, with a word on what is not."""
        over = self.size - self.limit
        return "".join(self.kept) + (f"\n… and {over:,} characters more" if over > 0 else "")


class Callback:
    """A function of the grader's, as the student's code sees it: it can be called with plain data."""

    def __init__(self, child: Child, id: int, name: str) -> None:
        self._child, self._id = child, id
        self.__name__ = name

    def __call__(self, *args: Any, **options: Any) -> Any:
        kind, *body = self._child.ask(["back", self._id, list(args), options])
        if kind == "value":
            return body[0]
        raise ValueError(f"{self.__name__}: {body[1]}")


class Child:
    """One submission's namespace, and the conversation about it."""

    def __init__(self, sock: socket.socket, limits: Limits) -> None:
        self.sock, self.limits = sock, limits
        self.scope: dict[str, Any] = {"__name__": "__main__"}
        self.first: set[str] = set(self.scope)
        self.things: dict[int, Any] = {}
        self.numbers: dict[int, int] = {}
        self.rest = bytearray()

    # ------------------------------------------------------------------------------------------ the protocol

    def give(self, value: Any) -> Any:
        """A handle for what does not cross; the thing itself stays here."""
        if isinstance(value, Callback):
            return {"c": [value._id, value.__name__]}
        number = self.numbers.get(id(value))
        if number is None:
            number = self.numbers[id(value)] = len(self.things)
            self.things[number] = value  # kept for good, so that its id is not given to another
        name = str(getattr(value, "__name__", type(value).__name__))[:200]
        return {"h": [number, name, "method" if _plain_method(value, name) else callable(value)]}

    def take(self, tag: str, body: list[Any]) -> Any:
        """What a handle or a callback stands for."""
        if tag == "c":
            return Callback(self, body[0], body[1])
        thing = self.things[body[0]]
        return get(thing, body[1]) if body[1] else thing  # a method, looked up where it is called

    def send(self, message: list[Any]) -> None:
        """Send an answer; one that cannot cross becomes an error for the student to read."""
        try:
            frame = wire.pack(message, self.give, self.limits.frame_bytes)
        except wire.WireError as error:
            text = f"What was returned cannot be checked: {error}."
            frame = wire.pack(["error", "form", text, text])
        wire.send(self.sock, frame)

    def next(self) -> list[Any]:
        """The next request."""
        message: list[Any] = wire.unpack(
            *wire.receive(self.sock, self.limits.frame_bytes, None, self.rest), self.take
        )
        return message

    def ask(self, message: list[Any]) -> list[Any]:
        """Ask the grader, from within a call."""
        wire.send(self.sock, wire.pack(message, self.give, self.limits.frame_bytes))
        return self.next()

    # ----------------------------------------------------------------------------------------- the requests

    def answer(self) -> list[Any]:
        """What to answer to the next request."""
        try:
            what, *rest = self.next()
            return ["value", getattr(self, f"on_{what}")(*rest)]
        except StudentError as error:
            return ["error", error.kind, error.text, error.what]

    def on_run(self, source: str, name: str) -> Any:
        printed = Printed(self.limits.printed_bytes)
        limit = SECONDS.set(self.limits.cell_seconds)
        try:
            with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
                call(run_cell, python(source), self.scope, name, name="this cell", compare=False)
        except StudentError as error:
            return [error.text, printed.text()]
        finally:
            SECONDS.reset(limit)
        return [None, printed.text()]

    def on_bring(self, names: list[str]) -> Any:
        return {n: self.scope[n] for n in names if n in self.scope and n not in self.first}

    def on_look(self, name: str) -> Any:
        if name not in self.scope:
            raise StudentError("missing", f"There is no {name} in the notebook.")
        return self.scope[name]

    def on_get(self, thing: Any, attribute: str) -> Any:
        with _Quiet():
            return get(thing, attribute)

    def on_call(self, thing: Any, args: list[Any], options: Any, seconds: float, name: str) -> Any:
        limit = SECONDS.set(seconds)
        try:
            with _Quiet():
                return call(thing, *args, name=name, **options)
        finally:
            SECONDS.reset(limit)

    def on_calls(
        self, thing: Any, arguments: list[list[Any]], options: Any, seconds: float, name: str
    ) -> Any:
        results: list[Any] = []
        for args in arguments:
            try:
                results.append(self.on_call(thing, args, options, seconds, name))
            except StudentError as error:
                return [results, [error.kind, error.text, error.what]]
        return [results, None]

    def on_used(self, thing: Any) -> Any:
        return used_names(thing)


def _plain_method(value: Any, name: str) -> bool:
    """Whether it is a method that its owner's class defines, and that the owner has not put something over."""
    owner = getattr(value, "__self__", None) if isinstance(value, MethodType) else None
    return owner is not None and not isinstance(owner, type) and name not in getattr(owner, "__dict__", {})


class _Quiet:
    """Holds back what is printed. Made for each call, it is a tenth of the cost of ``redirect_stdout``."""

    def __enter__(self) -> None:
        self.before = sys.stdout, sys.stderr
        sys.stdout = sys.stderr = SINK

    def __exit__(self, *_: object) -> None:
        sys.stdout, sys.stderr = self.before


SINK = Printed(0)


def serve(sock: socket.socket, limits: Limits) -> None:
    """Answer requests until the grader hangs up."""
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.environ.setdefault("MPLBACKEND", "agg")
    sys.setrecursionlimit(1000)
    child = Child(sock, limits)
    try:
        while True:
            child.send(child.answer())
    except wire.Closed:
        return
