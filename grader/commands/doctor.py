"""``grader doctor``: what this machine allows, and what to install."""

from __future__ import annotations

import argparse
from typing import Any

from grader.commands import parser

EXAMPLES = """\
  grader doctor
"""


def add(commands: Any) -> None:
    """Declare the subcommand."""
    sub = parser(
        commands, "doctor", "say which level of sandbox this machine allows, and what is missing", EXAMPLES
    )
    sub.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the facts; 1 where no safe level is to be had."""
    from grader.sandbox import doctor

    return doctor()
