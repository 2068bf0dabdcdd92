"""The game xy, at the same time and in turns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import call
from bplib.check.task import Case, Seen, Task

task = Task(
    "12.play",
    "Round in circles",
    asks_for="play",
    section="sec-12-circles",
    parts={"path": 2},
)


@task.reference
def play(x: Any, y: Any, rate: Any, steps: Any, turns: Any) -> Any:
    path = [(x, y)]
    for _ in range(steps):
        new_x = x - rate * y
        y = y + rate * (new_x if turns else x)
        x = new_x
        path.append((x, y))
    return np.array(path)


@task.cases
def cases() -> Iterator[Case]:
    yield {"x": 1.0, "y": 0.0, "rate": 0.5, "steps": 2, "turns": False}
    yield {"x": 1.0, "y": 0.0, "rate": 0.5, "steps": 2, "turns": True}
    yield {"x": -0.3, "y": 0.8, "rate": 0.2, "steps": 4, "turns": False}
    yield {"x": 0.7, "y": 1.1, "rate": 0.3, "steps": 3, "turns": True}


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    how = "in turns" if case["turns"] else "at the same time"
    yield "path", f"the path, {how}", call(answer, *case.values())


@task.wrong(
    "both players go down",
    hint="Your second player makes xy small as well. It owns y and wants xy large.",
)
def both_players_go_down(x: Any, y: Any, rate: Any, steps: Any, turns: Any) -> Any:
    path = [(x, y)]
    for _ in range(steps):
        new_x = x - rate * y
        y = y - rate * (new_x if turns else x)
        x = new_x
        path.append((x, y))
    return np.array(path)


@task.wrong(
    "both players go up",
    hint="Your first player makes xy large. It owns x and wants xy small.",
)
def both_players_go_up(x: Any, y: Any, rate: Any, steps: Any, turns: Any) -> Any:
    path = [(x, y)]
    for _ in range(steps):
        new_x = x + rate * y
        y = y + rate * (new_x if turns else x)
        x = new_x
        path.append((x, y))
    return np.array(path)


@task.wrong(
    "the roles swapped",
    hint="In your game x is the player who wants xy large. The path runs round the other way.",
)
def roles_swapped(x: Any, y: Any, rate: Any, steps: Any, turns: Any) -> Any:
    path = [(x, y)]
    for _ in range(steps):
        new_x = x + rate * y
        y = y - rate * (new_x if turns else x)
        x = new_x
        path.append((x, y))
    return np.array(path)


@task.wrong(
    "always in turns",
    hint="Your second player has always seen the first one's move. When they move at the same time, both use "
    "the old point.",
)
def always_turns(x: Any, y: Any, rate: Any, steps: Any, turns: Any) -> Any:
    path = [(x, y)]
    for _ in range(steps):
        x = x - rate * y
        y = y + rate * x
        path.append((x, y))
    return np.array(path)


@task.wrong(
    "always at the same time",
    hint="Your players never take turns: the second one uses the old x even if turns is True.",
)
def always_at_same_time(x: Any, y: Any, rate: Any, steps: Any, turns: Any) -> Any:
    path = [(x, y)]
    for _ in range(steps):
        x, y = x - rate * y, y + rate * x
        path.append((x, y))
    return np.array(path)


@task.wrong(
    "the two ways exchanged",
    hint="You take turns where turns is False, and move together where it is True.",
)
def two_ways_exchanged(x: Any, y: Any, rate: Any, steps: Any, turns: Any) -> Any:
    path = [(x, y)]
    for _ in range(steps):
        new_x = x - rate * y
        y = y + rate * (x if turns else new_x)
        x = new_x
        path.append((x, y))
    return np.array(path)


@task.wrong(
    "y moves first",
    hint="In your turns y moves first and x sees it. The task lets x begin.",
)
def y_moves_first(x: Any, y: Any, rate: Any, steps: Any, turns: Any) -> Any:
    path = [(x, y)]
    for _ in range(steps):
        new_y = y + rate * x
        x = x - rate * (new_y if turns else y)
        y = new_y
        path.append((x, y))
    return np.array(path)


@task.wrong(
    "each player follows its own coordinate",
    hint="Your x moves by x and your y by y. The slope of xy with respect to x is y.",
)
def each_player_follows_its_own(x: Any, y: Any, rate: Any, steps: Any, turns: Any) -> Any:
    path = [(x, y)]
    for _ in range(steps):
        new_x = x - rate * x
        y = y + rate * y
        x = new_x
        path.append((x, y))
    return np.array(path)


@task.wrong(
    "the start left out",
    hint="Your path begins after the first step. The point that the game starts from belongs to it.",
)
def start_left_out(x: Any, y: Any, rate: Any, steps: Any, turns: Any) -> Any:
    path = []
    for _ in range(steps):
        new_x = x - rate * y
        y = y + rate * (new_x if turns else x)
        x = new_x
        path.append((x, y))
    return np.array(path)


@task.wrong(
    "the last point left out",
    hint="Your path ends one step too early: the point is noted before the step, and the last one never.",
)
def last_point_left_out(x: Any, y: Any, rate: Any, steps: Any, turns: Any) -> Any:
    path = []
    for _ in range(steps):
        path.append((x, y))
        new_x = x - rate * y
        y = y + rate * (new_x if turns else x)
        x = new_x
    return np.array(path)


@task.wrong(
    "only the last point",
    hint="You return where the game ends. The task asks for the whole path.",
)
def only_last_point(x: Any, y: Any, rate: Any, steps: Any, turns: Any) -> Any:
    for _ in range(steps):
        new_x = x - rate * y
        y = y + rate * (new_x if turns else x)
        x = new_x
    return np.array([x, y])


@task.wrong(
    "columns (y, x)",
    hint="The rows of your path are (y, x). The task asks for (x, y).",
)
def columns_y_x(x: Any, y: Any, rate: Any, steps: Any, turns: Any) -> Any:
    path = [(y, x)]
    for _ in range(steps):
        new_x = x - rate * y
        y = y + rate * (new_x if turns else x)
        x = new_x
        path.append((y, x))
    return np.array(path)
