"""From the slopes of the predictions to the slopes of the two knobs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.student import call, unpack
from bplib.check.task import Case, Seen, Task

task = Task(
    "01.slopes",
    "One link back: from dz to dw and db",
    asks_for="slopes",
    section="sec-01-four-steps",
    parts={"dw": 1, "db": 1},
)


@task.probe
def look(answer: Any, case: Case) -> Iterator[Seen]:
    dw, db = unpack(call(answer, *case.values()), "dw", "db", of="slopes")
    yield "dw", "dw", dw
    yield "db", "db", db


@task.reference
def slopes(x: Any, dz: Any) -> Any:
    return np.sum(dz * x), np.sum(dz)


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(13)
    yield {"x": np.array([1.0, 2.0, 4.0]), "dz": np.array([-1.0, 0.5, 2.0])}
    yield {"x": rng.normal(size=5), "dz": rng.normal(size=5)}


@task.wrong(
    "dw divided by N once more",
    hint="The mean was taken in the loss, and its 1/N arrived here inside dz. The layer adds up what comes "
    "back from each use of w.",
    section="sec-01-batch-mean",
)
def dw_averaged(x: Any, dz: Any) -> Any:
    return np.mean(dz * x), np.sum(dz)


@task.wrong(
    "the sum of dz, without x, given for dw",
    hint="Prediction n reacts to w at the rate x_n: where x is large, the same turn of the knob moves the "
    "prediction further. Without x this is the slope of b. If both of your numbers are sums, look at the order "
    "in which they are returned.",
)
def x_forgotten(x: Any, dz: Any) -> Any:
    return np.sum(dz), np.sum(dz)


@task.wrong(
    "the product of two sums",
    hint="Each example's slope belongs with that example's x. Summed apart, every slope is paired with "
    "every x.",
)
def product_of_sums(x: Any, dz: Any) -> Any:
    return np.sum(dz) * np.sum(x), np.sum(dz)


@task.wrong(
    "each example's share of dw, not added up",
    hint="There is one weight, and it acts on all predictions, so its slope is one number: what comes back "
    "from several uses adds up.",
    section="sec-01-layer",
)
def dw_not_summed(x: Any, dz: Any) -> Any:
    return dz * x, np.sum(dz)


@task.wrong(
    "the slope of z, where the slope of the loss was asked for",
    hint="How strongly each prediction reacts to w is only the first half. How strongly the loss reacts to each "
    "prediction came to you as dz, and it is not in your dw.",
    section="sec-01-pullback",
)
def dz_ignored_in_dw(x: Any, dz: Any) -> Any:
    return np.sum(x), np.sum(dz)


@task.wrong(
    "the factor 2 put in a second time",
    hint="The 2 comes from the square in the loss, and it is in dz already. This link knows of no square.",
    section="sec-01-factor",
)
def two_again(x: Any, dz: Any) -> Any:
    return 2 * np.sum(dz * x), np.sum(dz)


@task.wrong(
    "db divided by N once more",
    hint="The bias is used once for every example, and what comes back from each use adds up. The mean was taken "
    "in the loss, and its 1/N is in dz.",
    section="sec-01-batch-mean",
)
def db_averaged(x: Any, dz: Any) -> Any:
    return np.sum(dz * x), np.mean(dz)


@task.wrong(
    "the number of examples given for db",
    hint="Each prediction reacts to b at the rate 1, and you have counted these rates. How the loss reacts to "
    "each prediction came to you as dz, and it is not in your db.",
    section="sec-01-pullback",
)
def dz_ignored_in_db(x: Any, dz: Any) -> Any:
    return np.sum(dz * x), len(x)


@task.wrong(
    "x in the slope of b",
    hint="The bias is added to each prediction as it is: turn b by 1, and z moves by 1, whatever x is.",
)
def x_in_db(x: Any, dz: Any) -> Any:
    return np.sum(dz * x), np.sum(dz * x)


@task.wrong(
    "each example's share of db, not added up",
    hint="There is one bias, shared by all examples, so its slope is one number: what comes back from several "
    "uses adds up.",
    section="sec-01-layer",
)
def db_not_summed(x: Any, dz: Any) -> Any:
    return np.sum(dz * x), dz


@task.wrong(
    "the last example's slope given for db",
    hint="A loop that assigns at every turn remembers only the last one. All examples pull at the bias.",
)
def db_of_last(x: Any, dz: Any) -> Any:
    for d in dz:
        db = d
    return np.sum(dz * x), db


@task.wrong(
    "a return inside the loop",
    hint="A return ends the function wherever it stands. Yours stands where the first turn of the loop meets it, "
    "so that only the first example has been added.",
)
def return_in_loop(x: Any, dz: Any) -> Any:
    dw = db = 0.0
    for xn, dn in zip(x, dz, strict=True):
        dw += dn * xn
        db += dn
        return dw, db
    return None


@task.wrong(
    "as many examples as there are on paper",
    hint="The example on paper has three inputs, and your loop takes three turns however many there are. Another "
    "x may have more of them, or fewer.",
)
def three_turns(x: Any, dz: Any) -> Any:
    return sum(dz[n] * x[n] for n in range(3)), sum(dz[n] for n in range(3))
