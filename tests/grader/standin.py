"""Opens what ``forked`` has, in the way in which a sandbox is opened: for tests of what lies around the sandbox."""

from __future__ import annotations

from tests.grader.forked import Forked


def open_sandbox(level: str = "best") -> Forked:
    """A sandbox in name only, of any level but "none", which there is not."""
    if level == "none":
        raise OSError("there is no such level here")
    return Forked()
