"""More wrong ways of measuring a gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from bplib.check.tasks.a02.numerical_gradient import task


@task.wrong(
    "steps that are never taken back",
    hint="You made your two arrays once, and every entry that was nudged stays nudged. All later entries are "
    "then measured between two points that lie apart in several directions.",
    section="sec-02-gradient",
)
def steps_pile_up(f: Any, x: Any, h: Any) -> Any:
    above, below = np.array(x, dtype=np.float64), np.array(x, dtype=np.float64)
    dx = np.zeros(above.shape)
    for at in np.ndindex(above.shape):
        above[at] += h
        below[at] -= h
        dx[at] = (f(above) - f(below)) / (2 * h)
    return dx


@task.wrong(
    "two names for one array",
    hint="A second name for an array is not a second array. The step down undoes the step up, and f is called "
    "twice at the same point.",
)
def two_names(f: Any, x: Any, h: Any) -> Any:
    dx = np.zeros(x.shape)
    for at in np.ndindex(x.shape):
        above = np.array(x, dtype=np.float64)
        below = above
        above[at] += h
        below[at] -= h
        dx[at] = (f(above) - f(below)) / (2 * h)
    return dx


@task.wrong(
    "only the first entry measured",
    hint="Your function returns after the first entry, and the others keep the value that they had at the "
    "beginning. Look where in the loop the result is handed over.",
    section="sec-02-gradient",
)
def first_entry(f: Any, x: Any, h: Any) -> Any:
    x = np.array(x, dtype=np.float64)
    dx = np.zeros(x.shape)
    for at in np.ndindex(x.shape):
        above, below = x.copy(), x.copy()
        above[at] += h
        below[at] -= h
        dx[at] = (f(above) - f(below)) / (2 * h)
        return dx
    return dx
