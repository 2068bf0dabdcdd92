"""Initialisation: scale, orthogonality, one seed one model, messages."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from bplib import init
from tests.bplib.prove_rules import SCALE, prove_init

RANDOM = {
    "normal": init.normal,
    "uniform": init.uniform,
    "xavier_normal": init.xavier_normal,
    "xavier_uniform": init.xavier_uniform,
    "he_normal": init.he_normal,
    "he_uniform": init.he_uniform,
    "orthogonal": init.orthogonal,
}
every = pytest.mark.parametrize("f", RANDOM.values(), ids=RANDOM)
scaled = pytest.mark.parametrize("name", SCALE)
rng = np.random.default_rng


@scaled
def test_mean_and_variance_of_a_matrix(name: str) -> None:
    prove_init(name, getattr(init, name))


@scaled
def test_variance_of_a_convolution_gain_and_given_fans(name: str) -> None:
    f = getattr(init, name)
    fan_in, fan_out = 16 * 3 * 5, 64 * 3 * 5
    variance = 2 / (fan_in + fan_out) if "xavier" in name else 2 / fan_in
    w = f((64, 16, 3, 5), rng(1))
    assert w.var() == pytest.approx(variance, rel=5 * math.sqrt(2 / w.size))
    gain = 3.0 if "xavier" in name else 3.0 * math.sqrt(2)
    np.testing.assert_allclose(f((64, 16, 3, 5), rng(1), gain=gain), 3 * w)
    same = f((16, 64, 3, 5), rng(1), fans=(fan_in, fan_out))
    np.testing.assert_array_equal(same.ravel(), w.ravel())


def test_uniform_ones_stay_inside_their_bound_and_fill_it() -> None:
    for f, bound in ((init.xavier_uniform, math.sqrt(6 / 800)), (init.he_uniform, math.sqrt(6 / 300))):
        w = np.abs(f((300, 500), rng(2)))
        assert 0.999 * bound < w.max() <= bound


@pytest.mark.parametrize("shape", [(3, 7), (64, 16, 3, 5), (6, 4, 3)])
def test_fans_are_pytorchs(shape: tuple[int, ...]) -> None:
    """PyTorch keeps a linear layer's weight as (M, D), ours is (D, M); convolutions are alike."""
    theirs = torch.empty(shape).T if len(shape) == 2 else torch.empty(shape)
    assert init.fans(shape) == torch.nn.init._calculate_fan_in_and_fan_out(theirs)


def test_plain_draws() -> None:
    w = init.normal((400, 300), rng(3), mean=2.0, std=0.5)
    assert w.mean() == pytest.approx(2.0, abs=5 * 0.5 / math.sqrt(w.size))
    assert w.std() == pytest.approx(0.5, rel=5 / math.sqrt(2 * w.size))
    w = init.uniform((400, 300), rng(3), low=-1.0, high=3.0)
    assert w.min() >= -1.0
    assert w.max() < 3.0
    assert w.mean() == pytest.approx(1.0, abs=5 * 4 / math.sqrt(12 * w.size))
    assert init.normal((), rng(3)).shape == ()
    assert init.uniform(4, rng(3)).shape == (4,)


def test_constants() -> None:
    assert init.zeros((2, 3)).tolist() == [[0.0] * 3] * 2
    assert init.ones(2, rng(0), dtype=np.float32).tolist() == [1.0, 1.0]
    assert init.constant((2,), value=0.5).tolist() == [0.5, 0.5]
    assert init.constant((2,), rng(0), value=0.5, dtype=np.float32).dtype == np.float32
    assert init.zeros(3).dtype == np.float64


@every
def test_one_seed_one_model_and_float32_is_it_rounded(f) -> None:
    a, b, c = f((5, 4), rng(7)), f((5, 4), rng(7)), f((5, 4), rng(8))
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)
    single = f((5, 4), rng(7), dtype=np.float32)
    assert single.dtype == np.float32
    assert a.dtype == np.float64
    assert np.array_equal(single, a.astype(np.float32))


@pytest.mark.parametrize("shape", [(6, 6), (7, 4), (4, 7), (5, 2, 3, 3), (40, 2, 3, 3), (1, 5)])
def test_orthogonal_rows_or_columns(shape: tuple[int, ...]) -> None:
    w = init.orthogonal(shape, rng(4), gain=1.5)
    assert w.shape == shape
    assert w.flags.c_contiguous
    m = w.reshape(shape[0], -1)
    small = m.T @ m if m.shape[0] >= m.shape[1] else m @ m.T
    np.testing.assert_allclose(small, 1.5**2 * np.eye(len(small)), atol=1e-13)


def test_orthogonal_has_no_preferred_sign() -> None:
    """Without the sign fix, LAPACK's R has a negative diagonal and Q's first entry is always negative there."""
    generator = rng(5)
    draws = [init.orthogonal((3, 3), generator) for _ in range(400)]
    for entry in (0, 4, 8):
        positive = sum(q.ravel()[entry] > 0 for q in draws)
        assert abs(positive - 200) < 5 * math.sqrt(100)
    assert abs(sum(np.linalg.det(q) > 0 for q in draws) - 200) < 5 * math.sqrt(100)


@every
def test_a_seed_is_not_a_generator(f) -> None:
    with pytest.raises(
        TypeError, match=r"rng must be a numpy Generator, got int. Write np.random.default_rng\(seed\)"
    ):
        f((3, 4), 0)


@every
def test_integers_are_no_weights(f) -> None:
    with pytest.raises(TypeError, match="dtype must be a floating-point type, got int64"):
        f((3, 4), rng(0), dtype=np.int64)


@pytest.mark.parametrize("f", [init.xavier_normal, init.he_uniform, init.orthogonal])
def test_a_vector_has_no_fans(f) -> None:
    with pytest.raises(ValueError, match=f"{f.__name__}: .* at least 2 axes.* got shape \\(5,\\)"):
        f(5, rng(0))


def test_bad_settings_are_named() -> None:
    with pytest.raises(ValueError, match="he_normal: fan_in and fan_out must be at least 1, got"):
        init.he_normal((0, 3), rng(0))
    with pytest.raises(ValueError, match="xavier_uniform: gain must be finite and at least 0, got -1"):
        init.xavier_uniform((2, 3), rng(0), gain=-1)
    with pytest.raises(ValueError, match="orthogonal: gain must be"):
        init.orthogonal((2, 3), rng(0), gain=math.nan)
    with pytest.raises(ValueError, match="normal: std must be finite and at least 0, got -2"):
        init.normal((2, 3), rng(0), std=-2)
    with pytest.raises(ValueError, match="uniform: low must not exceed high, got low=1, high=0"):
        init.uniform((2, 3), rng(0), low=1, high=0)


def test_a_gain_that_is_no_number_is_named() -> None:
    with pytest.raises(ValueError, match="he_normal: gain must be finite and at least 0, got 'relu'"):
        init.he_normal((3, 3), rng(0), gain="relu")  # type: ignore[arg-type]
