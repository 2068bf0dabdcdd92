"""What gathers the back matter, knows the contents, and keeps notebooks in normal form."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from sphinx.errors import ExtensionError, SphinxWarning

from book.tools import build, notebooks, sphinx_fragments, sphinx_pages

ROOT = Path(__file__).resolve().parents[2]
HINTON = """@article{rumelhart1986,
  title = {Learning representations by back-propagating errors},
  doi = {10.1038/323533a0},
}"""


# ------------------------------------------------------------------------------------------------- back matter


def test_rows_leave_out_the_header() -> None:
    table = "| a | b |\n|---|:-:|\n| 1 | 2 |\n| 3 | 4 |\n"
    assert sphinx_fragments.rows(table) == ["| 1 | 2 |", "| 3 | 4 |"]
    assert sphinx_fragments.rows("Some words.\n\n| 1 | 2 |\n") == ["| 1 | 2 |"]


def test_one_work_named_twice_stands_once(tmp_path: Path) -> None:
    again = HINTON.replace("10.1038", "https://doi.org/10.1038").replace("Learning", "{L}earning")
    (tmp_path / "a.bib").write_text("% a comment\n" + HINTON, "utf-8")
    (tmp_path / "b.bib").write_text(again + "\n\n@book{b2, title = {Another}}\n", "utf-8")
    merged = sphinx_fragments.merged([tmp_path / "a.bib", tmp_path / "b.bib"])
    assert re.findall(r"@\w+\{(\w+)", merged) == ["b2", "rumelhart1986"]
    assert HINTON in merged


def test_two_works_under_one_key_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.bib").write_text(HINTON, "utf-8")
    (tmp_path / "b.bib").write_text(
        "@book{rumelhart1986, title = {Parallel distributed processing}}", "utf-8"
    )
    with pytest.raises(ExtensionError, match=r"b\.bib: the key rumelhart1986 already names another work"):
        sphinx_fragments.merged([tmp_path / "a.bib", tmp_path / "b.bib"])


def fragments_page(tmp_path: Path, monkeypatch: Any, page: str, builder: str = "text") -> str:
    """A page with a {fragments} directive, as Sphinx builds it; warnings are errors."""
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    (tmp_path / "index.md").write_text(page, "utf-8")
    (tmp_path / "fragments").mkdir()
    for chapter, term in [("01", "zebra"), ("02", "*Apple*"), ("03", "zebra")]:
        row = f"| {term} | from {chapter} |\n"
        (tmp_path / "fragments" / f"{chapter}_words.md").write_text(row, "utf-8")
    monkeypatch.setattr(sphinx_fragments, "FRAGMENTS", tmp_path / "fragments")
    monkeypatch.setattr(sphinx_fragments, "_bibliography", lambda app, config: None)
    monkeypatch.setitem(sys.modules, "sphinx_fragments", sphinx_fragments)
    settings = {"extensions": ["myst_parser", "sphinx_fragments"], "exclude_patterns": ["fragments"]}
    settings["myst_enable_extensions"] = ["colon_fence", "attrs_inline"]
    folders = [str(tmp_path), None, str(tmp_path / "out"), str(tmp_path / "trees")]
    with patch_docutils(), docutils_namespace():
        app = Sphinx(*folders, builder, settings, status=None, warning=sys.stderr, warningiserror=True)
        app.build()
    return next((tmp_path / "out").glob("index.*")).read_text(encoding="utf-8")


HEADER = "| word | where |\n|---|---|\n"


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning")
def test_rows_of_all_chapters_make_one_table(tmp_path: Path, monkeypatch: Any) -> None:
    page = "# T\n\n```{fragments} words\n" + HEADER + "```\n"
    text = fragments_page(tmp_path, monkeypatch, page)
    assert re.findall(r"from \d\d", text) == ["from 01", "from 02", "from 03"]
    assert text.count("word ") == 1


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning")
def test_a_sorted_table_names_a_term_once(tmp_path: Path, monkeypatch: Any) -> None:
    page = "# T\n\n```{fragments} words\n:sort:\n" + HEADER + "```\n"
    text = fragments_page(tmp_path, monkeypatch, page)
    assert re.findall(r"from \d\d", text) == ["from 02", "from 01"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning")
def test_chinese_cells_say_that_they_are_chinese(tmp_path: Path, monkeypatch: Any) -> None:
    page = "# T\n\n```{fragments} words\n| word | 中文 |\n|---|---|\n```\n"
    html = fragments_page(tmp_path, monkeypatch, page, "html")
    assert re.findall(r'<span[^>]* lang="zh"[^>]*>(.*?)</span>', html) == ["中文"]
    assert sphinx_fragments.in_chinese("| softmax | softmax 函数 | a | b |") == (
        "| softmax | [softmax 函数]{.language-zh} | a | b |"
    )


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning")
def test_a_row_with_a_cell_too_many_fails_the_build(tmp_path: Path, monkeypatch: Any) -> None:
    page = "# T\n\n```{fragments} words\n| word |\n|---|\n```\n"
    with pytest.raises(SphinxWarning, match=r"01_words\.md: not 1 cells: \| zebra \| from 01 \|"):
        fragments_page(tmp_path, monkeypatch, page)


# -------------------------------------------------------------------------------------------- icons and addresses


def test_icons_come_from_the_themes_own_script() -> None:
    script = (
        'x={bars:[448,512,["navicon"],"f0c9","M0 96"],"circle-half-stroke":[512,512,[9680],"f042","M448"]}'
    )
    assert sphinx_pages._outlines(script) == {
        "bars": (448, 512, "M0 96"),
        "navicon": (448, 512, "M0 96"),
        "circle-half-stroke": (512, 512, "M448"),
    }


def test_rules_for_icons_and_their_fonts_leave_the_style_sheet() -> None:
    style = '@font-face{font-family:"X";src:url(../vendor/fontawesome/a.woff2)}.fa-bars:before{content:"a"}'
    style += ".a .fa-bars{color:red}.fab,.fa-brands{font:x}p{margin:0}"
    assert sphinx_pages._without_icons(style).strip() == ".a .fa-bars{color:red}p{margin:0}"


# --------------------------------------------------------------------------------------------------- the contents


def test_the_contents_name_every_chapter_and_page() -> None:
    named = build.contents()
    assert len(named) == len(set(named))
    chapters = {f"chapters/{p.stem}" for p in (ROOT / "chapters").glob("*.ipynb")}
    texts = {f"book/{p.stem}" for p in (ROOT / "book").glob("*.md")}
    assignments = {f"book/assignments/{p.stem}" for p in (ROOT / "book" / "assignments").glob("*.ipynb")}
    assert set(named) == chapters | texts | assignments


def test_the_fingerprint_follows_the_library(tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "bplib").mkdir()
    (tmp_path / "requirements.txt").write_text("numpy==2\n")
    (tmp_path / "bplib" / "a.py").write_text("x = 1\n")
    monkeypatch.setattr(build, "ROOT", tmp_path)
    first = build.fingerprint()
    assert build.fingerprint() == first
    (tmp_path / "bplib" / "a.py").write_text("x = 2\n")
    assert build.fingerprint() != first


# ----------------------------------------------------------------------------------------------------- notebooks


def untidy() -> Any:
    """A notebook as an editor leaves it: counts, times, a picture, a stream in two pieces, no set-up cell."""
    first = new_code_cell("x = 1   \n", execution_count=7, metadata={"tags": [], "collapsed": True})
    second = new_code_cell("x", execution_count=8, metadata={"execution": {"iopub": "2026-01-01"}})
    second.outputs = [
        new_output("stream", name="stdout", text="a\n"),
        new_output("stream", name="stdout", text="b\n"),
        new_output("display_data", data={"image/png": "iVBO", "text/plain": "<Figure size 1x1>"}),
    ]
    third = new_code_cell("1 / 0", metadata={"tags": ["raises-exception"]})
    third.outputs = [new_output("error", ename="E", evalue="e", traceback=["/there/it/is.py:3"])]
    return new_notebook(cells=[new_markdown_cell("# T"), first, second, third], metadata={"widgets": {}})


def test_normal_form_holds_nothing_that_changes_from_run_to_run() -> None:
    left = untidy()
    left.cells[2]["id"] = left.cells[3]["id"] = "same"
    nb = notebooks.normalise(left, "# set-up")
    _, first, second, third = nb["cells"]
    assert first["source"] == "# set-up"
    assert first["metadata"]["tags"] == ["hide-cell"]
    assert [c["execution_count"] for c in (first, second, third)] == [None] * 3
    assert second["metadata"] == {}
    assert second["outputs"][0]["text"] == "a\nb\n"
    assert second["outputs"][1]["data"] == {"text/plain": "<Figure>"}
    assert third["outputs"][0]["traceback"] == []
    assert len({c["id"] for c in nb["cells"]}) == 4
    assert notebooks.normalise(nb, "# set-up") == nb, "the normal form of a normal notebook is itself"
    nbformat.validate(nbformat.from_dict(nb))


def test_faults_are_output_on_stderr_and_errors_that_nobody_announced() -> None:
    nb = notebooks.normalise(untidy())
    assert notebooks.faults(nb, Path("a.ipynb")) == []
    nb["cells"][3]["metadata"] = {}
    nb["cells"][2]["outputs"].append(new_output("stream", name="stderr", text="warning"))
    assert [f.split(":")[1].strip() for f in notebooks.faults(nb, Path("a.ipynb"))] == [
        "cell 2 writes to stderr",
        "cell 3 raises E",
    ]


def test_check_refuses_what_format_mends(tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "a.ipynb"
    nbformat.write(untidy(), path)
    assert notebooks.main(["check", str(path)]) == 1
    assert "a.ipynb is not normal" in capsys.readouterr().err
    assert notebooks.main(["format", str(path)]) == 0
    assert notebooks.main(["check", str(path)]) == 0
