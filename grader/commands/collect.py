"""``grader collect``: take what was handed in out of a folder or a platform's download."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from grader.commands import QUARANTINED, add_course, complain, parser

EXAMPLES = """\
  grader collect 04 submissions.zip                       Canvas's or Moodle's download
  grader collect 04 moodle.zip --times grades.csv         with the times of Moodle's grading worksheet
  grader collect 04 clones/ --platform github             a folder of GitHub Classroom's repositories
  grader collect 04 homework/                             a folder with one folder or file for each student
"""
CODES = """
Times come from the platform's table (--times: a column for the student, one for the time), never from a file's own
date or from a file that a student could have written.

exit codes:
  0  all was taken     1  the course or the download is not as it should be
  3  done, but some of it could not be taken: the table says what, and why
"""


def add(commands: Any) -> None:
    """Declare the subcommand."""
    sub = parser(
        commands, "collect", "take what was handed in out of a folder or a download", EXAMPLES, CODES
    )
    sub.add_argument("assignment", metavar="NN", help="name or number of the assignment")
    sub.add_argument("source", type=Path, help="the folder or zip")
    add_course(sub)
    sub.add_argument(
        "--platform",
        choices=("auto", "folder", "canvas", "moodle", "github"),
        default="auto",
        help="where it comes from (default: seen from the names in it)",
    )
    sub.add_argument("--prefix", default="", help="what stands before the user's name in each repository")
    sub.add_argument("--times", type=Path, metavar="CSV", help="the platform's table of times")
    sub.add_argument("--timezone", default="UTC", help="of times that do not say theirs (default: UTC)")
    sub.add_argument(
        "--roster", type=Path, metavar="CSV", help="columns id,student: the course's name for a platform's id"
    )
    sub.add_argument("--json", action="store_true", help="print the table as JSON")
    sub.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Collect; the help lists the exit codes."""
    import csv
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    from grader import times
    from grader.collect import TAKEN, collect
    from grader.course import Course, CourseError, write
    from grader.export import as_csv
    from grader.received import Unusable

    try:
        course = Course.open(args.course)
        name = course.assignment(args.assignment)
        zone = ZoneInfo(args.timezone)
        when = times.read(args.times, zone) if args.times else None
        roster = None
        if args.roster:
            with open(args.roster, encoding="utf-8-sig", newline="") as stream:
                roster = {r["id"].strip(): r["student"].strip() for r in csv.DictReader(stream)}
        with course.alone():
            rows = collect(
                args.source,
                lambda student: course.folder("submitted", name, student),
                name,
                platform=args.platform,
                prefix=args.prefix,
                times=when,
                roster=roster,
                notebooks=[path.stem for path in course.sources(name)],
            )
            head = ["student", "what", "file", "note", "time", "late", "name"]
            lines = [[str(r.to_dict()[h]) for h in head] for r in rows]
            table = course.state / "collected" / f"{name}.csv"
            write(table, as_csv([head, *lines]))
    except ZoneInfoNotFoundError:
        return complain(ValueError(f"there is no time zone {args.timezone!r}; write it as Europe/Berlin"))
    except (KeyError, AttributeError, csv.Error, UnicodeDecodeError):
        return complain(ValueError(f"{args.roster} needs two columns, id and student, as CSV in UTF-8"))
    except (CourseError, Unusable, OSError) as error:
        return complain(error)
    if args.json:
        print(json.dumps([r.to_dict() for r in rows]))
    else:
        _tell(rows, table)
    return 0 if all(r.what in TAKEN for r in rows) else QUARANTINED


def _tell(rows: list[Any], table: Path) -> None:
    from grader.pages import plain

    count = {
        what: sum(r.what == what for r in rows) for what in ("taken", "replaced", "unchanged", "not taken")
    }
    print(", ".join(f"{number} {what}" for what, number in count.items() if number) or "nothing was found")
    noted = [r for r in rows if r.note]
    for row in noted[:40]:
        line = f"  {row.what}: {row.student or '(nobody)'}: {row.file}: {row.note}"
        print(plain(line).replace("\n", " "))
    if len(noted) > 40:
        print(f"  … and {len(noted) - 40} more")
    print(f"the whole table: {table}")
