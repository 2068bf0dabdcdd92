"""A table of sines and cosines that tells positions apart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check import probes
from bplib.check.task import Case, Task

task = Task(
    "13.positions",
    "Where a token stands",
    asks_for="positions",
    section="sec-13-positions",
    parts={"table": 2},
)


@task.reference
def positions(T: Any, D: Any) -> Any:
    t = np.arange(T)[:, None]
    angle = t / 10000 ** (np.arange(0, D, 2) / D)
    table = np.zeros((T, D))
    table[:, 0::2] = np.sin(angle)
    table[:, 1::2] = np.cos(angle)
    return table


@task.cases
def cases() -> Iterator[Case]:
    for T, D in ((2, 4), (3, 2), (4, 4), (5, 6), (1, 8)):
        yield {"T": T, "D": D}


task.probe(probes.value("table", "the table"))


@task.wrong(
    "sine and cosine exchanged",
    hint="Your cosines stand in the even columns. The task begins with a sine: at position 0 the first"
    " column is 0.",
    section="sec-13-positions",
)
def sine_cosine_exchanged(T: Any, D: Any) -> Any:
    t = np.arange(T)[:, None]
    angle = t / 10000 ** (np.arange(0, D, 2) / D)
    table = np.zeros((T, D))
    table[:, 0::2] = np.cos(angle)
    table[:, 1::2] = np.sin(angle)
    return table


@task.wrong(
    "all sines first, then all cosines",
    hint="Your sines fill the left half. In the task's table sine and cosine of one frequency stand "
    "side by side.",
    section="sec-13-positions",
)
def two_halves(T: Any, D: Any) -> Any:
    t = np.arange(T)[:, None]
    angle = t / 10000 ** (np.arange(0, D, 2) / D)
    table = np.zeros((T, D))
    table[:, : D // 2] = np.sin(angle)
    table[:, D // 2 :] = np.cos(angle)
    return table


@task.wrong(
    "the pair's number doubled once more",
    hint="Your frequencies fall twice as fast as they should: the even column numbers are counted in "
    "twos already, and you double them again.",
    section="sec-13-positions",
)
def twice_the_exponent(T: Any, D: Any) -> Any:
    t = np.arange(T)[:, None]
    angle = t / 10000 ** (2 * np.arange(0, D, 2) / D)
    table = np.zeros((T, D))
    table[:, 0::2] = np.sin(angle)
    table[:, 1::2] = np.cos(angle)
    return table


@task.wrong(
    "the pair's number not doubled",
    hint="You count the pairs 0, 1, 2 and divide by the width. So the frequencies run through half of "
    "their range only.",
    section="sec-13-positions",
)
def half_the_exponent(T: Any, D: Any) -> Any:
    t = np.arange(T)[:, None]
    angle = t / 10000 ** (np.arange(0, D, 2) / 2 / D)
    table = np.zeros((T, D))
    table[:, 0::2] = np.sin(angle)
    table[:, 1::2] = np.cos(angle)
    return table


@task.wrong(
    "a frequency for each column",
    hint="Your sine and the cosine beside it have different frequencies. A pair shares one: only then "
    "does a shift of the position become a rotation of the pair.",
    section="sec-13-positions",
)
def own_frequency(T: Any, D: Any) -> Any:
    t = np.arange(T)[:, None]
    angle = t / 10000 ** (np.arange(0, D, 2) / D)
    table = np.zeros((T, D))
    table[:, 0::2] = np.sin(angle)
    table[:, 1::2] = np.cos(t / 10000 ** (np.arange(1, D, 2) / D))
    return table


@task.wrong(
    "positions counted from one",
    hint="Your first row belongs to position 1. The first position is 0, where every sine is 0 and "
    "every cosine 1.",
    section="sec-13-positions",
)
def from_one(T: Any, D: Any) -> Any:
    t = np.arange(1, T + 1)[:, None]
    angle = t / 10000 ** (np.arange(0, D, 2) / D)
    table = np.zeros((T, D))
    table[:, 0::2] = np.sin(angle)
    table[:, 1::2] = np.cos(angle)
    return table


@task.wrong(
    "positions multiplied, not divided",
    hint="Your frequencies grow with the column, up to thousands of turns a position. They should "
    "become slower and slower.",
    section="sec-13-positions",
)
def multiplied(T: Any, D: Any) -> Any:
    t = np.arange(T)[:, None]
    angle = t * 10000 ** (np.arange(0, D, 2) / D)
    table = np.zeros((T, D))
    table[:, 0::2] = np.sin(angle)
    table[:, 1::2] = np.cos(angle)
    return table


@task.wrong(
    "the angles turned round",
    hint="Your angles are negative. The cosines do not notice, and the sines change their sign.",
    section="sec-13-positions",
)
def sign_of_exponent(T: Any, D: Any) -> Any:
    t = np.arange(T)[:, None]
    angle = -t / 10000 ** (np.arange(0, D, 2) / D)
    table = np.zeros((T, D))
    table[:, 0::2] = np.sin(angle)
    table[:, 1::2] = np.cos(angle)
    return table


@task.wrong(
    "another base",
    hint="Your slowest wave is far too fast for the base 10000 that the task names.",
    section="sec-13-positions",
)
def base_100(T: Any, D: Any) -> Any:
    t = np.arange(T)[:, None]
    angle = t / 1000 ** (np.arange(0, D, 2) / D)
    table = np.zeros((T, D))
    table[:, 0::2] = np.sin(angle)
    table[:, 1::2] = np.cos(angle)
    return table


@task.wrong(
    "positions along the columns",
    hint="Your table has a column for each position. It is added to rows of features, one row for each"
    " position.",
    section="sec-13-positions",
)
def transposed(T: Any, D: Any) -> Any:
    t = np.arange(T)[:, None]
    angle = t / 10000 ** (np.arange(0, D, 2) / D)
    table = np.zeros((T, D))
    table[:, 0::2] = np.sin(angle)
    table[:, 1::2] = np.cos(angle)
    return table.T


@task.wrong(
    "the last frequency at the base itself",
    hint="You spread the exponents evenly from 0 to 1, both ends included. In the task's formula the "
    "last exponent stays below 1.",
    section="sec-13-positions",
)
def last_frequency_reached(T: Any, D: Any) -> Any:
    t = np.arange(T)[:, None]
    angle = t / 10000 ** np.linspace(0, 1, D // 2)
    table = np.zeros((T, D))
    table[:, 0::2] = np.sin(angle)
    table[:, 1::2] = np.cos(angle)
    return table


@task.wrong(
    "sines only",
    hint="Both columns of your pairs are sines. A sine alone cannot tell an angle from its mirror image.",
    section="sec-13-positions",
)
def only_sines(T: Any, D: Any) -> Any:
    t = np.arange(T)[:, None]
    angle = t / 10000 ** (np.arange(0, D, 2) / D)
    table = np.zeros((T, D))
    table[:, 0::2] = np.sin(angle)
    table[:, 1::2] = np.sin(angle)
    return table


@task.wrong(
    "a table of whole numbers",
    hint="Your table was made to hold integers, and every sine is cut off to −1, 0 or 1.",
    section="sec-13-positions",
)
def whole_numbers(T: Any, D: Any) -> Any:
    t = np.arange(T)[:, None]
    angle = t / 10000 ** (np.arange(0, D, 2) / D)
    table = np.zeros((T, D), dtype=int)
    table[:, 0::2] = np.sin(angle)
    table[:, 1::2] = np.cos(angle)
    return table


@task.wrong(
    "one frequency for all columns",
    hint="All your pairs turn at the same speed. After one turn the positions repeat, and nothing "
    "slower tells them apart.",
    section="sec-13-positions",
)
def one_frequency(T: Any, D: Any) -> Any:
    t = np.arange(T)[:, None]
    angle = t / np.ones(D // 2)
    table = np.zeros((T, D))
    table[:, 0::2] = np.sin(angle)
    table[:, 1::2] = np.cos(angle)
    return table


from bplib.check.tasks.a13 import _positions_more  # noqa: E402, F401  # it enters more wrong answers
