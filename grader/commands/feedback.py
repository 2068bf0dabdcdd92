"""``grader feedback``: a page for each student."""

from __future__ import annotations

import argparse
import contextlib
import json
from typing import Any

from grader.commands import QUARANTINED, add_course, complain, parser

EXAMPLES = """\
  grader feedback 04                                 a page for everyone who handed in
  grader feedback 04 --student ada --student emmy    only theirs
  grader feedback 04 --no-marks-by-hand              without what people gave in the formgrader
"""
CODES = """
exit codes:
  0  every hand-in has its page     1  the course or the assignment is not as it should be
  3  some are not graded as they are now, and have no new page: run grader autograde first
"""


def add(commands: Any) -> None:
    """Declare the subcommand."""
    sub = parser(commands, "feedback", "write each student's feedback page", EXAMPLES, CODES)
    sub.add_argument("assignment", metavar="NN", help="name or number of the assignment")
    add_course(sub)
    sub.add_argument(
        "--student", action="append", default=[], metavar="ID", help="only this one; may be repeated"
    )
    sub.add_argument(
        "--no-marks-by-hand", action="store_true", help="show the tests' marks alone, without the gradebook's"
    )
    sub.add_argument("--json", action="store_true", help="print the result as JSON, without progress")
    sub.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the pages; the help lists the exit codes."""
    from tqdm import tqdm

    from grader.batch import verdicts
    from grader.course import Course, CourseError, write
    from grader.feedback import feedback_page
    from grader.handed_in import Refused, read

    written: list[str] = []
    without: list[str] = []
    try:
        course = Course.open(args.course)
        name = course.assignment(args.assignment)
        masters = course.masters(name)
        marks: Any = {}
        if not args.no_marks_by_hand:
            from grader.given import from_gradebook

            marks = from_gradebook(course, name)
        items = course.submitted(name, args.student)
        one_by_one = verdicts(course, name, args.student)  # all of them at once would fill the memory
        silent = True if args.json else None
        for item, verdict in tqdm(one_by_one, total=len(items), unit=" pages", desc=name, disable=silent):
            if verdict is None:
                without.append(item.student)
                continue
            given = marks.get((item.student, item.notebook))
            text = feedback_page(verdict, masters[item.notebook].bundle, item.student, given)
            path = course.folder("feedback", name, item.student) / f"{item.notebook}.html"
            write(path, text)
            written.append(str(path))
            for own in ("timestamp.txt", "submission_secret.txt"):  # nbgrader release_feedback asks for them
                with contextlib.suppress(Refused):
                    write(path.with_name(own), read(item.path.with_name(own)).decode("utf-8", "replace"))
    except (CourseError, OSError) as error:
        return complain(error)
    if args.json:
        print(json.dumps({"assignment": name, "written": written, "not graded": without}))
    else:
        print(f"{len(written)} pages in {course.root / course.steps['feedback']}")
        if without:
            print(f"{len(without)} are not graded as they are now: {', '.join(without[:20])}")
    return QUARANTINED if without else 0
