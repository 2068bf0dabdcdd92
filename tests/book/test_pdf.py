"""The PDF of the whole book, printed anew from the built site. Run by `make site-test`, after `make html`."""

from __future__ import annotations

import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from pypdf import PdfReader

from book.tools import build

pytestmark = [pytest.mark.site, pytest.mark.xdist_group("pdf")]


@pytest.fixture(scope="module")
def printed(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PdfReader]:
    target = tmp_path_factory.mktemp("pdf") / "book.pdf"
    words = [
        sys.executable,
        "-m",
        "book.tools.pdf",
        str(target),
    ]  # on its own: the other tests have a browser open
    done = subprocess.run(words, cwd=build.ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    with PdfReader(target) as reader:
        yield reader


def test_the_book_on_paper(printed: PdfReader, site: Path) -> None:
    """One test, because a print takes a while: contents, numbers, links, figures, bookmarks."""
    # Fonts join f and i into one sign; to a reader it is two.
    texts = [unicodedata.normalize("NFKC", page.extract_text()) for page in printed.pages]
    titles = {p: _title(site, p) for p in build.contents()}

    # The contents give each page of the site the number of the sheet that it begins on.
    (contents,) = [i for i, text in enumerate(texts) if "Contents" in text.split("\n")[:3]]
    lines = " ".join(texts[contents : contents + 2]).replace("\n", " ")  # it fills more than one sheet
    for title in titles.values():
        found = re.search(re.escape(title) + r"\D*(\d+)", lines)
        assert found, title
        sheet = int(found[1])
        assert _squeeze(title) in _squeeze(texts[sheet - 1]), f"{title}: not on sheet {sheet}"

    # Every sheet but the cover carries its number.
    assert [i + 1 for i, t in enumerate(texts) if i and str(i + 1) not in t.split()] == []

    # Links lead to other sites or to a place in this file, never to the server that it was printed from.
    links = [a.get_object() for page in printed.pages for a in page.get("/Annots", [])]
    outside = [str(a["/A"]["/URI"]) for a in links if "/A" in a and "/URI" in a["/A"]]
    inside = [a for a in links if "/Dest" in a]
    assert len(inside) > 5 * len(titles)
    assert [url for url in outside if re.match(r"https?://(127|localhost)", url)] == []

    assert printed.metadata is not None
    assert printed.metadata.title == "Backprop, Proven"
    assert len(printed.outline) >= 1
    assert [
        i + 1 for i, text in enumerate(texts[1:], 1) if len(text.strip()) < 30 and not _drawn(printed, i)
    ] == []


def _title(site: Path, page: str) -> str:
    from bs4 import BeautifulSoup

    soup = BeautifulSoup((site / f"{page}.html").read_text(encoding="utf-8"), "html.parser")
    heading = soup.select_one("article h1")
    assert heading is not None
    for mark in heading.select("a.headerlink"):
        mark.decompose()
    return heading.get_text(" ", strip=True).replace(". ", ". ").replace("  ", " ")


def _squeeze(text: str) -> str:
    return re.sub(r"\s", "", text)


def _drawn(reader: PdfReader, page: int) -> bool:
    return "/XObject" in (reader.pages[page].get("/Resources") or {})
