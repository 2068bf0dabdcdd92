"""nbgrader's formgrader on our gradebook, opened by ``grader serve`` and used in Chromium."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from grader import server
from grader.course import Course, CourseError
from grader.given import from_gradebook
from tests.grader import classes
from tests.grader.classes import BY_HAND, NAME
from tests.grader.conftest import copy

ACTED = "window.acted = true"
EVIL = (
    f"The corner <img src=x onerror='{ACTED}'><script>{ACTED}</script> [a](javascript:{ACTED}) $a < b$\n\n"
    '<iframe src="https://tracker.example/"></iframe>'
)


class Served:
    """A course and the server on it."""

    def __init__(self, course: Course) -> None:
        self.course = course
        command = [sys.executable, "-m", "grader", "serve", "--course", str(course.root), "--port", "0"]
        self.log = (course.root / "serve.log").open("w", encoding="utf-8")
        self.process = subprocess.Popen(
            command,
            cwd=classes.ROOT,
            env=classes.environment(),
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # as at a terminal
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().removeprefix("formgrader: ").strip()
        parts = urlsplit(self.url)
        self.base = f"{parts.scheme}://{parts.netloc}"
        self.token = parse_qs(parts.query)["token"][0]
        self._listening(str(parts.hostname), int(parts.port or 0))

    def _listening(self, host: str, port: int) -> None:
        """Wait until somebody answers at the address: a busy machine takes a while to get there."""
        until = time.monotonic() + 60
        while True:
            try:
                socket.create_connection((host, port), 5).close()
                return
            except ConnectionRefusedError:
                assert time.monotonic() < until, "the server does not listen"
                time.sleep(0.1)

    def ask(self, path: str, body: Any = None, token: str = "") -> Any:
        """The server's answer to a request with this token, as JSON."""
        data = None if body is None else json.dumps(body).encode()
        head = {"Authorization": f"token {token or self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.base}{path}", data, head)
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.loads(answer.read())

    def close(self) -> int:
        """Ctrl-C; gives the exit code."""
        self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(60)
        finally:
            self.process.kill()
            self.log.close()
            assert self.process.stdout is not None
            self.process.stdout.close()


@pytest.fixture(scope="module")
def served(released: Course, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A graded class of three in the real sandbox, and the server."""
    course = copy(released, tmp_path_factory.mktemp("served") / "course")
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text(encoding="utf-8").replace(classes.STANDIN, ""), encoding="utf-8")
    course = Course.open(course.root)
    classes.honest(course, 2)
    nb = classes.notebook(course, {"relu": f"def relu(z):\n    print({EVIL!r})\n    return z", BY_HAND: EVIL})
    active = {"output_type": "display_data", "data": {"text/html": EVIL}, "metadata": {}}
    mine = {
        "cell_type": "code",
        "id": "mine",
        "metadata": {},
        "source": f"print({EVIL!r})",
        "outputs": [active],
    }
    nb["cells"] += [mine | {"execution_count": 1}]
    classes.hand_in(course, "eve", nb)
    classes.grader("autograde", NAME, "--driver", "serial", "--course", str(course.root))
    made = Served(course)
    yield made
    assert made.close() == 0, "Ctrl-C ends it without a question"


@pytest.fixture
def page(served: Served, browser: Browser) -> Iterator[Page]:
    """A page whose every request goes to the server; one to anywhere else is a failure."""
    opened = browser.new_context(viewport={"width": 1200, "height": 900}).new_page()
    asked: list[str] = []
    faults: list[str] = []
    opened.on("request", lambda r: asked.append(r.url))
    opened.on("pageerror", lambda e: faults.append(str(e)))
    opened.on("dialog", lambda d: faults.append(f"dialog {d.message}"))
    opened.goto(served.url, wait_until="networkidle")
    yield opened
    assert [u for u in asked if not u.startswith((served.base, "data:", "blob:"))] == [], (
        "it asked another machine"
    )
    assert faults == []
    opened.context.close()


def submission(course: Course, student: str) -> str:
    """nbgrader's id of a student's notebook."""
    with sqlite3.connect(course.root / "gradebook.db") as db:
        (found,) = db.execute(
            "select sn.id from submitted_notebook sn join submitted_assignment sa on sn.assignment_id = sa.id "
            "where sa.student_id = ?",
            [student],
        ).fetchone()
    db.close()
    return str(found)


@pytest.mark.site
def test_a_person_marks_and_the_marks_survive_a_regrade(served: Served, page: Page) -> None:
    """List, submission, a score and a comment typed in; then all is graded again, by our command and by the button."""
    course = served.course
    expect(page.get_by_role("link", name=NAME, exact=True).first).to_be_visible()
    page.goto(f"{served.base}/formgrader/gradebook/{NAME}/{NAME}", wait_until="networkidle")
    assert page.locator("tbody tr").count() == 3

    page.goto(f"{served.base}/formgrader/submissions/{submission(course, 'ada')}/", wait_until="networkidle")
    assert page.locator("mjx-container").count() > 10, "formulas are set, by a MathJax of this machine"
    with page.expect_response(lambda r: "/api/grade/" in r.url and r.request.method == "PUT" and r.ok):
        page.locator(f"input.score[id='{BY_HAND}']").fill("3")
        page.locator(f"input.score[id='{BY_HAND}']").blur()
    with page.expect_response(lambda r: "/api/comment/" in r.url and r.request.method == "PUT" and r.ok):
        page.locator(f"textarea[id='{BY_HAND}-comment']").fill("Say why <b>at zero</b>.")
        page.locator(f"textarea[id='{BY_HAND}-comment']").blur()
    assert marked(course) == (3.0, "Say why <b>at zero</b>.", 32.0)
    rows = classes.rows(course.root / "gradebook.db")

    classes.grader("autograde", NAME, "--regrade", "--driver", "serial", "--course", str(course.root))
    assert marked(course) == (3.0, "Say why <b>at zero</b>.", 32.0)
    regraded = classes.rows(course.root / "gradebook.db")
    open_again = [r for r in regraded["grade"] if r not in rows["grade"]]
    assert [(r[0], r[8], r[13]) for r in open_again] == [("ada", BY_HAND, 1)], (
        "as in nbgrader: look at it again"
    )
    assert regraded["comment"] == rows["comment"]
    page.reload(wait_until="networkidle")
    assert page.locator(f"input.score[id='{BY_HAND}']").input_value() == "3"
    assert page.locator(f"textarea[id='{BY_HAND}-comment']").input_value() == "Say why <b>at zero</b>."

    page.goto(f"{served.base}/formgrader/manage_submissions/{NAME}", wait_until="networkidle")
    row = page.locator("tbody tr").filter(has=page.get_by_text("ada", exact=True))
    row.locator(".autograde a").click()
    expect(page.locator(".modal-body").filter(has_text="Successfully autograded")).to_be_visible(
        timeout=120_000
    )
    assert marked(course) == (3.0, "Say why <b>at zero</b>.", 32.0)
    assert classes.rows(course.root / "gradebook.db") == regraded


def marked(course: Course) -> tuple[float | None, str, float]:
    """What a person gave ada for the question in words, what was said to it, and her points in all."""
    given = from_gradebook(course, NAME)["ada", NAME]
    assert given.marks[BY_HAND].person
    return given.marks[BY_HAND].points, given.comments[BY_HAND], given.total


@pytest.mark.site
def test_our_messages_are_there_and_nothing_of_a_students_is_active(served: Served, page: Page) -> None:
    page.goto(
        f"{served.base}/formgrader/submissions/{submission(served.course, 'eve')}/", wait_until="networkidle"
    )
    text = page.locator("#notebook").first.inner_text()
    assert "Your function gives" in text or "Not right" in text or "inputs" in text, (
        "the message of a failed test"
    )
    assert "tracker.example" in text, "what a student wrote and printed is there to be read"
    assert page.evaluate("window.acted") is None
    assert page.locator("#notebook iframe, #notebook script:not([type]), #notebook img[onerror]").count() == 0
    assert page.locator("#notebook a[href^='javascript']").count() == 0


@pytest.mark.site
def test_only_the_one_with_the_token_comes_in_and_kernels_are_sandboxed(served: Served) -> None:
    with pytest.raises(urllib.error.HTTPError, match="403"):
        served.ask("/api/contents", token="wrong")
    with urllib.request.urlopen(f"{served.base}/formgrader", timeout=60) as answer:
        assert "/login" in answer.url
    assert listens(int(urlsplit(served.base).port or 0)) == {"0100007F"}, "127.0.0.1, and no other address"
    folder = f"autograded/eve/{NAME}"
    made = served.ask(
        "/api/sessions",
        {"path": f"{folder}/{NAME}.ipynb", "type": "notebook", "name": "n", "kernel": {"name": "python3"}},
    )
    command = kernel_of(served.process.pid)
    assert f"--ro-bind {served.course.root / folder} " in command and "--unshare-all" in command
    assert "gradebook" not in command and served.token not in command
    assert made["kernel"]["name"] == "python3"
    assert served.ask("/formgrader/api/assignments")[0]["name"] == NAME


def listens(port: int) -> set[str]:
    """The addresses of this machine, as the kernel writes them, at which somebody listens on a port."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            _, here, _, state, *_ = line.split()
            if state == "0A" and int(here.split(":")[1], 16) == port:
                found.add(here.split(":")[0])
    return found


def kernel_of(pid: int) -> str:
    """The command line of the bubblewrap that a server has started."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        listed = subprocess.run(
            ["ps", "-ww", "-o", "args=", "--ppid", str(pid)], capture_output=True, text=True
        )
        found = [line for line in listed.stdout.splitlines() if "bwrap " in line and "ipykernel" in line]
        if found:
            return found[0]
        time.sleep(0.2)
    raise AssertionError("the server has started no bubblewrap")


def test_what_is_missing_is_said(
    released: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ["serve", "--course"]
    assert classes.here(*at, str(tmp_path)) == 1
    assert "is no course" in capsys.readouterr().err
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert classes.here(*at, str(released.root), "--port", port) == 1
        assert f"port {port} cannot be had" in capsys.readouterr().err
    assert classes.here(*at, str(released.root), "--port", "99999") == 1
    assert "up to 65535" in capsys.readouterr().err
    monkeypatch.setenv("PATH", str(tmp_path))
    assert classes.here(*at, str(released.root)) == 1
    assert "no bubblewrap" in capsys.readouterr().err
    (tmp_path / "bwrap").write_text("#!/bin/sh\necho No permissions to create a new namespace >&2\nexit 1\n")
    (tmp_path / "bwrap").chmod(0o755)
    assert classes.here(*at, str(released.root)) == 1
    assert "bubblewrap fails (No permissions" in capsys.readouterr().err
    monkeypatch.setitem(server.NEEDED, "nbgrader.server_extensions.none", "an extension that is not there")
    monkeypatch.setitem(server.NEEDED, "no_such_package.at_all", "another package")
    with pytest.raises(
        CourseError, match="has not an extension that is not there and another package; install"
    ):
        server.check(sandboxed=True)


def test_the_server_is_for_this_machine_alone_and_the_help_has_examples(released: Course) -> None:
    said = server.options(released, 8888, False)
    assert "--ServerApp.ip=127.0.0.1" in said and not any("token" in word for word in said)
    assert ("--allow-root" in said) == (os.geteuid() == 0)
    text = classes.grader("serve", "--help").stdout
    assert "examples:" in text and "--port 9000" in text and "exit codes:" in text
