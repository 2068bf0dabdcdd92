"""Ways to grade many submissions: one after another here, in several processes, or on a Dask cluster.

Each driver has ``results(tasks)``: it takes (token, notebook's name, bytes) from an iterator when it has room, and
gives (token, verdict) as they come, in any order, or (token, a word on why there is none). All use ``Judge``, so
that all give the same verdicts. None of them knows the gradebook.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import multiprocessing
import os
import signal
import threading
import time
import traceback
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing import connection
from typing import Any

Task = tuple[int, str, bytes]
Outcome = tuple[int, "dict[str, Any] | str"]
NO_SANDBOX, READY = -1, -2  # in place of a token
TRIES = 3  # how often a submission may end the process that grades it


class NoSandbox(Exception):
    """The sandbox cannot be opened on this machine; the text is its own reason."""


class NoCluster(Exception):
    """The machines that were to grade are not there, or cannot; the text says what to do."""


class Judge:
    """Grades with one sandbox, opened at first use. ``spec`` is plain JSON: it can go to another machine."""

    def __init__(self, spec: dict[str, Any]) -> None:
        from grader.bundle import Bundle
        from grader.limits import Limits

        self.limits = Limits.from_dict(spec["limits"])
        self.bundles = {name: Bundle.from_dict(plain) for name, plain in spec["bundles"].items()}
        self.level, self.opener = spec["level"], spec["opener"]
        self._sandbox: Any = None
        self._met: set[str] = set()

    @property
    def sandbox(self) -> Any:
        """The sandbox, open."""
        if self._sandbox is None:
            module, function = self.opener.split(":")
            threading.Thread(target=_import_the_rest, daemon=True).start()  # while that warms up
            try:
                self._sandbox = getattr(importlib.import_module(module), function)(self.level)
            except Exception as error:
                raise NoSandbox(f"the sandbox {self.level!r} cannot be opened: {error}") from error
            self._sandbox.ahead = True  # one submission's process starts while another is graded
        return self._sandbox

    @property
    def opened(self) -> str:
        """The level of the sandbox that was opened."""
        return str(getattr(self.sandbox, "level", self.level))

    def __call__(self, notebook: str, raw: bytes) -> dict[str, Any]:
        """The verdict. A sandbox that fails is opened anew once, so that one submission's end is not the next one's."""
        sandbox = self.sandbox
        from grader.grade import grade

        try:
            verdict = grade(raw, self.bundles[notebook], self.limits, sandbox)
        except Exception:
            self.close()
            verdict = grade(raw, self.bundles[notebook], self.limits, self.sandbox)
        if notebook not in self._met:
            # What is loaded and known by now stays: to look through it for garbage takes .1 s each time.
            self._met.add(notebook)
            gc.freeze()
        return verdict

    def close(self) -> None:
        """Close the sandbox."""
        sandbox, self._sandbox = self._sandbox, None
        if sandbox is not None:
            with contextlib.suppress(Exception):
                sandbox.close()


def _import_the_rest() -> None:
    """Load what the first submission needs. An error will come again, where it is needed."""
    with contextlib.suppress(Exception):
        importlib.import_module("grader.grade")


def failure(error: BaseException) -> str:
    """An unexpected error in one line, with its place."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({os.path.basename(last.filename)}, line {last.lineno})"[:500]


class Serial:
    """One after another, in this process."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.judge, self.level = Judge(spec), spec["level"]

    def __enter__(self) -> Serial:
        self.level = self.judge.opened  # what cannot be opened is known at the start
        return self

    def __exit__(self, *_: object) -> None:
        self.judge.close()

    def results(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Verdicts, in the order of the tasks."""
        for token, notebook, raw in tasks:
            try:
                yield token, self.judge(notebook, raw)
            except NoSandbox:
                raise
            except Exception as error:
                yield token, failure(error)


# ------------------------------------------------------------------------------------------------ processes


def _work(pipe: connection.Connection, spec: str) -> None:
    """A worker: grades what comes through the pipe until the other end is closed."""
    if hasattr(os, "setsid"):
        os.setsid()  # Ctrl-C in the terminal is for the process that hands out work, not for a child in a sandbox
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    judge = Judge(json.loads(spec))
    try:
        pipe.send_bytes(json.dumps([READY, judge.opened]).encode())
        while True:
            head = json.loads(pipe.recv_bytes())
            raw = pipe.recv_bytes()
            answer: Any
            try:
                answer = judge(head["notebook"], raw)
            except NoSandbox:
                raise
            except Exception as error:
                answer = failure(error)
            pipe.send_bytes(json.dumps([head["token"], answer]).encode())
    except NoSandbox as error:
        with contextlib.suppress(OSError):
            pipe.send_bytes(json.dumps([NO_SANDBOX, str(error)]).encode())
    except (EOFError, OSError):
        pass  # the process that hands out work has ended
    finally:
        judge.close()


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass
class _Worker:
    process: Any
    pipe: connection.Connection
    task: Task | None = None
    until: float = field(default=float("inf"))


class Processes:
    """Several processes of this machine, each with a sandbox of its own. One that dies is replaced."""

    def __init__(self, spec: dict[str, Any], workers: int = 0) -> None:
        self.spec, self.level = json.dumps(spec), spec["level"]
        self.count = workers or cores()
        from grader.limits import Limits

        self.patience = 2 * Limits.from_dict(spec["limits"]).wall_seconds + 60  # then a worker hangs
        self.workers: list[_Worker] = []

    def __enter__(self) -> Processes:
        self.workers = [self._start() for _ in range(self.count)]
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers:
            worker.pipe.close()
        for worker in self.workers:  # a busy one is not waited for: its verdict would come too late
            worker.process.join(0.05 if worker.task else 5)
            if worker.process.is_alive():
                self._kill(worker)
        self.workers = []

    def _start(self) -> _Worker:
        context = multiprocessing.get_context("spawn")
        here, there = context.Pipe()
        process = context.Process(target=_work, args=(there, self.spec), name="grader worker", daemon=True)
        process.start()
        there.close()
        return _Worker(process, here)

    def _kill(self, worker: _Worker) -> None:
        worker.process.kill()
        worker.process.join()

    def results(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Verdicts as they come. A submission whose worker dies or hangs is tried again, three times at most."""
        rest, again = iter(tasks), deque[Task]()
        tries: dict[int, int] = {}
        while True:
            for worker in self.workers:
                if (
                    worker.task is None
                    and (task := again.popleft() if again else next(rest, None)) is not None
                ):
                    self._give(worker, task)
            busy = {w.pipe: w for w in self.workers if w.task is not None}
            if not busy:
                return
            soonest = min(w.until for w in busy.values())
            ready = connection.wait(list(busy), max(0.0, soonest - time.monotonic()))
            late = [w.pipe for w in busy.values() if w.until <= time.monotonic()]
            for pipe in dict.fromkeys([*ready, *late]):
                worker = busy[pipe]  # type: ignore[index]  # wait gives back what it was given
                assert worker.task is not None
                task, worker.task = worker.task, None
                try:
                    if pipe not in ready:
                        raise EOFError
                    token, answer = json.loads(worker.pipe.recv_bytes())
                    if token == NO_SANDBOX:
                        raise NoSandbox(answer)
                    if token == READY:
                        self.level, worker.task = answer, task
                        continue
                    yield token, answer
                except (EOFError, OSError):
                    self._replace(worker)
                    tries[task[0]] = tries.get(task[0], 0) + 1
                    if tries[task[0]] < TRIES:
                        again.append(task)
                    else:
                        yield task[0], f"the process that graded it ended {TRIES} times"

    def _give(self, worker: _Worker, task: Task) -> None:
        worker.task, worker.until = task, time.monotonic() + self.patience
        with contextlib.suppress(OSError):  # a dead worker is found when its answer is read
            worker.pipe.send_bytes(json.dumps({"token": task[0], "notebook": task[1]}).encode())
            worker.pipe.send_bytes(task[2])

    def _replace(self, worker: _Worker) -> None:
        worker.pipe.close()
        self._kill(worker)
        self.workers[self.workers.index(worker)] = self._start()


def open_driver(name: str, spec: dict[str, Any], workers: int = 0, scheduler: str = "") -> Any:
    """The driver of this name: "serial", "processes" or "dask"."""
    if name == "serial":
        return Serial(spec)
    if name == "processes":
        return Processes(spec, workers)
    if name == "dask":
        if not scheduler:
            raise SystemExit("The dask driver needs the scheduler's address: --scheduler tcp://HOST:8786")
        from grader.cluster import Dask

        return Dask(spec, scheduler)
    raise ValueError(f"open_driver: name is {name!r}; it should be 'serial', 'processes' or 'dask'")
