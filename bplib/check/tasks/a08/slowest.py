"""How much of the error a step of momentum leaves, on a bowl."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bplib.check.probes import StudentError, call
from bplib.check.task import Case, Seen, Task

task = Task(
    "08.slowest",
    "What momentum leaves of the error",
    asks_for="slowest",
    section="sec-08-kappa",
    parts={"one": 2, "many": 1},
)


@task.reference
def slowest(curvatures: Any, lr: Any, beta: Any) -> Any:
    return max(np.abs(np.roots([1, -(1 + beta - lr * k), beta])).max() for k in curvatures)


@task.cases
def cases() -> Iterator[Case]:
    for k, lr, beta in (
        (2.0, 0.5, 0.25),
        (1.0, 0.1, 0.25),
        (6.0, 0.5, 0.36),
        (8.0, 0.5, 0.5),
        (3.0, 0.1, 0.0),
    ):
        yield {"curvatures": np.array([k]), "lr": lr, "beta": beta}
    yield {"curvatures": np.array([1.0, 100.0]), "lr": 0.03, "beta": 0.6}
    yield {"curvatures": np.array([4.0, 0.5, 1.5]), "lr": 0.2, "beta": 0.49}
    yield {"curvatures": np.array([0.2, 0.9]), "lr": 0.1, "beta": 0.25}
    yield {"curvatures": np.array([1.0, 30.0, 5.0]), "lr": 0.1, "beta": 0.3}
    yield {"curvatures": np.array([30.0, 25.0]), "lr": 0.1, "beta": 0.3}


@task.probe
def probe(answer: Any, case: Case) -> Iterator[Seen]:
    part = "one" if len(case["curvatures"]) == 1 else "many"
    factor = call(answer, *case.values())
    if isinstance(factor, complex | np.complexfloating):
        raise StudentError(
            "form", "What a step leaves is a length, one real number; slowest returned a complex one."
        )
    yield part, "what a step leaves", factor


@task.wrong(
    "gradient descent's factor",
    hint="That is what a step leaves without a memory: β has no part in it.",
    section="sec-01-condition",
)
def plain_descent(curvatures: Any, lr: Any, beta: Any) -> Any:
    return max(abs(1 - lr * k) for k in curvatures)


@task.wrong(
    "√β for every curvature",
    hint="The roots have that length only where they are complex, inside the window. Outside it one of the "
    "two is longer.",
)
def always_root_beta(curvatures: Any, lr: Any, beta: Any) -> Any:
    return np.sqrt(beta)


@task.wrong(
    "the smaller of the two roots",
    hint="The error is a mixture of both roots' powers, and in the long run the longer one is what is left.",
)
def smaller_root(curvatures: Any, lr: Any, beta: Any) -> Any:
    return max(np.abs(np.roots([1, -(1 + beta - lr * k), beta])).min() for k in curvatures)


@task.wrong(
    "the fastest direction",
    hint="You report the curvature that is dealt with best. The error that is left in the end is that of the "
    "worst.",
)
def fastest(curvatures: Any, lr: Any, beta: Any) -> Any:
    return min(np.abs(np.roots([1, -(1 + beta - lr * k), beta])).max() for k in curvatures)


@task.wrong(
    "the mean over the curvatures",
    hint="Directions do not share their errors out among each other. In the long run only the slowest is "
    "left.",
)
def mean_direction(curvatures: Any, lr: Any, beta: Any) -> Any:
    return np.mean([np.abs(np.roots([1, -(1 + beta - lr * k), beta])).max() for k in curvatures])


@task.wrong(
    "the real parts of the roots",
    hint="A complex root turns the error round and round while it shrinks. How much it shrinks is told by "
    "the root's length, not by its real part.",
)
def real_parts(curvatures: Any, lr: Any, beta: Any) -> Any:
    return max(np.abs(np.real(np.roots([1, -(1 + beta - lr * k), beta]))).max() for k in curvatures)


@task.wrong(
    "the largest root, with its sign",
    hint="A root near −1 jumps from side to side and hardly shrinks anything. You let a small positive one "
    "beat it.",
)
def signed(curvatures: Any, lr: Any, beta: Any) -> Any:
    return max(np.real(np.roots([1, -(1 + beta - lr * k), beta])).max() for k in curvatures)


@task.wrong(
    "the constant term with the wrong sign",
    hint="The recursion takes β times the error before last away. In the equation for r this term comes to "
    "the other side.",
)
def beta_negative(curvatures: Any, lr: Any, beta: Any) -> Any:
    return max(np.abs(np.roots([1, -(1 + beta - lr * k), -beta])).max() for k in curvatures)


@task.wrong(
    "β and the curvature with each other's sign",
    hint="In your middle term the memory is taken away and the gradient added. Check the recursion with β = "
    "0: what a step leaves must then be what gradient descent leaves.",
)
def middle_positive(curvatures: Any, lr: Any, beta: Any) -> Any:
    return max(np.abs(np.roots([1, -(1 - beta + lr * k), beta])).max() for k in curvatures)


@task.wrong(
    "the curvature without its rate",
    hint="What enters the recursion is the product of rate and curvature. You use the curvature alone.",
)
def rate_missing(curvatures: Any, lr: Any, beta: Any) -> Any:
    return max(np.abs(np.roots([1, -(1 + beta - k), beta])).max() for k in curvatures)


@task.wrong(
    "the momentum with an average",
    hint="In your recursion the gradient has the weight 1 − β. That is the other convention.",
    section="sec-08-two-momenta",
)
def averaged_gradient(curvatures: Any, lr: Any, beta: Any) -> Any:
    return max(np.abs(np.roots([1, -(1 + beta - (1 - beta) * lr * k), beta])).max() for k in curvatures)


@task.wrong(
    "Nesterov's equation",
    hint="Your equation brakes steep directions harder. That is the look-ahead; the task is about the heavy "
    "ball.",
    section="sec-08-nesterov",
)
def nesterovs(curvatures: Any, lr: Any, beta: Any) -> Any:
    return max(
        np.abs(np.roots([1, -(1 + beta) * (1 - lr * k), beta * (1 - lr * k)])).max() for k in curvatures
    )


@task.wrong(
    "the formula for real roots alone",
    hint="Where the two roots are complex your root of a negative number is nan.",
)
def real_formula(curvatures: Any, lr: Any, beta: Any) -> Any:
    worst = []
    for k in curvatures:
        p = 1 + beta - lr * k
        worst.append(max(abs(p + np.sqrt(p * p - 4 * beta)), abs(p - np.sqrt(p * p - 4 * beta))) / 2)
    return max(worst)


@task.wrong(
    "the product of the two roots",
    hint="The product of the roots is β whatever the curvature. What shrinks per step is told by the longer "
    "of them.",
)
def product_of_roots(curvatures: Any, lr: Any, beta: Any) -> Any:
    return beta


@task.wrong(
    "one branch of the formula",
    hint="You take the root with the plus. Where rate times curvature is large the longer one is the other, "
    "near −1 or beyond.",
)
def one_real_root(curvatures: Any, lr: Any, beta: Any) -> Any:
    worst = []
    for k in curvatures:
        p = 1 + beta - lr * k
        worst.append(abs(p + np.sqrt(complex(p * p - 4 * beta))) / 2)
    return max(worst)


@task.wrong(
    "the 1 forgotten",
    hint="Your recursion has no term for where the error stands: without a gradient and without memory it "
    "should stay what it is.",
)
def without_one(curvatures: Any, lr: Any, beta: Any) -> Any:
    return max(np.abs(np.roots([1, -(beta - lr * k), beta])).max() for k in curvatures)


from bplib.check.tasks.a08 import _slowest_more  # noqa: E402, F401  # it enters more wrong answers
