"""A slope without a subtraction: the complex step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import StudentError, call
from bplib.check.task import Case, Seen, Task
from bplib.check.tasks.a02._functions import cube, growing_wave, martins

task = Task(
    "02.complex_step",
    "A slope without a subtraction",
    asks_for="complex_step",
    section="sec-02-complex-step",
    parts={"slope": 1},
    tolerance=1e-9,
)


@task.reference
def complex_step(f: Any, x: Any, h: Any) -> Any:
    return np.imag(f(x + 1j * h)) / h


@task.cases
def cases() -> Iterator[Case]:
    yield {"f": cube, "x": np.array([2.0, 1.0]), "h": 0.1}
    yield {"f": growing_wave, "x": np.array([0.3, 2.0, -1.0]), "h": 1e-20}
    yield {"f": martins, "x": np.array([[0.2, 0.7], [1.1, 1.5]]), "h": 1e-100}


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    slope = call(answer, *case.values())
    if isinstance(slope, np.ndarray | complex) and np.iscomplexobj(slope):
        raise StudentError("form", "complex_step returned complex numbers; a slope is a real one.")
    yield "slope", "the slope", slope


@task.wrong(
    "the real part taken",
    hint="The real part holds the value of f, and the change that the step made stands in the other half.",
)
def real_part(f: Any, x: Any, h: Any) -> Any:
    return np.real(f(x + 1j * h)) / h


@task.wrong(
    "the imaginary part, not divided",
    hint="What you return is by how much f moved. A slope is a movement in units of the step that caused it.",
)
def not_divided(f: Any, x: Any, h: Any) -> Any:
    return np.imag(f(x + 1j * h))


@task.wrong(
    "divided by two steps",
    hint="The factor 2 belongs to the central difference, where two points lie on either side. Here f is called at "
    "one point, one step away.",
)
def two_steps(f: Any, x: Any, h: Any) -> Any:
    return np.imag(f(x + 1j * h)) / (2 * h)


@task.wrong(
    "a central difference on the real line",
    hint="You step along the real line and subtract. With a tiny step both values are stored as the same number, "
    "and nothing is left. The point of this task is a step that needs no subtraction.",
    section="sec-02-v",
)
def central(f: Any, x: Any, h: Any) -> Any:
    return (f(x + h) - f(x - h)) / (2 * h)


@task.wrong(
    "a forward difference on the real line",
    hint="You step along the real line and subtract. With a tiny step the two values are stored as the same "
    "number, and nothing is left. The point of this task is a step that needs no subtraction.",
    section="sec-02-v",
)
def forward(f: Any, x: Any, h: Any) -> Any:
    return (f(x + h) - f(x)) / h


@task.wrong(
    "a step of your own, whatever h is",
    hint="Your result does not depend on h. With a large step the error term is there to be seen, and whoever "
    "measures how it shrinks needs the step that was asked for.",
)
def own_step(f: Any, x: Any, h: Any) -> Any:
    return np.imag(f(x + 1e-20j)) / 1e-20


@task.wrong(
    "a step sideways by a whole unit",
    hint="You step by i and not by ih. So large a step is far outside the region where the first terms of the "
    "series are all that matters.",
)
def unit_step(f: Any, x: Any, h: Any) -> Any:
    return np.imag(f(x + 1j)) / h


@task.wrong(
    "the length of the change, which has no sign",
    hint="The absolute value of a complex number is never negative, and a slope can be. For large steps it also "
    "mixes in what happened to the real half.",
)
def modulus(f: Any, x: Any, h: Any) -> Any:
    return np.abs(f(x + 1j * h) - f(x)) / h


@task.wrong(
    "a step in proportion to x",
    hint="Your step is x times ih: twice as long where x is 2, and no step at all where x is 0. The same h is "
    "meant for every entry.",
)
def step_times_x(f: Any, x: Any, h: Any) -> Any:
    return np.imag(f(x * (1 + 1j * h))) / h


@task.wrong(
    "a complex number returned",
    hint="You divide by ih and return both halves. The slope of a real function is a real number; it is one half "
    "of what you have, and the other half is rounding or the error term.",
)
def complex_returned(f: Any, x: Any, h: Any) -> Any:
    return (f(x + 1j * h) - f(x)) / (1j * h)


@task.wrong(
    "a step to the other side",
    hint="You step by −ih and divide by +h, so the slope comes out with its sign turned.",
)
def sign_turned(f: Any, x: Any, h: Any) -> Any:
    return np.imag(f(x - 1j * h)) / h
