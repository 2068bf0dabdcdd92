"""More wrong races."""

# mypy: disable-error-code="var-annotated"

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a08.race import task


@task.wrong(
    "the largest loss wins",
    hint="You look for the largest of the losses, and crown the run that ended highest.",
)
def largest_wins(f: Any, w: Any, rule: Any, rates: Any, steps: Any) -> Any:
    losses = []
    for lr in rates:
        here, memory = w, {}
        for _ in range(steps):
            here, memory = rule(here, f(here)[1], memory, lr)
        loss = f(here)[0]
        losses.append(loss if np.isfinite(loss) else np.inf)
    return rates[int(np.argmax(losses))], losses


@task.wrong(
    "the last rate returned",
    hint="After a loop its variable holds the last rate that was tried, which need not be the best.",
)
def last_rate(f: Any, w: Any, rule: Any, rates: Any, steps: Any) -> Any:
    losses = []
    for lr in rates:
        here, memory = w, {}
        for _ in range(steps):
            here, memory = rule(here, f(here)[1], memory, lr)
        loss = f(here)[0]
        losses.append(loss if np.isfinite(loss) else np.inf)
    return lr, losses


@task.wrong(
    "the best loss on the way",
    hint="You note the lowest loss that a run came by. It did not stay there: the task asks where it stands "
    "at the end.",
)
def best_on_the_way(f: Any, w: Any, rule: Any, rates: Any, steps: Any) -> Any:
    losses = []
    for lr in rates:
        here, memory, low = w, {}, f(w)[0]
        for _ in range(steps):
            here, memory = rule(here, f(here)[1], memory, lr)
            low = min(low, f(here)[0])
        losses.append(low if np.isfinite(low) else np.inf)
    return rates[int(np.argmin(losses))], losses


@task.wrong(
    "the gradient of the start in every step",
    hint="You ask for the slope once, at the start, and walk on by it. Every place has its own.",
)
def gradient_once(f: Any, w: Any, rule: Any, rates: Any, steps: Any) -> Any:
    losses = []
    for lr in rates:
        here, memory, g = w, {}, f(w)[1]
        for _ in range(steps):
            here, memory = rule(here, g, memory, lr)
        loss = f(here)[0]
        losses.append(loss if np.isfinite(loss) else np.inf)
    return rates[int(np.argmin(losses))], losses


@task.wrong(
    "one rate for all runs",
    hint="All your runs are made with the first rate.",
)
def one_rate(f: Any, w: Any, rule: Any, rates: Any, steps: Any) -> Any:
    losses = []
    for _lr in rates:
        here, memory = w, {}
        for _ in range(steps):
            here, memory = rule(here, f(here)[1], memory, rates[0])
        loss = f(here)[0]
        losses.append(loss if np.isfinite(loss) else np.inf)
    return rates[int(np.argmin(losses))], losses


@task.wrong(
    "the two results the other way round",
    hint="The task asks for the best rate first, and for the list of losses second.",
)
def results_swapped(f: Any, w: Any, rule: Any, rates: Any, steps: Any) -> Any:
    losses = []
    for lr in rates:
        here, memory = w, {}
        for _ in range(steps):
            here, memory = rule(here, f(here)[1], memory, lr)
        loss = f(here)[0]
        losses.append(loss if np.isfinite(loss) else np.inf)
    return losses, rates[int(np.argmin(losses))]


@task.wrong(
    "failed runs left out of the list",
    hint="Your list is shorter than the list of rates, so that its places no longer belong to them.",
)
def failed_left_out(f: Any, w: Any, rule: Any, rates: Any, steps: Any) -> Any:
    losses = []
    for lr in rates:
        here, memory = w, {}
        for _ in range(steps):
            here, memory = rule(here, f(here)[1], memory, lr)
        loss = f(here)[0]
        if np.isfinite(loss):
            losses.append(loss)
    return rates[int(np.argmin(losses))], losses


@task.wrong(
    "the loss together with its gradient",
    hint="f gives back two things, and you note both. The list asks for the first of them, one number for "
    "each rate.",
)
def pairs(f: Any, w: Any, rule: Any, rates: Any, steps: Any) -> Any:
    losses = []
    for lr in rates:
        here, memory = w, {}
        for _ in range(steps):
            here, memory = rule(here, f(here)[1], memory, lr)
        losses.append(f(here))
    finite = [loss if np.isfinite(loss) else np.inf for loss, _ in losses]
    return rates[int(np.argmin(finite))], losses


@task.wrong(
    "the best loss in place of the list",
    hint="The second thing to return is the whole list, with the losses of the runs that did not win as well.",
)
def best_loss(f: Any, w: Any, rule: Any, rates: Any, steps: Any) -> Any:
    losses = []
    for lr in rates:
        here, memory = w, {}
        for _ in range(steps):
            here, memory = rule(here, f(here)[1], memory, lr)
        loss = f(here)[0]
        losses.append(loss if np.isfinite(loss) else np.inf)
    return rates[int(np.argmin(losses))], min(losses)


@task.wrong(
    "the last of several equals",
    hint="Two rates end at the same loss. The task gives it to the first of them; you let a later one that "
    "is no better take its place.",
)
def last_of_equals(f: Any, w: Any, rule: Any, rates: Any, steps: Any) -> Any:
    losses = []
    for lr in rates:
        here, memory = w, {}
        for _ in range(steps):
            here, memory = rule(here, f(here)[1], memory, lr)
        loss = f(here)[0]
        losses.append(loss if np.isfinite(loss) else np.inf)
    best = max(k for k, loss in enumerate(losses) if loss == min(losses))
    return rates[best], losses
