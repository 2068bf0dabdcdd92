"""Wrong gradients of matrix products."""

from __future__ import annotations

from typing import Any

from bplib import ops
from bplib.check.wrong import wrong


@wrong("linear", "db is averaged over the batch although the upstream gradient already carries the 1/N")
def bias_averaged(x: Any, W: Any, b: Any = None) -> Any:
    z, back = ops.linear(x, W, b)

    def pullback(dz: Any) -> Any:
        dx, dW, *_ = back(dz)
        return (dx, dW) if b is None else (dx, dW, dz.mean(axis=0))

    return z, pullback


@wrong("linear", "db looks at the last row of the batch only")
def bias_of_last_row(x: Any, W: Any, b: Any = None) -> Any:
    z, back = ops.linear(x, W, b)

    def pullback(dz: Any) -> Any:
        dx, dW, *_ = back(dz)
        return (dx, dW) if b is None else (dx, dW, dz[-1])

    return z, pullback


@wrong("linear", "dx uses W where it needs W transposed; nothing crashes when W is square")
def dx_untransposed(x: Any, W: Any, b: Any = None) -> Any:
    z, back = ops.linear(x, W, b)

    def pullback(dz: Any) -> Any:
        _, dW, *db = back(dz)
        return (dz @ W if W.shape[0] == W.shape[1] else dz @ W.T, dW, *db)

    return z, pullback


@wrong("linear", "dW is dzᵀ x, the transpose of xᵀ dz; nothing crashes when W is square")
def dW_transposed(x: Any, W: Any, b: Any = None) -> Any:
    z, back = ops.linear(x, W, b)

    def pullback(dz: Any) -> Any:
        dx, dW, *db = back(dz)
        return (dx, dW.T if W.shape[0] == W.shape[1] else dW, *db)

    return z, pullback
