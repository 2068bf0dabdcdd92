"""Calls a student's code, and turns whatever goes wrong there into one kind of error.

Everything that a check does to a student's object goes through ``call`` and ``get``: a call has a time limit,
what it prints is counted instead of shown, its arguments are compared with copies afterwards. The object may
be the real one, in a notebook, or a stand-in that takes and returns plain data, in the grader: such a
stand-in raises ``StudentError`` itself.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import linecache
import sysconfig
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import numpy as np

from bplib.check.limit import Limit, TooLong

OURS = str(Path(__file__).parents[1])
NOT_STUDENTS = (OURS, "<__array_function__", "<frozen", *map(sysconfig.get_path, ("stdlib", "purelib")))
SECONDS: ContextVar[float] = ContextVar("SECONDS", default=2.0)  # how long one call may take
CALLED: ContextVar[str] = ContextVar("CALLED", default="")  # what a check calls the thing that it calls
HOW_CHANGED = {
    True: "work on a new array (an operator with = in it, such as +=, writes into the old one).",
    False: "work on a copy (append, pop, reverse, sort and assignments to an entry write into the old one).",
}
MOST_PRINTED = 20  # lines of a student's own output that a check lets through


class StudentError(Exception):
    """What stopped the student's code: ``kind`` says what sort of thing, the text says it to the student.

    Kinds: unwritten, signature, raised, time, changed, missing, form.
    """

    def __init__(self, kind: str, text: str, what: str = "") -> None:
        super().__init__(text)
        self.kind = kind
        self.text = text
        self.what = what or text  # without the place: two answers that fail alike have the same

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StudentError) and (self.kind, self.what) == (other.kind, other.what)

    def __hash__(self) -> int:
        return hash((self.kind, self.what))


class _Tail(io.TextIOBase):
    """Keeps the first lines that are printed and counts the others, so that no loop can flood a notebook."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.lines = 0

    def write(self, text: str) -> int:
        if self.lines < MOST_PRINTED:
            self.kept.append(text[:2000])
        self.lines += text.count("\n")
        return len(text)

    def show(self) -> None:
        if self.kept:
            print("".join(self.kept), end="" if self.kept[-1].endswith("\n") else "\n")
        if self.lines > MOST_PRINTED:
            print(f"… your code printed {self.lines:,} lines; these are the first {MOST_PRINTED}.")


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Hold back what the student's code prints, and show the beginning of it once, at the end."""
    tail = _Tail()
    try:
        with contextlib.redirect_stdout(tail):
            yield
    finally:
        tail.show()


def call(function: Any, *args: Any, name: str = "", compare: bool = True, **options: Any) -> Any:
    """``function(*args, **options)`` of the student's, or a ``StudentError`` that says what went wrong.

    ``name`` is what messages call the function; without ``compare`` changed arguments are not looked for.
    """
    name = name or name_of(function)
    if not callable(function):
        raise StudentError("form", f"{name} should be something to call; it is {describe(function)}.")
    remote = hasattr(function, "__remote__")  # it gets copies, and looks after the rest itself
    compare = compare and not remote
    if not remote:
        _fits_signature(function, name, args, options)
    before = [fresh(a) for a in args] if compare else args
    seconds = SECONDS.get()
    called = CALLED.set(name)
    limit = contextlib.nullcontext() if remote else Limit(seconds)
    try:
        with limit, np.errstate(all="ignore"):
            result = function(*args, **options)
    except StudentError:
        raise
    except TooLong:
        raise StudentError(
            "time",
            f"{name} was stopped after {seconds:g} seconds. On these inputs it should take a moment: "
            "look for a loop whose condition never becomes false, or for work that is done again and again.",
        ) from None
    except NotImplementedError as error:
        raise StudentError("unwritten", _unwritten(error, name)) from None
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        raise StudentError("raised", _own_line(error, name, what), what) from None
    finally:
        CALLED.reset(called)
    if not compare:
        return result
    for at, (old, new) in enumerate(zip(before, args, strict=True)):
        if not _same(old, new):
            which = _argument_name(function, at)
            raise StudentError(
                "changed",
                f"{name} changed its argument {which} in place. The caller still needs {which} as it was: "
                + HOW_CHANGED[isinstance(new, np.ndarray)],
            )
    return result


def call_each(function: Any, arguments: Iterable[tuple[Any, ...]], name: str = "") -> Iterator[Any]:
    """The results of several calls, one after another. The arguments must not depend on the results.

    A stand-in is asked once for all of them, which costs little more than one call; the calls end with the first
    error, which comes where the result would have come.
    """
    name = name or name_of(function)
    if not hasattr(function, "__remote__") or not callable(function):
        for args in arguments:
            yield call(function, *args, name=name)
        return
    called = CALLED.set(name)
    try:
        results = function.__call_each__([list(args) for args in arguments])
    finally:
        CALLED.reset(called)
    for result in results:
        if isinstance(result, StudentError):
            raise result
        yield result


def get(thing: Any, attribute: str) -> Any:
    """An attribute of a student's object, or a ``StudentError`` that says it is missing."""
    try:
        return getattr(thing, attribute)
    except AttributeError:
        owner = name_of(thing) or describe(thing)
        raise StudentError(
            "missing", f"{owner} has no attribute {attribute!r}; the task asks for one."
        ) from None


def unpack(result: Any, *names: str, of: str) -> tuple[Any, ...]:
    """The things that a function should return together, or a ``StudentError`` that says what came instead."""
    wanted = f"{of} should return {len(names)} things, `return {', '.join(names)}`"
    if result is None:
        raise StudentError("form", f"{of} returned None. {wanted}: is the return line missing?")
    if not isinstance(result, tuple | list) or len(result) != len(names):
        count = (
            f"{len(result)} thing{'s' * (len(result) != 1)}"
            if isinstance(result, tuple | list)
            else describe(result)
        )
        raise StudentError("form", f"{wanted}; it returned {count}.")
    return tuple(result)


def describe(thing: Any) -> str:
    """A thing in a few words, for a message."""
    if thing is None:
        return "None"
    if isinstance(thing, np.ndarray):
        return f"an array of shape {thing.shape}"
    if isinstance(thing, str):
        return repr(thing) if len(thing) < 80 else repr(thing[:77]) + "…"
    if isinstance(thing, bool | np.bool_):
        return str(bool(thing))
    if isinstance(thing, int | float | np.number):
        return f"the number {thing}"
    if callable(thing):
        return f"the function {name_of(thing)}"
    kind = name_of(thing) if hasattr(thing, "__remote__") else type(thing).__name__
    return f"{'an' if kind[:1].lower() in 'aeiou' else 'a'} {kind}"


def name_of(thing: Any) -> str:
    """What the student calls this thing."""
    return str(getattr(thing, "__name__", "") or type(thing).__name__)


def _fits_signature(function: Any, name: str, args: tuple[Any, ...], options: dict[str, Any]) -> None:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return  # built in, or a stand-in that does not say: the call itself will tell
    try:
        signature.bind(*args, **options)
    except TypeError:
        wanted = len(args) + len(options)
        things = f"{wanted} argument{'s' * (wanted != 1)}"
        raise StudentError(
            "signature",
            f"{name} is written as {name}{signature}, and it is called with {things}. "
            "It has to take what the task says that it takes.",
        ) from None


def _argument_name(function: Any, at: int) -> str:
    with contextlib.suppress(TypeError, ValueError, IndexError):
        return list(inspect.signature(function).parameters)[at]
    return f"number {at + 1}"


def _own_frames(error: BaseException) -> list[traceback.FrameSummary]:
    """The student's own lines that were running, from the one that was called to the one that failed."""
    return [f for f in traceback.extract_tb(error.__traceback__) if not f.filename.startswith(NOT_STUDENTS)]


def _unwritten(error: BaseException, name: str) -> str:
    own = _own_frames(error)
    if len(own) > 1 and own[-1].name != own[0].name:
        return f"{name} calls {own[-1].name}, which is not written yet."
    return f"{name} is not written yet: put your code where `raise NotImplementedError()` stands."


def _own_line(error: BaseException, name: str, what: str) -> str:
    """The error, shown at the last line of the student's own that was running."""
    own = _own_frames(error)
    if not own:
        return f"{name} stopped with {what}"
    last = own[-1]
    text = f"{name} stopped with\n    {what}\nat line {last.lineno} of your cell, in {last.name}:\n    {_line(last)}"
    if own[0].filename != last.filename or own[0].name != last.name:
        text += f"\nwhich was called at line {own[0].lineno}, in {own[0].name}:\n    {_line(own[0])}"
    return text


def _line(frame: traceback.FrameSummary) -> str:
    return (frame.line or linecache.getline(frame.filename, frame.lineno or 0)).strip()


def fresh(value: Any) -> Any:
    """A copy of plain data, all the way down."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if type(value) in (list, tuple):  # not what is made otherwise, such as a named tuple
        return type(value)(fresh(v) for v in value)
    if isinstance(value, dict):
        return {k: fresh(v) for k, v in value.items()}
    return value


def _same(old: Any, new: Any) -> bool:
    kind = type(old)
    if kind in (int, str, bool) and type(new) is kind:
        return bool(old == new)  # most of what there is, and found ten times as fast
    if kind is list and type(new) is list:
        return len(old) == len(new) and all(map(_same, old, new))
    kinds = np.ndarray | np.generic | list | tuple | dict | bool | int | float | str
    if isinstance(old, kinds) and not isinstance(new, type(old)):
        return False  # an entry of a list or dict now holds another kind of thing
    if isinstance(old, np.generic | bool | int | float | str):
        return bool(old == new or old != old)  # nan stays nan
    if isinstance(old, np.ndarray):
        if old.dtype == new.dtype and old.shape == new.shape and old.tobytes() == new.tobytes():
            return True  # nearly always so, and found ten times as fast
        return old.shape == new.shape and bool(np.array_equal(old, new, equal_nan=old.dtype.kind == "f"))
    if isinstance(old, list | tuple):
        return len(old) == len(new) and all(map(_same, old, new))
    if isinstance(old, dict):
        return list(old) == list(new) and all(_same(old[k], new[k]) for k in old)
    return True


def source_lines(function: Callable[..., Any]) -> str:
    """The source of a student's function, or '' where there is none to be had."""
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):
        return ""
