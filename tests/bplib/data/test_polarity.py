from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from bplib.data import CorruptFileError, DataError, DownloadError, sentence_polarity
from bplib.data._polarity import read_lines
from tests.bplib.data.files import put, sha256, tar
from tests.bplib.data.server import Publisher

NEG = [f"dull film number {i} , full of clichés … " for i in range(20)]
POS = [f"a fine film — number {i} . " for i in range(30)]
ARCHIVE = "rt-polaritydata.tar.gz"


def files(encoding: str) -> dict[str, bytes]:
    return {
        "rt-polarity.neg": "".join(f"{line}\n" for line in NEG).encode(encoding),
        "rt-polarity.pos": "".join(f"{line}\n" for line in POS).encode(encoding),
    }


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1252"])
def test_both_encodings_give_the_same_sentences(home: Path, encoding: str) -> None:
    put(home / "rt-polarity", files(encoding))
    d = sentence_polarity(allow_partial=True, test=0.2)
    assert d.x_train.dtype == object
    assert d.y_train.dtype == np.int64
    assert (len(d.x_train), len(d.x_test)) == (40, 10)
    rows = Counter(zip(map(str, [*d.x_train, *d.x_test]), [*d.y_train, *d.y_test], strict=True))
    assert rows == Counter([(s.strip(), 0) for s in NEG] + [(s.strip(), 1) for s in POS])
    assert d.counts("test") == {"negative": 4, "positive": 6}


def test_bytes_that_windows_1252_leaves_undefined() -> None:
    assert read_lines(b"a\x81b\n\n  caf\xe9  \n") == ["a\x81b", "café"]


def test_an_ellipsis_is_not_the_end_of_a_line() -> None:
    assert read_lines(b"well\x85 no\n") == ["well… no"]
    assert read_lines(b"well\x85 \x81\n") == ["well\x85 \x81"]  # read as latin-1, where 0x85 is a "next line"


def test_the_split_is_the_same_each_time_and_the_generators(home: Path) -> None:
    put(home / "rt-polarity", files("utf-8"))
    first, again = (sentence_polarity(allow_partial=True) for _ in range(2))
    np.testing.assert_array_equal(first.x_test, again.x_test)
    other = sentence_polarity(allow_partial=True, rng=np.random.default_rng(3))
    assert set(other.x_test) != set(first.x_test)


def test_the_archive_as_published(publisher: Publisher, home: Path) -> None:
    inside = {f"rt-polaritydata/{name}": content for name, content in files("windows-1252").items()}
    packed = tar({**inside, "rt-polaritydata.README.1.0.txt": b"read me"}, "gz")
    publisher.files = {f"rt-polarity/{ARCHIVE}": packed}
    d = sentence_polarity(allow_partial=True, known_hash={ARCHIVE: sha256(packed)}, progress=False)
    assert len(d.x_train) + len(d.x_test) == 50
    assert [p.name for p in (home / "rt-polarity").iterdir()] == [ARCHIVE]
    with pytest.raises(CorruptFileError, match="its digest is md5:"):
        sentence_polarity(allow_partial=True)


def test_the_recorded_digest_is_in_force(publisher: Publisher) -> None:
    publisher.files = {f"rt-polarity/{ARCHIVE}": b"something else"}
    with pytest.raises(DownloadError, match="does not have the digest md5:50c1c2c047b4225e148e97aa7708c34e"):
        sentence_polarity(progress=False)


def test_one_file_of_two(home: Path) -> None:
    put(home / "rt-polarity", {"rt-polarity.pos": files("utf-8")["rt-polarity.pos"]})
    with pytest.raises(DataError, match=r"rt-polarity\.neg is missing from .*delete rt-polarity\.pos"):
        sentence_polarity(allow_partial=True)


def test_a_file_cut_short_is_noticed_by_its_lines(home: Path) -> None:
    put(home / "rt-polarity", files("utf-8"))
    with pytest.raises(
        DataError, match="20 sentences against and 30 for instead of 5331 each; a file may be cut short"
    ):
        sentence_polarity()


def test_known_hash_of_a_text_file(home: Path) -> None:
    content = files("utf-8")
    put(home / "rt-polarity", content)
    right = {name: sha256(c) for name, c in content.items()}
    assert len(sentence_polarity(allow_partial=True, known_hash=right).x_train) == 45
    put(home / "rt-polarity", {"rt-polarity.neg": content["rt-polarity.neg"][:-1]})
    with pytest.raises(CorruptFileError, match=r"rt-polarity\.neg is damaged"):
        sentence_polarity(allow_partial=True, known_hash=right)


def test_a_damaged_archive(home: Path) -> None:
    packed = tar({f"rt-polaritydata/{name}": content for name, content in files("utf-8").items()}, "gz")
    for content in (packed[:-30], b"", tar({"rt-polarity.neg": b"x\n"}, "gz")):
        put(home / "rt-polarity", {ARCHIVE: content})
        with pytest.raises(CorruptFileError, match=ARCHIVE):
            sentence_polarity(allow_partial=True, known_hash={ARCHIVE: None})
