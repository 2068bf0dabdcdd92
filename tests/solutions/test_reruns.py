"""The same answer, a hundred times: the same points, the same names, the same words."""

from __future__ import annotations

from functools import lru_cache

import pytest

from bplib.check.task import Task, all_tasks
from grader.audit import run, source
from grader.audit.source import as_answer
from grader.audit.trial import Bench, Outcome

RERUNS = 100


@lru_cache
def bench(number: str) -> Bench:
    return Bench(source.read(run.notebook(number)))


@pytest.mark.slow
@pytest.mark.parametrize("task", all_tasks(), ids=lambda t: t.id)
def test_a_hundred_reruns_give_the_same_verdicts(task: Task) -> None:
    here = bench(task.id[:2])
    answers = [here.source.solutions[task.id.split(".")[1]], here.source.stub(task.id.split(".")[1])]
    answers += [as_answer(m.code, task.asks_for) for m in (task.misconceptions[0], task.misconceptions[-1])]
    for text in answers:
        first: Outcome = here.try_source(task, text)
        for _ in range(RERUNS - 1):
            again = here.try_source(task, text)
            assert (again.visible, again.total, again.named) == (first.visible, first.total, first.named)
            assert again.messages == first.messages
