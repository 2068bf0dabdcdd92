"""Malformed: notebooks and files that are not what they should be. What can be read of them is right."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any

from tests.grader.attacks.kit import POINTS, RIGHT, WRONG, Attack, Scene, named
from tests.grader.attacks.stealing import NEIGHBOUR
from tests.grader.classes import NAME

FILE = f"{NAME}.ipynb"


def duplicate(nb: dict[str, Any]) -> None:
    cell = named(nb, "test-relu-value")
    nb["cells"].insert(nb["cells"].index(cell) + 2, {**cell, "id": "pasted"})


def twice(nb: dict[str, Any]) -> None:
    cell = named(nb, "relu")
    nb["cells"].append({**cell, "id": "again", "source": "def relu(z):\n    return z, z\n"})


def deleted_answer(nb: dict[str, Any]) -> None:
    nb["cells"].remove(named(nb, "relu"))


def deleted_tests(nb: dict[str, Any]) -> None:
    for name in ("test-mean_square-plain", "test-mean_square-numpy"):
        nb["cells"].remove(named(nb, name))


def renamed(nb: dict[str, Any]) -> None:
    named(nb, "test-relu-value")["metadata"]["nbgrader"]["grade_id"] = "my-test"


def no_metadata(nb: dict[str, Any]) -> None:
    for cell in nb["cells"]:
        cell["metadata"] = {}


def retyped(nb: dict[str, Any]) -> None:
    for name in ("relu", "test-relu-gradient"):
        cell = named(nb, name)
        cell["cell_type"] = "markdown"
        del cell["outputs"], cell["execution_count"]


def points(nb: dict[str, Any]) -> None:
    for cell in nb["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade"):
            cell["metadata"]["nbgrader"]["points"] = 1000


def kernel(nb: dict[str, Any]) -> None:
    nb["metadata"]["kernelspec"] = {"name": "ir", "display_name": "R", "language": "R"}


def future(nb: dict[str, Any]) -> None:
    nb["nbformat"], nb["nbformat_minor"] = 9, 1


def old(nb: dict[str, Any]) -> dict[str, Any]:
    cells = [dict(c) for c in nb["cells"]]
    for cell in cells:
        if cell["cell_type"] == "code":
            cell |= {"input": cell.pop("source"), "language": "python", "collapsed": False}
            cell["prompt_number"] = cell.pop("execution_count")
        cell.pop("id", None)
    return {"metadata": {"name": ""}, "nbformat": 3, "nbformat_minor": 0, "worksheets": [{"cells": cells}]}


def cut(nb: dict[str, Any]) -> bytes:
    return json.dumps(nb).encode()[:-300]


def latin(nb: dict[str, Any]) -> bytes:
    nb["cells"].insert(0, {"cell_type": "markdown", "id": "u", "metadata": {}, "source": "Grüße"})
    return json.dumps(nb, ensure_ascii=False).encode("latin-1", "replace")


def large(folder: Path, data: bytes, scene: Scene) -> None:
    with open(folder / FILE, "wb") as stream:  # most of it takes no room on the disk
        stream.write(data[:-1])
        stream.truncate(500 << 20)


def link(folder: Path, data: bytes, scene: Scene) -> None:
    os.symlink(scene.course / "submitted" / NEIGHBOUR / NAME / FILE, folder / FILE)


def link_to_source(folder: Path, data: bytes, scene: Scene) -> None:
    os.symlink(scene.course / "source" / NAME / FILE, folder / FILE)


def fifo(folder: Path, data: bytes, scene: Scene) -> None:
    os.mkfifo(folder / FILE)


def a_folder(folder: Path, data: bytes, scene: Scene) -> None:
    (folder / FILE).mkdir()


def missing(folder: Path, data: bytes, scene: Scene) -> None:
    (folder / "homework.txt").write_text("see the e-mail", encoding="utf-8")


# A zip's members are written by ``place`` too: the folder is then a zip that is open for writing.


def slip(archive: zipfile.ZipFile, student: str, data: bytes, scene: Scene) -> None:
    archive.writestr(f"{student}/../../../marks/zip-slip-out.ipynb", data)
    archive.writestr(str(scene.marks / "zip-slip-absolute.ipynb"), data)
    archive.writestr(f"{student}/{FILE}", data)


def zip_link(archive: zipfile.ZipFile, student: str, data: bytes, scene: Scene) -> None:
    info = zipfile.ZipInfo(f"{student}/{FILE}")
    info.external_attr = 0o120777 << 16
    archive.writestr(info, str(scene.course / "source" / NAME / FILE))


def bomb(archive: zipfile.ZipFile, student: str, data: bytes, scene: Scene) -> None:
    with archive.open(f"{student}/{FILE}", "w", force_zip64=True) as member:
        for _ in range(300):
            member.write(bytes(1 << 20))


def _whole(id: str, title: str, change: Any, says: str = "", **more: Any) -> Attack:
    return Attack(id, title, RIGHT, RIGHT, change=change, says=says, **more)


def _file(id: str, title: str, place: Any, says: str, by: str = "folder", **more: Any) -> Attack:
    twin = (
        WRONG if place in (link, link_to_source, zip_link) else RIGHT
    )  # what is linked to is another's work
    return Attack(id, title, RIGHT, twin, place=place, says=says, by=by, costs=POINTS, **more)


ATTACKS = (
    _whole("duplicate", "a test cell pasted twice", duplicate, "more than once"),
    _whole("twice", "an answer's cell twice, the second one wrong", twice, "more than once"),
    _whole("deleted-answer", "an answer's cell deleted", deleted_answer, "was missing", costs=3.0),
    _whole("deleted-tests", "test cells deleted", deleted_tests, "was put back"),
    _whole("renamed", "a test cell renamed", renamed, "was missing. It was put back"),
    _whole(
        "no-metadata",
        "all metadata of cells gone",
        no_metadata,
        "None of the assignment's cells",
        costs=POINTS,
    ),
    _whole("retyped", "an answer and a test turned into text", retyped, "turned back"),
    _whole("points", "1000 points for every cell", points),
    _whole("kernel", "a kernel that is not there", kernel),
    _whole("future", "a notebook of a format from the future", future),
    _whole("old", "a notebook of format 3", old),
    _whole("cut", "JSON cut off in the middle", cut, "cut off", costs=POINTS),
    _whole("empty", "an empty file", lambda nb: b"\n", "is empty", costs=POINTS),
    _whole("latin", "text that is not UTF-8", latin, "not text in UTF-8", costs=POINTS),
    _file("large", "a file of 500 MB", large, "bytes; .* are allowed"),
    _file("link", "a link to another student's notebook", link, "link"),
    _file(
        "link-submitted",
        "a link to another student's notebook, in `submitted/` itself",
        link,
        "link",
        by="submitted",
    ),
    _file(
        "link-source",
        "a link to the instructor's notebook, in `submitted/` itself",
        link_to_source,
        "link",
        by="submitted",
    ),
    _file("fifo", "a pipe in place of the file", fifo, "pipe"),
    _file(
        "fifo-submitted", "a pipe in place of the file, in `submitted/` itself", fifo, "pipe", by="submitted"
    ),
    _file("folder", "a folder of the notebook's name", a_folder, "folder is empty"),
    _file("missing", "no notebook at all", missing, "no notebook"),
    Attack(
        "zip-slip",
        "paths that lead out of a zip",
        RIGHT,
        RIGHT,
        place=slip,  # type: ignore[arg-type]
        by="zip",
        note="with an honest notebook beside them",
    ),
    _file("zip-link", "a link in a zip, to the instructor's notebook", zip_link, "link", by="zip"),
    _file("zip-bomb", "a zip bomb of 300 MB", bomb, "unpacks to", by="zip"),
    Attack("unicode", "a name in four scripts", RIGHT, RIGHT, student="Зоя 王小明 عمر Ωmega"),
)
