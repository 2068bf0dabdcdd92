"""Chapter 08: the numbers that it quotes, computed again by PyTorch, by NumPy's algebra, or in plain Python."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from bplib import data, optim
from bplib.optim import rules
from tests.chapters.outputs import Chapter, numbers

CHAPTER = Chapter("08_optimizers")
DOUBLE = torch.float64
MAKERS: dict[str, Any] = {
    "momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
    "Nesterov": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "AdaGrad": lambda p: torch.optim.Adagrad(p, lr=0.1),
    "RMSprop": lambda p: torch.optim.RMSprop(p, lr=0.1),
    "Adam": lambda p: torch.optim.Adam(p, lr=0.1),
    "AMSGrad": lambda p: torch.optim.Adam(p, lr=0.1, amsgrad=True),
    "AdamW": lambda p: torch.optim.AdamW(p, lr=0.1, weight_decay=0.1),
}


@pytest.mark.parametrize("name", MAKERS)
def test_the_quoted_positions_are_pytorchs(name: str) -> None:
    quoted = CHAPTER.literal("pytorch")
    assert list(quoted) == list(MAKERS)
    rng = np.random.default_rng(8)
    p = torch.nn.Parameter(torch.tensor(rng.standard_normal(3)))
    optimizer = MAKERS[name]([p])
    for g in rng.standard_normal((10, 3)):
        p.grad = torch.tensor(g)
        optimizer.step()
    np.testing.assert_allclose(quoted[name], p.detach().numpy(), rtol=0, atol=1e-12)
    assert "True" in CHAPTER.line(f"{name:9} equal to 11 decimals")


def test_the_version_that_is_quoted_is_the_one_that_is_installed() -> None:
    assert CHAPTER.pytorch_versions() == {torch.__version__.split("+")[0]}


def test_the_angle_in_the_ravine() -> None:
    down, way = np.array([4.0, -100.0]), np.array([4.0, -1.0])
    angle = math.degrees(math.acos(down @ way / np.linalg.norm(down) / np.linalg.norm(way)))
    assert round(angle) == 74 == numbers(CHAPTER.line("angle between"))[0]
    assert "74° apart" in CHAPTER.prose


def by_matrix(lr: float, beta: float, nesterov: bool, curvature: float) -> np.ndarray:
    """One step on a bowl as a matrix that acts on (e, u)."""
    g = np.array([curvature, 0.0])
    u = np.array([0.0, beta]) + g
    e = np.array([1.0, 0.0]) - lr * (g + beta * u if nesterov else u)
    return np.array([e, u])


def rate_of(lr: float, beta: float, nesterov: bool = False) -> tuple[float, float]:
    """In theory, the slowest direction's spectral radius; and what 200 steps of both directions show."""
    curvatures = (1.0, 100.0)
    steps = [by_matrix(lr, beta, nesterov, c) for c in curvatures]
    radius = max(np.abs(np.linalg.eigvals(m)).max() for m in steps)
    ends = [math.hypot(*((np.linalg.matrix_power(m, t) @ [1.0, 0.0])[0] for m in steps)) for t in (100, 200)]
    return float(radius), (ends[1] / ends[0]) ** 0.01


def test_momentum_turns_kappa_into_its_root() -> None:
    kappa = 100.0
    beta, lr = (9 / 11) ** 2, 4 / 121
    for name, (radius, seen) in {
        "gradient descent": rate_of(2 / 101, 0.0),
        "momentum": rate_of(lr, beta),
    }.items():
        theory, measured = numbers(CHAPTER.lines(f"{name:20}")[0])
        assert theory == pytest.approx(radius, abs=2e-3)
        assert measured == round(seen, 3)
    assert numbers(CHAPTER.line("momentum     ")) == [0.818, 0.824]
    assert round((math.sqrt(kappa) - 1) / (math.sqrt(kappa) + 1), 3) == 0.818
    assert numbers(CHAPTER.line("β = 0.669")) == [round(beta, 3), round(lr, 4)]
    assert numbers(CHAPTER.line("factor per step"))[0] == round(rate_of(0.01, 9 / 11, True)[1], 3)


def test_a_window_of_curvatures_has_one_factor() -> None:
    lr, beta = 4 / 121, (9 / 11) ** 2
    for curvature in np.linspace(1.01, 99.9, 30):
        roots = np.linalg.eigvals(by_matrix(lr, beta, False, curvature))
        np.testing.assert_allclose(np.abs(roots), 9 / 11, rtol=1e-9)
        roots = np.linalg.eigvals(by_matrix(0.01, 9 / 11, True, curvature))
        np.testing.assert_allclose(np.abs(roots), math.sqrt(9 / 11 * (1 - curvature / 100)), rtol=1e-6)
    for curvature in (0.9, 101.0):
        assert np.abs(np.linalg.eigvals(by_matrix(lr, beta, False, curvature))).max() > 9 / 11 + 1e-3


def test_a_hundred_steps_of_both() -> None:
    assert round(0.980198**-100, 1) == 7.4
    assert "divides the error by 7.4" in CHAPTER.prose
    _, seen = rate_of(4 / 121, (9 / 11) ** 2)
    assert seen**-100 == pytest.approx(2.5e8, rel=0.1)


def test_the_floor_of_stochastic_descent() -> None:
    for lr in (0.5, 0.1, 0.02):
        formula, measured = numbers(CHAPTER.line(f"{lr:4}  "))[1:]
        assert formula == round(lr / (2 - lr), 4)
        assert measured == pytest.approx(formula, rel=0.02)


def test_noise_climbs_out_of_the_shallow_valley() -> None:
    walker = CHAPTER.run({"np": np}, "def walkers")["walkers"]
    shares = {(b, lr): np.mean(walker(b, lr) > 0) for b, lr in ((64, 0.2), (4, 0.2))}
    assert shares[64, 0.2] == 0
    assert numbers(CHAPTER.line("    4    0.2"))[2] == pytest.approx(100 * shares[4, 0.2])
    assert "85 % are across" in CHAPTER.prose


def test_a_published_cycle() -> None:
    def slope(x: float) -> float:
        return 25 * x if x < 1 else x + 24 if x < 2 else 25 * x - 24

    x, before, seen = 3.3, 3.3, []
    for _ in range(300):
        x, before = x - slope(x) / 9 + 4 / 9 * (x - before), x
        seen.append(x)
    np.testing.assert_allclose(sorted(seen[-3:]), np.array([-2208, 792, 2592]) / 1225, rtol=1e-9)
    np.testing.assert_allclose(
        numbers(CHAPTER.line("momentum          ["))[3:], [-1.8024, 2.1159, 0.6465], atol=1e-9
    )


def test_two_momenta_and_what_parts_them() -> None:
    p = torch.nn.Parameter(torch.tensor([-4.0, 1.0], dtype=DOUBLE))
    optimizer = torch.optim.SGD([p], lr=0.01, momentum=0.9)
    for t in range(60):
        optimizer.param_groups[0]["lr"] = 0.01 if t < 30 else 0.001
        p.grad = torch.tensor([1.0, 100.0], dtype=DOUBLE) * p.detach()
        optimizer.step()
    line = numbers(CHAPTER.line("buffer_sum"))
    assert line[2] == pytest.approx(p.detach().norm().item(), rel=1e-4)
    others = [numbers(CHAPTER.line(name))[1] for name in ("buffer_sum", "buffer_step", "buffer_mean")]
    assert len(set(others)) == 1
    assert numbers(CHAPTER.line("no_rate"))[1] > 1e50


def steps_by_pytorch(make: Any, loss: Any, start: tuple[float, float]) -> int:
    p = torch.nn.Parameter(torch.tensor(start, dtype=DOUBLE))
    optimizer = make([p])
    for t in range(3000):
        value = loss(p)
        if value.item() < 1e-3:
            return t
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    return 3000


def test_the_races_of_the_table_end_alike_in_pytorch() -> None:
    def ravine(p: torch.Tensor) -> torch.Tensor:
        return (p[0] ** 2 + 100 * p[1] ** 2) / 2

    def turned(p: torch.Tensor) -> torch.Tensor:
        return ((p[0] + p[1]) ** 2 + 100 * (p[1] - p[0]) ** 2) / 4

    def rosenbrock(p: torch.Tensor) -> torch.Tensor:
        return (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2

    r = math.sqrt(0.5)
    surfaces = ((ravine, (-4.0, 1.0)), (turned, (-5 * r, -3 * r)), (rosenbrock, (-1.2, 1.0)))
    makers: dict[str, Any] = {
        "GD": lambda p, lr: torch.optim.SGD(p, lr=lr),
        "momentum": lambda p, lr: torch.optim.SGD(p, lr=lr, momentum=0.9),
        "Nesterov": lambda p, lr: torch.optim.SGD(p, lr=lr, momentum=0.9, nesterov=True),
        "AdaGrad": lambda p, lr: torch.optim.Adagrad(p, lr=lr),
        "RMSprop": lambda p, lr: torch.optim.RMSprop(p, lr=lr, alpha=0.9),
        "Adam": lambda p, lr: torch.optim.Adam(p, lr=lr),
    }
    table = CHAPTER.output_of("fewest steps").splitlines()[1:]
    for line, (name, make) in zip(table, makers.items(), strict=True):
        assert line.startswith(name)
        row = numbers(line)
        for (loss, start), steps, lr in zip(surfaces, row[::2], row[1::2], strict=True):
            found = steps_by_pytorch(lambda p, lr=lr, make=make: make(p, lr), loss, start)
            assert found == steps or (steps == 1000 and found > 1000), (name, loss.__name__)


def test_the_step_without_hats() -> None:
    b1, b2 = 0.9, 0.999
    for t in (1, 3, 10, 30, 100, 1000, 4000):
        m, v = 2 * (1 - b1**t), 4 * (1 - b2**t)
        (line,) = [
            s for s in CHAPTER.output_of("def adam_without_hats").splitlines() if s.startswith(f"{t:5} ")
        ]
        assert numbers(line)[1:3] == [1.0, round(m / math.sqrt(v), 2)]
    longest = max((1 - b1**t) / math.sqrt(1 - b2**t) for t in range(1, 100))
    assert longest == pytest.approx(6.5, abs=0.1)
    largest = max((1 - b1**t) / math.sqrt(1 - 0.99999**t) for t in range(1, 100))
    assert 55 < largest < 70, "some 60"
    assert min((1 - b1) / math.sqrt(1 - b) for b in (0.999, 0.9999, 0.99999)) > 3


def reddi(C: float, beta2: float, amsgrad: bool, steps: int = 10_000) -> list[float]:
    x, v, top, seen = 0.0, 0.0, 0.0, []
    for t in range(1, steps + 1):
        g = C if t % 3 == 1 else -1.0
        v = beta2 * v + (1 - beta2) * g * g
        top = max(top, v)
        size = math.sqrt((top if amsgrad else v) / (1 - beta2**t))
        x = min(1.0, max(-1.0, x - 0.5 / math.sqrt(t) * g / size))
        seen.append(x)
    return seen


@pytest.mark.parametrize(
    ("name", "beta2", "amsgrad"),
    [("Adam    ", 0.1, False), ("AMSGrad ", 0.1, True), ("Adam, β₂ = 0.999", 0.999, False)],
)
def test_adam_walks_to_the_wrong_end(name: str, beta2: float, amsgrad: bool) -> None:
    seen = reddi(3.0, beta2, amsgrad)
    line = next(s for s in CHAPTER.lines("ends at") if s.startswith(name))
    end, mean = numbers(line.split("ends at")[1])
    assert end == pytest.approx(seen[-1], abs=6e-5)
    assert mean == pytest.approx(sum(seen[-3:]) / 3, abs=6e-4)
    assert (end > 0.99) == (name == "Adam    ")


def test_lambda_cancels_under_adam() -> None:
    for lam in (0.01, 0.1, 1.0):
        ends = []
        for make in (torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW):
            p = torch.nn.Parameter(torch.ones(1, dtype=DOUBLE))
            optimizer = make([p], lr=0.001, weight_decay=lam)
            for _ in range(100):
                p.grad = torch.zeros(1, dtype=DOUBLE)
                optimizer.step()
            ends.append(round(p.item(), 4))
        table = CHAPTER.output_of("SGD with L2").splitlines()
        (line,) = [s for s in table if s.startswith(f"{lam:6}  ")]
        assert numbers(line)[1:] == ends
    assert ends[1] == 0.9017


def test_a_pixel_that_is_never_lit() -> None:
    lit = data.digits(flat=True, dtype=np.float64).x_train.std(axis=0)
    assert (lit == 0).any()
    steps = 20 * (1168 // 32)
    assert steps == 720
    assert round((1 - 0.003 * 0.5) ** steps, 2) == 0.34 == numbers(CHAPTER.line("AdamW, decay 0.5"))[1]


def network_by_pytorch(make: Any, lr: float) -> float:
    """The loss on all digits after five epochs of the chapter's network, its batches in the same order."""
    digits = data.digits(flat=True, dtype=np.float64)
    X, Y = torch.tensor(digits.x_train), torch.tensor(digits.y_train)
    rng = np.random.default_rng(0)
    weights = []
    for D, M in ((64, 32), (32, 10)):
        weights += [rng.standard_normal((D, M)) / np.sqrt(D), np.zeros(M)]
    params = [torch.nn.Parameter(torch.tensor(w)) for w in weights]
    optimizer = make(params, lr)

    def loss(rows: Any) -> torch.Tensor:
        W1, b1, W2, b2 = params
        return torch.nn.functional.cross_entropy(torch.tanh(X[rows] @ W1 + b1) @ W2 + b2, Y[rows])

    order = np.random.default_rng(100)
    for _ in range(5):
        rows = order.permutation(len(X))
        for k in range(0, len(X) - 31, 32):
            optimizer.zero_grad()
            loss(rows[k : k + 32]).backward()
            optimizer.step()
    return loss(slice(None)).item()


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("GD", lambda p, lr: torch.optim.SGD(p, lr=lr)),
        ("Nesterov", lambda p, lr: torch.optim.SGD(p, lr=lr, momentum=0.9, nesterov=True)),
        ("Adam", lambda p, lr: torch.optim.Adam(p, lr=lr)),
    ],
)
def test_the_networks_end_where_pytorchs_do(name: str, make: Any) -> None:
    table = CHAPTER.output_of("each with its best rate").split("each with its best rate")[1]
    (line,) = [s for s in table.splitlines() if f" {name} " in s]
    lr, loss = numbers(line)
    assert loss == pytest.approx(network_by_pytorch(make, lr), abs=6e-4)


def test_each_rate_has_another_winner() -> None:
    lines = CHAPTER.output_of("at rate    wins").splitlines()[1:5]
    assert len({line.split()[1] for line in lines}) == 4
    best = [numbers(s)[1] for s in CHAPTER.output_of("at rate    wins").splitlines()[7:]]
    assert len(best) == 6
    assert f"between {min(best)} and {max(best)}" in CHAPTER.prose


def test_schedules_settle_what_a_constant_rate_does_not() -> None:
    table = CHAPTER.output_of("ten epochs on digits").splitlines()
    cells = {line[:16].strip(): line[16:].split() for line in table[2:]}
    assert cells["constant"][1] == cells["constant"][3] == ">0.1"
    everything = [float(v) for row in cells.values() for v in row if v != ">0.1"]
    assert min(everything) == float(cells["cosine"][3]) == 0.010
    assert float(cells["cosine"][2]) > float(cells["constant"][2])
    cosine, warm = (numbers(s)[0] for s in CHAPTER.lines("median of three"))
    assert warm < cosine
    assert optim.CosineLR(1.0, 360)(180) == pytest.approx(0.5)


def test_adam_as_printed() -> None:
    assert numbers(CHAPTER.output_of("def adam_one").splitlines()[0].split(":")[1]) == [1e9, 1e6, 1e3]
    g, lr = 0.001, 0.01
    m, v = 0.1 * g, 0.001 * g * g
    assert m / v / 0.1 / 0.001 == pytest.approx(1e9)
    assert lr > 0
    rows = CHAPTER.output_of("def step_by_step").splitlines()
    assert rows[2].count("0.00") == 4, "the right one arrives in all four units"
    assert "nan" in rows[-1]


def test_one_clock_too_many() -> None:
    said = numbers(CHAPTER.line("4 parameters, first steps").split(":")[1])
    right = [0.1 / (1 - 0.9**t) / math.sqrt(0.001 / (1 - 0.999**t)) for t in (1, 2, 3, 4)]
    assert said == [round(r, 3) for r in right]


def test_epsilon_inside_the_root() -> None:
    line = CHAPTER.output_of("def adam_three").splitlines()[0]
    assert numbers(line.split(":")[1])[0] == round(0.001 / math.sqrt(1e-6 + 1e-8), 3) == 0.995


def test_the_answers_to_the_questions() -> None:
    low, high = (1 - math.sqrt(0.9)) ** 2, (1 + math.sqrt(0.9)) ** 2
    assert (round(low, 4), round(high, 3)) == (0.0026, 3.797)
    assert round(math.log(1000) / -math.log(9999 / 10001)) == 34539
    assert round(math.log(1000) / -math.log(99 / 101)) == 345
    assert "34{,}539" in CHAPTER.prose and "= 345$" in CHAPTER.prose
    w, path = np.array(0.0), []
    state: dict[str, Any] = {}
    for t in range(6000):
        before = w
        w, state = rules.adam(w, np.array((-1.0) ** t), state, lr=1.0)
        path.append(abs(float(w - before)))
    assert np.mean(path[-100:]) == pytest.approx(1 / 19, rel=1e-3)
