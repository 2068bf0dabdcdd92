"""One step of gradient descent for all parameters at once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from bplib.check.probes import StudentError, call, describe
from bplib.check.task import Case, Seen, Task

task = Task(
    "06.update",
    "All knobs at once",
    asks_for="update",
    section="sec-06-complete",
    parts={"step": 2},
)


@task.reference
def update(params: Any, grads: Any, lr: Any) -> Any:
    return [p - lr * g for p, g in zip(params, grads, strict=True)]


def parameters(seed: int, sizes: tuple[int, ...], lr: float, dtype: Any = np.float64) -> Case:
    """Parameters [W1, b1, W2, b2, …] of layers of these sizes, and gradients of the same shapes."""
    rng = np.random.default_rng(seed)
    shapes = [s for D, M in pairwise(sizes) for s in ((D, M), (M,))]
    draw = lambda: [rng.standard_normal(s).astype(dtype) for s in shapes]
    return {"params": draw(), "grads": draw(), "lr": lr}


@task.cases
def cases() -> Iterator[Case]:
    yield {
        "params": [np.array([[1.0], [-2.0]]), np.array([0.5])],
        "grads": [np.array([[0.4], [-1.0]]), np.array([2.0])],
        "lr": 0.1,
    }
    yield parameters(1, (3, 4, 2), 0.5)
    yield parameters(2, (2, 3, 3, 1), 0.01, np.float32)


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    new = call(answer, *case.values())
    if not isinstance(new, list | tuple):
        raise StudentError(
            "form", f"update should return the new parameters as a list; it returned {describe(new)}."
        )
    yield "step", "how many arrays came back", len(new)
    for k, p in enumerate(new):
        yield "step", f"new params[{k}]", p


@task.wrong(
    "the step added",
    hint="A gradient points to where the loss grows. You walk that way, and the loss will climb.",
    section="sec-01-sign",
)
def uphill(params: Any, grads: Any, lr: Any) -> Any:
    return [p + lr * g for p, g in zip(params, grads, strict=True)]


@task.wrong(
    "the old parameters overwritten",
    hint="Your new numbers stand in the caller's own list, or even in the caller's own arrays. A pullback that still "
    "holds one of these arrays would now answer with weights that did not make the prediction.",
    section="sec-06-late",
)
def in_place(params: Any, grads: Any, lr: Any) -> Any:
    for p, g in zip(params, grads, strict=True):
        p -= lr * g
    return params


@task.wrong(
    "the learning rate left out",
    hint="You take the whole gradient as the step. Its length says how steep the slope is, not how far it goes on; "
    "a full step usually lands on the other side of the valley.",
    section="sec-01-downhill",
)
def whole_gradient(params: Any, grads: Any, lr: Any) -> Any:
    return [p - g for p, g in zip(params, grads, strict=True)]


@task.wrong(
    "only the weights updated",
    hint="The biases come back as they went in. They are parameters like the others: without them each "
    "unit's dividing line is tied to where it started.",
)
def biases_forgotten(params: Any, grads: Any, lr: Any) -> Any:
    return [p - lr * g if p.ndim == 2 else p for p, g in zip(params, grads, strict=True)]


@task.wrong(
    "the steps returned, and not the new parameters",
    hint="What you return says how far each parameter should move. The task asks for where it then is.",
)
def steps_returned(params: Any, grads: Any, lr: Any) -> Any:
    return [-lr * g for g in grads]


@task.wrong(
    "the return inside the loop",
    hint="A return ends the function at once. Yours stands inside the loop, so that only the first parameter "
    "ever moves.",
)
def returned_early(params: Any, grads: Any, lr: Any) -> Any:
    new = []
    for p, g in zip(params, grads, strict=True):
        new.append(p - lr * g)
        return new
    return new


@task.wrong(
    "every gradient brought to length 1 first",
    hint="You keep the gradient's direction and throw away its length. Near the bottom of the valley the slope gets "
    "small, and so should the steps; yours would jump to and fro for ever.",
    section="sec-01-downhill",
)
def unit_steps(params: Any, grads: Any, lr: Any) -> Any:
    return [p - lr * g / np.linalg.norm(g) for p, g in zip(params, grads, strict=True)]


@task.wrong(
    "nothing changed: the parameters returned as they came",
    hint="Your new numbers were given to a name inside the loop. A list does not notice when the name "
    "that ran through it is given another value, and so what you return is the old list.",
)
def nothing_changed(params: Any, grads: Any, lr: Any) -> Any:
    for p, g in zip(params, grads, strict=True):
        p = p - lr * g
    return params


@task.wrong(
    "a list in a list",
    hint="There is one pair of brackets too many: you return a list with one thing in it, and that one "
    "is the list of the new parameters.",
)
def list_in_list(params: Any, grads: Any, lr: Any) -> Any:
    return [[p - lr * g for p, g in zip(params, grads, strict=True)]]


@task.wrong(
    "written for exactly four parameters",
    hint="You unpack params into four names. The list may be shorter or longer: a network of three "
    "layers has six parameters.",
)
def exactly_four(params: Any, grads: Any, lr: Any) -> Any:
    W1, b1, W2, b2 = params
    dW1, db1, dW2, db2 = grads
    return [W1 - lr * dW1, b1 - lr * db1, W2 - lr * dW2, b2 - lr * db2]
