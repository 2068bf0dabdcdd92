"""The whole game: the detective's step, then the forger's, round after round."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import call, unpack
from bplib.check.task import Case, Seen, Task
from bplib.check.tasks.a12.detective_step import detective_step
from bplib.check.tasks.a12.forger_step import forger_step

task = Task(
    "12.game",
    "The game",
    asks_for="game",
    section="sec-12-ring",
    parts={"round": 2, "game": 2},
    needs=("12.detective_step", "12.forger_step"),
)


@task.reference
def game(G: Any, D: Any, rounds: Any, rate_g: Any, rate_d: Any) -> Any:
    for real, z_d, z_g in rounds:
        fake = np.tanh(z_d @ G[0] + G[1]) @ G[2] + G[3]
        D = [p - rate_d * g for p, g in zip(D, detective_step(real, fake, D), strict=True)]
        _, grads = forger_step(z_g, G, D)
        G = [p - rate_g * g for p, g in zip(G, grads, strict=True)]
    return G, D


def start(seed: int, rounds: int, N: int, K: int) -> Case:
    """Two small players and what they need for some rounds: real samples and two sets of noise."""
    rng = np.random.default_rng(seed)
    G = [rng.standard_normal(shape) for shape in ((K, 3), (3,), (3, 2), (2,))]
    D = [rng.standard_normal(shape) for shape in ((2, 4), (4,), (4, 1), (1,))]
    each = [tuple(rng.standard_normal(s) for s in ((N, 2), (N + 1, K), (N, K))) for _ in range(rounds)]
    return {"G": G, "D": D, "rounds": each, "rate_g": 0.3, "rate_d": 0.7}


@task.cases
def cases() -> Iterator[Case]:
    yield start(126, 1, 3, 1)
    yield start(127, 1, 4, 3)
    yield start(128, 3, 3, 2)


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    before = [p.copy() for p in (*case["G"], *case["D"])]
    G, D = unpack(call(answer, *case.values()), "G", "D", of="game")
    part = "round" if len(case["rounds"]) == 1 else "game"
    for name, p in zip(("V", "v", "u", "t"), unpack(D, "V", "v", "u", "t", of="the list D"), strict=True):
        yield part, f"{name} of the detective", p
    for name, p in zip(("A", "a", "B", "b"), unpack(G, "A", "a", "B", "b", of="the list G"), strict=True):
        yield part, f"{name} of the forger", p
    changed = any(not np.array_equal(a, b) for a, b in zip(before, (*case["G"], *case["D"]), strict=True))
    yield part, "whether the parameters that came in were changed", changed


@task.wrong(
    "the forger's step through the old detective",
    hint="Your forger is judged by the detective as it was before its step. In this game they take turns, "
    "and the detective moves first.",
    section="sec-12-circles",
)
def forger_s_step_through_old(G: Any, D: Any, rounds: Any, rate_g: Any, rate_d: Any) -> Any:
    for real, z_d, z_g in rounds:
        old = D
        fake = np.tanh(z_d @ G[0] + G[1]) @ G[2] + G[3]
        D = [p - rate_d * g for p, g in zip(D, detective_step(real, fake, D), strict=True)]
        _, grads = forger_step(z_g, G, old)
        G = [p - rate_g * g for p, g in zip(G, grads, strict=True)]
    return G, D


@task.wrong(
    "the forger moves first",
    hint="In your rounds the forger moves first and the detective sees its new samples. The task lets the "
    "detective begin.",
    section="sec-12-circles",
)
def forger_moves_first(G: Any, D: Any, rounds: Any, rate_g: Any, rate_d: Any) -> Any:
    for real, z_d, z_g in rounds:
        _, grads = forger_step(z_g, G, D)
        G = [p - rate_g * g for p, g in zip(G, grads, strict=True)]
        fake = np.tanh(z_d @ G[0] + G[1]) @ G[2] + G[3]
        D = [p - rate_d * g for p, g in zip(D, detective_step(real, fake, D), strict=True)]
    return G, D


@task.wrong(
    "the detective goes uphill",
    hint="Your detective adds its gradient. It minimises its own loss; the forger is the one who works "
    "against it.",
    section="sec-12-sign",
)
def detective_goes_uphill(G: Any, D: Any, rounds: Any, rate_g: Any, rate_d: Any) -> Any:
    for real, z_d, z_g in rounds:
        fake = np.tanh(z_d @ G[0] + G[1]) @ G[2] + G[3]
        D = [p + rate_d * g for p, g in zip(D, detective_step(real, fake, D), strict=True)]
        _, grads = forger_step(z_g, G, D)
        G = [p - rate_g * g for p, g in zip(G, grads, strict=True)]
    return G, D


@task.wrong(
    "the forger goes uphill",
    hint="Your forger adds its gradient. Its loss is written so that it wants it small: the label “real” is "
    "in it already.",
    section="sec-12-slopes",
)
def forger_goes_uphill(G: Any, D: Any, rounds: Any, rate_g: Any, rate_d: Any) -> Any:
    for real, z_d, z_g in rounds:
        fake = np.tanh(z_d @ G[0] + G[1]) @ G[2] + G[3]
        D = [p - rate_d * g for p, g in zip(D, detective_step(real, fake, D), strict=True)]
        _, grads = forger_step(z_g, G, D)
        G = [p + rate_g * g for p, g in zip(G, grads, strict=True)]
    return G, D


@task.wrong(
    "the two rates exchanged",
    hint="The forger moves with the detective's rate, and the detective with the forger's.",
    section="sec-12-ring",
)
def two_rates_exchanged(G: Any, D: Any, rounds: Any, rate_g: Any, rate_d: Any) -> Any:
    for real, z_d, z_g in rounds:
        fake = np.tanh(z_d @ G[0] + G[1]) @ G[2] + G[3]
        D = [p - rate_g * g for p, g in zip(D, detective_step(real, fake, D), strict=True)]
        _, grads = forger_step(z_g, G, D)
        G = [p - rate_d * g for p, g in zip(G, grads, strict=True)]
    return G, D


@task.wrong(
    "one rate for both",
    hint="Both players move with the forger's rate. They have two for a reason.",
    section="sec-12-ring",
)
def one_rate_both(G: Any, D: Any, rounds: Any, rate_g: Any, rate_d: Any) -> Any:
    for real, z_d, z_g in rounds:
        fake = np.tanh(z_d @ G[0] + G[1]) @ G[2] + G[3]
        D = [p - rate_g * g for p, g in zip(D, detective_step(real, fake, D), strict=True)]
        _, grads = forger_step(z_g, G, D)
        G = [p - rate_g * g for p, g in zip(G, grads, strict=True)]
    return G, D


from bplib.check.tasks.a12 import _game_more  # noqa: E402, F401  # it enters more wrong answers
