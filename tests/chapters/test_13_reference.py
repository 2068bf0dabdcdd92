"""Chapter 13: the numbers that it quotes, computed again by systems that share no code with ours."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from bplib import Tensor, nn, ops, optim
from bplib import functional as F
from tests.chapters.outputs import Chapter, numbers

CHAPTER = Chapter("13_attention_backprop")
literal, printed = CHAPTER.literal, CHAPTER.lines
DOUBLE = torch.float64
CLOSE = {"rtol": 0, "atol": 1e-12}


def tensor(a: Any) -> torch.Tensor:
    return torch.tensor(np.asarray(a), dtype=DOUBLE)


@pytest.fixture(scope="module")
def scope() -> dict[str, Any]:
    """What the notebook defines, its arrays of the proof section, and nothing trained."""
    names = {"np": np, "nn": nn, "ops": ops, "optim": optim, "F": F, "Tensor": Tensor}
    names["gradcheck"] = lambda *a, **k: None
    cells = ("def waves", "class Block", "class Transformer", "mha = [", "def shaken", "d_attention = rng")
    return CHAPTER.run(names, *cells, "def write", "class Recurrent", "def grade")


def test_the_version_that_is_quoted_is_the_one_that_is_installed() -> None:
    assert CHAPTER.pytorch_versions() == {torch.__version__.split("+")[0]}


def test_the_example_on_paper() -> None:
    q = torch.ones(1, 4, dtype=DOUBLE, requires_grad=True)
    k = tensor([[1, 1, 1, 1], [1, 1, 1, -1]]).requires_grad_()
    v = tensor([[1], [3]]).requires_grad_()
    s = q @ k.T / 2
    p = torch.softmax(s, 1)
    o = p @ v
    ds, dp, dq, dv = torch.autograd.grad(0.5 * (o - 3) ** 2, (s, p, q, v))
    for name, a in (("p ", p), ("o ", o), ("dv", dv.T), ("dp", dp), ("ds", ds), ("dq", dq)):
        said = numbers(printed(f"{name} [")[0])
        np.testing.assert_allclose(said, a.detach().numpy()[0], rtol=0, atol=5.1e-5)
        for value in said:
            assert value == 0 or f"{value:.4f}" in CHAPTER.prose
    mean = (p * dp).sum().item()
    assert f"= {mean:.4f}$" in CHAPTER.prose
    assert mean == pytest.approx(((o - 3) * o).item())
    after = torch.softmax((q - dq) @ k.T / 2, 1).detach().numpy()[0]
    assert numbers(printed("before [")[0])[2:] == [round(x, 3) for x in after.tolist()]


def test_the_quoted_gradients_are_pytorchs(scope: dict[str, Any]) -> None:
    k, x = tensor(scope["k"]).requires_grad_(), tensor(scope["x"])
    mask = torch.tensor(scope["mask"])
    o = torch.nn.functional.scaled_dot_product_attention(tensor(scope["q"]), k, tensor(scope["v"]), mask)
    (o * tensor(scope["d_attention"])).sum().backward()
    np.testing.assert_allclose(literal("pytorch_dk"), k.grad[0, 0].numpy(), **CLOSE)

    hidden = torch.triu(torch.ones(3, 3, dtype=torch.bool), 1)
    heads = torch.nn.MultiheadAttention(4, 2, batch_first=True).double()
    fill(heads, *map(tensor, scope["mha"]))
    (heads(x, x, x, attn_mask=hidden)[0] * tensor(scope["d_heads"])).sum().backward()
    np.testing.assert_allclose(literal("pytorch_dWk"), heads.in_proj_weight.grad[4:8].T[0].numpy(), **CLOSE)

    block = pytorchs_block(scope["block"])
    x.requires_grad_()
    (block(x, src_mask=hidden) * tensor(scope["d_block"])).sum().backward()
    np.testing.assert_allclose(literal("pytorch_block_dx"), x.grad[0, 0].numpy(), **CLOSE)
    np.testing.assert_allclose(literal("pytorch_block_dgamma"), block.norm1.weight.grad.numpy(), **CLOSE)


def fill(heads: torch.nn.MultiheadAttention, *arrays: torch.Tensor) -> None:
    """Give PyTorch's layer our weights: Wq, Wk, Wv, Wo and their biases."""
    Wq, Wk, Wv, Wo, bq, bk, bv, bo = arrays
    with torch.no_grad():
        heads.in_proj_weight.copy_(torch.cat([Wq.T, Wk.T, Wv.T]))
        heads.in_proj_bias.copy_(torch.cat([bq, bk, bv]))
        heads.out_proj.weight.copy_(Wo.T)
        heads.out_proj.bias.copy_(bo)


def pytorchs_block(block: Any) -> torch.nn.TransformerEncoderLayer:
    """PyTorch's encoder layer with the parameters of the notebook's block."""
    layer = torch.nn.TransformerEncoderLayer(4, 2, 6, dropout=0.0, norm_first=True, batch_first=True).double()
    look = block.look
    names = (look.Wq, look.Wk, look.Wv, look.Wo, look.bq, look.bk, look.bv, look.bo)
    fill(layer.self_attn, *(tensor(p.value) for p in names))
    with torch.no_grad():
        for theirs, ours in ((layer.linear1, block.up), (layer.linear2, block.down)):
            theirs.weight.copy_(tensor(ours.W.value).T)
            theirs.bias.copy_(tensor(ours.b.value))
        for theirs, ours in ((layer.norm1, block.norm1), (layer.norm2, block.norm2)):
            theirs.weight.copy_(tensor(ours.gamma.value))
            theirs.bias.copy_(tensor(ours.beta.value))
    return layer


def test_a_block_does_not_see_the_future(scope: dict[str, Any]) -> None:
    model = scope["shaken"](
        scope["Transformer"](5, 4, 2, 6, 2, np.random.default_rng(1)), np.random.default_rng(2)
    )
    ids = np.array([[0, 1, 2, 3, 4]])
    other = np.array([[0, 1, 2, 4, 0]])
    a, b = model(ids).value, model(other).value
    np.testing.assert_array_equal(a[:3], b[:3])
    assert np.abs(a[3:] - b[3:]).min() > 1e-6


@pytest.mark.parametrize("d", [4, 16, 64, 256, 1024])
def test_saturation_in_other_draws(d: int) -> None:
    """The table's rows from another generator: variance d, the entropies, and the median gradients."""
    draw = torch.Generator().manual_seed(d)
    q = torch.randn(1500, 1, d, dtype=DOUBLE, generator=draw)
    raw = torch.cat([(a @ torch.randn(64, d, dtype=DOUBLE, generator=draw).T) for a in q])
    dp = torch.randn(1500, 64, dtype=DOUBLE, generator=draw)
    found = []
    for s in (raw, raw / math.sqrt(d)):
        s.requires_grad_()
        p = torch.softmax(s, 1)
        (ds,) = torch.autograd.grad((p * dp).sum(), s, retain_graph=True)
        entropy = -(p * torch.log_softmax(s, 1)).sum(1).mean().item()
        found += [s.var().item(), entropy, ds.norm(dim=1).median().item()]
    (row,) = (r for r in map(numbers, CHAPTER.output_of("def saturation").splitlines()[2:]) if r[0] == d)
    said = [row[1], row[3], row[5], row[2], row[4], row[6]]
    assert said[0] == pytest.approx(found[0], rel=0.08)
    assert said[0] == pytest.approx(d, rel=0.03)
    assert said[1] == pytest.approx(found[1], abs=0.08)
    assert math.log10(said[2]) == pytest.approx(math.log10(found[2]), abs=0.5)
    assert said[3:] == pytest.approx(found[3:], abs=0.03)


def test_the_table_of_saturation_says_what_the_cell_prints() -> None:
    last = CHAPTER.output_of("def saturation").splitlines()[-1].split()
    assert f"| variance of the raw scores | $d$ | {last[1]} at $d = 1024$ |" in CHAPTER.prose
    assert f"median length of $ds$ {last[5]} at $d = 1024$, against {last[6]} |" in CHAPTER.prose
    first = CHAPTER.output_of("def saturation").splitlines()[2].split()
    assert f"falls from {first[3]} to {last[3]}" in CHAPTER.prose


def test_waves_depend_on_the_distance(scope: dict[str, Any]) -> None:
    P = scope["waves"](40, 16)
    speeds = 10000.0 ** (-np.arange(8) / 8)
    t = np.arange(40)
    np.testing.assert_allclose(P[:, 0::2], np.sin(t[:, None] * speeds))
    np.testing.assert_allclose(P[:, 1::2], np.cos(t[:, None] * speeds))
    distance = t[:, None] - t
    np.testing.assert_allclose(P @ P.T, np.cos(distance[..., None] * speeds).sum(-1), atol=1e-12)


def test_the_bias_of_the_keys_hears_nothing() -> None:
    rng = np.random.default_rng(3)
    x, mha = rng.standard_normal((2, 5, 4)), [rng.standard_normal(s) for s in [(4, 4)] * 4 + [4] * 4]
    y, back = ops.multi_head_attention(x, x, *mha, heads=2)
    grads = back(rng.standard_normal(y.shape))
    dbk = grads[7]
    assert np.abs(dbk).max() < 1e-13 < np.abs(grads[6]).max()


def test_what_pytorch_does_with_a_query_that_sees_nothing() -> None:
    x = tensor(np.random.default_rng(0).standard_normal((1, 3, 4)))
    seen = torch.tensor([[True, True, False], [False] * 3, [True] * 3])
    assert torch.softmax(torch.full((3,), -math.inf), 0).isnan().all()
    heads = torch.nn.MultiheadAttention(4, 2, batch_first=True).double()
    assert heads(x, x, x, attn_mask=~seen)[0][0, 1].isnan().all()
    fused = torch.nn.functional.scaled_dot_product_attention(x, x, x, seen)
    assert fused[0, 1].tolist() == [0] * 4
    ours, back = ops.scaled_dot_product_attention(x.numpy(), x.numpy(), x.numpy(), seen.numpy())
    np.testing.assert_allclose(ours, fused.numpy(), **CLOSE)
    assert not back(np.ones_like(ours))[0][0, 1].any()


def test_the_maps_and_the_longer_lines_are_quoted_as_printed() -> None:
    twins = numbers(printed("on the word to come, block 2")[0].split(":")[1])
    assert f"head of block 2 has {twins[3]} of its weight" in CHAPTER.prose
    assert f"the second head {twins[1]}." in CHAPTER.prose
    mark = numbers(printed("on the mark        , block 1")[0].split(":")[1])
    assert f"the first head spends {mark[0]} on the mark" in CHAPTER.prose
    early = [line.split()[-1] for line in CHAPTER.output_of("for words in (4, 5)").splitlines()[-4:]]
    lstm, transformer = f"{early[0]} and {early[2]}", f"{early[1]} and {early[3]}"
    assert f"it stands at {lstm} bits before the mark, the Transformer at {transformer}." in CHAPTER.prose
    five = CHAPTER.output_of("for words in (4, 5)").splitlines()[6:10]
    assert [line.split()[-1] for line in five] == ["20%", "0%", "2%", "11%"]


def test_the_text_and_what_is_possible(scope: dict[str, Any]) -> None:
    lines = scope["write"](400, np.random.default_rng(0))
    for line in lines:
        there, back = line[:-1].split(" > ")
        assert there.split() == back.split()[::-1]
        assert 2 <= len(there.split()) <= 4
    ids = scope["encode"](lines)
    assert ["".join(scope["LETTERS"][i] for i in row).strip("\n") for row in ids] == lines
    assert f"{math.log2(3) + 9:.3f}" in CHAPTER.prose
    assert len({word[0] for word in scope["WORDS"]}) == len(scope["WORDS"])


def test_grades_are_pytorchs(scope: dict[str, Any]) -> None:
    ids = scope["encode"](scope["write"](20, np.random.default_rng(1)))
    model = scope["build"]("Transformer", 3)
    before, behind, right = scope["grade"](model, ids)
    scores = torch.tensor(model(ids[:, :-1]).value).double()
    y = torch.tensor(ids[:, 1:])
    losses = torch.nn.functional.cross_entropy(scores, y.ravel(), reduction="none").reshape(
        y.shape
    ) / math.log(2)
    mark = scope["NUMBER"][">"]
    after = torch.tensor([[mark in row[: t + 1] for t in range(len(row) - 1)] for row in ids.tolist()])
    assert before == pytest.approx(losses[(y > 0) & ~after].mean().item(), rel=1e-5)
    assert behind == pytest.approx(losses[(y > 0) & after].mean().item(), rel=1e-5)
    guessed = scores.argmax(1).reshape(y.shape)
    wrong = ((guessed != y) & after & (y > 0)).any(1)
    assert right == pytest.approx(1 - wrong.double().mean().item())


def test_both_models_have_the_sizes_that_are_printed(scope: dict[str, Any]) -> None:
    for kind in ("LSTM", "Transformer"):
        count = sum(p.value.size for p in scope["build"](kind, 1).parameters())
        assert printed(f"{kind:12} {count:,} parameters")


def test_the_masked_bug_leaks_in_pytorch_too() -> None:
    q, k, v = np.random.default_rng(7).standard_normal((3, 6, 4))
    seen = torch.tril(torch.ones(6, 6, dtype=DOUBLE))
    new_k, new_v = k.copy(), v.copy()
    new_k[5] *= 3
    new_v[5] *= 3

    def after(k: np.ndarray, v: np.ndarray) -> torch.Tensor:
        return (torch.softmax(tensor(q) @ tensor(k).T / 2, 1) * seen) @ tensor(v)

    moved = (after(k, v) - after(new_k, new_v)).abs()[:5].max().item()
    assert numbers(printed("mask after ")[0]) == [round(moved, 2)]
    assert numbers(printed("mask before")[0]) == [0]
    rows = (torch.softmax(tensor(q) @ tensor(k).T / 2, 1) * seen).sum(1)
    assert numbers(printed("rows add up to")[0]) == [round(r, 2) for r in rows.tolist()]


def test_the_tables_say_what_the_cells_print() -> None:
    for kind, updates in (("LSTM", 500), ("Transformer", 500), ("LSTM", 1000)):
        two = printed(f"{kind:11} {updates:4} updates")
        behind = " and ".join(line.split()[-2] for line in two)
        right = " and ".join(line.split()[-1].replace("%", " %") for line in two)
        assert f"| {kind}, {updates} updates | {behind} | {right} |" in CHAPTER.prose
