"""The audit as a page of the book: figures, a table for each assignment, and what was forgiven, with reasons."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from bplib.check.task import find
from grader.audit.run import totals
from grader.audit.trial import TaskAudit

HEAD = ["task", "points", "wrong answers", "lose points", "named", "right answers kept", "mutants killed"]


def text(audits: list[TaskAudit]) -> str:
    """The whole fragment, in Markdown."""
    t = totals(audits)
    unequal = t["mutants"] - t["mutants_equivalent"]
    lines = [
        "<!-- Written by `grader audit --page`; not to be edited. -->",
        "",
        "| what | figure |",
        "|---|---|",
        f"| tasks that are graded automatically | {t['tasks']:g} |",
        f"| wrong answers in the bank | {t['misconceptions']:g} |",
        f"| of these, lose points under the visible tests | {t['kill_rate_visible']:.1%} |",
        f"| lose points under visible and hidden tests | {t['kill_rate']:.1%} |",
        f"| are called by their name in the message | {t['named_rate']:.1%} |",
        f"| right answers, written differently | {t['right_variants']:g} |",
        f"| of these, rejected | {t['false_rejections']:g} |",
        f"| mechanical mutants of the solutions | {t['mutants']:g} |",
        f"| of these, as right as the solution (listed below) | {t['mutants_equivalent']:g} |",
        f"| killed, of the others | {unequal - t['mutants_survived']:g} of {unequal:g} |",
        "",
    ]
    for number, group in groupby(audits, key=lambda a: a.task.split(".")[0]):
        lines += _assignment(number, list(group))
    return "\n".join(lines)


def _assignment(number: str, audits: list[TaskAudit]) -> list[str]:
    lines = [f"## Assignment {number}", "", f"| {' | '.join(HEAD)} |", "|---|" + "---:|" * (len(HEAD) - 1)]
    for a in audits:
        killed = a.mutants - len(a.equivalent) - len(a.survivors)
        row = [
            a.title,
            f"{a.points:g}",
            str(a.misconceptions),
            str(len(a.killed)),
            str(len(a.named)),
            f"{a.right - len(a.rejected)} of {a.right}",
            f"{killed} of {a.mutants - len(a.equivalent)}",
        ]
        lines.append(f"| {' | '.join(row)} |")
    lines += [
        "",
        "````{dropdown} The wrong answers of this assignment",
        ":class-container: only-on-screen",
        "",
    ]
    for a in audits:
        lines += [f"**{a.title}**", ""]
        lines += [f"* {m.title}" for m in find(a.task).misconceptions]
        lines += [""]
    lines += ["````", ""]
    forgiven = [(a.title, label, why) for a in audits for label, why in a.equivalent.items()]
    if forgiven:
        lines += ["````{dropdown} Mutants that are as right as the solution", ""]
        lines += [f"* {title}: `{label}`: {why}" for title, label, why in forgiven]
        lines += ["````", ""]
    return lines


def write(audits: list[TaskAudit], path: Path) -> None:
    """Write the fragment; the old one stands until the new one is whole."""
    new = path.with_suffix(".new")
    new.write_text(text(audits), encoding="utf-8")
    new.replace(path)
