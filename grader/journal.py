"""The record of verdicts: an append-only file of which no crash can take what was once written.

One line a verdict: a checksum of the rest, the verdict's key (``grader.grade.key``) and the verdict as JSON. A line
counts only when its checksum fits, and is on the disk before ``append`` returns. What a killed process left of a
last line is cut off when the file is next opened. Verdicts stay on disk; memory holds where they are.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

try:
    import fcntl
except ImportError:  # Windows has no such locks
    fcntl = None  # type: ignore[assignment]

SUM = 16
LINE = re.compile(rb"([0-9a-f]{16}) ([0-9a-f]{64}) (\{.*\})\n", re.S)


def line_of(key: str, verdict: dict[str, Any]) -> bytes:
    """A verdict as its line in the journal. ValueError for a key that is no SHA-256 in hex."""
    if not re.fullmatch("[0-9a-f]{64}", key):
        raise ValueError(f"the key {key!r:.80} is not the 64 hexadecimal digits of a SHA-256")
    rest = f"{key} {json.dumps(verdict, ensure_ascii=True, separators=(',', ':'))}".encode()
    return hashlib.sha256(rest).hexdigest()[:SUM].encode() + b" " + rest + b"\n"


def _key_of(line: bytes) -> str | None:
    """The key of a whole line; None for one that is torn or damaged."""
    parts = LINE.fullmatch(line)
    if parts is None or hashlib.sha256(line[SUM + 1 : -1]).hexdigest()[:SUM].encode() != parts[1]:
        return None
    return parts[2].decode()


class Journal:
    """A journal, open for reading and appending. Several processes may append to the same file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.where: dict[str, tuple[int, int]] = {}  # key -> offset and length of its line
        self.damaged = 0  # lines in the middle that do not fit their checksum
        self.torn = 0  # bytes of an unfinished last line that were cut off
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = not path.exists()
        self.file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        self.end = 0
        with self._alone():
            self._cut()
            self._read()
        if fresh:
            _sync_folder(path.parent)

    def __contains__(self, key: object) -> bool:
        return key in self.where

    def __len__(self) -> int:
        return len(self.where)

    def __iter__(self) -> Iterator[str]:
        return iter(self.where)

    def __getitem__(self, key: str) -> dict[str, Any]:
        offset, length = self.where[key]
        line = _read_at(self.file, offset, length)
        if _key_of(line) != key:
            raise OSError(f"{self.path}: the verdict at byte {offset} has changed since it was read")
        verdict: dict[str, Any] = json.loads(line[SUM + 66 :])
        return verdict

    def get(self, key: str) -> dict[str, Any] | None:
        """The verdict of this key; None where there is none."""
        try:
            return self[key]
        except KeyError:
            return None

    def append(self, key: str, verdict: dict[str, Any]) -> None:
        """Write a verdict and wait until it is on the disk. OSError, and nothing written, where it does not fit."""
        line = line_of(key, verdict)
        with self._alone():
            self._cut()
            self._read()  # what others have appended
            try:
                _write_at(self.file, line, self.end)
                os.fsync(self.file)
            except OSError:
                os.ftruncate(self.file, self.end)
                raise
            self.where[key] = (self.end, len(line))
            self.end += len(line)

    def close(self) -> None:
        """Close the file; what was appended is on disk already."""
        if self.file >= 0:
            os.close(self.file)
            self.file = -1

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self) -> None:
        """Take in the lines from where the last reading ended."""
        size = os.fstat(self.file).st_size
        with os.fdopen(os.dup(self.file), "rb") as stream:
            stream.seek(self.end)
            while self.end < size:
                line = stream.readline()
                key = _key_of(line)
                if key is None:
                    self.damaged += 1
                else:
                    self.where[key] = (self.end, len(line))
                self.end += len(line)

    def _cut(self) -> None:
        """Cut off what follows the last line break: the rest of a line whose writer was killed."""
        size = at = os.fstat(self.file).st_size
        while at > 0:
            start = max(0, at - 65536)
            found = _read_at(self.file, start, at - start).rfind(b"\n")
            if found >= 0:
                at = start + found + 1
                break
            at = start
        if at < size:
            os.ftruncate(self.file, at)
            os.fsync(self.file)
            self.torn += size - at

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the file's lock, for as long as one line takes."""
        if fcntl is None:
            yield
            return
        fcntl.flock(self.file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self.file, fcntl.LOCK_UN)


def _read_at(file: int, offset: int, length: int) -> bytes:
    os.lseek(file, offset, os.SEEK_SET)
    pieces = []
    while length > 0:
        piece = os.read(file, length)
        if not piece:
            break
        pieces.append(piece)
        length -= len(piece)
    return b"".join(pieces)


def _write_at(file: int, data: bytes, offset: int) -> None:
    os.lseek(file, offset, os.SEEK_SET)
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def _sync_folder(folder: Path) -> None:
    """Make a new file's name durable too."""
    with contextlib.suppress(OSError):  # not every file system can
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
