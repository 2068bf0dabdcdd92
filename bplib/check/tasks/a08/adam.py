"""Adam, for a list of parameters and one count of steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import StudentError, call, describe, unpack
from bplib.check.task import Case, Seen, Task

task = Task(
    "08.adam",
    "Adam",
    asks_for="adam",
    section="sec-08-adam",
    parts={"first": 2, "later": 3},
)


@task.reference
def adam(params: Any, grads: Any, state: Any, lr: Any, b1: Any, b2: Any, eps: Any) -> Any:
    t = state["t"] + 1
    m = [b1 * a + (1 - b1) * g for a, g in zip(state["m"], grads, strict=True)]
    v = [b2 * a + (1 - b2) * g * g for a, g in zip(state["v"], grads, strict=True)]
    new = [
        p - lr * (a / (1 - b1**t)) / (np.sqrt(b / (1 - b2**t)) + eps)
        for p, a, b in zip(params, m, v, strict=True)
    ]
    return new, {"t": t, "m": m, "v": v}


def network(
    seed: int, shapes: tuple[tuple[int, ...], ...], t: int, lr: float, b1: float, b2: float, eps: float
) -> Case:
    """Parameters of these shapes, gradients of very different sizes, and the state after t steps."""
    rng = np.random.default_rng(seed)
    draw = lambda: [rng.standard_normal(s) for s in shapes]
    grads = [g * 10.0**k for k, g in enumerate(draw())]
    state = {
        "t": t,
        "m": [(1 - b1**t) * g * rng.uniform(0.2, 0.9) for g in grads],
        "v": [(1 - b2**t) * g * g * rng.uniform(0.5, 2.0) for g in grads],
    }
    return {"params": draw(), "grads": grads, "state": state, "lr": lr, "b1": b1, "b2": b2, "eps": eps}


@task.cases
def cases() -> Iterator[Case]:
    yield {
        "params": [np.array([1.0, 1.0])],
        "grads": [np.array([4.0, -0.5])],
        "state": {"t": 0, "m": [np.zeros(2)], "v": [np.zeros(2)]},
        "lr": 0.1,
        "b1": 0.9,
        "b2": 0.99,
        "eps": 0.5,
    }
    yield {
        "params": [np.array([1.0])],
        "grads": [np.array([2.0])],
        "state": {"t": 1, "m": [np.array([1.0])], "v": [np.array([3.0])]},
        "lr": 0.1,
        "b1": 0.5,
        "b2": 0.75,
        "eps": 0.5,
    }
    yield network(1, ((2, 3), (3,)), 0, 0.01, 0.9, 0.999, 1e-3)
    yield network(2, ((3, 2), (2,), (1,)), 4, 0.02, 0.8, 0.95, 1e-2)
    yield network(3, ((2,),), 2, 0.02, 0.0, 0.95, 1e-2)


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    part = "first" if case["state"]["t"] == 0 else "later"
    params, state = unpack(call(answer, *case.values()), "params", "state", of="adam")
    if not isinstance(state, dict) or not {"t", "m", "v"} <= set(state):
        found = sorted(map(str, state)) if isinstance(state, dict) else describe(state)
        raise StudentError(
            "form", f"adam should return the new state as a dict with t, m and v; it returned {found}."
        )
    yield part, 'state["t"]', state["t"]
    for name in ("m", "v"):
        for k, array in enumerate(_list(state[name], f'state["{name}"]', len(case["params"]))):
            yield part, f'state["{name}"][{k}]', array
    for k, p in enumerate(_list(params, "the list of new parameters", len(case["params"]))):
        yield part, f"new params[{k}]", p


def _list(found: Any, what: str, count: int) -> Any:
    if not isinstance(found, list | tuple) or len(found) != count:
        length = f"{len(found)} of them" if isinstance(found, list | tuple) else describe(found)
        raise StudentError(
            "form", f"{what} should have one array for each of {count} parameters; got {length}."
        )
    return found


from bplib.check.tasks.a08 import _adam_corrections, _adam_slips  # noqa: E402, F401  # they enter the wrong answers
