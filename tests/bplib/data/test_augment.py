from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bplib.data import random_crop, random_flip, random_shift

some = settings(max_examples=50, deadline=None)

seeds = st.integers(0, 2**32)


def pictures(n: int, dtype: type = np.float32) -> np.ndarray:
    return np.arange(1, n * 2 * 5 * 6 + 1).reshape(n, 2, 5, 6).astype(dtype)


@some
@given(n=st.integers(0, 12), seed=seeds)
def test_a_flip_mirrors_whole_images_or_leaves_them(n: int, seed: int) -> None:
    x = pictures(n)
    for before, after in zip(x, random_flip(x, np.random.default_rng(seed)), strict=True):
        assert np.array_equal(after, before) or np.array_equal(after, before[:, :, ::-1])


def test_flip_probabilities() -> None:
    x = pictures(400)
    flipped = random_flip(x, np.random.default_rng(0), p=0.25)
    share = (flipped != x).any(axis=(1, 2, 3)).mean()
    assert 0.15 < share < 0.35
    np.testing.assert_array_equal(random_flip(x, np.random.default_rng(0), p=1), x[..., ::-1])
    np.testing.assert_array_equal(random_flip(x, np.random.default_rng(0), p=0), x)


@some
@given(n=st.integers(0, 6), h=st.integers(1, 7), w=st.integers(1, 8), padding=st.integers(0, 2), seed=seeds)
def test_a_crop_is_a_window_of_its_own_image(n: int, h: int, w: int, padding: int, seed: int) -> None:
    x = pictures(n)
    if h > 5 + 2 * padding or w > 6 + 2 * padding:
        with pytest.raises(ValueError, match="does not fit into images of"):
            random_crop(x, (h, w), np.random.default_rng(seed), padding)
        return
    out = random_crop(x, (h, w), np.random.default_rng(seed), padding)
    assert out.shape == (n, 2, h, w)
    for before, after in zip(x, out, strict=True):
        framed = np.zeros((2, 5 + 2 * padding, 6 + 2 * padding), np.float32)
        framed[:, padding : padding + 5, padding : padding + 6] = before
        windows = [
            framed[:, i : i + h, j : j + w]
            for i in range(framed.shape[1] - h + 1)
            for j in range(framed.shape[2] - w + 1)
        ]
        assert any(np.array_equal(after, window) for window in windows)


@some
@given(pixels=st.integers(0, 6), seed=seeds)
def test_a_shift_moves_and_fills_with_zeros(pixels: int, seed: int) -> None:
    x = pictures(5)
    for before, after in zip(x, random_shift(x, pixels, np.random.default_rng(seed)), strict=True):
        assert after.shape == before.shape
        moved = []
        for dy in range(-pixels, pixels + 1):
            for dx in range(-pixels, pixels + 1):
                other = np.zeros_like(before)
                rows, cols = range(max(0, dy), min(5, 5 + dy)), range(max(0, dx), min(6, 6 + dx))
                for i in rows:
                    for j in cols:
                        other[:, i, j] = before[:, i - dy, j - dx]
                moved.append(other)
        assert any(np.array_equal(after, other) for other in moved)


def test_every_shift_happens() -> None:
    x = np.zeros((600, 1, 5, 5))
    x[:, :, 2, 2] = 1
    out = random_shift(x, 1, np.random.default_rng(0))
    assert {tuple(map(int, np.argwhere(i[0])[0])) for i in out} == {
        (i, j) for i in (1, 2, 3) for j in (1, 2, 3)
    }


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8])
@pytest.mark.parametrize(
    "augment",
    [random_flip, lambda x, rng: random_shift(x, 2, rng), lambda x, rng: random_crop(x, 4, rng, padding=1)],
)
def test_seeded_pure_and_of_the_same_dtype(
    augment: Callable[[np.ndarray, np.random.Generator], np.ndarray], dtype: type
) -> None:
    x = pictures(3, dtype)
    before = x.copy()
    a, b = (augment(x, np.random.default_rng(4)) for _ in range(2))
    np.testing.assert_array_equal(a, b)
    assert a.dtype == dtype
    a[...] = 0  # the result is not a view of the argument
    np.testing.assert_array_equal(x, before)


def test_mistakes() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(
        ValueError, match=r"random_flip: x must be images \(N, C, H, W\), got shape \(3, 64\)"
    ):
        random_flip(np.zeros((3, 64)), rng)
    with pytest.raises(ValueError, match="random_flip: p must be a probability, got 1.5"):
        random_flip(pictures(1), rng, p=1.5)
    with pytest.raises(ValueError, match="random_shift: pixels must be at least 0, got -1"):
        random_shift(pictures(1), -1, rng)
    with pytest.raises(ValueError, match="random_crop: padding must be at least 0, got -1"):
        random_crop(pictures(1), 3, rng, padding=-1)
