"""A tape for single numbers: it records while it computes, and sweeps back."""

from __future__ import annotations

from bplib.check.tasks.a03 import (
    _tape_leaves,
    _tape_recording,
    _tape_slips,
    _tape_sweeping,
)  # they enter their wrong answers
from bplib.check.tasks.a03._tape import task

__all__ = ["_tape_leaves", "_tape_recording", "_tape_slips", "_tape_sweeping", "task"]
