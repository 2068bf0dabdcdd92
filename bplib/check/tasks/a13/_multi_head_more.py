"""More wrong answers to 13.multi_head."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a13.attention import attention
from bplib.check.tasks.a13.multi_head import task
from bplib.check.tasks.a13.split_heads import split_heads


@task.wrong(
    "queries and keys exchanged",
    hint="In your map the keys do the asking. Its rows belong to what is looked for, and those are the"
    " queries.",
    section="sec-13-attention",
)
def queries_keys_exchanged(x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any, heads: Any, mask: Any) -> Any:
    q, join = split_heads(x @ Wq, heads)
    k, _ = split_heads(x @ Wk, heads)
    v, _ = split_heads(x @ Wv, heads)
    found, back = attention(k, q, v, mask)
    joined = join(found)

    def pullback(d: Any) -> Any:
        dfound, _ = split_heads(d @ Wo.T, heads)
        dq, dk, dv = (join(g) for g in back(dfound))
        dx = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T
        dWq, dWk, dWv = (np.einsum("ntd,ntm->dm", x, g) for g in (dq, dk, dv))
        return dx, dWq, dWk, dWv, np.einsum("ntm,ntd->md", joined, d)

    return joined @ Wo, pullback


@task.wrong(
    "the scale applied a second time",
    hint="You divide the queries by the root of the width, and your attention does it again. One of "
    "them is enough.",
    section="sec-13-scale",
)
def scaled_again(x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any, heads: Any, mask: Any) -> Any:
    q, join = split_heads(x @ Wq, heads)
    k, _ = split_heads(x @ Wk, heads)
    v, _ = split_heads(x @ Wv, heads)
    found, back = attention(q / np.sqrt(q.shape[-1]), k, v, mask)
    joined = join(found)

    def pullback(d: Any) -> Any:
        dfound, _ = split_heads(d @ Wo.T, heads)
        dq, dk, dv = (join(g) for g in back(dfound))
        dx = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T
        dWq, dWk, dWv = (np.einsum("ntd,ntm->dm", x, g) for g in (dq, dk, dv))
        return dx, dWq, dWk, dWv, np.einsum("ntm,ntd->md", joined, d)

    return joined @ Wo, pullback


@task.wrong(
    "the scale of the whole width",
    hint="You correct the scale to that of all columns together. A head's scores are sums over its own"
    " columns only.",
    section="sec-13-scale",
)
def scaled_for_all_heads(x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any, heads: Any, mask: Any) -> Any:
    q, join = split_heads(x @ Wq, heads)
    k, _ = split_heads(x @ Wk, heads)
    v, _ = split_heads(x @ Wv, heads)
    found, back = attention(q / np.sqrt(heads), k, v, mask)
    joined = join(found)

    def pullback(d: Any) -> Any:
        dfound, _ = split_heads(d @ Wo.T, heads)
        dq, dk, dv = (join(g) for g in back(dfound))
        dq = dq / np.sqrt(heads)
        dx = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T
        dWq, dWk, dWv = (np.einsum("ntd,ntm->dm", x, g) for g in (dq, dk, dv))
        return dx, dWq, dWk, dWv, np.einsum("ntm,ntd->md", joined, d)

    return joined @ Wo, pullback


@task.wrong(
    "the heads joined by a reshape alone",
    hint="You write the heads one after the other as they lie in memory. A row then holds several "
    "positions of one head, and not one position of all heads.",
    section="sec-13-heads",
)
def joined_by_reshape(x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any, heads: Any, mask: Any) -> Any:
    q, join = split_heads(x @ Wq, heads)
    k, _ = split_heads(x @ Wk, heads)
    v, _ = split_heads(x @ Wv, heads)
    found, back = attention(q, k, v, mask)
    joined = found.reshape(*x.shape[:2], -1)

    def pullback(d: Any) -> Any:
        dfound, _ = split_heads(d @ Wo.T, heads)
        dq, dk, dv = (join(g) for g in back(dfound))
        dx = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T
        dWq, dWk, dWv = (np.einsum("ntd,ntm->dm", x, g) for g in (dq, dk, dv))
        return dx, dWq, dWk, dWv, np.einsum("ntm,ntd->md", joined, d)

    return joined @ Wo, pullback


@task.wrong(
    "x added to the result",
    hint="Your result contains x once more. A shortcut round the attention belongs to the block; this "
    "function is what stands beside it.",
    section="sec-13-block",
)
def residual_added(x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any, heads: Any, mask: Any) -> Any:
    q, join = split_heads(x @ Wq, heads)
    k, _ = split_heads(x @ Wk, heads)
    v, _ = split_heads(x @ Wv, heads)
    found, back = attention(q, k, v, mask)
    joined = join(found)

    def pullback(d: Any) -> Any:
        dfound, _ = split_heads(d @ Wo.T, heads)
        dq, dk, dv = (join(g) for g in back(dfound))
        dx = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T + d
        dWq, dWk, dWv = (np.einsum("ntd,ntm->dm", x, g) for g in (dq, dk, dv))
        return dx, dWq, dWk, dWv, np.einsum("ntm,ntd->md", joined, d)

    return joined @ Wo + x, pullback


@task.wrong(
    "the gradient of x through the queries only",
    hint="x is used three times, as queries, as keys and as values. You return what comes back by the "
    "first of these routes.",
    section="sec-03-fanout",
)
def only_queries(x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any, heads: Any, mask: Any) -> Any:
    q, join = split_heads(x @ Wq, heads)
    k, _ = split_heads(x @ Wk, heads)
    v, _ = split_heads(x @ Wv, heads)
    found, back = attention(q, k, v, mask)
    joined = join(found)

    def pullback(d: Any) -> Any:
        dfound, _ = split_heads(d @ Wo.T, heads)
        dq, dk, dv = (join(g) for g in back(dfound))
        dx = dq @ Wq.T
        dWq, dWk, dWv = (np.einsum("ntd,ntm->dm", x, g) for g in (dq, dk, dv))
        return dx, dWq, dWk, dWv, np.einsum("ntm,ntd->md", joined, d)

    return joined @ Wo, pullback


@task.wrong(
    "the gradient of x through the values only",
    hint="You return what comes back through the values. x also decides, as queries and as keys, where"
    " everyone looks.",
    section="sec-03-fanout",
)
def only_values(x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any, heads: Any, mask: Any) -> Any:
    q, join = split_heads(x @ Wq, heads)
    k, _ = split_heads(x @ Wk, heads)
    v, _ = split_heads(x @ Wv, heads)
    found, back = attention(q, k, v, mask)
    joined = join(found)

    def pullback(d: Any) -> Any:
        dfound, _ = split_heads(d @ Wo.T, heads)
        dq, dk, dv = (join(g) for g in back(dfound))
        dx = dv @ Wv.T
        dWq, dWk, dWv = (np.einsum("ntd,ntm->dm", x, g) for g in (dq, dk, dv))
        return dx, dWq, dWk, dWv, np.einsum("ntm,ntd->md", joined, d)

    return joined @ Wo, pullback


@task.wrong(
    "the route through the keys lost",
    hint="Your gradient of x has the queries' and the values' part. As a key, x is compared with every"
    " query, and that part is missing.",
    section="sec-03-fanout",
)
def keys_route_lost(x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any, heads: Any, mask: Any) -> Any:
    q, join = split_heads(x @ Wq, heads)
    k, _ = split_heads(x @ Wk, heads)
    v, _ = split_heads(x @ Wv, heads)
    found, back = attention(q, k, v, mask)
    joined = join(found)

    def pullback(d: Any) -> Any:
        dfound, _ = split_heads(d @ Wo.T, heads)
        dq, dk, dv = (join(g) for g in back(dfound))
        dx = dq @ Wq.T + dv @ Wv.T
        dWq, dWk, dWv = (np.einsum("ntd,ntm->dm", x, g) for g in (dq, dk, dv))
        return dx, dWq, dWk, dWv, np.einsum("ntm,ntd->md", joined, d)

    return joined @ Wo, pullback


@task.wrong(
    "the route through the values lost",
    hint="Your gradient of x says how it decides where to look. What is found there is made of x too.",
    section="sec-03-fanout",
)
def values_route_lost(x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any, heads: Any, mask: Any) -> Any:
    q, join = split_heads(x @ Wq, heads)
    k, _ = split_heads(x @ Wk, heads)
    v, _ = split_heads(x @ Wv, heads)
    found, back = attention(q, k, v, mask)
    joined = join(found)

    def pullback(d: Any) -> Any:
        dfound, _ = split_heads(d @ Wo.T, heads)
        dq, dk, dv = (join(g) for g in back(dfound))
        dx = dq @ Wq.T + dk @ Wk.T
        dWq, dWk, dWv = (np.einsum("ntd,ntm->dm", x, g) for g in (dq, dk, dv))
        return dx, dWq, dWk, dWv, np.einsum("ntm,ntd->md", joined, d)

    return joined @ Wo, pullback


@task.wrong(
    "the three routes averaged",
    hint="You divide the sum of the three routes by three. Each use of x has its effect on the loss, "
    "and effects add up.",
    section="sec-03-fanout",
)
def routes_averaged(x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any, heads: Any, mask: Any) -> Any:
    q, join = split_heads(x @ Wq, heads)
    k, _ = split_heads(x @ Wk, heads)
    v, _ = split_heads(x @ Wv, heads)
    found, back = attention(q, k, v, mask)
    joined = join(found)

    def pullback(d: Any) -> Any:
        dfound, _ = split_heads(d @ Wo.T, heads)
        dq, dk, dv = (join(g) for g in back(dfound))
        dx = (dq @ Wq.T + dk @ Wk.T + dv @ Wv.T) / 3
        dWq, dWk, dWv = (np.einsum("ntd,ntm->dm", x, g) for g in (dq, dk, dv))
        return dx, dWq, dWk, dWv, np.einsum("ntm,ntd->md", joined, d)

    return joined @ Wo, pullback
