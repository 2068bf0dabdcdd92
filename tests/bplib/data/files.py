"""Small files in the true formats, written here byte by byte from the formats' descriptions, not with our readers."""

from __future__ import annotations

import gzip
import hashlib
import io
import pickle
import struct
import tarfile
import wave
import zipfile
from pathlib import Path

import numpy as np

CIFAR_NAMES = [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]


def sha256(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def idx(array: np.ndarray) -> bytes:
    """A gzipped IDX file of unsigned bytes."""
    head = struct.pack(">BBBB", 0, 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    return gzip.compress(head + array.astype(np.uint8).tobytes(), mtime=0)


def mnist_files(train: int = 23, test: int = 7) -> tuple[dict[str, bytes], dict[str, np.ndarray]]:
    """The four files, and what is in them."""
    rng = np.random.default_rng(5)
    arrays = {
        "train-images-idx3-ubyte.gz": rng.integers(0, 256, (train, 28, 28)),
        "train-labels-idx1-ubyte.gz": rng.integers(0, 10, train),
        "t10k-images-idx3-ubyte.gz": rng.integers(0, 256, (test, 28, 28)),
        "t10k-labels-idx1-ubyte.gz": rng.integers(0, 10, test),
    }
    return {name: idx(a) for name, a in arrays.items()}, arrays


def cifar_batches() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """(images (n, 3, 32, 32), labels (n,)) by name; no two batches are of the same size."""
    rng = np.random.default_rng(6)
    return {
        name: (rng.integers(0, 256, (3 + i, 3, 32, 32)).astype(np.uint8), rng.integers(0, 10, 3 + i))
        for i, name in enumerate(CIFAR_NAMES)
    }


def cifar_record_file(images: np.ndarray, labels: np.ndarray) -> bytes:
    return b"".join(bytes([y]) + x.tobytes() for x, y in zip(images, labels, strict=True))


def cifar_pickle(images: np.ndarray, labels: np.ndarray, protocol: int = 2) -> bytes:
    """A batch as Python 2 wrote it: keys that encoding="bytes" reads as bytes."""
    batch = {
        b"batch_label": b"training batch",
        b"labels": [int(y) for y in labels],
        b"data": images.reshape(len(images), 3072),
        b"filenames": [b"a.png"] * len(images),
    }
    return pickle.dumps(batch, protocol=protocol)


def wav(samples: np.ndarray, rate: int = 8000, channels: int = 1, width: int = 2) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(width)
        sound.setframerate(rate)
        sound.writeframes(samples.astype(f"<i{width}").tobytes())
    return out.getvalue()


def spoken_files() -> dict[str, np.ndarray]:
    """Two digits, two speakers, recordings 3 to 6: samples by file name."""
    rng = np.random.default_rng(7)
    return {
        f"{digit}_{speaker}_{i}.wav": rng.integers(-32768, 32768, rng.integers(40, 90)).astype(np.int16)
        for digit in (0, 7)
        for speaker in ("ada", "bo")
        for i in range(3, 7)
    }


def tar(files: dict[str, bytes], mode: str, links: dict[str, str] | None = None) -> bytes:
    """A tar archive, mode "xz", "gz" or ""; ``links`` are symbolic links by name."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=f"w:{mode}") as archive:
        folder = tarfile.TarInfo("recordings")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, target in (links or {}).items():
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, target
            archive.addfile(link)
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("recordings/", b"")
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def put(folder: Path, files: dict[str, bytes]) -> None:
    """Write the files into a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
