"""The guides in the book: every command on them is run as it stands there, and prints what the page says."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import zipfile
from pathlib import Path

import pytest

from grader import demo, wire
from grader.__main__ import parser
from grader.limits import Limits
from tests.grader import classes, postgres

ROOT = classes.ROOT
BOOK = ROOT / "book"
GUIDES = ("teach.md", "run_a_big_course.md", "sandbox.md", "wire_protocol.md")
FENCE = re.compile(r"^```console\n(.*?)^```$", re.S | re.M)
# What a test cannot do as it stands, and what it does instead: [(pattern, replacement)].
INSTEAD = {
    "teach.md": [
        (r"sudo apt-get install -y bubblewrap", "command -v bwrap"),
        (r"git clone https://\S+", f"mkdir backprop-proven && ln -s {ROOT}/.venv backprop-proven/.venv"),
        (r"make setup", "test -x .venv/bin/grader"),
        (r"grader serve$", "grader serve --help"),
        (r"cp -r ../backprop-proven/", f"cp -r {ROOT}/"),
    ],
    "run_a_big_course.md": [
        (r"sudo -u postgres createuser .*", "command -v createuser"),
        (r"sudo -u postgres createdb", "createdb"),
        (r"sudo install -d -o \$USER", "install -d"),
        (r"/srv/backprop$", "srv/backprop"),
        (r"grader init /srv/", "grader init srv/"),
        (r"cd srv/backprop", "cd srv/backprop && cp -r ~/handed_in/* submitted/"),
        (r"sudo mkdir /srv/exchange", "mkdir ../exchange && sed -i $EXCHANGE nbgrader_config.py"),
        (r"sudo chmod 777 /srv/", "chmod 777 ../"),
        (r"teacher@db.example.org/backprop", "teacher@/backprop?host=$PGHOST"),
        (r"(dask (?:scheduler|worker) .*)", r"\1 >>~/dask.log 2>&1 & echo $! >>~/started; sleep 3"),
        (r"--host 10.0.0.1", "--host 127.0.0.1 --port $PORT --no-dashboard"),
        (r"10.0.0.1:8786", "127.0.0.1:$PORT"),
        (r"--nworkers -1 --nthreads 1", "--nworkers 2 --nthreads 1 --no-dashboard --death-timeout 240"),
    ],
}


# test_provisioner.py runs these.
KERNELS = (
    "export JUPYTER_DEFAULT_PROVISIONER_NAME=grader-sandbox",
    "jupyter lab",
    "nbgrader autograde 03_chain_rule    # nbgrader as it comes, with its kernels inside",
)


def blocks(page: str) -> list[tuple[str, list[str]]]:
    """The commands of a page in order, each with the lines that it prints according to the page."""
    found: list[tuple[str, list[str]]] = []
    for block in FENCE.findall((BOOK / page).read_text(encoding="utf-8")):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


def pattern(lines: list[str]) -> str:
    """What the lines allow; … stands for anything, and alone for any number of lines."""
    return "".join(
        r"(?:.*\n)*?" if line == "…" else re.escape(line).replace("…", ".*") + r"\n" for line in lines
    )


def follow(page: str, folder: Path, **environment: str) -> None:
    """Run a page's commands one after another in one shell, and hold what they print against the page."""
    found = blocks(page)
    script = ["cd scratch"]
    for number, (command, _) in enumerate(found):
        for what, instead in INSTEAD[page]:
            command = re.sub(what, instead, command)
        script += [f"echo '@@ {number}' | tee /dev/stderr", command, f"echo '@@ {number} gave' $?"]
    script.append("if test -f ~/started; then kill $(cat ~/started); fi")
    (folder / "scratch").mkdir()
    home = folder / "home"
    done = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        cwd=folder,
        env=classes.environment() | {"HOME": str(home), **environment},
        capture_output=True,
        text=True,
        timeout=600,
    )
    for number, (command, lines) in enumerate(found):
        between = re.search(rf"^@@ {number}\n(.*?)^@@ {number} gave (\d+)$", done.stdout, re.S | re.M)
        assert between, f"{page}: {command}: the shell did not come to its end\n{done.stdout}\n{done.stderr}"
        code = re.search(r"# exit code (\d+)", command)
        complaint = done.stderr.split(f"@@ {number}\n")[1].split("@@ ")[0]
        about = f"{page}: {command}\n{between[1]}\n{complaint}"
        assert int(between[2]) == int(code[1] if code else 0), f"exit {between[2]}: {about}"
        if lines:
            assert re.fullmatch(pattern(lines), between[1]), about


@pytest.mark.slow
def test_teach_with_it(tmp_path: Path) -> None:
    downloads = tmp_path / "home" / "Downloads"
    downloads.mkdir(parents=True)
    with zipfile.ZipFile(downloads / "submissions.zip", "w") as archive:
        for student, (_, raw) in demo.submissions("03", 8).items():
            archive.writestr(f"{student}/03_chain_rule.ipynb", raw)
    follow("teach.md", tmp_path)


@pytest.mark.slow
def test_run_a_big_course(tmp_path: Path, server: postgres.Server) -> None:
    home = tmp_path / "home"
    (home / "ada").mkdir(parents=True)
    exchange = tmp_path / "scratch" / "srv" / "exchange"
    (home / "ada" / "nbgrader_config.py").write_text(
        f"c = get_config()\nc.Exchange.root = {str(exchange)!r}\n"
    )
    for student, (_, raw) in demo.submissions("03", 2).items():
        place = home / "handed_in" / student / "03_chain_rule"
        place.mkdir(parents=True)
        (place / "03_chain_rule.ipynb").write_bytes(raw)
        (place / "timestamp.txt").write_text("2027-03-01 10:00:00 UTC")  # as nbgrader's collect leaves them
        (place / "submission_secret.txt").write_text(student)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    programs = os.path.dirname(postgres.program("createdb"))
    path = os.pathsep.join([classes.environment()["PATH"], programs])
    follow(
        "run_a_big_course.md",
        tmp_path,
        PGHOST=str(server.folder),
        PGUSER="teacher",
        PORT=str(port),
        EXCHANGE=f"s#^c.Exchange.root.*#c.Exchange.root={str(exchange)!r}#",
        PATH=path,
    )


def test_the_containers_commands_are_commands() -> None:
    """There is no container engine in a test: the image's file is there, and `grader` knows the words."""
    everything = [command for command, _ in blocks("sandbox.md")]
    found = [command for command in everything if command.startswith("docker ")]
    others = [command for command in everything if command not in [*found, "mkdir -p ~/my-course"]]
    assert set(others) <= set(KERNELS), "a command that no test runs"
    for command in others:
        assert command.startswith("export ") or shutil.which(command.split()[0], path=str(classes.BIN)), (
            command
        )
    assert (ROOT / "Dockerfile").is_file() and found[0] == "docker build -t backprop-proven ."
    for command in found[1:]:
        words = shlex.split(command)
        rest = words[words.index("backprop-proven") + 1 :]
        assert rest[0] == "grader" and callable(parser().parse_args(rest[1:]).run)


def test_every_test_and_file_that_a_guide_names_is_there() -> None:
    tests = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "tests" / "grader").rglob("test_*.py"))
    for page in GUIDES:
        text = (BOOK / page).read_text(encoding="utf-8")
        for name in re.findall(r"`(test_\w+)`", text):
            assert f"def {name}(" in tests, f"{page}: {name}"
        for pattern in re.findall(r"`(test_[\w*]+\.py)`", text):
            assert list((ROOT / "tests" / "grader").glob(pattern)), f"{page}: {pattern}"
        for path in re.findall(r"`((?:grader|tests|bplib)/[\w/.]+)`", text):
            assert (ROOT / path).exists(), f"{page}: {path}"


def test_the_sandboxs_page_names_an_attack_for_each_promise() -> None:
    text = (BOOK / "sandbox.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ")][1:]
    assert len(rows) >= 15
    for row in rows:
        promise, bubblewrap, landlock, unsafe, attacks = (part.strip() for part in row.strip("|").split("|"))
        assert promise and bubblewrap == "yes" and {landlock, unsafe} <= {"yes", "–", "partly"}, row
        assert re.search(r"`test_\w+`", attacks), row


def test_the_protocols_page_has_the_caps_and_tags_of_the_code() -> None:
    text = (BOOK / "wire_protocol.md").read_text(encoding="utf-8")
    caps = dict(re.findall(r"^\| `(\w+)`, [^|]*\| ([\d,]+(?: [KM]iB)?) \|$", text, re.M))
    of = Limits()
    for name in ("JSON_BYTES", "DEPTH", "ITEMS", "DIMENSIONS", "frame_bytes", "messages", "printed_bytes"):
        value = getattr(wire, name) if name.isupper() else getattr(of, name)
        size = {"MiB": 1 << 20, "KiB": 1 << 10}
        number, _, unit = caps.pop(name).partition(" ")
        assert int(number.replace(",", "")) * size.get(unit, 1) == value, name
    assert caps == {}
    tags = set(re.findall(r'^\| `\{"(\w)":', text, re.M))
    known = set()
    for letter in "abcdefghijklmnopqrstuvwxyz":
        try:
            wire.unpack(json.dumps({letter: []}).encode(), b"", lambda tag, body: tag)
        except wire.WireError as error:
            if "unknown tag" in str(error):
                continue
        known.add(letter)
    assert tags == known
    from grader.child import Child

    asked = set(re.findall(r'^\| `\["(\w+)",', text, re.M))
    assert asked == {name.removeprefix("on_") for name in dir(Child) if name.startswith("on_")}
    errors = set(re.findall(r"^\| `(\w+)` \| [^|]* \| stopped", text, re.M))
    assert errors == {
        n for n, v in vars(wire).items() if isinstance(v, type) and issubclass(v, wire.WireError)
    }
    assert wire.pack(1)[: wire.HEAD.size] == (1).to_bytes(8, "big") + (1).to_bytes(4, "big")
