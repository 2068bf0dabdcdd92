"""Static pages in which nothing can act: the one way in which feedback and report are written.

Text becomes markup only in ``el``, which escapes whatever is not ``Html``. There is no script, no inline style, no
picture, and no address but the book's and those within the page; the page's own policy forbids the rest once more.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from bplib.check.sections import BOOK

STYLE = Path(__file__).with_name("assets") / "pages.css"
LONGEST = 20_000  # characters of one text that a page shows
TAGS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "header",
        "main",
        "footer",
        "nav",
        "section",
        "aside",
    ),
    *(
        "h1",
        "h2",
        "h3",
        "h4",
        "p",
        "a",
        "ul",
        "ol",
        "li",
        "dl",
        "dt",
        "dd",
        "div",
        "span",
        "strong",
        "em",
        "pre",
    ),
    *(
        "code",
        "table",
        "caption",
        "thead",
        "tbody",
        "tfoot",
        "tr",
        "th",
        "td",
        "details",
        "summary",
        "figure",
    ),
    *("figcaption", "svg", "g", "rect", "line", "circle", "text"),
}
VOID = {"meta"}
ATTRIBUTES = {
    *(
        "class",
        "id",
        "lang",
        "dir",
        "href",
        "scope",
        "role",
        "tabindex",
        "charset",
        "name",
        "content",
        "open",
    ),
    *(
        "http-equiv",
        "aria-label",
        "aria-hidden",
        "aria-labelledby",
        "colspan",
        "viewBox",
        "x",
        "y",
        "x1",
        "x2",
    ),
    *("y1", "y2", "cx", "cy", "r", "width", "height", "text-anchor", "focusable"),
}
ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours, movements of the cursor
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # titles, links, device strings
    r"|\x1b[ -/]*[0-~]"
)
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
UNSEEN = re.compile(
    r"[\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\ufff9-\ufffb"
    r"\U000e0000-\U000e007f]"
)


class Html(str):
    """Markup that ``el`` has made: it goes into a page as it is."""

    __slots__ = ()


def plain(text: str) -> str:
    """Text without terminal escapes and controls; signs that are not seen or turn the text round are named."""
    if text.isascii() and text.isprintable():  # nothing of all this is in it
        return text
    text = ESCAPES.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    text = CONTROLS.sub("\ufffd", text)
    return UNSEEN.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text)


def shortened(text: str, longest: int = LONGEST) -> str:
    """At most so many characters, and how many there were."""
    return (
        text if len(text) <= longest else f"{text[:longest]}\n… and {len(text) - longest:,} characters more"
    )


def el(name: str, /, *inside: str | Iterable[str], **attributes: str | float | bool) -> Html:
    """An element. Strings inside are escaped, ``Html`` is kept; ``aria_label="…"`` becomes ``aria-label``.

    ValueError for an element or attribute that pages do not have, or an address that leads elsewhere.
    """
    if name not in TAGS:
        raise ValueError(f"el: {name!r} is no element of these pages")
    opening = [name]
    for key, value in attributes.items():
        key = key.rstrip("_").replace("_", "-")
        if key not in ATTRIBUTES:
            raise ValueError(f"el: {key!r} is no attribute of these pages")
        if value is True or value is False:
            opening += [key] * value
            continue
        said = f"{value:g}" if isinstance(value, float) else str(value)
        if key == "href" and not said.startswith(("#", f"{BOOK}/")):
            raise ValueError(f"el: a link may lead into the page or to {BOOK}/, not to {said!r:.80}")
        opening.append(f'{key}="{html.escape(plain(said))}"')
    if name in VOID:
        return Html(f"<{' '.join(opening)}>")
    return Html(f"<{' '.join(opening)}>{join(inside)}</{name}>")


def join(inside: Iterable[str | Iterable[str]]) -> Html:
    """Several pieces one after the other, each escaped unless it is ``Html``."""
    pieces = []
    for piece in inside:
        if isinstance(piece, Html):
            pieces.append(str(piece))
        elif isinstance(piece, str):
            pieces.append(html.escape(plain(piece)))
        else:
            pieces.append(str(join(piece)))
    return Html("".join(pieces))


def verbatim(text: str, label: str, kind: str = "code") -> Html:
    """A student's text as it stands, in a box that scrolls, which the keyboard reaches."""
    text = shortened(text.rstrip("\n"))
    box = el("code", text, dir="ltr")
    return el("pre", box, class_=kind, tabindex="0", role="region", aria_label=label)


def link(words: str, address: str) -> Html:
    """A link, or its words alone where the address is none of ours."""
    try:
        return el("a", words, href=address)
    except ValueError:
        return join([words])


def table(
    caption: str, head: list[str], rows: list[list[str]], *, numbers: set[int], title: bool = False
) -> Html:
    """A table whose first column names the row; the columns in ``numbers`` hold numbers."""

    def cell(at: int, text: str) -> Html:
        more = {"class_": "number"} if at in numbers else {}
        return el("td", text, **more) if at else el("th", text, scope="row")

    tops = [
        el("th", h, scope="col", **({"class_": "number"} if k in numbers else {})) for k, h in enumerate(head)
    ]
    body = [el("tr", [cell(k, text) for k, text in enumerate(row)]) for row in rows]
    made = el(
        "table",
        el("caption", caption, **({} if title else {"class_": "quiet"})),
        el("thead", el("tr", tops)),
        el("tbody", body),
    )
    return el("div", made, class_="scrolls", tabindex="0", role="region", aria_label=caption)


@cache
def _style() -> tuple[Html, str]:
    """The style sheet, and its hash for the policy."""
    text = STYLE.read_text(encoding="utf-8")
    if "<" in text:
        raise ValueError(f"{STYLE} contains a '<', which has no place in a style sheet")
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Html(text), f"'sha256-{digest}'"


def page(title: str, *body: Html) -> str:
    """A whole page, which needs no other file."""
    style, digest = _style()
    policy = f"default-src 'none'; style-src {digest}; base-uri 'none'; form-action 'none'"
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", **{"http-equiv": "Content-Security-Policy"}, content=policy),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("meta", name="referrer", content="no-referrer"),
        el("meta", name="robots", content="noindex"),
        el("title", title),
        el("style", style),
    )
    return "<!DOCTYPE html>\n" + el("html", head, el("body", *body), lang="en") + "\n"
