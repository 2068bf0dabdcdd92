"""Sentences of film reviews, one a line, in two files: for and against."""

from __future__ import annotations

from typing import Unpack

import numpy as np

from bplib.data._archive import BROKEN, members
from bplib.data._dataset import Dataset
from bplib.data._fetch import DataError, FetchOptions, Shelf
from bplib.data._split import train_test_indices

_NAMES = ("rt-polarity.neg", "rt-polarity.pos")
_LINES = 5331  # in each file
# The publisher's page states no digest; this one is what a public program checks that
# fetches the file from there.
_ARCHIVE, _DIGEST = "rt-polaritydata.tar.gz", "md5:50c1c2c047b4225e148e97aa7708c34e"


def sentence_polarity(
    *,
    test: float = 0.1,
    rng: np.random.Generator | None = None,
    allow_partial: bool = False,
    **options: Unpack[FetchOptions],
) -> Dataset:
    """Film review sentences, 5,331 against (class 0) and 5,331 for (class 1).

    x: (N,) object array of strings; y: (N,) int64. The set has no published split: ``test`` is the fraction
    set aside, stratified, by ``rng``; without one it is the same split each time (seed 0).

    In the cache's folder ``rt-polarity`` lie rt-polarity.neg and rt-polarity.pos, or the archive as
    published. The files were published in windows-1252; copies in UTF-8 are read as such. ``allow_partial``
    accepts another number of sentences. ``options``: see ``FetchOptions``.
    """
    publishers = ("https://www.cs.cornell.edu/people/pabo/movie-review-data",)
    shelf = Shelf("rt-polarity", publishers, {_ARCHIVE: _DIGEST, **dict.fromkeys(_NAMES)}, **options)
    sides = [read_lines(content) for content in _contents(shelf)]
    counts = [len(side) for side in sides]
    if counts != [_LINES, _LINES] and not allow_partial:
        raise DataError(
            f"sentence_polarity: {shelf.path} holds {counts[0]} sentences against and {counts[1]} for instead "
            f"of {_LINES} each; a file may be cut short. Delete {' and '.join(_NAMES)} there and load again, "
            "or pass allow_partial=True if that is what you want."
        )
    x = np.array([line for side in sides for line in side], dtype=object)
    y = np.repeat(np.arange(2, dtype=np.int64), counts)
    i, j = train_test_indices(y, test, np.random.default_rng(0) if rng is None else rng)
    return Dataset(
        x[i],
        y[i],
        x[j],
        y[j],
        classes=("negative", "positive"),
        source="sentence polarity dataset v1.0 (Pang and Lee, 2005)",
        licence="none stated; cite Pang and Lee, Seeing stars, ACL 2005",
    )


def _contents(shelf: Shelf) -> list[bytes]:
    there = [name for name in _NAMES if shelf.has(name)]
    if there:
        missing = [name for name in _NAMES if name not in there]
        if missing:
            raise DataError(
                f"sentence_polarity: {missing[0]} is missing from {shelf.path}. Put it there, or delete "
                f"{there[0]} and load again to fetch {_ARCHIVE}, which holds both."
            )
        return [shelf.get(name).read_bytes() for name in _NAMES]
    path = shelf.get(_ARCHIVE)
    try:
        found = dict(members(path, lambda name: name in _NAMES))
    except BROKEN as error:
        raise shelf.corrupt(path, str(error)) from error
    if len(found) < 2:
        raise shelf.corrupt(path, f"{' and '.join(n for n in _NAMES if n not in found)} not in it")
    return [found[name] for name in _NAMES]


def read_lines(content: bytes) -> list[str]:
    """The lines of a text without the empty ones, blanks at their ends removed.

    Bytes that are not UTF-8 are windows-1252, the encoding in which the set was published. Lines end with a
    newline and nothing else: str.splitlines would also cut at other characters.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        try:
            text = content.decode("windows-1252")
        except UnicodeDecodeError:  # it leaves five bytes undefined; latin-1 has them all
            text = content.decode("latin-1")
    return [line for line in (line.strip() for line in text.split("\n")) if line]
