"""Every attack, handed in as a real file and graded by the real commands in the real sandbox."""

from __future__ import annotations

import re

import pytest

from tests.grader.attacks import ours, page, presentation
from tests.grader.attacks.kit import POINTS, Attack
from tests.grader.attacks.ours import Class
from tests.grader.attacks.table import ATTACKS, EVERY

pytestmark = pytest.mark.slow  # a class of 200 in the sandbox


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Class:
    return ours.grade(tmp_path_factory.mktemp("attacks") / "scene")


@pytest.mark.parametrize("attack", EVERY, ids=lambda a: a.id)
def test_an_attack_gains_nothing_harms_nobody_and_is_told(graded: Class, attack: Attack) -> None:
    outcome = graded.outcomes[attack.id]
    assert outcome.harms == []
    assert outcome.unearned == 0
    if attack.costs == POINTS and outcome.status != "graded":
        assert outcome.points is None
    else:
        assert outcome.status == "graded"
        assert outcome.points == outcome.twin - attack.costs
    assert re.search(attack.says, outcome.told), f"the student should read {attack.says!r}:\n{outcome.told}"


def test_twins_have_what_they_earned(graded: Class) -> None:
    wanted = {
        "Faking a pass": {0, 9},
        "Killing or hanging": {8, 10},
        "Stealing": {0, 8},
        "Malformed": {0, POINTS},
    }
    for group, attacks in ATTACKS.items():
        assert {graded.outcomes[a.id].twin for a in attacks} == wanted.get(group, {POINTS}), group


def test_the_neighbours_keep_every_mark(graded: Class) -> None:
    marks = ours.points(graded.rows)
    assert {marks[name] for name in (*ours.HONEST, "zip-neighbour")} == {POINTS}
    manual = [row for row in graded.rows["grade"] if row[11] is not None]
    assert manual == [], "nobody gave marks by hand"


def test_everybody_is_accounted_for(graded: Class) -> None:
    said = graded.summary
    assert said["submitted"] == said["graded"] + len(said["zero"]) + len(said["quarantined"])
    assert said["submitted"] == 2 * len(EVERY) + len(ours.HONEST) + 1
    assert all(len(one["reason"]) > 15 for one in (*said["zero"], *said["quarantined"]))
    assert said["level"] == "bubblewrap"


def test_no_process_stays(graded: Class) -> None:
    assert graded.seen_alive > 2, "the search finds the sandbox's processes while it is open"
    assert graded.leftovers == []


def test_nothing_was_heard_on_the_network(graded: Class) -> None:
    assert (graded.listener.knocks, graded.listener.heard) == (0, b"")
    import socket

    with socket.create_connection(("127.0.0.1", graded.listener.port), 5) as line:
        line.sendall(b"the listener does hear")
        line.shutdown(socket.SHUT_WR)
        line.recv(1)  # it has hung up, and so has heard
    assert graded.listener.heard == b"the listener does hear"


def test_no_file_is_left_outside_the_course(graded: Class) -> None:
    here = graded.scene
    assert list(here.marks.iterdir()) == []
    assert (here.home / ".bashrc").read_text() == "# nothing\n"
    assert [f.name for f in here.temporary.iterdir()] == [], "the sandboxes' own folders are gone"
    assert not (here.course / "source" / ours.NAME / "planted.py").exists()


def test_no_cell_of_the_table_of_marks_is_a_formula(graded: Class) -> None:
    table = graded.tables["nbgrader"]
    assert "'=1+1" in table
    assert not re.search(r"(?:^|,)\"?[=+@]", table, re.M)


def test_nothing_of_a_student_acts_on_a_page(graded: Class) -> None:
    """Every page of the class: no script, no tag of theirs, no terminal escape."""
    pages = [*graded.course.root.glob("feedback/*/*/*.html"), *graded.course.root.glob("*.html")]
    assert len(pages) >= 2 * len(EVERY)
    for path in pages:
        text = path.read_text(encoding="utf-8")
        assert not ours.is_active(text), path
        assert "\x1b" not in text, path
    assert ours.is_active(presentation.SCRIPT), "the search finds a script"


def test_the_page_says_what_came_of_the_run(graded: Class) -> None:
    """``python -m tests.grader.attacks --ours`` writes it anew."""
    assert page.read()[1] == page.words(graded.outcomes)
