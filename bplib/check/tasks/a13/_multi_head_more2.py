"""Still more wrong answers to 13.multi_head."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a13.attention import attention
from bplib.check.tasks.a13.multi_head import task
from bplib.check.tasks.a13.split_heads import split_heads


@task.wrong(
    "the way back through untransposed projections",
    hint="You multiply by the projections as they are. On the way back a matrix is passed from its "
    "other side; with square ones nothing complains.",
    section="sec-06-transpose",
)
def projections_untransposed(x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any, heads: Any, mask: Any) -> Any:
    q, join = split_heads(x @ Wq, heads)
    k, _ = split_heads(x @ Wk, heads)
    v, _ = split_heads(x @ Wv, heads)
    found, back = attention(q, k, v, mask)
    joined = join(found)

    def pullback(d: Any) -> Any:
        dfound, _ = split_heads(d @ Wo.T, heads)
        dq, dk, dv = (join(g) for g in back(dfound))
        dx = dq @ Wq + dk @ Wk + dv @ Wv
        dWq, dWk, dWv = (np.einsum("ntd,ntm->dm", x, g) for g in (dq, dk, dv))
        return dx, dWq, dWk, dWv, np.einsum("ntm,ntd->md", joined, d)

    return joined @ Wo, pullback


@task.wrong(
    "all three routes through one projection",
    hint="You add the three gradients first and pass them through the queries' projection. Each has "
    "come through a matrix of its own.",
    section="sec-13-backward",
)
def one_projection_for_all(x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any, heads: Any, mask: Any) -> Any:
    q, join = split_heads(x @ Wq, heads)
    k, _ = split_heads(x @ Wk, heads)
    v, _ = split_heads(x @ Wv, heads)
    found, back = attention(q, k, v, mask)
    joined = join(found)

    def pullback(d: Any) -> Any:
        dfound, _ = split_heads(d @ Wo.T, heads)
        dq, dk, dv = (join(g) for g in back(dfound))
        dx = (dq + dk + dv) @ Wq.T
        dWq, dWk, dWv = (np.einsum("ntd,ntm->dm", x, g) for g in (dq, dk, dv))
        return dx, dWq, dWk, dWv, np.einsum("ntm,ntd->md", joined, d)

    return joined @ Wo, pullback


@task.wrong(
    "the last projection skipped on the way back",
    hint="You hand d to the heads as it is. Between the result and the joined heads stands Wo.",
    section="sec-13-heads",
)
def output_skipped_back(x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any, heads: Any, mask: Any) -> Any:
    q, join = split_heads(x @ Wq, heads)
    k, _ = split_heads(x @ Wk, heads)
    v, _ = split_heads(x @ Wv, heads)
    found, back = attention(q, k, v, mask)
    joined = join(found)

    def pullback(d: Any) -> Any:
        dfound, _ = split_heads(d, heads)
        dq, dk, dv = (join(g) for g in back(dfound))
        dx = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T
        dWq, dWk, dWv = (np.einsum("ntd,ntm->dm", x, g) for g in (dq, dk, dv))
        return dx, dWq, dWk, dWv, np.einsum("ntm,ntd->md", joined, d)

    return joined @ Wo, pullback


@task.wrong(
    "the last projection untransposed on the way back",
    hint="On the way back through Wo you multiply by the matrix as it is. With a square one nothing "
    "complains.",
    section="sec-06-transpose",
)
def output_untransposed_back(x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any, heads: Any, mask: Any) -> Any:
    q, join = split_heads(x @ Wq, heads)
    k, _ = split_heads(x @ Wk, heads)
    v, _ = split_heads(x @ Wv, heads)
    found, back = attention(q, k, v, mask)
    joined = join(found)

    def pullback(d: Any) -> Any:
        dfound, _ = split_heads(d @ Wo, heads)
        dq, dk, dv = (join(g) for g in back(dfound))
        dx = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T
        dWq, dWk, dWv = (np.einsum("ntd,ntm->dm", x, g) for g in (dq, dk, dv))
        return dx, dWq, dWk, dWv, np.einsum("ntm,ntd->md", joined, d)

    return joined @ Wo, pullback


@task.wrong(
    "the last projection's gradient made with x",
    hint="What Wo was multiplied by are the joined heads. Your gradient is made with the input of the "
    "whole layer.",
    section="sec-13-heads",
)
def output_from_x(x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any, heads: Any, mask: Any) -> Any:
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
        return dx, dWq, dWk, dWv, np.einsum("ntm,ntd->md", x, d)

    return joined @ Wo, pullback


@task.wrong(
    "the last projection's gradient made with the result",
    hint="You multiply d by the result. A matrix's gradient is made with what went into it.",
    section="sec-13-heads",
)
def output_from_result(x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any, heads: Any, mask: Any) -> Any:
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
        return dx, dWq, dWk, dWv, np.einsum("ntm,ntd->md", joined @ Wo, d)

    return joined @ Wo, pullback


@task.wrong(
    "all gradients made with the joined heads",
    hint="Wq, Wk and Wv have seen x, and nothing else. Your gradients are made with what came out at "
    "the end.",
    section="sec-13-backward",
)
def all_from_joined(x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any, heads: Any, mask: Any) -> Any:
    q, join = split_heads(x @ Wq, heads)
    k, _ = split_heads(x @ Wk, heads)
    v, _ = split_heads(x @ Wv, heads)
    found, back = attention(q, k, v, mask)
    joined = join(found)

    def pullback(d: Any) -> Any:
        dfound, _ = split_heads(d @ Wo.T, heads)
        dq, dk, dv = (join(g) for g in back(dfound))
        dx = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T
        dWq, dWk, dWv = (np.einsum("ntd,ntm->dm", joined, g) for g in (dq, dk, dv))
        return dx, dWq, dWk, dWv, np.einsum("ntm,ntd->md", joined, d)

    return joined @ Wo, pullback


@task.wrong(
    "the projections' gradients transposed",
    hint="Your gradients have the shape of the transposed matrices; with square ones nothing complains.",
    section="sec-06-transpose",
)
def projections_turned(x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any, heads: Any, mask: Any) -> Any:
    q, join = split_heads(x @ Wq, heads)
    k, _ = split_heads(x @ Wk, heads)
    v, _ = split_heads(x @ Wv, heads)
    found, back = attention(q, k, v, mask)
    joined = join(found)

    def pullback(d: Any) -> Any:
        dfound, _ = split_heads(d @ Wo.T, heads)
        dq, dk, dv = (join(g) for g in back(dfound))
        dx = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T
        dWq, dWk, dWv = (np.einsum("ntd,ntm->md", x, g) for g in (dq, dk, dv))
        return dx, dWq, dWk, dWv, np.einsum("ntm,ntd->md", joined, d)

    return joined @ Wo, pullback


@task.wrong(
    "the gradients of the last sequence only",
    hint="Your loop over the batch overwrites what the sequences before have given. All of them use "
    "the same matrices.",
    section="sec-13-assigned",
)
def last_sequence(x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any, heads: Any, mask: Any) -> Any:
    q, join = split_heads(x @ Wq, heads)
    k, _ = split_heads(x @ Wk, heads)
    v, _ = split_heads(x @ Wv, heads)
    found, back = attention(q, k, v, mask)
    joined = join(found)

    def pullback(d: Any) -> Any:
        dfound, _ = split_heads(d @ Wo.T, heads)
        dq, dk, dv = (join(g) for g in back(dfound))
        dx = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T
        dWq, dWk, dWv = (x[-1].T @ g[-1] for g in (dq, dk, dv))
        return dx, dWq, dWk, dWv, joined[-1].T @ d[-1]

    return joined @ Wo, pullback


@task.wrong(
    "the gradients averaged over the batch",
    hint="You divide by the number of sequences. If the loss is a mean, its 1/N is in d already; from "
    "there on, contributions add up.",
    section="sec-05-nk",
)
def batch_averaged(x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any, heads: Any, mask: Any) -> Any:
    q, join = split_heads(x @ Wq, heads)
    k, _ = split_heads(x @ Wk, heads)
    v, _ = split_heads(x @ Wv, heads)
    found, back = attention(q, k, v, mask)
    joined = join(found)

    def pullback(d: Any) -> Any:
        dfound, _ = split_heads(d @ Wo.T, heads)
        dq, dk, dv = (join(g) for g in back(dfound))
        dx = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T
        dWq, dWk, dWv = (np.einsum("ntd,ntm->dm", x, g) / len(x) for g in (dq, dk, dv))
        return dx, dWq, dWk, dWv, np.einsum("ntm,ntd->md", joined, d) / len(x)

    return joined @ Wo, pullback
