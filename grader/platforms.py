"""Whose a file is: how Canvas, Moodle, GitHub Classroom and plain folders name what students handed in.

Canvas keeps what its pattern looks for out of people's names, so that the first place at which it fits is Canvas's
own, whatever the student called the file. Moodle does not: a name with its mark in it twice is nobody's, and a
person has to look.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from grader.received import Entry, Unusable

PLATFORMS = ("folder", "canvas", "moodle", "github")
CANVAS = re.compile(r"(?P<name>.+?)(?P<late>_LATE|_late)?_(?P<id>\d+)_(?P<number>\d+)_(?P<file>.+)")
MOODLE = re.compile(r"(?P<name>.*?)_(?P<id>\d+)_assignsubmission_(?P<kind>file|onlinetext)_?(?P<file>.*)")


@dataclass(frozen=True)
class Owned:
    """A file and whose it is: the platform's id, the name it shows, its own mark for late ones."""

    entry: Entry
    student: str
    name: str = ""
    late: bool = False
    file: str = ""  # what the student called it


def guess(found: Sequence[Entry], source: Path) -> str:
    """The platform that a download comes from, by the names in it."""
    top = [e.parts[0] for e in found]
    if any(MOODLE.fullmatch(t) for t in top):
        return "moodle"
    files = [e.parts[0] for e in found if len(e.parts) == 1]
    if files and 2 * sum(bool(CANVAS.fullmatch(f)) for f in files) > len(top):
        return "canvas"
    if source.is_dir() and any((source / t / ".git").is_dir() for t in set(top)):
        return "github"
    return "folder"


def owned(
    found: Sequence[Entry], platform: str, assignment: str, prefix: str = ""
) -> tuple[list[Owned], list[Entry]]:
    """Whose each file is, and the files that are nobody's. Unusable where repositories have no common beginning."""
    ours: list[Owned] = []
    nobodys: list[Entry] = []
    if platform == "github":
        prefix = prefix or _prefix(
            sorted({e.parts[0] for e in found if len(e.parts) > 1 or e.problem}), assignment
        )
    for entry in found:
        one = _owned(entry, platform, assignment, prefix)
        if one is None or not one.student:
            nobodys.append(entry)
        else:
            ours.append(one)
    return ours, nobodys


def _owned(entry: Entry, platform: str, assignment: str, prefix: str) -> Owned | None:
    top, alone = entry.parts[0], len(entry.parts) == 1
    if platform == "canvas":
        fits = CANVAS.fullmatch(top) if alone else None
        return Owned(entry, fits["id"], fits["name"], bool(fits["late"]), fits["file"]) if fits else None
    if platform == "moodle":
        fits = MOODLE.fullmatch(top)
        if not fits or top.count("_assignsubmission_") > 1:  # somebody wrote that into a name: whose is it?
            return None
        return Owned(entry, fits["id"], fits["name"], file=fits["file"] if alone else entry.name)
    if platform == "github":
        if not top.lower().startswith(prefix.lower()):
            return None
        return Owned(entry, top[len(prefix) :], file=entry.name)
    if not alone:
        return Owned(entry, top, file=entry.name)
    stem, ending = os.path.splitext(top)
    student = (
        re.sub(rf"[_\- ]*{re.escape(assignment)}[_\- ]*", "", stem, count=1) if ending == ".ipynb" else ""
    )
    if not student and entry.problem:  # a link, a pipe or nothing where a student's folder would be
        student = top.removesuffix(".ipynb")
    return Owned(entry, student, file=f"{assignment}.ipynb" if ending == ".ipynb" else top)


def _prefix(folders: list[str], assignment: str) -> str:
    """What comes before the user's name in every repository."""
    for said in (f"{assignment}-", f"{assignment.replace('_', '-')}-"):
        if folders and all(f.lower().startswith(said.lower()) for f in folders):
            return said
    same = takewhile(lambda letters: len(set(letters)) == 1, zip(*folders, strict=False))
    common = "".join(letters[0] for letters in same) if len(folders) > 1 else ""
    cut = common.rfind("-") + 1
    if not cut:
        raise Unusable(
            "the repositories' names have no common beginning before the user's name; give it: --prefix NAME-"
        )
    return common[:cut]
