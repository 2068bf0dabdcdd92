"""More wrong schedules: brackets, and a share for a rate."""

from __future__ import annotations

import math
from typing import Any

from bplib.check.tasks.a08.schedule import task


@task.wrong(
    "the cosine divided, and not its angle",
    hint="A bracket closes too early: you take the cosine of a multiple of π, which is 1 or −1, and divide "
    "that by the length of the wave. The length belongs into the angle.",
)
def cosine_divided(t: Any, lr: Any, warmup: Any, total: Any) -> Any:
    if t < warmup:
        return lr * (t + 1) / warmup
    if t >= total:
        return 0.0
    return 0.5 * lr * (1 + math.cos(math.pi * (t - warmup)) / (total - warmup))


@task.wrong(
    "the rate on the 1 alone",
    hint="A pair of brackets is missing: half of the rate multiplies the 1, and the cosine is added to that "
    "at its full height.",
)
def bracket_missing(t: Any, lr: Any, warmup: Any, total: Any) -> Any:
    if t < warmup:
        return lr * (t + 1) / warmup
    if t >= total:
        return 0.0
    return 0.5 * lr * 1 + math.cos(math.pi * (t - warmup) / (total - warmup))


@task.wrong(
    "a share in place of a rate",
    hint="What you return goes from 0 to 1 and back, whatever the full rate. That is the shape; the rate is "
    "as high as lr says.",
)
def share(t: Any, lr: Any, warmup: Any, total: Any) -> Any:
    if t < warmup:
        return (t + 1) / warmup
    if t >= total:
        return 0.0
    return 0.5 * (1 + math.cos(math.pi * (t - warmup) / (total - warmup)))
