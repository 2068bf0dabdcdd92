"""Holds a page to its promise that nothing in it can act, as two parsers read it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from bs4 import BeautifulSoup

from bplib.check.sections import BOOK
from grader.pages import ATTRIBUTES, TAGS

ADDRESSES = ("href", "src", "action", "data", "poster", "srcset", "background", "xlink:href", "formaction")


class Seen(HTMLParser):
    """Every element and attribute, as Python's own parser finds them."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, list[tuple[str, str | None]]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, attrs))


def faults(text: str) -> list[str]:
    """Everything in a page that is active, or that it should not have."""
    found = []
    seen = Seen()
    seen.feed(text)
    soup = BeautifulSoup(text, "html.parser")
    tags = seen.tags + [(t.name, [(k, str(v)) for k, v in t.attrs.items()]) for t in soup.find_all(True)]
    allowed = {a.lower() for a in ATTRIBUTES}
    for tag, attributes in tags:
        if tag not in TAGS:
            found.append(f"element {tag}")
        for name, value in attributes:
            if name.lower() not in allowed or name.lower().startswith("on"):
                found.append(f"attribute {name} of {tag}")
            if name in ADDRESSES and not (value or "").startswith(("#", f"{BOOK}/")):
                found.append(f"address {value}")
    if len(soup.find_all("style")) != 1 or len(soup.find_all("meta")) != 6:
        found.append("a style or meta element that is not the page's own")
    policy = soup.select("head > meta[http-equiv=Content-Security-Policy]")
    if not policy or "default-src 'none'; style-src 'sha256-" not in str(policy[0]["content"]):
        found.append("no policy")
    if re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text):
        found.append("a control character")
    return found
