"""A gradient sent back through a chain of Jacobians, and what that costs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import call, unpack
from bplib.check.task import Case, Seen, Task

task = Task(
    "03.links",
    "Links multiply",
    asks_for="links",
    section="sec-03-chain",
    parts={"gradient": 2, "count": 1},
)


@task.reference
def links(d: Any, jacobians: Any) -> Any:
    count = 0
    for J in reversed(jacobians):
        d = d @ J
        count += J.size
    return d, count


def chain(seed: int, *widths: int, dtype: Any = np.float64) -> Case:
    """A gradient of the shape (last width,), and a Jacobian between each width and the next."""
    rng = np.random.default_rng(seed)
    shapes = zip(widths[1:], widths, strict=False)
    return {
        "d": rng.standard_normal(widths[-1]).astype(dtype),
        "jacobians": [rng.standard_normal(shape).astype(dtype) for shape in shapes],
    }


@task.cases
def cases() -> Iterator[Case]:
    yield {
        "d": np.array([2.0, -1.0]),
        "jacobians": [np.array([[1.0, 0.0, 2.0], [1.0, -1.0, 0.0]]), np.array([[1.0, 2.0], [0.0, 1.0]])],
    }
    yield chain(31, 4, 3)
    yield chain(32, 3, 3, 3, 3)
    yield chain(33, 6, 4, 5, 1)
    yield chain(34, 2, 5, 3, dtype=np.float32)


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    dx, count = unpack(call(answer, *case.values()), "dx", "count", of="links")
    yield "gradient", "dx", dx
    yield "count", "the count", count


@task.wrong(
    "the gradient multiplied from the right, so that it meets the columns' side of each Jacobian",
    hint="A Jacobian has a row for each output and a column for each input. The gradient that arrives has one entry "
    "for each output, so it has to meet the rows. Where a Jacobian is square, no shape will warn you.",
)
def from_the_right(d: Any, jacobians: Any) -> Any:
    count = 0
    for J in reversed(jacobians):
        d = J @ d
        count += J.size
    return d, count


@task.wrong(
    "the links taken in the order of the way forward",
    hint="The gradient comes from the side of the loss, and the link that it meets first is the one that was "
    "computed last. Matrix products may not be exchanged.",
    section="sec-03-order",
)
def forward_order(d: Any, jacobians: Any) -> Any:
    count = 0
    for J in jacobians:
        d = d @ J
        count += J.size
    return d, count


@task.wrong(
    "a product entry by entry, where the entries should meet and be summed",
    hint="Each input of a link can change all its outputs, and what those send back is added up. Your product "
    "multiplies and never adds, so a whole matrix is left where one row should be.",
    section="sec-03-bug-numbers",
)
def entry_by_entry(d: Any, jacobians: Any) -> Any:
    count = 0
    for J in reversed(jacobians):
        d = d * J.T
        count += J.size
    return d, count


@task.wrong(
    "the Jacobians multiplied with each other first, from the data",
    hint="The gradient is right, and dear: between the links you carry a whole matrix, with a column for each "
    "input. Begun at the other end, everything on the way stays as thin as one row.",
    section="sec-03-order",
)
def from_the_data(d: Any, jacobians: Any) -> Any:
    product, count = jacobians[0], 0
    for J in jacobians[1:]:
        count += J.size * product.shape[1]
        product = J @ product
    return d @ product, count + product.size


@task.wrong(
    "the gradient that arrives left out, and ones put in its place",
    hint="You send ones through the chain. They say that every output matters equally to the loss. What the loss "
    "really says about the outputs stands in d.",
)
def ones_sent(d: Any, jacobians: Any) -> Any:
    count = 0
    d = np.ones_like(d)
    for J in reversed(jacobians):
        d = d @ J
        count += J.size
    return d, count


@task.wrong(
    "the first link left out",
    hint="You stop one link too early, with the gradient of the first intermediate value. The chain begins at x, and "
    "the first function stands between.",
)
def first_link_left_out(d: Any, jacobians: Any) -> Any:
    count = 0
    for J in reversed(jacobians[1:]):
        d = d @ J
        count += J.size
    return d, count


@task.wrong(
    "the additions counted as well",
    hint="A row times a matrix takes additions too, nearly as many. The question was for the multiplications only.",
    section="sec-03-order",
)
def additions_counted(d: Any, jacobians: Any) -> Any:
    count = 0
    for J in reversed(jacobians):
        d = d @ J
        count += J.size + (J.shape[0] - 1) * J.shape[1]
    return d, count


@task.wrong(
    "the numbers that come out counted, and not the products that made them",
    hint="Every number that comes out is a sum over all outputs of the link, and each summand took a "
    "multiplication. You count one for the whole sum.",
    section="sec-03-order",
)
def results_counted(d: Any, jacobians: Any) -> Any:
    count = 0
    for J in reversed(jacobians):
        d = d @ J
        count += d.size
    return d, count


@task.wrong(
    "the counts of the links multiplied with each other",
    hint="The links' matrices are multiplied; the work for them is not. One link is done after the other, and their "
    "costs add.",
    section="sec-03-order",
)
def counts_multiplied(d: Any, jacobians: Any) -> Any:
    count = 1
    for J in reversed(jacobians):
        d = d @ J
        count *= J.size
    return d, count


from bplib.check.tasks.a03 import _links_more  # noqa: E402, F401  # it enters more wrong answers
