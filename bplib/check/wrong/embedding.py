"""Wrong gradients of the embedding."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib import ops
from bplib.check.wrong import wrong


@wrong(
    "embedding",
    "assigned, or added by dE[ids] += d, which does the same: of an id that occurs twice only the last counts",
)
def rows_assigned(ids: Any, E: Any) -> Any:
    value, _ = ops.embedding(ids, E)

    def pullback(d: Any) -> Any:
        dE = np.zeros_like(E)
        dE[ids] = d
        return dE

    return value, pullback


@wrong("embedding", "the gradient of a row is averaged over its occurrences")
def rows_averaged(ids: Any, E: Any) -> Any:
    value, back = ops.embedding(ids, E)
    count = np.maximum(np.bincount(np.ravel(ids), minlength=len(E)), 1).astype(E.dtype)
    return value, lambda d: back(d) / count[:, None]


@wrong("embedding", "the gradient of the looked-up rows is returned, not that of the table")
def rows_not_scattered(ids: Any, E: Any) -> Any:
    value, _ = ops.embedding(ids, E)
    return value, lambda d: d.reshape(-1, E.shape[1])


@wrong("embedding", "the upstream gradient is ignored: rows receive how often they were looked up")
def rows_counted(ids: Any, E: Any) -> Any:
    value, back = ops.embedding(ids, E)
    return value, lambda d: back(np.ones_like(d))
