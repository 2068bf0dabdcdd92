"""A tape for single numbers: the task, a right answer, and programs to record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import StudentError, call, call_each, describe, get
from bplib.check.task import Case, Seen, Task

task = Task(
    "03.tape",
    "A tape of your own",
    asks_for="Tape",
    section="sec-03-tape",
    parts={"value": 1, "gradient": 2, "twice": 1},
    seconds=1.0,
)


@task.reference
class Tape:
    def __init__(self) -> None:
        self.values: Any = []
        self.arrows: Any = []
        self.grads: Any = []

    def note(self, value: Any, arrows: Any) -> Any:
        self.values.append(value)
        self.arrows.append(arrows)
        self.grads.append(0.0)
        return len(self.values) - 1

    def leaf(self, value: Any) -> Any:
        return self.note(value, [])

    def value_of(self, i: Any) -> Any:
        return self.values[i]

    def grad_of(self, i: Any) -> Any:
        return self.grads[i]

    def add(self, i: Any, j: Any) -> Any:
        return self.note(self.values[i] + self.values[j], [(i, 1.0), (j, 1.0)])

    def mul(self, i: Any, j: Any) -> Any:
        a, b = self.values[i], self.values[j]
        return self.note(a * b, [(i, b), (j, a)])

    def exp(self, i: Any) -> Any:
        e = np.exp(self.values[i])
        return self.note(e, [(i, e)])

    def backward(self, output: Any) -> Any:
        for k, arrows in enumerate(self.arrows):
            if arrows:
                self.grads[k] = 0.0
        self.grads[output] += 1.0
        for k in reversed(range(output + 1)):
            for parent, slope in self.arrows[k]:
                self.grads[parent] += self.grads[k] * slope


@task.cases
def cases() -> Iterator[Case]:
    yield {"leaves": [2.0, 3.0], "program": [("mul", 0, 1), ("add", 2, 0)], "output": 3, "then": 2}
    yield {"leaves": [0.0, 2.0], "program": [("exp", 0), ("mul", 2, 1)], "output": 3, "then": 0}
    yield {"leaves": [1.5], "program": [("mul", 0, 0), ("mul", 1, 0)], "output": 2, "then": 1}
    yield {
        "leaves": [0.5, -0.25],
        "program": [("mul", 0, 1), ("exp", 2), ("mul", 3, 0), ("exp", 4), ("add", 5, 3)],
        "output": 6,
        "then": 4,
    }
    yield {"leaves": [1.0], "program": [("add", k, k) for k in range(30)], "output": 30, "then": 29}


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    tape = call(answer)
    nodes = [call(get(tape, "leaf"), value, name="leaf") for value in case["leaves"]]
    for name, *at in case["program"]:
        nodes.append(call(get(tape, name), *at, name=name))
        if not isinstance(nodes[-1], int | np.integer):
            raise StudentError(
                "form", f"{name} should return the number of the new node; it returned {describe(nodes[-1])}."
            )
    yield "value", "the numbers of the nodes", nodes
    each = [(k,) for k in range(len(nodes))]
    values = list(call_each(get(tape, "value_of"), each, name="value_of"))
    yield "value", "the values", values
    for part, what, output in (
        ("gradient", "the gradients", case["output"]),
        ("twice", "the gradients after a second backward", case["output"]),
        ("twice", f"the gradients after a third, from node {case['then']}", case["then"]),
    ):
        call(get(tape, "backward"), output, name="backward")
        grads = list(call_each(get(tape, "grad_of"), each, name="grad_of"))
        yield part, what, grads
