"""An LSTM that answers at the end of a sequence: the loss, and gradients that are clipped together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import call, unpack
from bplib.check.task import Case, Seen, Task
from bplib.check.tasks.a11.lstm import lstm

task = Task(
    "11.adder",
    "The network that adds",
    asks_for="adder",
    section="sec-11-adding-run",
    parts={"loss": 1, "gradient": 2, "clip": 1},
    needs=("11.lstm_step", "11.lstm"),
)


@task.reference
def adder(x: Any, y: Any, params: Any, limit: Any) -> Any:
    Wx, Wh, b, V, a = params
    hs, pullback = lstm(x, Wx, Wh, b)
    p = hs[-1] @ V + a
    loss = np.mean((p - y) ** 2)
    dp = 2 * (p - y) / y.size
    dhs = np.zeros_like(hs)
    dhs[-1] = dp @ V.T
    _, dWx, dWh, db = pullback(dhs)
    grads = [dWx, dWh, db, hs[-1].T @ dp, dp.sum(axis=0)]
    norm = np.sqrt(sum(np.sum(g * g) for g in grads))
    if norm > limit:
        grads = [g * (limit / norm) for g in grads]
    return loss, grads


def network(seed: int, T: int, N: int, H: int, limit: float, M: int = 1) -> Case:
    """Random sequences of pairs (T, N, 2) with answers (N, M), and the five parameters of a network."""
    rng = np.random.default_rng(seed)
    shapes = ((2, 4 * H), (H, 4 * H), (4 * H,), (H, M), (M,))
    params = [0.8 * rng.standard_normal(shape) for shape in shapes]
    return {"x": rng.standard_normal((T, N, 2)), "y": rng.random((N, M)), "params": params, "limit": limit}


@task.cases
def cases() -> Iterator[Case]:
    yield {
        "x": np.array([[[0.5, 1.0]], [[0.25, 0.0]]]),
        "y": np.array([[0.5]]),
        "params": [
            np.array([[0.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 0.0]]),
            np.array([[0.5, 0.0, 0.0, 0.0]]),
            np.array([0.0, 1.0, 0.0, 1.0]),
            np.array([[2.0]]),
            np.array([0.25]),
        ],
        "limit": 100.0,
    }
    yield network(1, 4, 3, 2, 100.0, 2)  # with two answers a mean over N is not one over all entries
    yield network(2, 5, 4, 3, 0.5, 3)
    yield network(3, 4, 3, 2, 0.25)


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    loss, grads = unpack(call(answer, *case.values()), "loss", "grads", of="adder")
    yield "loss", "the loss", loss
    part = "gradient" if case["limit"] > 10 else "clip"
    names = ("dWx", "dWh", "db", "dV", "da")
    for name, g in zip(names, unpack(grads, *names, of="the list grads"), strict=True):
        yield part, name, g


@task.wrong(
    "the answer read from the state after the first step",
    hint="The network has to have read the whole sequence before it answers. You ask it after one step.",
    section="sec-11-adding-run",
)
def answer_from_first(x: Any, y: Any, params: Any, limit: Any) -> Any:
    Wx, Wh, b, V, a = params
    hs, pullback = lstm(x, Wx, Wh, b)
    p = hs[0] @ V + a
    loss = np.mean((p - y) ** 2)
    dp = 2 * (p - y) / y.size
    dhs = np.zeros_like(hs)
    dhs[0] = dp @ V.T
    _, dWx, dWh, db = pullback(dhs)
    grads = [dWx, dWh, db, hs[0].T @ dp, dp.sum(axis=0)]
    norm = np.sqrt(sum(np.sum(g * g) for g in grads))
    if norm > limit:
        grads = [g * (limit / norm) for g in grads]
    return loss, grads


@task.wrong(
    "the answer read from the mean of all states",
    hint="The answer is asked for at the end, from the last state. A mean over time would spare the network the "
    "trouble of remembering, and is another network.",
    section="sec-11-adding-run",
)
def answer_from_mean(x: Any, y: Any, params: Any, limit: Any) -> Any:
    Wx, Wh, b, V, a = params
    hs, pullback = lstm(x, Wx, Wh, b)
    p = hs.mean(axis=0) @ V + a
    loss = np.mean((p - y) ** 2)
    dp = 2 * (p - y) / y.size
    dhs = np.zeros_like(hs)
    dhs[:] = dp @ V.T / len(x)
    _, dWx, dWh, db = pullback(dhs)
    grads = [dWx, dWh, db, hs.mean(axis=0).T @ dp, dp.sum(axis=0)]
    norm = np.sqrt(sum(np.sum(g * g) for g in grads))
    if norm > limit:
        grads = [g * (limit / norm) for g in grads]
    return loss, grads


@task.wrong(
    "the answer's gradient sent to every state",
    hint="The answer was made from the last state alone, so the loss looks at no other. What earlier states did "
    "reaches them through the layer.",
    section="sec-11-bptt",
)
def gradient_to_all(x: Any, y: Any, params: Any, limit: Any) -> Any:
    Wx, Wh, b, V, a = params
    hs, pullback = lstm(x, Wx, Wh, b)
    p = hs[-1] @ V + a
    loss = np.mean((p - y) ** 2)
    dp = 2 * (p - y) / y.size
    dhs = np.zeros_like(hs)
    dhs[:] = dp @ V.T
    _, dWx, dWh, db = pullback(dhs)
    grads = [dWx, dWh, db, hs[-1].T @ dp, dp.sum(axis=0)]
    norm = np.sqrt(sum(np.sum(g * g) for g in grads))
    if norm > limit:
        grads = [g * (limit / norm) for g in grads]
    return loss, grads


@task.wrong(
    "the answer's gradient sent to the first state",
    hint="The answer was made from the last state, and its gradient belongs there. You put it where the sequence "
    "begins.",
    section="sec-11-bptt",
)
def gradient_to_first(x: Any, y: Any, params: Any, limit: Any) -> Any:
    Wx, Wh, b, V, a = params
    hs, pullback = lstm(x, Wx, Wh, b)
    p = hs[-1] @ V + a
    loss = np.mean((p - y) ** 2)
    dp = 2 * (p - y) / y.size
    dhs = np.zeros_like(hs)
    dhs[0] = dp @ V.T
    _, dWx, dWh, db = pullback(dhs)
    grads = [dWx, dWh, db, hs[-1].T @ dp, dp.sum(axis=0)]
    norm = np.sqrt(sum(np.sum(g * g) for g in grads))
    if norm > limit:
        grads = [g * (limit / norm) for g in grads]
    return loss, grads


@task.wrong(
    "a factor of two missing in front of the error",
    hint="The loss is a square, and its slope has a two in front. Yours is the gradient of half the loss.",
    section="sec-01-factor",
)
def two_lost(x: Any, y: Any, params: Any, limit: Any) -> Any:
    Wx, Wh, b, V, a = params
    hs, pullback = lstm(x, Wx, Wh, b)
    p = hs[-1] @ V + a
    loss = np.mean((p - y) ** 2)
    dp = (p - y) / y.size
    dhs = np.zeros_like(hs)
    dhs[-1] = dp @ V.T
    _, dWx, dWh, db = pullback(dhs)
    grads = [dWx, dWh, db, hs[-1].T @ dp, dp.sum(axis=0)]
    norm = np.sqrt(sum(np.sum(g * g) for g in grads))
    if norm > limit:
        grads = [g * (limit / norm) for g in grads]
    return loss, grads


@task.wrong(
    "the mean over the sequences forgotten on the way back",
    hint="The loss is a mean, so each sequence's error counts by its share. Your gradients grow with the batch.",
    section="sec-01-batch-mean",
)
def not_divided(x: Any, y: Any, params: Any, limit: Any) -> Any:
    Wx, Wh, b, V, a = params
    hs, pullback = lstm(x, Wx, Wh, b)
    p = hs[-1] @ V + a
    loss = np.mean((p - y) ** 2)
    dp = 2 * (p - y)
    dhs = np.zeros_like(hs)
    dhs[-1] = dp @ V.T
    _, dWx, dWh, db = pullback(dhs)
    grads = [dWx, dWh, db, hs[-1].T @ dp, dp.sum(axis=0)]
    norm = np.sqrt(sum(np.sum(g * g) for g in grads))
    if norm > limit:
        grads = [g * (limit / norm) for g in grads]
    return loss, grads


@task.wrong(
    "the errors summed where they should be averaged",
    hint="The loss is the mean of the squares. A sum grows with the batch, "
    "so that two losses can be compared only at one size.",
    section="sec-01-batch-mean",
)
def summed_loss(x: Any, y: Any, params: Any, limit: Any) -> Any:
    Wx, Wh, b, V, a = params
    hs, pullback = lstm(x, Wx, Wh, b)
    p = hs[-1] @ V + a
    loss = np.sum((p - y) ** 2)
    dp = 2 * (p - y) / y.size
    dhs = np.zeros_like(hs)
    dhs[-1] = dp @ V.T
    _, dWx, dWh, db = pullback(dhs)
    grads = [dWx, dWh, db, hs[-1].T @ dp, dp.sum(axis=0)]
    norm = np.sqrt(sum(np.sum(g * g) for g in grads))
    if norm > limit:
        grads = [g * (limit / norm) for g in grads]
    return loss, grads


@task.wrong(
    "target minus answer on the way back",
    hint="The square does not care which of the two comes first, and its slope does. With yours every step would "
    "go uphill.",
    section="sec-01-sign",
)
def sign(x: Any, y: Any, params: Any, limit: Any) -> Any:
    Wx, Wh, b, V, a = params
    hs, pullback = lstm(x, Wx, Wh, b)
    p = hs[-1] @ V + a
    loss = np.mean((p - y) ** 2)
    dp = 2 * (y - p) / y.size
    dhs = np.zeros_like(hs)
    dhs[-1] = dp @ V.T
    _, dWx, dWh, db = pullback(dhs)
    grads = [dWx, dWh, db, hs[-1].T @ dp, dp.sum(axis=0)]
    norm = np.sqrt(sum(np.sum(g * g) for g in grads))
    if norm > limit:
        grads = [g * (limit / norm) for g in grads]
    return loss, grads


@task.wrong(
    "the weights of the answer left out on the way back",
    hint="Between the last state and the answer stand the weights V. What arrives at the answer is not yet what "
    "arrives at the state.",
    section="sec-06-derivation",
)
def read_out_forgotten(x: Any, y: Any, params: Any, limit: Any) -> Any:
    Wx, Wh, b, V, a = params
    hs, pullback = lstm(x, Wx, Wh, b)
    p = hs[-1] @ V + a
    loss = np.mean((p - y) ** 2)
    dp = 2 * (p - y) / y.size
    dhs = np.zeros_like(hs)
    dhs[-1] = dp
    _, dWx, dWh, db = pullback(dhs)
    grads = [dWx, dWh, db, hs[-1].T @ dp, dp.sum(axis=0)]
    norm = np.sqrt(sum(np.sum(g * g) for g in grads))
    if norm > limit:
        grads = [g * (limit / norm) for g in grads]
    return loss, grads


from bplib.check.tasks.a11 import _adder_more, _adder_slips  # noqa: E402, F401  # it enters more wrong answers
