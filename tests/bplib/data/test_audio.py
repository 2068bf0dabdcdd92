from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from bplib.data import log_mel, mel_filterbank, spectrogram

some = settings(max_examples=50, deadline=None)


@some
@given(length=st.integers(64, 400), half=st.integers(1, 32), hop=st.integers(1, 70), seed=st.integers(0, 99))
def test_the_spectrogram_is_pytorchs(length: int, half: int, hop: int, seed: int) -> None:
    frame = 2 * half
    x = np.random.default_rng(seed).standard_normal((2, length))
    want = torch.stft(
        torch.tensor(x),
        n_fft=frame,
        hop_length=hop,
        window=torch.hann_window(frame, dtype=torch.float64),
        center=False,
        return_complex=True,
    )
    got = spectrogram(x, frame, hop)
    assert got.shape == (2, 1 + (length - frame) // hop, frame // 2 + 1)
    np.testing.assert_allclose(got, (want.abs() ** 2).numpy().transpose(0, 2, 1), atol=1e-9)


def test_a_tone_is_found_where_it_is() -> None:
    t = np.arange(8000) / 8000
    for hertz in (250, 1000, 3000):
        power = spectrogram(np.sin(2 * np.pi * hertz * t))
        assert (power.argmax(axis=-1) == hertz * 256 // 8000).all()
        bands = log_mel(np.sin(2 * np.pi * hertz * t)).mean(axis=0)
        bank = mel_filterbank(24, 256, 8000)
        assert bands.argmax() == bank[hertz * 256 // 8000].argmax()


@some
@given(
    bands=st.integers(1, 12),
    low=st.sampled_from([0.0, 100.0, 300.0]),
    high=st.sampled_from([None, 2000.0, 3500.0]),
)
def test_the_filters_share_out_every_frequency_between_their_peaks(
    bands: int, low: float, high: float | None
) -> None:
    frame, rate = 512, 8000
    bank = mel_filterbank(bands, frame, rate, low, high)
    assert bank.shape == (257, bands)
    assert bank.min() >= 0
    assert bank.max() <= 1
    frequency = np.arange(257) * rate / frame
    assert not bank[(frequency < low) | (frequency > (high or 4000))].any()
    mel = np.linspace(*(2595 * np.log10(1 + np.array([low, high or 4000]) / 700)), bands + 2)
    centres = 700 * (10 ** (mel[1:-1] / 2595) - 1)
    between = (frequency >= centres[0]) & (frequency <= centres[-1])
    np.testing.assert_allclose(bank[between].sum(axis=1), 1, rtol=1e-9)
    assert (np.abs(frequency[bank.argmax(axis=0)] - centres) <= rate / frame).all()


def test_log_mel_shapes_dtypes_and_silence() -> None:
    x = np.zeros((3, 8000), np.float32)
    out = log_mel(x, bands=20)
    assert out.shape == (3, 61, 20)
    assert out.dtype == np.float32
    np.testing.assert_allclose(out, np.log(1e-6), rtol=1e-6)
    assert log_mel(x[0].astype(np.float64)).shape == (61, 24)
    assert log_mel(x[0].astype(np.float64)).dtype == np.float64


def test_mistakes() -> None:
    with pytest.raises(TypeError, match="spectrogram: x must hold floating-point numbers, got dtype int16"):
        spectrogram(np.zeros(500, np.int16))
    with pytest.raises(ValueError, match=r"a frame of 256 samples does not fit into x of shape \(2, 255\)"):
        spectrogram(np.zeros((2, 255)))
    with pytest.raises(ValueError, match="frame must be at least 2 and hop at least 1, got 256 and 0"):
        spectrogram(np.zeros(500), hop=0)
    with pytest.raises(
        ValueError, match="band 0 of 80 lies between two of the 65 frequencies and would stay empty"
    ):
        mel_filterbank(80, 128, 8000)
    with pytest.raises(ValueError, match="low < high"):
        mel_filterbank(8, 256, 8000, low=100, high=5000)
