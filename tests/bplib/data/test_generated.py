"""The sets that need no network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from bplib import data
from bplib.data import SHAPES, digits, shapes, shapes_images

MADE: dict[str, Callable[[np.random.Generator], Any]] = {
    "spirals": lambda rng: data.spirals(50, rng),
    "two_moons": lambda rng: data.two_moons(50, rng),
    "blobs": lambda rng: data.blobs(50, rng),
    "ring_of_gaussians": lambda rng: data.ring_of_gaussians(50, rng),
    "xor": lambda rng: data.xor(50, rng),
    "adding_problem": lambda rng: data.adding_problem(20, 50, rng),
    "copy_task": lambda rng: data.copy_task(4, 6, 50, rng),
    "sort_task": lambda rng: data.sort_task(5, 50, rng),
    "sine_waves": lambda rng: data.sine_waves(20, 50, rng, noise=0.1),
    "seasonal_series": lambda rng: (data.seasonal_series(50, rng),),
    "shapes_images": lambda rng: shapes_images(50, rng, size=16),
}


@pytest.mark.parametrize("name", MADE)
def test_the_generator_decides(name: str) -> None:
    a, b, c = (MADE[name](np.random.default_rng(seed)) for seed in (1, 1, 2))
    for left, right in zip(a, b, strict=True):
        np.testing.assert_array_equal(left, right)
    assert not np.array_equal(a[0], c[0])


@pytest.mark.parametrize(
    ("make", "classes"),
    [("spirals", 3), ("two_moons", 2), ("blobs", 3), ("ring_of_gaussians", 8), ("xor", 2)],
)
def test_points_have_shapes_dtypes_and_even_classes(make: str, classes: int) -> None:
    x, y = getattr(data, make)(240, np.random.default_rng(0))
    assert x.shape == (240, 2)
    assert x.dtype == np.float64
    assert y.dtype == np.int64
    np.testing.assert_array_equal(np.bincount(y), [240 // classes] * classes)
    assert (np.diff(y) < 0).sum() > 40  # in random order, not one class after another
    assert KNeighborsClassifier(3).fit(x[:160], y[:160]).score(x[160:], y[160:]) > 0.9
    with pytest.raises(ValueError, match=f"{make}: expected at least one point"):
        getattr(data, make)(0, np.random.default_rng(0))


@pytest.mark.parametrize(("make", "at_most"), [("spirals", 0.75), ("xor", 0.75), ("two_moons", 0.95)])
def test_a_straight_line_does_not_separate_them(make: str, at_most: float) -> None:
    x, y = getattr(data, make)(600, np.random.default_rng(0))
    assert LogisticRegression().fit(x, y).score(x, y) < at_most


def test_the_ring_has_its_modes_where_they_should_be() -> None:
    x, y = data.ring_of_gaussians(8000, np.random.default_rng(0))
    for k in range(8):
        centre = 2 * np.array([np.cos(k * np.pi / 4), np.sin(k * np.pi / 4)])
        np.testing.assert_allclose(x[y == k].mean(axis=0), centre, atol=0.01)
        np.testing.assert_allclose(x[y == k].std(axis=0), 0.05, rtol=0.1)


def test_xor_table() -> None:
    x, y = data.xor()
    assert [(*map(int, row), int(label)) for row, label in zip(x, y, strict=True)] == [
        (0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)
    ]  # fmt: skip
    with pytest.raises(ValueError, match="pass rng"):
        data.xor(10)


def test_symmetry_is_all_strings_and_eight_palindromes() -> None:
    x, y = data.symmetry()
    strings = ["".join(str(int(b)) for b in row) for row in x]
    assert sorted(strings) == [f"{i:06b}" for i in range(64)]
    assert [int(s == s[::-1]) for s in strings] == list(y)
    assert y.sum() == 8
    assert data.symmetry(5)[0].shape == (32, 5)
    with pytest.raises(ValueError, match=r"bits must be in 1\.\.16, got 17"):
        data.symmetry(17)


@pytest.mark.parametrize("T", [2, 3, 50])
def test_the_adding_problem_adds(T: int) -> None:
    x, y = data.adding_problem(T, 400, np.random.default_rng(0))
    assert x.shape == (T, 400, 2)
    assert y.shape == (400, 1)
    value, mark = x[..., 0], x[..., 1]
    assert np.isin(mark, [0, 1]).all()
    np.testing.assert_array_equal(mark[: T // 2].sum(axis=0), 1)
    np.testing.assert_array_equal(mark[T // 2 :].sum(axis=0), 1)
    np.testing.assert_array_equal(y[:, 0], np.array([value[mark[:, i] == 1, i].sum() for i in range(400)]))
    assert abs(((y - 1) ** 2).mean() - 1 / 6) < 0.04


def test_the_copy_task_copies() -> None:
    x, y = data.copy_task(3, 5, 7, np.random.default_rng(0), symbols=4)
    assert x.shape == y.shape == (11, 7)
    assert x[:3].min() >= 1
    assert x[:3].max() <= 4
    np.testing.assert_array_equal(x[3:7], 0)
    np.testing.assert_array_equal(x[7], 5)
    np.testing.assert_array_equal(x[8:], 0)
    np.testing.assert_array_equal(y[:8], 0)
    np.testing.assert_array_equal(y[8:], x[:3])


def test_the_sort_task_sorts() -> None:
    x, y = data.sort_task(6, 30, np.random.default_rng(0), symbols=5)
    for given, want in zip(x.T.tolist(), y.T.tolist(), strict=True):
        assert sorted(given) == want
    assert set(np.unique(x)) == set(range(5))


def test_sines_and_windows_look_one_step_ahead() -> None:
    x, y = data.sine_waves(40, 5, np.random.default_rng(0))
    assert x.shape == y.shape == (40, 5, 1)
    np.testing.assert_array_equal(x[1:], y[:-1])
    assert np.abs(x).max() <= 1
    wx, wy = data.sliding_windows(np.arange(10.0), 4, horizon=2)
    assert wx.shape == (4, 5, 1)
    np.testing.assert_array_equal(wx[:, 0, 0], [0, 1, 2, 3])
    np.testing.assert_array_equal(wy[0], [4, 5])
    np.testing.assert_array_equal(wx[:, -1, 0], [4, 5, 6, 7])
    np.testing.assert_array_equal(wy[-1], [8, 9])


def test_the_series_has_its_trend_and_its_season() -> None:
    s = data.seasonal_series(120, np.random.default_rng(0), period=12, trend=0.5, noise=0)
    np.testing.assert_allclose(s[12:] - s[:-12], 6.0, rtol=1e-9)
    assert np.diff(s[:12]).std() > 0.1


def test_mistakes_are_named() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="adding_problem: T must be at least 2, got 1"):
        data.adding_problem(1, 5, rng)
    with pytest.raises(ValueError, match="copy_task: delay must be at least 1, got 0"):
        data.copy_task(3, 0, 5, rng)
    with pytest.raises(
        ValueError, match="sliding_windows: 4 values are too few for a window of 4 and 1 more"
    ):
        data.sliding_windows(np.zeros(4), 4)
    with pytest.raises(ValueError, match=r"sliding_windows: series must be \(T,\), got shape \(4, 1\)"):
        data.sliding_windows(np.zeros((4, 1)), 2)
    with pytest.raises(ValueError, match="1 or 3 channels, got 5, 32 and 2"):
        shapes_images(5, rng, channels=2)


def test_digits_are_scikit_learns_each_once() -> None:
    d = digits(flat=True, dtype=np.float64)
    assert d.x_val is not None
    assert d.y_val is not None
    x = np.concatenate([d.x_train, d.x_val, d.x_test])
    y = np.concatenate([d.y_train, d.y_val, d.y_test])
    assert (x.min(), x.max()) == (0, 1)
    want_x, want_y = load_digits(return_X_y=True)
    ours = sorted((*row, label) for row, label in zip((16 * x).tolist(), y.tolist(), strict=True))
    theirs = sorted((*row, label) for row, label in zip(want_x.tolist(), want_y.tolist(), strict=True))
    assert ours == theirs
    assert (len(d.x_train), len(d.x_val), len(d.x_test)) == (1168, 270, 359)
    for part, size in (("train", 1168), ("val", 270), ("test", 359)):
        whole = np.bincount(want_y) * size / 1797
        assert np.all(np.abs(np.array(list(d.counts(part).values())) - whole) < 1.5)


def test_digits_options() -> None:
    first, again = digits(), digits()
    assert first.x_train.shape == (1168, 1, 8, 8)
    assert first.x_train.dtype == np.float32
    assert first.y_train.dtype == np.int64
    np.testing.assert_array_equal(first.x_train, again.x_train)
    np.testing.assert_array_equal(first.x_train.reshape(-1, 64), digits(flat=True).x_train)
    other = digits(rng=np.random.default_rng(9), val=0.1, test=0.1)
    assert len(other.x_test) == 180
    assert not np.array_equal(other.x_test, first.x_test[:180])
    with pytest.raises(TypeError, match="dtype must be a floating-point type, got uint8"):
        digits(dtype=np.uint8)


@pytest.mark.parametrize(("size", "channels"), [(32, 3), (16, 1), (9, 3)])
def test_shapes_are_images(size: int, channels: int) -> None:
    x, y = shapes_images(80, np.random.default_rng(0), size=size, channels=channels)
    assert x.shape == (80, channels, size, size)
    assert x.dtype == np.float32
    assert x.min() >= 0
    assert x.max() <= 1
    assert y.dtype == np.int64
    np.testing.assert_array_equal(np.bincount(y), [80 // len(SHAPES)] * len(SHAPES))
    assert x.std(axis=(1, 2, 3)).min() > 0.05  # something is drawn on every one


def test_shapes_as_a_data_set() -> None:
    d = shapes(160, 40, 80, size=16)
    assert d.x_val is not None
    assert (len(d.x_train), len(d.x_val), len(d.x_test)) == (160, 40, 80)
    np.testing.assert_array_equal(d.x_train, shapes(160, 40, 80, size=16).x_train)
    assert shapes(8, 0, 8, size=16, flat=True).x_train.shape == (8, 768)
    assert d.counts() == dict.fromkeys(SHAPES, 20)
    rows = {row.tobytes() for row in np.concatenate([d.x_train, d.x_val, d.x_test])}
    assert len(rows) == 280


def test_a_linear_model_has_almost_nothing_to_go_by() -> None:
    """Chance is 1/8. What a small convolutional network reaches is told in bplib/data/_shapes.py."""
    d = shapes(2000, 8, 800, size=16, channels=1, flat=True)
    linear = LogisticRegression(C=0.01, max_iter=300).fit(d.x_train, d.y_train)
    assert linear.score(d.x_test, d.y_test) < 0.25


def test_the_form_is_there_to_be_seen() -> None:
    """Without noise and with the colours taken out, the covered area alone already tells some classes apart."""
    x, y = shapes_images(1600, np.random.default_rng(0), size=32, channels=1, noise=0)
    edge = np.abs(np.diff(x, axis=3)).sum(axis=(1, 2, 3)) / x.std(axis=(1, 2, 3))
    mean = [edge[y == k].mean() for k in range(len(SHAPES))]
    assert mean[SHAPES.index("ring")] > 1.2 * mean[SHAPES.index("disc")]
    assert mean[SHAPES.index("frame")] > 1.2 * mean[SHAPES.index("square")]
