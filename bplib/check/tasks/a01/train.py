"""Gradient descent on a straight line: many steps, and the losses on the way."""

from __future__ import annotations

from bplib.check.tasks.a01 import _train_losses  # it enters its wrong answers
from bplib.check.tasks.a01._train import task

__all__ = ["_train_losses", "task"]
