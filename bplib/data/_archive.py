"""Reading members of tar and zip archives into memory. Nothing is ever unpacked onto the disk."""

from __future__ import annotations

import gzip
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

# The largest member of any set we load is a CIFAR-10 batch of 31 MB; a bomb would be larger.
_LARGEST = 1 << 27

BROKEN = (
    tarfile.TarError,
    zipfile.BadZipFile,
    lzma.LZMAError,
    zlib.error,
    gzip.BadGzipFile,
    EOFError,
    RuntimeError,  # a zip with a password, or with a method that Python cannot read
)


def members(path: Path, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """(file name without folders, content) of each regular file whose name is ``wanted``, in archive order.

    Links and devices are passed over. A broken archive raises one of ``BROKEN``.
    """
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                name = PurePosixPath(info.filename).name
                if not info.is_dir() and wanted(name):
                    _check_size(name, info.file_size)
                    yield name, archive.read(info)
        return
    with tarfile.open(path, mode="r:*") as tar:
        for member in tar:
            name = PurePosixPath(member.name).name
            if member.isreg() and wanted(name):
                _check_size(name, member.size)
                content = tar.extractfile(member)
                if content is not None:
                    yield name, content.read()


def _check_size(name: str, size: int) -> None:
    if size > _LARGEST:
        raise tarfile.TarError(f"{name} unpacks to {size} bytes, more than any file of this set")
