"""A fair race: one rule, many rates, the same start."""

# mypy: disable-error-code="var-annotated"

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import call, unpack
from bplib.check.task import Case, Seen, Task
from bplib.check.tasks.a08._functions import (
    cliff,
    descent,
    double_well,
    hurried,
    rolling,
    square,
    valley,
)

task = Task(
    "08.race",
    "A fair race",
    asks_for="race",
    section="sec-08-not-optimiser",
    parts={"losses": 3, "winner": 1},
)


@task.reference
def race(f: Any, w: Any, rule: Any, rates: Any, steps: Any) -> Any:
    losses = []
    for lr in rates:
        here, memory = w, {}
        for _ in range(steps):
            here, memory = rule(here, f(here)[1], memory, lr)
        loss = f(here)[0]
        losses.append(loss if np.isfinite(loss) else np.inf)
    return rates[int(np.argmin(losses))], losses


def run(f: Any, w: Any, rule: Any, rates: Any, steps: int) -> Case:
    """A race from w (D,), by a rule, with each of the rates, for so many steps."""
    return {"f": f, "w": np.array(w), "rule": rule, "rates": rates, "steps": steps}


@task.cases
def cases() -> Iterator[Case]:
    yield run(square, [2.0], descent, [0.25, 0.1, 0.75], 1)
    yield run(valley, [1.0, 1.0], rolling, [0.01, 0.1, 0.05, 0.3], 3)
    yield run(cliff, [1.0, 1.0], descent, [0.02, 0.1, 0.9, 0.05], 4)
    yield run(double_well, [0.3, -1.7], hurried, [0.4, 0.05, 0.2], 3)
    yield run(double_well, [1.4, 1.1], rolling, [0.4, 0.05, 0.3], 4)
    yield run(double_well, [0.5, 0.1], rolling, [0.1, 0.6], 0)


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    best, losses = unpack(call(answer, *case.values()), "best", "losses", of="race")
    yield "losses", "losses", losses
    yield "winner", "the best rate", best


@task.wrong(
    "the memory carried on from one rate to the next",
    hint="The second run begins with what the first one remembered. Each runner has to start with an empty "
    "memory, or the race depends on the order of the rates.",
    section="sec-08-bug-memory",
)
def memory_carried(f: Any, w: Any, rule: Any, rates: Any, steps: Any) -> Any:
    losses = []
    memory = {}
    for lr in rates:
        here = w
        for _ in range(steps):
            here, memory = rule(here, f(here)[1], memory, lr)
        loss = f(here)[0]
        losses.append(loss if np.isfinite(loss) else np.inf)
    return rates[int(np.argmin(losses))], losses


@task.wrong(
    "each run begins where the last one ended",
    hint="Only your first run starts from w. The later ones are handed a place that others have walked to.",
)
def start_carried(f: Any, w: Any, rule: Any, rates: Any, steps: Any) -> Any:
    losses = []
    here = w
    for lr in rates:
        memory = {}
        for _ in range(steps):
            here, memory = rule(here, f(here)[1], memory, lr)
        loss = f(here)[0]
        losses.append(loss if np.isfinite(loss) else np.inf)
    return rates[int(np.argmin(losses))], losses


@task.wrong(
    "memory thrown away after every step",
    hint="The rule gives back what it wants to remember, and you call it with an empty memory each time. "
    "Momentum without memory is gradient descent.",
    section="sec-08-bug-memory",
)
def nothing_carried(f: Any, w: Any, rule: Any, rates: Any, steps: Any) -> Any:
    losses = []
    for lr in rates:
        here = w
        for _ in range(steps):
            here, _ = rule(here, f(here)[1], {}, lr)
        loss = f(here)[0]
        losses.append(loss if np.isfinite(loss) else np.inf)
    return rates[int(np.argmin(losses))], losses


@task.wrong(
    "the loss taken one step too early",
    hint="Your loss belongs to the place from which the last step was made. That step has been paid for, and "
    "is not looked at.",
)
def loss_before_last(f: Any, w: Any, rule: Any, rates: Any, steps: Any) -> Any:
    losses = []
    for lr in rates:
        here, memory, loss = w, {}, f(w)[0]
        for _ in range(steps):
            loss, g = f(here)
            here, memory = rule(here, g, memory, lr)
        losses.append(loss if np.isfinite(loss) else np.inf)
    return rates[int(np.argmin(losses))], losses


@task.wrong(
    "one step too many",
    hint="Your runs are one step longer than asked.",
)
def one_step_more(f: Any, w: Any, rule: Any, rates: Any, steps: Any) -> Any:
    losses = []
    for lr in rates:
        here, memory = w, {}
        for _ in range(steps + 1):
            here, memory = rule(here, f(here)[1], memory, lr)
        loss = f(here)[0]
        losses.append(loss if np.isfinite(loss) else np.inf)
    return rates[int(np.argmin(losses))], losses


@task.wrong(
    "a run that failed wins",
    hint="A loss that is not a number compares as neither smaller nor larger, and NumPy's search for the "
    "smallest stops at it. A run that broke down has lost.",
)
def nan_wins(f: Any, w: Any, rule: Any, rates: Any, steps: Any) -> Any:
    losses = []
    for lr in rates:
        here, memory = w, {}
        for _ in range(steps):
            here, memory = rule(here, f(here)[1], memory, lr)
        losses.append(f(here)[0])
    return rates[int(np.argmin(losses))], losses


@task.wrong(
    "the place in the list in place of the rate",
    hint="What you return says where the best rate stands in the list. The task asks for the rate.",
)
def index_returned(f: Any, w: Any, rule: Any, rates: Any, steps: Any) -> Any:
    losses = []
    for lr in rates:
        here, memory = w, {}
        for _ in range(steps):
            here, memory = rule(here, f(here)[1], memory, lr)
        loss = f(here)[0]
        losses.append(loss if np.isfinite(loss) else np.inf)
    return int(np.argmin(losses)), losses


@task.wrong(
    "the best loss in place of the rate",
    hint="What you return as the winner is a loss. The task asks for the rate that led to it.",
)
def loss_returned(f: Any, w: Any, rule: Any, rates: Any, steps: Any) -> Any:
    losses = []
    for lr in rates:
        here, memory = w, {}
        for _ in range(steps):
            here, memory = rule(here, f(here)[1], memory, lr)
        loss = f(here)[0]
        losses.append(loss if np.isfinite(loss) else np.inf)
    return min(losses), losses


from bplib.check.tasks.a08 import _race_more  # noqa: E402, F401  # it enters more wrong answers
