"""``grader serve``: nbgrader's formgrader on a course, in a browser."""

from __future__ import annotations

import argparse
from typing import Any

from grader.commands import add_course, complain, parser

EXAMPLES = """\
  grader serve                       the address to open is printed, with its token
  grader serve --port 9000 --open    at this port, and opened in the browser
  grader serve --course ~/backprop-2027
From another machine: ssh -L 8888:127.0.0.1:8888 YOU@THIS-MACHINE, then open the printed address there.
"""
MORE = """
The server listens on 127.0.0.1 only, and the address has a token without which it answers nobody. Autograde in the
formgrader runs our sandbox. A notebook that you open there and run gets a kernel inside bubblewrap: it has no network,
and reads its own folder and no other. What a cell of it shows is shown by your browser: a student's notebook can put
a page of its own there, so run only what you need to. Ctrl-C ends the server.

exit codes:
  0  ended by Ctrl-C     1  the course, the port, or this Python's packages are not as they should be
"""


def add(commands: Any) -> None:
    """Declare the subcommand."""
    sub = parser(
        commands, "serve", "open nbgrader's formgrader on the course, to mark by hand", EXAMPLES, MORE
    )
    add_course(sub)
    sub.add_argument("--port", type=int, default=8888, metavar="N", help="the port (default: 8888; 0: any)")
    sub.add_argument("--open", action="store_true", help="open the address in the browser")
    sub.add_argument(
        "--plain-kernels",
        action="store_true",
        help="run notebooks that you open as yourself, outside the sandbox",
    )
    sub.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until Ctrl-C; 1 where it cannot start."""
    from grader.course import Course, CourseError
    from grader.server import serve

    try:
        return serve(Course.open(args.course), args.port, args.open, sandboxed=not args.plain_kernels)
    except (CourseError, OSError) as error:
        return complain(error)
