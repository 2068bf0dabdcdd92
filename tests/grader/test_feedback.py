"""The feedback page: it says what the verdict says, hides what is hidden, and nothing in it can act."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from bplib import viz
from bplib.check.sections import BOOK
from grader import pages
from grader.feedback import MOST_TEXT, feedback_page, without_hidden
from grader.given import Given, Mark, from_verdict
from tests.grader.inert import faults
from tests.grader.verdicts import BUNDLE, HIDDEN, cell, verdict, wrong_relu

HOSTILE = [
    "<script>alert(1)</script>",
    "</code></pre><img src=x onerror=alert(1)>",
    "</style><script>alert(1)</script>",
    '" onmouseover="alert(1)" x="',
    "' onfocus='alert(1)' autofocus='",
    "<svg/onload=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<meta http-equiv=refresh content='0;url=https://example.org'>",
    "<!-- --><![CDATA[<script>]]><base href='//example.org'>",
    "&lt;script&gt; &#60;script&#62; &amp;",
    "\x1b[2J\x1b]0;title\x07\x1b[31mred\x1b[0m \x9b1m \x1bPq\x1b\\ \x00\x08\r\n",
    "\u202eevil\u2066 \u200f \ud800 \ufeff \U000e0041",
    "{{7*7}} {% raw %} ${x} %s {0} </title></main></html>",
]
texts = st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(), max_size=60)).map(str)
texts = st.lists(texts, min_size=1, max_size=3).map("".join)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("status", ["graded", "zero", "quarantined"])
def test_nothing_in_a_page_can_act(text: str, status: str) -> None:
    made = verdict(text, status=status)
    marks = from_verdict(made, BUNDLE)
    marks.comments = {"words": text, "relu": text, "test-own": text}
    assert faults(feedback_page(made, BUNDLE, text, marks)) == []


@settings(max_examples=60, deadline=None)
@for_all(texts, texts)
def test_nothing_in_a_page_can_act_whatever_is_in_it(text: str, name: str) -> None:
    made = verdict(text, named=["x"])
    for test in ("test-relu-gradient", "test-own"):
        cell(made, test).update(named=[text, "04.relu.one_at_zero"], stopped=text)
    marks = from_verdict(made, BUNDLE)
    marks.comments = {"words": text}
    assert faults(feedback_page(made, BUNDLE, name, marks)) == []


def test_the_parsers_would_notice() -> None:
    page = feedback_page(verdict(), BUNDLE, "ada")
    assert faults(page) == []
    assert faults(page.replace("plain words", "<script>x</script>", 1))
    assert faults(page.replace("<main>", "<main onclick='x'>"))
    assert faults(page.replace(f"{BOOK}/", "https://example.org/")) == []  # this page has no link to the book
    assert faults(page.replace('href="#task-1"', 'href="javascript:x"'))
    assert faults(page.replace("default-src", "img-src"))
    assert faults(page + "\u202e")


def test_only_the_builder_makes_markup() -> None:
    assert pages.el("p", "a<b") == "<p>a&lt;b</p>"
    with pytest.raises(ValueError, match="no element"):
        pages.el("script", "x")
    with pytest.raises(ValueError, match="no attribute"):
        pages.el("p", "x", onclick="y")
    for address in (
        "javascript:x",
        "https://example.org/",
        f"{BOOK}.example.org/",
        "//x",
        "data:text/html,x",
    ):
        with pytest.raises(ValueError, match="a link may lead"):
            pages.el("a", "x", href=address)
        assert pages.link("words <i>", address) == "words &lt;i&gt;"


def test_text_is_shown_as_it_is_and_what_is_not_seen_is_named() -> None:
    assert (
        pages.plain("\x1b[31mred\x1b[0m\x1b]8;;http://x\x07link\x1b]8;;\x07 é \u05d0 tab\there")
        == "redlink é א tab\there"
    )
    assert pages.plain("a\u202eb\u200bc") == "a⟨U+202E⟩b⟨U+200B⟩c"
    assert pages.plain("50 %\r100 %\r\n") == "50 %\n100 %\n"
    assert pages.plain("x\x08\ud800") == "x\ufffd\ufffd"


def test_a_student_finds_points_message_misconception_link_source_and_output() -> None:
    message, named = wrong_relu()
    made = verdict("print('mine')")
    cell(made, "test-relu-gradient").update(message=message, named=list(named))
    cell(made, "relu").update(printed="mine\n", error="")
    soup = BeautifulSoup(feedback_page(made, BUNDLE, "ada"), "html.parser")
    text = re.sub(r"\s+", " ", soup.get_text(" "))
    assert "4 of 10 points so far; 4 points wait for a person." in text
    assert "gradient: ✗ not yet , 0 of 2 points" in text
    assert "value: ✓ holds , 1 of 1 point" in text
    assert "Your answer in words: … waits for a person" in text
    note = next(n for n in soup.select(".note") if "the slope at zero taken as 1" in n.get_text())
    assert "At zero ReLU has a corner and no slope" in note.get_text()
    assert note.a is not None
    assert note.a["href"] == f"{BOOK}/chapters/04_activations.html#sec-04-zero"
    assert text.count("This looks like") == 1, "the message's own words about it are not said twice"
    assert "print('mine')" in soup.select("#task-1 ~ details pre")[0].get_text()
    assert soup.select("#task-1 ~ details pre.printed")[0].get_text() == "mine"
    rows = [[c.get_text() for c in r.select("th, td")] for r in soup.select("tbody tr")]
    assert rows[0] == ["1. ReLU, and its slope at the corner", "✓\u00a0value, ✗\u00a0gradient", "1 of 3"]
    assert rows[2] == ["3. In words", "…\u00a0in words", "– of 4"]


def test_no_hidden_test_no_solution_and_no_model_answer_is_shown() -> None:
    made = verdict()
    for status in ("graded", "zero", "quarantined"):
        page = feedback_page(made | {"status": status}, BUNDLE, "ada")
        for secret in (HIDDEN, "424242", "the solution", "model answer", "assert own"):
            assert secret not in page


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (
            "ValueError: [[424242.5]]\n    424243\nat line 3 of your cell, in f:\n    raise ValueError(z)",
            "ValueError at line 3",
        ),
        ("Secret424242: x", "an error of your own"),
        ("ZeroDivisionError: 424242\n\nOn an input that is not shown, 424242", "ZeroDivisionError"),
    ],
)
def test_an_error_cannot_carry_a_hidden_input_out(error: str, shown: str) -> None:
    text = f"relu stopped with\n    {error}\n\nOn an input that is not shown, of shapes z (1, 1).\n\nRead: x"
    said = without_hidden(text)
    assert "424242" not in said
    assert shown in said
    assert "On an input that is not shown, of shapes z (1, 1).\n\nRead: x" in said
    made = verdict()
    cell(made, "test-relu-gradient").update(message=text)
    assert "424242" not in feedback_page(made, BUNDLE, "ada")
    assert without_hidden(f"relu stopped with\n    {error.split(chr(10))[0]}\n\nWith\n    z = 1").endswith(
        "z = 1"
    )


def test_marks_and_comments_by_people_are_shown_as_theirs() -> None:
    marks = Given(
        {
            "test-relu-value": Mark(1.0, 1.0),
            "test-relu-gradient": Mark(2.0, 2.0, person=True),
            "test-own": Mark(1.5, 3.0),
            "words": Mark(3.0, 4.0, person=True),
        },
        {"words": "Say why <b>first</b>."},
        penalty=0.5,
    )
    soup = BeautifulSoup(feedback_page(verdict(), BUNDLE, "ada", marks), "html.parser")
    text = re.sub(r"\s+", " ", soup.get_text(" "))
    assert "7 of 10 points" in text
    assert "less 0.5 for handing in late" in text
    assert "✓ holds (given by a person) , 2 of 2" in text
    assert "✗ partly , 1.5 of 3" in text
    assert "A comment by a person Say why <b>first</b>." in text


@pytest.mark.parametrize(
    ("status", "words"), [("zero", "0 of 10 points"), ("quarantined", "A person has to look")]
)
def test_what_was_not_graded_says_why(status: str, words: str) -> None:
    soup = BeautifulSoup(feedback_page(verdict("It is empty.", status=status), BUNDLE, "ada"), "html.parser")
    assert words in soup.get_text()
    assert soup.select(".note p")[0].get_text() == "It is empty."


def test_an_untouched_answer_in_words_has_no_points_and_nothing_waits() -> None:
    made = verdict()
    cell(made, "words")["source"] = BUNDLE.released["words"]
    assert from_verdict(made, BUNDLE).marks["words"].points == 0.0
    assert "You have not written anything here." in feedback_page(made, BUNDLE, "ada")


def test_a_page_stays_small_however_much_was_printed() -> None:
    made = verdict("x" * 3_000_000)
    made["extra"] *= 2000
    made["repairs"] *= 2000
    assert len(feedback_page(made, BUNDLE, "ada")) < 2 * MOST_TEXT


def test_colours_are_the_book_s_and_can_be_read() -> None:
    ours = pages.STYLE.read_text(encoding="utf-8")
    book = (Path(__file__).resolve().parents[2] / "book/assets/course.css").read_text(encoding="utf-8")
    for block, theme in zip(re.findall(r":root \{(.*?)\}", ours, re.S)[:2], ("light", "dark"), strict=True):
        colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))
        (theirs,) = re.findall(rf'html\[data-theme="{theme}"\] \{{\n(  --page.*?)\}}', book, re.S)
        assert {n: c for n, c in colours.items() if n != "quiet"}.items() <= dict(
            re.findall(r"--([\w-]+): (#[0-9a-f]{6});", theirs)
        ).items()
        for name in ("ink", "quiet", "value-text", "gradient-text", "parameter-text", "failed-text"):
            assert viz.contrast(colours[name], colours["page"]) >= 4.5
            assert viz.contrast(colours[name], colours["code-page"]) >= 4.5


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("relu should return two things; it returned '[424242.5, 424243]'.", "it returned a string."),
        ("relu should return two things; it returned the float 424242.5.", "it returned the float."),
        ("relu should return two things; it returned the int64\n424242.", "it returned the int64."),
        (
            "relu doesn't hold, isn't it: an array of shape (2, 3)",
            "doesn't hold, isn't it: an array of shape (2, 3)",
        ),
    ],
)
def test_what_came_back_cannot_carry_a_hidden_input_out(said: str, shown: str) -> None:
    text = f"✗ 04.relu, value: not yet (0 of 1 point)\n\n{said}\n\nOn an input that is not shown."
    found = without_hidden(text)
    assert "424242" not in found
    assert shown in found
    assert without_hidden(said) == said, "of an input that is shown, all is shown"
