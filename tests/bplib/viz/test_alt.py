"""Alt text: how numbers read, and how the sentence gets from a figure to the page."""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from matplotlib import pyplot as plt
from nbclient import NotebookClient

from bplib import viz
from bplib.viz.alt import listed, number, plural


@pytest.mark.parametrize(
    ("x", "text"),
    [(0.051234, "0.0512"), (-3, "−3"), (1.2e-7, "1.2e−07"), (123456.7, "123457"), (0.0, "0"), (-0.0, "0"),
     (2.0, "2"), (1e9, "1e+09"), (float("nan"), "NaN"), (float("inf"), "∞"), (-float("inf"), "−∞")],
)  # fmt: skip
def test_numbers(x: float, text: str) -> None:
    assert number(x) == text


def test_words() -> None:
    assert plural(1, "class", "classes") == "1 class"
    assert plural(3, "class", "classes") == "3 classes"
    assert [listed(w) for w in (["a"], ["a", "b"], ["a", "b", "c"])] == ["a", "a and b", "a, b and c"]


def test_drawn_is_a_pair_that_prints_its_sentence() -> None:
    fig, ax = plt.subplots()
    assert viz.alt_text(fig) == ""
    viz.describe(ax, "One line.")
    drawn = viz.Drawn(fig, ax)
    assert (drawn[0], drawn[1]) == (fig, ax)
    assert repr(drawn) == "One line."
    fig.bplib_alt = "An author's sentence."
    assert viz.alt_text(fig) == "An author's sentence."


CELL = """
from matplotlib import pyplot as plt
from bplib import viz
viz.use_style()
viz.training_curves({"loss": [2.31, 0.4, 0.05]})
"""
PLAIN = "plt.plot([1, 2]);"
SENTENCE = "Training loss falls from 2.31 to 0.05 over 3 epochs."


@pytest.fixture(scope="module")
def notebook() -> nbformat.NotebookNode:
    """A notebook that was really executed: a described figure, and one that nobody described."""
    cells = [nbformat.v4.new_code_cell(CELL), nbformat.v4.new_code_cell(PLAIN)]
    nb = nbformat.v4.new_notebook(cells=cells)
    nb.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    for i, cell in enumerate(nb.cells):
        cell["id"] = f"cell{i}"
    NotebookClient(nb, timeout=120, kernel_name="python3").execute()
    return nb


def test_a_notebook_image_carries_its_alt_text(notebook: nbformat.NotebookNode) -> None:
    result, image = notebook.cells[0].outputs
    assert result.data == {"text/plain": SENTENCE}
    assert image.metadata["image/png"]["alt"] == SENTENCE
    assert 400 < image.metadata["image/png"]["width"] < 480  # CSS pixels; the image has twice as many
    assert "alt" not in notebook.cells[1].outputs[0].metadata["image/png"]


def test_nbconvert_shows_it(notebook: nbformat.NotebookNode) -> None:
    from nbconvert.exporters import HTMLExporter

    page, _ = HTMLExporter(template_name="basic").from_notebook_node(notebook)
    assert f'alt="{SENTENCE}"' in page


PLUGIN = "[myst_nb.mime_renderers]\nbplib-alt = bplib.viz.book:AltText\n"


def test_the_book_shows_it(notebook: nbformat.NotebookNode, tmp_path: Path) -> None:
    """MyST-NB renders the executed notebook, with the plug-in announced as an installed package would."""
    nb = nbformat.from_dict(notebook)
    other = nbformat.from_dict(nb.cells[0])
    other["id"] = "other"
    other.metadata["mystnb"] = {"image": {"alt": "The author's own words."}}
    nb.cells = [nb.cells[0], other, nb.cells[1]]
    nbformat.write(nb, tmp_path / "page.ipynb")
    about = tmp_path / "site" / "announced-1.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: announced\nVersion: 1\n")
    (about / "entry_points.txt").write_text(PLUGIN)
    command = [sys.executable, "-W", "ignore", "-c", "from myst_nb.docutils_ import cli_html5; cli_html5()"]
    path = os.pathsep.join([str(tmp_path / "site"), *sys.path])
    done = subprocess.run(
        [*command, "--nb-execution-mode=off", f"--nb-output-folder={tmp_path / 'out'}", "page.ipynb", "page.html"],
        cwd=tmp_path, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": path}, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    page = html.unescape((tmp_path / "page.html").read_text())
    images = re.findall(r"<img [^>]*>", page)
    assert [f'alt="{SENTENCE}"' in i for i in images] == [True, False, False]
    assert 'alt="The author\'s own words."' in images[1]
