"""One training step of a network of two layers with tanh between them."""

from __future__ import annotations

from bplib.check.tasks.a01 import _network_step_slips  # it enters its wrong answers
from bplib.check.tasks.a01._network_step import task

__all__ = ["_network_step_slips", "task"]
