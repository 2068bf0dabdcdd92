"""The way back through a network with one hidden layer, written by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import unpack
from bplib.check.task import Case, Seen, Task
from bplib.check.tasks.a06._shapes import calling

task = Task(
    "06.backward",
    "Backward through two layers",
    asks_for="backward",
    section="sec-06-derivation",
    parts={"upper": 1, "lower": 3},
    tolerance=1e-5,  # of float32, in which a slope near the flat ends has few digits
)


@task.reference
def backward(dz2: Any, x: Any, h: Any, W2: Any) -> Any:
    dz1 = (dz2 @ W2.T) * (1 - h * h)
    return x.T @ dz1, dz1.sum(axis=0), h.T @ dz2, dz2.sum(axis=0)


def arrived(seed: int, N: int, D: int, H: int, M: int, dtype: Any = np.float64) -> Case:
    """What backward is given: dz2 (N, M) at random, x (N, D), h (N, H) within ±1, W2 (H, M)."""
    rng = np.random.default_rng(seed)
    case = {
        "dz2": rng.standard_normal((N, M)),
        "x": rng.standard_normal((N, D)),
        "h": np.tanh(rng.standard_normal((N, H))),
        "W2": rng.standard_normal((H, M)),
    }
    return {k: v.astype(dtype) for k, v in case.items()}


@task.cases
def cases() -> Iterator[Case]:
    yield {
        "dz2": np.array([[0.4, 0.0], [-0.2, 0.1], [0.0, 0.2]]),
        "x": np.array([[1.0, 2.0], [0.0, 1.0], [1.0, 0.0]]),
        "h": np.array([[0.5, -0.5], [0.0, 0.5], [0.5, 0.0]]),
        "W2": np.array([[2.0, 1.0], [-1.0, 3.0]]),
    }
    yield arrived(1, 5, 3, 3, 3)
    yield arrived(2, 5, 3, 4, 2)
    yield arrived(3, 4, 2, 6, 3, np.float32)
    yield arrived(4, 4, 2, 3, 3, np.float32)


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    dW1, db1, dW2, db2 = unpack(calling(answer, *case.values()), "dW1", "db1", "dW2", "db2", of="backward")
    rows, columns = case["W2"].shape
    if (
        rows == columns
    ):  # elsewhere a slip in the lower layer may stop the whole function: no points of the upper
        yield "upper", "dW2", dW2
        yield "upper", "db2", db2
    yield "lower", "dW1", dW1
    yield "lower", "db1", db1


@task.wrong(
    "the transpose of W2 lost on the way back",
    hint="Forward, the column j of W2 feeds output j. Backward, a hidden unit collects from all outputs that listen "
    "to it, and those weights stand in a row. Shapes show the mistake only where W2 is not square.",
    section="sec-06-transpose",
)
def untransposed(dz2: Any, x: Any, h: Any, W2: Any) -> Any:
    dz1 = (dz2 @ W2) * (1 - h * h)
    return x.T @ dz1, dz1.sum(axis=0), h.T @ dz2, dz2.sum(axis=0)


@task.wrong(
    "the slope of tanh left out",
    hint="What arrives at h is handed on to z1 as it is. Between the two stands the bend: where a hidden unit is "
    "near −1 or 1, tanh is flat, and next to nothing may pass.",
)
def slope_left_out(dz2: Any, x: Any, h: Any, W2: Any) -> Any:
    dh = dz2 @ W2.T
    return x.T @ dh, dh.sum(axis=0), h.T @ dz2, dz2.sum(axis=0)


@task.wrong(
    "tanh applied to h once more, before its slope is taken",
    hint="You take the slope as though h stood in front of the tanh. It stands behind it: h is already a "
    "tanh, and the slope follows from h itself.",
    section="sec-04-bug-slope",
)
def slope_at_h(dz2: Any, x: Any, h: Any, W2: Any) -> Any:
    dz1 = (dz2 @ W2.T) * (1 - np.tanh(h) ** 2)
    return x.T @ dz1, dz1.sum(axis=0), h.T @ dz2, dz2.sum(axis=0)


@task.wrong(
    "the slope of the sigmoid in the hidden layer",
    hint="h times one minus h is the slope of a sigmoid, written with its output. The hidden units are tanh units; "
    "with negative h your slope would even be negative, though tanh never falls.",
    section="sec-04-three",
)
def slope_of_sigmoid(dz2: Any, x: Any, h: Any, W2: Any) -> Any:
    dz1 = (dz2 @ W2.T) * (h * (1 - h))
    return x.T @ dz1, dz1.sum(axis=0), h.T @ dz2, dz2.sum(axis=0)


@task.wrong(
    "one minus h for the slope of tanh, the square forgotten",
    hint="Your slope is not the same for h and −h, but tanh is as steep on the left as on the right. "
    "For negative h yours is larger than 1, which tanh never is.",
    section="sec-04-three",
)
def slope_without_square(dz2: Any, x: Any, h: Any, W2: Any) -> Any:
    dz1 = (dz2 @ W2.T) * (1 - h)
    return x.T @ dz1, dz1.sum(axis=0), h.T @ dz2, dz2.sum(axis=0)


@task.wrong(
    "the hidden bias's gradient taken from dh",
    hint="The bias stands inside the tanh, together with the weights. What reaches it has come back through the "
    "bend; dh has not yet.",
    section="sec-06-bias",
)
def db_from_dh(dz2: Any, x: Any, h: Any, W2: Any) -> Any:
    dh = dz2 @ W2.T
    return x.T @ (dh * (1 - h * h)), dh.sum(axis=0), h.T @ dz2, dz2.sum(axis=0)


@task.wrong(
    "the gradients of the biases averaged over the examples",
    hint="Every example uses the same bias, so the bias receives what all of them send: a sum. The mean's share is "
    "already inside dz2, and averaging takes it a second time.",
    section="sec-01-layer",
)
def db_averaged(dz2: Any, x: Any, h: Any, W2: Any) -> Any:
    dz1 = (dz2 @ W2.T) * (1 - h * h)
    return x.T @ dz1, dz1.mean(axis=0), h.T @ dz2, dz2.mean(axis=0)


@task.wrong(
    "the biases' gradients of the last example only",
    hint="All examples use the same bias, and each of them pulls at it. You return the pull of the last one.",
    section="sec-01-layer",
)
def db_of_last(dz2: Any, x: Any, h: Any, W2: Any) -> Any:
    dz1 = (dz2 @ W2.T) * (1 - h * h)
    return x.T @ dz1, dz1[-1], h.T @ dz2, dz2[-1]


@task.wrong(
    "the biases' gradients summed along the wrong axis",
    hint="A bias has one entry for each unit, and is shared by the examples. You added up over the units, so that "
    "one number for each example is left.",
    section="sec-01-layer",
)
def db_over_units(dz2: Any, x: Any, h: Any, W2: Any) -> Any:
    dz1 = (dz2 @ W2.T) * (1 - h * h)
    return x.T @ dz1, dz1.sum(axis=1), h.T @ dz2, dz2.sum(axis=1)


@task.wrong(
    "one number for the gradient of all biases of a layer",
    hint="You added up over the examples and over the units as well. Each unit has a bias of its own, and each "
    "of these wants to know what came back to its unit.",
    section="sec-01-layer",
)
def db_one_number(dz2: Any, x: Any, h: Any, W2: Any) -> Any:
    dz1 = (dz2 @ W2.T) * (1 - h * h)
    return x.T @ dz1, dz1.sum(), h.T @ dz2, dz2.sum()


@task.wrong(
    "everything divided by the number of examples once more",
    hint="The share of each example in the mean entered at dz2, before this function was called. "
    "Your steps would become shorter as the batch grows.",
    section="sec-05-nk",
)
def divided_again(dz2: Any, x: Any, h: Any, W2: Any) -> Any:
    N = len(x)
    dz1 = (dz2 @ W2.T) * (1 - h * h)
    return x.T @ dz1 / N, dz1.sum(axis=0) / N, h.T @ dz2 / N, dz2.sum(axis=0) / N


@task.wrong(
    "the weights' gradients turned on their side",
    hint="A gradient has the shape of what it is the gradient of. Yours has a row for each unit that sends back; W has "
    "a row for each unit that feeds in. When both are as many, no shape will warn you.",
    section="sec-01-layer",
)
def dw_transposed(dz2: Any, x: Any, h: Any, W2: Any) -> Any:
    dz1 = (dz2 @ W2.T) * (1 - h * h)
    return dz1.T @ x, dz1.sum(axis=0), dz2.T @ h, dz2.sum(axis=0)


@task.wrong(
    "the upper layer's gradients returned first",
    hint="You return them in the order in which the way back meets them. The task asks for the order of the "
    "parameters, the lower layer first.",
)
def upper_first(dz2: Any, x: Any, h: Any, W2: Any) -> Any:
    dz1 = (dz2 @ W2.T) * (1 - h * h)
    return h.T @ dz2, dz2.sum(axis=0), x.T @ dz1, dz1.sum(axis=0)


@task.wrong(
    "the biases' gradients not summed over the examples",
    hint="Every example uses the same bias, so all of them have something to tell it, and what they "
    "tell adds up. Yours still has a row for each example.",
    section="sec-06-bias",
)
def db_not_summed(dz2: Any, x: Any, h: Any, W2: Any) -> Any:
    dz1 = (dz2 @ W2.T) * (1 - h * h)
    return x.T @ dz1, dz1, h.T @ dz2, dz2


@task.wrong(
    "the transposes of x and h missing",
    hint="x has a row for each example, and so has what comes back. A weight's gradient is summed over "
    "the examples, so these rows have to meet each other; yours do not fit together.",
    section="sec-01-layer",
)
def transposes_missing(dz2: Any, x: Any, h: Any, W2: Any) -> Any:
    dz1 = (dz2 @ W2.T) * (1 - h * h)
    return x @ dz1, dz1.sum(axis=0), h @ dz2, dz2.sum(axis=0)


@task.wrong(
    "x and h in each other's place",
    hint="A weight's gradient is what went into its layer, times what came back. Into the first layer "
    "went x, into the second h.",
)
def inputs_exchanged(dz2: Any, x: Any, h: Any, W2: Any) -> Any:
    dz1 = (dz2 @ W2.T) * (1 - h * h)
    return h.T @ dz1, dz1.sum(axis=0), x.T @ dz2, dz2.sum(axis=0)


@task.wrong(
    "both weights first, and then both biases",
    hint="The task asks for the order of the parameters: each layer's weights are followed by its own "
    "bias. Whoever updates takes the two lists side by side.",
)
def weights_before_biases(dz2: Any, x: Any, h: Any, W2: Any) -> Any:
    dz1 = (dz2 @ W2.T) * (1 - h * h)
    return x.T @ dz1, h.T @ dz2, dz1.sum(axis=0), dz2.sum(axis=0)


@task.wrong(
    "the weights' gradients divided by the number of examples once more",
    hint="The share of each example in the mean entered at dz2, before this function was called. "
    "Your weights would take shorter steps than your biases, the more so the larger the batch.",
    section="sec-05-nk",
)
def weights_divided_again(dz2: Any, x: Any, h: Any, W2: Any) -> Any:
    dz1 = (dz2 @ W2.T) * (1 - h * h)
    N = len(x)
    return x.T @ dz1 / N, dz1.sum(axis=0), h.T @ dz2 / N, dz2.sum(axis=0)


@task.wrong(
    "reshape where a transpose belongs",
    hint="Reshaping keeps the numbers in the order in which they are stored and cuts the rows anew. A "
    "transpose lets rows and columns change places. The shape is the same, and the numbers stand elsewhere.",
    section="sec-06-transpose",
)
def reshaped(dz2: Any, x: Any, h: Any, W2: Any) -> Any:
    dz1 = (dz2 @ W2.reshape(W2.shape[::-1])) * (1 - h * h)
    return x.T @ dz1, dz1.sum(axis=0), h.T @ dz2, dz2.sum(axis=0)
