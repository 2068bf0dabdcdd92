"""Training with a penalty and a validation set that chooses the weights to keep."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import call, unpack
from bplib.check.task import Case, Seen, Task

task = Task(
    "09.rescue",
    "Rescue the tired annotator's list",
    asks_for="rescue",
    section="sec-09-experiment",
    parts={"losses": 2, "best": 2},
)


@task.reference
def rescue(X: Any, Y: Any, X_val: Any, Y_val: Any, lam: Any, rate: Any, steps: Any) -> Any:
    W = np.zeros((X.shape[1], Y.shape[1]))
    best = W
    on_list: list = []
    held: list = []
    for _ in range(steps):
        off = X @ W - Y
        val = 0.5 * np.sum((X_val @ W - Y_val) ** 2) / len(X_val)
        if not held or val < min(held):
            best = W
        on_list.append(0.5 * np.sum(off**2) / len(X))
        held.append(val)
        W = W - rate * (X.T @ off / len(X) + lam * W)
    return best, on_list, held


def case(seed: int, N: int, V: int, D: int, K: int, lam: float, rate: float, steps: int) -> Case:
    """Noisy linear data, and a validation set from the same source: the loss on it falls, and then rises."""
    rng = np.random.default_rng(seed)
    X, X_val, truth = rng.standard_normal((N, D)), rng.standard_normal((V, D)), rng.standard_normal((D, K))
    Y, Y_val = X @ truth + 2 * rng.standard_normal((N, K)), X_val @ truth
    return {
        "X": X,
        "Y": Y,
        "X_val": X_val,
        "Y_val": Y_val,
        "lam": lam,
        "rate": rate,
        "steps": steps,
    }


@task.cases
def cases() -> Iterator[Case]:
    yield {
        "X": np.array([[1.0], [2.0]]),
        "Y": np.array([[2.0], [1.0]]),
        "X_val": np.array([[2.0]]),
        "Y_val": np.array([[1.0]]),
        "lam": 0.5,
        "rate": 0.4,
        "steps": 3,
    }
    yield case(97, 6, 4, 5, 2, 0.1, 0.3, 9)
    yield case(98, 5, 7, 3, 3, 0.6, 0.4, 6)


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    W, on_list, held = unpack(call(answer, *case.values()), "W", "on_list", "held", of="rescue")
    yield "losses", "the losses on the list", on_list
    yield "losses", "the losses on the validation set", held
    yield "best", "the weights that are kept", W


@task.wrong(
    "the weights of the last step kept",
    hint="You return where training ended. The validation loss had its lowest point before; those are the "
    "weights to keep. If your code does keep them, look whether it also changes them in place: a second name "
    "is no copy.",
    section="sec-09-training-loss",
)
def last_kept(X: Any, Y: Any, X_val: Any, Y_val: Any, lam: Any, rate: Any, steps: Any) -> Any:
    W = np.zeros((X.shape[1], Y.shape[1]))
    on_list: list = []
    held: list = []
    for _ in range(steps):
        off = X @ W - Y
        on_list.append(0.5 * np.sum(off**2) / len(X))
        held.append(0.5 * np.sum((X_val @ W - Y_val) ** 2) / len(X_val))
        W = W - rate * (X.T @ off / len(X) + lam * W)
    return W, on_list, held


@task.wrong(
    "chosen by the loss on the list",
    hint="You keep the weights with the lowest training loss. That loss falls until the end, so that the "
    "choice is no choice.",
    section="sec-09-training-loss",
)
def by_the_list(X: Any, Y: Any, X_val: Any, Y_val: Any, lam: Any, rate: Any, steps: Any) -> Any:
    W = np.zeros((X.shape[1], Y.shape[1]))
    best = W
    on_list: list = []
    held: list = []
    for _ in range(steps):
        off = X @ W - Y
        loss = 0.5 * np.sum(off**2) / len(X)
        if not on_list or loss < min(on_list):
            best = W
        on_list.append(loss)
        held.append(0.5 * np.sum((X_val @ W - Y_val) ** 2) / len(X_val))
        W = W - rate * (X.T @ off / len(X) + lam * W)
    return best, on_list, held


@task.wrong(
    "the weights kept after the step",
    hint="The loss you compare belongs to the weights before the step, and you keep those after it. They "
    "have not been measured.",
)
def kept_after_step(X: Any, Y: Any, X_val: Any, Y_val: Any, lam: Any, rate: Any, steps: Any) -> Any:
    W = np.zeros((X.shape[1], Y.shape[1]))
    best = W
    on_list: list = []
    held: list = []
    for _ in range(steps):
        off = X @ W - Y
        val = 0.5 * np.sum((X_val @ W - Y_val) ** 2) / len(X_val)
        better = not held or val < min(held)
        on_list.append(0.5 * np.sum(off**2) / len(X))
        held.append(val)
        W = W - rate * (X.T @ off / len(X) + lam * W)
        if better:
            best = W
    return best, on_list, held


@task.wrong(
    "no penalty in the step",
    hint="Your steps do not know λ. The penalty acts through its gradient, one term more in every step.",
    section="sec-09-l2",
)
def no_penalty(X: Any, Y: Any, X_val: Any, Y_val: Any, lam: Any, rate: Any, steps: Any) -> Any:
    W = np.zeros((X.shape[1], Y.shape[1]))
    best = W
    on_list: list = []
    held: list = []
    for _ in range(steps):
        off = X @ W - Y
        val = 0.5 * np.sum((X_val @ W - Y_val) ** 2) / len(X_val)
        if not held or val < min(held):
            best = W
        on_list.append(0.5 * np.sum(off**2) / len(X))
        held.append(val)
        W = W - rate * (X.T @ off / len(X))
    return best, on_list, held


@task.wrong(
    "the penalty with the wrong sign",
    hint="Your penalty makes the weights grow. Descent goes against the gradient of both parts, the loss and "
    "the penalty.",
    section="sec-09-l2",
)
def penalty_added(X: Any, Y: Any, X_val: Any, Y_val: Any, lam: Any, rate: Any, steps: Any) -> Any:
    W = np.zeros((X.shape[1], Y.shape[1]))
    best = W
    on_list: list = []
    held: list = []
    for _ in range(steps):
        off = X @ W - Y
        val = 0.5 * np.sum((X_val @ W - Y_val) ** 2) / len(X_val)
        if not held or val < min(held):
            best = W
        on_list.append(0.5 * np.sum(off**2) / len(X))
        held.append(val)
        W = W - rate * (X.T @ off / len(X) - lam * W)
    return best, on_list, held


@task.wrong(
    "decayed by λ, without the rate",
    hint="You shrink by λ in each step, and only the loss's gradient gets the rate. The penalty's gradient "
    "is a gradient as well.",
    section="sec-09-l2",
)
def decay_without_rate(X: Any, Y: Any, X_val: Any, Y_val: Any, lam: Any, rate: Any, steps: Any) -> Any:
    W = np.zeros((X.shape[1], Y.shape[1]))
    best = W
    on_list: list = []
    held: list = []
    for _ in range(steps):
        off = X @ W - Y
        val = 0.5 * np.sum((X_val @ W - Y_val) ** 2) / len(X_val)
        if not held or val < min(held):
            best = W
        on_list.append(0.5 * np.sum(off**2) / len(X))
        held.append(val)
        W = W - rate * X.T @ off / len(X) - lam * W
    return best, on_list, held


@task.wrong(
    "the penalty counted in the losses that are kept",
    hint="Your losses contain the penalty. Then runs with different λ cannot be compared, and the validation "
    "loss chooses short weights for being short. The task asks for the losses without it.",
    section="sec-09-three-sets",
)
def penalty_in_losses(X: Any, Y: Any, X_val: Any, Y_val: Any, lam: Any, rate: Any, steps: Any) -> Any:
    W = np.zeros((X.shape[1], Y.shape[1]))
    best = W
    on_list: list = []
    held: list = []
    for _ in range(steps):
        off, pay = X @ W - Y, 0.5 * lam * np.sum(W**2)
        val = 0.5 * np.sum((X_val @ W - Y_val) ** 2) / len(X_val) + pay
        if not held or val < min(held):
            best = W
        on_list.append(0.5 * np.sum(off**2) / len(X) + pay)
        held.append(val)
        W = W - rate * (X.T @ off / len(X) + lam * W)
    return best, on_list, held


from bplib.check.tasks.a09 import _rescue_more  # noqa: E402, F401  # it enters more wrong answers
