"""Scaled dot-product attention with a mask: what the queries find, and three gradients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check import probes
from bplib.check.task import Case, Task
from bplib.check.tasks.a13.masked_softmax import masked_softmax

task = Task(
    "13.attention",
    "Scaled dot-product attention",
    asks_for="attention",
    section="sec-13-backward",
    parts={"value": 1, "gradient": 3},
    needs=("13.masked_softmax",),
)


@task.reference
def attention(q: Any, k: Any, v: Any, mask: Any) -> Any:
    scale = 1 / np.sqrt(q.shape[-1])
    p, back = masked_softmax(scale * (q @ k.swapaxes(-1, -2)), mask)

    def pullback(d: Any) -> Any:
        dp = d @ v.swapaxes(-1, -2)
        ds = scale * back(dp)
        return ds @ k, ds.swapaxes(-1, -2) @ q, p.swapaxes(-1, -2) @ d

    return p @ v, pullback


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(132)
    yield {
        "q": np.array([[2.0, 0.0, 0.0, 0.0]]),
        "k": np.array([[0.0, 1.0, 0.0, 0.0], [np.log(3.0), 0.0, 0.0, 0.0]]),
        "v": np.array([[4.0], [0.0]]),
        "mask": np.array([[True, True]]),
        "d": np.array([[2.0]]),
    }
    q, k, v, d = rng.standard_normal((4, 3, 3))
    yield {"q": q, "k": k, "v": v, "mask": np.tri(3, dtype=bool), "d": d}
    mask = np.array([[True, False, True, True, False], [False] * 5, [True] * 5])
    shapes = {"q": (2, 2, 3, 4), "k": (2, 2, 5, 4), "v": (2, 2, 5, 2), "mask": (), "d": (2, 2, 3, 2)}
    yield {name: rng.standard_normal(shape) if shape else mask for name, shape in shapes.items()}


task.probe(probes.op("q", "k", "v", what="what the queries find"))


@task.wrong(
    "no scale anywhere",
    hint="Your scores are the plain dot products. They grow with the root of the width, and softmax "
    "answers with weights of nearly 0 and 1. Most queries then hear next to nothing on the way "
    "back, and a few hear too much.",
    section="sec-13-scale-lost",
)
def scale_lost(q: Any, k: Any, v: Any, mask: Any) -> Any:
    scale = 1
    p, back = masked_softmax(scale * (q @ k.swapaxes(-1, -2)), mask)

    def pullback(d: Any) -> Any:
        dp = d @ v.swapaxes(-1, -2)
        ds = scale * back(dp)
        return ds @ k, ds.swapaxes(-1, -2) @ q, p.swapaxes(-1, -2) @ d

    return p @ v, pullback


@task.wrong(
    "the scale lost on the way back",
    hint="Your value is right, and the gradients of queries and keys are longer than they should be: "
    "the scores were scaled on the way forward, and that is a factor on the way back.",
    section="sec-13-scale-lost",
)
def scale_lost_back(q: Any, k: Any, v: Any, mask: Any) -> Any:
    scale = 1 / np.sqrt(q.shape[-1])
    p, back = masked_softmax(scale * (q @ k.swapaxes(-1, -2)), mask)

    def pullback(d: Any) -> Any:
        dp = d @ v.swapaxes(-1, -2)
        ds = back(dp)
        return ds @ k, ds.swapaxes(-1, -2) @ q, p.swapaxes(-1, -2) @ d

    return p @ v, pullback


@task.wrong(
    "divided by the width, not by its root",
    hint="The dot product of two random rows has a spread that grows with the root of the width. You "
    "divide by the width itself: wide queries then look at everything alike.",
    section="sec-13-scale",
)
def scale_by_width(q: Any, k: Any, v: Any, mask: Any) -> Any:
    scale = 1 / q.shape[-1]
    p, back = masked_softmax(scale * (q @ k.swapaxes(-1, -2)), mask)

    def pullback(d: Any) -> Any:
        dp = d @ v.swapaxes(-1, -2)
        ds = scale * back(dp)
        return ds @ k, ds.swapaxes(-1, -2) @ q, p.swapaxes(-1, -2) @ d

    return p @ v, pullback


@task.wrong(
    "multiplied by the root of the width",
    hint="The scale makes your scores larger, not smaller. It is there to bring their spread back to 1.",
    section="sec-13-scale",
)
def scale_multiplied(q: Any, k: Any, v: Any, mask: Any) -> Any:
    scale = np.sqrt(q.shape[-1])
    p, back = masked_softmax(scale * (q @ k.swapaxes(-1, -2)), mask)

    def pullback(d: Any) -> Any:
        dp = d @ v.swapaxes(-1, -2)
        ds = scale * back(dp)
        return ds @ k, ds.swapaxes(-1, -2) @ q, p.swapaxes(-1, -2) @ d

    return p @ v, pullback


@task.wrong(
    "the scale taken from the number of keys",
    hint="You count the keys. A score is a sum over the features of a query, and it is their number "
    "that decides how large the sum becomes.",
    section="sec-13-scale",
)
def scale_by_keys(q: Any, k: Any, v: Any, mask: Any) -> Any:
    scale = 1 / np.sqrt(k.shape[-2])
    p, back = masked_softmax(scale * (q @ k.swapaxes(-1, -2)), mask)

    def pullback(d: Any) -> Any:
        dp = d @ v.swapaxes(-1, -2)
        ds = scale * back(dp)
        return ds @ k, ds.swapaxes(-1, -2) @ q, p.swapaxes(-1, -2) @ d

    return p @ v, pullback


@task.wrong(
    "the scale taken from the width of the values",
    hint="You take the root of the values' width. The values are not in the scores; the queries and "
    "keys are.",
    section="sec-13-scale",
)
def scale_by_value_width(q: Any, k: Any, v: Any, mask: Any) -> Any:
    scale = 1 / np.sqrt(v.shape[-1])
    p, back = masked_softmax(scale * (q @ k.swapaxes(-1, -2)), mask)

    def pullback(d: Any) -> Any:
        dp = d @ v.swapaxes(-1, -2)
        ds = scale * back(dp)
        return ds @ k, ds.swapaxes(-1, -2) @ q, p.swapaxes(-1, -2) @ d

    return p @ v, pullback


@task.wrong(
    "the scale on the outcome, not on the scores",
    hint="You divide what comes out of the softmax. The scale is there so that the softmax does not "
    "see large scores, and so it belongs before it.",
    section="sec-13-scale",
)
def scale_on_values(q: Any, k: Any, v: Any, mask: Any) -> Any:
    scale = 1 / np.sqrt(q.shape[-1])
    p, back = masked_softmax(q @ k.swapaxes(-1, -2), mask)

    def pullback(d: Any) -> Any:
        dp = d @ v.swapaxes(-1, -2)
        ds = scale * back(dp)
        return ds @ k, ds.swapaxes(-1, -2) @ q, scale * p.swapaxes(-1, -2) @ d

    return scale * p @ v, pullback


@task.wrong(
    "the scale twice on the way back",
    hint="The scores were scaled once. Your gradients of queries and keys have the factor twice: once "
    "at the scores, and once more at the end.",
    section="sec-13-scale-lost",
)
def scale_twice_back(q: Any, k: Any, v: Any, mask: Any) -> Any:
    scale = 1 / np.sqrt(q.shape[-1])
    p, back = masked_softmax(scale * (q @ k.swapaxes(-1, -2)), mask)

    def pullback(d: Any) -> Any:
        dp = d @ v.swapaxes(-1, -2)
        ds = scale * back(dp)
        return scale * ds @ k, scale * ds.swapaxes(-1, -2) @ q, p.swapaxes(-1, -2) @ d

    return p @ v, pullback


@task.wrong(
    "the scale in the gradient of the queries only",
    hint="The scale stands before the product of queries and keys. So it is in both of their "
    "gradients, and you have it in one.",
    section="sec-13-scale-lost",
)
def scale_in_dq_only(q: Any, k: Any, v: Any, mask: Any) -> Any:
    scale = 1 / np.sqrt(q.shape[-1])
    p, back = masked_softmax(scale * (q @ k.swapaxes(-1, -2)), mask)

    def pullback(d: Any) -> Any:
        dp = d @ v.swapaxes(-1, -2)
        ds = back(dp)
        return scale * ds @ k, ds.swapaxes(-1, -2) @ q, p.swapaxes(-1, -2) @ d

    return p @ v, pullback


@task.wrong(
    "the mask not used",
    hint="Your queries look at every key. The mask came in and was not handed on.",
    section="sec-13-mask",
)
def mask_dropped(q: Any, k: Any, v: Any, mask: Any) -> Any:
    scale = 1 / np.sqrt(q.shape[-1])
    p, back = masked_softmax(scale * (q @ k.swapaxes(-1, -2)), np.full(mask.shape, True))

    def pullback(d: Any) -> Any:
        dp = d @ v.swapaxes(-1, -2)
        ds = scale * back(dp)
        return ds @ k, ds.swapaxes(-1, -2) @ q, p.swapaxes(-1, -2) @ d

    return p @ v, pullback


@task.wrong(
    "the mask applied after the softmax",
    hint="You hide weights after they have been shared out. Then the visible ones do not add up to 1, "
    "and they still tell something about the hidden keys.",
    section="sec-13-mask-after",
)
def mask_after(q: Any, k: Any, v: Any, mask: Any) -> Any:
    scale = 1 / np.sqrt(q.shape[-1])
    full, back = masked_softmax(scale * (q @ k.swapaxes(-1, -2)), np.full(mask.shape, True))
    p = full * mask

    def pullback(d: Any) -> Any:
        dp = d @ v.swapaxes(-1, -2)
        ds = scale * back(dp * mask)
        return ds @ k, ds.swapaxes(-1, -2) @ q, p.swapaxes(-1, -2) @ d

    return p @ v, pullback


from bplib.check.tasks.a13 import (  # noqa: E402  # they enter more wrong answers
    _attention_more,  # noqa: F401
    _attention_more2,  # noqa: F401
)
