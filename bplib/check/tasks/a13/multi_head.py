"""Self-attention in several heads, with the gradients of x and of all four projections."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.task import Case, Task
from bplib.check.tasks.a13._tries import op_as_a_whole
from bplib.check.tasks.a13.attention import attention
from bplib.check.tasks.a13.split_heads import split_heads

task = Task(
    "13.multi_head",
    "Several heads",
    asks_for="multi_head",
    section="sec-13-heads",
    parts={"value": 1, "gradient": 3},
    needs=("13.attention", "13.split_heads"),
)


@task.reference
def multi_head(x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any, heads: Any, mask: Any) -> Any:
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
        return dx, dWq, dWk, dWv, np.einsum("ntm,ntd->md", joined, d)

    return joined @ Wo, pullback


def sequences(seed: int, N: int, T: int, D: int, M: int, heads: int, mask: Any) -> Case:
    """N sequences of T positions, projections to M columns and back to D, and what comes back."""
    rng = np.random.default_rng(seed)
    Wq, Wk, Wv = rng.standard_normal((3, D, M))
    return {
        "x": rng.standard_normal((N, T, D)),
        "Wq": Wq,
        "Wk": Wk,
        "Wv": Wv,
        "Wo": rng.standard_normal((M, D)),
        "heads": heads,
        "mask": mask,
        "d": rng.standard_normal((N, T, D)),
    }


@task.cases
def cases() -> Iterator[Case]:
    yield {
        "x": np.array([[[1.0, 0.0], [0.0, 1.0]]]),
        "Wq": np.array([[0.0, np.log(3.0)], [0.0, 0.0]]),
        "Wk": np.array([[1.0, 1.0], [2.0, 0.0]]),
        "Wv": np.array([[4.0, 4.0], [0.0, 8.0]]),
        "Wo": np.array([[1.0, 0.0], [0.0, 0.5]]),
        "heads": 2,
        "mask": np.array([[True, True], [True, True]]),
        "d": np.array([[[1.0, 0.0], [0.0, 2.0]]]),
    }
    yield sequences(134, 3, 4, 4, 4, 2, np.tri(4, dtype=bool))
    yield sequences(135, 2, 3, 5, 6, 3, np.array([[True, True, False], [True] * 3, [False, True, True]]))


task.probe(op_as_a_whole("x", "Wq", "Wk", "Wv", "Wo", what="the result"))


@task.wrong(
    "the last projection left out",
    hint="You return the joined heads. They have not met yet: Wo is what mixes their findings.",
    section="sec-13-heads",
)
def no_output_projection(x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any, heads: Any, mask: Any) -> Any:
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

    return joined, pullback


@task.wrong(
    "the last projection transposed",
    hint="You multiply by the transpose of Wo. Rows of features are multiplied by the matrix from the "
    "right, as it is.",
    section="sec-13-heads",
)
def output_untransposed(x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any, heads: Any, mask: Any) -> Any:
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
        return dx, dWq, dWk, dWv, np.einsum("ntm,ntd->md", joined, d)

    return joined @ Wo.T, pullback


@task.wrong(
    "one wide head",
    hint="Your attention compares whole rows. In several heads each compares its own columns, with a "
    "softmax of its own.",
    section="sec-13-heads",
)
def heads_ignored(x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any, heads: Any, mask: Any) -> Any:
    q, join = split_heads(x @ Wq, 1)
    k, _ = split_heads(x @ Wk, 1)
    v, _ = split_heads(x @ Wv, 1)
    found, back = attention(q, k, v, mask)
    joined = join(found)

    def pullback(d: Any) -> Any:
        dfound, _ = split_heads(d @ Wo.T, 1)
        dq, dk, dv = (join(g) for g in back(dfound))
        dx = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T
        dWq, dWk, dWv = (np.einsum("ntd,ntm->dm", x, g) for g in (dq, dk, dv))
        return dx, dWq, dWk, dWv, np.einsum("ntm,ntd->md", joined, d)

    return joined @ Wo, pullback


@task.wrong(
    "the mask not handed on",
    hint="Your heads look at every position. The mask came in and was not used.",
    section="sec-13-mask",
)
def mask_not_handed_on(x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any, heads: Any, mask: Any) -> Any:
    q, join = split_heads(x @ Wq, heads)
    k, _ = split_heads(x @ Wk, heads)
    v, _ = split_heads(x @ Wv, heads)
    found, back = attention(q, k, v, np.full(mask.shape, True))
    joined = join(found)

    def pullback(d: Any) -> Any:
        dfound, _ = split_heads(d @ Wo.T, heads)
        dq, dk, dv = (join(g) for g in back(dfound))
        dx = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T
        dWq, dWk, dWv = (np.einsum("ntd,ntm->dm", x, g) for g in (dq, dk, dv))
        return dx, dWq, dWk, dWv, np.einsum("ntm,ntd->md", joined, d)

    return joined @ Wo, pullback


@task.wrong(
    "the mask transposed",
    hint="In your mask the rows are keys. A causal one then shows each query the future and hides the past.",
    section="sec-13-mask",
)
def mask_turned(x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any, heads: Any, mask: Any) -> Any:
    q, join = split_heads(x @ Wq, heads)
    k, _ = split_heads(x @ Wk, heads)
    v, _ = split_heads(x @ Wv, heads)
    found, back = attention(q, k, v, mask.T)
    joined = join(found)

    def pullback(d: Any) -> Any:
        dfound, _ = split_heads(d @ Wo.T, heads)
        dq, dk, dv = (join(g) for g in back(dfound))
        dx = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T
        dWq, dWk, dWv = (np.einsum("ntd,ntm->dm", x, g) for g in (dq, dk, dv))
        return dx, dWq, dWk, dWv, np.einsum("ntm,ntd->md", joined, d)

    return joined @ Wo, pullback


@task.wrong(
    "keys made with the queries' projection",
    hint="Your keys are the queries. Then a position looks where things are like itself; what it asks "
    "for and what it offers cannot differ.",
    section="sec-13-heads",
)
def keys_from_queries(x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any, heads: Any, mask: Any) -> Any:
    q, join = split_heads(x @ Wq, heads)
    k, _ = split_heads(x @ Wq, heads)
    v, _ = split_heads(x @ Wv, heads)
    found, back = attention(q, k, v, mask)
    joined = join(found)

    def pullback(d: Any) -> Any:
        dfound, _ = split_heads(d @ Wo.T, heads)
        dq, dk, dv = (join(g) for g in back(dfound))
        dx = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T
        dWq, dWk, dWv = (np.einsum("ntd,ntm->dm", x, g) for g in (dq, dk, dv))
        return dx, dWq, dWk, dWv, np.einsum("ntm,ntd->md", joined, d)

    return joined @ Wo, pullback


@task.wrong(
    "values made with the keys' projection",
    hint="Your values are the keys. What a position is found by and what it has to say are two things.",
    section="sec-13-heads",
)
def values_from_keys(x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any, heads: Any, mask: Any) -> Any:
    q, join = split_heads(x @ Wq, heads)
    k, _ = split_heads(x @ Wk, heads)
    v, _ = split_heads(x @ Wk, heads)
    found, back = attention(q, k, v, mask)
    joined = join(found)

    def pullback(d: Any) -> Any:
        dfound, _ = split_heads(d @ Wo.T, heads)
        dq, dk, dv = (join(g) for g in back(dfound))
        dx = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T
        dWq, dWk, dWv = (np.einsum("ntd,ntm->dm", x, g) for g in (dq, dk, dv))
        return dx, dWq, dWk, dWv, np.einsum("ntm,ntd->md", joined, d)

    return joined @ Wo, pullback


@task.wrong(
    "keys and values exchanged",
    hint="You compare the queries with the values, and mix the keys.",
    section="sec-13-attention",
)
def values_keys_exchanged(x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any, heads: Any, mask: Any) -> Any:
    q, join = split_heads(x @ Wq, heads)
    k, _ = split_heads(x @ Wk, heads)
    v, _ = split_heads(x @ Wv, heads)
    found, back = attention(q, v, k, mask)
    joined = join(found)

    def pullback(d: Any) -> Any:
        dfound, _ = split_heads(d @ Wo.T, heads)
        dq, dk, dv = (join(g) for g in back(dfound))
        dx = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T
        dWq, dWk, dWv = (np.einsum("ntd,ntm->dm", x, g) for g in (dq, dk, dv))
        return dx, dWq, dWk, dWv, np.einsum("ntm,ntd->md", joined, d)

    return joined @ Wo, pullback


from bplib.check.tasks.a13 import (  # noqa: E402  # they enter more wrong answers
    _multi_head_more,  # noqa: F401
    _multi_head_more2,  # noqa: F401
    _multi_head_more3,  # noqa: F401
)
