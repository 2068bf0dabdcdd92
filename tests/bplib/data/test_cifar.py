from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from bplib.data import CorruptFileError, DataError, DownloadError, cifar10
from tests.bplib.data.files import (
    CIFAR_NAMES,
    cifar_batches,
    cifar_pickle,
    cifar_record_file,
    put,
    sha256,
    tar,
)
from tests.bplib.data.server import Publisher

BATCHES = cifar_batches()
BINARY = {f"{name}.bin": cifar_record_file(*batch) for name, batch in BATCHES.items()}
PICKLES = {name: cifar_pickle(*batch) for name, batch in BATCHES.items()}
FOLDER = {"binary": "cifar-10-batches-bin", "python": "cifar-10-batches-py"}
FILES = {"binary": BINARY, "python": PICKLES}
ARCHIVE = {"binary": "cifar-10-binary.tar.gz", "python": "cifar-10-python.tar.gz"}
TRAIN_X = np.concatenate([BATCHES[name][0] for name in CIFAR_NAMES[:5]])
TRAIN_Y = np.concatenate([BATCHES[name][1] for name in CIFAR_NAMES[:5]])

formats = pytest.mark.parametrize("format", ["binary", "python"])


@formats
def test_unpacked_batches_of_any_length(home: Path, format: str) -> None:
    put(home / "cifar10" / FOLDER[format], FILES[format])
    d = cifar10(format=format, allow_partial=True, dtype=np.uint8)
    np.testing.assert_array_equal(d.x_train, TRAIN_X)
    np.testing.assert_array_equal(d.y_train, TRAIN_Y)
    np.testing.assert_array_equal(d.x_test, BATCHES["test_batch"][0])
    np.testing.assert_array_equal(d.y_test, BATCHES["test_batch"][1])
    assert d.y_train.dtype == np.int64
    assert d.classes[3] == "cat"
    scaled = cifar10(format=format, allow_partial=True, flat=True)
    assert scaled.x_train.shape == (len(TRAIN_X), 3072)
    assert scaled.x_train.dtype == np.float32
    np.testing.assert_allclose(scaled.x_train, TRAIN_X.reshape(-1, 3072) / 255, rtol=1e-6)


@formats
def test_the_archive_is_fetched_and_read_where_it_lies(publisher: Publisher, home: Path, format: str) -> None:
    names = {f"{FOLDER[format]}/{name}": content for name, content in FILES[format].items()}
    packed = tar({**names, f"{FOLDER[format]}/readme.html": b"<html>"}, "gz")
    publisher.files = {f"cifar10/{ARCHIVE[format]}": packed}
    d = cifar10(
        format=format,
        allow_partial=True,
        dtype=np.uint8,
        known_hash={ARCHIVE[format]: sha256(packed)},
        progress=False,
    )
    np.testing.assert_array_equal(d.x_train, TRAIN_X)
    np.testing.assert_array_equal(d.y_train, TRAIN_Y)
    assert [str(p.relative_to(home)) for p in home.rglob("*")] == ["cifar10", f"cifar10/{ARCHIVE[format]}"]


@formats
def test_the_published_digest_is_in_force(publisher: Publisher, format: str) -> None:
    publisher.files = {f"cifar10/{ARCHIVE[format]}": b"something else"}
    with pytest.raises(DownloadError, match="what arrived does not have the digest md5:c"):
        cifar10(format=format, progress=False)


@formats
def test_missing_batches_are_named(home: Path, format: str) -> None:
    files = dict(list(FILES[format].items())[::5])  # the first and the last
    put(home / "cifar10" / FOLDER[format], files)
    with pytest.raises(
        DataError, match=r"data_batch_2\S*, data_batch_3\S*, data_batch_4\S*, data_batch_5\S* missing"
    ) as e:
        cifar10(format=format)
    assert "allow_partial=True" in str(e.value)
    assert str(home / "cifar10") in str(e.value)
    d = cifar10(format=format, allow_partial=True)
    assert (len(d.x_train), len(d.x_test)) == (3, 8)


def test_a_set_without_test_images_has_none(home: Path) -> None:
    put(home / "cifar10" / FOLDER["binary"], {"data_batch_3.bin": BINARY["data_batch_3.bin"]})
    d = cifar10(allow_partial=True)
    assert d.x_test.shape == (0, 3, 32, 32)
    assert d.y_test.shape == (0,)


@formats
def test_fewer_images_than_published_are_not_taken_for_the_whole(home: Path, format: str) -> None:
    put(home / "cifar10" / FOLDER[format], FILES[format])
    with pytest.raises(DataError, match="holds 25 training and 8 test images instead of 50000 and 10000"):
        cifar10(format=format)


def damaged(home: Path, format: str, name: str, content: bytes) -> str:
    put(home / "cifar10" / FOLDER[format], {**FILES[format], name: content})
    with pytest.raises(CorruptFileError) as caught:
        cifar10(format=format, allow_partial=True)
    assert str(home / "cifar10" / FOLDER[format] / name) in str(caught.value)
    assert "Delete it and load again" in str(caught.value)
    return str(caught.value)


def test_a_record_cut_short(home: Path) -> None:
    name = "data_batch_2.bin"
    assert "its 12291 bytes are not a whole number of records" in damaged(
        home, "binary", name, BINARY[name][:-1]
    )
    assert "its 0 bytes are not" in damaged(home, "binary", name, b"")


def test_a_label_out_of_range(home: Path) -> None:
    broken = bytearray(BINARY["test_batch.bin"])
    broken[2 * 3073] = 10
    assert "label 2 is 10, outside 0..9" in damaged(home, "binary", "test_batch.bin", bytes(broken))
    images, labels = BATCHES["test_batch"]
    wrong = labels.copy()
    wrong[1] = -1
    assert "label 1 is -1, outside 0..9" in damaged(home, "python", "test_batch", cifar_pickle(images, wrong))


def test_known_hash_by_the_name_of_a_batch(home: Path) -> None:
    put(home / "cifar10" / FOLDER["binary"], BINARY)
    right = {name: sha256(content) for name, content in BINARY.items()}
    assert len(cifar10(allow_partial=True, known_hash=right).x_train) == 25
    wrong = {**right, "data_batch_1.bin": right["data_batch_2.bin"]}
    with pytest.raises(CorruptFileError, match=r"data_batch_1\.bin is damaged .* its digest is sha256"):
        cifar10(allow_partial=True, known_hash=wrong)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_pickle_protocol_is_read(home: Path, protocol: int) -> None:
    files = {name: cifar_pickle(*batch, protocol=protocol) for name, batch in BATCHES.items()}
    put(home / "cifar10" / FOLDER["python"], files)
    d = cifar10(format="python", allow_partial=True, dtype=np.uint8)
    np.testing.assert_array_equal(d.x_train, TRAIN_X)


def test_a_pickle_as_python_2_and_old_numpy_wrote_it(home: Path) -> None:
    """Plain strings as keys (opcode U, or T), and NumPy's old module name."""
    images, labels = BATCHES["data_batch_1"]
    new = cifar_pickle(images, labels, protocol=2)
    module = next(m for m in (b"numpy._core.multiarray", b"numpy.core.multiarray") if m in new)
    data = images.tobytes()
    old = (
        b"\x80\x02}(U\x0bbatch_labelU\x01xU\x06labels]("
        + b"".join(b"K" + bytes([y]) for y in labels)
        + b"eU\x04datacnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
        + b"(K\x01K" + bytes([len(images)]) + b"M\x00\x0c\x86cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R"
        + b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89T"
        + len(data).to_bytes(4, "little") + data + b"tbu."
    )  # fmt: skip
    assert module != b"" and old != new
    put(home / "cifar10" / FOLDER["python"], {"data_batch_1": old})
    d = cifar10(format="python", allow_partial=True, dtype=np.uint8)
    np.testing.assert_array_equal(d.x_train, images)
    np.testing.assert_array_equal(d.y_train, labels)


class _Command:
    """What a hostile pickle looks like: loading it runs a command."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> object:
        return os.mkdir, (str(self.path),)


def test_a_pickle_cannot_run_code(home: Path, tmp_path: Path) -> None:
    trap = tmp_path / "trapped"
    text = damaged(home, "python", "data_batch_1", pickle.dumps({b"data": _Command(trap)}))
    assert "it asks for posix.mkdir" in text or "it asks for nt.mkdir" in text
    assert not trap.exists()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (PICKLES["test_batch"][:-9], "it cannot be unpickled"),
        (b"", "it cannot be unpickled"),
        (b"<html>", "it cannot be unpickled"),
        (pickle.dumps([1, 2]), "no entry 'data'"),
        (pickle.dumps({"data": np.zeros((2, 3072), np.uint8)}), "no entry 'data'"),
        (pickle.dumps({b"data": np.zeros((2, 3072))}), "no entry 'data'"),
        (pickle.dumps({b"data": np.zeros((2, 3071), np.uint8)}), "no entry 'data'"),
        (
            pickle.dumps({b"data": np.zeros((2, 3072), np.uint8)}),
            "'labels' is not one whole number for each of the 2",
        ),
        (pickle.dumps({b"data": np.zeros((2, 3072), np.uint8), b"labels": [1]}), "'labels' is not one"),
    ],
)
def test_damaged_pickles(home: Path, content: bytes, says: str) -> None:
    assert says in damaged(home, "python", "test_batch", content)


def test_a_damaged_archive(home: Path) -> None:
    names = {f"{FOLDER['binary']}/{name}": content for name, content in BINARY.items()}
    packed = tar(names, "gz")
    nothing = {ARCHIVE["binary"]: None}
    for content in (packed[: len(packed) // 2], packed[:10], b"", b"<html>"):
        put(home / "cifar10", {ARCHIVE["binary"]: content})
        with pytest.raises(CorruptFileError, match="damaged or is another file"):
            cifar10(allow_partial=True, known_hash=nothing)
    del names[f"{FOLDER['binary']}/data_batch_4.bin"]
    put(home / "cifar10", {ARCHIVE["binary"]: tar(names, "gz")})
    with pytest.raises(CorruptFileError, match=r"data_batch_4\.bin is not in it"):
        cifar10(allow_partial=True, known_hash=nothing)


def test_an_unknown_format() -> None:
    with pytest.raises(ValueError, match="format must be 'binary' or 'python', got 'matlab'"):
        cifar10(format="matlab")  # type: ignore[arg-type]
