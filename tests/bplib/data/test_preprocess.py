from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bplib.data import MinMax, Standardize, one_hot

some = settings(max_examples=50, deadline=None)

scalers = pytest.mark.parametrize("scaler", [Standardize, MinMax])


@some
@given(
    seed=st.integers(0, 1000), scale=st.sampled_from([1e-3, 1.0, 1e4]), wide=st.sampled_from([0, (0, 2, 3)])
)
def test_the_training_set_gets_mean_0_and_deviation_1(
    seed: int, scale: float, wide: int | tuple[int, ...]
) -> None:
    rng = np.random.default_rng(seed)
    shape = (30, 3) if wide == 0 else (10, 3, 4, 5)
    x = scale * (rng.standard_normal(shape) + rng.standard_normal((3, 1, 1) if wide else 3))
    z = Standardize(wide).fit_transform(x)
    np.testing.assert_allclose(z.mean(axis=wide), 0, atol=1e-11)
    np.testing.assert_allclose(z.std(axis=wide), 1, rtol=1e-11)


@some
@given(seed=st.integers(0, 1000))
def test_the_training_set_gets_0_to_1(seed: int) -> None:
    x = np.random.default_rng(seed).standard_normal((20, 4)) * 7
    z = MinMax().fit_transform(x)
    np.testing.assert_array_equal(z.min(axis=0), 0)
    np.testing.assert_allclose(z.max(axis=0), 1, rtol=1e-15)


@scalers
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 1e-5)])
def test_inverse_undoes_it_and_the_dtype_stays(scaler: type, dtype: type, tolerance: float) -> None:
    rng = np.random.default_rng(0)
    train, test = rng.standard_normal((2, 50, 3)).astype(dtype) * 3 + 5
    s = scaler().fit(train)
    z = s.transform(test)
    assert z.dtype == dtype
    assert s.inverse(z).dtype == dtype
    np.testing.assert_allclose(s.inverse(z), test, rtol=tolerance)


@scalers
def test_the_test_set_does_not_leak(scaler: type) -> None:
    """What is done to one test example does not depend on the others, and follows the training set alone."""
    rng = np.random.default_rng(0)
    train, test = rng.standard_normal((40, 3)), 100 + 9 * rng.standard_normal((10, 3))
    s = scaler().fit(train)
    shift, scale = s.shift.copy(), s.scale.copy()
    together = s.transform(test)
    alone = np.concatenate([s.transform(row[None]) for row in test])
    np.testing.assert_array_equal(together, alone)
    np.testing.assert_array_equal(s.shift, shift)
    np.testing.assert_array_equal(s.scale, scale)
    np.testing.assert_allclose(together, (test - shift) / scale)
    assert together.min() > 10  # not centred by its own mean


@scalers
@pytest.mark.parametrize("value", [0.0, 3.7, 1e8, 0.1])
def test_a_feature_that_never_varies_becomes_0(scaler: type, value: float) -> None:
    x = np.stack([np.full(1000, value), np.arange(1000.0)], axis=1)
    z = scaler().fit(x).transform(x)
    np.testing.assert_allclose(z[:, 0], 0, atol=1e-6)
    assert np.isfinite(z).all()
    assert z[:, 1].std() > 0.2


def test_float32_statistics_are_summed_in_float64() -> None:
    """Along axis 0 NumPy adds row by row: in float32 the mean of a million equal rows is off in the third digit."""
    x = np.full((1_000_000, 2), 0.1, np.float32)
    s = Standardize().fit(x)
    np.testing.assert_allclose(s.shift, np.float64(np.float32(0.1)), rtol=1e-9)


@scalers
def test_mistakes(scaler: type) -> None:
    name = scaler.__name__
    with pytest.raises(ValueError, match=f"{name}.transform: call fit on the training set first"):
        scaler().transform(np.zeros((2, 2)))
    with pytest.raises(ValueError, match=f"{name}.inverse: call fit on the training set first"):
        scaler().inverse(np.zeros((2, 2)))
    with pytest.raises(TypeError, match=f"{name}.fit: x must hold floating-point numbers, got dtype uint8"):
        scaler().fit(np.zeros((2, 2), np.uint8))
    with pytest.raises(ValueError, match=rf"{name}.fit: there is nothing to learn from in shape \(0, 3\)"):
        scaler().fit(np.zeros((0, 3)))
    with pytest.raises(ValueError, match=f"{name}.fit: x holds 2 values that are NaN or infinite"):
        scaler().fit(np.array([[1.0, np.nan], [np.inf, 2.0]]))
    fitted = scaler().fit(np.random.default_rng(0).random((5, 3)))
    for shape in ((5, 4), (3,), (5, 3, 1)):
        with pytest.raises(
            ValueError, match=rf"fitted to statistics of shape \(1, 3\), got x of shape \({shape[0]}"
        ):
            fitted.transform(np.zeros(shape))


@some
@given(labels=st.lists(st.integers(0, 5), max_size=20))
def test_one_hot(labels: list[int]) -> None:
    y = np.array(labels, dtype=np.int64)
    rows = one_hot(y, 6)
    assert rows.shape == (len(labels), 6)
    assert rows.dtype == np.float64
    np.testing.assert_array_equal(rows.sum(axis=1), 1)
    np.testing.assert_array_equal(rows.argmax(axis=1) if labels else y, y)


def test_one_hot_of_sequences_and_mistakes() -> None:
    assert one_hot(np.zeros((4, 3), int), 5, np.float32).shape == (4, 3, 5)
    assert one_hot(np.zeros((4, 3), int), 5, np.float32).dtype == np.float32
    with pytest.raises(ValueError, match=r"one_hot: label 3 is outside 0\.\.2"):
        one_hot(np.array([0, 3]), 3)
    with pytest.raises(ValueError, match=r"one_hot: label -1 is outside 0\.\.2"):
        one_hot(np.array([0, -1]), 3)
    with pytest.raises(TypeError, match="one_hot: labels must hold integers, got dtype float64"):
        one_hot(np.array([0.0]), 3)
