"""Writes bplib/check/sections.py: the titles of the chapters' labelled sections, which the exercises' hints link to.

    python -m book.tools.sections

A test fails where the file and the chapters differ.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "bplib" / "check" / "sections.py"
LABEL = re.compile(r"^\((sec-\d\d-[\w-]+)\)=\n#+ (.*)", re.M)

HEAD = '''"""Where the chapters explain what. Written by ``python -m book.tools.sections``; not to be edited."""

from __future__ import annotations

import os

BOOK = os.environ.get("BACKPROP_BOOK", "{book}").rstrip("/")


def where(section: str) -> tuple[str, str]:
    """A section in words, and its address."""
    number = section.split("-")[1]
    address = f"{{BOOK}}/chapters/{{CHAPTERS[number]}}.html#{{section}}"
    return f"chapter {{number}}, “{{TITLES[section]}}”", address


'''


def book_address() -> str:
    """Where the project's own pages are published, from the repository's address in _config.yml."""
    config = (ROOT / "_config.yml").read_text(encoding="utf-8")
    found = re.search(r"url: https://github\.com/([\w-]+)/([\w-]+)", config)
    if not found:
        raise SystemExit(
            "_config.yml: repository.url is not an address of GitHub, so BOOK cannot be told from it"
        )
    return f"https://{found[1]}.github.io/{found[2]}"


def text() -> str:
    """The whole file."""
    chapters, titles = {}, {}
    for path in sorted((ROOT / "chapters").glob("*.ipynb")):
        chapters[path.stem[:2]] = path.stem
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "markdown":
                for label, title in LABEL.findall("".join(cell["source"])):
                    titles[label] = title.replace("`", "").replace("*", "").strip()
    lines = [HEAD.format(book=book_address()), "CHAPTERS = {\n"]
    lines += [f"    {json.dumps(k)}: {json.dumps(v)},\n" for k, v in chapters.items()]
    lines += ["}\n\nTITLES = {\n"]
    lines += [f"    {json.dumps(k)}: {json.dumps(v, ensure_ascii=False)},\n" for k, v in titles.items()]
    return "".join([*lines, "}\n"])


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
