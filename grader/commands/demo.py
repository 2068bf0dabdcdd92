"""``grader demo``: from nothing to a graded class."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import Any

from grader.commands import complain, parser

EXAMPLES = """\
  grader demo ../demo-course                     forty students, assignment 03
  grader demo ../demo-course --assignment 04 --students 200
"""


def add(commands: Any) -> None:
    """Declare the subcommand."""
    sub = parser(
        commands,
        "demo",
        "make a course, hand in for a class of made-up students, grade it and write the pages",
        EXAMPLES,
    )
    sub.add_argument(
        "folder", type=Path, help="the course folder to make; one of an earlier demo is replaced"
    )
    sub.add_argument("--assignment", default="03", metavar="NN", help="which assignment (default: 03)")
    sub.add_argument("--students", type=int, default=40, metavar="N", help="how many (default: 40)")
    sub.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the other subcommands one after another, as a teacher would."""
    from grader import demo
    from grader.__main__ import parser as top

    course, marker = args.folder.resolve(), ".grader-demo"
    if course.exists() and any(course.iterdir()):
        if not (course / marker).exists():
            return complain(
                ValueError(f"{course} is there already, and no demo made it: name another folder")
            )
        shutil.rmtree(course)
    number, handed_in = args.assignment, course / "handed-in"
    steps = [
        ["init", str(course), "--assignments", number],
        ["release", number, "--course", str(course)],
        ["collect", number, str(handed_in), "--platform", "folder", "--course", str(course)],
        ["autograde", number, "--course", str(course)],
        ["feedback", number, "--course", str(course)],
        ["report", number, "--course", str(course)],
        ["export", number, "--course", str(course)],
    ]
    worst = 0
    for step in steps:
        print(f"\n$ grader {' '.join(step)}", flush=True)
        options = top().parse_args(step)
        code = options.run(options)
        if step[0] == "init" and not code:
            (course / marker).write_text("made by grader demo; it may be thrown away\n", encoding="utf-8")
            kinds = demo.write(handed_in, number, args.students)
            print(f"{len(kinds)} made-up submissions are in {handed_in}")
        if code not in (0, 3):  # 3: some are quarantined, as the demo means them to be
            return complain(ValueError(f"grader {step[0]} ended with exit code {code}"), code)
        worst = max(worst, code)
    print(f"\nLook at  {course / 'reports'}    the class")
    print(f"         {course / 'feedback'}   each student")
    print(f"         {course / 'gradebook.db'}   grader export --course {course}")
    print(f"Mark by hand, in nbgrader's own pages:   grader serve --course {course}")
    return 0
