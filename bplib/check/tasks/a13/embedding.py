"""A table whose rows are looked up by number; what comes back is added up in the rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import StudentError, call, unpack
from bplib.check.task import Case, Seen, Task

task = Task(
    "13.embedding",
    "A table of vectors",
    asks_for="embedding",
    section="sec-13-embedding",
    parts={"value": 1, "gradient": 2},
)


@task.reference
def embedding(ids: Any, E: Any) -> Any:
    def pullback(d: Any) -> Any:
        dE = np.zeros_like(E)
        np.add.at(dE, ids, d)
        return dE

    return E[ids], pullback


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(136)
    yield {
        "ids": np.array([[2, 0, 2]]),
        "E": np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]),
        "d": np.array([[[1.0, 0.0], [10.0, 20.0], [4.0, -3.0]]]),
    }
    for ids, V, D in (
        (np.array([[1, 3, 1, 0], [4, 1, 1, 3]]), 6, 3),
        (np.array([[0, 1, 1], [2, 0, 2], [1, 1, 0]]), 3, 3),
        (np.array([2, 2, 4, 2, 2, 4, 2]), 5, 1),
    ):
        yield {"ids": ids, "E": rng.standard_normal((V, D)), "d": rng.standard_normal((*ids.shape, D))}


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    value, pullback = unpack(call(answer, case["ids"], case["E"]), "value", "pullback", of="embedding")
    if callable(value) and not callable(pullback):
        raise StudentError("form", "embedding returns its pullback first. The value comes first.")
    yield "value", "the vectors", value
    for again, d in (("", case["d"]), (", when called again", -2 * case["d"])):
        yield "gradient", f"dE{again}", call(pullback, d, name="pullback")


@task.wrong(
    "assigned, not added up",
    hint="You write each gradient into its row, and the last one wins. With an index that holds a "
    "number twice, an assignment does that, with or without a plus in it.",
    section="sec-13-assigned",
)
def assigned(ids: Any, E: Any) -> Any:
    def pullback(d: Any) -> Any:
        dE = np.zeros_like(E)
        dE[ids] = d
        return dE

    return E[ids], pullback


@task.wrong(
    "only the first use of a row counted",
    hint="A row that is looked up a second time gets nothing more. Each use has sent something back.",
    section="sec-13-assigned",
)
def first_wins(ids: Any, E: Any) -> Any:
    def pullback(d: Any) -> Any:
        dE = np.zeros_like(E)
        seen = set()
        for i, row in zip(ids.ravel(), d.reshape(-1, E.shape[1]), strict=True):
            if int(i) not in seen:
                dE[i] = row
            seen.add(int(i))
        return dE

    return E[ids], pullback


@task.wrong(
    "added from sequence to sequence, assigned within one",
    hint="Your loop adds one sequence after the other. Within a sequence a number can occur twice as "
    "well, and an index that holds it twice writes its row once.",
    section="sec-13-assigned",
)
def added_by_sequence(ids: Any, E: Any) -> Any:
    def pullback(d: Any) -> Any:
        dE = np.zeros_like(E)
        for numbers, rows in zip(ids, d, strict=True):
            dE[numbers] += rows
        return dE

    return E[ids], pullback


@task.wrong(
    "added from position to position, assigned within one",
    hint="Your loop adds one position after the other. At one position several sequences can have the "
    "same number, and an index that holds it twice writes its row once.",
    section="sec-13-assigned",
)
def added_by_position(ids: Any, E: Any) -> Any:
    def pullback(d: Any) -> Any:
        dE = np.zeros_like(E)
        for t in range(ids.shape[-1]):
            dE[ids[..., t]] += d[..., t, :]
        return dE

    return E[ids], pullback


@task.wrong(
    "the mean over the uses of a row",
    hint="You divide by the number of times that a row was looked up. What comes back from each use "
    "adds up: a row that is used more often matters more.",
    section="sec-03-fanout",
)
def averaged(ids: Any, E: Any) -> Any:
    def pullback(d: Any) -> Any:
        dE = np.zeros_like(E)
        np.add.at(dE, ids, d)
        dE /= np.maximum(np.bincount(ids.ravel(), minlength=len(E)), 1)[:, None]
        return dE

    return E[ids], pullback


@task.wrong(
    "divided by the number of lookups",
    hint="You divide by how many numbers were looked up. If the loss is a mean, that is in d already.",
    section="sec-05-nk",
)
def batch_averaged(ids: Any, E: Any) -> Any:
    def pullback(d: Any) -> Any:
        dE = np.zeros_like(E)
        np.add.at(dE, ids, d)
        return dE / ids.size

    return E[ids], pullback


@task.wrong(
    "the gradients not brought back to the rows",
    hint="You return d as it came, one gradient for each lookup. The table is asked about: one row for"
    " each number that there is.",
    section="sec-13-embedding",
)
def not_scattered(ids: Any, E: Any) -> Any:
    def pullback(d: Any) -> Any:
        return d

    return E[ids], pullback


@task.wrong(
    "columns looked up, not rows",
    hint="You look the numbers up among the columns. One row of the table belongs to each number.",
    section="sec-13-embedding",
)
def wrong_axis(ids: Any, E: Any) -> Any:
    def pullback(d: Any) -> Any:
        dE = np.zeros_like(E)
        np.add.at(dE, ids, d)
        return dE

    return np.moveaxis(E[:, np.minimum(ids, E.shape[1] - 1)], 0, -1), pullback


@task.wrong(
    "numbers counted from one",
    hint="Your number 1 is the first row. The numbers begin at 0.",
    section="sec-13-embedding",
)
def numbers_from_one(ids: Any, E: Any) -> Any:
    def pullback(d: Any) -> Any:
        dE = np.zeros_like(E)
        np.add.at(dE, ids - 1, d)
        return dE

    return E[ids - 1], pullback


@task.wrong(
    "the batch and the positions in one axis",
    hint="Your vectors lie in one long list. The axes of the numbers stay; each number becomes a vector.",
    section="sec-13-embedding",
)
def flat(ids: Any, E: Any) -> Any:
    def pullback(d: Any) -> Any:
        dE = np.zeros_like(E)
        np.add.at(dE, ids, d)
        return dE

    return E[ids.ravel()], pullback


@task.wrong(
    "the numbers scaled, in the place of rows",
    hint="You multiply by the number. A number here is a name: the row of 2 is not twice the row of 1.",
    section="sec-13-embedding",
)
def numbers_as_vectors(ids: Any, E: Any) -> Any:
    def pullback(d: Any) -> Any:
        dE = np.zeros_like(E)
        dE[0] = (ids[..., None] * d).reshape(-1, E.shape[1]).sum(axis=0)
        return dE

    return ids[..., None] * E[0], pullback


@task.wrong(
    "the vectors multiplied by the root of the width",
    hint="Your vectors are scaled by the root of their width. Some Transformers do that when they add "
    "positions; it is no part of the lookup.",
    section="sec-13-positions",
)
def scaled(ids: Any, E: Any) -> Any:
    def pullback(d: Any) -> Any:
        dE = np.zeros_like(E)
        np.add.at(dE, ids, d * np.sqrt(E.shape[1]))
        return dE

    return E[ids] * np.sqrt(E.shape[1]), pullback


from bplib.check.tasks.a13 import _embedding_more  # noqa: E402, F401  # it enters more wrong answers
