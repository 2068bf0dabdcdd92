"""Every page in Chromium with the way outside closed. Run by `make site-test`, after `make html`."""

from __future__ import annotations

import gzip
import json
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page, expect

from book.tools import build

pytestmark = pytest.mark.site
PAGES = [f"{page}.html" for page in build.contents()]
OWN = ["search.html?q=gradient", "genindex.html"]
LIMIT = 1_000_000  # bytes over the wire before figures, as a static host sends them: compressed
SETTLED = """async () => {
  if (window.MathJax && MathJax.startup) await MathJax.startup.promise;
  if (document.fonts) await document.fonts.ready;
}"""
WIDE = """() => {
  const limit = document.documentElement.clientWidth;
  const inside = (e) => e && e !== document.body &&
    (['auto', 'scroll'].includes(getComputedStyle(e).overflowX) || inside(e.parentElement));
  return [document.documentElement.scrollWidth - limit,
    [...document.querySelectorAll('.bd-article *')].filter(e => e.getBoundingClientRect().right > limit + 1
      && e.checkVisibility() && !e.ownerSVGElement && !e.closest('mjx-assistive-mml')
      && !inside(e.parentElement)).slice(0, 5).map(e => e.outerHTML.slice(0, 160))];
}"""


@dataclass
class Visit:
    """A page that was opened, and what happened while it was."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)


def visit(browser: Browser, address: str, path: str, *, width: int = 1280, scheme: Any = "light") -> Visit:
    """Open a page in a fresh context, and wait until it has settled."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    made = Visit(context.new_page())
    made.page.on(
        "console", lambda m: made.complaints.append(m.text) if m.type in ("error", "warning") else None
    )
    made.page.on("pageerror", lambda error: made.complaints.append(f"uncaught: {error}"))
    made.page.on("requestfailed", lambda r: made.complaints.append(f"failed: {r.url}"))
    made.page.on(
        "response", lambda r: made.complaints.append(f"{r.status}: {r.url}") if r.status > 399 else None
    )

    def note(url: str) -> None:
        here = url.startswith((address, "data:", "blob:"))
        (made.loaded if here else made.outside).append(url)

    made.page.on("request", lambda r: note(r.url))
    made.page.goto(f"{address}/{path}", wait_until="load")
    made.page.evaluate(SETTLED)
    return made


def leave(made: Visit) -> None:
    made.page.context.close()


INK = ["color-contrast", "link-in-text-block"]  # what a change from light to dark can break


def violations(page: Page, rules: list[str] | None = None) -> list[str]:
    """What axe-core calls serious or critical, one line each. MathJax's glyphs, thousands a page, are one picture."""
    options: dict[str, Any] = {"resultTypes": ["violations"], "preload": False}
    if rules:
        options["runOnly"] = {"type": "rule", "values": rules}
    context = {"exclude": [["mjx-math"]]}
    found = Axe().run(page, context=context, options=options).response["violations"]
    return [
        f"{v['id']} ({v['impact']}): {node['html'][:200]} {node['any'][0]['message'] if node['any'] else ''}"
        for v in found
        if v["impact"] in ("serious", "critical")
        for node in v["nodes"][:5]
    ]


def source(site: Path, path: str) -> BeautifulSoup:
    return BeautifulSoup((site / path.split("?")[0]).read_text(encoding="utf-8"), "html.parser")


def check_scripts(loaded: list[str], soup: BeautifulSoup) -> None:
    """A script is loaded on the pages that use it, and on no other."""
    used = {
        "mathjax/tex-chtml.js": bool(soup.select(".math")),
        "copybutton.js": bool(soup.select(".highlight")),
        "clipboard.min.js": bool(soup.select(".highlight")),
        "_static/explorables/": bool(soup.select("[data-explorable]")),
        "design-tabs.js": bool(soup.select(".sd-tab-set")),
        "togglebutton.js": bool(soup.select(".toggle, .admonition.dropdown")),
        "sphinx-thebe": False,
        "fontawesome": False,
    }
    for script, wanted in used.items():
        assert any(script in url for url in loaded) == wanted, (
            f"{script} is loaded: {not wanted}, used: {wanted}"
        )


def weight(loaded: list[str], address: str, site: Path) -> tuple[int, int]:
    """(compressed, plain) bytes of what a page loads, pictures left out."""
    files = {
        url.removeprefix(address).split("?")[0].split("#")[0] for url in loaded if url.startswith(address)
    }
    pictures = (".png", ".svg", ".jpg", ".gif", ".webp", ".ico")
    sizes = [
        (len(gzip.compress(body, 6)), len(body))
        for name in files
        if not name.endswith(pictures) and (body := (site / name.lstrip("/")).read_bytes())
    ]
    return sum(s[0] for s in sizes), sum(s[1] for s in sizes)


@pytest.mark.parametrize("path", [*PAGES, *OWN])
def test_page(path: str, browser: Browser, address: str, site: Path) -> None:
    soup = source(site, path)
    made = visit(browser, address, path)
    page = made.page
    # Pictures further down load when they are scrolled to.
    page.evaluate("() => document.querySelectorAll('img[loading=lazy]').forEach(i => i.loading = 'eager')")
    page.wait_for_load_state("networkidle")

    formulas = len(soup.select("article .math"))
    assert page.locator("mjx-container").count() >= formulas
    wrong = page.locator("mjx-merror, [data-mjx-error]").evaluate_all("es => es.map(e => e.textContent)")
    assert wrong == []

    pictures = page.locator("img").evaluate_all(
        "is => is.map(i => [i.getAttribute('src'), i.getAttribute('alt'), i.naturalWidth])"
    )
    assert [src for src, alt, _ in pictures if not (alt or "").strip()] == [], "no alt text"
    assert [src for src, _, width in pictures if width == 0] == [], "not loaded"
    assert page.locator(".highlight:not(.hidden) button.copybtn").count() == len(
        soup.select("div.highlight pre")
    )

    assert violations(page) == []
    check_scripts(made.loaded, soup)
    compressed, plain = weight(made.loaded, address, site)
    print(f"{path}: {compressed / 1e3:.0f} kB over the wire before figures ({plain / 1e3:.0f} kB unpacked)")
    assert compressed < (2 * LIMIT if path in OWN else LIMIT)  # the search page has an index of every word

    page.emulate_media(color_scheme="dark")
    page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    assert violations(page, INK) == [], "in the dark"

    page.set_viewport_size({"width": 360, "height": 740})
    page.evaluate("() => document.querySelectorAll('details').forEach(d => d.open = true)")
    too_wide, culprits = page.evaluate(WIDE)
    assert too_wide <= 0, f"scrolls sideways by {too_wide} px: {culprits}"
    assert culprits == [], "stands out of the page, where nothing scrolls to it"
    assert made.outside == []
    assert made.complaints == []
    leave(made)


def test_search_finds_words_without_a_network(browser: Browser, address: str) -> None:
    made = visit(browser, address, "search.html?q=gradient")
    expect(made.page.locator("#search-results li").first).to_be_visible()
    assert made.outside == []
    leave(made)


def test_a_click_changes_light_to_dark_and_the_choice_stays(browser: Browser, address: str) -> None:
    made = visit(browser, address, PAGES[0])
    theme = "document.documentElement.dataset.theme"
    for _ in range(3):
        if made.page.evaluate(theme) == "dark":
            break
        made.page.locator("button.theme-switch-button:visible").first.click()
    assert made.page.evaluate(theme) == "dark"
    made.page.goto(f"{address}/{PAGES[1]}")
    assert made.page.evaluate(theme) == "dark"
    leave(made)


def test_the_keyboard_reaches_the_text_first(browser: Browser, address: str) -> None:
    made = visit(browser, address, PAGES[0])
    made.page.keyboard.press("Tab")
    assert made.page.evaluate("document.activeElement.getAttribute('href')") == "#main-content"
    made.page.keyboard.press("Enter")
    assert made.page.evaluate("location.hash") == "#main-content"
    leave(made)


def test_the_404_page_finds_its_things_at_any_depth(browser: Browser, site: Path, prefix: str) -> None:
    made = build.server(folder=site, prefix=prefix)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    host = f"http://127.0.0.1:{made.server_address[1]}"
    lost = visit(browser, host, f"{prefix.lstrip('/')}/chapters/there/is/no/such.html")
    assert [c for c in lost.complaints if "such.html" not in c and "404 (" not in c] == []
    assert [url for url in lost.loaded if not url.startswith((f"{host}{prefix}/", "data:"))] == []
    expect(lost.page.locator("h1")).to_be_visible()
    assert violations(lost.page) == []
    links = lost.page.locator("a[href*='.html']").evaluate_all("as => as.map(a => a.href)")
    missing = [url for url in links if url.startswith(host) and lost.page.request.get(url).status != 200]
    assert links
    assert missing == []
    leave(lost)
    made.shutdown()
    made.server_close()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_readable_without_scripts(path: str, browser: Browser, address: str, site: Path) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.goto(f"{address}/{path}")
    expect(page.locator("article h1")).to_be_visible()
    stills = page.locator("img.explorable-still")
    for i in range(stills.count()):
        expect(stills.nth(i)).to_be_visible()
    context.close()


def test_what_is_measured_is_json(site: Path) -> None:
    """The search index is a script with one JSON object: a truncated build would not parse."""
    text = (site / "searchindex.js").read_text(encoding="utf-8")
    index = json.loads(text.removeprefix("Search.setIndex(").removesuffix(")"))
    assert set(index["docnames"]) >= set(build.contents())
