"""More wrong answers to 13.positions."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a13.positions import task


@task.wrong(
    "angles counted in turns",
    hint="You multiply by 2π, as if the formula spoke of full turns. Its angles are in radians as they"
    " stand.",
    section="sec-13-positions",
)
def full_turns(T: Any, D: Any) -> Any:
    t = np.arange(T)[:, None]
    angle = 2 * np.pi * t / 10000 ** (np.arange(0, D, 2) / D)
    table = np.zeros((T, D))
    table[:, 0::2] = np.sin(angle)
    table[:, 1::2] = np.cos(angle)
    return table


@task.wrong(
    "positions as a share of the length",
    hint="You divide the position by the length. Then the same position has another code in a longer "
    "sequence.",
    section="sec-13-positions",
)
def share_of_length(T: Any, D: Any) -> Any:
    t = np.arange(T)[:, None] / T
    angle = t / 10000 ** (np.arange(0, D, 2) / D)
    table = np.zeros((T, D))
    table[:, 0::2] = np.sin(angle)
    table[:, 1::2] = np.cos(angle)
    return table


@task.wrong(
    "angles taken for degrees",
    hint="You convert the angle as if it were in degrees. NumPy's sine wants radians, and that is what"
    " the formula gives.",
    section="sec-13-positions",
)
def degrees(T: Any, D: Any) -> Any:
    t = np.arange(T)[:, None]
    angle = np.pi / 180 * t / 10000 ** (np.arange(0, D, 2) / D)
    table = np.zeros((T, D))
    table[:, 0::2] = np.sin(angle)
    table[:, 1::2] = np.cos(angle)
    return table


@task.wrong(
    "a natural exponential for the power",
    hint="Your frequencies are powers of e. The task's are powers of 10000.",
    section="sec-13-positions",
)
def exponential_of_exponent(T: Any, D: Any) -> Any:
    t = np.arange(T)[:, None]
    angle = t / np.e ** (np.arange(0, D, 2) / D)
    table = np.zeros((T, D))
    table[:, 0::2] = np.sin(angle)
    table[:, 1::2] = np.cos(angle)
    return table


@task.wrong(
    "the phases added to the position",
    hint="You add the exponent to the position. Then all columns turn equally fast, each with a phase "
    "of its own.",
    section="sec-13-positions",
)
def steps_added(T: Any, D: Any) -> Any:
    t = np.arange(T)[:, None]
    angle = t + 10000 ** (np.arange(0, D, 2) / D) - 1
    table = np.zeros((T, D))
    table[:, 0::2] = np.sin(angle)
    table[:, 1::2] = np.cos(angle)
    return table
