"""Slips at the borders of the chunks."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a11.rnn import rnn
from bplib.check.tasks.a11.truncated import task


@task.wrong(
    "k chunks in the place of chunks of k steps",
    hint="You cut the sequence into k pieces. k is the number of steps in a chunk, and how many chunks there "
    "are follows from it.",
)
def k_chunks(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any, d: Any, k: Any) -> Any:
    dWx, dWh, db = 0 * Wx, 0 * Wh, 0 * b
    for part in np.array_split(np.arange(len(x)), min(k, len(x))):
        hs, pullback = rnn(x[part], h0, Wx, Wh, b)
        _, _, one, two, three = pullback(d[part])
        dWx, dWh, db = dWx + one, dWh + two, db + three
        h0 = hs[-1]
    return dWx, dWh, db


@task.wrong(
    "the gradient of a chunk's start handed to the next chunk",
    hint="The gradient stops at the border, and it would run the other way: what you get for the start of a "
    "chunk belongs to a state before it, and you add it to one behind it.",
)
def gradient_handed_on(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any, d: Any, k: Any) -> Any:
    dWx, dWh, db = 0 * Wx, 0 * Wh, 0 * b
    later = np.zeros_like(h0)
    for start in range(0, len(x), k):
        hs, pullback = rnn(x[start : start + k], h0, Wx, Wh, b)
        arrived = d[start : start + k].copy()
        arrived[-1] += later
        _, later, one, two, three = pullback(arrived)
        dWx, dWh, db = dWx + one, dWh + two, db + three
        h0 = hs[-1]
    return dWx, dWh, db
