"""More wrong answers to 13.embedding."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a13.embedding import task


@task.wrong(
    "a gradient that is kept between two calls",
    hint="Your array of zeros is made once, and the second call adds to what the first has left. Each "
    "call has to begin anew.",
    section="sec-13-proof",
)
def kept_between_calls(ids: Any, E: Any) -> Any:
    dE = np.zeros_like(E)

    def pullback(d: Any) -> Any:
        np.add.at(dE, ids, d)
        return dE.copy()

    return E[ids], pullback


@task.wrong(
    "the gradients added to the table",
    hint="You add the gradients up on top of the table's own numbers. A sum begins at zero.",
    section="sec-13-embedding",
)
def started_from_table(ids: Any, E: Any) -> Any:
    def pullback(d: Any) -> Any:
        dE = E.copy()
        np.add.at(dE, ids, d)
        return dE

    return E[ids], pullback


@task.wrong(
    "the number of uses in the place of the gradient",
    hint="Each row gets the number of times that it was looked up. That is its gradient when "
    "everything that comes back is 1.",
    section="sec-02-upstream",
)
def counts(ids: Any, E: Any) -> Any:
    def pullback(d: Any) -> Any:
        dE = np.zeros_like(E)
        np.add.at(dE, ids, np.ones_like(d))
        return dE

    return E[ids], pullback


@task.wrong(
    "no rows for the numbers at the end",
    hint="Your gradient ends at the largest number that was looked up. It has the shape of the table: "
    "rows that were not used get zeros.",
    section="sec-13-embedding",
)
def short_table(ids: Any, E: Any) -> Any:
    def pullback(d: Any) -> Any:
        dE = np.zeros((ids.max() + 1, E.shape[1]))
        np.add.at(dE, ids, d)
        return dE

    return E[ids], pullback


@task.wrong(
    "the last sequence only",
    hint="Your loop over the sequences makes the array of zeros anew for each. What the sequences "
    "before have given is lost.",
    section="sec-13-assigned",
)
def last_sequence(ids: Any, E: Any) -> Any:
    def pullback(d: Any) -> Any:
        dE = np.zeros_like(E)
        np.add.at(dE, ids[-1], d[-1])
        return dE

    return E[ids], pullback


@task.wrong(
    "no gradient for the number 0",
    hint="You leave the row of 0 without a gradient. Some libraries keep a number for padding and do "
    "this when asked; here 0 is a number like the others.",
    section="sec-13-embedding",
)
def zero_is_padding(ids: Any, E: Any) -> Any:
    def pullback(d: Any) -> Any:
        dE = np.zeros_like(E)
        np.add.at(dE, ids, d)
        dE[0] = 0
        return dE

    return E[ids], pullback


@task.wrong(
    "the sign of the gradient turned",
    hint="You subtract what comes back. The step of the descent has the minus sign, not the gradient.",
    section="sec-13-embedding",
)
def sign_turned(ids: Any, E: Any) -> Any:
    def pullback(d: Any) -> Any:
        dE = np.zeros_like(E)
        np.add.at(dE, ids, -d)
        return dE

    return E[ids], pullback


@task.wrong(
    "every row given the whole gradient",
    hint="You add everything that comes back to every row. A row is answerable only for the places "
    "where it was looked up.",
    section="sec-13-embedding",
)
def everywhere(ids: Any, E: Any) -> Any:
    def pullback(d: Any) -> Any:
        dE = np.zeros_like(E)
        dE += d.reshape(-1, E.shape[1]).sum(axis=0)
        return dE

    return E[ids], pullback


@task.wrong(
    "the gradient transposed",
    hint="Your gradient has a column for each number. The table has a row for each.",
    section="sec-13-embedding",
)
def turned(ids: Any, E: Any) -> Any:
    def pullback(d: Any) -> Any:
        dE = np.zeros_like(E)
        np.add.at(dE, ids, d)
        return dE.T

    return E[ids], pullback


@task.wrong(
    "the gradients sorted by place, not by number",
    hint="You sort the numbers and leave the gradients in their order. Then a row gets what belongs to"
    " another lookup.",
    section="sec-13-embedding",
)
def with_neighbours(ids: Any, E: Any) -> Any:
    def pullback(d: Any) -> Any:
        dE = np.zeros_like(E)
        np.add.at(dE, np.sort(ids.ravel()), d.reshape(-1, E.shape[1]))
        return dE

    return E[ids], pullback
