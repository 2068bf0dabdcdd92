"""The whole book as one PDF, printed from the built site by Chromium.

    python -m book.tools.pdf [FILE]     after a build; writes _build/backprop-proven.pdf, or FILE

The pages of the site become chapters of one long page, in the order of the table of contents: links between them
are then links inside the PDF. It is printed twice: the first print tells which page each chapter begins on, the
second has these numbers in its contents.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import threading
import time
from pathlib import Path
from typing import Any

from book.tools import build

PDF = build.BUILT / "backprop-proven.pdf"
PRINT = Path(__file__).with_name("pdf.css")
ASSEMBLE = Path(__file__).with_name("pdf.js")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
COLUMN = 658  # CSS pixels: A4 less the margins of pdf.css


def chromium() -> str:
    """The browser's path: the one that CHROMIUM names, or the system's."""
    found = os.environ.get("CHROMIUM") or next((p for n in BROWSERS if (p := shutil.which(n))), None)
    if not found:
        raise RuntimeError("no Chromium: install Debian's package chromium, or name yours in CHROMIUM")
    return found


def first_pages(file: Path) -> dict[str, int]:
    """{name: page number} of the places in a PDF that its links lead to."""
    from pypdf import PdfReader

    logging.getLogger("pypdf").setLevel(logging.ERROR)  # Chromium counts its objects otherwise
    reader = PdfReader(file)
    found = {}
    for name, place in reader.named_destinations.items():
        number = reader.get_destination_page_number(place)
        if number is not None:
            found[str(name).lstrip("/")] = number + 1
    return found


def parts() -> list[dict[str, Any]]:
    """The table of contents as [{caption, pages}], the first page and what stands alone in a part of its own."""
    import yaml

    toc = yaml.safe_load((build.ROOT / "_toc.yml").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = [{"caption": "", "pages": [toc["root"]]}]
    for part in toc["parts"]:
        found.append({"caption": part["caption"], "pages": [c["file"] for c in part["chapters"]]})
    return found


def print_book(target: Path = PDF) -> int:
    """Print the built site; gives the number of pages."""
    from playwright.sync_api import sync_playwright

    made = build.server()
    threading.Thread(target=made.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{made.server_address[1]}"
    with_maths = next(p for p in build.contents() if "mathjax/tex-chtml" in _html(p))
    options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=options)
        page = browser.new_page(viewport={"width": COLUMN, "height": 990}, color_scheme="light")
        page.set_default_timeout(300_000)
        page.goto(f"{address}/{with_maths}.html")
        page.emulate_media(media="print", color_scheme="light")
        page.add_style_tag(content=PRINT.read_text(encoding="utf-8"))
        page.evaluate(ASSEMBLE.read_text(encoding="utf-8"), {"address": address, "parts": parts()})
        paper: dict[str, Any] = {
            "path": target, "prefer_css_page_size": True, "print_background": True,
            "outline": True, "tagged": True,
        }  # fmt: skip
        page.pdf(**paper)
        page.evaluate("numbers => window.setPageNumbers(numbers)", first_pages(target))
        page.pdf(**paper)
        browser.close()
    made.shutdown()
    made.server_close()
    return _finish(target)


def _html(page: str) -> str:
    return (build.HTML / f"{page}.html").read_text(encoding="utf-8")


def _finish(target: Path) -> int:
    """Write title and author into the file, and nothing that changes from one print of a book to the next."""
    import yaml
    from pypdf import PdfReader, PdfWriter

    config = yaml.safe_load((build.ROOT / "_config.yml").read_text(encoding="utf-8"))
    reader = PdfReader(target)
    writer = PdfWriter(clone_from=reader)
    writer.metadata = {"/Title": config["title"], "/Author": config["author"]}
    writer.write(target)
    return len(reader.pages)


def main(argv: list[str]) -> int:
    if build.pages() != set(build.contents()):
        print("The book is not built: make html", file=sys.stderr)
        return 1
    target = Path(argv[0]) if argv else PDF
    began = time.perf_counter()
    count = print_book(target)
    took = time.perf_counter() - began
    print(f"{target.name}: {count} pages, {target.stat().st_size / 1e6:.1f} MB, printed in {took:.0f} s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
