"""A learning rate that climbs and then falls along a cosine."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import call
from bplib.check.task import Case, Seen, Task

task = Task(
    "08.schedule",
    "Up, and down along a cosine",
    asks_for="schedule",
    section="sec-08-schedules",
    parts={"climb": 1, "cosine": 2},
)


@task.reference
def schedule(t: Any, lr: Any, warmup: Any, total: Any) -> Any:
    if t < warmup:
        return lr * (t + 1) / warmup
    if t >= total:
        return 0.0
    return 0.5 * lr * (1 + math.cos(math.pi * (t - warmup) / (total - warmup)))


@task.cases
def cases() -> Iterator[Case]:
    yield from ({"t": t, "lr": 0.8, "warmup": 4, "total": 12} for t in (0, 2, 3, 4, 6, 8, 11, 12, 15))
    yield from ({"t": t, "lr": 0.3, "warmup": 0, "total": 5} for t in (0, 2, 5))


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    part = "climb" if case["t"] < case["warmup"] else "cosine"
    rate = call(answer, *case.values())
    # Half a wave written with other functions may end at 1e-33.
    yield part, "the rate", round(float(rate), 12) if isinstance(rate, int | float | np.floating) else rate


@task.wrong(
    "a first step of length 0",
    hint="Your climb begins at 0, so that the first step goes nowhere, and it never reaches the full rate "
    "before the cosine begins.",
)
def first_step_lost(t: Any, lr: Any, warmup: Any, total: Any) -> Any:
    if t < warmup:
        return lr * t / warmup
    if t >= total:
        return 0.0
    return 0.5 * lr * (1 + math.cos(math.pi * (t - warmup) / (total - warmup)))


@task.wrong(
    "no climb at all",
    hint="The first steps have the full rate already.",
)
def no_warm_up(t: Any, lr: Any, warmup: Any, total: Any) -> Any:
    if t < warmup:
        return lr
    if t >= total:
        return 0.0
    return 0.5 * lr * (1 + math.cos(math.pi * (t - warmup) / (total - warmup)))


@task.wrong(
    "the cosine counted from step 0",
    hint="When the climb is over, part of your cosine has passed already: the rate jumps down. The wave is "
    "to begin where the climb ends.",
)
def cosine_from_the_start(t: Any, lr: Any, warmup: Any, total: Any) -> Any:
    if t < warmup:
        return lr * (t + 1) / warmup
    if t >= total:
        return 0.0
    return 0.5 * lr * (1 + math.cos(math.pi * t / total))


@task.wrong(
    "the wave stretched over all steps",
    hint="Your wave begins at the right step but has the length of the whole run, and so it is not at its "
    "end when the run is.",
)
def too_long_a_wave(t: Any, lr: Any, warmup: Any, total: Any) -> Any:
    if t < warmup:
        return lr * (t + 1) / warmup
    if t >= total:
        return 0.0
    return 0.5 * lr * (1 + math.cos(math.pi * (t - warmup) / total))


@task.wrong(
    "the wave counted from 0, with the length of the rest",
    hint="The climb's steps count in your numerator and not in your denominator: the wave is over before the "
    "run is, and then climbs again.",
)
def too_short_a_wave(t: Any, lr: Any, warmup: Any, total: Any) -> Any:
    if t < warmup:
        return lr * (t + 1) / warmup
    if t >= total:
        return 0.0
    return 0.5 * lr * (1 + math.cos(math.pi * t / (total - warmup)))


@task.wrong(
    "a cosine that comes back",
    hint="After the last step your wave goes on and the rate climbs again. A schedule that is over stays at "
    "its end.",
)
def rises_again(t: Any, lr: Any, warmup: Any, total: Any) -> Any:
    if t < warmup:
        return lr * (t + 1) / warmup
    return 0.5 * lr * (1 + math.cos(math.pi * (t - warmup) / (total - warmup)))


@task.wrong(
    "a whole wave",
    hint="Your cosine goes down in the middle and is back at the full rate at the end. The schedule is half "
    "a wave.",
)
def whole_wave(t: Any, lr: Any, warmup: Any, total: Any) -> Any:
    if t < warmup:
        return lr * (t + 1) / warmup
    if t >= total:
        return 0.0
    return 0.5 * lr * (1 + math.cos(2 * math.pi * (t - warmup) / (total - warmup)))


@task.wrong(
    "π left out",
    hint="The angle of your cosine runs from 0 to 1. Half a wave is π long; yours ends far above 0.",
)
def no_pi(t: Any, lr: Any, warmup: Any, total: Any) -> Any:
    if t < warmup:
        return lr * (t + 1) / warmup
    if t >= total:
        return 0.0
    return 0.5 * lr * (1 + math.cos((t - warmup) / (total - warmup)))


@task.wrong(
    "an angle in degrees",
    hint="You count the angle in degrees. Python's cosine takes radians, and goes round many times.",
)
def degrees(t: Any, lr: Any, warmup: Any, total: Any) -> Any:
    if t < warmup:
        return lr * (t + 1) / warmup
    if t >= total:
        return 0.0
    return 0.5 * lr * (1 + math.cos(180 * (t - warmup) / (total - warmup)))


@task.wrong(
    "a quarter of a wave",
    hint="Your rate falls from the crest to the middle of the wave: flat at the start and steep at the end. "
    "It should come in flat.",
)
def quarter_wave(t: Any, lr: Any, warmup: Any, total: Any) -> Any:
    if t < warmup:
        return lr * (t + 1) / warmup
    if t >= total:
        return 0.0
    return lr * math.cos(0.5 * math.pi * (t - warmup) / (total - warmup))


@task.wrong(
    "a sine for the cosine",
    hint="A sine begins in the middle and goes up. The wave is to begin at its crest.",
)
def sine(t: Any, lr: Any, warmup: Any, total: Any) -> Any:
    if t < warmup:
        return lr * (t + 1) / warmup
    if t >= total:
        return 0.0
    return 0.5 * lr * (1 + math.sin(math.pi * (t - warmup) / (total - warmup)))


@task.wrong(
    "twice the rate",
    hint="One plus a cosine goes from 2 to 0, and nothing in your line brings it back to the full rate at "
    "the crest.",
)
def twice_the_rate(t: Any, lr: Any, warmup: Any, total: Any) -> Any:
    if t < warmup:
        return lr * (t + 1) / warmup
    if t >= total:
        return 0.0
    return lr * (1 + math.cos(math.pi * (t - warmup) / (total - warmup)))


@task.wrong(
    "a straight line",
    hint="Your rate falls evenly. The cosine stays near the crest longer, and near the end.",
)
def straight_line(t: Any, lr: Any, warmup: Any, total: Any) -> Any:
    if t < warmup:
        return lr * (t + 1) / warmup
    if t >= total:
        return 0.0
    return lr * (total - t) / (total - warmup)


@task.wrong(
    "the wave one step ahead",
    hint="Your wave has moved on by a step when it begins: the full rate has come at the end of the climb, "
    "and the task lets the crest have a step of its own.",
)
def one_step_early(t: Any, lr: Any, warmup: Any, total: Any) -> Any:
    if t < warmup:
        return lr * (t + 1) / warmup
    if t >= total:
        return 0.0
    return 0.5 * lr * (1 + math.cos(math.pi * (t + 1 - warmup) / (total - warmup)))


@task.wrong(
    "a climb one step too long",
    hint="At the first step after the climb you are still climbing, and go beyond the full rate.",
)
def climb_one_longer(t: Any, lr: Any, warmup: Any, total: Any) -> Any:
    if t <= warmup:
        return lr * (t + 1) / max(warmup, 1)
    if t >= total:
        return 0.0
    return 0.5 * lr * (1 + math.cos(math.pi * (t - warmup) / (total - warmup)))


@task.wrong(
    "the rate divided by ten",
    hint="That is step decay: constant, and then a tenth.",
)
def steps_down(t: Any, lr: Any, warmup: Any, total: Any) -> Any:
    if t < warmup:
        return lr * (t + 1) / warmup
    if t >= total:
        return 0.0
    return lr * 0.1 ** (2 * (t - warmup) // (total - warmup))


from bplib.check.tasks.a08 import _schedule_more  # noqa: E402, F401  # it enters more wrong answers
