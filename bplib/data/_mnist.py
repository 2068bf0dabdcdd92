"""MNIST and Fashion-MNIST: four gzip files in the IDX format."""

from __future__ import annotations

import gzip
import struct
import zlib
from typing import Any, Unpack

import numpy as np
from numpy.typing import DTypeLike, NDArray

from bplib.data._dataset import Dataset, as_images
from bplib.data._fetch import FetchOptions, Shelf

Array = NDArray[Any]

# The digests that PyTorch's and Fashion-MNIST's own pages publish for these files.
_MNIST = {
    "train-images-idx3-ubyte.gz": "md5:f68b3c2dcbeaaa9fbdd348bbdeb94873",
    "train-labels-idx1-ubyte.gz": "md5:d53e105ee54ea40749a09fcbcd1e9432",
    "t10k-images-idx3-ubyte.gz": "md5:9fb629c4189551a2d022fa330f9573f3",
    "t10k-labels-idx1-ubyte.gz": "md5:ec29112dd5afa0611ce80d1b7f02629c",
}
_FASHION = {
    "train-images-idx3-ubyte.gz": "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d",
    "train-labels-idx1-ubyte.gz": "md5:25c81989df183df01b3e8a0aad5dffbe",
    "t10k-images-idx3-ubyte.gz": "md5:bef4ecab320f06d8554ea6380940ec79",
    "t10k-labels-idx1-ubyte.gz": "md5:bb300cfdad3c16e7a12a480ee83cd310",
}
_GARMENTS = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip


def mnist(*, flat: bool = False, dtype: DTypeLike = np.float32, **options: Unpack[FetchOptions]) -> Dataset:
    """Handwritten digits: 60,000 for training, 10,000 for testing.

    x: (N, 1, 28, 28), or (N, 784) with ``flat``; float32 in [0, 1], or bytes with ``dtype=np.uint8``. y: (N,)
    int64. ``options``: see ``FetchOptions``. The files lie in the cache's folder ``mnist``.
    """
    publishers = (
        "https://ossci-datasets.s3.amazonaws.com/mnist",
        "https://storage.googleapis.com/cvdf-datasets/mnist",
        "http://yann.lecun.com/exdb/mnist",
    )
    return _load(
        Shelf("mnist", publishers, _MNIST, **options),
        flat,
        dtype,
        classes=tuple("0123456789"),
        source="MNIST (LeCun, Cortes and Burges, 1998)",
        licence="see yann.lecun.com/exdb/mnist",
    )


def fashion_mnist(
    *, flat: bool = False, dtype: DTypeLike = np.float32, **options: Unpack[FetchOptions]
) -> Dataset:
    """Pictures of clothes, in the format and the numbers of MNIST, and harder.

    x: (N, 1, 28, 28), or (N, 784) with ``flat``; float32 in [0, 1], or bytes with ``dtype=np.uint8``. y: (N,)
    int64. ``options``: see ``FetchOptions``. The files lie in the cache's folder ``fashion_mnist``.
    """
    publishers = (
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion",
    )
    return _load(
        Shelf("fashion_mnist", publishers, _FASHION, **options),
        flat,
        dtype,
        classes=_GARMENTS,
        source="Fashion-MNIST (Xiao, Rasul and Vollgraf, 2017)",
        licence="MIT",
    )


def _load(
    shelf: Shelf, flat: bool, dtype: DTypeLike, classes: tuple[str, ...], source: str, licence: str
) -> Dataset:
    x_train, y_train = _part(shelf, "train", len(classes))
    x_test, y_test = _part(shelf, "t10k", len(classes))
    return Dataset(
        as_images(x_train, flat, dtype),
        y_train,
        as_images(x_test, flat, dtype),
        y_test,
        classes=classes,
        source=source,
        licence=licence,
    )


def _part(shelf: Shelf, part: str, classes: int) -> tuple[Array, Array]:
    """Images (N, 1, H, W) uint8 and labels (N,) int64 that fit each other."""
    images = read_idx(shelf, f"{part}-images-idx3-ubyte.gz", axes=3)
    name = f"{part}-labels-idx1-ubyte.gz"
    labels = read_idx(shelf, name, axes=1)
    if len(images) != len(labels):
        raise shelf.corrupt(shelf.path / name, f"it holds {len(labels)} labels for {len(images)} images")
    wrong = np.flatnonzero(labels >= classes)
    if len(wrong):
        i = int(wrong[0])
        raise shelf.corrupt(shelf.path / name, f"label {i} is {labels[i]}, outside 0..{classes - 1}")
    return images[:, None], labels.astype(np.int64)


def read_idx(shelf: Shelf, name: str, axes: int) -> Array:
    """The bytes of a gzipped IDX file, as uint8 with so many axes.

    The format: two zero bytes, 8 for unsigned bytes, the number of axes; then the length of each axis as a
    big-endian int32; then the bytes, last axis fastest.
    """
    path = shelf.get(name)
    try:
        with gzip.open(path) as file:
            content = file.read()
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise shelf.corrupt(path, f"it cannot be unpacked ({error})") from error
    magic = content[:4]
    if magic != bytes([0, 0, 8, axes]):
        raise shelf.corrupt(
            path, f"it starts with {magic.hex(' ')} where an IDX file of bytes has 00 00 08 0{axes}"
        )
    head = 4 + 4 * axes
    if len(content) < head:
        raise shelf.corrupt(path, f"it ends after {len(content)} bytes, inside its header")
    shape = struct.unpack(f">{axes}I", content[4:head])
    count = 1
    for n in shape:
        count *= n
    if len(content) - head != count:
        raise shelf.corrupt(path, f"its header says {shape}, {count} bytes, but {len(content) - head} follow")
    return np.frombuffer(content, np.uint8, offset=head).reshape(shape)
