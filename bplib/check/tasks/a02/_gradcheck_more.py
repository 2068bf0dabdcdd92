"""More wrong ways of judging a claim."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a02.gradcheck import task
from bplib.check.tasks.a02.numerical_gradient import numerical_gradient


@task.wrong(
    "the errors of the arguments added up",
    hint="You add the errors. Two small ones then look like a large one; asked for is the worst.",
)
def errors_added(f: Any, vjp: Any, args: Any, dy: Any, h: Any) -> Any:
    worst = 0.0
    for k, claimed in enumerate(vjp(dy, *args)):
        if claimed.shape != args[k].shape or np.isnan(claimed).any():
            return np.inf
        along = lambda x, k=k: (dy * f(*args[:k], x, *args[k + 1 :])).sum()
        measured = numerical_gradient(along, args[k], h)
        worst += np.abs(claimed - measured).max() / np.abs(measured).max()
    return worst


@task.wrong(
    "an error that stays at 0",
    hint="Whatever is claimed, you report that nothing is wrong. Look at what your result begins with, and at "
    "what can still change it.",
)
def always_zero(f: Any, vjp: Any, args: Any, dy: Any, h: Any) -> Any:
    worst = 0.0
    for k, claimed in enumerate(vjp(dy, *args)):
        if claimed.shape != args[k].shape or np.isnan(claimed).any():
            return np.inf
        along = lambda x, k=k: (dy * f(*args[:k], x, *args[k + 1 :])).sum()
        measured = numerical_gradient(along, args[k], h)
        worst = min(worst, np.abs(claimed - measured).max() / np.abs(measured).max())
    return worst


@task.wrong(
    "the gap divided by the larger of claim and measurement",
    hint="What is in doubt stands in your denominator. With it no error can be much larger than 1, however "
    "large the claim.",
)
def by_the_larger(f: Any, vjp: Any, args: Any, dy: Any, h: Any) -> Any:
    worst = 0.0
    for k, claimed in enumerate(vjp(dy, *args)):
        if claimed.shape != args[k].shape or np.isnan(claimed).any():
            return np.inf
        along = lambda x, k=k: (dy * f(*args[:k], x, *args[k + 1 :])).sum()
        measured = numerical_gradient(along, args[k], h)
        worst = max(
            worst, np.abs(claimed - measured).max() / max(np.abs(claimed).max(), np.abs(measured).max())
        )
    return worst


@task.wrong(
    "lengths compared, where the largest entries are asked for",
    hint="You compare the length of the gap with the length of what was measured. One wrong entry among "
    "thousands of right ones then hardly shows.",
)
def of_lengths(f: Any, vjp: Any, args: Any, dy: Any, h: Any) -> Any:
    worst = 0.0
    for k, claimed in enumerate(vjp(dy, *args)):
        if claimed.shape != args[k].shape or np.isnan(claimed).any():
            return np.inf
        along = lambda x, k=k: (dy * f(*args[:k], x, *args[k + 1 :])).sum()
        measured = numerical_gradient(along, args[k], h)
        worst = max(worst, float(np.linalg.norm(claimed - measured) / np.linalg.norm(measured)))
    return worst


@task.wrong(
    "the mean gap over the mean entry",
    hint="You compare means. One wrong entry among thousands of right ones disappears in a mean; the largest "
    "gap cannot hide.",
)
def of_means(f: Any, vjp: Any, args: Any, dy: Any, h: Any) -> Any:
    worst = 0.0
    for k, claimed in enumerate(vjp(dy, *args)):
        if claimed.shape != args[k].shape or np.isnan(claimed).any():
            return np.inf
        along = lambda x, k=k: (dy * f(*args[:k], x, *args[k + 1 :])).sum()
        measured = numerical_gradient(along, args[k], h)
        worst = max(worst, np.abs(claimed - measured).mean() / np.abs(measured).mean())
    return worst


@task.wrong(
    "a little number added below",
    hint="It keeps a quotient from failing, and it decides what is reported: where slopes are smaller than "
    "your number, no claim is ever wrong.",
)
def little_number(f: Any, vjp: Any, args: Any, dy: Any, h: Any) -> Any:
    worst = 0.0
    for k, claimed in enumerate(vjp(dy, *args)):
        if claimed.shape != args[k].shape or np.isnan(claimed).any():
            return np.inf
        along = lambda x, k=k: (dy * f(*args[:k], x, *args[k + 1 :])).sum()
        measured = numerical_gradient(along, args[k], h)
        worst = max(worst, np.abs(claimed - measured).max() / (np.abs(measured).max() + 1e-3))
    return worst


@task.wrong(
    "one scale for all arguments",
    hint="You take the worst gap and the largest slope over all arguments together. An argument with large "
    "slopes then covers for one with small slopes; each has to be compared with its own.",
)
def one_scale(f: Any, vjp: Any, args: Any, dy: Any, h: Any) -> Any:
    gap = size = 0.0
    for k, claimed in enumerate(vjp(dy, *args)):
        if claimed.shape != args[k].shape or np.isnan(claimed).any():
            return np.inf
        along = lambda x, k=k: (dy * f(*args[:k], x, *args[k + 1 :])).sum()
        measured = numerical_gradient(along, args[k], h)
        gap, size = max(gap, np.abs(claimed - measured).max()), max(size, np.abs(measured).max())
    return gap / size
