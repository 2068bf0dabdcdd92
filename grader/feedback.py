"""The page that a student gets back: points, what does not hold yet and why, their own work as inert text.

``feedback_page`` is a function of a verdict. No hidden test's source is in it, and nothing that could act.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import groupby
from textwrap import dedent
from typing import Any

from bplib.check.message import wrap
from grader.bundle import Bundle
from grader.given import Given, Mark, from_verdict
from grader.outline import Group, Part, misconception, outline, title, where
from grader.pages import Html, el, join, link, page, plain, shortened, table, verbatim
from grader.unseen import without_hidden

MOST_EXTRA = 30  # own cells that are shown
MOST_TEXT = 600_000  # characters of student's text on one page
STOPPED = {
    "time": "It was stopped, because it took longer than is allowed.",
    "memory": "It was stopped, because it asked for more memory than is allowed.",
    "died": "Python itself ended while it ran: the test got no answer.",
    "flood": "It was stopped, because it sent or printed more than is allowed.",
}


def feedback_page(
    verdict: Mapping[str, Any], bundle: Bundle, student: str, given: Given | None = None
) -> str:
    """The whole page. ``given`` is what the gradebook has; without it, the verdict's own marks are shown."""
    marks = given or from_verdict(verdict, bundle)
    judged = {c["grade_id"]: c for c in verdict["cells"]}
    groups = outline(bundle)
    room = Room()
    body = [_head(verdict, bundle, student, marks)]
    if verdict["repairs"]:
        items = [el("li", shortened(text, 500)) for text in verdict["repairs"][:100]]
        body.append(_note("Put right in your notebook before it was graded", el("ul", items)))
    if verdict["status"] == "graded":
        body += [_group(k, g, judged, marks, room, bundle) for k, g in enumerate(groups)]
        body.append(_extra(verdict["extra"], room))
    digest = verdict["submission"][:16]
    foot = f"Graded from the file whose SHA-256 begins with {digest}." if digest else "No file was graded."
    return page(
        f"{title(bundle)}: feedback for {student}",
        join([body[0]]),
        el("main", el("h2", "Points", id="points"), _points(groups, marks), body[1:]),
        el("footer", el("p", foot)),
    )


class Room:
    """How much text the page still takes, so that one submission cannot fill a disk with its page."""

    def __init__(self) -> None:
        self.left = MOST_TEXT

    def verbatim(self, text: str, label: str, kind: str = "code") -> Html:
        shown = shortened(text, min(self.left, 20_000))
        self.left = max(0, self.left - len(shown))
        return verbatim(shown, label, kind)


def _head(verdict: Mapping[str, Any], bundle: Bundle, student: str, marks: Given) -> Html:
    pieces: list[Html] = [
        el("p", f"Feedback for {student}", class_="over"),
        el("h1", title(bundle)),
    ]
    waits = sum(m.of for m in marks.marks.values() if m.points is None)
    if verdict["status"] == "quarantined":
        said = join([el("strong", "A person has to look"), " at what you handed in before there are points."])
    else:
        said = join([el("strong", f"{marks.total:g} of {marks.of:g} points")])
        if waits:
            said = join([said, f" so far; {_points_of(waits)} wait for a person."])
    pieces.append(el("p", said, class_="total"))
    if marks.penalty:
        pieces.append(el("p", f"This is less {marks.penalty:g} for handing in late."))
    if verdict["reason"]:
        heading = (
            "Why nothing could be graded" if verdict["status"] != "graded" else "A word on your notebook"
        )
        pieces.append(_note(heading, el("p", shortened(verdict["reason"], 2000)), warns=True))
    return el("header", pieces)


def _points(groups: list[Group], marks: Given) -> Html:
    rows: list[list[str]] = []
    for k, group in enumerate(groups):
        found = [(p, marks.marks.get(p.name, Mark(None, p.points))) for p in group.marked]
        if found:
            name = el("a", group.title, href=f"#task-{k + 1}")
            parts = join(
                [", " * (at > 0), el("span", f"{_sign(m)}\u00a0{p.label}", class_=_kind(m))]
                for at, (p, m) in enumerate(found)
            )
            got = sum(m.points or 0.0 for _, m in found)
            open_ = all(m.points is None for _, m in found)
            rows.append([name, parts, f"{'–' if open_ else f'{got:g}'} of {sum(m.of for _, m in found):g}"])
    caption = "✓ holds, ✗ does not hold yet, … waits for a person"
    return table(caption, ["task", "parts", "points"], rows, numbers={2})


def _kind(mark: Mark) -> str:
    return "waits" if mark.points is None else "held" if mark.points >= mark.of else "failed"


def _sign(mark: Mark) -> str:
    return {"waits": "…", "held": "✓", "failed": "✗"}[_kind(mark)]


def _state(mark: Mark) -> Html:
    """A mark in a sign and words."""
    words = {"waits": "waits for a person", "held": "holds", "failed": "partly" if mark.points else "not yet"}
    by = " (given by a person)" if mark.person else ""
    return el("span", f"{_sign(mark)} {words[_kind(mark)]}{by}", class_=_kind(mark))


def _group(
    number: int, group: Group, judged: Mapping[str, Any], marks: Given, room: Room, bundle: Bundle
) -> Html:
    pieces: list[Html] = [el("h2", group.title, id=f"task-{number + 1}")]
    fine = True
    for part in group.parts:
        mark = marks.marks.get(part.name, Mark(None, part.points))
        of = "–" if mark.points is None else f"{mark.points:g}"
        pieces.append(el("h3", f"{part.label}: ", _state(mark), f", {of} of {_points_of(mark.of)}"))
        pieces += _comment(part.name, marks)
        cell = judged.get(part.name)
        if cell and (cell["score"] or 0) < part.points:
            fine = False
            pieces += _failure(part, cell)
    for part in group.by_hand:
        mark = marks.marks.get(part.name, Mark(None, part.points))
        of = "" if mark.points is None else f", {mark.points:g} of {_points_of(mark.of)}"
        pieces.append(el("h3", "Your answer in words: ", _state(mark), of))
        written = judged.get(part.name, {}).get("source", "")
        if written.strip() and written != bundle.released.get(part.name):
            pieces.append(room.verbatim(written, "What you wrote", "words"))
        else:
            pieces.append(el("p", "You have not written anything here.", class_="quiet"))
        pieces += _comment(part.name, marks)
    for name in group.answers:
        cell = judged.get(name)
        if cell:
            pieces += _answer(name, cell, fine, room)
            pieces += _comment(name, marks)
    return el("section", pieces, aria_labelledby=f"task-{number + 1}")


def _failure(part: Part, cell: Mapping[str, Any]) -> list[Html]:
    """What failed, in the words that the test said, and the misconceptions that it named."""
    named = [m for m in map(misconception, cell["named"]) if m is not None]
    text = without_hidden(cell["message"])
    for at, m in enumerate(named):  # their words stand below, with a link
        words, address = where(m.section)
        head = "This looks like: " if at == 0 else "and, besides: "
        text = text.replace(
            "\n".join(
                [wrap(f"{head}{m.title}."), wrap(m.hint, 2), wrap(f"Read: {words}", 2), f"  {address}"]
            ),
            "",
        )
    words, address = where(part.section)
    read = f"{wrap(f'Read: {words}')}\n{address}"
    reads = bool(words) and read in text
    if reads:
        text = text.replace(read, "")
    text = re.sub(rf"\A✗ {re.escape(part.task)}, {re.escape(part.label)}: not yet \(.*?\)\n", "", text)
    pieces = _said(text)
    if cell["stopped"]:
        pieces.append(el("p", STOPPED.get(cell["stopped"], "It was stopped.")))
    for m in named:
        words, address = where(m.section)
        said = [el("p", m.hint)]
        if words:
            said.append(el("p", "Read: ", link(words, address)))
        pieces.append(_note(f"This looks like: {m.title}", *said, level="h4"))
    if reads:
        pieces.append(el("p", "Read: ", link(words, address)))
    return pieces or [el("p", "The test did not say why.", class_="quiet")]


def _said(text: str) -> list[Html]:
    """A message: its sentences as paragraphs, its indented lines (numbers, code) as they stand."""
    made = []
    for block in re.split(r"\n\s*\n", shortened(plain(text)).strip("\n")):
        for set_in, lines in groupby(block.split("\n"), key=lambda line: line.startswith((" ", "\t"))):
            if set_in:
                made.append(verbatim(dedent("\n".join(lines)), "Numbers of the message", "numbers"))
            elif prose := " ".join(lines).strip():
                made.append(el("p", prose))
    return made


def _answer(name: str, cell: Mapping[str, Any], fine: bool, room: Room) -> list[Html]:
    inside = [room.verbatim(cell["source"], f"Your code for {name}")]
    if cell["printed"]:
        inside += [
            el("p", "When the cell ran, it printed:"),
            room.verbatim(cell["printed"], "Printed", "printed"),
        ]
    if cell["error"]:
        inside.append(el("p", "When the cell ran, it stopped:"))
        inside.append(room.verbatim(cell["error"], "Error", "printed"))
        fine = False
    return [el("details", el("summary", "Your code"), inside, open=not fine)]


def _extra(extra: list[Mapping[str, Any]], room: Room) -> Html:
    if not extra:
        return Html("")
    pieces = [el("h2", "Your own cells", id="own-cells")]
    for number, cell in enumerate(extra[:MOST_EXTRA], 1):
        inside = [
            room.verbatim(cell["source"], f"Your own cell {number}", "words" if cell.get("text") else "code")
        ]
        if cell["printed"]:
            inside.append(room.verbatim(cell["printed"], f"Printed by your own cell {number}", "printed"))
        if cell["error"]:
            inside.append(el("p", "It stopped:"))
            inside.append(room.verbatim(cell["error"], f"Error of your own cell {number}", "printed"))
        ended = ", which stopped with an error" if cell["error"] else ""
        pieces.append(el("details", el("summary", f"Own cell {number}{ended}"), inside))
    if len(extra) > MOST_EXTRA:
        pieces.append(el("p", f"… and {len(extra) - MOST_EXTRA} more, which are not shown."))
    return el("section", pieces, aria_labelledby="own-cells")


def _comment(name: str, marks: Given) -> list[Html]:
    text = marks.comments.get(name, "")
    if not text:
        return []
    return [_note("A comment by a person", verbatim(text, "Comment", "words"), level="h4")]


def _note(heading: str, *inside: Html, level: str = "h2", warns: bool = False) -> Html:
    level = "h3" if level == "h2" else level
    return el("div", el(level, heading), inside, class_="note warns" if warns else "note")


def _points_of(number: float) -> str:
    return f"{number:g} point{'s' * (number != 1)}"
