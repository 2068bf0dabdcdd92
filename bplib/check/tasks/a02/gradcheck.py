"""The gradient check itself, tried on functions whose claimed gradients are right and wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.task import Case, Task
from bplib.check.tasks.a02 import _claims as c
from bplib.check.tasks.a02.numerical_gradient import numerical_gradient

task = Task(
    "02.gradcheck",
    "The instrument: a gradient check",
    asks_for="gradcheck",
    section="sec-02-check",
    parts={"single": 2, "several": 2},
    needs=("02.numerical_gradient",),
)


@task.reference
def gradcheck(f: Any, vjp: Any, args: Any, dy: Any, h: Any) -> Any:
    worst = 0.0
    for k, claimed in enumerate(vjp(dy, *args)):
        if claimed.shape != args[k].shape or np.isnan(claimed).any():
            return np.inf

        def along(x: Any, k: int = k) -> Any:
            return (dy * f(*args[:k], x, *args[k + 1 :])).sum()

        measured = numerical_gradient(along, args[k], h)
        worst = max(worst, np.abs(claimed - measured).max() / np.abs(measured).max())
    return worst


@task.cases
def cases() -> Iterator[Case]:
    by_hand = {"args": (np.array([0.0, 3.0]),), "dy": np.array([0.5, -1.0]), "h": 1e-4}
    yield {"the claim is": "right", "f": c.square, "vjp": c.square_right, **by_hand}
    yield {"the claim is": "wrong", "f": c.square, "vjp": c.square_halved, **by_hand}
    yield c.claim("wrong", c.square, c.square_last_wrong, 1, (3,))
    yield c.claim("wrong", c.square, c.square_nan, 2, (3,))
    yield c.claim("wrong", c.square, c.square_wide, 3, (3,))
    yield c.claim("wrong", c.square, c.square_averaged, 4, (2, 2))
    yield c.claim("wrong", c.tiny, c.tiny_halved, 5, (2, 2))
    yield c.claim("wrong", c.softmax, c.softmax_diagonal, 6, (2, 3), h=0.1)
    yield c.claim("right", c.matmul, c.matmul_right, 8, (2, 3), (3, 2))
    yield c.claim("wrong", c.matmul, c.matmul_untransposed, 9, (2, 2), (2, 2))
    yield c.claim("wrong", c.linear, c.linear_bias_averaged, 10, (3, 2), (2, 2), (2,))
    yield c.claim("wrong", c.unequal, c.unequal_halved, 11, (1,), (1,), h=0.01)
    yield c.claim("wrong", c.matmul, c.matmul_halved, 12, (2, 3), (3, 2))


task.probe(c.look)


@task.wrong(
    "ones sent back in the measurement, and dy in the claim",
    hint="You measure the slopes of the plain sum of the outputs. The claim is about their sum weighted with "
    "dy, so right claims look wrong.",
)
def ones_measured(f: Any, vjp: Any, args: Any, dy: Any, h: Any) -> Any:
    worst = 0.0
    for k, claimed in enumerate(vjp(dy, *args)):
        if claimed.shape != args[k].shape or np.isnan(claimed).any():
            return np.inf
        along = lambda x, k=k: f(*args[:k], x, *args[k + 1 :]).sum()
        measured = numerical_gradient(along, args[k], h)
        worst = max(worst, np.abs(claimed - measured).max() / np.abs(measured).max())
    return worst


@task.wrong(
    "ones sent back in place of dy",
    hint="You check the plain sum of the outputs. An error that cancels in that sum goes unseen, and for "
    "softmax the sum never moves at all.",
    section="sec-02-upstream",
)
def ones_both(f: Any, vjp: Any, args: Any, dy: Any, h: Any) -> Any:
    worst, dy = 0.0, np.ones_like(dy)
    for k, claimed in enumerate(vjp(dy, *args)):
        if claimed.shape != args[k].shape or np.isnan(claimed).any():
            return np.inf
        along = lambda x, k=k: (dy * f(*args[:k], x, *args[k + 1 :])).sum()
        measured = numerical_gradient(along, args[k], h)
        worst = max(worst, np.abs(claimed - measured).max() / np.abs(measured).max())
    return worst


@task.wrong(
    "only the first argument checked",
    hint="You look at the first gradient and let the others pass. A bias with a wrong gradient would never be "
    "noticed.",
)
def first_argument(f: Any, vjp: Any, args: Any, dy: Any, h: Any) -> Any:
    worst = 0.0
    for k, claimed in [(0, vjp(dy, *args)[0])]:
        if claimed.shape != args[k].shape or np.isnan(claimed).any():
            return np.inf
        along = lambda x, k=k: (dy * f(*args[:k], x, *args[k + 1 :])).sum()
        measured = numerical_gradient(along, args[k], h)
        worst = max(worst, np.abs(claimed - measured).max() / np.abs(measured).max())
    return worst


@task.wrong(
    "only the last argument's error returned",
    hint="Each argument overwrites the error of the one before, and the last one decides alone.",
)
def last_argument(f: Any, vjp: Any, args: Any, dy: Any, h: Any) -> Any:
    worst = 0.0
    for k, claimed in enumerate(vjp(dy, *args)):
        if claimed.shape != args[k].shape or np.isnan(claimed).any():
            return np.inf
        along = lambda x, k=k: (dy * f(*args[:k], x, *args[k + 1 :])).sum()
        measured = numerical_gradient(along, args[k], h)
        worst = np.abs(claimed - measured).max() / np.abs(measured).max()
    return worst


@task.wrong(
    "the mean of the gaps, where the largest is asked for",
    hint="You average. One wrong entry among thousands of right ones then disappears in the mean; the largest "
    "gap cannot hide.",
)
def mean_gap(f: Any, vjp: Any, args: Any, dy: Any, h: Any) -> Any:
    worst = 0.0
    for k, claimed in enumerate(vjp(dy, *args)):
        if claimed.shape != args[k].shape or np.isnan(claimed).any():
            return np.inf
        along = lambda x, k=k: (dy * f(*args[:k], x, *args[k + 1 :])).sum()
        measured = numerical_gradient(along, args[k], h)
        worst = max(worst, np.abs(claimed - measured).mean() / np.abs(measured).max())
    return worst


@task.wrong(
    "gaps with their sign",
    hint="A claim that is too small gives a negative gap, and the largest of these is no warning. How far "
    "apart two numbers are has no sign.",
)
def signed_gap(f: Any, vjp: Any, args: Any, dy: Any, h: Any) -> Any:
    worst = 0.0
    for k, claimed in enumerate(vjp(dy, *args)):
        if claimed.shape != args[k].shape or np.isnan(claimed).any():
            return np.inf
        along = lambda x, k=k: (dy * f(*args[:k], x, *args[k + 1 :])).sum()
        measured = numerical_gradient(along, args[k], h)
        worst = max(worst, (claimed - measured).max() / np.abs(measured).max())
    return worst


@task.wrong(
    "a forward difference",
    hint="Your measurement is good to about the size of h. A right claim then misses the tolerance, which was "
    "chosen for the error of a central difference.",
    section="sec-02-finite-differences",
)
def forward(f: Any, vjp: Any, args: Any, dy: Any, h: Any) -> Any:
    worst = 0.0
    for k, claimed in enumerate(vjp(dy, *args)):
        if claimed.shape != args[k].shape or np.isnan(claimed).any():
            return np.inf
        along = lambda x, k=k: (dy * f(*args[:k], x, *args[k + 1 :])).sum()
        steps = h * np.eye(args[k].size).reshape(-1, *args[k].shape)
        slopes = [(along(args[k] + step) - along(args[k])) / h for step in steps]
        measured = np.array(slopes).reshape(args[k].shape)
        worst = max(worst, np.abs(claimed - measured).max() / np.abs(measured).max())
    return worst


@task.wrong(
    "a step of your own, whatever h is",
    hint="Your measurement does not depend on h. The picture below this task draws the error over the step, "
    "and it would be flat.",
    section="sec-02-v",
)
def own_step(f: Any, vjp: Any, args: Any, dy: Any, h: Any) -> Any:
    worst = 0.0
    for k, claimed in enumerate(vjp(dy, *args)):
        if claimed.shape != args[k].shape or np.isnan(claimed).any():
            return np.inf
        along = lambda x, k=k: (dy * f(*args[:k], x, *args[k + 1 :])).sum()
        measured = numerical_gradient(along, args[k], 1e-5)
        worst = max(worst, np.abs(claimed - measured).max() / np.abs(measured).max())
    return worst


@task.wrong(
    "the gap itself, not compared with anything",
    hint="Your error is as small as the gradient is. A function whose slopes are a billionth passes whatever "
    "is claimed about it; a gap means something only next to the size of what was measured.",
)
def absolute(f: Any, vjp: Any, args: Any, dy: Any, h: Any) -> Any:
    worst = 0.0
    for k, claimed in enumerate(vjp(dy, *args)):
        if claimed.shape != args[k].shape or np.isnan(claimed).any():
            return np.inf
        along = lambda x, k=k: (dy * f(*args[:k], x, *args[k + 1 :])).sum()
        measured = numerical_gradient(along, args[k], h)
        worst = max(worst, np.abs(claimed - measured).max())
    return worst


@task.wrong(
    "the gap divided by the largest claimed entry",
    hint="You compare the gap with the claim. The claim is what is in doubt: one that is far too large would "
    "make its own error look small.",
)
def by_claim(f: Any, vjp: Any, args: Any, dy: Any, h: Any) -> Any:
    worst = 0.0
    for k, claimed in enumerate(vjp(dy, *args)):
        if claimed.shape != args[k].shape or np.isnan(claimed).any():
            return np.inf
        along = lambda x, k=k: (dy * f(*args[:k], x, *args[k + 1 :])).sum()
        measured = numerical_gradient(along, args[k], h)
        worst = max(worst, np.abs(claimed - measured).max() / np.abs(claimed).max())
    return worst


@task.wrong(
    "each gap divided by its own entry",
    hint="You divide entry by entry. Where a slope happens to be zero, a right claim gives zero divided by "
    "zero, or rounding divided by next to nothing.",
)
def each_entry(f: Any, vjp: Any, args: Any, dy: Any, h: Any) -> Any:
    worst = 0.0
    for k, claimed in enumerate(vjp(dy, *args)):
        if claimed.shape != args[k].shape or np.isnan(claimed).any():
            return np.inf
        along = lambda x, k=k: (dy * f(*args[:k], x, *args[k + 1 :])).sum()
        measured = numerical_gradient(along, args[k], h)
        worst = max(worst, (np.abs(claimed - measured) / np.abs(measured)).max())
    return worst


@task.wrong(
    "a gradient of another shape let through",
    hint="NumPy stretches one array to the other before it subtracts, and the gap comes out small. A gradient "
    "has the shape of its argument, or it is wrong.",
    section="sec-02-gradient",
)
def shape_ignored(f: Any, vjp: Any, args: Any, dy: Any, h: Any) -> Any:
    worst = 0.0
    for k, claimed in enumerate(vjp(dy, *args)):
        if np.isnan(claimed).any():
            return np.inf
        along = lambda x, k=k: (dy * f(*args[:k], x, *args[k + 1 :])).sum()
        measured = numerical_gradient(along, args[k], h)
        worst = max(worst, np.abs(claimed - measured).max() / np.abs(measured).max())
    return worst


@task.wrong(
    "a gradient that is not a number let through",
    hint="Every comparison with such a number is false, so it is never the larger one and never becomes the "
    "worst error. It has to be looked for.",
)
def nan_ignored(f: Any, vjp: Any, args: Any, dy: Any, h: Any) -> Any:
    worst = 0.0
    for k, claimed in enumerate(vjp(dy, *args)):
        if claimed.shape != args[k].shape:
            return np.inf
        along = lambda x, k=k: (dy * f(*args[:k], x, *args[k + 1 :])).sum()
        measured = numerical_gradient(along, args[k], h)
        worst = max(worst, np.abs(claimed - measured).max() / np.abs(measured).max())
    return worst


@task.wrong(
    "only the first entry of each argument checked",
    hint="You look at one entry and trust the rest. An error may sit in any of them.",
)
def first_entry(f: Any, vjp: Any, args: Any, dy: Any, h: Any) -> Any:
    worst = 0.0
    for k, claimed in enumerate(vjp(dy, *args)):
        if claimed.shape != args[k].shape or np.isnan(claimed).any():
            return np.inf
        along = lambda x, k=k: (dy * f(*args[:k], x, *args[k + 1 :])).sum()
        measured = numerical_gradient(along, args[k], h)
        worst = max(worst, np.abs(claimed - measured).flat[0] / np.abs(measured).max())
    return worst


from bplib.check.tasks.a02 import _gradcheck_more  # noqa: E402, F401  # it enters more wrong answers
