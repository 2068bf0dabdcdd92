"""A class of 300, its grading killed twenty times: no submission lost, doubled or wrong."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from grader.course import Course
from tests.grader import classes, light, postgres
from tests.grader.conftest import copy
from tests.grader.lost import configure, entries, everything, on, wait_for
from tests.grader.warm import MOMENTS, Warm

pytestmark = pytest.mark.slow
COUNT = 300
GRADED, ZERO, QUARANTINED = light.odd(COUNT)


@pytest.fixture(scope="module")
def undisturbed(
    warm: Warm, light_course: Course, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Course, dict[str, Any]]:
    """The class graded without a disturbance, in the real sandbox, on SQLite."""
    course = copy(light_course, tmp_path_factory.mktemp("undisturbed") / "course")
    points = light.class_of(course, COUNT)
    said = json.loads(warm.run("autograde", "01", "--json", "--course", str(course.root), code=3))
    assert (said["submitted"], said["graded"], said["written"]) == (COUNT, GRADED, COUNT)
    assert classes.scores(course) == points and sum(points.values()) > COUNT
    return course, everything(course)


def plan(seed: int) -> list[tuple[str, int, bool]]:
    """Twenty disturbances in random order: each moment twice, early or late, and four that come from outside."""
    chance = random.Random(seed)
    found = []
    for moment in MOMENTS:
        per = 8 if "a row" in moment else 1
        found += [(moment, per * chance.randint(1, 12), False), (moment, per * chance.randint(1, 12), False)]
    old = [k for k, (moment, _, _) in enumerate(found) if "gradebook" in moment][::2]
    for k in old:  # while the verdicts of the runs before are gone through
        found[k] = (found[k][0], found[k][1], True)
    found += [("any time", chance.randint(100, 900), True), ("any time", chance.randint(100, 900), True)]
    found += [("a worker", chance.randint(2, 9), True), ("a worker", chance.randint(2, 9), True)]
    chance.shuffle(found)
    return found


def disturb(course: Course, warm: Warm, what: str, count: int, armed: bool) -> None:
    """One run that is killed."""
    workers = (
        "1" if what in MOMENTS and count % 3 else "2"
    )  # each opens a sandbox, which is what takes long here
    words = ("autograde", "01", "--workers", workers, "--course", str(course.root))
    if what in MOMENTS:
        run = warm.start(*words, die=(what, count, armed, signal.SIGKILL))
        assert run.wait() == -signal.SIGKILL, f"{what}, {count}: {run.said}{run.complaint}"
        return
    run = warm.start(*words)
    if what == "any time":
        time.sleep(count / 1000)
    else:
        target = len(entries(course)) + count
        wait_for(lambda: len(entries(course)) >= target or not run.alive)
        first = run.workers()[0]
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: len(entries(course)) >= target + 8 or not run.alive)  # it goes on without
        assert run.alive and first not in run.workers()
    os.kill(run.pid, signal.SIGKILL)
    assert run.wait() == -signal.SIGKILL


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_class_of_300_killed_20_times_loses_doubles_and_changes_nothing(
    database: str,
    warm: Warm,
    light_course: Course,
    undisturbed: tuple[Course, dict[str, Any]],
    server: postgres.Server,
    tmp_path: Path,
) -> None:
    course = on(database, copy(light_course, tmp_path / "course"), server, warm, "killed")
    if database == "postgresql":  # a sandbox takes a second to open: the real one is killed on SQLite
        course = configure(course, classes.STANDIN)
    points = light.class_of(course, COUNT)
    killed = plan(5 if database == "sqlite" else 6)
    assert len(killed) == 20 and set(MOMENTS) < {what for what, _, _ in killed}
    grown = [0]
    for what, count, armed in killed:
        disturb(course, warm, what, count, armed)
        grown.append(len(entries(course)))
        assert grown == sorted(grown), f"{what}: the journal has lost a line"
    assert grown[-1] < COUNT - 30, "it was done before it was killed for the last time"
    said = warm.run("autograde", "01", "--course", str(course.root), code=3)
    assert (
        f"{COUNT} submitted = {GRADED} graded + {ZERO} zero with a reason + {QUARANTINED} quarantined" in said
    )
    same = everything(course)
    for what, right in undisturbed[1].items():
        assert same[what] == right, what
    doubled = [key for key, times in Counter(entries(course)).items() if times > 1]
    assert doubled == [] and len(entries(course)) == len(entries(undisturbed[0]))
    assert len(points) == len(same["rows"]["attempts"]) == COUNT
    assert warm.orphans() == [] and not list(course.root.rglob("*.new"))
