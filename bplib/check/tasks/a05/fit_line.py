"""A straight line, fitted by whatever loss it is given: the loss decides what is learned."""

from __future__ import annotations

from bplib.check.tasks.a05 import _fit_line_records  # it enters its wrong answers
from bplib.check.tasks.a05._fit_line import task

__all__ = ["_fit_line_records", "task"]
