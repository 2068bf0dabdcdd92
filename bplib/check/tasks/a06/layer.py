"""A layer as an object: it remembers what went in, and gathers what its parameters should be told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import call, get
from bplib.check.student import fresh
from bplib.check.task import Case, Seen, Task
from bplib.check.tasks.a06._shapes import calling

task = Task(
    "06.layer",
    "A layer that may be used twice",
    asks_for="Layer",
    section="sec-06-tape",
    parts={"once": 2, "twice": 2},
    tolerance=1e-5,  # of float32
)


@task.reference
class Layer:
    """The right answer."""

    def __init__(self, W: Any, b: Any) -> None:
        self.W, self.b = W, b
        self.inputs: list[np.ndarray] = []
        self.zero_grad()

    def zero_grad(self) -> None:
        self.dW, self.db = np.zeros_like(self.W), np.zeros_like(self.b)

    def forward(self, x: Any) -> Any:
        self.inputs.append(x)
        return x @ self.W + self.b

    def backward(self, dz: Any) -> Any:
        self.dW = self.dW + self.inputs.pop().T @ dz
        self.db = self.db + dz.sum(axis=0)
        return dz @ self.W.T


def uses(seed: int, D: int, M: int, N1: int, N2: int, dtype: Any = np.float64) -> Case:
    """Parameters of a layer, and two batches with what comes back for them."""
    rng = np.random.default_rng(seed)
    shapes = {"W": (D, M), "b": (M,), "x1": (N1, D), "x2": (N2, D), "d1": (N1, M), "d2": (N2, M)}
    return {k: rng.standard_normal(s).astype(dtype) for k, s in shapes.items()}


@task.cases
def cases() -> Iterator[Case]:
    yield {
        "W": np.array([[1.0, 2.0], [0.0, -1.0]]),
        "b": np.array([0.5, 0.0]),
        "x1": np.array([[1.0, 3.0], [0.0, 2.0]]),
        "x2": np.array([[2.0, -1.0], [1.0, 1.0]]),
        "d1": np.array([[1.0, -1.0], [2.0, 0.0]]),
        "d2": np.array([[0.5, 2.0], [-1.0, 1.0]]),
    }
    yield uses(1, 3, 3, 5, 5)
    yield uses(2, 3, 4, 5, 2)
    yield uses(3, 2, 5, 4, 3, np.float32)


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    W, b, x1, x2, d1, d2 = case.values()

    def use(layer: Any, what: str, *args: Any) -> Any:
        return fresh(calling(get(layer, what), *args, name=what))

    def gathered(layer: Any, when: str) -> Iterator[Seen]:
        part = "twice" if when else "once"
        yield part, f"dW{when}", fresh(get(layer, "dW"))  # a copy: the layer may go on adding to its own
        yield part, f"db{when}", fresh(get(layer, "db"))

    layer = call(answer, W, b, name="Layer")
    yield "once", "dW before any use", fresh(get(layer, "dW"))
    yield "once", "db before any use", fresh(get(layer, "db"))
    yield "once", "z", use(layer, "forward", x1)
    yield "once", "dx", use(layer, "backward", d1)
    yield from gathered(layer, "")

    layer, other = call(answer, W, b, name="Layer"), call(answer, -W, b, name="Layer")
    yield "twice", "z of x1", use(layer, "forward", x1)
    yield "twice", "z of x2", use(layer, "forward", x2)
    use(other, "forward", -x2)
    yield "twice", "dx for x2, after forward(x1), forward(x2)", use(layer, "backward", d2)
    yield "twice", "dx for x1, after those", use(layer, "backward", d1)
    yield from gathered(layer, " after two uses")
    use(layer, "forward", x1)
    use(layer, "backward", d1)
    yield from gathered(layer, " after a third use, with x1")
    use(layer, "zero_grad")
    yield from gathered(layer, " after zero_grad")
    use(layer, "forward", x2)
    use(layer, "backward", d2)
    yield from gathered(layer, " after zero_grad and a use with x2")


@task.wrong(
    "the gradient overwritten by the next use",
    hint="The second backward wipes out what the first one brought. A weight that is used twice moves the loss in two "
    "ways, and both count.",
    section="sec-03-bug-overwrite",
)
class overwritten:
    def __init__(self, W: Any, b: Any) -> None:
        self.W, self.b = W, b
        self.inputs: list[np.ndarray] = []
        self.zero_grad()

    def zero_grad(self) -> None:
        self.dW, self.db = np.zeros_like(self.W), np.zeros_like(self.b)

    def forward(self, x: Any) -> Any:
        self.inputs.append(x)
        return x @ self.W + self.b

    def backward(self, dz: Any) -> Any:
        self.dW = self.inputs.pop().T @ dz
        self.db = dz.sum(axis=0)
        return dz @ self.W.T


@task.wrong(
    "only the last input remembered",
    hint="The second forward replaces what the first one had kept. When the way back reaches the first use, the layer "
    "multiplies with the input of the other one.",
    section="sec-06-memory",
)
class last_input_only:
    def __init__(self, W: Any, b: Any) -> None:
        self.W, self.b = W, b
        self.zero_grad()

    def zero_grad(self) -> None:
        self.dW, self.db = np.zeros_like(self.W), np.zeros_like(self.b)

    def forward(self, x: Any) -> Any:
        self.x = x
        return x @ self.W + self.b

    def backward(self, dz: Any) -> Any:
        self.dW = self.dW + self.x.T @ dz
        self.db = self.db + dz.sum(axis=0)
        return dz @ self.W.T


@task.wrong(
    "the first input taken out first",
    hint="The way back visits the uses in reverse: what was done last is undone first. You meet the first input when "
    "the gradient of the last use arrives.",
    section="sec-06-pullbacks",
)
class first_in_first_out:
    def __init__(self, W: Any, b: Any) -> None:
        self.W, self.b = W, b
        self.inputs: list[np.ndarray] = []
        self.zero_grad()

    def zero_grad(self) -> None:
        self.dW, self.db = np.zeros_like(self.W), np.zeros_like(self.b)

    def forward(self, x: Any) -> Any:
        self.inputs.append(x)
        return x @ self.W + self.b

    def backward(self, dz: Any) -> Any:
        self.dW = self.dW + self.inputs.pop(0).T @ dz
        self.db = self.db + dz.sum(axis=0)
        return dz @ self.W.T


@task.wrong(
    "one memory shared by all layers",
    hint="Your list belongs to the class, so all layers write into the same one. This layer was handed an input that "
    "another layer had seen.",
    section="sec-06-memory",
)
class shared_memory:
    inputs: list[np.ndarray] = []  # noqa: RUF012  # that is the mistake

    def __init__(self, W: Any, b: Any) -> None:
        self.W, self.b = W, b
        self.zero_grad()

    def zero_grad(self) -> None:
        self.dW, self.db = np.zeros_like(self.W), np.zeros_like(self.b)

    def forward(self, x: Any) -> Any:
        self.inputs.append(x)
        return x @ self.W + self.b

    def backward(self, dz: Any) -> Any:
        self.dW = self.dW + self.inputs.pop().T @ dz
        self.db = self.db + dz.sum(axis=0)
        return dz @ self.W.T


@task.wrong(
    "the gradients cleared by forward",
    hint="Each forward throws away what had been gathered. When to begin anew is for the one who trains to say, and "
    "that is what zero_grad is for.",
    section="sec-03-fanout",
)
class cleared_by_forward:
    def __init__(self, W: Any, b: Any) -> None:
        self.W, self.b = W, b
        self.inputs: list[np.ndarray] = []
        self.zero_grad()

    def zero_grad(self) -> None:
        self.dW, self.db = np.zeros_like(self.W), np.zeros_like(self.b)

    def forward(self, x: Any) -> Any:
        self.zero_grad()
        self.inputs.append(x)
        return x @ self.W + self.b

    def backward(self, dz: Any) -> Any:
        self.dW = self.dW + self.inputs.pop().T @ dz
        self.db = self.db + dz.sum(axis=0)
        return dz @ self.W.T


@task.wrong(
    "zero_grad that clears the weights' gradient and not the biases'",
    hint="db still holds the last step's gradient when the next one begins, and the biases will go on moving "
    "for reasons that are over.",
    section="sec-03-fanout",
)
class bias_not_cleared:
    def __init__(self, W: Any, b: Any) -> None:
        self.W, self.b = W, b
        self.inputs: list[np.ndarray] = []
        self.db = np.zeros_like(b)
        self.zero_grad()

    def zero_grad(self) -> None:
        self.dW = np.zeros_like(self.W)

    def forward(self, x: Any) -> Any:
        self.inputs.append(x)
        return x @ self.W + self.b

    def backward(self, dz: Any) -> Any:
        self.dW = self.dW + self.inputs.pop().T @ dz
        self.db = self.db + dz.sum(axis=0)
        return dz @ self.W.T


@task.wrong(
    "the transpose of W lost on the way back",
    hint="Forward, W leads from the inputs to the outputs. What you return has been led the same way once more, and "
    "not back. Only a square W hides that.",
    section="sec-06-transpose",
)
class untransposed:
    def __init__(self, W: Any, b: Any) -> None:
        self.W, self.b = W, b
        self.inputs: list[np.ndarray] = []
        self.zero_grad()

    def zero_grad(self) -> None:
        self.dW, self.db = np.zeros_like(self.W), np.zeros_like(self.b)

    def forward(self, x: Any) -> Any:
        self.inputs.append(x)
        return x @ self.W + self.b

    def backward(self, dz: Any) -> Any:
        self.dW = self.dW + self.inputs.pop().T @ dz
        self.db = self.db + dz.sum(axis=0)
        return dz @ self.W


from bplib.check.tasks.a06 import _layer_more  # noqa: E402, F401  # it enters more wrong answers
