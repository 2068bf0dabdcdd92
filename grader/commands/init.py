"""``grader init``: a new course folder."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from grader.commands import complain, parser

EXAMPLES = """\
  grader init ~/backprop-2027
  grader init ~/backprop-2027 --assignments 03 04
  grader init /srv/course --db postgresql+psycopg://teacher@localhost/gradebook
"""


def add(commands: Any) -> None:
    """Declare the subcommand."""
    sub = parser(
        commands, "init", "make a course folder with its gradebook, ready for nbgrader and for us", EXAMPLES
    )
    sub.usage = "grader init FOLDER [--assignments NN ...] [--source FOLDER] [--name NAME] [--db URL]"
    sub.add_argument("folder", type=Path, help="the folder to make, outside of this repository")
    sub.add_argument("--name", default="", help="nbgrader's course_id (default: the folder's name)")
    sub.add_argument("--db", default="", metavar="URL", help="the gradebook (default: SQLite, in the folder)")
    sub.add_argument(
        "--assignments", nargs="*", metavar="NN", help="numbers of the assignments to take (default: all)"
    )
    sub.add_argument(
        "--source",
        type=Path,
        metavar="FOLDER",
        help="where the instructor's notebooks are (default: solutions/)",
    )
    sub.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Make the course; 1 where the folder is in use or an assignment is not there."""
    from grader.course import CourseError
    from grader.setup_course import make

    try:
        course = make(args.folder, args.name, args.db, args.assignments, args.source)
    except (CourseError, OSError) as error:
        return complain(error)
    print(f"made: {course.root}")
    print(
        f"  {len(course.assignments())} assignments in source/: {', '.join(course.assignments()) or 'none'}"
    )
    print(f"next: cd {course.root} && grader release")
    return 0
