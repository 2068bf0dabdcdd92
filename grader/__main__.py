"""The command ``grader``. Each subcommand imports what it needs when it runs, so that help comes at once."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from grader.commands import INTERRUPTED, STOPPED, add_all, complain
from grader.commands import parser as subcommand

AUDITS = """\
  grader audit                  all assignments
  grader audit 04 05            two of them
  grader audit 04 --no-mutants  without what takes longest
"""


def audit(args: argparse.Namespace) -> int:
    """Test the tests of the assignments; 1 where something falls short."""
    from grader.audit import page, run

    audits = run.run(args.assignments or run.numbers(), with_mutants=not args.no_mutants)
    run.write_json(audits, args.json)
    print(run.table(audits))
    lines = run.faults(audits)
    if lines:
        print(f"\n{len(lines)} things fall short:")
        print("\n".join(f"  {line}" for line in lines))
    print(f"\nwritten: {args.json}")
    if args.page:
        page.write(audits, args.page)
    if args.check_page and args.check_page.read_text(encoding="utf-8") != page.text(audits):
        print(f"{args.check_page} is out of date; write it anew: grader audit --page {args.check_page}")
        return 1
    return 1 if lines else 0


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="grader", description="Runs and grades the course's assignments.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    sub = subcommand(
        commands,
        "audit",
        "prove the exercises' tests against right, wrong, empty, memorised and mutated answers",
        AUDITS,
    )
    sub.add_argument(
        "assignments", nargs="*", metavar="NN", help="numbers of assignments; all of them if none is given"
    )
    sub.add_argument(
        "--no-mutants", action="store_true", help="leave out the mechanical mutants, which take longest"
    )
    sub.add_argument(
        "--json",
        type=Path,
        default=Path("build/audit.json"),
        help="where to write all of it (default: build/audit.json)",
    )
    sub.add_argument("--page", type=Path, help="write the result as a fragment of the book")
    sub.add_argument("--check-page", type=Path, help="fail if that fragment is out of date")
    sub.set_defaults(run=audit)
    add_all(commands)
    return top


def main() -> int:
    """Run the command line; gives the exit code."""
    args = parser().parse_args()
    try:
        code: int = args.run(args)
    except KeyboardInterrupt:
        return complain(KeyboardInterrupt("interrupted; the same command goes on from here"), INTERRUPTED)
    except Exception as error:
        if not type(error).__module__.startswith("sqlalchemy"):
            raise
        said = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        return complain(
            RuntimeError(f"the gradebook cannot be used ({said}); mend that and run it again"), STOPPED
        )
    return code


if __name__ == "__main__":
    sys.exit(main())
