"""The built book as files: links, addresses, previews, downloads. Run by `make site-test`, after `make html`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit
from xml.etree import ElementTree

import pytest
import yaml
from bs4 import BeautifulSoup

from book.tools import build

pytestmark = pytest.mark.site
ROOT = Path(__file__).resolve().parents[2]
PAGES = build.contents()
REPOSITORY = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["repository"]["url"]
OWNER, NAME = REPOSITORY.rstrip("/").split("/")[-2:]
HOME = f"https://{OWNER}.github.io/{NAME}/"


@pytest.fixture(scope="module")
def soups(site: Path) -> dict[str, BeautifulSoup]:
    """Every page, Sphinx's own included, as {path: parsed page}."""
    names = [*(f"{p}.html" for p in PAGES), *build.EXTRA]
    return {n: BeautifulSoup((site / n).read_text(encoding="utf-8"), "html.parser") for n in names}


def references(soup: BeautifulSoup) -> list[str]:
    """Everything a page points to: links, pictures, scripts, styles."""
    found = [str(tag[key]) for key in ("href", "src", "poster") for tag in soup.find_all(attrs={key: True})]
    refresh = soup.find("meta", attrs={"http-equiv": re.compile("refresh", re.I)})
    return found + ([str(refresh["content"]).split("url=")[1]] if refresh else [])


def test_links_and_anchors_inside_the_book_lead_somewhere(
    soups: dict[str, BeautifulSoup], site: Path
) -> None:
    anchors = {
        name: {tag["id"] for tag in soup.find_all(id=True)}
        | {t["name"] for t in soup.find_all("a", {"name": True})}
        for name, soup in soups.items()
    }
    broken, seen = [], 0
    for page, soup in soups.items():
        if page == "404.html":
            continue  # served at any depth, its addresses start at the host: tested in the browser
        for reference in references(soup):
            parts = urlsplit(urljoin(f"http://book/{page}", reference))
            if parts.netloc != "book" or parts.scheme != "http":
                continue
            seen += 1
            target = unquote(parts.path).lstrip("/")
            target = target + "index.html" if target.endswith("/") or not target else target
            ok = (site / target).is_file()
            if ok and parts.fragment and target in anchors:
                ok = unquote(parts.fragment) in anchors[target]
            broken += [] if ok else [f"{page}: {reference}"]
    assert seen > 20 * len(PAGES)
    assert broken == []


def test_links_to_other_sites_are_links_and_nothing_that_loads(soups: dict[str, BeautifulSoup]) -> None:
    loading = []
    for page, soup in soups.items():
        for tag in soup.find_all(["script", "img", "iframe", "source", "audio", "video", "link", "object"]):
            reference = str(tag.get("src") or tag.get("href") or tag.get("data") or "")
            named = tag.name == "link" and set(tag.get("rel", [])) & {"canonical", "alternate"}
            if re.match(r"(https?:)?//", reference) and not named:
                loading.append(f"{page}: {reference}")
    assert loading == []


def test_styles_load_nothing_from_outside(site: Path) -> None:
    outside = [
        f"{path.relative_to(site)}: {found}"
        for path in site.rglob("*.css")
        for found in re.findall(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//[^)'\"]*", path.read_text("utf-8"))
    ]
    assert outside == []


@pytest.mark.parametrize("page", PAGES)
def test_a_page_says_what_it_is(page: str, soups: dict[str, BeautifulSoup], site: Path) -> None:
    soup = soups[f"{page}.html"]
    assert soup.html is not None
    assert soup.html["lang"] == "en"
    assert len(soup.select("article h1")) == 1
    about = {str(tag["property"]): str(tag["content"]) for tag in soup.select("meta[property^='og:']")}
    assert len(about["og:description"]) > 40
    assert about["og:url"] == f"{HOME}{page}.html"
    assert about["og:title"]
    assert (site / about["og:image"].removeprefix(HOME)).is_file()
    canonical = soup.select_one("link[rel=canonical]")
    assert canonical is not None
    assert canonical["href"] == f"{HOME}{page}.html"


def test_the_sitemap_names_every_page(site: Path) -> None:
    names = [tag.text for tag in ElementTree.parse(site / "sitemap.xml").iter() if tag.tag.endswith("loc")]
    assert {f"{HOME}{page}.html" for page in PAGES} <= set(names)


@pytest.mark.parametrize("page", [p for p in PAGES if p.startswith("chapters/")])
def test_a_chapter_can_be_downloaded_and_launched(
    page: str, soups: dict[str, BeautifulSoup], site: Path
) -> None:
    soup = soups[f"{page}.html"]
    links = [str(a["href"]) for a in soup.find_all("a", href=True)]
    assert f"https://colab.research.google.com/github/{OWNER}/{NAME}/blob/main/{page}.ipynb" in links
    assert any(
        link.startswith(f"https://mybinder.org/v2/gh/{OWNER}/{NAME}/main") and page in link for link in links
    )
    (download,) = {link for link in links if link.endswith(".ipynb") and "://" not in link}
    notebook = json.loads((site / page).parent.joinpath(download).resolve().read_text(encoding="utf-8"))
    assert notebook["cells"] == json.loads((ROOT / f"{page}.ipynb").read_text(encoding="utf-8"))["cells"]


def test_the_root_leads_to_the_first_page(soups: dict[str, BeautifulSoup]) -> None:
    soup = soups["index.html"]
    assert f"{PAGES[0]}.html" in references(soup)
    assert soup.select_one("meta[property='og:image']") is not None
