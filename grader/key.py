"""The key of a verdict: the same submission, assignment, limits, machine and code give the same verdict."""

from __future__ import annotations

import hashlib
import platform
from functools import lru_cache
from pathlib import Path

import numpy as np

import bplib
from grader.bundle import Bundle
from grader.limits import Limits

FORMAT = 1


JUDGES = (
    "bundle",
    "child",
    "grade",
    "key",
    "limits",
    "names",
    "release",
    "remote",
    "submission",
    "unseen",
    "wire",
)


@lru_cache(maxsize=1)
def environment() -> str:
    """A short digest of what verdicts depend on beside submission, bundle and limits: Python, NumPy, and our code."""
    ours = Path(__file__).parent
    files = [*sorted(Path(bplib.__file__).parent.rglob("*.py")), *(ours / f"{n}.py" for n in JUDGES)]
    files += sorted((ours / "sandbox").glob("*.py"))
    digest = hashlib.sha256(f"{FORMAT} {platform.python_version()} {np.__version__}".encode())
    for file in files:
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]


def key(raw: bytes, bundle: Bundle, limits: Limits) -> str:
    """The key of a verdict: the same key, the same verdict."""
    words = f"{hashlib.sha256(raw).hexdigest()} {bundle.digest} {environment()} {limits}"
    return hashlib.sha256(words.encode()).hexdigest()
