"""More wrong answers to 12.game."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a12.detective_step import detective_step
from bplib.check.tasks.a12.forger_step import forger_step
from bplib.check.tasks.a12.game import task


@task.wrong(
    "real and fake exchanged",
    hint="Your detective gets the fakes as real samples, and the real ones as fakes.",
    section="sec-12-sign",
)
def real_fake_exchanged(G: Any, D: Any, rounds: Any, rate_g: Any, rate_d: Any) -> Any:
    for real, z_d, z_g in rounds:
        fake = np.tanh(z_d @ G[0] + G[1]) @ G[2] + G[3]
        D = [p - rate_d * g for p, g in zip(D, detective_step(fake, real, D), strict=True)]
        _, grads = forger_step(z_g, G, D)
        G = [p - rate_g * g for p, g in zip(G, grads, strict=True)]
    return G, D


@task.wrong(
    "the detective's noise used again for the forger",
    hint="Your forger makes its samples from the noise that the detective has just been trained on. Each "
    "step has noise of its own.",
)
def detective_s_noise_used_again(G: Any, D: Any, rounds: Any, rate_g: Any, rate_d: Any) -> Any:
    for real, z_d, _ in rounds:
        fake = np.tanh(z_d @ G[0] + G[1]) @ G[2] + G[3]
        D = [p - rate_d * g for p, g in zip(D, detective_step(real, fake, D), strict=True)]
        _, grads = forger_step(z_d, G, D)
        G = [p - rate_g * g for p, g in zip(G, grads, strict=True)]
    return G, D


@task.wrong(
    "noise shown to the detective",
    hint="You show the noise to the detective, in the place of what the forger makes of it.",
    section="sec-12-ring",
)
def noise_shown_detective(G: Any, D: Any, rounds: Any, rate_g: Any, rate_d: Any) -> Any:
    for real, z_d, z_g in rounds:
        D = [p - rate_d * g for p, g in zip(D, detective_step(real, z_d, D), strict=True)]
        _, grads = forger_step(z_g, G, D)
        G = [p - rate_g * g for p, g in zip(G, grads, strict=True)]
    return G, D


@task.wrong(
    "the fakes of the first generator in every round",
    hint="Your fakes are made by the generator that the game began with. The detective has to look at what "
    "the forger makes now.",
    section="sec-12-ring",
)
def fakes_first_generator_every_round(G: Any, D: Any, rounds: Any, rate_g: Any, rate_d: Any) -> Any:
    first = G
    for real, z_d, z_g in rounds:
        fake = np.tanh(z_d @ first[0] + first[1]) @ first[2] + first[3]
        D = [p - rate_d * g for p, g in zip(D, detective_step(real, fake, D), strict=True)]
        _, grads = forger_step(z_g, G, D)
        G = [p - rate_g * g for p, g in zip(G, grads, strict=True)]
    return G, D


@task.wrong(
    "only one round played",
    hint="A return inside a loop ends the function at once: only the first round is played.",
)
def only_one_round_played(G: Any, D: Any, rounds: Any, rate_g: Any, rate_d: Any) -> Any:
    for real, z_d, z_g in rounds:
        fake = np.tanh(z_d @ G[0] + G[1]) @ G[2] + G[3]
        D = [p - rate_d * g for p, g in zip(D, detective_step(real, fake, D), strict=True)]
        _, grads = forger_step(z_g, G, D)
        G = [p - rate_g * g for p, g in zip(G, grads, strict=True)]
        return G, D
    return G, D


@task.wrong(
    "the detective and the forger both moved by the forger's loss",
    hint="In the forger's step you also move the detective. Then both work to make fakes look real, and the "
    "detective is blinded.",
    section="sec-12-everybody",
)
def detective_forger_both_moved_forger(G: Any, D: Any, rounds: Any, rate_g: Any, rate_d: Any) -> Any:
    for real, z_d, z_g in rounds:
        fake = np.tanh(z_d @ G[0] + G[1]) @ G[2] + G[3]
        D = [p - rate_d * g for p, g in zip(D, detective_step(real, fake, D), strict=True)]
        _, grads = forger_step(z_g, G, D)
        blind = detective_step(np.tanh(z_g @ G[0] + G[1]) @ G[2] + G[3], np.zeros((1, 2)), D)
        G = [p - rate_g * g for p, g in zip(G, grads, strict=True)]
        D = [p - rate_g * g for p, g in zip(D, blind, strict=True)]
    return G, D


@task.wrong(
    "the parameters that came in changed in place",
    hint="You write into the arrays that you were given. Whoever wants to play again from the same start "
    "finds it gone.",
)
def parameters_came_changed_place(G: Any, D: Any, rounds: Any, rate_g: Any, rate_d: Any) -> Any:
    for real, z_d, z_g in rounds:
        fake = np.tanh(z_d @ G[0] + G[1]) @ G[2] + G[3]
        for p, g in zip(D, detective_step(real, fake, D), strict=True):
            p -= rate_d * g
        _, grads = forger_step(z_g, G, D)
        for p, g in zip(G, grads, strict=True):
            p -= rate_g * g
    return G, D


@task.wrong(
    "the two players returned in the wrong order",
    hint="You return D before G. The task asks for G first.",
)
def players_exchanged(G: Any, D: Any, rounds: Any, rate_g: Any, rate_d: Any) -> Any:
    for real, z_d, z_g in rounds:
        fake = np.tanh(z_d @ G[0] + G[1]) @ G[2] + G[3]
        D = [p - rate_d * g for p, g in zip(D, detective_step(real, fake, D), strict=True)]
        _, grads = forger_step(z_g, G, D)
        G = [p - rate_g * g for p, g in zip(G, grads, strict=True)]
    return D, G
