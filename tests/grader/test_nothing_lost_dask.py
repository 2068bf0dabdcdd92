"""A Dask cluster of real processes, as the guide starts them: workers and scheduler may die, nothing is lost."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.cluster import Dask, judge_there
from grader.course import Course
from grader.drivers import NoCluster
from tests.grader import classes, light
from tests.grader.conftest import copy
from tests.grader.lost import entries, everything, wait_for
from tests.grader.warm import Warm, children, command_of

COUNT = 90
GRADED, ZERO, QUARANTINED = light.odd(COUNT)


class Cluster:
    """``dask scheduler`` and ``dask worker``, in processes of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.file = folder, folder / "scheduler.json"
        self.scheduler = self.dask("scheduler", "--host", "127.0.0.1", "--port", "0")
        self.started = [self.scheduler]
        wait_for(self.file.exists, 120)
        self.address: str = json.loads(self.file.read_text())["address"]

    def dask(self, what: str, *words: str) -> subprocess.Popen[bytes]:
        command = [
            str(classes.BIN / "dask"),
            what,
            *words,
            "--no-dashboard",
            "--scheduler-file",
            str(self.file),
        ]
        log = (self.folder / f"{what}.log").open("ab")
        with log:
            return subprocess.Popen(command, cwd=self.folder, env=self.environment(), stdout=log, stderr=log)

    def environment(self) -> dict[str, str]:
        """What a test writes into the folder can be imported by the workers."""
        env = classes.environment()
        return env | {"PYTHONPATH": f"{self.folder}{os.pathsep}{env['PYTHONPATH']}"}

    def workers(self, count: int) -> None:
        words = ("--nworkers", str(count), "--nthreads", "1")
        self.started.append(self.dask("worker", *words, "--local-directory", str(self.folder)))

    def processes(self) -> list[int]:
        """The process ids of the workers, not of the nannies that start them anew."""
        found = [p for p in children(self.started[-1].pid) if "multiprocessing.spawn" in command_of(p)]
        return [p for p in found if "resource_tracker" not in command_of(p)]

    def close(self) -> None:
        for process in reversed(
            self.started
        ):  # at once: without a scheduler they would wait for it to come back
            left = [process.pid, *children(process.pid)]
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.wait(60)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    (tmp_path / "cluster").mkdir()
    cluster = Cluster(tmp_path / "cluster")
    yield cluster
    cluster.close()


@pytest.fixture(scope="module")
def handed_in(light_course: Course, tmp_path_factory: pytest.TempPathFactory) -> Course:
    course = copy(light_course, tmp_path_factory.mktemp("dask") / "course")
    light.class_of(course, COUNT)
    return course


@pytest.fixture(scope="module")
def right(handed_in: Course, warm: Warm, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What grading here, one after another, leaves."""
    course = copy(handed_in, tmp_path_factory.mktemp("right") / "course")
    warm.run("autograde", "01", "--driver", "serial", "--course", str(course.root), code=3)
    return everything(course)


@pytest.mark.slow
def test_workers_and_the_scheduler_may_die(
    cluster: Cluster, handed_in: Course, right: dict[str, Any], warm: Warm, tmp_path: Path
) -> None:
    cluster.workers(3)
    course = copy(handed_in, tmp_path / "course")
    words = ("autograde", "01", "--scheduler", cluster.address, "--course", str(course.root))
    run = warm.start(*words)
    wait_for(lambda: len(entries(course)) >= 9 or not run.alive, 120)
    first = cluster.processes()
    assert len(first) == 3
    os.kill(first[0], signal.SIGKILL)
    wait_for(lambda: len(entries(course)) >= 30 or not run.alive, 120)
    assert run.alive and first[0] not in cluster.processes()
    cluster.scheduler.kill()
    assert run.wait() == 5, run.complaint
    assert f"grader: stopped: the scheduler at {cluster.address} is gone" in run.complaint
    assert "run it again" in run.complaint and "quarantined" not in run.said
    kept = len(entries(course))
    assert 30 <= kept < GRADED
    assert "stopped: there is no Dask scheduler at" in end(warm, *words, code=5)
    said = json.loads(warm.run(*words[:2], "--json", *words[4:], code=3))
    assert said["kept"] >= kept - QUARANTINED and said["graded"] == GRADED
    assert everything(course) == right and len(entries(course)) == len(set(entries(course)))


@pytest.mark.slow
def test_a_killed_worker_changes_nothing(
    cluster: Cluster, handed_in: Course, right: dict[str, Any], warm: Warm, tmp_path: Path
) -> None:
    cluster.workers(2)
    course = copy(handed_in, tmp_path / "course")
    run = warm.start("autograde", "01", "--scheduler", cluster.address, "--course", str(course.root))
    wait_for(lambda: len(entries(course)) >= 9 or not run.alive, 120)
    workers = cluster.processes()
    assert len(workers) == 2 and run.alive
    for worker in workers:  # both: until new ones are there, nothing moves
        os.kill(worker, signal.SIGKILL)
    assert run.wait() == 3, run.complaint
    assert f"= {GRADED} graded + {ZERO} zero with a reason + {QUARANTINED} quarantined" in run.said
    assert everything(course) == right and len(entries(course)) == len(set(entries(course)))


@pytest.mark.slow
def test_a_cluster_without_workers_is_named(cluster: Cluster) -> None:
    spec = {"bundles": {}, "limits": {}, "level": "best", "opener": "tests.grader.standin:open_sandbox"}
    driver = Dask(spec, cluster.address)
    driver.patience = 0.5
    with pytest.raises(NoCluster, match="has no worker; start some with: dask worker tcp://"):
        driver.__enter__()


DEADLY = """
import os, signal
from grader import drivers
from tests.grader.standin import open_sandbox

def judge(self, notebook, raw):
    if raw == b"deadly":
        os.kill(os.getpid(), signal.SIGKILL)
    if raw == b"bad":
        raise OSError("no space left")
    return {"seconds": 0.02, "said": raw.decode()}

drivers.Judge.__call__ = judge
"""


@pytest.mark.slow
def test_a_submission_that_ends_every_worker_costs_no_other_a_verdict(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also not one that goes to a worker in one piece with it, or waits at the same worker."""
    monkeypatch.setattr("grader.cluster.LOOK", 0.2)  # far less than four workers take to die
    (cluster.folder / "deadly.py").write_text(DEADLY, encoding="utf-8")
    cluster.workers(2)
    spec = {"bundles": {}, "limits": {}, "level": "best", "opener": "deadly:open_sandbox"}
    work = [b"deadly" if n in (3, 50) else b"bad" if n == 70 else str(n).encode() for n in range(100)]
    with Dask(spec, cluster.address) as driver:
        found = dict(driver.results((n, "notebook", raw) for n, raw in enumerate(work)))
    assert sorted(found) == list(range(100))
    for number, outcome in found.items():
        if number in (3, 50):
            assert isinstance(outcome, str) and outcome.startswith("KilledWorker")
        elif number == 70:
            assert isinstance(outcome, str) and outcome.startswith(
                "OSError: no space left (deadly.py, line 10)"
            )
        else:
            assert outcome == {"seconds": 0.02, "said": str(number)}


def test_a_worker_with_other_versions_judges_nothing() -> None:
    with pytest.raises(NoCluster, match="has other versions of Python, NumPy or this package"):
        judge_there(json.dumps({"environment": "another"}), [(light.NAME, b"")])


def end(warm: Warm, *words: str, code: int = 1) -> str:
    run = warm.start(*words)
    assert run.wait() == code
    return run.complaint
