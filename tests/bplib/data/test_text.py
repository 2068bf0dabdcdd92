from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bplib.data import Vocabulary, tokenise

some = settings(max_examples=50, deadline=None)

TEXTS = ["the cat sat .", "the dog sat", "The end"]


def test_tokenise() -> None:
    assert tokenise("It's a well-made Film , isn't it ?") == [
        "it's",
        "a",
        "well-made",
        "film",
        ",",
        "isn't",
        "it",
        "?",
    ]
    assert tokenise("clichés … (2001)") == ["clichés", "…", "(", "2001", ")"]
    assert tokenise("  ") == []


@some
@given(st.text())
def test_tokens_lose_nothing_but_blanks_and_case(text: str) -> None:
    assert "".join(tokenise(text)) == "".join(text.lower().split())


def test_the_most_frequent_words_come_first() -> None:
    v = Vocabulary(TEXTS)
    assert v.tokens == ("<pad>", "<unk>", "the", "sat", ".", "cat", "dog", "end")
    assert len(v) == 8
    assert "cat" in v
    assert "Cat" not in v
    assert Vocabulary(TEXTS, max_size=4).tokens == ("<pad>", "<unk>", "the", "sat")
    assert Vocabulary(TEXTS, min_count=2).tokens == ("<pad>", "<unk>", "the", "sat")
    assert Vocabulary(TEXTS, max_size=2).tokens == ("<pad>", "<unk>")


def test_encode_pads_cuts_and_marks_the_unknown() -> None:
    v = Vocabulary(TEXTS)
    ids = v.encode(["the bird sat", "dog", ""])
    assert ids.dtype == np.int64
    np.testing.assert_array_equal(ids, [[2, 1, 3], [6, 0, 0], [0, 0, 0]])
    np.testing.assert_array_equal(v.encode(["the bird sat"], length=2), [[2, 1]])
    np.testing.assert_array_equal(v.encode(["dog"], length=4), [[6, 0, 0, 0]])
    assert v.encode([]).shape == (0, 0)
    assert v.decode(ids[0]) == "the <unk> sat"
    assert v.decode(ids[1]) == "dog"


@some
@given(st.lists(st.text(), min_size=1, max_size=6))
def test_what_is_known_comes_back(texts: list[str]) -> None:
    v = Vocabulary(texts)
    ids = v.encode(texts)
    assert not (ids == v.unknown_id).any()
    for row, text in zip(ids, texts, strict=True):
        assert v.decode(row) == " ".join(tokenise(text))
        assert (row != v.pad_id).sum() == len(tokenise(text))


def test_words_of_the_text_cannot_pose_as_the_special_ones() -> None:
    v = Vocabulary(["<pad> <unk>"])
    assert v.tokens == ("<pad>", "<unk>", "<", ">", "pad", "unk")


def test_mistakes() -> None:
    v = Vocabulary(TEXTS)
    with pytest.raises(TypeError, match="texts must be several strings, got a single one"):
        Vocabulary("one text")
    with pytest.raises(TypeError, match="texts must be several strings, got a single one"):
        v.encode("one text")
    with pytest.raises(ValueError, match="length must be at least 1, got 0"):
        v.encode(["a"], length=0)
    with pytest.raises(ValueError, match="at least 2, got 1"):
        Vocabulary(TEXTS, max_size=1)
    with pytest.raises(ValueError, match=r"ids must lie in 0\.\.7"):
        v.decode([8])
    with pytest.raises(ValueError, match=r"one row \(T,\) of integers"):
        v.decode(v.encode(["a", "b"]))
