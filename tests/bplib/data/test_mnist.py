from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bplib.data import CorruptFileError, Dataset, fashion_mnist, mnist
from tests.bplib.data.files import idx, mnist_files, put
from tests.bplib.data.server import Publisher

FILES, ARRAYS = mnist_files()
ANY = dict.fromkeys(FILES)
IMAGES, LABELS = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"


@pytest.mark.parametrize(("load", "folder"), [(mnist, "mnist"), (fashion_mnist, "fashion_mnist")])
def test_what_is_in_the_files_comes_out(
    load: Callable[..., Dataset], folder: str, publisher: Publisher
) -> None:
    publisher.files = {f"{folder}/{name}": content for name, content in FILES.items()}
    d = load(known_hash=ANY, progress=False)
    assert d.x_train.shape == (23, 1, 28, 28)
    assert d.x_test.shape == (7, 1, 28, 28)
    assert d.x_train.dtype == d.x_test.dtype == np.float32
    assert d.y_train.dtype == d.y_test.dtype == np.int64
    np.testing.assert_allclose(d.x_train[:, 0], ARRAYS[IMAGES] / 255, rtol=1e-6)
    np.testing.assert_array_equal(d.y_train, ARRAYS[LABELS])
    np.testing.assert_array_equal(d.y_test, ARRAYS["t10k-labels-idx1-ubyte.gz"])
    assert len(d.classes) == 10
    assert sum(d.counts("train").values()) == 23
    assert d.x_val is None


def test_flat_and_bytes(home: Path) -> None:
    put(home / "mnist", FILES)
    d = mnist(flat=True, dtype=np.uint8, known_hash=ANY)
    assert d.x_train.shape == (23, 784)
    assert d.x_train.dtype == np.uint8
    np.testing.assert_array_equal(d.x_train.reshape(-1, 28, 28), ARRAYS[IMAGES])
    d.x_train[0, 0] = 1  # an array of the caller's own
    assert mnist(dtype=np.float64, known_hash=ANY).x_test.dtype == np.float64
    with pytest.raises(TypeError, match="dtype must be uint8 or a floating-point type, got int32"):
        mnist(dtype=np.int32, known_hash=ANY)


def damaged(home: Path, name: str, content: bytes) -> str:
    put(home / "mnist", {**FILES, name: content})
    with pytest.raises(CorruptFileError) as caught:
        mnist(known_hash=ANY)
    assert str(home / "mnist" / name) in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("keep", [0, 1, 9, 30, -20, -1])
def test_a_gzip_file_cut_short(home: Path, keep: int) -> None:
    text = damaged(home, IMAGES, FILES[IMAGES][:keep])
    assert "it cannot be unpacked" in text if keep else "starts with  where" in text
    assert "Delete it and load again" in text


def test_a_gzip_file_with_a_flipped_bit(home: Path) -> None:
    broken = bytearray(FILES[IMAGES])
    broken[len(broken) // 2] ^= 16
    assert "it cannot be unpacked" in damaged(home, IMAGES, bytes(broken))


def test_a_web_page_in_place_of_the_file(home: Path) -> None:
    assert "it cannot be unpacked" in damaged(home, IMAGES, b"<html>log in to this network</html>")


def test_a_wrong_magic_number(home: Path) -> None:
    content = gzip.decompress(FILES[IMAGES])
    text = damaged(home, IMAGES, gzip.compress(b"\0\0\x0d\x03" + content[4:]))  # 0x0d: float32
    assert "it starts with 00 00 0d 03 where an IDX file of bytes has 00 00 08 03" in text
    assert "00 00 08 01 where an IDX file of bytes has 00 00 08 03" in damaged(home, IMAGES, FILES[LABELS])


def test_a_header_that_promises_more_or_less_than_follows(home: Path) -> None:
    content = gzip.decompress(FILES[LABELS])
    assert "its header says (23,), 23 bytes, but 22 follow" in damaged(
        home, LABELS, gzip.compress(content[:-1])
    )
    assert "but 24 follow" in damaged(home, LABELS, gzip.compress(content + b"\0"))
    assert "it ends after 6 bytes, inside its header" in damaged(home, LABELS, gzip.compress(content[:6]))


def test_a_label_out_of_range(home: Path) -> None:
    labels = ARRAYS[LABELS].copy()
    labels[4] = 10
    assert "label 4 is 10, outside 0..9" in damaged(home, LABELS, idx(labels))


def test_images_and_labels_that_do_not_match(home: Path) -> None:
    assert "it holds 22 labels for 23 images" in damaged(home, LABELS, idx(ARRAYS[LABELS][1:]))


def test_the_size_is_read_from_the_header_and_not_assumed(home: Path) -> None:
    files, _ = mnist_files(train=1, test=3)
    put(home / "mnist", files)
    d = mnist(known_hash=ANY)
    assert (len(d.x_train), len(d.x_test)) == (1, 3)
