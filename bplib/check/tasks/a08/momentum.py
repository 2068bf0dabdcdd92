"""Momentum: one step, and the buffer that it leaves behind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import call, unpack
from bplib.check.task import Case, Seen, Task

task = Task(
    "08.momentum",
    "A step with momentum",
    asks_for="momentum",
    section="sec-08-momentum",
    parts={"buffer": 1, "step": 1},
)


@task.reference
def momentum(w: Any, g: Any, u: Any, lr: Any, beta: Any) -> Any:
    u = beta * u + g
    return w - lr * u, u


def moving(seed: int, shape: tuple[int, ...], lr: float, beta: float, dtype: Any = np.float64) -> Case:
    """A parameter of this shape, its gradient and a buffer, all drawn at random."""
    rng = np.random.default_rng(seed)
    w, g, u = (rng.standard_normal(shape).astype(dtype) for _ in range(3))
    return {"w": w, "g": g, "u": u, "lr": lr, "beta": beta}


@task.cases
def cases() -> Iterator[Case]:
    yield {
        "w": np.array([1.0, -2.0]),
        "g": np.array([0.5, 1.0]),
        "u": np.array([2.0, -1.0]),
        "lr": 0.1,
        "beta": 0.9,
    }
    yield {**moving(1, (3,), 0.5, 0.9), "u": np.zeros(3)}
    yield moving(2, (2, 3), 0.01, 0.5)
    yield moving(3, (4, 1), 0.25, 0.75, np.float32)


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    w, u = unpack(call(answer, *case.values()), "w", "u", of="momentum")
    yield "buffer", "the new buffer u", u
    yield "step", "the new w", w


@task.wrong(
    "a running average instead of a running sum",
    hint="Your buffer weighs the new gradient with what is left of 1. That is the other convention: with the "
    "same rate its steps are only a tenth as long at β = 0.9. The task asks for the one in which g "
    "counts in full.",
    section="sec-08-two-momenta",
)
def averaged(w: Any, g: Any, u: Any, lr: Any, beta: Any) -> Any:
    u = beta * u + (1 - beta) * g
    return w - lr * u, u


@task.wrong(
    "the rate folded into the buffer",
    hint="Your buffer remembers steps, with the rates of their time in them, and not gradients. When the "
    "rate changes on the way, old steps of the old length stay in it.",
    section="sec-08-two-momenta",
)
def rate_in_buffer(w: Any, g: Any, u: Any, lr: Any, beta: Any) -> Any:
    u = beta * u + lr * g
    return w - u, u


@task.wrong(
    "the rate on the whole buffer",
    hint="Each time the buffer passes through your hands it is multiplied by the rate, the memory in it as "
    "well. After two steps nothing is left of what was there.",
    section="sec-08-two-momenta",
)
def rate_on_all(w: Any, g: Any, u: Any, lr: Any, beta: Any) -> Any:
    u = lr * (beta * u + g)
    return w - u, u


@task.wrong(
    "the old buffer is not used",
    hint="Whatever the buffer held before, your new one is the gradient alone. That is plain gradient "
    "descent under another name.",
    section="sec-08-bug-memory",
)
def no_memory(w: Any, g: Any, u: Any, lr: Any, beta: Any) -> Any:
    u = beta * np.zeros_like(u) + g
    return w - lr * u, u


@task.wrong(
    "the buffer comes back as it went in",
    hint="You make the step with the new buffer and return the old one. At the next step everything that "
    "this gradient said has been forgotten.",
    section="sec-08-bug-memory",
)
def not_carried(w: Any, g: Any, u: Any, lr: Any, beta: Any) -> Any:
    return w - lr * (beta * u + g), u


@task.wrong(
    "the step taken with the old buffer",
    hint="The buffer is renewed, and the step does not see it: w moves by what was remembered before this "
    "gradient came. Its news reaches w one step late.",
)
def one_late(w: Any, g: Any, u: Any, lr: Any, beta: Any) -> Any:
    return w - lr * u, beta * u + g


@task.wrong(
    "the step added",
    hint="The buffer is a sum of gradients, and they point uphill. You walk that way.",
    section="sec-01-sign",
)
def uphill(w: Any, g: Any, u: Any, lr: Any, beta: Any) -> Any:
    u = beta * u + g
    return w + lr * u, u


@task.wrong(
    "Nesterov's step",
    hint="Your step is the gradient and a share of the new buffer. That is the look-ahead, which is the next "
    "task; here the step goes along the buffer as it is.",
    section="sec-08-nesterov",
)
def nesterov_step(w: Any, g: Any, u: Any, lr: Any, beta: Any) -> Any:
    u = beta * u + g
    return w - lr * (g + beta * u), u


@task.wrong(
    "β multiplies the gradient, not the memory",
    hint="You keep the whole old buffer and add a share of the new gradient. Nothing is ever forgotten, "
    "there is no friction, and the ball never comes to rest.",
)
def beta_on_gradient(w: Any, g: Any, u: Any, lr: Any, beta: Any) -> Any:
    u = u + beta * g
    return w - lr * u, u


@task.wrong(
    "no learning rate in the step",
    hint="You move w by the whole buffer. A valley of curvature λ bears steps up to 2(1 + β)/λ times the "
    "gradient; without a rate yours are taken at 1, whatever the valley.",
    section="sec-08-two-momenta",
)
def no_rate(w: Any, g: Any, u: Any, lr: Any, beta: Any) -> Any:
    u = beta * u + g
    return w - u, u


@task.wrong(
    "the velocity in place of the buffer",
    hint="What you carry along is a velocity: a step, with its sign and its rate. The task carries "
    "gradients, and puts sign and rate in when the step is made.",
    section="sec-08-nesterov",
)
def velocity(w: Any, g: Any, u: Any, lr: Any, beta: Any) -> Any:
    v = beta * u - lr * g
    return w + v, v


@task.wrong(
    "the two results the other way round",
    hint="The task asks for the new parameter first, and for the buffer second.",
)
def swapped(w: Any, g: Any, u: Any, lr: Any, beta: Any) -> Any:
    u = beta * u + g
    return u, w - lr * u


@task.wrong(
    "β and 1 − β the wrong way round",
    hint="Your buffer keeps the small share of what it was, and the new gradient gets the large one: at β = "
    "0.9 nearly nothing is remembered.",
    section="sec-08-two-momenta",
)
def shares_swapped(w: Any, g: Any, u: Any, lr: Any, beta: Any) -> Any:
    u = (1 - beta) * u + beta * g
    return w - lr * u, u


@task.wrong(
    "the caller's buffer written into",
    hint="You renew the buffer in the caller's own array. Whoever kept it to go on from here later finds "
    "another one.",
)
def in_place(w: Any, g: Any, u: Any, lr: Any, beta: Any) -> Any:
    u *= beta
    u += g
    return w - lr * u, u
