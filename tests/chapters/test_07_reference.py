"""Chapter 07: the numbers that it quotes, computed again by systems that share no code with ours."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import torch

from bplib import data, init
from tests.chapters.outputs import Chapter, numbers

CHAPTER = Chapter("07_vanishing_exploding")
literal, printed = CHAPTER.literal, CHAPTER.lines
DOUBLE = torch.float64


def leaf(array: Any) -> torch.Tensor:
    return torch.tensor(array, dtype=DOUBLE, requires_grad=True)


def digits() -> tuple[Any, Any, Any, Any]:
    """As the chapter scales them: training and test digits and labels."""
    d = data.digits(flat=True, dtype=np.float64)
    mean = d.x_train.mean(axis=0)
    spread = (d.x_train - mean).std()
    return (d.x_train - mean) / spread, d.y_train, (d.x_test - mean) / spread, d.y_test


class Net(torch.nn.Module):
    """The chapter's network with PyTorch's layers, from the weights that the library draws."""

    def __init__(self, start: Any, depth: int, width: int, activation: Any, norm: bool = False) -> None:
        super().__init__()
        rng, n, self.activation = np.random.default_rng(0), 64, activation
        self.linear = torch.nn.ModuleList()
        for m in [width] * depth + [10]:
            layer = torch.nn.Linear(n, m, dtype=DOUBLE)
            with torch.no_grad():
                layer.weight.copy_(torch.tensor(start((n, m), rng)).T)
                layer.bias.zero_()
            self.linear.append(layer)
            n = m
        self.norm = torch.nn.ModuleList(
            [torch.nn.BatchNorm1d(width, dtype=DOUBLE) if norm else torch.nn.Identity() for _ in range(depth)]
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer, norm in zip(self.linear, self.norm, strict=False):
            x = self.activation(norm(layer(x)))
        return torch.as_tensor(self.linear[-1](x))


def train(net: Net, steps: int, lr: float) -> tuple[float, list[float]]:
    """The chapter's loop: the mean loss of the last 50 steps; the shares right in training and test."""
    x, y, x_test, y_test = digits()
    rng, losses = np.random.default_rng(1), []
    optimizer = torch.optim.SGD(net.parameters(), lr=lr)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = lr * (1 - step / steps)
        batch = rng.choice(len(x), 64, replace=False)
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(torch.tensor(x[batch])), torch.tensor(y[batch]))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    net.eval()
    with torch.no_grad():
        shares = [
            np.mean(net(torch.tensor(a)).argmax(dim=1).numpy() == b) for a, b in ((x, y), (x_test, y_test))
        ]
    return float(np.mean(losses[-50:])), [float(s) for s in shares]


def test_the_version_that_is_quoted_is_the_one_that_is_installed() -> None:
    assert CHAPTER.pytorch_versions() == {torch.__version__.split("+")[0]}


def test_the_quoted_gradients_are_pytorchs() -> None:
    rng = np.random.default_rng(1)
    x, dy = rng.standard_normal((6, 3)), rng.standard_normal((6, 3))
    gamma, beta = torch.tensor([0.5, 2.0, -1.5], dtype=DOUBLE), torch.tensor([0.1, -0.2, 0.3], dtype=DOUBLE)
    t = leaf(x)
    torch.nn.functional.batch_norm(t, None, None, gamma, beta, training=True).backward(torch.tensor(dy))
    np.testing.assert_allclose(literal("pytorch_bn_dx"), t.grad.numpy(), rtol=0, atol=1e-12)
    t = leaf(x)
    torch.nn.functional.layer_norm(t, (3,), gamma, beta).backward(torch.tensor(dy))
    np.testing.assert_allclose(literal("pytorch_ln_dx"), t.grad.numpy(), rtol=0, atol=1e-12)
    assert printed("dx equal to 11 decimals") == ["dx equal to 11 decimals: True"] * 2


def test_the_worked_batch_norm_is_pytorchs() -> None:
    x = leaf([[1.0], [1.0], [3.0], [3.0]])
    gamma, beta = leaf([2.0]), leaf([5.0])
    y = torch.nn.functional.batch_norm(x, None, None, gamma, beta, training=True, eps=1e-12)
    y.backward(torch.tensor([[1.0], [0.0], [0.0], [0.0]], dtype=DOUBLE))
    said = [float(n) for n in re.findall(r"-?\d+\.", printed("y [3.")[0])]
    right = [*y.ravel().tolist(), *x.grad.ravel().tolist(), gamma.grad.item(), beta.grad.item()]
    np.testing.assert_allclose(said, right, atol=1e-9)
    assert "dx = (2, 0, 0, 0) - 0.5 + 0.5\\,(-1, -1, 1, 1) = (1, -1, 0, 0)" in CHAPTER.prose


@pytest.mark.parametrize(
    ("name", "f"),
    [
        ("sigmoid", torch.sigmoid),
        ("tanh", torch.tanh),
        ("relu", torch.relu),
        ("gelu", torch.nn.functional.gelu),
        ("silu", torch.nn.functional.silu),
    ],
)
def test_the_table_of_gains(name: str, f: Any) -> None:
    """Gauss and Hermite's sum in place of a grid; two half-axes, since ReLU has a corner."""
    nodes, weights = np.polynomial.legendre.leggauss(200)
    u = np.concatenate([4.5 * (nodes - 1), 4.5 * (nodes + 1)])
    w = np.tile(4.5 * weights, 2) * np.exp(-(u**2) / 2) / np.sqrt(2 * np.pi)
    z = leaf(u)
    a = f(z)
    a.sum().backward()
    keeps, slopes = (w * a.detach().numpy() ** 2).sum(), (w * z.grad.numpy() ** 2).sum()
    (row,) = [line for line in CHAPTER.output_of("density = ").splitlines() if line.startswith(name)]
    right = [keeps, keeps**-0.5, slopes, np.sqrt(slopes / keeps)]
    np.testing.assert_allclose(numbers(row), right, atol=6e-4)
    if name == "tanh":
        assert f"{right[1]:.3f}" == "1.593"
        assert f"{right[3] - 1:.1%}" == "8.5%"
        assert "the gain 1.593 for its values the gradient grows by 8.5 % a layer" in CHAPTER.prose


def test_five_tanh_layers_by_pytorch() -> None:
    def old(shape: tuple[int, int], rng: Any) -> np.ndarray:
        return init.uniform(shape, rng, low=-1 / np.sqrt(shape[0]), high=1 / np.sqrt(shape[0]))

    lines = CHAPTER.output_of('five = {"old"').splitlines()
    for k, start in enumerate((old, init.xavier_uniform)):
        rng = np.random.default_rng(0)
        h, values, singular, zs = torch.tensor(rng.standard_normal((300, 500))), [], [], []
        for _ in range(5):
            W = torch.tensor(start((500, 500), rng))
            z = (h @ W).requires_grad_()
            zs.append(z)
            h = torch.tanh(z)
            values.append(h.std(correction=0).item())
            slope = 1 - h[0].detach() ** 2
            singular.append(torch.linalg.svdvals(W * slope).mean().item())
        dz = torch.autograd.grad(h, zs, torch.tensor(rng.standard_normal((300, 500))))
        gradients = [g.std(correction=0).item() for g in dz]
        for line, right in zip(lines[3 * k :], (values, gradients, singular), strict=False):
            np.testing.assert_allclose(numbers(line)[-5:], right, atol=6e-3)
        share = gradients[0] / gradients[-1]
        assert round(100 * share) == (8, 41)[k]
        fall = (values[4] / values[0]) ** 0.25
        assert k or round(fall, 2) == 0.56
    assert "layer 1 receives 8 % of the gradient that layer 5 does, with Xavier's 41 %" in CHAPTER.prose


@pytest.mark.parametrize("name", ["Xavier", "He"])
def test_the_signal_after_thirty_layers_by_pytorch(name: str) -> None:
    start = {"Xavier": init.xavier_normal, "He": init.he_normal}[name]
    rng = np.random.default_rng(2)
    h = torch.tensor(rng.standard_normal((256, 512)))
    for _ in range(30):
        h = torch.relu(h @ torch.tensor(start((512, 512), rng)))
    signal = h.square().mean().sqrt().item()
    row = CHAPTER.output_of("def signal").splitlines()[1 if name == "Xavier" else 2]
    assert numbers(row)[1] == pytest.approx(signal, rel=0.02)
    table = f"| signal after 30 ReLU layers, {name} |"
    (said,) = [line for line in CHAPTER.prose.splitlines() if line.startswith(table)]
    assert numbers(said)[-1] == numbers(row)[1]


def test_thirty_layers_learn_from_hes_start_and_not_from_xaviers() -> None:
    said = [
        CHAPTER.line(f"{which} weights: loss").replace("larger  w", "larger w")
        for which in ("smaller", "larger ")
    ]
    loss, shares = train(Net(init.he_normal, 30, 100, torch.relu), 500, 0.02)
    assert loss < 0.1
    np.testing.assert_allclose(numbers(said[1])[1:], [100 * s for s in shares], atol=5)
    loss, shares = train(Net(init.xavier_normal, 30, 100, torch.relu), 100, 0.02)  # it stands still
    assert loss > 2.29
    np.testing.assert_allclose(numbers(said[0])[1:], [100 * s for s in shares], atol=10)


def test_recurrent_jacobians_by_pytorch() -> None:
    rows = [numbers(line) for line in CHAPTER.output_of("def jacobian_norm").splitlines()[1:]]
    for rho, power, plain, bent in rows:
        rng = np.random.default_rng(0)
        W = rng.standard_normal((50, 50)) / np.sqrt(50)
        W *= rho / torch.linalg.eigvals(torch.tensor(W)).abs().max().item()
        inputs = torch.tensor(0.1 * rng.standard_normal((100, 50)))

        weights = torch.tensor(W)

        def last(h: torch.Tensor, W: torch.Tensor = weights, xs: torch.Tensor = inputs) -> torch.Tensor:
            for x in xs:
                h = torch.tanh(h @ W + x)
            return h

        assert power == float(f"{rho**100:.0e}")
        norm = torch.linalg.matrix_norm(torch.linalg.matrix_power(torch.tensor(W), 100), 2).item()
        assert plain == float(f"{norm:.0e}")
        jacobian = torch.autograd.functional.jacobian(last, torch.zeros(50, dtype=DOUBLE))
        norm = torch.linalg.matrix_norm(jacobian, 2).item()
        assert bent == float(f"{norm:.0e}")
    assert "| spectral radius 0.9 | 2e-6 | 2e-06 with tanh, 5e-05 without |" in CHAPTER.prose
    assert "| spectral radius 1.5 | 9e17 | 8e+17 without tanh, 2e+03 with |" in CHAPTER.prose


@pytest.mark.parametrize("norm", [False, True])
def test_five_sigmoid_layers_by_pytorch(norm: bool) -> None:
    loss, (_, test) = train(Net(init.xavier_uniform, 5, 50, torch.sigmoid, norm), 400, 0.5)
    line = CHAPTER.output_of("sigmoids = {}").splitlines()[norm]
    said = numbers(line)
    assert said[0] == pytest.approx(loss, abs=0.006)
    assert said[1] == pytest.approx(100 * test, abs=0.3)
    name = "with batch norm" if norm else "five sigmoid layers"
    (row,) = [row for row in CHAPTER.prose.splitlines() if row.startswith(f"| {name} |")]
    assert numbers(row)[-1] == said[1]


def test_batch_norm_makes_deep_gradients_grow() -> None:
    rng = np.random.default_rng(0)
    h = torch.tensor(rng.standard_normal((512, 256)))
    seen = []
    for _ in range(30):
        h = torch.nn.functional.batch_norm(
            h @ torch.tensor(init.he_normal((256, 256), rng)), None, None, training=True
        )
        h = torch.relu(h).requires_grad_()
        seen.append(h)
    d = torch.tensor(rng.standard_normal((512, 256)))
    grads = torch.autograd.grad(h, seen, d)
    lengths = [g.norm().item() for g in grads]
    rows = [numbers(line) for line in CHAPTER.output_of("def growth").splitlines()]
    assert rows[0][0] == round(np.sqrt(np.pi / (np.pi - 1)), 2) == 1.21
    rate = (lengths[0] / lengths[15]) ** (1 / 15)
    assert rows[1][0] == pytest.approx(rate, abs=0.011)
    assert rows[1][2] == pytest.approx(lengths[0] / lengths[-1], rel=0.01)
    assert round(rate**100 / 1e8, 0) in range(1, 4)


def test_theory_of_shortcuts() -> None:
    for line in CHAPTER.output_of("def size_after").splitlines()[1:]:
        depth, *_, values, gradient, theory = numbers(line.replace("1/√L", "0"))
        scale = depth**-0.5 if "√" in line else 1.0
        assert theory == pytest.approx((1 + scale**2) ** (depth / 2), rel=0.01)
        np.testing.assert_allclose([values, gradient], theory, rtol=0.3)


def test_xavier_in_alternating_widths_as_the_third_question_says() -> None:
    v = 2 / 576
    pair = 0.5 * 512 * v * 0.5 * 64 * v
    assert round(pair, 3) == 0.099
    assert round(np.log10(pair**10)) == -10


def test_the_gain_that_carries_sigmoids_as_the_seventh_question_says() -> None:
    u = np.linspace(-9, 9, 200_000)
    w = np.exp(-(u**2) / 2)
    w /= w.sum()

    def factor(gain: float) -> tuple[float, float]:
        q = 0.5
        for _ in range(50):
            q = float((w / (1 + np.exp(-gain * np.sqrt(q) * u)) ** 2).sum())
        s = 1 / (1 + np.exp(-gain * np.sqrt(q) * u))
        return gain**2 * float((w * (s * (1 - s)) ** 2).sum()), gain * float(np.sqrt(q))

    assert factor(9.5)[0] < 1 < factor(10.5)[0]
    assert round(factor(10.15)[1], 1) == 6.8
