"""Chapter 01: the numbers that it quotes, computed again by systems that share no code with ours."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.linear_model import LinearRegression

from tests.chapters.outputs import Chapter, numbers

CHAPTER = Chapter("01_first_network")
literal, printed = CHAPTER.literal, CHAPTER.line
X = torch.tensor([[1.0], [2.0], [3.0], [4.0]], dtype=torch.float64)
Y = 2 * X


def trained(factor: float, steps: int, lr: float = 0.01) -> tuple[float, float]:
    """w and b after ``steps`` of PyTorch's SGD; the gradient is that of factor · mean squared error."""
    line = torch.nn.Linear(1, 1).double()
    torch.nn.init.constant_(line.weight, 0.5)
    torch.nn.init.constant_(line.bias, 0.5)
    optimizer = torch.optim.SGD(line.parameters(), lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        (factor * torch.nn.functional.mse_loss(line(X), Y)).backward()
        optimizer.step()
    return line.weight.item(), line.bias.item()


def test_the_first_gradient_is_pytorchs() -> None:
    w = torch.tensor([[0.5]], dtype=torch.float64, requires_grad=True)
    b = torch.tensor([0.5], dtype=torch.float64, requires_grad=True)
    torch.nn.functional.mse_loss(X @ w + b, Y).backward()
    assert (w.grad.item(), b.grad.item()) == (-20.0, -6.5)
    assert numbers(printed("per unit of w")) == [-20.0, -6.5]


def test_the_quoted_gradients_of_a_layer_are_pytorchs() -> None:
    rng = np.random.default_rng(1)
    x, W, b = rng.standard_normal((5, 3)), rng.standard_normal((3, 2)), rng.standard_normal(2)
    y = rng.standard_normal((5, 2))
    tW, tb = torch.tensor(W, requires_grad=True), torch.tensor(b, requires_grad=True)
    torch.nn.functional.mse_loss(torch.tensor(x) @ tW + tb, torch.tensor(y)).backward()
    np.testing.assert_allclose(literal("pytorch_dW"), tW.grad.numpy(), rtol=0, atol=1e-12)
    np.testing.assert_allclose(literal("pytorch_db"), tb.grad.numpy(), rtol=0, atol=1e-12)


def test_the_version_that_is_quoted_is_the_one_that_is_installed() -> None:
    assert CHAPTER.pytorch_versions() == {torch.__version__.split("+")[0]}


def test_a_hundred_steps_end_where_pytorchs_do() -> None:
    np.testing.assert_allclose(literal("pytorch_after_100"), trained(1.0, 100), rtol=0, atol=1e-10)
    assert numbers(printed("both mended"))[-2:] == [round(v, 4) for v in trained(1.0, 100)]


def test_half_the_gradient_ends_where_the_article_does() -> None:
    assert numbers(printed("D1's loop"))[-2:] == [round(v, 4) for v in trained(0.5, 100)]
    assert [round(v, 4) for v in trained(0.5, 100)] == [1.7347, 0.7794]
    np.testing.assert_allclose(trained(0.5, 100, lr=0.02), trained(1.0, 100), rtol=1e-12)


def test_the_broadcast_loss_and_where_it_leads() -> None:
    w = torch.tensor([[0.5]], dtype=torch.float64, requires_grad=True)
    b = torch.tensor([0.5], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([w, b], lr=0.1)
    for step in range(600):
        optimizer.zero_grad()
        loss = ((X @ w + b - Y.ravel()) ** 2).mean()
        if step == 0:
            assert loss.item() == 15.875 == numbers(printed("loss 15.875"))[0]
        loss.backward()
        optimizer.step()
    ours = numbers(printed("w = 0.0000"))
    assert ours == [round(abs(w.item()), 4), round(b.item(), 4), round(loss.item(), 4)] == [0.0, 5.0, 5.0]


@pytest.mark.parametrize("points", [4, 64])
def test_a_rate_for_the_sum_over_4_points_is_not_one_for_64(points: int) -> None:
    """A step on the sum over N points is a step on their mean at N times the rate."""
    w, b = trained(1.0, 10, lr=0.01 * points)
    after = float(((w * X + b - Y) ** 2).mean())
    assert numbers(printed(f"{points} points: ")) == [points, 13.375, float(f"{after:.2g}")]
    assert (after < 1) is (points == 4)


def test_the_lost_factor_shows_in_the_table_as_the_text_reads_it() -> None:
    claimed, measured, error = numbers(printed("pred[3, 0]"))[-3:]
    upstream = np.random.default_rng(
        0
    ).standard_normal()  # what gradcheck draws when it is given no generator
    assert round(upstream, 4) == 0.1257
    np.testing.assert_allclose([measured, claimed], np.array([-2.75, -1.375]) * upstream, rtol=1e-5)
    assert (error, numbers(printed("pred[0, 0]"))[-1]) == (0.5, 0.5)


def test_the_graph_of_one_example_is_pytorchs() -> None:
    w, b, x, y = (torch.tensor(v, requires_grad=True) for v in (0.5, 0.5, 3.0, 6.0))
    ((w * x + b - y) ** 2).backward()
    assert [p.grad.item() for p in (w, b, x, y)] == [-24, -8, -4, 8]
    alt = next(
        c["metadata"]["mystnb"]["image"]["alt"] for c in CHAPTER.cells if "fig-01-graph" in str(c["metadata"])
    )
    assert "it is −8 at z and b, −24 at w, −4 at x and 8 at y" in " ".join(alt.split())


def test_five_optimisers_end_where_pytorchs_do() -> None:
    kinds: dict[str, Any] = {
        "gradient descent": lambda p: torch.optim.SGD(p, lr=0.01),
        "momentum": lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9),
        "AdaGrad": lambda p: torch.optim.Adagrad(p, lr=0.5),
        "RMSprop": lambda p: torch.optim.RMSprop(p, lr=0.02),
        "Adam": lambda p: torch.optim.Adam(p, lr=0.1),
    }
    last = {}
    for name, make in kinds.items():
        w, b = (torch.tensor([0.5], dtype=torch.float64, requires_grad=True) for _ in range(2))
        optimizer = make([w, b])
        for _ in range(100):
            optimizer.zero_grad()
            loss = ((w * X + b - Y) ** 2).mean()
            loss.backward()
            optimizer.step()
        last[name] = loss.item()
        assert numbers(printed(f"{name} "))[-2:] == [round(w.item(), 3), round(b.item(), 3)], name
    assert last["momentum"] < 0.001  # what the figure's alternative text says
    assert all(2 < last["gradient descent"] / last[name] < 5 for name in ("AdaGrad", "Adam"))
    assert 1.8 < last["RMSprop"] / last["gradient descent"] < 2.2


def test_the_training_accuracies_of_the_three_classics() -> None:
    from bplib.data import blobs

    points, label = blobs(120, np.random.default_rng(3), classes=2, spread=0.9)
    x, y = torch.tensor(points), torch.tensor(label)
    assert torch.bincount(y).tolist() == [60, 60]

    def margin(z: torch.Tensor) -> torch.Tensor:  # PyTorch divides by the number of classes, which is 2
        return 2 * torch.nn.functional.multi_margin_loss(z, y)

    for name, loss, outputs, guess in (
        ("linear", lambda z: ((z[:, 0] - y) ** 2).mean(), 1, lambda z: z[:, 0] > 0.5),
        (
            "logistic",
            lambda z: torch.nn.functional.binary_cross_entropy_with_logits(z[:, 0], y.double()),
            1,
            lambda z: z[:, 0] > 0,
        ),
        ("support vector", margin, 2, lambda z: z.argmax(1)),
    ):
        W = torch.zeros(2, outputs, dtype=torch.float64, requires_grad=True)
        b = torch.zeros(outputs, dtype=torch.float64, requires_grad=True)
        optimizer = torch.optim.SGD([W, b], lr=0.1)
        for _ in range(300):
            z = x @ W + b
            optimizer.zero_grad()
            loss(z).backward()
            optimizer.step()
        hit = (guess(z) == y).double().mean().item()
        assert numbers(printed(f"{name} "))[-1] == round(100 * hit, 1), name


def test_the_predicted_number_of_steps_is_the_number_of_steps() -> None:
    predicted, measured = numbers(printed("predicted steps"))
    after, before = trained(1.0, int(measured)), trained(1.0, int(measured) - 1)
    assert predicted == measured
    assert np.hypot(after[0] - 2, after[1]) < 0.001 <= np.hypot(before[0] - 2, before[1])


def hessian(x: np.ndarray) -> np.ndarray:
    """Second derivatives of the mean of squares at w, b, by PyTorch's double backward."""
    tx = torch.tensor(x)

    def loss(theta: torch.Tensor) -> torch.Tensor:
        return ((tx * theta[0] + theta[1] - 2 * tx) ** 2).mean()

    return torch.autograd.functional.hessian(loss, torch.zeros(2, dtype=torch.float64)).numpy()


@pytest.mark.parametrize(("name", "shift"), [("x  ", 0.0), ("x + 10", 10.0), ("x − mean", -2.5)])
def test_condition_numbers_are_those_of_pytorchs_hessian(name: str, shift: float) -> None:
    values = np.linalg.eigvalsh(hessian(np.arange(1.0, 5.0) + shift))
    kappa = values[1] / values[0]
    row = next(line for line in CHAPTER.lines() if line.startswith(name) and len(numbers(line)) >= 3)
    got = numbers(row)[-3:]
    np.testing.assert_allclose(got[0], kappa, rtol=1e-4)
    np.testing.assert_allclose(got[1:], [(kappa - 1) / (kappa + 1)] * 2, rtol=0, atol=1.1e-5)


def test_the_floor_of_the_valley_and_where_it_tilts_the_line() -> None:
    values, axes = np.linalg.eigh(hessian(np.arange(1.0, 5.0)))
    floor = axes[:, 0] * np.sign(axes[0, 0])
    assert numbers(printed("curvatures")) == values.round(4).tolist()
    assert numbers(printed("the floor runs along")) == floor.round(2).tolist() == [0.32, -0.95]
    assert numbers(printed("tilts the line")) == [round(-floor[1] / floor[0], 2)] == [2.94]


def test_a_rate_diverges_just_above_two_over_the_largest_curvature() -> None:
    top = np.linalg.eigvalsh(hessian(np.arange(1.0, 5.0)))[1]
    start = np.hypot(0.5 - 2, 0.5)
    below, above = trained(1.0, 3000, 1.98 / top), trained(1.0, 3000, 2.02 / top)
    assert np.hypot(below[0] - 2, below[1]) < 1e-3 * start
    assert np.hypot(above[0] - 2, above[1]) > 1e3 * start


def test_centimetres_are_as_badly_conditioned_as_question_three_says() -> None:
    H = hessian(100 * np.arange(1.0, 5.0))
    np.testing.assert_allclose(H, [[150000, 500], [500, 2]])
    low, high = np.linalg.eigvalsh(H)
    assert round(high) == 150002
    assert 4.4e5 < high / low < 4.6e5
    assert 7.9e3 < high / low / 55.78 < 8.2e3


def test_anscombes_lines_are_scikit_learns_and_the_published_one() -> None:
    x123 = literal("x123")
    ys = [[8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68]]
    source = CHAPTER.cell_with("x123 = ")
    scope: dict[str, Any] = {"np": np}
    exec(source.split("print(")[0], scope)
    quartet = scope["quartet"]
    assert quartet[0][0].ravel().tolist() == x123
    assert quartet[0][1].ravel().tolist() == ys[0]
    for k, (u, v) in enumerate(quartet, 1):
        fit = LinearRegression().fit(u, v)
        squares = float(((fit.predict(u) - v) ** 2).sum())
        theirs = (float(fit.intercept_[0]), float(fit.coef_[0, 0]), squares)
        intercept, slope, ours = numbers(printed(f"ours, set {k}"))[-3:]
        assert (intercept, slope, ours) == (round(theirs[0], 2), round(theirs[1], 3), round(theirs[2], 2))
        np.testing.assert_allclose(theirs, (3.0, 0.5, 13.75), rtol=0, atol=0.03)  # as printed in 1973
