"""Remembers, for as long as the notebook runs, which parts have been checked and how that went."""

from __future__ import annotations

from bplib.check.task import Task, all_tasks, find

_done: dict[tuple[str, str], bool] = {}


def note(task: Task, part: str, passed: bool, hidden: bool) -> None:
    """Keep the last result of a part; a hidden test can only take its points away."""
    _done[task.id, part] = passed and (not hidden or _done.get((task.id, part), True))


def lacking(task: Task) -> list[str]:
    """What the student wrote for the tasks that this one builds on, where it does not hold yet."""
    failing = {id for (id, _), ok in _done.items() if not ok}
    return [find(n).asks_for for n in task.needs if n in failing]


def score(assignment: str = "") -> None:
    """Print the points so far, task by task: of the assignment that was checked, or of the one named."""
    assignment = assignment or (next(reversed(_done))[0].split(".")[0] if _done else "")
    tasks = all_tasks(assignment) if assignment else []
    earned_all = points_all = 0.0
    for task in tasks:
        words, earned = [], 0.0
        for part, points in task.parts.items():
            state = _done.get((task.id, part))
            earned += points if state else 0
            words.append({True: f"{part} ✓", False: f"{part} ✗", None: f"{part} not tried"}[state])
        earned_all += earned
        points_all += task.points()
        print(f"{task.id:<28} {earned:>4g} of {task.points():<4g} {', '.join(words)}")
    print(
        f"{'visible tests':<28} {earned_all:>4g} of {points_all:<4g}"
        if tasks
        else "Nothing has been checked yet."
    )


def forget() -> None:
    """Start anew."""
    _done.clear()
