"""``grader release``: students' versions of assignments."""

from __future__ import annotations

import argparse
import json
from typing import Any

from grader.commands import add_course, complain, parser

EXAMPLES = """\
  grader release                 every assignment in source/
  grader release 04              only this one
  grader release 03 04 --json
"""


def add(commands: Any) -> None:
    """Declare the subcommand."""
    sub = parser(
        commands, "release", "make what students receive, without solutions and hidden tests", EXAMPLES
    )
    sub.add_argument("assignments", nargs="*", metavar="NN", help="names or numbers (default: all)")
    add_course(sub)
    sub.add_argument("--json", action="store_true", help="print the result as JSON")
    sub.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Release; 1 where an assignment is not there or cannot be released."""
    from grader.course import Course, CourseError
    from grader.setup_course import release

    made = []
    try:
        course = Course.open(args.course)
        for name in args.assignments or course.assignments():
            with course.alone():
                made.append(release(course, name))
            if not args.json:
                for notebook in made[-1]["notebooks"]:
                    print(f"{notebook['file']}  {notebook['tests']} tests, {notebook['points']:g} points")
    except CourseError as error:
        return complain(error)
    if args.json:
        print(json.dumps(made))
    elif not made:
        return complain(CourseError(f"{course.root / 'source'} has no assignment"))
    return 0
