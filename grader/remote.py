"""The grader's side of the conversation: stand-ins for what a student's process holds.

Whatever comes from there is plain data or a handle. A stand-in can be called and asked for an attribute; both send
plain data and give back plain data, further stand-ins, or a ``StudentError`` with the message that the student
would have read in the notebook. Nothing that comes is ever run.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import Any

from bplib.check.limit import Limit, TooLong
from bplib.check.student import CALLED, SECONDS, StudentError
from grader import wire
from grader.limits import Limits

LONGEST = 20_000  # characters of an error
SLACK = 1.0  # seconds that a call may be late before its process is given up
KINDS = {"unwritten", "signature", "raised", "time", "changed", "missing", "form", "forbidden"}


class Gone(StudentError):
    """The student's process has ended or was given up: ``stopped`` says why."""

    def __init__(self, stopped: str, text: str) -> None:
        super().__init__("time" if stopped == "time" else "raised", text)
        self.stopped = stopped


class Remote:
    """Stands for something that the student's process keeps."""

    __remote__ = True  # bplib.check.student.call leaves the limit on time to the other side

    def __init__(self, session: Session, id: int, name: str) -> None:
        self._session, self._id = session, id
        self._key: Any = id
        self.__name__ = name

    def __getattr__(self, name: str) -> Any:
        if name == "__used_names__":
            return self._session.used(self)
        if name.startswith("_"):  # Python's own questions, such as inspect's, are not for the other side
            raise AttributeError(name)
        if (self._key, name) in self._session.methods:
            return RemoteMethod(self._session, self, name)
        found = self._session.ask(["get", self, name])
        if isinstance(found, RemoteFunction) and found.method:
            self._session.methods.add((self._key, name))
        return found

    def __repr__(self) -> str:
        return f"<the student's {self.__name__}>"

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


class RemoteFunction(Remote):
    """One that can be called. ``method``: it was found in its owner's class, as a method is."""

    method = False

    def __call__(self, *args: Any, **options: Any) -> Any:
        return self._ask("call", list(args), options, 1)

    def __call_each__(self, arguments: list[list[Any]]) -> list[Any]:
        """The results of several calls, up to the first ``StudentError``, which is then the last of them."""
        if not arguments:
            return []
        found = self._ask("calls", arguments, {}, len(arguments))
        try:
            results, error = found
            if (len(results) == len(arguments)) != (error is None) or len(results) > len(arguments):
                raise ValueError
            return results if error is None else [*results, _error(error)]
        except (TypeError, ValueError, wire.WireError):
            raise self._session._lost("protocol") from None

    def _ask(self, what: str, args: list[Any], options: dict[str, Any], count: int) -> Any:
        name = CALLED.get() or self.__name__
        # What a check allows is meant for a machine that needs no more than the usual limit.
        seconds = SECONDS.get() * self._session.limits.call_seconds / Limits.call_seconds
        return self._session.ask([what, self, args, options, float(seconds), name], seconds * count)


class RemoteMethod(RemoteFunction):
    """A method that was looked up before: the other side looks it up again, and calls it, in one request."""

    def __init__(self, session: Session, owner: Remote, name: str) -> None:
        super().__init__(session, owner._id, name)
        self._key = owner._id, name


def _error(said: Any) -> StudentError:
    """The error that the other side tells of: kind, text, and what it is without its place."""
    if not isinstance(said, list) or len(said) != 3 or not all(isinstance(s, str) for s in said):
        raise wire.WireError("an error of no known form")
    kind, text, what = said
    return StudentError(kind if kind in KINDS else "raised", text[:4000], what[:4000])


def _answered(message: list[Any]) -> Any:
    """The value of an answer. StudentError where it is an error."""
    kind, *body = message
    if kind == "error":
        raise _error(body)
    return body[0]


def _out_of_time(what: str, kind: str, body: list[Any]) -> bool:
    """Whether a call, or the first of several, was stopped for taking too long."""
    if what == "calls" and kind == "value":
        results, error = body[0] if isinstance(body[0], list) and len(body[0]) == 2 else (None, None)
        return results == [] and isinstance(error, list) and error[:1] == ["time"]
    return what == "call" and kind == "error" and body[0] == "time"


class Session:
    """The conversation with one student's process."""

    def __init__(self, channel: Any, limits: Limits) -> None:
        self.channel, self.limits = channel, limits
        self.callbacks: list[Callable[..., Any]] = []
        self.until = time.monotonic() + limits.wall_seconds
        self.messages = 0
        self.rest = bytearray()
        self._used: dict[Any, Any] = {}
        self.methods: set[tuple[Any, str]] = set()  # of which thing, and its name
        self.gone: Gone | None = None
        self.slow: dict[bytes, Any] = {}  # requests that ran out of time, and what was answered

    def run(self, source: str, name: str) -> tuple[str | None, str]:
        """Run a cell there: its error, if it had one, and what it printed."""
        self._used.clear()
        self.slow.clear()
        answer = self.ask(["run", source, name], self.limits.cell_seconds)
        if not (isinstance(answer, list) and len(answer) == 2 and isinstance(answer[1], str)):
            raise self._lost("protocol")
        error, printed = answer
        return (None if error is None else str(error)[:LONGEST]), printed[: 2 * self.limits.printed_bytes]

    def bring(self, names: list[str]) -> dict[str, Any]:
        """Those of the names that the student's cells have defined, with their values or stand-ins."""
        found = self.ask(["bring", names])
        if not isinstance(found, dict) or not set(found) <= set(names):
            raise self._lost("protocol")
        return found

    def look(self, name: str) -> Any:
        """The value of a name, or a stand-in for it."""
        return self.ask(["look", name])

    def used(self, thing: Remote) -> Any:
        """The names that a function's source uses. It is asked once until another cell has run."""
        if thing._key not in self._used:
            self._used[thing._key] = self.ask(["used", thing])
        return self._used[thing._key]

    def ask(self, request: list[Any], seconds: float = 0.0) -> Any:
        """Send a request, serve the callbacks that its answer needs, and give the answer's value.

        What has run out of time is not asked again: the parts of a task are tried on the same inputs, and each would
        wait as long.
        """
        if self.gone:
            raise self.gone
        frame = self._pack(request)
        if self.slow and request[0] in ("call", "calls"):
            if (known := hashlib.sha256(frame).digest()) in self.slow:
                return _answered(self.slow[known])
            self.slow.clear()  # what is called now may change what the other call finds
        deadline = min(time.monotonic() + (seconds or self.limits.call_seconds) + SLACK, self.until)
        try:
            wire.send(self.channel.sock, frame, deadline)
            while True:
                kind, *body = self._next(deadline)
                if (kind, len(body)) in (("value", 1), ("error", 3)):
                    if _out_of_time(request[0], kind, body):
                        self.slow = {hashlib.sha256(frame).digest(): [kind, *body]}
                    return _answered([kind, *body])
                if kind != "back" or len(body) != 3:
                    raise wire.WireError(f"an unknown message {kind!r:.40}")
                wire.send(self.channel.sock, self._serve(*body), deadline)
        except wire.TimedOut:
            raise self._lost("time") from None
        except wire.Closed:
            raise self._lost("died") from None
        except wire.WireError:
            raise self._lost("protocol") from None

    def _next(self, deadline: float) -> list[Any]:
        self.messages += 1
        if self.messages > self.limits.messages:
            raise self._lost("flood")
        message = wire.unpack(
            *wire.receive(self.channel.sock, self.limits.frame_bytes, deadline, self.rest), self._take
        )
        if not isinstance(message, list) or not message or not isinstance(message[0], str):
            raise wire.WireError("a message of no known form")
        return message

    def _pack(self, request: list[Any]) -> bytes:
        return wire.pack(request, self._give, self.limits.frame_bytes)

    def _give(self, value: Any) -> Any:
        if isinstance(value, Remote):
            if value._session is not self:
                raise wire.WireError("something of another process")
            return {"h": [value._id, value.__name__ if isinstance(value, RemoteMethod) else "", True]}
        if callable(value):
            self.callbacks.append(value)
            return {"c": [len(self.callbacks) - 1, str(getattr(value, "__name__", "function"))]}
        raise wire.WireError(f"{type(value).__name__} is not plain data")

    def _take(self, tag: str, body: list[Any]) -> Any:
        if tag == "c" and len(body) == 2:
            return self._callback(body[0])
        if tag == "h" and len(body) == 3 and type(body[0]) is int and isinstance(body[1], str):
            kind = RemoteFunction if body[2] in (True, "method") else Remote
            found = kind(self, body[0], body[1][:200])
            if body[2] == "method":
                found.method = True  # type: ignore[attr-defined]  # of a RemoteFunction
            return found
        raise wire.WireError("a handle of no known form")

    def _callback(self, id: Any) -> Callable[..., Any]:
        if type(id) is not int or not 0 <= id < len(self.callbacks):
            raise wire.WireError("a callback that was never given")
        return self.callbacks[id]

    def _serve(self, id: Any, args: Any, options: Any) -> bytes:
        """Call a function of ours for the student's code. Its errors go back as words."""
        function = self._callback(id)
        if not isinstance(args, list) or not isinstance(options, dict):
            raise wire.WireError("a call back without its arguments")
        try:
            with Limit(self.limits.call_seconds):  # it may be asked for what takes for ever
                value = function(*args, **{str(k): v for k, v in options.items()})
            return self._pack(["value", value])
        except TooLong:
            raise self._lost("time") from None
        except StudentError:
            raise
        except Exception as error:
            text = f"{type(error).__name__}: {error}"[:500]
            return self._pack(["error", "raised", text, text])

    def _lost(self, stopped: str) -> Gone:
        """Give the process up."""
        self.channel.kill()
        words = {
            "time": "It was stopped: it took longer than the time that is allowed.",
            "died": "The program ended in the middle: by an exit, a crash, or too much memory.",
            "flood": "It was stopped: it sent more messages than are allowed.",
            "protocol": "It was stopped: what it sent back was no answer.",
        }
        self.gone = Gone(stopped, words[stopped])
        return self.gone
