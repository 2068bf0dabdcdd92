"""When to stop, decided by what has been seen so far."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bplib.check.probes import call, unpack
from bplib.check.task import Case, Seen, Task

task = Task(
    "09.early_stopping",
    "Early stopping",
    asks_for="early_stopping",
    section="sec-09-training-loss",
    parts={"epochs": 3},
)


@task.reference
def early_stopping(losses: Any, patience: Any) -> Any:
    best, waited = 0, 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[best]:
            best, waited = epoch, 0
        else:
            waited += 1
        if waited == patience:
            return best, epoch
    return best, len(losses) - 1


@task.cases
def cases() -> Iterator[Case]:
    yield {"losses": [5.0, 4.0, 4.5, 4.0, 1.0, 6.0], "patience": 2}
    yield {"losses": [3.0, 2.0, 1.0], "patience": 2}
    yield {"losses": [0.9, 0.7, 0.8, 0.75, 0.65, 0.7, 0.71, 0.69, 0.7, 0.1], "patience": 3}
    yield {"losses": [2.0, 3.0, 1.9, 2.5, 1.8, 2.6, 2.4, 2.2, 0.5], "patience": 3}
    yield {"losses": [1.0, 2.0, 0.5], "patience": 1}


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    best, last = unpack(call(answer, *case.values()), "best", "last", of="early_stopping")
    yield "epochs", "the best epoch", best
    yield "epochs", "the last epoch that is run", last


@task.wrong(
    "the best of the whole list",
    hint="You look for the smallest loss in all of the list, also in epochs that come after the stop. When "
    "training has to decide, they have not happened yet.",
)
def looks_ahead(losses: Any, patience: Any) -> Any:
    best, waited, last = 0, 0, len(losses) - 1
    for epoch, loss in enumerate(losses):
        if epoch == 0 or loss < losses[best]:
            best, waited = epoch, 0
        else:
            waited += 1
        if waited == patience:
            last = epoch
            break
    return losses.index(min(losses)), last


@task.wrong(
    "compared with the epoch before",
    hint="You count epochs that are worse than the one before. A loss that has jumped up and comes half of "
    "the way back is then an improvement. The comparison is with the best so far.",
)
def with_the_one_before(losses: Any, patience: Any) -> Any:
    best, waited = 0, 0
    for epoch, loss in enumerate(losses):
        if epoch == 0 or loss < losses[epoch - 1]:
            waited = 0
        else:
            waited += 1
        if loss < losses[best]:
            best = epoch
        if waited == patience:
            return best, epoch
    return best, len(losses) - 1


@task.wrong(
    "an equal loss taken as an improvement",
    hint="A loss that only equals the best counts as progress in your code, so that training never ends on a "
    "flat stretch. The task asks for a smaller one.",
)
def ties_count(losses: Any, patience: Any) -> Any:
    best, waited = 0, 0
    for epoch, loss in enumerate(losses):
        if loss <= losses[best]:
            best, waited = epoch, 0
        else:
            waited += 1
        if waited == patience:
            return best, epoch
    return best, len(losses) - 1


@task.wrong(
    "the count of bad epochs never set back",
    hint="You count all the epochs without progress since the beginning. An improvement should make the "
    "patience start afresh.",
)
def never_reset(losses: Any, patience: Any) -> Any:
    best, waited = 0, 0
    for epoch, loss in enumerate(losses):
        if epoch == 0 or loss < losses[best]:
            best = epoch
        else:
            waited += 1
        if waited == patience:
            return best, epoch
    return best, len(losses) - 1


@task.wrong(
    "one epoch too patient",
    hint="You stop when the number of bad epochs has passed the patience. It is to stop when it has been "
    "reached.",
)
def too_patient(losses: Any, patience: Any) -> Any:
    best, waited = 0, 0
    for epoch, loss in enumerate(losses):
        if epoch == 0 or loss < losses[best]:
            best, waited = epoch, 0
        else:
            waited += 1
        if waited > patience:
            return best, epoch
    return best, len(losses) - 1


@task.wrong(
    "one epoch too soon",
    hint="You stop one epoch before the patience has been used up.",
)
def too_soon(losses: Any, patience: Any) -> Any:
    best, waited = 0, 0
    for epoch, loss in enumerate(losses):
        if epoch == 0 or loss < losses[best]:
            best, waited = epoch, 0
        else:
            waited += 1
        if waited and waited == max(1, patience - 1):
            return best, epoch
    return best, len(losses) - 1


@task.wrong(
    "stopped at the first rise",
    hint="You end as soon as one epoch is no better. Validation losses are noisy; the patience says how many "
    "such epochs to sit out.",
)
def first_rise(losses: Any, patience: Any) -> Any:
    for epoch in range(1, len(losses)):
        if losses[epoch] >= losses[epoch - 1]:
            return epoch - 1, epoch
    return len(losses) - 1, len(losses) - 1


@task.wrong(
    "epochs counted from 1",
    hint="Your epochs are one too high. The first number of the list belongs to epoch 0.",
)
def from_one(losses: Any, patience: Any) -> Any:
    best, waited = 0, 0
    for epoch, loss in enumerate(losses):
        if epoch == 0 or loss < losses[best]:
            best, waited = epoch, 0
        else:
            waited += 1
        if waited == patience:
            return best + 1, epoch + 1
    return best + 1, len(losses)


@task.wrong(
    "the number of epochs in the place of the last one's index",
    hint="Your second number says how many epochs were run. The task asks for the index of the last one, and "
    "the count begins at 0.",
)
def how_many(losses: Any, patience: Any) -> Any:
    best, waited = 0, 0
    for epoch, loss in enumerate(losses):
        if epoch == 0 or loss < losses[best]:
            best, waited = epoch, 0
        else:
            waited += 1
        if waited == patience:
            return best, epoch + 1
    return best, len(losses)


@task.wrong(
    "the last epoch given as the best",
    hint="Both of your numbers are where training stopped. By then the loss has been rising for a while; the "
    "parameters to keep are those of the best epoch.",
)
def last_is_best(losses: Any, patience: Any) -> Any:
    best, waited = 0, 0
    for epoch, loss in enumerate(losses):
        if epoch == 0 or loss < losses[best]:
            best, waited = epoch, 0
        else:
            waited += 1
        if waited == patience:
            return epoch, epoch
    return len(losses) - 1, len(losses) - 1


@task.wrong(
    "the loss in the place of the epoch",
    hint="Your first number is the smallest loss. The task asks for the epoch it belongs to.",
)
def the_loss(losses: Any, patience: Any) -> Any:
    best, waited = 0, 0
    for epoch, loss in enumerate(losses):
        if epoch == 0 or loss < losses[best]:
            best, waited = epoch, 0
        else:
            waited += 1
        if waited == patience:
            return losses[best], epoch
    return losses[best], len(losses) - 1


@task.wrong(
    "run to the end of the list",
    hint="Your best epoch knows about patience, and your last epoch does not: training goes on to the end.",
)
def to_the_end(losses: Any, patience: Any) -> Any:
    best, waited = 0, 0
    for epoch, loss in enumerate(losses):
        if epoch == 0 or loss < losses[best]:
            best, waited = epoch, 0
        else:
            waited += 1
        if waited == patience:
            break
    return best, len(losses) - 1


@task.wrong(
    "the epoch of the stop computed from the best of the list",
    hint="You add the patience to the best epoch of the whole list. That epoch may come long after the stop.",
)
def patience_added(losses: Any, patience: Any) -> Any:
    best = losses.index(min(losses))
    return best, min(best + patience, len(losses) - 1)


@task.wrong(
    "the two epochs exchanged",
    hint="Your numbers are right and in the wrong order: the best epoch first, then the last one that is run.",
)
def exchanged(losses: Any, patience: Any) -> Any:
    best, waited = 0, 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[best]:
            best, waited = epoch, 0
        else:
            waited += 1
        if waited == patience:
            return epoch, best
    return len(losses) - 1, best
