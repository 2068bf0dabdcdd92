"""The files that other machines read: the workflow that publishes, the container, Binder."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOW = ".github/workflows/publish.yml"


def workflow() -> dict[str, Any]:
    return yaml.safe_load((ROOT / WORKFLOW).read_text(encoding="utf-8"))


def test_the_workflow_fits_its_schema() -> None:
    words = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.github-workflows",
        WORKFLOW,
    ]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_workflow_tests_and_builds_before_it_publishes() -> None:
    jobs = workflow()["jobs"]
    steps = [step.get("run", "") or step.get("uses", "") for step in jobs["build"]["steps"]]
    order = ["make test ", "make site-test ", "make pdf ", "upload-pages-artifact"]
    places = [next(i for i, step in enumerate(steps) if name in step) for name in order]
    assert places == sorted(places)
    assert jobs["deploy"]["needs"] == "build"
    assert jobs["deploy"]["permissions"] == {"pages": "write", "id-token": "write"}
    commands = {c for step in steps for c in re.findall(r"make ([a-z-]+)", step)}
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (known,) = re.findall(r"^COMMANDS := (.*)$", makefile, re.M)
    assert commands <= set(known.split())


def test_the_container_passes_its_linter() -> None:
    hadolint = Path(sys.prefix) / "bin" / "hadolint"
    done = subprocess.run([hadolint, "Dockerfile"], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_container_binder_and_workflow_use_the_pinned_packages() -> None:
    container = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    (version,) = re.findall(r"^FROM python:(3\.\d+)-slim$", container, re.M)
    binder = ROOT / ".binder"
    assert (binder / "runtime.txt").read_text(encoding="utf-8").strip() == f"python-{version}"
    (line,) = (binder / "requirements.txt").read_text(encoding="utf-8").split("\n")[:1]
    assert line.startswith("-r ")
    assert (binder / line.removeprefix("-r ")).resolve() == ROOT / "requirements.txt"
    assert "pip install --no-cache-dir -r requirements.txt" in container
    setup = next(s for s in workflow()["jobs"]["build"]["steps"] if "setup-python" in s.get("uses", ""))
    assert setup["with"]["python-version"] == version
    subprocess.run(["sh", "-n", binder / "postBuild"], check=True)
    assert (binder / "postBuild").stat().st_mode & 0o111


@pytest.mark.parametrize("name", ["Dockerfile", ".dockerignore"])
def test_the_container_runs_as_an_ordinary_user_and_carries_no_litter(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    wanted = {"Dockerfile": ["USER 1000"], ".dockerignore": [".git", ".venv", "_build"]}[name]
    assert [line for line in wanted if line not in text.splitlines()] == []
