"""The numbers of a class report: how hard each part was, how well it tells students apart, what went wrong."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from grader.given import Given
from grader.outline import Group

FEWEST = 10  # students, below which a correlation says nothing


@dataclass(frozen=True)
class Item:
    """One part of the assignment, over the students who have points for it.

    ``solved`` is the mean share of its points. ``tells`` is the correlation of its points with those of the rest
    of the assignment (for a part that is right or wrong: the point-biserial one); None where it is not defined.
    """

    task: str
    part: str
    name: str
    points: float
    students: int
    solved: float
    tells: float | None


def items(groups: list[Group], given: Mapping[str, Given]) -> list[Item]:
    """Each part's numbers, in the order of the assignment. A part without points is left out."""
    found = []
    for group in groups:
        for part in group.marked:
            if not part.points:
                continue
            own, rest = [], []
            for who in given.values():
                mark = who.marks.get(part.name)
                if mark is not None and mark.points is not None:
                    own.append(mark.points)
                    rest.append(sum(m.points or 0.0 for name, m in who.marks.items() if name != part.name))
            solved = statistics.fmean(own) / part.points if own else 0.0
            tells = correlation(own, rest)
            found.append(Item(group.title, part.label, part.name, part.points, len(own), solved, tells))
    return found


def correlation(xs: list[float], ys: list[float]) -> float | None:
    """Pearson's correlation; None for fewer than ``FEWEST`` students, or where all have the same points."""
    if len(xs) < FEWEST or min(xs) == max(xs) or min(ys) == max(ys):
        return None
    try:
        return statistics.correlation(xs, ys)
    except statistics.StatisticsError:  # numbers so close that their spread is lost in rounding
        return None


def misconceptions(verdicts: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, int]]:
    """(misconception, number of students for whom it was named), the most frequent first."""
    count: Counter[str] = Counter()
    for verdict in verdicts.values():
        count.update({m for cell in verdict["cells"] for m in cell.get("named", ())})
    return sorted(count.items(), key=lambda c: (-c[1], c[0]))


def stopped(verdicts: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """{student: {why: number of tests}} for everyone whose code was stopped in a test."""
    found = {}
    for who, verdict in verdicts.items():
        count = Counter(c["stopped"] for c in verdict["cells"] if c.get("stopped"))
        if count:
            found[who] = dict(count)
    return found
