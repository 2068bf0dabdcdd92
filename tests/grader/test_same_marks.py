"""On honest work our gradebook has the rows of stock nbgrader, and nbgrader's own commands go on from it."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pytest

from grader.batch import Run, verdicts
from grader.course import Course
from tests.grader import classes, honest
from tests.grader.classes import NAME

RANDOM = ("id", "index")  # nbgrader's ids, and the order by them
pytestmark = pytest.mark.slow  # it needs the sandbox, and nbgrader's own commands take their time


@pytest.fixture(scope="module")
def stock(released: Course, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A class graded by nbgrader as it comes: its kernel, its own steps, no line of ours in its configuration."""
    from tests.grader.conftest import copy

    course = copy(released, tmp_path_factory.mktemp("stock") / "course")
    config = course.root / "nbgrader_config.py"
    text = config.read_text(encoding="utf-8")
    config.write_text(
        text.replace("from grader", "# from grader").replace("use(c)", "# use(c)"), encoding="utf-8"
    )
    assert "\nuse(c)" not in config.read_text(encoding="utf-8")
    classes.honest(course, 2)
    classes.nbgrader(course, "autograde", NAME)
    return course


@pytest.fixture
def walled(course: Course) -> Course:
    """A course as ``grader init`` makes it: with the best sandbox of this machine."""
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text(encoding="utf-8").replace(classes.STANDIN, ""), encoding="utf-8")
    return Course.open(course.root)


class TestRowsOfSomeAssignments:  # in three classes, as a process takes a class: together they last the longest
    @pytest.mark.parametrize("name", honest.NAMES[::3])
    def test_are_those_of_stock_nbgrader_field_by_field(self, name: str, tmp_path: Path) -> None:
        same_rows(name, tmp_path)


class TestRowsOfOthers:
    @pytest.mark.parametrize("name", honest.NAMES[1::3])
    def test_are_those_of_stock_nbgrader_field_by_field(self, name: str, tmp_path: Path) -> None:
        same_rows(name, tmp_path)


class TestRowsOfTheRest:
    @pytest.mark.parametrize("name", honest.NAMES[2::3])
    def test_are_those_of_stock_nbgrader_field_by_field(self, name: str, tmp_path: Path) -> None:
        same_rows(name, tmp_path)


def same_rows(name: str, tmp_path: Path) -> None:
    """Every assignment: right, wrong with named mistakes, in part, and a loop without an end that a test stops."""
    theirs, ours = (honest.course(name, tmp_path / n / "course", n == "stock") for n in ("stock", "ours"))
    for course in (theirs, ours):
        for student, written in honest.answers(name).items():
            honest.hand_in(course, name, student, written)
    by_stock(theirs, name)
    summary = Run(ours, name, driver="serial")()
    assert (summary.graded, summary.level) == (4, "bubblewrap")
    wanted, found = (classes.rows(c.root / "gradebook.db") for c in (theirs, ours))
    tests = sum(c.role == "test" for c in ours.masters(name)[name].bundle.cells)
    by_hand = sum(c.role == "by-hand" for c in ours.masters(name)[name].bundle.cells)
    assert len(wanted["grade"]) == 4 * (tests + by_hand) and wanted["number of student"] == [(4,)]
    for table, rows in wanted.items():
        assert found[table] == rows, table
    points = classes.scores(theirs)
    worth = ours.masters(name)[name].bundle.points
    assert worth > points["ada"] > max(points[s] for s in ("bob", "cleo", "dan")) and points["cleo"] > 0, (
        points
    )
    assert shown(theirs, name) == shown(ours, name), "what the formgrader's lists are made of"


def by_stock(course: Course, name: str) -> None:
    """Grade with stock nbgrader; again where a kernel of its lost its port to another program, as happens."""
    for last in (False, False, True):
        try:
            classes.nbgrader(course, "autograde", name)
            return
        except AssertionError as error:
            if last or "Address already in use" not in str(error):
                raise


def shown(course: Course, name: str) -> dict[str, Any]:
    """What nbgrader's API, which the formgrader asks, says of an assignment; without its random ids."""
    from nbgrader.apps import NbGraderAPI

    config = course.config.copy()
    config.CourseDirectory.root = str(course.root)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SQLAlchemy's on nbgrader's own queries
        api = NbGraderAPI(config=config)
        found = {
            "assignment": api.get_assignment(name),
            "notebooks": api.get_notebooks(name),
            "submissions": api.get_submissions(name),
            "of notebooks": sorted(api.get_notebook_submissions(name, name), key=lambda s: str(s["student"])),
            "students": api.get_students(),
        }
        with api.gradebook as book:
            assert {s.id for s in book.students} == {"ada", "bob", "cleo", "dan"}
    known = json.dumps(found, default=str)
    return dict(json.loads(known, object_hook=lambda o: {k: v for k, v in o.items() if k not in RANDOM}))


def test_a_cell_that_never_ends_is_stopped_by_both_and_the_rest_is_graded(tmp_path: Path) -> None:
    """Stock nbgrader interrupts it after 30 s, if not told otherwise, and ours after 10; both are told 4 here.

    What the cell had defined before counts in both. A loop that nothing interrupts (in native code, or with every
    exception caught) is where they differ: stock nbgrader gives up the kernel and the whole submission with it,
    ours ends the process, gives 0 to what hung, and goes on in a fresh one.
    """
    theirs, ours = (honest.course(NAME, tmp_path / n / "course", n == "stock") for n in ("stock", "ours"))
    right = honest.answers(NAME)["ada"]
    written = right | {"relu": right["relu"] + "\nwhile True:\n    pass\n", "elu": "while True:\n    pass\n"}
    # A cell that shows something calls this one.
    written |= {"gradient_norms": honest.endless(right["gradient_norms"])}
    deaf = "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass\n"
    for course in (theirs, ours):
        honest.hand_in(course, NAME, "ada", written)
        config = course.root / "nbgrader_config.py"
        more = "c.Execute.timeout = 4\nc.SandboxedExecute.limits = {'cell_seconds': 4.0}\n"
        config.write_text(config.read_text(encoding="utf-8") + more, encoding="utf-8")
    ours = Course.open(ours.root)
    by_stock(theirs, NAME)
    Run(ours, NAME, driver="serial")()
    wanted, found = (classes.rows(c.root / "gradebook.db") for c in (theirs, ours))
    assert found == wanted
    points = {r[8]: r[10] for r in found["grade"]}
    assert (
        points["test-relu-value"] == 1.0
        and points["test-elu-value"] == 0.0
        and points["test-softmax-value"] > 0
        and not any(p for n, p in points.items() if n.startswith("test-gradient_norms"))
    )
    honest.hand_in(ours, NAME, "bob", right | {"elu": deaf})
    Run(ours, NAME, driver="serial")()
    points = {r[8]: r[10] for r in classes.rows(ours.root / "gradebook.db")["grade"] if r[0] == "bob"}
    assert [n for n, p in points.items() if p == 0.0] == ["test-elu-dalpha", "test-elu-dz", "test-elu-value"]


def test_nbgraders_own_command_runs_our_sandbox_and_writes_the_same_rows(
    stock: Course, walled: Course
) -> None:
    classes.honest(walled, 2)
    said = classes.nbgrader(walled, "autograde", NAME)
    assert "Sanitizing" in said and "Kernel" not in said
    assert classes.rows(walled.root / "gradebook.db") == classes.rows(stock.root / "gradebook.db")
    assert all(verdict and verdict["status"] == "graded" for _, verdict in verdicts(walled, NAME))
    by_nbgrader = {p: p.read_text(encoding="utf-8") for p in walled.root.glob("autograded/*/*/*.ipynb")}
    summary = Run(walled, NAME)()
    assert (summary.graded, summary.kept) == (2, 2), "a verdict that nbgrader's command had is not made again"
    assert classes.rows(walled.root / "gradebook.db") == classes.rows(stock.root / "gradebook.db")
    for path, before in by_nbgrader.items():
        assert cells(before) == cells(path.read_text(encoding="utf-8"))


def cells(text: str) -> list[object]:
    """What a notebook shows, whichever program wrote it."""
    import nbformat

    found = []
    for cell in nbformat.reads(text, as_version=4).cells:
        outputs = [{k: v for k, v in o.items() if k != "traceback"} for o in cell.get("outputs", [])]
        found.append((cell.source, dict(cell.metadata.get("nbgrader", {})), outputs))
    return found


def test_one_student_whom_nbgrader_cannot_read_costs_no_other(walled: Course) -> None:
    """A duplicated test cell and a retyped one end nbgrader's own steps for a class; ours repair them."""
    nb = classes.notebook(walled, {"relu": classes.solutions()["relu"]})
    where = {c["metadata"].get("nbgrader", {}).get("grade_id"): k for k, c in enumerate(nb["cells"])}
    nb["cells"].insert(where["test-relu-value"] + 2, dict(nb["cells"][where["test-relu-value"]], id="pasted"))
    nb["cells"][where["task-relu"]]["cell_type"] = "raw"
    classes.hand_in(walled, "ada", nb)
    classes.hand_in(walled, "bob", b"{not json")
    classes.hand_in(walled, "cleo", classes.notebook(walled, {"relu": classes.solutions()["relu"]}))
    said = classes.nbgrader(walled, "autograde", NAME, code=1)
    assert "error processing assignment '04_activations' for student 'bob'" in said
    assert "for student 'ada'" not in said and "for student 'cleo'" not in said
    assert classes.scores(walled) == {"ada": 3.0, "bob": 0.0, "cleo": 3.0}


def test_nbgraders_other_commands_go_on_from_our_gradebook(walled: Course) -> None:
    classes.honest(walled)
    Run(walled, NAME)()
    before = classes.rows(walled.root / "gradebook.db")
    classes.nbgrader(walled, "generate_feedback", NAME)
    pages = sorted(walled.root.glob(f"feedback/*/{NAME}/{NAME}.html"))
    assert [p.parent.parent.name for p in pages] == ["ada", "bob", "cleo", "dan"]
    text = pages[0].read_text(encoding="utf-8")
    assert "(Score: 29.0 / 33.0)" in text and "cases=" not in text and "HIDDEN TESTS" not in text
    classes.nbgrader(walled, "db", "upgrade")
    classes.nbgrader(walled, "export")
    table = (walled.root / "grades.csv").read_text(encoding="utf-8").splitlines()
    assert len(table) == 5 and {row.split(",")[0] for row in table[1:]} == {NAME}
    (ada,) = (row.split(",") for row in table[1:] if ",ada," in row)  # nbgrader gives the rows in no order
    assert "33.0" in ada and "29.0" in ada
    assert classes.rows(walled.root / "gradebook.db") == before
    again = Run(walled, NAME)()
    assert (again.kept, again.written) == (4, 0)
    classes.nbgrader(walled, "autograde", NAME, "--force", "--student", "ada")
    assert classes.rows(walled.root / "gradebook.db") == before
