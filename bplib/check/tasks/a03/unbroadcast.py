"""The way back through broadcasting: what was repeated is summed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check import probes
from bplib.check.task import Case, Task

task = Task(
    "03.unbroadcast",
    "An array that was repeated",
    asks_for="unbroadcast",
    section="sec-03-op",
    parts={"gradient": 3},
)
task.probe(probes.value("gradient", "the result"))


@task.reference
def unbroadcast(d: Any, shape: Any) -> Any:
    d = d.sum(axis=tuple(range(d.ndim - len(shape))))
    stretched = tuple(k for k, n in enumerate(shape) if n == 1)
    return d.sum(axis=stretched, keepdims=True)


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(36)
    small = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    yield {"d": small, "shape": (3,)}
    yield {"d": small, "shape": (2, 1)}
    yield {"d": small, "shape": ()}
    yield {"d": rng.normal(size=(3, 3)), "shape": (3,)}
    yield {"d": rng.normal(size=(3, 3)), "shape": (3, 1)}
    yield {"d": rng.normal(size=(4, 2, 3)), "shape": (2, 1)}
    yield {"d": rng.normal(size=(1, 3)), "shape": (1, 3)}
    yield {"d": rng.normal(size=(2, 1, 4)).astype(np.float32), "shape": (1, 1, 4)}
    yield {"d": rng.normal(size=(4, 3)), "shape": (4, 3)}


@task.wrong(
    "only the new axes summed, and not those that were stretched",
    hint="Broadcasting repeats in two ways: it puts new axes in front, and it stretches an axis of length 1. Your "
    "result still has the stretched length.",
)
def new_axes_only(d: Any, shape: Any) -> Any:
    while d.ndim > len(shape):
        d = d.sum(axis=0)
    return d


@task.wrong(
    "only the stretched axes summed, and not the new ones",
    hint="Broadcasting repeats in two ways: it stretches an axis of length 1, and it puts new axes in front. Your "
    "result still has axes that the array never had.",
)
def stretched_only(d: Any, shape: Any) -> Any:
    new = d.ndim - len(shape)
    for k, n in enumerate(shape):
        if n == 1:
            d = d.sum(axis=new + k, keepdims=True)
    return d


@task.wrong(
    "an axis of length 1 lost",
    hint="You summed over the right axes, and the stretched ones are gone from the result. A gradient has the shape "
    "of what it is the gradient of, axes of length 1 included.",
)
def axis_lost(d: Any, shape: Any) -> Any:
    new = d.ndim - len(shape)
    stretched = [new + k for k, n in enumerate(shape) if n == 1]
    return d.sum(axis=tuple(range(new)) + tuple(stretched))


@task.wrong(
    "the mean taken over the repetitions",
    hint="Each repetition was a use, and what comes back from the uses is added up. A mean makes the gradient "
    "smaller the more often the array was used.",
    section="sec-03-fanout",
)
def averaged(d: Any, shape: Any) -> Any:
    d = d.mean(axis=tuple(range(d.ndim - len(shape))))
    return d.mean(axis=tuple(k for k, n in enumerate(shape) if n == 1), keepdims=True)


@task.wrong(
    "one repetition kept, and the others dropped",
    hint="You cut d down to the right shape. Each of the other repetitions was a use as well, and the loss heard of "
    "the array through all of them.",
    section="sec-03-fanout",
)
def first_kept(d: Any, shape: Any) -> Any:
    while d.ndim > len(shape):
        d = d[0]
    for k, n in enumerate(shape):
        if n == 1:
            d = np.take(d, [0], axis=k)
    return d


@task.wrong(
    "the new axes looked for at the end",
    hint="Broadcasting lines shapes up at their last axes, so what is missing is added in front. You summed over the "
    "last axes; with a square array the shape comes out right, and the numbers do not.",
)
def axes_at_the_end(d: Any, shape: Any) -> Any:
    while d.ndim > len(shape):
        d = d.sum(axis=-1)
    for k, n in enumerate(shape):
        if n == 1:
            d = d.sum(axis=k, keepdims=True)
    return d


@task.wrong(
    "the total of all entries, spread over the shape",
    hint="Each entry of the array gets back what its own repetitions send. You gave every entry what all of them "
    "receive together.",
    section="sec-03-fanout",
)
def total_everywhere(d: Any, shape: Any) -> Any:
    return np.full(shape, d.sum(), dtype=d.dtype)


@task.wrong(
    "the shape forced, without a sum",
    hint="A reshape can only give another form to numbers that are all still there. Going back through a repetition "
    "there are too many of them, and they have to be added first.",
    section="sec-03-fanout",
)
def reshaped(d: Any, shape: Any) -> Any:
    return d.reshape(shape)
