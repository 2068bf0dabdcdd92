"""What a student is told of a hidden test that failed: nothing in which its inputs could stand.

An error that a student's code raises may carry what it was called with, and unittest's or NumPy's own words the
number that was expected. Of both the kind is told and, for a student's error, the line.
"""

from __future__ import annotations

import ast
import builtins
import re
import traceback
from functools import lru_cache

TOO_LONG = "was stopped after"  # in every message on a call that took too long
STOPPED = (
    "It was stopped: it took longer than is allowed. On these inputs it should take a moment: "
    "look for a loop whose condition never becomes false, or for work that is done again and again."
)
HIDDEN = "On an input that is not shown"
BEGIN, END = re.compile(r"\s*### BEGIN HIDDEN TESTS"), re.compile(r"\s*### END HIDDEN TESTS")


@lru_cache(maxsize=1000)
def hidden_lines(source: str) -> frozenset[int]:
    """The numbers of the lines of a test cell that students do not have."""
    found: set[int] = set()
    inside = False
    for number, line in enumerate(source.splitlines(), 1):
        inside = inside or bool(BEGIN.match(line))
        if inside:
            found.add(number)
        inside = inside and not END.match(line)
    return frozenset(found)


def without(source: str, lines: frozenset[int]) -> str:
    """A test cell in which these lines are empty."""
    return "\n".join("" if at in lines else line for at, line in enumerate(source.splitlines(), 1)) + "\n"


def from_student(text: str, hidden: bool) -> str:
    """The words on a student's error, as a student may have them."""
    return without_hidden(f"{text}\n\n{HIDDEN}.") if hidden else text


def from_test(error: BaseException, source: str, line: int, hidden: bool) -> str:
    """The words on an error of the test's own, such as an assertion's, at this line of it."""
    said = f"{type(error).__name__}: {error}"
    if not hidden:
        if isinstance(error, AssertionError) and not str(error) and line:
            return f"This does not hold:\n\n    {source.splitlines()[line - 1].strip()}"
        return said
    for node in ast.walk(ast.parse(source)):
        here = isinstance(node, ast.Assert) and node.lineno <= line <= (node.end_lineno or node.lineno)
        if here and isinstance(node.msg, ast.Constant) and str(error) == node.msg.value:  # type: ignore[attr-defined]
            return said  # the teacher's own words, the same on any input
    return f"{type(error).__name__}. {HIDDEN}."


def line_of(error: BaseException, name: str) -> int:
    """The line of the test cell that was running; 0 where none was."""
    frames = traceback.extract_tb(error.__traceback__)
    return next((f.lineno or 0 for f in reversed(frames) if f.filename == f"<{name}>"), 0)


def without_hidden(text: str) -> str:
    """A message about an input that is not shown, without the words of an error in which the input could stand."""
    if HIDDEN not in text:
        return text
    before, stopped, rest = text.partition(" stopped with")
    error, hidden, after = rest.rpartition(HIDDEN)
    if not stopped:  # what came back instead is described; a string or number could be the input
        before, _, after = text.rpartition(HIDDEN)
        before = re.sub(r"(?<=\s)(['\"]).*?\1(?=[\s.,;…]|\Z)", "a string", before, flags=re.S)
        before = re.sub(
            r"(?<=the )((?:bool|u?int|float|complex)\w*)\s+[^\s;,]+?(?=[.;,]?(?:\s|\Z))", r"\1", before
        )
        return before + HIDDEN + after
    if not hidden:
        return text
    kind = re.match(r"\s*(\w+)", error)
    known = (
        kind
        and isinstance(found := getattr(builtins, kind[1], None), type)
        and issubclass(found, BaseException)
    )
    lines = re.findall(r"^at line (\d{1,3}) of your cell", error, re.M)
    said = f"{kind[1]}" if kind and known else "an error of your own"
    at = f" at line {lines[-1]} of your cell" if lines else ""
    return f"{before}{stopped} {said}{at}.\n\n{hidden}{after}"
