"""Chapter 06: the numbers that it quotes, computed again by systems that share no code with ours."""

from __future__ import annotations

import ast
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
import torch

from bplib import data, ops
from tests.chapters.outputs import Chapter, numbers

CHAPTER = Chapter("06_mlp_backprop")
literal, printed = CHAPTER.literal, CHAPTER.lines
DOUBLE = torch.float64


def definitions(*names: str) -> dict[str, Any]:
    """The notebook's own functions of these names, ready to call."""
    scope: dict[str, Any] = {"np": np, "ops": ops}
    for cell in CHAPTER.cells:
        if cell["cell_type"] != "code" or "%pip" in "".join(cell["source"]):
            continue
        for node in ast.parse("".join(cell["source"])).body:
            if isinstance(node, ast.FunctionDef) and node.name in names:
                exec(compile(ast.Module([node], []), "chapter 06", "exec"), scope)
    assert set(names) <= set(scope)
    return scope


def leaves(*arrays: Any) -> list[torch.Tensor]:
    return [torch.tensor(a, dtype=DOUBLE, requires_grad=True) for a in arrays]


def xor() -> tuple[np.ndarray, np.ndarray]:
    x, y = data.xor()
    return x, y[:, None].astype(float)


def test_the_worked_example_is_pytorchs() -> None:
    W1, b1, W2, b2 = leaves([[0.5, -0.3], [0.1, 0.4]], [0.1, -0.2], [[0.6], [-0.5]], [-0.1])
    z1 = torch.tensor([[1.0, 2.0]], dtype=DOUBLE) @ W1 + b1
    h = torch.tanh(z1)
    z2 = h @ W2 + b2
    loss = torch.nn.functional.binary_cross_entropy_with_logits(z2, torch.ones(1, 1, dtype=DOUBLE))
    dz2, dh, dz1, *grads = torch.autograd.grad(loss, (z2, h, z1, W1, b1, W2, b2))
    dW1, _, dW2, _ = grads
    table = {
        "dz^{[2]} = p - y": [dz2.item()],
        "h \\cdot dz^{[2]}": dW2.ravel().tolist(),
        "W^{[2]} \\cdot dz^{[2]}": dh.ravel().tolist(),
        "dh\\,(1 - h^2)": dz1.ravel().tolist(),
        "$x_1 \\cdot dz^{[1]}": dW1[0].tolist(),
        "$x_2 \\cdot dz^{[1]}": dW1[1].tolist(),
    }
    for rule, right in table.items():
        (row,) = [line for line in CHAPTER.prose.splitlines() if line.startswith("|") and rule in line]
        said = numbers(row.rsplit("=", 1)[1])
        np.testing.assert_allclose(said, right, rtol=0, atol=6e-5, err_msg=rule)
    forward = [*h.ravel().tolist(), z2.item(), torch.sigmoid(z2).item(), loss.item()]
    for value, text in zip(forward, ("0.6640", "0.2913", "0.1528", "0.5381", "0.6197"), strict=True):
        assert f"{value:.4f}" == text
        assert text in CHAPTER.prose
    before, after = (numbers(printed(f"{when:6}  p ")[0]) for when in ("before", "after"))
    with torch.no_grad():
        new = [v - 0.5 * g for v, g in zip((W1, b1, W2, b2), grads, strict=True)]
        p = torch.sigmoid(
            torch.tanh(torch.tensor([[1.0, 2.0]], dtype=DOUBLE) @ new[0] + new[1]) @ new[2] + new[3]
        )
    assert before == [0.5381, 0.6197]
    assert after == [round(p.item(), 4), round(-np.log(p.item()), 4)]


def test_the_quoted_gradients_are_pytorchs() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.standard_normal((5, 3)), rng.integers(0, 2, (5, 2)).astype(float)
    W1, b1, W2, b2 = leaves(
        rng.standard_normal((3, 4)),
        rng.standard_normal(4),
        rng.standard_normal((4, 2)),
        rng.standard_normal(2),
    )
    z = torch.tanh(torch.tensor(x) @ W1 + b1) @ W2 + b2
    torch.nn.functional.binary_cross_entropy_with_logits(z, torch.tensor(y)).backward()
    np.testing.assert_allclose(literal("pytorch_dW1"), W1.grad.numpy(), rtol=0, atol=1e-12)
    np.testing.assert_allclose(literal("pytorch_db2"), b2.grad.numpy(), rtol=0, atol=1e-12)


def test_the_version_that_is_quoted_is_the_one_that_is_installed() -> None:
    assert CHAPTER.pytorch_versions() == {torch.__version__.split("+")[0]}


def trained_by_pytorch(seed: int, scaled_by_loss: bool = False) -> float:
    """The loss of a 2-2-1 tanh network on XOR after 1000 steps of rate 1."""
    rng = np.random.default_rng(seed)
    x, y = (torch.tensor(a) for a in xor())
    W1, W2 = leaves(rng.standard_normal((2, 2)), rng.standard_normal((2, 1)))
    b1, b2 = leaves(np.zeros(2), np.zeros(1))
    optimizer = torch.optim.SGD([W1, b1, W2, b2], lr=1.0)
    for _ in range(1001):
        optimizer.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(torch.tanh(x @ W1 + b1) @ W2 + b2, y)
        (loss.detach() * loss if scaled_by_loss else loss).backward()
        optimizer.step()
    return loss.item()


def test_a_thousand_steps_of_xor_end_where_pytorchs_do() -> None:
    assert literal("pytorch_loss_after_1000") == pytest.approx(trained_by_pytorch(5), rel=0, abs=1e-11)
    scaled, alone = trained_by_pytorch(5, scaled_by_loss=True), trained_by_pytorch(5)
    assert numbers(printed("loss after 1000 steps")[0]) == [1000, round(scaled, 4)]
    assert numbers(printed("with the gradient alone")[0]) == [round(alone, 4)]


def test_seed_one_ends_where_the_text_says() -> None:
    assert "to 1, and the loss ends at 0.348" in CHAPTER.prose
    assert round(trained_by_pytorch(1), 3) == 0.348


def test_no_neuron_computes_xor() -> None:
    x, y = xor()
    grid = np.linspace(-3, 3, 25)
    for w1, w2, b in product(grid, grid, grid):
        assert ((x @ [w1, w2] + b > 0) != (y.ravel() > 0)).any()


@pytest.mark.parametrize(("hidden", "direct"), [(1, True), (2, False), (8, False)])
def test_the_first_sweeps_of_two_hundred_networks_are_pytorchs(hidden: int, direct: bool) -> None:
    x, y = xor()
    train_many = definitions("layers", "train_many")["train_many"]
    ours, _, _ = train_many(x, y, hidden, eps=0.5, sweeps=9, direct=direct)
    rng = np.random.default_rng(0)
    shapes = ((2, hidden), (1, hidden), (hidden + 2 * direct, 1), (1, 1))
    theirs = leaves(*(rng.uniform(-0.3, 0.3, (200, *shape)) for shape in shapes))
    optimizer = torch.optim.SGD(theirs, lr=0.5, momentum=0.9)
    tx, ty = torch.tensor(x).expand(200, 4, 2), torch.tensor(y)
    for _ in range(10):
        W1, b1, W2, b2 = theirs
        h = torch.sigmoid(tx @ W1 + b1)
        p = torch.sigmoid((torch.cat([h, tx], dim=2) if direct else h) @ W2 + b2)
        optimizer.zero_grad()
        (0.5 * (p - ty) ** 2).sum().backward()
        optimizer.step()
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b.detach().numpy(), rtol=1e-9, atol=1e-12)


def test_the_tables_say_what_the_cells_print() -> None:
    rows = {line.split("  ")[0].strip(): line for line in printed(" of 200")}
    assert {name: numbers(rows[name].removeprefix(name))[0] for name in rows} == {
        "1": 0, "1 + direct": 200, "2": 194, "3": 200, "4": 200, "8": 200,
    }  # fmt: skip
    middle = numbers(rows["1 + direct"])[4]
    assert f"median {middle:.0f} sweeps, 200 of 200 runs" in CHAPTER.prose
    assert "6 of 200 stuck" in CHAPTER.prose
    assert printed("networks learn within") == ["66 of 100 networks learn within 5,000 sweeps"]
    quartiles = numbers(printed("quartiles [")[0])
    assert "quartiles " + ", ".join(f"{q:,.0f}" for q in quartiles) in CHAPTER.prose
    first, second = printed("networks, medians")
    assert numbers(first)[3:] == [40, 1.00, 2.00, 3.98]
    assert numbers(second)[3:] == [26, 1.00, 1.52, 2.02]
    assert "1.00 : 2.00 : 3.98 in 40; 1.00 : 1.52 : 2.02 in 26" in CHAPTER.prose
    assert len(printed("66 of 66")) == 3


def test_a_weights_ratio_tells_symmetry_if_its_sums_do() -> None:
    x, y = data.symmetry(6)
    for ratio, works in (((1, 2, 3), False), ((1, 2, 4), True), ((2, 3, 4), True)):
        w = np.array([*ratio, *(-v for v in ratio[::-1])])
        assert bool(((x @ w == 0) == (y == 1)).all()) == works


def cross_entropy_on_symmetry(eps: float, sweeps: int, seeds: int) -> int:
    """How many networks learn if the way back begins with p − y: question 6."""
    scope = definitions("layers", "train_many")
    real = ops.sigmoid
    calls = iter(range(10**9))

    class Ops:
        @staticmethod
        def sigmoid(z: np.ndarray) -> Any:
            value, pullback = real(z)
            output = next(calls) % 2 == 1  # every second call is the output's
            return value, (lambda d: d) if output else pullback

    scope["ops"] = Ops
    x, y = data.symmetry(6)
    _, _, learned = scope["train_many"](x, y[:, None].astype(float), 2, eps=eps, sweeps=sweeps, seeds=seeds)
    return int((learned >= 0).sum())


def test_question_six() -> None:
    assert cross_entropy_on_symmetry(0.1, 5000, 100) == 0
    assert cross_entropy_on_symmetry(0.003, 8000, 50) == 49
    assert "of 100 networks, *none* learned" in CHAPTER.prose
    assert "49 of 50 learn within 8,000 sweeps" in CHAPTER.prose


def test_question_two_counts_right() -> None:
    sizes = (784, 256, 128, 10)
    net = torch.nn.Sequential(*(torch.nn.Linear(a, b) for a, b in pairwise(sizes)))
    assert f"{sum(p.numel() for p in net.parameters()):,}".replace(",", "{,}") in CHAPTER.prose
    assert f"{100 * sum(sizes[:-1]):,}".replace(",", "{,}") in CHAPTER.prose


def test_the_memory_of_a_network_is_its_layers_inputs() -> None:
    scope = definitions("mlp", "arrays_kept_by")
    rng = np.random.default_rng(0)
    params = [a for D, M in pairwise((7, 5, 6, 2)) for a in (rng.standard_normal((D, M)), np.zeros(M))]
    _, pullback = scope["mlp"](rng.standard_normal((11, 7)), *params)
    kept = [k for k in scope["arrays_kept_by"](pullback) if not any(k is p for p in params)]
    assert sum(k.nbytes for k in kept) == 8 * 11 * (7 + 5 + 6)
    assert all(numbers(line)[-1] == 6656 for line in printed("6656 bytes"))


def test_the_answer_to_question_one() -> None:
    assert round(0.5381 / -0.4619, 3) == -1.165
    assert "-1.165" in CHAPTER.prose


def test_merged_updates_are_wrong_in_proportion_to_the_learning_rate() -> None:
    report = CHAPTER.output_of('largest relative error")')
    rates, errors = np.array([numbers(line) for line in report.splitlines()[-4:]]).T
    np.testing.assert_allclose((errors / rates)[:3], errors[0] / rates[0], rtol=0.2)
    assert errors[3] > errors[2]
