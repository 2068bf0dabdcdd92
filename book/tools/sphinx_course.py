"""What the book adds to Sphinx: explorables, tables gathered from the chapters, and pages that load little.

Loaded through ``sphinx.local_extensions`` in _config.yml. What it adds to pages and files as they are written
stands in ``sphinx_pages.py``; what it gathers from book/_fragments in ``sphinx_fragments.py``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sphinx_assignments
import sphinx_fragments
import sphinx_pages
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parents[2]
EXPLORABLES = ROOT / "book" / "explorables"


class Explorable(SphinxDirective):
    """An interactive figure that runs in the page, with a still picture for print and readers without scripts.

    ```{explorable} tape
    :alt: what the still picture shows
    The caption, with inline Markdown.
    ```

    The name is that of a module book/explorables/NAME.js, which exports ``mount(element)``, and of the picture
    book/explorables/NAME.svg. The module is loaded on the pages that use it, and on no other.
    """

    required_arguments = 1
    has_content = True
    option_spec = {"alt": directives.unchanged_required}  # noqa: RUF012

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0].strip()
        for suffix in (".js", ".svg"):
            if not (EXPLORABLES / (name + suffix)).exists():
                raise self.error(f"explorable: book/explorables/{name}{suffix} does not exist.")
        if "alt" not in self.options:
            raise self.error("explorable: the still picture needs an :alt: text.")
        figure = nodes.figure(classes=["explorable"], ids=[f"explorable-{name}"])
        still = nodes.image(
            uri=f"/book/explorables/{name}.svg", alt=self.options["alt"], classes=["explorable-still"]
        )
        open_stage = f'<div class="explorable-stage" data-explorable="{name}">'
        figure += [nodes.raw("", open_stage, format="html"), still, nodes.raw("", "</div>", format="html")]
        caption = nodes.caption()
        self.state.nested_parse(self.content, self.content_offset, caption)
        if len(caption) == 1 and isinstance(caption[0], nodes.paragraph):
            caption.children = caption[0].children  # a caption is one line of text, not a block
        figure += caption
        used = getattr(self.env, "course_explorables", {})
        used.setdefault(self.env.docname, set()).add(name)
        self.env.course_explorables = used  # type: ignore[attr-defined]
        return [figure]


def _load_scripts(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    for name in sorted(getattr(app.env, "course_explorables", {}).get(page, ())):
        app.add_js_file(f"explorables/{name}.js", type="module")


def _forget(app: Sphinx, env: Any, docname: str) -> None:
    getattr(env, "course_explorables", {}).pop(docname, None)


def _merge(app: Sphinx, env: Any, docnames: Any, other: Any) -> None:
    mine = getattr(env, "course_explorables", {})
    mine.update({d: names for d, names in getattr(other, "course_explorables", {}).items() if d in docnames})
    env.course_explorables = mine


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("explorable", Explorable)
    app.connect("html-page-context", _load_scripts)
    app.connect("env-purge-doc", _forget)
    app.connect("env-merge-info", _merge)
    sphinx_assignments.setup(app)
    sphinx_fragments.setup(app)
    sphinx_pages.setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
