"""From a waveform to the picture that a network is shown: frames, spectrum, mel bands, logarithm."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def spectrogram(x: Array, frame: int = 256, hop: int = 128) -> Array:
    """Power in each frequency, frame by frame: (…, L) → (…, T, frame/2 + 1), T = 1 + (L − frame) // hop.

    Every frame is weighted with a Hann window; frequency k is k · rate / frame. What is left over at the end
    and fills no frame is not used.
    """
    x = np.asarray(x)
    if x.dtype.kind != "f":
        raise TypeError(f"spectrogram: x must hold floating-point numbers, got dtype {x.dtype}.")
    if frame < 2 or hop < 1:
        raise ValueError(f"spectrogram: frame must be at least 2 and hop at least 1, got {frame} and {hop}.")
    if x.ndim == 0 or x.shape[-1] < frame:
        raise ValueError(f"spectrogram: a frame of {frame} samples does not fit into x of shape {x.shape}.")
    frames = np.lib.stride_tricks.sliding_window_view(x, frame, axis=-1)[..., ::hop, :]
    hann = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(frame) / frame)).astype(x.dtype)
    spectrum = np.fft.rfft(frames * hann)
    return (spectrum.real**2 + spectrum.imag**2).astype(x.dtype, copy=False)


def mel_filterbank(bands: int, frame: int, rate: int, low: float = 0.0, high: float | None = None) -> Array:
    """Triangles that gather frequencies into bands, equally wide for the ear: (frame/2 + 1, bands), float64.

    The corners lie at equal distances in mel, 2595 · log10(1 + f/700), from ``low`` to ``high`` Hz (default:
    half the rate). Each triangle has height 1, and neighbours add up to 1 between their peaks.
    """
    high = rate / 2 if high is None else high
    if bands < 1 or not 0 <= low < high <= rate / 2:
        raise ValueError(
            "mel_filterbank: expected bands ≥ 1 and 0 ≤ low < high ≤ rate/2, "
            f"got bands={bands}, low={low}, high={high}, rate={rate}."
        )
    lowest, highest = 2595 * np.log10(1 + np.array([low, high]) / 700)
    mel = np.linspace(lowest, highest, bands + 2)
    corner = 700 * (10 ** (mel / 2595) - 1)
    frequency = np.arange(frame // 2 + 1)[:, None] * (rate / frame)
    rising = (frequency - corner[:-2]) / (corner[1:-1] - corner[:-2])
    falling = (corner[2:] - frequency) / (corner[2:] - corner[1:-1])
    bank = np.maximum(0, np.minimum(rising, falling))
    empty = np.flatnonzero(bank.sum(axis=0) == 0)
    if len(empty):
        raise ValueError(
            f"mel_filterbank: band {int(empty[0])} of {bands} lies between two of the {frame // 2 + 1} "
            "frequencies and would stay empty; use fewer bands or a longer frame."
        )
    return bank


def log_mel(
    x: Array, rate: int = 8000, bands: int = 24, frame: int = 256, hop: int = 128, floor: float = 1e-6
) -> Array:
    """log(mel bands of the spectrogram + floor): (…, L) → (…, T, bands), in the dtype of x.

    ``floor`` keeps the logarithm of silence finite.
    """
    power = spectrogram(x, frame, hop)
    return np.log(power @ mel_filterbank(bands, frame, rate).astype(power.dtype) + power.dtype.type(floor))
