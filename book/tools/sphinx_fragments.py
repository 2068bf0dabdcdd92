"""Back matter that grows with the chapters: each chapter brings its own rows, the book gathers them.

book/_fragments/03_formulas.md      rows of a Markdown table, gathered by ``{fragments} formulas``
book/_fragments/03_references.bib   BibTeX entries, merged with book/references.bib
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from pybtex.database import Entry, parse_string
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parents[2]
FRAGMENTS = ROOT / "book" / "_fragments"
MERGED = "_build/references.bib"
RULE = re.compile(r"^\|[\s:|-]+\|$")
HAN = re.compile(r"[\u4e00-\u9fff]")


def rows(text: str) -> list[str]:
    """The rows of a Markdown table: its lines that begin with a bar, less a header if it brings one."""
    lines = [line.strip() for line in text.splitlines() if line.strip().startswith("|")]
    ruled = [i for i, line in enumerate(lines) if RULE.match(line)]
    return lines[ruled[0] + 1 :] if ruled else lines


def first_cell(row: str) -> str:
    """What a row is sorted by: the words of its first cell."""
    return re.sub(r"[*`$\\]", "", row.split("|")[1]).strip().casefold()


def in_chinese(row: str) -> str:
    """The row with its Chinese cells in spans of class ``language-zh``, which docutils writes as ``lang="zh"``:
    a screen reader then changes its voice, and the browser its font.
    """
    return "|".join(f" [{c.strip()}]{{.language-zh}} " if HAN.search(c) else c for c in row.split("|"))


class Fragments(SphinxDirective):
    """One table of the rows that the chapters bring.

    ```{fragments} glossary
    :sort:
    | English | 中文 | In one line |
    |---|---|---|
    ```

    The content is the table's header. Rows stand in the order of the chapters, or with ``:sort:`` in
    alphabetical order, and then a term that two chapters bring stands once. With ``:by-chapter:`` each
    chapter has a table of its own, under the chapter's title. Cells in Chinese say so to the browser.
    """

    required_arguments = 1
    has_content = True
    option_spec = {"sort": directives.flag, "by-chapter": directives.flag}  # noqa: RUF012

    def run(self) -> list[nodes.Node]:
        kind = self.arguments[0].strip()
        header = [line for line in self.content if line.strip()]
        if len(header) != 2 or not RULE.match(header[1].strip()):
            raise self.error(f"fragments: {kind} needs a table's header as content: a row and a rule.")
        gathered: dict[str, list[str]] = {}
        for path in sorted(FRAGMENTS.glob(f"[0-9][0-9]_{kind}.md")):
            self.env.note_dependency(str(path))
            gathered[path.name[:2]] = rows(path.read_text(encoding="utf-8"))
        columns = header[0].count("|")
        for chapter, lines in gathered.items():
            for line in lines:
                if len(re.findall(r"(?<!\\)\|", line)) != columns:
                    raise self.error(f"fragments: {chapter}_{kind}.md: not {columns - 1} cells: {line}")
        if not any(gathered.values()):
            raise self.error(f"fragments: no rows in book/_fragments/NN_{kind}.md.")
        text: list[str] = []
        if "by-chapter" in self.options:
            for chapter, lines in gathered.items():
                text += [f":::{{rubric}} Chapter {int(chapter)}: {self._title(chapter)}", ":::", ""]
                text += [*header, *lines, ""]
        else:
            every = [line for lines in gathered.values() for line in lines]
            if "sort" in self.options:
                every = list({first_cell(line): line for line in reversed(every)}.values())
                every.sort(key=first_cell)
            text = [*header, *every]
        box = nodes.container(classes=["fragments", f"fragments-{kind}"])
        source = str(FRAGMENTS / f"NN_{kind}.md")
        text = [in_chinese(line) for line in text]
        self.state.nested_parse(StringList(text, source), self.content_offset, box)
        return [box]

    def _title(self, chapter: str) -> str:
        found = [d for d in sorted(self.env.found_docs) if d.startswith(f"chapters/{chapter}_")]
        return f"{{doc}}`/{found[0]}`" if found else ""


def entries(text: str) -> dict[str, str]:
    """BibTeX text as {key: entry's text}."""
    pieces = re.split(r"^(?=@)", text, flags=re.M)
    found = {}
    for piece in pieces:
        match = re.match(r"@(\w+)\s*\{\s*([^,\s]+)\s*,", piece)
        if match and match[1].lower() != "comment":
            found[match[2]] = piece.strip()
    return found


def _identity(text: str) -> set[tuple[str, str]]:
    """What says that two entries are the same work: its DOI, its arXiv number, its title."""
    (entry,) = parse_string(text, "bibtex").entries.values()
    return {(field, re.sub(r"\W|https?doiorg", "", _field(entry, field)).lower()) for field in WORK} - NONE


def _field(entry: Entry, field: str) -> str:
    return str(entry.fields[field]) if field in entry.fields else ""


WORK = ("doi", "eprint", "title")
NONE = {(field, "") for field in WORK}


def merged(files: list[Path]) -> str:
    """The entries of all the files, each key once. Two works under one key are an error."""
    kept: dict[str, str] = {}
    for path in files:
        for key, text in entries(path.read_text(encoding="utf-8")).items():
            if key in kept and not _identity(kept[key]) & _identity(text):
                raise ExtensionError(f"{path.name}: the key {key} already names another work: rename it.")
            kept.setdefault(key, text)
    return "\n\n".join(text for _, text in sorted(kept.items())) + "\n"


def _bibliography(app: Sphinx, config: Any) -> None:
    files = [ROOT / "book" / "references.bib", *sorted(FRAGMENTS.glob("*.bib"))]
    target = ROOT / MERGED
    text = merged(files)
    target.parent.mkdir(exist_ok=True)
    if not target.exists() or target.read_text(encoding="utf-8") != text:
        target.write_text(text, encoding="utf-8")
    config.bibtex_bibfiles = [MERGED]


def setup(app: Sphinx) -> None:
    app.add_directive("fragments", Fragments)
    app.connect("config-inited", _bibliography, priority=100)
