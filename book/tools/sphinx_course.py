"""What the book adds to Sphinx: explorables, local MathJax, and addresses derived from one setting.

Loaded through ``sphinx.local_extensions`` in _config.yml.
"""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from typing import Any

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


def _addresses(app: Sphinx, config: Any) -> None:
    """The site's address follows from the repository's: OWNER.github.io/NAME/ for github.com/OWNER/NAME."""
    repository = str(config.html_theme_options.get("repository_url", "")).rstrip("/")
    owner, name = repository.split("/")[-2:]
    config.html_baseurl = f"https://{owner}.github.io/{name}/"
    config.ogp_site_url = config.html_baseurl
    config.ogp_image = config.html_baseurl + "_static/social_card.png"


def _copy_static(app: Sphinx, error: Exception | None) -> None:
    """MathJax (one bundle and its fonts, not the 24 MB of the package) and the explorables' modules."""
    if error is not None or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    found = importlib.util.find_spec("sphinx-mathjax-offline")
    if found is None or found.origin is None:
        raise RuntimeError("sphinx-mathjax-offline is not installed: pip install -r requirements.txt")
    source = Path(found.origin).parent / "static" / "mathjax"
    fonts = Path("output") / "chtml" / "fonts" / "woff-v2"
    (static / "mathjax").mkdir(exist_ok=True)
    shutil.copy(source / "tex-chtml.js", static / "mathjax")
    shutil.copytree(source / fonts, static / "mathjax" / fonts, dirs_exist_ok=True)
    (static / "explorables").mkdir(exist_ok=True)
    for module in EXPLORABLES.glob("*.js"):
        shutil.copy(module, static / "explorables")


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("explorable", Explorable)
    app.config.mathjax_path = "mathjax/tex-chtml.js"
    app.connect("config-inited", _addresses, priority=900)
    app.connect("html-page-context", _load_scripts)
    app.connect("env-purge-doc", _forget)
    app.connect("env-merge-info", _merge)
    app.connect("build-finished", _copy_static)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
