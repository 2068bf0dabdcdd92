"""Keeps book/assignments, the released notebooks, in step with solutions/.

    python -m book.tools.assignments          write them
    python -m book.tools.assignments --check  exit 1 if one is out of step

They are kept in git so that the launch buttons and downloads of their pages have something to open.
"""

from __future__ import annotations

import sys
from pathlib import Path

from book.tools.notebooks import normalise, text_of
from grader.release import released

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "book" / "assignments"


def sources() -> list[Path]:
    """The instructor's notebooks, in order."""
    return sorted((ROOT / "solutions").glob("[0-9][0-9]_*/*.ipynb"))


def main(argv: list[str]) -> int:
    """Write or check the released notebooks."""
    wanted = {source.name: text_of(normalise(released(source))) for source in sources()}
    present = {path.name for path in TARGET.glob("*.ipynb")}
    stale = sorted(present - set(wanted))
    stale += [
        n for n, t in wanted.items() if n not in present or (TARGET / n).read_text(encoding="utf-8") != t
    ]
    if argv == ["--check"]:
        for name in stale:
            print(f"book/assignments/{name} is out of step with solutions/: python -m book.tools.assignments")
        return 1 if stale else 0
    TARGET.mkdir(exist_ok=True)
    for name in stale:
        path = TARGET / name
        if name not in wanted:
            path.unlink()
            continue
        new = path.with_suffix(".new")
        new.write_text(wanted[name], encoding="utf-8")
        new.replace(path)
    print(f"{len(wanted)} assignments, {len(stale)} written anew or removed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
