"""More wrong ways of counting what a chain costs."""

from __future__ import annotations

from typing import Any

from bplib.check.tasks.a03.links import task


@task.wrong(
    "the Jacobians multiplied with each other first, from the loss",
    hint="The gradient is right, and dear: you carry a whole matrix, with a row for each output, and d comes "
    "in last. Begun with d, everything on the way stays as thin as one row.",
    section="sec-03-order",
)
def from_the_loss(d: Any, jacobians: Any) -> Any:
    product, count = jacobians[-1], 0
    for J in reversed(jacobians[:-1]):
        count += len(product) * J.size
        product = product @ J
    return d @ product, count + product.size


@task.wrong(
    "the links counted, and not their multiplications",
    hint="You count one for each link. Inside a link a row of numbers meets a matrix of numbers, and each "
    "entry of the matrix is multiplied once.",
    section="sec-03-order",
)
def links_counted(d: Any, jacobians: Any) -> Any:
    count = 0
    for J in reversed(jacobians):
        d = d @ J
        count += 1
    return d, count


@task.wrong(
    "the numbers that go in counted, and not the products made of them",
    hint="Every number that arrives at a link is multiplied once for each input of the link. You count it "
    "once.",
    section="sec-03-order",
)
def arrivals_counted(d: Any, jacobians: Any) -> Any:
    count = 0
    for J in reversed(jacobians):
        d = d @ J
        count += len(J)
    return d, count


@task.wrong(
    "an addition counted for each multiplication",
    hint="Your count is twice the right one. A row times a matrix takes additions too; the question was for "
    "the multiplications only.",
    section="sec-03-order",
)
def counted_twice(d: Any, jacobians: Any) -> Any:
    count = 0
    for J in reversed(jacobians):
        d = d @ J
        count += 2 * J.size
    return d, count
