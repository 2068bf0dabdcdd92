"""A network of any depth, with its pullback."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from bplib.check.probes import StudentError, call, describe, unpack
from bplib.check.task import Case, Seen, Task
from bplib.check.tasks.a06._shapes import calling

task = Task(
    "06.mlp",
    "Any number of layers",
    asks_for="mlp",
    section="sec-06-pullbacks",
    parts={"value": 1, "gradient": 4},
    tolerance=1e-5,  # of float32, in which a slope near the flat ends has few digits
)


@task.reference
def mlp(x: Any, params: Any) -> Any:
    ins = []
    for k in range(0, len(params), 2):
        x = np.tanh(x) if k else x
        ins.append(x)
        x = x @ params[k] + params[k + 1]

    def pullback(d: Any) -> Any:
        grads: list[np.ndarray] = []
        for k in range(len(ins) - 1, -1, -1):
            grads = [ins[k].T @ d, d.sum(axis=0), *grads]
            d = (d @ params[2 * k].T) * (1 - ins[k] ** 2 if k else 1)
        return d, grads

    return x, pullback


def deep(seed: int, N: int, sizes: tuple[int, ...], dtype: Any = np.float64) -> Case:
    """x (N, sizes[0]), parameters of layers of these sizes, and d (N, sizes[-1])."""
    rng = np.random.default_rng(seed)
    params = []
    for D, M in pairwise(sizes):
        params += [rng.standard_normal((D, M)).astype(dtype), rng.standard_normal(M).astype(dtype)]
    x, d = rng.standard_normal((N, sizes[0])), rng.standard_normal((N, sizes[-1]))
    return {"x": x.astype(dtype), "params": params, "d": d.astype(dtype)}


@task.cases
def cases() -> Iterator[Case]:
    one = [np.array([[0.5], [-1.0]]), np.array([0.25])]
    yield {"x": np.array([[1.0, 2.0], [0.0, 1.0]]), "params": one, "d": np.array([[2.0], [-3.0]])}
    two = [np.array([[1.0]]), np.array([0.5]), np.array([[2.0]]), np.array([-1.0])]
    yield {"x": np.array([[0.0], [-0.5]]), "params": two, "d": np.array([[1.0], [0.5]])}
    yield deep(1, 5, (3, 3, 3, 3))
    yield deep(2, 5, (3, 4, 2, 6))
    yield deep(3, 4, (2, 3, 1), np.float32)


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    names = [f"d{kind}{k}" for k in range(1, len(case["params"]) // 2 + 1) for kind in "Wb"]
    z, pullback = unpack(call(answer, case["x"], case["params"]), "z", "pullback", of="mlp")
    yield "value", "z", z
    # The second d is no multiple of the first: what is left over from one call must not look like a factor.
    for again, d in (("", case["d"]), (", when called again, with 1 − d", 1 - case["d"])):
        dx, grads = unpack(calling(pullback, d, name="pullback"), "dx", "grads", of="pullback")
        if not isinstance(grads, list | tuple):
            raise StudentError(
                "form", f"grads should be a list of {len(names)} arrays; it is {describe(grads)}."
            )
        yield "gradient", f"the number of gradients{again}", len(grads)
        for name, g in zip(names, grads, strict=False):
            yield "gradient", name + again, g
        yield "gradient", f"dx{again}", dx


# Whoever takes its slope on the way back as well is told so in the part "gradient", by slope_at_the_end.
@task.wrong(
    "a bend after the last layer too",
    hint="The last layer's sums are the scores, and the loss makes of them what it needs. "
    "With a tanh on top no score can leave the range from −1 to 1.",
)
def bend_at_the_end(x: Any, params: Any) -> Any:
    ins = []
    for k in range(0, len(params), 2):
        x = np.tanh(x) if k else x
        ins.append(x)
        x = x @ params[k] + params[k + 1]

    def pullback(d: Any) -> Any:
        grads: list[np.ndarray] = []
        for k in range(len(ins) - 1, -1, -1):
            grads = [ins[k].T @ d, d.sum(axis=0), *grads]
            d = (d @ params[2 * k].T) * (1 - ins[k] ** 2 if k else 1)
        return d, grads

    return np.tanh(x), pullback


@task.wrong(
    "no bends at all",
    hint="Layer upon layer without a bend between them collapses into a single layer, however many there are.",
    section="sec-06-derivation",
)
def no_bends(x: Any, params: Any) -> Any:
    ins = [x]
    for k in range(0, len(params), 2):
        ins.append(ins[-1] @ params[k] + params[k + 1])

    def pullback(d: Any) -> Any:
        grads: list[np.ndarray] = []
        for k in range(len(params) - 2, -1, -2):
            grads = [ins[k // 2].T @ d, d.sum(axis=0), *grads]
            d = d @ params[k].T
        return d, grads

    return ins[-1], pullback


@task.wrong(
    "the slopes of tanh left out",
    hint="Forward each hidden layer passes through a bend, backward yours does not. The last layer's "
    "gradients come out right, and everything below it does not.",
    section="sec-06-derivation",
)
def slopes_left_out(x: Any, params: Any) -> Any:
    ins = []
    for k in range(0, len(params), 2):
        x = np.tanh(x) if k else x
        ins.append(x)
        x = x @ params[k] + params[k + 1]

    def pullback(d: Any) -> Any:
        grads: list[np.ndarray] = []
        for k in range(len(ins) - 1, -1, -1):
            grads = [ins[k].T @ d, d.sum(axis=0), *grads]
            d = d @ params[2 * k].T
        return d, grads

    return x, pullback


@task.wrong(
    "a slope at the data as well",
    hint="Your loop applies a slope for every layer, including the first. The data went in as they are, "
    "without a bend in front of them, so nothing is to be undone there.",
    section="sec-06-derivation",
)
def slope_at_data(x: Any, params: Any) -> Any:
    ins = []
    for k in range(0, len(params), 2):
        x = np.tanh(x) if k else x
        ins.append(x)
        x = x @ params[k] + params[k + 1]

    def pullback(d: Any) -> Any:
        grads: list[np.ndarray] = []
        for k in range(len(ins) - 1, -1, -1):
            grads = [ins[k].T @ d, d.sum(axis=0), *grads]
            d = (d @ params[2 * k].T) * (1 - ins[k] ** 2)
        return d, grads

    return x, pullback


@task.wrong(
    "tanh applied once more, before its slope is taken",
    hint="What you kept is already the output of tanh. You treat it as the input, and take the slope at another place.",
    section="sec-04-bug-slope",
)
def slope_at_output(x: Any, params: Any) -> Any:
    ins = []
    for k in range(0, len(params), 2):
        x = np.tanh(x) if k else x
        ins.append(x)
        x = x @ params[k] + params[k + 1]

    def pullback(d: Any) -> Any:
        grads: list[np.ndarray] = []
        for k in range(len(ins) - 1, -1, -1):
            grads = [ins[k].T @ d, d.sum(axis=0), *grads]
            d = (d @ params[2 * k].T) * (1 - np.tanh(ins[k]) ** 2 if k else 1)
        return d, grads

    return x, pullback


@task.wrong(
    "the transposes of the weights lost on the way back",
    hint="Going down through a layer, a unit collects from all that listen to it. You let the values run through the "
    "weights in the same direction as on the way up. In a square layer no shape complains.",
    section="sec-06-transpose",
)
def untransposed(x: Any, params: Any) -> Any:
    ins = []
    for k in range(0, len(params), 2):
        x = np.tanh(x) if k else x
        ins.append(x)
        x = x @ params[k] + params[k + 1]

    def pullback(d: Any) -> Any:
        grads: list[np.ndarray] = []
        for k in range(len(ins) - 1, -1, -1):
            grads = [ins[k].T @ d, d.sum(axis=0), *grads]
            W = params[2 * k]
            d = (d @ (W if W.shape[0] == W.shape[1] else W.T)) * (1 - ins[k] ** 2 if k else 1)
        return d, grads

    return x, pullback


@task.wrong(
    "the gradients in the order of the way back",
    hint="Your list begins with the last layer, which is where the way back begins. The task asks for the order of "
    "params: whoever updates takes both lists side by side.",
)
def last_layer_first(x: Any, params: Any) -> Any:
    ins = []
    for k in range(0, len(params), 2):
        x = np.tanh(x) if k else x
        ins.append(x)
        x = x @ params[k] + params[k + 1]

    def pullback(d: Any) -> Any:
        grads: list[np.ndarray] = []
        for k in range(len(ins) - 1, -1, -1):
            grads += [ins[k].T @ d, d.sum(axis=0)]
            d = (d @ params[2 * k].T) * (1 - ins[k] ** 2 if k else 1)
        return d, grads

    return x, pullback


@task.wrong(
    "every layer's pullback using the last layer's values",
    hint="A function made in a loop looks its names up when it is called, and by then the loop is over: all of yours "
    "see what the names meant in the last round. Each layer has to hold on to its own values.",
)
def late_binding(x: Any, params: Any) -> Any:
    backs = []
    for k in range(0, len(params), 2):
        a, W = np.tanh(x) if k else x, params[k]
        backs.append(lambda d: ((d @ W.T) * (1 - a**2), a.T @ d, d.sum(axis=0)))  # noqa: B023  # that is it
        x = a @ W + params[k + 1]

    def pullback(d: Any) -> Any:
        grads: list[np.ndarray] = []
        for back in reversed(backs):
            d, *mine = back(d)
            grads = mine + grads
        return d, grads

    return x, pullback


from bplib.check.tasks.a06 import _mlp_more  # noqa: E402, F401  # it enters more wrong answers
