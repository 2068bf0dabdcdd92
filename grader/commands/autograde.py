"""``grader autograde``: grade what was handed in."""

from __future__ import annotations

import argparse
import json
from typing import Any

from grader.commands import BUSY, INTERRUPTED, QUARANTINED, STOPPED, add_course, complain, parser

EXAMPLES = """\
  grader autograde 04                                 all that is new, on all cores
  grader autograde 04 --student ada --student emmy    only theirs
  grader autograde 04 --regrade                       all of it anew, whatever is on record
  grader autograde 04 --scheduler tcp://node1:8786    on a Dask cluster
"""
CODES = """
exit codes:
  0  every submission is graded, or zero with a reason     4    another grading of this course is at work
  1  the course or the assignment is not as it should be   5    stopped (disk full, database locked): run it again
  3  done, but a person must look at some: quarantined,    130  interrupted: run it again to go on
     or other points than at an earlier grading
"""


def add(commands: Any) -> None:
    """Declare the subcommand."""
    sub = parser(commands, "autograde", "grade an assignment's submissions in the sandbox", EXAMPLES, CODES)
    sub.add_argument("assignment", metavar="NN", help="name or number of the assignment")
    add_course(sub)
    sub.add_argument(
        "--student", action="append", default=[], metavar="ID", help="only this one; may be repeated"
    )
    sub.add_argument("--driver", choices=("serial", "processes", "dask"), help="how (default: processes)")
    sub.add_argument("--workers", type=int, default=0, metavar="N", help="processes (default: one per core)")
    sub.add_argument(
        "--scheduler", default="", metavar="URL", help="a Dask scheduler; chooses the dask driver"
    )
    sub.add_argument(
        "--level", default="", help="the sandbox, as `grader doctor` lists them (default: the best)"
    )
    sub.add_argument(
        "--unsafe", action="store_true", help="run students' code without a sandbox, as yourself"
    )
    sub.add_argument(
        "--regrade", action="store_true", help="grade again what has a verdict; manual marks stay"
    )
    sub.add_argument(
        "--wait",
        type=float,
        default=60.0,
        metavar="SECONDS",
        help="how long to wait for a database that is locked (default: 60)",
    )
    sub.add_argument("--json", action="store_true", help="print the summary as JSON, without progress")
    sub.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Grade; the help lists the exit codes."""
    from grader.course import Busy, Course, CourseError

    if args.workers < 0:
        return complain(ValueError(f"--workers is {args.workers}; it should be 1 or more"))
    if not 0 <= args.wait < 1e6:
        return complain(ValueError(f"--wait is {args.wait}; it should be a number of seconds"))
    bar: Any = None
    try:
        course = Course.open(args.course)
        from grader.batch import Run, Stopped

        grading = Run(
            course,
            args.assignment,
            students=args.student,
            driver=args.driver or ("dask" if args.scheduler else "processes"),
            workers=args.workers,
            scheduler=args.scheduler,
            level="unsafe" if args.unsafe else args.level,
            regrade=args.regrade,
            wait=args.wait,
        )
        if not args.json:
            from tqdm import tqdm

            bar = tqdm(unit=" notebooks", desc=grading.assignment, disable=None, smoothing=0.1, total=0)

            def show(settled: int, of: int) -> None:
                bar.total = of
                bar.update(settled - bar.n) if settled else bar.refresh()

            grading.progress = show
        try:
            summary = grading()
        except KeyboardInterrupt:
            done = grading.summary
            text = (
                f"interrupted; {done.settled} of {done.submitted} are graded and kept: run it again to go on"
            )
            return complain(KeyboardInterrupt(text), INTERRUPTED)
        except Stopped as stopped:
            done = grading.summary
            text = f"stopped: {stopped}. {done.settled} of {done.submitted} are graded and kept: "
            return complain(RuntimeError(text + "mend that and run it again"), STOPPED)
    except Busy as error:
        return complain(error, BUSY)
    except (CourseError, ValueError) as error:
        return complain(error)
    finally:
        if bar is not None:
            bar.close()
    if args.json:
        print(json.dumps(summary.to_dict()))
    else:
        _tell(summary)
    return QUARANTINED if summary.quarantined or summary.differs else 0


def _tell(summary: Any) -> None:
    rate = summary.submitted / summary.seconds if summary.seconds else 0.0
    print(summary.reconcile())
    print(
        f"{summary.seconds:.1f} s, {rate:.1f} a second; {summary.kept} were on record, {summary.repaired} repaired, "
        f"{summary.written} new in the gradebook; sandbox: {summary.level or 'none was needed'}"
    )
    if summary.damaged:
        print(f"{summary.damaged} lines of the journal were damaged; what they said was graded again")
    for title, found in (
        ("zero", summary.zero),
        ("quarantined", summary.quarantined),
        ("not the same as before", summary.differs),
    ):
        for one in found[:20]:
            line = f"  {title}: {one['student']}/{one['notebook']}: {one['reason']}"
            print(line.encode("utf-8", "replace").decode("utf-8"))  # a folder's name may be no text
        if len(found) > 20:
            print(f"  … and {len(found) - 20} more; all of them with --json")
