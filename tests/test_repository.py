"""The repository keeps its own promises: what the README says, what is pinned, what a file may hold."""

from __future__ import annotations

import ast
import importlib.metadata
import importlib.util
import os
import re
import signal
import socket
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NOT_OURS = {
    ".git",
    ".venv",
    "_build",
    "build",
    "dist",
    "node_modules",
    "shared",
    ".bplib-data",
    "__pycache__",
}
NOT_OURS |= {".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".ipynb_checkpoints"}
TEXT = {
    ".py",
    ".md",
    ".toml",
    ".txt",
    ".yml",
    ".yaml",
    ".cff",
    ".ipynb",
    ".svg",
    ".css",
    ".js",
    ".html",
    ".bib",
    "",
}


def files(*suffixes: str) -> Iterator[Path]:
    """Every file of the repository with one of these suffixes."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [f for f in folders if f not in NOT_OURS and not f.endswith(".egg-info")]
        yield from (Path(folder, name) for name in names if Path(name).suffix in suffixes)


@pytest.fixture(scope="module")
def make() -> ModuleType:
    """make.py as a module."""
    spec = importlib.util.spec_from_file_location("make", ROOT / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# ------------------------------------------------------------------------------------- what the README says


def commands(text: str) -> set[str]:
    """Every word that follows `make` in code: `make test`, make lab ARGS=…"""
    code = re.findall(r"```console\n(.*?)```", text, re.S) + re.findall(r"`([^`\n]+)`", text)
    return {name for c in code for name in re.findall(r"(?:^|\$ |\n)(?:make|python3 make\.py) ([a-z-]+)", c)}


@pytest.mark.parametrize("text", [README, CONTRIBUTING], ids=["README", "CONTRIBUTING"])
def test_each_command_that_is_named_exists(text: str, make: ModuleType) -> None:
    named = commands(text)
    assert "test" in named
    assert named <= {*make.COMMANDS, "help"}


def test_make_and_make_py_have_the_same_commands(make: ModuleType) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (listed,) = re.findall(r"^COMMANDS := (.*)$", makefile, re.M)
    assert set(listed.split()) == set(make.COMMANDS)
    usage = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert [name for name in make.COMMANDS if not re.search(rf"^  {name} +[A-Zb]", usage, re.M)] == []


def test_the_python_in_the_readme_runs_and_says_what_the_readme_says() -> None:
    blocks = re.findall(r"```python\n(.*?)```", README, re.S)
    assert len([line for line in blocks[0].splitlines() if line]) == 8, "the README calls it eight lines"
    program = "import warnings; warnings.simplefilter('error')\n" + "".join(blocks)
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (promised,) = re.findall(r"It says `(.*?)`", README)
    assert promised in done.stdout


def test_links_and_paths_in_the_readme_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)|src=\"([^\"]+)\"", README + CONTRIBUTING)
    rows = re.findall(r"^\| (`.*?) \|", README, re.M)
    paths = [a or b for a, b in links] + [p for row in rows for p in re.findall(r"`([^`]+)`", row)]
    assert len(paths) > 12
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_ci_runs_the_commands_of_the_readme() -> None:
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "make test" in ci
    assert "make bench" in ci
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    subprocess.run(["bash", "-n", ".ci/run"], cwd=ROOT, check=True)


def wait_for(address: str, server: subprocess.Popen[str]) -> str:
    """What stands at the address, as soon as the server answers; its output, if it never does."""
    for _ in range(600):
        try:
            with urllib.request.urlopen(address, timeout=30) as answer:
                return answer.read().decode()
        except urllib.error.URLError:
            time.sleep(0.1)
            if server.poll() is not None:
                break
    server.terminate()
    raise AssertionError(server.communicate()[0])


def test_lab_serves_this_folder_on_this_machine_only() -> None:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    options = ["--no-browser", f"--port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token=t"]
    lab = subprocess.Popen(
        [sys.executable, "make.py", "lab", "--", *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        address = f"http://127.0.0.1:{port}/api/contents?token=t"
        assert '"make.py"' in wait_for(address, lab)
        with pytest.raises(OSError, match="refused|unreachable|assign"):  # as from another machine
            socket.create_connection(("127.0.0.2", port), timeout=5)
    finally:
        os.killpg(lab.pid, signal.SIGTERM)
        lab.communicate(timeout=30)


# --------------------------------------------------------------------------------------------- what is pinned


def pins(name: str) -> dict[str, list[Requirement]]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    found: dict[str, list[Requirement]] = {}
    for line in lines:
        if line and not line.startswith("#"):
            found.setdefault(Requirement(line).name.lower(), []).append(Requirement(line))
    return found


def direct() -> dict[str, Requirement]:
    lists = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    return {r.name.lower(): r for r in (Requirement(line) for lines in lists for line in lines)}


def test_each_dependency_is_pinned_to_a_version_that_pyproject_allows() -> None:
    pinned = pins("requirements.txt") | pins("requirements-proof.txt")
    for name, wanted in direct().items():
        assert name in pinned, f"{name} stands in pyproject.toml but is not pinned: run `make lock`"
        for pin in pinned[name]:
            (exact,) = pin.specifier
            assert wanted.specifier.contains(exact.version), f"{pin} is outside {wanted}: run `make lock`"
    loose = [str(p) for ps in pinned.values() for p in ps if [s.operator for s in p.specifier] != ["=="]]
    assert loose == []


def test_this_environment_is_the_pinned_one() -> None:
    pinned = pins("requirements.txt") | pins("requirements-proof.txt")
    here = [p for ps in pinned.values() for p in ps if p.marker is None or p.marker.evaluate()]
    wrong = [str(p) for p in here if not p.specifier.contains(importlib.metadata.version(p.name))]
    assert wrong == [], "run `make setup`"


def test_the_versions_of_python_are_the_same_everywhere(make: ModuleType) -> None:
    versions = [f"3.{minor}" for minor in range(make.OLDEST[1], make.NEWEST[1] + 1)]
    assert PROJECT["requires-python"] == f">={versions[0]},<3.{make.NEWEST[1] + 1}"
    named = [c.rsplit(" ", 1)[1] for c in PROJECT["classifiers"] if "Python :: 3." in c]
    assert named == versions
    workflow = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text(encoding="utf-8"))
    job = workflow["jobs"]["test"]
    assert job["strategy"]["matrix"]["python-version"] == versions
    assert any("make test" in step.get("run", "") for step in job["steps"])
    assert f"Python {versions[0]}, {versions[1]} or {versions[2]}" in README


# ---------------------------------------------------------------------------------------------------- make.py


def run_as_python(version: str) -> str:
    program = (
        f"import runpy, sys; sys.version_info = {version}; runpy.run_path('make.py', run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    return done.stderr


@pytest.mark.parametrize("version", ["(3, 10, 13)", "(3, 14, 0)"])
def test_another_python_is_refused_with_what_to_install(version: str) -> None:
    said = run_as_python(version)
    assert "the course needs Python 3.11, 3.12 or 3.13." in said
    assert "make test PYTHON=python3.12" in said
    assert "Traceback" not in said


def test_an_unknown_command_is_refused_with_the_ones_there_are() -> None:
    done = subprocess.run([sys.executable, "make.py", "tset"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert "there is no command 'tset'; there are: setup, test" in done.stderr


def test_the_stamp_follows_the_requirement_files(make: ModuleType, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(make, "ROOT", tmp_path)
    monkeypatch.setattr(make, "VENV", tmp_path)
    monkeypatch.setattr(make, "PYTHON", Path(sys.executable))
    for name in make.PROOF:
        (tmp_path / name).write_text("numpy==2.4.6\n")
    assert not make.fits(make.PROOF)
    make.stamp(make.PROOF).write_text(make.fingerprint(make.PROOF))
    assert make.fits(make.PROOF)
    assert not make.fits(make.COURSE)
    (tmp_path / "requirements.txt").write_text("numpy==2.4.5\n")
    assert not make.fits(make.PROOF)


def test_a_setup_that_was_cut_off_is_noticed(make: ModuleType, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(make, "ROOT", tmp_path)

    def cut_off() -> None:
        with make.only_one() as unfinished:
            assert not unfinished
            sys.exit(1)

    with pytest.raises(SystemExit):
        cut_off()
    with make.only_one() as unfinished:
        assert unfinished
    with make.only_one() as unfinished:
        assert not unfinished


@pytest.mark.slow
def test_from_nothing_and_through_an_interruption(tmp_path: Path) -> None:
    for name in ["make.py", "README.md", "LICENSE", "LICENSE-PROSE", "pyproject.toml", "requirements.txt"]:
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    for name in ["bplib", "grader"]:
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "requirements-proof.txt").write_text("mpmath==1.3.0\n")
    python = tmp_path / ".venv" / "bin" / "python"

    def setup() -> subprocess.Popen[str]:
        words = [getattr(sys, "_base_executable", sys.executable), "make.py", "setup"]
        return subprocess.Popen(
            words, cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True
        )

    first = setup()
    while not python.exists():
        assert first.poll() is None
        time.sleep(0.05)
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()

    second = setup()
    said = second.communicate()[1]
    assert second.returncode == 0, said
    assert "the last set-up was cut off: anew" in said
    subprocess.run([python, "-c", "import bplib, grader, numpy, mpmath"], cwd=tmp_path, check=True)

    third = setup()
    said = third.communicate()[1]
    assert third.returncode == 0
    assert "installing" not in said


# ------------------------------------------------------------------------------------ what a file may not hold


def test_importing_bplib_is_light() -> None:
    heavy = ["matplotlib", "sklearn", "scipy", "torch", "pooch", "autograd", "grader", "IPython"]
    program = f"import sys, bplib, bplib.ops, bplib.tape; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_no_file_of_the_library_passes_300_lines() -> None:
    table = (
        ROOT / "bplib" / "check" / "sections.py"
    )  # a list of titles, written by a command: not read, not edited
    code = [p for p in files(".py") if p.relative_to(ROOT).parts[0] in ("bplib", "grader") and p != table]
    assert len(code) > 10
    long = {
        str(p.relative_to(ROOT)): n
        for p in code
        if (n := len(p.read_text(encoding="utf-8").splitlines())) > 300
    }
    assert long == {}, "a file that passes 300 lines wants to be two"


def test_no_op_imports_the_tape_and_the_library_imports_no_grader() -> None:
    forbidden = {
        "bplib": ("grader", "tests", "benchmarks"),
        "bplib/ops": ("bplib.tape", "bplib.nn", "bplib.functional"),
    }
    for folder, names in forbidden.items():
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                modules = [a.name for a in node.names] if isinstance(node, ast.Import) else []
                modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                bad = [m for m in modules if any(m == n or m.startswith(n + ".") for n in names)]
                assert bad == [], f"{path.relative_to(ROOT)} imports {bad}"


def test_no_test_is_skipped_or_expected_to_fail() -> None:
    ways_out = {"skip", "skipif", "skipTest", "xfail", "importorskip", "SkipTest", "skipIf", "skipUnless"}
    for path in (p for p in files(".py") if p.relative_to(ROOT).parts[0] == "tests"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = (
                node.attr
                if isinstance(node, ast.Attribute)
                else node.id
                if isinstance(node, ast.Name)
                else ""
            )
            assert name not in ways_out, f"{path.relative_to(ROOT)}:{node.lineno} uses {name}"


MACHINE = r"(?<![\w./-])/(?:work|root|home|Users|opt|tmp)/\w"  # a path that exists on one machine only
HOSTS = "|".join(
    re.escape(".".join(h)) for h in [("pypi", "org"), ("files", "pythonhosted"), ("registry", "npmjs")]
)
PEOPLE = r"\b(?:this|last|previous|next|earlier|later) session\b|\b(?:AI|coding|sub-?)\s?agents?\b"


def test_the_project_speaks_only_of_itself() -> None:
    """No machine's paths, no registry's hosts, nothing about how the work was organised."""
    pattern = re.compile(f"{MACHINE}|{HOSTS}|{PEOPLE}", re.I)
    found = []
    for path in files(*TEXT):
        if path != Path(__file__).resolve():
            text = path.read_text(encoding="utf-8", errors="replace")
            found += [f"{path.relative_to(ROOT)}: {m.group()!r}" for m in pattern.finditer(text)]
    assert found == []


def test_nothing_is_left_to_be_done_later() -> None:
    marks = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|X" + r"XX)\b")
    texts = {p: p.read_text(encoding="utf-8") for p in files(".py", ".md", ".toml", ".yml")}
    assert [str(p.relative_to(ROOT)) for p, text in texts.items() if marks.search(text)] == []


# ------------------------------------------------------------------------------------ files for other programs


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("vendor.citation-file-format", "CITATION.cff"),
        ("vendor.github-workflows", ".github/workflows/test.yml"),
    ],
)
def test_files_for_other_programs_fit_their_schemas(schema: str, file: str) -> None:
    words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, file]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_hooks_before_a_commit_call_only_tools_of_this_environment() -> None:
    subprocess.run([sys.executable, "-m", "pre_commit", "validate-config"], cwd=ROOT, check=True)
    repos = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert [repo["repo"] for repo in repos] == ["local"]
    tools = [hook["entry"].split()[0] for hook in repos[0]["hooks"]]
    assert [tool for tool in tools if not (Path(sys.prefix) / "bin" / Path(tool).name).exists()] == []


def test_version_and_licences_are_the_same_everywhere() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == PROJECT["version"] == importlib.metadata.version("backprop-proven")
    assert " AND ".join(citation["license"]) == PROJECT["license"]
    assert citation["authors"] == PROJECT["authors"]
    code, prose = ((ROOT / name).read_text(encoding="utf-8") for name in PROJECT["license-files"])
    assert code.startswith("BSD 3-Clause License")
    for words in ["https://creativecommons.org/licenses/by/4.0/legalcode", "Section 8 -- Interpretation."]:
        assert words in prose


@pytest.mark.parametrize("name", ["logo.svg", "favicon.svg", "social-card.svg"])
def test_pictures_have_words_and_the_two_colours(name: str) -> None:
    picture = (ROOT / "book" / "assets" / name).read_text(encoding="utf-8")
    assert "<title" in picture
    assert "<desc" in picture
    assert {"#0072B2", "#D55E00"} <= set(re.findall(r"#[0-9A-F]{6}", picture)), (
        "value blue, gradient vermilion"
    )
    assert "http" not in picture.replace("http://www.w3.org/2000/svg", "")
