"""More wrong ways to probabilities and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a02.softmax import task


@task.wrong(
    "the smallest score of each row taken away",
    hint="The smallest score becomes 0, and the largest may still be thousands above it. Its exponential "
    "overflows. There is another score to take away, for which no exponential can be large.",
    section="sec-04-stable",
)
def shifted_by_smallest(z: Any) -> Any:
    e = np.exp(z - z.min(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return p, lambda d: p * (d - (p * d).sum(axis=1, keepdims=True))


@task.wrong(
    "scores cut off at 500",
    hint="No exponential overflows, and scores of 1000 and of 999 have become the same score. Which of them is "
    "larger is lost, and with it the probabilities.",
    section="sec-04-stable",
)
def cut_off(z: Any) -> Any:
    e = np.exp(np.clip(z, -500, 500))
    p = e / e.sum(axis=1, keepdims=True)
    return p, lambda d: p * (d - (p * d).sum(axis=1, keepdims=True))


@task.wrong(
    "the mean of the weighted gradient, where its sum is wanted",
    hint="The weights are probabilities and already add up to 1. What you take away is divided by the number "
    "of classes once more.",
)
def weighted_mean(z: Any) -> Any:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return p, lambda d: p * (d - (p * d).mean(axis=1, keepdims=True))


@task.wrong(
    "the sum taken down the columns on the way back",
    hint="Your sum on the way back runs over the examples. What one class gains, the other classes of the same "
    "example lose; each row has a sum of its own.",
)
def columns_backward(z: Any) -> Any:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return p, lambda d: p * (d - (p * d).sum(axis=0, keepdims=True))


@task.wrong(
    "the sums of the rows laid across the columns, on the way forward",
    hint="There is one sum for each row, and yours have lost the axis along which they should be spread. NumPy "
    "then divides column 0 by the sum of row 0; unless the batch is square, it refuses.",
    section="sec-02-categorical",
)
def axis_lost_forward(z: Any) -> Any:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1)
    return p, lambda d: p * (d - (p * d).sum(axis=1, keepdims=True))


@task.wrong(
    "the paths through the other probabilities with the wrong sign",
    hint="Your paths through the other classes are added. If one score rises, the other probabilities fall; "
    "where the two indices differ, the entry of the Jacobian is negative.",
    section="sec-02-jacobian",
)
def others_rise(z: Any) -> Any:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return p, lambda d: p * (d + (p * d).sum(axis=1, keepdims=True))


@task.wrong(
    "probabilities minus d",
    hint="p − y is where a loss and softmax have been joined, with a target y. Here d is no target: it is "
    "whatever gradient arrives.",
    section="sec-02-categorical",
)
def minus_target(z: Any) -> Any:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return p, lambda d: p - d
