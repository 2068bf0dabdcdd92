"""The subcommands of ``grader``: each module has ``add(commands)``, which declares it, and ``run(args)``.

Declaring imports nothing of weight; ``run`` imports what it needs, and gives the exit code.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from pathlib import Path
from typing import Any

FAILED, QUARANTINED, BUSY, STOPPED, INTERRUPTED = 1, 3, 4, 5, 130


def add_all(commands: Any) -> None:
    """Declare every subcommand of this folder."""
    for found in pkgutil.iter_modules(__path__):
        if not found.name.startswith("_"):
            importlib.import_module(f"{__name__}.{found.name}").add(commands)


def parser(commands: Any, name: str, help: str, examples: str, more: str = "") -> argparse.ArgumentParser:
    """A subcommand's parser, with examples at the end of its help."""
    sub: argparse.ArgumentParser = commands.add_parser(
        name,
        help=help,
        description=help[0].upper() + help[1:] + ".",
        epilog=f"examples:\n{examples}{more}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return sub


def add_course(sub: argparse.ArgumentParser) -> None:
    """The option that says which course is meant."""
    sub.add_argument(
        "--course",
        type=Path,
        default=Path("."),
        metavar="FOLDER",
        help="the course's folder (default: this one)",
    )


def complain(error: BaseException, code: int = FAILED) -> int:
    """Say on stderr what went wrong; gives the exit code."""
    print(f"grader: {error}", file=sys.stderr)
    return code
