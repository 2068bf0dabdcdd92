"""A chapter's notebook as the reference tests read it: what its cells assign, define and print."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class Chapter:
    """The notebook ``chapters/<stem>.ipynb``, as it was last executed.

    ``cells``: as nbformat stores them. ``code`` and ``prose``: the sources of the code and the Markdown cells.
    """

    def __init__(self, stem: str) -> None:
        path = ROOT / "chapters" / f"{stem}.ipynb"
        self.cells: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
        self.code = ["".join(c["source"]) for c in self.cells if c["cell_type"] == "code"]
        self.prose = "\n".join("".join(c["source"]) for c in self.cells if c["cell_type"] == "markdown")

    def literal(self, name: str) -> Any:
        """The literal, or the literal inside ``np.array(…)``, that a cell assigns to ``name``, alone or in a tuple."""
        for source in self.code:
            if not re.search(rf"\b{name}\b.* = |^{name} = ", source, flags=re.M):
                continue
            for node in ast.parse(source).body:
                if not isinstance(node, ast.Assign):
                    continue
                for target, value in _pairs(node.targets[0], node.value):
                    if ast.unparse(target) == name:
                        try:
                            return ast.literal_eval(value)
                        except ValueError:  # computed, not written out: another cell may quote it
                            continue
        raise AssertionError(f"the notebook assigns no literal to {name}")

    def cell_with(self, needle: str) -> str:
        """The source of the first code cell that contains ``needle``."""
        for source in self.code:
            if needle in source:
                return source
        raise AssertionError(f"no code cell contains {needle!r}")

    def run(self, names: dict[str, Any], *needles: str) -> dict[str, Any]:
        """``names`` with what the cells that contain the needles define, executed in order, without their printing."""
        names = {**names, "print": lambda *a, **k: None}
        for needle in needles:
            exec(self.cell_with(needle), names)
        return names

    def output_of(self, needle: str) -> str:
        """What the first code cell that contains ``needle`` prints."""
        for cell in self.cells:
            if cell["cell_type"] == "code" and needle in "".join(cell["source"]):
                return "".join("".join(output.get("text", "")) for output in cell["outputs"])
        raise AssertionError(f"no code cell contains {needle!r}")

    def lines(self, needle: str = "") -> list[str]:
        """Every printed line of the notebook that contains ``needle``, in order; there is at least one."""
        found = [
            line
            for cell in self.cells
            for output in cell.get("outputs", [])
            for line in "".join(output.get("text", "")).splitlines()
            if needle in line
        ]
        assert found, f"no cell prints {needle!r}"
        return found

    def line(self, needle: str) -> str:
        """The first printed line that contains ``needle``."""
        return self.lines(needle)[0]

    def pytorch_versions(self) -> set[str]:
        """The versions of PyTorch that the page quotes numbers from."""
        return set(re.findall(r"PyTorch (\d+\.\d+\.\d+)", "\n".join([self.prose, *self.code])))


def _pairs(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    """``a, b = 1, 2`` as two assignments; an array is its literal."""
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        parts = list(zip(target.elts, value.elts, strict=True))
    else:
        parts = [(target, value)]
    return [
        (t, v.args[0] if isinstance(v, ast.Call) and ast.unparse(v.func) == "np.array" else v)
        for t, v in parts
    ]


def numbers(text: str) -> list[float]:
    """The numbers in a printed line, left to right; ``1,000`` is one number, and ``−`` is a minus."""
    text = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text.replace("−", "-"))
    return [float(n) for n in re.findall(r"-?\d+\.?\d*(?:e[+-]\d+)?", text)]
