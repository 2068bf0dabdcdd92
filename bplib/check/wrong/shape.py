"""Wrong gradients of ops that move numbers about."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib import ops
from bplib.check.wrong import wrong


@wrong("reshape", "on the way back the numbers are read in column order")
def reshape_back_in_column_order(x: Any, shape: Any) -> Any:
    value, _ = ops.reshape(x, shape)
    return value, lambda d: d.reshape(x.shape, order="F")


@wrong("transpose", "the gradient takes the forward permutation, not its inverse; equal for two axes")
def transpose_forward_again(x: Any, axes: Any = None) -> Any:
    value, _ = ops.transpose(x, axes)
    return value, lambda d: d.transpose(axes)


@wrong("transpose", "the gradient is reshaped to the old shape, which moves its numbers to other places")
def transpose_back_by_reshape(x: Any, axes: Any = None) -> Any:
    value, _ = ops.transpose(x, axes)
    return value, lambda d: d.reshape(x.shape)


@wrong("concatenate", "the pieces of the gradient are handed out in reversed order")
def concatenate_reversed(arrays: Any, axis: int = 0) -> Any:
    value, back = ops.concatenate(arrays, axis)
    return value, lambda d: back(d)[::-1]


@wrong("concatenate", "the gradient is cut into equal pieces although the arrays differ in size")
def concatenate_equal_pieces(arrays: Any, axis: int = 0) -> Any:
    value, _ = ops.concatenate(arrays, axis)
    return value, lambda d: tuple(np.array_split(d, len(arrays), axis=axis))


@wrong("getitem", "gradients are assigned: of an entry that was picked twice only the last pick counts")
def getitem_assigned(x: Any, index: Any) -> Any:
    value, _ = ops.getitem(x, index)

    def pullback(d: Any) -> Any:
        dx = np.zeros_like(x)
        dx[index] = d
        return dx

    return value, pullback


@wrong("getitem", "dx[index] += d looks like accumulation, but NumPy adds to a repeated index once")
def getitem_buffered_add(x: Any, index: Any) -> Any:
    value, _ = ops.getitem(x, index)

    def pullback(d: Any) -> Any:
        dx = np.zeros_like(x)
        dx[index] += d
        return dx

    return value, pullback


@wrong("broadcast_to", "the gradient of the first copy is returned; those of the others are lost")
def broadcast_to_first_copy(x: Any, shape: Any) -> Any:
    value, _ = ops.broadcast_to(x, shape)

    def pullback(d: Any) -> Any:
        d = d[(0,) * (d.ndim - np.ndim(x))]
        return d[tuple(slice(0, n) for n in np.shape(x))]

    return value, pullback
