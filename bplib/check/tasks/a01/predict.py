"""A neuron's predictions for a whole array of inputs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check import probes
from bplib.check.task import Case, Task

task = Task(
    "01.predict",
    "A neuron's predictions",
    asks_for="predict",
    section="sec-01-four-steps",
    parts={"value": 1},
)
task.probe(probes.value(what="the predictions"))


@task.reference
def predict(x: Any, w: Any, b: Any) -> Any:
    return w * x + b


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(11)
    yield {"x": np.array([1.0, 2.0, 4.0]), "w": 3.0, "b": -1.0}
    yield {"x": np.array([1, 2, 4, 7]), "w": 0.5, "b": 0.25}
    yield {"x": rng.normal(size=6), "w": -1.3, "b": 2.7}


@task.wrong(
    "the bias left out",
    hint="Without b the line must run through the origin: for x = 0 it can say nothing but 0. The bias is the "
    "knob that lifts the whole line.",
)
def bias_left_out(x: Any, w: Any, b: Any) -> Any:
    return w * x


@task.wrong(
    "weight and bias in each other's places",
    hint="The weight says how steeply the prediction rises with x; the bias is there whatever x is. Here it is "
    "the bias that meets x.",
)
def swapped(x: Any, w: Any, b: Any) -> Any:
    return b * x + w


@task.wrong(
    "the bias added to x before the weight comes in",
    hint="Then the weight stretches the bias as well, and the line meets the axis at w times b, not at b.",
)
def bias_inside(x: Any, w: Any, b: Any) -> Any:
    return w * (x + b)


@task.wrong(
    "the bias subtracted",
    hint="In this course the bias is added. With b = −1 the line is to be one lower, and yours is one higher.",
)
def bias_subtracted(x: Any, w: Any, b: Any) -> Any:
    return w * x - b


@task.wrong(
    "all predictions added up to one number",
    hint="A neuron with several inputs adds over its inputs. Here the entries of x are several examples of one "
    "input, and each example has a prediction of its own.",
    section="sec-01-layer",
)
def summed(x: Any, w: Any, b: Any) -> Any:
    return np.sum(w * x) + b


@task.wrong(
    "the first prediction only",
    hint="A `return` inside a loop ends the function at the first turn, so the other examples are never "
    "looked at.",
)
def first_only(x: Any, w: Any, b: Any) -> Any:
    for xn in x:
        return w * xn + b
    return None


@task.wrong(
    "predictions cut to whole numbers",
    hint="An array of whole numbers can hold nothing else, and drops what stands behind the point without a "
    "word. In this example x is whole, and an array made in its likeness is whole, too.",
)
def whole_numbers(x: Any, w: Any, b: Any) -> Any:
    z = np.zeros_like(x)
    for n in range(len(x)):
        z[n] = w * x[n] + b
    return z


@task.wrong(
    "predictions cut to whole numbers",
    hint="You put the predictions into an array that can hold whole numbers only, and it drops what stands behind "
    "the point without a word. Predictions are seldom whole.",
)
def always_whole(x: Any, w: Any, b: Any) -> Any:
    z = np.zeros(len(x), dtype=int)
    for n in range(len(x)):
        z[n] = w * x[n] + b
    return z


@task.wrong(
    "as many predictions as the example has",
    hint="The example on paper has three inputs, and your loop takes three turns however many there are. Another "
    "x may have more of them, or fewer.",
)
def three_turns(x: Any, w: Any, b: Any) -> Any:
    return np.array([w * x[n] + b for n in range(3)])


@task.wrong(
    "a return inside the loop",
    hint="A `return` ends the function wherever it stands. Yours stands where the first turn of the loop meets "
    "it, and so there is one prediction in the array.",
)
def return_in_loop(x: Any, w: Any, b: Any) -> Any:
    z = []
    for xn in x:
        z.append(w * xn + b)
        return np.array(z)
    return None


@task.wrong(
    "a matrix product of x with a single number",
    hint="The sign @ is for products of vectors and matrices, and w is one number. Each input is multiplied by it on "
    "its own.",
)
def matrix_product(x: Any, w: Any, b: Any) -> Any:
    return x @ w + b


@task.wrong(
    "a column, where a flat array came in",
    hint="The numbers are right, the shape is not. One flat array in, one flat array out: a column that meets "
    "a flat array in the next line makes a square of numbers, without a word.",
    section="sec-01-broadcast",
)
def column(x: Any, w: Any, b: Any) -> Any:
    return np.reshape(w * x + b, (-1, 1))
