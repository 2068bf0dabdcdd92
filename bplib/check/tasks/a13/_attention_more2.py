"""Still more wrong answers to 13.attention."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a13.attention import task
from bplib.check.tasks.a13.masked_softmax import masked_softmax


@task.wrong(
    "the weights taken as constants",
    hint="Only your values get a gradient. But the weights are made of queries and keys, and it is "
    "through them that a network learns where to look.",
    section="sec-13-backward",
)
def weights_constant(q: Any, k: Any, v: Any, mask: Any) -> Any:
    scale = 1 / np.sqrt(q.shape[-1])
    p, back = masked_softmax(scale * (q @ k.swapaxes(-1, -2)), mask)

    def pullback(d: Any) -> Any:
        dp = d @ v.swapaxes(-1, -2)
        ds = scale * back(dp)
        return 0 * ds @ k, 0 * ds.swapaxes(-1, -2) @ q, p.swapaxes(-1, -2) @ d

    return p @ v, pullback


@task.wrong(
    "the values' gradient from the gradient of the weights",
    hint="A value's gradient is made of the weights with which it was read. You take what came back at"
    " the weights.",
    section="sec-13-backward",
)
def dv_from_dp(q: Any, k: Any, v: Any, mask: Any) -> Any:
    scale = 1 / np.sqrt(q.shape[-1])
    p, back = masked_softmax(scale * (q @ k.swapaxes(-1, -2)), mask)

    def pullback(d: Any) -> Any:
        dp = d @ v.swapaxes(-1, -2)
        ds = scale * back(dp)
        return ds @ k, ds.swapaxes(-1, -2) @ q, ds.swapaxes(-1, -2) @ d

    return p @ v, pullback


@task.wrong(
    "the upstream gradient ignored",
    hint="Your gradients are those of the plain sum of all outputs. What comes from above, d, weighs them.",
    section="sec-02-upstream",
)
def upstream_ignored(q: Any, k: Any, v: Any, mask: Any) -> Any:
    scale = 1 / np.sqrt(q.shape[-1])
    p, back = masked_softmax(scale * (q @ k.swapaxes(-1, -2)), mask)

    def pullback(d: Any) -> Any:
        d = np.ones_like(d)
        dp = d @ v.swapaxes(-1, -2)
        ds = scale * back(dp)
        return ds @ k, ds.swapaxes(-1, -2) @ q, p.swapaxes(-1, -2) @ d

    return p @ v, pullback


@task.wrong(
    "the gradients in the order v, k, q",
    hint="You return the gradient of the values first. They come in the order of the arguments.",
    section="sec-13-backward",
)
def other_order(q: Any, k: Any, v: Any, mask: Any) -> Any:
    scale = 1 / np.sqrt(q.shape[-1])
    p, back = masked_softmax(scale * (q @ k.swapaxes(-1, -2)), mask)

    def pullback(d: Any) -> Any:
        dp = d @ v.swapaxes(-1, -2)
        ds = scale * back(dp)
        return p.swapaxes(-1, -2) @ d, ds.swapaxes(-1, -2) @ q, ds @ k

    return p @ v, pullback


@task.wrong(
    "the weights multiplied in once more",
    hint="The pullback of the softmax has its factor p in it already. Your gradient of the scores has "
    "it twice.",
    section="sec-13-backward",
)
def weights_once_more(q: Any, k: Any, v: Any, mask: Any) -> Any:
    scale = 1 / np.sqrt(q.shape[-1])
    p, back = masked_softmax(scale * (q @ k.swapaxes(-1, -2)), mask)

    def pullback(d: Any) -> Any:
        dp = d @ v.swapaxes(-1, -2)
        ds = scale * p * back(dp)
        return ds @ k, ds.swapaxes(-1, -2) @ q, p.swapaxes(-1, -2) @ d

    return p @ v, pullback
