"""More wrong layers: gradients that are not summed, not cleared, or no arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a06.layer import task


@task.wrong(
    "the bias's gradient not summed over the examples",
    hint="Every example of the batch uses the same bias, so what all of them send back to it adds up. "
    "Yours still has a row for each example.",
    section="sec-06-bias",
)
class bias_not_summed:
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
        self.db = self.db + dz
        return dz @ self.W.T


@task.wrong(
    "a row for each example added to the bias's gradient, which has none",
    hint="db has one number for each unit, and dz a row for each example: the one does not fit into the "
    "other. Every example uses the same bias, so what all of them send back to it adds up first.",
    section="sec-06-bias",
)
class bias_not_summed_in_place:
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
        self.dW += self.inputs.pop().T @ dz
        self.db += dz
        return dz @ self.W.T


@task.wrong(
    "the number 0 where an array of zeros should stand",
    hint="dW and db are asked for before the first use too, and after zero_grad, and an update would be made with "
    "them. A gradient has the shape of its parameter at any time.",
)
class zero_is_a_number:
    def __init__(self, W: Any, b: Any) -> None:
        self.W, self.b = W, b
        self.inputs: list[np.ndarray] = []
        self.zero_grad()

    def zero_grad(self) -> None:
        self.dW, self.db = 0, 0

    def forward(self, x: Any) -> Any:
        self.inputs.append(x)
        return x @ self.W + self.b

    def backward(self, dz: Any) -> Any:
        self.dW = self.dW + self.inputs.pop().T @ dz
        self.db = self.db + dz.sum(axis=0)
        return dz @ self.W.T


@task.wrong(
    "zero_grad that clears nothing",
    hint="After zero_grad your dW and db hold what they held before. A name without self. in front belongs "
    "to the method alone, and is forgotten when the method ends.",
    section="sec-03-fanout",
)
class nothing_cleared:
    def __init__(self, W: Any, b: Any) -> None:
        self.W, self.b = W, b
        self.inputs: list[np.ndarray] = []
        self.dW, self.db = np.zeros_like(W), np.zeros_like(b)

    def zero_grad(self) -> None:
        dW, db = np.zeros_like(self.W), np.zeros_like(self.b)  # noqa: F841  # that is the mistake

    def forward(self, x: Any) -> Any:
        self.inputs.append(x)
        return x @ self.W + self.b

    def backward(self, dz: Any) -> Any:
        self.dW = self.dW + self.inputs.pop().T @ dz
        self.db = self.db + dz.sum(axis=0)
        return dz @ self.W.T


@task.wrong(
    "gradients that are made, and not kept in the object",
    hint="You made the zeros under names that belong to the method alone, and they are forgotten when it "
    "ends. What the layer is to remember is an attribute, with self. in front.",
)
class self_forgotten:
    def __init__(self, W: Any, b: Any) -> None:
        self.W, self.b = W, b
        self.inputs: list[np.ndarray] = []
        self.zero_grad()

    def zero_grad(self) -> None:
        dW, db = np.zeros_like(self.W), np.zeros_like(self.b)  # noqa: F841  # that is the mistake

    def forward(self, x: Any) -> Any:
        self.inputs.append(x)
        return x @ self.W + self.b

    def backward(self, dz: Any) -> Any:
        self.dW = self.dW + self.inputs.pop().T @ dz  # type: ignore[has-type]
        self.db = self.db + dz.sum(axis=0)  # type: ignore[has-type]
        return dz @ self.W.T


@task.wrong(
    "the gradients divided by the number of examples",
    hint="The mean's share is already inside dz, which comes from the loss. A layer adds up what its "
    "examples send, whatever their number.",
    section="sec-05-nk",
)
class divided_by_n:
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
        x = self.inputs.pop()
        self.dW = self.dW + x.T @ dz / len(x)
        self.db = self.db + dz.sum(axis=0) / len(x)
        return dz @ self.W.T


@task.wrong(
    "dW and db returned, where dx is asked for",
    hint="The gradients of its own parameters the layer keeps. What it returns is for the layer below: "
    "the gradient of what went in.",
    section="sec-06-pullbacks",
)
class gradients_returned:
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
        dW, db = self.inputs.pop().T @ dz, dz.sum(axis=0)
        self.dW, self.db = self.dW + dW, self.db + db
        return dW, db
