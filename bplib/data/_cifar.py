"""CIFAR-10 in its two published forms: plain records of bytes, and Python pickles."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, Unpack

import numpy as np
from numpy.typing import DTypeLike, NDArray

from bplib.data._archive import BROKEN, members
from bplib.data._dataset import Dataset, as_images
from bplib.data._fetch import DataError, FetchOptions, Shelf

Array = NDArray[Any]
_Batch = tuple[Array, Array]  # images (N, 3, 32, 32) uint8, labels (N,) int64
_Read = Callable[[bytes], _Batch]

_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_RECORD = 1 + 3 * 32 * 32  # a label, then the red, the green and the blue plane, row by row
_FULL = (50_000, 10_000)

# The digests on the publisher's page, www.cs.toronto.edu/~kriz/cifar.html.
_ARCHIVES = {
    "binary": ("cifar-10-binary.tar.gz", "md5:c32a1d4ab5d03f1284b67883e8d87530"),
    "python": ("cifar-10-python.tar.gz", "md5:c58f30108f718f92721af3b95e74349a"),
}
_FOLDERS = {"binary": "cifar-10-batches-bin", "python": "cifar-10-batches-py"}
_NAMES = {
    kind: tuple(f"{stem}{end}" for stem in (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"))
    for kind, end in (("binary", ".bin"), ("python", ""))
}


def cifar10(
    *,
    format: Literal["binary", "python"] = "binary",
    allow_partial: bool = False,
    flat: bool = False,
    dtype: DTypeLike = np.float32,
    **options: Unpack[FetchOptions],
) -> Dataset:
    """Small colour photographs: 50,000 for training, 10,000 for testing.

    x: (N, 3, 32, 32), or (N, 3072) with ``flat``; float32 in [0, 1], or bytes with ``dtype=np.uint8`` (a
    quarter of the memory: 184 MB instead of 737). y: (N,) int64.

    In the cache's folder ``cifar10`` lie either the archive as published, or its unpacked folder
    (cifar-10-batches-bin or -py). Digests are published for the archives; unpacked batches are checked by
    their form, and against ``known_hash`` by file name. ``allow_partial`` accepts some of the unpacked
    batches, or shorter ones. ``options``: see ``FetchOptions``.
    """
    if format not in _ARCHIVES:
        raise ValueError(f"cifar10: format must be 'binary' or 'python', got {format!r}.")
    archive, digest = _ARCHIVES[format]
    folder, names = _FOLDERS[format], _NAMES[format]
    read = _read_binary if format == "binary" else _read_pickle
    shelf = Shelf(
        "cifar10", ("https://www.cs.toronto.edu/~kriz",), {archive: digest, **dict.fromkeys(names)}, **options
    )
    found = [name for name in names if shelf.has(f"{folder}/{name}")]
    if found:
        missing = [name for name in names if name not in found]
        if missing and not allow_partial:
            raise DataError(_missing(shelf.path / folder, missing, archive))
        parts = {name: _unpacked(shelf, folder, name, read) for name in found}
    else:
        parts = _packed(shelf, archive, names, read)
    train = _join([parts[name] for name in names[:5] if name in parts])
    test = _join([parts[name] for name in names[5:] if name in parts])
    if (len(train[1]), len(test[1])) != _FULL and not allow_partial:
        raise DataError(
            f"cifar10: {shelf.path} holds {len(train[1])} training and {len(test[1])} test images instead of "
            f"{_FULL[0]} and {_FULL[1]}. Pass allow_partial=True if a part is what you want; otherwise "
            f"delete {folder} there and load again to fetch the whole set."
        )
    return Dataset(
        as_images(train[0], flat, dtype),
        train[1],
        as_images(test[0], flat, dtype),
        test[1],
        classes=_CLASSES,
        source="CIFAR-10 (Krizhevsky, 2009)",
        licence="none stated; cite Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009",
    )


def _missing(folder: Path, missing: list[str], archive: str) -> str:
    return (
        f"cifar10: {', '.join(missing)} missing from {folder}.\n"
        "Put the missing files there, or pass allow_partial=True to use those that are there, or delete the "
        f"folder and load again to fetch {archive} whole."
    )


def _unpacked(shelf: Shelf, folder: str, name: str, read: _Read) -> _Batch:
    """One unpacked batch. No digest is published for these, but the caller may give one by ``known_hash``."""
    path = shelf.get(f"{folder}/{name}")
    try:
        return read(path.read_bytes())
    except ValueError as error:
        raise shelf.corrupt(path, str(error)) from error


def _packed(shelf: Shelf, archive: str, names: tuple[str, ...], read: _Read) -> dict[str, _Batch]:
    path = shelf.get(archive)
    try:
        parts = {name: read(content) for name, content in members(path, lambda name: name in names)}
    except (ValueError, *BROKEN) as error:
        raise shelf.corrupt(path, str(error)) from error
    if len(parts) < len(names):
        raise shelf.corrupt(path, f"{', '.join(name for name in names if name not in parts)} is not in it")
    return parts


def _join(batches: list[_Batch]) -> _Batch:
    """Batches one after another; no batch at all is no image."""
    images = [np.zeros((0, 3, 32, 32), np.uint8), *(x for x, _ in batches)]
    labels = [np.zeros(0, np.int64), *(y for _, y in batches)]
    return np.concatenate(images), np.concatenate(labels)


def _read_binary(content: bytes) -> _Batch:
    if len(content) == 0 or len(content) % _RECORD:
        raise ValueError(f"its {len(content)} bytes are not a whole number of records of {_RECORD} bytes")
    records = np.frombuffer(content, np.uint8).reshape(-1, _RECORD)
    return records[:, 1:].reshape(-1, 3, 32, 32), _labels(records[:, 0])


def _read_pickle(content: bytes) -> _Batch:
    try:
        batch = _ArraysOnly(io.BytesIO(content), encoding="bytes").load()
    except Exception as error:  # a damaged pickle can raise anything
        raise ValueError(f"it cannot be unpickled ({type(error).__name__}: {error})") from error
    data = batch.get(b"data") if isinstance(batch, dict) else None
    if not (isinstance(data, np.ndarray) and data.dtype == np.uint8 and data.shape[1:] == (3072,)):
        raise ValueError("it has no entry 'data' with rows of 3072 bytes")
    labels = np.asarray(batch.get(b"labels"))
    if labels.shape != (len(data),) or labels.dtype.kind not in "iu":
        raise ValueError(f"its entry 'labels' is not one whole number for each of the {len(data)} images")
    return data.reshape(-1, 3, 32, 32), _labels(labels)


def _labels(labels: Array) -> Array:
    wrong = np.flatnonzero((labels < 0) | (labels > 9))
    if len(wrong):
        i = int(wrong[0])
        raise ValueError(f"label {i} is {labels[i]}, outside 0..9")
    return labels.astype(np.int64)


class _ArraysOnly(pickle.Unpickler):
    """Makes arrays of numbers and nothing else, whereas a pickle may ask for any function to be called.

    The published pickles were written by Python 2; NumPy's rebuilding function has moved since.
    """

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("numpy", "ndarray"):
            return np.ndarray
        if (module, name) == ("numpy", "dtype"):
            return np.dtype
        if module in ("numpy.core.multiarray", "numpy._core.multiarray") and name == "_reconstruct":
            return np.zeros(0).__reduce__()[0]
        if module in ("numpy.core.numeric", "numpy._core.numeric") and name == "_frombuffer":
            return np.zeros(1).__reduce_ex__(5)[0]
        if (module, name) == ("_codecs", "encode"):  # how Python 3 writes bytes in old protocols
            return _encode
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no CIFAR-10 batch needs")


def _encode(text: str, encoding: str) -> bytes:
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"it asks for the encoding {encoding}")
    return text.encode("latin1")
