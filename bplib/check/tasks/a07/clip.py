"""Clipping by norm: all gradients together, as one vector."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import call, unpack
from bplib.check.task import Case, Seen, Task

task = Task(
    "07.clip",
    "A bound on the step",
    asks_for="clip",
    section="sec-07-clipping",
    parts={"norm": 1, "clipped": 2},
)


@task.reference
def clip(grads: Any, limit: Any) -> Any:
    norm = float(np.sqrt(sum(float(np.sum(g * g)) for g in grads)))
    factor = min(1.0, limit / norm) if norm > 0 else 1.0
    return [g * factor for g in grads], norm


def gradients(seed: int, shapes: Any, limit: float, scale: float = 1.0, dtype: str = "float64") -> Case:
    """Random gradients of these shapes."""
    rng = np.random.default_rng(seed)
    return {"grads": [(scale * rng.standard_normal(s)).astype(dtype) for s in shapes], "limit": limit}


@task.cases
def cases() -> Iterator[Case]:
    yield {"grads": [np.array([[3.0, 0.0]]), np.array([4.0])], "limit": 1.0}
    yield {"grads": [np.array([[0.3, 0.0]]), np.array([0.4])], "limit": 1.0}
    yield gradients(1, ((3, 2), (2,), (2, 4)), 0.5)
    yield gradients(2, ((2, 2), (2,)), 0.25, dtype="float32")
    yield {"grads": [np.zeros((2, 1)), np.zeros(1)], "limit": 1.0}


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    clipped, norm = unpack(call(answer, *case.values()), "clipped", "norm", of="clip")
    yield "norm", "the norm", float(norm) if np.size(norm) == 1 else norm
    names = [f"gradient {k}" for k in range(len(case["grads"]))]
    for name, g in zip(names, unpack(clipped, *names, of="the list clipped"), strict=True):
        yield "clipped", f"{name}, clipped", g


@task.wrong(
    "each array shortened on its own",
    hint="You give every array a length of its own, so that layers lose their proportions and the step its "
    "direction. There is one norm, of everything together.",
)
def each_array(grads: Any, limit: Any) -> Any:
    norm = float(np.sqrt(sum(float(np.sum(g * g)) for g in grads)))
    out = []
    for g in grads:
        own = float(np.sqrt(np.sum(g * g)))
        out.append(g * (min(1.0, limit / own) if own > 0 else 1.0))
    return out, norm


@task.wrong(
    "every entry bounded on its own",
    hint="That is clipping by value. It turns the direction of the step towards a corner; the task asks for the "
    "same direction.",
)
def by_value(grads: Any, limit: Any) -> Any:
    norm = float(np.sqrt(sum(float(np.sum(g * g)) for g in grads)))
    return [np.clip(g, -limit, limit) for g in grads], norm


@task.wrong(
    "the norm of the last array",
    hint="Your norm is one array's. The gradient of the model is all of them, laid end to end.",
)
def last_norm(grads: Any, limit: Any) -> Any:
    norm = float(np.sqrt(np.sum(grads[-1] * grads[-1])))
    factor = min(1.0, limit / norm) if norm > 0 else 1.0
    return [g * factor for g in grads], norm


@task.wrong(
    "the arrays' norms added up",
    hint="Lengths of parts at right angles to each other do not add; their squares do. A vector of 3 and 4 has "
    "length 5.",
)
def norms_added(grads: Any, limit: Any) -> Any:
    norm = sum(float(np.sqrt(np.sum(g * g))) for g in grads)
    factor = min(1.0, limit / norm) if norm > 0 else 1.0
    return [g * factor for g in grads], norm


@task.wrong(
    "the norm without its root",
    hint="The sum of the squares is the square of the length.",
)
def no_root(grads: Any, limit: Any) -> Any:
    norm = sum(float(np.sum(g * g)) for g in grads)
    factor = min(1.0, limit / norm) if norm > 0 else 1.0
    return [g * factor for g in grads], norm


@task.wrong(
    "the largest entry as the norm",
    hint="The length of a vector grows with every entry. You measure its largest one.",
)
def largest_entry(grads: Any, limit: Any) -> Any:
    norm = max(float(np.abs(g).max()) for g in grads)
    factor = min(1.0, limit / norm) if norm > 0 else 1.0
    return [g * factor for g in grads], norm


@task.wrong(
    "the mean square in the place of the sum",
    hint="A mean does not grow with the number of parameters; the length of the step does.",
)
def mean_square(grads: Any, limit: Any) -> Any:
    count = sum(g.size for g in grads)
    norm = float(np.sqrt(sum(float(np.sum(g * g)) for g in grads) / count))
    factor = min(1.0, limit / norm) if norm > 0 else 1.0
    return [g * factor for g in grads], norm


@task.wrong(
    "short gradients lengthened",
    hint="You bring every gradient to the length of the limit, so that steps grow where the slope is gentle. A "
    "bound leaves alone what is short enough.",
    section="sec-07-not-vanishing",
)
def always_scaled(grads: Any, limit: Any) -> Any:
    norm = float(np.sqrt(sum(float(np.sum(g * g)) for g in grads)))
    factor = limit / norm if norm > 0 else 1.0
    return [g * factor for g in grads], norm


@task.wrong(
    "long gradients thrown away",
    hint="Where the norm is above the limit you return zeros. Such a step is to be made shorter; its direction is "
    "still good.",
)
def dropped(grads: Any, limit: Any) -> Any:
    norm = float(np.sqrt(sum(float(np.sum(g * g)) for g in grads)))
    return [g * (1.0 if norm <= limit else 0.0) for g in grads], norm


@task.wrong(
    "divided by the norm, and the limit forgotten",
    hint="What is too long comes out with length 1, whatever the limit says.",
)
def to_length_one(grads: Any, limit: Any) -> Any:
    norm = float(np.sqrt(sum(float(np.sum(g * g)) for g in grads)))
    factor = 1 / norm if norm > limit else 1.0
    return [g * factor for g in grads], norm


@task.wrong(
    "the norm after clipping",
    hint="The second result tells how long the gradient was when it came. You return how long it is when it "
    "leaves, and so nobody learns that it was clipped.",
)
def norm_afterwards(grads: Any, limit: Any) -> Any:
    norm = float(np.sqrt(sum(float(np.sum(g * g)) for g in grads)))
    factor = min(1.0, limit / norm) if norm > 0 else 1.0
    return [g * factor for g in grads], norm * factor


@task.wrong(
    "a division by zero where all gradients are zero",
    hint="A gradient of zeros has the norm 0, and the limit over 0 is no number to multiply by. Zeros are short "
    "enough as they are.",
)
def zero_by_zero(grads: Any, limit: Any) -> Any:
    norm = float(np.sqrt(sum(float(np.sum(g * g)) for g in grads)))
    return [
        g * np.where(norm < limit, np.float64(limit) / norm * 0 + 1, limit / np.float64(norm)) for g in grads
    ], norm


@task.wrong(
    "the arrays that came in, changed",
    hint="You write into the caller's arrays. Others may hold them too: give back new ones.",
)
def in_place(grads: Any, limit: Any) -> Any:
    norm = float(np.sqrt(sum(float(np.sum(g * g)) for g in grads)))
    if norm > limit:
        for g in grads:
            g *= limit / norm
    return grads, norm


@task.wrong(
    "float32 turned into float64",
    hint="What np.sqrt gives of a Python number is a NumPy float64, and its product with a float32 array is a "
    "float64 array. A plain Python number keeps the array's type.",
)
def widened(grads: Any, limit: Any) -> Any:
    norm = np.sqrt(sum(float(np.sum(g * g)) for g in grads))
    factor = np.minimum(1.0, limit / norm) if norm > 0 else 1.0
    return [g * factor for g in grads], norm
