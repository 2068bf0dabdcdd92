"""The driver for a Dask cluster: the same ``Judge``, on other machines."""

from __future__ import annotations

import asyncio
import concurrent.futures
import json
import logging
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from grader.drivers import TRIES, Judge, NoCluster, NoSandbox, Outcome, Task, failure
from grader.key import environment

PATIENCE = 60.0  # seconds for which a cluster may be without a worker
FRESH = 1.0  # seconds for which it is known how many workers there are; to ask costs two processes some time
TOGETHER = 0.5  # seconds of work that go to a worker in one piece: each piece costs 20 ms in all
MOST = 8  # submissions in a piece, at most
LOOK = 5.0  # seconds until the workers are counted again where no verdict comes
CANCELLED = (asyncio.CancelledError, concurrent.futures.CancelledError)
VERSIONS = "has other versions of Python, NumPy or this package than the machine that hands out the work"

_judges: dict[str, Judge] = {}
_one = threading.Lock()


def judge_there(spec: str, work: list[tuple[str, bytes]]) -> str:
    """Grade on a Dask worker: as JSON, the sandbox's level, and each submission's verdict or a word on why it has none.

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
        judge = _judges[spec]
        return json.dumps([judge.opened, [_outcome(judge, *one) for one in work]])


def _outcome(judge: Judge, notebook: str, raw: bytes) -> dict[str, Any] | str:
    try:
        return judge(notebook, raw)
    except NoSandbox:
        raise
    except Exception as error:
        return failure(error)


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
        self._suspects = deque[Task]()  # each goes to a worker when there is nothing else to do
        self._judged, self._spent = 0, 0.0  # submissions so far, and the seconds that they took
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
        waiting: dict[Any, tuple[list[Task], bool]] = {}  # what a future is to give, and whether it is alone
        rest = iter(tasks)
        seen = time.monotonic()  # when there last was a worker
        while True:
            for _ in range(4 * max(1, self._threads()) - len(waiting)):
                if not (piece := list(islice(rest, self._together()))):
                    break
                waiting[self._submit(spec, piece)] = piece, False
            if not waiting:
                if not self._suspects:
                    return
                piece = [self._suspects.popleft()]
                waiting[self._submit(spec, piece)] = piece, True
            try:
                done = wait(
                    list(waiting), timeout=min(LOOK, self.patience), return_when="FIRST_COMPLETED"
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
                yield from self._outcomes(future, *waiting.pop(future))

    def _submit(self, spec: Any, piece: list[Task]) -> Any:
        work = [(notebook, raw) for _, notebook, raw in piece]
        return self.client.submit(judge_there, spec, work, pure=False, retries=TRIES - 1)

    def _together(self) -> int:
        """How many submissions make a piece, by what they took so far; one, as long as nothing is known."""
        return max(1, min(MOST, round(TOGETHER * self._judged / self._spent))) if self._spent else 1

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

    def _outcomes(self, future: Any, piece: list[Task], alone: bool) -> list[Outcome]:
        """The verdicts of a piece. ``alone``: it was all that the cluster had to do, and a word on why is final."""
        try:
            # Waits, where its worker has died with the result and another makes it anew.
            level, found = json.loads(future.result())
        except CANCELLED:
            raise NoCluster(self._gone()) from None
        except (NoSandbox, NoCluster):
            raise
        except Exception as error:
            found = [failure(error)] * len(piece)
        else:
            self.levels.add(level)
            self.level = " and ".join(sorted(self.levels))
            self._judged += len(found)
            self._spent += sum(v["seconds"] for v in found if isinstance(v, dict))
        if (
            not alone
        ):  # Dask blames all that a dead worker had, and a worker may lack something: once more, alone
            self._suspects.extend(t for t, v in zip(piece, found, strict=True) if isinstance(v, str))
        return [(t[0], v) for t, v in zip(piece, found, strict=True) if alone or isinstance(v, dict)]
