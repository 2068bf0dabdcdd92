"""Chapter 10: the numbers that it quotes, computed again by systems that share no code with ours."""

from __future__ import annotations

import math
from collections import namedtuple
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch

from bplib import data, nn, ops
from tests.chapters.outputs import Chapter, numbers

CHAPTER = Chapter("10_cnn_backprop")
literal, printed, prose = CHAPTER.literal, CHAPTER.lines, CHAPTER.prose
DOUBLE = torch.float64
functional = torch.nn.functional


def leaf(a: Any) -> torch.Tensor:
    return torch.tensor(np.asarray(a, dtype=float), dtype=DOUBLE, requires_grad=True)


def settings(count: int) -> list[tuple[int, ...]]:
    rng = np.random.default_rng(7)
    return [tuple(int(v) for v in rng.integers([1, 0, 1, 1, 1], [4, 3, 4, 4, 4])) for _ in range(count)]


def test_the_worked_example_is_pytorchs() -> None:
    x, w = leaf([[1, 2, 0], [0, 1, 3], [2, 1, 1]]), leaf([[1, -1], [2, 0]])
    z = functional.conv2d(x[None, None], w[None, None])[0, 0]
    dw, dx = torch.autograd.grad(z, (w, x), torch.tensor([[1.0, 0], [-1, 2]], dtype=DOUBLE))
    said = [int(n) for n in numbers(" ".join(CHAPTER.output_of("# what it met").splitlines()))]
    right = [*z.detach().ravel().tolist(), *dw.ravel().tolist(), *dx.ravel().tolist()]
    assert said == [int(v) for v in right]
    for matrix in (z.detach(), dx):  # as the page writes them
        rows = " \\\\ ".join(" & ".join(str(int(v)) for v in row) for row in matrix)
        assert rows in prose
    assert f"= {int(dw[0, 0])}" in prose
    assert f"= {int(dw[0, 1])}$" in prose


def test_the_quoted_gradients_are_pytorchs() -> None:
    rng = np.random.default_rng(1)
    x, w, b = (leaf(rng.standard_normal(shape)) for shape in ((2, 4, 6, 7), (6, 2, 3, 2), 6))
    z = functional.conv2d(x, w, b, stride=(2, 1), padding=(1, 2), dilation=(1, 2), groups=2)
    z.backward(torch.tensor(rng.standard_normal(tuple(z.shape))))
    assert w.grad is not None
    assert x.grad is not None
    np.testing.assert_allclose(literal("pytorch_dw00"), w.grad[0, 0].numpy(), rtol=0, atol=1e-11)
    np.testing.assert_allclose(literal("pytorch_dx000"), x.grad[0, 0, 0].numpy(), rtol=0, atol=1e-11)


def test_the_quoted_ties_are_pytorchs() -> None:
    x = leaf([[1, 3, 3, 0], [3, 2, 3, 1], [0, 0, 3, 3], [0, 0, 2, 3]])
    functional.max_pool2d(x[None, None], 3, 1).backward(torch.tensor([[[[1.0, 2], [4, 8]]]], dtype=DOUBLE))
    assert x.grad is not None
    assert literal("pytorch_ties") == x.grad.int().tolist()


def test_the_version_that_is_quoted_is_the_one_that_is_installed() -> None:
    assert CHAPTER.pytorch_versions() == {torch.__version__.split("+")[0]}


@pytest.mark.parametrize(("s", "p", "d", "K", "L"), settings(12))
def test_both_gradients_are_the_convolutions_of_the_table(s: int, p: int, d: int, K: int, L: int) -> None:
    scope = CHAPTER.run({"np": np, "ops": ops}, "def as_convolutions")
    rng = np.random.default_rng(0)
    x = leaf(rng.standard_normal((2, 3, d * (K - 1) + 4, d * (L - 1) + 3)))
    w = leaf(rng.standard_normal((4, 3, K, L)))
    z = functional.conv2d(x, w, stride=s, padding=p, dilation=d)
    dz = rng.standard_normal(tuple(z.shape))
    dx, dw = torch.autograd.grad(z, (x, w), torch.tensor(dz))
    ours = scope["as_convolutions"](x.detach().numpy(), w.detach().numpy(), dz, s, p, d)
    np.testing.assert_allclose(ours[0], dx.numpy(), rtol=0, atol=1e-12)
    np.testing.assert_allclose(ours[1], dw.numpy(), rtol=0, atol=1e-12)


def test_a_layer_with_tied_weights_is_pytorchs_convolution() -> None:
    names = {
        "np": np,
        "namedtuple": namedtuple,
        "x": np.ones((3, 3)),
        "w": np.ones((2, 2)),
        "dz": np.ones((2, 2)),
    }
    scope = CHAPTER.run(names, "def tied(", "def windows(")
    rng = np.random.default_rng(0)
    links = scope["windows"](7, C=2, F=3, K=3, stride=2, padding=1)
    x, w = leaf(rng.standard_normal((4, 2, 7, 7))), leaf(rng.standard_normal((3, 2, 3, 3)))
    z = functional.conv2d(x, w, stride=2, padding=1)
    dz = rng.standard_normal((4, 3 * 4 * 4))
    dx, dw = torch.autograd.grad(z, (x, w), torch.tensor(dz).reshape(z.shape))
    flat = x.detach().numpy().reshape(4, -1), w.detach().numpy().ravel(), np.zeros(48)
    ours, back = scope["tied"](links)(*flat)
    np.testing.assert_allclose(ours, z.detach().numpy().reshape(4, -1), rtol=0, atol=1e-12)
    np.testing.assert_allclose(back(dz)[0], dx.numpy().reshape(4, -1), rtol=0, atol=1e-12)
    np.testing.assert_allclose(back(dz)[1], dw.numpy().ravel(), rtol=0, atol=1e-12)
    np.testing.assert_allclose(back(dz)[2], dz.sum(axis=0), rtol=0, atol=1e-12)


def test_unrolling_by_hand_is_pytorchs_unfold() -> None:
    scope = CHAPTER.run({"np": np, "x": np.ones((3, 3)), "w": np.ones((2, 2)), "dz": np.ones((2, 2))},
                        "def im2col", "def col2im")  # fmt: skip
    rng = np.random.default_rng(0)
    x, dcols = rng.standard_normal((6, 5)), rng.standard_normal((6, 4 * 4))
    np.testing.assert_array_equal(
        scope["im2col"](x, 3, 2), functional.unfold(torch.tensor(x)[None, None], (3, 2))[0].numpy()
    )
    np.testing.assert_allclose(
        scope["col2im"](dcols, 6, 5, 3, 2),
        functional.fold(torch.tensor(dcols)[None], (6, 5), (3, 2))[0, 0].numpy(),
        rtol=0, atol=1e-12,
    )  # fmt: skip


def test_the_matrix_has_the_entries_that_the_caption_counts() -> None:
    scope = CHAPTER.run({"np": np, "namedtuple": namedtuple, "x": np.ones((3, 3)), "w": np.ones((2, 2)),
                         "dz": np.ones((2, 2))}, "def tied(", "def windows(")  # fmt: skip
    links = scope["windows"](4, C=1, F=1, K=2)
    assert (len(links.tie), links.units, len(np.unique(links.tie))) == (36, 9, 4)
    (caption,) = [c["metadata"]["mystnb"]["figure"]["caption"] for c in CHAPTER.cells
                  if c["metadata"].get("mystnb", {}).get("figure", {}).get("name") == "fig-10-tied"]  # fmt: skip
    assert "Of its 144 entries 36 are links, and they hold only four different weights" in caption


def test_receptive_fields_are_what_pytorch_sends_back() -> None:
    stacks = [[(3, 1, 1)] * 5, [(3, 1, 2**i) for i in range(5)], [(5, 1, 1), (2, 2, 1)] * 2]
    for layers, line in zip(stacks, printed("   counted "), strict=True):
        x = torch.ones(1, 1, 1, 129, dtype=DOUBLE, requires_grad=True)
        z = x
        for K, s, d in layers:
            z = functional.conv2d(z, torch.ones(1, 1, 1, K, dtype=DOUBLE), stride=(1, s), dilation=(1, d))
        z[0, 0, 0, z.shape[3] // 2].backward()
        assert x.grad is not None
        assert numbers(line.split("formula")[1])[:2] == [int((x.grad != 0).sum())] * 2
    assert "see 11 pixels across; with dilations that double, the same 45 weights see 63" in prose


def test_the_spot_is_the_sum_of_ten_dice() -> None:
    row = np.array([1.0])
    for _ in range(10):
        row = np.convolve(row, [1 / 3, 1 / 3, 1 / 3])
    places = np.arange(-10, 11)
    std = math.sqrt(float(np.sum(row * places**2)))
    inner = row[6:15].sum() ** 2
    assert f"standard deviation of the gradient: {std:.3f} pixels" in CHAPTER.line("standard deviation of")
    assert CHAPTER.line("share of the gradient in").endswith(f"{inner:.0%}")
    assert round(std, 2) == 2.58
    assert f"{inner:.0%}" == "85%"


def test_the_network_of_1989_has_the_parts_that_are_counted() -> None:
    H1 = torch.nn.Conv2d(1, 12, 5, stride=2, padding=2, bias=False)
    H2 = torch.nn.Conv2d(8, 12, 5, stride=2, padding=2, bias=False)  # each map sees 8 of the 12
    maps = H1(torch.zeros(1, 1, 16, 16))
    deeper = H2(maps[:, :8])
    assert tuple(maps.shape[1:]) == (12, 8, 8)
    assert tuple(deeper.shape[1:]) == (12, 4, 4)
    dense = [torch.nn.Linear(192, 30), torch.nn.Linear(30, 10)]
    sizes = [H1.weight.numel() + maps.numel(), H2.weight.numel() + deeper.numel()]
    sizes += [sum(p.numel() for p in layer.parameters()) for layer in dense]
    assert sizes == [1068, 2592, 5790, 310]
    assert numbers(CHAPTER.line("together")) == [64660, 64660, 9760, 9760]
    assert sum(sizes) == 9760
    links = [maps.numel() * 26, deeper.numel() * 201, 30 * 193, 10 * 31]
    assert sum(links) == 64660
    assert [numbers(CHAPTER.line(f"{name:8} "))[-4] for name in ("H3", "output")] == links[2:]


def test_the_five_networks_stand_in_the_published_order() -> None:
    rows = [numbers(line.removeprefix(f"Net-{n}")) for n, line in enumerate(printed("Net-"), start=1)]
    counts = np.array([row[:2] for row in rows])
    np.testing.assert_array_equal(counts, [row[2:4] for row in rows])
    assert counts.tolist() == [[2570, 2570], [3214, 3214], [1226, 1226], [2266, 1132], [5194, 1060]]
    reported, four, fifteen = np.array([row[4:] for row in rows]).T
    assert reported.tolist() == [80.0, 87.0, 88.5, 94.0, 98.4]
    assert (np.diff(fifteen)[1:] > 0).all(), "at fifteen places: the published order"
    assert abs(fifteen[0] - fifteen[1]) < 1, "but for the first two"
    assert four.argmax() == 4, "at four places Net-5 is best too"
    assert (four[0] > four[1:3]).all(), "and the single layer is no worse than Nets 2 and 3"


def test_the_steps_between_the_five_networks_are_those_in_the_text() -> None:
    means = [numbers(line.split(":")[1])[0] for line in printed(", standard error")]
    errors = [numbers(line.split(":")[1])[1] for line in printed(", standard error")]
    assert len(means) == 4
    assert abs(means[0]) < 2 * errors[0], "the first two cannot be told apart"
    assert all(mean > 2 * error for mean, error in zip(means[1:], errors[1:], strict=True))
    patches, first, second = means[1:]
    assert f"from Net-2 to Net-3, bring {patches} points" in prose
    assert f"sharing the first layer {first}; sharing the second {second}" in prose


def test_the_first_picture_answers_to_strokes_that_stand() -> None:
    picture = torch.zeros(1, 1, 12, 16, dtype=DOUBLE)
    picture[..., 2:7, 3] = picture[..., 6:11, 11] = picture[..., 2, 8:13] = 1
    nine = torch.tensor([[-1.0, 2, -1]] * 3, dtype=DOUBLE)[None, None]
    answers = functional.conv2d(picture, nine)[0, 0]
    largest = [int(part.max()) for part in (answers[:, :6], answers[4:, 8:], answers[:3, 6:])]
    assert numbers(CHAPTER.line("largest answer at each stroke").split(":")[-1]) == largest == [6, 6, 1]


def test_what_the_text_says_of_lenet_is_what_was_printed() -> None:
    lenet, dense = (numbers(CHAPTER.line(f"{name:10} ")) for name in ("lenet", "dense_net"))
    assert lenet[0] == 2026
    assert dense[0] == 2035
    assert lenet[1] == 97.7
    assert "97.7 %" in prose
    assert 0.5 < lenet[1] - dense[1] < 1.5, "by a point"
    digits = int(numbers(CHAPTER.line("held-out digits   "))[0])
    assert round((lenet[1] - dense[1]) / 100 * digits) == 4
    assert "which is about four of them" in prose
    assert lenet[2] < lenet[1] * 2 / 3, "more than a third of the right answers lost"
    assert lenet[2] - dense[2] > 10
    start = numbers(CHAPTER.line("correlation of a trained kernel"))[-1]
    assert f"{start:.2f} is the correlation with their start" in prose
    wrong = [
        numbers(CHAPTER.line(f"{name:20} "))[-1]
        for name in ("conv2d", "kernel_flipped", "overlap_overwritten")
    ]
    assert max(wrong) - min(wrong) < 1, "nothing to see"


def test_lenet_has_pytorchs_parameters_and_gradients() -> None:
    scope = CHAPTER.run({"np": np, "nn": nn, "digits": data.digits(dtype=np.float32)}, "def lenet(")
    ours = scope["lenet"](np.random.default_rng(0))
    theirs = torch.nn.Sequential(
        torch.nn.Conv2d(1, 8, 5, padding=2), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
        torch.nn.Conv2d(8, 16, 3, padding=1), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
        torch.nn.Flatten(), torch.nn.Linear(64, 10),
    ).double()  # fmt: skip
    mine = [p.value.astype(float) for p in ours.parameters()]
    with torch.no_grad():
        for p, v in zip(theirs.parameters(), mine, strict=True):
            p.copy_(torch.tensor(v.T if v.ndim == 2 else v))
    x = data.digits(dtype=np.float64).x_train[:9]
    d = np.random.default_rng(1).standard_normal((9, 10))
    theirs(torch.tensor(x)).backward(torch.tensor(d))
    ours.astype(np.float64)
    ours(x).backward(d)
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert q.grad is not None
        want = q.grad.numpy()
        np.testing.assert_allclose(p.grad, want.T if want.ndim == 2 else want, rtol=0, atol=1e-12)


def test_ties_are_counted_right() -> None:
    images = data.digits(dtype=np.float32).x_train[:, 0]
    tied = 0
    for i, j in product(range(0, 8, 2), repeat=2):
        patch = images[:, i : i + 2, j : j + 2].reshape(-1, 4)
        tied += int(((patch == patch.max(axis=1)[:, None]).sum(axis=1) > 1).sum())
    assert CHAPTER.line("ties in the digits").split(":")[1].split()[0] == f"{tied / (16 * len(images)):.0%}"
    assert len(np.unique(images)) == 17


def kept_bytes(pullback: Any) -> int:
    """The bytes of the arrays that a pullback keeps, parameters apart (those are given as float64)."""
    found: dict[int, np.ndarray] = {}
    todo = [pullback]
    while todo:
        thing = todo.pop()
        if isinstance(thing, np.ndarray) and thing.dtype != np.float64:
            base = thing if thing.base is None else thing.base
            found[id(base)] = base
        elif isinstance(thing, list | tuple):
            todo += thing
        elif callable(thing) and hasattr(thing, "__closure__"):
            todo += [cell.cell_contents for cell in thing.__closure__ or ()]
    return sum(a.nbytes for a in found.values())


def test_the_answers_to_the_questions() -> None:
    layer = torch.nn.Conv2d(1, 1, 5, stride=2)
    x = torch.randn(1, 1, 32, 32, requires_grad=True)
    z = layer(x)
    z.backward(torch.randn_like(z))
    assert tuple(z.shape[2:]) == (14, 14)
    assert x.grad is not None
    assert (x.grad[0, 0].numpy() != 0).any(axis=1).tolist() == [True] * 31 + [False]
    assert layer(torch.zeros(1, 1, 36, 36)).shape[2] == 16
    # Question 6: a ReLU keeps a byte a unit, a pooling a byte an output.
    maps = np.random.default_rng(0).standard_normal((1, 8, 8, 8)).astype(np.float32)
    assert kept_bytes(ops.relu(maps)[1]) == 512
    assert kept_bytes(ops.max_pool2d(maps, 2)[1]) == 128
    assert 4 * (64 + 128 + 64) == 1024
    assert 512 + 256 + 128 + 64 == 960
