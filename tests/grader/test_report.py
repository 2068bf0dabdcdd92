"""The class report: its numbers, its links, who is said to be alike, and that nothing in it can act."""

from __future__ import annotations

import random
import re
import time
from typing import Any

import pytest
from bs4 import BeautifulSoup
from hypothesis import given as for_all
from hypothesis import settings

from bplib.check.sections import BOOK
from grader import alike as likeness
from grader.alike import Alike, alike
from grader.figures import correlation, items
from grader.given import from_verdict
from grader.outline import outline
from grader.report import report_page
from tests.grader.inert import faults
from tests.grader.test_feedback import HOSTILE, texts
from tests.grader.verdicts import BUNDLE, cell, verdict

Class = dict[str, dict[str, Any]]
OWN = """
def steps(values, rate):
    kept = {k: v * rate for k, v in enumerate(values) if v}
    total = sum(kept.values()) or 1.0
    while total > 10:
        total = total / 2 - len(kept)
    return [total + k for k in sorted(kept, reverse=True)]
"""
RENAMED = (
    OWN.replace("values, rate", "xs, r")
    .replace("* rate", "* r")
    .replace("enumerate(values)", "enumerate(xs)")
)
RENAMED = RENAMED.replace("or 1.0", "or 1.0  # mine").replace("    ", "  ")
RENAMED = re.sub(r"\bkept\b", "d", re.sub(r"\btotal\b", "s", RENAMED))


def different(seed: int) -> str:
    """A program of a student's own: calls, numbers and operators as they happen to come."""
    R = random.Random(seed)
    lines = [
        f"    v{k} = {R.choice(['max', 'min', 'abs', 'len', 'sum', 'round'])}(z {R.choice('+-*/')} {R.random():.3f}) "
        f"{R.choice('+-*/')} np.{R.choice(['exp', 'log', 'tanh', 'sin', 'cos', 'abs', 'sqrt'])}({R.randint(1, 99)} - z)"
        for k in range(12)
    ]
    return "def relu(z):\n" + "\n".join(lines) + "\n    return v0\n"


def class_of(number: int, seed: int = 0) -> Class:
    R = random.Random(seed)
    made = {}
    for k in range(number):
        skill = R.gauss(0, 1)
        scores = [float(p * (skill + R.gauss(0, 0.7) > 0)) for p in (1, 2, 3)]
        one = verdict(
            "", scores=(scores[0], scores[1], scores[2]), repairs=[], seconds=abs(R.gauss(0.4, 0.1))
        )
        cell(one, "relu")["source"] = different(1000 * seed + k)
        if not scores[1]:
            cell(one, "test-relu-gradient")["named"] = ["04.relu.one_at_zero"]
        made[f"s{k:04d}"] = one
    return made


def soup_of(*args: Any, **more: Any) -> BeautifulSoup:
    return BeautifulSoup(report_page(*args, **more), "html.parser")


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_a_report_can_act(text: str) -> None:
    made = {
        f"{text}{k}": verdict(text, status=s)
        for k, s in enumerate(["graded", "graded", "zero", "quarantined"])
    }
    for one in list(made.values())[:2]:
        cell(one, "test-own").update(named=[text, "04.relu.one_at_zero"], stopped=text)
    assert faults(report_page(made, BUNDLE, ungraded=[text])) == []


@settings(max_examples=30, deadline=None)
@for_all(texts, texts)
def test_nothing_in_a_report_can_act_whatever_is_in_it(text: str, name: str) -> None:
    assert faults(report_page({name: verdict(text), f"{name}2": verdict(text)}, BUNDLE)) == []


def test_its_numbers_are_those_of_the_class() -> None:
    made = class_of(40)
    soup = soup_of(made | {"zed": verdict("Nothing came.", status="zero")}, BUNDLE, ungraded=["new"])
    facts = {d.dt.get_text(): d.dd.get_text() for d in soup.select("dl.facts div") if d.dt and d.dd}
    assert facts == {
        "handed in": "42",
        "graded": "40",
        "zero, with a reason": "1",
        "quarantined": "0",
        "not graded yet": "1",
    }
    counts = [int(t.get_text()) for t in soup.select("#points ~ figure svg text:not(.soft)")]
    assert sum(counts) == 41, "everyone stands in one class of the histogram"
    rows = {
        r.th.get_text(): [d.get_text() for d in r.select("td")]
        for r in soup.select("#tasks ~ div tr")
        if r.th
    }
    solved = sum(cell(v, "test-relu-gradient")["score"] for v in made.values()) / 2 / 41
    row = rows["1. ReLU, and its slope at the corner: gradient"]
    assert row[:3] == ["2", "41", f"{solved:.0%}"]
    named = sum(bool(cell(v, "test-relu-gradient")["named"]) for v in made.values())
    text = soup.select("#misconceptions ~ div")[0]
    assert text.select("td")[0].get_text() == f"{named}"
    assert text.select("a")[0]["href"] == f"{BOOK}/chapters/04_activations.html#sec-04-zero"
    assert "Nothing came." in soup.get_text()
    assert "no verdict on it as it is now" in soup.get_text()


def test_plots_say_in_words_what_they_show() -> None:
    drawn = soup_of(class_of(12), BUNDLE).select("svg")
    assert len(drawn) == 3
    for one in drawn:
        assert one["role"] == "img"
        assert re.match(r"(Histogram|Bar chart)\. .*\d", str(one["aria-label"]))


def test_a_part_that_tells_students_apart_has_a_higher_correlation() -> None:
    made = class_of(60)
    for k, one in enumerate(made.values()):
        cell(one, "test-own")["score"] = 3.0 * (k % 2)  # chance
    found = {i.name: i for i in items(outline(BUNDLE), {w: from_verdict(v, BUNDLE) for w, v in made.items()})}
    assert (found["test-relu-value"].tells or 0) > 0.15 > abs(found["test-own"].tells or 1)
    assert found["words"].students == 0


def test_a_correlation_is_pearson_s_and_not_given_where_it_says_nothing() -> None:
    xs, ys = [0.0, 1.0] * 6, [1.0, 2.0, 0.0, 3.0] * 3
    mean_x, mean_y = sum(xs) / 12, sum(ys) / 12
    above = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True))
    below = (sum((x - mean_x) ** 2 for x in xs) * sum((y - mean_y) ** 2 for y in ys)) ** 0.5
    assert correlation(xs, ys) == pytest.approx(above / below)
    assert correlation(xs[:9], ys[:9]) is None
    assert correlation([1.0] * 12, ys) is None


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_very_small_class(number: int) -> None:
    assert faults(report_page(class_of(number), BUNDLE)) == []


# ----------------------------------------------------------------------------------------------------- alike


def found_in(made: Class, **sources: str) -> Alike:
    for who, source in sources.items():
        made[who] = verdict("", repairs=[])
        cell(made[who], "relu")["source"] = source
    return alike(made, BUNDLE)


def test_a_copy_is_found_though_all_names_and_comments_are_changed() -> None:
    found = found_in(class_of(30), ada=OWN, eve=RENAMED)
    assert RENAMED != OWN
    assert [(p.one, p.other) for p in found.pairs] == [("ada", "eve")]
    assert found.pairs[0].share == 1.0
    assert found.same_text == []


def test_those_who_wrote_their_own_are_not_listed() -> None:
    found = found_in(class_of(120))
    assert found.pairs == []
    assert found.same_text == []
    assert found.compared == 120


def test_what_the_assignment_gives_and_what_many_write_is_not_evidence() -> None:
    given = BUNDLE.released["relu"] + "\n"
    assert found_in({}, ada=given, eve=given) == Alike([], [], 0)
    right = "def relu(z):\n    on = z > 0\n    def pullback(d):\n        return d * on\n"
    right += "    return np.where(on, z, 0), pullback\n"
    assert found_in({}, **{f"s{k}": f"{right}# {k}" + "\n" * k for k in range(30)}).pairs == []


def test_a_ring_with_the_same_text_is_found_however_large() -> None:
    found = found_in(class_of(20), **{f"ring{k:02d}": OWN + "# mine" for k in range(15)})
    assert found.same_text == [[f"ring{k:02d}" for k in range(15)]]


@settings(max_examples=40, deadline=None)
@for_all(texts)
def test_code_that_cannot_be_parsed_is_compared_as_words(text: str) -> None:
    found_in({}, ada=text, eve="x = '\\d'\n" + "(" * 500, bob="-" * 30_000 + "1")


def test_the_limits_are_those_that_the_page_states() -> None:
    text = soup_of(class_of(3), BUNDLE).select("#nearly-the-same ~ p")[0].get_text()
    assert "Evidence for a person, not a verdict." in text
    for number in (
        f"pieces of {likeness.PIECE} steps",
        f"{likeness.MANY:.0%}",
        f"{likeness.FEWEST} of what",
        "60%",
    ):
        assert number in text


def test_a_class_of_a_thousand_takes_seconds() -> None:
    made = class_of(1000)
    began = time.process_time()
    page = report_page(made, BUNDLE)
    assert time.process_time() - began < 8
    assert len(page) < 200_000
