"""Runs an assignment's notebook without Jupyter: ``python -m bplib.check 04_activations.ipynb``."""

from __future__ import annotations

import ast
import json
import linecache
import re
from pathlib import Path
from typing import Any

MAGIC = re.compile(r"^(\s*)[%!].*$", re.M)


def python(source: str) -> str:
    """A cell's source with Jupyter's own commands (%, !) taken out. A line of plain Python may begin with % too."""
    try:
        compile(source, "<cell>", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except SyntaxError:
        return MAGIC.sub(r"\1pass", source)
    except (ValueError, RecursionError, MemoryError):
        return source
    return source


def code_cells(path: Path) -> list[str]:
    """The source of each code cell, with Jupyter's own commands (%, !) taken out."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return [python("".join(c["source"])) for c in cells if c["cell_type"] == "code"]
    except FileNotFoundError:
        raise SystemExit(f"There is no file {path}. Name the notebook that you want checked.") from None
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise SystemExit(
            f"{path} is not a notebook that can be read ({type(error).__name__}: {error})."
        ) from None


def run_cell(source: str, namespace: dict[str, Any], name: str) -> None:
    """Run a cell's source; its lines can be shown in messages and found by ``inspect``."""
    show_lines(source, name)
    exec(compile(source, f"<{name}>", "exec"), namespace)


def show_lines(source: str, name: str) -> None:
    """Keep a cell's lines where tracebacks and ``inspect`` look for them."""
    filename = f"<{name}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
