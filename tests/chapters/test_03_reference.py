"""Chapter 03: its numbers from systems that share no code with ours, and its wrong tapes, rejected."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest
import torch

from bplib import autodiff, ops, tape
from bplib import functional as F
from bplib.gradcheck import gradcheck
from bplib.tape import Tensor
from tests.chapters.outputs import ROOT, Chapter, numbers

CHAPTER = Chapter("03_chain_rule")
literal, cell_with, output_of = CHAPTER.literal, CHAPTER.cell_with, CHAPTER.output_of
TAPE = ("class Node", "def in_order", "def sweep(")
COUNTING = (*TAPE, "class Counted", "def add(a, b)", "def count(")


def scope(*needles: str) -> dict[str, Any]:
    """What the notebook's cells that contain the needles define, executed without their printing."""
    names: dict[str, Any] = {
        "np": np, "math": math, "ops": ops, "tape": tape, "F": F, "autodiff": autodiff, "Tensor": Tensor,
        "gradcheck": gradcheck, "x0": 0.8,
        "w0": -1.2,
        "b0": 0.2,
        "y0": 0.8,
    }  # fmt: skip
    return CHAPTER.run(names, *needles)


def leaf(x: Any) -> torch.Tensor:
    return torch.tensor(x, dtype=torch.float64, requires_grad=True)


def neuron() -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """The neuron with a shortcut, by PyTorch, with every inner gradient kept."""
    nodes = {"x": leaf(0.8), "w": leaf(-1.2), "b": leaf(0.2)}
    nodes["p"] = nodes["x"] * nodes["w"]
    nodes["z"] = nodes["p"] + nodes["b"]
    nodes["a"] = torch.tanh(nodes["z"])
    nodes["h"] = nodes["a"] + nodes["x"]
    nodes["L"] = (nodes["h"] - 0.8) ** 2
    for node in nodes.values():
        node.retain_grad()
    nodes["L"].backward()
    return nodes["L"], nodes


def test_the_quoted_loss_and_gradients_are_pytorchs() -> None:
    drawn = scope(*TAPE, "def layer_on")
    x, W, b = leaf(drawn["X"]), leaf(drawn["W"]), leaf(drawn["B"])
    loss = torch.nn.functional.mse_loss(torch.tanh(x @ W + b) + x, torch.tensor(drawn["Y"]))
    loss.backward()
    quoted = literal("pytorch")
    np.testing.assert_allclose(quoted["loss"], loss.item(), rtol=1e-14)
    for name, parameter in (("dx", x), ("dW", W), ("db", b)):
        np.testing.assert_allclose(quoted[name], parameter.grad.numpy(), rtol=1e-13, atol=1e-16)


def test_the_version_that_is_quoted_is_the_one_that_is_installed() -> None:
    assert CHAPTER.pytorch_versions() == {torch.__version__.split("+")[0]}


def test_the_neurons_gradients_are_pytorchs() -> None:
    _, nodes = neuron()
    g = {name: round(node.grad.item(), 3) for name, node in nodes.items()}
    assert numbers(output_of("dh = 2 * (h0 - y0)")) == [g[n] for n in ("h", "a", "z", "p", "w")]
    for needle in ("back(1.0)))", "def neuron_on", "def sweep_by_routes"):
        assert numbers(output_of(needle))[:3] == [g["x"], g["w"], g["b"]]


def test_what_each_use_of_x_sends_back() -> None:
    _, nodes = neuron()
    by_h, by_p = nodes["h"].grad.item(), nodes["p"].grad.item() * -1.2
    assert numbers(output_of("through_h = "))[:2] == [round(by_h, 3), round(by_p, 3)]
    assert round(by_h + by_p, 3) == round(nodes["x"].grad.item(), 3)
    assert numbers(output_of("def routes(v)"))[:3] == [round(by_p, 3), round(by_h, 3), -0.376]


def test_the_explorable_starts_with_the_numbers_of_the_text() -> None:
    source = (ROOT / "book" / "explorables" / "tape-graph.js").read_text(encoding="utf-8")
    start = re.search(
        r"inputs: \{ x: \[\[(.*?)\]\], w: \[\[(.*?)\]\], b: \[\[(.*?)\]\], y: \[\[(.*?)\]\]", source
    )
    assert start is not None
    assert [float(v) for v in start.groups()] == [0.8, -1.2, 0.2, 0.8]
    for label in ("fan-out: overwrite, do not add", "tanh: leave out 1 − a²"):
        assert label in source
        assert label in CHAPTER.prose
    for word in ("starts here", "inherited", "To the end", "Break a rule"):
        assert word in (ROOT / "book" / "explorables" / "tape.js").read_text(encoding="utf-8")
        assert word in CHAPTER.prose


def test_the_tape_of_the_page_has_no_more_lines_than_it_says() -> None:
    lines = [line for needle in TAPE for line in cell_with(needle).splitlines() if line.strip()]
    assert 30 < len(lines) <= 50


def random_program(rng: np.random.Generator, steps: int) -> list[tuple[str, int, int]]:
    """Steps that use any two earlier values; fan-out, and a value used twice by one step, are common."""
    return [
        (str(rng.choice(["add", "mul", "tanh", "sub"])), int(rng.integers(3 + k)), int(rng.integers(3 + k)))
        for k in range(steps)
    ]


def run(record: Any, program: list[tuple[str, int, int]], values: list[Any]) -> Any:
    for name, i, j in program:
        args = (values[i],) if name == "tanh" else (values[i], values[j])
        values.append(record(getattr(ops, name), *args))
    total = values[-1]
    for v in values[:-1]:
        total = record(ops.add, total, v)  # every value counts
    return total


@pytest.mark.parametrize("seed", range(20))
def test_the_tape_of_the_page_equals_the_librarys_and_pytorchs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    page = scope(*TAPE)
    program, inputs = random_program(rng, 12), [rng.standard_normal((2, 3)) for _ in range(3)]
    seed_gradient = rng.standard_normal((2, 3))

    leaves = [page["Node"](v) for v in inputs]
    grads = page["sweep"](run(page["record"], program, list(leaves)), seed_gradient)
    tensors = [Tensor(v) for v in inputs]
    run(tape.apply, program, list(tensors)).backward(seed_gradient)
    torches = [leaf(v) for v in inputs]
    names = {ops.add: torch.add, ops.mul: torch.mul, ops.sub: torch.sub, ops.tanh: torch.tanh}
    run(lambda op, *args: names[op](*args), program, list(torches)).backward(torch.tensor(seed_gradient))
    for mine, ours, theirs in zip(leaves, tensors, torches, strict=True):
        np.testing.assert_allclose(grads[mine], ours.grad, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(grads[mine], theirs.grad.numpy(), rtol=1e-9, atol=1e-9)


def test_a_chain_of_many_steps_needs_no_recursion() -> None:
    page = scope(*TAPE)
    first = node = page["Node"](0.5)
    for _ in range(20_000):
        node = page["record"](ops.add, node, 0.0)
    assert page["sweep"](node)[first] == 1.0


def test_the_overwriting_tape_is_right_on_a_chain_and_wrong_with_a_shortcut() -> None:
    page = scope(
        *TAPE, "def neuron_on", "def layer_on", "def as_op", "def sweep_overwriting", "def no_shortcut"
    )
    wrong = page["sweep_overwriting"]
    assert gradcheck(page["as_op"](page["no_shortcut"], back=wrong), 0.8, -1.2, 0.2)
    assert not gradcheck(page["as_op"](page["neuron_on"], back=wrong), 0.8, -1.2, 0.2)
    x = page["Node"](np.float64(3.0))
    assert wrong(page["record"](ops.mul, x, x))[x] == 3.0  # question 2


@pytest.mark.parametrize("swapped", [False, True])
def test_breadth_first_fails_on_the_graph_of_question_four(swapped: bool) -> None:
    """u = tanh x, v = tanh(tanh u), h = v + u: u sends on before v has reported, whichever summand comes first."""
    page = scope(*TAPE)

    def nearest_first(output: Any) -> list[Any]:
        found = [output]
        for node in found:
            found += [parent for parent in node.parents if parent not in found]
        return found[::-1]

    def gradient(order: Any) -> float:
        record = page["record"]
        x = page["Node"](0.5)
        u = record(ops.tanh, x)
        v = record(ops.tanh, record(ops.tanh, u))
        h = record(ops.add, u, v) if swapped else record(ops.add, v, u)
        page["in_order"] = order
        return float(page["sweep"](h)[x])

    right = page["in_order"]
    x = leaf(0.5)
    u = torch.tanh(x)
    (torch.tanh(torch.tanh(u)) + u).backward()
    assert math.isclose(gradient(right), x.grad.item())
    assert math.isclose(gradient(nearest_first), 1 - math.tanh(0.5) ** 2)  # the shortcut's share alone


def test_the_chain_through_the_data_gives_zero_and_fails() -> None:
    page = scope("def regression_of_d2")
    assert page["regression_of_d2"](np.array([[0.5]]))[1](1.0).item() == 0.0
    assert not gradcheck(page["regression_of_d2"], np.array([[0.5]]))
    theta = leaf([[0.5]])
    data = torch.tensor([[1.0], [2.0], [3.0], [4.0]], dtype=torch.float64)
    torch.nn.functional.mse_loss(data @ theta, 2 * data).backward()
    assert theta.grad.item() == -22.5
    assert "gradient −22.5" in output_of("viz.graph_text(Loss)")
    assert "$-22.5$" in CHAPTER.prose


def test_route_by_route_is_right_and_exponential() -> None:
    page = scope(*TAPE, "def add(a, b)", "def neuron_on", "def sweep_by_routes", "def residual_blocks")
    printed = output_of("def residual_blocks").splitlines()[1:]
    for line in printed:
        k, sweep_calls, calls = (int(n) for n in numbers(line))
        assert (sweep_calls, calls) == (2 * k, 2 * (2**k - 1))
        assert line.endswith("True")
    h = page["residual_blocks"](3)
    x = leaf(0.1)
    out = x
    for _ in range(3):
        out = out + torch.tanh(out)
    out.backward()
    grads, _ = page["sweep_by_routes"](h)
    assert math.isclose(grads[page["in_order"](h)[0]], x.grad.item(), rel_tol=1e-12)
    assert 2 * (2**54 - 1) / 1e6 / (365 * 24 * 3600) > 1000  # "more than a thousand years"


def test_no_product_of_numbers_fits() -> None:
    rng = np.random.default_rng(0)
    rows, W = rng.standard_normal((4, 3)), rng.standard_normal((3, 2))
    d = rng.standard_normal((4, 2))
    theirs = torch.autograd.functional.jacobian(lambda W: torch.tanh(torch.tensor(rows) @ W), torch.tensor(W))
    ours = autodiff.jacobian(lambda W: F.tanh(F.matmul(rows, W)))(W)
    np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-12)
    for product in (np.multiply, np.matmul):
        with pytest.raises(ValueError, match=r"broadcast|mismatch"):
            product(d, ours)
    assert ours.size == 48
    # The first layer of the network at the top: a (512, 128) by W (784, 128); unit m looks at column m alone.
    assert numbers(output_of("entries = "))[-2] == pytest.approx(512 * 128 * 784 * 128 * 8 / 1e9, abs=0.05)
    assert np.count_nonzero(ours) == ours.size // W.shape[1]


def test_the_cost_of_both_ends() -> None:
    def cost(shapes: list[tuple[int, int]], from_left: bool) -> int:
        work = list(shapes)
        total = 0
        while len(work) > 1:
            i = 0 if from_left else len(work) - 2
            (a, b), (_, c) = work[i : i + 2]
            total += a * b * c
            work[i : i + 2] = [(a, c)]
        return total

    chain = [(1, 128), (128, 128), (128, 400)]
    assert numbers(output_of("def multiplications")) == [cost(chain, True), cost(chain, False), 98]
    assert round(cost(chain, False) / cost(chain, True)) == 98
    waist = [(50, 50), (50, 1), (1, 50), (50, 50)]  # question 7
    assert cost(waist, True) == cost(waist, False) == 130_000
    assert 50 * 50 * 1 + 1 * 50 * 50 + 50 * 1 * 50 == 7500


def tallied(program: list[tuple[str, int, int]], n: int) -> tuple[int, int]:
    """The operations of value and gradient, from the program alone: a second count that runs nothing."""
    pullback = {"add": 0, "sub": 0, "mul": 2, "div": 2, "tanh": 3}
    reached, arrows, total = {n + len(program) - 1}, dict.fromkeys(range(n + len(program)), 0), len(program)
    for k in range(len(program) - 1, -1, -1):
        name, i, j = program[k]
        if n + k not in reached:
            continue
        total += pullback[name]
        for parent in (i,) if name == "tanh" else (i, j):
            reached.add(parent)
            arrows[parent] += 1
    return len(program), total + sum(max(0, a - 1) for a in arrows.values())


@pytest.mark.parametrize("seed", range(30))
def test_the_counter_agrees_with_a_count_on_paper(seed: int) -> None:
    rng = np.random.default_rng(seed)
    page = scope(*COUNTING)
    n, m = int(rng.integers(1, 6)), int(rng.integers(1, 30))
    program = []
    for k in range(m):
        name = str(rng.choice(["add", "sub", "mul", "div", "tanh"]))
        second = int(rng.integers(n if name == "div" else n + k))
        program.append((name, int(rng.integers(n + k)), second))

    def build(xs: list[Any]) -> Any:
        values = list(xs)
        for name, i, j in program:
            both = (values[i],) if name == "tanh" else (values[i], values[j])
            values.append(page["record"](page[name], *both))
        return values[-1]

    forward, total = page["count"](build, rng.uniform(0.5, 1.5, n))
    assert (forward, total) == tallied(program, n)
    assert total <= 4 * m


def test_the_bound_is_attained_and_not_passed() -> None:
    for n in (2, 8, 64, 512):
        assert tallied([("mul", 0 if k == 0 else n + k - 1, k + 1) for k in range(n - 1)], n) == (
            n - 1,
            3 * (n - 1),
        )
    m = 64
    assert tallied([("mul", k, 0) for k in range(m)], 1) == (m, 4 * m)
    assert numbers(output_of("def power"))[:2] == [64, 256]
    median, largest, reached, steps = numbers(output_of("def at_random"))
    assert (median, largest, reached) == (3.0, 4.0, 4.0)
    assert steps < 10  # "short", of up to 60


def test_the_counted_costs_of_the_network() -> None:
    """Forward and reverse by a formula over the shapes; differences are n + 1 passes by definition."""
    rows = [numbers(line) for line in output_of("costs = []").splitlines()[2:]]
    for (n, differences, forward_mode, reverse), H in zip(rows, (1, 10, 100, 400), strict=True):
        N, D = 4, 8
        product = lambda a, b, c: a * c * (2 * b - 1)
        layers = product(N, D, H) + N * H + N * H + product(N, H, 1) + N  # x W + b, tanh, a V + c
        forward = layers + N + N + (N - 1)  # the difference, its square, the sum
        back = 1 + N  # 2 d, times off
        back += product(N, 1, H) + product(H, N, 1) + (N - 1)  # da, dV, dc
        back += 3 * N * H
        back += product(N, H, D) + product(D, N, H) + (N - 1) * H  # dx, dW, db
        assert n == 10 * H + 1 == differences - 1
        assert reverse == round((forward + back) / forward, 2) < 4
        assert 2 * n < forward_mode < 4 * n


def test_the_library_pays_no_more_than_the_bound_in_calls_of_pullbacks() -> None:
    """One sweep calls each pullback once, however many inputs there are."""
    calls = 0

    def counted_add(a: Any, b: Any) -> Any:
        value, back = ops.add(a, b)

        def pullback(d: Any) -> Any:
            nonlocal calls
            calls += 1
            return back(d)

        return value, pullback

    h = Tensor(0.1)
    for _ in range(40):
        h = tape.apply(counted_add, h, tape.apply(ops.tanh, h))
    h.backward()
    assert calls == 40


def test_the_rounds_lie_between_brents_bounds() -> None:
    page = scope(*TAPE, "def rounds", "programs = ")
    for line in output_of("programs = ").splitlines()[1:]:
        span = 15 if line.startswith("chain") else 4
        for workers, needed in zip((1, 2, 4, 15), numbers(line), strict=True):
            assert max(15 / workers, span) <= needed <= 15 / workers + span
    assert [len(steps) for steps in page["programs"].values()] == [15, 15]


def test_the_tape_of_the_library_multiplies_no_numbers() -> None:
    lines = output_of("ast.unparse(node)").splitlines()
    sums = [line for line in lines if re.fullmatch(r"[\w.\[\]]+ \+ d|[\w.\[\]]+ \+ g", line)]
    lists = [line for line in lines if "parents" in line or "None" in line]
    assert len(sums) == 3
    assert len(sums) + len(lists) == len(lines)
    assert not [line for line in lines if "*" in line and not line.startswith("[None] *")]


def test_the_figures_say_what_they_show() -> None:
    figures = [cell["metadata"]["mystnb"] for cell in CHAPTER.cells if "mystnb" in cell["metadata"]]
    assert len(figures) == 5
    assert all(f["image"]["alt"] and f["figure"]["caption"] for f in figures)
    assert len({f["figure"]["name"] for f in figures}) == 5
