"""More wrong factors: one curvature for all, all at once, or a root without its length."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a08.slowest import task


@task.wrong(
    "the smallest curvature alone",
    hint="You look at the flattest direction only. At a large rate the steepest one can be the slowest, or "
    "run away.",
)
def flattest(curvatures: Any, lr: Any, beta: Any) -> Any:
    return np.abs(np.roots([1, -(1 + beta - lr * np.min(curvatures)), beta])).max()


@task.wrong(
    "the largest curvature alone",
    hint="You look at the steepest direction only. At a small rate it is the flat ones that take longest.",
)
def steepest(curvatures: Any, lr: Any, beta: Any) -> Any:
    return np.abs(np.roots([1, -(1 + beta - lr * np.max(curvatures)), beta])).max()


@task.wrong(
    "the first curvature alone",
    hint="You look at the curvature that happens to stand first.",
)
def first(curvatures: Any, lr: Any, beta: Any) -> Any:
    return np.abs(np.roots([1, -(1 + beta - lr * curvatures[0]), beta])).max()


@task.wrong(
    "the product over the curvatures",
    hint="Each direction has an error of its own and its own factor. They do not multiply.",
)
def product(curvatures: Any, lr: Any, beta: Any) -> Any:
    return np.prod([np.abs(np.roots([1, -(1 + beta - lr * k), beta])).max() for k in curvatures])


@task.wrong(
    "all curvatures in one equation",
    hint="Every curvature has an equation of its own, with two roots. NumPy's search for roots takes the "
    "numbers of one equation at a time.",
)
def at_once(curvatures: Any, lr: Any, beta: Any) -> Any:
    return np.abs(np.roots([1, -(1 + beta - lr * curvatures), beta])).max()


@task.wrong(
    "a root in place of its length",
    hint="Which of two complex numbers is the larger has no meaning until you take their lengths.",
)
def no_length(curvatures: Any, lr: Any, beta: Any) -> Any:
    return max(np.max(np.roots([1, -(1 + beta - lr * k), beta])) for k in curvatures)
