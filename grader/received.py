"""The files in a folder or a zip, as far as they can be taken without harm; the others each with a reason.

Nothing is unpacked: a zip's files are read one by one, never to a path that the zip names. Links are not followed,
pipes not opened, and no more is read of a file than a notebook may have.
"""

from __future__ import annotations

import os
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.submission import LARGEST

MOST_FILES = 100_000
MOST_BYTES = 8 << 30  # of all notebooks of a zip together, unpacked
MOST_RATIO = 200  # times smaller than its contents: more is no notebook
DEEPEST = 12
JOINERS = "\u200c\u200d"  # these belong to some scripts
IGNORED = {".git", ".ipynb_checkpoints", "__MACOSX", "__pycache__", ".DS_Store", "Thumbs.db"}  # nobody's work


class Unusable(Exception):
    """A download that nothing can be taken from; the text says why and what to do."""


@dataclass(frozen=True)
class Entry:
    """One file: its path in parts, in Unicode's composed form. ``problem`` says why it cannot be taken, if so."""

    parts: tuple[str, ...]
    read: Callable[[], bytes]
    problem: str = ""

    @property
    def name(self) -> str:
        return self.parts[-1]


def entries(source: Path) -> list[Entry]:
    """Everything in a folder or zip. Unusable for what is neither, or holds too much."""
    if source.is_dir():
        found = list(_limited(_folder(source, ())))
    elif source.is_file():
        found = list(_limited(_zip(source)))
    else:
        raise Unusable(f"{source} is neither a folder nor a zip; name the platform's download")
    return sorted(found, key=lambda e: e.parts)


def _limited(found: Iterator[Entry]) -> Iterator[Entry]:
    for number, entry in enumerate(found):
        if number >= MOST_FILES:
            raise Unusable(
                f"there are more than {MOST_FILES:,} files; is this the download of one assignment?"
            )
        yield entry


# ------------------------------------------------------------------------------------------------------ folders


def _folder(folder: Path, above: tuple[str, ...]) -> Iterator[Entry]:
    with os.scandir(folder) as listed:
        inside = sorted(listed, key=lambda e: e.name)
    for one in inside:
        if one.name in IGNORED:
            continue
        name, problem = _clean(one.name)
        parts = (*above, name)
        path = Path(one.path)
        if one.is_symlink():
            yield _not(parts, "It is a link to another place, which is not followed.")
        elif one.is_dir(follow_symlinks=False):
            if problem or len(parts) > DEEPEST:
                yield _not(parts, problem or f"It lies more than {DEEPEST} folders deep.")
            else:
                try:
                    inside_it = list(_folder(path, parts))
                    yield from inside_it
                    if not inside_it and not above:
                        yield _not(parts, "The folder is empty.")
                except OSError as error:
                    yield _not(parts, f"The folder cannot be read ({error.strerror}).")
        elif not one.is_file(follow_symlinks=False):
            yield _not(parts, "It is not a file but a pipe, socket or device.")
        else:
            size = one.stat(follow_symlinks=False).st_size
            yield Entry(parts, _reader(path), problem or _too_large(size))


def _reader(path: Path) -> Callable[[], bytes]:
    def read() -> bytes:
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        with os.fdopen(os.open(path, flags), "rb") as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise OSError("it has become something else than a file")
            return _whole(stream.read(LARGEST + 1))

    return read


# --------------------------------------------------------------------------------------------------------- zips


def _zip(path: Path) -> Iterator[Entry]:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError) as error:
        raise Unusable(f"{path} is not a zip that can be read ({error}); download it again") from None
    total = 0
    for info in archive.infolist():
        raw = _name_of(info)
        if raw.endswith("/") or any(part in IGNORED for part in raw.split("/")):
            continue
        cleaned = [_clean(part) for part in raw.split("/")]
        problem = _zip_problem(info, raw) or next((p for _, p in cleaned if p), "")
        if not problem:
            total += info.file_size
            if total > MOST_BYTES:
                problem = f"The zip holds more than {MOST_BYTES >> 30} GiB, of which this would be the next."
        yield Entry(tuple(name for name, _ in cleaned), _unzipper(archive, info), problem)


def _name_of(info: zipfile.ZipInfo) -> str:
    """A member's path. Old tools write UTF-8 without saying so, which zipfile takes for another code."""
    if info.flag_bits & 0x800:
        return info.orig_filename
    try:
        return info.orig_filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.orig_filename


def _zip_problem(info: zipfile.ZipInfo, raw: str) -> str:
    if raw.startswith("/") or "\\" in raw or ":" in raw.split("/")[0] or ".." in raw.split("/"):
        return "Its path leads out of the archive."
    mode = info.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "It is not a file but a link, pipe or device."
    if info.flag_bits & 0x1:
        return "It is encrypted."
    if info.file_size > (1 << 20) and info.file_size > MOST_RATIO * max(1, info.compress_size):
        return f"It unpacks to {info.file_size:,} bytes from {info.compress_size:,}: no notebook does."
    return _too_large(info.file_size)


def _unzipper(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            with archive.open(info) as stream:
                return _whole(stream.read(LARGEST + 1))
        except (
            zipfile.BadZipFile,
            zlib.error,
            NotImplementedError,
            RuntimeError,
            EOFError,
            ValueError,
        ) as error:
            raise OSError(f"it is damaged ({error})") from None

    return read


# --------------------------------------------------------------------------------------------------------- both


def _clean(name: str) -> tuple[str, str]:
    """A name in composed form, and what is wrong with it."""
    if any("\ud800" <= c <= "\udfff" for c in name):
        return name.encode("utf-8", "replace").decode("utf-8"), "Its name is not text in UTF-8."
    name = unicodedata.normalize("NFC", name)
    unseen = ("Cc", "Cf", "Zl", "Zp")
    if name in ("", ".", "..") or any(unicodedata.category(c) in unseen and c not in JOINERS for c in name):
        return name, "Its name has signs in it that cannot be seen, or none at all."
    if len(name.encode("utf-8")) > 255:
        return name, "Its name is longer than a file's name can be."
    return name, ""


def _not(parts: tuple[str, ...], problem: str) -> Entry:
    def read() -> bytes:
        raise OSError(problem)

    return Entry(parts, read, problem)


def _too_large(size: int) -> str:
    return f"It has {size:,} bytes; {LARGEST:,} are allowed." if size > LARGEST else ""


def _whole(data: bytes) -> bytes:
    if len(data) > LARGEST:
        raise OSError(f"it has more than {LARGEST:,} bytes")
    return data
