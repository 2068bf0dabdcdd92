"""A sandbox for submissions: each gets a fresh process behind walls, in a few milliseconds.

    with open_sandbox() as sandbox:            # the best level that this machine allows
        channel = sandbox.start(Limits())      # channel.sock leads to grader.child.serve
        ...
        channel.kill()

Levels, from the best: "bubblewrap" (own namespaces and an empty root), "landlock" (where namespaces are forbidden),
and "unsafe" (limits only), which must be asked for by name. What each promises: ``facts.PROMISES``.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from grader.limits import Limits

if TYPE_CHECKING:
    from grader.sandbox.channel import Sandbox
    from grader.sandbox.facts import Fact

SAFE = ("bubblewrap", "landlock")
LEVELS = (*SAFE, "unsafe")
RED, GREEN, PLAIN = "\033[31m", "\033[32m", "\033[0m"

__all__ = ["LEVELS", "SAFE", "Limits", "doctor", "open_sandbox", "probe"]


def open_sandbox(level: str = "best") -> Sandbox:
    """A sandbox of this level; "best" takes the first of ``SAFE`` that works. OSError, with a remedy, if none does."""
    from grader.sandbox.channel import Sandbox, SandboxError

    if level not in ("best", *LEVELS):
        raise ValueError(f"there is no level {level!r}; there are {', '.join(('best', *LEVELS))}")
    if sys.platform != "linux":
        raise SandboxError(
            "There is a sandbox on Linux only: limits on a process are no boundary on macOS or Windows. "
            "Grade in a Linux container or a virtual machine."
        )
    if level == "unsafe":
        print(
            f"{RED}UNSAFE: limits on time and memory are no boundary. Submissions can read and write your files, "
            f"the gradebook included, and use the network.{PLAIN}",
            file=sys.stderr,
        )
        return Sandbox(level)
    if level != "best":
        return Sandbox(level)
    reasons = []
    for name in SAFE:
        try:
            return Sandbox(name)
        except OSError as error:
            reasons.append(f"{name}: {error}")
    raise SandboxError(
        "No sandbox can be opened here; `grader doctor` says what to install. " + "; ".join(reasons)
    )


def probe() -> list[Fact]:
    """What this machine allows, fact by fact."""
    from grader.sandbox import facts

    return facts.facts()


def doctor() -> int:
    """Print what this machine allows, and the best level; 1 if no safe one works."""
    from grader.sandbox import facts

    return facts.doctor()
