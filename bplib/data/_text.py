"""From sentences to rows of integers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

# A word with what its apostrophes and hyphens join on, or a single mark.
_TOKEN = re.compile(r"\w+(?:['’-]\w+)*|[^\w\s]")

PAD, UNKNOWN = "<pad>", "<unk>"


def tokenise(text: str) -> list[str]:
    """Words in lower case and punctuation marks, in order: "It's late." → ["it's", "late", "."]."""
    return _TOKEN.findall(text.lower())


class Vocabulary:
    """The words of a training set and their numbers: 0 is padding, 1 is any word that is not known.

    ``Vocabulary(texts, max_size, min_count)`` keeps the most frequent words (ties in alphabetical order), at
    most ``max_size`` entries with the two special ones, each seen at least ``min_count`` times. Build it from
    the training texts only.
    """

    pad_id = 0
    unknown_id = 1

    def __init__(self, texts: Iterable[str], max_size: int | None = None, min_count: int = 1) -> None:
        if isinstance(texts, str):
            raise TypeError("Vocabulary: texts must be several strings, got a single one.")
        if max_size is not None and max_size < 2:
            raise ValueError(
                f"Vocabulary: max_size counts {PAD} and {UNKNOWN} and is at least 2, got {max_size}."
            )
        counts = Counter(token for text in texts for token in tokenise(text))
        known = sorted(
            (token for token in counts if counts[token] >= min_count), key=lambda t: (-counts[t], t)
        )
        if max_size is not None:
            known = known[: max_size - 2]
        self.tokens: tuple[str, ...] = (PAD, UNKNOWN, *known)
        self._ids = {token: i for i, token in enumerate(self.tokens)}

    def __len__(self) -> int:
        return len(self.tokens)

    def __contains__(self, token: object) -> bool:
        return token in self._ids

    def encode(self, texts: Sequence[str] | NDArray[Any], length: int | None = None) -> NDArray[np.int64]:
        """Each text as a row of numbers: (N, T) int64, filled up with 0 at its end.

        T is ``length``, and longer texts lose their end; by default T is the longest text's number of tokens.
        ``ids != 0`` is the mask of real tokens; ``ids.T`` is (T, N), as recurrent ops want it.
        """
        if isinstance(texts, str):
            raise TypeError("Vocabulary.encode: texts must be several strings, got a single one.")
        rows = [[self._ids.get(token, self.unknown_id) for token in tokenise(text)] for text in texts]
        if length is None:
            length = max(map(len, rows), default=0)
        elif length < 1:
            raise ValueError(f"Vocabulary.encode: length must be at least 1, got {length}.")
        ids = np.full((len(rows), length), self.pad_id, dtype=np.int64)
        for out, row in zip(ids, rows, strict=True):
            out[: len(row)] = row[:length]
        return ids

    def decode(self, ids: Sequence[int] | NDArray[Any]) -> str:
        """The tokens of one row of numbers, with spaces between them; padding is left out."""
        row = np.asarray(ids)
        if row.ndim != 1 or row.dtype.kind not in "iu":
            raise ValueError(
                f"Vocabulary.decode: ids must be one row (T,) of integers, got {row.dtype} {row.shape}."
            )
        if row.size and (row.min() < 0 or row.max() >= len(self)):
            raise ValueError(f"Vocabulary.decode: ids must lie in 0..{len(self) - 1}.")
        return " ".join(self.tokens[i] for i in row if i != self.pad_id)
