"""Still more wrong answers to 13.multi_head."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a13.attention import attention
from bplib.check.tasks.a13.multi_head import task
from bplib.check.tasks.a13.split_heads import split_heads


@task.wrong(
    "the projections' gradients in another order",
    hint="Your gradients of the keys' and the values' projection have changed places. They come in the"
    " order of the arguments.",
    section="sec-13-backward",
)
def projections_reordered(x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any, heads: Any, mask: Any) -> Any:
    q, join = split_heads(x @ Wq, heads)
    k, _ = split_heads(x @ Wk, heads)
    v, _ = split_heads(x @ Wv, heads)
    found, back = attention(q, k, v, mask)
    joined = join(found)

    def pullback(d: Any) -> Any:
        dfound, _ = split_heads(d @ Wo.T, heads)
        dq, dk, dv = (join(g) for g in back(dfound))
        dx = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T
        dWq, dWk, dWv = (np.einsum("ntd,ntm->dm", x, g) for g in (dq, dk, dv))
        return dx, dWq, dWv, dWk, np.einsum("ntm,ntd->md", joined, d)

    return joined @ Wo, pullback


@task.wrong(
    "the upstream gradient ignored",
    hint="Your gradients are those of the plain sum of all outputs. What comes from above, d, weighs them.",
    section="sec-02-upstream",
)
def upstream_ignored(x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any, heads: Any, mask: Any) -> Any:
    q, join = split_heads(x @ Wq, heads)
    k, _ = split_heads(x @ Wk, heads)
    v, _ = split_heads(x @ Wv, heads)
    found, back = attention(q, k, v, mask)
    joined = join(found)

    def pullback(d: Any) -> Any:
        d = np.ones_like(d)
        dfound, _ = split_heads(d @ Wo.T, heads)
        dq, dk, dv = (join(g) for g in back(dfound))
        dx = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T
        dWq, dWk, dWv = (np.einsum("ntd,ntm->dm", x, g) for g in (dq, dk, dv))
        return dx, dWq, dWk, dWv, np.einsum("ntm,ntd->md", joined, d)

    return joined @ Wo, pullback
