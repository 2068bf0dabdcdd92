"""A whole layer, z = xW + b, and its pullback."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check import probes
from bplib.check.task import Case, Task

task = Task(
    "01.layer",
    "A layer, and the way back through it",
    asks_for="layer",
    section="sec-01-layer",
    parts={"value": 1, "gradient": 3},
)
task.probe(probes.op("x", "W", "b", what="z"))


@task.reference
def layer(x: Any, W: Any, b: Any) -> Any:
    def pullback(d: Any) -> Any:
        return d @ W.T, x.T @ d, d.sum(axis=0)

    return x @ W + b, pullback


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(15)
    yield {
        "x": np.array([[1.0, 2.0], [3.0, -1.0], [0.0, 1.0]]),
        "W": np.array([[2.0], [1.0]]),
        "b": np.array([0.5]),
        "d": np.array([[1.0], [-1.0], [2.0]]),
    }
    for n, inputs, outputs in (4, 3, 3), (5, 3, 2), (1, 2, 3):
        yield {
            "x": rng.normal(size=(n, inputs)),
            "W": rng.normal(size=(inputs, outputs)),
            "b": rng.normal(size=outputs),
            "d": rng.normal(size=(n, outputs)),
        }


@task.wrong(
    "the bias left out",
    hint="Each neuron adds its own bias to its weighted sum, in every row.",
)
def bias_left_out(x: Any, W: Any, b: Any) -> Any:
    return x @ W, lambda d: (d @ W.T, x.T @ d, d.sum(axis=0))


@task.wrong(
    "one row of weights per neuron",
    hint="Other books keep a neuron's weights in a row of W. Here each neuron is a column: W is (D, M), and its "
    "D fits the D of x as it stands.",
)
def rows_for_neurons(x: Any, W: Any, b: Any) -> Any:
    return x @ W.T + b, lambda d: (d @ W, d.T @ x, d.sum(axis=0))


@task.wrong(
    "dx computed with W as it stands",
    hint="On the way back the matrix connects outputs to inputs, so its two sides change places. With a "
    "square W the multiplication works all the same, and every number in it is wrong.",
)
def dx_untransposed(x: Any, W: Any, b: Any) -> Any:
    return x @ W + b, lambda d: (d @ W, x.T @ d, d.sum(axis=0))


@task.wrong(
    "dW lying on its side",
    hint="A gradient has the shape of its own quantity: dW is (D, M), as W is. Yours has outputs in its rows and "
    "inputs in its columns; in a square matrix only the numbers betray it.",
)
def dw_transposed(x: Any, W: Any, b: Any) -> Any:
    return x @ W + b, lambda d: (d @ W.T, d.T @ x, d.sum(axis=0))


@task.wrong(
    "dW divided by N",
    hint="The 1/N of the mean lives in the loss, and has come down to you inside d. A layer adds up what comes "
    "back from every row.",
    section="sec-01-batch-mean",
)
def dw_averaged(x: Any, W: Any, b: Any) -> Any:
    return x @ W + b, lambda d: (d @ W.T, x.T @ d / len(x), d.sum(axis=0))


@task.wrong(
    "db averaged over the rows",
    hint="The bias is used in every row, and what comes back from each use adds up. The 1/N of the mean lives in "
    "the loss, and is inside d already.",
    section="sec-01-batch-mean",
)
def db_averaged(x: Any, W: Any, b: Any) -> Any:
    return x @ W + b, lambda d: (d @ W.T, x.T @ d, d.mean(axis=0))


@task.wrong(
    "db taken from the last row",
    hint="The bias is used in every row, not in one of them; all rows have something to send back.",
)
def db_last_row(x: Any, W: Any, b: Any) -> Any:
    return x @ W + b, lambda d: (d @ W.T, x.T @ d, d[-1])


@task.wrong(
    "db added up over the neurons, too",
    hint="Each neuron has a bias of its own, and so db has one entry for each neuron. Only the rows, which "
    "share it, are added up.",
)
def db_one_number(x: Any, W: Any, b: Any) -> Any:
    return x @ W + b, lambda d: (d @ W.T, x.T @ d, d.sum())


@task.wrong(
    "db with one entry per example",
    hint="You have added over the neurons, and kept the examples. A bias belongs to a neuron: db has the "
    "shape of b.",
)
def db_wrong_axis(x: Any, W: Any, b: Any) -> Any:
    return x @ W + b, lambda d: (d @ W.T, x.T @ d, d.sum(axis=1))


@task.wrong(
    "db as a matrix of one row",
    hint="The numbers are right, the shape is not: b is flat, and a gradient has the shape of its own quantity. "
    "An update with this db would turn b into a matrix.",
)
def db_kept_dims(x: Any, W: Any, b: Any) -> Any:
    return x @ W + b, lambda d: (d @ W.T, x.T @ d, d.sum(axis=0, keepdims=True))


@task.wrong(
    "the upstream gradient ignored",
    hint="You return how strongly the outputs react. The pullback is asked how the loss reacts, and what the "
    "loss has to say about each output comes in as d.",
    section="sec-01-pullback",
)
def upstream_ignored(x: Any, W: Any, b: Any) -> Any:
    z = x @ W + b
    one = np.ones_like(z)
    return z, lambda d: (one @ W.T, x.T @ one, one.sum(axis=0))


@task.wrong(
    "the three gradients in another order",
    hint="Gradients come back in the order in which the arguments went in. The caller takes the first of the three for "
    "that of the inputs, and hands it to the layer below.",
    section="sec-01-pullback",
)
def other_order(x: Any, W: Any, b: Any) -> Any:
    return x @ W + b, lambda d: (x.T @ d, d.sum(axis=0), d @ W.T)


@task.wrong(
    "db with a row for each example",
    hint="The bias is used in every row, and what comes back from each use adds up. db has the shape of b, one "
    "number for each neuron.",
)
def db_not_summed(x: Any, W: Any, b: Any) -> Any:
    return x @ W + b, lambda d: (d @ W.T, x.T @ d, d)


@task.wrong(
    "the gradient of the weights before that of the inputs",
    hint="Gradients come back in the order in which the arguments went in. The caller takes the first of the three for "
    "that of the inputs, and hands it to the layer below.",
    section="sec-01-pullback",
)
def weights_first(x: Any, W: Any, b: Any) -> Any:
    return x @ W + b, lambda d: (x.T @ d, d @ W.T, d.sum(axis=0))


@task.wrong(
    "entries multiplied one by one",
    hint="The sign * multiplies entries that stand in the same place. A neuron takes its weighted sum over all "
    "inputs of a row: that is a matrix product.",
)
def entry_by_entry(x: Any, W: Any, b: Any) -> Any:
    return x * W + b, lambda d: (d * W, x * d, d.sum(axis=0))


@task.wrong(
    "the weights before the inputs",
    hint="In a matrix product the inner widths must agree. Here the examples are the rows of x, so x stands "
    "on the left, and its D meets the D of W.",
)
def weights_on_the_left(x: Any, W: Any, b: Any) -> Any:
    return W @ x + b, lambda d: (W.T @ d, d @ x.T, d.sum(axis=0))
