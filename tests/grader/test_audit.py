"""The audit notices every way in which a task's tests can be bad."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, writes

from bplib.check import find
from bplib.check.task import Task
from grader.audit import run, source
from grader.audit.replay import Recorder, by_heart, digest
from grader.audit.trial import Bench, TaskAudit, audit_task
from grader.audit.variants import Variants, read

RELU = """def relu(z):
    ### BEGIN SOLUTION
    mask = z > 0
    def pullback(d):
        return d * mask
    return np.maximum(z, 0), pullback
    ### END SOLUTION
"""
HIDDEN = """### BEGIN HIDDEN TESTS
check("04.relu", "{part}", relu, cases=[dict(z=np.array([[0.0, -7.0, 2.5]]), d=np.array([[1.5, 2.0, -3.0]]))])
### END HIDDEN TESTS
"""


def notebook(
    tmp_path: Path, solution: str = RELU, hidden: str = HIDDEN, points: tuple[float, float] = (1, 2)
) -> Bench:
    def cell(text: str, name: str, **more: Any) -> Any:
        meta = {
            "schema_version": 3,
            "grade_id": name,
            "grade": False,
            "solution": False,
            "locked": True,
            **more,
        }
        return new_code_cell(text, metadata={"nbgrader": meta, "tags": ["setup"] if name == "setup" else []})

    cells = [
        cell("import numpy as np\n%matplotlib inline\nfrom bplib.check import check", "setup"),
        cell(solution, "relu", solution=True, locked=False),
        new_markdown_cell(
            "rubric", metadata={"nbgrader": {"grade": True, "points": 3, "grade_id": "explain-x"}}
        ),
    ]
    for part, worth in zip(("value", "gradient"), points, strict=True):
        text = f'check("04.relu", "{part}", relu)\n' + hidden.replace("{part}", part)
        cells.append(cell(text, f"test-relu-{part}", grade=True, points=worth))
    path = tmp_path / "04_activations.ipynb"
    path.write_text(writes(new_notebook(cells=cells)), encoding="utf-8")
    return Bench(source.read(path))


@pytest.fixture
def variants(tmp_path: Path) -> Variants:
    path = tmp_path / "a04.py"
    path.write_text(
        "import numpy as np\nfrom grader.audit.variants import equivalent, right\n\n"
        '@right("04.relu", "where")\ndef relu(z):\n'
        "    return np.where(z > 0, z, 0), lambda d: np.where(z > 0, d, 0)\n\n"
        '@right("04.relu", "another convention")\ndef relu(z):\n'
        "    return np.maximum(z, 0), lambda d: d * (z >= 0)\n",
        encoding="utf-8",
    )
    return read(path)


def faults_of(audit: TaskAudit) -> str:
    return "\n".join(run.faults([audit]))


def test_a_good_task(tmp_path: Path) -> None:
    audit = audit_task(notebook(tmp_path), find("04.relu"), Variants())
    assert audit.solution and audit.stub and not audit.by_heart and not audit.notes
    assert audit.misconceptions == len(audit.killed) == len(audit.killed_visible) == len(audit.named) >= 4
    assert audit.mutants >= 4 and not audit.survivors
    assert faults_of(audit) == "04.relu: 0 right variants, at least 3 are wanted"


def test_a_right_answer_that_is_rejected(tmp_path: Path, variants: Variants) -> None:
    audit = audit_task(notebook(tmp_path), find("04.relu"), variants, with_mutants=False)
    assert audit.right == 2
    assert len(audit.rejected) == 1 and audit.rejected[0].startswith(
        "another convention: ✗ 04.relu, gradient"
    )


def test_a_wrong_solution(tmp_path: Path) -> None:
    audit = audit_task(notebook(tmp_path, RELU.replace("d * mask", "d")), find("04.relu"), Variants(), False)
    assert not audit.solution and "does not earn full points" in faults_of(audit)


def test_hidden_tests_that_ask_for_nothing_new_let_a_memorised_answer_through(tmp_path: Path) -> None:
    same = '### BEGIN HIDDEN TESTS\ncheck("04.relu", "{part}", relu)\n### END HIDDEN TESTS\n'
    audit = audit_task(notebook(tmp_path, hidden=same), find("04.relu"), Variants(), with_mutants=False)
    assert "knows only the visible cases keeps 3 points" in faults_of(audit)


def test_missing_hidden_tests_and_other_points_are_noted(tmp_path: Path) -> None:
    assert "no hidden test" in faults_of(
        audit_task(notebook(tmp_path, hidden=""), find("04.relu"), Variants())
    )
    audit = audit_task(notebook(tmp_path, points=(2, 2)), find("04.relu"), Variants())
    assert re.search(
        r"the notebook tests \{'value': 2.0.*the task has the parts \{'value': 1", faults_of(audit)
    )


def test_a_stub_that_is_already_right(tmp_path: Path) -> None:
    given = "def relu(z):\n    return np.maximum(z, 0), lambda d: d * (z > 0)\n"
    given += "    ### BEGIN SOLUTION\n    ### END SOLUTION\n"
    assert "the released stub earns points" in faults_of(
        audit_task(notebook(tmp_path, given), find("04.relu"), Variants(), False)
    )


def test_surviving_mutants_are_listed_unless_a_reason_is_given(tmp_path: Path) -> None:
    idle = RELU.replace("    mask", "    scale = 1 * 1\n    mask")
    first = audit_task(notebook(tmp_path, idle), find("04.relu"), Variants())
    assert "1 * 1 → 1 / 1" in first.survivors
    excused = Variants(equivalent={"04.relu": dict.fromkeys(first.survivors, "scale is not used")})
    second = audit_task(notebook(tmp_path, idle), find("04.relu"), excused)
    assert not second.survivors and second.equivalent["1 * 1 → 1 / 1"] == "scale is not used"
    excused.equivalent["04.relu"]["z > 0 → z >= 0"] = "wrongly excused"
    third = audit_task(notebook(tmp_path, idle), find("04.relu"), excused)
    assert "listed as equivalent, but the tests tell it apart: z > 0 → z >= 0" in third.notes


def weak_task() -> Task:
    """A task whose cases are too comfortable: two of its misconceptions look alike on them, one looks right."""
    from bplib.check import probes

    task = Task("04.relu", "x", asks_for="relu", section="sec-04-zero", parts={"value": 1, "gradient": 2})
    task.probe(probes.op("z"))
    task.answer = find("04.relu").answer
    task.cases(lambda: [{"z": np.array([1.0, 2.0]), "d": np.array([1.0, 1.0])}])

    @task.wrong("linear", hint="x")
    def looks_right(z: Any) -> Any:
        return z, lambda d: d

    @task.wrong("one", hint="x")
    def twin_one(z: Any) -> Any:
        return np.maximum(z, 0), lambda d: 2 * d

    @task.wrong("two", hint="x")
    def twin_two(z: Any) -> Any:
        return np.maximum(z, 0), lambda d: d + d

    return task


def test_comfortable_cases_are_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task = weak_task()
    monkeypatch.setattr("bplib.check.judge.find", lambda id: task)
    audit = audit_task(notebook(tmp_path), task, Variants(), with_mutants=False)
    assert audit.survived_visible == ["looks_right"] and audit.survived == []
    assert audit.named == ["twin_one"]
    assert audit.unnamed == ["twin_two (named: twin_one)"]


def test_table_and_json_hold_the_same_figures(tmp_path: Path) -> None:
    audit = audit_task(notebook(tmp_path), find("04.relu"), Variants())
    path = tmp_path / "deep" / "audit.json"
    run.write_json([audit], path)
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert kept["totals"]["kill_rate"] == 1.0 and kept["totals"]["mutants"] == audit.mutants
    assert kept["tasks"][0]["task"] == "04.relu"
    assert "04.relu" in run.table([audit]) and "100.0% by visible tests" in run.table([audit])


def test_a_memorised_answer_knows_the_visible_cases_by_heart_and_no_others() -> None:
    task = find("04.relu")
    parrot = by_heart(task)
    for case in task.visible_cases():
        value, pullback = parrot(case["z"])
        assert np.array_equal(value, np.maximum(case["z"], 0))
        assert np.array_equal(pullback(case["d"]), case["d"] * (case["z"] > 0))
    assert parrot(np.array([[3.0]])) is None


def test_a_recorder_lets_only_plain_data_through() -> None:
    recorder = Recorder(lambda x: x, "", {})
    assert recorder([1, np.ones(2), {"a": (None, "b")}])[0] == 1
    with pytest.raises(TypeError, match="Generator is not plain data"):
        recorder(np.random.default_rng(0))
    assert digest(np.ones(2)) != digest(np.ones((2, 1))) != digest(np.ones((2, 1), np.float32))


def test_wrong_answers_are_spliced_as_a_student_would_have_them() -> None:
    text = source.as_answer(find("04.relu").misconceptions[0].code, "relu")
    assert text.startswith("def relu(z):") and "Any" not in text and "@" not in text
