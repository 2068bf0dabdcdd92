"""Finds out whether an answer calls what a task asks the student to write."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from types import CellType, ModuleType
from typing import Any

from bplib.check.student import StudentError, name_of, source_lines
from bplib.check.task import Task


def forbidden_uses(answer: Any, task: Task) -> None:
    """Raise ``StudentError`` if the answer, or a function of the student's that it calls, uses a forbidden thing.

    A stand-in for a student's function (in the grader) offers ``__used_names__`` in place of its source.
    """
    if not callable(answer):
        return
    used = getattr(answer, "__used_names__", None)
    for name in used if used is not None else used_names(answer):
        for bad in task.forbid:
            if name == bad or name.startswith(bad + "."):
                raise StudentError(
                    "forbidden",
                    f"{name_of(answer)} uses {name}. This task is there to write it yourself: "
                    "NumPy and what the task gives you will do.",
                )


def used_names(function: Any) -> list[str]:
    """Full dotted names of what a function uses, and what the notebook's functions that it calls use."""
    seen: set[int] = set()
    return sorted(set(_names(function, seen)))


def _names(function: Any, seen: set[int]) -> Iterator[str]:
    home = inspect.getmodule(function)
    if inspect.isclass(function) and home and home.__name__ == "__main__":
        for member in vars(
            function
        ).values():  # a notebook's class has no source of its own; its methods have
            yield from _names(getattr(member, "__func__", getattr(member, "fget", member)), seen)
        return
    scope = _scope(function)
    if id(function) in seen or scope is None or (home and home.__name__.startswith("bplib")):
        return
    seen.add(id(function))
    try:
        tree = ast.parse(textwrap.dedent(source_lines(function)))
    except SyntaxError:
        return
    local = dict(_imports(tree))
    bound = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    bound |= {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
    if name_of(function) == "<lambda>":  # its source is the whole line that it stands in
        tree = ast.Module([ast.Expr(n) for n in ast.walk(tree) if isinstance(n, ast.Lambda)], [])
    for node in ast.walk(tree):
        dotted = _dotted(node)
        if not dotted:
            continue
        root, *rest = dotted.split(".")
        if root in bound:
            continue  # a variable of the function's own, whatever the notebook calls so
        if root in local:
            yield ".".join([local[root], *rest])
        elif root in scope:
            thing = scope[root]
            if isinstance(thing, ModuleType):
                yield ".".join([thing.__name__, *rest])
            elif callable(thing):
                module = getattr(thing, "__module__", "") or ""
                if module in ("__main__", scope.get("__name__")):
                    yield from _names(thing, seen)
                else:
                    yield ".".join([module, name_of(thing)])
    yield from local.values()


def _scope(thing: Any) -> dict[str, Any] | None:
    """The names that a function sees from outside."""
    if not inspect.isfunction(thing):
        return None
    cells = zip(thing.__code__.co_freevars, thing.__closure__ or (), strict=True)
    enclosed = {name: cell.cell_contents for name, cell in cells if cell != CellType()}
    return {**thing.__globals__, **enclosed}


def _imports(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for a in node.names:
                yield (a.asname or a.name.split(".")[0]), (a.name if a.asname else a.name.split(".")[0])
        elif isinstance(node, ast.ImportFrom) and node.module:
            for a in node.names:
                yield (a.asname or a.name), f"{node.module}.{a.name}"


def _dotted(node: ast.AST) -> str:
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""
