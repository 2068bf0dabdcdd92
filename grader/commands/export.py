"""``grader export``: marks as CSV."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from grader.commands import add_course, complain, parser

EXAMPLES = """\
  grader export                             all released assignments, in nbgrader's columns, to grades.csv
  grader export 04 --form canvas --like gradebook.csv --to canvas.csv
  grader export 04 --form canvas --column "04=Activations (12345)"
  grader export 04 --form moodle --like worksheet.csv --to filled.csv
  grader export 04 --form moodle --partial  with the points so far of those who wait for a person
"""


def add(commands: Any) -> None:
    """Declare the subcommand."""
    sub = parser(commands, "export", "write the marks as CSV for nbgrader, Canvas or Moodle", EXAMPLES)
    sub.add_argument(
        "assignments", nargs="*", metavar="NN", help="names or numbers (default: all that are released)"
    )
    add_course(sub)
    sub.add_argument(
        "--form", choices=("nbgrader", "canvas", "moodle"), default="nbgrader", help="whose columns"
    )
    sub.add_argument(
        "--to", type=Path, metavar="FILE", help="where to write (default: grades.csv in the course)"
    )
    sub.add_argument(
        "--like",
        type=Path,
        metavar="FILE",
        help="Canvas: its exported gradebook, for its ids and titles; Moodle: its grading worksheet, to be filled in",
    )
    sub.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="NN=TITLE",
        help="Canvas: its title of an assignment, with its id; Moodle: the heading over the marks, if it is not Grade; "
        "may be repeated",
    )
    sub.add_argument(
        "--partial", action="store_true", help="Canvas, Moodle: also points to which a person will still add"
    )
    sub.add_argument(
        "--zeros",
        action="store_true",
        help="Canvas, Moodle: 0 for who has handed in nothing, in place of nothing",
    )
    sub.add_argument("--json", action="store_true", help="print what was written as JSON")
    sub.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Export; 1 where it cannot be done."""
    from dataclasses import replace

    from grader.course import Course, CourseError
    from grader.export import export
    from grader.given import released, scores

    try:
        course = Course.open(args.course)
        names = [course.assignment(n) for n in args.assignments] or released(course)
        found = [s for name in names for s in scores(course, name)]
        waits, absent = sum(s.waits for s in found), sum(s.absent for s in found)
        if args.partial:
            found = [replace(s, waits=False) for s in found]
        if args.zeros:
            found = [replace(s, absent=False) for s in found]
        path = args.to or course.root / "grades.csv"
        export(found, args.form, path, **_options(args, course))
    except (CourseError, ValueError, OSError) as error:
        return complain(error)
    if args.json:
        print(json.dumps({"written": str(path), "rows": len(found), "waiting": waits, "absent": absent}))
    else:
        print(f"{path}: {len(found)} scores")
        ours = args.form == "nbgrader"
        if waits and (ours or args.partial):
            print(f"{waits} of them wait for a person: what is written are the points so far")
        elif waits:
            print(f"{waits} are left empty, for a person still has to give points; --partial writes them too")
        if absent and not ours and not args.zeros:
            print(f"{absent} are left empty, for nothing was handed in; --zeros writes 0")
    return 0


def _options(args: argparse.Namespace, course: Any) -> dict[str, Any]:
    """What Canvas's and Moodle's forms are told. ValueError for what cannot be meant."""
    from grader import canvas, moodle

    if args.form == "nbgrader":
        if args.like or args.column or args.zeros or args.partial:
            raise ValueError(
                "--like, --column, --zeros and --partial are for --form canvas and --form moodle"
            )
        return {}
    if args.form == "moodle":
        if args.column and not args.like:
            raise ValueError("--column says where the marks go in Moodle's worksheet: give it with --like")
        heading = args.column[-1].partition("=")[2] if args.column else "Grade"
        return {"like": moodle.read(args.like, heading)} if args.like else {}
    columns = {}
    for word in args.column:
        name, is_, title = word.partition("=")
        if not is_ or not canvas.TITLE.fullmatch(title):
            raise ValueError(
                f"--column {word!r}: write it as NN=TITLE (ID), as Canvas's exported gradebook has it"
            )
        columns[course.assignment(name)] = title
    return {"like": canvas.read(args.like) if args.like else None, "columns": columns}
