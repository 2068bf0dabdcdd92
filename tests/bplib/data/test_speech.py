from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bplib.data import CorruptFileError, DataError, spoken_digits
from tests.bplib.data.files import put, sha256, spoken_files, tar, wav, zipped
from tests.bplib.data.server import Publisher

SOUNDS = spoken_files()
WAVS = {name: wav(samples) for name, samples in SOUNDS.items()}
AS_PACKED = {f"free-spoken-digit-dataset-1.0.10/recordings/{name}": content for name, content in WAVS.items()}
ARCHIVES = {
    "recordings.tar.xz": tar(AS_PACKED, "xz"),
    "recordings.tar.gz": tar(AS_PACKED, "gz"),
    "recordings.zip": zipped(AS_PACKED),
    "v1.0.10.tar.gz": tar(AS_PACKED, "gz"),
    "v1.0.10.zip": zipped(AS_PACKED),
}


@pytest.mark.parametrize("name", sorted(ARCHIVES))
def test_every_published_kind_of_archive(home: Path, name: str) -> None:
    put(home / "fsdd", {name: ARCHIVES[name]})
    d = spoken_digits(length=None, allow_partial=True)
    assert d.x_train.dtype == np.float32
    assert d.y_train.dtype == np.int64
    assert d.x_train.shape == (8, max(map(len, SOUNDS.values())))
    assert d.x_test.shape[0] == 8
    seen = set()
    for part, x, y in (("train", d.x_train, d.y_train), ("test", d.x_test, d.y_test)):
        rows = zip(x, y, d.extra[f"speaker_{part}"], d.extra[f"length_{part}"], strict=True)
        for i, (row, digit, speaker, length) in enumerate(rows):
            index = (3, 4)[i % 2] if part == "test" else (5, 6)[i % 2]  # recordings 0 to 4 are for testing
            name = f"{digit}_{speaker}_{index}.wav"
            seen.add(name)
            assert length == len(SOUNDS[name])
            np.testing.assert_array_equal(row[:length], SOUNDS[name].astype(np.float32) / 32768)
            assert not row[length:].any()
    assert seen == set(SOUNDS)


def test_a_length_pads_and_cuts(home: Path) -> None:
    put(home / "fsdd", {"recordings.tar.xz": ARCHIVES["recordings.tar.xz"]})
    whole = spoken_digits(length=None, allow_partial=True)
    short = spoken_digits(length=20, allow_partial=True)
    np.testing.assert_array_equal(short.x_train, whole.x_train[:, :20])
    second = spoken_digits(allow_partial=True)
    assert second.x_test.shape == (8, 8000)
    np.testing.assert_array_equal(second.x_test[:, : whole.x_test.shape[1]], whole.x_test)
    with pytest.raises(ValueError, match="length must be at least 1, got 0"):
        spoken_digits(length=0)


def test_speakers_held_out(home: Path) -> None:
    put(home / "fsdd", {"recordings.tar.xz": ARCHIVES["recordings.tar.xz"]})
    d = spoken_digits(test_speakers=("bo",), allow_partial=True)
    assert set(d.extra["speaker_train"]) == {"ada"}
    assert set(d.extra["speaker_test"]) == {"bo"}
    assert len(d.x_train) == len(d.x_test) == 8
    with pytest.raises(ValueError, match=r"no speaker \['cy'\]; there are \['ada', 'bo'\]"):
        spoken_digits(test_speakers=("cy", "bo"), allow_partial=True)


def test_fetched_from_the_publisher(publisher: Publisher, home: Path) -> None:
    name = "v1.0.10.tar.gz"
    publisher.files = {f"fsdd/{name}": ARCHIVES[name]}
    d = spoken_digits(allow_partial=True, known_hash={name: sha256(ARCHIVES[name])}, progress=False)
    assert len(d.x_train) == 8
    assert publisher.asked == [f"fsdd/{name}"]
    assert [p.name for p in (home / "fsdd").iterdir()] == [name]


def test_fewer_recordings_than_published_are_not_taken_for_the_whole(home: Path) -> None:
    put(home / "fsdd", {"recordings.tar.xz": ARCHIVES["recordings.tar.xz"]})
    with pytest.raises(DataError, match="holds 16 recordings instead of 3000.*allow_partial=True"):
        spoken_digits()


def damaged(home: Path, content: bytes, name: str = "recordings.tar.xz") -> str:
    put(home / "fsdd", {name: content})
    with pytest.raises(CorruptFileError) as caught:
        spoken_digits(allow_partial=True)
    assert str(home / "fsdd" / name) in str(caught.value)
    assert "Delete it and load again" in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", sorted(ARCHIVES))
@pytest.mark.parametrize("keep", [0.0, 0.02, 0.5, 0.9])
def test_an_archive_cut_short(home: Path, name: str, keep: float) -> None:
    content = ARCHIVES[name]
    damaged(home, content[: int(keep * len(content))], name)


def test_an_archive_with_a_flipped_bit(home: Path) -> None:
    content = bytearray(ARCHIVES["recordings.tar.xz"])
    content[len(content) // 2] ^= 1
    damaged(home, bytes(content))


def test_links_are_passed_over(home: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.wav"
    secret.write_bytes(WAVS["0_ada_3.wav"])
    put(home / "fsdd", {"recordings.tar.xz": tar(WAVS, "xz", links={"9_eve_0.wav": str(secret)})})
    assert len(spoken_digits(allow_partial=True).x_train) == 8


def test_members_with_paths_that_lead_outside_write_nothing(home: Path, tmp_path: Path) -> None:
    files = {f"../../{name}": content for name, content in WAVS.items()}
    put(home / "fsdd", {"recordings.tar.xz": tar(files, "xz")})
    before = sorted(tmp_path.rglob("*"))
    assert len(spoken_digits(allow_partial=True).x_train) == 8
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("name", ["12_ada_0.wav", "zero_ada_0.wav", "3_ada.wav", "3_ada_x.wav"])
def test_a_name_that_does_not_say_which_digit(home: Path, name: str) -> None:
    text = damaged(home, tar({**WAVS, name: WAVS["0_ada_3.wav"]}, "xz"))
    assert f"{name} is not named digit_speaker_index.wav with a digit of 0..9" in text


def test_the_same_recording_twice(home: Path) -> None:
    assert "0_ada_3.wav is in it twice" in damaged(
        home, tar({**WAVS, "copy/0_ada_3.wav": WAVS["0_ada_3.wav"]}, "xz")
    )


def test_an_archive_without_recordings(home: Path) -> None:
    assert "there is no recording in it" in damaged(home, tar({"README.md": b"hello"}, "xz"))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (wav(np.zeros(50), rate=16000), "1 channels, 16 bits, 16000 Hz instead of 1, 16, 8000"),
        (wav(np.zeros(50), channels=2), "2 channels, 16 bits, 8000 Hz"),
        (wav(np.zeros(50), width=4), "1 channels, 32 bits, 8000 Hz"),
        (wav(np.zeros(0)), "holds 0 of 0 samples"),
        (wav(np.zeros(50))[:-20], "holds 40 of 50 samples"),
        (wav(np.zeros(50))[:20], "is not a wav file"),
        (b"", "is not a wav file"),
        (b"ID3 something else", "is not a wav file"),
    ],
)
def test_recordings_of_another_form(home: Path, content: bytes, says: str) -> None:
    text = damaged(home, tar({**WAVS, "5_ada_0.wav": content}, "xz"))
    assert "5_ada_0.wav" in text
    assert says in text
