"""``python -m tests.grader.attacks``: run every attack through both programs, and write the table."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from tests.grader.attacks import ours, page, stock
from tests.grader.attacks.table import BY_ID, Outcome


def main() -> None:
    """Write the fragment; with names, only show what becomes of these."""
    parser = argparse.ArgumentParser(prog="python -m tests.grader.attacks", description=__doc__)
    parser.add_argument("--only", nargs="+", default=[], choices=sorted(BY_ID), metavar="ID")
    parser.add_argument("--check", action="store_true", help="write nothing; fail where the page differs")
    parser.add_argument("--ours", action="store_true", help="leave the other column as it is")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        chosen = tuple(BY_ID[i] for i in args.only) or tuple(BY_ID.values())
        mine = page.words(ours.grade(Path(scratch) / "ours", chosen).outcomes)
        if args.ours:
            theirs = page.read()[0]
        else:
            out = Path(scratch) / "outcomes.json"
            stock.outside(Path(scratch) / "stock", out, args.only)
            theirs = page.words({i: Outcome(**o) for i, o in json.loads(out.read_text()).items()})
    for attack in chosen:
        print(f"{attack.id}\n  nbgrader: {theirs[attack.id]}\n  grader:   {mine[attack.id]}")
    if not args.only and not args.check:
        page.write(theirs, mine)
    if args.check and differs(theirs, mine):
        raise SystemExit("the page says something else: write it anew, without --check")


def differs(theirs: dict[str, str], mine: dict[str, str]) -> bool:
    """Print each attack of which the page says something else."""
    stock, ours = page.read()
    found = False
    for id in mine:
        for was, now in ((stock[id], theirs[id]), (ours[id], mine[id])):
            if was != now:
                found = True
                print(f"{id}: the page says: {was}\n{id}: the run gives: {now}")
    return found


if __name__ == "__main__":
    main()
