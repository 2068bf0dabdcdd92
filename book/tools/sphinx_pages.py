"""Pages that load little and ask nobody outside: addresses from one setting, scripts where they are used.

A page of the theme as it comes loads 1.5 MB of icons to show fifteen, and a script (thebe) that points to a
server elsewhere. Here the icons in use become a small style sheet, and each script stays away from the pages
without the thing that it serves.
"""

from __future__ import annotations

import html
import importlib.util
import json
import re
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[2]
EXPLORABLES = ROOT / "book" / "explorables"
UNUSED = ("sphinx-thebe", "sphinx_comments")  # loaded by Jupyter Book on every page, used on none
ONLY_WITH = {  # file: what a page's text must hold for the file to be loaded
    "tex-chtml": r'class="[^"]*\bmath\b',  # Sphinx asks the pages below in the contents too
    "togglebutton": r'class="[^"]*\b(toggle|dropdown admonition|admonition[^"]* dropdown)\b',
    "copybutton": r'class="[^"]*\bhighlight\b',
    "clipboard": r'class="[^"]*\bhighlight\b',
    "design-tabs": r'class="[^"]*\bsd-tab-set\b',
    "sphinx-design": r'class="[^"]*\bsd-',
    "exercise.css": r'class="[^"]*\bexercise\b',
    "proof.css": r'class="[^"]*\bproof\b',
    "mystnb.": r'class="[^"]*\bcell\b|class="[^"]*\bhighlight\b',
}
ICONS = r"fa-([a-z0-9-]+)"


def _addresses(app: Sphinx, config: Any) -> None:
    """The site's address follows from the repository's: OWNER.github.io/NAME/ for github.com/OWNER/NAME."""
    repository = str(config.html_theme_options.get("repository_url", "")).rstrip("/")
    owner, name = repository.split("/")[-2:]
    config.html_baseurl = f"https://{owner}.github.io/{name}/"
    config.ogp_site_url = config.html_baseurl
    config.ogp_image = config.html_baseurl + "_static/social-card.png"
    config.ogp_image_alt = "Backprop, Proven: a node, its value going out, its gradient coming back"
    config.notfound_urls_prefix = f"/{name}/"
    config.html_context.setdefault("default_mode", "auto")  # light or dark, as the reader's system is
    config.html_theme_options["logo"] = {"alt_text": "Backprop, Proven: to the welcome page"}


def _trim(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Keep the scripts and styles that this page uses."""
    body = context.get("body") or ""

    def used(file: Any) -> bool:
        name = str(getattr(file, "filename", file) or "") + str(
            getattr(file, "attributes", {}).get("body") or ""
        )
        if any(word in name for word in UNUSED) or "THEBE_JS_URL" in name:
            return False
        return all(re.search(mark, body) for word, mark in ONLY_WITH.items() if word in name.rsplit("/")[-1])

    for kind in ("script_files", "css_files"):
        context[kind] = [file for file in context.get(kind, []) if used(file)]
    body = re.sub(r'<script type="text/x-thebe-config">.*?</script>', "", body, flags=re.S)
    # A bibliography is a list of items that say they are none: readers with a screen reader hear nonsense.
    body = body.replace('<div role="list" class="citation-list">', '<div class="citation-list">')
    context["body"] = body.replace(' role="doc-biblioentry"', "")
    context["lean"] = _lean


LEAVE_OUT = (
    r"<!-- So that users can add custom icons -->\s*<script [^>]*fontawesome[^>]*></script>",
    r'<div id="jb-print-docs-body".*?(?=<div id="searchbox">)',  # a second title and contents, for print
)


def _lean(part: str) -> str:
    """A part of the theme's page without what this site does in its own way (course-icons.css, the PDF)."""
    for pattern in LEAVE_OUT:
        part = re.sub(pattern, "", part, flags=re.S)
    return part


def _finish(app: Sphinx, error: Exception | None) -> None:
    if error is not None or app.builder.format != "html":
        return
    out = Path(app.outdir)
    _copy_mathjax(out / "_static" / "mathjax")
    (out / "_static" / "explorables").mkdir(exist_ok=True)
    for file in [*EXPLORABLES.glob("*.js"), *EXPLORABLES.glob("*.css")]:
        shutil.copy(file, out / "_static" / "explorables")
    _write_icons(out)
    _write_index(app, out)
    for unused in [*out.rglob("*.map"), out / "_static" / "scripts" / "fontawesome.js"]:
        unused.unlink(missing_ok=True)
    shutil.rmtree(out / "_static" / "vendor", ignore_errors=True)
    style = out / "_static" / "styles" / "pydata-sphinx-theme.css"
    style.write_text(_without_icons(style.read_text(encoding="utf-8")), encoding="utf-8")


def _copy_mathjax(target: Path) -> None:
    """One bundle and its fonts, not the 24 MB of the package."""
    found = importlib.util.find_spec("sphinx-mathjax-offline")
    if found is None or found.origin is None:
        raise RuntimeError("sphinx-mathjax-offline is not installed: pip install -r requirements.txt")
    source = Path(found.origin).parent / "static" / "mathjax"
    fonts = Path("output") / "chtml" / "fonts" / "woff-v2"
    for folder in target.iterdir() if target.exists() else ():
        if folder.is_dir() and folder.name != "output":
            shutil.rmtree(folder)
    target.mkdir(exist_ok=True)
    shutil.copy(source / "tex-chtml.js", target)
    shutil.copytree(source / fonts, target / fonts, dirs_exist_ok=True)


def _write_icons(out: Path) -> None:
    """A style sheet with the outlines of the icons in use, taken from the theme's own copy of Font Awesome."""
    import pydata_sphinx_theme

    theme = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static" / "scripts"
    pages = [*out.rglob("*.html"), *(out / "_static" / "scripts").glob("*-theme.js")]
    names = {name for page in pages for name in re.findall(ICONS, page.read_text(encoding="utf-8"))}
    known = _outlines((theme / "fontawesome.js").read_text(encoding="utf-8"))
    rules = []
    for name in sorted(names & known.keys()):
        width, height, path = known[name]
        svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"><path d="{path}"/></svg>'
        )
        shape = f"width:{width / height:.4g}em;--icon:url('data:image/svg+xml,{quote(svg, safe=KEPT)}')"
        rules.append(f".fa-{name}::before{{{shape}}}")
    head = "/* Outlines: Font Awesome Free, CC BY 4.0, fontawesome.com/license/free */\n"
    (out / "_static" / "course-icons.css").write_text(head + "\n".join(rules) + "\n", encoding="utf-8")


def _without_icons(style: str) -> str:
    """The theme's style sheet without its 2,000 rules for icons and without the fonts that they need."""
    style = re.sub(r"@font-face\{[^}]*fontawesome[^}]*\}", "", style)
    icon = r"\.(?:fa|fab|far|fas)\b[^,{}]*"
    style = re.sub(rf"(?:(?<=[{{}}/])|^){icon}(?:,{icon})*\{{[^{{}}]*\}}", "", style)
    return style.split("\n/*# sourceMappingURL")[0] + "\n"


KEPT = " =:/'\",.-"


def _outlines(script: str) -> dict[str, tuple[int, int, str]]:
    """{icon: (width, height, path)} from Font Awesome's script, other names of an icon included."""
    found: dict[str, tuple[int, int, str]] = {}
    icon = r'"?([a-z0-9-]+)"?:\[(\d+),(\d+),(\[[^\]]*\]),"[0-9a-f]+","([^"]+)"\]'
    for name, width, height, others, path in re.findall(icon, script):
        for key in [name, *(o for o in json.loads(others) if isinstance(o, str))]:
            kept = found.get(key)
            if kept is None or key == name:  # the solid set stands last, and wins
                found[key] = (int(width), int(height), path)
    return found


def _write_index(app: Sphinx, out: Path) -> None:
    """The root's index.html: a pointer to the first page that also tells a link preview what this is."""
    first = app.config.root_doc + ".html"
    if first == "index.html":
        return
    page = (out / first).read_text(encoding="utf-8")
    about = "\n".join(re.findall(r'<meta (?:property="og:|name="description")[^>]*>', page))
    title = html.escape(app.config.html_title)
    (out / "index.html").write_text(
        f'<!DOCTYPE html>\n<html lang="{app.config.language}">\n<head>\n<meta charset="utf-8" />\n'
        f'<title>{title}</title>\n<meta http-equiv="refresh" content="0; url={first}" />\n'
        f'<link rel="canonical" href="{app.config.html_baseurl}{first}" />\n{about}\n</head>\n'
        f'<body><main><h1>{title}</h1><p><a href="{first}">To the first page</a></p></main></body>\n</html>\n',
        encoding="utf-8",
    )


def setup(app: Sphinx) -> None:
    app.config.mathjax_path = "mathjax/tex-chtml.js"
    app.config.templates_path.append("book/_templates")
    app.connect("config-inited", _addresses, priority=900)
    app.connect("html-page-context", _trim, priority=950)
    app.connect("build-finished", _finish, priority=950)
