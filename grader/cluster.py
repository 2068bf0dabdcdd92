"""The driver for a Dask cluster: the same ``Judge``, on other machines."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterable, Iterator
from typing import Any

from grader.drivers import TRIES, Judge, NoSandbox, Outcome, Task, failure

_judges: dict[str, Judge] = {}
_one = threading.Lock()


def judge_there(spec: str, notebook: str, raw: bytes) -> str:
    """Grade on a Dask worker: the verdict as JSON. One at a time in each process, however many threads it has."""
    with _one:
        if spec not in _judges:
            for old in _judges.values():
                old.close()
            _judges.clear()
            _judges[spec] = Judge(json.loads(spec))
        return json.dumps(_judges[spec](notebook, raw))


class Dask:
    """A Dask cluster. Its workers need this package and the bundle that comes with the work, and nothing else."""

    def __init__(self, spec: dict[str, Any], scheduler: str) -> None:
        try:
            from distributed import Client
        except ImportError:
            raise SystemExit(
                "The dask driver needs the package distributed: pip install distributed"
            ) from None
        self.spec, self.level = json.dumps(spec), spec["level"]  # each worker opens the best that it can
        try:
            self.client = Client(scheduler, timeout=10)
        except OSError:
            raise SystemExit(
                f"There is no Dask scheduler at {scheduler}: start one with: dask scheduler"
            ) from None

    def __enter__(self) -> Dask:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def results(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Verdicts as they come. What a dead worker had is done again by another, three times at most."""
        from distributed import as_completed

        spec = self.client.submit(str, self.spec, pure=False)  # a task, so that it can be made anew
        waiting: dict[Any, int] = {}
        rest = iter(tasks)
        done = as_completed()

        def more() -> None:
            room = 4 * max(1, sum(self.client.nthreads().values())) - len(waiting)
            for _ in range(room):
                if (task := next(rest, None)) is None:
                    return
                token, notebook, raw = task
                future = self.client.submit(judge_there, spec, notebook, raw, pure=False, retries=TRIES - 1)
                waiting[future] = token
                done.add(future)

        more()
        for future in done:
            token = waiting.pop(future)
            try:
                text = (
                    future.result()
                )  # waits, where its worker died with the result and another makes it anew
            except NoSandbox:
                raise
            except (Exception, asyncio.CancelledError) as error:
                yield token, failure(error)
            else:
                yield token, json.loads(text)
            more()
