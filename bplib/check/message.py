"""The words that a student reads."""

from __future__ import annotations

import builtins
import re
import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from bplib.check.compare import SMALL, show
from bplib.check.sections import where
from bplib.check.student import StudentError
from bplib.check.task import Case, Task

if TYPE_CHECKING:
    from bplib.check.judge import Finding

WIDTH = 76
FORBIDDEN = "your code"


def points(number: float) -> str:
    """'1 point', '2 points'."""
    return f"{number:g} point{'s' * (number != 1)}"


def passed(task: Task, part: str, hidden: bool) -> str:
    """The line for a part that holds."""
    if hidden:
        return f"✓ {task.id}, {part}: also on inputs that you had not seen"
    return f"✓ {task.id}, {part}: {points(task.parts[part])}"


def failed(task: Task, part: str, finding: Finding, hidden: bool, lacking: list[str]) -> str:
    """The whole message for a part that does not hold yet."""
    blocks = [f"✗ {task.id}, {part}: not yet (0 of {points(task.parts[part])})"]
    if lacking:
        those, hold = " and your ".join(lacking), "do" if len(lacking) > 1 else "does"
        blocks.append(wrap(f"This task calls your {those}, which {hold} not hold yet: mend that first."))
    if finding.error is not None:
        text = _without_values(finding.error) if hidden else finding.error.text
        blocks.append(text if "\n" in text else wrap(text))
    elif finding.difference is not None:
        blocks.append(_difference(finding, hidden))
    if finding.relation and not finding.misconceptions:
        blocks.append(wrap(finding.relation))
    if finding.case and not (finding.error and finding.error.kind in ("unwritten", "signature", "forbidden")):
        blocks.append(_example(finding.case, hidden))
    many = len(finding.misconceptions) > 1
    for at, m in enumerate(finding.misconceptions):
        head = "This looks like: " if at == 0 else "and, besides: "
        blocks.append("\n".join([wrap(f"{head}{m.title}."), wrap(m.hint, 2), _read(m.section, 2)]))
    if finding.relation and finding.misconceptions:
        blocks.append(wrap(f"And there is a second thing. {finding.relation}"))
    if finding.unexplained and finding.misconceptions:
        rest = ", ".join(finding.unexplained)
        blocks.append(
            wrap(
                f"{'These do' if many else 'This does'} not account for everything: {rest} will still differ."
            )
        )
    if not finding.misconceptions and not (
        finding.error and finding.error.kind in ("unwritten", "signature")
    ):
        blocks.append(_read(task.section))
    return "\n\n".join(blocks)


def _read(section: str, indent: int = 0) -> str:
    words, address = where(section)
    return f"{wrap(f'Read: {words}', indent)}\n{' ' * indent}{address}"  # an address is not to be broken


def _without_values(error: StudentError) -> str:
    """An error on hidden inputs, without what the student's code may have put into its words: the inputs."""
    if error.kind == "raised":
        kind = error.what.split(":")[0]
        kind = kind if hasattr(builtins, kind) else "an error"
        return f"Your code stopped with {kind}."
    if error.kind in ("form", "missing"):
        return "What your code returned has another form than the task asks for."
    return error.text


def _difference(finding: Finding, hidden: bool) -> str:
    assert finding.difference is not None
    d = finding.difference
    head = f"{finding.what}{d.place}"
    if hidden:
        what = d.text if d.kind in ("shape", "dtype", "none") else "is not as it should be."
        return wrap(f"{head}: {what}")
    if d.kind in ("value", "nan"):
        body = textwrap.indent(d.text, "    ")
        tail = "\n" + wrap("A number became nan or inf on the way.") if d.kind == "nan" else ""
        return f"{head}:\n{body}{tail}"
    return wrap(f"{head}: {d.text}")


def _example(case: Case, hidden: bool) -> str:
    if hidden:
        shapes = [f"{k} {v.shape}" for k, v in case.items() if isinstance(v, np.ndarray)]
        return wrap(
            "On an input that is not shown" + (f", of shapes {', '.join(shapes)}." if shapes else ".")
        )
    return "With\n" + "\n".join(f"    {k} = {_short(v, len(k) + 7)}" for k, v in case.items())


def _short(value: Any, indent: int) -> str:
    if isinstance(value, np.ndarray):
        if value.size <= SMALL:
            kind = "" if value.dtype == np.float64 else f"  ({value.dtype})"
            return show(value, indent) + kind
        return f"an array of shape {value.shape}, {value.dtype}"
    if isinstance(value, list | tuple) and any(isinstance(v, np.ndarray) for v in value):
        inner = ", ".join(_short(v, indent) for v in value)
        return f"[{inner}]"
    if callable(value):
        return getattr(value, "__name__", "a function")
    text = repr(value)
    if len(text) > 240:
        return text[:57] + "…"
    return textwrap.fill(text, WIDTH - indent, break_long_words=False).replace("\n", "\n" + " " * indent)


def wrap(text: str, indent: int = 0) -> str:
    """A paragraph in lines that fit a telephone held sideways. Words and pieces of code stay whole."""
    pad = " " * indent
    whole = re.sub(r"`[^`]*`", lambda code: code[0].replace(" ", "\0"), text)
    lines = textwrap.fill(
        whole,
        WIDTH,
        initial_indent=pad,
        subsequent_indent=pad,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return lines.replace("\0", " ")
