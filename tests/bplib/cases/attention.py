"""Attention: as many queries as keys and not, dv ≠ d, masks of every shape, queries that see nothing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from tests.bplib.prove import Case

rng = np.random.default_rng(42)
r = rng.standard_normal


def attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    return F.scaled_dot_product_attention(q, k, v, mask)


def by_rows(q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
    """One query at a time, over the keys it may see; zeros where it sees none."""
    rows = []
    for i in range(q.shape[0]):
        seen = mask[i].nonzero()[:, 0]
        p = torch.softmax(k[seen] @ q[i] / math.sqrt(q.shape[1]), 0)
        rows.append(p @ v[seen])
    return torch.stack(rows)


def many_heads(heads: int, mask: Any = None) -> Any:
    """PyTorch's own multi-head attention, which keeps its weights transposed."""

    def run(
        x_q: Tensor, x_kv: Tensor, Wq: Tensor, Wk: Tensor, Wv: Tensor, Wo: Tensor, *biases: Tensor
    ) -> Tensor:
        bq, bk, bv, bo = (
            biases if biases else (torch.zeros(W.shape[1], dtype=W.dtype) for W in (Wq, Wk, Wv, Wo))
        )
        refuse = None
        if mask is not None:
            (N, Tq), Tk = x_q.shape[:2], x_kv.shape[1]
            refuse = ~torch.tensor(np.broadcast_to(mask, (N, heads, Tq, Tk)).copy()).reshape(
                N * heads, Tq, Tk
            )
        out, _ = F.multi_head_attention_forward(
            x_q.swapaxes(0, 1), x_kv.swapaxes(0, 1), x_kv.swapaxes(0, 1), Wq.shape[1], heads,
            None, torch.cat([bq, bk, bv]), None, None, False, 0.0, Wo.T, bo,
            attn_mask=refuse, use_separate_proj_weight=True,
            q_proj_weight=Wq.T, k_proj_weight=Wk.T, v_proj_weight=Wv.T,
        )  # fmt: skip
        return out.swapaxes(0, 1)

    return run


def composed(heads: int) -> Any:
    """Widths that differ everywhere, which PyTorch's function does not allow: head by head with einsum."""

    def run(x_q: Tensor, x_kv: Tensor, Wq: Tensor, Wk: Tensor, Wv: Tensor, Wo: Tensor, bv: Tensor) -> Tensor:
        found = []
        for q, k, v in zip(
            (x_q @ Wq).chunk(heads, -1),
            (x_kv @ Wk).chunk(heads, -1),
            (x_kv @ Wv + bv).chunk(heads, -1),
            strict=True,
        ):
            scores = torch.einsum("nqd,nkd->nqk", q, k) / math.sqrt(q.shape[-1])
            found.append(torch.einsum("nqk,nkd->nqd", torch.softmax(scores, -1), v))
        return torch.cat(found, -1) @ Wo

    return run


causal = np.tril(np.ones((4, 4), bool))
padding = np.array([[True, True, True, False, False], [True, True, True, True, False]])
blind = np.array([[True, False, True], [False, False, False], [True, True, True], [False, True, False]])
square = [0.7 * r((4, 4)) for _ in range(4)]
biases = [r(4) for _ in range(4)]

CASES = {
    "scaled_dot_product_attention": [
        Case("awkward", (r((2, 3, 4)), r((2, 5, 4)), r((2, 5, 6))), attention),
        Case("square", (r((4, 4)), r((4, 4)), r((4, 4))), attention),
        Case("heads", (r((2, 3, 4, 2)), r((2, 3, 5, 2)), r((2, 3, 5, 3))), attention),
        Case("causal", (r((2, 4, 3)), r((2, 4, 3)), r((2, 4, 3)), causal), attention),
        Case("padding", (r((2, 3, 4)), r((2, 5, 4)), r((2, 5, 2)), padding[:, None, :]), attention),
        Case("sees nothing", (r((4, 2)), r((3, 2)), r((3, 5)), blind), by_rows),
        Case(
            "one key head for all",
            (r((2, 3, 4, 2)), r((1, 5, 2)), r((2, 1, 5, 3))),
            lambda q, k, v: attention(q, k.expand(2, 3, 5, 2), v.expand(2, 3, 5, 3)),
        ),
        Case("sharp", (9 * r((3, 2)), 9 * r((4, 2)), r((4, 2))), attention, loose32=1e-3),
    ],
    "multi_head_attention": [
        Case("self", (x := r((2, 3, 4)), x.copy(), *square, *biases), many_heads(2), {"heads": 2}),
        Case("cross", (r((2, 3, 4)), r((2, 5, 4)), *square, *biases), many_heads(4), {"heads": 4}),
        Case("one head, no bias", (r((2, 3, 4)), r((2, 5, 4)), *square), many_heads(1), {"heads": 1}),
        Case(
            "causal",
            (r((2, 4, 4)), r((2, 4, 4)), *square, *biases),
            many_heads(2, causal),
            {"heads": 2, "mask": causal},
        ),
        Case(
            "padding",
            (r((2, 3, 4)), r((2, 5, 4)), *square, *biases),
            many_heads(2, padding[:, None, None, :]),
            {"heads": 2, "mask": padding[:, None, None, :]},
        ),
        Case(
            "every width different, one bias",
            (r((2, 3, 5)), r((2, 4, 3)), r((5, 4)), r((3, 4)), r((3, 6)), r((6, 7)), None, None, r(6)),
            lambda *a: composed(2)(*(t for t in a if t is not None)),
            {"heads": 2},
        ),
    ],
}
