"""What is told of a failed hidden test: nothing in which its inputs could stand. No zero is left unexplained."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from grader.bundle import Bundle
from grader.grade import grade
from grader.limits import Limits
from grader.unseen import STOPPED, from_test, hidden_lines, line_of, without
from tests.grader.attacks import kit
from tests.grader.classes import NAME
from tests.grader.forked import Forked


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """An assignment with tests of the ordinary kind, their hidden parts below the visible ones."""
    path = tmp_path_factory.mktemp("source") / f"{NAME}.ipynb"
    path.write_text(json.dumps(kit.source()), encoding="utf-8")
    return Bundle.read(path)


def judged(bundle: Bundle, **answers: str) -> dict[str, Any]:
    """The tests' part of the verdict, by grade_id."""
    nb = kit.notebook(kit.source(), kit.RIGHT | answers)
    verdict = grade(json.dumps(nb).encode(), bundle, Limits(), Forked())
    return {c["grade_id"]: c for c in verdict["cells"] if c["kind"] == "test"}


def test_the_lines_that_students_do_not_have() -> None:
    source = "a\n### BEGIN HIDDEN TESTS\nb\n### END HIDDEN TESTS\nc"
    assert hidden_lines(source) == {2, 3, 4}
    assert hidden_lines("a\nb") == set()
    assert without(source, frozenset({2, 3, 4})) == "a\n\n\n\nc\n"


def test_an_error_does_not_carry_a_hidden_input_out(bundle: Bundle) -> None:
    answer = "def count_dead(s):\n    if len(s) == 3:\n        return 2\n    raise ValueError(f'called with {s}')\n"
    message = judged(bundle, count_dead=answer)["test-count_dead-parts"]["message"]
    assert str(kit.HIDDEN) not in message
    assert "ValueError" in message and "line 4" in message and "not shown" in message


def test_an_error_on_an_input_that_is_shown_is_told_as_it_is(bundle: Bundle) -> None:
    answer = "def count_dead(s):\n    raise ValueError(f'called with {s}')\n"
    message = judged(bundle, count_dead=answer)["test-count_dead-parts"]["message"]
    assert "called with [0.0, 1.0, 0.0]" in message and "not shown" not in message


KEEPS = """kept = []
def mean_square(a, b):
    kept.append(str(a))
    return float(np.mean((a - b) ** 2))
"""
TELLS = """def count_dead(slopes):
    raise ValueError("".join(kept))
print("kept", "".join(kept))
"""
TELLS_BY_VALUE = """def count_dead(slopes):
    return "".join(kept)
raise ValueError("kept " + "".join(kept))
"""


@pytest.mark.parametrize("tells", [TELLS, TELLS_BY_VALUE], ids=["error", "value"])
def test_a_hidden_input_that_was_kept_is_not_told_later(bundle: Bundle, tells: str) -> None:
    """What later cells print and raise comes from a process that has not seen it; the marks stay as they were."""
    nb = kit.notebook(kit.source(), kit.RIGHT | {"mean_square": KEEPS, "count_dead": tells})
    verdict = grade(json.dumps(nb).encode(), bundle, Limits(), Forked())
    cell = next(c for c in verdict["cells"] if c["grade_id"] == "count_dead")
    assert "kept" in cell["printed"] + cell["error"] and "[" not in cell["printed"] + cell["error"]
    test = next(c for c in verdict["cells"] if c["grade_id"] == "test-count_dead-parts")
    assert test["score"] == 0 and test["message"] and "[" not in test["message"]
    assert sum(c["score"] for c in verdict["cells"] if c["kind"] == "test") == 8.0


def test_a_test_that_fails_only_after_others_says_so(bundle: Bundle) -> None:
    answer = "def count_dead(slopes):\n    if kept:\n        raise ValueError(kept)\n    return 2\n"
    found = judged(bundle, mean_square=KEEPS, count_dead=answer)["test-count_dead-parts"]
    assert (found["score"], found["message"]) == (
        0.0,
        "It fails after the tests above, and holds without them.",
    )


def test_what_takes_too_long_is_not_run_again_for_its_words(bundle: Bundle) -> None:
    answer = "def count_dead(slopes):\n    while True:\n        pass\n"
    found = judged(bundle, mean_square=KEEPS, count_dead=answer)["test-count_dead-parts"]
    assert found["message"] == STOPPED
    assert found["seconds"] < 1.5 * Limits().call_seconds + 1


def test_what_a_hidden_assertion_compares_is_not_told(bundle: Bundle) -> None:
    found = judged(bundle, mean_square="def mean_square(a, b):\n    return 2.5\n")
    for style in kit.STYLES:
        cell = found[f"test-mean_square-{style}"]
        assert (cell["score"], cell["message"]) == (0.0, "AssertionError. On an input that is not shown.")


def test_a_visible_assertion_without_words_is_shown(bundle: Bundle) -> None:
    found = judged(bundle, mean_square="def mean_square(a, b):\n    return 7.0\n")
    said = found["test-mean_square-plain"]["message"]
    assert said == "This does not hold:\n\n    assert abs(mean_square(a, b) - want) < 1e-9"
    assert "7.0 != 2.5" in found["test-mean_square-unittest"]["message"]


def test_a_score_below_full_without_a_word_gets_one(bundle: Bundle) -> None:
    said = judged(bundle, count_dead="def count_dead(slopes):\n    return 2\n")["test-count_dead-parts"]
    assert (said["score"], said["message"]) == (1.0, "The test gave 1 of 2 points.")


def test_the_teachers_own_words_are_kept_if_they_are_the_same_on_any_input() -> None:
    own, made = "assert x == 3, 'it should be odd'", "assert x == 4, f'got {x}'"
    source = f"### BEGIN HIDDEN TESTS\n{own}\n{made}\n### END HIDDEN TESTS"
    for line, wanted in (
        (own, "AssertionError: it should be odd"),
        (made, "AssertionError. On an input that is not shown."),
    ):
        lines = [text if text == line or "###" in text else "" for text in source.splitlines()]
        try:
            exec(compile("\n".join(lines), "<t>", "exec"), {"x": 5})
        except AssertionError as error:
            found = from_test(error, source, line_of(error, "t"), hidden=True)
        assert found == wanted


def test_text_cells_of_a_students_own_are_kept_for_people_and_inert(bundle: Bundle) -> None:
    from grader import alike, autograded, feedback

    nb = kit.notebook(kit.source(), kit.RIGHT)
    own = {
        "cell_type": "markdown",
        "id": "n",
        "metadata": {},
        "source": "See <script>x</script> my [sketch](a.png)",
    }
    nb["cells"].insert(len(nb["cells"]) - 1, own)
    raw = json.dumps(nb).encode()
    verdict = grade(raw, bundle, Limits(), Forked())
    assert verdict["extra"] == [{"source": own["source"], "printed": "", "error": "", "text": True}]
    shown = autograded.build(raw, bundle, kit.source(), verdict)["cells"]
    assert shown[-2]["cell_type"] == "markdown"
    assert shown[-2]["source"] == "See < script>x< /script> my [sketch] (a.png)"
    page = feedback.feedback_page(verdict, bundle, "ada")
    assert "&lt;script&gt;x" in page and "Own cell 1" in page
    assert own["source"] not in alike.students_code(verdict)


def test_a_teachers_cell_without_a_name_is_run_once(tmp_path: Path) -> None:
    nb = kit.source()
    plain = {
        "cell_type": "code",
        "id": "p",
        "metadata": {},
        "source": "count = globals().get('count', 0) + 1",
    }
    words = {"cell_type": "markdown", "id": "w", "metadata": {}, "source": "Some   words."}
    nb["cells"][1:1] = [plain | {"execution_count": None, "outputs": []}, words]
    path = tmp_path / f"{NAME}.ipynb"
    path.write_text(json.dumps(nb), encoding="utf-8")
    answers = kit.RIGHT | {"count_dead": "print('run', count)\n" + kit.RIGHT["count_dead"]}
    raw = json.dumps(kit.notebook(nb, answers)).encode()
    verdict = grade(raw, Bundle.read(path), Limits(), Forked())
    assert verdict["extra"] == []
    assert next(c for c in verdict["cells"] if c["grade_id"] == "count_dead")["printed"] == "run 1\n"


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ([], "None of the assignment's cells is in this notebook"),
        ([{"cell_type": "code", "metadata": {}, "source": "1"}], "is it that of another assignment"),
    ],
    ids=["empty", "another"],
)
def test_a_notebook_of_something_else_waits_for_a_person(
    bundle: Bundle, cells: list[dict[str, Any]], reason: str
) -> None:
    raw = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()
    verdict = grade(raw, bundle, Limits(), Forked())
    assert verdict["status"] == "quarantined" and reason in verdict["reason"]
