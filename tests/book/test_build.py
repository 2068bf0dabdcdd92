"""Building and serving: what must fail does, also the second time; the server is this machine's alone."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from book.tools.notebooks import normalise

ROOT = Path(__file__).resolve().parents[2]
FAULTS = {
    "stderr": ("import sys; print('careful', file=sys.stderr)", "# Welcome\n", "stderr was found"),
    "an error": ("1 / 0", "# Welcome\n", "Executing notebook failed"),
    "a link": ("print(1)", "# Welcome\n\n[nowhere](nowhere.md)\n", "nowhere"),
    "a citation": ("print(1)", "# Welcome\n\n{cite}`nobody1999`\n", "nobody1999"),
}


def small_book(folder: Path, code: str, welcome: str) -> list[str]:
    """A book of two pages with the course's own settings and tools; gives the command that builds it."""
    for name in ["book/tools", "book/_templates", "book/assets"]:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ["_config.yml", "requirements.txt", "book/__init__.py"]:
        shutil.copy(ROOT / name, folder / name)
    (folder / "bplib").mkdir()
    (folder / "book" / "references.bib").write_text("", "utf-8")
    (folder / "book" / "welcome.md").write_text(welcome, "utf-8")
    toc = (
        "format: jb-book\nroot: book/welcome\nparts:\n- caption: C\n  chapters:\n  - file: chapters/01_one\n"
    )
    (folder / "_toc.yml").write_text(toc, "utf-8")
    (folder / "chapters").mkdir()
    nb = new_notebook(cells=[new_markdown_cell("# One\n\n$x$"), new_code_cell(code)])
    nbformat.write(nbformat.from_dict(normalise(nb)), folder / "chapters" / "01_one.ipynb")
    return [sys.executable, "-m", "book.tools.build"]


def built(command: list[str], folder: Path, how: str) -> subprocess.CompletedProcess[str]:
    words = [*command, how]
    return subprocess.run(
        words, cwd=folder, capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"}
    )


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_fails_the_build_and_fails_it_again(fault: str, tmp_path: Path) -> None:
    code, welcome, said = FAULTS[fault]
    command = small_book(tmp_path, code, welcome)
    for _ in range(2):  # the second time with the results of the first at hand
        done = built(command, tmp_path, "html")
        assert done.returncode != 0
        assert said in done.stdout + done.stderr
        assert "The book was not built" in done.stderr


@pytest.mark.slow
def test_a_page_that_is_missing_fails_the_build_and_a_whole_book_does_not(tmp_path: Path) -> None:
    command = small_book(tmp_path, "print(1)", "# Welcome\n")
    done = built(command, tmp_path, "html")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^2 pages in _build/html, built in \d+ s$", done.stdout, re.M)
    (tmp_path / "_build/html/left_over.html").write_text("from an older contents", "utf-8")
    check = "from book.tools import build; import sys; build.shutil.rmtree = lambda *a, **k: None; "
    check += "sys.exit(build.build(clean=False))"
    again = subprocess.run([sys.executable, "-c", check], cwd=tmp_path, capture_output=True, text=True)
    assert again.returncode == 1
    assert "not asked for ['left_over']" in again.stderr


def test_the_server_is_this_machines_alone_and_stops_when_told(tmp_path: Path) -> None:
    command = small_book(tmp_path, "print(1)", "# Welcome\n")
    html = tmp_path / "_build" / "html"
    html.mkdir(parents=True)
    (html / "index.html").write_text("the first page", "utf-8")
    (html / "404.html").write_text("not here", "utf-8")
    server = subprocess.Popen(
        [*command, "serve"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell starts its background jobs deaf to Ctrl-C, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        assert server.stdout is not None
        (address,) = re.findall(r"http://127\.0\.0\.1:\d+/", server.stdout.readline())
        with urllib.request.urlopen(address, timeout=30) as answer:
            assert answer.read() == b"the first page"
        with pytest.raises(urllib.error.HTTPError, match="404") as lost:
            urllib.request.urlopen(address + "no/such.html", timeout=30)
        assert lost.value.read() == b"not here"
        lost.value.close()
        with pytest.raises(OSError, match="refused|unreachable|assign"):  # as from another machine
            socket.create_connection(("127.0.0.2", int(address.rsplit(":", 1)[1].strip("/"))), timeout=5)
    finally:
        server.send_signal(signal.SIGINT)
        _, errors = server.communicate(timeout=30)
    assert server.returncode == 0
    assert errors == ""
