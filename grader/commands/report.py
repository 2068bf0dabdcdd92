"""``grader report``: a page on the whole class."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from grader.commands import add_course, complain, parser

EXAMPLES = """\
  grader report 04                    writes reports/04_activations.html in the course's folder
  grader report 04 --to ~/report.html
"""


def add(commands: Any) -> None:
    """Declare the subcommand."""
    sub = parser(commands, "report", "write a report on the class for an assignment", EXAMPLES)
    sub.add_argument("assignment", metavar="NN", help="name or number of the assignment")
    add_course(sub)
    sub.add_argument("--to", type=Path, metavar="FILE", help="where to write it")
    sub.add_argument("--json", action="store_true", help="print the result as JSON")
    sub.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the report; 1 where there is nothing to report on."""
    from grader.batch import verdicts
    from grader.course import Course, CourseError, write
    from grader.given import from_gradebook
    from grader.report import report_page

    made = []
    try:
        course = Course.open(args.course)
        name = course.assignment(args.assignment)
        masters = course.masters(name)
        if args.to and len(masters) > 1:
            raise CourseError(f"{name} has {len(masters)} notebooks and a report for each; leave out --to")
        marks = from_gradebook(course, name)
        found = list(verdicts(course, name))
        for notebook, master in masters.items():
            own = [(i, v) for i, v in found if i.notebook == notebook]
            graded = {i.student: v for i, v in own if v is not None}
            given = {student: m for (student, of), m in marks.items() if of == notebook}
            text = report_page(graded, master.bundle, given, [i.student for i, v in own if v is None])
            stem = name if notebook == name else f"{name}-{notebook}"
            path = args.to or course.root / "reports" / f"{stem}.html"
            write(path, text)
            made.append(str(path))
    except (CourseError, OSError) as error:
        return complain(error)
    print(json.dumps({"assignment": name, "written": made}) if args.json else "\n".join(made))
    return 0
