"""The forward pass of a network with one hidden layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import call, unpack
from bplib.check.task import Case, Seen, Task

task = Task(
    "06.forward",
    "Forward through two layers",
    asks_for="forward",
    section="sec-06-derivation",
    parts={"hidden": 1, "output": 1},
    tolerance=1e-5,  # of float32, in which a slope near the flat ends has few digits
)


@task.reference
def forward(x: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
    h = np.tanh(x @ W1 + b1)
    return h, 1 / (1 + np.exp(-(h @ W2 + b2)))


def network(seed: int, N: int, D: int, H: int, M: int, dtype: Any = np.float64, scale: float = 1.0) -> Case:
    """Data and parameters, normal with this spread: x (N, D), W1 (D, H), b1 (H,), W2 (H, M), b2 (M,)."""
    rng = np.random.default_rng(seed)
    shapes = {"x": (N, D), "W1": (D, H), "b1": (H,), "W2": (H, M), "b2": (M,)}
    return {k: (scale * rng.standard_normal(s)).astype(dtype) for k, s in shapes.items()}


@task.cases
def cases() -> Iterator[Case]:
    yield {
        "x": np.array([[1.0, 2.0], [0.0, -1.0]]),
        "W1": np.array([[0.5, -0.3], [0.1, 0.4]]),
        "b1": np.array([0.1, -0.2]),
        "W2": np.array([[0.6], [-0.5]]),
        "b2": np.array([-0.1]),
    }
    yield network(1, 5, 3, 4, 2)
    yield network(2, 5, 3, 3, 3)
    yield network(3, 6, 2, 5, 3, np.float32)
    large = network(4, 4, 2, 3, 2)
    yield {**large, "W2": 3000 * large["W2"]}


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    h, p = unpack(call(answer, *case.values()), "h", "p", of="forward")
    yield "hidden", "h", h
    yield "output", "p", p


# Whoever forgets the tanh altogether is told the first in the part "hidden", and the second in "output".
@task.wrong(
    "the sums of the first layer where h is asked for, without a bend",
    hint="What you return as h has not gone through a tanh. The hidden values are what the units put out, and so lie "
    "between −1 and 1.",
)
def hidden_linear(x: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
    z1 = x @ W1 + b1
    return z1, 1 / (1 + np.exp(-(np.tanh(z1) @ W2 + b2)))


@task.wrong(
    "the second layer fed with the sums of the first, past the bend",
    hint="Your output neurons read the sums from before the tanh. Two layers in a row without a bend between them are "
    "one layer: the network is a single neuron again, and cannot learn XOR.",
)
def bend_bypassed(x: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
    z1 = x @ W1 + b1
    return np.tanh(z1), 1 / (1 + np.exp(-(z1 @ W2 + b2)))


@task.wrong(
    "the bias added after the bend",
    hint="The bias belongs to the sum: it moves the place where a unit switches over. "
    "Added afterwards, it only shifts what the unit puts out, and h leaves the range from −1 to 1.",
)
def bias_after_bend(x: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
    h = np.tanh(x @ W1) + b1
    return h, 1 / (1 + np.exp(-(h @ W2 + b2)))


@task.wrong(
    "a sigmoid in the hidden layer",
    hint="This network has tanh inside and the sigmoid only at the output. A sigmoid unit puts out numbers "
    "from 0 to 1, a tanh unit from −1 to 1.",
)
def sigmoid_hidden(x: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
    h = 1 / (1 + np.exp(-(x @ W1 + b1)))
    return h, 1 / (1 + np.exp(-(h @ W2 + b2)))


@task.wrong(
    "the scores returned, where probabilities are asked for",
    hint="The output layer's sums may be any number, and cross-entropy takes the logarithm of what you return. "
    "A probability lies between 0 and 1.",
)
def scores_returned(x: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
    h = np.tanh(x @ W1 + b1)
    return h, h @ W2 + b2


@task.wrong(
    "tanh at the output as well",
    hint="The answer is a probability, and tanh also gives numbers below 0. The cross-entropy would take the "
    "logarithm of a negative number.",
)
def tanh_output(x: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
    h = np.tanh(x @ W1 + b1)
    return h, np.tanh(h @ W2 + b2)


@task.wrong(
    "softmax at the output",
    hint="Softmax makes the outputs of a row compete for one whole: with a single output its answer is always 1. "
    "Here each output is a question of its own, with yes or no as the answer.",
    section="sec-05-binary",
)
def softmax_output(x: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
    h = np.tanh(x @ W1 + b1)
    e = np.exp(h @ W2 + b2 - (h @ W2 + b2).max(axis=1, keepdims=True))
    return h, e / e.sum(axis=1, keepdims=True)


@task.wrong(
    "a sigmoid that overflows for large scores",
    hint="For a large score your numerator and denominator are both infinite, and their quotient is no number. "
    "The sigmoid can be written so that only harmless infinities occur.",
    section="sec-04-stable",
)
def sigmoid_overflows(x: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
    h = np.tanh(x @ W1 + b1)
    e = np.exp(h @ W2 + b2)
    return h, e / (1 + e)


@task.wrong(
    "p and h returned in the wrong order",
    hint="The task asks for the hidden values first. Whoever calls forward unpacks them in that order, and would "
    "train on the hidden values as though they were answers.",
)
def swapped(x: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
    h = np.tanh(x @ W1 + b1)
    return 1 / (1 + np.exp(-(h @ W2 + b2))), h


@task.wrong(
    "the hidden layer's bias forgotten",
    hint="Without b1 a unit whose inputs are all 0 always puts out 0, and its dividing line runs through the origin.",
)
def b1_forgotten(x: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
    h = np.tanh(x @ W1)
    return h, 1 / (1 + np.exp(-(h @ W2 + b2)))


@task.wrong(
    "the output layer's bias forgotten",
    hint="Without b2 an example whose hidden values are all 0 always gets the answer one half. The output has a bias "
    "of its own, as every layer has.",
)
def b2_forgotten(x: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
    h = np.tanh(x @ W1 + b1)
    return h, 1 / (1 + np.exp(-(h @ W2)))


@task.wrong(
    "the star for the matrix product",
    hint="With * NumPy multiplies entry by entry, and nothing is summed. A unit adds up what comes from all of its "
    "inputs, which is what the sign @ does.",
    section="sec-01-layer",
)
def star(x: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
    h = np.tanh(x * W1 + b1)
    return h, 1 / (1 + np.exp(-(h * W2 + b2)))


@task.wrong(
    "the weights transposed on the way forward",
    hint="W1 has a row for each input and a column for each hidden unit, so that x, with a column for each input, fits "
    "it as it stands. Only a square W1 lets you turn it.",
    section="sec-01-layer",
)
def transposed(x: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
    h = np.tanh(x @ W1.T + b1)
    return h, 1 / (1 + np.exp(-(h @ W2 + b2)))


@task.wrong(
    "the second layer fed with the data",
    hint="The output neurons read x, and not what the hidden units made of it. Your hidden layer has no effect on the "
    "answer.",
)
def data_twice(x: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
    h = np.tanh(x @ W1 + b1)
    return h, 1 / (1 + np.exp(-(x @ W2 + b2)))
