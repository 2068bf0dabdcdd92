"""Truncated backpropagation through time: the state goes on, the gradient does not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import call, unpack
from bplib.check.task import Case, Seen, Task
from bplib.check.tasks.a11.rnn import rnn, sequence

task = Task(
    "11.truncated",
    "Truncated, in chunks",
    asks_for="truncated",
    section="sec-11-truncated",
    parts={"gradient": 3},
    needs=("11.rnn",),
)


@task.reference
def truncated(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any, d: Any, k: Any) -> Any:
    dWx, dWh, db = 0 * Wx, 0 * Wh, 0 * b
    for start in range(0, len(x), k):
        hs, pullback = rnn(x[start : start + k], h0, Wx, Wh, b)
        _, _, one, two, three = pullback(d[start : start + k])
        dWx, dWh, db = dWx + one, dWh + two, db + three
        h0 = hs[-1]
    return dWx, dWh, db


def chunks(seed: int, T: int, N: int, D: int, H: int, k: int) -> Case:
    """A random sequence with what arrives at its states, to be cut into chunks of k steps."""
    case = sequence(seed, T, N, D, H)
    case["d"] = case.pop("dhs")
    return {**case, "k": k}


@task.cases
def cases() -> Iterator[Case]:
    yield {
        "x": np.array([[[1.0]], [[0.0]], [[0.0]]]),
        "h0": np.array([[0.5]]),
        "Wx": np.array([[0.9]]),
        "Wh": np.array([[0.8]]),
        "b": np.array([0.0]),
        "d": np.array([[[0.5]], [[-0.5]], [[1.0]]]),
        "k": 2,
    }
    yield chunks(1, 6, 3, 2, 3, 3)
    yield chunks(2, 7, 2, 3, 4, 3)
    yield chunks(3, 4, 2, 2, 3, 6)
    yield chunks(4, 5, 2, 2, 3, 1)


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    names = ("dWx", "dWh", "db")
    for name, g in zip(names, unpack(call(answer, *case.values()), *names, of="truncated"), strict=True):
        yield "gradient", name, g


@task.wrong(
    "the state not handed on to the next chunk",
    hint="Every chunk of yours begins from the same start. The state is to go on as though nothing had been cut; "
    "only the gradient stops at the border.",
)
def state_dropped(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any, d: Any, k: Any) -> Any:
    dWx, dWh, db = 0 * Wx, 0 * Wh, 0 * b
    for start in range(0, len(x), k):
        _, pullback = rnn(x[start : start + k], h0, Wx, Wh, b)
        _, _, one, two, three = pullback(d[start : start + k])
        dWx, dWh, db = dWx + one, dWh + two, db + three
    return dWx, dWh, db


@task.wrong(
    "the state set to zeros between the chunks",
    hint="Your chunks are sequences of their own. The state is to go on from chunk to chunk; only the gradient "
    "stops at the border.",
)
def zero_between(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any, d: Any, k: Any) -> Any:
    dWx, dWh, db = 0 * Wx, 0 * Wh, 0 * b
    for start in range(0, len(x), k):
        _, pullback = rnn(x[start : start + k], h0, Wx, Wh, b)
        _, _, one, two, three = pullback(d[start : start + k])
        dWx, dWh, db = dWx + one, dWh + two, db + three
        h0 = 0 * h0
    return dWx, dWh, db


@task.wrong(
    "the first state of a chunk handed on",
    hint="The next chunk begins where this one ends. You go on from the state after this chunk's first step.",
)
def first_state_on(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any, d: Any, k: Any) -> Any:
    dWx, dWh, db = 0 * Wx, 0 * Wh, 0 * b
    for start in range(0, len(x), k):
        hs, pullback = rnn(x[start : start + k], h0, Wx, Wh, b)
        _, _, one, two, three = pullback(d[start : start + k])
        dWx, dWh, db = dWx + one, dWh + two, db + three
        h0 = hs[0]
    return dWx, dWh, db


@task.wrong(
    "the whole sequence walked through, without a cut",
    hint="Yours is the full gradient, which keeps every pair of steps. Truncated, no loss may reach back over the "
    "border of its chunk.",
)
def no_truncation(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any, d: Any, k: Any) -> Any:
    dWx, dWh, db = 0 * Wx, 0 * Wh, 0 * b
    for start in range(0, len(x), len(x)):
        hs, pullback = rnn(x[start : start + len(x)], h0, Wx, Wh, b)
        _, _, one, two, three = pullback(d[start : start + len(x)])
        dWx, dWh, db = dWx + one, dWh + two, db + three
        h0 = hs[-1]
    return dWx, dWh, db


@task.wrong(
    "the steps behind the last full chunk left out",
    hint="The length need not be a multiple of k. The last chunk is then shorter, and its losses count like all "
    "others.",
)
def rest_dropped(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any, d: Any, k: Any) -> Any:
    dWx, dWh, db = 0 * Wx, 0 * Wh, 0 * b
    for start in range(0, len(x) - k + 1, k):
        hs, pullback = rnn(x[start : start + k], h0, Wx, Wh, b)
        _, _, one, two, three = pullback(d[start : start + k])
        dWx, dWh, db = dWx + one, dWh + two, db + three
        h0 = hs[-1]
    return dWx, dWh, db


@task.wrong(
    "the gradients of the last chunk only",
    hint="You go through all chunks and keep what the last one gives. The same weights work in each of them, so "
    "all have something to tell.",
)
def last_chunk_only(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any, d: Any, k: Any) -> Any:
    dWx, dWh, db = 0 * Wx, 0 * Wh, 0 * b
    for start in range(0, len(x), k):
        hs, pullback = rnn(x[start : start + k], h0, Wx, Wh, b)
        _, _, one, two, three = pullback(d[start : start + k])
        dWx, dWh, db = one, two, three
        h0 = hs[-1]
    return dWx, dWh, db


@task.wrong(
    "the gradients averaged over the chunks",
    hint="What the chunks send to the weights adds up, as it would without a cut. How many chunks you make is a "
    "matter of memory, and must not change the scale.",
    section="sec-11-bptt",
)
def averaged(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any, d: Any, k: Any) -> Any:
    dWx, dWh, db = 0 * Wx, 0 * Wh, 0 * b
    for start in range(0, len(x), k):
        hs, pullback = rnn(x[start : start + k], h0, Wx, Wh, b)
        _, _, one, two, three = pullback(d[start : start + k])
        dWx, dWh, db = dWx + one, dWh + two, db + three
        h0 = hs[-1]
    n = -(-len(x) // k)
    return dWx / n, dWh / n, db / n


@task.wrong(
    "only the losses at the ends of the chunks counted",
    hint="You send each chunk's last upstream gradient back, and none of the others. A loss may look at any state, "
    "also in the middle of a chunk.",
    section="sec-11-worked",
)
def chunk_ends_only(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any, d: Any, k: Any) -> Any:
    dWx, dWh, db = 0 * Wx, 0 * Wh, 0 * b
    for start in range(0, len(x), k):
        hs, pullback = rnn(x[start : start + k], h0, Wx, Wh, b)
        last = 0 * hs
        last[-1] = d[start : start + k][-1]
        _, _, one, two, three = pullback(last)
        dWx, dWh, db = dWx + one, dWh + two, db + three
        h0 = hs[-1]
    return dWx, dWh, db


@task.wrong(
    "chunks of one step more than k",
    hint="Your borders stand k + 1 steps apart: the step at a border belongs to the chunk that it begins, and to "
    "no other.",
)
def one_step_more(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any, d: Any, k: Any) -> Any:
    dWx, dWh, db = 0 * Wx, 0 * Wh, 0 * b
    for start in range(0, len(x), k + 1):
        hs, pullback = rnn(x[start : start + k + 1], h0, Wx, Wh, b)
        _, _, one, two, three = pullback(d[start : start + k + 1])
        dWx, dWh, db = dWx + one, dWh + two, db + three
        h0 = hs[-1]
    return dWx, dWh, db


@task.wrong(
    "a window of k steps for every loss",
    hint="You let every loss walk back k steps, its own included. That is the other scheme of the chapter: it "
    "keeps a band of the triangle, where chunks keep boxes.",
)
def window(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any, d: Any, k: Any) -> Any:
    dWx, dWh, db = 0 * Wx, 0 * Wh, 0 * b
    states = [h0, *rnn(x, h0, Wx, Wh, b)[0]]
    for t in range(len(x)):
        s = max(0, t + 1 - k)
        hs, pullback = rnn(x[s : t + 1], states[s], Wx, Wh, b)
        last = 0 * hs
        last[-1] = d[t]
        _, _, one, two, three = pullback(last)
        dWx, dWh, db = dWx + one, dWh + two, db + three
    return dWx, dWh, db


from bplib.check.tasks.a11 import _truncated_slips  # noqa: E402, F401  # it enters more wrong answers
