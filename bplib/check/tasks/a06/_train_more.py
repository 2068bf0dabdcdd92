"""More wrong training loops."""

from __future__ import annotations

from typing import Any

from bplib.check.tasks.a06.backward import backward
from bplib.check.tasks.a06.forward import forward
from bplib.check.tasks.a06.output_error import output_error
from bplib.check.tasks.a06.train import task
from bplib.check.tasks.a06.update import update


@task.wrong(
    "the losses returned before the parameters",
    hint="The task asks for the parameters first. Whoever calls train unpacks them in that order.",
)
def results_swapped(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
    losses = []
    for _ in range(steps):
        h, p = forward(x, *params)
        loss, dz2 = output_error(p, y)
        losses.append(loss)
        params = update(params, backward(dz2, x, h, params[2]), lr)
    return losses, params


@task.wrong(
    "W2 taken out of the list once, before the loop",
    hint="The way back goes through the W2 with which training began, in every step. The prediction "
    "was made by the W2 of this step, and that is what the gradient has to pass.",
    section="sec-06-late",
)
def first_w2(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
    W2 = params[2]
    losses = []
    for _ in range(steps):
        h, p = forward(x, *params)
        loss, dz2 = output_error(p, y)
        losses.append(loss)
        params = update(params, backward(dz2, x, h, W2), lr)
    return params, losses


@task.wrong(
    "the loss after the last step in the list as well",
    hint="Your list has one loss more than there were steps. The task asks for the losses with which the "
    "steps begin, and nothing begins after the last one.",
)
def last_loss_too(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
    losses = []
    for _ in range(steps):
        h, p = forward(x, *params)
        loss, dz2 = output_error(p, y)
        losses.append(loss)
        params = update(params, backward(dz2, x, h, params[2]), lr)
    losses.append(output_error(forward(x, *params)[1], y)[0])
    return params, losses


@task.wrong(
    "only the last loss returned",
    hint="The task asks for a list, with a loss for each step: the curve that you will look at when "
    "training does not go as it should.",
)
def only_last_loss(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
    loss = 0.0
    for _ in range(steps):
        h, p = forward(x, *params)
        loss, dz2 = output_error(p, y)
        params = update(params, backward(dz2, x, h, params[2]), lr)
    return params, loss
