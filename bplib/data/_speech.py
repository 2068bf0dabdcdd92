"""The Free Spoken Digit Dataset: an archive of short wav files."""

from __future__ import annotations

import io
import itertools
import re
import wave
from pathlib import Path
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from bplib.data._archive import BROKEN, members
from bplib.data._dataset import Dataset
from bplib.data._fetch import DataError, FetchOptions, Shelf

Array = NDArray[Any]

RATE = 8000
_NAME = re.compile(r"(\d+)_([a-z]+)_(\d+)\.wav")
_RECORDINGS = 3000

# Archives that may lie in the cache, best first; the first is the one to fetch, the tag v1.0.10 as the
# publisher's site packs it. No digest of it is known to be published: pass known_hash= to pin the file that
# you have. Version 1.0.9 (five speakers) has the digest that TensorFlow Datasets records for it.
_ARCHIVES = {
    "v1.0.10.tar.gz": None,
    "v1.0.10.zip": None,
    "recordings.tar.xz": None,
    "recordings.tar.gz": None,
    "recordings.zip": None,
    "v1.0.9.tar.gz": "sha256:8bc44cde129d505cbbb6b365c09f80c663f2aa77578afc634e6141a2f87100c0",
}


def spoken_digits(
    *,
    length: int | None = RATE,
    test_speakers: tuple[str, ...] = (),
    allow_partial: bool = False,
    **options: Unpack[FetchOptions],
) -> Dataset:
    """Spoken digits, 3,000 recordings: 10 digits × 6 speakers × 50, at 8,000 samples a second.

    x: (N, length) float32 in [−1, 1), with zeros after the end of a shorter recording and the end of a longer
    one cut off; ``length=None`` takes that of the longest. y: (N,) int64, the digit.
    ``extra``: speaker_train, speaker_test (N,) strings; length_train, length_test (N,) the recorded number of
    samples.

    Following the publisher, recordings 0–4 of each speaker and digit are the test set. With ``test_speakers``
    the test set is all of these speakers' recordings instead: voices that training has never heard.

    ``allow_partial`` accepts more or fewer recordings than the published number. ``options``: see
    ``FetchOptions``. The archive lies in the cache's folder ``fsdd``.
    """
    if length is not None and length < 1:
        raise ValueError(f"spoken_digits: length must be at least 1, got {length}.")
    publishers = ("https://github.com/Jakobovski/free-spoken-digit-dataset/archive/refs/tags",)
    shelf = Shelf("fsdd", publishers, _ARCHIVES, **options)
    path = shelf.get(next((name for name in _ARCHIVES if shelf.has(name)), next(iter(_ARCHIVES))))
    rows = _read(shelf, path)
    if len(rows) != _RECORDINGS and not allow_partial:
        raise DataError(
            f"spoken_digits: {path} holds {len(rows)} recordings instead of {_RECORDINGS}. Pass "
            "allow_partial=True if that is what you want, or delete it and load again to fetch the whole set."
        )
    heard = {speaker for _, speaker, _, _ in rows}
    unknown = set(test_speakers) - heard
    if unknown:
        raise ValueError(f"spoken_digits: no speaker {sorted(unknown)}; there are {sorted(heard)}.")
    test = [speaker in test_speakers if test_speakers else index < 5 for _, speaker, index, _ in rows]
    size = max(len(sound) for *_, sound in rows) if length is None else length
    parts = [
        _stack([row for row, t in zip(rows, test, strict=True) if t is part], size) for part in (False, True)
    ]
    (x_train, y_train, speaker_train, length_train), (x_test, y_test, speaker_test, length_test) = parts
    return Dataset(
        x_train,
        y_train,
        x_test,
        y_test,
        classes=tuple("0123456789"),
        source="Free Spoken Digit Dataset (Jackson and others)",
        licence="CC BY-SA 4.0",
        extra={
            "speaker_train": speaker_train,
            "speaker_test": speaker_test,
            "length_train": length_train,
            "length_test": length_test,
        },
    )


def _stack(rows: list[tuple[int, str, int, Array]], size: int) -> tuple[Array, Array, Array, Array]:
    x = np.zeros((len(rows), size), np.float32)
    for out, (*_, sound) in zip(x, rows, strict=True):
        out[: len(sound)] = sound[:size]
    x /= 32768
    y = np.array([digit for digit, *_ in rows], np.int64)
    speakers = np.array([speaker for _, speaker, _, _ in rows], dtype=str)
    return x, y, speakers, np.array([len(sound) for *_, sound in rows], np.int64)


def _read(shelf: Shelf, path: Path) -> list[tuple[int, str, int, Array]]:
    """(digit, speaker, index, samples int16) of every recording, in the order of their names."""
    rows = []
    try:
        for name, content in members(path, lambda name: name.endswith(".wav") and not name.startswith(".")):
            fits = _NAME.fullmatch(name)
            if fits is None or int(fits[1]) > 9:
                raise ValueError(f"{name} is not named digit_speaker_index.wav with a digit of 0..9")
            rows.append((int(fits[1]), fits[2], int(fits[3]), _samples(name, content)))
    except (ValueError, *BROKEN) as error:
        raise shelf.corrupt(path, str(error) or type(error).__name__) from error
    if not rows:
        raise shelf.corrupt(path, "there is no recording in it")
    rows.sort(key=lambda row: row[:3])
    for a, b in itertools.pairwise(rows):
        if a[:3] == b[:3]:
            raise shelf.corrupt(path, f"{a[0]}_{a[1]}_{a[2]}.wav is in it twice")
    return rows


def _samples(name: str, content: bytes) -> Array:
    """The samples of a wav file that is mono, 16-bit, 8,000 Hz, as all of this set are."""
    try:
        with wave.open(io.BytesIO(content)) as sound:
            form = (sound.getnchannels(), 8 * sound.getsampwidth(), sound.getframerate())
            count = sound.getnframes()
            data = sound.readframes(count)
    except (wave.Error, EOFError) as error:
        raise ValueError(f"{name} is not a wav file ({error or 'it ends too early'})") from error
    if form != (1, 16, RATE):
        raise ValueError(
            f"{name} has {form[0]} channels, {form[1]} bits, {form[2]} Hz instead of 1, 16, {RATE}"
        )
    if len(data) != 2 * count or count == 0:
        raise ValueError(f"{name} holds {len(data) // 2} of {count} samples")
    return np.frombuffer(data, "<i2")
