"""The report on a class: points, how hard each part was, misconceptions, time, and what a person should look at.

``report_page`` is a function of verdicts. It draws conclusions about tasks, and none about people.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from grader import alike as likeness
from grader.bundle import Bundle
from grader.figures import FEWEST, items, misconceptions, stopped
from grader.given import Given, from_verdict
from grader.outline import misconception, outline, title, where
from grader.pages import Html, el, join, link, page, shortened, table
from grader.plots import bars, histogram

MOST_ROWS = 200  # rows of a list that are shown
WHY = {"time": "too slow", "memory": "too much memory", "died": "Python ended", "flood": "too much output"}


def report_page(
    verdicts: Mapping[str, Mapping[str, Any]],
    bundle: Bundle,
    given: Mapping[str, Given] | None = None,
    ungraded: Sequence[str] = (),
) -> str:
    """The whole page: ``verdicts`` by student, ``given`` what the gradebook has, ``ungraded`` who has no verdict."""
    marks = {who: (given or {}).get(who) or from_verdict(v, bundle) for who, v in verdicts.items()}
    said = title(bundle)
    head = el("header", el("p", "Class report", class_="over"), el("h1", said), _facts(verdicts, ungraded))
    body = [
        _section("Points", _points(verdicts, marks)),
        _section("Tasks", _tasks(bundle, marks)),
        _section("Misconceptions", _misconceptions(verdicts)),
        _section("Quarantined, zero, not graded", _outside(verdicts, ungraded)),
        _section("Put right before grading", _repairs(verdicts)),
        _section("Time", _time(verdicts)),
        _section("Nearly the same", _alike(verdicts, bundle)),
    ]
    return page(f"{said}: class report", head, el("main", body)).replace("<body>", '<body class="report">', 1)


def _facts(verdicts: Mapping[str, Mapping[str, Any]], ungraded: Sequence[str]) -> Html:
    count = {s: sum(v["status"] == s for v in verdicts.values()) for s in ("graded", "zero", "quarantined")}
    facts = [
        ("handed in", len(verdicts) + len(ungraded)),
        ("graded", count["graded"]),
        ("zero, with a reason", count["zero"]),
        ("quarantined", count["quarantined"]),
        ("not graded yet", len(ungraded)),
    ]
    return el("dl", [el("div", el("dt", name), el("dd", f"{n:,}")) for name, n in facts], class_="facts")


def _points(verdicts: Mapping[str, Mapping[str, Any]], marks: Mapping[str, Given]) -> list[Html]:
    counted = {who: m for who, m in marks.items() if verdicts[who]["status"] != "quarantined"}
    if not counted:
        return [_none("There is no submission with points.")]
    totals = [m.total for m in counted.values()]
    of = max(m.of for m in counted.values())
    waits = sum(m.waits for m in counted.values())
    said = (
        f"{_students(len(totals))}: mean {statistics.fmean(totals):.3g} of {of:g} points, "
        f"median {statistics.median(totals):.3g}, from {min(totals):.3g} to {max(totals):.3g}."
    )
    pieces = [el("p", said)]
    if waits:
        pieces.append(
            el("p", f"For {_students(waits)}, a person still has to give points: they count as 0 here.")
        )
    pieces.append(histogram(totals, of, "Students by points. Quarantined submissions are left out."))
    return pieces


def _tasks(bundle: Bundle, marks: Mapping[str, Given]) -> list[Html]:
    found = items(outline(bundle), marks)
    if not any(i.students for i in found):
        return [_none("No part has points yet.")]
    rows = [
        [
            f"{i.task}: {i.part}",
            f"{i.points:g}",
            f"{i.students}",
            f"{i.solved:.0%}" if i.students else "–",
            "–" if i.tells is None else f"{i.tells:.2f}",
        ]
        for i in found
    ]
    head = ["part", "points", "students", "solved", "tells apart"]
    drawn = [(f"{_number(i.task)}{i.part}", i.solved, f"{i.solved:.0%}") for i in found if i.students]
    note = (
        "Solved: the mean share of a part's points. Tells apart: the correlation between a part's points and those of "
        "the rest of the assignment (point-biserial where a part is right or wrong), from −1 to 1. Near 0, a part says "
        "nothing about the rest; below 0, look at the part itself first. "
        f"It is left out where all have the same points, and for fewer than {FEWEST} students."
    )
    return [
        bars(drawn, "Share of the points reached, part by part."),
        table("The numbers, part by part", head, rows, numbers={1, 2, 3, 4}),
        el("p", note, class_="quiet"),
    ]


def _misconceptions(verdicts: Mapping[str, Mapping[str, Any]]) -> list[Html]:
    found = misconceptions(verdicts)
    if not found:
        return [_none("No test has named one.")]
    rows: list[list[str]] = []
    for name, count in found[:MOST_ROWS]:
        m = misconception(name)
        words, address = where(m.section) if m else ("", "")
        what = join([m.title, " ", el("span", f"({name})", class_="quiet")]) if m else name
        rows.append([what, f"{count}", link(words, address) if words else "–"])
    return [
        table(
            f"{len(found)} named by the tests; each student counts once",
            ["what it looks like", "students", "read"],
            rows,
            numbers={1},
        )
    ]


def _outside(verdicts: Mapping[str, Mapping[str, Any]], ungraded: Sequence[str]) -> list[Html]:
    rows = [
        [who, v["status"], shortened(v["reason"], 300)]
        for who, v in verdicts.items()
        if v["status"] != "graded"
    ]
    rows.sort(key=lambda r: (r[1], r[0]))
    rows += [
        [who, "not graded", "There is no verdict on it as it is now: run grader autograde."]
        for who in ungraded
    ]
    if not rows:
        return [_none("Everything that was handed in was graded.")]
    return _list(
        "Each with its reason. A quarantined one needs a person.", ["student", "what", "reason"], rows
    )


def _repairs(verdicts: Mapping[str, Mapping[str, Any]]) -> list[Html]:
    rows = [[who, shortened(text, 300)] for who, v in verdicts.items() for text in v["repairs"]]
    if not rows:
        return [_none("Every notebook was whole.")]
    note = el(
        "p",
        "Cells that had been changed, deleted, doubled or renamed. Most of these are slips. A changed test is at most "
        "a reason to ask; it never earned points, for the originals were used.",
        class_="quiet",
    )
    who = len({r[0] for r in rows})
    return [
        note,
        *_list(f"{len(rows)} in the notebooks of {_students(who)}", ["student", "what"], sorted(rows)),
    ]


def _time(verdicts: Mapping[str, Mapping[str, Any]]) -> list[Html]:
    used = {who: float(v["seconds"]) for who, v in verdicts.items() if v["status"] == "graded"}
    if not used:
        return [_none("Nothing was run.")]
    times = sorted(used.values())
    high = times[min(len(times) - 1, int(0.95 * len(times)))]
    said = (
        f"{sum(times):.3g} s in all; half of the notebooks took at most {statistics.median(times):.2g} s, "
        f"19 of 20 at most {high:.2g} s, the longest {times[-1]:.2g} s."
    )
    pieces = [
        el("p", said),
        histogram(times, times[-1], "Notebooks by the time that grading them took.", "seconds"),
    ]
    ended = stopped(verdicts)
    if ended:
        rows = [
            [
                who,
                ", ".join(f"{WHY.get(w, w)}: {n}" for w, n in sorted(count.items())),
                f"{used.get(who, 0):.2g}",
            ]
            for who, count in sorted(ended.items())
        ]
        pieces += _list(
            "Stopped in a test", ["student", "why, and in how many tests", "seconds"], rows, numbers={2}
        )
    return pieces


def _alike(verdicts: Mapping[str, Mapping[str, Any]], bundle: Bundle) -> list[Html]:
    found = likeness.alike(verdicts, bundle)
    note = el("p", el("strong", "Evidence for a person, not a verdict."), " ", EXPLAINED, class_="quiet")
    pieces = [note]
    if found.same_text:
        rows = [[", ".join(group[:50]), f"{len(group)}"] for group in found.same_text]
        pieces += _list(
            "The same text in every cell, comments included", ["students", "how many"], rows, numbers={1}
        )
    if found.pairs:
        rows = [[p.one, p.other, f"{p.share:.0%}", f"{p.shared}"] for p in found.pairs]
        head = ["student", "student", "in common", "pieces"]
        pieces += _list("Nearly the same structure, the nearest first", head, rows, numbers={2, 3})
    if not found.pairs and not found.same_text:
        pieces.append(_none(f"None among {_students(found.compared)}."))
    return pieces


EXPLAINED = (
    "Students' code is compared by its structure: comments, layout and the names that students chose do not count. "
    "It is cut into overlapping pieces of "
    f"{likeness.PIECE} steps. Pieces of the released notebook are taken out, and pieces that more than "
    f"{likeness.MANY:.0%} of the class wrote (and more than {likeness.AT_LEAST} students), for the task asks for them. "
    f"A pair is listed when it shares {likeness.FEWEST} of what is left, and at least {likeness.SHARE:.0%} of what the "
    "smaller one has left. Friends who learned together, a common source and chance are other explanations."
)


def _list(
    caption: str, head: list[str], rows: Sequence[Sequence[str]], numbers: set[int] | None = None
) -> list[Html]:
    made = [table(caption, head, [list(r) for r in rows[:MOST_ROWS]], numbers=numbers or set())]
    if len(rows) > MOST_ROWS:
        made.append(el("p", f"… and {len(rows) - MOST_ROWS:,} more rows.", class_="quiet"))
    return made


def _section(heading: str, inside: list[Html]) -> Html:
    name = heading.lower().replace(",", "").replace(" ", "-")
    return el("section", el("h2", heading, id=name), join(inside), aria_labelledby=name)


def _none(words: str) -> Html:
    return el("p", words)


def _number(task: str) -> str:
    first = task.split(" ", 1)[0]
    return f"{first} " if first.rstrip(".").isdigit() else ""


def _students(number: int) -> str:
    return f"{number:,} student{'s' * (number != 1)}"
