"""The gradients of the generator's parameters, through the discriminator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import call, unpack
from bplib.check.task import Case, Seen, Task
from bplib.check.tasks.a12.detective_step import detective

task = Task(
    "12.forger_step",
    "The forger's step, through the detective",
    asks_for="forger_step",
    section="sec-12-forger",
    parts={"arrows": 2, "gradients": 2},
)


@task.reference
def forger_step(z: Any, G: Any, D: Any) -> Any:
    (A, a, B, b), (V, v, u, t) = G, D
    g = np.tanh(z @ A + a)
    x = g @ B + b
    h = np.tanh(x @ V + v)
    s = h @ u + t
    ds = (0.5 * (1 + np.tanh(s / 2)) - 1) / len(z)
    dh = (ds @ u.T) * (1 - h**2)
    dx = dh @ V.T
    dg = (dx @ B.T) * (1 - g**2)
    return dx, [z.T @ dg, dg.sum(axis=0), g.T @ dx, dx.sum(axis=0)]


@task.cases
def cases() -> Iterator[Case]:
    rng = np.random.default_rng(124)
    yield {
        "z": np.array([[1.0]]),
        "G": [np.array([[0.5]]), np.array([0.0]), np.array([[1.0, -1.0]]), np.array([0.0, 1.0])],
        "D": [np.array([[1.0], [-0.5]]), np.array([0.0]), np.array([[2.0]]), np.array([0.5])],
    }
    for n, K, H, M in ((4, 2, 3, 5), (3, 1, 4, 2)):
        G = [rng.standard_normal(shape) for shape in ((K, H), (H,), (H, 2), (2,))]
        yield {"z": rng.standard_normal((n, K)), "G": G, "D": detective(rng, 2, M)}


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    before = [p.copy() for p in case["D"]]
    dx, grads = unpack(call(answer, *case.values()), "dx", "grads", of="forger_step")
    yield "arrows", "dx", dx
    names = ("dA", "da", "dB", "db")
    for name, g in zip(names, unpack(grads, *names, of="the list grads"), strict=True):
        yield "gradients", name, g
    changed = any(not np.array_equal(a, b) for a, b in zip(before, case["D"], strict=True))
    yield "gradients", "whether D was changed", changed


@task.wrong(
    "the sample cut off: no gradient for the generator",
    hint="Your arrows are zero. The samples were treated as data, as in the detective's step; here the "
    "gradient has to come out at them.",
    section="sec-12-detached",
)
def sample_cut_off_no_gradient(z: Any, G: Any, D: Any) -> Any:
    A, a, B, b = G
    g = np.tanh(z @ A + a)
    x = g @ B + b
    dx = np.zeros_like(x)
    dg = (dx @ B.T) * (1 - g**2)
    return dx, [z.T @ dg, dg.sum(axis=0), g.T @ dx, dx.sum(axis=0)]


@task.wrong(
    "the label “fake”",
    hint="You train the forger to be recognised. In its step the samples carry the label of the real ones.",
    section="sec-12-slopes",
)
def label_fake(z: Any, G: Any, D: Any) -> Any:
    (A, a, B, b), (V, v, u, t) = G, D
    g = np.tanh(z @ A + a)
    x = g @ B + b
    h = np.tanh(x @ V + v)
    s = h @ u + t
    ds = 0.5 * (1 + np.tanh(s / 2)) / len(z)
    dh = (ds @ u.T) * (1 - h**2)
    dx = dh @ V.T
    dg = (dx @ B.T) * (1 - g**2)
    return dx, [z.T @ dg, dg.sum(axis=0), g.T @ dx, dx.sum(axis=0)]


@task.wrong(
    "the minimax loss",
    hint="The slope of your loss is −σ(s). That fades on fakes that were caught; this task asks for the "
    "non-saturating loss.",
    section="sec-12-slopes",
)
def minimax_loss(z: Any, G: Any, D: Any) -> Any:
    (A, a, B, b), (V, v, u, t) = G, D
    g = np.tanh(z @ A + a)
    x = g @ B + b
    h = np.tanh(x @ V + v)
    s = h @ u + t
    ds = -0.5 * (1 + np.tanh(s / 2)) / len(z)
    dh = (ds @ u.T) * (1 - h**2)
    dx = dh @ V.T
    dg = (dx @ B.T) * (1 - g**2)
    return dx, [z.T @ dg, dg.sum(axis=0), g.T @ dx, dx.sum(axis=0)]


@task.wrong(
    "the discriminator's gradients given for the generator's",
    hint="The four gradients that you return are those of V, v, u and t. They are the detective's, and are "
    "thrown away in this step.",
    section="sec-12-forger",
)
def discriminator_s_gradients_given_generator(z: Any, G: Any, D: Any) -> Any:
    (A, a, B, b), (V, v, u, t) = G, D
    g = np.tanh(z @ A + a)
    x = g @ B + b
    h = np.tanh(x @ V + v)
    s = h @ u + t
    ds = (0.5 * (1 + np.tanh(s / 2)) - 1) / len(z)
    dh = (ds @ u.T) * (1 - h**2)
    dx = dh @ V.T
    return dx, [x.T @ dh, dh.sum(axis=0), h.T @ ds, ds.sum(axis=0)]


@task.wrong(
    "the detective's tanh left out on the way back",
    hint="The gradient passes tanh in the detective without its slope.",
    section="sec-04-bug-slope",
)
def detective_s_tanh_left_out(z: Any, G: Any, D: Any) -> Any:
    (A, a, B, b), (V, v, u, t) = G, D
    g = np.tanh(z @ A + a)
    x = g @ B + b
    h = np.tanh(x @ V + v)
    s = h @ u + t
    ds = (0.5 * (1 + np.tanh(s / 2)) - 1) / len(z)
    dh = ds @ u.T
    dx = dh @ V.T
    dg = (dx @ B.T) * (1 - g**2)
    return dx, [z.T @ dg, dg.sum(axis=0), g.T @ dx, dx.sum(axis=0)]


@task.wrong(
    "the generator's tanh left out on the way back",
    hint="The gradient passes tanh in the generator without its slope.",
    section="sec-04-bug-slope",
)
def generator_s_tanh_left_out(z: Any, G: Any, D: Any) -> Any:
    (A, a, B, b), (V, v, u, t) = G, D
    g = np.tanh(z @ A + a)
    x = g @ B + b
    h = np.tanh(x @ V + v)
    s = h @ u + t
    ds = (0.5 * (1 + np.tanh(s / 2)) - 1) / len(z)
    dh = (ds @ u.T) * (1 - h**2)
    dx = dh @ V.T
    dg = dx @ B.T
    return dx, [z.T @ dg, dg.sum(axis=0), g.T @ dx, dx.sum(axis=0)]


@task.wrong(
    "not divided by the number of samples",
    hint="The loss is a mean over the samples, and so is its gradient.",
    section="sec-05-sum",
)
def divided_number_samples(z: Any, G: Any, D: Any) -> Any:
    (A, a, B, b), (V, v, u, t) = G, D
    g = np.tanh(z @ A + a)
    x = g @ B + b
    h = np.tanh(x @ V + v)
    s = h @ u + t
    ds = 0.5 * (1 + np.tanh(s / 2)) - 1
    dh = (ds @ u.T) * (1 - h**2)
    dx = dh @ V.T
    dg = (dx @ B.T) * (1 - g**2)
    return dx, [z.T @ dg, dg.sum(axis=0), g.T @ dx, dx.sum(axis=0)]


@task.wrong(
    "the direction to go, not the gradient",
    hint="What you return points where the loss falls. A gradient points where it grows; the update "
    "subtracts it, and with yours the forger would walk away from the data.",
    section="sec-12-forger",
)
def direction_go_gradient(z: Any, G: Any, D: Any) -> Any:
    (A, a, B, b), (V, v, u, t) = G, D
    g = np.tanh(z @ A + a)
    x = g @ B + b
    h = np.tanh(x @ V + v)
    s = h @ u + t
    ds = (1 - 0.5 * (1 + np.tanh(s / 2))) / len(z)
    dh = (ds @ u.T) * (1 - h**2)
    dx = dh @ V.T
    dg = (dx @ B.T) * (1 - g**2)
    return dx, [z.T @ dg, dg.sum(axis=0), g.T @ dx, dx.sum(axis=0)]


@task.wrong(
    "the verdict's gradient given as the arrows",
    hint="You return ds, one number for each sample. An arrow has as many numbers as a sample: it comes out "
    "behind the detective's first layer.",
    section="sec-12-forger",
)
def verdict_s_gradient_given_arrows(z: Any, G: Any, D: Any) -> Any:
    (A, a, B, b), (V, v, u, t) = G, D
    g = np.tanh(z @ A + a)
    x = g @ B + b
    h = np.tanh(x @ V + v)
    s = h @ u + t
    ds = (0.5 * (1 + np.tanh(s / 2)) - 1) / len(z)
    dh = (ds @ u.T) * (1 - h**2)
    dx = dh @ V.T
    dg = (dx @ B.T) * (1 - g**2)
    return ds, [z.T @ dg, dg.sum(axis=0), g.T @ dx, dx.sum(axis=0)]


@task.wrong(
    "the sigmoid's slope in it once more",
    hint="Your ds carries the factor D(1 − D). It has cancelled in the loss from logits; with it the caught "
    "fakes learn least.",
    section="sec-05-stands-still",
)
def sigmoid_s_slope_once_more(z: Any, G: Any, D: Any) -> Any:
    (A, a, B, b), (V, v, u, t) = G, D
    g = np.tanh(z @ A + a)
    x = g @ B + b
    h = np.tanh(x @ V + v)
    s = h @ u + t
    ds = (0.5 * (1 + np.tanh(s / 2)) - 1) * 0.25 * (1 - np.tanh(s / 2) ** 2) / len(z)
    dh = (ds @ u.T) * (1 - h**2)
    dx = dh @ V.T
    dg = (dx @ B.T) * (1 - g**2)
    return dx, [z.T @ dg, dg.sum(axis=0), g.T @ dx, dx.sum(axis=0)]


@task.wrong(
    "the arrows of a whole batch added up",
    hint="You add up the arrows over the samples before they enter the generator. Each sample goes back "
    "along its own row; the sum is taken at the parameters.",
    section="sec-12-forger",
)
def arrows_whole_batch_added_up(z: Any, G: Any, D: Any) -> Any:
    (A, a, B, b), (V, v, u, t) = G, D
    g = np.tanh(z @ A + a)
    x = g @ B + b
    h = np.tanh(x @ V + v)
    s = h @ u + t
    ds = (0.5 * (1 + np.tanh(s / 2)) - 1) / len(z)
    dh = (ds @ u.T) * (1 - h**2)
    dx = dh @ V.T
    dg = (dx.sum(axis=0) @ B.T) * (1 - g**2)
    return dx, [z.T @ dg, dg.sum(axis=0), g.T @ dx, dx.sum(axis=0)]


@task.wrong(
    "averages for the biases",
    hint="Your bias gradients are means over the rows. The mean of the loss is in ds already.",
)
def averages_biases(z: Any, G: Any, D: Any) -> Any:
    (A, a, B, b), (V, v, u, t) = G, D
    g = np.tanh(z @ A + a)
    x = g @ B + b
    h = np.tanh(x @ V + v)
    s = h @ u + t
    ds = (0.5 * (1 + np.tanh(s / 2)) - 1) / len(z)
    dh = (ds @ u.T) * (1 - h**2)
    dx = dh @ V.T
    dg = (dx @ B.T) * (1 - g**2)
    return dx, [z.T @ dg, dg.mean(axis=0), g.T @ dx, dx.mean(axis=0)]
