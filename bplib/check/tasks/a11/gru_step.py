"""One step of a GRU, and its way back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.task import Case, Seen, Task
from bplib.check.tasks.a11._tries import step

task = Task(
    "11.gru_step",
    "One step of a GRU",
    asks_for="gru_step",
    section="sec-11-gru",
    parts={"value": 1, "gradient": 3},
    tolerance=1e-5,  # of float32
)


@task.reference
def gru_step(x: Any, h: Any, Wx: Any, Wh: Any, bx: Any, bh: Any) -> Any:
    a, u = x @ Wx + bx, h @ Wh + bh
    H = h.shape[1]
    r = 1 / (1 + np.exp(-(a[:, :H] + u[:, :H])))
    z = 1 / (1 + np.exp(-(a[:, H : 2 * H] + u[:, H : 2 * H])))
    n = np.tanh(a[:, 2 * H :] + r * u[:, 2 * H :])

    def pullback(d: Any) -> Any:
        dan = d * (1 - z) * (1 - n * n)
        dar = dan * u[:, 2 * H :] * r * (1 - r)
        daz = d * (h - n) * z * (1 - z)
        da = np.concatenate([dar, daz, dan], axis=1)
        du = np.concatenate([dar, daz, dan * r], axis=1)
        dh = d * z + du @ Wh.T
        return da @ Wx.T, dh, x.T @ da, h.T @ du, da.sum(axis=0), du.sum(axis=0)

    return (1 - z) * n + z * h, pullback


def one(seed: int, N: int, D: int, H: int, dtype: Any = np.float64) -> Case:
    """A random step: x (N, D), h (N, H), weights with three blocks, two biases, d (N, H), which arrives."""
    rng = np.random.default_rng(seed)
    shapes = {
        "x": (N, D),
        "h": (N, H),
        "Wx": (D, 3 * H),
        "Wh": (H, 3 * H),
        "bx": (3 * H,),
        "bh": (3 * H,),
        "d": (N, H),
    }
    case = {name: 0.8 * rng.standard_normal(shape) for name, shape in shapes.items()}
    return {name: a.astype(dtype) for name, a in case.items()}


@task.cases
def cases() -> Iterator[Case]:
    yield {
        "x": np.array([[1.0]]),
        "h": np.array([[0.5]]),
        "Wx": np.array([[1.0, 0.5, 0.25]]),
        "Wh": np.array([[-1.0, 0.5, 2.0]]),
        "bx": np.array([0.0, 0.5, 0.25]),
        "bh": np.array([0.5, 0.0, -0.5]),
        "d": np.array([[1.0]]),
    }
    yield one(1, 3, 2, 3)
    yield one(2, 4, 3, 2)
    yield one(3, 2, 4, 3, np.float32)


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    yield from step(answer, case, ("x", "h", "Wx", "Wh", "bx", "bh"), ("d",))


@task.wrong(
    "the reset gate in front of the product with Wh",
    hint="You weaken the old state and multiply it with Wh afterwards. Here the reset gate comes after the product "
    "and after its bias; the other order is another layer, with other gradients.",
)
def reset_before(x: Any, h: Any, Wx: Any, Wh: Any, bx: Any, bh: Any) -> Any:
    a, u = x @ Wx + bx, h @ Wh + bh
    H = h.shape[1]
    r = 1 / (1 + np.exp(-(a[:, :H] + u[:, :H])))
    z = 1 / (1 + np.exp(-(a[:, H : 2 * H] + u[:, H : 2 * H])))
    n = np.tanh(a[:, 2 * H :] + (r * h) @ Wh[:, 2 * H :] + bh[2 * H :])

    def pullback(d: Any) -> Any:
        dan = d * (1 - z) * (1 - n * n)
        product = dan @ Wh[:, 2 * H :].T
        dar = product * h * r * (1 - r)
        daz = d * (h - n) * z * (1 - z)
        da = np.concatenate([dar, daz, dan], axis=1)
        dh = d * z + da[:, : 2 * H] @ Wh[:, : 2 * H].T + product * r
        dWh = np.concatenate([h.T @ dar, h.T @ daz, (r * h).T @ dan], axis=1)
        return da @ Wx.T, dh, x.T @ da, dWh, da.sum(axis=0), da.sum(axis=0)

    return (1 - z) * n + z * h, pullback


@task.wrong(
    "the update gate the other way round",
    hint="An open update gate is to keep the old state. Yours lets the candidate in when it is open.",
)
def update_swapped(x: Any, h: Any, Wx: Any, Wh: Any, bx: Any, bh: Any) -> Any:
    a, u = x @ Wx + bx, h @ Wh + bh
    H = h.shape[1]
    r = 1 / (1 + np.exp(-(a[:, :H] + u[:, :H])))
    z = 1 / (1 + np.exp(-(a[:, H : 2 * H] + u[:, H : 2 * H])))
    n = np.tanh(a[:, 2 * H :] + r * u[:, 2 * H :])

    def pullback(d: Any) -> Any:
        dan = d * z * (1 - n * n)
        dar = dan * u[:, 2 * H :] * r * (1 - r)
        daz = d * (n - h) * z * (1 - z)
        da = np.concatenate([dar, daz, dan], axis=1)
        du = np.concatenate([dar, daz, dan * r], axis=1)
        dh = d * (1 - z) + du @ Wh.T
        return da @ Wx.T, dh, x.T @ da, h.T @ du, da.sum(axis=0), du.sum(axis=0)

    return z * n + (1 - z) * h, pullback


@task.wrong(
    "the reset gate outside of the candidate's bend",
    hint="The reset gate decides what the candidate may see of the old state. It stands inside the tanh, at one of "
    "two terms; yours weakens the whole candidate.",
)
def reset_outside(x: Any, h: Any, Wx: Any, Wh: Any, bx: Any, bh: Any) -> Any:
    a, u = x @ Wx + bx, h @ Wh + bh
    H = h.shape[1]
    r = 1 / (1 + np.exp(-(a[:, :H] + u[:, :H])))
    z = 1 / (1 + np.exp(-(a[:, H : 2 * H] + u[:, H : 2 * H])))
    n = r * np.tanh(a[:, 2 * H :] + u[:, 2 * H :])

    def pullback(d: Any) -> Any:
        dan = d * (1 - z) * (1 - n * n)
        dar = dan * u[:, 2 * H :] * r * (1 - r)
        daz = d * (h - n) * z * (1 - z)
        da = np.concatenate([dar, daz, dan], axis=1)
        du = np.concatenate([dar, daz, dan * r], axis=1)
        dh = d * z + du @ Wh.T
        return da @ Wx.T, dh, x.T @ da, h.T @ du, da.sum(axis=0), du.sum(axis=0)

    return (1 - z) * n + z * h, pullback


@task.wrong(
    "no reset gate at all",
    hint="Your candidate sees the old state whole, whatever the first block of the sums says.",
)
def no_reset(x: Any, h: Any, Wx: Any, Wh: Any, bx: Any, bh: Any) -> Any:
    a, u = x @ Wx + bx, h @ Wh + bh
    H = h.shape[1]
    r = 1 / (1 + np.exp(-(a[:, :H] + u[:, :H])))
    z = 1 / (1 + np.exp(-(a[:, H : 2 * H] + u[:, H : 2 * H])))
    n = np.tanh(a[:, 2 * H :] + u[:, 2 * H :])

    def pullback(d: Any) -> Any:
        dan = d * (1 - z) * (1 - n * n)
        dar = dan * u[:, 2 * H :] * r * (1 - r)
        daz = d * (h - n) * z * (1 - z)
        da = np.concatenate([dar, daz, dan], axis=1)
        du = np.concatenate([dar, daz, dan * r], axis=1)
        dh = d * z + du @ Wh.T
        return da @ Wx.T, dh, x.T @ da, h.T @ du, da.sum(axis=0), du.sum(axis=0)

    return (1 - z) * n + z * h, pullback


@task.wrong(
    "the direct road from the old state lost",
    hint="The old state is used three times: twice through the sums, and once as it is, by the share that is kept. "
    "The last road has no bend and no matrix, and yours leaves it out.",
)
def direct_path_lost(x: Any, h: Any, Wx: Any, Wh: Any, bx: Any, bh: Any) -> Any:
    a, u = x @ Wx + bx, h @ Wh + bh
    H = h.shape[1]
    r = 1 / (1 + np.exp(-(a[:, :H] + u[:, :H])))
    z = 1 / (1 + np.exp(-(a[:, H : 2 * H] + u[:, H : 2 * H])))
    n = np.tanh(a[:, 2 * H :] + r * u[:, 2 * H :])

    def pullback(d: Any) -> Any:
        dan = d * (1 - z) * (1 - n * n)
        dar = dan * u[:, 2 * H :] * r * (1 - r)
        daz = d * (h - n) * z * (1 - z)
        da = np.concatenate([dar, daz, dan], axis=1)
        du = np.concatenate([dar, daz, dan * r], axis=1)
        dh = du @ Wh.T
        return da @ Wx.T, dh, x.T @ da, h.T @ du, da.sum(axis=0), du.sum(axis=0)

    return (1 - z) * n + z * h, pullback


@task.wrong(
    "only the direct road to the old state",
    hint="The old state is kept in part, and it also speaks in the sums of all three blocks. What comes back "
    "through these you leave out.",
)
def only_direct_path(x: Any, h: Any, Wx: Any, Wh: Any, bx: Any, bh: Any) -> Any:
    a, u = x @ Wx + bx, h @ Wh + bh
    H = h.shape[1]
    r = 1 / (1 + np.exp(-(a[:, :H] + u[:, :H])))
    z = 1 / (1 + np.exp(-(a[:, H : 2 * H] + u[:, H : 2 * H])))
    n = np.tanh(a[:, 2 * H :] + r * u[:, 2 * H :])

    def pullback(d: Any) -> Any:
        dan = d * (1 - z) * (1 - n * n)
        dar = dan * u[:, 2 * H :] * r * (1 - r)
        daz = d * (h - n) * z * (1 - z)
        da = np.concatenate([dar, daz, dan], axis=1)
        du = np.concatenate([dar, daz, dan * r], axis=1)
        dh = d * z
        return da @ Wx.T, dh, x.T @ da, h.T @ du, da.sum(axis=0), du.sum(axis=0)

    return (1 - z) * n + z * h, pullback


@task.wrong(
    "the candidate's gradient weighted with what is kept",
    hint="The candidate enters by the share that is not kept. You weight its gradient as though it were the old "
    "state.",
)
def keep_for_new(x: Any, h: Any, Wx: Any, Wh: Any, bx: Any, bh: Any) -> Any:
    a, u = x @ Wx + bx, h @ Wh + bh
    H = h.shape[1]
    r = 1 / (1 + np.exp(-(a[:, :H] + u[:, :H])))
    z = 1 / (1 + np.exp(-(a[:, H : 2 * H] + u[:, H : 2 * H])))
    n = np.tanh(a[:, 2 * H :] + r * u[:, 2 * H :])

    def pullback(d: Any) -> Any:
        dan = d * z * (1 - n * n)
        dar = dan * u[:, 2 * H :] * r * (1 - r)
        daz = d * (h - n) * z * (1 - z)
        da = np.concatenate([dar, daz, dan], axis=1)
        du = np.concatenate([dar, daz, dan * r], axis=1)
        dh = d * z + du @ Wh.T
        return da @ Wx.T, dh, x.T @ da, h.T @ du, da.sum(axis=0), du.sum(axis=0)

    return (1 - z) * n + z * h, pullback


@task.wrong(
    "the update gate's gradient with the wrong sign",
    hint="Opening the update gate moves the state towards the old one and away from the candidate. Yours moves it "
    "the other way.",
)
def update_sign(x: Any, h: Any, Wx: Any, Wh: Any, bx: Any, bh: Any) -> Any:
    a, u = x @ Wx + bx, h @ Wh + bh
    H = h.shape[1]
    r = 1 / (1 + np.exp(-(a[:, :H] + u[:, :H])))
    z = 1 / (1 + np.exp(-(a[:, H : 2 * H] + u[:, H : 2 * H])))
    n = np.tanh(a[:, 2 * H :] + r * u[:, 2 * H :])

    def pullback(d: Any) -> Any:
        dan = d * (1 - z) * (1 - n * n)
        dar = dan * u[:, 2 * H :] * r * (1 - r)
        daz = d * (n - h) * z * (1 - z)
        da = np.concatenate([dar, daz, dan], axis=1)
        du = np.concatenate([dar, daz, dan * r], axis=1)
        dh = d * z + du @ Wh.T
        return da @ Wx.T, dh, x.T @ da, h.T @ du, da.sum(axis=0), du.sum(axis=0)

    return (1 - z) * n + z * h, pullback


@task.wrong(
    "the update gate's gradient from one of its two places",
    hint="The gate stands twice in the last line, once with the old state and once with the candidate. You hear "
    "only one of them.",
)
def update_half(x: Any, h: Any, Wx: Any, Wh: Any, bx: Any, bh: Any) -> Any:
    a, u = x @ Wx + bx, h @ Wh + bh
    H = h.shape[1]
    r = 1 / (1 + np.exp(-(a[:, :H] + u[:, :H])))
    z = 1 / (1 + np.exp(-(a[:, H : 2 * H] + u[:, H : 2 * H])))
    n = np.tanh(a[:, 2 * H :] + r * u[:, 2 * H :])

    def pullback(d: Any) -> Any:
        dan = d * (1 - z) * (1 - n * n)
        dar = dan * u[:, 2 * H :] * r * (1 - r)
        daz = d * h * z * (1 - z)
        da = np.concatenate([dar, daz, dan], axis=1)
        du = np.concatenate([dar, daz, dan * r], axis=1)
        dh = d * z + du @ Wh.T
        return da @ Wx.T, dh, x.T @ da, h.T @ du, da.sum(axis=0), du.sum(axis=0)

    return (1 - z) * n + z * h, pullback


from bplib.check.tasks.a11 import _gru_step_more, _gru_step_slips  # noqa: E402, F401  # it enters more wrong answers
