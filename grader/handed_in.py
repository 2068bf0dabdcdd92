"""Reads the files that students handed in, and makes the verdicts for which nothing has to be run."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import Any

from grader.bundle import Bundle
from grader.key import FORMAT, environment
from grader.submission import LARGEST


class Refused(Exception):
    """A file that is not read. ``status`` is what becomes of it; the text says why, for the student."""

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def read(path: Path) -> bytes:
    """The bytes of a submitted notebook. Refused for what is no plain file of a possible size.

    Links are not followed and pipes not waited for: a submission cannot name another file of this machine.
    """
    if path.parent.is_symlink():
        raise Refused("quarantined", "What was handed in is a link to another folder, which is not followed.")
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        handle = os.open(path, flags)
    except FileNotFoundError:
        raise Refused("zero", f"There is no notebook {path.name} in what was handed in.") from None
    except OSError as error:
        if path.is_symlink():
            raise Refused(
                "quarantined", f"{path.name} is a link to another file, which is not followed."
            ) from None
        raise Refused("quarantined", f"{path.name} cannot be opened ({error.strerror}).") from None
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise Refused("quarantined", f"{path.name} is not a file but a folder, pipe or device.")
        if found.st_size > LARGEST:
            raise Refused(
                "quarantined",
                f"{path.name} has {found.st_size:,} bytes; {LARGEST:,} are allowed. "
                "Clear its outputs and hand it in again.",
            )
        with os.fdopen(handle, "rb", closefd=False) as stream:
            return stream.read(LARGEST + 1)
    finally:
        os.close(handle)


def without_running(bundle: Bundle, status: str, reason: str) -> dict[str, Any]:
    """A verdict on something that was not run: "zero" or "quarantined", with its reason."""
    if status not in ("zero", "quarantined"):
        raise ValueError(f"without_running: status is {status!r}; it should be 'zero' or 'quarantined'")
    return {
        "format": FORMAT,
        "assignment": bundle.name,
        "bundle": bundle.digest,
        "submission": "",
        "environment": environment(),
        "status": status,
        "reason": reason,
        "cells": [],
        "extra": [],
        "repairs": [],
        "seconds": 0.0,
    }


def key_without_running(bundle: Bundle, status: str, reason: str) -> str:
    """The key of such a verdict: the same reason, the same key."""
    words = f"{status} {reason} {bundle.digest} {environment()}"
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()
