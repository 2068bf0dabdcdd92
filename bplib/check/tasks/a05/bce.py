"""Binary cross-entropy from logits, without overflow, and output minus target."""

from __future__ import annotations

from bplib.check.tasks.a05 import _bce_values  # it enters its wrong answers
from bplib.check.tasks.a05._bce import task

__all__ = ["_bce_values", "task"]
