"""Small downloads for tests of collecting, and what came of them."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

from grader.collect import Row

NAME = "04_activations"
BOOK = b'{"cells": []}'


def place(submitted: Path) -> Callable[[str], Path]:
    return lambda student: submitted / student / NAME


def taken(submitted: Path) -> dict[str, bytes]:
    """What lies in submitted/, by student; nothing else may lie there."""
    found = {}
    for path in submitted.rglob("*"):
        if path.is_file() and path.name != "timestamp.txt":
            assert path.relative_to(submitted).parts[1:] == (NAME, f"{NAME}.ipynb")
            found[path.relative_to(submitted).parts[0]] = path.read_bytes()
    return found


def archive(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return path


def row(rows: list[Row], student: str, what: str = "") -> Row:
    return next(r for r in rows if r.student == student and (not what or r.what == what))
