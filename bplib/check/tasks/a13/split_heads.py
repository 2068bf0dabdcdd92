"""The columns dealt out to the heads, and the heads joined again, which is the way back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check import probes
from bplib.check.task import Case, Task

task = Task(
    "13.split_heads",
    "One array, several heads",
    asks_for="split_heads",
    section="sec-13-heads",
    parts={"value": 1, "gradient": 1},
)


@task.reference
def split_heads(x: Any, heads: Any) -> Any:
    N, T, D = x.shape
    value = x.reshape(N, T, heads, D // heads).transpose(0, 2, 1, 3)

    def pullback(d: Any) -> Any:
        return d.transpose(0, 2, 1, 3).reshape(N, T, D)

    return value, pullback


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(133)
    yield {
        "x": np.array([[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]]),
        "heads": 2,
        "d": np.array([[[[10.0, 20.0], [30.0, 40.0]], [[50.0, 60.0], [70.0, 80.0]]]]),
    }
    for N, T, heads, width in ((2, 3, 2, 3), (3, 2, 4, 1), (2, 2, 1, 3), (2, 4, 3, 2)):
        d = rng.standard_normal((N, heads, T, width))
        yield {"x": rng.standard_normal((N, T, heads * width)), "heads": heads, "d": d}


task.probe(probes.op("x", what="the heads"))


@task.wrong(
    "reshaped into the wanted shape at once",
    hint="The shape is right, and the numbers are in the wrong places: a reshape reads them row by "
    "row, so that your first head gets whole positions in the place of columns.",
    section="sec-13-heads",
)
def reshaped_at_once(x: Any, heads: Any) -> Any:
    N, T, D = x.shape
    value = x.reshape(N, heads, T, D // heads)

    def pullback(d: Any) -> Any:
        return d.transpose(0, 2, 1, 3).reshape(N, T, D)

    return value, pullback


@task.wrong(
    "joined by a reshape alone",
    hint="The axes of the heads and of the positions have to change places before the heads can be "
    "written one beside the other. Your reshape puts a position's features into another "
    "position's row.",
    section="sec-13-heads",
)
def joined_at_once(x: Any, heads: Any) -> Any:
    N, T, D = x.shape
    value = x.reshape(N, T, heads, D // heads).transpose(0, 2, 1, 3)

    def pullback(d: Any) -> Any:
        return d.reshape(N, T, D)

    return value, pullback


@task.wrong(
    "the heads left behind the positions",
    hint="Your axes are batch, position, head, feature. Attention works on the last two axes, and "
    "these should be position and feature.",
    section="sec-13-heads",
)
def heads_not_in_front(x: Any, heads: Any) -> Any:
    N, T, D = x.shape
    value = x.reshape(N, T, heads, D // heads)

    def pullback(d: Any) -> Any:
        return d.transpose(0, 2, 1, 3).reshape(N, T, D)

    return value, pullback


@task.wrong(
    "the heads in front of the batch",
    hint="Your first axis is the head and the second the batch. The task asks for the batch first.",
    section="sec-13-heads",
)
def heads_first(x: Any, heads: Any) -> Any:
    N, T, D = x.shape
    value = x.reshape(N, T, heads, D // heads).transpose(2, 0, 1, 3)

    def pullback(d: Any) -> Any:
        return d.transpose(0, 2, 1, 3).reshape(N, T, D)

    return value, pullback


@task.wrong(
    "columns dealt out like cards",
    hint="Your first head gets every so many-th column. The task gives each head a block of "
    "neighbouring columns.",
    section="sec-13-heads",
)
def interleaved(x: Any, heads: Any) -> Any:
    N, T, D = x.shape
    value = x.reshape(N, T, D // heads, heads).transpose(0, 3, 1, 2)

    def pullback(d: Any) -> Any:
        return d.transpose(0, 2, 1, 3).reshape(N, T, D)

    return value, pullback


@task.wrong(
    "joined like shuffled cards",
    hint="Your way forward gives each head a block of columns, and your way back puts the columns down"
    " in turns, one from each head.",
    section="sec-13-heads",
)
def joined_interleaved(x: Any, heads: Any) -> Any:
    N, T, D = x.shape
    value = x.reshape(N, T, heads, D // heads).transpose(0, 2, 1, 3)

    def pullback(d: Any) -> Any:
        return d.transpose(0, 2, 3, 1).reshape(N, T, D)

    return value, pullback


@task.wrong(
    "features before positions",
    hint="Your last two axes are feature and position. A head holds a row for each position.",
    section="sec-13-heads",
)
def features_before_positions(x: Any, heads: Any) -> Any:
    N, T, D = x.shape
    value = x.reshape(N, T, heads, D // heads).transpose(0, 2, 3, 1)

    def pullback(d: Any) -> Any:
        return d.transpose(0, 2, 1, 3).reshape(N, T, D)

    return value, pullback


@task.wrong(
    "the number of heads and their width exchanged",
    hint="You make heads of that width, in the place of that many heads.",
    section="sec-13-heads",
)
def heads_and_width(x: Any, heads: Any) -> Any:
    N, T, D = x.shape
    value = x.reshape(N, T, D // heads, heads).transpose(0, 2, 1, 3)

    def pullback(d: Any) -> Any:
        return d.transpose(0, 2, 1, 3).reshape(N, T, D)

    return value, pullback


@task.wrong(
    "all columns for every head",
    hint="Each of your heads gets all the columns. The heads share them out: each works on its own part.",
    section="sec-13-heads",
)
def copies(x: Any, heads: Any) -> Any:
    N, T, D = x.shape
    value = np.stack([x] * heads, axis=1)

    def pullback(d: Any) -> Any:
        return d.transpose(0, 2, 1, 3).reshape(N, T, D)

    return value, pullback


@task.wrong(
    "the heads not joined",
    hint="Your way back moves the axes and leaves the heads apart. It has to give what x is: one row "
    "of features for each position.",
    section="sec-13-heads",
)
def never_joined(x: Any, heads: Any) -> Any:
    N, T, D = x.shape
    value = x.reshape(N, T, heads, D // heads).transpose(0, 2, 1, 3)

    def pullback(d: Any) -> Any:
        return d.transpose(0, 2, 1, 3)

    return value, pullback


@task.wrong(
    "the heads summed on the way back",
    hint="You add the gradients of the heads. Each head has read columns of its own, and its gradient "
    "goes to these and to no others.",
    section="sec-13-heads",
)
def heads_summed(x: Any, heads: Any) -> Any:
    N, T, D = x.shape
    value = x.reshape(N, T, heads, D // heads).transpose(0, 2, 1, 3)

    def pullback(d: Any) -> Any:
        return np.concatenate([d.sum(axis=1)] * heads, axis=2)

    return value, pullback


@task.wrong(
    "the positions laid end to end",
    hint="You write the heads one under the other, along the positions. They stand side by side in the"
    " features.",
    section="sec-13-heads",
)
def positions_joined(x: Any, heads: Any) -> Any:
    N, T, D = x.shape
    value = x.reshape(N, T, heads, D // heads).transpose(0, 2, 1, 3)

    def pullback(d: Any) -> Any:
        return np.concatenate([d[:, h] for h in range(heads)], axis=1)

    return value, pullback


from bplib.check.tasks.a13 import _split_heads_more  # noqa: E402, F401  # it enters more wrong answers
