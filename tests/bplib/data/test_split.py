"""Splits and batches: every example once, none in two parts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bplib.data import Dataset, batches, train_test_indices, train_val_test_split

some = settings(max_examples=50, deadline=None)

labels = st.lists(st.integers(0, 4), min_size=1, max_size=80).map(np.array)
fractions = st.sampled_from([0.0, 0.1, 0.15, 0.25, 1 / 3, 0.45])
seeds = st.integers(0, 2**32)


@some
@given(y=labels, val=fractions, test=fractions, seed=seeds, stratify=st.booleans())
def test_every_example_is_in_exactly_one_part(
    y: np.ndarray, val: float, test: float, seed: int, stratify: bool
) -> None:
    x = np.stack([np.arange(len(y)), 7 * np.arange(len(y))], axis=1)  # each row says which one it is
    parts = train_val_test_split(x, y, np.random.default_rng(seed), val=val, test=test, stratify=stratify)
    rows = np.concatenate([part_x[:, 0] for part_x, _ in parts])
    assert sorted(rows) == list(range(len(y)))
    for part_x, part_y in parts:
        np.testing.assert_array_equal(part_y, y[part_x[:, 0]])
        np.testing.assert_array_equal(part_x[:, 1], 7 * part_x[:, 0])
    assert len(parts[1][1]) == round(val * len(y))
    assert len(parts[2][1]) == round(test * len(y))


@some
@given(y=labels, fraction=fractions, seed=seeds)
def test_each_class_gives_its_share(y: np.ndarray, fraction: float, seed: int) -> None:
    rest, chosen = train_test_indices(y, fraction, np.random.default_rng(seed))
    assert sorted([*rest, *chosen]) == list(range(len(y)))
    share = np.bincount(y) * round(fraction * len(y)) / len(y)
    got = np.bincount(y[chosen], minlength=len(share))
    assert np.all(np.abs(got - share) < 1)


@some
@given(y=labels, fraction=fractions, seed=seeds)
def test_the_same_seed_gives_the_same_split(y: np.ndarray, fraction: float, seed: int) -> None:
    a, b = (train_test_indices(y, fraction, np.random.default_rng(seed)) for _ in range(2))
    np.testing.assert_array_equal(a[0], b[0])
    np.testing.assert_array_equal(a[1], b[1])


def test_every_example_can_be_chosen_and_classes_are_mixed() -> None:
    y = np.repeat([0, 1], 50)
    times = np.zeros(100)
    for seed in range(200):
        rest, chosen = train_test_indices(y, 0.2, np.random.default_rng(seed))
        times[chosen] += 1
        assert y[rest][:40].std() > 0  # not sorted by class
    assert times.min() > 15  # expected 40, standard deviation 5.7
    assert times.max() < 65


@some
@given(
    n=st.integers(0, 40), size=st.integers(1, 50), drop=st.booleans(), seed=st.none() | st.integers(0, 2**32)
)
def test_an_epoch_shows_each_example_once(n: int, size: int, drop: bool, seed: int | None) -> None:
    x, y = np.arange(n * 2).reshape(n, 2), -np.arange(n)
    rng = None if seed is None else np.random.default_rng(seed)
    parts = list(batches(x, y, size, rng, drop))
    for bx, by in parts:
        assert bx.shape[1:] == (2,)
        np.testing.assert_array_equal(bx[:, 0], -2 * by)
    assert all(len(by) == size for _, by in parts[:-1])
    seen = [-int(v) for _, by in parts for v in by]
    if drop:
        assert all(len(by) == size for _, by in parts)
        assert len(seen) == len(set(seen)) == n // size * size
    else:
        assert sorted(seen) == list(range(n))
        assert len(parts) == -(-n // size)
    if seed is None:
        assert seen == list(range(len(seen)))


def test_each_epoch_has_an_order_of_its_own() -> None:
    x = np.arange(50)
    rng = np.random.default_rng(0)
    first, second = (np.concatenate([b for b, _ in batches(x, x, 7, rng)]) for _ in range(2))
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(x, np.arange(50))


@pytest.mark.parametrize("size", [0, -3, 2.0, True, "8"])
def test_a_size_that_is_none_is_refused_at_the_call(size: object) -> None:
    with pytest.raises(ValueError, match="batches: size must be a whole number of at least 1"):
        batches(np.zeros(3), np.zeros(3), size)  # type: ignore[arg-type]


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match=r"batches: .* got shapes \(3, 2\) \(x\) and \(4,\) \(y\)"):
        batches(np.zeros((3, 2)), np.zeros(4), 2)
    with pytest.raises(
        ValueError, match=r"train_val_test_split: .* got shapes \(3,\) \(x\) and \(2,\) \(y\)"
    ):
        train_val_test_split(np.zeros(3), np.zeros(2), np.random.default_rng(0))


def test_fractions_must_leave_something() -> None:
    x, rng = np.zeros(10, int), np.random.default_rng(0)
    for val, test in ((0.5, 0.5), (-0.1, 0.2), (0.2, -0.1)):
        with pytest.raises(ValueError, match=f"got val={val}, test={test}"):
            train_val_test_split(x, x, rng, val=val, test=test)
    with pytest.raises(ValueError, match=r"fraction must be in \[0, 1\), got 1.0"):
        train_test_indices(x, 1.0, rng)
    with pytest.raises(ValueError, match=r"got shape \(2, 2\)"):
        train_test_indices(np.zeros((2, 2)), 0.5, rng)
    with pytest.raises(ValueError, match="pass stratify=False"):
        train_val_test_split(np.zeros((4, 2)), np.zeros((4, 2)), rng)


def small() -> Dataset:
    x, y = np.arange(40.0)[:, None], np.arange(40) % 2
    return Dataset(x, y, x[:4], y[:4], ("a", "b"), "here", "any", extra={"z": y})


def test_with_validation_takes_from_the_training_set_only() -> None:
    d = small()
    v = d.with_validation(0.25, np.random.default_rng(0))
    assert v.x_val is not None
    assert sorted([*v.x_train[:, 0], *v.x_val[:, 0]]) == list(range(40))
    assert v.counts("val") == {"a": 5, "b": 5}
    assert v.counts() == {"a": 15, "b": 15}
    assert v.x_test is d.x_test
    assert v.extra == {}
    assert d.x_val is None
    with pytest.raises(ValueError, match="already has a validation set"):
        v.with_validation(0.1, np.random.default_rng(0))


def test_a_dataset_says_what_it_is() -> None:
    assert repr(small()) == "Dataset(train (40, 1) float64, test (4, 1) float64; 2 classes; here)"
    with pytest.raises(ValueError, match="there is no part 'val'"):
        small().counts("val")
