"""More wrong answers to 13.attention."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a13.attention import task
from bplib.check.tasks.a13.masked_softmax import masked_softmax


@task.wrong(
    "the scores multiplied by the mask",
    hint="A hidden score of 0 is still a score. Its key gets a weight, and sometimes the largest.",
    section="sec-13-mask",
)
def mask_on_scores(q: Any, k: Any, v: Any, mask: Any) -> Any:
    scale = 1 / np.sqrt(q.shape[-1])
    p, back = masked_softmax(scale * (q @ k.swapaxes(-1, -2)) * mask, np.full(mask.shape, True))

    def pullback(d: Any) -> Any:
        dp = d @ v.swapaxes(-1, -2)
        ds = scale * back(dp) * mask
        return ds @ k, ds.swapaxes(-1, -2) @ q, p.swapaxes(-1, -2) @ d

    return p @ v, pullback


@task.wrong(
    "the mask turned round",
    hint="You negate the mask on the way. Your softmax wants True where a query may see a key, and "
    "that is what comes in.",
    section="sec-13-mask",
)
def mask_inverted(q: Any, k: Any, v: Any, mask: Any) -> Any:
    scale = 1 / np.sqrt(q.shape[-1])
    p, back = masked_softmax(scale * (q @ k.swapaxes(-1, -2)), ~mask)

    def pullback(d: Any) -> Any:
        dp = d @ v.swapaxes(-1, -2)
        ds = scale * back(dp)
        return ds @ k, ds.swapaxes(-1, -2) @ q, p.swapaxes(-1, -2) @ d

    return p @ v, pullback


@task.wrong(
    "each key shares itself out among the queries",
    hint="Your softmax runs over the queries, so that the columns of the map add up to 1. It is each "
    "query that has one unit of attention to give.",
    section="sec-13-wrong-axis",
)
def over_queries(q: Any, k: Any, v: Any, mask: Any) -> Any:
    scale = 1 / np.sqrt(q.shape[-1])
    turned, turned_back = masked_softmax(scale * (k @ q.swapaxes(-1, -2)), mask.swapaxes(-1, -2))
    p = turned.swapaxes(-1, -2)

    def pullback(d: Any) -> Any:
        dp = d @ v.swapaxes(-1, -2)
        ds = scale * turned_back(dp.swapaxes(-1, -2)).swapaxes(-1, -2)
        return ds @ k, ds.swapaxes(-1, -2) @ q, p.swapaxes(-1, -2) @ d

    return p @ v, pullback


@task.wrong(
    "keys times queries",
    hint="Your scores have a row for each key and a column for each query. With as many keys as "
    "queries nothing complains, and every query reads a key's row.",
    section="sec-13-attention",
)
def keys_times_queries(q: Any, k: Any, v: Any, mask: Any) -> Any:
    scale = 1 / np.sqrt(q.shape[-1])
    p, back = masked_softmax(scale * (k @ q.swapaxes(-1, -2)), mask)

    def pullback(d: Any) -> Any:
        dp = d @ v.swapaxes(-1, -2)
        ds = scale * back(dp)
        return ds.swapaxes(-1, -2) @ k, ds @ q, p.swapaxes(-1, -2) @ d

    return p @ v, pullback


@task.wrong(
    "the weights in the place of what they find",
    hint="You return the map itself. What a query takes home is the mean of the values under its weights.",
    section="sec-13-attention",
)
def weights_returned(q: Any, k: Any, v: Any, mask: Any) -> Any:
    scale = 1 / np.sqrt(q.shape[-1])
    p, back = masked_softmax(scale * (q @ k.swapaxes(-1, -2)), mask)

    def pullback(d: Any) -> Any:
        dp = d @ v.swapaxes(-1, -2)
        ds = scale * back(dp)
        return ds @ k, ds.swapaxes(-1, -2) @ q, p.swapaxes(-1, -2) @ d

    return p, pullback


@task.wrong(
    "the scores used without a softmax",
    hint="Your mix is taken with raw scores. They may be negative, do not add up to 1, and no mask can"
    " hide a key in them.",
    section="sec-13-attention",
)
def softmax_left_out(q: Any, k: Any, v: Any, mask: Any) -> Any:
    scale = 1 / np.sqrt(q.shape[-1])
    p = scale * (q @ k.swapaxes(-1, -2)) * mask

    def pullback(d: Any) -> Any:
        dp = d @ v.swapaxes(-1, -2)
        ds = scale * dp * mask
        return ds @ k, ds.swapaxes(-1, -2) @ q, p.swapaxes(-1, -2) @ d

    return p @ v, pullback


@task.wrong(
    "the values' gradient with untransposed weights",
    hint="Your dv sums over the keys that a query sees. A value sends something to every query that "
    "looks at it, and the gradient collects from these: the other axis of the map.",
    section="sec-13-backward",
)
def dv_untransposed(q: Any, k: Any, v: Any, mask: Any) -> Any:
    scale = 1 / np.sqrt(q.shape[-1])
    p, back = masked_softmax(scale * (q @ k.swapaxes(-1, -2)), mask)

    def pullback(d: Any) -> Any:
        dp = d @ v.swapaxes(-1, -2)
        ds = scale * back(dp)
        return ds @ k, ds.swapaxes(-1, -2) @ q, p @ d

    return p @ v, pullback


@task.wrong(
    "the keys' gradient with untransposed scores",
    hint="For the keys you sum along the same axis as for the queries. A key collects from all queries"
    " that have compared themselves with it.",
    section="sec-13-backward",
)
def dk_untransposed(q: Any, k: Any, v: Any, mask: Any) -> Any:
    scale = 1 / np.sqrt(q.shape[-1])
    p, back = masked_softmax(scale * (q @ k.swapaxes(-1, -2)), mask)

    def pullback(d: Any) -> Any:
        dp = d @ v.swapaxes(-1, -2)
        ds = scale * back(dp)
        return ds @ k, ds @ q, p.swapaxes(-1, -2) @ d

    return p @ v, pullback


@task.wrong(
    "the queries' gradient with transposed scores",
    hint="For the queries you sum over the queries. A query was compared with all keys, and its "
    "gradient collects from them.",
    section="sec-13-backward",
)
def dq_transposed(q: Any, k: Any, v: Any, mask: Any) -> Any:
    scale = 1 / np.sqrt(q.shape[-1])
    p, back = masked_softmax(scale * (q @ k.swapaxes(-1, -2)), mask)

    def pullback(d: Any) -> Any:
        dp = d @ v.swapaxes(-1, -2)
        ds = scale * back(dp)
        return ds.swapaxes(-1, -2) @ k, ds.swapaxes(-1, -2) @ q, p.swapaxes(-1, -2) @ d

    return p @ v, pullback


@task.wrong(
    "the values untransposed on the way to the weights",
    hint="What comes back at a weight is the product of d with one value's row. You multiply d by the "
    "values as they are, which mixes features with positions.",
    section="sec-13-backward",
)
def v_untransposed(q: Any, k: Any, v: Any, mask: Any) -> Any:
    scale = 1 / np.sqrt(q.shape[-1])
    p, back = masked_softmax(scale * (q @ k.swapaxes(-1, -2)), mask)

    def pullback(d: Any) -> Any:
        dp = d @ v
        ds = scale * back(dp)
        return ds @ k, ds.swapaxes(-1, -2) @ q, p.swapaxes(-1, -2) @ d

    return p @ v, pullback


@task.wrong(
    "each factor kept in its own gradient",
    hint="In a product the slope by one factor is the other factor. Your queries' gradient is made of "
    "queries, and your keys' of keys.",
    section="sec-13-backward",
)
def own_factor_kept(q: Any, k: Any, v: Any, mask: Any) -> Any:
    scale = 1 / np.sqrt(q.shape[-1])
    p, back = masked_softmax(scale * (q @ k.swapaxes(-1, -2)), mask)

    def pullback(d: Any) -> Any:
        dp = d @ v.swapaxes(-1, -2)
        ds = scale * back(dp)
        return ds.swapaxes(-1, -2) @ q, ds @ k, p.swapaxes(-1, -2) @ d

    return p @ v, pullback


@task.wrong(
    "the softmax skipped on the way back",
    hint="What arrives at the weights, you hand on to the scores as it is. Between the two stands the "
    "softmax, with a way back of its own.",
    section="sec-13-backward",
)
def softmax_skipped_back(q: Any, k: Any, v: Any, mask: Any) -> Any:
    scale = 1 / np.sqrt(q.shape[-1])
    p, _ = masked_softmax(scale * (q @ k.swapaxes(-1, -2)), mask)

    def pullback(d: Any) -> Any:
        dp = d @ v.swapaxes(-1, -2)
        ds = scale * dp
        return ds @ k, ds.swapaxes(-1, -2) @ q, p.swapaxes(-1, -2) @ d

    return p @ v, pullback


@task.wrong(
    "the softmax taken back entry by entry",
    hint="You treat each weight as if it had a score of its own and nothing else. All weights of a row"
    " share their sum.",
    section="sec-04-bug-diagonal",
)
def softmax_diagonal(q: Any, k: Any, v: Any, mask: Any) -> Any:
    scale = 1 / np.sqrt(q.shape[-1])
    p, _ = masked_softmax(scale * (q @ k.swapaxes(-1, -2)), mask)

    def pullback(d: Any) -> Any:
        dp = d @ v.swapaxes(-1, -2)
        ds = scale * p * (1 - p) * dp
        return ds @ k, ds.swapaxes(-1, -2) @ q, p.swapaxes(-1, -2) @ d

    return p @ v, pullback
