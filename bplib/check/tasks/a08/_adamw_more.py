"""More wrong answers to AdamW: the corrections with a product for a power, and another β₂."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a08.adamw import task


@task.wrong(
    "β times t in place of β to the power t",
    hint="In the first step the two are the same. Later your correction turns negative, and the root of a "
    "negative number is nan.",
    section="sec-08-bias",
)
def beta_times_t(w: Any, g: Any, m: Any, v: Any, t: Any, lr: Any, decay: Any) -> Any:
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g * g
    step = lr * (m / (1 - 0.9 * t)) / (np.sqrt(v / (1 - 0.999 * t)) + 1e-8)
    return (1 - lr * decay) * w - step, m, v


@task.wrong(
    "another β₂",
    hint="Your average of squares forgets ten times as fast as the task has it. The example of task 4 had "
    "0.99; here the numbers are fixed at the usual ones.",
)
def other_beta(w: Any, g: Any, m: Any, v: Any, t: Any, lr: Any, decay: Any) -> Any:
    m = 0.9 * m + 0.1 * g
    v = 0.99 * v + 0.01 * g * g
    step = lr * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.99**t)) + 1e-8)
    return (1 - lr * decay) * w - step, m, v
