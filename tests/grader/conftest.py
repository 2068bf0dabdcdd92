"""A released course, made once, and a fresh copy of it for each test that changes it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grader.course import Course
from tests.grader import classes, light, postgres
from tests.grader.warm import Warm


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course made and released by the real commands. It is not to be changed: copy it."""
    root = tmp_path_factory.mktemp("courses") / "course"
    classes.grader("init", str(root), "--assignments", classes.NAME[:2])
    config = root / "nbgrader_config.py"
    config.write_text(config.read_text(encoding="utf-8") + classes.STANDIN, encoding="utf-8")
    said = classes.grader("release", classes.NAME[:2], "--json", "--course", str(root)).stdout
    (root / "release" / "said.json").write_text(said, encoding="utf-8")
    return Course.open(root)


@pytest.fixture
def course(released: Course, tmp_path: Path) -> Course:
    """A copy of the released course, in which nobody has handed in."""
    return copy(released, tmp_path / "course")


@pytest.fixture
def copy_to(released: Course, tmp_path: Path) -> Callable[[str], Course]:
    """Makes further copies of the released course."""
    return lambda name: copy(released, tmp_path / name)


def copy(course: Course, to: Path) -> Course:
    shutil.copytree(course.root, to)
    return Course.open(to)


@pytest.fixture(scope="session")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warm]:
    """Starts the command in milliseconds."""
    warm = Warm(tmp_path_factory.mktemp("warm"))
    yield warm
    warm.close()


@pytest.fixture(scope="session")
def server() -> Iterator[postgres.Server]:
    """A PostgreSQL server."""
    with postgres.running() as server:
        yield server


@pytest.fixture(scope="session")
def light_course(warm: Warm, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course with the light assignment, released; its sandbox is a real one. It is not to be changed: copy it."""
    folder = tmp_path_factory.mktemp("light")
    root = folder / "course"
    warm.run("init", str(root), "--source", str(light.write_source(folder / "source")))
    warm.run("release", "01", "--course", str(root))
    return Course.open(root)
