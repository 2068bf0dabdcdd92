"""The gradients of the discriminator's parameters, from real samples and fakes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import call, unpack
from bplib.check.task import Case, Seen, Task

task = Task(
    "12.detective_step",
    "The detective's step",
    asks_for="detective_step",
    section="sec-12-detective",
    parts={"output": 1, "hidden": 2},
)


@task.reference
def detective_step(real: Any, fake: Any, D: Any) -> Any:
    V, v, u, t = D
    grads = [np.zeros_like(p) for p in D]
    for x, label in ((real, 1.0), (fake, 0.0)):
        h = np.tanh(x @ V + v)
        s = h @ u + t
        ds = (0.5 * (1 + np.tanh(s / 2)) - label) / len(x)
        dh = (ds @ u.T) * (1 - h**2)
        for k, g in enumerate((x.T @ dh, dh.sum(axis=0), h.T @ ds, ds.sum(axis=0))):
            grads[k] += g
    return grads


def detective(rng: np.random.Generator, D: int, H: int) -> list[Any]:
    """The parameters V, v, u, t of a discriminator with H hidden units."""
    return [rng.standard_normal(shape) for shape in ((D, H), (H,), (H, 1), (1,))]


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(123)
    yield {
        "real": np.array([[1.0, 0.0]]),
        "fake": np.array([[0.0, 2.0]]),
        "D": [np.array([[1.0], [-0.5]]), np.array([0.0]), np.array([[2.0]]), np.array([0.5])],
    }
    for n, m, H in ((4, 3, 5), (2, 5, 3)):
        real, fake = rng.standard_normal((n, 2)), rng.standard_normal((m, 2))
        yield {"real": real, "fake": fake, "D": detective(rng, 2, H)}


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    before = [p.copy() for p in case["D"]]
    dV, dv, du, dt = unpack(call(answer, *case.values()), "dV", "dv", "du", "dt", of="detective_step")
    yield "output", "du", du
    yield "output", "dt", dt
    yield "hidden", "dV", dV
    yield "hidden", "dv", dv
    changed = any(not np.array_equal(a, b) for a, b in zip(before, case["D"], strict=True))
    yield "hidden", "whether D was changed", changed


@task.wrong(
    "the gradient of the fakes alone",
    hint="Your gradients are those of the last set your loop met: each set overwrites what was there. Both "
    "belong to the loss, and their gradients add up.",
    section="sec-03-fanout",
)
def gradient_fakes_alone(real: Any, fake: Any, D: Any) -> Any:
    V, v, u, t = D
    grads = [np.zeros_like(p) for p in D]
    for x, label in ((real, 1.0), (fake, 0.0)):
        h = np.tanh(x @ V + v)
        s = h @ u + t
        ds = (0.5 * (1 + np.tanh(s / 2)) - label) / len(x)
        dh = (ds @ u.T) * (1 - h**2)
        for k, g in enumerate((x.T @ dh, dh.sum(axis=0), h.T @ ds, ds.sum(axis=0))):
            grads[k] = g
    return grads


@task.wrong(
    "the labels swapped",
    hint="Real samples pull your verdict down and fakes pull it up. Real has the label 1.",
    section="sec-12-sign",
)
def labels_swapped(real: Any, fake: Any, D: Any) -> Any:
    V, v, u, t = D
    grads = [np.zeros_like(p) for p in D]
    for x, label in ((real, 1.0), (fake, 0.0)):
        h = np.tanh(x @ V + v)
        s = h @ u + t
        ds = (0.5 * (1 + np.tanh(s / 2)) - (1 - label)) / len(x)
        dh = (ds @ u.T) * (1 - h**2)
        for k, g in enumerate((x.T @ dh, dh.sum(axis=0), h.T @ ds, ds.sum(axis=0))):
            grads[k] += g
    return grads


@task.wrong(
    "the label 1 for both",
    hint="You train the detective to call everything real. That is the forger's wish.",
    section="sec-12-slopes",
)
def label_1_both(real: Any, fake: Any, D: Any) -> Any:
    V, v, u, t = D
    grads = [np.zeros_like(p) for p in D]
    for x in (real, fake):
        h = np.tanh(x @ V + v)
        s = h @ u + t
        ds = (0.5 * (1 + np.tanh(s / 2)) - 1) / len(x)
        dh = (ds @ u.T) * (1 - h**2)
        for k, g in enumerate((x.T @ dh, dh.sum(axis=0), h.T @ ds, ds.sum(axis=0))):
            grads[k] += g
    return grads


@task.wrong(
    "the gradient turned round",
    hint="Your gradients point the way the detective should go. A gradient points where the loss grows.",
    section="sec-12-sign",
)
def gradient_turned_round(real: Any, fake: Any, D: Any) -> Any:
    V, v, u, t = D
    grads = [np.zeros_like(p) for p in D]
    for x, label in ((real, 1.0), (fake, 0.0)):
        h = np.tanh(x @ V + v)
        s = h @ u + t
        ds = (label - 0.5 * (1 + np.tanh(s / 2))) / len(x)
        dh = (ds @ u.T) * (1 - h**2)
        for k, g in enumerate((x.T @ dh, dh.sum(axis=0), h.T @ ds, ds.sum(axis=0))):
            grads[k] += g
    return grads


@task.wrong(
    "the slope of tanh left out",
    hint="Between h and the pre-activation stands tanh, and its slope is missing on your way back.",
    section="sec-04-bug-slope",
)
def slope_tanh_left_out(real: Any, fake: Any, D: Any) -> Any:
    V, v, u, t = D
    grads = [np.zeros_like(p) for p in D]
    for x, label in ((real, 1.0), (fake, 0.0)):
        h = np.tanh(x @ V + v)
        s = h @ u + t
        ds = (0.5 * (1 + np.tanh(s / 2)) - label) / len(x)
        dh = ds @ u.T
        for k, g in enumerate((x.T @ dh, dh.sum(axis=0), h.T @ ds, ds.sum(axis=0))):
            grads[k] += g
    return grads


@task.wrong(
    "the slope of tanh taken at h",
    hint="You take 1 − tanh² of h, which is the output already.",
    section="sec-04-bug-slope",
)
def slope_tanh_taken_at_h(real: Any, fake: Any, D: Any) -> Any:
    V, v, u, t = D
    grads = [np.zeros_like(p) for p in D]
    for x, label in ((real, 1.0), (fake, 0.0)):
        h = np.tanh(x @ V + v)
        s = h @ u + t
        ds = (0.5 * (1 + np.tanh(s / 2)) - label) / len(x)
        dh = (ds @ u.T) * (1 - np.tanh(h) ** 2)
        for k, g in enumerate((x.T @ dh, dh.sum(axis=0), h.T @ ds, ds.sum(axis=0))):
            grads[k] += g
    return grads


@task.wrong(
    "not divided by the number of samples",
    hint="Each of the two terms is a mean over its samples, and so is its gradient.",
    section="sec-05-sum",
)
def divided_number_samples(real: Any, fake: Any, D: Any) -> Any:
    V, v, u, t = D
    grads = [np.zeros_like(p) for p in D]
    for x, label in ((real, 1.0), (fake, 0.0)):
        h = np.tanh(x @ V + v)
        s = h @ u + t
        ds = 0.5 * (1 + np.tanh(s / 2)) - label
        dh = (ds @ u.T) * (1 - h**2)
        for k, g in enumerate((x.T @ dh, dh.sum(axis=0), h.T @ ds, ds.sum(axis=0))):
            grads[k] += g
    return grads


@task.wrong(
    "both divided by the number of all samples",
    hint="You divide both terms by the sum of the two numbers. Each is a mean of its own.",
)
def both_divided_number_all_samples(real: Any, fake: Any, D: Any) -> Any:
    V, v, u, t = D
    grads = [np.zeros_like(p) for p in D]
    for x, label in ((real, 1.0), (fake, 0.0)):
        h = np.tanh(x @ V + v)
        s = h @ u + t
        ds = (0.5 * (1 + np.tanh(s / 2)) - label) / (len(real) + len(fake))
        dh = (ds @ u.T) * (1 - h**2)
        for k, g in enumerate((x.T @ dh, dh.sum(axis=0), h.T @ ds, ds.sum(axis=0))):
            grads[k] += g
    return grads


@task.wrong(
    "the sigmoid's slope in it once more",
    hint="Your ds carries the factor D(1 − D), which cancels in the cross-entropy from logits.",
    section="sec-05-stands-still",
)
def sigmoid_s_slope_once_more(real: Any, fake: Any, D: Any) -> Any:
    V, v, u, t = D
    grads = [np.zeros_like(p) for p in D]
    for x, label in ((real, 1.0), (fake, 0.0)):
        h = np.tanh(x @ V + v)
        s = h @ u + t
        ds = (0.5 * (1 + np.tanh(s / 2)) - label) * 0.25 * (1 - np.tanh(s / 2) ** 2) / len(x)
        dh = (ds @ u.T) * (1 - h**2)
        for k, g in enumerate((x.T @ dh, dh.sum(axis=0), h.T @ ds, ds.sum(axis=0))):
            grads[k] += g
    return grads


@task.wrong(
    "averages over the hidden layer's rows",
    hint="Your bias gradients are means over the rows. The mean of the loss is in ds already; from there on, "
    "contributions add up.",
)
def averages_over_hidden_layer_s(real: Any, fake: Any, D: Any) -> Any:
    V, v, u, t = D
    grads = [np.zeros_like(p) for p in D]
    for x, label in ((real, 1.0), (fake, 0.0)):
        h = np.tanh(x @ V + v)
        s = h @ u + t
        ds = (0.5 * (1 + np.tanh(s / 2)) - label) / len(x)
        dh = (ds @ u.T) * (1 - h**2)
        for k, g in enumerate((x.T @ dh, dh.mean(axis=0), h.T @ ds, ds.mean(axis=0))):
            grads[k] += g
    return grads


@task.wrong(
    "the mean of both terms",
    hint="You halve the gradients. In this chapter the loss is the sum of its two means.",
)
def mean_both_terms(real: Any, fake: Any, D: Any) -> Any:
    V, v, u, t = D
    grads = [np.zeros_like(p) for p in D]
    for x, label in ((real, 1.0), (fake, 0.0)):
        h = np.tanh(x @ V + v)
        s = h @ u + t
        ds = 0.5 * (0.5 * (1 + np.tanh(s / 2)) - label) / len(x)
        dh = (ds @ u.T) * (1 - h**2)
        for k, g in enumerate((x.T @ dh, dh.sum(axis=0), h.T @ ds, ds.sum(axis=0))):
            grads[k] += g
    return grads


@task.wrong(
    "D moved in place",
    hint="You change the parameters that came in. This function is asked for gradients; who steps, and when, "
    "is decided elsewhere.",
)
def d_moved_place(real: Any, fake: Any, D: Any) -> Any:
    V, v, u, t = D
    grads = [np.zeros_like(p) for p in D]
    for x, label in ((real, 1.0), (fake, 0.0)):
        h = np.tanh(x @ V + v)
        s = h @ u + t
        ds = (0.5 * (1 + np.tanh(s / 2)) - label) / len(x)
        dh = (ds @ u.T) * (1 - h**2)
        for k, g in enumerate((x.T @ dh, dh.sum(axis=0), h.T @ ds, ds.sum(axis=0))):
            grads[k] += g
    for p, g in zip(D, grads, strict=True):
        p -= 0.1 * g
    return grads
