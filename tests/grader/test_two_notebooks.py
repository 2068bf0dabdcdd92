"""An assignment of two notebooks, as nbgrader allows it: released, collected, graded, and given back as two pages."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from grader.batch import Run
from grader.collect import collect
from grader.course import Course
from grader.given import from_gradebook, scores
from grader.setup_course import make, release
from tests.grader import classes, downloads

ASSIGNMENT, FIRST, SECOND = "ps1", "p1", "p2"
SOLUTION = "def {name}(x):\n    ### BEGIN SOLUTION\n    return {value}\n    ### END SOLUTION"
TEST = (
    "assert {name}(3) == {want}\n### BEGIN HIDDEN TESTS\nassert {name}(5) == {hidden}\n### END HIDDEN TESTS"
)
MARKS = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}


def cell(kind: Any, name: str, source: str, **marks: Any) -> Any:
    made = kind(source, id=name)
    made.metadata["nbgrader"] = MARKS | {"grade_id": name} | marks
    return made


def source(folder: Path) -> Path:
    """The instructor's two notebooks: doubling, with a question in words; squaring."""
    for notebook, name, value, want, hidden in (
        (FIRST, "double", "2 * x", 6, 10),
        (SECOND, "square", "x * x", 9, 25),
    ):
        book = new_notebook()
        book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        book.cells = [
            cell(new_markdown_cell, "head", f"# {notebook}", locked=True),
            cell(new_code_cell, name, SOLUTION.format(name=name, value=value), solution=True),
            cell(
                *(new_code_cell, f"test-{name}", TEST.format(name=name, want=want, hidden=hidden)),
                grade=True,
                locked=True,
                points=2,
            ),
        ]
        if notebook == FIRST:
            words = cell(new_markdown_cell, "why", "The answer.", grade=True, solution=True, points=3)
            book.cells.append(words)
        path = folder / ASSIGNMENT / f"{notebook}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(book, path)
    return folder


def course_of(folder: Path, more: str = "") -> Course:
    made = make(folder / "course", source=source(folder / "instructor"))
    config = made.root / "nbgrader_config.py"
    config.write_text(config.read_text(encoding="utf-8") + more, encoding="utf-8")
    said = release(made, ASSIGNMENT)
    assert [(n["name"], n["points"], n["tests"]) for n in said["notebooks"]] == [
        (FIRST, 5.0, 1),
        (SECOND, 2.0, 1),
    ]
    return Course.open(made.root)


def written(course: Course, notebook: str, **answers: str) -> bytes:
    """A released notebook with these answers in it; ``more`` becomes a text cell of the student's at the end."""
    more = answers.pop("more", "")
    book = json.loads(
        (course.folder("release", ASSIGNMENT) / f"{notebook}.ipynb").read_text(encoding="utf-8")
    )
    for one in book["cells"]:
        one["source"] = answers.get(one["metadata"]["nbgrader"]["grade_id"], one["source"])
    if more:
        book["cells"].append({"cell_type": "markdown", "id": "mine", "metadata": {}, "source": more})
    return json.dumps(book).encode()


def handed_in(course: Course) -> dict[str, bytes]:
    """ada: both right. bob: only the first. cleo: the second wrong."""
    double, square = "def double(x):\n    return x + x", "def square(x):\n    return x ** 2"
    return {
        f"ada/{FIRST}.ipynb": written(
            course, FIRST, double=double, why="Because.", more="And <script>so</script>."
        ),
        f"ada/{SECOND}.ipynb": written(course, SECOND, square=square),
        f"bob/{FIRST}.ipynb": written(course, FIRST, double=double),
        f"cleo/{FIRST}.ipynb": written(course, FIRST, double=double),
        f"cleo/{SECOND}.ipynb": written(course, SECOND, square=square.replace("**", "+ 6 *")),
    }


WANTED = {
    ("ada", FIRST): {"test-double": 2.0, "why": None},
    ("ada", SECOND): {"test-square": 2.0},
    ("bob", FIRST): {"test-double": 2.0, "why": 0.0},
    ("bob", SECOND): {"test-square": 0.0},
    ("cleo", FIRST): {"test-double": 2.0, "why": 0.0},
    ("cleo", SECOND): {"test-square": 0.0},
}


def test_two_notebooks_go_the_whole_way(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    course = course_of(tmp_path, classes.STANDIN)
    at = ["--course", str(course.root)]
    download = downloads.archive(tmp_path / "homework.zip", handed_in(course))
    assert classes.here("collect", ASSIGNMENT, str(download), *at, "--json") == 3, (
        "bob has handed in one of two"
    )
    rows = json.loads(capsys.readouterr().out)
    assert [(r["student"], r["what"]) for r in rows if r["what"] != "taken"] == [("bob", "not taken")]
    assert next(r for r in rows if r["what"] == "not taken")["note"] == "There is no p2.ipynb."
    folder = course.folder("submitted", ASSIGNMENT, "ada")
    assert sorted(p.name for p in folder.iterdir()) == ["p1.ipynb", "p2.ipynb"]

    summary = Run(course, ASSIGNMENT, driver="serial")()
    assert (summary.submitted, summary.graded) == (6, 5)
    assert [(z["student"], z["notebook"]) for z in summary.zero] == [("bob", SECOND)]
    shown = json.loads(
        (course.folder("autograded", ASSIGNMENT, "ada") / "p1.ipynb").read_text(encoding="utf-8")
    )
    (why, mine) = shown["cells"][-2:]
    assert "".join(why["source"]) == "Because."
    assert (mine["cell_type"], "".join(mine["source"])) == ("markdown", "And < script>so< /script>."), (
        "for a person"
    )
    found = from_gradebook(course, ASSIGNMENT)
    assert {who: {n: m.points for n, m in given.marks.items()} for who, given in found.items()} == WANTED
    assert {s.student: (s.score, s.max, s.waits) for s in scores(course, ASSIGNMENT)} == {
        "ada": (4.0, 7.0, True),
        "bob": (2.0, 7.0, False),
        "cleo": (2.0, 7.0, False),
    }

    assert classes.here("feedback", ASSIGNMENT, *at) == 0
    pages = {p.relative_to(course.root / "feedback"): p for p in course.root.glob("feedback/*/*/*.html")}
    assert len(pages) == 6
    assert "no notebook p2.ipynb" in pages[Path("bob/ps1/p2.html")].read_text(encoding="utf-8")
    assert classes.here("report", ASSIGNMENT, *at) == 0
    assert sorted(p.name for p in (course.root / "reports").iterdir()) == ["ps1-p1.html", "ps1-p2.html"]
    assert classes.here("export", *at) == 0
    table = list(csv.DictReader((course.root / "grades.csv").read_text(encoding="utf-8").splitlines()))
    first = table[0]
    assert (first["student_id"], first["score"], first["max_score"]) == ("ada", "4.0", "7.0")


def test_platforms_files_find_their_notebooks(tmp_path: Path) -> None:
    """Canvas's flat names, a second hand-in, a stranger's name, and nobody's notebook at all."""
    archive = downloads.archive(
        tmp_path / "canvas.zip",
        {
            "lovelaceada_101_1_p1.ipynb": b"one",
            "lovelaceada_101_2_p2-1.ipynb": b"two, again",
            "noetheremmy_102_3_final.ipynb": b"which?",
            "curie_103_4_p2.ipynb": b"{}",
            "curie_103_5_notes.ipynb": b"{}",
        },
    )
    submitted = tmp_path / "submitted"
    rows = collect(archive, lambda s: submitted / s / ASSIGNMENT, ASSIGNMENT, notebooks=[FIRST, SECOND])
    assert (submitted / "101" / ASSIGNMENT / "p1.ipynb").read_bytes() == b"one"
    assert (submitted / "101" / ASSIGNMENT / "p2.ipynb").read_bytes() == b"two, again"
    for name in ("p1", "p2"):
        note = (submitted / "102" / ASSIGNMENT / f"{name}.ipynb").read_bytes()
        assert b"None of the 1 notebooks is named" in note, "a person has to look: which one is it?"
    assert [p.name for p in (submitted / "103" / ASSIGNMENT).iterdir()] == ["p2.ipynb"]
    assert [(r.student, r.what, r.note) for r in rows if r.student == "103"] == [
        ("103", "taken", ""),
        ("103", "not taken", "There is no p1.ipynb."),
        ("103", "not taken", "Another notebook of this student's."),
    ]


@pytest.mark.slow
def test_both_ways_of_autograde_give_stock_nbgraders_rows(tmp_path: Path) -> None:
    """But for one field: to a notebook that is missing, which gets 0 in both, ours adds the comment why."""
    use = "use(c)  # submissions run in the sandbox\n"
    courses = {name: course_of(tmp_path / name) for name in ("stock", "command", "ours")}
    stock = courses["stock"].root / "nbgrader_config.py"
    text = stock.read_text(encoding="utf-8")
    assert use in text
    stock.write_text(text.replace(use, ""), encoding="utf-8")
    for course in courses.values():
        for name, data in handed_in(course).items():
            path = course.folder("submitted", ASSIGNMENT, name.split("/")[0]) / name.split("/")[1]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    for name in ("stock", "command"):
        classes.nbgrader(courses[name], "autograde", ASSIGNMENT)
    Run(courses["ours"], ASSIGNMENT, driver="serial")()
    stock_, command, ours = (classes.rows(c.root / "gradebook.db") for c in courses.values())
    assert command == stock_
    mine = [r for r in ours["comment"] if r not in stock_["comment"]]
    assert [(r[0], r[5], r[10]) for r in mine] == [
        ("bob", SECOND, "There is no notebook p2.ipynb in what was handed in.")
    ]
    assert ours | {"comment": 0} == stock_ | {"comment": 0}
    classes.nbgrader(courses["ours"], "generate_feedback", ASSIGNMENT)
    pages = sorted(
        str(p.relative_to(courses["ours"].root)) for p in courses["ours"].root.glob("feedback/*/*/*.html")
    )
    assert len(pages) >= 5 and "feedback/ada/ps1/p2.html" in pages
