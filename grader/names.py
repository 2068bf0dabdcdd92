"""Whose a name is that a test uses: the test's own, the instructor's, or the student's.

Only what the instructor's answers define is taken from the student's process. A student who defines ``abs`` or
``range`` has defined them for their own cells, not for the tests.
"""

from __future__ import annotations

import ast
import contextlib
import symtable
import types
from functools import lru_cache
from typing import Any

from bplib.check.notebook import python
from grader import wire

OWN = ("builtins", "functools", "numpy")  # whose functions are ours, however they are wrapped


@lru_cache(maxsize=1000)
def used(source: str) -> frozenset[str]:
    """All names in a test; those that it binds itself are among them."""
    return frozenset(n.id for n in ast.walk(_tree(source)) if isinstance(n, ast.Name))


@lru_cache(maxsize=1000)
def bound(source: str) -> frozenset[str]:
    """The names that a cell leaves behind. A cell that is no Python leaves none."""
    try:
        table = symtable.symtable(python(source), "<cell>", "exec")
    except SyntaxError:
        return frozenset()
    left = {
        s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported() or s.is_namespace()
    }
    return frozenset(left.union(*(n.names for n in ast.walk(_tree(source)) if isinstance(n, ast.Global))))


@lru_cache(maxsize=1000)
def made(source: str) -> frozenset[str]:
    """Those of them that the cell does not only import."""
    tree = _tree(source)
    tree.body = [s for s in tree.body if not isinstance(s, ast.Import | ast.ImportFrom)]
    return bound(ast.unparse(tree))


@lru_cache(maxsize=1000)
def imports(source: str) -> str:
    """The cell's imports at its left edge, as a source of their own."""
    kept = [s for s in _tree(source).body if isinstance(s, ast.Import | ast.ImportFrom)]
    return "\n".join(ast.unparse(s) for s in kept if not _from_future(s))


def _from_future(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"


def _tree(source: str) -> ast.Module:
    try:
        return ast.parse(python(source))
    except SyntaxError:
        return ast.Module([], [])


def crosses(value: Any) -> bool:
    """Whether it can be handed to the student's process: plain data, and functions, which are called back."""
    with contextlib.suppress(wire.WireError):
        called = callable(value) and not isinstance(value, type) and type(value).__module__ in OWN
        return called or isinstance(value, types.ModuleType) or bool(wire.pack(value))
    return False
