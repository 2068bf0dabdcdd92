"""The loop: forward, loss, backward, update, again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import call, unpack
from bplib.check.task import Case, Seen, Task
from bplib.check.tasks.a06.backward import backward
from bplib.check.tasks.a06.forward import forward
from bplib.check.tasks.a06.output_error import output_error
from bplib.check.tasks.a06.update import update

task = Task(
    "06.train",
    "The loop, on XOR",
    asks_for="train",
    section="sec-06-complete",
    parts={"step": 2, "loop": 2},
    needs=("06.forward", "06.output_error", "06.backward", "06.update"),
)


@task.reference
def train(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
    losses = []
    for _ in range(steps):
        h, p = forward(x, *params)
        loss, dz2 = output_error(p, y)
        losses.append(loss)
        params = update(params, backward(dz2, x, h, params[2]), lr)
    return params, losses


def start(seed: int, N: int, D: int, H: int, M: int, lr: float, steps: int) -> Case:
    """Random data (N, D) with targets (N, M), and the parameters of a network with H hidden units."""
    rng = np.random.default_rng(seed)
    params = [rng.standard_normal(s) for s in ((D, H), (H,), (H, M), (M,))]
    x, y = rng.standard_normal((N, D)), rng.integers(0, 2, (N, M)).astype(float)
    return {"x": x, "y": y, "params": params, "lr": lr, "steps": steps}


def xor(lr: float, steps: int) -> Case:
    """The four points of XOR, and a network with two hidden units whose numbers can be followed on paper."""
    params = [[[1.0, -1.0], [-1.0, 0.5]], [0.0, 0.25], [[1.0], [0.5]], [-0.5]]
    return {
        "x": np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]),
        "y": np.array([[0.0], [1.0], [1.0], [0.0]]),
        "params": [np.array(p) for p in params],
        "lr": lr,
        "steps": steps,
    }


@task.cases
def cases() -> Iterator[Case]:
    yield xor(1.0, 1)
    yield xor(1.0, 3)
    yield start(1, 5, 3, 4, 2, 0.5, 4)
    yield start(2, 6, 2, 3, 1, 2.0, 1)


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    params, losses = unpack(call(answer, *case.values()), "params", "losses", of="train")
    part = "step" if case["steps"] == 1 else "loop"
    names = ("W1", "b1", "W2", "b2")
    yield part, "losses", losses
    for name, p in zip(names, unpack(params, *names, of="the list params"), strict=True):
        yield part, f"{name} after the last step", p


@task.wrong(
    "W2 moved before the gradient has gone back through it",
    hint="The lower layer's gradient travels through weights that have already been updated, and that did not make the "
    "prediction. All gradients come first, then all updates.",
    section="sec-06-late",
)
def upper_layer_first(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
    W1, b1, W2, b2 = params
    losses = []
    for _ in range(steps):
        h, p = forward(x, W1, b1, W2, b2)
        loss, dz2 = output_error(p, y)
        losses.append(loss)
        W2, b2 = W2 - lr * h.T @ dz2, b2 - lr * dz2.sum(axis=0)
        dW1, db1, _, _ = backward(dz2, x, h, W2)
        W1, b1 = W1 - lr * dW1, b1 - lr * db1
    return [W1, b1, W2, b2], losses


@task.wrong(
    "the first parameters overwritten",
    hint="You write the new numbers into the arrays that you were given. Whoever wants to train again from the same "
    "start, with another rate say, finds that it is gone.",
    section="sec-06-late",
)
def start_overwritten(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
    losses = []
    for _ in range(steps):
        h, p = forward(x, *params)
        loss, dz2 = output_error(p, y)
        losses.append(loss)
        for w, g in zip(params, backward(dz2, x, h, params[2]), strict=True):
            w -= lr * g
    return params, losses


@task.wrong(
    "the loss measured after the update",
    hint="Your list begins with the loss after the first step. The task asks for the loss of the parameters that each "
    "step starts from, the first one being the loss at the very beginning.",
)
def loss_after_update(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
    losses = []
    for _ in range(steps):
        h, p = forward(x, *params)
        params = update(params, backward(output_error(p, y)[1], x, h, params[2]), lr)
        losses.append(output_error(forward(x, *params)[1], y)[0])
    return params, losses


@task.wrong(
    "the forward pass made once, before the loop",
    hint="Your parameters move, and the network never looks at the data again: every step uses the values of the first "
    "prediction. A gradient is good for one step.",
)
def forward_once(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
    losses = []
    h, p = forward(x, *params)
    for _ in range(steps):
        loss, dz2 = output_error(p, y)
        losses.append(loss)
        params = update(params, backward(dz2, x, h, params[2]), lr)
    return params, losses


@task.wrong(
    "every step taken from the first parameters",
    hint="Each round begins where training began, so that after a thousand rounds you are one step away. "
    "A step starts where the last one ended.",
)
def never_carried(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
    losses, new = [], params
    for _ in range(steps):
        h, p = forward(x, *params)
        loss, dz2 = output_error(p, y)
        losses.append(loss)
        new = update(params, backward(dz2, x, h, params[2]), lr)
    return new, losses


@task.wrong(
    "the parameters returned as they came in",
    hint="What you return are the parameters that training began with. The function update gives back new arrays and "
    "leaves the old ones as they are: its result needs a name, and that name is to be returned.",
    section="sec-06-late",
)
def old_returned(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
    losses, now = [], params
    for _ in range(steps):
        h, p = forward(x, *now)
        loss, dz2 = output_error(p, y)
        losses.append(loss)
        now = update(now, backward(dz2, x, h, now[2]), lr)
    return params, losses


@task.wrong(
    "one step too many",
    hint="Your list of losses is longer than the number of steps, and the parameters have moved once more than asked.",
)
def one_too_many(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
    losses = []
    for _ in range(steps + 1):
        h, p = forward(x, *params)
        loss, dz2 = output_error(p, y)
        losses.append(loss)
        params = update(params, backward(dz2, x, h, params[2]), lr)
    return params, losses


@task.wrong(
    "the return inside the loop",
    hint="A return ends the function at once. Yours stands inside the loop, so that only one step is ever taken.",
)
def returned_early(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
    losses = []
    for _ in range(steps):
        h, p = forward(x, *params)
        loss, dz2 = output_error(p, y)
        losses.append(loss)
        params = update(params, backward(dz2, x, h, params[2]), lr)
        return params, losses
    return params, losses


@task.wrong(
    "gradients of earlier steps still in the sum",
    hint="You add each step's gradients to those of all steps before. The old ones tell of slopes at places that "
    "you have left; every step begins with none.",
    section="sec-03-fanout",
)
def gradients_pile_up(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
    losses, total = [], [np.zeros_like(p) for p in params]
    for _ in range(steps):
        h, p = forward(x, *params)
        loss, dz2 = output_error(p, y)
        losses.append(loss)
        total = [t + g for t, g in zip(total, backward(dz2, x, h, params[2]), strict=True)]
        params = update(params, total, lr)
    return params, losses


@task.wrong(
    "one example after the other",
    hint="You update after each example. The task asks for one step with all of them: the gradient of the mean loss, "
    "and one loss for each step.",
)
def one_by_one(x: Any, y: Any, params: Any, lr: Any, steps: Any) -> Any:
    losses = []
    for _ in range(steps):
        losses.append(output_error(forward(x, *params)[1], y)[0])
        for k in range(len(x)):
            h, p = forward(x[k : k + 1], *params)
            dz2 = output_error(p, y[k : k + 1])[1]
            params = update(params, backward(dz2, x[k : k + 1], h, params[2]), lr)
    return params, losses


from bplib.check.tasks.a06 import _train_more  # noqa: E402, F401  # it enters more wrong answers
