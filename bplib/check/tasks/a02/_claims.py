"""Functions with right and with wrong claims about their slopes, for a gradient check to be tried on.

A claim takes dy and the function's arguments, and returns a tuple of gradients, one for each argument.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from bplib.check.probes import StudentError, call
from bplib.check.student import describe
from bplib.check.task import Case, Seen
from bplib.check.tasks.a02._functions import told


def claim(
    verdict: str,
    f: Callable[..., Any],
    vjp: Callable[..., Any],
    seed: int,
    *shapes: tuple[int, ...],
    h: float = 1e-5,
) -> Case:
    """f and a claim about it, on arguments of these shapes and a dy of the shape of f's value."""
    rng = np.random.default_rng(seed)
    args = tuple(rng.uniform(0.5, 2, s) * rng.choice((-1, 1), s) for s in shapes)
    dy = rng.normal(size=np.shape(f(*args)))
    return {"the claim is": verdict, "f": f, "vjp": vjp, "args": args, "dy": dy, "h": h}


def look(answer: Any, case: Case) -> Iterator[Seen]:
    """Try a gradient check on one claim: part "single" for one argument, "several" for more."""
    _, *arguments = case.values()
    error = call(answer, *arguments)
    number = isinstance(error, int | float | np.number | np.ndarray) and not isinstance(error, bool)
    if not number or np.shape(error):
        raise StudentError(
            "form", f"gradcheck should return one number, the worst error, not {describe(error)}."
        )
    part = "single" if len(case["args"]) == 1 else "several"
    yield part, "the error (below 1e-6 counted as 0)", _rounded(float(error))


def _rounded(error: float) -> float:
    """Without the digits that rounding decides: a right claim's error, and a quotient by next to nothing."""
    return 0.0 if abs(error) < 1e-6 else error if abs(error) < 1e3 else np.inf


@told("x²")
def square(x: Any) -> Any:
    return x * x


@told("2x dy")
def square_right(dy: Any, x: Any) -> Any:
    return (2 * x * dy,)


@told("x dy")
def square_halved(dy: Any, x: Any) -> Any:
    return (x * dy,)


@told("2x dy, but half of it in the last entry")
def square_last_wrong(dy: Any, x: Any) -> Any:
    dx = 2 * x * dy
    dx.flat[-1] *= 0.5
    return (dx,)


@told("2x dy, but not a number in the last entry")
def square_nan(dy: Any, x: Any) -> Any:
    dx = 2 * x * dy
    dx.flat[-1] = np.nan
    return (dx,)


@told("2x dy, with an axis too many in front")
def square_wide(dy: Any, x: Any) -> Any:
    return ((2 * x * dy)[None],)


@told("2x times the mean of dy")
def square_averaged(dy: Any, x: Any) -> Any:
    """Right where dy is all ones, and nowhere else."""
    return (2 * x * dy.mean(),)


@told("x² / 1000000000")
def tiny(x: Any) -> Any:
    return 1e-9 * x * x


@told("x dy / 1000000000")
def tiny_halved(dy: Any, x: Any) -> Any:
    return (1e-9 * x * dy,)


@told("softmax of each row")
def softmax(z: Any) -> Any:
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


@told("p (dy − ⟨p, dy⟩)")
def softmax_right(dy: Any, z: Any) -> Any:
    p = softmax(z)
    return (p * (dy - (p * dy).sum(axis=-1, keepdims=True)),)


@told("p (1 − p) dy")
def softmax_diagonal(dy: Any, z: Any) -> Any:
    p = softmax(z)
    return (p * (1 - p) * dy,)


@told("zeros")
def softmax_zeros(dy: Any, z: Any) -> Any:
    return (np.zeros_like(z),)


@told("x @ W")
def matmul(x: Any, W: Any) -> Any:
    return x @ W


@told("dy @ W.T, x.T @ dy")
def matmul_right(dy: Any, x: Any, W: Any) -> Any:
    return dy @ W.T, x.T @ dy


@told("dy @ W, x.T @ dy")
def matmul_untransposed(dy: Any, x: Any, W: Any) -> Any:
    return dy @ W, x.T @ dy


@told("half of dy @ W.T, a quarter of x.T @ dy")
def matmul_halved(dy: Any, x: Any, W: Any) -> Any:
    """Wrong in both gradients, and by different amounts."""
    return 0.5 * (dy @ W.T), 0.25 * (x.T @ dy)


@told("x @ W + b")
def linear(x: Any, W: Any, b: Any) -> Any:
    return x @ W + b


@told("dy @ W.T, x.T @ dy, the column sums of dy")
def linear_right(dy: Any, x: Any, W: Any, b: Any) -> Any:
    return dy @ W.T, x.T @ dy, dy.sum(axis=0)


@told("dy @ W.T, x.T @ dy, the column means of dy")
def linear_bias_averaged(dy: Any, x: Any, W: Any, b: Any) -> Any:
    return dy @ W.T, x.T @ dy, dy.mean(axis=0)


@told("10000 a + b²")
def unequal(a: Any, b: Any) -> Any:
    return 1e4 * a + b * b


@told("10000 dy, b dy")
def unequal_halved(dy: Any, a: Any, b: Any) -> Any:
    return 1e4 * dy, b * dy
