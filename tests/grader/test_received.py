"""What collecting refuses, and that a bad file or download costs nobody else anything."""

from __future__ import annotations

import io
import os
import struct
import tempfile
import warnings
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader import received
from grader.collect import collect
from grader.submission import LARGEST
from tests.grader.downloads import BOOK, NAME, archive, place, row, taken


@pytest.fixture
def submitted(tmp_path: Path) -> Path:
    folder = tmp_path / "submitted"
    folder.mkdir()
    return folder


def test_links_pipes_large_files_and_strange_names_cost_nobody_else(tmp_path: Path, submitted: Path) -> None:
    source = tmp_path / "in"
    secret = tmp_path / "secret.ipynb"
    secret.write_bytes(b"the gradebook")
    for student in ("ada", "link", "pipe", "large", "none"):
        (source / student).mkdir(parents=True)
    (source / "ada" / f"{NAME}.ipynb").write_bytes(BOOK)
    (source / "link" / f"{NAME}.ipynb").symlink_to(secret)
    (source / "dirlink").symlink_to(tmp_path)
    os.mkfifo(source / "pipe" / f"{NAME}.ipynb")
    with open(source / "large" / f"{NAME}.ipynb", "wb") as stream:
        stream.truncate(500_000_000)
    os.mkdir(os.fsencode(source) + b"/caf\xe9")
    (Path(os.fsdecode(os.fsencode(source) + b"/caf\xe9")) / f"{NAME}.ipynb").write_bytes(BOOK)
    rows = collect(source, place(submitted), NAME)
    found = taken(submitted)
    assert found["ada"] == BOOK
    assert b"the gradebook" not in b"".join(found.values())
    assert b"a link to another place" in found["link"]
    assert b"a link to another place" in found["dirlink"]
    assert b"a pipe" in found["pipe"]
    assert b"500,000,000 bytes" in found["large"]
    assert b"empty" in found["none"]
    assert "not text in UTF-8" in next(r.note for r in rows if "caf" in r.file)
    assert row(rows, "ada").what == "taken"


def test_nothing_leaves_a_zip_and_bombs_stay_packed(tmp_path: Path, submitted: Path) -> None:
    source = tmp_path / "in.zip"
    link = zipfile.ZipInfo(f"link/{NAME}.ipynb")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(source, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(f"ada/{NAME}.ipynb", BOOK)
        made.writestr(f"../../outside/{NAME}.ipynb", BOOK)
        made.writestr(f"/etc/{NAME}.ipynb", BOOK)
        made.writestr(f"c:\\windows\\{NAME}.ipynb", BOOK)
        made.writestr(link, "/etc/passwd")
        made.writestr(f"bomb/{NAME}.ipynb", b" " * (15 << 20))
        made.writestr(f"large/{NAME}.ipynb", os.urandom(1 << 20) * 21)
        made.writestr(f"__MACOSX/ada/._{NAME}.ipynb", b"mac")
    rows = collect(source, place(submitted), NAME)
    found = taken(submitted)
    assert found["ada"] == BOOK
    assert set(found) == {"ada", "link", "bomb", "large", "etc"} & set(found)
    assert b"no notebook does" in found["bomb"]
    assert b"bytes" in found["large"]
    assert b"a link, pipe" in found["link"]
    assert sum(r.what == "taken" for r in rows) == 1
    assert sum("leads out" in r.note or "cannot be the name" in r.note for r in rows) >= 2
    assert not (tmp_path / "outside").exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.zip", "submitted"]


def test_a_zip_that_lies_about_its_sizes(tmp_path: Path, submitted: Path) -> None:
    source = archive(
        tmp_path / "in.zip", {f"ada/{NAME}.ipynb": b" " * (LARGEST + 5000), f"bob/{NAME}.ipynb": BOOK}
    )
    data = bytearray(source.read_bytes())
    size = struct.pack("<I", LARGEST + 5000)
    while (at := data.find(size)) >= 0:
        data[at : at + 4] = struct.pack("<I", 100_000)
    source.write_bytes(data)
    rows = collect(source, place(submitted), NAME)
    assert taken(submitted)["bob"] == BOOK
    assert row(rows, "ada").what == "not taken"


def test_a_bad_download_is_said_and_changes_nothing(tmp_path: Path, submitted: Path) -> None:
    for data in (b"", b"PK\x03\x04 no", b"<html>log in first</html>"):
        (tmp_path / "in.zip").write_bytes(data)
        with pytest.raises(received.Unusable, match="not a zip"):
            collect(tmp_path / "in.zip", place(submitted), NAME)
    with pytest.raises(received.Unusable, match="neither a folder nor a zip"):
        collect(tmp_path / "nowhere", place(submitted), NAME)
    assert taken(submitted) == {}


def whole() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr(f"ada_1_1_{NAME}.ipynb", BOOK * 20)
        z.writestr(f"emmy_2_2_{NAME}.ipynb", BOOK * 30)
    return made.getvalue()


WHOLE = whole()


@settings(max_examples=500, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=6),
    st.booleans(),
)
def test_damaged_zips_are_said_to_be_and_never_crash(changes: list[tuple[int, int]], cut: bool) -> None:
    data = bytearray(WHOLE)
    for at, value in changes:
        data[at] = value
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "in.zip").write_bytes(data[: changes[0][0]] if cut else data)
        (folder / "submitted").mkdir()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                rows = collect(folder / "in.zip", place(folder / "submitted"), NAME)
        except received.Unusable:
            return
        found = taken(folder / "submitted")
        for one in rows:
            if one.what == "taken":
                assert found[one.student] in (BOOK * 20, BOOK * 30)
            else:
                assert one.note
