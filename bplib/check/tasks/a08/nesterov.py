"""Nesterov's step as the textbooks have it: the gradient is asked for at the look-ahead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import call, unpack
from bplib.check.task import Case, Seen, Task
from bplib.check.tasks.a08._functions import bowl, wells

task = Task(
    "08.nesterov",
    "Look before you step",
    asks_for="nesterov",
    section="sec-08-nesterov",
    parts={"velocity": 2, "position": 1},
)


@task.reference
def nesterov(gradient: Any, w: Any, v: Any, lr: Any, beta: Any) -> Any:
    ahead = w + beta * v
    v = beta * v - lr * gradient(ahead)
    return w + v, v


def moving(seed: int, gradient: Any, D: int, lr: float, beta: float) -> Case:
    """A place and a velocity, (D,) each, drawn at random."""
    rng = np.random.default_rng(seed)
    return {
        "gradient": gradient,
        "w": rng.standard_normal(D),
        "v": rng.standard_normal(D),
        "lr": lr,
        "beta": beta,
    }


@task.cases
def cases() -> Iterator[Case]:
    yield {
        "gradient": bowl,
        "w": np.array([1.0, 1.0]),
        "v": np.array([0.5, -0.5]),
        "lr": 0.1,
        "beta": 0.8,
    }
    yield {"gradient": bowl, "w": np.array([2.0, -1.0]), "v": np.zeros(2), "lr": 0.05, "beta": 0.9}
    yield moving(1, wells, 3, 0.3, 0.6)
    yield moving(2, bowl, 2, 0.02, 0.95)


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    w, v = unpack(call(answer, *case.values()), "w", "v", of="nesterov")
    yield "velocity", "the new velocity v", v
    yield "position", "the new w", w


@task.wrong(
    "the gradient taken where w stands",
    hint="You ask for the slope at w. That is momentum. Nesterov's point is that you are about to be carried "
    "somewhere else, and that the slope there is the one that counts.",
)
def at_w(gradient: Any, w: Any, v: Any, lr: Any, beta: Any) -> Any:
    v = beta * v - lr * gradient(w)
    return w + v, v


@task.wrong(
    "a look-ahead with the whole velocity",
    hint="Momentum carries w by β times the velocity, because friction takes the rest. You look farther than "
    "you will go.",
)
def whole_velocity(gradient: Any, w: Any, v: Any, lr: Any, beta: Any) -> Any:
    v = beta * v - lr * gradient(w + v)
    return w + v, v


@task.wrong(
    "a look behind",
    hint="You subtract the velocity from w, and ask for the slope at a place that lies in your back. The "
    "velocity already points where w is going.",
)
def behind(gradient: Any, w: Any, v: Any, lr: Any, beta: Any) -> Any:
    v = beta * v - lr * gradient(w - beta * v)
    return w + v, v


@task.wrong(
    "the step made from the look-ahead",
    hint="The look-ahead is only a place to ask for a slope. You then also walk on from there, so that the "
    "old velocity moves w twice.",
)
def from_ahead(gradient: Any, w: Any, v: Any, lr: Any, beta: Any) -> Any:
    ahead = w + beta * v
    v = beta * v - lr * gradient(ahead)
    return ahead + v, v


@task.wrong(
    "the look-ahead returned as the new w",
    hint="What you return as w is where momentum will carry it next. The library keeps that point as its "
    "parameter; here the task asks for w itself.",
)
def ahead_returned(gradient: Any, w: Any, v: Any, lr: Any, beta: Any) -> Any:
    v = beta * v - lr * gradient(w + beta * v)
    return w + v + beta * v, v


@task.wrong(
    "no friction",
    hint="Your new velocity keeps all of the old one. Without friction a ball in a valley never stops.",
    section="sec-08-momentum",
)
def no_friction(gradient: Any, w: Any, v: Any, lr: Any, beta: Any) -> Any:
    v = v - lr * gradient(w + beta * v)
    return w + v, v


@task.wrong(
    "the gradient added to the velocity",
    hint="The slope points uphill, and you accelerate that way.",
    section="sec-01-sign",
)
def uphill(gradient: Any, w: Any, v: Any, lr: Any, beta: Any) -> Any:
    v = beta * v + lr * gradient(w + beta * v)
    return w + v, v


@task.wrong(
    "a buffer of gradients in place of a velocity",
    hint="Your memory adds up gradients, and the step turns them round. That is the form of the last task; a "
    "velocity is a step, and has its sign and its rate in it.",
    section="sec-08-momentum",
)
def buffer(gradient: Any, w: Any, v: Any, lr: Any, beta: Any) -> Any:
    u = beta * v + gradient(w + beta * v)
    return w - lr * u, u


@task.wrong(
    "no learning rate",
    hint="The gradient enters your velocity in full. The rate says how much of it a step may use.",
    section="sec-08-two-momenta",
)
def no_rate(gradient: Any, w: Any, v: Any, lr: Any, beta: Any) -> Any:
    v = beta * v - gradient(w + beta * v)
    return w + v, v


@task.wrong(
    "w moved by the old velocity",
    hint="You renew the velocity and then move w by the one from before. This gradient has no say in this "
    "step.",
)
def old_velocity(gradient: Any, w: Any, v: Any, lr: Any, beta: Any) -> Any:
    return w + v, beta * v - lr * gradient(w + beta * v)


@task.wrong(
    "the velocity comes back as it went in",
    hint="The step is right, and its velocity is lost: the next step begins with the one from before.",
    section="sec-08-bug-memory",
)
def not_carried(gradient: Any, w: Any, v: Any, lr: Any, beta: Any) -> Any:
    return w + beta * v - lr * gradient(w + beta * v), v


@task.wrong(
    "a running average of velocity and gradient",
    hint="You give the gradient only the share that friction leaves. In this form the gradient enters with "
    "the rate, and with nothing else before it.",
    section="sec-08-two-momenta",
)
def averaged(gradient: Any, w: Any, v: Any, lr: Any, beta: Any) -> Any:
    v = beta * v - (1 - beta) * lr * gradient(w + beta * v)
    return w + v, v


@task.wrong(
    "momentum first, then a step from the gradient at the new place, without a share of the velocity in w",
    hint="Your w moves by the gradient alone. The velocity is used to look ahead and then left behind; it "
    "should carry w.",
)
def gradient_step_only(gradient: Any, w: Any, v: Any, lr: Any, beta: Any) -> Any:
    g = gradient(w + beta * v)
    return w - lr * g, beta * v - lr * g


@task.wrong(
    "the two results the other way round",
    hint="The task asks for the new parameter first, and for its velocity second.",
)
def swapped(gradient: Any, w: Any, v: Any, lr: Any, beta: Any) -> Any:
    v = beta * v - lr * gradient(w + beta * v)
    return v, w + v


@task.wrong(
    "friction counted twice in the look-ahead",
    hint="You shrink the velocity first and then look ahead with a share of what is left. The look-ahead is "
    "one friction away from w, and yours is two.",
)
def friction_twice(gradient: Any, w: Any, v: Any, lr: Any, beta: Any) -> Any:
    v = beta * v
    v = v - lr * gradient(w + beta * v)
    return w + v, v
