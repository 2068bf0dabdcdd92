"""On honest work our gradebook has the rows of stock nbgrader, and nbgrader's own commands go on from it."""

from __future__ import annotations

import pytest

from grader.batch import Run, verdicts
from grader.course import Course
from tests.grader import classes
from tests.grader.classes import NAME

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


def test_our_rows_are_those_of_stock_nbgrader_field_by_field(stock: Course, walled: Course) -> None:
    """Right, partly right with named mistakes, and untouched; the cell marked by hand written, or as it was."""
    wanted = classes.rows(stock.root / "gradebook.db")
    assert len(wanted["grade"]) == 2 * 18 and wanted["number of student"] == [(2,)]
    assert {r[10] for r in wanted["grade"]} >= {None, 0.0, 1.0, 2.0}, "the class has every kind of mark"
    assert {r[10] for r in wanted["comment"]} == {None, "No response."}
    classes.honest(walled, 2)
    Run(walled, NAME, driver="serial")()
    ours = classes.rows(walled.root / "gradebook.db")
    for table, rows in wanted.items():
        assert ours[table] == rows, table


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
    assert "33.0" in table[1] and "29.0" in table[1]
    assert classes.rows(walled.root / "gradebook.db") == before
    again = Run(walled, NAME)()
    assert (again.kept, again.written) == (4, 0)
    classes.nbgrader(walled, "autograde", NAME, "--force", "--student", "ada")
    assert classes.rows(walled.root / "gradebook.db") == before
