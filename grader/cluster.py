"""The driver for a Dask cluster: the same ``Judge``, on other machines."""

from __future__ import annotations

import asyncio
import concurrent.futures
import json
import logging
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any

from grader.drivers import TRIES, Judge, NoCluster, NoSandbox, Outcome, Task, failure
from grader.key import environment

PATIENCE = 60.0  # seconds for which a cluster may be without a worker
FRESH = 1.0  # seconds for which it is known how many workers there are; to ask costs two processes some time
CANCELLED = (asyncio.CancelledError, concurrent.futures.CancelledError)
VERSIONS = "has other versions of Python, NumPy or this package than the machine that hands out the work"

_judges: dict[str, Judge] = {}
_one = threading.Lock()


def judge_there(spec: str, notebook: str, raw: bytes) -> str:
    """Grade on a Dask worker: the sandbox's level, a line break, and the verdict as JSON.

    One at a time in each process, however many threads it has.
    """
    with _one:
        if spec not in _judges:
            for old in _judges.values():
                old.close()
            _judges.clear()
            plain = json.loads(spec)
            if plain["environment"] != environment():  # its verdicts would be filed under another's name
                import socket

                raise NoCluster(f"the worker on {socket.gethostname()} {VERSIONS}: install the same there")
            _judges[spec] = Judge(plain)
        return f"{_judges[spec].opened}\n{json.dumps(_judges[spec](notebook, raw))}"


class Dask:
    """A Dask cluster. Its workers need this package and the bundle that comes with the work, and nothing else."""

    def __init__(self, spec: dict[str, Any], scheduler: str) -> None:
        try:
            from distributed import Client
        except ImportError:
            raise SystemExit(
                "The dask driver needs the package distributed: pip install distributed"
            ) from None
        self.spec = json.dumps(spec | {"environment": environment()})
        self.level, self.scheduler = spec["level"], scheduler
        self.levels: set[str] = set()  # each worker opens the best that it can
        self.patience = PATIENCE
        self._known = 0, float("-inf")  # threads of all workers, and when they were counted
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what goes wrong is said in our words
        try:
            self.client = Client(scheduler, timeout=10)
        except OSError:
            raise NoCluster(
                f"there is no Dask scheduler at {scheduler}: start one with: dask scheduler"
            ) from None

    def __enter__(self) -> Dask:
        try:
            self.client.wait_for_workers(1, timeout=self.patience)
            self.client.run(environment)
        except TimeoutError:
            self.client.close()
            raise NoCluster(self._no_worker()) from None
        except ImportError as error:
            self.client.close()
            raise NoCluster(f"a worker of {self.scheduler} cannot grade ({error}): {VERSIONS}") from None
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def _no_worker(self) -> str:
        return (
            f"the scheduler at {self.scheduler} has no worker; start some with: dask worker {self.scheduler}"
        )

    def results(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Verdicts as they come. What a dead worker had is done again by another, three times at most."""
        from distributed import wait

        spec = self.client.submit(str, self.spec, pure=False)  # a task, so that it can be made anew
        waiting: dict[Any, int] = {}
        rest = iter(tasks)
        seen = time.monotonic()  # when there last was a worker
        while True:
            room = 4 * max(1, self._threads()) - len(waiting)
            for _ in range(room):
                if (task := next(rest, None)) is None:
                    break
                token, notebook, raw = task
                future = self.client.submit(judge_there, spec, notebook, raw, pure=False, retries=TRIES - 1)
                waiting[future] = token
            if not waiting:
                return
            try:
                done = wait(
                    list(waiting), timeout=min(5.0, self.patience), return_when="FIRST_COMPLETED"
                ).done
            except TimeoutError:
                done = set()
            except CANCELLED:
                raise NoCluster(self._gone()) from None
            if done or self._threads():
                seen = time.monotonic()
            elif time.monotonic() - seen > self.patience:
                raise NoCluster(self._no_worker())
            for future in done:
                yield waiting.pop(future), self._outcome(future)

    def _threads(self) -> int:
        """How many threads the workers have in all."""
        count, asked = self._known
        if time.monotonic() - asked >= FRESH:
            try:
                count = sum(self.client.nthreads().values())
            except (OSError, ValueError, *CANCELLED):
                raise NoCluster(self._gone()) from None
            self._known = count, time.monotonic()
        return count

    def _gone(self) -> str:
        return f"the scheduler at {self.scheduler} is gone, or has dropped the work"

    def _outcome(self, future: Any) -> dict[str, Any] | str:
        """The verdict, or why there is none."""
        try:
            # Waits, where its worker has died with the result and another makes it anew.
            level, _, said = future.result().partition("\n")
            verdict: dict[str, Any] = json.loads(said)
            self.levels.add(level)
            self.level = " and ".join(sorted(self.levels))
        except CANCELLED:
            raise NoCluster(self._gone()) from None
        except (NoSandbox, NoCluster):
            raise
        except Exception as error:
            return failure(error)
        return verdict
